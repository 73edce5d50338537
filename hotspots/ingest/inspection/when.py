"""Which columns say when: from, to and recorded, whole dates or their parts, and times of day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from hotspots.ingest.inspection.clocks import is_serial, time_formats
from hotspots.ingest.inspection.columns import Column, named, quoted
from hotspots.ingest.inspection.dates import DateColumn, date_column, read_as
from hotspots.ingest.inspection.orders import left_out, settled

# fmt: off
_OTHER = frozenset((
    "birth", "dob", "updated", "update", "modified", "closed", "closure", "resolved",
    "printed", "export", "extract", "extracted", "due", "review", "arrest", "outcome",
    "disposal", "expiry", "amended",
))
_RECORDED = frozenset((
    "recorded", "recording", "reported", "report", "created", "logged", "log", "entered",
    "received", "registered", "record", "input",
))
# fmt: on
_TO = frozenset(["to", "end", "ended", "until", "latest", "last", "finish", "finished", "before"])
# fmt: off
_FROM = frozenset((
    "from", "start", "started", "begin", "began", "occurred", "occ", "occurrence", "incident",
    "offence", "committed", "call", "earliest", "first", "event", "happened",
))
# fmt: on
_ROLES = (("other", _OTHER), ("recorded", _RECORDED), ("to", _TO), ("from", _FROM))


@dataclass(frozen=True)
class When:
    """What the columns say of the time.

    Parameters
    ----------
    columns : dict
        Keys of ``[columns]`` that are about time, empty if no date was found.
    dates : dict
        Keys of ``[dates]``.
    used : frozenset of str
        Columns that are dates or times, whether used or not.
    sentences, questions : tuple of str
        What was decided and why; what the analyst must check.
    alternative : tuple of str
        Date formats that fit as well.
    """

    columns: dict[str, Any] = field(default_factory=dict)
    dates: dict[str, Any] = field(default_factory=dict)
    used: frozenset[str] = frozenset()
    sentences: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    alternative: tuple[str, ...] = ()


def when_of(columns: Sequence[Column], *, uk: bool) -> When:
    """Return what the columns of a sample say of the time."""
    found = {c.name: d for c in columns if (d := date_column(c, uk=uk)) is not None}
    clocks = {c.name: f for c in columns if c.name not in found and (f := time_formats(c))}
    used = frozenset({*found, *clocks})
    days = {name: d for name, d in found.items() if not d.without_days}
    if days:
        return _with_dates(columns, days, clocks, used)
    parts = {word: _part(columns, word) for word in ("day", "month", "year")}
    if all(parts.values()):
        return _from_parts(columns, parts, clocks, used)
    if found:
        return _with_dates(columns, found, {}, used)
    return _without_dates(columns, used)


def _role(column: Column) -> str:
    return next((role for role, words in _ROLES if column.words & words), "")


# -- whole dates ----------------------------------------------------------------------------------


def _with_dates(
    columns: Sequence[Column],
    days: dict[str, DateColumn],
    clocks: dict[str, tuple[str, ...]],
    used: frozenset[str],
) -> When:
    by_name = {c.name: c for c in columns}
    roles = _assigned({name: _role(by_name[name]) for name in days}, days)
    days = settled(roles, days)
    sentences: list[str] = []
    questions = left_out(roles, days)
    keys: dict[str, Any] = {}
    formats: list[str] = []
    times: list[str] = []
    for key, name in roles.items():
        day = days[name]
        keys[f"{key}_date"] = name
        formats += day.formats
        sentences.append(_told(f"{key}_date", day))
        clock = None if day.timed else _clock_for(key, name, columns, clocks)
        if clock is not None:
            keys[f"{key}_time"] = clock
            times += clocks[clock]
            sentences.append(f"Column {quoted(clock)} is {key}_time: its values are times of day.")
        questions += _doubts(day)
    if "from_date" in keys and "to_date" in keys:
        sentences.append(_span(days[keys["from_date"]], days[keys["to_date"]]))
    left = [name for name in days if name not in roles.values()]
    if left:
        questions.append(f"Dates not used: {named(left)}; choose others under [columns] if wrong.")
    alternative = tuple(f for name in roles.values() for f in days[name].alternative)
    dates: dict[str, Any] = {"date_formats": tuple(dict.fromkeys(formats))}
    start = days[roles["from"]] if "from" in roles else None
    if start is not None and start.month_only and not times:
        dates["precision"] = "month"
        questions.append(_month_question(start))
    if times:
        dates["time_formats"] = tuple(dict.fromkeys(times))
    return When(
        keys, dates, used, tuple(sentences), tuple(questions), tuple(dict.fromkeys(alternative))
    )


def _assigned(roles: dict[str, str], days: dict[str, DateColumn]) -> dict[str, str]:
    """Return the column of each role; the first one named for it, "from" from what there is."""
    found: dict[str, str] = {}
    for wanted in ("from", "", "recorded", "other"):
        fit = [name for name in days if roles[name] == wanted]
        if fit and "from" not in found:
            # of several the one that says most
            found["from"] = max(fit, key=lambda name: days[name].column.filled)
    for wanted in ("to", "recorded"):
        fit = [name for name in days if roles[name] == wanted and name not in found.values()]
        if fit:
            found[wanted] = fit[0]
    return found


def _month_question(day: DateColumn) -> str:
    why = "has no day" if day.without_days else "is always the first day of a month"
    return (
        f"{quoted(day.column.name)} {why}, so incidents are taken to be known to the month only: "
        "is a day to be had?"
    )


def _told(key: str, day: DateColumn) -> str:
    shown = " or ".join(quoted(form) for form in day.formats)
    return f"Column {quoted(day.column.name)} is {key}, written {shown}; {day.proof}."


def _doubts(day: DateColumn) -> list[str]:
    name = quoted(day.column.name)
    found = []
    if day.alternative:
        which = "the year first or last" if day.year_may_be_first else "the day or the month first"
        found.append(f"Is {which} in {name}? Look up one incident whose date you know.")
    if any("%y" in form for form in day.formats):
        found.append(f"The years in {name} have two digits: 69 to 99 are read as 1969 to 1999.")
    if any(re.search(r"%[HIMSf].*(Z|[+-]\d\d:?\d\d)$", form) for form in day.formats):
        found.append(f"{name} states a time zone, which is not read: times are taken as local.")
    return found


def _span(start: DateColumn, end: DateColumn) -> str:
    both = ~np.isnat(start.moments) & ~np.isnat(end.moments)
    rows = int(both.sum())
    ordered = int((start.moments[both] <= end.moments[both]).sum())
    return f"Of {rows:,} rows with both dates, {ordered:,} have from_date no later than to_date" + (
        "." if ordered >= 0.9 * rows else ": check which column is which."
    )


def _clock_for(
    role: str, day: str, columns: Sequence[Column], clocks: dict[str, tuple[str, ...]]
) -> str | None:
    """Return the column of times that belongs to a column of dates."""
    if not clocks:
        return None
    by_name = {c.name: c for c in columns}
    place = [c.name for c in columns]
    fit = [name for name in clocks if _role(by_name[name]) == role]
    if not fit and role == "from":
        fit = [name for name in clocks if _role(by_name[name]) == ""]
    return min(fit, key=lambda name: abs(place.index(name) - place.index(day)), default=None)


# -- dates in parts -------------------------------------------------------------------------------


def _without_dates(columns: Sequence[Column], used: frozenset[str]) -> When:
    serial = [c.name for c in columns if is_serial(c)]
    if serial:
        told = (
            f"Column {named(serial)} seems to hold dates as Excel counts them (days since 1900), "
            "which a mapping cannot read: format it as a date (YYYY-MM-DD) and export again."
        )
        return When(used=used, sentences=(told,), questions=(told,))
    told = "No column of dates was found, in no format that is known; a mapping needs one."
    return When(used=used, sentences=(told,), questions=(told,))


_RANGES = {"day": (1, 31), "month": (1, 12), "hour": (0, 23), "minute": (0, 59)}
_ALSO = {"hour": {"hour", "hr", "hh"}, "minute": {"minute", "min", "mins"}}


def _part(columns: Sequence[Column], word: str) -> Column | None:
    """Return the column that is one part of dates, by name and values."""
    names = _ALSO.get(word, {word})
    fit = [c for c in columns if c.words & names and c.texts and _is_part(c, word)]
    return min(fit, key=lambda c: len(c.words), default=None)


def _is_part(column: Column, word: str) -> bool:
    if word == "month" and _month_code(column) != "%m":
        return True
    values = np.array(pd.to_numeric(column.series, errors="coerce"), dtype=np.float64)
    low, high = _RANGES.get(word, (1970, 2100))
    fits = (values >= low) & (values <= high) & (values == np.floor(values))
    if word == "year":
        fits |= (values >= 0) & (values <= 99)
    return column.share(fits) > 0.95


def _month_code(column: Column) -> str:
    for code in ("%B", "%b"):
        if (~np.isnat(read_as(column.series, code))).mean() > 0.9:
            return code
    return "%m"


def _from_parts(
    columns: Sequence[Column],
    parts: dict[str, Column | None],
    clocks: dict[str, tuple[str, ...]],
    used: frozenset[str],
) -> When:
    place = {c.name: position for position, c in enumerate(columns)}
    chosen = sorted(((c, w) for w, c in parts.items() if c), key=lambda pair: place[pair[0].name])
    codes = {"day": "%d", "month": "%m", "year": "%Y"}
    for column, word in chosen:
        if word == "month":
            codes["month"] = _month_code(column)
        if word == "year" and all(len(text) == 2 for text in column.texts):
            codes["year"] = "%y"
    form = " ".join(codes[word] for _, word in chosen)
    names = tuple(column.name for column, _ in chosen)
    joined = chosen[0][0].rows()
    for column, _ in chosen[1:]:
        joined = joined + " " + column.rows()
    readable = int((~np.isnat(read_as(joined, form))).sum())
    sentences = [
        f"The date is in the columns {named(names)}, joined and read by {quoted(form)}: "
        f"{readable:,} of {len(joined):,} rows are dates so."
    ]
    keys: dict[str, Any] = {"from_date": names}
    dates: dict[str, Any] = {"date_formats": (form,)}
    taken = set(names)
    clock = _clock_for("from", names[0], columns, clocks)
    hour, minute = _part(columns, "hour"), _part(columns, "minute")
    if clock is not None:
        keys["from_time"], dates["time_formats"] = clock, clocks[clock]
        sentences.append(f"Column {quoted(clock)} is from_time: its values are times of day.")
    elif hour is not None:
        both = [c for c in (hour, minute) if c is not None]
        keys["from_time"] = tuple(c.name for c in both)
        dates["time_formats"] = ("%H %M" if minute is not None else "%H",)
        taken |= {c.name for c in both}
        sentences.append(f"The time is in {named(keys['from_time'])}: all values are in range.")
    return When(keys, dates, used | taken, tuple(sentences))
