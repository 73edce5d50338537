"""The paints of classes: five shades of a density, three hatches of a tested question.

The style guide's colours in one place, for pages, files on paper, and styles for QGIS. A class is
told from its neighbours by its hatch too, so that it is still told on paper without colour.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from hotspots.drawing.svg import WHITE
from hotspots.profile import CLASSES

#: Five shades, the lightest first.
SHADES = ("#D3E3F3", "#9FC3E6", "#5F9BD1", "#2768AC", "#0B3C6F")
#: Where nothing is known.
NO_DATA_FILL = "url(#nodata)"
_LEFT, _RIGHT = "M-2 10 L10 -2 M-2 2 L2 -2 M6 10 L10 6", "M-2 -2 L10 10 M-2 6 L2 10 M6 -2 L10 2"


@dataclass(frozen=True, slots=True)
class Hatch:
    """How one class is drawn: its ground, "dots", "/", "\\" or "x" on it, and their colour."""

    id: str
    ground: str
    marks: str
    ink: str

    @property
    def paint(self) -> str:
        """The SVG paint, for a page that holds ``hatches()``."""
        return f"url(#{self.id})"


#: The hatch of a class by question and strength, the strongest first.
HATCHES = {
    "concentrated": {
        "very clear": Hatch("c3", "#0B3C6F", "x", "#CFE2F5"),
        "clear": Hatch("c2", "#3F83C4", "/", WHITE),
        "possible": Hatch("c1", "#A9CBEB", "dots", "#0B3C6F"),
    },
    "worse": {
        "very clear": Hatch("w3", "#7A2F00", "x", "#FBDCC0"),
        "clear": Hatch("w2", "#D9701A", "\\", WHITE),
        "possible": Hatch("w1", "#F6C596", "dots", "#5A2200"),
    },
}


def paint(question: str, strength: str) -> str | None:
    """Return the paint of a strength; None for what could be chance."""
    return HATCHES[question][strength].paint if strength in CLASSES else None


def hatches() -> Markup:
    """Return the SVG element that defines every pattern, once for a page."""
    patterns = [_pattern(hatch) for classes in HATCHES.values() for hatch in classes.values()]
    patterns.append(_tile("nodata", WHITE, _stroked(_LEFT, "#87929D", "1.2")))
    # not display:none, which would leave the fills that name these patterns empty
    return Markup(
        '<svg class="hatches" width="0" height="0" aria-hidden="true" focusable="false">\n'
        "<defs>\n{}\n</defs>\n</svg>"
    ).format(Markup("\n").join(patterns))


def _pattern(hatch: Hatch) -> Markup:
    if hatch.marks == "dots":
        dot = Markup('<circle cx="{0}" cy="{0}" r="1.2" fill="{1}"/>')
        return _tile(hatch.id, hatch.ground, dot.format(2, hatch.ink) + dot.format(6, hatch.ink))
    if hatch.marks == "x":
        crossed = _stroked("M0 0 L8 8 M8 0 L0 8", hatch.ink, "1.1")
        return _tile(hatch.id, hatch.ground, crossed)
    slope = _LEFT if hatch.marks == "/" else _RIGHT
    return _tile(hatch.id, hatch.ground, _stroked(slope, hatch.ink, "1.8"))


def _stroked(path: str, ink: str, width: str) -> Markup:
    return Markup('<path d="{}" stroke="{}" stroke-width="{}"/>').format(path, ink, width)


def _tile(name: str, ground: str, marks: Markup) -> Markup:
    return Markup(
        '<pattern id="{}" width="8" height="8" patternUnits="userSpaceOnUse">'
        '<rect width="8" height="8" fill="{}"/>{}</pattern>'
    ).format(name, ground, marks)
