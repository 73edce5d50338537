"""Emerging hot spots: how each cell's place in a stack of periods has come about."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.getis_ord import GiStarResult, Null, gi_star
from hotspots.errors import UsageError

Array = NDArray[np.float64]
Bool = NDArray[np.bool_]
TrendIn = Literal["z_score", "incident_share"]
#: Up to this many periods the trend's p-value is exact. Beyond, the normal one is within 0.004 of
#: it where no values are tied (within 0.001 below p = 0.1).
EXACT_PERIODS = 30


class _Rule(NamedTuple):
    """One row of the truth table; None is "either". "On" is hot, or cold in the mirror."""

    name: str
    last: bool  # on in the final period
    mostly: bool | None  # on in at least the given share of all periods
    only_last: bool | None  # on in the final period and never before
    one_run: bool | None  # two periods or more at the end, all of one run, and never before it
    opposite: bool | None  # in some period the opposite (cold for hot)
    trend: int | None  # 1 more strongly on, -1 less, 0 no trend


#: The classes. No two rows can hold at once, so their order means nothing but the code's number.
_RULES = (
    _Rule("new", True, None, True, None, None, None),
    _Rule("consecutive", True, False, False, True, None, None),
    _Rule("intensifying", True, True, False, None, None, 1),
    _Rule("persistent", True, True, False, None, None, 0),
    _Rule("diminishing", True, True, False, None, None, -1),
    _Rule("sporadic", True, False, False, False, False, None),
    _Rule("oscillating", True, False, False, False, True, None),
    _Rule("historical", False, True, None, None, None, None),
)
#: Code of each class: 0 none, 1 to 8 hot, -1 to -8 the same classes of cold.
CATEGORIES: dict[int, str] = {
    0: "none",
    **{code: f"{rule.name} hot" for code, rule in enumerate(_RULES, 1)},
    **{-code: f"{rule.name} cold" for code, rule in enumerate(_RULES, 1)},
}


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


@dataclass(frozen=True, eq=False)
class EmergingResult:
    """The class of every cell and what it rests on; (rows, cols) unless said otherwise.

    Attributes
    ----------
    category : ndarray of int8
        A code of ``CATEGORIES``; 0 for none, and outside the mask.
    trend_z, trend_p : ndarray
        Mann-Kendall of the cell over the periods, two-sided; NaN outside the mask.
    periods_hot, periods_cold : ndarray of int64
        In how many periods the cell was hot, or cold; 0 outside the mask.
    state : ndarray of int8, shape (periods, rows, cols)
        1 hot, -1 cold, 0 neither (and outside the mask).
    z_score : ndarray, shape (periods, rows, cols)
        Gi* of each period; NaN outside the mask.
    """

    category: NDArray[np.int8]
    trend_z: Array
    trend_p: Array
    periods_hot: NDArray[np.int64]
    periods_cold: NDArray[np.int64]
    state: NDArray[np.int8]
    z_score: Array

    @property
    def names(self) -> NDArray[np.str_]:
        """Each cell's class in words, such as "new hot" or "none", shape (rows, cols)."""
        words = np.array([CATEGORIES[code] for code in range(-len(_RULES), len(_RULES) + 1)])
        named: NDArray[np.str_] = words[self.category.astype(np.int64) + len(_RULES)]
        return named


def emerging_hot_spots(
    counts: ArrayLike,
    distance_m: float,
    cell_size_m: float,
    mask: ArrayLike | None = None,
    null: Null = "randomization",
    alpha: float = 0.05,
    trend_alpha: float = 0.05,
    share: float = 0.9,
    trend_in: TrendIn = "z_score",
) -> EmergingResult:
    """Return the emerging-hot-spot class of every cell of a stack of periods.

    Each period is tested by itself (Gi*, two-sided, Benjamini-Hochberg over its cells); hot and
    cold are told apart by the sign of z. Each cell is then tested for a trend (Mann-Kendall), and
    its sequence of hot, cold and neither is classified (see ``classify_periods``).

    A stack of one period has no history: what is hot in it is "new", and there is no trend. On
    incidents that were moved to map points a class is about the map points, not about the streets
    around them. Where incidents are few no cell can be cold: an empty neighbourhood is nothing
    unusual. Periods that overlap, or depend on each other in another way, make trends look more
    certain than they are.

    The z-scores of all cells follow the area's total: where the total doubles, the z of a place
    that keeps its share grows by about the root of 2, and the z of every empty cell falls. A rise
    of the whole area can so make every lasting hot spot "intensifying". ``trend_in=
    "incident_share"`` asks whether the place's own part of the area's incidents rises.

    Parameters
    ----------
    counts : array_like, shape (periods, rows, cols)
        Incidents per cell, oldest period first, all periods of one length. A period without
        incidents is neither hot nor cold anywhere. NaN is allowed only outside the mask.
    distance_m, cell_size_m : float
        The distance band and the cell's side, metres.
    mask : array_like of bool, shape (rows, cols), optional
        The cells of the study area; all by default.
    null : str
        As in ``gi_star``.
    alpha : float
        A cell is hot or cold in a period when its adjusted p is at most this.
    trend_alpha : float
        A trend is one when its two-sided p is at most this. It is not adjusted: it only names
        cells that are hot in nearly every period anyway.
    share : float
        "Nearly every period", above 0.5 and at most 1.
    trend_in : {"z_score", "incident_share"}
        What is tested for a trend: the z-scores, as other tools do it, or the neighbourhood's
        share of the period's incidents (0 in a period without any).

    Raises
    ------
    UsageError
        If there is no period, shapes differ, a parameter is unknown or out of range, or as in
        ``gi_star``.

    References
    ----------
    The classes follow Esri's Emerging Hot Spot Analysis, without its neighbours in time. Ord, J.
    K. and Getis, A. (1995), doi:10.1111/j.1538-4632.1995.tb00912.x. Mann, H. B. (1945),
    doi:10.2307/1907187.
    """
    stack = np.asarray(counts, dtype=np.float64)
    if stack.ndim != 3 or stack.shape[0] == 0:
        raise UsageError(
            "counts must be a stack (periods, rows, cols) of at least one period; got shape "
            f"{stack.shape}: stack the periods' grids, oldest first."
        )
    _level("alpha", alpha)
    _level("trend_alpha", trend_alpha)
    if trend_in not in ("z_score", "incident_share"):
        raise UsageError(f"trend_in must be z_score or incident_share; got {trend_in!r}.")
    needed = _periods_needed(share, stack.shape[0])
    z_score, traced = np.empty(stack.shape), np.empty(stack.shape)
    state = np.zeros(stack.shape, dtype=np.int8)
    for period, grid in enumerate(stack):
        found = gi_star(grid, distance_m, cell_size_m, mask, null, alternative="two-sided")
        z_score[period] = found.z_score
        own_z = trend_in == "z_score"
        traced[period] = found.z_score if own_z else _incident_share(found, grid)
        significant = found.p_adjusted <= alpha  # NaN outside the mask: never
        state[period, significant] = np.sign(found.z_score[significant])
    trend = mann_kendall(traced)
    direction = np.where(trend.p_value <= trend_alpha, np.sign(trend.s), 0.0)
    return EmergingResult(
        category=_classes(state, direction.astype(np.int8), needed),
        trend_z=trend.z_score,
        trend_p=trend.p_value,
        periods_hot=(state > 0).sum(axis=0),
        periods_cold=(state < 0).sum(axis=0),
        state=state,
        z_score=z_score,
    )


