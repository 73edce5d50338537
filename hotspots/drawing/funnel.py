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
from hotspots.drawing.funnel_axes import (
    RADIUS,
    Frame,
    at_residents,
    figure_width,
    frame,
    most_rate,
    rate_axis,
    residents_axis,
    text_at,
)
from hotspots.drawing.funnel_data import FunnelDot, FunnelPlot, level_text, rate_text
from hotspots.drawing.funnel_names import Ground, Spot, keep_off, names
from hotspots.drawing.lettering import fitted
from hotspots.errors import UsageError
from hotspots.plain_text import tidy

__all__ = ["FunnelDot", "FunnelPlot", "funnel_plot"]

Array = NDArray[np.float64]
#: A dashed line shorter than this, pixels, is a speck and no line.
_SEEN = 24.0
#: Of the limits, the narrowest first: told apart without colour.
_DASHES = ("9 5", "2 5")


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
    most_y = most_rate(plot)
    legend = _legend_rows(plot, most_y, width, text_px)
    place = frame(plot, most_y, width, height, len(legend), text_px)
    body = [
        *rate_axis(place, text_px),
        *residents_axis(place, text_px),
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


# -- lines and dots --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Limit:
    """A line of a limit as it is drawn, and which level's it is."""

    level: int
    drawn: shapely.Geometry


def _limit_lines(plot: FunnelPlot, place: Frame) -> list[_Limit]:
    """Return the limits that can be seen."""
    inside = shapely.box(place.left, place.top, place.right, place.bottom)
    found = []
    for level, pair in enumerate(zip(plot.lower, plot.upper, strict=True)):
        for limit in pair:
            points = np.column_stack([_along(plot.residents, place.x), _along(limit, place.y)])
            points = points[limit > 0]  # a limit of 0 would thicken the axis
            if len(points) < 2:
                continue
            parts = shapely.get_parts(shapely.intersection(shapely.LineString(points), inside))
            found += [_Limit(level, part) for part in parts if shapely.length(part) >= _SEEN]
    return found


def _limits(plot: FunnelPlot, place: Frame) -> Iterable[Markup]:
    for limit in _limit_lines(plot, place):
        if d := svg.path(limit.drawn):
            yield svg.tag("path", d=d, fill="none", class_="limit usual", **_stroke(limit.level))


def _along(values: Array, to_pixels: object) -> Array:
    return np.array([to_pixels(value) for value in values.tolist()])  # type: ignore[operator]


def _stroke(level: int) -> dict[str, object]:
    return {
        "stroke": svg.INK_2,
        "stroke_width": 2,
        "stroke_dasharray": _DASHES[level],
        "stroke_linecap": "butt" if level == 0 else "round",
    }


def _target(plot: FunnelPlot, place: Frame) -> Markup:
    y = place.y(plot.target)
    line = {"x1": place.left, "x2": place.right, "y1": y, "y2": y}
    return svg.tag("line", **line, stroke=svg.INK, stroke_width=2, class_="usual target")


def _dots(plot: FunnelPlot, place: Frame) -> list[Markup]:
    # listed wards last, so that nothing hides them
    ordered = sorted(plot.dots, key=lambda dot: (dot.listed, dot.residents, dot.rate, dot.name))
    return [_dot(plot, dot, place) for dot in ordered]


def _dot(plot: FunnelPlot, dot: FunnelDot, place: Frame) -> Markup:
    told = (
        f"{plot.called(dot)}: {rate_text(dot.rate)} per 1,000, {dot.residents:,.0f} residents"
        f"{', listed' if dot.listed else ''}"
    )
    x, y = place.x(dot.residents), place.y(dot.rate)
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
    radius = RADIUS + listed
    return svg.tag("circle", *inside, cx=x, cy=y, r=radius, stroke_width=2, **look)


def _names(
    plot: FunnelPlot, place: Frame, width: int, height: int, size: float
) -> Iterable[Markup]:
    """Yield the names of the listed wards, the highest first."""
    dots, lines = Crowd(width, height), Crowd(width, height)
    for dot in plot.dots:
        dots.add(Box(place.x(dot.residents), place.y(dot.rate), 2 * RADIUS + 2, 2 * RADIUS + 2))
    for line in _limit_lines(plot, place):
        keep_off(shapely.get_coordinates(line.drawn), lines)
    lines.add(Box(width / 2, place.y(plot.target), width, 3))
    listed = sorted((d for d in plot.dots if d.listed), key=lambda dot: (-dot.rate, dot.name))
    spots = [Spot(place.x(d.residents), place.y(d.rate), plot.called(d)) for d in listed]
    bounds = (place.left, place.top - size * 0.4, place.right + RADIUS, place.bottom)
    return names(spots, Ground(bounds, dots, lines, RADIUS), size)


# -- legend ----------------------------------------------------------------------------------------

#: A key of the legend: what is drawn before the text, and the text.
_Key = tuple[str, str]
_SWATCH = 34.0


def _legend_rows(plot: FunnelPlot, most_y: float, width: float, size: float) -> list[list[_Key]]:
    """Return the legend's keys in as many rows as they need."""
    rate = f"{tidy(plot.name)} overall: {rate_text(plot.target)}"
    keys: list[_Key] = [("listed", "listed"), ("other", "not listed"), ("target", rate)]
    for i, (level, limit) in enumerate(zip(plot.levels, plot.upper, strict=True)):
        unseen = ", higher than drawn" if at_residents(plot, limit, 1.0) > most_y else ""
        keys.append((str(i), f"{level_text(level)} limits{unseen}"))
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
    return _SWATCH + figure_width(text, size) + size


def _legend(rows: Sequence[Sequence[_Key]], top: float, size: float) -> Iterable[Markup]:
    for number, row in enumerate(rows):
        x, y = 0.0, top + number * size * axes.LINE + size * 0.65
        for what, text in row:
            yield _key(what, x, y)
            yield text_at(text, x + _SWATCH, y + size * 0.35, size)
            x += _key_width(text, size)


def _key(what: str, x: float, y: float) -> Markup:
    if what in ("listed", "other"):
        return _disc(x + _SWATCH / 2 - 4, y, what == "listed")
    line = {"x1": x, "x2": x + _SWATCH - 8, "y1": y, "y2": y}
    if what == "target":
        return svg.tag("line", **line, stroke=svg.INK, stroke_width=2, class_="usual target")
    return svg.tag("line", **line, class_="limit usual", **_stroke(int(what)))
