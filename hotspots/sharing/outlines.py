"""Hot spots as each recipient tier may have them: their outlines, and which columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspots.errors import UsageError
from hotspots.model import Wards
from hotspots.profile import Tier
from hotspots.sharing.rounding import is_small, rounded, told, told_usual

#: Tables of places (``hotspots.results.places``).
_PLACES = ("hotspots", "further")
#: Columns of places that a tier without points may have. The numbers of the peak neighbourhood and
#: of the tests are left out: with them a single cell's count could be worked out.
_SHARED = (
    "question",
    "rank",
    "marker",
    "name",
    "ward_code",
    "ward_name",
    "location",
    "period",
    "category",
    "incidents",
    "incidents_shown",
    "expected",
    "expected_shown",
    "strength",
    "hot",
    "area_km2",
)
#: Most squares that one outline may become: more is a slip in the settings.
_SQUARES = 1_000_000


def generalised(outlines: gpd.GeoDataFrame, side_m: float) -> gpd.GeoDataFrame:
    """Return places with each outline replaced by the squares it covers a part of.

    The squares are those of a grid anchored at multiples of their side, so that they do not move
    between periods and no outline shows where in a square it lies. Outlines that meet may share
    squares.

    Parameters
    ----------
    outlines : geopandas.GeoDataFrame
        Polygons in a projected CRS, in metres. An outline that is missing or empty stays so.
    side_m : float
        Side of a square, metres; 0 leaves the outlines as they are.

    Returns
    -------
    geopandas.GeoDataFrame
        The other columns as given; never the same object.

    Raises
    ------
    UsageError
        If the side is negative or not finite, or so short that an outline would be more than a
        million squares.
    """
    if not np.isfinite(side_m) or side_m < 0:
        raise UsageError(f"side_m must be a number from 0 on; got {side_m}: give 0 or more.")
    if not side_m:
        return outlines.copy()
    shapes = [on_squares(shape, side_m) for shape in outlines.geometry.to_numpy()]
    return outlines.set_geometry(gpd.GeoSeries(shapes, index=outlines.index, crs=outlines.crs))


def on_squares(shape: shapely.Geometry | None, side: float) -> shapely.Geometry | None:
    """Return the union of the squares that one shape covers a part of, as ``generalised`` does."""
    if shape is None or shape.is_empty:
        return shape
    west, south, east, north = (value / side for value in shape.bounds)
    cols = np.arange(np.floor(west), np.ceil(east))
    rows = np.arange(np.floor(south), np.ceil(north))
    if len(cols) * len(rows) > _SQUARES:
        raise UsageError(
            f"Squares must be long enough for the outlines; {side:g} m would make "
            f"{len(cols) * len(rows):,} of one: set generalise_m to more."
        )
    x, y = (axis.ravel() * side for axis in np.meshgrid(cols, rows))
    squares = shapely.box(x, y, x + side, y + side)
    # a square that only touches the outline's edge has none of it
    shapely.prepare(shape)
    has_some = shapely.intersects(shape, squares) & ~shapely.touches(shape, squares)
    return shapely.normalize(shapely.union_all(squares[has_some]))


def table_for_tier(
    name: str,
    frame: gpd.GeoDataFrame,
    tier: Tier,
    wards: Wards,
    period: str = "",
    category: str = "",
) -> gpd.GeoDataFrame:
    """Return a result's table of places as a tier may have it.

    A tier with points gets it as it is. Any other gets where, how strong, how many and how many
    were to be expected, nothing of the peak or the tests. Where small counts are withheld both are
    rounded to multiples of ``small_counts_below``, and missing where they are below it and not 0;
    ``incidents_shown`` and ``expected_shown`` have all as text, such as "fewer than 5". Where
    outlines are generalised, and where a count of the place is small (the street may be that of
    one incident), a place is named by its ward alone; ``area_km2`` is of what is drawn.

    Parameters
    ----------
    name : str
        "hotspots" or "further"; any other only for a tier with points.
    frame : geopandas.GeoDataFrame
        As in ``hotspots.results.places``; no rows give no rows.
    wards : Wards
        Those that the places were named by.
    period, category : str
        Written into columns where they are not "".

    Raises
    ------
    UsageError
        If a tier without points asks for a table of anything but places.
    """
    if tier.points:
        return frame.copy()
    if name not in _PLACES:
        raise UsageError(
            f"A recipient tier without points must be given places alone ({', '.join(_PLACES)}); "
            f"got {name!r}: export it for a tier with points, or wards by their own table."
        )
    table = generalised(frame, tier.generalise_m)
    for column, text in (("period", period), ("category", category)):
        if text:
            table[column] = text
    alone = _named_by_ward(frame, tier)
    rows = zip(frame["ward_code"], frame["ward_name"], strict=True)
    wards_alone = [ward_alone(code, wards, known) for code, known in rows]
    table["name"] = np.where(alone, np.array(wards_alone, dtype=object), frame["name"])
    table["location"] = np.where(alone, "", frame["location"].fillna(""))
    if tier.generalise_m:
        table = table.drop(columns="location")
    table["area_km2"] = (table.geometry.area / 1e6).round(2)
    table = _counted(table, tier.small_counts_below)
    return table[[c for c in _SHARED if c in table.columns] + [table.geometry.name]]


def _named_by_ward(frame: gpd.GeoDataFrame, tier: Tier) -> NDArray[np.bool_]:
    counts = zip(frame["incidents"], frame["peak_incidents"], strict=True)
    return np.array([by_ward(each, tier) for each in counts], dtype=np.bool_)


def by_ward(counts: Iterable[int], tier: Tier) -> bool:
    """Return whether a place is named by its ward alone in a tier.

    That is where outlines are generalised, and where any count of the place is small: its street
    may be that of one incident.
    """
    few = any(is_small(int(count), tier.small_counts_below) for count in counts)
    return few or bool(tier.generalise_m)


def ward_alone(code: object, wards: Wards, known_as: str = "") -> str:
    """Return a ward's name, told apart from others of that name.

    Looked up by its code, for the name of a place cannot be taken apart: a ward's own name may
    hold what stands between ward and location. ``known_as`` where there is no ward of that code.
    """
    codes = [str(each) for each in wards.frame["ward_code"]]
    return wards.labels[codes.index(str(code))] if str(code) in codes else known_as


def _counted(table: gpd.GeoDataFrame, below: int) -> gpd.GeoDataFrame:
    """Return places with their counts as numbers and as text, rounded where any is withheld."""
    counts = [int(count) for count in table["incidents"]]
    expected = [float(number) for number in table["expected"]]
    step = max(below, 1)  # to whole numbers
    return table.assign(
        incidents=_whole([_rounded(count, step) for count in counts], table.index),
        expected=_whole([_rounded(number, step) for number in expected], table.index),
        incidents_shown=_texts([told(count, step) for count in counts], table.index),
        expected_shown=_texts([told_usual(number, step) for number in expected], table.index),
    )


def _rounded(number: float, below: int) -> int | None:
    """Return what may be told of a number; None where that is "fewer than" alone."""
    return None if 0 < number < below else rounded(number, below)


def _whole(values: Sequence[int | None], index: pd.Index[Any]) -> pd.Series[Any]:
    return pd.Series(values, index, dtype="Int64")


def _texts(values: Sequence[str], index: pd.Index[Any]) -> pd.Series[str]:
    return pd.Series(values, index, dtype="str")
