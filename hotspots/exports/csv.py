"""CSV: the attributes of one table, without geometry; provenance goes in a file beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hotspots.exports.tables import Tables, attributes, only, with_notice
from hotspots.exports.text import harmless


def to_csv(tables: Tables, provenance: Mapping[str, Any]) -> bytes:
    """Return one table as UTF-8 CSV with a header; unknown values are empty, never 0."""
    plain = attributes(with_notice(only(tables), provenance))
    for name in plain.select_dtypes(include=["object", "string"]).columns:
        plain[name] = plain[name].map(harmless, na_action="ignore")
    return plain.to_csv(index=False, lineterminator="\r\n").encode("utf-8")
