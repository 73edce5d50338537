"""Sheets: tables of what leaves the tool, with typed columns and words for what is not a number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Literal


class Blank(Enum):
    """Why a cell has no value; never 0, and never an empty cell that could be taken for 0."""

    NO_DATA = "no data"
    #: Kept back so that no small count can be worked out.
    WITHHELD = "withheld"
    #: Two periods that cannot be compared: one of them is not known whole.
    NOT_COMPARED = "not compared"
    #: The column says nothing of this row.
    NOT_APPLICABLE = "–"


#: What a cell can hold.
Value = str | int | float | Blank

#: "count" whole; "number" a decimal; "rate" a decimal with its denominator in the column's note;
#: "percent" a fraction, 0.115 for 11.5 %; "change" one with its sign; "p" a p-value.
Kind = Literal["text", "count", "number", "rate", "percent", "change", "p"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet.

    Attributes
    ----------
    key : str
        Its name in rows and in files: lower case, no blanks.
    label : str
        What people read above it. Of a rate or share it names the denominator.
    kind : Kind
    decimals : int
        Shown after the point.
    note : str
        What else must be known of it, a sentence or "".
    """

    key: str
    label: str
    kind: Kind = "text"
    decimals: int = 1
    note: str = ""


@dataclass(frozen=True, eq=False)
class Sheet:
    """One table.

    Attributes
    ----------
    name : str
        Short, for a workbook's tab and a file: at most 31 characters.
    title : str
        What it is, one line.
    columns : tuple of Column
    rows : tuple of mapping
        Column key to value; every key of every column.
    notes : tuple of str
        What must be known to read it, one sentence each.
    total_rows : frozenset of int
        Positions of the rows that total others, set in bold.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Mapping[str, Value], ...]
    notes: tuple[str, ...] = ()
    total_rows: frozenset[int] = frozenset()


def shown(value: Value, column: Column) -> str:
    """Return a value as people read it: 1,234; 80.7; +11.5%; −3.0%; "no data" (of NaN too)."""
    if value != value:
        return Blank.NO_DATA.value
    if isinstance(value, Blank):
        return value.value
    if isinstance(value, str):
        return value
    if column.kind == "count":
        return f"{value:,.0f}"
    if column.kind in ("percent", "change"):
        sign = "+" if column.kind == "change" else ""
        text = f"{100 * value:{sign},.{column.decimals}f}%"
    elif column.kind == "p":
        text = f"{value:.2g}" if value >= 0.0001 else "below 0.0001"
    else:
        text = f"{value:,.{column.decimals}f}"
    return text.replace("-", "−")
