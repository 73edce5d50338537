"""What a bandwidth is chosen from: distinct points and how many incidents each holds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.points import checked_points
from hotspots.errors import UsageError

Array = NDArray[np.float64]
_LIMITS_M = (1e-6, 1e9)
_MOST_WEIGHT = 1e12
_PART = 256


@dataclass(frozen=True, eq=False)
class Sample:
    """Distinct points from west to east, moved and shrunk into a box with a longer side of 1.

    Attributes
    ----------
    xy : ndarray, shape (points, 2)
        In units of ``unit_m``.
    weights : ndarray, shape (points,)
        Incidents at each point, above 0.
    total : float
        Their sum.
    unit_m : float
        The longer side of the points' box, metres.
    shared : float
        Share of the incidents that share a point with another, 0 to 1.
    """

    xy: Array
    weights: Array
    total: float
    unit_m: float
    shared: float


def sample_of(xy: ArrayLike, weights: ArrayLike | None) -> Sample:
    """Return the checked sample; weights of less than 1e-9 of the largest do not count.

    Raises
    ------
    UsageError
        If there are not two incidents at different points, or a number is not as it must be.
    """
    points, given = checked_points(xy, weights)
    w = np.ones(len(points)) if given is None else given
    if not ((w >= 0) & (w <= _MOST_WEIGHT)).all():
        raise UsageError(
            f"weights must be numbers from 0 to {_MOST_WEIGHT:g}, incidents per point; got others."
        )
    if not (np.abs(points) <= _LIMITS_M[1]).all():
        raise UsageError(
            f"A bandwidth can be chosen only from coordinates in metres, at most {_LIMITS_M[1]:g}; "
            "got larger ones: check the CRS."
        )
    # by less than this share of the largest weight, rounding could leave nothing of the others
    kept = w > 1e-9 * w.max(initial=0.0)
    points, w = points[kept], w[kept]
    total = float(w.sum())
    unit = float(np.ptp(points, axis=0).max()) if len(points) else 0.0
    if total < 2 or unit < _LIMITS_M[0]:
        raise UsageError(
            "A bandwidth can be chosen only from at least two incidents at different points; got "
            f"{total:,.6g} at {'one point' if len(points) else 'none'}: take a longer period or "
            "give a bandwidth."
        )
    order = np.lexsort((points[:, 1], points[:, 0]))
    points, w = points[order], w[order]
    first = np.concatenate([[True], (np.diff(points, axis=0) != 0).any(axis=1)])
    held = np.bincount(np.cumsum(first) - 1, weights=w).astype(np.float64)
    distinct = (points[first] - points.min(axis=0)) / unit
    return Sample(distinct, held, total, unit, float(held[held > 1].sum()) / total)


def spread_of(sample: Sample, robust: bool) -> float:
    """Return the root mean square of the two axes' spread, in the sample's units."""
    mean = sample.weights @ sample.xy / sample.total
    spread: Array = sample.weights @ (sample.xy - mean) ** 2 / (sample.total - 1)
    if robust:
        for axis in (0, 1):
            order = np.argsort(sample.xy[:, axis])
            values, w = sample.xy[order, axis], sample.weights[order]
            between = (quantile(values, w, 0.75) - quantile(values, w, 0.25)) / 1.34
            if between > 0:
                spread[axis] = min(spread[axis], between**2)
    return math.sqrt(spread.mean())


def quantile(values: Array, weights: Array, share: float) -> float:
    """Return the quantile, linear between order statistics; weight 3 counts as three values."""
    order = np.argsort(values)
    up_to = np.cumsum(weights[order])
    rank = share * (up_to[-1] - 1)
    near = np.searchsorted(up_to, [math.floor(rank), math.floor(rank) + 1], side="right")
    low, high = values[order][np.minimum(near, len(values) - 1)]
    return float(low + (high - low) * (rank - math.floor(rank)))


def checked_bandwidths(values_m: ArrayLike) -> Array:
    """Return bandwidths, shape (k,), metres, or raise UsageError."""
    h = np.asarray(values_m, dtype=np.float64)
    if h.ndim != 1 or h.size == 0 or not ((h >= _LIMITS_M[0]) & (h <= _LIMITS_M[1])).all():
        raise UsageError(
            f"Bandwidths to compare must be a list of numbers from {_LIMITS_M[0]:g} to "
            f"{_LIMITS_M[1]:g} metres; got {values_m!r}."
        )
    return h


def kth_distances(sample: Sample, k: int) -> Array:
    """Return each point's distance to its k-th nearest other incident, in the sample's units."""
    from scipy.spatial import cKDTree

    tree = cKDTree(sample.xy)
    out = np.empty(len(sample.xy))
    for start in range(0, len(out), _PART):
        part = slice(start, start + _PART)
        count = min(k + 1, len(out))
        while True:
            distance, index = tree.query(sample.xy[part], range(1, count + 1))
            others = np.cumsum(sample.weights[index], axis=1)
            others -= np.minimum(sample.weights[part], 1.0)[:, None]
            # a hair of slack: the sum of fractional weights may fall short by rounding
            enough = others >= k * (1 - 1e-12)
            if count == len(out) or enough[:, -1].all():
                break
            count = min(2 * count, len(out))
        enough[:, -1] = True
        out[part] = distance[np.arange(len(distance)), enough.argmax(axis=1)]
    return out
