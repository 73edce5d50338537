"""Paths -> the files they hold: one file, a folder's files, a zip's members; none is read yet."""

from __future__ import annotations

import os
import re
import stat
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from hotspots import manifest
from hotspots.errors import DataError
from hotspots.ingest.records import shortened
from hotspots.ingest.unpacking import (
    Content,
    Part,
    check_size,
    digest,
    on_disk,
    unpacked,
    whole_member,
)

TEXT = (".csv", ".txt", ".tsv", ".geojson", ".json")
OTHER = (".xlsx", ".xlsm", ".xls", ".ods", ".parquet", ".gpkg", ".shp")
_TABLES = (*TEXT, *OTHER, *(f"{suffix}.gz" for suffix in TEXT))
# beside data by design, or put there by an operating system: not worth a word
_SILENT = re.compile(r"manifest\.json|.*\.toml|\..*|__MACOSX|Thumbs\.db|desktop\.ini|~\$.*", re.I)
#: What stands beside a .shp and belongs to it.
_SHAPE_PARTS = (
    *(".shx", ".dbf", ".prj", ".cpg", ".qpj", ".qmd", ".qix", ".sbn", ".sbx", ".fbn", ".fbx"),
    *(".ain", ".aih", ".atx", ".ixs", ".mxs", ".cst", ".idx", ".shp.xml"),
)
#: Those of them that change what is read.
_SHAPE_CONTENT = (".shx", ".dbf", ".prj", ".cpg")
_NO_TABLE = "not a table"
_NESTED = "a zip inside another, which is not opened"


@dataclass(frozen=True, eq=False)
class FoundFile:
    """A file that may hold incidents, not read yet.

    Parameters
    ----------
    name : str
        Its own name.
    label : str
        Where it lies.
    direct : bool
        Whether it was named itself and not met in a folder or zip.
    size : int
        Bytes of the file as it lies, still compressed if it is a ``.gz``.
    notice : callable () -> str or None
        What the manifest beside it says.
    part : Part
        The file as it lies.
    beside : tuple of Part
        The other parts of a Shapefile, their suffixes as in ``.dbf``.
    """

    name: str
    label: str
    direct: bool
    size: int
    notice: Callable[[], str | None]
    part: Part
    beside: tuple[Part, ...] = ()

    @property
    def suffix(self) -> str:
        """What the name ends with, in lower case, without ``.gz``."""
        return _suffix(self.name)

    @property
    def compressed(self) -> bool:
        """Whether the file is a ``.gz``."""
        return self.name.lower().endswith(".gz")

    @contextmanager
    def open(self) -> Iterator[Content]:
        """Open the unpacked content, to be read from its start once.

        Raises
        ------
        DataError
            On opening or while reading: if the file cannot be read, or a ``.gz`` or zip member
            is broken, cut short or unpacks to an absurd size.
        """
        with self.part.open() as raw, unpacked(raw, self.name, self.size) as content:
            yield content

    def digests(self) -> tuple[str, str]:
        """Return the sha256 of the file as it is, and of its unpacked content.

        Those of a Shapefile are of all its parts.
        """
        own = digest([self.part, *self.beside])
        if not self.compressed:
            return own, own
        with self.open() as content:
            return own, digest([content])

    @contextmanager
    def as_path(self) -> Iterator[Path]:
        """Give a path to the unpacked content: the file itself, or a copy removed afterwards."""
        if self.part.path is not None and not self.compressed:
            self.part.check()
            yield self.part.path
            return
        with self.open() as content, on_disk(content, self.suffix, self.beside) as path:
            yield path


@dataclass(frozen=True)
class Found:
    """The files met under some paths, and the names of those that are no tables."""

    files: tuple[FoundFile, ...]
    skipped: tuple[tuple[str, str], ...]


