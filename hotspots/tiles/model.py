"""What tiles are once they are opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

#: West, south, east and north in degrees.
Bounds = tuple[float, float, float, float]
WORLD: Bounds = (-180.0, -85.0511, 180.0, 85.0511)


@dataclass(frozen=True)
class RemoteTiles:
    """Tiles of another host: each viewer's browser asks it.

    Attributes
    ----------
    url : str
        With ``{z}``, ``{x}`` and ``{y}``.
    attribution : str
        Plain text to show on the map.
    host : str
        Scheme, host and port, as a Content-Security-Policy names what images may come from.
    """

    url: str
    attribution: str
    host: str


@dataclass(frozen=True, eq=False)
class LocalTiles:
    """Tiles of a file, opened.

    Attributes
    ----------
    attribution : str
        Plain text to show on the map.
    min_zoom, max_zoom : int
        Zooms that the file has.
    bounds : tuple of float
        West, south, east, north in degrees, the world where the file does not say.
    mimetype : str
        ``image/png``, ``image/jpeg`` or ``image/webp``.
    """

    attribution: str
    min_zoom: int
    max_zoom: int
    bounds: Bounds
    mimetype: str
    _read: Callable[[int, int, int], object] = field(repr=False)

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Return the picture at a zoom, column and row (row 0 is the north), None if there is none.

        Safe to be called from several threads. What is no picture is never returned.

        Raises
        ------
        WorkspaceError
            If the file is damaged there, or gone.
        """
        if not (self.min_zoom <= z <= self.max_zoom and 0 <= x < 1 << z and 0 <= y < 1 << z):
            return None
        content = self._read(z, x, y)
        known = isinstance(content, bytes) and image_type(content) is not None
        return content if known else None  # type: ignore[return-value]


Tiles = RemoteTiles | LocalTiles


def image_type(content: bytes) -> str | None:
    """Return the media type of a picture by its first bytes, None if it is none of the three."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return None
