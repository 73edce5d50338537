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
UNKNOWN_SCATTER, LEAST_SCATTER = 0.10, 0.03
#: Months needed to know the scatter.
ENOUGH = 6
#: Fewer incidents in the neighbouring months say nothing.
LEAST = 30


def check(data: Inputs) -> Iterator[Finding]:
    """Find months that are incomplete, by agency, then by category, then by days.

    A month's incidents a day are compared with the median of its three known neighbours on each
    side (medians, so that one bad neighbour does not matter; both sides, so that a season or a
    trend does not). r is the logarithm of the ratio. It is careful when r is below log 0.85 and
    below -4.5 s, s the root of scatter squared plus 1 / expected count: scatter is 1.4826 times
    the median |r| of all the agency's months (0.10 where there are fewer than six), at least
    0.03. A category by itself must be 40 % below. Categories found missing from a month
    altogether are left out of it. Where days are known, also any run of days without an
    incident that is less likely than one in a million, between the first day and the last.
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
    if not data.by_month[data.agency == agency].any():
        yield from _empty_days(data, agency)


def _days(data: Inputs, agency: int, months: int) -> NDArray[np.float64]:
    """Return how many days of each month the agency's data reach over.

    Where days are known the first and last month are counted from the first and to the last.
    """
    first = np.arange(data.first_month, data.first_month + months + 1).astype("datetime64[M]")
    edges = first.astype("datetime64[D]").astype(np.float64)
    chosen = (data.agency == agency) & ~data.far
    if not data.by_month[chosen].any():
        times = data.incidents["starts_at"].to_numpy()[chosen].astype("datetime64[D]")
        low, high = times.min().astype(np.float64), times.max().astype(np.float64) + 1
        edges = np.clip(edges, low, high)
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
    return Finding(
        code="incomplete-month",
        severity="careful",
        title=f"{name} has {count:,} {what} in {month_words(number)}, where the months beside it "
        f"make {expected:,.0f} usual ({percent(1 - count / expected)} fewer): probably "
        "incomplete, not a fall.",
        count=int(count),
        share=float(count / expected),
        example=f"{month_text(number)}, {label or name}",
        effect="The month shows fewer hot spots than there were, and the months after it look "
        "worse than usual.",
        advice=f"Ask {name} whether the month is whole, import it again, and read no fall from it.",
        categories=(code,) if code else (),
        months=(month_text(number),),
        agencies=(name,),
    )


def _empty_days(data: Inputs, agency: int) -> Iterator[Finding]:
    """Find runs of days without any incident, within months that have some."""
    chosen = (data.agency == agency) & ~data.far
    times = data.incidents["starts_at"].to_numpy()[chosen].astype("datetime64[D]")
    day = times.astype(np.int64)
    counts = np.bincount(day - day.min())
    months = (day.min() + np.arange(len(counts))).astype("datetime64[D]").astype("datetime64[M]")
    number = months.astype(np.int64)
    known = np.isin(number, np.unique(number[counts > 0]))
    for run in runs(np.flatnonzero((counts == 0) & known)):
        near = rate_beside(counts, run, known)
        if _empty_probability(near, len(run)) < UNLIKELY:
            first = times.min() + np.timedelta64(int(run[0]), "D")
            yield _empty(data, agency, first, len(run), float(near.mean()), np.unique(number[run]))


def rate_beside(
    counts: NDArray[np.int64], run: NDArray[np.intp], known: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the counts of the 30 known days before a run and the 30 after it."""
    return counts[beside(int(run[0]), int(run[-1]), np.flatnonzero(known), 30)].astype(float)


def _empty_probability(near: NDArray[np.float64], days: int) -> float:
    return zero_probability(near) ** days


def _empty(
    data: Inputs,
    agency: int,
    first: np.datetime64,
    days: int,
    rate: float,
    months: NDArray[np.int64],
) -> Finding:
    name = data.agencies[agency]
    return Finding(
        code="empty-days",
        severity="careful",
        title=f"{name} has no incidents on {days} days from {first}, where about {rate * days:,.0f}"
        " are usual: missing, not a fall.",
        count=days,
        share=None,
        example=f"{first}, {name}",
        effect="The weeks concerned are empty or too low, and those after them look worse than "
        "usual.",
        advice=f"Ask {name} for these days, and import the file again.",
        months=tuple(month_text(int(m)) for m in months),
        agencies=(name,),
    )
