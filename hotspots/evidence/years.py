"""The years and quarters of an assessment, and which of them are known whole."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.errors import ResultError, UsageError
from hotspots.meeting.counts import State
from hotspots.model import Incidents, Period
from hotspots.selection import Extent, check_period, extent_of, of_category, slack_days
from hotspots.sharing.asked import Asked, Kind, kind_of
from hotspots.taxonomy import Category, category

#: Where more of a category's incidents than this share do not state their subcategory, the count
#: of one of them is a part only.
MOST_UNSTATED = 0.05
_TEXTS = ("category", "subcategory", "flags", "precision", "agency", "file")


def year_ending(day: date) -> Period:
    """Return the twelve months that end with a day.

    Raises
    ------
    UsageError
        If it is not the last day of a month, or of a year far off.
    """
    return _months_to(day, 12, "A year")


def three_years(day: date) -> tuple[Period, Period, Period]:
    """Return the year that ends with a day and the two before, the oldest first."""
    last = year_ending(day)
    return last.back(2), last.back(1), last


def quarter_periods(day: date) -> dict[str, Period]:
    """Return what the quarterly tables count, to the quarter that ends with a day.

    Returns
    -------
    dict
        "quarter", "before" (the quarter before), "year_ago" (the same quarter of last year),
        "rolling" (the 12 months) and "rolling_before" (the 12 before these).

    Raises
    ------
    UsageError
        As ``year_ending``.
    """
    quarter, rolling = _months_to(day, 3, "A quarter"), _months_to(day, 12, "A quarter")
    return {
        "quarter": quarter,
        "before": quarter.back(1),
        "year_ago": quarter.years_back(1),
        "rolling": rolling,
        "rolling_before": rolling.back(1),
    }


def _months_to(day: date, months: int, what: str) -> Period:
    if not 1905 <= day.year <= 2200 or (day + timedelta(days=1)).day != 1:
        raise UsageError(
            f"{what} must end on the last day of a month, such as 2016-09-30; got {day}."
        )
    end = day + timedelta(days=1)
    index = end.year * 12 + end.month - 1 - months
    return Period(date(index // 12, index % 12 + 1, 1), end, "range")


# -- what is known --------------------------------------------------------------------------------


def known_states(
    incidents: Incidents,
    what: str,
    periods: Sequence[Period],
    faulty: Collection[tuple[int, int]] = (),
) -> tuple[State, ...]:
    """Return of each period whether a kind of incident is known whole, in part or not at all.

    A month without an incident of any kind, one of ``faulty``, and a period that is not over make
    a "part". So does a subcategory that more than ``MOST_UNSTATED`` of the category's incidents
    of the period do not state. Nothing is known of a subcategory that no incident of the period
    states, nor of a flag that no incident of the period carries: a source that stopped flagging
    does not show a fall to 0.

    Parameters
    ----------
    incidents : Incidents
        Of the kind's categories at least, of the whole area, with ``span`` and ``months`` where
        they are a part of what is loaded.
    what : str
        As ``hotspots.sharing.asked`` writes it.
    faulty : collection of (year, month)
        Months known to miss incidents of the kind.

    Raises
    ------
    UsageError
        If there is no such kind.
    """
    return _states(_slim(incidents), what, periods, faulty)


def _slim(incidents: Incidents) -> Incidents:
    """Return what is looked at of incidents, in few bytes: texts are looked through many times."""
    frame = incidents.frame[[*_TEXTS, "starts_at", "ends_at"]]
    return replace(incidents, frame=frame.astype(dict.fromkeys(_TEXTS, "category")))


def _states(
    incidents: Incidents, what: str, periods: Sequence[Period], faulty: Collection[tuple[int, int]]
) -> tuple[State, ...]:
    kind = kind_of(what)
    if kind.subcategory is None and kind.flag is None:
        return _base_states(incidents, kind.category, periods, faulty)
    told = _telling(_of(incidents.frame, kind.category), kind)
    # what other agencies know of the category says nothing of what these do
    alone = replace(incidents, span=None, months=None)
    base = _whole_states(alone, told, periods, faulty)
    return tuple(
        state if state == "missing" else _finer_state(told, kind, period, state)
        for state, period in zip(base, periods, strict=True)
    )


def _of(frame: pd.DataFrame, kind: Category | None) -> pd.DataFrame:
    return frame if kind is None else frame[of_category(frame, kind)]


def _base_states(
    incidents: Incidents,
    entry: Category | None,
    periods: Sequence[Period],
    faulty: Collection[tuple[int, int]],
) -> tuple[State, ...]:
    """Return what is known of a category, or of each part of a total that takes a part of one."""
    if entry is None or all(subcategory is None for _, subcategory in entry.parts):
        return _whole_states(incidents, _of(incidents.frame, entry), periods, faulty)
    parts = [code if sub is None else f"{code}.{sub}" for code, sub in entry.parts]
    by_part = [_states(incidents, part, periods, faulty) for part in parts]
    # known in one part and not in another is a part of the total
    return tuple(_joined([states[i] for states in by_part]) for i in range(len(periods)))


def _joined(states: Collection[State]) -> State:
    found = set(states)
    return found.pop() if len(found) == 1 else "part"


def _whole_states(
    incidents: Incidents,
    frame: pd.DataFrame,
    periods: Sequence[Period],
    faulty: Collection[tuple[int, int]],
) -> tuple[State, ...]:
    try:
        # the category's name is only for sentences, none of which is shown
        extent = extent_of(incidents, frame, category("unmapped"))
    except ResultError:
        nothing: State = "missing"
        return (nothing,) * len(periods)
    return tuple(_whole_state(frame, extent, period, faulty) for period in periods)


def _whole_state(
    frame: pd.DataFrame, extent: Extent, period: Period, faulty: Collection[tuple[int, int]]
) -> State:
    try:
        check_period(period, extent)
    except ResultError:
        return "missing"
    if not period.months.isdisjoint(faulty):
        return "part" if _within(frame, period).any() else "missing"
    return "known" if _is_whole(period, extent) else "part"


def _is_whole(period: Period, extent: Extent) -> bool:
    slack = pd.Timedelta(days=slack_days(period))
    begun = pd.Timestamp(period.start) + slack >= extent.first
    over = pd.Timestamp(period.end) - slack <= extent.last
    return bool(begun and over and period.months <= extent.months)


def _within(frame: pd.DataFrame, period: Period) -> NDArray[np.bool_]:
    starts = frame["starts_at"]
    inside = (starts >= pd.Timestamp(period.start)) & (starts < pd.Timestamp(period.end))
    return inside.to_numpy(dtype=bool)


def _matching(frame: pd.DataFrame, kind: Kind) -> NDArray[np.bool_]:
    found = np.ones(len(frame), dtype=bool)
    if kind.subcategory is not None:
        found &= (frame["subcategory"] == kind.subcategory).to_numpy(dtype=bool)
    if kind.flag is not None:
        carrying = [text for text in frame["flags"].cat.categories if kind.flag in text.split()]
        found &= frame["flags"].isin(carrying).to_numpy(dtype=bool)
    return found


def _telling(frame: pd.DataFrame, kind: Kind) -> pd.DataFrame:
    """Return the incidents of the agencies that ever tell this kind apart."""
    agencies = frame.loc[_matching(frame, kind), "agency"].unique()
    return frame[frame["agency"].isin(agencies)]


def _finer_state(told: pd.DataFrame, kind: Kind, period: Period, state: State) -> State:
    mine = told[_within(told, period)]
    if mine.empty:
        return "missing"
    if kind.flag is not None:
        return state if _matching(mine, Kind(None, None, kind.flag)).any() else "missing"
    unstated = float(mine["subcategory"].isna().mean())
    if unstated == 1:
        return "missing"
    return state if unstated <= MOST_UNSTATED else "part"


def _code_of(what: str) -> str:
    entry = kind_of(what).category
    return entry.code if entry is not None else "crime"


def states_of(
    asked: Iterable[Asked],
    incidents_of: Callable[[str], Incidents],
    faulty_of: Callable[[str], Collection[tuple[int, int]]],
) -> dict[tuple[str, date, date], State]:
    """Return what is known of every kind and span that is asked for.

    Parameters
    ----------
    incidents_of : callable
        From the code of a category or total to its incidents, as ``known_states`` takes them. A
        flag of any category is looked for among those of "crime".
    faulty_of : callable
        From the same code to the months known to miss incidents.

    Returns
    -------
    dict
        By kind, first day and the first day after.
    """
    spans: dict[str, dict[tuple[date, date], Period]] = {}
    for each in asked:
        period = Period(each.start, each.end, "range")
        spans.setdefault(each.what, {})[each.start, each.end] = period
    found: dict[tuple[str, date, date], State] = {}
    last: Incidents | None = None
    by_code = sorted((_code_of(what), what) for what in spans)
    for code, what in by_code:
        periods = spans[what]
        given = incidents_of(code)
        if given is not last:
            last, slim = given, _slim(given)
        states = _states(slim, what, list(periods.values()), faulty_of(code))
        for (start, end), state in zip(periods, states, strict=True):
            found[what, start, end] = state
    return found
