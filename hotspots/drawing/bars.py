"""Counts of periods as bars, for a card: the last one in the question's colour."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from hotspots.drawing import axes, svg
from hotspots.plain_text import tidy

#: The strip under the bars of periods in which the place was hot.
_STRIP = 5.0


def bar_chart(
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
    first_label: str | None = None,
    last_label: str | None = None,
) -> Markup:
    """Draw counts as bars with the usual count as a dashed line.

    Parameters
    ----------
    values : sequence of int or None
        Counts, the latest last; None is hatched as no data, never drawn as 0.
    labels : sequence of str
        One a value; told by a pointer, and at the ends.
    width, height : int
        The drawing, pixels; the text under the bars is within.
    usual : float or None
        Where the dashed line is; None draws none.
    question : {"concentrated", "worse"}
        The colour of the last bar.
    id : str
        A plain word that all ids of this drawing start with.
    title, describe : str
        What it is, and what it shows in words.
    text_px : float
        Height of the letters, pixels.
    hot : sequence of bool or None, optional
        In which periods the place was hot: marked by a strip under the bar.
    first_label, last_label : str, optional
        Texts under the ends; by default the labels, the last one with its value.

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
    base = height - text_px * axes.LINE - (_STRIP + 2 if hot is not None else 0)
    top = max([value for value in values if value is not None] + [usual or 0, 1])
    # half the dashed line and its casing stand out above the highest bar
    scale = max(base - 3, 1) / top
    step = width / len(values)
    body = [
        *_bars(values, labels, step, base, scale, question),
        svg.tag("line", x2=width, y1=base, y2=base, stroke=svg.INK_2, class_="base"),
        *_hot(hot, step, base + 2, question),
    ]
    if usual is not None:
        body.append(axes.usual_line(0, width, base - usual * scale))
    body += _unknown(values, step, base, text_px)
    ends = _end_texts(values, labels, first_label, last_label)
    body += axes.ends(*ends, width, height - text_px * 0.3, text_px)
    return svg.frame(
        *body, width=width, height=height, title=title, describe=describe, id=id, kind="chart"
    )


def _end_texts(
    values: Sequence[int | None],
    labels: Sequence[str],
    first_label: str | None,
    last_label: str | None,
) -> tuple[str, str]:
    first = tidy(labels[0] if first_label is None else first_label)
    last = f"{tidy(labels[-1])}: {_said(values[-1])}" if last_label is None else tidy(last_label)
    return ("" if len(values) == 1 else first), last


def _said(value: int | None) -> str:
    return axes.NO_DATA if value is None else f"{value:,}"


def _bars(
    values: Sequence[int | None],
    labels: Sequence[str],
    step: float,
    base: float,
    scale: float,
    question: str,
) -> list[Markup]:
    gap = min(1.0, step * 0.15)
    drawn = []
    for i, (value, label) in enumerate(zip(values, labels, strict=True)):
        if value is None:
            continue
        last = i == len(values) - 1
        drawn.append(
            svg.tag(
                "rect",
                svg.tag("title", f"{tidy(label)}: {_said(value)}"),
                x=i * step + gap,
                y=base - value * scale,
                width=step - 2 * gap,
                height=value * scale,
                fill=svg.QUESTION[question] if last else svg.PAST,
                class_=f"bar {question}" if last else "bar past",
            )
        )
    return drawn


def _unknown(values: Sequence[int | None], step: float, base: float, size: float) -> list[Markup]:
    gaps = axes.runs_of([value is None for value in values])
    return [axes.unknown(first * step, 0, (end - first) * step, base, size) for first, end in gaps]


def _hot(hot: Sequence[bool | None] | None, step: float, top: float, question: str) -> list[Markup]:
    if hot is None:
        return []
    return [
        svg.tag(
            "rect",
            x=first * step + 1,
            y=top,
            width=(end - first) * step - 2,
            height=_STRIP,
            fill=svg.QUESTION[question],
            class_=f"hot {question}",
        )
        for first, end in axes.runs_of([bool(flag) for flag in hot])
    ]
