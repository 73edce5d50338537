"""The example in memory: wards, streets, incidents and the truth about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from hotspots.demo import geography, incidents, places, streets

NOTICE = "Synthetic data"
SEED = 2026


@dataclass(frozen=True)
class DemoData:
    """The example: wards, streets, clean incidents and what was planted in them.

    Parameters
    ----------
    wards : geopandas.GeoDataFrame
        EPSG:27700, ordered by ward_code: ward_code, ward_name, district_code, district_name,
        population, geometry.
    streets : geopandas.GeoDataFrame
        EPSG:27700: name, kind ("street", "main_road", "motorway", "river"), geometry.
    incidents : pandas.DataFrame
        reference, category, starts_at, ends_at, x, y (metres), location, agency; no faults.
    truth : dict
        notice, seed, standing, changes and rows, ready for JSON.
    """

    wards: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    incidents: pd.DataFrame
    truth: dict[str, Any]


def generate(seed: int = SEED, *, changes: bool = True) -> DemoData:
    """Generate the example in memory; the ground is the same for every seed.

    Parameters
    ----------
    seed : int
        Same seed, same incidents.
    changes : bool
        Whether places become worse for a time. Without, the spread of each category over the
        place is the same on every day, and the other incidents stay what they were.

    Returns
    -------
    DemoData
        Coordinates in metres of EPSG:27700.
    """
    found = incidents.draw(seed, changes=changes)
    truth = {
        "notice": NOTICE,
        "seed": seed,
        "standing": _places(places.STANDING),
        "changes": _places(places.CHANGES) if changes else [],
        "rows": {"incidents": len(found)},
    }
    return DemoData(geography.wards(), streets.streets(), found, truth)


def _places(planted: tuple[places.Place, ...]) -> list[dict[str, Any]]:
    wards = geography.wards()
    points = shapely.points([place.xy for place in planted])
    position = shapely.STRtree(wards.geometry.to_numpy()).nearest(points)
    codes = wards["ward_code"].to_numpy()[position]
    return [_as_dict(place, str(code)) for place, code in zip(planted, codes, strict=True)]


def _as_dict(place: places.Place, ward_code: str) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": place.id,
        "name": place.name,
        "x": place.xy[0],
        "y": place.xy[1],
        "radius_m": place.radius_m,
        "category": place.category,
        "strength": place.strength,
        "ward_code": ward_code,
        "incidents_per_month": place.incidents_per_month,
        "hours": list(place.hours),
    }
    if place.start and place.end:
        entry |= {"start": place.start.isoformat(), "end": place.end.isoformat()}
    return entry
