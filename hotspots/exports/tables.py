"""What the formats share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd

from hotspots.errors import UsageError


def only(tables: Mapping[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Return the single table of a format that holds one."""
    if len(tables) != 1:
        raise UsageError(
            f"This format must be given one table; got {', '.join(tables)}: name one, or take gpkg."
        )
    return next(iter(tables.values()))


def with_notice(frame: gpd.GeoDataFrame, provenance: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """Add what must be said wherever the data are shown ("Synthetic data") to every row."""
    notices = provenance.get("notices") or []
    return frame.assign(notice="; ".join(notices)) if notices else frame
