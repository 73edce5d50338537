"""From the workspace's CRS to a Leaflet map's: every vertex on its own, latitude first."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

#: Decimals of a degree sent to the browser: about 1 m.
DECIMALS = 5

LatLng = list[float]
Ring = list[LatLng]


@lru_cache(maxsize=8)
def _transformer(crs: str) -> Transformer:
    return Transformer.from_crs(crs, "EPSG:4326", always_xy=True)


def lat_lng(xy: NDArray[np.float64], crs: str, decimals: int = DECIMALS) -> list[LatLng]:
    """Return points of a CRS as [latitude, longitude] pairs."""
    points = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    lng, lat = _transformer(crs).transform(points[:, 0], points[:, 1])
    pairs: list[LatLng] = np.round(np.column_stack([lat, lng]), decimals).tolist()
    return pairs


def rings(geometry: Any, crs: str, decimals: int = DECIMALS) -> list[list[Ring]]:
    """Return the polygons of a geometry as Leaflet takes them: outline first, then holes."""
    return [
        [lat_lng(ring, crs, decimals) for ring in _rings_of(polygon)]
        for polygon in shapely.get_parts(geometry)
        if polygon.geom_type == "Polygon" and not polygon.is_empty
    ]


def lines(geometry: Any, crs: str) -> list[Ring]:
    """Return the lines of a geometry."""
    return [
        lat_lng(shapely.get_coordinates(line), crs)
        for line in shapely.get_parts(geometry)
        if line.geom_type in ("LineString", "LinearRing") and not line.is_empty
    ]


def geojson(geometry: Any, crs: str) -> dict[str, Any]:
    """Return polygons as a GeoJSON MultiPolygon, longitude first."""
    turned = [[[[x, y] for y, x in ring] for ring in part] for part in rings(geometry, crs)]
    return {"type": "MultiPolygon", "coordinates": turned}


def bounds(geometry: Any, crs: str) -> list[LatLng]:
    """Return the south-west and north-east corner that hold every vertex."""
    pairs = np.array(lat_lng(shapely.get_coordinates(geometry), crs))
    return [pairs.min(axis=0).tolist(), pairs.max(axis=0).tolist()]


def _rings_of(polygon: Any) -> list[NDArray[np.float64]]:
    # the last vertex repeats the first, which Leaflet adds itself
    return [shapely.get_coordinates(ring)[:-1] for ring in [polygon.exterior, *polygon.interiors]]
