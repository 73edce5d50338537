"""Adaptive bandwidths: narrow where incidents crowd, wide where they are few."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.checks import positive
from hotspots.clustering.kernels import (
    COMPACT,
    EPANECHNIKOV,
    GAUSSIAN,
    QUARTIC,
    TRIANGULAR,
    TRIWEIGHT,
    check_kernel,
    one_bandwidth,
)
from hotspots.clustering.points import checked_points
from hotspots.errors import UsageError
from hotspots.jit import compiled, in_parts

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
_M2_PER_KM2 = 1e6
#: The pilot's Gaussian is taken as 0 beyond this many sigmas (below 1e-16 of its peak).
_GAUSSIAN_REACH = 8.6
_GAUSSIAN_CODE = 5
_MOST_BUCKETS = 1_024
_POINTS_PER_PART = 2_048


def adaptive_bandwidths(
    xy: ArrayLike,
    bandwidth_m: float,
    kernel: str = "quartic",
    weights: ArrayLike | None = None,
    pilot_bandwidth_m: float | None = None,
    most: float = 5.0,
) -> Array:
    """Return one bandwidth an incident, by Abramson's square-root rule; for ``kde``.

    h_i = h0 (f(x_i) / g)^(-1/2): f is a pilot density with a fixed bandwidth, g its geometric
    mean over the incidents, so that h0 keeps its meaning as the middle bandwidth.

    Parameters
    ----------
    xy : array_like, shape (n, 2)
        Incidents, metres. Empty input gives an empty array.
    bandwidth_m : float
        h0, of the kernel in ``kde``.
    kernel : str
        Kernel of the pilot density.
    weights : array_like, shape (n,), optional
        Incidents per point, above 0; 1 each by default.
    pilot_bandwidth_m : float, optional
        Fixed bandwidth of the pilot; ``bandwidth_m`` by default.
    most : float
        No bandwidth is more than this many times h0, or a lone incident would cover the area.

    Returns
    -------
    ndarray, shape (n,)
        Metres.

    Raises
    ------
    UsageError
        If the kernel is unknown, a number is not above 0 or not finite.

    References
    ----------
    Abramson, I. S. (1982), On bandwidth variation in kernel estimates, doi:10.1214/aos/1176345986.
    Silverman, B. W. (1986), Density Estimation for Statistics and Data Analysis, section 5.3.
    """
    check_kernel(kernel)
    middle = one_bandwidth(bandwidth_m)
    pilot = middle if pilot_bandwidth_m is None else one_bandwidth(pilot_bandwidth_m)
    limit = positive("most", most)
    points, w = checked_points(xy, weights)
    if w is not None and not (w > 0).all():
        raise UsageError("Weights must be above 0; got others: leave out incidents of weight 0.")
    if len(points) == 0:
        return np.empty(0)
    density = intensity_at(points, points, pilot, kernel, w)
    logs = np.log(density)
    factor = np.exp(np.minimum(-0.5 * (logs - np.average(logs, weights=w)), 50.0))
    found: Array = middle * np.minimum(factor, limit)
    return found


def intensity_at(
    at: ArrayLike,
    xy: ArrayLike,
    bandwidth_m: float,
    kernel: str = "quartic",
    weights: ArrayLike | None = None,
) -> Array:
    """Return the kernel-smoothed intensity of incidents at any points; exact.

    Parameters
    ----------
    at : array_like, shape (m, 2)
        Where the intensity is wanted, metres.
    xy : array_like, shape (n, 2)
        Incidents, metres. Empty input gives zeros.
    bandwidth_m, kernel, weights
        As for ``kde``; a Gaussian is taken as 0 beyond 8.6 sigma.

    Returns
    -------
    ndarray, shape (m,)
        Incidents per km2.

    Raises
    ------
    UsageError
        As ``kde``.
    """
    check_kernel(kernel)
    h = one_bandwidth(bandwidth_m)
    where, _ = checked_points(at, None)
    points, w = checked_points(xy, weights)
    out = np.zeros(len(where))
    if len(points) == 0 or len(where) == 0:
        return out
    gaussian = kernel == GAUSSIAN
    code = _GAUSSIAN_CODE if gaussian else COMPACT[kernel].code
    constant = 1 / (2 * math.pi) if gaussian else COMPACT[kernel].constant
    reach = h * (_GAUSSIAN_REACH if gaussian else 1.0)
    low = points.min(axis=0)
    extent = points.max(axis=0) - low
    side = max(reach, float(extent.max()) / _MOST_BUCKETS)
    cols, rows = (int(n) + 1 for n in extent / side)
    bucket = ((points[:, 1] - low[1]) // side).astype(np.int64) * cols
    bucket += ((points[:, 0] - low[0]) // side).astype(np.int64)
    order = np.argsort(bucket, kind="stable")
    start = np.searchsorted(bucket[order], np.arange(rows * cols + 1))
    near = points[order]
    each = np.ones(len(points)) if w is None else w[order]
    in_parts(
        lambda a, b: _sum_near(
            where, near, each, start, low, side, (rows, cols), h, code, a, b, out
        ),
        len(where),
        _POINTS_PER_PART,
    )
    return out * (constant * _M2_PER_KM2 / h**2)


@compiled
def _sum_near(
    at: Array,
    points: Array,
    weights: Array,
    start: Whole,
    low: Array,
    side: float,
    shape: tuple[int, int],
    h: float,
    code: int,
    first: int,
    stop: int,
    out: Array,
) -> None:
    rows, cols = shape
    for q in range(first, stop):
        gx, gy = (at[q, 0] - low[0]) / side, (at[q, 1] - low[1]) / side
        if not (-1 <= gx < cols + 1 and -1 <= gy < rows + 1):
            continue
        i, j = math.floor(gx), math.floor(gy)
        total = 0.0
        for row in range(max(j - 1, 0), min(j + 2, rows)):
            left, right = max(i - 1, 0), min(i + 2, cols)
            if left >= right:
                continue
            for p in range(start[row * cols + left], start[row * cols + right]):
                dx, dy = (points[p, 0] - at[q, 0]) / h, (points[p, 1] - at[q, 1]) / h
                total += weights[p] * _height(dx * dx + dy * dy, code)
        out[q] = total


@compiled
def _height(u: float, code: int) -> float:
    """Return a kernel without its constant, at a squared distance in bandwidths."""
    if code == _GAUSSIAN_CODE:
        return math.exp(-0.5 * u) if u < _GAUSSIAN_REACH * _GAUSSIAN_REACH else 0.0
    if u >= 1.0:
        return 0.0
    v = 1.0 - u
    if code == QUARTIC:
        return v * v
    if code == TRIWEIGHT:
        return v * v * v
    if code == EPANECHNIKOV:
        return v
    return 1.0 - math.sqrt(u) if code == TRIANGULAR else 1.0
