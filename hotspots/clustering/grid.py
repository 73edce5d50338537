"""The analysis grid: square cells anchored at multiples of their size."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.checks import positive
from hotspots.clustering.numbers import floats
from hotspots.errors import UsageError

#: A grid above this many cells is a slip of the unit (cells of 1 m over a county).
MAX_CELLS = 50_000_000
#: A smaller cell is a slip of the unit too.
LEAST_CELL_M = 0.001


@dataclass(frozen=True, eq=False)
class Grid:
    """Square cells over a study area; row 0 is the south, column 0 the west.

    Parameters
    ----------
    x0, y0 : float
        South-west corner in metres, a multiple of the cell size, so that the same place keeps
        the same cell in every week and for every study area.
    cell_size_m : float
        Side of a cell in metres.
    mask : ndarray of bool, shape (rows, cols)
        The cells of the study area: those whose centre lies in it.
    """

    x0: float
    y0: float
    cell_size_m: float
    mask: NDArray[np.bool_]

    @classmethod
    def cover(
        cls, polygon: Any, cell_size_m: float, margin_m: float = 0.0, touching: bool = False
    ) -> Grid:
        """Return the grid that covers a polygon.

        Parameters
        ----------
        polygon : shapely Polygon or MultiPolygon
            The study area, in a projected CRS in metres.
        cell_size_m : float
            Side of a cell in metres, above 0.
        margin_m : float
            Cells added around the polygon's bounds (outside the mask).
        touching : bool
            The mask is the cells that share ground with the polygon, so that it holds every point
            of it; by default those whose centre lies in it.

        Raises
        ------
        UsageError
            If the cell size is not above 0, the polygon is empty or not finite, no cell's centre
            lies in it, or the grid would exceed ``MAX_CELLS``.
        """
        size, margin = positive("cell_size_m", cell_size_m), float(margin_m)
        if size < LEAST_CELL_M or not 0 <= margin < math.inf:
            raise UsageError(
                f"cell_size_m must be at least {LEAST_CELL_M:g} m and margin_m a finite number of "
                f"at least 0; got {cell_size_m!r} and {margin_m!r}: check the unit."
            )
        if getattr(polygon, "geom_type", None) not in ("Polygon", "MultiPolygon"):
            raise UsageError(
                f"The study area must be a shapely Polygon or MultiPolygon; got {polygon!r:.60}: "
                "give the wards' union."
            )
        bounds = np.asarray(polygon.bounds, dtype=np.float64)
        if polygon.is_empty or not np.isfinite(bounds).all():
            raise UsageError(
                "The study area must be a polygon with finite coordinates; got an empty one: "
                "give the wards first."
            )
        x0 = math.floor((bounds[0] - margin) / size) * size
        y0 = math.floor((bounds[1] - margin) / size) * size
        wide, high = (bounds[2] + margin - x0) / size, (bounds[3] + margin - y0) / size
        # a point on the last cell's far edge belongs to the cell beyond it
        cols, rows = (math.floor(n) + 1 if touching else math.ceil(n) for n in (wide, high))
        if rows * cols > MAX_CELLS:
            raise UsageError(
                f"A grid must have at most {MAX_CELLS:,} cells; {size:g} m over this area makes "
                f"{rows * cols:,}: take larger cells, or check that the CRS is in metres."
            )
        grid = cls(x0, y0, size, np.zeros((max(rows, 1), max(cols, 1)), dtype=np.bool_))
        shapely.prepare(polygon)
        if touching:
            mask = _touched(polygon, grid)
        else:
            mask = shapely.contains_xy(polygon, grid.centres[..., 0], grid.centres[..., 1])
        if not mask.any():
            raise UsageError(
                f"The study area must hold the centre of at least one cell; at {size:g} m none "
                "does: take smaller cells."
            )
        return cls(x0, y0, size, mask)

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, cols)."""
        rows, cols = self.mask.shape
        return rows, cols

    @property
    def x_centres(self) -> NDArray[np.float64]:
        """Eastings of the column centres, shape (cols,)."""
        return self.x0 + (np.arange(self.shape[1], dtype=np.float64) + 0.5) * self.cell_size_m

    @property
    def y_centres(self) -> NDArray[np.float64]:
        """Northings of the row centres, shape (rows,)."""
        return self.y0 + (np.arange(self.shape[0], dtype=np.float64) + 0.5) * self.cell_size_m

    @cached_property
    def centres(self) -> NDArray[np.float64]:
        """Cell centres, shape (rows, cols, 2), metres."""
        x, y = np.meshgrid(self.x_centres, self.y_centres)
        return np.stack([x, y], axis=-1)

    def index(self, xy: ArrayLike) -> NDArray[np.intp]:
        """Return each point's flat cell index, -1 outside the mask. NaN points are outside.

        A point on a shared edge belongs to the cell to its north or east.
        """
        points = floats("xy", xy)
        points = points.reshape(0, 2) if points.size == 0 else points
        if points.ndim != 2 or points.shape[1] != 2:
            raise UsageError(f"xy must have two columns, x and y; got shape {points.shape}.")
        rows, cols = self.shape
        with np.errstate(invalid="ignore", over="ignore"):
            col = np.floor((points[:, 0] - self.x0) / self.cell_size_m)
            row = np.floor((points[:, 1] - self.y0) / self.cell_size_m)
            inside = (col >= 0) & (col < cols) & (row >= 0) & (row < rows)
        flat = np.full(len(points), -1, dtype=np.intp)
        flat[inside] = (row[inside] * cols + col[inside]).astype(np.intp)
        flat[inside] = np.where(self.mask.ravel()[flat[inside]], flat[inside], -1)
        return flat

    def counts(self, xy: ArrayLike) -> NDArray[np.int64]:
        """Return incidents per cell, shape (rows, cols); points outside the mask are not counted.

        Parameters
        ----------
        xy : array_like, shape (n, 2)
            Metres. Empty input gives zeros; rows with NaN are not counted.
        """
        index = self.index(xy)
        tally = np.bincount(index[index >= 0], minlength=self.mask.size)
        return tally.reshape(self.shape).astype(np.int64)


def _touched(polygon: Any, grid: Grid) -> NDArray[np.bool_]:
    west, south = (grid.centres[..., axis] - grid.cell_size_m / 2 for axis in (0, 1))
    squares = shapely.box(west, south, west + grid.cell_size_m, south + grid.cell_size_m)
    mask: NDArray[np.bool_] = shapely.intersects(polygon, squares)
    return mask
