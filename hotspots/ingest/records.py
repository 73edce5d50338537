"""The bytes of a CSV file -> its records, each with its row number; none is lost on the way."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv
from numpy.typing import NDArray

from hotspots.errors import DataError


class NoRowsError(DataError):
    """A CSV file with a header and no row after it."""


@dataclass(frozen=True)
class Records:
    """The records of one CSV file.

    Parameters
    ----------
    header : tuple of str
        Column names without surrounding blanks.
    frame : pandas.DataFrame
        The whole records, every field a str as written; columns are positions "0", "1", ...
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


def decode(content: bytes, name: str, encoding: str, advice: str) -> str:
    """Return the text of a file; a byte order mark at its start is dropped.

    Raises
    ------
    DataError
        If the file is empty, binary or not in ``encoding``; ``advice`` says what to do then.
    """
    try:
        text = content.decode(encoding)
    except (UnicodeDecodeError, UnicodeError) as error:
        raise DataError(
            f"{name} must be text in the encoding {encoding}; it is not ({_where(error)}): "
            f"{advice}."
        ) from error
    check_text(text, name)
    return text.removeprefix("\ufeff")


def check_text(text: str, name: str) -> None:
    """Refuse what is empty or binary.

    Raises
    ------
    DataError
        If it is.
    """
    if not text.strip("\ufeff \t\r\n"):
        raise DataError(
            f"A CSV file must have a header and rows; {name} is empty: export it again."
        )
    if "\0" in text:
        raise DataError(
            f"A CSV file must be text; {name} is binary, or text in another encoding: export it "
            "as CSV in UTF-8."
        )


def _where(error: UnicodeError) -> str:
    if isinstance(error, UnicodeDecodeError) and error.end > error.start:
        return f"byte 0x{error.object[error.start]:02x} at position {error.start:,}"
    return "it ends within a character"


def header_of(text: str, delimiter: str = ",") -> tuple[str, ...]:
    """Return the first record of a CSV text, its fields without surrounding blanks."""
    try:
        first = next(csv.reader(StringIO(text, newline=""), delimiter=delimiter), [])
    except csv.Error:
        return ()
    return tuple(field.strip() for field in first)


def parse(text: str, name: str, delimiter: str = ",") -> Records:
    """Return the records of a CSV text.

    Raises
    ------
    NoRowsError
        If there is no row after the header.
    DataError
        If a quote is opened and never closed.
    """
    plain = _parse_plain(text, delimiter)
    records = plain if plain is not None else _parse_any(text, name, delimiter)
    if not len(records):
        raise NoRowsError(
            f"A CSV file must have rows after its header; {name} has no rows: export it again."
        )
    return records


def _parse_plain(text: str, delimiter: str) -> Records | None:
    """Return the records of a text in which each line is one, by Arrow's fast reader.

    None if the text needs the general reader: quotes, empty lines, lone carriage returns or a
    record with more or fewer fields than the header.
    """
    body = text.rstrip("\r\n")
    first, _, rest = body.partition("\n")
    lines = body.replace("\r\n", "\n")
    odd = '"' in body or "\r" in lines or "\n\n" in lines or lines.startswith("\n")
    if odd or not rest or len(delimiter.encode()) > 1:
        return None
    header = tuple(field.strip() for field in first.split(delimiter))
    names = [str(position) for position in range(len(header))]
    try:
        table = arrow_csv.read_csv(
            BytesIO(rest.encode()),
            read_options=arrow_csv.ReadOptions(column_names=names, block_size=1 << 26),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter, quote_char=False, ignore_empty_lines=False
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    frame = table.to_pandas()
    return Records(header, frame, np.arange(2, len(frame) + 2, dtype=np.int64))


def _parse_any(text: str, name: str, delimiter: str) -> Records:
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    try:
        everything = list(reader)
    except csv.Error as error:
        raise DataError(
            f"{name} must be a CSV file; near line {reader.line_num:,} it is not ({error}): look "
            "for a quote that is never closed."
        ) from error
    _check_last_quote(text, everything, name)
    header = tuple(field.strip() for field in everything[0])
    whole: list[list[str]] = []
    rows: list[int] = []
    ragged: list[tuple[int, tuple[str, ...]]] = []
    for row, fields in enumerate(everything[1:], start=2):
        if len(fields) == len(header):
            whole.append(fields)
            rows.append(row)
        elif fields:
            ragged.append((row, tuple(fields)))
    frame = _frame(whole, len(header))
    return Records(header, frame, np.array(rows, dtype=np.int64), tuple(ragged))


def _check_last_quote(text: str, everything: Sequence[list[str]], name: str) -> None:
    """Refuse a file whose last record swallowed the lines after a quote left open."""
    last = everything[-1][-1] if everything[-1] else ""
    if "\n" in last and text.count('"') % 2:
        raise DataError(
            f"A quote in a CSV file must be closed; the one opened in row {len(everything):,} of "
            f"{name} is not: correct that row."
        )


def _frame(whole: list[list[str]], width: int) -> pd.DataFrame:
    columns: Any = zip(*whole, strict=True) if whole else [()] * width
    data = {str(i): pd.Series(list(values), dtype="str") for i, values in enumerate(columns)}
    return pd.DataFrame(data)
