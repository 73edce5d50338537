"""Which columns hold a street's name, its number and its kind."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from hotspots.errors import DataError
from hotspots.streets.layers import LineLayer

_NAMES = (
    "name_1",
    "name1",
    "name",
    "street_name",
    "streetname",
    "road_name",
    "roadname",
    "distinctive_name",
    "distname",
    "watercourse_name",
    "watercour1",
)
_NUMBERS = (
    "road_classification_number",
    "roadclassificationnumber",
    "road_number",
    "roadnumber",
    "ref",
)
_KINDS = (
    "road_classification",
    "roadclassification",
    "class",
    "fclass",
    "highway",
    "waterway",
    "kind",
    "classification",
    "classifica",
    "road_function",
    "roadfunction",
    "function",
    "form",
)
#: Columns that only OS or OpenStreetMap have.
_OS = frozenset({"name_1", "name1", "watercourse_name", "watercour1"})
_OS_TOO = frozenset(
    {"road_classification", "roadclassification", "class", "form", "start_node", "startnode"}
)
_OSM = frozenset({"osm_id"})
OS_ATTRIBUTION = "Contains OS data © Crown copyright and database right"
OSM_ATTRIBUTION = "© OpenStreetMap contributors, ODbL"
#: A longer name is cut: it is a label on a map.
_MAX_NAME = 200


@dataclass(frozen=True)
class Columns:
    """The columns of a layer; None where it has none."""

    name: str | None
    number: str | None
    kind: str | None

    def all(self) -> list[str]:
        """Return those there are, each once."""
        return list(dict.fromkeys(filter(None, (self.name, self.number, self.kind))))


def columns_of(layer: LineLayer, file: str, name: str | None, kind: str | None) -> Columns:
    """Return the columns of a layer, those given or those that are called as OS and OSM do.

    Raises
    ------
    DataError
        If a given column is not there.
    """
    fields = [str(field) for field in layer.info["fields"]]
    return Columns(
        _given(fields, name, "--name", file) or _first(fields, _NAMES),
        # a given name is all there is to it
        None if name else _first(fields, _NUMBERS),
        _given(fields, kind, "--kind", file) or _first(fields, _KINDS),
    )


def attribution_of(layer: LineLayer) -> str | None:
    """Return what the licence of a layer asks to be shown, None where its columns do not tell."""
    fields = {str(field).casefold() for field in layer.info["fields"]}
    if fields & _OSM:
        return OSM_ATTRIBUTION
    return OS_ATTRIBUTION if fields & _OS and fields & _OS_TOO else None


def clean(value: object) -> str:
    """Return text in one line, each invisible character made visible, and nothing as ``""``."""
    if value is None or value != value:
        return ""
    text = " ".join(str(value).split())
    if not text.isprintable():
        text = "".join("\ufffd" if _is_unseen(letter) else letter for letter in text)
    return text if len(text) <= _MAX_NAME else f"{text[: _MAX_NAME - 1]}…"


def _is_unseen(letter: str) -> bool:
    # controls, marks that turn the direction of text, halves of characters
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _first(fields: Sequence[str], known: Sequence[str]) -> str | None:
    by_name = {field.casefold(): field for field in reversed(fields)}
    return next((by_name[name] for name in known if name in by_name), None)


def _given(fields: Sequence[str], column: str | None, option: str, file: str) -> str | None:
    if column is not None and column not in fields:
        listed = ", ".join(fields) or "none"
        raise DataError(
            f"{option} must name a column of the layer; {file} has {listed} and no {column!r}: "
            "give one of these."
        )
    return column
