"""A look as a folium map in one file: Leaflet and all else inside, nothing asked of a network.

The map begins without tiles. Text of data is put in as JSON in which no markup can begin, and
reaches the page through ``textContent`` alone: folium's own tooltips and popups are not used, for
they would read a name as HTML.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from typing import Any

import folium
import numpy as np
import shapely
from branca.element import Element, MacroElement
from folium.template import Template
from numpy.typing import NDArray

from hotspots import degrees
from hotspots.drawing.paints import HATCHES, Hatch, hatches
from hotspots.leaflet import leaflet_script, leaflet_style, whole
from hotspots.results.looking import Look, Spot, Ward

#: Paints that lie in the page as SVG patterns.
_PATTERNS = {hatch.id for kinds in HATCHES.values() for hatch in kinds.values()} | {"nodata"}


def explored(look: Look) -> LocalMap:
    """Return a look as a map."""
    bounds = _bounds(look)
    (south, west), (north, east) = bounds
    found = LocalMap(
        location=((south + north) / 2, (west + east) / 2),
        zoom_start=11,
        tiles=None,
        attribution_control=False,
        zoom_snap=0.25,
    )
    found.add_child(_Drawn(_json(_content(look, bounds))), name="look")
    return found


class LocalMap(folium.Map):
    """A folium map whose Leaflet is written into the page."""

    # own lists: the inherited ones belong to every map of the process
    default_js: list[tuple[str, str]] = []  # noqa: RUF012 - the form that folium reads
    default_css: list[tuple[str, str]] = []  # noqa: RUF012

    def render(self, **kwargs: Any) -> Any:
        """Put the map into its figure, after what it needs."""
        figure: Any = self.get_root()
        figure.header.add_child(_Assets(), name="hotspots_leaflet")
        return super().render(**kwargs)  # type: ignore[no-untyped-call]


class _Assets(MacroElement):
    """Leaflet's script and style and ours, none of it from data."""

    _template = Template(
        "<style>{{ this.style }}</style>\n<script>{{ this.leaflet }}</script>\n"
        "<script>{{ this.own }}</script>"
    )

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "hotspots_assets"
        self.leaflet, self.own, self.style = _assets()

    def render(self, **kwargs: Any) -> str:
        """Return the elements, for the head of the page."""
        return str(self._template.render(this=self, kwargs=kwargs))


class _Drawn(MacroElement):
    """Calls the script that draws the content on the map it was added to."""

    def __init__(self, content: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "hotspots_look"
        self.content = content

    def render(self, **_kwargs: Any) -> Any:
        """Put the patterns and the call into the figure."""
        figure: Any = self.get_root()
        parent: Any = self._parent
        figure.html.add_child(_Verbatim(str(hatches())), name=f"{self.get_name()}_patterns")
        call = f"hotspotsLook({parent.get_name()}, {self.content});"
        figure.script.add_child(_Verbatim(call), name=self.get_name())


class _Verbatim(Element):
    """Text that stands in the page as it is.

    What a ``MacroElement`` makes of its template is read as a template once more: a name with
    braces in it would be run.
    """

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self._name = "verbatim"
        self.text = text


@lru_cache(maxsize=1)
def _assets() -> tuple[str, str, str]:
    own = resources.files("hotspots.results") / "static"
    script, style = ((own / f"explore.{kind}").read_text("utf-8") for kind in ("js", "css"))
    return (
        whole(leaflet_script(), "script"),
        whole(script, "script"),
        whole(f"{leaflet_style()}\n{style}", "style"),
    )


# -- the content ----------------------------------------------------------------------------------


def _content(look: Look, bounds: list[degrees.LatLng]) -> dict[str, Any]:
    return {
        "title": look.title,
        "unit": look.unit,
        "notices": look.notices,
        "notes": look.notes,
        "source": look.source,
        "bounds": bounds,
        "legend": [{"fill": _fill(row.paint), "name": row.name} for row in look.legend],
        "shades": [
            {
                "fill": _fill(shade.paint),
                "says": shade.says,
                "rings": degrees.rings(shade.shape, look.crs),
            }
            for shade in look.shades
        ],
        "wards": [_ward(ward, look.crs) for ward in look.wards],
        "boroughs": [degrees.rings(shape, look.crs) for shape in look.boroughs],
        "spots": [_spot(spot, look.crs) for spot in look.spots],
    }


def _fill(paint: Hatch | str) -> str:
    if isinstance(paint, str):
        return paint
    if paint.id not in _PATTERNS:
        raise AssertionError(f"The page has no pattern {paint.id!r}.")
    return paint.paint


def _ward(ward: Ward, crs: str) -> dict[str, Any]:
    return {
        "name": ward.name,
        "says": ward.says,
        "at": _point(ward.at, crs),
        "rings": degrees.rings(ward.shape, crs),
    }


def _spot(spot: Spot, crs: str) -> dict[str, Any]:
    return {
        "question": spot.question,
        "marker": spot.marker,
        "name": spot.name,
        "says": spot.says,
        "at": _point(spot.peak, crs),
        "rings": degrees.rings(spot.outline, crs),
    }


def _point(at: tuple[float, float], crs: str) -> degrees.LatLng:
    return degrees.lat_lng(np.array([at]), crs)[0]


def _bounds(look: Look) -> list[degrees.LatLng]:
    shapes: NDArray[np.object_] = np.array([ward.shape for ward in look.wards], dtype=object)
    return degrees.bounds(shapely.GeometryCollection(list(shapes)), look.crs)


def _json(data: Any) -> str:
    """Return JSON as a script may hold it: no markup can begin or end in it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
