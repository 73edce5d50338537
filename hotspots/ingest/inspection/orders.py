"""Day and month in several columns of one file: one proves the order of the others, or they differ.

A mapping has one list of date formats for all columns, tried in turn, so that a column written
the other way round would be misread wherever the day is at most 12.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from hotspots.ingest.inspection.columns import named, quoted
from hotspots.ingest.inspection.dates import DateColumn, read_as


def settled(roles: Mapping[str, str], days: Mapping[str, DateColumn]) -> dict[str, DateColumn]:
    """Return the columns of dates, those of no proved order read as the ones that prove theirs.

    Parameters
    ----------
    roles : mapping
        The column of each role.
    days : mapping
        The columns of dates by name.
    """
    proved = [days[name] for name in roles.values() if not days[name].alternative]
    return {name: _settled(day, proved) for name, day in days.items()}


def _settled(day: DateColumn, proved: Iterable[DateColumn]) -> DateColumn:
    for other in proved:
        for formats in (day.formats, day.alternative):
            if day.alternative and set(formats) <= set(other.formats):
                return _as(day, formats, other)
    return day


def _as(day: DateColumn, formats: tuple[str, ...], other: DateColumn) -> DateColumn:
    moments = np.full(len(day.column.texts) + 1, "NaT", dtype="datetime64[us]")
    for form in formats:
        left = np.flatnonzero(np.isnat(moments[:-1]))
        moments[left] = read_as(day.column.series.iloc[left], form)
    proof = f"its order, not proved alone, is taken from {quoted(other.column.name)}"
    return replace(
        day, formats=formats, alternative=(), proof=proof, moments=moments[day.column.codes]
    )


def left_out(roles: dict[str, str], days: Mapping[str, DateColumn]) -> list[str]:
    """Take out of ``roles`` the columns written the other way round than the first; say so."""
    if "from" not in roles:
        return []
    first = days[roles["from"]]
    opposite = {_turned(form) for form in first.formats} - set(first.formats)
    lost = [key for key in roles if key != "from" and opposite & set(days[roles[key]].formats)]
    names = [roles.pop(key) for key in lost]
    if not names:
        return []
    return [
        f"{named(names)} has day and month the other way round than {quoted(first.column.name)}, "
        "which one mapping cannot read: it is left out; export both alike."
    ]


def _turned(form: str) -> str:
    swap = {"%d": "%m", "%m": "%d"}
    return "".join(swap.get(part, part) for part in _codes(form))


def _codes(form: str) -> list[str]:
    """Return a format's codes and the characters between them."""
    parts, at = [], 0
    while at < len(form):
        length = 2 if form[at] == "%" else 1
        parts.append(form[at : at + length])
        at += length
    return parts
