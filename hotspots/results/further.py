"""Places to task from that are no hot spots: regions that may be one, and where most is expected.

A meeting has a week to plan whether or not anything stands out. These places fill its list, and
each is still labelled by its own exact test, so that the list claims no more than it knows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hotspots.clustering import Grid, hot_regions
from hotspots.clustering.outlines import cell_outlines
from hotspots.clustering.regions import Region
from hotspots.clustering.weights import HalfWidths, band_sum
from hotspots.profile import Profile

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
Cells = NDArray[np.bool_]


def regions_at(
    level: float, p_adjusted: Array, counts: NDArray[np.int64], grid: Grid, profile: Profile
) -> Labels:
    """Return the number of each cell's region among those at most a level, 0 where in none.

    Parameters
    ----------
    level : float
        The adjusted p-value at which a cell counts; ``profile.alpha`` gives the hot spots.
    p_adjusted : ndarray, shape (rows, cols)
        NaN outside the mask, which is at no level.
    counts : ndarray of int, shape (rows, cols)
        Incidents per cell in the period.
    """
    significant = np.nan_to_num(p_adjusted, nan=1.0) <= level
    return hot_regions(
        significant, counts, profile.distance_m, profile.cell_size_m, grid.mask, profile.band
    )


def without_hot(labels: Labels, hot: Cells) -> Labels:
    """Return the regions of a looser level that hold no cell of a hot spot, numbered as before.

    A region of the looser level that touches a hot spot is one region with it, so it goes too:
    what is left is apart from every hot spot.
    """
    with_hot = np.unique(labels[hot])
    kept: Labels = np.where(np.isin(labels, with_hot), 0, labels)
    return kept


def fill_up(
    wanted: int, block_sum: Array, taken: Cells, grid: Grid, half: HalfWidths
) -> list[tuple[int, int]]:
    """Return the centres of the blocks with most expected, none over another or over ``taken``.

    Greedy: the block with most comes first, then the one with most of those that overlap neither
    it nor what is taken, and so on. Of equals the southernmost, then the westernmost.

    Parameters
    ----------
    wanted : int
        How many, at most; fewer where no block is left, or nothing is expected in any.
    block_sum : ndarray, shape (rows, cols)
        What is expected in each cell's block.
    taken : ndarray of bool, shape (rows, cols)
        Cells of places that are listed already.
    half : ndarray of int
        The block, from ``band_half_widths``.

    Returns
    -------
    list of (row, col)
        In the order they were taken.
    """
    occupied = taken & grid.mask
    centres: list[tuple[int, int]] = []
    while len(centres) < wanted:
        free = grid.mask & (band_sum(occupied, half) == 0)
        left = np.where(free, block_sum, 0.0)
        row, col = (int(i) for i in np.unravel_index(left.argmax(), left.shape))
        if not left[row, col] > 0:
            break
        centres.append((row, col))
        occupied = occupied | block_cells(row, col, grid, half)
    return centres


def block_cells(row: int, col: int, grid: Grid, half: HalfWidths) -> Cells:
    """Return which cells of the study area are in the block of one cell, shape (rows, cols)."""
    reach = half.size // 2
    cells = np.zeros(grid.shape, dtype=np.bool_)
    first = max(row - reach, 0)
    for at in range(first, min(row + reach + 1, grid.shape[0])):
        wide = int(half[at - row + reach])
        cells[at, max(col - wide, 0) : col + wide + 1] = True
    return cells & grid.mask


def as_region(
    number: int,
    at: tuple[int, int],
    cells: Cells,
    counts: NDArray[np.int64],
    cell_expected: Array,
    p_value: Array,
    local: tuple[Array, Array],
    grid: Grid,
) -> Region:
    """Return one block as a region whose outline is the block and whose peak is its centre.

    Parameters
    ----------
    at : (row, col)
        The centre.
    cells : ndarray of bool, shape (rows, cols)
        The block.
    local : tuple of two ndarrays
        Incidents in each cell's block, and expected there, as the test has them.
    """
    row, col = at
    many = int(cells.sum())
    return Region(
        number=number,
        polygon=cell_outlines(cells.astype(np.int64), grid)[1],
        cells=many,
        area_km2=many * (grid.cell_size_m / 1000) ** 2,
        incidents=int(counts[cells].sum()),
        expected=float(cell_expected[cells].sum()),
        peak_row=row,
        peak_col=col,
        peak_xy=(float(grid.x_centres[col]), float(grid.y_centres[row])),
        peak_p_value=float(p_value[row, col]),
        peak_incidents=float(local[0][row, col]),
        peak_expected=float(local[1][row, col]),
    )
