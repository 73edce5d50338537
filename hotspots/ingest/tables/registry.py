"""The table formats, one line each."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache

from hotspots.errors import DataError
from hotspots.ingest.sources import FoundFile
from hotspots.ingest.tables.base import Dialect, Table
from hotspots.ingest.tables.csv_table import open_csv, peek_csv
from hotspots.ingest.tables.excel import open_excel
from hotspots.ingest.tables.parquet import open_parquet
from hotspots.ingest.tables.vector import open_vector

Opener = Callable[[FoundFile, Dialect], AbstractContextManager[Table]]
Peeker = Callable[[FoundFile, Dialect], tuple[str, ...]]


@dataclass(frozen=True)
class Format:
    """One table format.

    Parameters
    ----------
    name : str
        What messages call it.
    suffixes : tuple of str
        What its files end with, in lower case, without ``.gz``.
    open : callable (FoundFile, Dialect) -> context manager of Table
        Open a file. Raises DataError if it is not of the format.
    peek : callable (FoundFile, Dialect) -> tuple of str, optional
        See the header whatever the encoding; by opening the file if None.
    """

    name: str
    suffixes: tuple[str, ...]
    open: Opener
    peek: Peeker | None = None


TABLES = (
    Format("CSV", (".csv", ".txt", ".tsv"), open_csv, peek_csv),
    Format("Excel", (".xlsx", ".xlsm", ".xls"), open_excel),
    Format("OpenDocument", (".ods",), open_excel),
    Format("Parquet", (".parquet",), open_parquet),
    Format("GeoJSON", (".geojson", ".json"), open_vector),
    Format("GeoPackage", (".gpkg",), open_vector),
    Format("Shapefile", (".shp",), open_vector),
)


def open_table(file: FoundFile, dialect: Dialect) -> AbstractContextManager[Table]:
    """Open a file as a table.

    Raises
    ------
    DataError
        On opening or while its blocks are read: if it is not what its name says.
    """
    return _format(file).open(file, dialect)


def peek(file: FoundFile, dialect: Dialect) -> tuple[str, ...]:
    """Return the header of a file, whatever its encoding; empty if it shows none."""
    try:
        look = _format(file).peek
        return _header(file, dialect.sheet) if look is None else look(file, dialect)
    except DataError:
        return ()


@lru_cache(maxsize=8)
def _header(file: FoundFile, sheet: str | None) -> tuple[str, ...]:
    # each reader looks in turn, and a workbook takes its time to open
    with open_table(file, Dialect(sheet=sheet)) as table:
        return table.header


def _format(file: FoundFile) -> Format:
    for entry in TABLES:
        if file.suffix in entry.suffixes:
            return entry
    raise DataError(
        f"A table must be of a format there is ({', '.join(f.name for f in TABLES)}); "
        f"{file.name} is none: export it as CSV."
    )
