"""SVG written as text: elements, numbers and paths.

Only presentation attributes and classes are written, never a style attribute, which the pages'
Content-Security-Policy forbids. A class outranks an attribute, so that a page's theme can change
what it must, and a drawing without a stylesheet still looks right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import shapely
from markupsafe import Markup, escape
from numpy.typing import NDArray

from hotspots.errors import UsageError
from hotspots.plain_text import tidy

INK = "#14202B"
INK_2 = "#3F4D5A"
WHITE = "#FFFFFF"
PAST = "#87929D"
LINE = "#C5CED6"
#: The colour of a question's lines and bars: words and lines, then filled symbols.
QUESTION = {"concentrated": "#1A5599", "worse": "#A84300"}
SYMBOL = {"concentrated": "#0B3C6F", "worse": "#7A2F00"}
#: Where a place is not hot: the same hues, grey.
FAINT = {"concentrated": "#4A6A8A", "worse": "#85634D"}
#: Families of the pages, for drawings that stand alone.
FONTS = "Segoe UI, Noto Sans, Helvetica Neue, Liberation Sans, Arial, sans-serif"
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
SMALLEST = 40


def check_question(question: str) -> str:
    """Return the question; an error if it is none of the two."""
    if question not in QUESTION:
        raise UsageError(f"question must be one of {', '.join(QUESTION)}; got {question!r}.")
    return question


def number(value: float) -> str:
    """Return a coordinate to a tenth, as short as it can be."""
    text = f"{value:.1f}"
    if text.endswith(".0"):
        text = text[:-2]
    return "0" if text == "-0" else text


def tag(name: str, *children: str, **attributes: Any) -> Markup:
    """Return one element: numbers rounded to a tenth, text escaped, None left out.

    Parameters
    ----------
    name : str
        The element's name.
    children : str
        Content; escaped unless it is ``Markup``.
    attributes : str or number or None
        ``font_size=17`` becomes ``font-size="17"``; ``class_`` becomes ``class``.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = "".join(escape(child) for child in children)
    # every part is escaped above
    return Markup(f"<{name}{written}>{inside}</{name}>" if inside else f"<{name}{written}/>")  # noqa: S704


def _value(value: Any) -> str:
    if isinstance(value, Markup):
        return value
    if isinstance(value, (int, float, np.number)):
        return number(float(value))
    return escape(value)


def joined(parts: Iterable[str]) -> Markup:
    """Return elements one after the other."""
    return Markup("").join(parts)


def words(text: str, x: float, y: float, **attributes: Any) -> Markup:
    """Return a line of tidied text; ``y`` is its base line."""
    return tag("text", tidy(text), x=x, y=y, **attributes)


def frame(
    *body: str,
    width: int,
    height: int,
    title: str,
    describe: str,
    id: str,  # noqa: A002
    kind: str = "map",
) -> Markup:
    """Return a whole drawing, named by its title and described in words.

    A drawing that holds links is a group, because what is inside an image is hidden from those
    who listen to the page; without links it is one image.
    """
    content = joined(body)
    role = "group" if "<a " in content else "img"
    attributes: Mapping[str, Any] = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {width} {height}",
        "width": width,
        "height": height,
        "role": role,
        "aria-labelledby": f"{id}-title {id}-desc",
        "class": f"drawing {kind}",
        "id": id,
        "font-family": FONTS,
    }
    heads = (
        tag("title", tidy(title), id=f"{id}-title"),
        tag("desc", tidy(describe), id=f"{id}-desc"),
    )
    written = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    return Markup(f"<svg{written}>{joined(heads)}{content}</svg>")  # noqa: S704 - escaped above


def check_frame(width: int, height: int, text_px: float, id: str) -> None:  # noqa: A002
    """Refuse sizes that cannot hold a drawing and ids that would not be one word.

    Raises
    ------
    UsageError
        If a size is below 40 px, the text below 6 px, or the id not a plain word.
    """
    if not (width >= SMALLEST and height >= SMALLEST):
        raise UsageError(
            f"A drawing must be at least {SMALLEST} px wide and high; got {width} x {height}."
        )
    if not 6 <= text_px <= 200:
        raise UsageError(f"text_px must be between 6 and 200; got {text_px}.")
    if not _ID.fullmatch(id):
        raise UsageError(
            f"The id of a drawing must start with a letter and hold letters, digits, - and _ only;"
            f" got {id[:40]!r}."
        )


def path(geometry: Any) -> str:
    """Return the ``d`` of a path of polygons or lines in pixels; empty for nothing.

    Points that fall on the one before are left out, and so is a ring without area.
    """
    parts = shapely.get_parts(np.atleast_1d(np.asarray(geometry, dtype=object)))
    while any(shapely.get_num_geometries(parts) > 1):
        parts = shapely.get_parts(parts)
    return "".join(_pieces(parts))


def _pieces(parts: NDArray[Any]) -> Iterable[str]:
    for part in parts:
        if shapely.get_dimensions(part) == 2:
            for ring in shapely.get_rings(part):
                yield _line(shapely.get_coordinates(ring), closed=True)
        elif shapely.get_dimensions(part) == 1:
            yield _line(shapely.get_coordinates(part), closed=False)


def _line(points: NDArray[np.float64], *, closed: bool) -> str:
    rounded = [f"{number(x)} {number(y)}" for x, y in points.tolist()]
    kept = [one for i, one in enumerate(rounded) if i == 0 or one != rounded[i - 1]]
    if closed and kept[0] == kept[-1]:
        kept.pop()
    if len(kept) < (3 if closed else 2):
        return ""
    return f"M{'L'.join(kept)}{'Z' if closed else ''}"
