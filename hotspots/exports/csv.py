"""CSV: the attributes of one table, without geometry; provenance goes in a file beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from hotspots.exports.tables import only, with_notice


def _harmless(text: object) -> object:
    """Put an apostrophe before a text that a spreadsheet would run as a formula."""
    risky = isinstance(text, str) and text.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{text}" if risky else text


def to_csv(tables: Mapping[str, gpd.GeoDataFrame], provenance: Mapping[str, Any]) -> bytes:
    """Return one table as UTF-8 CSV with a header; unknown values are empty, never 0."""
    frame = with_notice(only(tables), provenance)
    plain = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    for name in plain.select_dtypes(include=["object", "string"]).columns:
        plain[name] = plain[name].map(_harmless, na_action="ignore")
    return plain.to_csv(index=False, lineterminator="\r\n").encode("utf-8")