def classify_periods(state: ArrayLike, trend: ArrayLike, share: float = 0.9) -> NDArray[np.int8]:
    """Return the class of each sequence of hot, cold and neither, as a code of ``CATEGORIES``.

    Hot in the final period: "new" (never before), "consecutive" (one run of two or more, never
    before it), "intensifying", "persistent", "diminishing" (in nearly every period, with a trend
    up, none, down), "sporadic" (on and off, never cold), "oscillating" (on and off, once cold).
    Not hot in the final period but in nearly every one: "historical". Cold is the mirror, with
    the trend turned round. Where a hot and a cold class both hold (hot for nine periods, cold in
    the tenth) the final period decides: it is the present that is acted on. "New" and
    "consecutive" do not ask whether the place was ever cold.

    Parameters
    ----------
    state : array_like of int, shape (periods, ...)
        1 hot, -1 cold, 0 neither; oldest period first.
    trend : array_like of int, shape (...)
        1 the cell grows hotter, -1 colder, 0 no significant trend.
    share : float
        "Nearly every period", above 0.5 and at most 1.

    Returns
    -------
    ndarray of int8, shape (...)

    Raises
    ------
    UsageError
        If there is no period, shapes differ, another number is given, or the share is out of
        range.
    """
    states, trends = np.asarray(state), np.asarray(trend)
    if states.ndim == 0 or states.shape[0] == 0 or states.shape[1:] != trends.shape:
        raise UsageError(
            "state must have the shape (periods, ...) with at least one period, and trend the "
            f"same without the periods; got {states.shape} and {trends.shape}."
        )
    if not (np.isin(states, (-1, 0, 1)).all() and np.isin(trends, (-1, 0, 1)).all()):
        raise UsageError("state and trend must be -1, 0 or 1; got another number.")
    needed = _periods_needed(share, states.shape[0])
    return _classes(states.astype(np.int8), trends.astype(np.int8), needed)


def _classes(state: NDArray[np.int8], trend: NDArray[np.int8], needed: int) -> NDArray[np.int8]:
    hot = _one_side(state > 0, state < 0, trend, needed)
    cold = _one_side(state < 0, state > 0, -trend, needed)
    return np.where((state[-1] < 0) | (hot == 0), -cold, hot).astype(np.int8)


def _one_side(on: Bool, opposite: Bool, trend: NDArray[np.int8], needed: int) -> NDArray[np.int8]:
    """Return the number of the rule that holds for each sequence, 0 where none does."""
    total = on.sum(axis=0)
    final_run = np.logical_and.accumulate(on[::-1], axis=0).sum(axis=0)
    facts = {
        "last": on[-1],
        "mostly": total >= needed,
        "only_last": on[-1] & (total == 1),
        "one_run": (final_run >= 2) & (final_run == total),
        "opposite": opposite.any(axis=0),
        "trend": trend,
    }
    code = np.zeros(trend.shape, dtype=np.int8)
    for number, rule in enumerate(_RULES, 1):
        holds = np.ones(trend.shape, dtype=bool)
        for name, fact in facts.items():
            wanted = getattr(rule, name)
            if wanted is not None:
                holds &= fact == wanted
        code[holds] = number
    return code


def _incident_share(found: GiStarResult, grid: NDArray[np.generic]) -> Array:
    """Return each neighbourhood's share of the period's incidents, NaN outside the mask.

    Over the exact total, so that equal shares of different totals are equal to the last bit.
    """
    total = float(grid[np.isfinite(found.local_sum)].sum())
    return found.local_sum / (total if total > 0 else 1.0)


def _periods_needed(share: float, periods: int) -> int:
    if not 0.5 < share <= 1:
        raise UsageError(f"share must be above 0.5 and at most 1; got {share!r}.")
    return math.ceil(share * periods - 1e-9)  # 0.9 x 10 periods is 9, whatever the last bit


def _level(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise UsageError(f"{name} must be between 0 and 1; got {value!r}.")


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
    x = np.asarray(values, dtype=np.float64)
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
