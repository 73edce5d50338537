"""Outlines: the exact union of each number's cells, holes kept; and what can be matched."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.grid import Grid
from hotspots.errors import UsageError

Ints = NDArray[np.int64]


class Outlined(Protocol):
    """What can be matched: an outline and its peak, as a ``Region`` has them."""

    @property
    def polygon(self) -> Any:
        """Shapely Polygon or MultiPolygon, metres."""

    @property
    def peak_xy(self) -> tuple[float, float]:
        """Where it is strongest, metres."""


@dataclass(frozen=True, eq=False)
class Outline:
    """An outline and its peak, for maps that come from a store."""

    polygon: Any
    peak_xy: tuple[float, float]


def cell_outlines(labels: ArrayLike, grid: Grid) -> dict[int, Any]:
    """Return the outline of each number's cells.

    The cells are joined row by row into strips, equal strips of neighbouring rows into
    rectangles, and these into polygons, so that the cost goes with the length of the border and
    not with the area.

    Parameters
    ----------
    labels : array_like of int, shape (rows, cols)
        A number above 0 for each cell of an outline, 0 elsewhere; every cell counts, in the
        grid's mask or not.
    grid : Grid
        Where the cells are.

    Returns
    -------
    dict of int to shapely Polygon or MultiPolygon
        In order of the numbers, in the grid's coordinates (metres). Valid; the area is the number
        of cells times the cell's area. Cells that touch at a corner only are parts of a
        MultiPolygon. Empty where no cell is numbered.

    Raises
    ------
    UsageError
        If the labels are not whole numbers of at least 0 in the grid's shape.
    """
    strips = _rectangles(checked_labels(labels, grid.shape))
    # one array of edges: rectangles that meet share the very same coordinate
    x = grid.x0 + np.arange(grid.shape[1] + 1) * grid.cell_size_m
    y = grid.y0 + np.arange(grid.shape[0] + 1) * grid.cell_size_m
    number, south, north, west, east = strips.T
    boxes = shapely.box(x[west], y[south], x[east], y[north])
    numbers, starts = np.unique(number, return_index=True)
    parts = np.split(boxes, starts[1:])
    return {
        int(n): shapely.simplify(shapely.union_all(part), 0)
        for n, part in zip(numbers.tolist(), parts, strict=False)
    }


def checked_labels(labels: ArrayLike, shape: tuple[int, int]) -> Ints:
    """Return labels as whole numbers of at least 0 in the grid's shape, or raise UsageError."""
    given = np.asarray(labels)
    if given.shape != shape:
        raise UsageError(
            f"labels must have the grid's shape {shape}; got {given.shape}: label the counts of "
            "this grid."
        )
    fits = given.dtype.kind in "biu" and (
        given.size == 0 or (given.min() >= 0 and given.max() <= np.iinfo(np.int64).max)
    )
    if not fits:
        raise UsageError(
            "labels must be whole numbers of at least 0, below 2**63; got others: give what "
            "hot_regions returns."
        )
    return given.astype(np.int64)


def check_outlines(name: str, regions: Sequence[Outlined]) -> None:
    """Raise UsageError unless every outline is a valid polygon with an area and a finite peak."""
    for position, region in enumerate(regions):
        if not _usable(region):
            raise UsageError(
                f"Every outline must be a valid polygon with an area and a finite peak; "
                f"{name}[{position}] is not: repair it with shapely.make_valid."
            )


def _usable(region: Outlined) -> bool:
    shape = region.polygon
    if not isinstance(shape, shapely.Polygon | shapely.MultiPolygon):
        return False
    numbers = (shape.area, *shape.bounds, *region.peak_xy)
    return all(map(math.isfinite, numbers)) and shape.area > 0 and bool(shapely.is_valid(shape))


def _rectangles(labels: Ints) -> Ints:
    """Return (number, south, north, west, east) in edges, shape (m, 5), ordered by number."""
    runs = _runs(labels)
    # equal strips follow each other here, so a rectangle is a stretch of rows without a gap
    runs = runs[np.lexsort((runs[:, 1], runs[:, 3], runs[:, 2], runs[:, 0]))]
    same = (runs[1:, [0, 2, 3]] == runs[:-1, [0, 2, 3]]).all(axis=1)
    goes_on = same & (runs[1:, 1] == runs[:-1, 1] + 1)
    first = np.append(True, ~goes_on)[: len(runs)]
    last = np.append(~goes_on, True)[: len(runs)]
    number, row, west, east = runs.T
    return np.column_stack([number[first], row[first], row[last] + 1, west[first], east[first]])


def _runs(labels: Ints) -> Ints:
    """Return the runs of one number along the rows: (number, row, west, east), shape (m, 4)."""
    padded = np.pad(labels, ((0, 0), (1, 1)))
    here, before = padded[:, 1:], padded[:, :-1]
    row, west = np.nonzero((here != before) & (here > 0))
    _, east = np.nonzero((here != before) & (before > 0))
    return np.column_stack([here[row, west], row, west, east]).astype(np.int64)
