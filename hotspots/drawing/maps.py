"""A map as one SVG element."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from hotspots.drawing import dots as dotted
from hotspots.drawing import furniture, labels, svg, symbols
from hotspots.drawing import streets as street_lines
from hotspots.drawing.dots import Dot
from hotspots.drawing.ground import Ground
from hotspots.drawing.marks import Mark
from hotspots.drawing.scene import TEXT_PX, Scene, Shade, layout_map
from hotspots.drawing.streets import CLOSE_M
from hotspots.model import Wards

PAPER = "#F3F5F7"
WARD_LINE = "#5B6975"


def draw_map(
    wards: Wards,
    *,
    width: int,
    height: int,
    title: str,
    describe: str,
    shades: Sequence[Shade] = (),
    marks: Sequence[Mark] = (),
    dots: Sequence[Dot] = (),
    streets: Any | None = None,
    view: Sequence[float] | None = None,
    ward_labels: str = "all",
    label_order: Sequence[str] = (),
    boroughs: bool = True,
    borough_labels: bool = False,
    scale_bar: bool = True,
    locator: bool = False,
    id: str = "map",  # noqa: A002
    text_px: float = TEXT_PX,
) -> Markup:
    """Draw a map of places as one SVG element.

    Nothing on it overlaps: markers choose first, then the boroughs' names, the wards', and the
    streets'; a name without room is left out. The same input gives the same bytes.

    Parameters
    ----------
    wards : Wards
        The boundaries, in the workspace's metres.
    width, height : int
        The drawing, pixels; no text is smaller than ``text_px`` x 16/17 where it is shown 1:1.
    title, describe : str
        What it is, and what it shows in words; tidied and escaped.
    shades : sequence of Shade
        Areas filled, in order.
    marks : sequence of Mark
        Numbered places. Those out of view are left out.
    dots : sequence of Dot
        Incidents, those at one point together. Those out of view are left out.
    streets : geopandas.GeoDataFrame, optional
        Columns ``name``, ``kind`` (river, street, main_road, motorway) and lines. Named where
        less than 4 km is seen.
    view : sequence of 4 floats, optional
        West, south, east, north in metres, widened to the drawing's shape; the whole area if None.
    ward_labels : {"all", "marked", "none"}
        Which wards are named: those with a mark's peak are "marked".
    label_order : sequence of str
        Ward codes, those to be named first (the hottest). The others follow: marked ones, then
        the roomiest.
    boroughs : bool
        Draw the boroughs' boundaries; only the outer edge where districts are not known.
    borough_labels : bool
        Name the boroughs, in capitals.
    scale_bar, locator : bool
        A scale bar; a small map of where the view lies.
    id : str
        A plain word that all ids of this drawing start with.
    text_px : float
        Height of the letters; markers and lines grow with it.

    Returns
    -------
    markupsafe.Markup
        ``<svg class="drawing map">``: an image, or a group where marks are links.

    Raises
    ------
    UsageError
        If a size, a view, an id or a choice is none that can be drawn.
    """
    svg.check_frame(width, height, text_px, id)
    scene = layout_map(
        wards,
        width=width,
        height=height,
        shades=shades,
        marks=marks,
        dots=dots,
        streets=streets,
        view=view,
        ward_labels=ward_labels,
        label_order=label_order,
        borough_labels=borough_labels,
        scale_bar=scale_bar,
        locator=locator,
        text_px=text_px,
    )
    body = _drawn(scene, wards, boroughs=boroughs, text_px=text_px)
    return svg.frame(*body, width=width, height=height, title=title, describe=describe, id=id)


def _drawn(scene: Scene, wards: Wards, *, boroughs: bool, text_px: float) -> list[Markup]:
    unit, view, small = scene.unit, scene.view, text_px * 16 / 17
    close = view.width_m < CLOSE_M
    lines = _street_lines(scene, close=close)
    below = [
        svg.tag("rect", width=view.width, height=view.height, fill=PAPER, class_="paper"),
        svg.tag("path", d=scene.ground.land, fill=svg.WHITE, class_="land"),
        *([] if close else [lines]),
        _shading(scene.shades),
        # close by, streets are cut out of the shading, whose colours stay as they are
        *([lines] if close else []),
        *_boundaries(scene.ground, unit, boroughs=boroughs),
        *(symbols.outline(spot, unit) for spot in scene.spots),
        dotted.drawn(scene.discs, small, unit),
        *(symbols.leader(spot, unit) for spot in scene.spots),
        labels.drawn(scene.names, "street", small),
        labels.drawn(scene.names, "borough", text_px),
        labels.drawn(scene.names, "ward", text_px),
    ]
    if scene.locator is not None:
        below.append(furniture.draw_locator(scene.locator, wards, view))
    if scene.scale is not None:
        below.append(furniture.draw_scale(scene.scale, text_px))
    # the caller's words and the links say all this: names of wards would only be read out of order
    return [
        svg.tag("g", svg.joined(below), aria_hidden="true"),
        *(symbols.marker(spot) for spot in scene.spots),
    ]


def _street_lines(scene: Scene, *, close: bool) -> Markup:
    if scene.streets is None:
        return Markup("")
    return street_lines.drawn(scene.streets, scene.unit, close=close)


def _shading(shades: Sequence[tuple[Shade, Any]]) -> Markup:
    drawn = [
        svg.tag("path", d=svg.path(shape), fill=shade.fill, stroke=shade.stroke)
        for shade, shape in shades
    ]
    if not drawn:
        return Markup("")
    return svg.tag("g", *drawn, class_="shades", stroke_width=0.8, fill_rule="evenodd")


def _boundaries(ground: Ground, unit: float, *, boroughs: bool) -> list[Markup]:
    plain = {"fill": "none", "stroke_linejoin": "round"}
    drawn = [
        svg.tag(
            "path",
            d=ground.ward_lines,
            class_="wards",
            stroke=WARD_LINE,
            stroke_width=1.3 * unit,
            **plain,
        )
    ]
    if boroughs:
        drawn.append(
            svg.tag(
                "path",
                d=ground.borough_lines,
                class_="boroughs",
                stroke=svg.INK,
                stroke_width=3 * unit,
                **plain,
            )
        )
    return drawn