def find(paths: Sequence[Path]) -> Found:
    """Return the files of ``paths``, folders walked in sorted order; nothing is read yet.

    Raises
    ------
    DataError
        If a path does not exist, is neither a table, a folder nor a zip, or a zip is broken,
        encrypted or has a member with an unsafe name.
    """
    files: list[FoundFile] = []
    skipped: list[tuple[str, str]] = []
    for path in paths:
        for found in _under(path):
            if isinstance(found, FoundFile):
                files.append(found)
            else:
                skipped.append(found)
    return Found(tuple(files), tuple(skipped))


def _suffix(name: str) -> str:
    return PurePosixPath(name.lower().removesuffix(".gz")).suffix


def _under(path: Path) -> Iterator[FoundFile | tuple[str, str]]:
    mode = _mode(path)
    if stat.S_ISDIR(mode):
        yield from _in_folder(path)
    elif not stat.S_ISREG(mode):
        raise DataError(
            f"A path must be a file or a folder; {path} is a pipe, a socket or a device: "
            "save its content to a file."
        )
    elif path.suffix.lower() == ".zip":
        yield from _in_zip(path)
    elif path.name.lower().endswith(_TABLES):
        yield _plain(path, direct=True)
    else:
        raise DataError(
            "Incidents must be in a table (CSV, Excel, ODS, Parquet, GeoJSON, GeoPackage or "
            f"Shapefile), a .zip or a folder of these; {path.name} is none of them: export it "
            "as CSV."
        )


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DataError(f"A path must exist; {path} does not: check its spelling.") from error
    except (OSError, ValueError) as error:
        raise DataError(
            f"A path must lead to a file or a folder; {path} does not ({error}): check it."
        ) from error


# -- folders --------------------------------------------------------------------------------------


def _in_folder(folder: Path) -> Iterator[FoundFile | tuple[str, str]]:
    root = folder.resolve()
    for path in sorted(_entries(folder), key=lambda p: p.relative_to(folder).as_posix()):
        if any(_SILENT.fullmatch(part) for part in path.relative_to(folder).parts):
            continue
        reason = _unfit(path, root)
        if reason is not None:
            yield _shown(path.name), reason
        elif path.suffix.lower() == ".zip":
            yield from _in_zip(path)
        elif path.name.lower().endswith(_TABLES):
            yield _plain(path, direct=False)
        elif not any(path.with_name(shape).exists() for shape in _shapes(path.name)):
            yield _shown(path.name), _NO_TABLE


def _entries(folder: Path) -> Iterator[Path]:
    """Yield all below a folder but its real folders; links are yielded, never walked into."""

    def refuse(error: OSError) -> None:
        raise DataError(
            f"A folder must be readable; {error.filename} is not ({error.strerror}): check its "
            "permissions."
        ) from error

    for where, folders, files in os.walk(folder, onerror=refuse):
        here = Path(where)
        yield from (here / name for name in files)
        yield from (here / name for name in folders if (here / name).is_symlink())


def _unfit(path: Path, root: Path) -> str | None:
    """Return why something in a folder is not to be read."""
    try:
        target = path.resolve(strict=True)
        mode = target.stat().st_mode
    except (OSError, RuntimeError):
        return "a link that leads nowhere"
    if path.is_symlink() and not target.is_relative_to(root):
        return "a link that leads out of the folder, which is not followed"
    if stat.S_ISDIR(mode):
        return "a link to a folder, which is not followed"
    return None if stat.S_ISREG(mode) else "a pipe, a socket or a device"


def _shapes(name: str) -> tuple[str, ...]:
    """Return what the Shapefile may be called that a file is a part of; none if it is no part."""
    suffix = next((s for s in _SHAPE_PARTS if name.lower().endswith(s)), None)
    if suffix is None:
        return ()
    stem = name[: -len(suffix)]
    return (f"{stem}.shp", f"{stem}.SHP")


def _shown(name: str) -> str:
    """Return a name that can be printed and stored: file systems allow bytes that are no text."""
    return re.sub(r"[\x00-\x1f]", "?", name.encode("utf-8", "replace").decode())


