"""A map laid out: what is on it, and where everything stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import shapely

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
from hotspots.drawing.streets import Streets, streets_of
from hotspots.errors import UsageError
from hotspots.model import Wards

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
