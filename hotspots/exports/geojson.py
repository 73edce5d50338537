"""GeoJSON (RFC 7946): longitude and latitude, provenance as a foreign member."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import shapely

from hotspots.exports.tables import only, with_notice


def to_geojson(tables: Mapping[str, gpd.GeoDataFrame], provenance: Mapping[str, Any]) -> bytes:
    """Return one table as a FeatureCollection; coordinates to 7 decimals (about 1 cm)."""
    frame = with_notice(only(tables), provenance).to_crs(4326)
    rounded = frame.geometry.set_precision(1e-7).to_numpy()
    # RFC 7946 wants exterior rings counter-clockwise
    frame = frame.set_geometry(gpd.GeoSeries(shapely.orient_polygons(rounded), crs=4326))
    collection = json.loads(frame.to_json(na="null", drop_id=True))
    collection.pop("crs", None)
    collection["provenance"] = dict(provenance)
    return json.dumps(collection, ensure_ascii=False, allow_nan=False).encode("utf-8")
