"""CSV and other separated text: the fast way where each line is a record, else the exact one."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO, StringIO
from itertools import chain, islice

import numpy as np

from hotspots.errors import DataError
from hotspots.ingest.records import NoRowsError, Records, records_of
from hotspots.ingest.sources import FoundFile
from hotspots.ingest.tables.base import Dialect
from hotspots.ingest.tables.text import pieces, whole_lines
from hotspots.ingest.unpacking import Content

#: Records of a block on the exact way.
_ROWS = 30_000
#: Enough to hold any header, bytes.
_PEEK = 1 << 16
_BLANK = "\ufeff \t\r\n"


@contextmanager
def open_csv(file: FoundFile, dialect: Dialect) -> Iterator[CsvTable]:
    """Open a CSV file, unpacked if it is a ``.gz``.

    Raises
    ------
    DataError
        If it cannot be read, is empty, binary or not in the encoding of ``dialect``.
    """
    with file.open() as content:
        yield CsvTable(content, file.name, dialect)


def peek_csv(file: FoundFile, dialect: Dialect) -> tuple[str, ...]:
    """Return the first record of a CSV file, whatever its encoding; empty if it has none."""
    with file.open() as content:
        start = content.read(_PEEK)
    try:
        text = start.decode(dialect.encoding, errors="replace")
    except UnicodeError:  # a few encodings, such as idna, cannot skip what is wrong
        return ()
    stream = StringIO(text.removeprefix("\ufeff"), newline="")
    try:
        return _stripped(next(csv.reader(stream, delimiter=dialect.delimiter), []))
    except csv.Error:
        return ()


class CsvTable:
    """One CSV file, opened.

    A record is a row: one whose quoted field has line breaks is one row, an empty line is a row
    and no record.

    Parameters
    ----------
    content : Content
        The file, unpacked.
    name : str
        What to call it in an error.
    dialect : Dialect
        How it is written.
    """

    def __init__(self, content: Content, name: str, dialect: Dialect) -> None:
        self.crs: str | None = None
        self._content = content
        self._name = name
        self._delimiter = dialect.delimiter
        self._row = 0  # of the record read last
        self._quotes = 0
        self._texts = whole_lines(pieces(content, name, dialect.encoding), name)
        first = next(self._texts, "")
        if not first.strip(_BLANK):
            raise DataError(
                f"A CSV file must have a header and rows; {name} is empty: export it again."
            )
        if '"' in first:
            self._texts = chain([first], self._texts)
            self._exact: Iterator[tuple[int, list[str]]] | None = self._with_quotes()
            self.header = _stripped(next(self._exact)[1])
            return
        self._exact = None
        stream = StringIO(first, newline="")
        self.header = _stripped(next(self._records(stream))[1])
        self._texts = chain([stream.read()], self._texts)

    @property
    def progress(self) -> float:
        """How much of the file has been read, 0 to 1."""
        return self._content.progress

    def blocks(self) -> Iterator[Records]:
        """Yield the rows in order.

        Raises
        ------
        NoRowsError
            If there is no row after the header.
        DataError
            If a quote is opened and never closed, a field or line is absurdly long, or the text
            is not in its encoding.
        """
        found = False
        for records in chain(self._plain_blocks(), self._exact_blocks()):
            if len(records):
                found = True
                yield records
        if not found:
            raise NoRowsError(
                f"A CSV file must have rows after its header; {self._name} has no rows: export "
                "it again."
            )

    def _plain_blocks(self) -> Iterator[Records]:
        """Yield the rows before the first quote, after which a field may go on for many lines."""
        if self._exact is not None:
            return
        for text in self._texts:
            if '"' in text:
                self._texts = chain([text], self._texts)
                self._exact = self._with_quotes()
                return
            plain = parse_plain(text, self.header, self._delimiter, self._row + 1)
            if plain is not None:
                self._row += len(plain)
                yield plain
            else:
                yield records_of(self.header, list(self._records(StringIO(text, newline=""))))

    def _exact_blocks(self) -> Iterator[Records]:
        if self._exact is None:
            return
        last: list[str] = []
        while batch := list(islice(self._exact, _ROWS)):
            last = batch[-1][1]
            yield records_of(self.header, batch)
        # a record that swallowed the lines after a quote left open
        if last and "\n" in last[-1] and self._quotes % 2:
            raise DataError(
                f"A quote in a CSV file must be closed; the one opened in row {self._row:,} of "
                f"{self._name} is not: correct that row."
            )

    def _with_quotes(self) -> Iterator[tuple[int, list[str]]]:
        return self._records(self._lines())

    def _lines(self) -> Iterator[str]:
        for text in self._texts:
            self._quotes += text.count('"')
            yield from StringIO(text, newline="")

    def _records(self, lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows and fields of lines by the csv module."""
        try:
            for fields in csv.reader(lines, delimiter=self._delimiter):
                self._row += 1
                yield self._row, fields
        except csv.Error as error:
            raise DataError(
                f"{self._name} must be a CSV file; in row {self._row + 1:,} it is not ({error}): "
                "look for a quote that is never closed."
            ) from error


def _stripped(fields: list[str]) -> tuple[str, ...]:
    return tuple(field.strip() for field in fields)


def parse_plain(
    text: str, header: tuple[str, ...], delimiter: str, first_row: int
) -> Records | None:
    """Return the records of a text in which each line is one, by Arrow's fast reader.

    Parameters
    ----------
    text : str
        Whole lines without quotes.
    first_row : int
        Row of the first line.

    Returns
    -------
    Records or None
        None if the text needs the general reader: empty lines, lone carriage returns, a field
        longer than the csv module takes, or a record with more or fewer fields than the header.
    """
    lines = text.replace("\r\n", "\n") if "\r" in text else text
    odd = "\r" in lines or "\n\n" in lines or lines.startswith("\n")
    if odd or not text or not header or len(delimiter.encode()) > 1:
        return None
    import pyarrow as pa
    import pyarrow.csv as arrow_csv

    names = [str(position) for position in range(len(header))]
    try:
        table = arrow_csv.read_csv(
            BytesIO(lines.encode()),
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
    if _longest(table) > csv.field_size_limit():
        return None
    frame = table.to_pandas()
    return Records(header, frame, np.arange(first_row, first_row + len(frame), dtype=np.int64))


def _longest(table: object) -> int:
    """Return the bytes of the longest field."""
    import pyarrow.compute as pc

    lengths = [pc.max(pc.binary_length(column)).as_py() for column in table.columns]  # type: ignore[attr-defined]
    return max(length or 0 for length in lengths)
