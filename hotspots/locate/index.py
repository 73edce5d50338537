"""Points to polygons: which polygon holds each point, exactly, through a lookup grid.

The polygons' bounds are cut into small cells. A cell that no boundary touches has one answer for
all its points. In a cell that a boundary touches, a point is tested by crossing number (Shimrat
1962) against the edges of its grid row only. The test is done in floating point with Shewchuk's
bound of the rounding error; a point that it cannot tell from an edge is handed to GEOS, which
computes in twice the precision. So the answer is that of GEOS on every point.
"""

from __future__ import annotations

import contextlib
import math
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from hotspots.errors import UsageError
from hotspots.jit import in_parts
from hotspots.locate.loops import (
    NOWHERE,
    UNDECIDED,
    Bands,
    Edges,
    Frame,
    Lookup,
    band_edges,
    lay,
    look_up,
    settle,
)

#: The R-tree's time for a point is about that of TREE_VERTICES + its polygon's vertices, each
#: some 0.012 microseconds. Above 0.25 s of it the grid is faster, its loading and building
#: included: from 85,000 points in wards of 100 vertices, from 4,000 in wards of 5,000.
TREE_VERTICES, WORTH_A_GRID = 140, 20_000_000
#: Points in a part of the work: 1 MB of coordinates, which stay in the processor's cache.
PART = 65_536
#: Points asked of GEOS at a time, so that its point objects stay below some 20 MB.
ASKED_AT_A_TIME = 200_000
#: Cells of the grid for each polygon and each edge, and the least and the most in all.
CELLS_A_POLYGON, CELLS_AN_EDGE, FEWEST_CELLS, MOST_CELLS = 256, 4, 1 << 16, 1 << 22
#: Steps that building may take (edges times the rows and columns they span, bounds in cells).
MOST_STEPS = 40_000_000
#: Beyond this a product of two lengths could overflow: GEOS answers alone.
LARGEST = 1e150
#: Rounding errors of a clipped edge and of a cell's border, in units of the largest coordinate.
SLACK = 64 * 2.0**-53


