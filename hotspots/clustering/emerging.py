"""Emerging hot spots: how each cell's place in a stack of periods has come about."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.checks import generator, one_of, stack_of_periods
from hotspots.clustering.getis_ord import GiStarResult, Null, chosen_tail, gi_star
from hotspots.clustering.kinds import Seed
from hotspots.clustering.numbers import floats
from hotspots.clustering.significance import benjamini_hochberg
from hotspots.clustering.trend import mann_kendall
from hotspots.errors import UsageError

Array = NDArray[np.float64]
Bool = NDArray[np.bool_]
TrendIn = Literal["z_score", "incident_share"]


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
        Gi* of each period; NaN outside the mask. On skewed counts its sign is not always the
        state's: a place far above the usual one is below a mean that one outlier has raised.
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
    trend_in: TrendIn = "incident_share",
    permutations: int = 999,
    seed: Seed = 0,
    expected: ArrayLike | None = None,
) -> EmergingResult:
    """Return the emerging-hot-spot class of every cell of a stack of periods.

    Each period is tested by itself (Gi* for hot and for cold, the smaller p doubled,
    Benjamini-Hochberg over its cells); a cell is on the side whose p is the smaller. Each cell is
    then tested for a trend (Mann-Kendall), and its sequence of hot, cold and neither is classified
    (see ``classify_periods``).

    A stack of one period has no history: what is hot in it is "new", and there is no trend. On
    incidents that were moved to map points a class is about the map points, not about the streets
    around them. Where incidents are few no cell can be cold: an empty neighbourhood is nothing
    unusual. Periods that overlap, or depend on each other in another way, make trends look more
    certain than they are.

    The trend is of the place's own share of the area's incidents. That of z says too much: the
    z-scores of all cells follow the area's total (where it doubles, the z of a place that keeps its
    share grows by about the root of 2, and that of every empty cell falls), so a rise of the whole
    area makes every lasting hot spot "intensifying". On 13 months of antisocial behaviour in two
    districts the trend of z is significant in 54 % of the cells, that of the share in 4.2 %; with
    the months in random order the trend of z is in about 4 %. ``trend_in="z_score"`` is for parity
    with other tools.

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
    trend_in : {"incident_share", "z_score"}
        What is tested for a trend: the neighbourhood's share of the period's incidents (0 in a
        period without any), or the z-scores, as other tools do it.
    permutations : int
        How many in each period, for ``null="permutation"``.
    seed : int or numpy.random.Generator
        For ``null="permutation"``. Each period has its own draws; results repeat bit for bit.
    expected : array_like, shape (rows, cols), optional
        The baseline of ``null="binomial"`` in every period, as in ``gi_star``.

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
    stack = floats("counts", counts)
    stack_of_periods("counts", stack.shape)
    _level("alpha", alpha)
    _level("trend_alpha", trend_alpha)
    one_of("trend_in", trend_in, ("incident_share", "z_score"))
    needed = _periods_needed(share, stack.shape[0])
    inside = None if mask is None else floats("mask", mask)
    seeds = generator(seed).integers(2**63, size=len(stack)).tolist()
    z_score, traced = np.empty(stack.shape), np.empty(stack.shape)
    state = np.zeros(stack.shape, dtype=np.int8)
    for period, grid in enumerate(stack):
        # one seed for both: hot and cold are then judged by the same permutations
        test = (grid, distance_m, cell_size_m, inside, null, expected, permutations, seeds[period])
        hot, cold = gi_star(*test, alternative="greater"), gi_star(*test, alternative="less")
        z_score[period] = hot.z_score
        own_z = trend_in == "z_score"
        traced[period] = hot.z_score if own_z else _incident_share(hot, grid)
        state[period] = _sides(hot.p_value, cold.p_value, alpha)
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
    states, trends = floats("state", state), floats("trend", trend)
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


def _sides(hot_p: Array, cold_p: Array, alpha: float) -> NDArray[np.int8]:
    """Return 1 where hot, -1 where cold, 0 where neither or NaN, from both one-sided p-values."""
    adjusted = benjamini_hochberg(chosen_tail(hot_p, cold_p, "two-sided"))
    side = np.where(hot_p <= cold_p, 1, -1)
    return np.where(adjusted <= alpha, side, 0).astype(np.int8)


def _incident_share(found: GiStarResult, grid: NDArray[np.generic]) -> Array:
    """Return each neighbourhood's share of the period's incidents, NaN outside the mask.

    Over the exact total, so that equal shares of different totals are equal to the last bit.
    """
    total = float(grid[np.isfinite(found.local_sum)].sum())
    return found.local_sum / (total if total > 0 else 1.0)


def _periods_needed(share: float, periods: int) -> int:
    if not (isinstance(share, Real) and 0.5 < share <= 1):
        raise UsageError(f"share must be above 0.5 and at most 1; got {share!r}.")
    return math.ceil(share * periods - 1e-9)  # 0.9 x 10 periods is 9, whatever the last bit


def _level(name: str, value: float) -> None:
    if not (isinstance(value, Real) and 0 < value < 1):
        raise UsageError(f"{name} must be between 0 and 1; got {value!r}.")
