"""The names in a funnel plot: each beside its dot, or led to it, or left out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from hotspots.drawing import svg
from hotspots.drawing.boxes import Box, Crowd, between
from hotspots.drawing.lettering import fitted, text_width

Array = NDArray[np.float64]
#: Both ends of a straight line.
Line = tuple[tuple[float, float], tuple[float, float]]
#: A name this near to another dot as well could be either's, letter heights.
_CLEAR = 0.5
#: How far from its dot a name is looked for a place, letter heights, and in what steps.
_FARTHEST, _STEP = 4.0, 0.5
#: A leader line ends this far from its dot's edge and from its name.
_GAP = 2.0


@dataclass(frozen=True, slots=True)
class Spot:
    """A dot in pixels, and what it is called; "" is a dot without a name."""

    x: float
    y: float
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Named:
    text: str
    box: Box
    leader: Line | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """What names keep off: the frame's bounds (left, top, right, bottom), dots and lines."""

    bounds: tuple[float, float, float, float]
    dots: Crowd
    lines: Crowd
    radius: float


def names(spots: Sequence[Spot], ground: Ground, size: float) -> Iterator[Markup]:
    """Yield the names in the order of their spots; those that find no place are left out.

    A name stands beside its dot, clear of lines and of what could be taken for its dot; else
    further off at the end of a line; else beside it on the lines of the plot.
    """
    for spot in spots:
        text = fitted(spot.text, size, ground.bounds[2] - ground.bounds[0])
        named = _placed(spot, text, ground, size) if text else None
        if named is None:
            continue
        ground.dots.add(named.box)
        if named.leader is not None:
            ground.dots.add(between(*named.leader, 2))
            yield _leader(*named.leader)
        yield _name(named, size)


def _placed(spot: Spot, text: str, ground: Ground, size: float) -> _Named | None:
    beside = [box for box in _beside(spot, text, ground, size) if ground.dots.free(box)]
    for box in beside:
        if ground.lines.free(box) and _alone(box, spot, ground, size):
            return _Named(text, box)
    led = _led(spot, text, ground, size)
    if led is not None or not beside:
        return led
    return _Named(text, beside[0])


def _beside(spot: Spot, text: str, ground: Ground, size: float) -> Iterator[Box]:
    """Yield where a name can stand beside its dot, the best place first."""
    wide, tall = _measure(text, size)
    off = ground.radius
    across, down = off + 4 + wide / 2, off + 2 + tall / 2
    sides = ((across, 0.0), (-across, 0.0), (0.0, -down), (0.0, down))
    corners = ((across, -down), (-across, -down), (across, down), (-across, down))
    for dx, dy in (*sides, *((0.8 * a, b) for a, b in corners)):
        box = Box(spot.x + dx, spot.y + dy, wide, tall)
        if _within(box, ground):
            yield box


def _measure(text: str, size: float) -> tuple[float, float]:
    return text_width(text, size) + 4, size * 1.15


def _within(box: Box, ground: Ground) -> bool:
    left, top, right, bottom = box.bounds
    first, high, last, low = ground.bounds
    return left >= first and right <= last and top >= high and bottom <= low


def _alone(box: Box, spot: Spot, ground: Ground, size: float) -> bool:
    """Return whether no other dot is so near that the name could be its."""
    near = 2 * _CLEAR * size
    wide = Box(box.x, box.y, box.width + near, box.height + near)
    return _meets_none(wide, spot, ground)


def _meets_none(box: Box, spot: Spot, ground: Ground) -> bool:
    """Return whether a box meets no name and no dot but the spot's own."""
    own = (spot.x, spot.y)
    return not any(box.overlaps(other) for other in ground.dots.boxes if (other.x, other.y) != own)


def _led(spot: Spot, text: str, ground: Ground, size: float) -> _Named | None:
    """Return the nearest free place that a line can lead to, None where there is none."""
    wide, tall = _measure(text, size)
    middles = _around(spot, wide, tall, size)
    free = ground.dots.free_upright(middles, wide, tall)
    free &= ground.lines.free_upright(middles, wide, tall)
    for x, y in middles[free].tolist():
        box = Box(x, y, wide, tall)
        leader = _from_dot(spot, box, ground.radius)
        if not _within(box, ground) or leader is None:
            continue
        if _meets_none(between(*leader, 2), spot, ground) and _alone(box, spot, ground, size):
            return _Named(text, box, leader)
    return None


def _around(spot: Spot, wide: float, tall: float, size: float) -> Array:
    """Return middles of names round a dot, shape (n, 2), those that it is nearest to first."""
    steps = np.arange(-_FARTHEST, _FARTHEST + _STEP, _STEP) * size
    across, down = np.meshgrid(
        steps + np.sign(steps) * wide / 2, steps + np.sign(steps) * tall / 2, indexing="ij"
    )
    gaps = np.hypot(
        np.maximum(np.abs(across) - wide / 2, 0), np.maximum(np.abs(down) - tall / 2, 0)
    ).ravel()
    order = np.argsort(gaps, kind="stable")
    offsets = np.column_stack([across.ravel(), down.ravel()])[order]
    return np.asarray(offsets[gaps[order] <= _FARTHEST * size] + (spot.x, spot.y))


def _from_dot(spot: Spot, box: Box, radius: float) -> Line | None:
    """Return the line from a dot's edge to a name's; None where there is no room for one."""
    left, top, right, bottom = box.bounds
    x, y = min(max(spot.x, left), right), min(max(spot.y, top), bottom)
    gap = math.hypot(x - spot.x, y - spot.y)
    start = radius + _GAP
    if gap < start + 3 * _GAP:
        return None
    dx, dy = (x - spot.x) / gap, (y - spot.y) / gap
    first = (spot.x + start * dx, spot.y + start * dy)
    return first, (x - _GAP * dx, y - _GAP * dy)


def _leader(first: tuple[float, float], last: tuple[float, float]) -> Markup:
    ends = {"x1": first[0], "y1": first[1], "x2": last[0], "y2": last[1]}
    return svg.tag("line", **ends, stroke=svg.INK, stroke_width=1.5, class_="usual leader")


def _name(named: _Named, size: float) -> Markup:
    return svg.words(
        named.text,
        named.box.x,
        named.box.y + size * 0.35,
        fill=svg.INK,
        font_size=size,
        font_weight=600,
        text_anchor="middle",
        stroke=svg.WHITE,
        stroke_width=4,
        stroke_linejoin="round",
        paint_order="stroke",
        class_="ink haloed name",
    )


def keep_off(line: Array, crowd: Crowd) -> None:
    """Put a drawn line of short pieces, shape (n, 2), down as the upright boxes round them."""
    for (x0, y0), (x1, y1) in pairwise(line.tolist()):
        crowd.add(Box((x0 + x1) / 2, (y0 + y1) / 2, abs(x1 - x0) + 3, abs(y1 - y0) + 3))
