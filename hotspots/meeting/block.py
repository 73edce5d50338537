"""The block of cells round a place's peak: what its count, chance, line and hours are about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from hotspots.clustering import Grid
from hotspots.clustering.weights import band_half_widths
from hotspots.profile import Profile


@dataclass(frozen=True, eq=False)
class Block:
    """The neighbourhood of one cell: by default 3 x 3 cells of 250 m, a square of 750 m.

    Attributes
    ----------
    polygon : shapely Polygon or MultiPolygon
        Its cells inside the study area, metres; the whole neighbourhood where none is.
    cells : ndarray of int, shape (n,)
        Their flat positions in the grid.
    grid : Grid
        The grid.
    """

    polygon: Any
    cells: NDArray[np.intp]
    grid: Grid

    def holds(self, xy: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which points (shape (n, 2), metres) lie in its cells, as the grid counts them."""
        return np.isin(self.grid.index(xy), self.cells)


def block_at(xy: tuple[float, float], grid: Grid, profile: Profile) -> Block:
    """Return the block round the cell that holds a point, on the grid or beside it.

    Parameters
    ----------
    xy : tuple of two floats
        Metres, in the grid's CRS.
    """
    size = grid.cell_size_m
    half = band_half_widths(profile.distance_m, size, profile.band)
    reach = half.size // 2
    row, col = (int(np.floor((xy[i] - (grid.x0, grid.y0)[i]) / size)) for i in (1, 0))
    around = [
        (row + step - reach, col + shift)
        for step, wide in enumerate(half.tolist())
        for shift in range(-wide, wide + 1)
    ]
    rows, cols = grid.shape
    inside = [(r, c) for r, c in around if 0 <= r < rows and 0 <= c < cols and grid.mask[r, c]]
    corners = np.array(inside or around, dtype=np.float64)
    west, south = grid.x0 + corners[:, 1] * size, grid.y0 + corners[:, 0] * size
    return Block(
        polygon=shapely.union_all(shapely.box(west, south, west + size, south + size)),
        cells=np.array([r * cols + c for r, c in inside], dtype=np.intp),
        grid=grid,
    )
