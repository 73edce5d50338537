"""What helps to read a map: a scale bar, and a small map of where the view lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from markupsafe import Markup

from hotspots.drawing import svg
from hotspots.drawing.boxes import Box, Crowd
from hotspots.drawing.busy import Busy
from hotspots.drawing.ground import ground_of
from hotspots.drawing.lettering import text_width
from hotspots.drawing.projection import View, view_of
from hotspots.model import Wards

_EDGE = 14.0
#: The scale bar takes at most this share of the width.
_SHARE = 0.2


@dataclass(frozen=True)
class ScaleBar:
    """A bar of a round length and where it stands."""

    length_m: float
    length_px: float
    text: str
    box: Box


def scale_bar(view: View, crowd: Crowd, busy: Busy, size: float) -> ScaleBar | None:
    """Return the scale bar in the emptiest corner, None where there is no room for one."""
    length_m = round_length(view.width_m * _SHARE)
    text = f"{length_m / 1000:g} km" if length_m >= 1000 else f"{length_m:g} m"
    length = length_m * view.scale
    wide = length + 10 + text_width(text, size)
    box = _corner(view, crowd, busy, wide + 4, size * 1.2, ("bl", "br", "tl", "tr"))
    return None if box is None else ScaleBar(length_m, length, text, box)


def round_length(most: float) -> float:
    """Return the greatest of 1, 2 or 5 times a power of ten that is no more than ``most``."""
    ten = 10.0 ** np.floor(np.log10(most) + 1e-9)
    return float(max(step * ten for step in (1, 2, 5) if step * ten <= most * (1 + 1e-9)))


def _corner(
    view: View, crowd: Crowd, busy: Busy, width: float, height: float, corners: tuple[str, ...]
) -> Box | None:
    edge = min(_EDGE, view.width * 0.04)
    found: list[tuple[float, Box]] = []
    for i, corner in enumerate(corners):
        x = edge + width / 2 if "l" in corner else view.width - edge - width / 2
        y = edge + height / 2 if "t" in corner else view.height - edge - height / 2
        box = Box(x, y, width, height)
        if crowd.free(box):
            cost = float(busy.under(np.array([[x, y]]), width, height)[0]) + 0.01 * i
            found.append((cost, box))
    return min(found, key=lambda one: one[0])[1] if found else None


def draw_scale(bar: ScaleBar, size: float) -> Markup:
    """Return the scale bar."""
    left, _, _, bottom = bar.box.bounds
    x, y, tick = left + 2, bottom - 0.3 * size, 0.42 * size
    end, middle = x + bar.length_px, x + bar.length_px / 2
    n = svg.number
    line = (
        f"M{n(x)} {n(y - tick)}V{n(y)}H{n(end)}V{n(y - tick)}"
        f"M{n(middle)} {n(y - tick * 0.7)}V{n(y)}"
    )
    text = svg.words(
        bar.text,
        end + 8,
        y,
        fill=svg.INK,
        stroke=svg.WHITE,
        stroke_width=4,
        stroke_linejoin="round",
        paint_order="stroke",
        font_size=size,
        font_weight=600,
    )
    return svg.tag(
        "g",
        svg.tag("path", d=line, stroke=svg.WHITE, stroke_width=5, fill="none"),
        svg.tag("path", d=line, stroke=svg.INK, stroke_width=2, fill="none"),
        text,
        class_="scale",
    )


@dataclass(frozen=True, eq=False)
class Locator:
    """A small map of the whole area, with a box for what is seen."""

    box: Box
    view: View


def locator(wards: Wards, view: View, crowd: Crowd, busy: Busy) -> Locator | None:
    """Return where the view lies; None where it shows most of the area, or no corner is free."""
    west, south, east, north = wards.frame.total_bounds.tolist()
    if view.width_m > 0.6 * (east - west) and view.height / view.scale > 0.6 * (north - south):
        return None
    width = float(np.clip(view.width * 0.24, 60, 180))
    height = float(np.clip(width * (north - south) / (east - west), 30, view.height * 0.4))
    box = _corner(view, crowd, busy, width, height, ("tr", "br", "tl", "bl"))
    if box is None:
        return None
    return Locator(box, view_of((west, south, east, north), round(width), round(height), 5))


def draw_locator(found: Locator, wards: Wards, view: View) -> Markup:
    """Return the small map."""
    left, top, _, _ = found.box.bounds
    ground = ground_of(wards, found.view)
    return svg.tag(
        "g",
        svg.tag(
            "rect",
            width=found.box.width,
            height=found.box.height,
            fill="#F3F5F7",
            stroke=svg.INK,
            stroke_width=1.5,
            class_="paper",
        ),
        svg.tag("path", d=ground.land, fill=svg.WHITE, stroke="#5B6975", stroke_width=1),
        _seen(found.view, view),
        class_="locator",
        transform=f"translate({svg.number(left)} {svg.number(top)})",
    )


def _seen(small: View, view: View) -> Markup:
    shape: Any = small.project(shapely.box(*view.bounds))
    west, north, east, south = shapely.bounds(shape)
    x, y = (west + east) / 2, (north + south) / 2
    width, height = max(east - west, 8), max(south - north, 8)
    return svg.tag(
        "rect",
        x=x - width / 2,
        y=y - height / 2,
        width=width,
        height=height,
        fill="none",
        stroke=svg.INK,
        stroke_width=2.5,
    )
