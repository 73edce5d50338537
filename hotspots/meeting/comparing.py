"""Two periods, or two categories, side by side: what became of the hot spots, how counts differ.

A change is claimed only where both sides are known whole: a period with incidents missing from
the files shows no fall. The counts of many wards or places are tested together.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspots.clustering import benjamini_hochberg
from hotspots.clustering.matching import Match, match_regions
from hotspots.clustering.outlines import Outline
from hotspots.clustering.two_counts import two_counts
from hotspots.errors import ResultError
from hotspots.meeting.maps import Question
from hotspots.model import Incidents, Period, Wards
from hotspots.results import Result
from hotspots.selection import Extent, check_period, extent_of, of_category, slack_days
from hotspots.taxonomy import Category

#: From this (adjusted) p-value on down a change is said to be one.
CLEAR = 0.05
#: Steps of "fewer than 1 in ... by chance": no finer claim is made.
_STEPS = (10_000, 1_000, 100, 20)
#: Below this count a percentage would make much of little.
_FEW = 10

#: Whether a count may be compared: all of it is known, a part of it is, or nothing.
State = Literal["known", "part", "missing"]
#: What became of a hot spot; "unknown" where the data of a side cannot tell.
Event = Literal["new", "same", "moved", "merged", "split", "gone", "unknown"]


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


@dataclass(frozen=True, eq=False)
class PlaceChange:
    """One hot spot of either side, or one of both.

    Attributes
    ----------
    event : str
        As in ``hotspots.clustering.matching``, or "unknown".
    name : str
        Of the second side's place, where it has one.
    first, second : tuple of str
        Markers of the side's hot spots: more than one where they merged or split.
    change : Change
        Of the incidents in the block round the peak: the second's, where it has one.
    peak_xy : tuple of two floats
        The middle of that block, metres.
    """

    event: Event
    name: str
    first: tuple[str, ...]
    second: tuple[str, ...]
    change: Change
    peak_xy: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Side:
    """What one of the two maps is made of.

    Attributes
    ----------
    result : Result or None
        None where nothing is known of the period.
    counts : Counts
        The incidents by ward; of both sides in the same wards.
    """

    result: Result | None
    counts: Counts

    @property
    def incidents(self) -> int:
        """Incidents in the wards, 0 where nothing is known."""
        return self.counts.total or 0

    def asked(self, question: Question) -> bool:
        """Return whether the map answers the question, so that no hot spot means none."""
        if self.result is None or self.counts.state != "known":
            return False
        return question == "concentrated" or bool(self.result.totals["history_periods"])


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
    nothing = Counts(period, np.zeros(len(wards), dtype=np.int64), "missing")
    try:
        extent = extent_of(incidents, frame, category)
        check_period(period, extent)
    except ResultError:
        return nothing
    starts = frame["starts_at"]
    within = (starts >= pd.Timestamp(period.start)) & (starts < pd.Timestamp(period.end))
    ward = wards.assign(frame.loc[within, ["x", "y"]].to_numpy(dtype=np.float64))
    by_ward = np.bincount(ward[ward >= 0], minlength=len(wards)).astype(np.int64)
    whole = _is_whole(period, extent)
    if not period.months.isdisjoint(faulty):
        return nothing if not by_ward.sum() else Counts(period, by_ward, "part")
    return Counts(period, by_ward, "known" if whole else "part")


def _is_whole(period: Period, extent: Extent) -> bool:
    slack = pd.Timedelta(days=slack_days(period))
    begun = pd.Timestamp(period.start) + slack >= extent.first
    over = pd.Timestamp(period.end) - slack <= extent.last
    return bool(begun and over and period.months <= extent.months)


# -- testing --------------------------------------------------------------------------------------


def total_change(first: Counts, second: Counts) -> Change:
    """Return how the whole area's count changed from one period to another."""
    return _changes(
        np.array([first.by_ward.sum()]), np.array([second.by_ward.sum()]), first, second
    )[0]


def ward_changes(first: Counts, second: Counts) -> tuple[Change, ...]:
    """Return how each ward's count changed, tested together; in the wards' order."""
    return _changes(first.by_ward, second.by_ward, first, second)


def ward_mixes(first: Counts, second: Counts) -> tuple[Change, ...]:
    """Return how each ward's share of two categories differs from the rest's, tested together."""
    return _mixes(first.by_ward, second.by_ward, first, second)


def _changes(
    one: NDArray[np.int64], other: NDArray[np.int64], first: Counts, second: Counts
) -> tuple[Change, ...]:
    """Return the changes of some counts between two periods; not tested unless both are known."""
    days = (first.period.days, second.period.days)
    test = two_counts(one, other, float(days[0]), float(days[1]))
    return _as_changes(one, other, first, second, test.ratio, test.p_value, days[0] != days[1])


