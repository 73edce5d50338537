"""The 7 x 24 hours of the week as squares, with a box round the hours that stand out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import ArrayLike, NDArray

from hotspots.drawing import svg
from hotspots.drawing.axes import LINE, runs_of
from hotspots.drawing.lettering import text_width
from hotspots.drawing.paints import SHADES
from hotspots.errors import UsageError

Array = NDArray[np.float64]
#: Classes so dark that their numbers are white.
_DARK = frozenset({4, 5})
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HOURS = 24
_ALL = "all"
#: From this width on the end of the day is written too.
_ROOMY = 600
PEAK = "#A84300"


def week_grid(
    weights: ArrayLike,
    *,
    width: int,
    height: int,
    id: str,  # noqa: A002
    title: str,
    describe: str,
    breaks: Sequence[float] = (1, 2, 4, 7, 11),
    peak: Any | None = None,
    text_px: float = 16,
) -> Markup:
    """Draw the week by days and hours.

    Parameters
    ----------
    weights : array_like, shape (7, 24)
        Incidents in each hour of the week, row 0 Monday, local clock time. They need not be whole
        where incidents are known from-to; numbers are printed rounded, from 2 on.
    width, height : int
        The drawing, pixels. Numbers are left out where a square is too small for them.
    id : str
        A plain word that all ids of this drawing start with.
    title, describe : str
        What it is, and what it shows in words.
    breaks : sequence of up to 5 floats
        From where on each class counts, ascending.
    peak : object with ``days``, ``from_hour`` and ``to_hour``, or a tuple of these; optional
        What is boxed: days with 0 as Monday, on which the hours begin; hours that run past
        midnight (``to_hour`` the smaller, or above 24) go on in the next day's row.
    text_px : float
        Height of the letters, pixels.

    Returns
    -------
    markupsafe.Markup
        ``<svg class="drawing week">``.

    Raises
    ------
    UsageError
        If the weights are not of that shape or not counts, or the breaks do not ascend.
    """
    svg.check_frame(width, height, text_px, id)
    grid = _checked(weights)
    limits = _limits(breaks)
    left = max(text_width(day, text_px, bold=False) for day in DAYS) + 8
    totals = [f"{round(float(total)):,}" for total in grid.sum(axis=1)]
    right = max(text_width(total, text_px) for total in [*totals, _ALL]) + 10
    if width >= _ROOMY:
        right += text_width("24:00", text_px, bold=False) / 2
    top = text_px * LINE + 2
    # the box round the last day needs its own line's width below
    across, down = (width - left - right) / HOURS, (height - top - 4) / len(DAYS)
    if across < 2 or down < text_px:
        raise UsageError(
            f"A grid of the week must have room for 7 lines of text and 24 squares;"
            f" got {width} x {height} px for text of {text_px:g} px."
        )
    place = (left, top, across, down)
    body = [
        *_hours(place, width, text_px),
        *_days(place, totals, width, text_px),
        *_squares(grid, limits, place, text_px),
        *_boxes(peak, place),
    ]
    return svg.frame(
        *body, width=width, height=height, title=title, describe=describe, id=id, kind="week"
    )


def peak_boxes(
    days: Sequence[int], from_hour: int, to_hour: int
) -> list[tuple[int, int, int, int]]:
    """Return the boxes round a peak: first and last+1 row, first and last+1 hour.

    Hours past midnight and days past Sunday give a box of their own each.
    """
    end = to_hour if to_hour > from_hour else to_hour + HOURS
    parts = [(days, from_hour, min(end, HOURS))]
    if end > HOURS:
        parts.append(([day + 1 for day in days], 0, end - HOURS))
    boxes = []
    for rows, first, last in parts:
        chosen = {int(row) % len(DAYS) for row in rows}
        flags = [day in chosen for day in range(len(DAYS))]
        boxes += [(start, stop, first, last) for start, stop in runs_of(flags)]
    return boxes


def _checked(weights: ArrayLike) -> Array:
    grid = np.asarray(weights, dtype=np.float64)
    if grid.shape != (len(DAYS), HOURS) or not (np.isfinite(grid).all() and (grid >= 0).all()):
        raise UsageError(
            f"weights of the week must be 7 x 24 numbers of 0 or more; got shape {grid.shape}."
        )
    return grid


def _limits(breaks: Sequence[float]) -> Array:
    limits = np.asarray(breaks, dtype=np.float64)
    if not 1 <= len(limits) <= len(SHADES) or not (np.diff(limits) > 0).all():
        raise UsageError(
            f"breaks must be 1 to {len(SHADES)} numbers that ascend; got {tuple(breaks)}."
        )
    return limits


def _hours(place: tuple[float, float, float, float], width: float, size: float) -> list[Markup]:
    left, top, across, _ = place
    wide = text_width("00:00", size, bold=False)
    every = next(step for step in (3, 6, 12, 24) if step * across >= wide + 6 or step == HOURS)
    plain = {"font_size": size, "text_anchor": "end", "fill": svg.INK_2}
    drawn = [svg.words(_ALL, width, top - size * 0.45, class_="ink-2 all", **plain)]
    for hour in range(0, HOURS + (width >= _ROOMY), every):
        x = max(left + hour * across, wide / 2)
        drawn.append(
            svg.words(
                f"{hour:02d}:00",
                x,
                top - size * 0.45,
                fill=svg.INK_2,
                font_size=size,
                text_anchor="middle",
                class_="ink-2 hour",
            )
        )
    return drawn


def _days(
    place: tuple[float, float, float, float], totals: Sequence[str], width: float, size: float
) -> list[Markup]:
    left, top, _, down = place
    drawn = []
    for i, (day, total) in enumerate(zip(DAYS, totals, strict=True)):
        y = top + (i + 0.5) * down + size * 0.35
        plain = {"font_size": size, "text_anchor": "end", "fill": svg.INK}
        drawn.append(svg.words(day, left - 8, y, class_="ink day", **plain))
        drawn.append(svg.words(total, width, y, class_="ink total", font_weight=700, **plain))
    return drawn


def _squares(
    grid: Array, limits: Array, place: tuple[float, float, float, float], size: float
) -> list[Markup]:
    left, top, across, down = place
    classes = np.searchsorted(limits, grid, side="right")
    drawn, numbers = [], []
    for day in range(len(DAYS)):
        for hour in range(HOURS):
            kind, value = int(classes[day, hour]), round(float(grid[day, hour]))
            x, y = left + hour * across, top + day * down
            drawn.append(
                svg.tag(
                    "rect",
                    x=x,
                    y=y,
                    width=across - 1.5,
                    height=down - 1.5,
                    fill=SHADES[kind - 1] if kind else svg.WHITE,
                    class_=f"class-{kind}" if kind else "blank",
                )
            )
            fits = text_width(f"{value:,}", size, bold=False) <= across - 6
            if value >= 2 and fits:
                numbers.append(_number(value, kind, x + across / 2 - 0.75, y + down / 2, size))
    return [
        svg.tag("g", *drawn, stroke="#9AA7B2", stroke_width=0.7, class_="squares"),
        svg.tag("g", *numbers, font_size=size, text_anchor="middle", class_="numbers"),
    ]


def _number(value: int, kind: int, x: float, y: float, size: float) -> Markup:
    if not kind:
        return svg.words(f"{value:,}", x, y + size * 0.35, fill=svg.INK, class_="ink")
    return svg.words(f"{value:,}", x, y + size * 0.35, fill=svg.WHITE if kind in _DARK else svg.INK)


def _boxes(peak: Any | None, place: tuple[float, float, float, float]) -> list[Markup]:
    if peak is None:
        return []
    left, top, across, down = place
    days, first, last = (
        peak if isinstance(peak, tuple) else (peak.days, peak.from_hour, peak.to_hour)
    )
    drawn = []
    for row, row_end, hour, hour_end in peak_boxes(days, first, last):
        shape = {
            "x": left + hour * across - 1.5,
            "y": top + row * down - 1.5,
            "width": (hour_end - hour) * across + 1.5,
            "height": (row_end - row) * down + 1.5,
            "fill": "none",
        }
        drawn.append(svg.tag("rect", **shape, stroke=svg.WHITE, stroke_width=7))
        drawn.append(svg.tag("rect", **shape, stroke=PEAK, stroke_width=4, class_="peak"))
    return drawn