class PolygonIndex:
    """Polygons made ready to be asked, again and again, which of them holds a point.

    Parameters
    ----------
    geometries : array_like of shapely Polygon or MultiPolygon, shape (m,)
        In one projected CRS. They may overlap, touch, nest, have holes or be invalid. None and
        empty ones hold no point. Kept, not copied: shapely's geometries do not change.
    few_points : int or None
        Below this many points ``assign`` asks an R-tree (Guttman 1984) and does not build the
        grid; None for as many as the R-tree takes about 0.25 s for.
    cells : int or None
        About how many cells the grid gets; None for a number that suits the polygons. Neither
        this nor ``few_points`` changes an answer.

    Raises
    ------
    UsageError
        If a geometry is not a polygon or has a coordinate that is not finite.

    Notes
    -----
    A sign is trusted where ``|l - r| > 3.4e-16 (|l| + |r|)``, l and r the two products of the
    triangle point-start-end of an edge: Shewchuk's bound, with the differences' own rounding in
    it. It leaves to GEOS the points within some 1e-12 m of an edge of a kilometre, less than the
    spacing of grid metres in float64: in effect those on an edge.

    References
    ----------
    Shimrat, M. (1962). Algorithm 112: Position of point relative to polygon. Communications of
    the ACM 5(8), 434. https://doi.org/10.1145/368637.368653

    Shewchuk, J. R. (1997). Adaptive precision floating-point arithmetic and fast robust
    geometric predicates. Discrete & Computational Geometry 18, 305-363.
    https://doi.org/10.1007/PL00009321
    """

    def __init__(
        self,
        geometries: ArrayLike,
        *,
        few_points: int | None = None,
        cells: int | None = None,
    ) -> None:
        self._shapes: NDArray[Any] = np.array(geometries, dtype=object).reshape(-1)
        _check(self._shapes)
        a_polygon = shapely.get_num_coordinates(self._shapes).sum() / max(len(self._shapes), 1)
        by_time = int(WORTH_A_GRID / (TREE_VERTICES + a_polygon))
        self._few_points = by_time if few_points is None else few_points
        self._cells = cells
        self._tree = shapely.STRtree(self._shapes)

    def __len__(self) -> int:
        return len(self._shapes)

    def assign(self, xy: ArrayLike) -> NDArray[np.intp]:
        """Return the position of the polygon that holds each point, -1 outside all.

        A point on a shared edge, or in an overlap, belongs to the lowest position. The answer is
        that of shapely's ``intersects`` on every point.

        Parameters
        ----------
        xy : array_like, shape (n, 2)
            In the polygons' CRS; read where it lies, whatever its strides. A row with NaN or
            infinity gives -1. No points give an empty array.

        Returns
        -------
        ndarray of intp, shape (n,)

        Raises
        ------
        UsageError
            If ``xy`` is not of shape (n, 2), or not of numbers.
        """
        points = _pairs(xy)
        out = np.full(len(points), NOWHERE, dtype=np.intp)
        built = "_lookup" in vars(self)
        lookup = self._lookup if built or len(points) >= self._few_points else None
        if lookup is None:
            self._ask(points, np.arange(len(points)), out)
            return out

        def part(start: int, stop: int) -> None:
            # no copy where the part is float64, in rows and writable: one machine code for all
            with np.errstate(over="ignore"):  # a longer float beyond float64 is infinity: outside
                some = np.require(points[start:stop], np.float64, ["C", "A", "W"])
            if look_up(some, lookup.frame, lookup.answer, out[start:stop]):
                settle(some, lookup, out[start:stop])

        in_parts(part, len(points), PART)
        self._ask(points, np.flatnonzero(out == UNDECIDED), out)
        return out

    def _ask(self, points: NDArray[Any], which: NDArray[np.intp], out: NDArray[np.intp]) -> None:
        """Write the answers of GEOS for ``points[which]`` to ``out[which]``."""
        which = self._in_reach(points, which, out)
        for start in range(0, len(which), ASKED_AT_A_TIME):
            some = which[start : start + ASKED_AT_A_TIME]
            with np.errstate(over="ignore"):
                at = points[some].astype(np.float64)
            asked, polygons = self._tree.query(shapely.points(at), predicate="intersects")
            # writing the highest position first lets the lowest win
            order = np.argsort(-polygons, kind="stable")
            answer = np.full(len(some), NOWHERE, dtype=np.intp)
            answer[asked[order]] = polygons[order]
            out[some] = answer

    def _in_reach(
        self, points: NDArray[Any], which: NDArray[np.intp], out: NDArray[np.intp]
    ) -> NDArray[np.intp]:
        """Return those of ``which`` within the box of all polygons; the others are nowhere.

        Most incidents of a force file lie in other districts, and making a shape of each costs.
        """
        if not len(self._shapes):
            out[which] = NOWHERE
            return which[:0]
        west, south, east, north = shapely.total_bounds(self._shapes)
        x, y = points[which, 0], points[which, 1]
        # a comparison with NaN is false, as are all with the bounds of no polygon
        near = (x >= west) & (x <= east) & (y >= south) & (y <= north)
        out[which[~near]] = NOWHERE
        return np.asarray(which[near], dtype=np.intp)

    @cached_property
    def _lookup(self) -> Lookup | None:
        """The grid, built when first needed; None where GEOS must answer alone."""
        parts, owner = shapely.get_parts(self._shapes, return_index=True)
        rings, part_of_ring = shapely.get_rings(parts, return_index=True)
        vertices, ring = shapely.get_coordinates(rings, return_index=True)
        if len(vertices) == 0 or np.abs(vertices).max() > LARGEST:
            return None
        part = part_of_ring[ring]
        # 0 for a part's shell, 1, 2, ... for its holes
        hole = ring - np.searchsorted(part_of_ring, np.arange(len(parts)))[part]
        ends = np.searchsorted(part, np.arange(len(parts) + 1))
        edges = Edges(
            np.ascontiguousarray(vertices),
            ring.astype(np.int32),
            hole.astype(np.int32),
            ends.astype(np.int64),
            owner.astype(np.int32),
            _bounds(vertices, ends),
        )
        return _lookup_of(edges, _frame(edges, self._cells))


def _check(shapes: NDArray[Any]) -> None:
    for position, shape in enumerate(shapes):
        if not (shape is None or isinstance(shape, shapely.Polygon | shapely.MultiPolygon)):
            raise UsageError(
                "Points can only be assigned to polygons; "
                f"got a {type(shape).__name__} at position {position}: leave it out."
            )
    if not np.isfinite(shapely.get_coordinates(shapes)).all():
        raise UsageError(
            "A polygon's coordinates must be finite numbers; got NaN or infinity: "
            "repair the boundary file."
        )


