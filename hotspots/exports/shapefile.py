"""Shapefile: one table in a zip, with the map of its short field names and its provenance."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from hotspots.exports.fields import meaning
from hotspots.exports.stable import MOMENT, as_json, zipped
from hotspots.exports.tables import Tables, one, vector, with_notice
from hotspots.exports.text import file_name, harmless_text

_NAME_LENGTH = 10
_TEXT_BYTES = 254
_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
#: Names that stay readable, and tell p from adjusted p.
_SHORT = {
    "district_code": "dist_code",
    "district_name": "dist_name",
    "peak_incidents": "peak_count",
    "peak_expected": "peak_exp",
    "expected_next": "exp_next",
    "rate_per_1000": "rate_1000",
    "gi_star_z": "gi_z",
    "gi_star_p": "gi_p",
    "gi_star_p_adjusted": "gi_p_adj",
    "local_incidents": "loc_count",
    "local_expected": "loc_exp",
    "concentrated": "concentr",
    "change_p_adjusted": "chg_p_adj",
    "change_p": "chg_p",
    "intensity_per_km2": "intensity",
    "p_adjusted": "p_adj",
}
_SORTS = {
    "Point": "point",
    "MultiPoint": "multipoint",
    "LineString": "line",
    "MultiLineString": "line",
    "Polygon": "polygon",
    "MultiPolygon": "polygon",
}


def to_shp(tables: Tables, provenance: Mapping[str, Any]) -> bytes:
    """Return one table as zipped Shapefile(s), UTF-8, in the table's CRS.

    A Shapefile holds one sort of geometry: where there are several, each gets its own, named
    after it. ``fields.csv`` tells which field is which column, what it means, and whether texts
    had to be cut (a field holds 254 bytes); ``provenance.json`` is the provenance. Unknown values
    are null; some programs show a null number as 0.
    """
    table = vector(one(tables))
    name = file_name(next(iter(tables)))
    plain, cut = _texts(with_notice(table, provenance))
    short = short_names(column for column in plain.columns if column != plain.geometry.name)
    sorts = _by_sort(plain.rename(columns=short))
    files: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as folder:
        for sort, part in sorts.items():
            stem = name if len(sorts) == 1 else f"{name}_{sort}"
            files |= _written(part, sort, Path(folder) / f"{stem}.shp")
    files["fields.csv"] = _field_map(short, cut)
    files["provenance.json"] = as_json(provenance).encode("utf-8")
    return zipped(files)


def short_names(names: Iterable[str]) -> dict[str, str]:
    """Return each column's field name: at most 10 of a-z, 0-9 and _, no two the same."""
    chosen: dict[str, str] = {}
    for name in names:
        plain = "".join(c if c.isascii() and c.isalnum() else "_" for c in name.lower())
        first = _SHORT.get(name) or _squeezed(plain) or "field"
        candidate, number = first, 2
        while candidate in chosen.values():
            ending = f"_{number}"
            candidate = first[: _NAME_LENGTH - len(ending)] + ending
            number += 1
        chosen[name] = candidate
    return chosen


def _squeezed(name: str) -> str:
    """Shorten a name by the vowels inside its words first, which leaves it readable."""
    if len(name) <= _NAME_LENGTH:
        return name
    words = (
        word[:1] + "".join(c for c in word[1:] if c not in "aeiou") for word in name.split("_")
    )
    return "_".join(words)[:_NAME_LENGTH]


def _texts(frame: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, set[str]]:
    """Return the table with texts that a field can hold, and the columns where some were cut."""
    frame, cut = frame.copy(), set()
    for name in frame.columns.drop(frame.geometry.name):
        values = frame[name]
        if pd.api.types.is_bool_dtype(values):
            frame[name] = values.map({True: "yes", False: "no"}).astype(object)
        elif not pd.api.types.is_numeric_dtype(values):
            texts = values.map(_as_text, na_action="ignore").astype(object)
            if any(len(text.encode("utf-8")) > _TEXT_BYTES for text in texts.dropna()):
                cut.add(str(name))
            fitting = texts.map(_fitting, na_action="ignore").astype(object)
            frame[name] = fitting.where(fitting.notna(), None)
    return frame, cut


def _as_text(value: Any) -> str:
    return harmless_text(value.isoformat() if hasattr(value, "isoformat") else str(value))


def _fitting(text: str) -> str:
    raw = text.encode("utf-8")
    if len(raw) <= _TEXT_BYTES:
        return text
    return raw[: _TEXT_BYTES - 3].decode("utf-8", "ignore") + "…"


def _by_sort(frame: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    """Return the rows by sort of geometry; those without any stay with the first sort."""
    sorts = frame.geom_type.map(_SORTS)
    present = [str(sort) for sort in sorts.dropna().unique()] or ["polygon"]
    sorts = sorts.fillna(present[0])
    return {sort: frame[sorts == sort] for sort in present}


def _written(part: gpd.GeoDataFrame, sort: str, path: Path) -> dict[str, bytes]:
    import pyogrio

    kinds = {"point": "Point", "multipoint": "MultiPoint", "line": "LineString"}
    pyogrio.write_dataframe(
        part,
        path,
        driver="ESRI Shapefile",
        geometry_type=kinds.get(sort, "Polygon"),
        encoding="UTF-8",
        DBF_DATE_LAST_UPDATE=MOMENT.date().isoformat(),
    )
    beside = [path.with_suffix(suffix) for suffix in _PARTS]
    return {file.name: file.read_bytes() for file in beside if file.exists()}


def _field_map(short: Mapping[str, str], cut: set[str]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["field", "column", "meaning", "texts_cut"])
    for name, field in short.items():
        row = (field, name, meaning(name), "yes" if name in cut else "no")
        writer.writerow([harmless_text(text) for text in row])
    return out.getvalue().encode("utf-8")
