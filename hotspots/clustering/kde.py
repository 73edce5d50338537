"""Kernel density estimation, exact at the cell centres."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.grid import Grid, _positive
from hotspots.clustering.kernels import COMPACT, GAUSSIAN, NAMES, Kernel
from hotspots.errors import UsageError

Array = NDArray[np.float64]
_M2_PER_KM2 = 1e6
_CHUNK = 50_000


def kde(
    xy: ArrayLike,
    grid: Grid,
    bandwidth_m: float,
    kernel: str = "quartic",
    weights: ArrayLike | None = None,
) -> Array:
    """Return the kernel-smoothed intensity of incidents at the centre of every cell.

    Exact: each incident is used where it is (no binning). There is no edge correction; incidents
    outside the study area count where they reach into it, so give them when they are known.

    Parameters
    ----------
    xy : array_like, shape (n, 2)
        Incidents, metres. Empty input gives zeros.
    grid : Grid
        Where the intensity is wanted.
    bandwidth_m : float
        Radius of a compact kernel; sigma of the Gaussian.
    kernel : {"quartic", "triweight", "epanechnikov", "triangular", "uniform", "gaussian"}
        All integrate to 1 over the plane.
    weights : array_like, shape (n,), optional
        Incidents per point; 1 each by default.

    Returns
    -------
    ndarray, shape (rows, cols)
        Incidents per km2; NaN outside the mask.

    Raises
    ------
    UsageError
        If the kernel is unknown, the bandwidth is not above 0, or a coordinate or weight is not
        finite.

    References
    ----------
    Silverman, B. W. (1986), Density Estimation for Statistics and Data Analysis, sections 4.2
    and 4.3. Diggle, P. J. (1985), doi:10.2307/2347366 (intensity of a point pattern).
    """
    h = _positive("bandwidth_m", bandwidth_m)
    points, w = _checked(xy, weights)
    if kernel == GAUSSIAN:
        total = _gaussian(points, w, grid, h)
    elif kernel in COMPACT:
        total = _scatter(points, w, grid, h, COMPACT[kernel])
    else:
        raise UsageError(f"kernel must be one of {', '.join(NAMES)}; got {kernel!r}.")
    surface = total * (_M2_PER_KM2 / h**2)
    return np.where(grid.mask, surface, np.nan)


def _checked(xy: ArrayLike, weights: ArrayLike | None) -> tuple[Array, Array]:
    points = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    w = np.ones(len(points)) if weights is None else np.asarray(weights, dtype=np.float64)
    if w.shape != (len(points),):
        raise UsageError(
            f"weights must have one value a point ({len(points)}); got shape {w.shape}."
        )
    if not (np.isfinite(points).all() and np.isfinite(w).all()):
        raise UsageError(
            "Coordinates and weights must be finite numbers; got NaN or infinity: leave out the "
            "incidents without a place."
        )
    return points, w


def _scatter(points: Array, w: Array, grid: Grid, h: float, kernel: Kernel) -> Array:
    """Add each point's kernel to the cells in reach, one cell offset at a time.

    Rows and columns are padded by the reach, so that no offset needs a bounds test.
    """
    rows, cols = grid.shape
    reach = math.ceil(h / grid.cell_size_m) + 1
    wide = cols + 2 * reach
    gx = (points[:, 0] - grid.x0) / grid.cell_size_m - 0.5
    gy = (points[:, 1] - grid.y0) / grid.cell_size_m - 0.5
    near = (gx > -reach) & (gx < cols - 1 + reach) & (gy > -reach) & (gy < rows - 1 + reach)
    gx, gy, w = gx[near], gy[near], w[near]
    out = np.zeros((rows + 2 * reach) * wide)
    scale = (grid.cell_size_m / h) ** 2
    for start in range(0, len(gx), _CHUNK):
        part = slice(start, start + _CHUNK)
        col, row = np.rint(gx[part]).astype(np.intp), np.rint(gy[part]).astype(np.intp)
        home = (row + reach) * wide + col + reach
        dx, dy, weight = col - gx[part], row - gy[part], w[part]
        for j in range(-reach + 1, reach):
            for i in range(-reach + 1, reach):
                value = kernel(((dx + i) ** 2 + (dy + j) ** 2) * scale) * weight
                hit = value != 0
                target = np.clip(home[hit] + j * wide + i, 0, out.size - 1)
                out += np.bincount(target, weights=value[hit], minlength=out.size)
    return out.reshape(rows + 2 * reach, wide)[reach : reach + rows, reach : reach + cols]


def _gaussian(points: Array, w: Array, grid: Grid, h: float) -> Array:
    """Exact Gaussian sum: exp(-(dx^2 + dy^2) / 2) is a product, so one matrix product sums it."""
    out = np.zeros(grid.shape)
    for start in range(0, len(points), _CHUNK):
        part = slice(start, start + _CHUNK)
        ex = np.exp(-0.5 * ((grid.x_centres[:, None] - points[part, 0]) / h) ** 2)
        ey = np.exp(-0.5 * ((grid.y_centres[:, None] - points[part, 1]) / h) ** 2)
        out += (ey * w[part]) @ ex.T
    return out / (2 * math.pi)
