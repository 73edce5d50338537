"""The years and quarters of an assessment, and which of them are known whole."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.errors import ResultError, UsageError
from hotspots.meeting.counts import State, state_in
from hotspots.model import Incidents, Period
from hotspots.selection import extent_of, of_category, within
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
    return tuple(state_in(frame, extent, period, faulty) for period in periods)


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
    mine = told[within(told, period)]
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
    incidents: Incidents,
    faulty_of: Callable[[str], Collection[tuple[int, int]]],
) -> dict[tuple[str, date, date], State]:
    """Return of every kind and span asked for whether it is known whole, in part or not at all.

    A month without an incident of any kind, one that misses incidents, and a span that is not over
    make a "part". So does a subcategory that more than ``MOST_UNSTATED`` of the category's
    incidents of the span do not state. Nothing is known of a subcategory that no incident of the
    span states, nor of a flag that no incident of the span carries: a source that stopped flagging
    does not show a fall to 0.

    Parameters
    ----------
    incidents : Incidents
        Of all the kinds at least, of the whole area, with ``span`` and ``months`` where they are a
        part of what is loaded.
    faulty_of : callable
        From the code of a category or total to the months, (year, month), known to miss incidents
        of it; for a flag of any category, of "crime".

    Returns
    -------
    dict
        By kind, first day and the first day after.

    Raises
    ------
    UsageError
        If there is no such kind.
    """
    spans: dict[str, dict[tuple[date, date], Period]] = {}
    for each in asked:
        period = Period(each.start, each.end, "range")
        spans.setdefault(each.what, {})[each.start, each.end] = period
    slim = _slim(incidents)
    found: dict[tuple[str, date, date], State] = {}
    for what, periods in spans.items():
        states = _states(slim, what, list(periods.values()), faulty_of(_code_of(what)))
        for (start, end), state in zip(periods, states, strict=True):
            found[what, start, end] = state
    return found