def _plain(path: Path, *, direct: bool) -> FoundFile:
    @contextmanager
    def open_it() -> Iterator[BinaryIO]:
        try:
            stream = path.open("rb")
        except OSError as error:
            raise _unreadable(path, error) from error
        with stream:
            yield stream

    beside: list[Part] = []
    if path.suffix.lower() == ".shp":
        wanted = {f"{path.stem.lower()}{suffix}": suffix for suffix in _SHAPE_CONTENT}
        others = [p for p in path.parent.iterdir() if p.name.lower() in wanted and p.is_file()]
        parts = [_plain(other, direct=False).part for other in sorted(others)]
        beside = [Part(wanted[str(p.path.name).lower()], p.open, p.path) for p in parts if p.path]
    try:
        size = path.stat().st_size
    except OSError as error:
        raise _unreadable(path, error) from error
    return FoundFile(
        name=_shown(path.name),
        label=_shown(str(path)),
        direct=direct,
        size=size,
        notice=lambda: manifest.notice_beside(path.absolute()),
        part=Part(_suffix(path.name), open_it, path),
        beside=tuple(beside),
    )


def _unreadable(path: Path, error: OSError) -> DataError:
    return DataError(
        f"A file must be readable; {path} is not ({error.strerror}): check its permissions."
    )


# -- zips -----------------------------------------------------------------------------------------


def _in_zip(path: Path) -> Iterator[FoundFile | tuple[str, str]]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise DataError(
            f"A .zip must be a whole zip archive; {path.name} is not ({error}): "
            "download or copy it again."
        ) from error
    for info in members:
        _check_member(info, path.name)
    # a bomb may be of many members, each of them plausible
    check_size(sum(info.file_size for info in members), path.stat().st_size, path.name, whole=True)
    infos = {info.filename: info for info in members}
    # two members may have the same name
    for info in sorted(members, key=lambda i: i.filename):
        name = info.filename
        inner = PurePosixPath(name)
        if any(_SILENT.fullmatch(part) for part in inner.parts):
            continue
        if name.lower().endswith(_TABLES):
            yield _member(path, info, infos)
        elif name.lower().endswith(".zip"):
            yield inner.name, _NESTED
        elif not infos.keys() & set(_shapes(name)):
            yield inner.name, _NO_TABLE


def _check_member(info: zipfile.ZipInfo, archive: str) -> None:
    name = info.filename
    # ZipInfo cuts a name at a NUL, and turns the separators of Windows into slashes
    told = info.orig_filename
    parts = PurePosixPath(told).parts
    if told.startswith("/") or ".." in parts or re.search(r"[\x00-\x1f\\:]", told):
        raise DataError(
            f"The members of a zip must have plain relative names; {archive} holds "
            f"{shortened(repr(told), 200)}: "
            "make the zip again."
        )
    if info.flag_bits & 0x1:
        raise DataError(
            f"A zip must not be encrypted; {shortened(name, 200)} in {archive} is: unpack it with "
            "its password and give the folder."
        )
    check_size(info.file_size, info.compress_size, f"{shortened(name, 200)} in {archive}")


def _member(path: Path, info: zipfile.ZipInfo, infos: dict[str, zipfile.ZipInfo]) -> FoundFile:
    inner = PurePosixPath(info.filename)
    beside = (inner.parent / manifest.FILE_NAME).as_posix()
    parts: list[Part] = []
    if inner.suffix.lower() == ".shp":
        stem = info.filename.lower().removesuffix(".shp")
        wanted = {f"{stem}{suffix}": suffix for suffix in _SHAPE_CONTENT}
        others = [name for name in sorted(infos) if name.lower() in wanted]
        parts = [Part(wanted[o.lower()], partial(whole_member, path, infos[o])) for o in others]

    def notice() -> str | None:
        if beside not in infos:
            return None
        with whole_member(path, infos[beside]) as stream:
            content = stream.read()
        return manifest.notice_in(content, inner.name, f"{beside} in {path.name}")

    return FoundFile(
        name=inner.name,
        label=f"{path}/{info.filename}",
        direct=False,
        size=info.file_size,
        notice=notice,
        part=Part(_suffix(inner.name), partial(whole_member, path, info)),
        beside=tuple(parts),
    )
