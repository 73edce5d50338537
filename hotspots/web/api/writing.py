"""Answers as bytes: JSON that holds in any context, and geometries as RFC 7946 has them."""

from __future__ import annotations

import json
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pydantic import BaseModel

from hotspots.web.api.answers import Geometry

#: Decimals of a degree: about 0.1 m.
DECIMALS = 6


def as_json(answer: BaseModel) -> str:
    """Return an answer as JSON of plain ASCII: text of the data can neither turn nor be markup."""
    found = answer.model_dump(mode="json", by_alias=True)
    return dumped(found)


def dumped(value: Any) -> str:
    """Return JSON without NaN, in which no text is markup to a reader that takes it for HTML."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def geometries(shapes: gpd.GeoSeries) -> list[Geometry | None]:
    """Return shapes as GeoJSON: longitude, latitude, outer rings counter-clockwise.

    None for what is empty, as is what the rounding leaves nothing of.
    """
    degrees = shapes.to_crs(4326)
    rounded = shapely.set_precision(degrees.to_numpy(), 10.0**-DECIMALS)
    turned = shapely.orient_polygons(rounded)
    # the nearest multiple of a decimal fraction is not always that fraction
    exact = shapely.transform(turned, lambda xy: np.round(xy, DECIMALS))
    return [_geometry(shape) for shape in exact]


def points(xy: Any, crs: Any) -> list[list[float]]:
    """Return metres of a CRS, shape (n, 2), as longitude and latitude."""
    at = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    degrees = gpd.GeoSeries(shapely.points(at), crs=crs).to_crs(4326)
    found: list[list[float]] = np.round(
        shapely.get_coordinates(degrees.to_numpy()), DECIMALS
    ).tolist()
    return found


def _geometry(shape: Any) -> Geometry | None:
    if shape is None or shape.is_empty:
        return None
    found = json.loads(shapely.to_geojson(shape))
    return Geometry(type=found["type"], coordinates=found["coordinates"])
