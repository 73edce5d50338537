"""Worse (or better) than usual: an exact test of a place's period against its own history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.checks import one_of, positive, whole
from hotspots.clustering.discrete import hypergeometric_tail
from hotspots.clustering.getis_ord import chosen_tail
from hotspots.clustering.kinds import ALTERNATIVES, Alternative
from hotspots.clustering.lattice import Lattice
from hotspots.clustering.numbers import floats
from hotspots.clustering.significance import adjust
from hotspots.clustering.tails import whole_counts
from hotspots.clustering.weights import Band
from hotspots.errors import UsageError

Array = NDArray[np.float64]
Rule = Literal["last", "season"]


@dataclass(frozen=True, eq=False)
class ChangeResult:
    """The change test of every cell; arrays of the counts' shape, NaN outside the mask.

    Attributes
    ----------
    p_value : ndarray
        One-sided, for "more than usual" unless ``alternative`` says otherwise; never 0.
    p_adjusted : ndarray
        Benjamini-Hochberg over the masked cells, unless ``adjustment`` says otherwise.
    expected : ndarray
        Mean of the test's distribution, K_i N / T: what the neighbourhood would hold now if
        nothing had changed, as judged from history and now together.
    usual : ndarray
        Incidents the neighbourhood would hold now at its share of the history alone; NaN where
        there is no history.
    local_sum : ndarray
        Incidents it holds now.
    neighbours : ndarray
        Cells in the neighbourhood, the cell itself included.
    """

    p_value: Array
    p_adjusted: Array
    expected: Array
    usual: Array
    local_sum: Array
    neighbours: Array


def change_test(
    counts_now: ArrayLike,
    counts_history: ArrayLike,
    distance_m: float,
    cell_size_m: float,
    mask: ArrayLike | None = None,
    *,
    alternative: Alternative = "greater",
    adjustment: str = "benjamini-hochberg",
    band: Band = "disc",
) -> ChangeResult:
    """Test whether each neighbourhood holds more of this period's incidents than is usual there.

    Exact and conditional: of the T incidents of the area over history and now, N fall now; of
    the K_i incidents of a neighbourhood over the same span, the number that fall now is
    Hypergeometric(T, K_i, N) when nothing has changed. A rise of the whole area (a season, a
    better recording) is therefore not a change of any place.

    Parameters
    ----------
    counts_now : array_like of whole numbers, shape (rows, cols)
        Incidents per cell in the period.
    counts_history : array_like of whole numbers, shape (periods, rows, cols) or (rows, cols)
        The periods before, without the present one, or their sum; ``history_periods`` chooses
        the same season of earlier years. All zero, or no period, gives p = 1.
    distance_m, cell_size_m : float
        The distance band and the cell's side, metres.
    mask : array_like of bool, shape (rows, cols), optional
        The cells of the study area; all by default.
    alternative : {"greater", "less", "two-sided"}
        Worse than usual, better than usual, or either.
    adjustment : {"benjamini-hochberg", "bonferroni"}
        How ``p_adjusted`` allows for the number of cells.
    band : {"disc", "square"}
        Shape of the neighbourhood.

    Raises
    ------
    UsageError
        If shapes differ, the mask is empty, a parameter is unknown, or a count is negative or
        not a whole number.

    References
    ----------
    The conditional (Fisher) test of a two-by-two table: Fisher, R. A. (1935),
    doi:10.2307/2342435; for space-time counts compare Kulldorff, M. et al. (2005),
    doi:10.1371/journal.pmed.0020059 (permutation model).
    """
    one_of("alternative", alternative, ALTERNATIVES)
    history = floats("counts_history", counts_history)
    if history.ndim == 3:
        history = _sum_of_periods(history, mask)
    if np.shape(counts_now) != history.shape:
        raise UsageError(
            "counts_now and counts_history must have one shape (rows, cols); got "
            f"{np.shape(counts_now)} and {history.shape}."
        )
    now = Lattice.of(counts_now, distance_m, cell_size_m, mask, band)
    before = Lattice.of(history, distance_m, cell_size_m, mask, band)
    present = int(whole_counts(now.values).sum())
    earlier = int(whole_counts(before.values).sum())
    span = now.local_sum + before.local_sum
    if earlier > 0:
        upper, lower = hypergeometric_tail(now.local_sum, present + earlier, span, present)
        expected = span * (present / (present + earlier))
        usual = before.local_sum * (present / earlier)
    else:
        upper = lower = np.ones(span.shape)
        expected, usual = now.local_sum, np.full(span.shape, np.nan)
    p = chosen_tail(upper, lower, alternative)
    return ChangeResult(
        p_value=now.spread(p),
        p_adjusted=now.spread(adjust(p, adjustment)),
        expected=now.spread(expected),
        usual=now.spread(usual),
        local_sum=now.spread(now.local_sum),
        neighbours=now.spread(now.neighbours),
    )


def _sum_of_periods(history: Array, mask: ArrayLike | None) -> Array:
    """Return the periods' sum; each has to hold counts, for a sum can hide what is not one."""
    if mask is not None and history.shape[1:] == np.shape(mask):
        history = np.where(np.asarray(mask, dtype=bool), history, 0.0)
    whole_counts(history)
    total: Array = history.sum(axis=0)
    return total


def history_periods(
    available: int,
    rule: Rule = "last",
    last: int = 12,
    season: float = 12.0,
    around: int = 1,
) -> NDArray[np.int64]:
    """Return which earlier periods are the history of the present one, as steps back (1 = latest).

    Parameters
    ----------
    available : int
        How many earlier periods there are.
    rule : {"last", "season"}
        "last": the ``last`` latest. "season": the same time of year in every earlier year, and
        ``around`` periods either side of it, so that a summer is compared with summers.
    last : int
        Periods of the rule "last".
    season : float
        Periods in a year, for "season": 12 months, 52.1775 weeks.
    around : int
        Periods either side of the same time of year, at least 0.

    Returns
    -------
    ndarray of int, rising
        Empty where there is no such period yet.

    Raises
    ------
    UsageError
        If the rule is unknown or a number is out of range.
    """
    one_of("rule", rule, ("last", "season"))
    available, last = whole("available", available, 0), whole("last", last, 1)
    around, season = whole("around", around, 0), positive("season", season)
    if season < 1:
        raise UsageError(f"season must be at least 1; got {season!r}.")
    if rule == "last":
        return np.arange(1, min(last, available) + 1)
    years = np.arange(1, int((available + around) / season) + 2)
    middle = np.rint(years * season).astype(np.int64)
    steps = np.unique(middle[:, None] + np.arange(-around, around + 1))
    return steps[(steps >= 1) & (steps <= available)]
