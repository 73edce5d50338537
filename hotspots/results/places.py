"""Hot regions as places: outlined, counted, named and ranked.

Columns of the hot-spot table: ``question`` ("concentrated" or "worse"), ``rank`` within it (by
incidents above expectation), ``marker``, ``name``, ``ward_code``, ``ward_name``, ``location`` (the
commonest label inside the outline), ``incidents`` and ``expected`` of the whole outline,
``excess``, ``cells``, ``area_km2``; and of the peak neighbourhood, which the claim is about:
``peak_x``, ``peak_y``, ``peak_incidents``, ``peak_expected``, ``p_value``, ``p_adjusted``,
``strength``, ``claim``, ``chance``; ``geometry`` is the outline in the workspace's CRS.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspots.clustering import Grid, hot_regions
from hotspots.model import Wards
from hotspots.profile import Profile
from hotspots.results import words

Array = NDArray[np.float64]
COLUMNS = (
    "question",
    "rank",
    "marker",
    "name",
    "ward_code",
    "ward_name",
    "location",
    "incidents",
    "expected",
    "excess",
    "cells",
    "area_km2",
    "peak_x",
    "peak_y",
    "peak_incidents",
    "peak_expected",
    "p_value",
    "p_adjusted",
    "strength",
    "claim",
    "chance",
)


@dataclass(frozen=True, eq=False)
class Test:
    """One question's test on the grid; arrays of the grid's shape, NaN outside the mask.

    ``cell_expected`` is per cell; ``local_sum`` and ``local_expected`` are of neighbourhoods.
    """

    question: str
    p_value: Array
    p_adjusted: Array
    local_sum: Array
    local_expected: Array
    cell_expected: Array


@dataclass(frozen=True, eq=False)
class PeriodIncidents:
    """The period's incidents in the study area: where, in which ward and cell, with what label."""

    location: NDArray[np.object_]
    ward: NDArray[np.intp]
    cell: NDArray[np.intp]


def find_places(
    tests: list[Test],
    counts: NDArray[np.int64],
    points: PeriodIncidents,
    grid: Grid,
    wards: Wards,
    profile: Profile,
) -> gpd.GeoDataFrame:
    """Return the hot-spot table of all questions (empty, with its columns, if there are none)."""
    rows: list[dict[str, Any]] = []
    for test in tests:
        found = _places_of(test, counts, points, grid, wards, profile)
        found.sort(key=lambda row: (-row["excess"], row["p_value"], row["peak_x"], row["peak_y"]))
        for rank, row in enumerate(found, start=1):
            row.update(rank=rank, marker=words.marker(test.question, rank))
        rows.extend(found)
    if not rows:
        empty = pd.DataFrame({name: pd.Series(dtype=_dtype(name)) for name in COLUMNS})
        return gpd.GeoDataFrame(empty, geometry=[], crs=wards.crs)
    frame = pd.DataFrame(rows)
    return gpd.GeoDataFrame(frame[[*COLUMNS, "geometry"]], geometry="geometry", crs=wards.crs)


def _dtype(name: str) -> str:
    if name in ("rank", "incidents", "cells", "peak_incidents"):
        return "int64"
    numeric = ("expected", "excess", "area_km2", "p_value", "p_adjusted")
    return "float64" if name.startswith("peak") or name in numeric else "str"


def _places_of(
    test: Test,
    counts: NDArray[np.int64],
    points: PeriodIncidents,
    grid: Grid,
    wards: Wards,
    profile: Profile,
) -> list[dict[str, Any]]:
    significant = np.nan_to_num(test.p_adjusted, nan=1.0) <= profile.alpha
    labels = hot_regions(significant, counts, profile.distance_m, profile.cell_size_m, grid.mask)
    return [
        _place(test, labels == number, counts, points, grid, wards, profile)
        for number in range(1, int(labels.max(initial=0)) + 1)
    ]


def _place(
    test: Test,
    region: NDArray[np.bool_],
    counts: NDArray[np.int64],
    points: PeriodIncidents,
    grid: Grid,
    wards: Wards,
    profile: Profile,
) -> dict[str, Any]:
    row, col = _peak(test, region)
    incidents = int(counts[region].sum())
    expected = float(test.cell_expected[region].sum())
    inside = region.ravel()[np.maximum(points.cell, 0)] & (points.cell >= 0)
    ward, location = _name(points, inside, grid, wards, row, col)
    here, usual = int(test.local_sum[row, col]), float(test.local_expected[row, col])
    label = wards.labels[ward]
    return {
        "question": test.question,
        "name": f"{label}: {location}" if location else label,
        "ward_code": wards.frame["ward_code"].iloc[ward],
        "ward_name": wards.frame["ward_name"].iloc[ward],
        "location": location,
        "incidents": incidents,
        "expected": expected,
        "excess": incidents - expected,
        "cells": int(region.sum()),
        "area_km2": float(region.sum()) * (grid.cell_size_m / 1000) ** 2,
        "peak_x": float(grid.x_centres[col]),
        "peak_y": float(grid.y_centres[row]),
        "peak_incidents": here,
        "peak_expected": usual,
        "p_value": float(test.p_value[row, col]),
        "p_adjusted": float(test.p_adjusted[row, col]),
        "strength": words.strength(float(test.p_adjusted[row, col]), profile.class_limits),
        "claim": words.claim(test.question, here, usual),
        "chance": words.chance(float(test.p_value[row, col])),
        "geometry": outline(region, grid),
    }


def _peak(test: Test, region: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the cell least likely by chance; of equals, the one that holds most above expected."""
    rows, cols = np.nonzero(region)
    excess = test.local_sum[rows, cols] - test.local_expected[rows, cols]
    best = np.lexsort((-excess, test.p_value[rows, cols]))[0]
    return int(rows[best]), int(cols[best])


def _name(
    points: PeriodIncidents,
    inside: NDArray[np.bool_],
    grid: Grid,
    wards: Wards,
    row: int,
    col: int,
) -> tuple[int, str]:
    """Return the ward with most of the incidents inside, and the commonest location label."""
    if not inside.any():
        centre = np.array([[grid.x_centres[col], grid.y_centres[row]]])
        return max(int(wards.assign(centre)[0]), 0), ""
    ward = int(np.bincount(points.ward[inside]).argmax())
    tidy = [tidy_location(text) for text in points.location[inside]]
    known = pd.Series([text for text in tidy if text], dtype="str").value_counts()
    if known.empty:
        return ward, ""
    most = known[known == known.iloc[0]].index
    return ward, str(sorted(most)[0])


def tidy_location(text: object) -> str:
    """Return a location label without "On or near"; "" where it says that there is none."""
    label = re.sub(r"\s+", " ", str(text if text is not None and text == text else "")).strip()
    label = re.sub(r"(?i)^(on or near|near)\s+", "", label).strip()
    return "" if label.lower() in ("", "no location", "nan") else label


def outline(region: NDArray[np.bool_], grid: Grid) -> Any:
    """Return the union of a region's cells as one polygon or multipolygon, holes kept."""
    rows, cols = np.nonzero(region)
    size = grid.cell_size_m
    west, south = grid.x0 + cols * size, grid.y0 + rows * size
    return shapely.union_all(shapely.box(west, south, west + size, south + size))
