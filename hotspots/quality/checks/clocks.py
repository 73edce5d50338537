"""Times and dates that stand for "not known": midnight, a minute past it, noon, the first."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hotspots.quality.chance import UNLIKELY
from hotspots.quality.finding import Finding
from hotspots.quality.inputs import Inputs
from hotspots.quality.words import incidents, percent

#: Minutes of the day that systems fill in.
DEFAULTS = {0: "00:00", 1: "00:01", 720: "12:00", 1439: "23:59"}
#: A default is so many times what is usual beside it ...
TIMES = 2.0
#: ... and at least this share, and so many incidents, more than usual.
SHARE, LEAST = 0.01, 20
#: Days with incidents that a default date must be told from.
ENOUGH_DAYS = 60


def check(data: Inputs) -> Iterator[Finding]:
    """Find by agency a minute of the day, or a day, that holds more than people could tell.

    Of incidents with a time: the minutes 00:00, 00:01, 12:00 and 23:59 are compared with the same
    minute of the hour before and the hour after, since people round to the hour. Of incidents
    with a day: the first of the month with the mean of all other days of the month up to the
    28th, and 1 January with the mean of the other days that have incidents, where these are 60 at
    least. Careful when at least twice
    as many, at least 1 % of the incidents more and 20 more, and by chance (Poisson) less likely
    than one in a million.
    """
    minute = (data.incidents["precision"] == "minute").to_numpy(dtype=bool)
    for agency in range(len(data.agencies)):
        of_agency = data.agency == agency
        if (of_agency & minute).any():
            yield from _times(data, agency, np.flatnonzero(of_agency & minute))
        if (of_agency & ~data.by_month).any():
            yield from _days(data, agency, np.flatnonzero(of_agency & ~data.by_month))


def is_default(count: int, usual: float, known: int) -> bool:
    """Return whether a count is above what is usual as the docstring of ``check`` says."""
    from scipy.special import pdtrc

    more = count - usual
    if count < TIMES * usual or more < max(LEAST, SHARE * known):
        return False
    return bool(pdtrc(count - 1, usual) < UNLIKELY)  # Poisson: this many or more


def _times(data: Inputs, agency: int, at: NDArray[np.intp]) -> Iterator[Finding]:
    times = data.incidents["starts_at"].to_numpy(dtype="datetime64[m]")[at]
    of_day = (times - times.astype("datetime64[D]")).astype(np.int64)
    counts = np.bincount(of_day, minlength=1440)
    for minute, label in DEFAULTS.items():
        usual = float(counts[(minute - 60) % 1440] + counts[(minute + 60) % 1440]) / 2
        if is_default(int(counts[minute]), usual, len(at)):
            yield _finding(
                data,
                agency,
                at[of_day == minute],
                len(at),
                code="default-time",
                said=f"have the time {label}, where about {usual:,.0f} are usual: many of these "
                "times are not real",
                effect="The hours of the day show a peak at this time that was not there.",
            )


def _days(data: Inputs, agency: int, at: NDArray[np.intp]) -> Iterator[Finding]:
    days = data.incidents["starts_at"].to_numpy(dtype="datetime64[D]")[at]
    months = days.astype("datetime64[M]")
    of_month = (days - months).astype(np.int64)  # 0: the first
    new_year = (of_month == 0) & (months.astype(np.int64) % 12 == 0)
    others = len(np.unique(days[~new_year]))
    if others < ENOUGH_DAYS:
        return
    usual = float((~new_year).sum() / others) * len(np.unique(days[new_year]))
    if is_default(int(new_year.sum()), usual, len(at)):
        yield _day(data, agency, at[new_year], len(at), "1 January", usual)
        return
    counts = np.bincount(of_month, minlength=31)
    usual = float(counts[1:28].mean())
    if is_default(int(counts[0]), usual, len(at)):
        yield _day(data, agency, at[of_month == 0], len(at), "the first of the month", usual)


def _day(
    data: Inputs, agency: int, at: NDArray[np.intp], known: int, day: str, usual: float
) -> Finding:
    return _finding(
        data,
        agency,
        at,
        known,
        code="default-date",
        said=f"are dated {day}, where about {usual:,.0f} are usual: many of these dates are not "
        "real",
        effect="The weeks of these days show incidents that were at another time.",
    )


def _finding(
    data: Inputs,
    agency: int,
    at: NDArray[np.intp],
    known: int,
    *,
    code: str,
    said: str,
    effect: str,
) -> Finding:
    chosen = np.zeros(len(data), dtype=bool)
    chosen[at] = True
    name = data.agencies[agency]
    return Finding(
        code=code,
        severity="careful",
        title=f"{name}: {incidents(len(at))} ({percent(len(at) / known)}) {said}.",
        count=len(at),
        share=len(at) / known,
        example=data.example(at[0]),
        effect=effect,
        advice=f"Ask {name} what its system writes where the time is not known, and leave such "
        "times blank.",
        categories=data.categories_of(chosen),
        agencies=(name,),
    )
