"""The drawings of a briefing pack: maps, bars of the last year, bands of the week."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from markupsafe import Markup
from numpy.typing import NDArray

from hotspots.briefing.content import Bars
from hotspots.briefing.withholding import BAND_CLASSES, BAND_HOURS
from hotspots.drawing import Dot, Mark, Shade, axes, draw_map, svg
from hotspots.drawing.week import DAYS
from hotspots.model import Wards

#: Half the side of the map round a place, metres; and round a generalised one, which is then
#: smaller on paper than 1:10,000.
REACH_M, WIDE_REACH_M = 900.0, 1_500.0
_OVERVIEW = (1000, 360)
_PLACE = (620, 440)
_TEXT = 16.0
#: Shades of the bands of hours, lightest first, told apart in grey too.
_BAND_FILLS = (svg.WHITE, "#C9DAEC", "#5F9BD1", "#0B3C6F")


def overview_map(
    wards: Wards, marks: Sequence[Mark], shades: Sequence[Shade], title: str, describe: str
) -> Markup:
    """Return the map of the whole area, no higher than it must be."""
    west, south, east, north = wards.study_area.bounds
    width, highest = _OVERVIEW
    height = min(highest, max(260, round(width * (north - south) / (east - west)) + 50))
    return draw_map(
        wards,
        width=width,
        height=height,
        id="overview",
        title=title,
        describe=describe,
        shades=shades,
        marks=marks,
        ward_labels="none",
        borough_labels=True,
        text_px=22,
    )


def place_map(
    wards: Wards,
    mark: Mark,
    shades: Sequence[Shade],
    *,
    name: str,
    dots: Sequence[Dot] = (),
    streets: Any | None = None,
    reach_m: float = REACH_M,
) -> Markup:
    """Return the map round one place, with a small map of where it lies."""
    return draw_map(
        wards,
        width=_PLACE[0],
        height=_PLACE[1],
        id=name,
        title=f"Map round {mark.label}",
        describe="The outline of the place, hatched by its strength, and the wards round it.",
        shades=shades,
        marks=[mark],
        dots=dots,
        streets=streets,
        view=view_round(mark.polygon, reach_m),
        ward_labels="all",
        locator=True,
        text_px=19,
    )


def view_round(outline: Any, reach_m: float) -> tuple[float, float, float, float]:
    """Return what is seen round an outline: west, south, east, north."""
    west, south, east, north = shapely.bounds(outline).tolist()
    x, y = (west + east) / 2, (south + north) / 2
    reach = max(reach_m, 0.75 * max(east - west, north - south))
    return (x - reach, y - reach, x + reach, y + reach)


# -- bars -----------------------------------------------------------------------------------------


def trend_bars(
    bars: Bars, question: str, *, name: str, title: str, width: int = 1000, height: int = 165
) -> Markup:
    """Return the line of the last year as bars; those of small counts in outline."""
    size = _TEXT * 1.25
    base = height - size * axes.LINE
    known = [value for value in bars.values if value is not None]
    steps = axes.round_steps(max([*known, bars.usual or 0, 1]), 3)
    left = 12 + size * 0.56 * max(len(f"{step:,}") for step in steps)
    scale = (base - size * 0.6) / max(steps[-1], 1)
    step = (width - left) / max(len(bars.values), 1)
    body = _scale(steps, left, base, scale, width, size)
    body += _bars(bars, question, left, step, base, scale)
    body.append(svg.tag("line", x1=left, x2=width, y1=base, y2=base, stroke=svg.INK_2))
    if bars.usual is not None:
        body.append(axes.usual_line(left, width, base - bars.usual * scale))
    gaps = axes.runs_of([value is None for value in bars.values])
    body += [axes.unknown(left + a * step, 0, (b - a) * step, base, size) for a, b in gaps]
    body += _ends(bars, left, width, height - size * 0.3, size)
    return svg.frame(
        *body,
        width=width,
        height=height,
        title=title,
        describe=" ".join(filter(None, [bars.sentence, bars.note])),
        id=name,
        kind="chart",
    )


def spark(bars: Bars, question: str, name: str) -> Markup:
    """Return the same line without its scale, for a row of a table."""
    width, height = 220, 52
    step = width / max(len(bars.values), 1)
    top = max([*(value for value in bars.values if value is not None), bars.usual or 0, 1])
    scale = (height - 4) / top
    body = _bars(bars, question, 0, step, height - 1, scale)
    body.append(svg.tag("line", x2=width, y1=height - 1, y2=height - 1, stroke=svg.INK_2))
    if bars.usual is not None:
        body.append(axes.usual_line(0, width, height - 1 - bars.usual * scale))
    gaps = axes.runs_of([value is None for value in bars.values])
    # letters too high for it: there is no room for words
    body += [axes.unknown(a * step, 8, (b - a) * step, height - 9, 99) for a, b in gaps]
    said = {"title": "The last year", "describe": bars.sentence}
    return svg.frame(*body, width=width, height=height, id=name, kind="chart", **said)


def _scale(
    steps: Sequence[int], left: float, base: float, scale: float, width: float, size: float
) -> list[Markup]:
    drawn = []
    for value in steps:
        y = base - value * scale
        drawn.append(svg.tag("line", x1=left, x2=width, y1=y, y2=y, stroke=svg.LINE))
        plain = {"font_size": size, "text_anchor": "end", "fill": svg.INK_2}
        drawn.append(svg.words(f"{value:,}", left - 6, y + size * 0.35, **plain))
    return drawn


def _bars(
    bars: Bars, question: str, left: float, step: float, base: float, scale: float
) -> list[Markup]:
    gap, drawn = min(2.0, step * 0.15), []
    for i, (value, hidden) in enumerate(zip(bars.values, bars.small, strict=True)):
        if value is None:
            continue
        last = i == len(bars.values) - 1
        colour = svg.QUESTION[question] if last else svg.PAST
        inset = 1.0 if hidden else 0.0
        looks = {"fill": svg.WHITE, "stroke": colour, "stroke_width": 2} if hidden else {}
        drawn.append(
            svg.tag(
                "rect",
                x=left + i * step + gap + inset,
                y=base - value * scale + inset,
                width=max(step - 2 * (gap + inset), 1),
                height=max(value * scale - inset, 0),
                class_=f"bar {question}" if last else "bar past",
                **(looks or {"fill": colour}),
            )
        )
    return drawn


def _ends(bars: Bars, left: float, width: float, y: float, size: float) -> list[Markup]:
    if not bars.labels:
        return []
    ends = axes.ends(bars.labels[0], f"{bars.labels[-1]}: {bars.last}", width - left, y, size)
    return [svg.tag("g", *ends, transform=f"translate({svg.number(left)} 0)")]


# -- the week -------------------------------------------------------------------------------------


def band_grid(bands: NDArray[np.int64], *, name: str, title: str, describe: str) -> Markup:
    """Return the classes of the bands of the week, shape (7, 6), as a grid with its legend."""
    size, left, wide, high = 20.0, 56.0, 84.0, 26.0
    drawn = []
    for band in range(bands.shape[1] + 1):
        hour = f"{band * BAND_HOURS:02d}:00"
        drawn.append(_said(hour, left + band * wide, size, size, "middle"))
    for day, label in enumerate(DAYS):
        y = size * 1.5 + day * high
        drawn.append(_said(label, left - 10, y + high * 0.7, size, "end"))
        for band, level in enumerate(bands[day].tolist()):
            drawn.append(_square(left + band * wide, y, wide, high, level))
    drawn += _band_legend(left + bands.shape[1] * wide + 50, size, high)
    return svg.frame(
        *drawn,
        width=1000,
        height=round(size * 1.5 + 7 * high + 4),
        title=title,
        describe=describe,
        id=name,
        kind="week",
    )


def _band_legend(x: float, size: float, high: float) -> list[Markup]:
    rows = ["less than an even share"]
    rows += [f"{low:g} to {top:g} times that" for low, top in pairwise(BAND_CLASSES)]
    rows.append(f"{BAND_CLASSES[-1]:g} times an even share or more")
    drawn = []
    for i, row in enumerate(reversed(rows)):
        y = size * 1.5 + i * high * 1.3
        drawn.append(_square(x, y, 44, high, len(rows) - 1 - i))
        drawn.append(_said(row, x + 56, y + high * 0.7, size, "start"))
    return drawn


def _square(x: float, y: float, width: float, height: float, level: int) -> Markup:
    fill = _BAND_FILLS[level]
    return svg.tag(
        "rect", x=x, y=y, width=width - 2, height=height - 2, fill=fill, stroke=svg.INK_2
    )


def _said(text: str, x: float, y: float, size: float, anchor: str) -> Markup:
    return svg.words(text, x, y, font_size=size, fill=svg.INK, text_anchor=anchor)
