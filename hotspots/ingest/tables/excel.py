"""Excel and OpenDocument workbooks by calamine: one sheet, read whole."""

from __future__ import annotations

import datetime as dt
import itertools
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hotspots.errors import DataError
from hotspots.ingest.records import NoRowsError, Records, listed, number_text, records_of, shortened
from hotspots.ingest.sources import FoundFile
from hotspots.ingest.tables.base import Dialect
from hotspots.ingest.unpacking import check_size, whole_member

_ROWS = 20_000
#: A sheet is held in memory whole, some 85 bytes for each cell while it is read.
MAX_CELLS = 8_000_000
#: Cells of the rectangle that a sheet spans, empty ones with them, 32 bytes each.
MAX_SPAN = 28_000_000
MAX_XML = 1_000_000_000
#: Texts that cells share are in a workbook once, and in memory once for each cell, bytes.
MAX_SHARED = 500_000_000
_CHUNK = 1 << 20
_ROW = re.compile(rb"""\br=["'](\d{1,9})["']""")
_WIDE = re.compile(rb"""\br=["']([A-Z]{2,4})\d""")
_OVERLAP = 32
_CELL = re.compile(rb"<(?:\w+:)?(?:c|table-cell)[\s>/]")
_TEXT_END = re.compile(rb"</(?:\w+:)?si>")
_ODS_TAG = re.compile(rb"<table:(table-row|table-cell)\b([^>]*)>")
_REPEATED = re.compile(rb"""-repeated=["'](\d{1,9})""")
_SHARED = re.compile(rb"""\bt=["']s["']""")
_REFERENCE = re.compile(rb"""\bt=["']s["'][^<>]*>\s*<(?:\w+:)?v>\s*(\d{1,9})""")


@contextmanager
def open_excel(file: FoundFile, dialect: Dialect) -> Iterator[SheetTable]:
    """Open a sheet of a workbook: the one named, else the first with a table.

    Raises
    ------
    DataError
        If it is not a workbook, is encrypted or too large, or has no such sheet.
    """
    with file.as_path() as path:
        if file.suffix != ".xls":
            _check_size(path, file.name)
        sheet = _sheet(path, file.name, dialect.sheet)
    yield SheetTable(sheet, file.name)


def _broken(name: str, error: BaseException) -> DataError:
    said = shortened(" ".join(str(error).split()), 200)
    return DataError(
        f"A workbook must be a whole Excel or OpenDocument file without a password; {name} is not "
        f"({said}): save it again, or as CSV."
    )