def _mixes(
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


# -- places ---------------------------------------------------------------------------------------


def place_changes(
    first: Side, second: Side, question: Question, *, categories: bool = False
) -> tuple[PlaceChange, ...]:
    """Return what became of the hot spots of one question from the first map to the second.

    Each row's change is of the block round its peak (what the place's claim is about), tested
    together with the other rows'. A place is on the list because a count there was high, so some
    of a fall at an earlier place, and of a rise at a new one, is chance. So the test allows for
    every separate block that the area has room for, any of which could have been on the list
    (Bonferroni). With two real months shuffled into each other, 40 of 100 lists had a change at
    p <= 0.05, 17 after Benjamini-Hochberg over the list alone.

    Parameters
    ----------
    categories : bool
        The sides are two categories: hot spots that overlap are "same", all others "new" (in the
        second only) and "gone" (in the first only); the counts are tested as ``ward_mixes`` does.

    Returns
    -------
    tuple of PlaceChange
        The second map's hot spots in order of rank, then the first's that are gone. Empty where
        neither has any.
    """
    before, after = _spots(first, question), _spots(second, question)
    reach = {"reach_m": 0.0} if categories else {}
    matches = match_regions(_outlines(before), _outlines(after), **reach)
    if not matches:
        return ()
    rows = [_place(match, before, after, categories=categories) for match in matches]
    rows = [replace(row, event=_event(row.event, first, second, question)) for row in rows]
    return _tested(rows, first, second, categories=categories)


def _spots(side: Side, question: Question) -> list[Any]:
    if side.result is None:
        return []
    spots = side.result.hotspots
    return list(spots[spots["question"] == question].sort_values("rank").itertuples())


def _outlines(spots: Sequence[Any]) -> list[Outline]:
    return [Outline(spot.geometry, (spot.peak_x, spot.peak_y)) for spot in spots]


def _place(
    match: Match, before: Sequence[Any], after: Sequence[Any], *, categories: bool
) -> PlaceChange:
    earlier = [match.before, *match.merged] if match.before is not None else [match.came_from]
    later = [match.after, *match.parts]
    from_markers = tuple(str(before[i].marker) for i in earlier if i is not None)
    to_markers = tuple(str(after[j].marker) for j in later if j is not None)
    shown = after[match.after] if match.after is not None else before[int(match.before or 0)]
    event: Event = match.event
    if categories and event in ("moved", "merged", "split"):
        event = "same"
    unknown = Change(None, None, math.nan, math.nan, math.nan)
    peak = (float(shown.peak_x), float(shown.peak_y))
    return PlaceChange(event, str(shown.name), from_markers, to_markers, unknown, peak)


def _event(event: Event, first: Side, second: Side, question: Question) -> Event:
    """Return the event, or that it is not known: without a whole map nothing is new or gone."""
    if event == "new" and not first.asked(question):
        return "unknown"
    if event == "gone" and not second.asked(question):
        return "unknown"
    return event


def _tested(
    rows: Sequence[PlaceChange], first: Side, second: Side, *, categories: bool
) -> tuple[PlaceChange, ...]:
    peaks = np.array([row.peak_xy for row in rows])
    one, other = _blocks(first, peaks), _blocks(second, peaks)
    here = ~(np.isnan(one) | np.isnan(other))
    test = _mixes if categories else _changes
    counts = [np.where(here, side, 0).astype(np.int64) for side in (one, other)]
    found = test(counts[0], counts[1], first.counts, second.counts)
    places = max(_separate(first), _separate(second))
    changes = [
        _allowed(change, places) if known else _apart(one[i], other[i])
        for i, (change, known) in enumerate(zip(found, here, strict=True))
    ]
    return tuple(replace(row, change=change) for row, change in zip(rows, changes, strict=True))


def _allowed(change: Change, places: float) -> Change:
    """Return a change that allows for all the places that could have been on the list."""
    return replace(change, p_adjusted=min(change.p_value * places, 1.0))


def _apart(one: float, other: float) -> Change:
    first, second = (None if math.isnan(n) else int(n) for n in (one, other))
    return Change(first, second, math.nan, math.nan, math.nan)


def _separate(side: Side) -> float:
    """Return how many blocks beside each other the area has room for."""
    if side.result is None:
        return 1.0
    return max(len(side.result.cells) / float(side.result.cells["neighbours"].max()), 1.0)


def _blocks(side: Side, peaks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the incidents of the block round each peak, NaN where the side knows nothing."""
    if side.result is None or side.counts.state == "missing":
        return np.full(len(peaks), np.nan)
    cells = side.result.cells
    tree = shapely.STRtree(shapely.centroid(cells.geometry.to_numpy()))
    size = math.sqrt(cells.geometry.iloc[0].area)
    points, nearest = tree.query(shapely.points(peaks), "dwithin", distance=size / 4)
    counts = np.full(len(peaks), np.nan)
    counts[points] = cells["local_incidents"].to_numpy(dtype=np.float64)[nearest]
    return counts


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
