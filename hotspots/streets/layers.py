"""Which layers of a file hold the streets."""

from __future__ import annotations

import re
import shutil
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hotspots.errors import DataError

#: GDAL's name of each format that is read: a file must be what its name says.
_DRIVERS = {
    ".gpkg": "GPKG",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".shp": "ESRI Shapefile",
    ".fgb": "FlatGeobuf",
}
#: OS Open Roads of all Great Britain unpacks to some 2 GB.
_MAX_UNPACKED = 8_000_000_000
#: Layers of roads and of water, as OS and Geofabrik call them.
_ROADS = re.compile(r"(^|_)road_?links?$|^gis_osm_roads|^(roads?|streets?|highways?)$", re.I)
_WATER = re.compile(r"(^|_)watercourse_?links?$|^gis_osm_waterways|^(rivers?|waterways?)$", re.I)


@dataclass(frozen=True)
class LineLayer:
    """One layer of lines: how GDAL opens it, its name, and what its file says of it."""

    source: str
    name: str
    info: Any  # of pyogrio.read_info

    @property
    def is_water(self) -> bool:
        """Whether its name says that it holds rivers."""
        return bool(_WATER.search(self.name))


@contextmanager
def line_layers(path: Path, wanted: str | None) -> Iterator[list[LineLayer]]:
    """Yield the layers of streets of a file, open to be read while the context lasts.

    Parameters
    ----------
    path : Path
        A GeoPackage, GeoJSON, Shapefile or FlatGeobuf, or a zip of some.
    wanted : str, optional
        The one layer to take. None: those that are called as OS and OpenStreetMap call theirs
        (of a zip of Shapefiles every square), otherwise the only layer of lines.

    Raises
    ------
    DataError
        If the file is missing, of another format or broken, has no lines, or several layers of
        which none is known.
    """
    if not path.is_file():
        raise DataError(f"A file of streets must exist; {path} does not: check its spelling.")
    with _sources(path) as sources:
        found = [layer for source in sources for layer in _layers(source, path.name)]
        yield _chosen(found, wanted, path.name)


def _chosen(found: Sequence[LineLayer], wanted: str | None, file: str) -> list[LineLayer]:
    if not found:
        raise DataError(
            f"A file of streets must have lines; {file} has no layer of lines: give a file such "
            "as OS Open Roads."
        )
    names = sorted({layer.name for layer in found})
    if wanted is not None:
        mine = [layer for layer in found if layer.name == wanted]
        if not mine:
            raise DataError(
                f"--layer must name a layer of lines; {file} has {', '.join(names)} and no "
                f"{wanted!r}: give one of these."
            )
        return mine
    known = [layer for layer in found if _ROADS.search(layer.name) or layer.is_water]
    if not known and len(names) > 1:
        raise DataError(
            f"A file of streets must have one layer of lines; {file} has {', '.join(names)}: say "
            "which with --layer."
        )
    return known or list(found)


def _layers(source: str, file: str) -> list[LineLayer]:
    import pyogrio
    from pyogrio.errors import DataSourceError

    wanted = _DRIVERS[Path(source).suffix.lower()]
    try:
        found = []
        for name, kind in pyogrio.list_layers(source):
            # a layer of mixed shapes says so by naming none
            if kind is None or not ("LineString" in kind or kind.startswith("Unknown")):
                continue
            info = pyogrio.read_info(source, layer=name)
            if info["driver"] != wanted:
                raise ValueError(f"it is {info['driver']}")
            found.append(LineLayer(source, str(name), info))
    except (DataSourceError, ValueError, RuntimeError) as error:
        raise DataError(
            f"A file of streets must be whole and of the format that its name says; {file} is not "
            f"({first_line(error)}): copy it again."
        ) from error
    return found


def first_line(error: Exception) -> str:
    """Return the first line of what a library says."""
    return (str(error).splitlines() or [type(error).__name__])[0]


# -- files, and files in a zip --------------------------------------------------------------------


@contextmanager
def _sources(path: Path) -> Iterator[list[str]]:
    suffix = path.suffix.lower()
    if suffix in _DRIVERS:
        yield [str(path.absolute())]
        return
    if suffix != ".zip":
        raise DataError(
            "Streets must be in a GeoPackage, GeoJSON, Shapefile or FlatGeobuf, or a zip of one; "
            f"{path.name} is none of them: convert it."
        )
    with TemporaryDirectory(prefix="hotspots-streets-") as folder:
        yield _unpacked(path, Path(folder))


def _unpacked(path: Path, folder: Path) -> list[str]:
    """Return what GDAL opens of a zip, unpacked: a packed GeoPackage cannot use its index."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(archive, path.name)
            for number, member in enumerate(members):
                # by the stem alone: a member cannot say where it is written, and the parts of a
                # Shapefile stay together
                target = folder / f"{_group(members, number)}" / Path(member.filename).name
                target.parent.mkdir(exist_ok=True)
                with archive.open(member) as packed, target.open("wb") as plain:
                    shutil.copyfileobj(packed, plain, 1 << 20)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise DataError(
            f"A .zip must be a whole zip archive, with room to unpack it; {path.name} is not "
            f"({first_line(error)}): copy it again."
        ) from error
    files = [p for p in folder.rglob("*") if p.suffix.lower() in _DRIVERS]
    if not files:
        raise DataError(
            f"A zip of streets must hold a GeoPackage, GeoJSON, Shapefile or FlatGeobuf; "
            f"{path.name} holds none: give the file itself."
        )
    return [str(file) for file in sorted(files)]


def _members(archive: zipfile.ZipFile, file: str) -> list[zipfile.ZipInfo]:
    parts = {*_DRIVERS, ".shx", ".dbf", ".prj", ".cpg"}
    wanted = [
        info
        for info in archive.infolist()
        if not info.is_dir()
        and not info.filename.startswith("__MACOSX")
        and Path(info.filename).suffix.lower() in parts
    ]
    if any(info.flag_bits & 0x1 for info in wanted):
        raise DataError(f"A zip must not be encrypted; {file} is: unpack it first.")
    if sum(info.file_size for info in wanted) > _MAX_UNPACKED:
        raise DataError(
            f"A zip of streets must unpack to at most {_MAX_UNPACKED / 1e9:g} GB; {file} does "
            "not: unpack it and look at what it holds."
        )
    return wanted


def _group(members: Sequence[zipfile.ZipInfo], number: int) -> int:
    """Return a number for the folder of a member."""
    folders = [str(Path(member.filename).parent) for member in members]
    return folders.index(folders[number])
