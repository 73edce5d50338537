"""Conditional permutation: how often chance gives a neighbourhood as much as was observed.

One site's own value is held; its neighbours' values are replaced by others, drawn without
replacement from all other sites. All sites share one table of draws, as in PySAL.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.checks import generator, one_of
from hotspots.clustering.kinds import ALTERNATIVES, Alternative, Seed
from hotspots.errors import UsageError
from hotspots.jit import compiled, in_parts

Array = NDArray[np.float64]
Ids = NDArray[np.int32]
Ranks = NDArray[np.int64]

#: Entries of the largest table of draws (4 bytes each).
MAX_DRAWS = 100_000_000
#: Sums of this relative distance are equal: they differ by the order of the addition alone.
TIE = 1e-12
#: Whole numbers below this add up without rounding.
EXACT = 2.0**53
#: Sums above this are refused, well before they overflow.
HUGE = 1e300
#: Sites that one thread takes at a time.
_PART = 2_048
#: Sums that a thread holds at a time (2 MB), so that they stay in its cache.
_HELD = 262_144


def draw_ids(n: int, most: int, permutations: int, seed: Seed) -> Ids:
    """Return ``most`` distinct numbers of 0..n-2 for each permutation, in random order.

    The first k of a row are a draw of k without replacement, for every k up to ``most``, so one
    table serves neighbourhoods of all sizes.

    Parameters
    ----------
    n : int
        How many sites there are; a draw is made among the n - 1 others.
    most : int
        The largest neighbourhood, the site itself left out; at most n - 1.
    permutations : int
        How many draws, at least 0.
    seed : int or numpy.random.Generator
        The same seed gives the same table.

    Returns
    -------
    ndarray of int32, shape (permutations, most)

    Raises
    ------
    UsageError
        If ``most`` is not within 0..n-1 (0 where n is 0), ``permutations`` is below 0, or the
        table would exceed ``MAX_DRAWS`` entries.
    """
    others = max(n - 1, 0)
    if not 0 <= most <= others:
        raise UsageError(
            f"A neighbourhood must have 0 to {others} of the other sites; got {most}: a site is "
            "not its own neighbour, and no neighbour counts twice."
        )
    if permutations < 0:
        raise UsageError(f"permutations must be at least 0; got {permutations}: take 999.")
    if permutations * most > MAX_DRAWS:
        raise UsageError(
            f"Permutations times neighbours must be at most {MAX_DRAWS:,}; got {permutations:,} "
            f"times {most:,}: take fewer permutations or a shorter distance."
        )
    steps = others - np.arange(most, dtype=np.int64)
    picks = generator(seed).integers(0, steps, size=(permutations, most))
    return _shuffled(picks, others)


@compiled
def _shuffled(picks: NDArray[np.int64], others: int) -> Ids:
    """Fisher and Yates' shuffle, stopped after as many steps as a row has entries.

    The deck is not put back in order between rows: the picks alone decide, so a row is uniform
    whatever order it starts from.
    """
    deck = np.arange(others).astype(np.int32)
    out = np.empty(picks.shape, dtype=np.int32)
    for row in range(picks.shape[0]):
        for at in range(picks.shape[1]):
            other = at + picks[row, at]
            drawn = deck[other]
            deck[other] = deck[at]
            deck[at] = drawn
            out[row, at] = drawn
    return out


def permuted_ranks(
    values: ArrayLike, sizes: ArrayLike, observed: ArrayLike, ids: Ids
) -> tuple[Ranks, Ranks]:
    """Return how many permutations give each site at least, and at most, its observed sum.

    For site i, permutation p gives the sum of the values at the first ``sizes[i]`` numbers of
    ``ids[p]``; a number r stands for site r where r < i and for site r + 1 otherwise, so a site is
    never its own neighbour.

    Parameters
    ----------
    values : array_like, shape (n,)
        Finite.
    sizes : array_like of int, shape (n,)
        Neighbours of each site, without the site itself. With 0 every sum is 0.
    observed : array_like, shape (n,)
        The sum of the values of each site's neighbours, without its own.
    ids : ndarray of int32, shape (permutations, most)
        From :func:`draw_ids` with the same n, and ``most`` at least the largest size.

    Returns
    -------
    larger, smaller : ndarray of int64, shape (n,)
        Permutations whose sum is >= and <= the observed one; a tie counts in both. Whole numbers
        whose absolute values add up to less than 2**53 are compared exactly. Others are equal
        within ``TIE`` of the observed sum, or of ``sizes[i]`` times the mean absolute value where
        that is more, as the order of an addition changes its last digits. Empty input gives empty
        arrays. The result is the same for any number of threads.

    Raises
    ------
    UsageError
        If lengths differ, a value is not finite or too large to be added, or sizes or ids are not
        as above.
    """
    x = np.ascontiguousarray(values, dtype=np.float64)
    size = np.ascontiguousarray(sizes, dtype=np.int64)
    sums = np.asarray(observed, dtype=np.float64)
    table = np.ascontiguousarray(ids, dtype=np.int32)
    _check(x, size, sums, table)
    larger, smaller = np.zeros(x.size, dtype=np.int64), np.zeros(x.size, dtype=np.int64)
    if table.shape[0] == 0 or x.size == 0:
        return larger, smaller
    slack = _slack(x, size, sums)
    low, high = sums - slack, sums + slack
    in_parts(lambda a, b: _rank(x, size, low, high, table, a, b, larger, smaller), x.size, _PART)
    return larger, smaller


def pseudo_p(
    larger: ArrayLike,
    smaller: ArrayLike,
    permutations: int,
    alternative: Alternative = "greater",
) -> Array:
    """Return p-values from ranks among permutations.

    "greater" is (larger + 1) / (permutations + 1): the observed map counts as one of the
    permutations, so p is never below 1 / (permutations + 1) and the test keeps its level. "less"
    takes ``smaller``; "two-sided" is twice the smaller of the two, at most 1.

    PySAL's ``p_sim`` (until esda's ``alternative`` is set otherwise) is one-sided towards the side
    on which the observed value lies: (min(larger, permutations - larger) + 1) / (permutations +
    1). It equals "greater" for a site above most permutations; without ties it equals "less" for
    one below.

    Parameters
    ----------
    larger, smaller : array_like of int, any one shape
        From :func:`permuted_ranks`.
    permutations : int
        At least 1.
    alternative : {"greater", "less", "two-sided"}
        The side that counts as unusual.

    Raises
    ------
    UsageError
        If ``alternative`` is another word, or there is no permutation.

    References
    ----------
    Phipson, B. and Smyth, G. K. (2010), Permutation p-values should never be zero,
    doi:10.2202/1544-6115.1585.
    """
    if permutations < 1:
        raise UsageError(
            f"permutations must be at least 1 for a p-value; got {permutations}: take 999."
        )
    one_of("alternative", alternative, ALTERNATIVES)
    greater: Array = (np.asarray(larger, dtype=np.float64) + 1) / (permutations + 1)
    less: Array = (np.asarray(smaller, dtype=np.float64) + 1) / (permutations + 1)
    if alternative == "greater":
        return greater
    if alternative == "less":
        return less
    both: Array = np.minimum(2 * np.minimum(greater, less), 1.0)
    return both


def _check(x: Array, size: Ranks, sums: Array, ids: Ids) -> None:
    if x.ndim != 1 or size.shape != x.shape or sums.shape != x.shape:
        raise UsageError(
            "values, sizes and observed must be of one length; got shapes "
            f"{x.shape}, {size.shape} and {sums.shape}."
        )
    if ids.ndim != 2:
        raise UsageError(f"ids must be a table (permutations, most); got shape {ids.shape}.")
    # n times the largest value must be a number, so that no sum of any draw overflows
    if not (_within(x, HUGE / max(x.size, 1)) and _within(sums, HUGE)):
        raise UsageError(
            "Values and sums must be finite and small enough to be added; got NaN, infinity or "
            "numbers near 1e300: leave such sites out first."
        )
    if size.size and not (size.min() >= 0 and size.max() <= ids.shape[1]):
        raise UsageError(
            f"Sizes must lie within 0..{ids.shape[1]}, the draws of a permutation; got "
            f"{size.min()}..{size.max()}: draw more ids."
        )
    if ids.size and x.size and not (ids.min() >= 0 and ids.max() < x.size - 1):
        raise UsageError(
            f"ids must lie within 0..{x.size - 2} for {x.size} sites; got "
            f"{ids.min()}..{ids.max()}: draw them with the same n."
        )


def _within(x: Array, limit: float) -> bool:
    """Whether all are numbers of at most this size; NaN is not."""
    return bool((np.abs(x) <= limit).all())


def _slack(x: Array, size: Ranks, sums: Array) -> Array:
    """Return by how much two sums of a site may differ and still be equal."""
    total = float(np.abs(x).sum())
    if total < EXACT and bool((x % 1 == 0).all() and (sums % 1 == 0).all()):
        return np.zeros(x.size)
    slack: Array = TIE * np.maximum(np.abs(sums), size * (total / x.size))
    return slack


@compiled
def _rank(
    values: Array,
    sizes: Ranks,
    low: Array,
    high: Array,
    ids: Ids,
    start: int,
    stop: int,
    larger: Ranks,
    smaller: Ranks,
) -> None:
    """Count for the sites start..stop.

    From one site to the next only the draws that name the last one change: they stood for its
    successor and now stand for itself. So the sums are kept, and a site costs two comparisons a
    permutation, however many neighbours it has. A changed sum is added up anew in the same order,
    so it is the one that a direct sum gives, to the last digit.
    """
    most = 0
    for i in range(start, stop):
        most = max(most, sizes[i])
    block = max(_HELD // (most + 1), 16)
    for first in range(0, ids.shape[0], block):
        some = ids[first : first + block, :most]
        sums = np.zeros((most + 1, some.shape[0]))
        for p in range(some.shape[0]):
            _add_up(sums, values, some, p, 0, start)
        heads, chain = _where(some, start, stop)
        for i in range(start, stop):
            if i > start:
                _follow(sums, values, some, heads[i - 1 - start], chain, i)
            _count(sums[sizes[i]], low[i], high[i], i, larger, smaller)


@compiled
def _add_up(sums: Array, values: Array, ids: Ids, p: int, begin: int, site: int) -> None:
    """Sum permutation p's draws from the ``begin``-th on, as seen from ``site``."""
    total = sums[begin, p]
    for k in range(begin, ids.shape[1]):
        r = ids[p, k]
        total += values[r if r < site else r + 1]
        sums[k + 1, p] = total


@compiled
def _where(ids: Ids, start: int, stop: int) -> tuple[Ranks, Ranks]:
    """Chain the places in the table that name each site of start..stop."""
    heads = np.full(stop - start, -1, dtype=np.int64)
    chain = np.empty(ids.shape[0] * ids.shape[1], dtype=np.int64)
    for p in range(ids.shape[0]):
        for k in range(ids.shape[1]):
            r = ids[p, k]
            if start <= r < stop:
                place = p * ids.shape[1] + k
                chain[place] = heads[r - start]
                heads[r - start] = place
    return heads, chain


@compiled
def _follow(sums: Array, values: Array, ids: Ids, place: int, chain: Ranks, site: int) -> None:
    while place >= 0:
        _add_up(sums, values, ids, place // ids.shape[1], place % ids.shape[1], site)
        place = chain[place]


@compiled
def _count(sums: Array, low: float, high: float, site: int, larger: Ranks, smaller: Ranks) -> None:
    above, below = 0, 0
    for p in range(sums.size):
        above += sums[p] >= low
        below += sums[p] <= high
    larger[site] += above
    smaller[site] += below
