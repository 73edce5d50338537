"""Hot regions, and what else a list needs, as places: outlined, counted, named and ranked.

Columns of the tables of places: ``question`` ("concentrated" or "worse"), ``rank`` within it (by
incidents expected next, hot spots and further places in one order), ``marker``, ``name``,
``ward_code``, ``ward_name``, ``location`` (the commonest label inside the outline), ``incidents``
and ``expected`` of the whole outline, ``excess``, ``cells``, ``area_km2``; and of the peak
neighbourhood, which the claim is about: ``peak_x``, ``peak_y``, ``peak_incidents``,
``peak_expected``, ``p_value``, ``p_adjusted``, ``strength``, ``claim``, ``chance``,
``expected_next`` (incidents expected there in the coming period, of the same length); ``hot``
says whether the place is a hot spot; ``geometry`` is the outline in the workspace's CRS.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.clustering import Grid
from hotspots.clustering.regions import Region, describe_regions
from hotspots.clustering.weights import HalfWidths, band_half_widths, band_sum
from hotspots.model import Wards
from hotspots.profile import NO_EVIDENCE, Profile
from hotspots.results import words
from hotspots.results.further import as_region, block_cells, fill_up, regions_at, without_hot

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
    "expected_next",
    "hot",
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


@dataclass(frozen=True, eq=False)
class _Area:
    """What the places of every question are made of; ``block_next`` is of neighbourhoods."""

    counts: NDArray[np.int64]
    points: PeriodIncidents
    grid: Grid
    wards: Wards
    profile: Profile
    half: HalfWidths
    block_next: Array


@dataclass(frozen=True, eq=False)
class _Found:
    """One place before it has a name: its region, the cells of its outline, whether it is hot."""

    region: Region
    cells: NDArray[np.bool_]
    hot: bool


def find_places(
    tests: list[Test],
    counts: NDArray[np.int64],
    points: PeriodIncidents,
    grid: Grid,
    wards: Wards,
    profile: Profile,
    expected_next: Array,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the hot spots of all questions, and the further places of their lists.

    A list has every hot spot of its question and the regions that are only possible ones. The
    list of "concentrated" is filled up to ``profile.places_listed`` with the blocks where most is
    expected next; that of "worse" is not, for there is no reason to call them worse. All of a
    list are ranked together by ``expected_next``, ties by excess, p-value and place.

    Parameters
    ----------
    counts : ndarray of int, shape (rows, cols)
        Incidents per cell in the period. Where there are none at all nothing is filled up: the
        period may be one without data.
    expected_next : ndarray, shape (rows, cols)
        Incidents expected in each cell in the coming period, NaN outside the mask.

    Returns
    -------
    tuple of two GeoDataFrame
        Hot spots and further places, in order of question and rank; empty, with their columns,
        where there are none.
    """
    half = band_half_widths(profile.distance_m, profile.cell_size_m, profile.band)
    block_next = band_sum(np.where(grid.mask, expected_next, 0.0), half)
    area = _Area(counts, points, grid, wards, profile, half, block_next)
    rows: list[dict[str, Any]] = []
    for test in tests:
        listed = [_place(test, found, area) for found in _list_of(test, area)]
        listed.sort(key=_order)
        for rank, row in enumerate(listed, start=1):
            row.update(rank=rank, marker=words.marker(test.question, rank))
        rows.extend(listed)
    return (
        _table([row for row in rows if row["hot"]], wards.crs),
        _table([row for row in rows if not row["hot"]], wards.crs),
    )


def no_places(crs: str | None = None) -> gpd.GeoDataFrame:
    """Return a table of places without any."""
    empty = pd.DataFrame({name: pd.Series(dtype=_dtype(name)) for name in COLUMNS})
    return gpd.GeoDataFrame(empty, geometry=[], crs=crs)


def _table(rows: list[dict[str, Any]], crs: str) -> gpd.GeoDataFrame:
    if not rows:
        return no_places(crs)
    frame = pd.DataFrame(rows)
    return gpd.GeoDataFrame(frame[[*COLUMNS, "geometry"]], geometry="geometry", crs=crs)


def _dtype(name: str) -> str:
    if name in ("rank", "incidents", "cells", "peak_incidents"):
        return "int64"
    if name == "hot":
        return "bool"
    numeric = ("expected", "excess", "area_km2", "p_value", "p_adjusted", "expected_next")
    return "float64" if name.startswith("peak") or name in numeric else "str"


def _order(row: dict[str, Any]) -> tuple[float, ...]:
    return -row["expected_next"], -row["excess"], row["p_value"], row["peak_x"], row["peak_y"]


def _list_of(test: Test, area: _Area) -> list[_Found]:
    """Return every place that a question's list has, in no order."""
    profile = area.profile
    hot = regions_at(profile.alpha, test.p_adjusted, area.counts, area.grid, profile)
    found = _regions(test, hot, area, hot=True)
    loosest = profile.class_limits[-1]
    if loosest > profile.alpha:
        wider = regions_at(loosest, test.p_adjusted, area.counts, area.grid, profile)
        found += _regions(test, without_hot(wider, hot > 0), area, hot=False)
    if test.question != "concentrated" or not area.counts[area.grid.mask].any():
        return found
    return found + _filling(test, found, area)


def _regions(test: Test, labels: NDArray[np.int64], area: _Area, *, hot: bool) -> list[_Found]:
    found = describe_regions(
        labels,
        area.counts,
        test.cell_expected,
        test.p_value,
        area.grid,
        test.local_sum,
        test.local_expected,
    )
    return [_Found(region, labels == region.number, hot) for region in found]


def _filling(test: Test, listed: list[_Found], area: _Area) -> list[_Found]:
    """Return the blocks with most expected next, as many as the list is short of."""
    taken = np.zeros(area.grid.shape, dtype=np.bool_)
    for place in listed:
        peak = (place.region.peak_row, place.region.peak_col)
        taken |= place.cells | block_cells(*peak, area.grid, area.half)
    wanted = area.profile.places_listed - len(listed)
    local = (test.local_sum, test.local_expected)
    found = []
    for at in fill_up(wanted, area.block_next, taken, area.grid, area.half):
        cells = block_cells(*at, area.grid, area.half)
        region = as_region(
            0, at, cells, area.counts, test.cell_expected, test.p_value, local, area.grid
        )
        found.append(_Found(region, cells, hot=False))
    return found


def _place(test: Test, found: _Found, area: _Area) -> dict[str, Any]:
    region, wards, profile = found.region, area.wards, area.profile
    cell = area.points.cell
    inside = found.cells.ravel()[np.maximum(cell, 0)] & (cell >= 0)
    ward, location = _name(area.points, inside, wards, region)
    here, usual = int(region.peak_incidents), region.peak_expected
    p_adjusted = float(test.p_adjusted[region.peak_row, region.peak_col])
    strength = words.strength(p_adjusted, profile.class_limits)
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
        "strength": words.CHANCE if strength == NO_EVIDENCE else strength,
        "claim": words.claim(test.question, here, usual, profile.baseline),
        "chance": words.chance(region.peak_p_value),
        "expected_next": float(area.block_next[region.peak_row, region.peak_col]),
        "hot": found.hot,
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
