"""Excel and OpenDocument workbooks by calamine: one sheet, read whole."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hotspots.errors import DataError
from hotspots.ingest.records import NoRowsError, Records, number_text, records_of
from hotspots.ingest.sources import FoundFile
from hotspots.ingest.tables.base import Dialect
from hotspots.ingest.unpacking import check_size, whole_member

_ROWS = 20_000
#: A sheet is held in memory whole, some 85 bytes for each cell while it is read.
MAX_CELLS = 8_000_000
#: Cells of the rectangle that a sheet spans, empty ones with them, 32 bytes each.
MAX_SPAN = 28_000_000
MAX_XML = 1_000_000_000
_CHUNK = 1 << 20
_ROW = re.compile(rb"""\br=["'](\d{1,9})["']""")
_WIDE = re.compile(rb"""\br=["']([A-Z]{2,4})\d""")
_OVERLAP = 32


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
    said = " ".join(str(error).split())[:200]
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


def _check_member(path: Path, info: zipfile.ZipInfo, name: str) -> None:
    # what a file states of its own size is not to be relied on
    cells, rows, width, tail = 0, 1, 26, b""
    with whole_member(path, info) as stream:
        while chunk := stream.read(_CHUNK):
            text = tail + chunk
            cells += chunk.count(b"<c ") + chunk.count(b"<table:table-cell")
            rows = max([rows, *map(int, _ROW.findall(text))])
            width = max([width, *map(_position, set(_WIDE.findall(text)))])
            tail = text[-_OVERLAP:]
            if cells > MAX_CELLS or rows * width > MAX_SPAN:
                raise _too_large(name)


def _position(letters: bytes) -> int:
    position = 0
    for letter in letters:
        position = position * 26 + letter - 64
    return position


def _too_large(name: str) -> DataError:
    return DataError(
        f"A sheet must have at most {MAX_CELLS:,} cells and a workbook {MAX_XML / 1e9:g} GB of "
        f"text; {name} has more: save it as CSV, of which any size is read."
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
        there = ", ".join(repr(title) for title in workbook.sheet_names)
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
