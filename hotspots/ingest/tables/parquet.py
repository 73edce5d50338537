"""Parquet and GeoParquet by pyarrow, a batch of rows at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hotspots.errors import DataError
from hotspots.ingest.records import NoRowsError, Records, listed, shortened
from hotspots.ingest.sources import FoundFile
from hotspots.ingest.tables.base import GEOMETRY_X, GEOMETRY_Y, Dialect
from hotspots.ingest.unpacking import check_size

_ROWS = 30_000
#: A block that repeats one text in every row may be this large, bytes.
_REPEATED = 1 << 24


@contextmanager
def open_parquet(file: FoundFile, _dialect: Dialect) -> Iterator[ParquetTable]:
    """Open a Parquet file.

    Raises
    ------
    DataError
        If it is not one, or its geometry is not points.
    """
    with file.as_path() as path, _opened(path, file.name) as opened:
        yield ParquetTable(opened, file.name, path)


@contextmanager
def _opened(path: Path, name: str) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        opened = pq.ParquetFile(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _broken(name, error) from error
    with opened:
        yield opened


def _broken(name: str, error: Exception) -> DataError:
    said = shortened(" ".join(str(error).split()), 200)
    return DataError(
        f"A .parquet must be a whole Parquet file; {name} is not ({said}): copy or export it again."
    )


class ParquetTable:
    """One Parquet file, opened; its first record is row 2, as below a header."""

    def __init__(self, opened: Any, name: str, path: Path) -> None:
        self._file = opened
        self._name = name
        self._path = path
        self._size = path.stat().st_size
        self._unpacked = 0
        self._done = 0
        schema = opened.schema_arrow
        geometry, encoding, self.crs = _geometry(schema.metadata or {}, name)
        names = [str(column) for column in schema.names]
        self._geometry = names.index(geometry) if geometry in names else None
        self._encoding = encoding
        plain = [column.strip() for at, column in enumerate(names) if at != self._geometry]
        points = [GEOMETRY_X, GEOMETRY_Y] if self._geometry is not None else []
        self.header = tuple(plain + points)

    @property
    def progress(self) -> float:
        """How much of the file has been read, 0 to 1."""
        total = self._file.metadata.num_rows
        return min(1.0, self._done / total) if total else 1.0

    def blocks(self) -> Iterator[Records]:
        """Yield the rows in order.

        Raises
        ------
        NoRowsError
            If there is none.
        DataError
            If the file is broken further on, unpacks to an absurd size, or a geometry is no point.
        """
        from hotspots.ingest.tables.typed import block

        for batch in self._batches():
            first = self._done + 2
            self._done += batch.num_rows
            columns = self._columns(batch)
            try:
                records = block(self.header, columns, first)
            except ValueError as error:
                raise _broken(self._name, error) from error
            yield records
        if not self._done:
            raise NoRowsError(f"A table must have rows; {self._name} has none: export it again.")

    def _batches(self) -> Iterator[Any]:
        import pyarrow as pa

        meta = self._file.metadata
        stated = sum(meta.row_group(at).total_byte_size for at in range(meta.num_row_groups))
        check_size(stated, self._size, self._name, whole=True)
        try:
            longest = _longest(self._path, self._file)
            rows = min(_ROWS, max(1, _REPEATED // max(1, longest)))
            for coded in self._file.iter_batches(batch_size=rows):
                batch = _decoded(coded)
                # a few bytes can stand for any number of equal rows
                self._unpacked += batch.nbytes
                check_size(self._unpacked, self._size, self._name, whole=True)
                yield batch
        except (pa.ArrowException, OSError, ValueError) as error:
            raise _broken(self._name, error) from error

    def _columns(self, batch: Any) -> list[Any]:
        if self._geometry is None:
            return list(batch.columns)
        plain = [column for at, column in enumerate(batch.columns) if at != self._geometry]
        return plain + self._points(batch.columns[self._geometry])

    def _points(self, column: Any) -> list[Any]:
        import pyarrow.compute as pc
        import shapely

        from hotspots.ingest.tables.typed import coordinates

        storage = getattr(column, "storage", column)
        if self._encoding == "point":
            return [pc.struct_field(storage, name) for name in ("x", "y")]
        try:
            geometries = shapely.from_wkb(storage.to_numpy(zero_copy_only=False))
        except (shapely.errors.GEOSException, TypeError) as error:
            raise _broken(self._name, error) from error
        x, y, others = coordinates(geometries)
        if others:
            raise no_points(self._name, others)
        return [x, y]


def _decoded(batch: Any) -> Any:
    """Return a batch whose columns hold their values themselves, not the entry of a dictionary."""
    import pyarrow as pa

    coded = [at for at, kind in enumerate(batch.schema.types) if pa.types.is_dictionary(kind)]
    for at in coded:
        batch = batch.set_column(at, batch.schema.names[at], batch.column(at).dictionary_decode())
    return batch


def _longest(path: Path, opened: Any) -> int:
    """Return the bytes that the longest texts of a file's dictionaries take together.

    Such a text is in the file once, and in every row that refers to it once it is read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    meta = opened.metadata
    names = [meta.schema.column(at).path for at in range(meta.num_columns)]
    longest = 0
    with pq.ParquetFile(path, read_dictionary=names, pre_buffer=False) as looked_at:
        for group in range(meta.num_row_groups):
            first = next(looked_at.iter_batches(batch_size=1, row_groups=[group]), None)
            columns = [] if first is None else first.columns
            coded = [column for column in columns if pa.types.is_dictionary(column.type)]
            longest = max(longest, sum(_bytes_of_longest(column.dictionary) for column in coded))
    return longest


def _bytes_of_longest(values: Any) -> int:
    import pyarrow as pa
    import pyarrow.compute as pc

    kinds = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary)
    if not len(values) or not any(is_kind(values.type) for is_kind in kinds):
        return 0
    return int(pc.max(pc.binary_length(values)).as_py() or 0)


def no_points(name: str, others: set[str]) -> DataError:
    """Return the error for a file with other geometries than points."""
    return DataError(
        f"Incidents must be points; {name} holds {listed(sorted(others))}: give the incidents "
        "themselves, not areas or lines."
    )


def _geometry(metadata: dict[bytes, bytes], name: str) -> tuple[str | None, str, str | None]:
    """Return column, encoding and CRS of a GeoParquet file's geometry."""
    if b"geo" not in metadata:
        return None, "", None
    from hotspots.ingest.tables.typed import short_crs

    try:
        geo = json.loads(metadata[b"geo"])
        primary = str(geo["primary_column"])
        column = dict(geo["columns"][primary])
        encoding = str(column["encoding"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _broken(name, error) from error
    if encoding not in ("WKB", "point"):
        raise no_points(name, {encoding})
    # without the key it is longitude and latitude; null says that it is not known
    return primary, encoding, short_crs(column.get("crs", "OGC:CRS84"))
