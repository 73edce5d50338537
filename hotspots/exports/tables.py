"""What the formats of tables share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from hotspots.errors import UsageError
from hotspots.exports.about import notice_line
from hotspots.exports.raster import Raster

#: What a writer is given: names to tables; only the raster format takes rasters.
Tables = Mapping[str, "gpd.GeoDataFrame | Raster"]


def only(tables: Tables) -> gpd.GeoDataFrame:
    """Return the single table of a format that holds one."""
    return vector(one(tables))


def one(tables: Tables) -> gpd.GeoDataFrame | Raster:
    """Return what is the only one of the tables, of either sort."""
    if len(tables) != 1:
        raise UsageError(
            f"This format must be given one table; got {', '.join(tables)}: name one, or take gpkg."
        )
    return next(iter(tables.values()))


def vector(table: gpd.GeoDataFrame | Raster) -> gpd.GeoDataFrame:
    """Return a table that is one of outlines or points; an error for a raster."""
    if isinstance(table, Raster):
        raise UsageError(f"This format must be given a table; {table.name} is a raster: take tif.")
    return table


def with_notice(frame: gpd.GeoDataFrame, provenance: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """Add what must be said wherever the data are shown ("Synthetic data") to every row."""
    said = notice_line(provenance)
    return frame.assign(notice=said) if said else frame


def attributes(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return a table without its geometry."""
    return pd.DataFrame(frame.drop(columns=frame.geometry.name))


def times_as_text(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a table with its times as "2021-06-01T18:30:00", as the source has them.

    For formats whose times are always of a time zone: ours are of none.
    """
    texts = {
        name: frame[name].map(lambda when: when.isoformat(), na_action="ignore").astype(object)
        for name in frame.columns
        if pd.api.types.is_datetime64_any_dtype(frame[name])
    }
    return frame.assign(**{name: text.where(text.notna(), None) for name, text in texts.items()})
