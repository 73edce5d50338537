"""Made-up wards and incidents for tests: a square of nine wards, nothing of any real place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspots.model import WARD_COLUMNS, Incidents, SourceFile, Wards
from hotspots.taxonomy import categories

X0, Y0, SIDE = 600_000, 200_000, 3_000


def nine_wards(vintage: str = "2021", names: Sequence[str] | None = None) -> Wards:
    """Nine square wards of 3 km, 3 by 3, in two districts, 1,000 to 9,000 residents."""
    boxes = [
        shapely.box(X0 + c * SIDE, Y0 + r * SIDE, X0 + (c + 1) * SIDE, Y0 + (r + 1) * SIDE)
        for r in range(3)
        for c in range(3)
    ]
    frame = gpd.GeoDataFrame(
        {
            "ward_code": [f"T{i:03d}" for i in range(9)],
            "ward_name": list(names or [f"Ward {i}" for i in range(9)]),
            "district_code": ["D1"] * 6 + ["D2"] * 3,
            "district_name": ["South"] * 6 + ["North"] * 3,
            "vintage": vintage,
            "population": np.arange(1, 10) * 1000.0,
        },
        geometry=boxes,
        crs="EPSG:27700",
    )
    return Wards(frame[list(WARD_COLUMNS)], vintage, sha256={"test-wards": "0" * 64})


def all_kinds() -> tuple[str, ...]:
    """Every category, total and subcategory that can be asked for, without flags."""
    return tuple(
        name
        for kind in categories().values()
        for name in (kind.code, *(f"{kind.code}.{s.code}" for s in kind.subcategories))
    )


def incidents_at(
    xy: NDArray[np.float64],
    starts: Sequence[datetime],
    category: str = "asb",
    precision: str = "minute",
    location: str = "On or near Test Lane",
) -> Incidents:
    """Incidents at given places and times, all of one category."""
    n = len(xy)
    lasting = timedelta(minutes=10) if precision == "minute" else timedelta(days=27)
    frame = pd.DataFrame(
        {
            "reference": [f"R{i}" for i in range(n)],
            "category": category,
            "subcategory": pd.Series(np.full(n, np.nan), dtype="str"),
            "source_category": category,
            "flags": pd.Series(np.full(n, np.nan), dtype="str"),
            "starts_at": pd.to_datetime(pd.Series(list(starts), dtype="datetime64[us]")),
            "ends_at": pd.to_datetime(
                pd.Series([s + lasting for s in starts], dtype="datetime64[us]")
            ),
            "precision": precision,
            "recorded_at": pd.Series(np.full(n, "NaT"), dtype="datetime64[us]"),
            "x": xy[:, 0],
            "y": xy[:, 1],
            "placed": "given",
            "location": location,
            "agency": "Test agency",
            "file": "made-up.csv",
            "row": np.arange(n) + 2,
        }
    )
    file = SourceFile("made-up.csv", "csv", "1" * 64, "1" * 64, None, n, n, 0)
    return Incidents(frame, files=(file,))


def scattered(
    rng: np.random.Generator, n: int, start: datetime, days: int
) -> tuple[NDArray[np.float64], list[datetime]]:
    """Uniform places in the nine wards, uniform times over some days."""
    xy = np.column_stack([X0 + rng.uniform(0, 3 * SIDE, n), Y0 + rng.uniform(0, 3 * SIDE, n)])
    return xy, [start + timedelta(minutes=float(m)) for m in rng.uniform(0, days * 1440, n)]


def a_year_with_a_flare_up(seed: int = 3) -> Incidents:
    """13 months of 200 scattered incidents, and in the last 30 more round one place."""
    rng = np.random.default_rng(seed)
    xy, when = scattered(rng, 13 * 200, datetime(2023, 1, 1), 395)
    spot = np.array([X0 + 4_600.0, Y0 + 1_400.0]) + rng.normal(0, 60, (30, 2))
    late = [datetime(2024, 1, 1) + timedelta(hours=20 * i) for i in range(30)]
    places = np.vstack([xy, spot])
    return incidents_at(places, [*when, *late])
