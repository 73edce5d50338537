"""What the map of the self-contained page draws, as JSON: shapes in degrees, and names as text."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from hotspots import degrees
from hotspots.briefing.content import Briefing, MapData, PlaceSheet
from hotspots.plain_text import tidy
from hotspots.profile import CLASSES

#: Decimals of a degree, about 0.1 m: outlines meet where they meet.
DECIMALS = 6
#: Boundaries are drawn to this distance, metres, or coarser where there are more vertices.
_SIMPLIFY_M = 8.0
_MOST_VERTICES = 15_000
#: Streets other than main roads are drawn this near to an outline, metres.
_STREETS_WITHIN_M = 400.0
#: The closest look, a zoom level: generalised outlines are looked at from about 1:10,000.
_CLOSEST = 17.0
_CLOSEST_GENERALISED = 15.0
_lat_lng = partial(degrees.lat_lng, decimals=DECIMALS)
_rings = partial(degrees.rings, decimals=DECIMALS)


def map_json(briefing: Briefing, streets: gpd.GeoDataFrame | None = None) -> str:
    """Return what the map draws, safe inside a ``<script type="application/json">``.

    Parameters
    ----------
    briefing : Briefing
        Its map; outlines are taken as they are, for they are what the tier may have.
    streets : geopandas.GeoDataFrame, optional
        ``name``, ``kind`` and lines, as of ``Workspace.streets``: main roads, and the others near
        the outlines. None draws none.

    Returns
    -------
    str
        JSON of ``wards`` (name, where the name stands, rings), ``boroughs``, ``places``
        (question, marker, name, what it says, level 0 to 3, the point that the marker is for,
        rings), ``streets``, ``bounds`` and ``closest``. Points are [latitude, longitude], WGS 84.
    """
    shown = briefing.map
    sheets = _sheets(briefing)
    peaks = {key: sheet.peak_xy for key, sheet in sheets.items() if sheet.peak_xy is not None}
    rows = sorted(_rows(shown.outlines), key=_rank)
    data = {
        **_boundaries(shown),
        "places": [_place(row, shown.crs, peaks.get(_key(row))) for row in rows],
        "streets": [] if streets is None else _streets(shown, streets),
        "closest": _CLOSEST if peaks or shown.outlines.empty else _CLOSEST_GENERALISED,
    }
    return _safe(data)


def _safe(data: Any) -> str:
    """Return JSON in which no markup can begin or end."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def _rows(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = frame.to_dict("records")
    return [row for row in rows if row["geometry"] is not None and not row["geometry"].is_empty]


def _key(row: dict[str, Any]) -> tuple[str, str]:
    return str(row["question"]), str(row["marker"])


def _rank(row: dict[str, Any]) -> tuple[str, int, str]:
    """Return what sorts places by question and marker: 1, 2, 10 or A, B, AA."""
    question, marker = _key(row)
    return question, len(marker), marker


def _sheets(briefing: Briefing) -> dict[tuple[str, str], PlaceSheet]:
    """Return the places by what names them on the map."""
    return {
        (sheet.question, sheet.marker): sheet
        for section in briefing.sections
        for sheet in (*section.hot, *section.further)
    }


def _place(row: dict[str, Any], crs: str, peak: tuple[float, float] | None) -> dict[str, Any]:
    shape, strength = row["geometry"], str(row["strength"])
    # a tier that may not know the peak is shown the middle of what it may know
    at = peak or shapely.get_coordinates(shapely.point_on_surface(shape))[0]
    return {
        "question": str(row["question"]),
        "marker": tidy(row["marker"]),
        "name": tidy(row["name"]),
        "says": tidy(row["says"]),
        "hot": bool(row["hot"]),
        "level": len(CLASSES) - CLASSES.index(strength) if strength in CLASSES else 0,
        "at": _lat_lng(np.array([at]), crs)[0],
        "outline": _rings(shape, crs),
    }


# -- boundaries -----------------------------------------------------------------------------------


def _boundaries(shown: MapData) -> dict[str, Any]:
    frame = shown.wards
    shapes = _simplified(frame.geometry.to_numpy())
    west, south, east, north = shown.bounds
    corners = _lat_lng(
        np.array([[west, south], [east, north], [west, north], [east, south]]), shown.crs
    )
    return {
        "wards": [
            {"name": tidy(name), "at": at, "outline": _rings(shape, shown.crs)}
            for name, at, shape in zip(
                frame["name"], _roomiest(shapes, shown.crs), shapes, strict=True
            )
        ],
        "boroughs": [_rings(shape, shown.crs) for shape in _boroughs(frame, shapes)],
        "bounds": [np.min(corners, axis=0).tolist(), np.max(corners, axis=0).tolist()],
    }


def _simplified(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the wards with fewer vertices; shared edges stay shared."""
    tolerance = _SIMPLIFY_M
    simple = shapely.coverage_simplify(shapes, tolerance)
    while shapely.get_num_coordinates(simple).sum() > _MOST_VERTICES and tolerance < 1000:
        tolerance *= 2
        simple = shapely.coverage_simplify(shapes, tolerance)
    found: NDArray[np.object_] = simple
    return found


def _roomiest(shapes: NDArray[np.object_], crs: str) -> list[degrees.LatLng]:
    """Return where a ward's name has the most room."""
    if not len(shapes):
        return []
    widest = shapely.maximum_inscribed_circle(shapes, tolerance=_SIMPLIFY_M)
    return _lat_lng(shapely.get_coordinates(shapely.get_point(widest, 0)), crs)


def _boroughs(frame: gpd.GeoDataFrame, shapes: NDArray[np.object_]) -> list[Any]:
    """Return the districts' shapes; the whole area where there is one or they are not known."""
    names = frame["district"]
    known = [name for name in names.dropna().unique() if str(name)]
    if len(known) < 2:
        return [shapely.union_all(shapes)] if len(shapes) else []
    return [shapely.union_all(shapes[(names == name).to_numpy()]) for name in known]


# -- streets --------------------------------------------------------------------------------------


def _streets(shown: MapData, streets: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return the main roads and rivers of the area, and the streets near the outlines."""
    from hotspots.streets import main_lines, street_lines

    local = streets.to_crs(shown.crs)
    land = shapely.union_all(shown.wards.geometry.to_numpy())
    around = local[shapely.intersects(local.geometry.to_numpy(), land)]
    main = [{**line, "main": True} for line in main_lines(_light(around))]
    near = shapely.union_all(shown.outlines.geometry.to_numpy()).buffer(_STREETS_WITHIN_M)
    minor = around[around["kind"] == "street"]
    minor = minor[shapely.intersects(minor.geometry.to_numpy(), near)]
    if _vertices(minor) > _MOST_VERTICES:
        return _named(main)
    return _named(main + [{**line, "main": False} for line in street_lines(minor)])


def _light(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the main roads and rivers, coarser where they have very many vertices."""
    main = frame[frame["kind"] != "street"]
    tolerance = _SIMPLIFY_M
    while _vertices(main) > _MOST_VERTICES and tolerance < 1000:
        main = main.set_geometry(main.geometry.simplify(tolerance))
        tolerance *= 2
    return main


def _vertices(frame: gpd.GeoDataFrame) -> int:
    return int(shapely.get_num_coordinates(frame.geometry.to_numpy()).sum())


def _named(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**line, "name": tidy(line["name"])} for line in lines]
