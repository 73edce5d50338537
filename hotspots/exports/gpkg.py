"""GeoPackage: every table a layer in the workspace's CRS, styles for QGIS, provenance."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from hotspots.exports.about import tags
from hotspots.exports.stable import MOMENT_UTC, as_json
from hotspots.exports.styles import styles_of
from hotspots.exports.tables import Tables, times_as_text, vector, with_notice

#: The oldest that has all we need, so that old programs open it without a warning.
_VERSION = "1.2"
_LOCK = threading.Lock()


def to_gpkg(tables: Tables, provenance: Mapping[str, Any]) -> bytes:
    """Return the tables as one GeoPackage.

    ``layer_styles`` holds a QGIS style or two for each layer that has one, the first its default,
    so that QGIS opens the layer styled. Provenance is a table of keys and values, and JSON in the
    file's metadata (``gpkg_metadata``), beside ``MARKING``, ``TIER`` and ``NOTICES`` where given.
    """
    import pyogrio

    frames = {name: vector(table) for name, table in tables.items()}
    with tempfile.TemporaryDirectory() as folder, _at_the_same_moment():
        path = Path(folder) / "out.gpkg"
        for name, frame in frames.items():
            kind = _geometry_type(frame)
            first = not path.exists()
            pyogrio.write_dataframe(
                times_as_text(with_notice(frame, provenance)),
                path,
                layer=name,
                driver="GPKG",
                append=not first,
                geometry_type=kind,
                promote_to_multi=kind.startswith("Multi"),
                dataset_metadata=_metadata(provenance) if first else None,
                **({"VERSION": _VERSION} if first else {}),
            )
        for name, extra in (
            ("layer_styles", _styles(frames, provenance)),
            ("provenance", _about(provenance)),
        ):
            if len(extra):
                options = {"FID": "id"} if name == "layer_styles" else {}
                pyogrio.write_dataframe(
                    extra, path, layer=name, driver="GPKG", append=path.exists(), **options
                )
        return path.read_bytes()


@contextmanager
def _at_the_same_moment() -> Iterator[None]:
    """Keep the time of writing out of the file: GDAL takes its "now" from this option."""
    import pyogrio

    with _LOCK:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": MOMENT_UTC})
        try:
            yield
        finally:
            pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _geometry_type(frame: gpd.GeoDataFrame) -> str:
    sorts = set(frame.geom_type.dropna())
    if sorts <= {"Polygon", "MultiPolygon"}:
        return "MultiPolygon"
    if sorts <= {"LineString", "MultiLineString"}:
        return "MultiLineString"
    return "Point" if sorts == {"Point"} else "Unknown"


def _metadata(provenance: Mapping[str, Any]) -> dict[str, str]:
    return {name.upper(): text for name, text in tags(provenance).items()}


def _about(provenance: Mapping[str, Any]) -> pd.DataFrame:
    values = [v if isinstance(v, str) else as_json(v, indent=None) for v in provenance.values()]
    return pd.DataFrame({"key": list(provenance), "value": values})


def _styles(frames: Mapping[str, gpd.GeoDataFrame], provenance: Mapping[str, Any]) -> pd.DataFrame:
    """Return the table as QGIS makes it, of every layer's styles."""
    rows = [
        {
            "f_table_catalog": "",
            "f_table_schema": "",
            "f_table_name": name,
            "f_geometry_column": "geom",
            "styleName": style.name,
            "styleQML": style.qml,
            "styleSLD": "",
            "useAsDefault": position == 0,
            "description": style.description,
            "owner": "",
            "ui": "",
            "update_time": pd.Timestamp(MOMENT_UTC),
        }
        for name, frame in frames.items()
        for position, style in enumerate(styles_of(name, frame, provenance, alone=len(frames) == 1))
    ]
    return pd.DataFrame(rows)
