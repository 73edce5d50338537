"""The base map, built with folium: the study area, its bounds, and nothing that holds text.

folium pastes the text of tooltips, popups and icons into a script, so none is ever given to it:
names are written by the page's own module, as text.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import folium
import shapely

from hotspots import degrees
from hotspots.model import Wards

#: Boundaries are drawn to about this distance, metres; shared edges stay shared.
SIMPLIFY_M = 8.0


class LocalMap(folium.Map):
    """A folium map that asks no other host for anything; the page loads Leaflet itself."""

    default_js: list[tuple[str, str]] = []  # noqa: RUF012 - folium reads the class's lists
    default_css: list[tuple[str, str]] = []  # noqa: RUF012


@dataclass(frozen=True)
class BaseMap:
    """A rendered map: the element, and the script that makes the map in it."""

    element: str
    script: str


@dataclass(frozen=True, eq=False)
class Outlines:
    """What the boundaries give to every view, in the map's coordinates.

    ``wards`` is in the order of ``Wards.frame``; ``labels`` are where a ward's name has the most
    room; ``boroughs`` is empty where districts are not known or there is one only.
    """

    wards: list[dict[str, Any]]
    labels: list[degrees.LatLng]
    boroughs: list[list[list[degrees.Ring]]]
    bounds: list[degrees.LatLng]


@lru_cache(maxsize=4)
def outlines(wards: Wards) -> Outlines:
    """Return the boundaries as the map draws them."""
    shapes = shapely.coverage_simplify(wards.frame.geometry.to_numpy(), SIMPLIFY_M)
    roomiest = shapely.maximum_inscribed_circle(shapes, tolerance=SIMPLIFY_M)
    centres = shapely.get_coordinates(shapely.get_point(roomiest, 0))
    return Outlines(
        wards=[degrees.geojson(shape, wards.crs) for shape in shapes],
        labels=degrees.lat_lng(centres, wards.crs),
        boroughs=[degrees.rings(shape, wards.crs) for shape in _boroughs(wards, shapes)],
        bounds=degrees.bounds(shapes, wards.crs),
    )


def _boroughs(wards: Wards, shapes: Any) -> list[Any]:
    codes = wards.frame["district_code"]
    known = [code for code in codes.dropna().unique() if str(code)]
    if len(known) < 2:
        return []
    return [shapely.union_all(shapes[(codes == code).to_numpy()]) for code in known]


@lru_cache(maxsize=8)
def base_map(wards: Wards, name: str = "main", areas: str = "wards") -> BaseMap:
    """Return the rendered base map of a ward set, the same text every time.

    Parameters
    ----------
    name, areas : str
        Plain words: the script names the map ``map_<name>`` and its wards ``geo_json_<areas>``,
        so that several maps can stand on a page.
    """
    drawn = outlines(wards)
    chart = LocalMap(
        tiles=None, zoom_snap=0.25, keyboard=False, zoom_control=False, attribution_control=False
    )
    features = [
        {"type": "Feature", "properties": {"i": i}, "geometry": shape}
        for i, shape in enumerate(drawn.wards)
    ]
    layer = folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        style_function=lambda _: {"stroke": False, "fillColor": "#fff", "fillOpacity": 1},
        interactive=False,
    )
    # folium's own ids are random: with these the same wards give the same bytes
    chart._id, chart.get_root()._id, layer._id = name, f"figure-{name}", areas
    layer.add_to(chart)
    chart.fit_bounds(drawn.bounds)
    root: Any = chart.get_root()
    root.render()
    return BaseMap(element=root.html.render(), script=root.script.render())
