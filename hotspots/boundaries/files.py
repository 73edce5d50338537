"""One polygon file -> its features in a CRS that is known."""

from __future__ import annotations

import gzip
import hashlib
import json
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS
from pyproj.exceptions import CRSError

from hotspots import manifest
from hotspots.errors import DataError

_JSON = (".json", ".geojson", ".topojson")
_SHAPE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
#: Boundaries of all wards of the country take some 200 MB, bytes.
_MAX_UNPACKED = 1_000_000_000
_DEGREES = CRS.from_epsg(4326)


@dataclass(frozen=True)
class PolygonFile:
    """The features of one file, with its CRS set, and what is to be said about it."""

    name: str
    folder: str
    frame: gpd.GeoDataFrame
    sha256: Mapping[str, str]
    notice: str | None
    report: tuple[str, ...] = field(default=())


def read_polygons(path: Path, crs: CRS | None) -> PolygonFile:
    """Read one file; ``crs`` is its CRS if it does not state one.

    Raises
    ------
    DataError
        If the file is missing, of no known format, broken, without features, has several
        layers of polygons, states another CRS than ``crs``, or none where one is needed.
    """
    if not path.is_file():
        raise DataError(f"A ward file must exist; {path} does not: check its spelling.")
    kind = "".join(path.suffixes[-2:]).lower() if path.suffix.lower() == ".gz" else path.suffix
    report: list[str] = []
    if kind.lower().removesuffix(".gz") in _JSON:
        frame = _read_json(path, crs, report)
    elif kind.lower() == ".gpkg":
        frame = _with_crs(_read_layer(path, path.name), crs, path.name)
    elif kind.lower() in (".shp", ".zip"):
        source = path if kind.lower() == ".shp" else _inside_zip(path)
        frame = _with_crs(_read_layer(source, path.name), crs, path.name)
    else:
        raise DataError(
            "Wards must be in GeoJSON, TopoJSON, a GeoPackage, a Shapefile or a zip of one; "
            f"{path.name} is none of them: convert it."
        )
    if not len(frame):
        raise DataError(f"A ward file must have wards; {path.name} has none: export it again.")
    notice = manifest.notice_beside(path.absolute())
    folder = path.absolute().parent.name
    return PolygonFile(path.name, folder, frame, _hashes(path), notice, tuple(report))


# -- GeoJSON and TopoJSON -------------------------------------------------------------------------


def _read_json(path: Path, crs: CRS | None, report: list[str]) -> gpd.GeoDataFrame:
    content = _content(path)
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"A GeoJSON or TopoJSON file must be JSON in UTF-8; {path.name} is not ({error}): "
            "export it again."
        ) from error
    kind = data.get("type") if isinstance(data, dict) else None
    if kind not in ("FeatureCollection", "Feature", "Topology"):
        raise DataError(
            f"A .json of wards must be a GeoJSON FeatureCollection or a TopoJSON Topology; "
            f"{path.name} is not: export it again."
        )
    frame = _read_layer(content, path.name)
    if _states_crs(data):
        return _with_crs(_where_unset(frame, data), crs, path.name)
    frame = frame.set_crs(None, allow_override=True)
    if crs is None and kind == "Topology":
        return _guessed(frame, path.name, report)
    # RFC 7946: GeoJSON without a CRS is longitude and latitude
    return frame.set_crs(crs or _DEGREES)


def _states_crs(data: Any) -> bool:
    return bool(data.get("crs")) or any(bool(part.get("crs")) for part in _objects(data))


def _objects(data: Any) -> list[dict[str, Any]]:
    objects = data.get("objects")
    parts = objects.values() if isinstance(objects, dict) else []
    return [part for part in parts if isinstance(part, dict)]


def _known_crs(name: str) -> CRS:
    try:
        return CRS.from_user_input(name)
    except CRSError as error:
        raise DataError(
            f"A ward file must state a CRS there is; it states {name!r}: mend the file."
        ) from error


def _where_unset(frame: gpd.GeoDataFrame, data: Any) -> gpd.GeoDataFrame:
    """Set the CRS that a TopoJSON states in a place that GDAL does not read."""
    if frame.crs is not None:
        return frame
    for part in [data, *_objects(data)]:
        member = part.get("crs")
        about = member.get("properties") if isinstance(member, dict) else None
        name = about.get("name") if isinstance(about, dict) else None
        if isinstance(name, str):
            # CRS84 is EPSG:4326 with longitude first, which is how shapes are kept anyway
            return frame.set_crs(_DEGREES if name.upper().endswith("CRS84") else _known_crs(name))
    return frame


