"""Whether series rise or fall: the Mann-Kendall test, exact where series are short."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.numbers import floats
from hotspots.errors import UsageError

Array = NDArray[np.float64]
#: Up to this many periods the trend's p-value is exact. Beyond, the normal one is within 0.004 of
#: it where no values are tied (within 0.001 below p = 0.1).
EXACT_PERIODS = 30


@dataclass(frozen=True, eq=False)
class MannKendall:
    """The Mann-Kendall test of many series; arrays of one value a series.

    Attributes
    ----------
    s : ndarray
        Pairs of periods that rise less pairs that fall.
    z_score : ndarray
        S over its standard deviation, ties and continuity corrected; above 0 for a rise.
    p_value : ndarray
        Two-sided.
    """

    s: Array
    z_score: Array
    p_value: Array


def mann_kendall(values: ArrayLike) -> MannKendall:
    """Test every series for a monotone trend (Mann-Kendall), two-sided.

    S is the number of pairs of periods in which the later value is higher, less those in which it
    is lower. Up to 30 periods p is exact, with ties too: S = M - 2 I, where M pairs are not tied
    and I counts the inversions of the series; the number of orders of the values with I
    inversions has a product as its generating function (a Gaussian multinomial coefficient),
    which is multiplied out. Beyond, p is the normal one, with the variance corrected for ties and
    S for continuity. Values may be infinite: only their order counts.

    Parameters
    ----------
    values : array_like, shape (periods, ...)
        The series run along the first axis, oldest first, equally spaced or not.

    Returns
    -------
    MannKendall
        Arrays of the shape of one period. A series that holds NaN gives NaN. With fewer than two
        periods, or all values equal, there is no trend: S and z are 0 and p is 1.

    Raises
    ------
    UsageError
        If a single number is given instead of a series.

    References
    ----------
    Mann, H. B. (1945), Nonparametric tests against trend, doi:10.2307/1907187. Kendall, M. G.
    (1975), Rank Correlation Methods, 4th edition, chapters 4 and 5 (ties, the exact distribution).
    """
    x = floats("values", values)
    if x.ndim == 0:
        raise UsageError("values must have the shape (periods, ...); got a single number.")
    series = x.reshape(x.shape[0], math.prod(x.shape[1:]))
    known = ~np.isnan(series).any(axis=0)
    s, tied = _pairs(series[:, known])
    z = _trend_z(s, tied)
    if len(series) <= EXACT_PERIODS:
        p = _exact_p(s, tied)
    else:
        from scipy.special import ndtr

        p = np.minimum(2 * ndtr(-np.abs(z)), 1.0)

    def spread(flat: Array) -> Array:
        out = np.full(known.size, np.nan)
        out[known] = flat
        return out.reshape(x.shape[1:])

    return MannKendall(s=spread(s), z_score=spread(z), p_value=spread(p))


def _pairs(series: Array) -> tuple[Array, NDArray[np.int64]]:
    """Return S of each series, and how many values of its series equal each value, itself too."""
    s = np.zeros(series.shape[1])
    tied = np.ones(series.shape, dtype=np.int64)
    for i in range(len(series) - 1):
        later, now = series[i + 1 :], series[i]
        s += (later > now).sum(axis=0)
        s -= (later < now).sum(axis=0)
        same = later == now
        tied[i] += same.sum(axis=0)
        tied[i + 1 :] += same
    return s, tied


def _trend_z(s: Array, tied: NDArray[np.int64]) -> Array:
    n = len(tied)
    # a group of t equal values takes t (t - 1) (2t + 5) off: (t - 1) (2t + 5) for each of them
    ties = ((tied - 1) * (2 * tied + 5)).sum(axis=0)
    variance = (n * (n - 1) * (2 * n + 5) - ties) / 18
    nearer = s - np.sign(s)
    z: Array = np.divide(nearer, np.sqrt(variance), out=np.zeros(s.shape), where=variance > 0)
    return z


def _exact_p(s: Array, tied: NDArray[np.int64]) -> Array:
    """Return P(|S| >= |s|) over all orders of each series; one distribution a pattern of ties."""
    p = np.ones(s.shape)
    if tied.size == 0:
        return p
    patterns, which = np.unique(np.sort(tied, axis=0), axis=1, return_inverse=True)
    for number, pattern in enumerate(patterns.T):
        mine = which.ravel() == number
        size, elements = np.unique(pattern, return_counts=True)
        groups = np.repeat(size, elements // size)
        chance = _inversions(tuple(groups.tolist()))
        distance = np.abs(len(chance) - 1 - 2 * np.arange(len(chance)))  # |S|
        tail = np.cumsum(np.bincount(distance, weights=chance)[::-1])[::-1]
        p[mine] = np.minimum(tail[np.abs(s[mine]).astype(np.int64)], 1.0)
    return p


@lru_cache(maxsize=512)
def _inversions(groups: tuple[int, ...]) -> Array:
    """Return P(I inversions) in a random order of values with these sizes of equal groups."""
    chance, before = np.ones(1), 0
    for size in groups:
        chance = np.convolve(chance, _merged(before, size))
        before += size
    return chance


@lru_cache(maxsize=4096)
def _merged(lower: int, higher: int) -> Array:
    """Return P(I inversions) between equal low and equal high values in a random order."""
    chance = np.zeros(lower * higher + 1)
    if chance.size == 1:
        return np.ones(1)
    total = lower + higher
    # a high value in the first place stands before every low one; a low one before none
    chance[lower:] += higher / total * _merged(lower, higher - 1)
    chance[: (lower - 1) * higher + 1] += lower / total * _merged(lower - 1, higher)
    return chance
