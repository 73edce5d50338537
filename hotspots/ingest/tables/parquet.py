"""Parquet and GeoParquet by pyarrow, a batch of rows at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hotspots.errors import DataError
from hotspots.ingest.records import NoRowsError, Records
from hotspots.ingest.sources import FoundFile
from hotspots.ingest.tables.base import GEOMETRY_X, GEOMETRY_Y, Dialect

_ROWS = 30_000


@contextmanager
def open_parquet(file: FoundFile, _dialect: Dialect) -> Iterator[ParquetTable]:
    """Open a Parquet file.

    Raises
    ------
    DataError
        If it is not one, or its geometry is not points.
    """
    with file.as_path() as path, _opened(path, file.name) as opened:
        yield ParquetTable(opened, file.name)


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
    said = " ".join(str(error).split())[:200]
    return DataError(
        f"A .parquet must be a whole Parquet file; {name} is not ({said}): copy or export it again."
    )


class ParquetTable:
    """One Parquet file, opened; its first record is row 2, as below a header."""

    def __init__(self, opened: Any, name: str) -> None:
        self._file = opened
        self._name = name
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
            If the file is broken further on, or a geometry is no point.
        """
        import pyarrow as pa

        from hotspots.ingest.tables.typed import block

        batches = self._file.iter_batches(batch_size=_ROWS)
        while True:
            try:
                batch = next(batches, None)
            except (pa.ArrowException, OSError, ValueError) as error:
                raise _broken(self._name, error) from error
            if batch is None:
                break
            first = self._done + 2
            self._done += batch.num_rows
            yield block(self.header, self._columns(batch), first)
        if not self._done:
            raise NoRowsError(f"A table must have rows; {self._name} has none: export it again.")

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


def no_points(name: str, others: set[str]) -> DataError:
    """Return the error for a file with other geometries than points."""
    return DataError(
        f"Incidents must be points; {name} holds {', '.join(sorted(others))}: give the incidents "
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
