"""Columns of times of day, and dates counted in days."""

from __future__ import annotations

import re
from collections import defaultdict

import numpy as np
import pandas as pd

from hotspots.ingest.inspection.columns import Column

#: Distinct texts of a column that are tried; more prove no more.
_TRIED = 4_000
#: Share of the filled rows that must be times for the column to be one.
_ENOUGH = 0.9
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d{1,6})?)?( ?[AaPp][Mm])?")


def clock_format(text: str) -> str:
    """Return the format of a time of day."""
    half = re.search(r" ?[AaPp][Mm]$", text)
    clock = text[: half.start()] if half else text
    form = "%I" if half else "%H"
    form += "".join(("", ":%M", ":%S")[: clock.count(":") + 1])
    form += ".%f" if "." in clock else ""
    return form + (" " if half and half[0].startswith(" ") else "") + ("%p" if half else "")


def time_formats(column: Column) -> tuple[str, ...]:
    """Return the formats of a column of times of day, the most frequent first; none if it is none.

    Four digits ("2130") are times only under a name that says so.
    """
    if not column.texts:
        return ()
    rows: dict[str, int] = defaultdict(int)
    digits = bool(column.words & {"time", "hhmm"})
    for text, count in zip(column.texts[:_TRIED], column.counts.tolist(), strict=False):
        if _CLOCK.fullmatch(text):
            rows[clock_format(text)] += count
        elif digits and re.fullmatch(r"([01]\d|2[0-3])[0-5]\d", text):
            rows["%H%M"] += count
    if sum(rows.values()) < _ENOUGH * int(column.counts[:_TRIED].sum()):
        return ()
    return tuple(sorted(rows, key=lambda form: -rows[form]))


def is_serial(column: Column) -> bool:
    """Return whether a column seems to have dates as Excel counts them, days since 1900."""
    if not column.words & {"date", "day", "datetime", "occurred", "reported", "from", "to"}:
        return False
    values = np.array(pd.to_numeric(column.series, errors="coerce"), dtype=np.float64)
    fits = (values > 25_569) & (values < 73_415)
    return bool(len(values)) and column.share(fits) > _ENOUGH
