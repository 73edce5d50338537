"""Months far below their neighbours, and runs of days without anything: half-loaded files."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hotspots.quality.chance import NEIGHBOURS, UNLIKELY, beside, runs, zero_probability
from hotspots.quality.checks.missing import missing_months
from hotspots.quality.finding import Finding
from hotspots.quality.inputs import Inputs
from hotspots.quality.words import month_text, month_words, percent
from hotspots.taxonomy import categories

#: A month must be so far below its neighbours: 15 % of all, 40 % of one category.
FALL, CATEGORY_FALL = 0.15, 0.40
#: ... and so many times the agency's own month-to-month scatter.
SCATTERS = 4.5
#: Scatter of the logarithm where there are too few months to know it, and the least believed.
UNKNOWN_SCATTER, LEAST_SCATTER = 0.15, 0.03
#: Months needed to know the scatter.
ENOUGH = 6
#: Fewer incidents in the neighbouring months say nothing.
LEAST = 30
#: A day of the week with less than this part of the busiest one's is one without work.
CLOSED = 0.10
#: Good Friday to Easter Monday; Christmas Eve to the Sunday after New Year, 12 days at most.
EASTER_DAYS, CHRISTMAS_DAYS = 4, 12
#: So many days after Christmas Eve is 1 January.
LATER_DAYS = 8
#: Months since 1970-01 in which England had to stay at home: 26 March to 31 May 2020 (SI
#: 2020/350), 5 November to 2 December 2020 (SI 2020/1200), 6 January to 29 March 2021 (SI 2021/8).
#: A fall in them may be real, so that such a month stays in the history.
LOCKDOWN = frozenset(
    (year - 1970) * 12 + month - 1
    for year, months in ((2020, (3, 4, 5, 11)), (2021, (1, 2, 3)))
    for month in months
)


def check(data: Inputs) -> Iterator[Finding]:
    """Find months that are incomplete, by agency, then by category, then by days.

    A month's incidents a day are compared with the median of its three known neighbours on each
    side (medians, so that one bad neighbour does not matter; both sides, so that a season or a
    trend does not). r is the logarithm of the ratio. It is careful when r is below log 0.85 and
    below -4.5 s, s the root of scatter squared plus 1 / expected count: scatter is 1.4826 times
    the median |r| of all the agency's months (0.15 where there are fewer than six, for
    a few months may be the fall from summer to winter), at least
    0.03. A category by itself must be 40 % below. Categories found missing from a month
    altogether are left out of it. Where days are known, also any run of days without an
    incident that is less likely than one in a million, between the first day and the last, unless
    the agency has days of the week without work and the run may be a bank holiday.
    """
    for agency, counts in enumerate(data.counts):
        if counts.any():
            yield from _of_agency(data, agency, counts)


def _of_agency(data: Inputs, agency: int, counts: NDArray[np.int64]) -> Iterator[Finding]:
    days = _days(data, agency, counts.shape[1])
    total, expected = _without_missing(counts, days)
    low = _low(total, expected, FALL)
    for month in low:
        yield _finding(data, agency, None, month, total[month], expected[month])
    known = counts.sum(axis=0) > 0
    for kind, of_kind in enumerate(counts):
        usual = _expected(of_kind, days, known)
        for month in _low(of_kind, usual, CATEGORY_FALL):
            if month not in low:
                yield _finding(data, agency, kind, month, of_kind[month], usual[month])
    yield from _empty_days(data, agency)


def _days(data: Inputs, agency: int, months: int) -> NDArray[np.float64]:
    """Return how many days of each month the agency's data reach over.

    Where days are known the first and last month are counted from the first and to the last.
    An agency may have older months by month only, as published, and newer ones by day.
    """
    first = np.arange(data.first_month, data.first_month + months + 1).astype("datetime64[M]")
    edges = first.astype("datetime64[D]").astype(np.float64)
    chosen = (data.agency == agency) & data.usual
    exact, whole = chosen & ~data.by_month, data.month[chosen & data.by_month]
    if not exact.any():
        return np.diff(edges)
    times = data.incidents["starts_at"].to_numpy()[exact].astype("datetime64[D]")
    month = data.month[exact]
    if not (whole <= month.min()).any():
        edges = np.maximum(edges, times.min().astype(np.float64))
    if not (whole >= month.max()).any():
        edges = np.minimum(edges, times.max().astype(np.float64) + 1)
    return np.diff(edges)


def _without_missing(
    counts: NDArray[np.int64], days: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return totals and expected totals of each month, without the categories it misses."""
    known = counts.sum(axis=0) > 0
    total, expected = counts.sum(axis=0), _expected(counts.sum(axis=0), days, known)
    lost: dict[int, list[int]] = {}
    for kind, found in missing_months(counts):
        for month in (m for run in found for m in run):
            lost.setdefault(month, []).append(kind)
    for month, kinds in lost.items():
        others = np.delete(counts, kinds, axis=0).sum(axis=0)
        expected[month] = _expected(others, days, known)[month]
    return total, expected


