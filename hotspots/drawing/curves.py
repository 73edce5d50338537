"""Curves of the share caught over the share of the area marked, with a label at each one's end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from markupsafe import Markup

from hotspots.drawing import axes, svg
from hotspots.drawing.lettering import fitted, text_width
from hotspots.errors import UsageError
from hotspots.plain_text import tidy

Role = Literal["candidate", "approved", "other"]
#: More curves than this are told apart by nobody.
MOST = 10
#: Dashes and gaps, in pixels; none two are alike, so that they are told apart in grey.
DASHES = ("2 4", "7 4", "12 4 2 4", "16 5", "12 4 2 4 2 4", "1 7", "4 2", "20 4 7 4", "7 9", "3 9")
APPROVED_DASH = "10 5"
EVEN = "Even spread"
_TICKS = (0.01, 0.02, 0.05, 0.10, 0.15, 0.20, 0.30, 0.50, 1.0)
#: Labels take at most this share of the width.
_LABELS = 0.42


@dataclass(frozen=True)
class Curve:
    """One curve.

    Attributes
    ----------
    label : str
        Said at its end.
    shares, rates : tuple of float
        Shares of the area, rising from 0, and the shares caught there, 0 to 1; NaN where nothing
        was there to be caught.
    role : {"candidate", "approved", "other"}
        The first two stand out.
    """

    label: str
    shares: tuple[float, ...]
    rates: tuple[float, ...]
    role: Role = "other"


@dataclass(frozen=True)
class _Plot:
    """Where the curves go: edges in pixels, and the shares at the right and at the top."""

    left: float
    right: float
    top: float
    bottom: float
    to: float
    most: float

    def x(self, share: float) -> float:
        return self.left + (self.right - self.left) * share / self.to

    def y(self, rate: float) -> float:
        return self.bottom - (self.bottom - self.top) * rate / self.most


def curve_chart(
    curves: Sequence[Curve],
    *,
    width: int,
    height: int,
    id: str,  # noqa: A002
    title: str,
    describe: str,
    text_px: float = 16,
    mark: float | None = None,
    below: str = "share of the area marked",
    paper: bool = False,
) -> Markup:
    """Draw curves, each with its name at its end, and a line of what an even spread would catch.

    Parameters
    ----------
    curves : sequence of Curve
        1 to 10; the axis ends with the longest.
    width, height : int
        The drawing, pixels.
    id : str
        A plain word that all ids of this drawing start with.
    title, describe : str
        What it is, and what it shows in words.
    text_px : float
        Height of the letters, pixels.
    mark : float, optional
        A share of the area that a dashed line stands at.
    below : str
        What the axis below is.
    paper : bool
        A white ground, for a file of its own.

    Returns
    -------
    markupsafe.Markup
        ``<svg class="drawing chart">``.

    Raises
    ------
    UsageError
        If there are no curves or too many, their lengths differ, or a number is out of its range.
    """
    svg.check_frame(width, height, text_px, id)
    _check(curves, mark)
    to = max(curve.shares[-1] for curve in curves)
    known = [rate for curve in curves for rate in curve.rates if not math.isnan(rate)]
    top, foot = text_px * 0.8, text_px * 2.9
    steps = axes.round_steps(100 * max(known, default=1.0), int((height - top - foot) / 34))
    texts = [tidy(curve.label) for curve in curves]
    bold = [curve.role != "other" for curve in curves]
    room = _LABELS * width
    wide = [
        text_width(t, text_px, bold=b) for t, b in zip([*texts, EVEN], [*bold, False], strict=True)
    ]
    left = max(text_width(f"{step}%", text_px, bold=False) for step in steps) + 8
    right = max(width - min(max(wide), room) - 18, left + 20)
    plot = _Plot(left, right, top, max(height - foot, top + 1), to, steps[-1] / 100)
    body = [_paper(width, height)] if paper else []
    body += [*_rates(steps, plot, text_px), *_shares(plot, text_px, mark, below)]
    if known:
        body += [*_lines(curves, plot), *_labels(curves, plot, text_px, width)]
    else:
        box = (plot.left, plot.top, plot.right - plot.left, plot.bottom - plot.top)
        body.append(axes.unknown(*box, text_px))
    return svg.frame(
        *body, width=width, height=height, title=title, describe=describe, id=id, kind="chart"
    )


def apart(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return places moved so that they stand a gap apart between two ends, in the same order.

    Where there is no room for all of them, they share what there is.
    """
    if not places:
        return []
    order = sorted(range(len(places)), key=lambda i: (places[i], i))
    step = min(gap, (high - low) / max(len(places) - 1, 1))
    found = [0.0] * len(places)
    last = low - step
    for i in order:
        last = found[i] = max(places[i], last + step)
    ceiling = high
    for i in reversed(order):
        found[i] = min(found[i], ceiling)
        ceiling = found[i] - step
    return found


def dashes_of(curves: Sequence[Curve]) -> list[str | None]:
    """Return each curve's dashes: none for the candidate, and no two others alike."""
    rest = iter(DASHES)
    fixed = {"candidate": None, "approved": APPROVED_DASH}
    return [fixed[c.role] if c.role in fixed else next(rest) for c in curves]


def _check(curves: Sequence[Curve], mark: float | None) -> None:
    if not 1 <= len(curves) <= MOST:
        raise UsageError(f"A chart must have 1 to {MOST} curves; got {len(curves)}: take fewer.")
    if not all(_is_curve(curve) for curve in curves):
        raise UsageError(
            "A curve must have a rate of 0 to 1 (or none) at each of two or more rising shares of "
            "the area, from 0 to at most 1."
        )
    if mark is not None and not 0 < mark <= max(curve.shares[-1] for curve in curves):
        raise UsageError(f"The marked share must be on the axis; got {mark!r}.")