def _pairs(xy: ArrayLike) -> NDArray[Any]:
    try:
        points = np.asarray(xy)
    except ValueError:
        raise UsageError(
            "Points must be an array of shape (n, 2), x and y; got rows of different lengths: give "
            "both for every point."
        ) from None
    if points.shape == (0,):
        return np.empty((0, 2))
    if points.dtype.kind == "O":
        with contextlib.suppress(TypeError, ValueError, OverflowError), np.errstate(over="ignore"):
            points = points.astype(np.float64)
    if points.dtype.kind not in "fiu":
        raise UsageError(f"Coordinates must be numbers; got {points.dtype}: convert them first.")
    if points.ndim != 2 or points.shape[1] != 2:
        raise UsageError(
            f"Points must be an array of shape (n, 2), x and y; got shape {points.shape}: "
            "give one row a point."
        )
    return points


def _frame(edges: Edges, cells: int | None) -> Frame:
    """Choose the grid: about square cells, as many as are worth building."""
    x0, y0 = np.nanmin(edges.bounds[:, :2], axis=0)
    x1, y1 = np.nanmax(edges.bounds[:, 2:], axis=0)
    width, height = float(x1 - x0), float(y1 - y0)
    slack = float(np.nanmax(np.abs(edges.bounds))) * SLACK
    suits = max(len(edges.owner) * CELLS_A_POLYGON, len(edges.vertices) * CELLS_AN_EDGE)
    wanted = float(min(max(suits, FEWEST_CELLS), MOST_CELLS) if cells is None else max(cells, 1))
    most = max(MOST_STEPS, 8 * len(edges.vertices))
    while True:
        side = max(math.sqrt(width) * math.sqrt(height / wanted), max(width, height) / wanted)
        # a cell is never so small that rounding could move a point across it
        side = max(side, 1024 * slack, 1e-140)
        cols, rows = int(width / side) + 1, int(height / side) + 1
        per_x = cols / width if cols > 1 else 0.0
        per_y = rows / height if rows > 1 else 0.0
        if wanted <= 1 or _steps(edges, per_x, per_y) <= most:
            break
        wanted /= 4
    return Frame(float(x0), float(y0), float(x1), float(y1), per_x, per_y, cols, rows, slack)


def _steps(edges: Edges, per_x: float, per_y: float) -> float:
    """Return about how many steps it takes to lay the edges and fill the parts."""
    x, y = edges.vertices.T
    same = np.diff(edges.ring) == 0
    along = (np.abs(np.diff(x)) * per_x + np.abs(np.diff(y)) * per_y)[same].sum()
    size = edges.bounds[:, 2:] - edges.bounds[:, :2]
    cells = np.nansum((size[:, 0] * per_x + 1) * (size[:, 1] * per_y + 1))
    return float(along + len(x) + cells)


def _lookup_of(edges: Edges, frame: Frame) -> Lookup:
    bands = _bands(edges, frame)
    answer = np.full(frame.rows * frame.cols, NOWHERE, dtype=np.int32)
    cell, candidate = lay(edges, frame, bands, answer)
    order = np.argsort(cell, kind="stable")
    boundary, start = np.unique(cell[order], return_index=True)
    behind = answer[boundary]
    answer[boundary] = -2 - np.arange(len(boundary), dtype=np.int32)
    ends = np.append(start, len(cell)).astype(np.int64)
    return Lookup(frame, edges, answer, ends, candidate[order], behind, bands)


def _bounds(vertices: NDArray[np.float64], ends: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the bounds of each part, holes included: in an invalid one they may lie outside."""
    bounds = np.full((len(ends) - 1, 4), np.nan)
    some = np.flatnonzero(np.diff(ends))
    bounds[some, :2] = np.minimum.reduceat(vertices, ends[some], axis=0)
    bounds[some, 2:] = np.maximum.reduceat(vertices, ends[some], axis=0)
    return bounds


def _bands(edges: Edges, frame: Frame) -> Bands:
    with np.errstate(invalid="ignore"):
        rows = np.nan_to_num((edges.bounds[:, [1, 3]] - frame.y0) * frame.per_y)
    first, last = np.minimum(rows.astype(np.int64), frame.rows - 1).T
    # a part without vertices has no band
    bands = np.where(np.diff(edges.ends) > 0, last - first + 1, 0)
    first_band = np.concatenate([[0], np.cumsum(bands)]).astype(np.int64)
    filled = np.zeros(first_band[-1] + 1, dtype=np.int64)
    band_edges(edges, frame, first, first_band, filled, np.empty(0, dtype=np.int32))
    start = np.concatenate([[0], np.cumsum(filled[:-1])])
    edge = np.empty(start[-1], dtype=np.int32)
    band_edges(edges, frame, first, first_band, start.copy(), edge)
    return Bands(first.copy(), first_band, start, edge)
