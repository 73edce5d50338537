"""Streets under and over the shading, and the straight runs on which their names have room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from markupsafe import Markup
from numpy.typing import NDArray

from hotspots.drawing import svg
from hotspots.drawing.projection import View
from hotspots.errors import UsageError
from hotspots.plain_text import tidy

Array = NDArray[np.float64]
#: Below this much ground from left to right streets lie over the shading and have names.
CLOSE_M = 4000.0
#: Colour, then width in px for a far, a middle and a close view; those below lie under the rest.
STYLES = {
    "river": ("#D5E3EC", (3.0, 6.0, 12.0)),
    "street": ("#D3D9DF", (0.0, 1.0, 4.0)),
    "main_road": ("#BCC6CF", (1.2, 2.2, 6.0)),
    "motorway": ("#A5B1BC", (2.0, 3.0, 8.0)),
}
#: Pixels a metre from which a view is in the middle, and close.
_TIERS = (0.06, 0.2)
#: Who is named first.
_IMPORTANCE = ("motorway", "main_road", "river", "street")
#: A bend of more than this ends a straight run, radians.
_STRAIGHT = 0.2


@dataclass(frozen=True, eq=False)
class Streets:
    """The lines in view in pixels, by kind, and the run each name could stand on."""

    lines: dict[str, Any]
    runs: tuple[Run, ...]
    widths: dict[str, float]


@dataclass(frozen=True)
class Run:
    """A straight piece of a named street: its middle, length and turn (read left to right)."""

    name: str
    kind: str
    x: float
    y: float
    length: float
    angle: float


def streets_of(frame: Any, view: View) -> Streets:
    """Return the streets of a view.

    Parameters
    ----------
    frame : geopandas.GeoDataFrame
        Columns ``name``, ``kind`` (river, street, main_road, motorway; anything else is drawn as
        a street) and lines in the workspace's CRS, metres.
    view : View
        What is seen.

    Raises
    ------
    UsageError
        If a column is missing.
    """
    missing = {"name", "kind"} - set(frame.columns)
    if missing:
        raise UsageError(
            f"streets must have the columns name, kind and geometry;"
            f" {', '.join(sorted(missing))} missing."
        )
    widths = {kind: style[1][_tier(view)] for kind, style in STYLES.items()}
    shapes, kinds, names = _near(frame, view)
    wanted = np.array([widths[kind] > 0 for kind in kinds], dtype=bool)
    drawn = shapely.simplify(view.cut(view.project(shapes[wanted])), 0.5)
    kinds, names = kinds[wanted], names[wanted]
    lines = {kind: drawn[kinds == kind] for kind in STYLES}
    runs = _runs(drawn, kinds, names, view) if view.width_m < CLOSE_M else ()
    return Streets(lines, runs, widths)


def _tier(view: View) -> int:
    return int(np.searchsorted(_TIERS, view.scale, side="right"))


def _near(frame: Any, view: View) -> tuple[Any, Any, Any]:
    shapes = frame.geometry.to_numpy()
    west, south, east, north = view.bounds
    bounds = shapely.bounds(shapes)
    near = (
        (bounds[:, 0] <= east)
        & (bounds[:, 2] >= west)
        & (bounds[:, 1] <= north)
        & (bounds[:, 3] >= south)
    )
    kinds = frame["kind"].to_numpy(dtype=object)[near]
    known = np.array(
        [str(kind) if str(kind) in STYLES else "street" for kind in kinds], dtype=object
    )
    return shapes[near], known, frame["name"].to_numpy(dtype=object)[near]


def drawn(streets: Streets, unit: float, *, close: bool) -> Markup:
    """Return the lines, one path a kind; close by the shading is seen through them."""
    paths = []
    for kind, (colour, _) in STYLES.items():
        shape = svg.path(streets.lines[kind]) if len(streets.lines[kind]) else ""
        if shape:
            width = streets.widths[kind] * unit
            paths.append(svg.tag("path", d=shape, class_=kind, stroke=colour, stroke_width=width))
    if not paths:
        return Markup("")
    return svg.tag(
        "g",
        *paths,
        class_="streets",
        fill="none",
        stroke_linejoin="round",
        stroke_linecap="round",
        opacity=0.8 if close else None,
    )


def _runs(shapes: Any, kinds: Any, names: Any, view: View) -> tuple[Run, ...]:
    """Return each name's longest straight piece; a street in several parts is put together."""
    seen = shapely.clip_by_rect(shapes, 0, 0, view.width, view.height)
    parts: dict[str, list[Any]] = {}
    kind_of: dict[str, str] = {}
    for shape, kind, name in zip(seen, kinds, names, strict=True):
        text = tidy(name)
        if text and not shapely.is_empty(shape):
            parts.setdefault(text, []).extend(shapely.get_parts(shape))
            kind_of.setdefault(text, kind)
    runs = [_longest_of(pieces, name, kind_of[name]) for name, pieces in parts.items()]
    order = {kind: i for i, kind in enumerate(_IMPORTANCE)}
    found = [run for run in runs if run is not None]
    return tuple(sorted(found, key=lambda run: (order[run.kind], -run.length, run.name)))


def _longest_of(pieces: list[Any], name: str, kind: str) -> Run | None:
    whole = shapely.line_merge(shapely.multilinestrings(pieces))
    runs = [
        _longest(shapely.get_coordinates(part), name, kind) for part in shapely.get_parts(whole)
    ]
    return max((run for run in runs if run), key=lambda run: run.length, default=None)


def _longest(points: Array, name: str, kind: str) -> Run | None:
    """Return the longest stretch without a bend."""
    if len(points) < 2:
        return None
    steps = np.diff(points, axis=0)
    angles = np.arctan2(steps[:, 1], steps[:, 0])
    best, first = (0.0, 0, 1), 0
    for last in range(len(steps)):
        if abs(_turned(angles[last] - angles[first])) > _STRAIGHT:
            first = last
        length = float(np.hypot(*(points[last + 1] - points[first])))
        best = max(best, (length, first, last + 1), key=lambda one: one[0])
    length, start, end = best
    if not length:
        return None
    (x, y), (dx, dy) = (points[start] + points[end]) / 2, points[end] - points[start]
    angle = float(np.arctan2(dy, dx))
    return Run(name, kind, float(x), float(y), length, _upright(angle))


def _turned(angle: float) -> float:
    return float(np.arctan2(np.sin(angle), np.cos(angle)))


def _upright(angle: float) -> float:
    if angle > np.pi / 2:
        return angle - np.pi
    return angle + np.pi if angle <= -np.pi / 2 else angle
