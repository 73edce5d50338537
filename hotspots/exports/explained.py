"""The sheets that explain a workbook's others: its notes, and where its numbers come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hotspots.exports.about import pairs
from hotspots.sheets import Blank, Column, Sheet

#: What a cell can hold, rounded down.
LONGEST = 32_000


def notes_sheet(sheets: Sequence[Sheet]) -> Sheet:
    """Return every note of every sheet and of its columns as a sheet."""
    rows: list[dict[str, Any]] = []
    for sheet in sheets:
        rows += [_note(sheet, "All of the table", "", note) for note in sheet.notes]
        rows += [
            _note(sheet, column.label, column.key, column.note or _KINDS[column.kind])
            for column in sheet.columns
        ]
    columns = (
        Column("table", "Table"),
        Column("column", "Column"),
        Column("key", "Name in files"),
        Column("note", "Note"),
    )
    said = tuple(f"“{blank.value}”: {words}" for blank, words in _BLANKS.items())
    return Sheet("Notes", "What the tables and their columns mean", columns, tuple(rows), said)


_KINDS = {
    "text": "",
    "count": "A whole number.",
    "number": "A number.",
    "rate": "A rate; the heading names its denominator.",
    "percent": "A share; the heading names its denominator.",
    "change": "A change, in per cent of the earlier number.",
    "p": "A p-value.",
}
_BLANKS = {
    Blank.NO_DATA: "nothing is known; not 0.",
    Blank.WITHHELD: "kept back so that no small count can be worked out.",
    Blank.NOT_COMPARED: "one of the two periods is not known whole.",
    Blank.NOT_APPLICABLE: "the column says nothing of this row.",
}


def _note(sheet: Sheet, label: str, key: str, note: str) -> dict[str, Any]:
    return {"table": sheet.name, "column": label, "key": key, "note": note}


def provenance_sheet(provenance: Mapping[str, Any]) -> Sheet:
    """Return provenance as a sheet of two columns; a text too long for a cell goes on below."""
    rows: list[dict[str, Any]] = []
    for name, text in pairs(provenance):
        parts = [text[at : at + LONGEST] for at in range(0, max(len(text), 1), LONGEST)]
        rows += [{"name": name, "value": part} for part in parts]
    columns = (Column("name", "What"), Column("value", "Value"))
    return Sheet("Provenance", "Where the numbers come from", columns, tuple(rows))
