"""GeoJSON (RFC 7946): longitude and latitude, provenance as a foreign member."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import shapely

from hotspots.exports.tables import Tables, only, times_as_text, with_notice

#: Degrees; about 10 cm, finer than any outline here is known.
_DECIMALS = 6


def to_geojson(tables: Tables, provenance: Mapping[str, Any]) -> bytes:
    """Return one table as a FeatureCollection with its ``bbox``; 6 decimals (about 10 cm).

    RFC 7946: longitude before latitude on WGS 84 without a ``crs`` member, exterior rings
    counter-clockwise, holes clockwise.
    """
    frame = times_as_text(with_notice(only(tables), provenance)).to_crs(4326)
    rounded = shapely.set_precision(frame.geometry.to_numpy(), 10.0**-_DECIMALS)
    turned = shapely.orient_polygons(rounded)
    frame = frame.set_geometry(gpd.GeoSeries(turned, index=frame.index, crs=4326))
    features = json.loads(frame.to_json(na="null", drop_id=True))["features"]
    collection: dict[str, Any] = {"type": "FeatureCollection"}
    if not shapely.is_empty(turned).all():
        collection["bbox"] = [round(float(edge), _DECIMALS) for edge in frame.total_bounds]
    collection["provenance"] = dict(provenance)
    collection["features"] = features
    text = json.dumps(_rounded(collection), ensure_ascii=False, allow_nan=False, default=str)
    return text.encode("utf-8")


def _rounded(collection: dict[str, Any]) -> dict[str, Any]:
    """Take away the digits that binary fractions leave behind a coordinate's last."""
    for feature in collection["features"]:
        geometry = feature["geometry"]
        if geometry is not None:
            geometry["coordinates"] = _short(geometry["coordinates"])
    return collection


def _short(coordinates: Any) -> Any:
    if isinstance(coordinates, list):
        return [_short(part) for part in coordinates]
    return round(coordinates, _DECIMALS)
