"""Columns of dates: their formats, and the order of day and month proved from the data."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.ingest.inspection.clocks import clock_format
from hotspots.ingest.inspection.columns import Column, quoted
from hotspots.ingest.mapped import PLAUSIBLE_YEARS

DAY_FIRST, MONTH_FIRST, YEAR_FIRST, BY_NAME = "day", "month", "year", "name"
_WORDS = {DAY_FIRST: "day first", MONTH_FIRST: "month first", YEAR_FIRST: "year first"}
#: Distinct texts of a column that are tried; more prove no more.
_TRIED = 4_000
#: Share of the filled rows that must be dates for the column to be one.
_ENOUGH = 0.9
#: So many times fewer different values make a part the year.
FEWER = 3
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec"
_FULL = "january|february|march|april|may|june|july|august|september|october|november|december"
_DATE = (
    r"\d{4}(?P<a>[-/. ])\d{1,2}(?P=a)\d{1,2}"
    r"|\d{1,2}(?P<b>[-/. ])\d{1,2}(?P=b)(?:\d{4}|\d{2})"
    r"|\d{1,2}(?P<c>[-/. ]?)[A-Za-z]{3,9}(?P=c)(?:\d{4}|\d{2})"
    r"|[A-Za-z]{3,9} \d{1,2},? \d{4}"
    r"|\d{8}"
    r"|\d{4}[-/]\d{2}|\d{1,2}[-/]\d{4}|[A-Za-z]{3,9}[- ](?:\d{4}|\d{2})"
)
_MOMENT = re.compile(
    rf"(?:(?P<week>[A-Za-z]{{3,9}})(?P<comma>,?)\s+)?(?P<date>{_DATE})"
    r"(?:(?P<gap>T|,? +)(?P<clock>\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)"
    r"(?P<half> ?[AaPp][Mm])?(?P<zone>Z|[+-]\d{2}:?\d{2})?)?"
)


@dataclass(frozen=True)
class DateColumn:
    """A column of dates.

    Parameters
    ----------
    column : Column
        The column.
    formats : tuple of str
        How they are written, the most frequent first.
    alternative : tuple of str
        The formats with day and month the other way round, where both fit.
    proof : str
        What proves the order, or that nothing does.
    moments : ndarray of datetime64, shape (rows looked at,)
        What the rows say, NaT where blank or not readable.
    timed : bool
        Whether they have a time of day that is not always midnight.
    month_only : bool
        Whether they are known to the month only: by their format, or for all are a first day.
    """

    column: Column
    formats: tuple[str, ...]
    alternative: tuple[str, ...]
    proof: str
    moments: NDArray[np.datetime64]
    timed: bool
    month_only: bool

    @property
    def year_may_be_first(self) -> bool:
        """Whether the other way round is with a year of two digits first."""
        return any(form.startswith("%y") for form in self.alternative)

    @property
    def without_days(self) -> bool:
        """Whether their format has no day."""
        return not any("%d" in form for form in self.formats)


@dataclass(frozen=True)
class _Candidate:
    format: str
    order: str
    month_only: bool = False


def date_column(column: Column, *, uk: bool) -> DateColumn | None:
    """Return what a column is as one of dates, None if it is none.

    Parameters
    ----------
    column : Column
        The column.
    uk : bool
        Whether the data are of the United Kingdom, where the day is written first.
    """
    if not column.texts or not _looks(column):
        return None
    groups = _groups(column)
    fits = _tried(column, groups)
    readable = np.zeros(len(column.texts), dtype=bool)
    for group, positions in groups.items():
        for candidate in group:
            readable[positions] |= fits[candidate][positions]
    tried = np.concatenate([np.asarray(p, dtype=np.intp) for p in groups.values()])
    if column.counts[readable].sum() < _ENOUGH * _weight(column, tried):
        return None
    return _decided(column, groups, fits, uk=uk)


def _looks(column: Column) -> bool:
    """Whether most of the first texts have the shape of a date, a cheap look."""
    first = column.texts[:50]
    return sum(_MOMENT.fullmatch(text) is not None for text in first) >= 0.8 * len(first)


def _weight(column: Column, tried: NDArray[np.intp]) -> int:
    if len(column.texts) <= _TRIED:
        return column.filled
    return int(column.counts[tried].sum())


def _groups(column: Column) -> dict[tuple[_Candidate, ...], list[int]]:
    """Return the texts' positions by the formats that each may have."""
    step = max(1, -(-len(column.texts) // _TRIED))
    found: dict[tuple[_Candidate, ...], list[int]] = defaultdict(list)
    for position in range(0, len(column.texts), step):
        found[tuple(candidates(column.texts[position]))].append(position)
    return dict(found)


def _tried(
    column: Column, groups: dict[tuple[_Candidate, ...], list[int]]
) -> dict[_Candidate, NDArray[np.bool_]]:
    """Return which of the texts of its group each format reads, to a plausible year."""
    fits: dict[_Candidate, NDArray[np.bool_]] = {}
    for group, positions in groups.items():
        texts = column.series.iloc[positions]
        for candidate in group:
            read = fits.setdefault(candidate, np.zeros(len(column.texts), dtype=bool))
            read[positions] |= _plausible(read_as(texts, candidate.format))
    return fits


def read_as(texts: pd.Series[str], form: str) -> NDArray[np.datetime64]:
    """Return what texts say by a format, NaT where they do not."""
    read = pd.to_datetime(texts, format=form, errors="coerce")
    return read.to_numpy().astype("datetime64[us]")


def _plausible(moments: NDArray[np.datetime64]) -> NDArray[np.bool_]:
    years = moments.astype("datetime64[Y]").astype(np.int64) + 1970
    first, last = PLAUSIBLE_YEARS
    # 9999 is how many systems write "no end"
    fits = ((years >= first) & (years <= last)) | (years == 9999)
    return np.asarray(fits & ~np.isnat(moments))


# -- formats of one text --------------------------------------------------------------------------


def candidates(text: str) -> Iterator[_Candidate]:
    """Yield the formats that a text may be written in; none if it has no date's shape."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        return
    week, after = match["week"], ""
    before = f"{'%a' if len(week) == 3 else '%A'}{match['comma']} " if week else ""
    if match["clock"]:
        after = f"{match['gap']}{clock_format(match['clock'] + (match['half'] or ''))}"
        after += match["zone"] or ""
    for form, order, month_only in _date_formats(match["date"]):
        yield _Candidate(f"{before}{form}{after}", order, month_only)


def _date_formats(date: str) -> Iterator[tuple[str, str, bool]]:
    tokens = re.findall(r"\d+|[A-Za-z]+|[^A-Za-z\d]+", date)
    numbers = [len(token) for token in tokens if token.isdecimal()]
    name = next((token for token in tokens if token.isalpha()), None)
    if name is not None:
        yield from _with_name(tokens, name.lower(), numbers)
    elif numbers == [8]:
        yield from (("%Y%m%d", YEAR_FIRST, False), ("%d%m%Y", DAY_FIRST, False))
        yield "%m%d%Y", MONTH_FIRST, False
    elif len(numbers) == 2:
        year_first = numbers[0] == 4
        order = YEAR_FIRST if year_first else BY_NAME
        yield _filled(tokens, "Ym" if year_first else "mY"), order, True
    elif numbers[0] == 4:
        yield _filled(tokens, "Ymd"), YEAR_FIRST, False
        yield _filled(tokens, "Ydm"), "year, day", False
    else:
        year = "Y" if numbers[2] == 4 else "y"
        yield _filled(tokens, f"dm{year}"), DAY_FIRST, False
        yield _filled(tokens, f"md{year}"), MONTH_FIRST, False
        if year == "y" and numbers == [2, 2, 2]:
            yield _filled(tokens, "ymd"), YEAR_FIRST, False


def _with_name(tokens: list[str], name: str, numbers: list[int]) -> Iterator[tuple[str, str, bool]]:
    if not re.fullmatch(f"{_MONTHS}|{_FULL}", name):
        return
    month = "b" if len(name) == 3 else "B"
    year = "Y" if numbers[-1] == 4 else "y"
    if len(numbers) == 1:
        yield _filled(tokens, month + year), BY_NAME, True
    elif tokens[0].isalpha():
        yield _filled(tokens, f"{month}d{year}"), BY_NAME, False
    else:
        yield _filled(tokens, f"d{month}{year}"), BY_NAME, False


def _filled(tokens: list[str], codes: str) -> str:
    left = iter(codes)
    return "".join(f"%{next(left)}" if token.isalnum() else token for token in tokens)


# -- the order ------------------------------------------------------------------------------------


def _decided(
    column: Column,
    groups: dict[tuple[_Candidate, ...], list[int]],
    fits: dict[_Candidate, NDArray[np.bool_]],
    *,
    uk: bool,
) -> DateColumn:
    totals = _by_order(column, fits)
    order, proof, other = _order(column, totals, uk=uk)
    chosen = _chosen(column, groups, fits, order)
    moments = _read(column, chosen)
    always_midnight = bool(
        all("%H" in c.format or "%I" in c.format for c in chosen)
        and (moments == moments.astype("datetime64[D]"))[~np.isnat(moments)].all()
        and np.count_nonzero(~np.isnat(moments)) >= 20
    )
    timed = any("%H" in c.format or "%I" in c.format for c in chosen) and not always_midnight
    formats = tuple(c.format for c in chosen)
    if always_midnight:
        # a clock that is always midnight is none: written out, it leaves the row known to the day
        formats = (*(_at_midnight(column, form) for form in formats), *formats)
    alternative = _chosen(column, groups, fits, other) if other else []
    return DateColumn(
        column=column,
        formats=tuple(dict.fromkeys(formats)),
        alternative=tuple(c.format for c in alternative),
        proof=proof,
        moments=moments[column.codes] if len(moments) else moments,
        timed=timed,
        month_only=all(c.month_only for c in chosen) or _all_first(moments),
    )


def _all_first(moments: NDArray[np.datetime64]) -> bool:
    """Whether all of several dates are the first day of a month, as of data without days."""
    known = np.unique(moments[~np.isnat(moments)])
    return len(known) > 2 and bool((known == known.astype("datetime64[M]")).all())


def _by_order(
    column: Column, fits: dict[_Candidate, NDArray[np.bool_]]
) -> dict[str, NDArray[np.bool_]]:
    """Return the texts that can be read in each order."""
    found: dict[str, NDArray[np.bool_]] = {}
    for candidate, read in fits.items():
        before = found.get(candidate.order, np.zeros(len(column.texts), dtype=bool))
        found[candidate.order] = before | read
    return found


def _order(
    column: Column, totals: dict[str, NDArray[np.bool_]], *, uk: bool
) -> tuple[str, str, str | None]:
    """Return the order, its proof, and the other order where it fits as well."""
    day = totals.get(DAY_FIRST, np.zeros(len(column.texts), dtype=bool))
    month = totals.get(MONTH_FIRST, np.zeros(len(column.texts), dtype=bool))
    year = totals.get(YEAR_FIRST, np.zeros(len(column.texts), dtype=bool))
    reversed_year = totals.get("year, day", np.zeros(len(column.texts), dtype=bool))
    if not (day | month).any():
        if column.counts[reversed_year & ~year].sum() > column.counts[year & ~reversed_year].sum():
            shown = _example(column, reversed_year & ~year)
            return "year, day", f"the day before the month proved by {shown}", None
        if year.any():
            return YEAR_FIRST, "the year is written first, then month and day", None
        return BY_NAME, "the month is written so that it cannot be mistaken", None
    last = day | month
    if (year & ~last).any():
        shown = _example(column, year & ~last)
        return YEAR_FIRST, f"year first proved by {shown}", None
    if year.any() and not (last & ~year).any():
        return _year_first_or_last(column, day, month, uk=uk)
    return _day_or_month(column, day, month, uk=uk)


def _year_first_or_last(
    column: Column, day: NDArray[np.bool_], month: NDArray[np.bool_], *, uk: bool
) -> tuple[str, str, str | None]:
    """Return the order of three numbers of two digits of which the first or last is the year.

    Of a day up to 31 either may be. The days of a file are many and its years few, so the part
    with fewer different values is the year.
    """
    parts = [re.findall(r"\d+", re.split(r"[T ]\D*\d+:", text)[0]) for text in column.texts]
    first, last = (len({part[at] for part in parts}) for at in (0, 2))
    if first * FEWER <= last:
        proof = f"the year is first, for only {first} different numbers stand there and {last} last"
        return YEAR_FIRST, proof, None
    order, proof, other = _day_or_month(column, day, month, uk=uk)
    if last * FEWER <= first:
        if other is None:
            proof += f"; the year is last, for only {last} different numbers stand there"
            proof += f" and {first} first"
        return order, proof, other
    return (
        order,
        f"whether the year is first or last is not proved; {_WORDS[order]} is proposed",
        YEAR_FIRST,
    )


def _day_or_month(
    column: Column, day: NDArray[np.bool_], month: NDArray[np.bool_], *, uk: bool
) -> tuple[str, str, str | None]:
    only_day, only_month = day & ~month, month & ~day
    rows_day, rows_month = int(column.counts[only_day].sum()), int(column.counts[only_month].sum())
    if rows_day and rows_month:
        order = DAY_FIRST if rows_day >= rows_month else MONTH_FIRST
        odd = only_month if order == DAY_FIRST else only_day
        return (
            order,
            f"both orders are in it: {rows_day:,} rows can only be day first, {rows_month:,} only "
            f"month first ({_example(column, odd)}); {_WORDS[order]} is proposed, the others are "
            "misread or rejected: export it again in one order",
            None,
        )
    if rows_day or rows_month:
        order, proving = (DAY_FIRST, only_day) if rows_day else (MONTH_FIRST, only_month)
        return (
            order,
            f"{_WORDS[order]} proved by {rows_day or rows_month:,} rows that can be nothing else, "
            f"such as {_example(column, proving)}",
            None,
        )
    usual = "as is usual in the United Kingdom" if uk else "though the data may not be British"
    return (
        DAY_FIRST,
        "the order of day and month is not proved (no day above 12); day first is proposed, "
        f"{usual}",
        MONTH_FIRST,
    )


def _example(column: Column, where: NDArray[np.bool_]) -> str:
    return quoted(column.texts[int(np.flatnonzero(where)[0])])


def _chosen(
    column: Column,
    groups: dict[tuple[_Candidate, ...], list[int]],
    fits: dict[_Candidate, NDArray[np.bool_]],
    order: str,
) -> list[_Candidate]:
    """Return one format for each way of writing, in the order wanted where there is a choice."""
    rows: dict[_Candidate, int] = defaultdict(int)
    for group, positions in groups.items():
        ranked = [c for c in group if c.order == order] or list(group)
        for candidate in ranked[:1]:
            read = fits[candidate][positions]
            rows[candidate] += int(column.counts[positions][read].sum())
    listed = sorted((c for c in rows if rows[c]), key=lambda c: -rows[c])
    # %B reads "May", which %b reads as well
    full = {c.format for c in listed}
    return [c for c in listed if "%b" not in c.format or c.format.replace("%b", "%B") not in full]


def _read(column: Column, chosen: list[_Candidate]) -> NDArray[np.datetime64]:
    """Return what every distinct text says, with a NaT at the end for the blank one."""
    moments = np.full(len(column.texts) + 1, "NaT", dtype="datetime64[us]")
    for candidate in chosen:
        left = np.flatnonzero(np.isnat(moments[:-1]))
        moments[left] = read_as(column.series.iloc[left], candidate.format)
    return moments


def _at_midnight(column: Column, form: str) -> str:
    clock = re.search(r"%[HI].*?(?=Z|[+-]\d|$)", form)
    if clock is None:
        return form
    shown = "12" if "%I" in form else "00"
    written = clock[0].replace("%H", shown).replace("%I", shown).replace("%p", "AM")
    written = re.sub(r"%[MS]", "00", written)
    if "%f" in written:
        return form
    written_form = form.replace(clock[0], written)
    fits = ~np.isnat(read_as(column.series.head(200), written_form))
    return written_form if fits.any() else form
