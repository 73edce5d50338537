"""Files of sheets, and the registry of their formats: XLSX, and CSV (zipped if there are many)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hotspots.errors import UsageError
from hotspots.exports.about import marking_line, notice_line
from hotspots.exports.cells import known
from hotspots.exports.entries import CSV, XLSX, named
from hotspots.exports.explained import notes_sheet
from hotspots.exports.stable import as_json, zipped
from hotspots.exports.text import file_name, harmless, tab_name
from hotspots.exports.workbook import sheets_to_xlsx
from hotspots.sheets import Blank, Sheet


@dataclass(frozen=True, slots=True)
class SheetFormat:
    """One format of sheets.

    Attributes
    ----------
    name, suffix : str
    media_type : str
        What the file is served as.
    many : bool
        Whether one file holds several sheets; if not, several come as a zip of files.
    write : callable
        ``write(sheets, provenance) -> bytes``.
    """

    name: str
    suffix: str
    media_type: str
    many: bool
    write: Callable[[Sequence[Sheet], Mapping[str, Any]], bytes]

    def suffix_of(self, sheets: Sequence[Sheet]) -> str:
        """Return the suffix of the file that these sheets make."""
        return self.suffix if self.many or len(sheets) == 1 else ".zip"

    def sidecar_of(self, sheets: Sequence[Sheet]) -> bool:
        """Return whether their provenance needs a file beside them: one CSV cannot hold it."""
        return not self.many and len(sheets) == 1


def sheets_to_csv(sheets: Sequence[Sheet], provenance: Mapping[str, Any]) -> bytes:
    """Return one sheet as CSV, several as a zip of one CSV each.

    UTF-8 with a byte order mark, by which spreadsheets know it. The header has the columns' keys;
    numbers are raw (a share of 11.5 % is 0.115); where there is none the cell has its words, such
    as "no data" or "withheld", so that it is never taken for 0. Notices are a last column. The zip
    also holds ``notes.csv`` (a workbook's "Notes", with marking and titles) and
    ``provenance.json``.

    Raises
    ------
    UsageError
        If there is no sheet.
    """
    if not sheets:
        raise UsageError("An export must have at least one table; got none.")
    notice = notice_line(provenance)
    if len(sheets) == 1:
        return _csv(sheets[0], notice)
    files: dict[str, bytes] = {}
    names: list[str] = []
    for sheet in sheets:
        names.append(tab_name(file_name(sheet.name), names))
        files[f"{file_name(names[-1])}.csv"] = _csv(sheet, notice)
    files["notes.csv"] = _notes(sheets, provenance)
    files["provenance.json"] = as_json(provenance).encode("utf-8")
    return zipped(files)


def _csv(sheet: Sheet, notice: str) -> bytes:
    keys = [column.key for column in sheet.columns]
    rows = [[_raw(row[key]) for key in keys] + [notice] * bool(notice) for row in sheet.rows]
    return _encoded([keys + ["notice"] * bool(notice), *rows])


def _raw(value: Any) -> Any:
    value = known(value)
    if isinstance(value, Blank):
        return value.value
    if isinstance(value, bool):
        return "yes" if value else "no"
    # numpy's numbers print their type
    return value.item() if hasattr(value, "item") else value


def _notes(sheets: Sequence[Sheet], provenance: Mapping[str, Any]) -> bytes:
    """Return the sheet of notes, and what a workbook says above its tables, for no CSV can."""
    notes = notes_sheet(sheets)
    keys = [column.key for column in notes.columns]
    above = (marking_line(provenance), notice_line(provenance), *notes.notes)
    said = [["", "", "", text] for text in above if text]
    titles = [[sheet.name, "All of the table", "", sheet.title] for sheet in sheets]
    return _encoded([keys, *said, *titles, *([row[key] for key in keys] for row in notes.rows)])


def _encoded(rows: Sequence[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


#: Formats of sheets, in the order they are offered.
SHEETS: tuple[SheetFormat, ...] = (
    SheetFormat("xlsx", ".xlsx", XLSX, True, sheets_to_xlsx),
    SheetFormat("csv", ".csv", CSV, False, sheets_to_csv),
)


def sheet_format(name: str) -> SheetFormat:
    """Return a format of sheets by its name or suffix.

    Raises
    ------
    UsageError
        If there is none; the message lists those there are.
    """
    return named(SHEETS, name, "A format of tables")
