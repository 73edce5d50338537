"""Residents by ward, joined by code; what does not match is said."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from python_calamine import CalamineError, CalamineWorkbook

from hotspots.errors import DataError
from hotspots.model import Wards

_RESIDENTS = re.compile(
    r"population|residents?|persons|people|all[ _]?(ages|usual)|(^|_)pop(_|\d|$)"
)
#: Words of columns that count something else about the residents.
_NOT_RESIDENTS = re.compile(r"densit|percent|%|per_|per |share|rate|change|male|household|area")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_BOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")

Row = Sequence[Any]


@dataclass(frozen=True)
class PopulationReport:
    """How a population file matched the wards.

    Parameters
    ----------
    matched : int
        Wards that have residents now.
    wards_without_population : tuple of str
        Codes of the wards that have none: not in the file, or without a usable number there.
    population_without_ward : tuple of str
        Codes of the file that are no ward of this vintage.
    column : str
        The column used.
    other_columns : tuple of str
        Columns that might have been meant instead.
    sentences : tuple of str
        All this in words.
    """

    matched: int
    wards_without_population: tuple[str, ...]
    population_without_ward: tuple[str, ...]
    column: str
    other_columns: tuple[str, ...]
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class _Table:
    """A header and the rows under it; ``code`` is the position of the code column."""

    where: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    code: int
    matches: int


def read_population(
    path: str | Path,
    wards: Wards,
    *,
    code_column: str | None = None,
    column: str | None = None,
) -> tuple[Wards, PopulationReport]:
    """Join residents to wards by code, from a CSV or Excel file.

    Parameters
    ----------
    path : path
        A ``.csv`` (UTF-8 or Windows-1252) or an Excel file. Lines above the header are passed
        over; of several sheets the one with most of the ward codes is read.
    wards : Wards
        The wards; they are not changed.
    code_column : str, optional
        Column of the ward code; the one that holds most of the codes if None.
    column : str, optional
        Column of the residents; recognised by its name if None, of several years the latest.

    Returns
    -------
    wards : Wards
        The same wards with ``population``, NaN where the file has no usable number, and
        ``population_source``.
    report : PopulationReport
        What matched and what did not.

    Raises
    ------
    DataError
        If the file cannot be read, no code matches, a code is repeated, a column is not there,
        or it is not clear which column is meant.
    """
    path = Path(path)
    codes = tuple(str(code) for code in wards.frame["ward_code"])
    table = _choose(_sheets(path), set(codes), code_column, path.name)
    position, others = _residents(table, column, path.name)
    found, unusable = _numbers(table, position, path.name)
    used = table.header[position]
    population = np.array([found.get(code, np.nan) for code in codes], dtype=np.float64)
    frame = wards.frame.copy()
    frame["population"] = population
    report = _report(codes, found, unusable, used, others)
    source = f"{table.where}, column {used}"
    return replace(wards, frame=frame, population_source=source), report


def _report(
    codes: tuple[str, ...],
    found: dict[str, float],
    unusable: dict[str, str],
    used: str,
    others: tuple[str, ...],
) -> PopulationReport:
    without = tuple(code for code in codes if code not in found)
    unknown = tuple(sorted(set(found) - set(codes)))
    matched = len(codes) - len(without)
    sentences = [f"{matched} of {len(codes)} wards have residents, from the column {used}."]
    if others:
        sentences.append(f"Not used: {', '.join(others)}; give --column to take another.")
    if without:
        sentences.append(f"{len(without)} wards have no residents: {_some(without)}.")
    wrong = [f"{code} ({unusable[code]!r})" for code in without if code in unusable]
    if wrong:
        sentences.append(f"Not a number of residents: {_some(wrong)}.")
    if unknown:
        sentences.append(
            f"{len(unknown)} codes of the file are no ward of this vintage: {_some(unknown)}."
        )
    return PopulationReport(matched, without, unknown, used, others, tuple(sentences))


# -- the file -------------------------------------------------------------------------------------


def _sheets(path: Path) -> list[tuple[str, list[list[Any]]]]:
    """Return every sheet with how to call it; a CSV is one sheet."""
    if not path.is_file():
        raise DataError(f"A population file must exist; {path} does not: check its spelling.")
    suffix = path.suffix.lower()
    if suffix in _BOOKS:
        return _book(path)
    if suffix in (".csv", ".txt"):
        return [(path.name, _csv_rows(path))]
    raise DataError(
        f"Population must be in a .csv or an .xlsx; {path.name} is neither: save it as CSV."
    )


def _book(path: Path) -> list[tuple[str, list[list[Any]]]]:
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            names = list(book.sheet_names)
            rows = [book.get_sheet_by_name(name).to_python() for name in names]
    except (CalamineError, OSError) as error:
        raise DataError(
            f"An Excel file must be whole and without a password; {path.name} is not ({error}): "
            "save it again."
        ) from error
    calls = [path.name if len(names) == 1 else f"{path.name}, sheet {name}" for name in names]
    return list(zip(calls, rows, strict=True))


def _csv_rows(path: Path) -> list[list[Any]]:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Excel on Windows saves "CSV" in this; every byte is a character in it or its kin
        text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        raise DataError(f"A .csv must be text; {path.name} is binary: save it as CSV in UTF-8.")
    try:
        return [list(row) for row in csv.reader(StringIO(text, newline=""))]
    except csv.Error as error:
        raise DataError(
            f"{path.name} must be a CSV file; it is not ({error}): export it again."
        ) from error


# -- the columns ----------------------------------------------------------------------------------


def _choose(
    sheets: list[tuple[str, list[list[Any]]]], codes: set[str], code_column: str | None, file: str
) -> _Table:
    tables = [_table(where, rows, codes, code_column) for where, rows in sheets]
    found = [table for table in tables if table is not None and table.matches]
    if not found:
        _refuse_unmatched(sheets, code_column, file)
    best = max(table.matches for table in found)
    equal = [table for table in found if table.matches == best]
    persons = [table for table in equal if "person" in table.where.lower()]
    if len(equal) > 1 and len(persons) != 1:
        raise DataError(
            "A population file must have one sheet with the ward codes; equally many are in "
            f"{'; '.join(table.where for table in equal)}: save the one meant in its own file."
        )
    return persons[0] if len(equal) > 1 else equal[0]


def _refuse_unmatched(
    sheets: list[tuple[str, list[list[Any]]]], code_column: str | None, file: str
) -> NoReturn:
    headers = [[_text(cell) for cell in rows[0]] for _, rows in sheets if rows]
    if code_column is not None and all(code_column not in header for header in headers):
        listed = "; ".join(", ".join(header) for header in headers) or "no columns"
        raise DataError(
            f"--code-column must name a column of the file; {file} has {listed} and no "
            f"{code_column!r}: give one of these."
        )
    raise DataError(
        f"A population file must have codes of these wards; none of those in {file} is: check "
        "that it is of the same vintage as the boundaries."
    )


def _table(
    where: str, rows: list[list[Any]], codes: set[str], code_column: str | None
) -> _Table | None:
    """Return the table of a sheet by its column of codes, None if there is no such column."""
    if code_column is not None:
        at = [(r, row) for r, row in enumerate(rows) if code_column in map(_text, row)]
        if not at:
            return None
        top, code = at[0][0], [_text(cell) for cell in at[0][1]].index(code_column)
    else:
        hits = Counter(c for row in rows for c, cell in enumerate(row) if _text(cell) in codes)
        if not hits:
            return None
        code = hits.most_common(1)[0][0]
        first = next(
            r for r, row in enumerate(rows) if len(row) > code and _text(row[code]) in codes
        )
        top = _header_above(rows, first, code)
    header = tuple(_text(cell) for cell in rows[top]) if top >= 0 else ()
    below = tuple(row for row in rows[top + 1 :] if len(row) > code)
    matches = sum(_text(row[code]) in codes for row in below)
    return _Table(where, header, below, code, matches)


def _header_above(rows: list[list[Any]], first: int, code: int) -> int:
    """Return the row of the header: the lowest above the codes that has several texts.

    A code that is no ward of this vintage may stand above the first that is. Its row has a
    number among its cells; a header has none but years, or it names the residents as well.
    """
    for r in range(first - 1, -1, -1):
        row = rows[r]
        cells = [_text(cell) for cell in row if _text(cell)]
        named = len(row) > code and _text(row[code]) and len(cells) > 1
        numbers = any(_is_count(cell) for cell in cells)
        if named and (not numbers or any(_RESIDENTS.search(cell.lower()) for cell in cells)):
            return r
    return -1


def _is_count(cell: str) -> bool:
    return _number(cell) is not None and not _YEAR.fullmatch(cell)


def _residents(table: _Table, column: str | None, file: str) -> tuple[int, tuple[str, ...]]:
    """Return the position of the column of residents, and the others that might be meant."""
    candidates = [
        i
        for i, name in enumerate(table.header)
        if i != table.code
        and _RESIDENTS.search(name.lower())
        and not _NOT_RESIDENTS.search(name.lower())
    ]
    listed = ", ".join(name for name in table.header if name) or "no header"
    if column is not None:
        if table.header.count(column) != 1:
            raise DataError(
                f"--column must name one column of the file; {file} has {listed} and "
                f"{table.header.count(column) or 'no'} {column!r}: give one of these."
            )
        position = table.header.index(column)
    elif not candidates:
        raise DataError(
            f"A population file must have a column of residents; {file} has {listed}: say which "
            "with --column."
        )
    else:
        position = _latest(table.header, candidates, file)
    return position, tuple(table.header[i] for i in candidates if i != position)


def _latest(header: tuple[str, ...], candidates: list[int], file: str) -> int:
    years = {i: max(_YEAR.findall(_spaced(header[i])), default="") for i in candidates}
    latest = max(years.values())
    best = [i for i in candidates if years[i] == latest]
    unclear = len(candidates) > 1 and not all(years.values())
    if unclear or len(best) > 1:
        names = ", ".join(header[i] for i in candidates)
        raise DataError(
            f"The column of residents must be clear; {file} has {names}: say which with --column."
        )
    return best[0]


def _spaced(name: str) -> str:
    return name.replace("_", " ")


# -- the values -----------------------------------------------------------------------------------


def _numbers(table: _Table, position: int, file: str) -> tuple[dict[str, float], dict[str, str]]:
    """Return residents by code, and by code what was written instead of a number."""
    found: dict[str, float] = {}
    unusable: dict[str, str] = {}
    for row in table.rows:
        code = _text(row[table.code])
        written = _text(row[position]) if len(row) > position else ""
        if not code or (not written and code not in found):
            continue
        if code in found or code in unusable:
            raise DataError(
                f"A code must be in a population file once; {file} repeats {code} in "
                f"{table.header[table.code] or 'its code column'}: sum its rows first, or give "
                "another --code-column."
            )
        number = _number(written)
        if number is None or number < 0:
            unusable[code] = written
        else:
            found[code] = number
    return found, unusable


def _number(written: str) -> float | None:
    plain = written.replace(",", "").replace(" ", "").replace("\u00a0", "")
    if not re.fullmatch(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?", plain):
        return None
    value = float(plain)
    return value if np.isfinite(value) else None


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()


def _some(codes: Sequence[str]) -> str:
    first = ", ".join(codes[:10])
    return f"{first} and {len(codes) - 10} more" if len(codes) > 10 else first
