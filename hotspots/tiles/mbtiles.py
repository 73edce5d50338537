"""MBTiles 1.3 (https://github.com/mapbox/mbtiles-spec): an SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from hotspots.tiles.checks import bounds_of, damaged, no_pictures, type_of_first, zooms_of
from hotspots.tiles.model import WORLD, LocalTiles


def open_mbtiles(path: Path, attribution: str) -> LocalTiles:
    """Return the tiles of a file; raises ``WorkspaceError`` as ``open_tiles`` does."""

    def read(z: int, x: int, y: int) -> object:
        query = (
            "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"
        )
        with _sqlite(path) as connection:  # rows are counted from the south
            row = connection.execute(query, (z, x, (1 << z) - 1 - y)).fetchone()
        return row[0] if row else None

    with _sqlite(path) as connection:
        about = {str(k): str(v) for k, v in connection.execute("SELECT name, value FROM metadata")}
        if about.get("format", "").strip().lower() in ("pbf", "mvt"):
            raise no_pictures(path, "vector tiles")
        first = connection.execute("SELECT tile_data FROM tiles LIMIT 1").fetchone()
        mimetype = type_of_first(path, first[0] if first else None)
        zooms = zooms_of(about.get("minzoom"), about.get("maxzoom"))
        if zooms is None:
            # one question each, so that SQLite takes the ends of its index
            low = connection.execute("SELECT min(zoom_level) FROM tiles").fetchone()
            high = connection.execute("SELECT max(zoom_level) FROM tiles").fetchone()
            zooms = zooms_of(low[0], high[0])
    if zooms is None:
        raise damaged(path, "its zooms are not whole numbers")
    try:
        bounds = bounds_of([float(part) for part in about.get("bounds", "").split(",")])
    except ValueError:
        bounds = WORLD
    return LocalTiles(attribution, *zooms, bounds, mimetype, read)


@contextmanager
def _sqlite(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection of its own to each question: it costs little, and threads share none."""
    address = f"file:{quote(str(path.absolute()))}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            yield connection
    except (sqlite3.Error, UnicodeDecodeError, OverflowError) as error:
        raise damaged(path, error) from error
