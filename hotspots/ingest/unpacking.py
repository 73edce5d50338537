"""Streams of unpacked content: limits are kept while reading, so that no bomb goes off."""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from hotspots.errors import DataError
from hotspots.ingest.records import shortened

#: Deflated text shrinks some 5 to 30 times; what grows more than this is not an export.
MAX_RATIO = 250
#: Small files may be as repetitive as they like, bytes.
RATIO_MATTERS_FROM = 50_000_000
#: No file may be larger when unpacked, bytes.
MAX_SIZE = 2_000_000_000
_CHUNK = 1 << 20
#: What broken, cut or foreign compressed data raise.
_BROKEN = (
    *(OSError, EOFError, ValueError, NotImplementedError, struct.error),
    *(zlib.error, lzma.LZMAError, zipfile.BadZipFile),
)


@dataclass(frozen=True, eq=False)
class Part:
    """A file as it lies: how to open it, and its path if it is a plain file on disk."""

    suffix: str
    open: Callable[[], AbstractContextManager[BinaryIO]]
    path: Path | None = None

    def check(self) -> None:
        """Raise DataError if the file cannot be opened."""
        with self.open():
            pass


class Content(io.BufferedReader):
    """The unpacked content of a file.

    Parameters
    ----------
    checked : raw stream
        Where the content comes from.
    spot : callable () -> int
        How many bytes of the file have been read, as it lies.
    size : int
        How many it has.
    """

    def __init__(self, checked: io.RawIOBase, spot: Callable[[], int], size: int) -> None:
        super().__init__(checked, _CHUNK)
        self._spot = spot
        self._size = size

    @property
    def progress(self) -> float:
        """How much of the file has been read, 0 to 1."""
        return min(1.0, self._spot() / self._size) if self._size else 1.0


class _Checked(io.RawIOBase):
    """A stream whose faults are a DataError, and that may not grow without end."""

    def __init__(
        self, stream: Any, name: str, packed: int | None, fault: Callable[[Exception], DataError]
    ) -> None:
        self._stream = stream
        self._name = name
        self._packed = packed
        self._fault = fault
        self._total = 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._total

    def readinto(self, buffer: Any) -> int:
        try:
            count = int(self._stream.readinto(buffer))
        except _BROKEN as error:
            raise self._fault(error) from error
        self._total += count
        if self._packed is not None:
            check_size(self._total, self._packed, self._name)
        return count


def check_size(unpacked_size: int, packed: int, name: str, *, whole: bool = False) -> None:
    """Refuse what unpacks to an absurd size, in bytes; a ``whole`` archive may have any size.

    Raises
    ------
    DataError
        If it does.
    """
    large = unpacked_size > RATIO_MATTERS_FROM
    absurd = large and unpacked_size > MAX_RATIO * max(packed, 1)
    if absurd or (unpacked_size > MAX_SIZE and not whole):
        raise DataError(
            f"A compressed file must unpack to a plausible size, at most {MAX_RATIO} times its "
            f"own and {MAX_SIZE / 1e9:g} GB; {name} does not: unpack it and look at what it holds."
        )


@contextmanager
def unpacked(raw: BinaryIO, name: str, size: int) -> Iterator[Content]:
    """Give the content of a file that lies as ``raw``; a ``.gz`` is unpacked, all its members.

    Raises
    ------
    DataError
        While it is read: if it is broken, cut short or unpacks to an absurd size.
    """

    def unreadable(error: Exception) -> DataError:
        return DataError(
            f"A file must be readable to its end; {name} is not ({error}): copy it again."
        )

    def no_gzip(error: Exception) -> DataError:
        return DataError(
            f"A .gz must be a whole gzip file; {name} is not ({error}): download or copy it again."
        )

    if not name.lower().endswith(".gz"):
        checked = _Checked(raw, name, None, unreadable)
        yield raw if isinstance(raw, Content) else Content(checked, raw.tell, size)
        return
    with gzip.GzipFile(fileobj=raw) as stream:
        yield Content(_Checked(stream, name, size, no_gzip), raw.tell, size)


@contextmanager
def whole_member(path: Path, info: zipfile.ZipInfo) -> Iterator[BinaryIO]:
    """Open a zip's member.

    Raises
    ------
    DataError
        On opening or while it is read: if it is broken or unpacks to an absurd size.
    """

    name = f"{shortened(info.filename, 200)} in {path.name}"

    def broken(error: Exception) -> DataError:
        return DataError(
            f"A zip's members must be whole; {name} is not ({shortened(str(error), 200)}): "
            "download or copy the zip again."
        )

    try:
        archive = zipfile.ZipFile(path)
    except _BROKEN as error:
        raise broken(error) from error
    with archive:
        try:
            stream = archive.open(info)
        except (*_BROKEN, RuntimeError) as error:
            raise broken(error) from error
        with stream:
            checked = _Checked(stream, name, info.compress_size, broken)
            yield Content(checked, stream.tell, info.file_size)


def digest(parts: Iterable[Part | BinaryIO]) -> str:
    """Return the sha256 of a stream, or of several files one after another, in hexadecimal."""
    total = hashlib.sha256()
    for place, part in enumerate(parts):
        if not isinstance(part, Part):
            _update(total, part)
            continue
        if place:
            total.update(part.suffix.encode())
        with part.open() as stream:
            _update(total, stream)
    return total.hexdigest()


def _update(total: Any, stream: BinaryIO) -> None:
    while chunk := stream.read(_CHUNK):
        total.update(chunk)


@contextmanager
def on_disk(content: BinaryIO, suffix: str, beside: Iterable[Part] = ()) -> Iterator[Path]:
    """Give a path to a copy of ``content``, with the parts beside it, removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="hotspots-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / f"table{suffix}"
        _copy(content, path)
        for part in beside:
            with part.open() as stream:
                _copy(stream, path.with_suffix(part.suffix))
        yield path


def _copy(stream: BinaryIO, path: Path) -> None:
    try:
        with path.open("wb") as out:
            shutil.copyfileobj(cast("io.BufferedIOBase", stream), out, _CHUNK)
    except OSError as error:
        raise DataError(
            f"The folder for temporary files must have room for what is unpacked; {path.parent} "
            f"has not ({error.strerror}): make room, or set TMPDIR to another folder."
        ) from error
