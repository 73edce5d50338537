"""A year of counts as a line, for a place's page: with an axis, months, and when it was hot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from hotspots.drawing import axes, svg
from hotspots.drawing.lettering import fitted, text_width
from hotspots.plain_text import tidy

_STRIP = 9.0


@dataclass(frozen=True)
class _Plot:
    """Where the line goes: its edges in pixels, and the value at the top."""

    left: float
    right: float
    top: float
    bottom: float
    most: float
    count: int

    @property
    def step(self) -> float:
        return (self.right - self.left) / self.count

    def x(self, i: float) -> float:
        """The middle of a period."""
        return self.left + (i + 0.5) * self.step

    def y(self, value: float) -> float:
        return self.bottom - (self.bottom - self.top) * value / self.most


def line_chart(
    values: Sequence[int | None],
    labels: Sequence[str],
    *,
    width: int,
    height: int,
    usual: float | None,
    question: str,
    id: str,  # noqa: A002
    title: str,
    describe: str,
    text_px: float = 16,
    hot: Sequence[bool | None] | None = None,
    ticks: Sequence[tuple[int, str]] | None = None,
    usual_label: str | None = None,
) -> Markup:
    """Draw counts as a line over an axis of round numbers.

    Parameters
    ----------
    values : sequence of int or None
        Counts, the latest last; None is a gap, hatched as no data.
    labels : sequence of str
        One a value.
    width, height : int
        The drawing, pixels.
    usual : float or None
        Where the dashed line is; None draws none.
    question : {"concentrated", "worse"}
        The line's colour.
    id : str
        A plain word that all ids of this drawing start with.
    title, describe : str
        What it is, and what it shows in words.
    text_px : float
        Height of the letters, pixels.
    hot : sequence of bool or None, optional
        In which periods the place was hot: a strip under the line; None where it is not known.
    ticks : sequence of (int, str), optional
        Where a text stands under the line: the position of the period with which a month begins,
        and its name. By default the labels. Those without room are left out evenly.
    usual_label : str, optional
        What is said of the dashed line; "usual: about 6" by default.

    Returns
    -------
    markupsafe.Markup
        ``<svg class="drawing chart">``.

    Raises
    ------
    UsageError
        If the values cannot be drawn: see ``axes.check_series``.
    """
    svg.check_frame(width, height, text_px, id)
    svg.check_question(question)
    axes.check_series(values, labels, hot)
    top = max([value for value in values if value is not None] + [usual or 0])
    head = text_px * axes.LINE if usual is not None else text_px * 0.5
    foot = text_px * axes.LINE + _STRIP + 6
    most = max(int((height - head - foot) / (text_px * 1.9)), 1)
    steps = axes.round_steps(top, most)
    left = max(text_width(f"{step:,}", text_px, bold=False) for step in steps) + 8
    # the last point is a disc, and stands a little inside the edge
    plot = _Plot(left, width - 2, head, max(height - foot, head + 1), steps[-1], len(values))
    body = [
        *_axis(steps, plot, text_px),
        *_hot(hot, plot, question),
        *_ticks(ticks, labels, plot, height - text_px * 0.3, text_px),
    ]
    if usual is not None:
        body += _usual(usual, usual_label, plot, text_px)
    body += _unknown(values, plot, text_px)
    body += _line(values, labels, plot, question)
    return svg.frame(
        *body, width=width, height=height, title=title, describe=describe, id=id, kind="chart"
    )


def _axis(steps: Sequence[int], plot: _Plot, size: float) -> list[Markup]:
    drawn = []
    for step in steps:
        y = plot.y(step)
        drawn.append(
            svg.tag("line", x1=plot.left, x2=plot.right, y1=y, y2=y, stroke=svg.LINE, class_="grid")
        )
        drawn.append(
            svg.words(
                f"{step:,}",
                plot.left - 8,
                y + size * 0.35,
                fill=svg.INK_2,
                font_size=size,
                text_anchor="end",
                class_="ink-2 axis",
            )
        )
    return drawn


def _unknown(values: Sequence[int | None], plot: _Plot, size: float) -> list[Markup]:
    gaps = axes.runs_of([value is None for value in values])
    return [
        axes.unknown(
            plot.left + first * plot.step,
            plot.top,
            (end - first) * plot.step,
            plot.bottom - plot.top,
            size,
        )
        for first, end in gaps
    ]


def _hot(hot: Sequence[bool | None] | None, plot: _Plot, question: str) -> list[Markup]:
    return [
        svg.tag(
            "rect",
            svg.tag("title", "hot"),
            x=plot.left + first * plot.step + 1,
            y=plot.bottom + 3,
            width=max((end - first) * plot.step - 2, 1),
            height=_STRIP,
            fill=svg.QUESTION[question],
            class_=f"hot {question}",
        )
        for first, end in axes.runs_of([bool(flag) for flag in hot or ()])
    ]


def _ticks(
    ticks: Sequence[tuple[int, str]] | None,
    labels: Sequence[str],
    plot: _Plot,
    y: float,
    size: float,
) -> list[Markup]:
    given = list(enumerate(labels)) if ticks is None else sorted(ticks)
    inside = [(i, tidy(text)) for i, text in given if 0 <= i < plot.count]
    starts = ticks is not None
    drawn = []
    for i, text, middle, _ in _apart([_spot(i, t, plot, size, starts=starts) for i, t in inside]):
        x = plot.left + i * plot.step if starts else plot.x(i)
        ends = {"y1": plot.bottom, "y2": plot.bottom + _STRIP + 5}
        drawn.append(svg.tag("line", x1=x, x2=x, **ends, stroke=svg.INK_2, class_="tick"))
        plain = {"fill": svg.INK_2, "font_size": size, "text_anchor": "middle"}
        drawn.append(svg.words(text, middle, y, class_="ink-2 tick", **plain))
    return drawn


#: A text under the line: the period's position, the text, its middle and its width, pixels.
_Spot = tuple[int, str, float, float]


def _spot(i: int, text: str, plot: _Plot, size: float, *, starts: bool) -> _Spot:
    """Return where a text stands: from its tick on where that starts a month, else below it."""
    text = fitted(text, size, plot.right, bold=False)
    wide = text_width(text, size, bold=False)
    middle = plot.left + i * plot.step + wide / 2 if starts else plot.x(i)
    return i, text, max(min(middle, plot.right - wide / 2), wide / 2), wide


def _apart(spots: Sequence[_Spot]) -> Sequence[_Spot]:
    """Return every one, or every second, third ... of the texts, so that they stand apart."""
    for every in range(1, len(spots) + 1):
        shown = spots[::every]
        if all(b[2] - a[2] >= (a[3] + b[3]) / 2 + 6 for a, b in pairwise(shown)):
            return shown
    return spots[:1]


def _usual(usual: float, label: str | None, plot: _Plot, size: float) -> list[Markup]:
    text = f"usual: about {usual:,.0f}" if label is None else tidy(label)
    dashes, y = 30.0, size * 0.62
    text = fitted(text, size, plot.right - plot.left - dashes - 8)
    start = plot.right - text_width(text, size, bold=False) - dashes - 8
    return [
        axes.usual_line(plot.left, plot.right, plot.y(usual)),
        axes.usual_line(start, start + dashes, y),
        svg.words(
            text, start + dashes + 8, y + size * 0.35, fill=svg.INK, font_size=size, class_="ink"
        ),
    ]


def _line(
    values: Sequence[int | None], labels: Sequence[str], plot: _Plot, question: str
) -> list[Markup]:
    colour = svg.QUESTION[question]
    drawn = []
    for first, end in axes.runs_of([value is not None for value in values]):
        points = [(plot.x(i), plot.y(values[i] or 0)) for i in range(first, end)]
        if len(points) == 1:
            drawn.append(_disc(*points[0], 4, colour, question))
            continue
        d = "M" + "L".join(f"{svg.number(x)} {svg.number(y)}" for x, y in points)
        drawn.append(
            svg.tag(
                "path",
                d=d,
                fill="none",
                stroke=colour,
                stroke_width=3,
                stroke_linejoin="round",
                class_=f"line {question}",
            )
        )
    if values[-1] is not None:
        at = len(values) - 1
        told = svg.tag("title", f"{tidy(labels[-1])}: {values[-1]:,}")
        drawn.append(_disc(plot.x(at), plot.y(values[-1]), 6.5, colour, question, told))
    return drawn


def _disc(x: float, y: float, radius: float, colour: str, question: str, *inside: Markup) -> Markup:
    return svg.tag("circle", *inside, cx=x, cy=y, r=radius, fill=colour, class_=f"point {question}")
