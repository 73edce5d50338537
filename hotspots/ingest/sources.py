"""Paths -> the files they hold: one file, a folder's files, a zip's members."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import NoReturn

from hotspots import manifest
from hotspots.errors import DataError

_TABLES = (".csv", ".csv.gz")
# beside data by design, or put there by an operating system: not worth a word
_SILENT = re.compile(r"manifest\.json|.*\.toml|\..*|__MACOSX|Thumbs\.db|desktop\.ini", re.I)
#: Deflated text shrinks some 5 to 30 times; what grows more than this is not an export.
_MAX_RATIO = 250
#: Small files may be as repetitive as they like, bytes.
_RATIO_MATTERS_FROM = 50_000_000
#: No file may be larger when unpacked, bytes.
_MAX_SIZE = 2_000_000_000
_CHUNK = 1 << 20


@dataclass(frozen=True)
class FoundFile:
    """A file that may hold incidents, not read yet.

    ``name`` is its own name, ``label`` says where it lies, ``direct`` is whether it was named
    itself and not met in a folder or zip. ``load`` returns its bytes, still compressed if it
    is a ``.gz``, and ``notice`` what the manifest beside it says.
    """

    name: str
    label: str
    direct: bool
    load: Callable[[], bytes]
    notice: Callable[[], str | None]


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


def _under(path: Path) -> Iterator[FoundFile | tuple[str, str]]:
    if path.is_dir():
        yield from _in_folder(path)
    elif not path.exists():
        raise DataError(f"A path must exist; {path} does not: check its spelling.")
    elif path.suffix.lower() == ".zip":
        yield from _in_zip(path)
    elif path.name.lower().endswith(_TABLES):
        yield _plain(path, direct=True)
    else:
        raise DataError(
            "Incidents must be in a .csv, a .csv.gz, a .zip or a folder of these; "
            f"{path.name} is none of them: export it as CSV."
        )


def _in_folder(folder: Path) -> Iterator[FoundFile | tuple[str, str]]:
    inside = [path for path in folder.rglob("*") if path.is_file()]
    for path in sorted(inside, key=lambda p: p.relative_to(folder).as_posix()):
        parts = path.relative_to(folder).parts
        if any(_SILENT.fullmatch(part) for part in parts):
            continue
        if path.suffix.lower() == ".zip":
            yield from _in_zip(path)
        elif path.name.lower().endswith(_TABLES):
            yield _plain(path, direct=False)
        else:
            yield path.name, "not a CSV file"


def _plain(path: Path, *, direct: bool) -> FoundFile:
    def load() -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise DataError(
                f"A file must be readable; {path} is not ({error.strerror}): check its permissions."
            ) from error

    return FoundFile(
        path.name, str(path), direct, load, lambda: manifest.notice_beside(path.absolute())
    )


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
    names = {info.filename for info in members}
    for info in sorted(members, key=lambda i: i.filename):
        inner = PurePosixPath(info.filename)
        if any(_SILENT.fullmatch(part) for part in inner.parts):
            continue
        if info.filename.lower().endswith(_TABLES):
            yield _member(path, info, names)
        else:
            yield inner.name, "not a CSV file"


def _check_member(info: zipfile.ZipInfo, archive: str) -> None:
    name = info.filename
    # ZipInfo cuts a name at a NUL, and turns the separators of Windows into slashes
    told = info.orig_filename
    parts = PurePosixPath(told).parts
    if told.startswith("/") or ".." in parts or re.search(r"[\x00-\x1f\\:]", told):
        raise DataError(
            f"The members of a zip must have plain relative names; {archive} holds {told!r}: "
            "make the zip again."
        )
    if info.flag_bits & 0x1:
        raise DataError(
            f"A zip must not be encrypted; {name} in {archive} is: unpack it with its password "
            "and give the folder."
        )
    ratio = info.file_size / max(info.compress_size, 1)
    absurd = info.file_size > _RATIO_MATTERS_FROM and ratio > _MAX_RATIO
    if absurd or info.file_size > _MAX_SIZE:
        _refuse_size(f"{name} in {archive}")


def _refuse_size(name: str) -> NoReturn:
    raise DataError(
        f"A compressed file must unpack to a plausible size, at most {_MAX_RATIO} times its own "
        f"and {_MAX_SIZE / 1e9:g} GB; {name} does not: unpack it and look at what it holds."
    )


def _member(path: Path, info: zipfile.ZipInfo, names: set[str]) -> FoundFile:
    inner = PurePosixPath(info.filename)
    beside = (inner.parent / manifest.FILE_NAME).as_posix()

    def read(name: str) -> bytes:
        try:
            with zipfile.ZipFile(path) as archive:
                return archive.read(name)
        except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, EOFError) as error:
            raise DataError(
                f"A zip's members must be whole; {name} in {path.name} is not ({error}): "
                "download or copy the zip again."
            ) from error

    def notice() -> str | None:
        if beside not in names:
            return None
        return manifest.notice_in(read(beside), inner.name, f"{beside} in {path.name}")

    label = f"{path}/{info.filename}"
    return FoundFile(inner.name, label, False, lambda: read(info.filename), notice)


def unpack(data: bytes, name: str) -> bytes:
    """Return the content of a ``.gz``, all its members; other files are their own content.

    Raises
    ------
    DataError
        If a ``.gz`` is broken, cut short or unpacks to an absurd size.
    """
    if not name.lower().endswith(".gz"):
        return data
    out = BytesIO()
    rest = data
    # a gzip file may be several streams one after another; zeros may pad its end
    while rest.strip(b"\0"):
        rest = _one_stream(rest, out, name, len(data))
    return out.getvalue()


def _one_stream(data: bytes, out: BytesIO, name: str, size: int) -> bytes:
    stream = zlib.decompressobj(wbits=31)
    try:
        while not stream.eof:
            piece = stream.decompress(data, _CHUNK)
            data = stream.unconsumed_tail
            if not piece and not data and not stream.eof:
                raise zlib.error("cut short")
            out.write(piece)
            total = out.tell()
            absurd = total > _RATIO_MATTERS_FROM and total > _MAX_RATIO * size
            if absurd or total > _MAX_SIZE:
                _refuse_size(name)
    except zlib.error as error:
        raise DataError(
            f"A .gz must be a whole gzip file; {name} is not ({error}): download or copy it again."
        ) from error
    return stream.unused_data
