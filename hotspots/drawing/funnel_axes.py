"""The frame of a funnel plot: where its values stand, and its two axes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from hotspots.drawing import axes, svg
from hotspots.drawing.funnel_data import RATE, FunnelPlot
from hotspots.drawing.lettering import fitted, text_width

Array = NDArray[np.float64]
#: Of a dot, pixels.
RADIUS = 6.0
#: How much of the plot's height the greatest rate takes, so that its name has room above.
_HEADROOM = 1.08
#: The limits are drawn where that leaves the wards at least this share of the height.
_WARDS_SHARE = 0.6
#: Words beside the plot have this much more room than a usual font needs: another's may be wider.
_ROOM = 1.12
_RESIDENTS = "Residents"


@dataclass(frozen=True)
class Frame:
    """Where the dots go: edges in pixels, residents and rate at the far ends."""

    left: float
    right: float
    top: float
    bottom: float
    most_x: float
    most_y: float

    def x(self, residents: float) -> float:
        """Return how far right residents stand, pixels."""
        return self.left + (self.right - self.left) * residents / self.most_x

    def y(self, rate: float) -> float:
        """Return how far down a rate stands, pixels."""
        return self.bottom - (self.bottom - self.top) * rate / self.most_y


def most_rate(plot: FunnelPlot) -> float:
    """Return the rate at the top: of the wards, and of the limits that fit beside them."""
    wards = max(plot.target, *(dot.rate for dot in plot.dots), 1e-9)
    # at three quarters of the most residents, so that a piece of it is to be seen
    tops = (at_residents(plot, limit, 0.75) for limit in plot.upper)
    fit = [top for top in tops if top <= wards / _WARDS_SHARE]
    return _HEADROOM * max([wards, *fit])


def at_residents(plot: FunnelPlot, limit: Array, share: float) -> float:
    """Return a limit at a share of the most residents of any ward."""
    most = max(dot.residents for dot in plot.dots)
    return float(np.interp(share * most, plot.residents, limit))


def frame(
    plot: FunnelPlot, most_y: float, width: int, height: int, rows: int, size: float
) -> Frame:
    """Return the frame that leaves room for figures and so many rows of the legend."""
    line = size * axes.LINE
    top, bottom = line * 1.4, max(height - line * (rows + 2.6), line * 1.4 + 1)
    steps = _rate_steps(most_y, bottom - top, size)
    left = max(figure_width(_rate_text(step), size) for step in steps) + 10
    most_x = 1.04 * max(dot.residents for dot in plot.dots)
    return Frame(left, width - RADIUS - 2, top, bottom, max(most_x, 1.0), most_y)


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


def figure_width(text: str, size: float) -> float:
    """Return how much room words beside the plot are given."""
    return _ROOM * text_width(text, size, bold=False)


def rate_axis(place: Frame, size: float) -> list[Markup]:
    """Return the figures of the rates, a line across at each, and what they are."""
    drawn = [text_at(fitted(RATE, size, place.right, bold=False), 0, size, size)]
    for step in _rate_steps(place.most_y, place.bottom - place.top, size):
        y = place.y(step)
        line = {"x1": place.left, "x2": place.right, "y1": y, "y2": y}
        drawn.append(svg.tag("line", **line, stroke=svg.LINE, class_="grid"))
        drawn.append(text_at(_rate_text(step), place.left - 8, y + size * 0.35, size, "end"))
    return drawn


def residents_axis(place: Frame, size: float) -> list[Markup]:
    """Return the line that the wards stand on, with figures of residents under it."""
    wide = text_width("00,000", size, bold=False) * 1.4
    room = int((place.right - place.left) / wide)
    base = {"x1": place.left, "x2": place.right, "y1": place.bottom, "y2": place.bottom}
    drawn = [svg.tag("line", **base, stroke=svg.INK_2, class_="base")]
    for step in _steps(place.most_x, max(room, 2)):
        x, text = place.x(step), _rate_text(step)
        ends = {"x1": x, "x2": x, "y1": place.bottom, "y2": place.bottom + 5}
        drawn.append(svg.tag("line", **ends, stroke=svg.INK_2, class_="tick"))
        half = figure_width(text, size) / 2
        middle = min(x, place.right + RADIUS - half)
        drawn.append(text_at(text, middle, place.bottom + size * 1.25, size, "middle"))
    y = place.bottom + size * (1.25 + axes.LINE)
    return [*drawn, text_at(_RESIDENTS, place.right, y, size, "end")]


def text_at(text: str, x: float, y: float, size: float, anchor: str | None = None) -> Markup:
    """Return words beside the plot."""
    return svg.words(
        text, x, y, fill=svg.INK_2, font_size=size, text_anchor=anchor, class_="ink-2 axis"
    )
