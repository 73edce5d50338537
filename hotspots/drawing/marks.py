"""Numbered places, and where their markers stand: off the shading, with a line to the place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import shapely
from numpy.typing import NDArray

from hotspots.drawing import svg
from hotspots.drawing.boxes import Box, Crowd
from hotspots.drawing.busy import Busy
from hotspots.drawing.projection import View
from hotspots.errors import UsageError

Array = NDArray[np.float64]
#: A marker at text of 17 px.
SIDE = 44.0
#: A diamond needs more room than a circle for the same letter.
DIAMOND = 1.18
_DIRECTIONS = 24
_STEPS = (1.0, 1.3, 1.7, 2.2, 2.8, 3.6)
_ROUNDS = 2
_MARGIN = 3.0
#: An outline wider than this is looked into, not at: lines and names may then stand in it.
WIDE = 140.0
#: On drawings narrower than this markers are smaller.
_NARROW = 480
_SMALL = 34.0


@dataclass(frozen=True)
class Mark:
    """A numbered place.

    Parameters
    ----------
    marker : str
        What stands in the marker: a number or a letter, at most 3 characters of it.
    question : {"concentrated", "worse"}
        Round and blue, or a diamond and rust.
    polygon : shapely geometry or None
        The place's outline, metres; None or empty draws the marker alone.
    peak_xy : tuple of float
        Where the marker points to, metres.
    hot : bool
        False draws it thin and hollow: a place to look at that could be chance.
    current : bool
        Whether it is the one looked at now.
    href : str, optional
        Where a click leads: an address on this site, or http(s).
    label : str
        What a link is called, and a pointer is told; the marker alone if empty.
    """

    marker: str
    question: str
    polygon: Any
    peak_xy: tuple[float, float]
    hot: bool = True
    current: bool = False
    href: str | None = None
    label: str = ""

    def __post_init__(self) -> None:
        svg.check_question(self.question)
        if not np.isfinite(np.asarray(self.peak_xy, dtype=np.float64)).all():
            raise UsageError(
                f"peak_xy of place {self.marker!r} must be two numbers in metres;"
                f" got {self.peak_xy}."
            )
        if self.href is not None and urlsplit(self.href).scheme not in ("", "http", "https"):
            raise UsageError(
                f"href must be an address on this site or start with http(s):; got {self.href!r}."
            )


@dataclass(frozen=True, eq=False)
class Spot:
    """A mark on the drawing: outline and peak in pixels, and the box of its marker."""

    mark: Mark
    outline: Any
    peak: tuple[float, float]
    side: float
    box: Box

    @cached_property
    def foot(self) -> tuple[float, float]:
        """Where the marker's line starts: at a small outline's edge, so that it hides no square.

        In a wide one it starts at the peak.
        """
        if self.outline is None or shapely.is_empty(self.outline):
            return self.peak
        left, top, right, bottom = shapely.bounds(self.outline)
        if max(right - left, bottom - top) > WIDE:
            return self.peak
        line = shapely.linestrings([(self.box.x, self.box.y), self.peak])
        met = shapely.intersection(line, self.outline)
        if shapely.is_empty(met):
            return self.peak
        points = shapely.get_coordinates(met)
        away = np.hypot(*(points - (self.box.x, self.box.y)).T)
        x, y = points[int(np.argmin(away))].tolist()
        return (x, y)


def place_marks(
    marks: Sequence[Mark], view: View, busy: Busy, crowd: Crowd, unit: float
) -> tuple[Spot, ...]:
    """Put down the markers of the places in view; each finds the best spot that is left.

    A marker is never on another, nor across the edge of the drawing: where there is no room for
    all of them they get smaller together.

    Parameters
    ----------
    marks : sequence of Mark
        The first one chooses first.
    view : View
        What is seen. Places out of it are left out.
    busy : Busy
        What should stay visible.
    crowd : Crowd
        What is in the way; the markers are added to it.
    unit : float
        1 for markers of 44 px.
    """
    seen = [found for mark in marks if (found := _in_view(mark, view)) is not None]
    side = SIDE if view.width >= _NARROW * unit else _SMALL
    for shrink in (1.0, 0.8, 0.64, 0.5, 0.4, 0.3, 0.2, 0.1):
        placed = _place_all(seen, busy, crowd, side * unit * shrink)
        if placed is not None:
            break
    spots = placed or ()
    for spot in spots:
        crowd.add(spot.box)
    return spots


def _in_view(mark: Mark, view: View) -> tuple[Mark, Any, tuple[float, float]] | None:
    outline = None if mark.polygon is None else view.cut(view.project(mark.polygon))
    x, y = view.xy([mark.peak_xy])[0].tolist()
    if 0 <= x <= view.width and 0 <= y <= view.height:
        return mark, outline, (x, y)
    if outline is None:
        return None
    visible = shapely.clip_by_rect(outline, 1, 1, view.width - 1, view.height - 1)
    if shapely.is_empty(visible):
        return None
    nearest = shapely.get_coordinates(shapely.shortest_line(visible, shapely.Point(x, y)))[0]
    return mark, outline, (float(nearest[0]), float(nearest[1]))


def _place_all(
    seen: Sequence[tuple[Mark, Any, tuple[float, float]]], busy: Busy, crowd: Crowd, side: float
) -> tuple[Spot, ...] | None:
    chosen: dict[int, Spot] = {}
    for _ in range(_ROUNDS):
        for i, (mark, outline, peak) in enumerate(seen):
            others = [spot for j, spot in chosen.items() if j != i]
            at = _best(outline, peak, _box_side(mark, side), others, busy, crowd)
            if at is None:
                return None
            box = Box(at[0], at[1], _box_side(mark, side), _box_side(mark, side))
            chosen[i] = Spot(mark, outline, peak, side, box)
    return tuple(chosen[i] for i in range(len(seen)))


def _box_side(mark: Mark, side: float) -> float:
    return side * (DIAMOND if mark.question == "worse" else 1.0) + 2 * _MARGIN


def _best(
    outline: Any,
    peak: tuple[float, float],
    side: float,
    others: Sequence[Spot],
    busy: Busy,
    crowd: Crowd,
) -> tuple[float, float] | None:
    for near in (True, False):
        candidates = _around(outline, peak, side) if near else _everywhere(crowd, side)
        free = crowd.free_upright(candidates, side, side)
        free &= _off(candidates, side, others)
        candidates = candidates[free]
        if len(candidates):
            cost = _cost(candidates, peak, side, others, busy)
            best = candidates[int(np.argmin(np.round(cost, 6)))]
            return float(best[0]), float(best[1])
    return None


def _around(outline: Any, peak: tuple[float, float], side: float) -> Array:
    """Return spots some steps from the peak and just outside the outline, all round."""
    angle = (np.arange(_DIRECTIONS) + 0.5) / _DIRECTIONS * 2 * np.pi
    ways = np.column_stack([np.cos(angle), -np.sin(angle)])
    reaches = np.repeat(np.array(_STEPS)[None, :] * side, _DIRECTIONS, axis=0)
    if outline is not None and not shapely.is_empty(outline):
        reaches = np.column_stack([reaches, _exits(outline, peak, ways) + 0.8 * side])
    return (np.array(peak) + ways[:, None, :] * reaches[:, :, None]).reshape(-1, 2)


def _exits(outline: Any, peak: tuple[float, float], ways: Array) -> Array:
    """Return how far it is, each way, to the edge of the outline's upright box."""
    left, top, right, bottom = shapely.bounds(outline)
    across = np.where(ways[:, 0] > 0, right - peak[0], peak[0] - left)
    along = np.where(ways[:, 1] > 0, bottom - peak[1], peak[1] - top)
    steep = np.maximum(np.abs(ways), 0.01)
    return np.asarray(np.maximum(np.minimum(across / steep[:, 0], along / steep[:, 1]), 0))


