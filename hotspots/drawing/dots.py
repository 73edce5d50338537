"""Incidents as dots of ink: area by count, the number printed where it can be read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from hotspots.drawing import svg
from hotspots.drawing.boxes import Box, Crowd
from hotspots.drawing.lettering import text_width
from hotspots.drawing.projection import View
from hotspots.errors import UsageError

#: Radius of one incident at text of 17 px, and the greatest radius of all.
ONE = 4.5
MOST = 24.0
#: Numbers are printed from this count on.
PRINTED_FROM = 3


@dataclass(frozen=True)
class Dot:
    """Incidents at one point.

    Parameters
    ----------
    x, y : float
        Metres in the workspace's CRS.
    count : int
        How many; at least 1.
    """

    x: float
    y: float
    count: int

    def __post_init__(self) -> None:
        if not (np.isfinite([self.x, self.y]).all() and self.count >= 1):
            raise UsageError(
                f"A dot must have a place in metres and a count of at least 1;"
                f" got ({self.x}, {self.y}) and {self.count}."
            )


@dataclass(frozen=True)
class Disc:
    """A dot on the drawing, and the box of a number that stands beside it."""

    x: float
    y: float
    radius: float
    count: int
    beside: Box | None = None

    @property
    def inside(self) -> bool:
        """Whether the number stands in the dot."""
        return self.count >= PRINTED_FROM and self.beside is None


def discs_of(dots: Sequence[Dot], view: View, unit: float) -> tuple[Disc, ...]:
    """Return the dots in view, largest first, so that the small ones lie on top.

    All are as large as their count asks, up to the one size that keeps the largest readable.
    """
    if not dots:
        return ()
    points = view.xy([(dot.x, dot.y) for dot in dots])
    most = max(dot.count for dot in dots)
    one = min(ONE, MOST / np.sqrt(most)) * unit
    found = [
        Disc(float(x), float(y), float(one * np.sqrt(dot.count)), dot.count)
        for dot, (x, y) in zip(dots, points, strict=True)
        if 0 <= x <= view.width and 0 <= y <= view.height
    ]
    return tuple(sorted(found, key=lambda disc: (-disc.count, disc.x, disc.y)))


def number_discs(discs: Iterable[Disc], crowd: Crowd, size: float) -> tuple[Disc, ...]:
    """Give each dot of 3 and more its number: inside, else beside it where that is free.

    A number that fits nowhere is left out; the dot's area still says it.
    """
    return tuple(_numbered(disc, crowd, size) for disc in discs)


def _numbered(disc: Disc, crowd: Crowd, size: float) -> Disc:
    wide = text_width(str(disc.count), size)
    if disc.count < PRINTED_FROM or np.hypot(wide / 2, size * 0.36) <= disc.radius + 0.5:
        return disc
    across, down = disc.radius + wide / 2 + 4, disc.radius + size * 0.6 + 2
    for dx, dy in ((across, 0), (-across, 0), (0, -down), (0, down)):
        box = Box(disc.x + dx, disc.y + dy, wide + 2, size)
        if crowd.free(box):
            crowd.add(box)
            return Disc(disc.x, disc.y, disc.radius, disc.count, box)
    return Disc(disc.x, disc.y, disc.radius, disc.count, Box(disc.x, disc.y, 0, 0))


def drawn(discs: Sequence[Disc], size: float, unit: float) -> Markup:
    """Return the dots with white rings, each saying its count to a pointer."""
    if not discs:
        return Markup("")
    return svg.tag(
        "g",
        *(_disc(disc, size) for disc in discs),
        class_="dots",
        fill=svg.INK,
        stroke=svg.WHITE,
        stroke_width=2 * unit,
        text_anchor="middle",
        font_weight=700,
        paint_order="stroke",
    )


def _disc(disc: Disc, size: float) -> Markup:
    circle = svg.tag("circle", cx=disc.x, cy=disc.y, r=disc.radius)
    text, down = str(disc.count), size * 0.36
    if disc.inside:
        plain = {"fill": svg.WHITE, "stroke": "none", "font_size": size}
        return svg.joined((circle, svg.words(text, disc.x, disc.y + down, **plain)))
    if disc.beside is None or not disc.beside.width:
        return circle
    at = disc.beside
    haloed = {"font_size": size, "stroke_width": 4}
    return svg.joined((circle, svg.words(text, at.x, at.y + down, **haloed)))
