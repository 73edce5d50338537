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
from numpy.typing import NDArray

from hotspots.clustering import Grid, hot_regions
from hotspots.clustering.regions import Region, describe_regions
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
    labels = hot_regions(
        significant, counts, profile.distance_m, profile.cell_size_m, grid.mask, profile.band
    )
    found = describe_regions(
        labels,
        counts,
        test.cell_expected,
        test.p_value,
        grid,
        test.local_sum,
        test.local_expected,
    )
    return [_place(test, region, labels, points, wards, profile) for region in found]


def _place(
    test: Test,
    region: Region,
    labels: NDArray[np.int64],
    points: PeriodIncidents,
    wards: Wards,
    profile: Profile,
) -> dict[str, Any]:
    inside = (labels.ravel()[np.maximum(points.cell, 0)] == region.number) & (points.cell >= 0)
    ward, location = _name(points, inside, wards, region)
    here, usual = int(region.peak_incidents), region.peak_expected
    p_adjusted = float(test.p_adjusted[region.peak_row, region.peak_col])
    label = wards.labels[ward]
    return {
        "question": test.question,
        "name": f"{label}: {location}" if location else label,
        "ward_code": wards.frame["ward_code"].iloc[ward],
        "ward_name": wards.frame["ward_name"].iloc[ward],
        "location": location,
        "incidents": region.incidents,
        "expected": region.expected,
        "excess": region.incidents - region.expected,
        "cells": region.cells,
        "area_km2": region.area_km2,
        "peak_x": region.peak_xy[0],
        "peak_y": region.peak_xy[1],
        "peak_incidents": here,
        "peak_expected": usual,
        "p_value": region.peak_p_value,
        "p_adjusted": p_adjusted,
        "strength": words.strength(p_adjusted, profile.class_limits),
        "claim": words.claim(test.question, here, usual, profile.baseline),
        "chance": words.chance(region.peak_p_value),
        "geometry": region.polygon,
    }


def _name(
    points: PeriodIncidents,
    inside: NDArray[np.bool_],
    wards: Wards,
    region: Region,
) -> tuple[int, str]:
    """Return the ward with most of the incidents inside, and the commonest location label."""
    if not inside.any():
        return max(int(wards.assign(np.array([region.peak_xy]))[0]), 0), ""
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
