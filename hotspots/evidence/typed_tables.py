"""Strict reading of the small CSV files that the partnership types: every row used or named."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Generic, TypeVar

from hotspots.errors import DataError, HotspotsError
from hotspots.plain_text import tidy

_WHOLE = re.compile(r"\d{1,3}(,\d{3})+|\d{1,10}")
_DECIMAL = re.compile(r"(\d{1,3}(?:,\d{3})+|\d{1,10})(?:\.(\d{1,6}))?")
#: More than this no one types.
MOST_BYTES = 5_000_000
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not used; ``row`` as a spreadsheet numbers it, the header being 1."""

    row: int
    reason: str


@dataclass(frozen=True, eq=False)
class Typed(Generic[Row]):
    """What a file held: the rows read are those used and those rejected.

    Attributes
    ----------
    name, sha256 : str
        Of the file.
    read : int
        Rows below the header that are not blank.
    rows : tuple
        Those used.
    rejected : tuple of Rejected
    """

    name: str
    sha256: str
    read: int
    rows: tuple[Row, ...]
    rejected: tuple[Rejected, ...]

    @property
    def said(self) -> tuple[str, ...]:
        """One sentence of the file, and one for each of the first rejected rows."""
        kept, rejected = len(self.rows), len(self.rejected)
        first = f"{self.name}: {self.read} rows read = {kept} kept + {rejected} rejected."
        more = [f"Row {each.row} of {self.name}: {each.reason}." for each in self.rejected[:20]]
        left = len(self.rejected) - len(more)
        if left > 0:
            more.append(f"{left} more rows of {self.name} were rejected.")
        return (first, *more)


class RowError(ValueError):
    """Why a row cannot be used."""


def read_typed(
    path: Path,
    needed: Sequence[str],
    parse: Callable[[Mapping[str, str]], Row],
    key: Callable[[Row], object],
) -> Typed[Row]:
    """Read a CSV file row by row.

    Parameters
    ----------
    path : Path
        UTF-8 or Windows-1252, a header first; separated by commas, semicolons or tabs.
    needed : sequence of str
        Columns that there must be; case, blanks and underscores do not matter.
    parse : callable
        From a row, column name to text, to what it says; raises ``RowError`` with the reason.
    key : callable
        Of which no two rows may have the same: the second is rejected.

    Raises
    ------
    DataError
        If the file cannot be read, has no such columns, or no row that can be used.
    """
    content = _content(path)
    lines = _lines(path, content)
    header = [_column(cell) for cell in lines[0]] if lines else []
    missing = [name for name in needed if header.count(name) != 1]
    if missing:
        raise DataError(
            f"{path.name} must have the columns {', '.join(needed)}, each once; it has "
            f"{', '.join(filter(None, header)) or 'none'}: add {', '.join(missing)}."
        )
    used: dict[object, Row] = {}
    rejected: list[Rejected] = []
    read = 0
    for number, cells in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        read += 1
        try:
            row = parse(_fields(header, cells))
            if key(row) in used:
                raise RowError("it is in the file twice")
            used[key(row)] = row
        except (RowError, HotspotsError) as error:
            rejected.append(Rejected(number, tidy(error).rstrip(".")))
    if not used:
        why = f": row {rejected[0].row}: {rejected[0].reason}" if rejected else ""
        raise DataError(f"{path.name} must have a row that can be used; it has none{why}.")
    sha256 = hashlib.sha256(content).hexdigest()
    return Typed(tidy(path.name), sha256, read, tuple(used.values()), tuple(rejected))


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"A table must be a readable CSV file; {path.name} is not: {error.strerror}."
        ) from error
    if len(content) > MOST_BYTES:
        raise DataError(
            f"A table must be a CSV file of at most {MOST_BYTES / 1e6:.0f} MB; {path.name} has "
            f"{len(content) / 1e6:.1f} MB: leave out what is not asked for."
        )
    if b"\0" in content:
        raise DataError(
            f"A table must be CSV text in UTF-8 or Windows-1252; {path.name} holds zero bytes, as "
            "UTF-16 and workbooks do: save it as CSV UTF-8."
        )
    return content


def _lines(path: Path, content: bytes) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    header = text.split("\n", 1)[0]
    separator = max(",;\t", key=header.count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise DataError(f"{path.name} must be a CSV file; it cannot be read: {error}.") from error


def _column(text: str) -> str:
    return "_".join(text.replace("_", " ").casefold().split())


def _fields(header: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) > len(header) and any(cell.strip() for cell in cells[len(header) :]):
        raise RowError(f"it has {len(cells)} cells for {len(header)} columns")
    padded = [*cells, *[""] * (len(header) - len(cells))]
    return {name: cell.strip() for name, cell in zip(header, padded, strict=False) if name}


# -- cells ----------------------------------------------------------------------------------------


def text_in(fields: Mapping[str, str], name: str) -> str:
    """Return a text that must not be empty, made safe to read."""
    text = tidy(fields.get(name, ""))
    if not text:
        raise RowError(f"{name} is empty")
    if len(text) > 200:
        raise RowError(f"{name} is longer than 200 characters")
    return text


def whole_in(fields: Mapping[str, str], name: str) -> int:
    """Return a whole number from 0 to 1e9, with commas between the thousands or without."""
    text = fields.get(name, "")
    if not _WHOLE.fullmatch(text) or int(text.replace(",", "")) > 1_000_000_000:
        raise RowError(f"{name} must be a whole number such as 8,388, got {tidy(text)!r}")
    return int(text.replace(",", ""))


def decimal_in(fields: Mapping[str, str], name: str) -> tuple[float, int]:
    """Return a number of at least 0, and how many decimals it is written with."""
    text = fields.get(name, "")
    found = _DECIMAL.fullmatch(text)
    if not found:
        raise RowError(f"{name} must be a number such as 80.7, got {tidy(text)!r}")
    return float(text.replace(",", "")), len(found[2] or "")


def day_in(fields: Mapping[str, str], name: str) -> date:
    """Return a day written 2016-09-30 or 30/09/2016."""
    text = fields.get(name, "")
    british = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", text)
    try:
        if british:
            return date(int(british[3]), int(british[2]), int(british[1]))
        return date.fromisoformat(text)
    except ValueError:
        raise RowError(f"{name} must be a day such as 2016-09-30, got {tidy(text)!r}") from None
