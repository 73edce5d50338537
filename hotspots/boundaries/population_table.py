"""A population file -> the one table in it that has the ward codes."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from python_calamine import CalamineError, CalamineWorkbook

from hotspots.errors import DataError

RESIDENTS = re.compile(
    r"population|residents?|persons|people|all[ _]?(ages|usual)|(^|_)pop(_|\d|$)"
)
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_BOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")

Row = Sequence[Any]


@dataclass(frozen=True)
class PopulationTable:
    """A header and the rows under it; ``code`` is the position of the code column."""

    where: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    code: int
    matches: int


def read_table(path: Path, codes: set[str], code_column: str | None) -> PopulationTable:
    """Return the table of a CSV or Excel file that has most of the ward codes.

    Raises
    ------
    DataError
        If the file cannot be read, no code matches, several sheets match equally, or
        ``code_column`` is not there.
    """
    return _choose(_sheets(path), codes, code_column, path.name)


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
) -> PopulationTable:
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
    headers = [[cell_text(cell) for cell in rows[0]] for _, rows in sheets if rows]
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
) -> PopulationTable | None:
    """Return the table of a sheet by its column of codes, None if there is no such column."""
    if code_column is not None:
        at = [(r, row) for r, row in enumerate(rows) if code_column in map(cell_text, row)]
        if not at:
            return None
        top, code = at[0][0], [cell_text(cell) for cell in at[0][1]].index(code_column)
    else:
        hits = Counter(c for row in rows for c, cell in enumerate(row) if cell_text(cell) in codes)
        if not hits:
            return None
        code = hits.most_common(1)[0][0]
        first = next(
            r for r, row in enumerate(rows) if len(row) > code and cell_text(row[code]) in codes
        )
        top = _header_above(rows, first, code)
    header = tuple(cell_text(cell) for cell in rows[top]) if top >= 0 else ()
    below = tuple(row for row in rows[top + 1 :] if len(row) > code)
    matches = sum(cell_text(row[code]) in codes for row in below)
    return PopulationTable(where, header, below, code, matches)


def _header_above(rows: list[list[Any]], first: int, code: int) -> int:
    """Return the row of the header: the lowest above the codes that has several texts.

    A code that is no ward of this vintage may stand above the first that is. Its row has a
    number among its cells; a header has none but years, or it names the residents as well.
    """
    for r in range(first - 1, -1, -1):
        row = rows[r]
        cells = [cell_text(cell) for cell in row if cell_text(cell)]
        named = len(row) > code and cell_text(row[code]) and len(cells) > 1
        numbers = any(_is_count(cell) for cell in cells)
        if named and (not numbers or any(RESIDENTS.search(cell.lower()) for cell in cells)):
            return r
    return -1


def _is_count(cell: str) -> bool:
    return cell_number(cell) is not None and not YEAR.fullmatch(cell)


def cell_number(written: str) -> float | None:
    """Return a number written with or without separators of thousands, None if it is none."""
    plain = written.replace(",", "").replace(" ", "").replace("\u00a0", "")
    if not re.fullmatch(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?", plain):
        return None
    value = float(plain)
    return value if np.isfinite(value) else None


def cell_text(cell: Any) -> str:
    """Return what a cell says, without surrounding blanks; a whole number without decimals."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()
