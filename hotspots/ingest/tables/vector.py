"""GeoJSON, GeoPackage and Shapefile by GDAL, a batch of features at a time."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hotspots.errors import DataError
from hotspots.ingest.records import NoRowsError, Records, listed, shortened
from hotspots.ingest.sources import FoundFile
from hotspots.ingest.tables.base import GEOMETRY_X, GEOMETRY_Y, Dialect
from hotspots.ingest.tables.parquet import no_points

_ROWS = 30_000
#: What the files begin with. GDAL goes by content, and some of what it reads leads elsewhere.
_BEGINNINGS = {
    ".gpkg": ("GeoPackage", b"SQLite format 3\0"),
    ".shp": ("Shapefile", b"\x00\x00\x27\x0a"),
    ".geojson": ("GeoJSON", b"{"),
    ".json": ("GeoJSON", b"{"),
}
_DRIVERS = ("GeoJSON", "GeoJSONSeq", "GPKG", "ESRI Shapefile", "TopoJSON")
_POINTS = {"Point", "MultiPoint", "Unknown"}


@contextmanager
def open_vector(file: FoundFile, dialect: Dialect) -> Iterator[VectorTable]:
    """Open the point layer of a file.

    Raises
    ------
    DataError
        If it is not of its format, or has no point layer or several.
    """
    _check_beginning(file)
    with file.as_path() as path:
        layer, points = _layer(path, file.name, dialect.sheet)
        with _stream(path, file, layer) as (meta, batches):
            yield VectorTable(file.name, meta, batches, points, _count(path, layer))


def _check_beginning(file: FoundFile) -> None:
    name, beginning = _BEGINNINGS[file.suffix]
    with file.open() as content:
        start = content.read(1024).removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if not start.startswith(beginning):
        raise DataError(
            f"A {file.suffix} must be a {name}; {file.name} does not begin as one: export it "
            "again, or as CSV."
        )


def _broken(name: str, error: Exception) -> DataError:
    said = shortened(" ".join(str(error).split()), 200)
    return DataError(
        f"A file of points must be a whole GeoJSON, GeoPackage or Shapefile; {name} is not "
        f"({said}): copy or export it again, a Shapefile with its .shx and .dbf."
    )


def _layer(path: Path, name: str, wanted: str | None) -> tuple[str, bool]:
    """Return the layer to read, and whether it has points."""
    import pyogrio

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = [(str(n), k) for n, k in pyogrio.list_layers(path)]
            driver = pyogrio.read_info(path, layer=found[0][0])["driver"] if found else None
    except (RuntimeError, ValueError, OSError) as error:
        raise _broken(name, error) from error
    if driver is not None and driver not in _DRIVERS:
        raise _broken(name, ValueError(f"it is {driver}"))
    if wanted is not None:
        found = [entry for entry in found if entry[0] == wanted]
    layers = {layer: kind for layer, kind in found if _is_point(kind)}
    if len(layers) > 1:
        raise DataError(
            f"A file must have one layer of points; {name} has {listed(sorted(layers))}: name "
            "one as `sheet` in the mapping file, or export it alone."
        )
    if layers:
        return next(iter(layers)), True
    bare = [layer for layer, kind in found if kind is None]
    if len(bare) == 1 and len(found) == 1:
        return bare[0], False
    kinds = {str(kind) for _, kind in found if kind is not None}
    raise no_points(name, kinds or {"no layer" if wanted is None else f"no layer {wanted!r}"})


def _is_point(kind: str | None) -> bool:
    # such as "Point", "2.5D Point", "MultiPoint Z"
    return kind is not None and bool(_POINTS & set(kind.split()))


@contextmanager
def _stream(path: Path, file: FoundFile, layer: str) -> Iterator[tuple[dict[str, Any], Any]]:
    import pyogrio

    # GDAL would turn texts that look like dates into dates, in some files and not in others
    options = {"DATE_AS_STRING": "YES"} if file.suffix in (".geojson", ".json") else {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            opened = pyogrio.open_arrow(
                path,
                layer=layer,
                batch_size=_ROWS,
                use_pyarrow=True,
                datetime_as_string=True,
                **options,
            )
            stream = opened.__enter__()
    except (RuntimeError, ValueError, OSError) as error:
        raise _broken(file.name, error) from error
    try:
        yield stream
    finally:
        opened.__exit__(None, None, None)


def _count(path: Path, layer: str) -> int:
    import pyogrio

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return int(pyogrio.read_info(path, layer=layer)["features"])


class VectorTable:
    """The point layer of one file, opened; its first feature is row 2, as below a header."""

    def __init__(
        self, name: str, meta: dict[str, Any], batches: Any, points: bool, total: int
    ) -> None:
        from hotspots.ingest.tables.typed import short_crs

        self.crs = short_crs(meta["crs"]) if points else None
        self._name = name
        self._batches = batches
        self._total = total
        self._done = 0
        self._geometry = (meta["geometry_name"] or "wkb_geometry") if points else None
        fields = [str(field) for field in meta["fields"]]
        self._kinds = [str(kind) for kind in meta["ogr_types"]]
        extra = (GEOMETRY_X, GEOMETRY_Y) if points else ()
        self.header = (*(field.strip() for field in fields), *extra)

    @property
    def progress(self) -> float:
        """How much of the file has been read, 0 to 1."""
        return min(1.0, self._done / self._total) if self._total > 0 else 1.0

    def blocks(self) -> Iterator[Records]:
        """Yield the features in order.

        Raises
        ------
        NoRowsError
            If there is none.
        DataError
            If the file is broken further on, or a geometry is no point.
        """
        from hotspots.ingest.tables.typed import block

        while (batch := self._next()) is not None:
            if not batch.num_rows:
                continue
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

    def _next(self) -> Any:
        import pyarrow as pa

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return self._batches.read_next_batch()
        except StopIteration:
            return None
        except (pa.ArrowException, RuntimeError, ValueError, OSError) as error:
            raise _broken(self._name, error) from error

    def _columns(self, batch: Any) -> list[Any]:
        # by position: a damaged file may have names twice
        columns = list(batch.columns)
        found = batch.schema.get_all_field_indices(self._geometry) if self._geometry else []
        column = columns.pop(max(found)) if found else None
        lost = self._geometry is not None and column is None
        if lost or len(columns) != len(self._kinds):
            raise _broken(self._name, ValueError("its columns are not as it says"))
        plain = [_field(column, kind) for column, kind in zip(columns, self._kinds, strict=True)]
        if column is None:
            return plain
        import shapely

        from hotspots.ingest.tables.typed import coordinates

        storage = getattr(column, "storage", column)
        try:
            geometries = shapely.from_wkb(storage.to_numpy(zero_copy_only=False))
        except (shapely.errors.GEOSException, TypeError) as error:
            raise _broken(self._name, error) from error
        x, y, others = coordinates(geometries)
        if others:
            raise no_points(self._name, others)
        return [*plain, x, y]


def _field(column: Any, kind: str) -> Any:
    import pyarrow.compute as pc

    if kind != "OFTDateTime":
        return column
    return pc.replace_substring(column, "T", " ", max_replacements=1)
