"""Single members of a zip archive, read over the internet without fetching the rest of it.

A zip ends with its central directory (APPNOTE.TXT 4.3), so the last part of the file tells where
each member lies; `zipfile` reads it from a file that fetches what it is asked for.
"""

from __future__ import annotations

import io
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

from hotspots.errors import DataError
from hotspots.fetch import ranges
from hotspots.fetch.http import AbsentError, Client
from hotspots.fetch.ranges import ChangedError, Edition, NoRangesError

#: The central directory of 36 months of all forces has about 4,600 members, some 0.5 MB.
_TAIL = 1 << 20
#: The end record, its comment, name and extra fields are never longer than this, bytes.
_OVERHEAD = 1 << 18
#: No month of a force is larger when unpacked, bytes.
_MAX_MEMBER = 2_000_000_000
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
#: One more try: a transfer may have been damaged on the way.
_TRIES = 2


class PatchedFile(io.RawIOBase):
    """A file of known size of which only some parts are here; others are fetched when read.

    Parameters
    ----------
    size : int
        Its size, bytes.
    fetch : callable
        Returns the bytes from a start to a stop (not included).
    """

    def __init__(self, size: int, fetch: Callable[[int, int], bytes]) -> None:
        super().__init__()
        self._size = size
        self._fetch = fetch
        self._patches: list[tuple[int, int, IO[bytes]]] = []
        self._at = 0

    def add(self, start: int, stop: int, stream: IO[bytes]) -> None:
        """Take the bytes ``start`` to ``stop`` from a stream."""
        self._patches.append((start, stop, stream))

    def drop(self) -> None:
        """Forget the part added last."""
        self._patches.pop()

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the place of the next read."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a place; only a place before the start is refused, as for any file."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if origin + offset < 0:
            raise OSError("negative seek")
        self._at = origin + offset
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes, fewer than asked for only at the end."""
        stop = self._size if size < 0 else min(self._size, self._at + size)
        read = bytearray()
        while self._at < stop:
            read += self._some(stop)
        return bytes(read)

    def _some(self, stop: int) -> bytes:
        for first, last, stream in reversed(self._patches):
            if first <= self._at < last:
                stream.seek(self._at - first)
                data = stream.read(min(stop, last) - self._at)
                break
        else:
            later = [first for first, _, _ in self._patches if first > self._at]
            data = self._fetch(self._at, min([stop, *later]))
        if not data:
            raise EOFError("a part is shorter than it should be")
        self._at += len(data)
        return data


@dataclass
class Archive:
    """An open archive.

    ``members`` are its files by name; ``edition`` is None for one that was fetched whole.
    """

    url: str
    members: dict[str, zipfile.ZipInfo]
    edition: Edition | None
    _zip: zipfile.ZipFile = field(repr=False)
    _file: PatchedFile | None = field(repr=False)
    _client: Client = field(repr=False)

    def extract(self, name: str, target: Path) -> None:
        """Write a member to ``target``; its CRC-32 and size are checked.

        Parameters
        ----------
        name : str
            The member.
        target : Path
            A passing name: what is there is replaced, and removed on failure. The packed bytes
            are gathered beside it, with ``.packed`` added, and stay for the next run to go on
            from if they do not all come.

        Raises
        ------
        DataError
            If the member is damaged or encrypted, or larger than a month can be.
        ChangedError, NoRangesError
            If the archive changed meanwhile.
        """
        info = self.members[name]
        if info.file_size > _MAX_MEMBER:
            raise DataError(
                f"A member must have at most {_MAX_MEMBER} bytes; {name} of {self.url} has "
                f"{info.file_size}: tell the publisher."
            )
        for last in range(_TRIES):
            try:
                self._unpack(info, target)
                return
            except _BROKEN as error:
                target.unlink(missing_ok=True)
                if last == _TRIES - 1 or self.edition is None:
                    raise DataError(
                        f"A member must be whole; {name} of {self.url} is damaged ({error}): run "
                        "the command again later or tell the publisher."
                    ) from error

    def _unpack(self, info: zipfile.ZipInfo, target: Path) -> None:
        with ExitStack() as stack:
            if self._file is not None and self.edition is not None:
                stack.enter_context(self._packed(info, target, self._file, self.edition))
            source = stack.enter_context(self._zip.open(info))
            with target.open("wb") as stream:
                shutil.copyfileobj(source, stream, 1 << 20)

    @contextmanager
    def _packed(
        self, info: zipfile.ZipInfo, target: Path, file: PatchedFile, edition: Edition
    ) -> Iterator[None]:
        """Fetch a member's bytes, lend them to the zip, and remove them."""
        start, stop = self._span(info)
        packed = target.with_name(target.name + ".packed")
        ranges.download(self._client, edition, start, stop, packed)
        try:
            with packed.open("rb") as stream:
                file.add(start, stop, stream)
                try:
                    yield
                finally:
                    file.drop()
        finally:
            ranges.discard(packed)

    def _span(self, info: zipfile.ZipInfo) -> tuple[int, int]:
        """Return where a member's local header, data and data descriptor lie."""
        start = info.header_offset
        later = (other.header_offset for other in self._zip.infolist())
        following = min((at for at in later if at > start), default=self._zip.start_dir)
        # the next member may be far off: members may have been removed between
        return start, min(following, start + info.compress_size + _OVERHEAD)

    def close(self) -> None:
        """Close the archive."""
        self._zip.close()


def open_remote(client: Client, url: str) -> Archive:
    """Open an archive by its directory alone.

    Raises
    ------
    AbsentError
        If it is not there.
    NoRangesError
        If the server does not send parts of it.
    DataError
        If it is no zip.
    """
    edition, start, last = ranges.tail(client, url, _TAIL)
    file = PatchedFile(edition.size, lambda a, b: ranges.read(client, edition, a, b))
    file.add(start, edition.size, io.BytesIO(last))
    archive = _open(cast(IO[bytes], file), url)
    members = {info.filename: info for info in archive.infolist()}
    return Archive(url, members, edition, archive, file, client)


def open_local(client: Client, path: Path, url: str) -> Archive:
    """Open an archive that was fetched whole from ``url``.

    Raises
    ------
    DataError
        If it is no zip.
    """
    archive = _open(path, url)
    members = {info.filename: info for info in archive.infolist()}
    return Archive(url, members, None, archive, None, client)


def _open(file: IO[bytes] | Path, url: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (*_BROKEN, OSError, ValueError) as error:
        raise DataError(
            f"An archive must be a zip file; {url} is not ({error}): check that the network lets "
            "the address through."
        ) from error


__all__ = [
    "AbsentError",
    "Archive",
    "ChangedError",
    "NoRangesError",
    "PatchedFile",
    "open_local",
    "open_remote",
]
