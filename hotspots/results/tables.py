"""The cell table and the ward table of a result."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspots.clustering import Grid
from hotspots.clustering.polygons import polygon_gi_star, queen_neighbours
from hotspots.model import Period, Wards


def cell_table(columns: Mapping[str, NDArray[Any]], grid: Grid, wards: Wards) -> gpd.GeoDataFrame:
    """Return one row a cell of the study area, named by its corner.

    ``cell_id`` is the easting and northing of the south-west corner; ``ward_code`` the ward of
    the centre; the other columns are those of ``columns``, grids of the mask's shape.
    """
    west = (grid.x0 + np.arange(grid.shape[1]) * grid.cell_size_m)[np.nonzero(grid.mask)[1]]
    south = (grid.y0 + np.arange(grid.shape[0]) * grid.cell_size_m)[np.nonzero(grid.mask)[0]]
    ward = cell_wards(wards, grid)
    codes = np.array([*wards.frame["ward_code"], None], dtype=object)
    data = {
        "cell_id": [f"{x:.0f}_{y:.0f}" for x, y in zip(west, south, strict=True)],
        "ward_code": codes[ward],
    }
    data |= {name: values[grid.mask] for name, values in columns.items()}
    size = grid.cell_size_m
    boxes = shapely.box(west, south, west + size, south + size)
    return gpd.GeoDataFrame(data, geometry=boxes, crs=wards.crs)


def ward_table(wards: Wards, ward: NDArray[np.intp], period: Period) -> gpd.GeoDataFrame:
    """Return counts, rates and Gi* by ward, ranked by incidents (equal counts share a rank).

    ``rate_per_1000`` is incidents of the period per 1,000 residents, NaN where residents are
    unknown or 0. ``gi_star_p`` is the exact one-sided tail for "hot".
    """
    return ward_table_of(wards, np.bincount(ward, minlength=len(wards)), period)


def ward_table_of(wards: Wards, counts: NDArray[np.int64], period: Period) -> gpd.GeoDataFrame:
    """Return the same of counts by ward, in the order of the wards' table."""
    frame = wards.frame
    gi = polygon_gi_star(counts, _neighbours(wards))
    population = frame["population"].astype("float64")
    table = gpd.GeoDataFrame(
        {
            "ward_code": frame["ward_code"],
            "ward_name": frame["ward_name"],
            "district_code": frame["district_code"],
            "district_name": frame["district_name"],
            "vintage": wards.vintage,
            "period": period.id,
            "incidents": counts,
            "share": counts / max(counts.sum(), 1),
            "population": population.round().astype("Int64"),
            "rate_per_1000": 1000 * counts / population.where(population > 0),
            "gi_star_z": gi.z_score,
            "gi_star_p": gi.p_value,
            "gi_star_p_adjusted": gi.p_adjusted,
            "neighbours": gi.neighbours,
            "rank": pd.Series(counts).rank(method="min", ascending=False).astype(int).to_numpy(),
        },
        geometry=frame.geometry.to_numpy(),
        crs=wards.crs,
    )
    return table.sort_values(["rank", "ward_code"], kind="stable").reset_index(drop=True)


@lru_cache(maxsize=4)
def _neighbours(wards: Wards) -> tuple[tuple[int, ...], ...]:
    return queen_neighbours(list(wards.frame.geometry))


@lru_cache(maxsize=8)
def cell_wards(wards: Wards, grid: Grid) -> NDArray[np.intp]:
    """Return the position of each masked cell's ward, by its centre; -1 where in none."""
    return wards.assign(grid.centres[grid.mask])
