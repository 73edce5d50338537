"""Any CSV export, read by the mapping file that says what its columns mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.errors import DataError
from hotspots.ingest.mapping import Mapping
from hotspots.ingest.readers import (
    Context,
    FileRows,
    Reader,
    Reasons,
    finish,
    locate,
    look_up,
    or_missing,
)
from hotspots.ingest.records import Records, decode, parse
from hotspots.taxonomy import UNMAPPED

#: First and last year an incident can be of.
PLAUSIBLE_YEARS = (1970, 2100)
NAME = "csv"
_DAY = np.timedelta64(1, "D").astype("timedelta64[us]")
_SECOND = np.timedelta64(1, "s").astype("timedelta64[us]")

Times = NDArray[np.datetime64]


def _sniff(_name: str, header: tuple[str, ...]) -> bool:
    return len(header) > 1


def _refusal(_name: str, _header: tuple[str, ...]) -> str | None:
    return None


def read(content: bytes, name: str, context: Context) -> FileRows:
    """Read one CSV file by the mapping of ``context``.

    Precision is "minute" where the times are known, else "day"; then ``ends_at`` is the end of
    the last day minus one second. A text in no entry of ``[categories]`` is kept as "unmapped".
    A reference that an earlier kept row has, in any file of the call, is a duplicate; rows
    without a reference are never duplicates.

    Raises
    ------
    DataError
        If there is no mapping, the file lacks a column or is in another encoding.
    """
    mapping = context.mapping
    if mapping is None:
        raise DataError(
            f"A CSV that is not from data.police.uk must come with a mapping file; {name} came "
            "without: add --mapping FILE (see docs/mapping.md)."
        )
    advice = 'set `encoding` in the mapping file, for example to "cp1252"'
    text = decode(content, name, mapping.encoding, advice)
    records = parse(text, name, mapping.delimiter)
    _check_columns(records.header, mapping, name)
    return _rows(records, name, mapping, context)


def _check_columns(header: tuple[str, ...], mapping: Mapping, name: str) -> None:
    missing = [column for column in mapping.named() if column not in header]
    if missing:
        raise DataError(
            f"A file must have every column that the mapping names; {name} lacks "
            f"{', '.join(missing)} and has {', '.join(header)}: correct the mapping."
        )
    twice = [column for column in mapping.named() if header.count(column) > 1]
    if twice:
        raise DataError(
            f"A column that the mapping names must be in the file once; {name} has "
            f"{', '.join(twice)} more than once: rename one of them."
        )


def _implausible(starts: np.ndarray[Any, np.dtype[np.datetime64]]) -> NDArray[np.bool_]:
    """Return which dates are an export's way to say "open" or "unknown": 31/12/9999, 01/01/0001."""
    years = starts.astype("datetime64[Y]").astype(np.int64) + 1970
    outside = (years < PLAUSIBLE_YEARS[0]) | (years > PLAUSIBLE_YEARS[1])
    return np.asarray(outside & ~np.isnat(starts))


def _rows(records: Records, name: str, mapping: Mapping, context: Context) -> FileRows:
    columns = mapping.columns
    reasons = Reasons(len(records.frame))
    for column, excluded in mapping.exclude.items():
        given = records.stripped(column)
        for value in excluded:
            reasons.add(given == value.strip(), f'{column} is "{value}"')
    x, y = locate(
        records.column(columns.x), records.column(columns.y), mapping.crs, context, reasons
    )
    when = _when(records, mapping)
    reasons.add(when.unreadable, "no readable date")
    reasons.add(_implausible(when.starts), "no plausible year")
    reasons.add(when.ends < when.starts, "to-date before from-date")
    reference = _reference(records, name, mapping, context, reasons)
    category, given = _category(records, mapping)
    values = {
        "reference": reference,
        "category": category,
        "source_category": given,
        "starts_at": when.starts,
        "ends_at": when.ends,
        "precision": np.where(when.timed, "minute", "day"),
        "x": x,
        "y": y,
        "location": or_missing(records.column(columns.location)) if columns.location else np.nan,
        "agency": _agency(records, mapping),
    }
    return finish(records, name, reasons, values)


# -- when -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _When:
    """First and last moment of each record, whether both are times, and where unreadable."""

    starts: Times
    ends: Times
    timed: NDArray[np.bool_]
    unreadable: NDArray[np.bool_]


def _when(records: Records, mapping: Mapping) -> _When:
    columns = mapping.columns
    starts, start_timed = _moment(records, columns.from_date, columns.from_time, mapping)
    if columns.to_date is None:
        to, to_timed = np.full_like(starts, "NaT"), np.zeros_like(start_timed)
        blank = np.ones(len(starts), dtype=bool)
    else:
        to, to_timed = _moment(records, columns.to_date, columns.to_time, mapping)
        blank = (_joined(records, columns.to_date) == "").to_numpy(dtype=bool)
    last = np.where(blank, starts, to)
    timed = np.where(blank, start_timed, to_timed)
    # a day without a time lasts until the next begins
    ends = np.where(timed, last, last.astype("datetime64[D]").astype(last.dtype) + _DAY - _SECOND)
    unreadable = np.isnat(starts) | (np.isnat(to) & ~blank)
    return _When(starts, ends, start_timed & timed, unreadable)


def _moment(
    records: Records, dates: tuple[str, ...], times: tuple[str, ...] | None, mapping: Mapping
) -> tuple[Times, NDArray[np.bool_]]:
    """Return moments, NaT where unreadable, and where the time of day is known."""
    moment, timed = _parsed(_joined(records, dates), mapping.dates.date_formats)
    if times is None:
        return moment, timed
    clock, readable = _parsed(_joined(records, times), mapping.dates.time_formats)
    readable &= ~np.isnat(clock)
    midnight = clock.astype("datetime64[D]").astype(clock.dtype)
    day = moment.astype("datetime64[D]").astype(moment.dtype)
    together = np.where(readable, day + (clock - midnight), moment)
    return together, (readable | timed) & ~np.isnat(moment)


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


# -- what, who ------------------------------------------------------------------------------------


def _reference(
    records: Records, name: str, mapping: Mapping, context: Context, reasons: Reasons
) -> Any:
    if mapping.columns.reference is None:
        return np.nan
    reference = or_missing(records.stripped(mapping.columns.reference))
    kept = reference[reasons.kept].dropna()
    rows = pd.Series(records.rows, index=records.frame.index)[kept.index]
    first = ~kept.duplicated()
    known = context.references
    fresh = {
        text: (row, name)
        for text, row in zip(kept[first].tolist(), rows[first].tolist(), strict=True)
        if text not in known
    }
    again = kept[~first | ~kept.isin(fresh)]
    known.update(fresh)
    for position, text in zip(again.index, again, strict=True):
        row, file = known[text]
        reasons.add_at(position, f"reference repeated (first at row {row} of {file})")
    return reference


def _category(records: Records, mapping: Mapping) -> tuple[Any, Any]:
    """Return the category of each record and the text that it was made from."""
    default = mapping.defaults.category
    if mapping.columns.category is None:
        return default, ""
    given = records.stripped(mapping.columns.category)
    table = {text.strip(): code for text, code in mapping.categories.items()}
    known = look_up(given, table, UNMAPPED)
    return (known.mask(given == "", default) if default else known), given


def _agency(records: Records, mapping: Mapping) -> Any:
    default = mapping.defaults.agency or np.nan
    if mapping.columns.agency is None:
        return default
    return or_missing(records.stripped(mapping.columns.agency)).fillna(default)


READER = Reader(NAME, "a CSV file read by a mapping", _sniff, _refusal, read)
