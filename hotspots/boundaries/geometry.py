"""Whether coordinates can be of their CRS, and polygons that are whole."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from hotspots.errors import DataError

#: How far outside its area of use a CRS still serves, degrees.
_MARGIN = 3.0
_POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def check_coordinates(frame: gpd.GeoDataFrame, file: str) -> None:
    """Refuse coordinates that are not finite or cannot be of the frame's CRS.

    Raises
    ------
    DataError
        If so.
    """
    crs = CRS.from_user_input(frame.crs)
    pairs = shapely.get_coordinates(frame.geometry.to_numpy())
    if not len(pairs):
        return
    if not np.isfinite(pairs).all():
        raise DataError(
            f"Coordinates must be finite numbers; {file} has some that are not: export it again."
        )
    _check_area(np.r_[pairs.min(axis=0), pairs.max(axis=0)], crs, crs, file, "give its --crs")


def _check_area(box: NDArray[np.float64], box_crs: CRS, crs: CRS, file: str, advice: str) -> None:
    """Refuse a box (min x, min y, max x, max y) far outside the area of use of ``crs``."""
    to_degrees = Transformer.from_crs(box_crs, "EPSG:4326", always_xy=True)
    left, bottom, right, top = (float(value) for value in box)
    west, south, east, north = to_degrees.transform_bounds(left, bottom, right, top)
    within = bool(np.isfinite([west, south, east, north]).all())
    if within and box_crs.is_geographic:
        within = box[0] >= -360 and box[2] <= 360 and box[1] >= -90 and box[3] <= 90
    area = crs.area_of_use
    # an area across the date line has its west east of its east, and is not checked
    if within and area is not None and area.west < area.east:
        inside_x = area.west - _MARGIN <= west and east <= area.east + _MARGIN
        within = inside_x and area.south - _MARGIN <= south and north <= area.north + _MARGIN
    if not within:
        span = f"x {box[0]:.6g} to {box[2]:.6g} and y {box[1]:.6g} to {box[3]:.6g}"
        raise DataError(
            f"Coordinates must lie where {crs.to_string()} is used; {file} spans {span} in "
            f"{box_crs.to_string()}: {advice}."
        )


def reproject(
    shapes: gpd.GeoSeries, codes: pd.Series[str], target: CRS | None, file: str
) -> gpd.GeoSeries:
    """Return two-dimensional polygons in the target CRS.

    Raises
    ------
    DataError
        If a ward has no geometry or one that is no polygon, or the target CRS is not used there.
    """
    values = shapes.to_numpy()
    empty = shapely.is_missing(values) | shapely.is_empty(values)
    if empty.any():
        raise DataError(
            f"Every ward must have a polygon; in {file} there is none for "
            f"{_some(codes[empty])}: correct the file."
        )
    other = ~np.isin(shapely.get_type_id(values), _POLYGONS)
    if other.any():
        kind = values[np.flatnonzero(other)[0]].geom_type
        raise DataError(
            f"Wards must be polygons; {file} has a {kind} for {_some(codes[other])}: give the "
            "file of boundaries."
        )
    flat = gpd.GeoSeries(shapely.force_2d(values), crs=shapes.crs)
    if target is None or flat.crs == target:
        return flat
    own = CRS.from_user_input(flat.crs)
    _check_area(flat.total_bounds, own, target, file, "set the CRS of the workspace")
    return flat.to_crs(target)


def polygons(shapes: gpd.GeoSeries, codes: pd.Series[str]) -> tuple[gpd.GeoSeries, list[str]]:
    """Return valid polygons, and a sentence about each that had to be repaired.

    Of what a repair leaves, points and lines are dropped: they have no area.

    Raises
    ------
    DataError
        If nothing with an area is left of one.
    """
    values = shapes.to_numpy().copy()
    report: list[str] = []
    for position in np.flatnonzero(~shapely.is_valid(values)):
        code = codes.iloc[position]
        reason = shapely.is_valid_reason(values[position])
        values[position] = _repaired(values[position], code, reason)
        report.append(f"The polygon of {code} was not valid ({reason}) and was repaired.")
    return gpd.GeoSeries(values, crs=shapes.crs), report


def _repaired(shape: Any, code: str, reason: str) -> Any:
    parts = shapely.get_parts(shapely.make_valid(shape))
    parts = shapely.get_parts(parts[np.isin(shapely.get_type_id(parts), _POLYGONS)])
    whole = shapely.union_all(parts)
    if whole.is_empty or whole.area == 0:
        raise DataError(
            f"Every ward must have a polygon with an area; that of {code} has none "
            f"({reason}): correct the file."
        )
    return whole


def _some(codes: pd.Series[str]) -> str:
    first = ", ".join(str(code) for code in codes.iloc[:5])
    return f"{first} and {len(codes) - 5} more" if len(codes) > 5 else first
