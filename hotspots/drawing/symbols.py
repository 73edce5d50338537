"""How a numbered place looks: its outline, its marker, and the line between the two."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from hotspots.drawing import svg
from hotspots.drawing.lettering import text_width
from hotspots.drawing.marks import DIAMOND, SIDE, Mark, Spot
from hotspots.plain_text import tidy

#: The white ring of a marker at its full size, and the yellow one of the place looked at.
RING = 3.0
FOCUS = "#FFBF00"
_LONGEST = 3


def outline(spot: Spot, unit: float) -> Markup:
    """Return the outline over its white casing; nothing where the place has none."""
    shape = None if spot.outline is None else svg.path(spot.outline)
    if not shape:
        return Markup("")
    mark = spot.mark
    width = (2.5 if mark.hot else 1.5) * unit
    dashes = (
        None
        if mark.question == "concentrated"
        else f"{svg.number(8 * unit)} {svg.number(4 * unit)}"
    )
    return svg.tag(
        "g",
        svg.tag("path", d=shape, stroke=svg.WHITE, stroke_width=width + 3.5 * unit),
        svg.tag("path", d=shape, stroke=_colour(mark), stroke_width=width, stroke_dasharray=dashes),
        class_=f"outline {mark.question}" + ("" if mark.hot else " not-hot"),
        fill="none",
        stroke_linejoin="miter",
    )


def leader(spot: Spot, unit: float) -> Markup:
    """Return the line from the place to the marker, over its white casing."""
    (x, y), box = spot.foot, spot.box
    line = {"x1": x, "y1": y, "x2": box.x, "y2": box.y}
    return svg.tag(
        "g",
        svg.tag("line", **line, stroke=svg.WHITE, stroke_width=6 * unit),
        svg.tag("line", **line, stroke=svg.INK, stroke_width=2.5 * unit),
        class_="leader",
        stroke_linecap="round",
    )


def marker(spot: Spot) -> Markup:
    """Return the marker: filled where hot, hollow where not; a link if the mark has one."""
    mark = spot.mark
    name = tidy(mark.label) or f"Place {tidy(mark.marker)}"
    drawn = svg.tag(
        "g",
        svg.tag("title", name),
        *_symbol(spot),
        class_="mark" + (" current" if mark.current else ""),
        transform=f"translate({svg.number(spot.box.x)} {svg.number(spot.box.y)})",
    )
    if mark.href is None:
        return drawn
    return svg.tag("a", drawn, href=mark.href, class_="mark-link", aria_label=name)


def _symbol(spot: Spot) -> list[Markup]:
    mark, size = spot.mark, spot.side / SIDE
    colour = _colour(mark)
    fill, letter = (colour, svg.WHITE) if mark.hot else (svg.WHITE, colour)
    parts = []
    if mark.current:
        parts += [_shape(spot, 5.5 * size, fill=svg.INK), _shape(spot, 4 * size, fill=FOCUS)]
    parts.append(_shape(spot, 0, fill=svg.INK))
    parts.append(_shape(spot, -1 * size, fill=svg.WHITE))
    parts.append(_shape(spot, -RING * size, fill=fill))
    if not mark.hot:
        parts[-1] = _shape(
            spot, -(RING + 1) * size, fill=fill, stroke=colour, stroke_width=2.5 * size
        )
    text = tidy(mark.marker)[:_LONGEST]
    height = _letter_height(text, spot)
    parts.append(
        svg.tag(
            "text",
            text,
            y=height * 0.36,
            fill=letter,
            font_size=height,
            font_weight=700,
            text_anchor="middle",
        )
    )
    return parts


def _letter_height(text: str, spot: Spot) -> float:
    """Return the greatest letters that fit within the marker."""
    room = spot.side * (0.66 if spot.mark.question == "concentrated" else 0.56)
    wide = text_width(text, 1.0)
    return float(min(spot.side * 24 / SIDE, room / wide if wide else spot.side))


def _shape(spot: Spot, grow: float, **attributes: Any) -> Markup:
    if spot.mark.question == "concentrated":
        return svg.tag("circle", r=spot.side / 2 + grow, **attributes)
    half = spot.side * DIAMOND / 2 + grow * 2**0.5
    corners = (
        f"M0 {svg.number(-half)}L{svg.number(half)} 0L0 {svg.number(half)}L{svg.number(-half)} 0Z"
    )
    return svg.tag("path", d=corners, **attributes)


def _colour(mark: Mark) -> str:
    return (svg.SYMBOL if mark.hot else svg.FAINT)[mark.question]
