"""What the boundaries give to a drawing: land, lines, and where names have room.

Kept for each ward set and view, because twenty cards on one page show the same wards.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import shapely

from hotspots.drawing import svg
from hotspots.drawing.projection import View
from hotspots.model import Wards

#: Boundaries are drawn to this distance; shared edges stay shared.
SIMPLIFY_PX = 0.5
#: Where a ward shows less room than this, its name would say nothing of where it is.
LEAST_ROOM_PX = 4.0


@dataclass(frozen=True, eq=False)
class Named:
    """An area with a name: what of it is in view, and its roomiest point, pixels."""

    code: str
    name: str
    shape: Any
    x: float
    y: float
    room: float


@dataclass(frozen=True, eq=False)
class Ground:
    """The boundaries of a view: paths in pixels, and the named areas in sight, roomiest first."""

    land: str
    land_shape: Any
    ward_lines: str
    borough_lines: str
    wards: tuple[Named, ...]
    boroughs: tuple[Named, ...]


@lru_cache(maxsize=128)
def ground_of(wards: Wards, view: View) -> Ground:
    """Return the boundaries of a ward set as a view shows them."""
    shapes, boroughs, lines = _simplified(wards, _tolerance(view))
    frame = wards.frame
    areas = [shape for _, shape in boroughs]
    drawn = [view.project(shape) for shape in areas]
    land = view.cut(drawn)
    edges = [shapely.boundary(shape) for shape in drawn]
    return Ground(
        land=svg.path(land),
        land_shape=shapely.union_all(land),
        ward_lines=_lines(view.cut(view.project(lines))),
        borough_lines=_lines(view.cut(shapely.union_all(edges))),
        wards=_named(list(frame["ward_code"]), list(wards.labels), view.project(shapes), view),
        boroughs=_named([""] * len(areas), [name for name, _ in boroughs], drawn, view),
    )


def _tolerance(view: View) -> float:
    """Return about half a pixel in metres, rounded down so that near views share the work."""
    return float(2.0 ** np.floor(np.log2(SIMPLIFY_PX / view.scale)))


@lru_cache(maxsize=16)
def _simplified(wards: Wards, tolerance_m: float) -> tuple[Any, list[tuple[str, Any]], Any]:
    shapes = shapely.coverage_simplify(wards.frame.geometry.to_numpy(), tolerance_m)
    lines = shapely.union_all(shapely.boundary(shapes))
    return shapes, _boroughs(wards, shapes), lines


def _boroughs(wards: Wards, shapes: Any) -> list[tuple[str, Any]]:
    """Return each borough's name and area; the whole area, unnamed, where they are not known."""
    codes = wards.frame["district_code"].fillna("").astype(str)
    names = wards.frame["district_name"].fillna("").astype(str)
    found = []
    for code in codes.unique():
        inside = (codes == code).to_numpy()
        name = next((one for one in names[inside] if one), "") if code else ""
        found.append((name, shapely.union_all(shapes[inside])))
    return found


def _lines(geometry: Any) -> str:
    merged = shapely.line_merge(geometry) if not shapely.is_empty(geometry) else geometry
    return svg.path(merged)


def _named(codes: list[Any], names: list[str], shapes: Any, view: View) -> tuple[Named, ...]:
    seen = shapely.clip_by_rect(np.asarray(shapes, dtype=object), 0, 0, view.width, view.height)
    found = []
    for code, name, shape in zip(codes, names, seen, strict=True):
        area = _largest(shape)
        if area is None:
            continue
        circle = shapely.maximum_inscribed_circle(area, tolerance=1.0)
        (x, y), room = shapely.get_coordinates(circle)[0], shapely.length(circle)
        if room >= LEAST_ROOM_PX:
            shapely.prepare(shape)
            found.append(Named(str(code), name, shape, float(x), float(y), float(room)))
    return tuple(sorted(found, key=lambda one: (-one.room, one.code)))


def _largest(shape: Any) -> Any | None:
    parts = [part for part in shapely.get_parts(shape) if shapely.area(part) > LEAST_ROOM_PX**2]
    return max(parts, key=shapely.area, default=None)
