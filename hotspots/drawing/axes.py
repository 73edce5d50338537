"""What charts share: scales with round numbers, text that fits, gaps of no data."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from hotspots.drawing import svg
from hotspots.drawing.lettering import fitted, text_width
from hotspots.errors import UsageError

#: Room a line of text takes, in its own height.
LINE = 1.35
NO_DATA = "no data"
#: Fill of what is not known: the pattern of the page.
UNKNOWN = "url(#nodata)"


def check_series(
    values: Sequence[float | None], labels: Sequence[str], hot: Sequence[bool | None] | None
) -> None:
    """Refuse series that cannot be drawn.

    Raises
    ------
    UsageError
        If there are no values, lengths differ, or a value is negative or not a number.
    """
    if not values:
        raise UsageError("A chart must have at least one period; got none.")
    lengths = {len(values), len(labels), len(values if hot is None else hot)}
    if len(lengths) > 1:
        raise UsageError(
            f"A chart must have one label (and one of hot, where given) a value;"
            f" got {len(values)} values and {len(labels)} labels."
        )
    if not all(value is None or (math.isfinite(value) and value >= 0) for value in values):
        raise UsageError("Values of a chart must be counts of 0 or more, None where not known.")


def round_steps(top: float, most: int) -> list[int]:
    """Return 0 and further round numbers (1, 2, 5, 10, ...) to ``top`` or just above.

    Parameters
    ----------
    top : float
        The greatest value shown.
    most : int
        At most this many steps above 0; at least 1.
    """
    top, most = max(top, 1.0), max(most, 1)
    sizes = (size * 10**power for power in range(300) for size in (1, 2, 5))
    step = next(size for size in sizes if size * most >= top)
    return [step * i for i in range(math.ceil(top / step) + 1)]


def runs_of(flags: Sequence[bool]) -> list[tuple[int, int]]:
    """Return the stretches that are true: first, and one after the last."""
    found: list[tuple[int, int]] = []
    for i, flag in enumerate(flags):
        if not flag:
            continue
        if found and found[-1][1] == i:
            found[-1] = (found[-1][0], i + 1)
        else:
            found.append((i, i + 1))
    return found


def unknown(left: float, top: float, width: float, height: float, size: float) -> Markup:
    """Return the hatch of what is not known, with the words where they fit."""
    rect = svg.tag(
        "rect",
        svg.tag("title", NO_DATA),
        x=left,
        y=top,
        width=width,
        height=height,
        fill=UNKNOWN,
        class_="no-data",
    )
    if text_width(NO_DATA, size, bold=False) + 8 > width or size * LINE > height:
        return rect
    words = svg.words(
        NO_DATA,
        left + width / 2,
        top + height / 2 + size * 0.35,
        fill=svg.INK,
        font_size=size,
        text_anchor="middle",
        stroke=svg.WHITE,
        stroke_width=4,
        paint_order="stroke",
        class_="ink haloed",
    )
    return svg.joined((rect, words))


def ends(first: str, last: str, width: float, y: float, size: float) -> list[Markup]:
    """Return the texts under the first and the last period; the last goes before."""
    right = fitted(last, size, width)
    taken = text_width(right, size) + size if right else 0
    left = first if text_width(first, size, bold=False) <= width - taken else ""
    written = []
    if left:
        written.append(svg.words(left, 0, y, fill=svg.INK_2, font_size=size, class_="ink-2"))
    if right:
        written.append(
            svg.words(
                right,
                width,
                y,
                fill=svg.INK,
                font_size=size,
                font_weight=700,
                text_anchor="end",
                class_="ink",
            )
        )
    return written


def usual_line(left: float, right: float, y: float) -> Markup:
    """Return the dashed line of what is usual."""
    line = {"x1": left, "x2": right, "y1": y, "y2": y}
    dashed = {"stroke": svg.INK, "stroke_width": 2, "stroke_dasharray": "5 4"}
    return svg.tag("line", **line, **dashed, class_="usual")
