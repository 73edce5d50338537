"""Gaussian kernel sums: exact, and on a fine lattice with a stated bound of the error."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.checks import positive
from hotspots.clustering.grid import Grid
from hotspots.clustering.kernels import one_bandwidth
from hotspots.clustering.points import checked_points
from hotspots.errors import UsageError
from hotspots.jit import compiled, in_parts

Array = NDArray[np.float64]
_CHUNK = 4_096
_M2_PER_KM2 = 1e6
#: The kernel is followed this many sigmas far on the lattice.
_REACH = 7.0
_MAX_NODES = 200_000_000
_ROWS_PER_PART = 64


@dataclass(frozen=True, eq=False)
class BinnedDensity:
    """A Gaussian density computed on a lattice.

    Attributes
    ----------
    intensity : ndarray, shape (rows, cols)
        Incidents per km2; NaN outside the mask.
    error_bound : float
        No cell is further than this from the exact density, incidents per km2.
    spacing_m : float
        Spacing of the lattice.
    """

    intensity: Array
    error_bound: float
    spacing_m: float


def gaussian_sum(points: Array, weights: Array | None, bandwidths: Array, grid: Grid) -> Array:
    """Return sum_i w_i exp(-d_i^2 / 2 h_i^2) / (2 pi h_i^2) at the cell centres, per m2; exact.

    exp(-(dx^2 + dy^2) / 2 h^2) is a product, so a matrix product sums it.
    """
    out = np.zeros(grid.shape)
    for start in range(0, len(points), _CHUNK):
        part = slice(start, start + _CHUNK)
        h = bandwidths[part] if bandwidths.size > 1 else bandwidths
        scale = 1 / (2 * math.pi * h * h)
        if weights is not None:
            scale = scale * weights[part]
        with np.errstate(over="ignore"):  # a point out of this world has exp(-inf) = 0
            east = np.exp(-0.5 * ((grid.x_centres[:, None] - points[part, 0]) / h) ** 2)
            north = np.exp(-0.5 * ((grid.y_centres[:, None] - points[part, 1]) / h) ** 2)
        out += (north * scale) @ east.T
    return out


def binned_gaussian(
    xy: ArrayLike,
    grid: Grid,
    bandwidth_m: float,
    weights: ArrayLike | None = None,
    tolerance: float = 1e-3,
) -> BinnedDensity:
    """Return a Gaussian density for millions of incidents, with a bound of its error.

    Each incident is shared among the four nodes round it of a lattice that holds the cell
    centres, so that its kernel is interpolated linearly: by Taylor's theorem that is off by at
    most d^2 / 8 times the largest second derivative along each axis, together
    d^2 / (8 pi sigma^4) an incident. The lattice is then convolved along rows and columns; the
    kernel is cut off at 7 sigma, and what is cut off is part of the bound.

    Parameters
    ----------
    xy : array_like, shape (n, 2)
        Incidents, metres. Empty input gives zeros.
    grid : Grid
        Where the density is wanted.
    bandwidth_m : float
        Sigma.
    weights : array_like, shape (n,), optional
        Incidents per point, at least 0; 1 each by default.
    tolerance : float
        The bound asked for, as a share of all incidents standing on one point; the spacing
        follows from it.

    Raises
    ------
    UsageError
        If a coordinate or weight is not finite, a weight is negative, a number is not above 0,
        or the lattice would be too large: then ask for less, or take ``kde``.

    References
    ----------
    Wand, M. P. (1994), Fast computation of multivariate kernel estimators,
    doi:10.1080/10618600.1994.10474656 (linear binning).
    """
    sigma = one_bandwidth(bandwidth_m)
    wanted = positive("tolerance", tolerance)
    points, w = checked_points(xy, weights)
    if w is not None and (w < 0).any():
        raise UsageError("Weights must be at least 0 here; got negative ones: take kde instead.")
    # d^2 / 4 sigma^2 is the bound as a share of the peak of one incident
    parts = max(1, math.ceil(grid.cell_size_m / (2 * sigma * math.sqrt(wanted))))
    spacing = grid.cell_size_m / parts
    reach = math.ceil(_REACH * sigma / spacing) + 1
    rows, cols = ((size - 1) * parts + 1 + 2 * reach for size in grid.shape)
    if rows * cols > _MAX_NODES:
        raise UsageError(
            f"The lattice must have at most {_MAX_NODES:,} nodes; this tolerance makes "
            f"{rows * cols:,}: take a larger tolerance or cells, or kde."
        )
    south, west = grid.y_centres[0] - reach * spacing, grid.x_centres[0] - reach * spacing
    mass = np.zeros((rows, cols))
    _share(points, np.empty(0) if w is None else w, west, south, spacing, mass)
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) * spacing / sigma) ** 2)
    along, out = np.zeros((rows, grid.shape[1])), np.zeros(grid.shape)
    in_parts(lambda a, b: _across(mass, taps, parts, a, b, along), rows, _ROWS_PER_PART)
    in_parts(lambda a, b: _down(along, taps, parts, a, b, out), grid.shape[0], _ROWS_PER_PART)
    total = float(len(points) if w is None else w.sum())
    peak = _M2_PER_KM2 / (2 * math.pi * sigma**2)
    bound = total * peak * (spacing**2 / (4 * sigma**2) + math.exp(-0.5 * _REACH**2))
    return BinnedDensity(np.where(grid.mask, out * peak, np.nan), bound, spacing)


@compiled
def _share(
    points: Array, weights: Array, west: float, south: float, spacing: float, mass: Array
) -> None:
    rows, cols = mass.shape
    for p in range(len(points)):
        gx, gy = (points[p, 0] - west) / spacing, (points[p, 1] - south) / spacing
        if not (0 <= gx < cols - 1 and 0 <= gy < rows - 1):
            continue
        i, j = int(gx), int(gy)
        fx, fy = gx - i, gy - j
        w = weights[p] if weights.size else 1.0
        mass[j, i] += w * (1 - fx) * (1 - fy)
        mass[j, i + 1] += w * fx * (1 - fy)
        mass[j + 1, i] += w * (1 - fx) * fy
        mass[j + 1, i + 1] += w * fx * fy


@compiled
def _across(mass: Array, taps: Array, parts: int, start: int, stop: int, along: Array) -> None:
    """Convolve rows, at the columns of the cell centres only; empty nodes cost nothing."""
    reach = taps.size // 2
    for row in range(start, stop):
        for node in range(mass.shape[1]):
            value = mass[row, node]
            if value == 0.0:
                continue
            # the cell centre c stands at node reach + c * parts
            first = max(-((2 * reach - node) // parts), 0)
            last = min(node // parts, along.shape[1] - 1)
            for c in range(first, last + 1):
                along[row, c] += value * taps[node - c * parts]


@compiled
def _down(along: Array, taps: Array, parts: int, start: int, stop: int, out: Array) -> None:
    for row in range(start, stop):
        for tap in range(taps.size):
            source = along[row * parts + tap]
            for c in range(out.shape[1]):
                out[row, c] += taps[tap] * source[c]
