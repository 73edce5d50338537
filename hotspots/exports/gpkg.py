"""GeoPackage: every table a layer, in the workspace's CRS, provenance as a table."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from hotspots.exports.tables import with_notice


def to_gpkg(tables: Mapping[str, gpd.GeoDataFrame], provenance: Mapping[str, Any]) -> bytes:
    """Return the tables as one GeoPackage, with a ``provenance`` table of keys and values."""
    about = pd.DataFrame(
        {
            "key": list(provenance),
            "value": [
                value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                for value in provenance.values()
            ],
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "out.gpkg"
        for name, frame in tables.items():
            kind = "Point" if set(frame.geom_type) == {"Point"} else "MultiPolygon"
            pyogrio.write_dataframe(
                with_notice(frame, provenance),
                path,
                layer=name,
                driver="GPKG",
                append=path.exists(),
                geometry_type=kind,
                promote_to_multi=kind == "MultiPolygon",
            )
        pyogrio.write_dataframe(about, path, layer="provenance", driver="GPKG", append=True)
        return path.read_bytes()
