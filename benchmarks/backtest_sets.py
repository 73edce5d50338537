"""Published incidents that the back-tests of docs/validation.md are made on.

Read from the folder named by ``HOTSPOTS_REAL_DATA``. Weekly sets are
cut into whole weeks that end with the last day; incidents outside the study area are left out, so
that every method, here and elsewhere, is given the same. Test parts: the last year, or the last
quarter of sets of one year; everything before is for choosing.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray

from hotspots.validation.history import History, months_between, weeks_until

Array = NDArray[np.float64]
FOOT_M = 0.3048
#: Kent's categories, as in the files of data.police.uk.
KENT = {
    "asb": "Anti-social behaviour",
    "criminal-damage": "Criminal damage and arson",
    "vehicle-crime": "Vehicle crime",
    "burglary": "Burglary",
}


@dataclass(frozen=True)
class RealSet:
    """One category of one place.

    Attributes
    ----------
    name, label : str
        As in commands and file names, and as in tables.
    group : str
        What a command names: the four Kent categories are judged together.
    history : History
    first, test : int
        The first origin of the tuning part, and of the test part.
    horizons : tuple of int
        Periods that judge a map.
    snapped : bool
        The publisher moved the places to a point nearby.
    """

    name: str
    label: str
    group: str
    history: History
    first: int
    test: int
    horizons: tuple[int, ...]
    snapped: bool


def folder() -> Path:
    """Return where the published files are."""
    named = os.environ.get("HOTSPOTS_REAL_DATA")
    return Path(named) if named else Path(__file__).parents[2] / "shared" / "data"


def portland(data: Path) -> RealSet:
    """Burglary calls of 2012 to 2017 with exact places, from a forecasting challenge."""
    import geopandas as gpd

    rows = pd.read_csv(data / "nij-portland" / "crimes_bur.csv.gz")
    districts = gpd.read_file(data / "nij-portland" / "Portland_Police_Districts.shp")
    feet = shapely.union_all(shapely.make_valid(districts.geometry.to_numpy()))
    area = shapely.transform(feet, lambda xy: xy * FOOT_M)
    xy = rows[["x_coordina", "y_coordina"]].to_numpy(dtype=float) * FOOT_M
    history = _weekly(xy, rows["occ_date"], area, "Portland burglary")
    weeks = history.periods
    return RealSet(
        "portland", "Portland burglary", "portland", history, 52, weeks - 52, (1, 4), False
    )


def memphis(data: Path) -> RealSet:
    """Personal robberies of 2019, coordinates rounded to three decimals (about 100 m)."""
    rows = pd.read_csv(data / "sfhotspot" / "memphis_robberies.csv.gz")
    packed = (data / "sfhotspot" / "memphis_precincts.geojson.gz").read_bytes()
    area = _area(json.loads(gzip.decompress(packed))["features"], 32615)
    xy = _projected(rows["longitude"], rows["latitude"], 32615)
    history = _weekly(xy, rows["date"], area, "Memphis robbery")
    return _one_year("memphis", "Memphis robbery", history, snapped=False)


def vancouver(data: Path) -> RealSet:
    """Thefts of 2020, moved to the hundred block by the police."""
    rows = pd.read_csv(data / "crimemappingdata" / "vancouver_thefts.csv.gz")
    shapes = (data / "crimemappingdata" / "vancouver_neighbourhoods.geojson").read_text("utf-8")
    area = _area(json.loads(shapes)["features"], 32610)
    when = pd.to_datetime(rows[["YEAR", "MONTH", "DAY"]])
    history = _weekly(rows[["X", "Y"]].to_numpy(dtype=float), when, area, "Vancouver theft")
    return _one_year("vancouver", "Vancouver theft", history, snapped=True)


def kent(data: Path) -> list[RealSet]:
    """Thirteen months of two boroughs; places are anonymised map points, and only months known."""
    wards = [
        json.loads((data / "uk-geojson" / "wards" / f"E0700010{i}.json").read_text("utf-8"))
        for i in (7, 9)
    ]
    area = _area([f for w in wards for f in w["features"]], 27700)
    files = sorted((data / "police-uk-kent").glob("*/*-street.csv*"))
    use = ["Month", "Longitude", "Latitude", "Crime type"]
    rows = pd.concat(pd.read_csv(path, usecols=use) for path in files)
    rows = rows[rows["Longitude"].notna()]
    edges = months_between(rows["Month"].min(), rows["Month"].max())
    return [_kent(rows, edges, area, name, kind) for name, kind in KENT.items()]


SETS: dict[str, Callable[[Path], list[RealSet]]] = {
    "portland": lambda data: [portland(data)],
    "memphis": lambda data: [memphis(data)],
    "vancouver": lambda data: [vancouver(data)],
    "kent": kent,
}


def load(group: str) -> list[RealSet]:
    """Return the sets of one group: four for Kent, one each otherwise."""
    data = folder()
    if not data.is_dir():
        raise SystemExit(f"No real data: {data} does not exist. Set HOTSPOTS_REAL_DATA.")
    return SETS[group](data)


def _kent(rows: pd.DataFrame, edges: Any, area: Any, name: str, kind: str) -> RealSet:
    mine = rows[rows["Crime type"] == kind]
    xy = _projected(mine["Longitude"], mine["Latitude"], 27700)
    inside = shapely.contains_xy(area, xy)
    happened = mine["Month"].to_numpy(dtype="datetime64[M]").astype("datetime64[s]")
    label = f"Kent {name.replace('-', ' ').replace('asb', 'ASB')}"
    history = History.make(xy[inside], happened[inside], edges, area, name=label)
    months = history.periods
    return RealSet(f"kent-{name}", label, "kent", history, months // 2, months - 3, (1,), True)


def _weekly(xy: Array, when: Any, area: Any, name: str) -> History:
    days = pd.to_datetime(when).to_numpy(dtype="datetime64[s]")
    inside = shapely.contains_xy(area, xy)
    # weeks are counted from all days in the file, as the whole of it was recorded
    edges = weeks_until(days.max(), days.min())
    return History.make(xy[inside], days[inside], edges, area, name=name)


def _one_year(name: str, label: str, history: History, *, snapped: bool) -> RealSet:
    weeks = history.periods
    return RealSet(name, label, name, history, weeks // 2, weeks - 13, (1, 4), snapped)


def _area(features: Iterable[dict[str, Any]], crs: int) -> Any:
    shapes = shapely.from_geojson([json.dumps(f["geometry"]) for f in features])
    whole = shapely.union_all(shapely.make_valid(shapes))
    return shapely.transform(whole, lambda c: _projected(c[:, 0], c[:, 1], crs))


def _projected(longitude: Any, latitude: Any, crs: int) -> Array:
    project = pyproj.Transformer.from_crs(4326, crs, always_xy=True).transform
    return np.column_stack(project(np.asarray(longitude), np.asarray(latitude)))
