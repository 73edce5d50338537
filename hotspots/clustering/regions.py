"""Hot regions: connected significant cells, with the incidents that made them significant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from hotspots.clustering.grid import Grid
from hotspots.clustering.outlines import cell_outlines, checked_labels
from hotspots.clustering.weights import Band, band_half_widths, band_sum
from hotspots.errors import UsageError

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Region:
    """One hot region: two statements, each about one stated outline.

    ``incidents`` and ``expected`` are of the whole outline. The outline was drawn round its
    incidents, so no probability is given for it. The probability is of the peak: one cell's
    neighbourhood, which was fixed before the incidents were seen; ``peak_incidents`` and
    ``peak_expected`` are of that same neighbourhood.

    Attributes
    ----------
    number : int
        Its number in the labels.
    polygon : shapely Polygon or MultiPolygon
        Union of its cells, holes kept, in the grid's coordinates (metres).
    cells : int
        Cells in the outline.
    area_km2 : float
        Their area.
    incidents : int
        Incidents in the outline.
    expected : float
        Incidents that the outline is expected to have.
    peak_row, peak_col : int
        The cell least likely by chance; of equals the one whose neighbourhood holds most above
        its expectation, then the southernmost, then the westernmost.
    peak_xy : tuple of float
        That cell's centre, metres.
    peak_p_value : float
        The test's p-value at that cell.
    peak_incidents, peak_expected : float
        Incidents in that cell's neighbourhood, and expected there.
    """

    number: int
    polygon: Any
    cells: int
    area_km2: float
    incidents: int
    expected: float
    peak_row: int
    peak_col: int
    peak_xy: tuple[float, float]
    peak_p_value: float
    peak_incidents: float
    peak_expected: float


def hot_regions(
    significant: ArrayLike,
    counts: ArrayLike,
    distance_m: float,
    cell_size_m: float,
    mask: ArrayLike | None = None,
    band: Band = "disc",
) -> NDArray[np.int64]:
    """Return the region number of each cell, 0 where there is none.

    A region is a connected set (edges or corners touching) of significant cells, together with
    the cells in their neighbourhoods that hold incidents, which may lie apart from it: a cell is
    significant because of its neighbourhood, and on points moved to a few map locations the
    significant cells alone can hold almost none of the incidents.

    Parameters
    ----------
    significant : array_like of bool, shape (rows, cols)
        Cells declared by a test.
    counts : array_like, shape (rows, cols)
        Incidents per cell in the period.
    distance_m, cell_size_m : float
        The distance band of the test and the cell's side, metres.
    mask : array_like of bool, optional
        The cells of the study area; all by default.
    band : {"disc", "square"}
        Shape of the test's neighbourhoods.

    Returns
    -------
    ndarray of int, shape (rows, cols)
        1, 2, ... in order of each region's southernmost cell (of equals, the westernmost); all 0
        where nothing is significant.

    Raises
    ------
    UsageError
        If shapes differ, or a parameter is out of range.
    """
    hot = np.asarray(significant, dtype=bool)
    x = np.asarray(counts, dtype=np.float64)
    inside = np.ones(hot.shape, dtype=bool) if mask is None else np.asarray(mask, dtype=bool)
    if not hot.shape == x.shape == inside.shape:
        raise UsageError(
            f"significant, counts and mask must have one shape; got {hot.shape}, {x.shape} and "
            f"{inside.shape}."
        )
    hot = hot & inside
    reached = band_sum(hot, band_half_widths(distance_m, cell_size_m, band)) > 0
    outline = hot | (reached & (x > 0) & inside)
    labels, _ = ndimage.label(outline, structure=np.ones((3, 3)))
    return _joined_to_hot(np.asarray(labels, dtype=np.int64), hot)


def _joined_to_hot(labels: NDArray[np.int64], hot: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Give a part without a significant cell to the region of the nearest one.

    A band wider than a cell reaches over empty cells: what it reaches made a cell beyond
    significant, and is no region of its own.
    """
    if not hot.any():
        return labels
    nearest = ndimage.distance_transform_edt(~hot, return_distances=False, return_indices=True)
    alone = ~np.isin(labels, np.unique(labels[hot])) & (labels > 0)
    return _from_south(np.where(alone, labels[nearest[0], nearest[1]], labels))


