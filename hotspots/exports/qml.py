"""QGIS layer styles (QML) written from a few shapes: fills, hatches, outlines, rules, labels.

Only what QGIS does not assume anyway is written; QGIS 3.22 and later read it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as Xml  # nosec - written, never read

#: Of the style guide, as desktops have them.
FONT = "Open Sans"


@dataclass(frozen=True, slots=True)
class Fill:
    """How an outline is drawn; colours are "#RRGGBB", widths and distances in millimetres.

    Attributes
    ----------
    colour : str
        "" for no fill.
    hatch : {"", "dots", "/", "\\\\", "x"}
    hatch_colour : str
    line, casing : tuple of (str, float)
        Colour and width of the outline, and of the wider one under it; a width of 0 draws none.
    dashed : bool
    opacity : float
        Of the whole symbol.
    """

    colour: str = ""
    hatch: str = ""
    hatch_colour: str = "#FFFFFF"
    line: tuple[str, float] = ("#FFFFFF", 0.0)
    casing: tuple[str, float] = ("#FFFFFF", 0.0)
    dashed: bool = False
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a legend: which rows (a QGIS expression; "" is all others), and how drawn."""

    filter: str
    label: str
    fill: Fill


@dataclass(frozen=True, slots=True)
class Label:
    """What is written on a row.

    A QGIS expression, its size in points, what wins where crowded,
    and whether it stands beside the outline's middle instead of on it.
    """

    expression: str
    size: float = 9.0
    colour: str = "#14202B"
    priority: int = 5
    beside: bool = False


def document(rules: Sequence[Rule], label: Label | None, aliases: Mapping[str, str]) -> str:
    """Return a layer's style.

    Parameters
    ----------
    rules : sequence of Rule
        In the order of the legend.
    label : Label or None
    aliases : mapping of str to str
        What columns are called in the attribute table.
    """
    root = Xml.Element(
        "qgis",
        version="3.22.0",
        styleCategories="Symbology|Labeling|Fields",
        labelsEnabled="1" if label else "0",
    )
    _renderer(root, rules)
    if label:
        _labels(root, label)
    named = Xml.SubElement(root, "aliases")
    for position, (field, name) in enumerate(aliases.items()):
        Xml.SubElement(named, "alias", index=str(position), field=field, name=name)
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + Xml.tostring(
        root, encoding="unicode"
    )


def _renderer(root: Xml.Element, rules: Sequence[Rule]) -> None:
    renderer = Xml.SubElement(root, "renderer-v2", type="RuleRenderer", symbollevels="0")
    group = Xml.SubElement(renderer, "rules", key="rules")
    symbols = Xml.SubElement(renderer, "symbols")
    for position, rule in enumerate(rules):
        Xml.SubElement(
            group,
            "rule",
            key=f"rule{position}",
            symbol=str(position),
            label=rule.label,
            filter=rule.filter or "ELSE",
        )
        _fill(symbols, str(position), rule.fill)


def _fill(parent: Xml.Element, name: str, fill: Fill) -> None:
    symbol = _symbol(parent, "fill", name, fill.opacity)
    layers = 0
    if fill.colour or not (fill.hatch or fill.line[1]):
        style = "solid" if fill.colour else "no"
        colour = _rgba(fill.colour or "#FFFFFF")
        _layer(symbol, "SimpleFill", {"color": colour, "style": style, "outline_style": "no"})
        layers += 1
    for angle in {"/": (45,), "\\": (135,), "x": (45, 135)}.get(fill.hatch, ()):
        _lines(symbol, f"@{name}@{layers}", angle, fill.hatch_colour)
        layers += 1
    if fill.hatch == "dots":
        _dots(symbol, f"@{name}@{layers}", fill.hatch_colour)
    for (colour, width), dashed in ((fill.casing, False), (fill.line, fill.dashed)):
        if width:
            _layer(symbol, "SimpleLine", _line(colour, width, dashed))


def _lines(symbol: Xml.Element, name: str, angle: int, colour: str) -> None:
    layer = _layer(
        symbol,
        "LinePatternFill",
        {"angle": str(angle), "distance": "1.8", "distance_unit": "MM", "line_width": "0.5"},
    )
    inner = _symbol(layer, "line", name)
    _layer(inner, "SimpleLine", _line(colour, 0.5, False))


def _dots(symbol: Xml.Element, name: str, colour: str) -> None:
    layer = _layer(
        symbol,
        "PointPatternFill",
        {
            "distance_x": "1.6",
            "distance_y": "1.6",
            "displacement_x": "0.8",
            "distance_x_unit": "MM",
            "distance_y_unit": "MM",
            "displacement_x_unit": "MM",
        },
    )
    inner = _symbol(layer, "marker", name)
    _layer(
        inner,
        "SimpleMarker",
        {
            "name": "circle",
            "color": _rgba(colour),
            "size": "0.6",
            "size_unit": "MM",
            "outline_style": "no",
        },
    )


def _line(colour: str, width: float, dashed: bool) -> dict[str, str]:
    return {
        "line_color": _rgba(colour),
        "line_width": f"{width:g}",
        "line_width_unit": "MM",
        "line_style": "solid",
        "joinstyle": "round",
        "capstyle": "flat" if dashed else "round",
        "use_custom_dash": "1" if dashed else "0",
        "customdash": "2.2;1.1",
        "customdash_unit": "MM",
    }


def _symbol(parent: Xml.Element, kind: str, name: str, opacity: float = 1.0) -> Xml.Element:
    return Xml.SubElement(
        parent, "symbol", type=kind, name=name, alpha=f"{opacity:g}", clip_to_extent="1"
    )


def _layer(symbol: Xml.Element, kind: str, properties: Mapping[str, str]) -> Xml.Element:
    layer = Xml.SubElement(
        symbol, "layer", {"class": kind, "enabled": "1", "pass": "0", "locked": "0"}
    )
    options = Xml.SubElement(layer, "Option", type="Map")
    for name, value in properties.items():
        Xml.SubElement(options, "Option", type="QString", name=name, value=value)
    return layer


def _labels(root: Xml.Element, label: Label) -> None:
    settings = Xml.SubElement(Xml.SubElement(root, "labeling", type="simple"), "settings")
    text = Xml.SubElement(
        settings,
        "text-style",
        fieldName=label.expression,
        isExpression="1",
        fontFamily=FONT,
        namedStyle="SemiBold",
        fontWeight="63",
        fontSize=f"{label.size:g}",
        fontSizeUnit="Point",
        textColor=_rgba(label.colour),
    )
    Xml.SubElement(
        text,
        "text-buffer",
        bufferDraw="1",
        bufferSize="0.7",
        bufferSizeUnits="MM",
        bufferColor=_rgba("#FFFFFF"),
        bufferJoinStyle="128",
    )
    # placement 0: around the middle, 1: over it; crowded labels are left out, weaker ones first
    Xml.SubElement(
        settings,
        "placement",
        placement="0" if label.beside else "1",
        dist="5" if label.beside else "0",
        distUnits="MM",
        priority=str(label.priority),
        centroidInside="1",
    )
    Xml.SubElement(settings, "rendering", drawLabels="1", obstacle="0")


def _rgba(colour: str) -> str:
    """Return "#0B3C6F" as QGIS writes it: "11,60,111,255"."""
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return ",".join(str(part) for part in parts) + ",255"