def _everywhere(crowd: Crowd, side: float) -> Array:
    step = max(side / 2, 2)
    half = side / 2 + 2
    x = np.arange(half, max(crowd.width - half, half) + 0.5, step)
    y = np.arange(half, max(crowd.height - half, half) + 0.5, step)
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def _off(candidates: Array, side: float, others: Sequence[Spot]) -> NDArray[np.bool_]:
    if not others:
        return np.ones(len(candidates), dtype=bool)
    boxes = np.array([(one.box.x, one.box.y, one.box.width) for one in others])
    gaps = np.abs(candidates[:, None, :] - boxes[None, :, :2]).max(axis=2)
    return np.asarray((gaps >= (side + boxes[:, 2]) / 2).all(axis=1))


def _cost(
    candidates: Array, peak: tuple[float, float], side: float, others: Sequence[Spot], busy: Busy
) -> Array:
    """Return what each spot costs: a long line, hidden hot spots, lines in a tangle."""
    away = np.hypot(*(candidates - peak).T) / side
    cost = away + 6 * busy.under(candidates, side, side)
    if not others:
        return np.asarray(cost)
    start, ends = np.array(peak), candidates[:, None, :]
    at = np.array([(one.box.x, one.box.y) for one in others])
    peaks = np.array([one.peak for one in others])
    reach = np.array([one.box.width for one in others]) / 2
    tangle = 5.0 * _crosses(ends, start, at, peaks)
    # neither line may run under the other's marker, nor a marker hide another peak
    tangle += 8.0 * (_distance(at, start, ends) < reach)
    tangle += 8.0 * (_distance(ends, at, peaks) < side / 2)
    tangle += 4.0 * (np.abs(ends - peaks).max(axis=-1) < side / 2)
    return np.asarray(cost + tangle.sum(axis=1))


def _crosses(ends: Array, start: Array, a: Array, b: Array) -> NDArray[np.bool_]:
    """Return whether the lines from ``start`` to ``ends`` cross those from a to b."""
    apart = _turn(start, ends, a) * _turn(start, ends, b) < 0
    return np.asarray(apart & (_turn(a, b, start) * _turn(a, b, ends) < 0))


def _turn(p: Array, q: Array, r: Array) -> Array:
    q, r = q - p, r - p
    return np.asarray(q[..., 0] * r[..., 1] - q[..., 1] * r[..., 0])


def _distance(points: Array, a: Array, b: Array) -> Array:
    """Return how far points are from the lines from a to b."""
    way = b - a
    length = np.maximum((way**2).sum(axis=-1), 1e-9)
    along = np.clip(((points - a) * way).sum(axis=-1) / length, 0, 1)
    off = a + along[..., None] * way - points
    return np.asarray(np.hypot(off[..., 0], off[..., 1]))
