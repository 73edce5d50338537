"""Counts of two periods or two categories, and exact tests of whether they differ.

A change is claimed only where both sides are known whole: a period with incidents missing from
the files shows no fall. The counts of many wards are tested together.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.clustering import benjamini_hochberg
from hotspots.clustering.two_counts import two_counts
from hotspots.errors import ResultError
from hotspots.model import Incidents, Period, Wards
from hotspots.selection import (
    Extent,
    check_period,
    extent_of,
    of_category,
    slack_days,
    within,
)
from hotspots.taxonomy import Category

#: From this (adjusted) p-value on down a change is said to be one.
CLEAR = 0.05
#: Steps of "fewer than 1 in ... by chance": no finer claim is made.
_STEPS = (10_000, 1_000, 100, 20)
#: Below this count a percentage would make much of little.
_FEW = 10

#: Whether a count may be compared: all of it is known, a part of it is, or nothing.
State = Literal["known", "part", "missing"]


@dataclass(frozen=True, eq=False)
class Counts:
    """The incidents of one period and category among some wards.

    Attributes
    ----------
    by_ward : ndarray of int, shape (wards,)
        In the order of ``Wards.frame``; all 0 where nothing is known.
    state : {"known", "part", "missing"}
        "part": a month of the period misses incidents, or the period is not over.
    """

    period: Period
    by_ward: NDArray[np.int64]
    state: State

    @property
    def total(self) -> int | None:
        """Incidents in all the wards, None where nothing is known."""
        return None if self.state == "missing" else int(self.by_ward.sum())


@dataclass(frozen=True, slots=True)
class Change:
    """Two counts and the exact test of whether they differ.

    Attributes
    ----------
    first, second : int or None
        None is not known.
    ratio : float
        The second a day over the first a day (or, of two categories, against the area's); NaN
        where not tested or both are 0, infinite where only the first is.
    p_value : float
        Two-sided; NaN where not tested.
    p_adjusted : float
        Benjamini-Hochberg, over all that were tested together.
    a_day : bool
        Whether the two were counted over different numbers of days.
    """

    first: int | None
    second: int | None
    ratio: float
    p_value: float
    p_adjusted: float
    a_day: bool = False

    @property
    def tested(self) -> bool:
        """Whether the two may be compared at all."""
        return not math.isnan(self.p_value)

    @property
    def clear(self) -> bool:
        """Whether the two differ by more than chance would make."""
        return self.p_adjusted <= CLEAR


# -- counting -------------------------------------------------------------------------------------


def count_in_wards(
    incidents: Incidents,
    wards: Wards,
    period: Period,
    category: Category,
    faulty: Collection[tuple[int, int]] = (),
) -> Counts:
    """Return the incidents of a period and category in each ward, and whether that is all.

    Parameters
    ----------
    incidents : Incidents
        Of any categories, in the wards' CRS.
    faulty : collection of (year, month)
        Months known to miss incidents of the category.
    """
    frame = incidents.frame[of_category(incidents.frame, category)]
    state = _state(incidents, frame, wards, period, category, faulty)
    if state == "missing":
        return Counts(period, np.zeros(len(wards), dtype=np.int64), state)
    ward = _ward_of(frame, period, wards)
    by_ward = np.bincount(ward[ward >= 0], minlength=len(wards)).astype(np.int64)
    return Counts(period, by_ward, state)


def state_in_wards(
    incidents: Incidents,
    wards: Wards,
    period: Period,
    category: Category,
    faulty: Collection[tuple[int, int]] = (),
) -> State:
    """Return whether the counts of ``count_in_wards`` are all there is, without counting."""
    frame = incidents.frame[of_category(incidents.frame, category)]
    return _state(incidents, frame, wards, period, category, faulty)


def _state(
    incidents: Incidents,
    frame: pd.DataFrame,
    wards: Wards,
    period: Period,
    category: Category,
    faulty: Collection[tuple[int, int]],
) -> State:
    try:
        extent = extent_of(incidents, frame, category)
    except ResultError:
        return "missing"
    return state_in(frame, extent, period, faulty, wards)


def state_in(
    frame: pd.DataFrame,
    extent: Extent,
    period: Period,
    faulty: Collection[tuple[int, int]] = (),
    wards: Wards | None = None,
) -> State:
    """Return whether all of a period is known, a part of it, or nothing.

    Parameters
    ----------
    frame : pandas.DataFrame
        The incidents that ``extent`` is of.
    faulty : collection of (year, month)
        Months known to miss incidents: a period with one is a part where it has any incident, and
        missing where it has none.
    wards : Wards, optional
        Where that incident must lie; anywhere if None.
    """
    try:
        check_period(period, extent)
    except ResultError:
        return "missing"
    if period.months.isdisjoint(faulty):
        return "known" if _is_whole(period, extent) else "part"
    if wards is None:
        return "part" if within(frame, period).any() else "missing"
    return "part" if (_ward_of(frame, period, wards) >= 0).any() else "missing"


def _ward_of(frame: pd.DataFrame, period: Period, wards: Wards) -> NDArray[np.intp]:
    """Return the position of the ward of each incident of a period, -1 outside of all."""
    xy = frame.loc[within(frame, period), ["x", "y"]]
    return wards.assign(xy.to_numpy(dtype=np.float64))


def _is_whole(period: Period, extent: Extent) -> bool:
    slack = pd.Timedelta(days=slack_days(period))
    begun = pd.Timestamp(period.start) + slack >= extent.first
    over = pd.Timestamp(period.end) - slack <= extent.last
    return bool(begun and over and period.months <= extent.months)


# -- testing --------------------------------------------------------------------------------------


def total_change(first: Counts, second: Counts) -> Change:
    """Return how the whole area's count changed from one period to another."""
    return changes(
        np.array([first.by_ward.sum()]), np.array([second.by_ward.sum()]), first, second
    )[0]


def ward_changes(first: Counts, second: Counts) -> tuple[Change, ...]:
    """Return how each ward's count changed, tested together; in the wards' order."""
    return changes(first.by_ward, second.by_ward, first, second)


def ward_mixes(first: Counts, second: Counts) -> tuple[Change, ...]:
    """Return how each ward's share of two categories differs from the rest's, tested together."""
    return mixes(first.by_ward, second.by_ward, first, second)


def changes(
    one: NDArray[np.int64], other: NDArray[np.int64], first: Counts, second: Counts
) -> tuple[Change, ...]:
    """Return the changes of some counts between two periods; not tested unless both are known."""
    days = (first.period.days, second.period.days)
    test = two_counts(one, other, float(days[0]), float(days[1]))
    return _as_changes(one, other, first, second, test.ratio, test.p_value, days[0] != days[1])


def mixes(
    one: NDArray[np.int64], other: NDArray[np.int64], first: Counts, second: Counts
) -> tuple[Change, ...]:
    """Return whether the share of two categories differs from the rest of the area's.

    Fisher's exact test of each place against the rest (Fisher, R. A. (1922),
    doi:10.2307/2340521); the ratio is the odds ratio.
    """
    from scipy.stats import fisher_exact

    all_one, all_other = int(first.by_ward.sum()), int(second.by_ward.sum())
    tables = [
        [[b, max(all_other - b, 0)], [a, max(all_one - a, 0)]]
        for a, b in zip(one.tolist(), other.tolist(), strict=True)
    ]
    found = [fisher_exact(table) for table in tables]
    ratio = np.array([float(each[0]) for each in found])
    p_value = np.array([float(each[1]) for each in found])
    return _as_changes(one, other, first, second, ratio, p_value, False)


def _as_changes(
    one: NDArray[np.int64],
    other: NDArray[np.int64],
    first: Counts,
    second: Counts,
    ratio: NDArray[np.float64],
    p_value: NDArray[np.float64],
    a_day: bool,
) -> tuple[Change, ...]:
    if not first.state == second.state == "known":
        ratio = p_value = np.full(one.shape, np.nan)
    adjusted = benjamini_hochberg(p_value)
    left, right = _known(one, first), _known(other, second)
    return tuple(
        Change(a, b, r, p, q, a_day)
        for a, b, r, p, q in zip(
            left, right, ratio.tolist(), p_value.tolist(), adjusted.tolist(), strict=True
        )
    )


def _known(counts: NDArray[np.int64], side: Counts) -> list[int | None]:
    return [None] * len(counts) if side.state == "missing" else counts.tolist()


# -- words ----------------------------------------------------------------------------------------


def by_chance(p_value: float) -> str:
    """Return how rare a difference is, rounded towards caution: "fewer than 1 in 100 by chance"."""
    step = next((step for step in _STEPS if p_value < 1 / step), None)
    return "about 1 in 20 by chance" if step is None else f"fewer than 1 in {step:,} by chance"


def say_change(change: Change) -> str:
    """Return a change in words: "a rise of 78%, fewer than 1 in 100 by chance"."""
    if not change.tested:
        return "not compared"
    if not change.clear:
        return "no clear change (could be chance)"
    return f"{_size(change)}, {by_chance(change.p_value)}"


def _size(change: Change) -> str:
    rise = change.ratio > 1
    word = "a rise" if rise else "a fall"
    unit = " a day" if change.a_day else ""
    if (change.first or 0) < _FEW:
        return word
    if change.ratio >= 2:
        return f"{word} to {change.ratio:.1f} times as many{unit}"
    return f"{word} of {abs(round(100 * (change.ratio - 1)))}%{unit}"