def _expected(
    counts: NDArray[np.int64], days: NDArray[np.float64], known: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return what each month would hold at the median rate of its neighbours, NaN if unknown."""
    places = np.flatnonzero(known & (days > 0))
    rate = np.divide(counts, days, out=np.zeros(len(days)), where=days > 0)
    expected = np.full(len(days), np.nan)
    for month in places:
        near = beside(int(month), int(month), places)
        if len(near) >= min(NEIGHBOURS, 2):
            expected[month] = np.median(rate[near]) * days[month]
    return expected


def _low(counts: NDArray[np.int64], expected: NDArray[np.float64], fall: float) -> list[int]:
    """Return the months that are below what is expected by more than their scatter."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(counts / expected)
    told = np.isfinite(ratio) & (expected >= LEAST)
    if not told.any():
        return []
    scatter = UNKNOWN_SCATTER
    if told.sum() >= ENOUGH:
        scatter = max(LEAST_SCATTER, 1.4826 * float(np.median(np.abs(ratio[told]))))
    limit = np.full(len(ratio), np.nan)
    limit[told] = -SCATTERS * np.hypot(scatter, 1 / np.sqrt(expected[told]))
    low = told & (ratio < np.minimum(limit, np.log1p(-fall)))
    return [int(month) for month in np.flatnonzero(low)]


def _finding(
    data: Inputs, agency: int, kind: int | None, month: int, count: int, expected: float
) -> Finding:
    name, number = data.agencies[agency], month + data.first_month
    code = None if kind is None else data.categories[kind]
    label = categories()[code].label if code in categories() else code
    what = "incidents" if label is None else f"incidents of {label}"
    real = number in LOCKDOWN
    said = "a lockdown, or incomplete" if real else "probably incomplete; at most in part a fall"
    return Finding(
        code="low-month" if real else "incomplete-month",
        severity="careful",
        title=f"{name} has {count:,} {what} in {month_words(number)}, where the months beside it "
        f"make {expected:,.0f} usual ({percent(1 - count / expected)} fewer): {said}.",
        count=int(count),
        share=float(count / expected),
        example=f"{month_text(number)}, {label or name}",
        effect="The month shows fewer hot spots than there were, and the months after it look "
        "worse than usual.",
        advice=f"Ask {name} whether the month is whole, import it again, and read no fall from it.",
        # of categories that the agency does not have, its month says nothing
        categories=(code,) if code else data.categories_of(data.agency == agency),
        months=(month_text(number),),
        agencies=(name,),
    )


def _empty_days(data: Inputs, agency: int) -> Iterator[Finding]:
    """Find runs of days without any incident, within months that have some, all known by day."""
    chosen = (data.agency == agency) & data.usual
    exact = chosen & ~data.by_month
    if not exact.any():
        return
    times = data.incidents["starts_at"].to_numpy()[exact].astype("datetime64[D]")
    day = times.astype(np.int64)
    counts = np.bincount(day - day.min())
    days = times.min() + np.arange(len(counts))
    number = days.astype("datetime64[M]").astype(np.int64)
    known = np.isin(number, np.setdiff1d(data.month[exact], data.month[chosen & data.by_month]))
    offices = keeps_office_hours(counts[known], weekday(days[known]))
    for run in runs(np.flatnonzero((counts == 0) & known)):
        if offices and is_holiday(days[run]):
            continue
        if empty_probability(counts, days, run, known) < UNLIKELY:
            usual = len(run) * float(counts[_near(run, known)].mean())
            yield _empty(data, agency, days[run], usual)


def weekday(days: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """Return the day of the week, from 0 for Monday; 1970-01-01 was a Thursday."""
    return np.asarray((days.astype("datetime64[D]").astype(np.int64) + 3) % 7)


def keeps_office_hours(counts: NDArray[np.int64], of_week: NDArray[np.int64]) -> bool:
    """Return whether some day of the week has hardly any incident, so that bank holidays may too.

    Parameters
    ----------
    counts, of_week : ndarray of int, shape (days,)
        Incidents of a day, and its day of the week.
    """
    sums = np.bincount(of_week, weights=counts, minlength=7)
    means = sums / np.maximum(np.bincount(of_week, minlength=7), 1)
    return bool(means.min() < CLOSED * means.max())


def is_holiday(days: NDArray[np.datetime64]) -> bool:
    """Return whether days in a row may all be holidays of offices: Easter, or about Christmas."""
    if len(days) <= EASTER_DAYS:
        return True
    # moved on so far, Christmas Eve is the first day of January
    later = (days + np.timedelta64(LATER_DAYS, "D")).astype("datetime64[D]")
    months = later.astype("datetime64[M]")
    in_january = months.astype(np.int64) % 12 == 0
    of_month = (later - months).astype(np.int64)
    return bool((in_january & (of_month < CHRISTMAS_DAYS)).all())


def empty_probability(
    counts: NDArray[np.int64],
    days: NDArray[np.datetime64],
    run: NDArray[np.intp],
    known: NDArray[np.bool_],
) -> float:
    """Return how likely a run of days without an incident is, from the 30 days on each side.

    The larger of two: as if all days were alike, and each day from its own day of the week, of
    which many agencies have one or two without work.

    Parameters
    ----------
    counts, days, known : ndarray, shape (days,)
        Incidents, the day, and whether it can be compared.
    run : ndarray of int
        Positions of the days without any.
    """
    near = _near(run, known)
    beside_them, own = weekday(days[near]), weekday(days[run])
    alike = zero_probability(counts[near].astype(float)) ** len(run)
    by_day = 1.0
    for which, times in zip(*np.unique(own, return_counts=True), strict=True):
        same = counts[near[beside_them == which]].astype(float)
        by_day *= zero_probability(same) ** int(times)
    return max(alike, by_day)


def _near(run: NDArray[np.intp], known: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the 30 known days before a run and the 30 after it."""
    return beside(int(run[0]), int(run[-1]), np.flatnonzero(known), 30)


def _empty(data: Inputs, agency: int, days: NDArray[np.datetime64], usual: float) -> Finding:
    name = data.agencies[agency]
    on = f"on {days[0]}" if len(days) == 1 else f"on {len(days)} days from {days[0]}"
    months = np.unique(days.astype("datetime64[M]").astype(np.int64))
    return Finding(
        code="empty-days",
        severity="careful",
        title=f"{name} has no incidents {on}, where about {usual:,.0f} are usual: missing, not a "
        "fall.",
        count=len(days),
        share=None,
        example=f"{days[0]}, {name}",
        effect="The weeks concerned are empty or too low, and those after them look worse than "
        "usual.",
        advice=f"Ask {name} for these days, and import the file again.",
        categories=data.categories_of(data.agency == agency),
        months=tuple(month_text(int(m)) for m in months),
        agencies=(name,),
    )
