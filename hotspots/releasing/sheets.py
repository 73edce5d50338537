"""Sheets to files, with their provenance inside or beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hotspots.exports import sheet_format
from hotspots.exports.stable import as_json
from hotspots.releasing.prepared import File
from hotspots.sheets import Sheet


def write_sheets(
    sheets: Sequence[Sheet], provenance: Mapping[str, Any], kind: str, stem: str
) -> tuple[File, ...]:
    """Return the file of some sheets, and one of its provenance where it cannot carry it.

    Parameters
    ----------
    kind : str
        A format of ``hotspots.exports.SHEETS``.
    stem : str
        The file's name without its suffix.
    """
    chosen = sheet_format(kind)
    name = stem + chosen.suffix_of(sheets)
    file = (name, chosen.write(sheets, provenance))
    return (file, provenance_beside(name, provenance)) if chosen.sidecar_of(sheets) else (file,)


def provenance_beside(name: str, provenance: Mapping[str, Any]) -> File:
    """Return the file that says where another comes from."""
    return f"{name}.provenance.json", as_json(provenance).encode("utf-8")
