"""What a map draws of the streets: main roads at first, the others by squares of the grid."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

#: Sides of the squares that streets are sent by, anchored at multiples of it in the CRS.
SQUARE_M = 2500.0
#: Decimals of a degree sent to the browser, about 1 m.
DECIMALS = 5
_MAIN_SIMPLIFY_M = 5.0
_MAIN = ("main_road", "motorway", "river")

Box = tuple[float, float, float, float]
Entry = dict[str, Any]


def streets_json(frame: gpd.GeoDataFrame, bounds: Box | None = None) -> dict[str, Any]:
    """Return what the first view of a map needs of the streets.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        ``name``, ``kind`` and ``geometry``, as of ``Workspace.streets``; may have no row.
    bounds : tuple, optional
        Min x, min y, max x, max y in the frame's CRS: nothing outside is taken.

    Returns
    -------
    dict
        ``major``: motorways, main roads and rivers as of ``street_lines``; ``squares``: key of
        every square with other streets -> [south, west, north, east] in degrees, to be asked for
        when in view (``minor_squares`` has what is in them); ``attribution``: what must be shown.
    """
    mine = frame if bounds is None else _clipped(frame, bounds)
    pieces = _pieces(mine[~mine["kind"].isin(_MAIN)])
    return {
        "attribution": frame.attrs.get("attribution") or "",
        "major": main_lines(mine),
        "squares": {f"{x}_{y}": _extent(x, y, frame.crs) for x, y in sorted(pieces.groups)},
    }


def main_lines(frame: gpd.GeoDataFrame) -> list[Entry]:
    """Return motorways, main roads and rivers, as ``street_lines`` does, simplified to 5 m."""
    main = frame[frame["kind"].isin(_MAIN)]
    shapes = shapely.simplify(main.geometry.to_numpy(), _MAIN_SIMPLIFY_M)
    return street_lines(main.set_geometry(gpd.GeoSeries(shapes, index=main.index, crs=main.crs)))


def minor_squares(frame: gpd.GeoDataFrame) -> dict[str, list[Entry]]:
    """Return the other streets by squares of ``SQUARE_M``, cut at their edges.

    Returns
    -------
    dict
        Key ``"<column>_<row>"`` (x and y of the square's south-west corner divided by
        ``SQUARE_M``) -> its streets as of ``street_lines``. Squares without streets are left out.
    """
    pieces = _pieces(frame[~frame["kind"].isin(_MAIN)])
    return {f"{x}_{y}": street_lines(part) for (x, y), part in pieces}


def street_lines(frame: gpd.GeoDataFrame, bounds: Box | None = None) -> list[Entry]:
    """Return streets as a map draws them, one entry a name and kind, in order of both.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        As in ``streets_json``.
    bounds : tuple, optional
        Lines are cut at it, in the frame's CRS.

    Returns
    -------
    list of dict
        ``kind``, ``name`` ("" where there is none) and ``lines``: lists of [latitude, longitude]
        in degrees (WGS 84). Plain text: a page must show names as text.
    """
    mine = frame if bounds is None else _clipped(frame, bounds)
    entries: dict[tuple[str, str], Entry] = {}
    lines = _lat_lng(mine.geometry.to_numpy(), mine.crs)
    for kind, name, line in zip(mine["kind"], mine["name"], lines, strict=True):
        entry = entries.setdefault((kind, name), {"kind": kind, "name": name, "lines": []})
        entry["lines"].append(line)
    return [entries[key] for key in sorted(entries)]


# -- inside ---------------------------------------------------------------------------------------


def _box(x: int, y: int) -> Box:
    return x * SQUARE_M, y * SQUARE_M, (x + 1) * SQUARE_M, (y + 1) * SQUARE_M


def _pieces(frame: gpd.GeoDataFrame) -> Any:
    """Return the streets cut at the edges of the squares, grouped by column and row."""
    shapes = frame.geometry.to_numpy()
    ends = np.floor(shapely.bounds(shapes) / SQUARE_M).astype(int).reshape(-1, 4)
    within = (ends[:, :2] == ends[:, 2:]).all(axis=1)
    rows, squares, parts = [np.flatnonzero(within)], [ends[within, :2]], [shapes[within]]
    for row in np.flatnonzero(~within):
        places, cut = _cut(shapes[row], ends[row])
        rows.append(np.full(len(cut), row))
        squares.append(places)
        parts.append(cut)
    x, y = np.vstack(squares).T
    found = frame.iloc[np.concatenate(rows)].assign(x=x, y=y)
    shape = gpd.GeoSeries(np.concatenate(parts), index=found.index, crs=frame.crs)
    return found.set_geometry(shape).groupby(["x", "y"], sort=True)


def _cut(shape: Any, ends: NDArray[np.int_]) -> tuple[NDArray[np.int_], NDArray[np.object_]]:
    """Return the squares that a line runs through for some length, and its pieces in them."""
    x, y = (
        values.ravel()
        for values in np.meshgrid(
            np.arange(ends[0], ends[2] + 1), np.arange(ends[1], ends[3] + 1), indexing="ij"
        )
    )
    boxes = shapely.box(x * SQUARE_M, y * SQUARE_M, (x + 1) * SQUARE_M, (y + 1) * SQUARE_M)
    parts, of = shapely.get_parts(shapely.intersection(shape, boxes), return_index=True)
    lines = (shapely.get_type_id(parts) == 1) & (shapely.length(parts) > 0)
    return np.column_stack([x, y])[of[lines]], parts[lines]


def _clipped(frame: gpd.GeoDataFrame, box: Box) -> gpd.GeoDataFrame:
    shapes = frame.geometry.to_numpy()
    edge = shapely.box(*box)
    near = np.sort(shapely.STRtree(shapes).query(edge))
    # not `clip_by_rect`: a street along the edge of two squares would be in neither
    parts, of = shapely.get_parts(shapely.intersection(shapes[near], edge), return_index=True)
    lines = (shapely.get_type_id(parts) == 1) & (shapely.length(parts) > 0)
    rows = frame.iloc[near[of[lines]]]
    return rows.set_geometry(gpd.GeoSeries(parts[lines], index=rows.index, crs=frame.crs))


@lru_cache(maxsize=8)
def _transformer(crs: str) -> Transformer:
    return Transformer.from_crs(crs, "EPSG:4326", always_xy=True)


def _degrees(xy: NDArray[np.float64], crs: Any) -> NDArray[np.float64]:
    lng, lat = _transformer(crs.to_string()).transform(xy[:, 0], xy[:, 1])
    return np.round(np.column_stack([lat, lng]), DECIMALS)


def _lat_lng(shapes: NDArray[np.object_], crs: Any) -> list[list[list[float]]]:
    """Return the vertices of each line; those that fall together are one."""
    xy, of = shapely.get_coordinates(shapes, return_index=True)
    pairs = _degrees(xy, crs)
    ends = np.flatnonzero(np.diff(of, append=-1)) + 1
    return [_without_repeats(part) for part in np.split(pairs, ends[:-1])] if len(shapes) else []


def _without_repeats(pairs: NDArray[np.float64]) -> list[list[float]]:
    moved = np.r_[True, (np.diff(pairs, axis=0) != 0).any(axis=1)]
    moved[-1] |= moved.sum() == 1  # a line has two ends
    found: list[list[float]] = pairs[moved].tolist()
    return found


def _extent(x: int, y: int, crs: Any) -> list[float]:
    west, south, east, north = _box(x, y)
    # edges of a square are not straight in degrees, so points along them are turned too
    along = np.linspace(0, 1, 5)
    ring = np.array(
        [(west + u * (east - west), south + v * (north - south)) for u in along for v in along]
    )
    pairs = _degrees(ring, crs)
    return [*pairs.min(axis=0).tolist(), *pairs.max(axis=0).tolist()]
