"""Significance: the exact distribution of a neighbourhood's sum, and false discovery control."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.errors import UsageError

Array = NDArray[np.float64]
#: Entries of the largest table of exact probabilities (8 bytes each).
MAX_TABLE = 100_000_000


def benjamini_hochberg(p_value: ArrayLike) -> Array:
    """Return p-values adjusted for the false discovery rate.

    A cell is declared at rate q when its adjusted value is at most q. NaN entries (masked cells)
    stay NaN and are not counted as tests; empty input gives an empty array.

    Parameters
    ----------
    p_value : array_like
        Raw p-values of any shape.

    References
    ----------
    Benjamini, Y. and Hochberg, Y. (1995), doi:10.1111/j.2517-6161.1995.tb02031.x. For spatial
    tests: Caldas de Castro, M. and Singer, B. H. (2006), doi:10.1111/j.0016-7363.2006.00682.x.
    """
    p = np.asarray(p_value, dtype=np.float64)
    out = np.full(p.shape, np.nan)
    tested = np.isfinite(p)
    values = p[tested]
    if values.size == 0:
        return out
    order = np.argsort(values)
    stepped = values[order] * values.size / np.arange(1, values.size + 1)
    adjusted = np.minimum.accumulate(stepped[::-1])[::-1]
    back = np.empty_like(adjusted)
    back[order] = np.minimum(adjusted, 1.0)
    out[tested] = back
    return out


def sum_tail(
    counts: ArrayLike, sums: ArrayLike, neighbours: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return P(S >= s) and P(S <= s) for sums of cells drawn from the observed counts.

    Under the randomisation null the counts are exchangeable: a neighbourhood of w cells holds
    the sum S of w draws without replacement from the n observed counts. The distribution is
    computed, not simulated: one dynamic programme over the distinct counts gives it for every w
    at once, and every step adds positive terms only, so even the far tail keeps its relative
    accuracy (down to the smallest float, about 1e-308).

    Parameters
    ----------
    counts : array_like of non-negative whole numbers, shape (n,)
        The observed counts of all cells.
    sums, neighbours : array_like, shape (m,)
        Each neighbourhood's sum, and its number of cells.

    Returns
    -------
    upper, lower : ndarray, shape (m,)
        One-sided p-values for hot and for cold.

    Raises
    ------
    UsageError
        If a count is negative or not a whole number: such values have no exact tail.

    References
    ----------
    The null is the randomisation of Ord, J. K. and Getis, A. (1995),
    doi:10.1111/j.1538-4632.1995.tb00912.x; the recursion splits the draws between one value and
    all others hypergeometrically.
    """
    values = _whole(counts)
    s = np.rint(np.asarray(sums, dtype=np.float64)).astype(np.int64)
    w = np.asarray(neighbours).astype(np.int64)
    if s.size == 0:
        return np.empty(0), np.empty(0)
    # counts that all share an offset or a factor have the same tail as those without it
    least = int(values.min())
    step = int(np.gcd.reduce(values - least)) or 1
    table = _sum_distribution((values - least) // step, int(w.max()))
    s = np.ceil((s - w * least) / step).astype(np.int64)
    upper = np.cumsum(table[:, ::-1], axis=1)[:, ::-1]
    lower = np.cumsum(table, axis=1)
    last = table.shape[1] - 1
    p_upper = np.where(s > last, 0.0, upper[w, np.clip(s, 0, last)])
    p_lower = lower[w, np.clip(s, 0, last)]
    return np.minimum(p_upper, 1.0), np.minimum(p_lower, 1.0)


def _whole(counts: ArrayLike) -> NDArray[np.int64]:
    values = np.asarray(counts, dtype=np.float64).ravel()
    if not (np.isfinite(values).all() and (values >= 0).all() and (values % 1 == 0).all()):
        raise UsageError(
            'null="randomization" needs counts that are whole numbers of at least 0; got others: '
            'take null="normal" for weights and rates.'
        )
    return values.astype(np.int64)


def _sum_distribution(values: NDArray[np.int64], most: int) -> Array:
    """Return P[k, s], the probability that k draws without replacement sum to s, k = 0..most."""
    distinct, copies = np.unique(values, return_counts=True)
    top = np.sort(values)[::-1][:most].sum()
    if (most + 1) * (top + 1) > MAX_TABLE:
        raise UsageError(
            f"The exact tail must have sums of at most {MAX_TABLE // (most + 1):,} for {most} "
            f"neighbours; the largest here is {top:,}: take smaller cells, a shorter period, or "
            'null="normal".'
        )
    log_factorial = np.concatenate(
        [[0.0], np.cumsum(np.log(np.arange(1, values.size + 1, dtype=np.longdouble)))]
    )
    table = np.zeros((most + 1, int(top) + 1))
    table[: min(most, int(copies[0])) + 1, 0] = 1.0
    table = _shift(table, int(distinct[0]))
    seen, reach = int(copies[0]), int(distinct[0]) * most
    for value, m in zip(distinct[1:].tolist(), copies[1:].tolist(), strict=True):
        reach = min(reach + value * min(most, m), int(top))
        table = _add_value(table, value, m, seen, reach, log_factorial)
        seen += m
    return table


def _shift(table: Array, value: int) -> Array:
    """Move row k to the sum k * value: the first value taken has no other choice."""
    if value == 0:
        return table
    out = np.zeros_like(table)
    for k in range(table.shape[0]):
        if table[k, 0] and k * value < table.shape[1]:
            out[k, k * value] = 1.0
    return out


def _add_value(
    table: Array, value: int, m: int, seen: int, reach: int, log_factorial: NDArray[np.longdouble]
) -> Array:
    """Let ``m`` copies of ``value`` join the ``seen`` cells: j of k draws come from them."""
    out = np.zeros_like(table)
    draws = np.arange(table.shape[0])
    for j in range(min(m, draws[-1]) + 1):
        chance = _hypergeometric(j, draws, m, seen, log_factorial)
        rows = draws[(draws >= j) & (chance > 0)]
        shift = value * j
        if rows.size == 0 or shift > reach:
            continue
        lo, hi = int(rows[0]), int(rows[-1]) + 1
        source = table[lo - j : hi - j, : reach + 1 - shift]
        out[lo:hi, shift : reach + 1] += chance[lo:hi, None] * source
    return out


def _hypergeometric(
    j: int, k: NDArray[np.int64], m: int, seen: int, log_factorial: NDArray[np.longdouble]
) -> Array:
    """Return P(j of the k draws are among the m new of m + seen cells), 0 where impossible."""
    ok = (k >= j) & (k - j <= seen) & (k <= m + seen)
    kk = np.where(ok, k, j)
    f = log_factorial
    log_p = (f[m] - f[j] - f[m - j]) + (f[seen] - f[kk - j] - f[seen - np.minimum(kk - j, seen)])
    total = m + seen
    log_p -= f[total] - f[kk] - f[total - np.minimum(kk, total)]
    return np.where(ok, np.exp(log_p), 0.0).astype(np.float64)