def _check_size(path: Path, name: str) -> None:
    """Refuse a workbook that would fill the memory; it is a zip, whatever sizes it states."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _broken(name, error) from error
    total = 0
    for info in members:
        check_size(info.file_size, info.compress_size, f"{info.filename} in {name}")
        total += info.file_size
        if total > MAX_XML:
            raise _too_large(name)
    for info in members:
        if "worksheets/" in info.filename or info.filename == "content.xml":
            _check_member(path, info, name)
        if info.filename == "content.xml":
            _check_repeats(path, info, name)
    _check_shared(path, members, name)


def _check_member(path: Path, info: zipfile.ZipInfo, name: str) -> None:
    # what a file states of its own size is not to be relied on
    cells, rows, width, tail = 0, 1, 26, b""
    with whole_member(path, info) as stream:
        while chunk := stream.read(_CHUNK):
            text = tail + chunk
            cells += len(_CELL.findall(chunk))
            rows = max([rows, *map(int, _ROW.findall(text))])
            width = max([width, *map(_position, set(_WIDE.findall(text)))])
            tail = text[-_OVERLAP:]
            if cells > MAX_CELLS or rows * width > MAX_SPAN:
                raise _too_large(name)


def _check_repeats(path: Path, info: zipfile.ZipInfo, name: str) -> None:
    """Refuse an OpenDocument sheet that says of a few cells that they are repeated without end.

    Empty cells are left out: a sheet may end with a million rows of them, which are not read.
    """
    cells, size, rows = 0, 0, 1
    for text in _pieces(path, info, b"<table:"):
        found = list(_ODS_TAG.finditer(text))
        ends = [match.start() for match in found[1:]] + [len(text)]
        for match, end in zip(found, ends, strict=False):
            repeated = _REPEATED.search(match[2])
            times = int(repeated[1]) if repeated else 1
            if match[1] == b"table-row":
                rows = times
            elif not match[2].endswith(b"/"):
                cells += rows * times
                size += rows * times * (end - match.end())
        if cells > MAX_CELLS or size > MAX_XML:
            raise _too_large(name)


def _pieces(path: Path, info: zipfile.ZipInfo, *marks: bytes) -> Iterator[bytes]:
    """Yield a member in pieces, each cut before the last mark in it."""
    tail = b""
    with whole_member(path, info) as stream:
        while chunk := stream.read(_CHUNK):
            text = tail + chunk
            cut = max(map(text.rfind, marks)) if len(text) < 4 * _CHUNK else len(text)
            yield text[: max(cut, 0)]
            tail = text[max(cut, 0) :]
    yield tail


def _check_shared(path: Path, members: list[zipfile.ZipInfo], name: str) -> None:
    """Refuse a workbook in which cells refer to long texts a great many times."""
    lengths: list[int] = []
    for info in members:
        if info.filename.lower().endswith("sharedstrings.xml"):
            lengths += _lengths(path, info)
    longest = max(lengths, default=0)
    for info in members:
        if longest * MAX_CELLS > MAX_SHARED and "worksheets/" in info.filename:
            _check_references(path, info, lengths, name)


def _lengths(path: Path, info: zipfile.ZipInfo) -> list[int]:
    """Return the bytes of each shared text, with its marks."""
    ends, done, tail = [0], 0, b""
    with whole_member(path, info) as stream:
        while chunk := stream.read(_CHUNK):
            text = tail + chunk
            ends += [done - len(tail) + match.end() for match in _TEXT_END.finditer(text)]
            done += len(chunk)
            # an end mark that was cut in two, and none that was seen whole
            tail = text[max(0, ends[-1] - done + len(text)) :][-_OVERLAP:]
    return [end - begin for begin, end in itertools.pairwise(ends)]


def _check_references(path: Path, info: zipfile.ZipInfo, lengths: list[int], name: str) -> None:
    total = 0
    known = dict(enumerate(lengths))
    for text in _pieces(path, info, b"<c ", b":c "):
        found = _REFERENCE.findall(text)
        total += sum(known.get(int(at), 0) for at in found)
        # what is written in a way that is not known here may refer to the longest
        total += max(0, len(_SHARED.findall(text)) - len(found)) * max(lengths)
        if total > MAX_SHARED:
            raise _too_large(name)


def _position(letters: bytes) -> int:
    position = 0
    for letter in letters:
        position = position * 26 + letter - 64
    return position


def _too_large(name: str) -> DataError:
    return DataError(
        f"A sheet must have at most {MAX_CELLS:,} cells and a workbook {MAX_XML / 1e9:g} GB of "
        f"text, {MAX_SHARED / 1e9:g} GB where cells share it; {name} has more: save it as CSV, of "
        "which any size is read."
    )


def _sheet(path: Path, name: str, wanted: str | None) -> Any:
    import python_calamine as calamine

    try:
        with calamine.load_workbook(str(path)) as workbook:
            visible = _names(workbook, wanted, name)
            found = None
            for title in visible:
                sheet = workbook.get_sheet_by_name(title)
                if sheet.start is not None and (found is None or found.height < 2):
                    found = sheet
                if found is not None and found.height > 1:
                    break
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise _broken(name, error) from error
    except BaseException as error:
        # a fault inside the library's compiled part, which has a base of its own
        if type(error).__name__ != "PanicException":
            raise
        raise _broken(name, error) from error
    if found is None:
        raise DataError(
            f"A workbook must have a sheet with a header and rows; {name} is empty: export it "
            "again."
        )
    return found


def _names(workbook: Any, wanted: str | None, name: str) -> list[str]:
    if wanted is not None:
        if wanted in workbook.sheet_names:
            return [wanted]
        there = listed(repr(title) for title in workbook.sheet_names)
        raise DataError(
            f"The sheet of a mapping must be in the workbook; {name} has {there} and not "
            f"{wanted!r}: correct `sheet` in the mapping file."
        )
    shown = [
        sheet.name
        for sheet in workbook.sheets_metadata
        if "Visible" in repr(sheet.visible) and "WorkSheet" in repr(sheet.typ)
    ]
    return shown or list(workbook.sheet_names)


class SheetTable:
    """One sheet, read; its rows have the sheet's numbers, blank ones are no records."""

    def __init__(self, sheet: Any, name: str) -> None:
        self.crs: str | None = None
        self._name = name
        self._done = 0
        self._total = max(1, int(sheet.total_height))
        self._rows = enumerate(sheet.iter_rows(), start=1)
        self.header: tuple[str, ...] = ()
        for _, cells in self._rows:
            fields = _trimmed(cells)
            if fields:
                self.header = tuple(field.strip() for field in fields)
                break

    @property
    def progress(self) -> float:
        """How much of the sheet has been read, 0 to 1."""
        return min(1.0, self._done / self._total)

    def blocks(self) -> Iterator[Records]:
        """Yield the rows in order.

        Raises
        ------
        NoRowsError
            If there is none below the header.
        """
        found = False
        width = len(self.header)
        batch: list[tuple[int, list[str]]] = []
        for row, cells in self._rows:
            self._done = row
            fields = _trimmed(cells)
            if fields:
                found = True
                batch.append((row, fields + [""] * (width - len(fields))))
            if len(batch) == _ROWS:
                yield records_of(self.header, batch)
                batch = []
        if batch:
            yield records_of(self.header, batch)
        if not found:
            raise NoRowsError(
                f"A sheet must have rows below its header; {self._name} has none: export it again."
            )


def _trimmed(cells: list[Any]) -> list[str]:
    """Return cells as text, without blank ones at the end."""
    fields = [cell if isinstance(cell, str) else cell_text(cell) for cell in cells]
    end = len(fields)
    while end and not fields[end - 1].strip():
        end -= 1
    return fields[:end]


def cell_text(cell: Any) -> str:
    """Return the value of a cell as text; see ``Records.frame``."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return number_text(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, dt.timedelta):
        return _duration(cell)
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell)


def _duration(span: dt.timedelta) -> str:
    sign = "-" if span < dt.timedelta(0) else ""
    minutes, seconds = divmod(int(abs(span).total_seconds()), 60)
    return f"{sign}{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