def _guessed(frame: gpd.GeoDataFrame, name: str, report: list[str]) -> gpd.GeoDataFrame:
    pairs = np.abs(shapely.get_coordinates(frame.geometry.to_numpy()))
    if not (pairs <= [180.0, 90.0]).all():
        raise _without_crs(name)
    report.append(f"{name} states no CRS: its coordinates were taken as longitude and latitude.")
    return frame.set_crs(_DEGREES)


def _content(path: Path) -> bytes:
    try:
        if path.suffix.lower() != ".gz":
            return path.read_bytes()
        with gzip.open(path) as stream:
            content = stream.read(_MAX_UNPACKED + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            f"A ward file must be readable and whole; {path.name} is not ({error}): copy it again."
        ) from error
    if len(content) > _MAX_UNPACKED:
        raise DataError(
            f"A .gz of wards must unpack to at most {_MAX_UNPACKED / 1e9:g} GB; {path.name} does "
            "not: unpack it and look at what it holds."
        )
    return content


# -- through GDAL ---------------------------------------------------------------------------------


def _read_layer(source: Any, name: str) -> gpd.GeoDataFrame:
    try:
        with warnings.catch_warnings():
            # GDAL warns of what is checked afterwards: rings left open, several types
            warnings.simplefilter("ignore")
            layer = _polygon_layer(source, name)
            frame = pyogrio.read_dataframe(source, layer=layer)
    except (DataSourceError, DataLayerError, ValueError, shapely.errors.GEOSException) as error:
        raise DataError(
            f"A ward file must be whole and of the format that its name says; {name} is not "
            f"({str(error).splitlines()[0]}): export it again."
        ) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise DataError(
            f"A ward file must have polygons; {name} has a table without any: give the file of "
            "boundaries."
        )
    return frame


def _polygon_layer(source: Any, name: str) -> int:
    """Return the position of the one layer of polygons."""
    layers = [(str(layer), str(kind or "")) for layer, kind in pyogrio.list_layers(source)]
    polygonal = [i for i, (_, kind) in enumerate(layers) if "Polygon" in kind]
    # a layer of mixed shapes says so only by having some kind
    found = polygonal or [i for i, (_, kind) in enumerate(layers) if kind]
    if len(layers) > 1 and len(found) != 1:
        listed = ", ".join(layer for layer, _ in layers)
        raise DataError(
            f"A ward file must have one layer of polygons; {name} has {len(found)} among its "
            f"layers {listed}: save the wards in a file of their own."
        )
    return found[0] if found else 0


def _inside_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
            broken = None if any(i.flag_bits & 0x1 for i in members) else archive.testzip()
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError) as error:
        raise DataError(
            f"A .zip must be a whole zip archive; {path.name} is not ({error}): copy it again."
        ) from error
    if any(info.flag_bits & 0x1 for info in members):
        raise DataError(f"A zip must not be encrypted; {path.name} is: unpack it first.")
    if broken is not None or sum(info.file_size for info in members) > _MAX_UNPACKED:
        raise DataError(
            f"A zip of wards must be whole and unpack to at most {_MAX_UNPACKED / 1e9:g} GB; "
            f"{path.name} is not: copy it again."
        )
    shapes = [i.filename for i in members if i.filename.lower().endswith(".shp")]
    shapes = [name for name in shapes if not name.startswith("__MACOSX")]
    if len(shapes) != 1:
        raise DataError(
            f"A zip of wards must hold one Shapefile; {path.name} holds {len(shapes)}: zip the "
            "parts of the one Shapefile, or give another format unpacked."
        )
    return f"/vsizip/{path.absolute()}/{shapes[0]}"


def _with_crs(frame: gpd.GeoDataFrame, crs: CRS | None, name: str) -> gpd.GeoDataFrame:
    if frame.crs is None and crs is None:
        raise _without_crs(name)
    if frame.crs is None:
        return frame.set_crs(crs)
    if crs is not None and not CRS.from_user_input(frame.crs).equals(crs, ignore_axis_order=True):
        raise DataError(
            f"A CRS must only be given for files that state none; {name} states "
            f"{frame.crs.to_string()} and not {crs.to_string()}: leave out --crs."
        )
    return frame


def _without_crs(name: str) -> DataError:
    return DataError(
        f"A ward file must state its CRS; {name} does not: give --crs, for example "
        "--crs EPSG:27700."
    )


def _hashes(path: Path) -> dict[str, str]:
    """Return name to sha256 of a file, for a Shapefile of each of its parts."""
    files = [path]
    if path.suffix.lower() == ".shp":
        beside = sorted(p for p in path.parent.iterdir() if p.stem == path.stem)
        files = [p for p in beside if p.suffix.lower() in _SHAPE_PARTS]
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
