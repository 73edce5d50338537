"""Exact binomial and hypergeometric tails, to the smallest number.

Every tail is a sum of positive terms from its own side, so that it keeps its relative accuracy
however small it is. A probability below the smallest normal number, 2.2e-308, is given as that
number: what was observed is never said to be impossible.

Loader, C. (2000), Fast and accurate computation of binomial probabilities: the first term by
its deviance, which neither overflows nor cancels; the others follow by their ratio.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.jit import compiled, in_parts

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
SMALLEST = float(np.finfo(np.float64).tiny)
_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
_QUERIES_PER_PART = 8_192


def binomial_tail(sums: ArrayLike, trials: ArrayLike, chance: ArrayLike) -> tuple[Array, Array]:
    """Return P(S >= s) and P(S <= s) for S ~ Binomial(trials, chance), elementwise.

    Parameters
    ----------
    sums, trials : array_like of whole numbers, shape (m,)
        Observed successes, 0 to ``trials``.
    chance : array_like, shape (m,)
        0 to 1.

    References
    ----------
    Loader, C. (2000), Fast and accurate computation of binomial probabilities (the first term,
    by deviances; the others by their ratio).
    """
    s, n, p = np.broadcast_arrays(sums, trials, chance)
    s, n = s.astype(np.int64).ravel(), n.astype(np.int64).ravel()
    p = p.astype(np.float64).ravel()
    upper, lower = np.empty(s.size), np.empty(s.size)
    in_parts(
        lambda a, b: _binomial_tails(s[a:b], n[a:b], p[a:b], upper[a:b], lower[a:b]),
        s.size,
        _QUERIES_PER_PART,
    )
    return upper, lower


def hypergeometric_tail(
    sums: ArrayLike, population: int, marked: ArrayLike, draws: int
) -> tuple[Array, Array]:
    """Return P(S >= s) and P(S <= s) for the marked ones among draws without replacement.

    Parameters
    ----------
    sums : array_like of whole numbers, shape (m,)
        Observed marked ones among the draws.
    population, draws : int
        How many there are, and how many are drawn.
    marked : array_like of whole numbers, shape (m,)
        How many of the population are marked.

    References
    ----------
    Loader, C. (2000), as for ``binomial_tail``: the first term is a quotient of binomial ones.
    """
    s, k = np.broadcast_arrays(sums, marked)
    s, k = s.astype(np.int64).ravel(), k.astype(np.int64).ravel()
    upper, lower = np.empty(s.size), np.empty(s.size)
    in_parts(
        lambda a, b: _hypergeometric_tails(
            s[a:b], population, k[a:b], draws, upper[a:b], lower[a:b]
        ),
        s.size,
        _QUERIES_PER_PART,
    )
    return upper, lower


@compiled
def _stirling_error(n: int) -> float:
    """Return log(n!) less Stirling's approximation of it."""
    if n < 16:
        return math.lgamma(n + 1.0) - ((n + 0.5) * math.log(n) - n + _HALF_LOG_2PI) if n else 0.0
    q = 1.0 / (n * n)
    return (1 / 12 - q * (1 / 360 - q * (1 / 1260 - q * (1 / 1680 - q / 1188)))) / n


@compiled
def _deviance(x: float, mean: float) -> float:
    """Return x log(x / mean) + mean - x without cancellation."""
    if abs(x - mean) >= 0.1 * (x + mean):
        return x * math.log(x / mean) + mean - x
    v = (x - mean) / (x + mean)
    total, power = (x - mean) * v, 2 * x * v
    for j in range(1, 1000):
        power *= v * v
        fresh = total + power / (2 * j + 1)
        if fresh == total:
            break
        total = fresh
    return total


@compiled
def _log_binomial(x: int, n: int, p: float, q: float) -> float:
    """Return log P(X = x), X ~ Binomial(n, p), for 0 < p < 1 and q = 1 - p."""
    if x == 0:
        return n * math.log1p(-p) if p < 0.5 else n * math.log(q)
    if x == n:
        return n * math.log1p(-q) if q < 0.5 else n * math.log(p)
    stirling = _stirling_error(n) - _stirling_error(x) - _stirling_error(n - x)
    deviance = _deviance(x, n * p) + _deviance(n - x, n * q)
    return stirling - deviance + 0.5 * math.log(n / (2 * math.pi * x * (n - x)))


@compiled
def log_hypergeometric(x: int, population: int, marked: int, draws: int) -> float:
    """Return the log of P(x of the draws are marked), for an x that is possible."""
    if draws == 0 or draws == population:
        return 0.0
    p, q = draws / population, (population - draws) / population
    return (
        _log_binomial(x, marked, p, q)
        + _log_binomial(draws - x, population - marked, p, q)
        - _log_binomial(draws, population, p, q)
    )


@compiled
def _binomial_above(s: int, n: int, p: float) -> float:
    """Return P(X >= s), summed upwards; s above the mean, 1 to n."""
    term = math.exp(_log_binomial(s, n, p, 1 - p))
    total, odds = term, p / (1 - p)
    for j in range(s, n):
        term *= odds * (n - j) / (j + 1)
        total += term
        if term < 1e-17 * total:
            break
    return total


@compiled
def _binomial_tails(sums: Whole, trials: Whole, chances: Array, upper: Array, lower: Array) -> None:
    for i in range(sums.size):
        s, n, p = sums[i], trials[i], chances[i]
        upper[i] = _binomial_upper(s, n, p)
        lower[i] = _binomial_upper(n - s, n, 1 - p)


@compiled
def _binomial_upper(s: int, n: int, p: float) -> float:
    if s <= 0:
        return 1.0
    if s > n or p <= 0:
        return SMALLEST
    if p >= 1:
        return 1.0
    if s > n * p:
        return min(max(_binomial_above(s, n, p), SMALLEST), 1.0)
    # P(X >= s) = 1 - P(n - X >= n - s + 1), and that is summed from its own far side
    return 1.0 - _binomial_above(n - s + 1, n, 1 - p)


@compiled
def _hypergeometric_above(s: int, population: int, marked: int, draws: int) -> float:
    """Return P(X >= s), summed upwards; s above the mean, and possible."""
    term = math.exp(log_hypergeometric(s, population, marked, draws))
    total, rest = term, population - marked - draws
    for j in range(s, min(marked, draws)):
        term *= (marked - j) * (draws - j) / ((j + 1.0) * (rest + j + 1.0))
        total += term
        if term < 1e-17 * total:
            break
    return total


@compiled
def _hypergeometric_tails(
    sums: Whole, population: int, marked: Whole, draws: int, upper: Array, lower: Array
) -> None:
    for i in range(sums.size):
        s, k = sums[i], marked[i]
        upper[i] = _hypergeometric_upper(s, population, k, draws)
        lower[i] = _hypergeometric_upper(draws - s, population, population - k, draws)


@compiled
def _hypergeometric_upper(s: int, population: int, marked: int, draws: int) -> float:
    if s <= max(0, draws + marked - population):
        return 1.0
    if s > min(marked, draws):
        return SMALLEST
    if s * float(population) > float(marked) * draws:
        above = _hypergeometric_above(s, population, marked, draws)
        return min(max(above, SMALLEST), 1.0)
    return 1.0 - _hypergeometric_above(draws - s + 1, population, population - marked, draws)