def _is_curve(curve: Curve) -> bool:
    shares, rates = curve.shares, curve.rates
    if len(shares) != len(rates) or len(shares) < 2 or not 0 <= shares[0] < shares[-1] <= 1:
        return False
    rising = all(a <= b for a, b in pairwise(shares))
    return rising and all(math.isnan(rate) or -1e-9 <= rate <= 1 + 1e-9 for rate in rates)


def _paper(width: int, height: int) -> Markup:
    return svg.tag("rect", x=0, y=0, width=width, height=height, fill=svg.WHITE, class_="paper")


def _rates(steps: Sequence[int], plot: _Plot, size: float) -> list[Markup]:
    drawn = []
    for step in steps:
        y = plot.y(step / 100)
        ends = {"x1": plot.left, "x2": plot.right, "y1": y, "y2": y}
        text = {"fill": svg.INK_2, "font_size": size, "text_anchor": "end"}
        drawn.append(svg.tag("line", **ends, stroke=svg.LINE, class_="grid"))
        drawn.append(
            svg.words(f"{step}%", plot.left - 8, y + size * 0.35, class_="ink-2 axis", **text)
        )
    return drawn


def _shares(plot: _Plot, size: float, mark: float | None, below: str) -> list[Markup]:
    text = {"fill": svg.INK_2, "font_size": size, "text_anchor": "middle", "class_": "ink-2 tick"}
    drawn = [
        svg.words(_percent(share), plot.x(share), plot.bottom + size * 1.25, **text)
        for share in _ticks(plot, size, mark)
    ]
    if mark is not None:
        x = plot.x(mark)
        ends = {"x1": x, "x2": x, "y1": plot.top, "y2": plot.bottom + 4}
        drawn.append(
            svg.tag("line", **ends, stroke=svg.INK_2, stroke_dasharray="3 3", class_="base mark")
        )
    drawn.append(
        svg.words(
            fitted(tidy(below), size, plot.right, bold=False),
            plot.right,
            plot.bottom + size * 2.5,
            fill=svg.INK_2,
            font_size=size,
            text_anchor="end",
            class_="ink-2",
        )
    )
    return drawn


def _ticks(plot: _Plot, size: float, mark: float | None) -> list[float]:
    """Return the shares that are written below: the marked one, the last, and what has room."""
    wanted = [mark, plot.to, 0.10, 0.05, 0.01, *_TICKS]
    kept: list[float] = []
    for share in wanted:
        if share is None or share > plot.to or share in kept:
            continue
        half = text_width(_percent(share), size, bold=False) / 2 + 4
        clear = all(
            abs(plot.x(share) - plot.x(other))
            >= half + text_width(_percent(other), size, bold=False) / 2 + 4
            for other in kept
        )
        if clear:
            kept.append(share)
    return sorted(kept)


def _percent(share: float) -> str:
    return f"{100 * share:g}%"


def _lines(curves: Sequence[Curve], plot: _Plot) -> list[Markup]:
    even = {"x1": plot.x(0), "y1": plot.y(0), "x2": plot.x(plot.to), "y2": plot.y(plot.to)}
    drawn = [svg.tag("line", **even, stroke=svg.INK_2, stroke_width=1.5, class_="base even")]
    dashes = dashes_of(curves)
    looks = {
        "candidate": (svg.INK, 3.5, "curve usual"),
        "approved": (svg.QUESTION["concentrated"], 3.0, "curve line concentrated"),
        "other": (svg.INK_2, 2.5, "curve base"),
    }
    # those that stand out lie above the others
    for i in sorted(range(len(curves)), key=lambda i: curves[i].role != "other"):
        curve = curves[i]
        points = [
            (plot.x(share), plot.y(min(max(rate, 0.0), plot.most)))
            for share, rate in zip(curve.shares, curve.rates, strict=True)
            if not math.isnan(rate)
        ]
        if len(points) < 2:
            continue
        stroke, thick, look = looks[curve.role]
        drawn.append(
            svg.tag(
                "path",
                svg.tag("title", tidy(curve.label)),
                d="M" + "L".join(f"{svg.number(x)} {svg.number(y)}" for x, y in points),
                fill="none",
                stroke=stroke,
                stroke_width=thick,
                stroke_dasharray=dashes[i],
                stroke_linejoin="round",
                class_=look,
            )
        )
    return drawn


def _labels(curves: Sequence[Curve], plot: _Plot, size: float, width: int) -> list[Markup]:
    ended = [(c.label, c.role, c.rates[-1]) for c in curves if not math.isnan(c.rates[-1])]
    ended.append((EVEN, "other", plot.to))
    ends = [plot.y(min(rate, plot.most)) for _, _, rate in ended]
    places = apart(ends, size * 1.2, plot.top, plot.bottom)
    ink = {
        "candidate": (svg.INK, "ink", 700),
        "approved": (svg.QUESTION["concentrated"], "label concentrated", 700),
        "other": (svg.INK_2, "ink-2", None),
    }
    drawn = []
    for (label, role, _), end, place in zip(ended, ends, places, strict=True):
        colour, look, weight = ink[role]
        lead = {"x1": plot.right + 2, "y1": end, "x2": plot.right + 13, "y2": place}
        drawn.append(svg.tag("line", **lead, stroke=svg.INK_2, class_="base lead"))
        text = fitted(tidy(label), size, width - plot.right - 16, bold=weight is not None)
        at = {"fill": colour, "font_size": size, "font_weight": weight, "class_": look}
        drawn.append(svg.words(text, plot.right + 16, place + size * 0.35, **at))
    return drawn
