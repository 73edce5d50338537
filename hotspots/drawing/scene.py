"""A map as a static drawing: what is on it, where everything stands, and the SVG of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from markupsafe import Markup

from hotspots.drawing import dots as dotted
from hotspots.drawing import furniture, labels, svg
from hotspots.drawing import marks as marked
from hotspots.drawing import streets as street_lines
from hotspots.drawing.boxes import Box, Crowd, between
from hotspots.drawing.busy import Busy
from hotspots.drawing.dots import Disc, Dot
from hotspots.drawing.ground import Ground, Named, ground_of
from hotspots.drawing.marks import Mark, Spot
from hotspots.drawing.projection import View, view_of
from hotspots.drawing.streets import CLOSE_M, Streets, streets_of
from hotspots.errors import UsageError
from hotspots.model import Wards

PAPER = "#F3F5F7"
WARD_LINE = "#5B6975"
TEXT_PX = 17.0
#: Air round the whole area.
_AIR = 14.0
#: Markers rather stand outside the area, where they hide nothing.
_LAND = 0.12
#: Shading that covers more of the drawing than this is no spot to keep clear.
_SPOT = 0.04
WARD_LABELS = ("all", "marked", "none")


@dataclass(frozen=True)
class Shade:
    """A filled area: a square, a band or a ward.

    Parameters
    ----------
    polygon : shapely geometry
        Metres in the workspace's CRS; empty draws nothing.
    fill : str
        A colour, or a pattern of the page such as ``url(#c3)``.
    stroke : str, optional
        The colour of a thin edge.
    """

    polygon: Any
    fill: str
    stroke: str | None = None


@dataclass(frozen=True)
class Placed:
    """Something that may not be covered: what it is, what it says, and its box in pixels."""

    kind: str
    text: str
    box: Box


@dataclass(frozen=True, eq=False)
class Scene:
    """A map laid out: the view, and what stands where."""

    view: View
    unit: float
    ground: Ground
    shades: tuple[tuple[Shade, Any], ...]
    spots: tuple[Spot, ...]
    discs: tuple[Disc, ...]
    names: tuple[labels.Label, ...]
    streets: Streets | None
    scale: furniture.ScaleBar | None
    locator: furniture.Locator | None

    @property
    def placed(self) -> tuple[Placed, ...]:
        """What has a place of its own: no two of these overlap."""
        found = [Placed("marker", spot.mark.marker, spot.box) for spot in self.spots]
        found += [Placed(name.kind, name.full, name.box) for name in self.names]
        found += [
            Placed("count", str(disc.count), disc.beside)
            for disc in self.discs
            if disc.beside is not None and disc.beside.width
        ]
        if self.scale is not None:
            found.append(Placed("scale", self.scale.text, self.scale.box))
        if self.locator is not None:
            found.append(Placed("locator", "", self.locator.box))
        return tuple(found)


def layout_map(
    wards: Wards,
    *,
    width: int,
    height: int,
    shades: Sequence[Shade] = (),
    marks: Sequence[Mark] = (),
    dots: Sequence[Dot] = (),
    streets: Any | None = None,
    view: Sequence[float] | None = None,
    ward_labels: str = "all",
    label_order: Sequence[str] = (),
    borough_labels: bool = False,
    scale_bar: bool = True,
    locator: bool = False,
    text_px: float = TEXT_PX,
) -> Scene:
    """Return where everything of a map stands; ``draw_map`` says what the parameters are."""
    svg.check_frame(width, height, text_px, "map")
    if ward_labels not in WARD_LABELS:
        raise UsageError(
            f"ward_labels must be one of {', '.join(WARD_LABELS)}; got {ward_labels!r}."
        )
    unit = text_px / TEXT_PX
    seen = _view(wards, view, width, height)
    ground = ground_of(wards, seen)
    crowd, busy = Crowd(width, height), _land(ground, width, height).copy()
    filled = _projected(shades, seen)
    discs = dotted.discs_of(dots, seen, unit)
    _keep_visible(busy, filled, marks, discs, seen)
    small = furniture.locator(wards, seen, crowd, busy) if locator else None
    _add(crowd, small)
    bar = furniture.scale_bar(seen, crowd, busy, text_px) if scale_bar else None
    _add(crowd, bar)
    spots = marked.place_marks(marks, seen, busy, crowd, unit)
    _keep_clear(crowd, spots, unit)
    names = _area_names(
        ground, spots, crowd, busy, (ward_labels, borough_labels), label_order, text_px
    )
    discs = dotted.number_discs(discs, crowd, text_px * 16 / 17)
    lines = None if streets is None else streets_of(streets, seen)
    if lines is not None:
        runs = sorted(lines.runs, key=lambda run: not _near_a_place(run, spots))
        names += labels.place_streets(runs, crowd, busy, text_px * 16 / 17)
    return Scene(seen, unit, ground, filled, spots, discs, names, lines, bar, small)


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


# -- laying out ---------------------------------------------------------------------------------


def _view(wards: Wards, view: Sequence[float] | None, width: int, height: int) -> View:
    if view is not None:
        return view_of(view, width, height)
    return view_of(wards.frame.total_bounds.tolist(), width, height, min(_AIR, width / 20))


@lru_cache(maxsize=128)
def _land(ground: Ground, width: int, height: int) -> Busy:
    busy = Busy(width, height)
    busy.cover(ground.land_shape, _LAND)
    return busy


def _projected(shades: Sequence[Shade], view: View) -> tuple[tuple[Shade, Any], ...]:
    if not shades:
        return ()
    shapes = np.empty(len(shades), dtype=object)
    shapes[:] = [shade.polygon for shade in shades]
    cut = shapely.simplify(view.cut(view.project(shapes)), 0.4)
    return tuple(
        (shade, shape)
        for shade, shape in zip(shades, cut, strict=True)
        if shape is not None and not shapely.is_empty(shape)
    )


def _keep_visible(
    busy: Busy,
    shades: Sequence[tuple[Shade, Any]],
    marks: Sequence[Mark],
    discs: Sequence[Disc],
    view: View,
) -> None:
    most = _SPOT * view.width * view.height
    for _, shape in shades:
        if shapely.area(shape) <= most:
            busy.cover(shape, 0.6)
    for mark in marks:
        if mark.polygon is not None:
            busy.cover(view.cut(view.project(mark.polygon), 0), 1.0)
    for disc in discs:
        busy.cover(shapely.Point(disc.x, disc.y).buffer(disc.radius + 3, quad_segs=2), 1.0)


def _add(crowd: Crowd, thing: Any) -> None:
    if thing is not None:
        crowd.add(thing.box)


def _keep_clear(crowd: Crowd, spots: Sequence[Spot], unit: float) -> None:
    """Keep names off the outlines and the lines to the markers."""
    for spot in spots:
        crowd.add(between(spot.foot, (spot.box.x, spot.box.y), 5 * unit))
        for box in _outline_boxes(spot.outline, 4 * unit):
            crowd.add(box)


def _outline_boxes(outline: Any, thick: float) -> list[Box]:
    if outline is None or shapely.is_empty(outline):
        return []
    left, top, right, bottom = shapely.bounds(outline)
    if max(right - left, bottom - top) <= marked.WIDE:
        middle = ((left + right) / 2, (top + bottom) / 2)
        return [Box(*middle, right - left + thick, bottom - top + thick)]
    boxes = []
    for ring in shapely.get_rings(shapely.get_parts(shapely.simplify(outline, 2))):
        corners = shapely.get_coordinates(ring).tolist()
        boxes += [between(tuple(a), tuple(b), thick) for a, b in pairwise(corners)]
    return boxes


def _area_names(
    ground: Ground,
    spots: Sequence[Spot],
    crowd: Crowd,
    busy: Busy,
    wanted: tuple[str, bool],
    label_order: Sequence[str],
    size: float,
) -> tuple[labels.Label, ...]:
    ward_labels, borough_labels = wanted
    names: tuple[labels.Label, ...] = ()
    if borough_labels:
        names += labels.place_areas("borough", ground.boroughs, crowd, busy, size)
    if ward_labels == "none":
        return names
    given = {str(code): i for i, code in enumerate(label_order)}
    with_mark = {area.code for area in ground.wards if _has_mark(area, spots)}
    ordered = sorted(
        (one for one in ground.wards if ward_labels == "all" or one.code in with_mark),
        key=lambda one: (given.get(one.code, len(given)), one.code not in with_mark, -one.room),
    )
    return names + labels.place_areas("ward", ordered, crowd, busy, size)


def _has_mark(area: Named, spots: Sequence[Spot]) -> bool:
    peaks = np.array([spot.peak for spot in spots]).reshape(-1, 2)
    return bool(shapely.contains_xy(area.shape, peaks[:, 0], peaks[:, 1]).any())


def _near_a_place(run: street_lines.Run, spots: Sequence[Spot]) -> bool:
    """Return whether a street is one that the places are found by: named before others."""
    return any(
        spot.outline is not None and shapely.dwithin(spot.outline, shapely.Point(run.x, run.y), 30)
        for spot in spots
    )


# -- drawing ------------------------------------------------------------------------------------


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
        *(marked.outline(spot, unit) for spot in scene.spots),
        dotted.drawn(scene.discs, small, unit),
        *(marked.leader(spot, unit) for spot in scene.spots),
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
        *(marked.marker(spot) for spot in scene.spots),
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
