"""XLSX of a result's tables: attributes only, typed, with filters, notes and provenance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from hotspots.errors import UsageError
from hotspots.exports.fields import column
from hotspots.exports.tables import Tables, attributes, vector, with_notice
from hotspots.exports.workbook import sheets_to_xlsx
from hotspots.model import Period
from hotspots.sheets import Blank, Sheet
from hotspots.taxonomy import category

_TITLES = {
    "hotspots": "Hot spots",
    "wards": "Wards",
    "cells": "Grid squares",
    "density": "Density classes",
    "incidents": "Incidents",
}


def to_xlsx(tables: Tables, provenance: Mapping[str, Any]) -> bytes:
    """Return the tables' attributes as one workbook, a tab each; no data is said in words."""
    sheets = [
        sheet_of(name, with_notice(vector(frame), provenance), provenance)
        for name, frame in tables.items()
    ]
    return sheets_to_xlsx(sheets, provenance, filters=True)


def sheet_of(name: str, frame: gpd.GeoDataFrame, provenance: Mapping[str, Any]) -> Sheet:
    """Return a table's attributes as a sheet, whose keys are the table's columns."""
    plain = attributes(frame)
    columns = tuple(column(str(key), plain[key]) for key in plain.columns)
    named = _TITLES.get(name, name.replace("_", " ").capitalize())
    about = (_category(provenance.get("category")), _period(provenance.get("period")))
    title = ", ".join([named, *(part for part in about if part)])
    values = {e.key: _values(plain[e.key], _kept_back(plain, e.key)) for e in columns}
    rows = tuple(
        {key: column_values[at] for key, column_values in values.items()}
        for at in range(len(plain))
    )
    return Sheet(name, title, columns, rows)


def _category(code: object) -> str:
    try:
        return category(str(code)).label if code else ""
    except UsageError:
        return str(code)


def _period(name: object) -> str:
    try:
        return Period.parse(str(name)).label if name else ""
    except UsageError:
        return str(name)


def _kept_back(plain: pd.DataFrame, key: str) -> pd.Series:
    """Return in which rows an absent value is known and withheld, by what the table says itself.

    Either its column ``withheld`` says so of the row, or the value stands beside in words
    ("fewer than 5"). A share is absent where its total is withheld.
    """
    every = pd.Series(True, index=plain.index)
    if f"{key}_shown" in plain:
        return every
    if "withheld" not in plain or key == "population":
        return ~every
    return every if key == "share" else plain["withheld"].astype(bool)


def _values(series: pd.Series, kept_back: pd.Series) -> list[Any]:
    """Return a column's values as Python's own; what is not known as "no data"."""
    # the highest class of density has no upper bound, and that is known
    unknown = Blank.NOT_APPLICABLE if series.name == "upper" else Blank.NO_DATA
    blanks = [Blank.WITHHELD if hidden else unknown for hidden in kept_back]
    return [
        blank if absent else _plain(value)
        for value, absent, blank in zip(series.tolist(), series.isna(), blanks, strict=True)
    ]


def _plain(value: Any) -> Any:
    return value.to_pydatetime() if isinstance(value, pd.Timestamp) else value
