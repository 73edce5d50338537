"""When incidents happen: the week's days and hours, and the sentence about its peak."""

from __future__ import annotations

import calendar
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.clustering import PeakTimes, aoristic_week, peak_times, two_counts
from hotspots.results import words

Array = NDArray[np.float64]
#: Fewer incidents with hours than this say nothing of the week.
LEAST_KNOWN = 20
#: The part of all incidents whose hours must be known, to speak for them.
LEAST_SHARE = 0.5
#: Exactly 00:00 stands for "not known" where so many more have it than 23:00 and 01:00 do, at
#: this level of the test of two counts.
_MIDNIGHTS, _MIDNIGHT_ALPHA = 3.0, 0.001
_NO_PEAK = "No clear peak in days or hours."


@dataclass(frozen=True, eq=False)
class Rhythm:
    """The week of a place, and its peak if it has a clear one.

    Attributes
    ----------
    weights : ndarray, shape (7, 24)
        Incidents in each hour of the week, local clock time; row 0 is Monday, column 0 is 00:00
        to 01:00. Those known from-to are spread over their span. The total is ``known``.
    known, unknown : int
        Incidents whose times are known, and those of which only the day or the month is.
    even : int
        Of those known, the ones whose span is longer than a week: they are spread over all of it
        and do not count as known where it is asked whether there are enough.
    midnight : int
        Of those unknown, the ones at exactly 00:00, where these are too many to be true.
    peak : PeakTimes or None
        None where no block of days and hours clearly stands out, or too few hours are known.
    short, sentence : str
        For a card, "" without a peak; and for a page or the minutes.
    """

    weights: Array
    known: int
    unknown: int
    even: int
    midnight: int
    peak: PeakTimes | None
    short: str
    sentence: str


def rhythm(frame: pd.DataFrame) -> Rhythm | None:
    """Return the rhythm of the week of some incidents; None if none has hours.

    Only incidents whose precision is "minute" take part. Where far more of them are at exactly
    00:00 than at 23:00 and 01:00, midnight stands for "time not known" and those are left out.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns of ``hotspots.model.INCIDENT_COLUMNS``, of which ``starts_at``, ``ends_at`` (local
        clock time, NaT for not known) and ``precision`` are read. Best of whole weeks: where a
        weekday comes more often than others, it has more incidents for that alone.

    Raises
    ------
    UsageError
        If an end is before its start.
    """
    timed = frame.loc[(frame["precision"] == "minute").to_numpy(dtype=bool)]
    timed = timed[timed["starts_at"].notna() & timed["ends_at"].notna()]
    placeholder = _midnights(timed)
    timed = timed[~placeholder]
    if timed.empty:
        return None
    week = aoristic_week(_local(timed["starts_at"]), _local(timed["ends_at"]))
    known, of, midnight = len(timed), len(frame), int(placeholder.sum())
    telling = known - week.even
    doubt = _too_few(telling, of)
    peak = None if doubt else peak_times(week.weights)
    return Rhythm(
        weights=week.weights,
        known=known,
        unknown=of - known,
        even=week.even,
        midnight=midnight,
        peak=peak,
        short=_when(peak, short=True) if peak else "",
        sentence=(doubt or _sentence(peak, known, of)) + _left_out(midnight),
    )


def _local(times: pd.Series[pd.Timestamp]) -> NDArray[np.datetime64]:
    return times.to_numpy(dtype="datetime64[s]")


def _midnights(timed: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which incidents are at exactly 00:00, if that must mean "not known".

    Hours on the hour are written down more often than others, so midnight is compared with 23:00
    and 01:00 exactly. An incident known from-to is none of them: its span says what it knows.
    """
    start, end = _local(timed["starts_at"]), _local(timed["ends_at"])
    clock = (start - start.astype("datetime64[D]")).astype(np.int64)
    moment = start == end
    midnight = moment & (clock == 0)
    beside = int((moment & np.isin(clock, (3_600, 23 * 3_600))).sum())
    found = int(midnight.sum())
    compared = two_counts(beside, found, 2.0, 1.0, alternative="greater")
    if found > _MIDNIGHTS * beside / 2 and compared.p_value <= _MIDNIGHT_ALPHA:
        return np.asarray(midnight, dtype=bool)
    return np.zeros(len(timed), dtype=bool)


def _too_few(telling: int, of: int) -> str:
    if telling < LEAST_KNOWN:
        few = f"too few to name days and hours; it takes {LEAST_KNOWN}."
        if telling == of:
            return f"{words.incidents(of)}: {few}"
        return f"Times are known for {telling:,} of {words.incidents(of)}: {few}"
    if telling < LEAST_SHARE * of:
        return (
            f"Times are known for {telling:,} of {words.incidents(of)}: "
            "less than half, so no days and hours are named."
        )
    return ""


def _sentence(peak: PeakTimes | None, known: int, of: int) -> str:
    if peak is None:
        return _NO_PEAK
    whose = "incidents" if known == of else f"the {known:,} incidents with known times"
    return (
        f"Peak {_when(peak, short=False)}: {100 * peak.share:.0f}% of {whose} "
        f"in {100 * peak.even_share:.0f}% of the week."
    )


def _left_out(midnight: int) -> str:
    if not midnight:
        return ""
    are = "is" if midnight == 1 else "are"
    return (
        f" {words.incidents(midnight)} at exactly 00:00 {are} left out: "
        "too many for that to be the time."
    )


def _when(peak: PeakTimes, short: bool) -> str:
    days = day_words(peak.days, short=short)
    when = f"{days}, {hour_words(peak.from_hour, peak.to_hour)}"
    return when[0].upper() + when[1:] if short else when


def day_words(days: tuple[int, ...], short: bool = False) -> str:
    """Return days running in words: "Friday and Saturday", "Thu to Sat", "daily".

    Parameters
    ----------
    days : tuple of int
        0 is Monday, in the order they run, at least one.
    short : bool
        Three letters a day, for a card.
    """
    names = calendar.day_abbr if short else calendar.day_name
    first, last = names[days[0]], names[days[-1]]
    if len(days) == len(names):
        return "daily"
    if len(days) == 1:
        return first
    return f"{first} {'and' if len(days) == 2 else 'to'} {last}"


def hour_words(from_hour: int, to_hour: int) -> str:
    """Return hours as "20:00 to 23:00", "20:00 to midnight" or "all day"."""
    if (from_hour, to_hour) == (0, 24):
        return "all day"
    return f"{from_hour:02d}:00 to {'midnight' if to_hour == 24 else f'{to_hour:02d}:00'}"
