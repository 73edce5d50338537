"""The ordered registry of export formats, and writing one whole file or none."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotspots.errors import UsageError, WorkspaceError
from hotspots.exports.csv import to_csv
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
    name, suffix, media_type : str
    many : bool
        Whether a file can hold several tables.
    sidecar : bool
        Whether it cannot hold its provenance, which goes in a file beside it.
    write : callable
        ``write(tables, provenance) -> bytes``.
    rasters : bool
        Whether it takes rasters and grid squares only.
    """

    name: str
    suffix: str
    many: bool
    sidecar: bool
    write: Writer
    media_type: str = "application/octet-stream"
    rasters: bool = False


_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_COG = "image/tiff; application=geotiff; profile=cloud-optimized"

EXPORTS: tuple[Format, ...] = (
    Format("csv", ".csv", False, True, to_csv, "text/csv; charset=utf-8"),
    Format("geojson", ".geojson", False, False, to_geojson, "application/geo+json"),
    Format("gpkg", ".gpkg", True, False, to_gpkg, "application/geopackage+sqlite3"),
    Format("xlsx", ".xlsx", True, False, to_xlsx, _XLSX),
    Format("parquet", ".parquet", False, False, to_parquet, "application/vnd.apache.parquet"),
    Format("shp", ".zip", False, False, to_shp, "application/zip"),
    Format("tif", ".tif", False, False, to_tif, _COG, rasters=True),
)


def export_format(name: str) -> Format:
    """Return a format by its name or by a file suffix.

    Raises
    ------
    UsageError
        If there is none; the message lists those there are.
    """
    for entry in EXPORTS:
        if name in (entry.name, entry.suffix):
            return entry
    raise UsageError(
        f"An export format must be one of {', '.join(f.name for f in EXPORTS)}; got {name!r}."
    )


def write_file(path: Path, content: bytes) -> None:
    """Write a whole file or none: to a temporary file beside it, then into its place.

    Raises
    ------
    WorkspaceError
        If the folder does not exist or cannot be written.
    """
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise WorkspaceError(
            f"The output must be a file in a folder that can be written; {path} is not "
            f"({error.strerror}): give another with -o."
        ) from error
