"""How QGIS draws each table: the style guide's colours, hatches, outlines and words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd

from hotspots.drawing.paints import HATCHES, SHADES, Hatch
from hotspots.drawing.svg import QUESTION
from hotspots.errors import UsageError
from hotspots.exports.fields import column
from hotspots.exports.qml import Fill, Label, Rule, document
from hotspots.model import Period
from hotspots.taxonomy import Category, category

_SAID = {"concentrated": "Concentrated", "worse": "Worse than usual"}
_WARD_LINE = ("#5B6975", 0.35)


@dataclass(frozen=True, slots=True)
class Style:
    """One style of a layer: its name in QGIS, what it shows, and the QML."""

    name: str
    description: str
    qml: str


def styles_of(
    name: str, frame: gpd.GeoDataFrame, provenance: Mapping[str, Any], *, alone: bool = True
) -> list[Style]:
    """Return the styles of a table, the first its default; none for a table without any.

    Parameters
    ----------
    name : str
        "hotspots", "wards", "cells" or "density" (see ``hotspots.results.TABLES``).
    frame : geopandas.GeoDataFrame
        Which columns there are; rows may be none.
    provenance : mapping
        ``category`` and ``period`` fix the classes, so that a colour means the same every week.
    alone : bool
        Whether the file has no other table. Wards are shaded by rate only then: under others they
        are borders and names, for a map has one main layer.
    """
    makers: dict[str, Callable[..., list[Style]]] = {
        "hotspots": _hotspots,
        "wards": _wards,
        "cells": _cells,
        "density": _density,
    }
    styles = makers[name](frame, provenance) if name in makers else []
    return styles if alone or name != "wards" else styles[::-1]


def _style(
    name: str,
    says: str,
    rules: Sequence[Rule],
    label: Label | None,
    frame: gpd.GeoDataFrame,
) -> Style:
    names = [str(key) for key in frame.columns if key != frame.geometry.name]
    aliases = {key: column(key, frame[key]).label for key in names}
    return Style(name, says, document(rules, label, aliases))


def _hotspots(frame: gpd.GeoDataFrame, _: Mapping[str, Any]) -> list[Style]:
    label = Label("\"marker\" || '  ' || coalesce(\"name\", '')", size=10, priority=9, beside=True)
    rules = {question: _strengths(question) for question in _SAID}
    other = Rule("", "Other", Fill(line=("#3F4D5A", 0.5)))
    both = [rule for each in rules.values() for rule in each]
    says = "By question and strength; numbers: concentrated, letters: worse than usual."
    # where the two lie on each other, one question at a time can be seen whole
    return [
        _style("Hot spots", says, [*both, other], label, frame),
        *(
            _style(_SAID[question], f"Only: {_SAID[question].lower()}.", each, label, frame)
            for question, each in rules.items()
        ),
    ]


def _strengths(question: str) -> list[Rule]:
    return [
        Rule(
            f"\"question\" = '{question}' AND \"strength\" = '{strength}'",
            f"{_SAID[question]}: {strength}",
            _outlined(question, hatch),
        )
        for strength, hatch in HATCHES[question].items()
    ]


def _outlined(question: str, hatch: Hatch) -> Fill:
    return Fill(
        hatch.ground,
        hatch.marks,
        hatch.ink,
        line=(QUESTION[question], 0.7),
        casing=("#FFFFFF", 1.5),
        dashed=question == "worse",
    )


def _wards(frame: gpd.GeoDataFrame, provenance: Mapping[str, Any]) -> list[Style]:
    label = Label('"ward_name"', size=8)
    borders = [Rule("", "Ward", Fill(line=_WARD_LINE))]
    plain = _style("Borders and names", "No shading.", borders, label, frame)
    breaks = _locked(provenance)
    known = "rate_per_1000" in frame.columns and frame["rate_per_1000"].notna().any()
    if not breaks or not known:
        return [plain]
    kind, days = breaks
    name, bounds = "rate_per_1000", kind.rate_breaks(days)
    below, lowest = Fill("#FFFFFF", line=_WARD_LINE), bounds[0]
    unknown = Fill("#FFFFFF", "/", "#D2D8DD", line=_WARD_LINE)
    rules = [
        *_classes(name, bounds, lambda shade: Fill(shade, line=_WARD_LINE)),
        Rule(f'"{name}" < {lowest:.12g}', f"Below {lowest:.2g}", below),
        Rule(f'"{name}" IS NULL', "No data", unknown),
    ]
    says = f"Incidents per 1,000 residents in {days} days, in the category's locked classes."
    return [_style("Rate per 1,000 residents", says, rules, label, frame), plain]


def _cells(frame: gpd.GeoDataFrame, _: Mapping[str, Any]) -> list[Style]:
    return [
        _style(said, f"Squares by class: {said.lower()}.", _squares(question), None, frame)
        for question, said in _SAID.items()
        if question in frame.columns
    ]


def _squares(question: str) -> list[Rule]:
    rules = [
        Rule(
            f"\"{question}\" = '{strength}'",
            strength.capitalize(),
            Fill(hatch.ground, hatch.marks, hatch.ink),
        )
        for strength, hatch in HATCHES[question].items()
    ]
    none = "No different from usual" if question == "worse" else "No evidence of a hot spot"
    return [*rules, Rule("", none, Fill(line=("#9AA7B2", 0.1), opacity=0.6))]


def _density(frame: gpd.GeoDataFrame, provenance: Mapping[str, Any]) -> list[Style]:
    breaks = _locked(provenance)
    # a category that is not known: its classes as far as the table has them, from the highest
    bounds = breaks[0].density if breaks else tuple(sorted(set(frame["lower"])))[-len(SHADES) :]
    rules = _classes(
        "lower", bounds, lambda shade: Fill(shade, line=("#FFFFFF", 0.2), opacity=0.85)
    )
    if not rules:
        return []
    return [_style("Density", "Incidents per km² in 30 days.", rules, None, frame)]


def _classes(name: str, bounds: Sequence[float], fill: Callable[[str], Fill]) -> list[Rule]:
    """Return a rule for each class of a column, from the highest; the shade makes its fill."""
    return [
        Rule(
            f'"{name}" >= {low:.12g}' + (f' AND "{name}" < {high:.12g}' if high else ""),
            f"{low:.2g} to {high:.2g}" if high else f"{low:.2g} or more",
            fill(shade),
        )
        for low, high, shade in _bands(bounds)
    ]


def _bands(bounds: Sequence[float]) -> list[tuple[float, float | None, str]]:
    """Return the classes from the highest: lower bound, upper bound or None, shade."""
    shades = SHADES[-len(bounds) :] if bounds else ()
    uppers: list[float | None] = [*bounds[1:], None]
    return list(zip(bounds, uppers, shades, strict=True))[::-1]


def _locked(provenance: Mapping[str, Any]) -> tuple[Category, int] | None:
    """Return the category and the period's days, if both are known."""
    try:
        kind = category(str(provenance.get("category") or ""))
        days = Period.parse(str(provenance.get("period") or "")).days
    except UsageError:
        return None
    return (kind, days) if len(kind.density) == len(SHADES) else None
