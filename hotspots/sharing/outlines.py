"""Hot spots as each recipient tier may have them: their outlines, and which columns."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspots.errors import UsageError
from hotspots.profile import Tier

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


def few(below: int) -> str:
    """Return what stands for a withheld count: "fewer than 5"."""
    return f"fewer than {below}"


def table_for_tier(
    name: str, frame: gpd.GeoDataFrame, tier: Tier, period: str = "", category: str = ""
) -> gpd.GeoDataFrame:
    """Return a result's table of places as a tier may have it.

    A tier with points gets it as it is. Any other gets where, how strong, how many and how many
    were to be expected (whole numbers), nothing of the peak or the tests. A count from 1 to below
    ``small_counts_below`` is missing in ``incidents``; ``incidents_shown`` has all as text, such
    as "fewer than 5". Where outlines are generalised, and where the count is withheld (the street
    may be that of one incident), a place is named by its ward alone; ``area_km2`` is of what is
    drawn.

    Parameters
    ----------
    name : str
        "hotspots" or "further"; any other only for a tier with points.
    frame : geopandas.GeoDataFrame
        As in ``hotspots.results.places``; no rows give no rows.
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
    few_there = _few(frame, tier.small_counts_below)
    by_ward = few_there if not tier.generalise_m else np.ones(len(frame), dtype=np.bool_)
    table["name"] = np.where(by_ward, _named_by_ward(frame), frame["name"])
    table["location"] = np.where(by_ward, "", frame["location"].fillna(""))
    if tier.generalise_m:
        table = table.drop(columns="location")
    table["expected"] = frame["expected"].round().astype("Int64")
    table["area_km2"] = (table.geometry.area / 1e6).round(2)
    table = _without(table, few_there, tier.small_counts_below)
    return table[[c for c in _SHARED if c in table.columns] + [table.geometry.name]]


def _named_by_ward(frame: gpd.GeoDataFrame) -> NDArray[np.object_]:
    # where two wards share a name, the name of the place tells them apart and ward_name does not
    named = [
        str(name).removesuffix(f": {location}") if location else str(name)
        for name, location in zip(frame["name"], frame["location"].fillna(""), strict=True)
    ]
    return np.array(named, dtype=object)


def _few(frame: gpd.GeoDataFrame, below: int) -> NDArray[np.bool_]:
    counts = frame["incidents"].to_numpy()
    return np.asarray((counts > 0) & (counts < below), dtype=np.bool_)


def _without(table: gpd.GeoDataFrame, withheld: NDArray[np.bool_], below: int) -> gpd.GeoDataFrame:
    counts = table["incidents"].astype("Int64")
    said = [few(below) if w else f"{count:,}" for count, w in zip(counts, withheld, strict=True)]
    return table.assign(
        incidents=counts.mask(withheld), incidents_shown=pd.Series(said, table.index, dtype="str")
    )
