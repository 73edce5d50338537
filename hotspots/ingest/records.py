"""Blocks of a table's rows, each with its row number: what every table format gives."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.errors import DataError

#: Names that a sentence lists, and characters of each.
_LISTED, _SHOWN = 20, 60


class NoRowsError(DataError):
    """A table with a header and no row after it."""


@dataclass(frozen=True)
class Records:
    """Some rows of a table, in order.

    Parameters
    ----------
    header : tuple of str
        Column names without surrounding blanks.
    frame : pandas.DataFrame
        The whole records, every field a str as written, "" where there is none; columns are
        positions "0", "1", ... Typed formats write integers and whole numbers without ".0",
        other numbers by ``repr``, "true" and "false", dates as YYYY-MM-DD and times of a day as
        YYYY-MM-DD HH:MM:SS, with the fraction and the offset of the zone where there is one.
    rows : ndarray of int64, shape (n,)
        Row of each record of ``frame``; the header is row 1. Empty lines are no records, yet
        they are rows.
    ragged : tuple of (int, tuple of str)
        Row and fields of the records that have more or fewer fields than the header.
    """

    header: tuple[str, ...]
    frame: pd.DataFrame
    rows: NDArray[np.int64]
    ragged: tuple[tuple[int, tuple[str, ...]], ...] = ()

    def __len__(self) -> int:
        return len(self.frame) + len(self.ragged)

    def column(self, name: str) -> pd.Series[str]:
        """Return a column as written; ``name`` must be in ``header``."""
        return self.frame[str(self.header.index(name))]

    def stripped(self, name: str) -> pd.Series[str]:
        """Return a column without surrounding blanks."""
        return self.column(name).str.strip()

    def raw(self, positions: Sequence[int]) -> list[str]:
        """Return whole records as JSON objects by column name, as lists if names repeat."""
        taken = self.frame.iloc[list(positions)].astype(object).to_numpy().tolist()
        repeat = len(set(self.header)) < len(self.header)
        shapes = taken if repeat else [dict(zip(self.header, f, strict=True)) for f in taken]
        return [json.dumps(shape, ensure_ascii=False) for shape in shapes]


def listed(names: Iterable[str]) -> str:
    """Return names of a file for a sentence: on one line, long ones and long lists cut short."""
    given = list(names)
    shown = ", ".join(shortened(name) for name in given[:_LISTED])
    return f"{shown} and {len(given) - _LISTED} more" if len(given) > _LISTED else shown


def shortened(text: str, longest: int = _SHOWN) -> str:
    """Return a text of a file for a sentence: on one line and cut short."""
    short = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return "".join(c if c.isprintable() else " " for c in short)


def records_of(header: tuple[str, ...], records: Sequence[tuple[int, Sequence[str]]]) -> Records:
    """Return rows with their numbers as a block; those of another width than the header's are
    ragged, those without any field are no records.
    """
    width = len(header)
    whole = [(row, fields) for row, fields in records if len(fields) == width and width]
    ragged = tuple(
        (row, tuple(fields)) for row, fields in records if fields and len(fields) != width
    )
    columns: Any = zip(*(fields for _, fields in whole), strict=True) if whole else [()] * width
    frame = pd.DataFrame(
        {str(i): pd.Series(list(values), dtype="str") for i, values in enumerate(columns)}
    )
    return Records(header, frame, np.array([row for row, _ in whole], dtype=np.int64), ragged)


def number_text(value: float) -> str:
    """Return a number as ``Records.frame`` has it: whole ones without ".0"."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
