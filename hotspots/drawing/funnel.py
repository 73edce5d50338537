"""A funnel plot: each ward's rate against its residents, between the limits of chance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from markupsafe import Markup
from numpy.typing import NDArray

from hotspots.drawing import axes, svg
from hotspots.drawing.boxes import Box, Crowd
from hotspots.drawing.funnel_data import RATE, FunnelDot, FunnelPlot, level_text
from hotspots.drawing.lettering import fitted, text_width
from hotspots.errors import UsageError
from hotspots.plain_text import tidy

__all__ = ["FunnelDot", "FunnelPlot", "funnel_plot"]

Array = NDArray[np.float64]

_RADIUS = 6.0
#: Of the limits, the narrowest first: told apart without colour.
_DASHES = ("9 5", "2 5")
#: How much of the plot's height the greatest rate takes, so that its name has room above.
_HEADROOM = 1.08
_RESIDENTS = "Residents"


@dataclass(frozen=True)
class _Plot:
    """Where the dots go: edges in pixels, and the values at the far ends."""

    left: float
    right: float
    top: float
    bottom: float
    most_x: float
    most_y: float

    def x(self, residents: float) -> float:
        return self.left + (self.right - self.left) * residents / self.most_x

    def y(self, rate: float) -> float:
        return self.bottom - (self.bottom - self.top) * rate / self.most_y


def funnel_plot(
    plot: FunnelPlot,
    *,
    width: int,
    height: int,
    id: str,  # noqa: A002
    title: str | None = None,
    describe: str | None = None,
    text_px: float = 16,
) -> Markup:
    """Draw rates against residents, the limits of chance as lines, listed wards filled and named.

    Parameters
    ----------
    plot : FunnelPlot
    width, height : int
        The drawing, pixels.
    id : str
        A plain word that all ids of this drawing start with.
    title, describe : str, optional
        What it is, and what it shows in words; the plot's own by default.
    text_px : float
        Height of the letters, pixels.

    Returns
    -------
    markupsafe.Markup
        ``<svg class="drawing chart funnel">``. Names of listed wards that find no free place are
        left out; each dot says its ward, residents and rate to a pointer.

    Raises
    ------
    UsageError
        If a size cannot hold a drawing, or there is nothing that could be drawn.
    """
    svg.check_frame(width, height, text_px, id)
    _check(plot)
    legend = _legend_rows(plot, width, text_px)
    place = _place(plot, width, height, len(legend), text_px)
    body = [
        *_rate_axis(plot, place, text_px),
        *_residents_axis(plot, place, text_px),
        *_limits(plot, place),
        _target(plot, place),
        *_dots(plot, place),
        *_names(plot, place, width, height, text_px),
        *_legend(legend, height - len(legend) * text_px * axes.LINE, text_px),
    ]
    return svg.frame(
        *body,
        width=width,
        height=height,
        title=plot.title if title is None else title,
        describe=plot.describe if describe is None else describe,
        id=id,
        kind="chart funnel",
    )


def _check(plot: FunnelPlot) -> None:
    numbers = [plot.target, *(v for dot in plot.dots for v in (dot.residents, dot.rate))]
    if not plot.dots or not all(math.isfinite(v) and v >= 0 for v in numbers):
        raise UsageError(
            "A funnel plot must have at least one ward, each with its residents and rate: numbers "
            "of at least 0; leave the others out."
        )
    if not 1 <= len(plot.levels) <= len(_DASHES):
        raise UsageError(
            f"A funnel plot must have one or two levels of limits; got {len(plot.levels)}."
        )


def _place(plot: FunnelPlot, width: int, height: int, rows: int, size: float) -> _Plot:
    line = size * axes.LINE
    top, bottom = line * 1.4, max(height - line * (rows + 2.6), line * 1.4 + 1)
    most_y = _HEADROOM * max(plot.target, *(dot.rate for dot in plot.dots), 1e-9)
    steps = _rate_steps(most_y, bottom - top, size)
    widest = max(text_width(_rate_text(step), size, bold=False) for step in steps)
    left = widest + 10
    most_x = 1.04 * max(dot.residents for dot in plot.dots)
    return _Plot(left, width - _RADIUS - 2, top, bottom, max(most_x, 1.0), most_y)


# -- axes ------------------------------------------------------------------------------------------


def _steps(top: float, most: int) -> list[float]:
    """Return 0 and further round numbers up to ``top``, at most ``most`` above 0."""
    scale = 1.0
    while top * scale < most:  # rates may be far below 1
        scale *= 10
    return [step / scale for step in axes.round_steps(top * scale, most) if step <= top * scale]


def _rate_steps(top: float, tall: float, size: float) -> list[float]:
    return _steps(top, max(int(tall / (size * 2.2)), 2))


def _rate_text(rate: float) -> str:
    return f"{rate:,.10g}"


def _rate_axis(plot: FunnelPlot, place: _Plot, size: float) -> list[Markup]:
    drawn = [_text(fitted(RATE, size, place.right, bold=False), 0, size, size)]
    for step in _rate_steps(place.most_y, place.bottom - place.top, size):
        y = place.y(step)
        line = {"x1": place.left, "x2": place.right, "y1": y, "y2": y}
        drawn.append(svg.tag("line", **line, stroke=svg.LINE, class_="grid"))
        drawn.append(_text(_rate_text(step), place.left - 8, y + size * 0.35, size, "end"))
    return drawn


def _residents_axis(plot: FunnelPlot, place: _Plot, size: float) -> list[Markup]:
    wide = text_width("00,000", size, bold=False) * 1.4
    room = int((place.right - place.left) / wide)
    base = {"x1": place.left, "x2": place.right, "y1": place.bottom, "y2": place.bottom}
    drawn = [svg.tag("line", **base, stroke=svg.INK_2, class_="base")]
    for step in _steps(place.most_x, max(room, 2)):
        x, text = place.x(step), _rate_text(step)
        ends = {"x1": x, "x2": x, "y1": place.bottom, "y2": place.bottom + 5}
        drawn.append(svg.tag("line", **ends, stroke=svg.INK_2, class_="tick"))
        half = text_width(text, size, bold=False) / 2
        middle = min(x, place.right + _RADIUS - half)
        drawn.append(_text(text, middle, place.bottom + size * 1.25, size, "middle"))
    y = place.bottom + size * (1.25 + axes.LINE)
    return [*drawn, _text(_RESIDENTS, place.right, y, size, "end")]


def _text(text: str, x: float, y: float, size: float, anchor: str | None = None) -> Markup:
    return svg.words(
        text, x, y, fill=svg.INK_2, font_size=size, text_anchor=anchor, class_="ink-2 axis"
    )


# -- lines and dots --------------------------------------------------------------------------------


def _limits(plot: FunnelPlot, place: _Plot) -> Iterable[Markup]:
    inside = shapely.box(place.left, place.top, place.right, place.bottom)
    for level, (lower, upper) in enumerate(zip(plot.lower, plot.upper, strict=True)):
        for limit in (lower, upper):
            points = np.column_stack([_along(plot.residents, place.x), _along(limit, place.y)])
            points = points[limit > 0]  # a limit of 0 would thicken the axis
            if len(points) < 2:
                continue
            d = svg.path(shapely.intersection(shapely.LineString(points), inside))
            if d:
                yield svg.tag("path", d=d, fill="none", class_="limit usual", **_stroke(level))


def _along(values: Array, to_pixels: object) -> Array:
    return np.array([to_pixels(value) for value in values.tolist()])  # type: ignore[operator]


def _stroke(level: int) -> dict[str, object]:
    return {
        "stroke": svg.INK_2,
        "stroke_width": 2,
        "stroke_dasharray": _DASHES[level],
        "stroke_linecap": "butt" if level == 0 else "round",
    }


def _target(plot: FunnelPlot, place: _Plot) -> Markup:
    y = place.y(plot.target)
    line = {"x1": place.left, "x2": place.right, "y1": y, "y2": y}
    return svg.tag("line", **line, stroke=svg.INK, stroke_width=2, class_="usual target")


def _dots(plot: FunnelPlot, place: _Plot) -> list[Markup]:
    # listed wards last, so that nothing hides them
    ordered = sorted(plot.dots, key=lambda dot: (dot.listed, dot.residents, dot.rate, dot.name))
    return [_dot(place.x(dot.residents), place.y(dot.rate), dot) for dot in ordered]


def _dot(x: float, y: float, dot: FunnelDot) -> Markup:
    told = (
        f"{tidy(dot.name)}: {dot.rate:,.1f} per 1,000, {dot.residents:,.0f} residents"
        f"{', listed' if dot.listed else ''}"
    )
    return _disc(x, y, dot.listed, svg.tag("title", told))


def _disc(x: float, y: float, listed: bool, *inside: Markup) -> Markup:
    blue = svg.QUESTION["concentrated"]
    look = {"fill": svg.WHITE, "stroke": blue, "class_": "ward blank line concentrated"}
    if listed:
        look = {
            "fill": blue,
            "stroke": svg.WHITE,
            "class_": "ward listed point concentrated haloed",
        }
    # the white ring of a listed one is outside of what is seen
    radius = _RADIUS + listed
    return svg.tag("circle", *inside, cx=x, cy=y, r=radius, stroke_width=2, **look)


def _names(
    plot: FunnelPlot, place: _Plot, width: int, height: int, size: float
) -> Iterable[Markup]:
    """Yield the names of the listed wards where they are in nobody's way, the highest first.

    A name keeps off the lines too where it can.
    """
    crowd, lines = Crowd(width, height), Crowd(width, height)
    for dot in plot.dots:
        crowd.add(Box(place.x(dot.residents), place.y(dot.rate), 2 * _RADIUS + 2, 2 * _RADIUS + 2))
    for limit in (*plot.lower, *plot.upper):
        for x, y in zip(_along(plot.residents, place.x), _along(limit, place.y), strict=True):
            lines.add(Box(float(x), float(y), 6, 3))
    lines.add(Box(width / 2, place.y(plot.target), width, 3))
    for dot in sorted(plot.dots, key=lambda dot: (-dot.rate, dot.name)):
        if not dot.listed:
            continue
        text = fitted(tidy(dot.name), size, place.right - place.left)
        at = place.x(dot.residents), place.y(dot.rate)
        spots = [box for box in _spots(*at, text, size, place) if crowd.free(box)]
        if text and spots:
            box = next((box for box in spots if lines.free(box)), spots[0])
            crowd.add(box)
            yield _name(text, box, size)


def _spots(x: float, y: float, text: str, size: float, place: _Plot) -> Iterable[Box]:
    """Yield where a name can stand beside its dot, within the plot; the best place first."""
    wide, tall = text_width(text, size) + 4, size * 1.15
    across, down = _RADIUS + 4 + wide / 2, _RADIUS + 2 + tall / 2
    sides = ((across, 0), (-across, 0), (0, -down), (0, down))
    corners = ((across, -down), (-across, -down), (across, down), (-across, down))
    for dx, dy in (*sides, *((0.8 * a, b) for a, b in corners)):
        box = Box(x + dx, y + dy, wide, tall)
        left, top, right, bottom = box.bounds
        within = left >= place.left and right <= place.right + _RADIUS
        if within and top >= place.top - size * 0.4 and bottom <= place.bottom:
            yield box


def _name(text: str, box: Box, size: float) -> Markup:
    return svg.words(
        text,
        box.x,
        box.y + size * 0.35,
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


# -- legend ----------------------------------------------------------------------------------------

#: A key of the legend: what is drawn before the text, and the text.
_Key = tuple[str, str]
_SWATCH = 34.0


def _legend_rows(plot: FunnelPlot, width: float, size: float) -> list[list[_Key]]:
    """Return the legend's keys in as many rows as they need."""
    rate = f"{tidy(plot.name)} overall: {plot.target:,.1f}"
    keys: list[_Key] = [("listed", "listed"), ("other", "not listed"), ("target", rate)]
    keys += [(str(i), f"{level_text(level)} limits") for i, level in enumerate(plot.levels)]
    rows: list[list[_Key]] = []
    left = math.inf
    for what, text in keys:
        text = fitted(text, size, width - _SWATCH)
        if left + _key_width(text, size) - size > width:
            rows.append([])
            left = 0.0
        rows[-1].append((what, text))
        left += _key_width(text, size)
    return rows


def _key_width(text: str, size: float) -> float:
    return _SWATCH + text_width(text, size, bold=False) + size


def _legend(rows: Sequence[Sequence[_Key]], top: float, size: float) -> Iterable[Markup]:
    for number, row in enumerate(rows):
        x, y = 0.0, top + number * size * axes.LINE + size * 0.65
        for what, text in row:
            yield _key(what, x, y)
            yield _text(text, x + _SWATCH, y + size * 0.35, size)
            x += _key_width(text, size)


def _key(what: str, x: float, y: float) -> Markup:
    if what in ("listed", "other"):
        return _disc(x + _SWATCH / 2 - 4, y, what == "listed")
    line = {"x1": x, "x2": x + _SWATCH - 8, "y1": y, "y2": y}
    if what == "target":
        return svg.tag("line", **line, stroke=svg.INK, stroke_width=2, class_="usual target")
    return svg.tag("line", **line, class_="limit usual", **_stroke(int(what)))
