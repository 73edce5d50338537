"""PMTiles 3 (https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md)."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from hotspots.tiles.checks import bounds_of, damaged, no_pictures, type_of_first, zooms_of
from hotspots.tiles.model import LocalTiles

if TYPE_CHECKING:
    from pmtiles.tile import Entry, HeaderDict

#: No tile and no directory is larger, bytes.
_MAX_TILE = 8_000_000
_MAX_DIRECTORY = 64_000_000


def open_pmtiles(path: Path, attribution: str) -> LocalTiles:
    """Return the tiles of a file; raises ``WorkspaceError`` as ``open_tiles`` does."""
    with _pmtiles_errors(path):
        return _Archive(path).tiles(attribution)


class _Archive:
    """A PMTiles file: the library reads its header and directories, which are kept."""

    def __init__(self, path: Path) -> None:
        from pmtiles.tile import deserialize_header

        self._path = path
        self._size = path.stat().st_size
        self.header: HeaderDict = deserialize_header(self._bytes(0, 127))
        self._directory = lru_cache(maxsize=64)(self._read_directory)

    def tiles(self, attribution: str) -> LocalTiles:
        """Return the archive as tiles, after a look at the first one."""
        from pmtiles.tile import Compression, TileType

        header = self.header
        kinds = (TileType.PNG, TileType.JPEG, TileType.WEBP, TileType.UNKNOWN)
        if header["tile_type"] not in kinds:
            vector = header["tile_type"] in (TileType.MVT, TileType.MLT)
            raise no_pictures(self._path, "vector tiles" if vector else header["tile_type"].name)
        if header["internal_compression"] is not Compression.GZIP:
            raise ValueError("its directories are not packed with gzip")
        if header["tile_compression"] not in (Compression.NONE, Compression.UNKNOWN):
            raise ValueError("its pictures are packed once more")
        zooms = zooms_of(header["min_zoom"], header["max_zoom"])
        if zooms is None:
            raise ValueError("its zooms are out of range")
        corners = ("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7")
        bounds = bounds_of([header[name] / 1e7 for name in corners])  # type: ignore[literal-required]
        mimetype = type_of_first(self._path, self._first())
        return LocalTiles(attribution, *zooms, bounds, mimetype, self.read)

    def read(self, z: int, x: int, y: int) -> bytes | None:
        """Return a tile, None if there is none."""
        from pmtiles.tile import find_tile, zxy_to_tileid

        with _pmtiles_errors(self._path):
            number = zxy_to_tileid(z, x, y)
            return self._walk(lambda entries: find_tile(entries, number))

    def _first(self) -> bytes | None:
        return self._walk(lambda entries: entries[0] if entries else None)

    def _walk(self, choose: Callable[[list[Entry]], Entry | None]) -> bytes | None:
        header = self.header
        place, length = header["root_offset"], header["root_length"]
        for _ in range(4):  # the deepest there is
            entry = choose(self._directory(place, length))
            if entry is None:
                return None
            if entry.run_length:
                return self._bytes(
                    header["tile_data_offset"] + entry.offset, entry.length, _MAX_TILE
                )
            place, length = header["leaf_directory_offset"] + entry.offset, entry.length
        raise ValueError("its directories go too deep")

    def _read_directory(self, place: int, length: int) -> list[Entry]:
        from pmtiles.tile import deserialize_directory

        packed = self._bytes(place, length)
        unpacker = zlib.decompressobj(wbits=31)
        unpacker.decompress(packed, _MAX_DIRECTORY)
        if unpacker.unconsumed_tail:
            raise ValueError("a directory is too large")
        return deserialize_directory(packed)  # kept: nobody may change it

    def _bytes(self, place: int, length: int, most: int = _MAX_DIRECTORY) -> bytes:
        if not (0 <= place <= self._size and 0 < length <= min(most, self._size - place)):
            raise ValueError("it ends too early")
        # opened for each piece: threads share no place in it
        with self._path.open("rb") as stream:
            stream.seek(place)
            content = stream.read(length)
        if len(content) != length:
            raise ValueError("it ends too early")
        return content


@contextmanager
def _pmtiles_errors(path: Path) -> Iterator[None]:
    from pmtiles.tile import MagicNumberNotFound, SpecVersionUnsupported

    try:
        yield
    except MagicNumberNotFound as error:
        raise damaged(path, "it is no PMTiles") from error
    except SpecVersionUnsupported as error:
        raise damaged(path, "it is not of version 3") from error
    except (ValueError, EOFError, OSError, IndexError, OverflowError, zlib.error) as error:
        raise damaged(path, error) from error
