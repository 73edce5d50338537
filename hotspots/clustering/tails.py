"""The exact distribution of the sum of cells drawn from the map.

Every tail is a sum of positive terms from its own side, so that it keeps its relative accuracy
however small it is. A probability below the smallest normal number, 2.2e-308, is given as that
number: what was observed is never said to be impossible.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.discrete import SMALLEST, log_hypergeometric
from hotspots.clustering.numbers import floats
from hotspots.errors import UsageError
from hotspots.jit import compiled, in_parts

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
#: Entries of the largest table of exact probabilities (8 bytes each).
MAX_TABLE = 50_000_000
#: Entries below this are left out of a table: they cannot reach a result, and denormal numbers
#: are a hundred times slower.
_NEGLIGIBLE = 1e-307
_QUERIES_PER_PART = 131_072


def sum_tail(counts: ArrayLike, sums: ArrayLike, neighbours: ArrayLike) -> tuple[Array, Array]:
    """Return P(S >= s) and P(S <= s) for sums of cells drawn from the observed counts.

    Under the randomisation null the counts are exchangeable: a neighbourhood of w cells holds
    the sum S of w draws without replacement from the n observed counts. The distribution is
    computed, not simulated: one dynamic programme over the distinct counts gives it for every w
    at once. All sums above the largest one asked for are one state, so the cost follows the
    sums that occur and not those that could.

    Parameters
    ----------
    counts : array_like of non-negative whole numbers, shape (n,)
        The observed counts of all cells.
    sums, neighbours : array_like, shape (m,)
        Each neighbourhood's sum, and its number of cells (0 to n).

    Returns
    -------
    upper, lower : ndarray, shape (m,)
        One-sided p-values for hot and for cold; at least 2.2e-308. Empty queries give empty
        arrays.

    Raises
    ------
    UsageError
        If a count is negative or not a whole number (such values have no exact tail), or the
        table would exceed ``MAX_TABLE``.

    References
    ----------
    The null is the randomisation of Ord, J. K. and Getis, A. (1995),
    doi:10.1111/j.1538-4632.1995.tb00912.x; the recursion splits the draws between one value and
    all others hypergeometrically.
    """
    values = whole_counts(counts)
    s, w = _checked_queries(sums, neighbours, values.size)
    if s.size == 0:
        return np.empty(0), np.empty(0)
    distinct, copies = np.unique_counts(values) if values.max() > 4 * values.size else _few(values)
    # counts that all share an offset or a factor have the same tail as those without it
    least = int(distinct[0])
    step = int(np.gcd.reduce(distinct - least)) or 1
    # between two sums that can be, "at least" asks for the one above, "at most" for the one below
    at_least, at_most = -((w * least - s) // step), (s - w * least) // step
    above, low, high = _table((distinct - least) // step, copies, int(w.max()), int(at_least.max()))
    below = np.zeros_like(above)
    _accumulate(above, below, low, high)
    upper, lower = np.empty(s.size), np.empty(s.size)
    in_parts(
        lambda a, b: _look_up(
            above, below, low, high, at_least[a:b], at_most[a:b], w[a:b], upper[a:b], lower[a:b]
        ),
        s.size,
        _QUERIES_PER_PART,
    )
    return upper, lower


def whole_counts(counts: ArrayLike) -> Whole:
    """Return counts as whole numbers, flat.

    Raises
    ------
    UsageError
        If one is negative, not finite, not whole, or above 2**53.
    """
    values = floats("counts", counts).ravel()
    whole = np.isfinite(values) & (values >= 0) & (values < 2**53)
    if not whole.all() or (np.rint(values) != values).any():
        raise UsageError(
            "An exact test needs counts that are whole numbers of at least 0; got others: "
            'take null="normal" or "permutation" for weights and rates.'
        )
    return values.astype(np.int64)


def _checked_queries(sums: ArrayLike, neighbours: ArrayLike, n: int) -> tuple[Whole, Whole]:
    s, w = floats("sums", sums), floats("neighbours", neighbours)
    if s.ndim != 1 or s.shape != w.shape:
        raise UsageError(
            f"sums and neighbours must be lists of one length; got shapes {s.shape}, {w.shape}."
        )
    if not (np.isfinite(s).all() and (np.abs(s) < 2**53).all()):
        raise UsageError("sums must be finite and below 2**53; got others.")
    if not ((w >= 0) & (w <= n)).all():
        raise UsageError(f"neighbours must be 0 to {n}, the number of counts; got others.")
    return np.rint(s).astype(np.int64), w.astype(np.int64)


def _few(values: Whole) -> tuple[Whole, Whole]:
    """Return distinct values and their numbers, without sorting."""
    tally = np.bincount(values)
    distinct = np.flatnonzero(tally)
    return distinct, tally[distinct]


def _table(distinct: Whole, copies: Whole, most: int, highest: int) -> tuple[Array, Whole, Whole]:
    """Return P[k, s], the probability that k draws sum to s; the last column is "more"."""
    width = max(highest, 0) + 2
    if (most + 1) * width > MAX_TABLE:
        raise UsageError(
            f"The exact tail must have sums of at most {MAX_TABLE // (most + 1):,} for {most:,} "
            f"neighbours; the largest here is {highest:,}: take a shorter distance or "
            'period, larger cells, or null="normal".'
        )
    table = np.zeros((most + 1, width))
    low, high = np.ones(most + 1, dtype=np.int64), np.zeros(most + 1, dtype=np.int64)
    _fill(distinct, copies, table, low, high)
    return table, low, high


@compiled
def _fill(distinct: Whole, copies: Whole, table: Array, low: Whole, high: Whole) -> None:
    """Let the distinct values join one after another; row k spans columns low[k]..high[k]."""
    most, last = table.shape[0] - 1, table.shape[1] - 1
    table[0, 0], low[0], high[0] = 1.0, 0, 0
    fresh, chance = np.zeros(last + 1), np.empty(most + 1)
    seen = 0
    for d in range(distinct.size):
        value, m = distinct[d], copies[d]
        # downwards, because row k takes from rows above it in the list that must be the old ones
        for k in range(min(most, seen + m), 0, -1):
            first, stop = max(0, k - seen), min(m, k)
            _hypergeometric_row(chance, first, stop, seen + m, m, k)
            start, end = last + 1, -1
            for j in range(first, stop + 1):
                a, b = low[k - j], high[k - j]
                if chance[j] < _NEGLIGIBLE or a > b:
                    continue
                shift = value * j
                _add_shifted(fresh, table[k - j], chance[j], a, b, shift, last)
                start, end = min(start, min(a + shift, last)), max(end, min(b + shift, last))
            _move(fresh, table[k], start, end, low, high, k)
        seen += m


@compiled
def _hypergeometric_row(chance: Array, first: int, stop: int, total: int, m: int, k: int) -> None:
    """Write P(j of k draws are among m of total) to chance[first..stop]: outwards from the mode."""
    mode = min(max((k + 1) * (m + 1) // (total + 2), first), stop)
    chance[mode] = math.exp(log_hypergeometric(mode, total, m, k))
    others = total - m - k
    for j in range(mode, stop):
        chance[j + 1] = chance[j] * ((m - j) * (k - j) / ((j + 1) * (others + j + 1)))
    for j in range(mode, first, -1):
        chance[j - 1] = chance[j] * (j * (others + j) / ((m - j + 1) * (k - j + 1)))


@compiled
def _add_shifted(
    fresh: Array, row: Array, chance: float, a: int, b: int, shift: int, last: int
) -> None:
    plain = min(b, last - 1 - shift)
    for s in range(a, plain + 1):
        fresh[s + shift] += chance * row[s]
    more = 0.0
    for s in range(max(plain + 1, a), b + 1):
        more += row[s]
    fresh[last] += chance * more


@compiled
def _move(fresh: Array, row: Array, start: int, end: int, low: Whole, high: Whole, k: int) -> None:
    """Move the new row into the table and empty it for the next one; trim what is negligible."""
    for s in range(low[k], high[k] + 1):
        row[s] = 0.0
    while start <= end and fresh[start] < _NEGLIGIBLE:
        fresh[start] = 0.0
        start += 1
    while end >= start and fresh[end] < _NEGLIGIBLE:
        fresh[end] = 0.0
        end -= 1
    for s in range(start, end + 1):
        row[s] = fresh[s]
        fresh[s] = 0.0
    low[k], high[k] = start, end


@compiled
def _accumulate(table: Array, below: Array, low: Whole, high: Whole) -> None:
    """Sum each row from both ends: P(S >= s) replaces it, P(S <= s) goes to ``below``."""
    for k in range(table.shape[0]):
        tail = 0.0
        for s in range(low[k], high[k] + 1):
            tail += table[k, s]
            below[k, s] = tail
        tail = 0.0
        for s in range(high[k], low[k] - 1, -1):
            tail += table[k, s]
            table[k, s] = tail


@compiled
def _look_up(
    above: Array,
    below: Array,
    low: Whole,
    high: Whole,
    at_least: Whole,
    at_most: Whole,
    sizes: Whole,
    upper: Array,
    lower: Array,
) -> None:
    for i in range(sizes.size):
        k, s, t = sizes[i], at_least[i], at_most[i]
        a, b = low[k], high[k]
        upper[i] = 1.0 if s <= a else (SMALLEST if s > b else above[k, s])
        lower[i] = 1.0 if t >= b else (SMALLEST if t < a else below[k, t])
        upper[i] = min(max(upper[i], SMALLEST), 1.0)
        lower[i] = min(max(lower[i], SMALLEST), 1.0)
