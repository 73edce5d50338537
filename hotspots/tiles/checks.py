"""What every file of tiles must be, whatever its format."""

from __future__ import annotations

import math
from pathlib import Path

from hotspots.errors import WorkspaceError
from hotspots.tiles.model import WORLD, Bounds, image_type

#: No map needs a closer zoom.
_MAX_ZOOM = 24


def damaged(path: Path, said: object) -> WorkspaceError:
    """Return the error of a file that is not whole; ``said`` is what a library says of it."""
    text = " ".join(str(said).split()) or type(said).__name__
    return WorkspaceError(
        f"A file of tiles must be whole and of the format that its name says; {path.name} is not "
        f"({text}): copy it again or take another."
    )


def no_pictures(path: Path, found: object) -> WorkspaceError:
    """Return the error of a file whose tiles are something else."""
    return WorkspaceError(
        f"Tiles must be pictures (PNG, JPEG or WebP); those of {path.name} are {found}: take a "
        "file of raster tiles."
    )


def type_of_first(path: Path, content: object) -> str:
    """Return the media type of a file's first tile, or raise ``WorkspaceError``."""
    if not isinstance(content, bytes) or not content:
        raise damaged(path, "it has no tile")
    found = image_type(content)
    if found is None:
        # of vector tiles: packed with gzip, or the first layer's mark
        vector = content.startswith((b"\x1f\x8b", b"\x1a"))
        raise no_pictures(path, "vector tiles" if vector else "something else")
    return found


def zooms_of(low: object, high: object) -> tuple[int, int] | None:
    """Return the first and last zoom, None if they can be none."""
    try:
        first, last = int(str(low)), int(str(high))
    except ValueError:
        return None
    return (first, last) if 0 <= first <= last <= _MAX_ZOOM else None


def bounds_of(values: list[float]) -> Bounds:
    """Return bounds that can be, the world otherwise: they only spare requests for nothing."""
    if len(values) != 4 or not all(map(math.isfinite, values)):
        return WORLD
    west, south, east, north = values
    fits = -180 <= west < east <= 180 and -90 <= south < north <= 90
    return (west, south, east, north) if fits else WORLD
