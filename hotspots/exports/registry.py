"""The ordered registry of export formats, and writing one whole file or none."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotspots.errors import WorkspaceError
from hotspots.exports.csv import to_csv
from hotspots.exports.entries import CSV, XLSX, ZIP, named
from hotspots.exports.geojson import to_geojson
from hotspots.exports.gpkg import to_gpkg
from hotspots.exports.parquet import to_parquet
from hotspots.exports.shapefile import to_shp
from hotspots.exports.tables import Tables
from hotspots.exports.tif import to_tif
from hotspots.exports.xlsx import to_xlsx

Writer = Callable[[Tables, Mapping[str, Any]], bytes]


@dataclass(frozen=True, slots=True)
class Format:
    """One export format of tables with geometry.

    Attributes
    ----------
    name, suffix : str
    media_type : str
        What the file is served as.
    many : bool
        Whether a file can hold several tables.
    sidecar : bool
        Whether it cannot hold its provenance, which goes in a file beside it.
    write : callable
        ``write(tables, provenance) -> bytes``.
    """

    name: str
    suffix: str
    media_type: str
    many: bool
    sidecar: bool
    write: Writer


_COG = "image/tiff; application=geotiff; profile=cloud-optimized"

EXPORTS: tuple[Format, ...] = (
    Format("csv", ".csv", CSV, False, True, to_csv),
    Format("geojson", ".geojson", "application/geo+json", False, False, to_geojson),
    Format("gpkg", ".gpkg", "application/geopackage+sqlite3", True, False, to_gpkg),
    Format("xlsx", ".xlsx", XLSX, True, False, to_xlsx),
    Format("parquet", ".parquet", "application/vnd.apache.parquet", False, False, to_parquet),
    Format("shp", ".zip", ZIP, False, False, to_shp),
    Format("tif", ".tif", _COG, False, False, to_tif),
)


def export_format(name: str) -> Format:
    """Return a format by its name or by a file suffix.

    Raises
    ------
    UsageError
        If there is none; the message lists those there are.
    """
    return named(EXPORTS, name, "An export format")


def write_file(path: Path, content: bytes) -> None:
    """Write a whole file or none: to a temporary file beside it, then into its place.

    Raises
    ------
    WorkspaceError
        As ``check_output``.
    """
    with _beside(path) as temporary:
        temporary.write_bytes(content)
        temporary.chmod(0o644)
        temporary.replace(path)


def check_output(path: Path) -> None:
    """Raise an error if a file could not be written: before it is made, and logged as made.

    Raises
    ------
    WorkspaceError
        If there is no such folder, it cannot be written, or what is there is no file: a folder, or
        a device, which would be replaced.
    """
    with _beside(path):
        pass


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """Give a temporary file in a file's folder, gone afterwards; whatever fails is one error."""
    temporary: Path | None = None
    try:
        if path.exists() and not path.is_file():
            raise IsADirectoryError(None, "there is something else, no file")
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
        temporary = Path(name)
        yield temporary
    except OSError as error:
        raise WorkspaceError(
            f"The output must be a file in a folder that can be written; {path} is not "
            f"({error.strerror}): give another with -o."
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
