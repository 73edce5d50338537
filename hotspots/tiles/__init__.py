"""Picture tiles under the map: a local MBTiles or PMTiles file, or an XYZ address."""

from hotspots.tiles.model import WORLD, Bounds, LocalTiles, RemoteTiles, Tiles, image_type
from hotspots.tiles.opening import open_tiles

__all__ = [
    "WORLD",
    "Bounds",
    "LocalTiles",
    "RemoteTiles",
    "Tiles",
    "image_type",
    "open_tiles",
]
