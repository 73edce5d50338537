"""The ordered registry of export formats, and writing one whole file or none."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd

from hotspots.errors import UsageError, WorkspaceError
from hotspots.exports.csv import to_csv
from hotspots.exports.geojson import to_geojson
from hotspots.exports.gpkg import to_gpkg

Tables = Mapping[str, gpd.GeoDataFrame]
Writer = Callable[[Tables, Mapping[str, Any]], bytes]


@dataclass(frozen=True, slots=True)
class Format:
    """One export format; ``many`` says whether a file can hold several tables."""

    name: str
    suffix: str
    many: bool
    sidecar: bool
    write: Writer


EXPORTS: tuple[Format, ...] = (
    Format("csv", ".csv", many=False, sidecar=True, write=to_csv),
    Format("geojson", ".geojson", many=False, sidecar=False, write=to_geojson),
    Format("gpkg", ".gpkg", many=True, sidecar=False, write=to_gpkg),
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
