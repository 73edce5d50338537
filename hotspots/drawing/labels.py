"""Names on a map: each where it has room, none on another, the most important first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from markupsafe import Markup
from numpy.typing import NDArray

from hotspots.drawing import svg
from hotspots.drawing.boxes import Box, Crowd
from hotspots.drawing.busy import Busy
from hotspots.drawing.ground import Named
from hotspots.drawing.lettering import LINE, shorten, text_width, two_lines
from hotspots.drawing.streets import Run
from hotspots.plain_text import tidy

Array = NDArray[np.float64]
#: The halo stands out this much round the letters.
HALO = 2.0
#: Names longer than this may stand in two lines.
_LONG = 10
#: How far from the roomiest point a name may go, in its own lines, and how it counts.
_ACROSS = np.arange(-6, 6.5, 1.0)
_DOWN = np.arange(-5, 5.5, 0.5)
_MOST_STREETS = 30
#: A name may be this much longer than the straight run it stands on.
_OVERHANG = 1.3
_PARTS = (-0.46, -0.3, -0.15, 0.0, 0.15, 0.3, 0.46)
_LEAST_INSIDE = 0.4


@dataclass(frozen=True, eq=False)
class Label:
    """A name put down: its lines, and the box they fill."""

    kind: str
    full: str
    lines: tuple[str, ...]
    size: float
    box: Box


def place_areas(
    kind: str, areas: Iterable[Named], crowd: Crowd, busy: Busy, size: float
) -> tuple[Label, ...]:
    """Put down the names of areas in the order given; one that has no room is left out.

    A name stays with its middle inside its own area, near its roomiest point.
    """
    placed = []
    for area in areas:
        label = _area_label(kind, area, crowd, busy, size)
        if label is not None:
            crowd.add(label.box)
            placed.append(label)
    return tuple(placed)


def _area_label(kind: str, area: Named, crowd: Crowd, busy: Busy, size: float) -> Label | None:
    full = tidy(area.name)
    text = shorten(full.upper() if kind == "borough" else full)
    if not text:
        return None
    best: tuple[float, Label] | None = None
    for lines in _settings(text):
        box = _box_of(lines, size)
        middles, costs = _spots(area, lines, size)
        put_down = crowd.free_upright(middles, box.width, box.height)
        free = middles[put_down]
        if not len(free):
            continue
        cost = costs[put_down] + 20 * busy.under(free, box.width, box.height)
        at = int(np.argmin(np.round(cost, 6)))
        if best is None or cost[at] < best[0] - 1e-6:
            x, y = free[at].tolist()
            put = Box(x, y, box.width, box.height)
            best = (float(cost[at]), Label(kind, full, lines, size, put))
    return best[1] if best else None


def _settings(text: str) -> tuple[tuple[str, ...], ...]:
    broken = two_lines(text) if len(text) > _LONG else (text,)
    return ((text,),) if len(broken) == 1 else ((text,), broken)


def _box_of(lines: tuple[str, ...], size: float) -> Box:
    wide = max(text_width(line, size) for line in lines)
    return Box(0, 0, wide + 2 * HALO, len(lines) * size * LINE + HALO)


@lru_cache(maxsize=1024)
def _spots(area: Named, lines: tuple[str, ...], size: float) -> tuple[Array, Array]:
    """Return where in its area a name could stand, and what each spot costs before all else."""
    box = _box_of(lines, size)
    steps = np.stack(np.meshgrid(_ACROSS, _DOWN), axis=-1).reshape(-1, 2) * size * LINE
    middles = steps + np.array([area.x, area.y])
    middles = middles[shapely.contains_xy(area.shape, middles[:, 0], middles[:, 1])]
    inside = _share_inside(middles, area, box)
    # a name mostly on its neighbours would be read as theirs
    middles, inside = middles[inside >= _LEAST_INSIDE], inside[inside >= _LEAST_INSIDE]
    away = np.hypot(*(middles - np.array([area.x, area.y])).T) / (size * LINE)
    return middles, np.asarray(away + 3 * (1 - inside) + 0.4 * (len(lines) - 1))


def _share_inside(middles: Array, area: Named, box: Box) -> Array:
    """Return how much of a name would be over its own area."""
    steps = np.array([[x * box.width, y * box.height] for x in _PARTS for y in (-0.25, 0.25)])
    points = (middles[:, None, :] + steps).reshape(-1, 2)
    inside = shapely.contains_xy(area.shape, points[:, 0], points[:, 1])
    return np.asarray(inside.reshape(len(middles), len(steps)).mean(axis=1))


def place_streets(runs: Iterable[Run], crowd: Crowd, busy: Busy, size: float) -> tuple[Label, ...]:
    """Put down street names along their straight runs, where these are long enough for them."""
    placed: list[Label] = []
    for run in runs:
        label = _street_label(run, crowd, busy, size)
        if label is not None:
            crowd.add(label.box)
            placed.append(label)
        if len(placed) == _MOST_STREETS:
            break
    return tuple(placed)


def _street_label(run: Run, crowd: Crowd, busy: Busy, size: float) -> Label | None:
    text = shorten(run.name)
    wide = text_width(text, size, bold=False) + 2 * HALO
    if wide > run.length * _OVERHANG:
        return None
    spare = max((run.length - wide) / 2, 0)
    way = np.array([np.cos(run.angle), np.sin(run.angle)])
    shifts = np.array([0.0, 0.5, -0.5, 1.0, -1.0]) * max(spare, wide * 0.1)
    middles = np.array([run.x, run.y]) + shifts[:, None] * way
    covered = busy.under(middles, min(wide, size * 3), size)
    for at in np.lexsort((np.abs(shifts), np.round(covered, 3))):
        x, y = middles[at].tolist()
        box = Box(x, y, wide, size * LINE, run.angle)
        if crowd.free(box):
            return Label("street", run.name, (text,), size, box)
    return None


def drawn(labels: Iterable[Label], kind: str, size: float) -> Markup:
    """Return the labels of one kind as text with a white halo."""
    texts = [_text(label) for label in labels if label.kind == kind]
    if not texts:
        return Markup("")
    street = kind == "street"
    return svg.tag(
        "g",
        *texts,
        class_=f"names {kind}-names",
        font_size=size,
        font_weight=None if street else (700 if kind == "borough" else 600),
        fill=svg.INK_2 if street else svg.INK,
        stroke=svg.WHITE,
        stroke_width=2 * HALO,
        stroke_linejoin="round",
        paint_order="stroke",
        text_anchor="middle",
    )


def _text(label: Label) -> Markup:
    box, step = label.box, label.size * LINE
    first = box.y - (len(label.lines) - 1) * step / 2 + label.size * 0.35
    title = [svg.tag("title", label.full)] if any("…" in line for line in label.lines) else []
    turned = None
    if box.angle:
        degrees = svg.number(float(np.degrees(box.angle)))
        turned = f"rotate({degrees} {svg.number(box.x)} {svg.number(box.y)})"
    if len(label.lines) == 1:
        body: list[Markup | str] = [label.lines[0]]
    else:
        body = [
            svg.tag("tspan", line, x=box.x, y=first + i * step)
            for i, line in enumerate(label.lines)
        ]
    return svg.tag("text", *title, *body, x=box.x, y=first, transform=turned)