def _from_south(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the regions anew, in order of their first cells: rows from the south, then west."""
    labelled = labels > 0
    _, first, old = np.unique(labels[labelled], return_index=True, return_inverse=True)
    new = np.empty(first.size, dtype=np.int64)
    new[np.argsort(first)] = np.arange(1, first.size + 1)
    out = np.zeros(labels.shape, dtype=np.int64)
    out[labelled] = new[old]
    return out


def describe_regions(
    labels: ArrayLike,
    counts: ArrayLike,
    expected: ArrayLike,
    p_value: ArrayLike,
    grid: Grid,
    local_sum: ArrayLike | None = None,
    local_expected: ArrayLike | None = None,
) -> list[Region]:
    """Return each region's outline, incidents and peak.

    Parameters
    ----------
    labels : array_like of int, shape (rows, cols)
        Region numbers as ``hot_regions`` gives them, 0 where there is none.
    counts : array_like of whole numbers, shape (rows, cols)
        Incidents per cell.
    expected : array_like, shape (rows, cols)
        Incidents expected per cell (not per neighbourhood).
    p_value : array_like, shape (rows, cols)
        The test's p-value of each cell's neighbourhood.
    grid : Grid
        Where the cells are.
    local_sum, local_expected : array_like, shape (rows, cols), optional
        Incidents in each cell's neighbourhood, and expected there, as ``gi_star`` and
        ``change_test`` return them. By default the cell's own, as for a test of single cells.

    Returns
    -------
    list of Region
        In order of their numbers; empty where no cell is labelled. Values outside the labelled
        cells are not read, so NaN is allowed there.

    Raises
    ------
    UsageError
        If shapes differ, labels or counts are not whole numbers of at least 0, or a value in a
        labelled cell is not finite.
    """
    numbered = checked_labels(labels, grid.shape)
    row, col = np.nonzero(numbered)
    number = numbered[row, col]
    x = _picked("counts", counts, grid, row, col)
    if (x < 0).any() or (x % 1 != 0).any():
        raise UsageError("counts must be whole numbers of at least 0; got others: give incidents.")
    usual = _picked("expected", expected, grid, row, col)
    p = _picked("p_value", p_value, grid, row, col)
    near = x if local_sum is None else _picked("local_sum", local_sum, grid, row, col)
    near_usual = (
        usual
        if local_expected is None
        else _picked("local_expected", local_expected, grid, row, col)
    )
    # the cells of one region in a row, its peak first
    order = np.lexsort((col, row, near_usual - near, p, number))
    numbers, first, cells = np.unique(number[order], return_index=True, return_counts=True)
    outlines = cell_outlines(numbered, grid)
    # by rank, not by number: numbers may be of any size
    rank = np.searchsorted(numbers, number)
    incidents = np.bincount(rank, x, minlength=numbers.size)
    expectation = np.bincount(rank, usual, minlength=numbers.size)
    return [
        Region(
            number=n,
            polygon=outlines[n],
            cells=many,
            area_km2=many * (grid.cell_size_m / 1000) ** 2,
            incidents=int(incidents[k]),
            expected=float(expectation[k]),
            peak_row=int(row[peak]),
            peak_col=int(col[peak]),
            peak_xy=(float(grid.x_centres[col[peak]]), float(grid.y_centres[row[peak]])),
            peak_p_value=float(p[peak]),
            peak_incidents=float(near[peak]),
            peak_expected=float(near_usual[peak]),
        )
        for k, (n, peak, many) in enumerate(
            zip(numbers.tolist(), order[first], cells.tolist(), strict=True)
        )
    ]


def _picked(
    name: str, values: ArrayLike, grid: Grid, row: NDArray[np.intp], col: NDArray[np.intp]
) -> Array:
    given = np.asarray(values, dtype=np.float64)
    if given.shape != grid.shape:
        raise UsageError(f"{name} must have the grid's shape {grid.shape}; got {given.shape}.")
    picked: Array = given[row, col]
    if not np.isfinite(picked).all():
        raise UsageError(
            f"{name} must be finite in every labelled cell; got NaN or inf: label cells of the "
            "study area only."
        )
    return picked
