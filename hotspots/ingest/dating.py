"""What a row says of its dates and times -> moments, and how far they are known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.ingest.mapping import Mapping
from hotspots.ingest.records import Records

_SECOND = np.timedelta64(1, "s").astype("timedelta64[us]")
# as typed cells (Excel, Parquet) arrive: they have no format that a mapping could know
_ISO_DATES = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f")
_ISO_TIMES = ("%H:%M:%S", "%H:%M:%S.%f")

Times = NDArray[np.datetime64]


@dataclass(frozen=True)
class When:
    """First and last moment of each record, how far they are known, and where unreadable."""

    starts: Times
    ends: Times
    precision: NDArray[np.str_] | str
    unreadable: NDArray[np.bool_]


def when_of(records: Records, mapping: Mapping) -> When:
    """Return when the incidents of a block happened, by the columns and formats of a mapping."""
    columns = mapping.columns
    starts, start_timed = _moment(records, columns.from_date, columns.from_time, mapping)
    if columns.to_date is None:
        to, to_timed = np.full_like(starts, "NaT"), np.zeros_like(start_timed)
        blank = np.ones(len(starts), dtype=bool)
    else:
        to, to_timed = _moment(records, columns.to_date, columns.to_time, mapping)
        blank = (_joined(records, columns.to_date) == "").to_numpy(dtype=bool)
    last = np.where(blank, starts, to)
    unreadable = np.isnat(starts) | (np.isnat(to) & ~blank)
    if mapping.dates.precision == "month":
        return When(_begin(starts, "M"), _end(last, "M"), "month", unreadable)
    timed = np.where(blank, start_timed, to_timed)
    ends = np.where(timed, last, _end(last, "D"))
    precision = np.where(start_timed & timed, "minute", "day")
    return When(starts, ends, precision, unreadable)


def _begin(moments: Times, unit: Literal["M", "D"]) -> Times:
    """Return the first moment of the day or month."""
    return np.asarray(moments.astype(f"datetime64[{unit}]").astype(moments.dtype))


def _end(moments: Times, unit: Literal["M", "D"]) -> Times:
    """Return the end of the day or month, the last second before the next begins."""
    following = moments.astype(f"datetime64[{unit}]") + np.timedelta64(1, unit)
    return np.asarray(following.astype(moments.dtype) - _SECOND)


def _moment(
    records: Records, dates: tuple[str, ...], times: tuple[str, ...] | None, mapping: Mapping
) -> tuple[Times, NDArray[np.bool_]]:
    """Return moments, NaT where unreadable, and where the time of day is known."""
    formats = mapping.dates.date_formats
    # where the mapping says year, day, month, an ISO date would be read in two ways
    iso = () if any(re.match(r"%Y\W?%d", form) for form in formats) else _ISO_DATES
    moment, timed = _parsed(_joined(records, dates), (*formats, *iso))
    if times is None:
        return moment, timed
    clock, readable = _parsed(_joined(records, times), (*mapping.dates.time_formats, *_ISO_TIMES))
    readable &= ~np.isnat(clock)
    together = np.where(readable, _begin(moment, "D") + (clock - _begin(clock, "D")), moment)
    return together, (readable | timed) & ~np.isnat(moment)


def recorded_of(records: Records, mapping: Mapping) -> Times | np.datetime64:
    """Return when each incident was written down, NaT where that is not said or not readable."""
    columns = mapping.columns
    if columns.recorded_date is None:
        return np.datetime64("NaT", "us")
    return _moment(records, columns.recorded_date, columns.recorded_time, mapping)[0]


def _joined(records: Records, columns: tuple[str, ...]) -> pd.Series[str]:
    text = records.stripped(columns[0])
    for column in columns[1:]:
        text = text + " " + records.stripped(column)
    return text.str.strip()


def _parsed(text: pd.Series[str], formats: tuple[str, ...]) -> tuple[Times, NDArray[np.bool_]]:
    """Return moments by the first format that fits, and whether that format has an hour."""
    codes, distinct = pd.factorize(text)
    texts = pd.Series(distinct, dtype="str")
    moment = np.full(len(texts), "NaT", dtype="datetime64[us]")
    timed = np.zeros(len(texts), dtype=bool)
    for form in formats:
        left = np.isnat(moment)
        found = pd.to_datetime(texts[left], format=form, errors="coerce")
        moment[left] = found.to_numpy().astype("datetime64[us]")
        timed |= left & ~np.isnat(moment) & any(hour in form for hour in _HOURS)
    return moment[codes], timed[codes]


_HOURS = ("%H", "%I", "%X", "%c")
