"""One use case: incidents, wards, a profile, a period and a category in; a result out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

import hotspots
from hotspots.clustering import Grid, change_test, gi_star, kde
from hotspots.clustering.polygons import polygon_gi_star, queen_neighbours
from hotspots.errors import ResultError
from hotspots.model import Incidents, Period, Wards
from hotspots.profile import Profile
from hotspots.results import Result, words
from hotspots.results.density import density_bands
from hotspots.results.places import PeriodIncidents, Test, find_places
from hotspots.taxonomy import Category
from hotspots.taxonomy import category as category_of

#: From this share of incidents on repeated points on, the points are said to be moved ones.
SNAPPED_SHARE = 0.8


@dataclass(frozen=True, eq=False)
class Selection:
    """The incidents of one category, split by time; ``area`` are those inside the wards."""

    now: pd.DataFrame
    area: pd.DataFrame
    history: pd.DataFrame
    history_periods: int
    outside: int
    complete: bool
    data_from: pd.Timestamp
    data_to: pd.Timestamp


def find_hotspots(
    incidents: Incidents,
    wards: Wards,
    profile: Profile | None = None,
    *,
    period: str | Period,
    category: str,
) -> Result:
    """Find where incidents of a category are concentrated, and where they are worse than usual.

    Parameters
    ----------
    incidents : Incidents
        In the wards' CRS. Those outside the wards count only in the density map, where their
        kernel reaches in; all others are counted in cells and wards.
    wards : Wards
        Their union is the study area.
    profile : Profile, optional
        The default profile if None.
    period : str or Period
        For example "2021-06" (see ``Period.parse``).
    category : str
        A category or total of the taxonomy.

    Raises
    ------
    UsageError
        If the period or category is not one.
    ResultError
        If there are no incidents of the category, or none are known for that period.
    """
    profile = profile or Profile()
    span = period if isinstance(period, Period) else Period.parse(period)
    kind = category_of(category)
    chosen = _select(incidents, wards, profile, span, kind)
    grid = _grid(wards, profile.cell_size_m)
    counts = grid.counts(chosen.area[["x", "y"]].to_numpy())
    before = grid.counts(chosen.history[["x", "y"]].to_numpy())
    tests, columns = _tests(counts, before, grid, profile, chosen)
    points = PeriodIncidents(
        location=chosen.area["location"].to_numpy(dtype=object),
        ward=chosen.area["ward"].to_numpy(dtype=np.intp),
        cell=grid.index(chosen.area[["x", "y"]].to_numpy()),
    )
    reach = chosen.now[["x", "y"]].to_numpy()
    columns["intensity_per_km2"] = kde(reach, grid, profile.bandwidth_m, profile.kernel)
    places = find_places(tests, counts, points, grid, wards, profile)
    totals = _totals(chosen, counts, before, grid, points, profile)
    return Result(
        hotspots=places,
        wards=ward_table(wards, chosen.area["ward"].to_numpy(), span),
        cells=_cell_table(columns, grid, wards),
        density=density_bands(reach, wards, profile, kind.density, span.days),
        period=span,
        category=kind.code,
        totals=totals,
        notes=_notes(totals, chosen, span, kind, profile),
        provenance=_provenance(incidents, wards, profile, span, kind),
    )


def _select(
    incidents: Incidents, wards: Wards, profile: Profile, period: Period, kind: Category
) -> Selection:
    frame = incidents.frame
    of_kind = frame[frame["category"].isin(kind.members)]
    if of_kind.empty:
        present = ", ".join(sorted(frame["category"].unique())) or "none at all"
        raise ResultError(
            f"There must be incidents of category {kind.code!r}; the data hold {present}: add a "
            "file that has them, or ask for another."
        )
    first, last = incidents.span or _known_span(frame, of_kind)
    start, end = pd.Timestamp(period.start), pd.Timestamp(period.end)
    if start > last or end <= first:
        raise ResultError(
            f"A period must lie within the data, {first:%Y-%m-%d} to {last:%Y-%m-%d} for "
            f"{kind.label}; got {period.id}: ask for one within, or add the files."
        )
    now = _between(of_kind, start, end)
    if not period.whole_months and (now["precision"] == "month").any():
        raise ResultError(
            f"These incidents are known by month only; got {period.id}: ask for whole months, "
            f"such as {period.start:%Y-%m}."
        )
    history, periods = _history(of_kind, period, profile, first)
    ward = wards.assign(now[["x", "y"]].to_numpy())
    return Selection(
        now=now,
        area=now.assign(ward=ward)[ward >= 0],
        history=history[wards.assign(history[["x", "y"]].to_numpy()) >= 0],
        history_periods=periods,
        outside=int((ward < 0).sum()),
        complete=bool(end <= last + pd.Timedelta(days=1)),
        data_from=first,
        data_to=last,
    )


def _known_span(frame: pd.DataFrame, of_kind: pd.DataFrame) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return from when to when the agencies that record these incidents are known."""
    known = frame[frame["agency"].isin(of_kind["agency"].unique())]
    return known["starts_at"].min(), known["ends_at"].max()


def _between(frame: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    return frame[(frame["starts_at"] >= start) & (frame["starts_at"] < end)]


def _history(
    frame: pd.DataFrame, period: Period, profile: Profile, first: pd.Timestamp
) -> tuple[pd.DataFrame, int]:
    """Return the incidents of the whole periods before, as many as the profile asks and there are.

    The first days of a file need not have an incident of the category, so a period counts as
    known when the data begin within its first tenth.
    """
    wanted = max(1, round(profile.history_months * 30.4375 / period.days))
    periods = 0
    while periods < wanted:
        earlier = period.back(periods + 1)
        if pd.Timestamp(earlier.start) + pd.Timedelta(days=max(1, earlier.days // 10)) < first:
            break
        periods += 1
    oldest = period.back(periods).start if periods else period.start
    return _between(frame, pd.Timestamp(oldest), pd.Timestamp(period.start)), periods


@lru_cache(maxsize=8)
def _grid(wards: Wards, cell_size_m: float) -> Grid:
    return Grid.cover(wards.study_area, cell_size_m)


@lru_cache(maxsize=4)
def _neighbours(wards: Wards) -> tuple[tuple[int, ...], ...]:
    return queen_neighbours(list(wards.frame.geometry))


@lru_cache(maxsize=8)
def _cell_wards(wards: Wards, grid: Grid) -> NDArray[np.intp]:
    return wards.assign(grid.centres[grid.mask])


def _tests(
    counts: NDArray[np.int64],
    before: NDArray[np.int64],
    grid: Grid,
    profile: Profile,
    chosen: Selection,
) -> tuple[list[Test], dict[str, NDArray[Any]]]:
    gi = gi_star(counts, profile.distance_m, profile.cell_size_m, grid.mask, profile.null)
    even = np.where(grid.mask, counts[grid.mask].mean(), np.nan)
    tests = [
        Test("concentrated", gi.p_value, gi.p_adjusted, gi.local_sum, gi.expected, even),
    ]
    columns: dict[str, NDArray[Any]] = {
        "incidents": counts,
        "neighbours": gi.neighbours,
        "local_incidents": gi.local_sum,
        "local_expected": gi.expected,
        "gi_star_z": gi.z_score,
        "gi_star_p": gi.p_value,
        "gi_star_p_adjusted": gi.p_adjusted,
        "concentrated": _classes(gi.p_adjusted, profile),
    }
    unknown = np.full(grid.shape, np.nan)
    columns |= {"usual": unknown, "change_p": unknown, "change_p_adjusted": unknown}
    columns["worse"] = np.full(grid.shape, "no history", dtype=object)
    if chosen.history_periods and before.sum() > 0:
        change = change_test(counts, before, profile.distance_m, profile.cell_size_m, grid.mask)
        share = counts.sum() / (counts.sum() + before.sum())
        usual = (counts + before) * share
        tests.append(
            Test(
                "worse",
                change.p_value,
                change.p_adjusted,
                change.local_sum,
                change.expected,
                usual,
            )
        )
        columns["usual"] = change.expected
        columns["change_p"] = change.p_value
        columns["change_p_adjusted"] = change.p_adjusted
        columns["worse"] = _classes(change.p_adjusted, profile)
    return tests, columns


def _classes(p_adjusted: NDArray[np.float64], profile: Profile) -> NDArray[Any]:
    level = np.searchsorted(profile.class_limits, np.nan_to_num(p_adjusted, nan=1.0), side="left")
    return np.array(
        [words.strength(limit, profile.class_limits) for limit in (*profile.class_limits, 1.0)],
        dtype=object,
    )[level]


def _cell_table(columns: Mapping[str, NDArray[Any]], grid: Grid, wards: Wards) -> gpd.GeoDataFrame:
    west = (grid.x0 + np.arange(grid.shape[1]) * grid.cell_size_m)[np.nonzero(grid.mask)[1]]
    south = (grid.y0 + np.arange(grid.shape[0]) * grid.cell_size_m)[np.nonzero(grid.mask)[0]]
    ward = _cell_wards(wards, grid)
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
    frame = wards.frame
    counts = np.bincount(ward, minlength=len(frame))
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
            "population": population.astype("Int64"),
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


def _totals(
    chosen: Selection,
    counts: NDArray[np.int64],
    before: NDArray[np.int64],
    grid: Grid,
    points: PeriodIncidents,
    profile: Profile,
) -> dict[str, Any]:
    periods = chosen.history_periods
    known = pd.concat([chosen.area[["x", "y"]], chosen.history[["x", "y"]]])
    repeated = known.duplicated(keep=False).mean() if len(known) >= 50 else 0.0
    return {
        "incidents": len(chosen.area),
        "outside": chosen.outside,
        "border": int((points.cell < 0).sum()),
        "cells": int(grid.mask.sum()),
        "usual": len(chosen.history) / periods if periods else None,
        "history_periods": periods,
        "history_incidents": int(before.sum()),
        "snapped_share": float(repeated),
        "snapped_points": len(known.drop_duplicates()),
        "data_from": chosen.data_from.date().isoformat(),
        "data_to": chosen.data_to.date().isoformat(),
        "complete": chosen.complete,
        "area_km2": float(grid.mask.sum()) * (profile.cell_size_m / 1000) ** 2,
    }


def _notes(
    totals: Mapping[str, Any],
    chosen: Selection,
    period: Period,
    kind: Category,
    profile: Profile,
) -> tuple[str, ...]:
    count = int(totals["incidents"])
    notes = []
    if totals["snapped_share"] >= SNAPPED_SHARE:
        notes.append(
            f"Moved points: these incidents sit on {totals['snapped_points']:,} shared map points; "
            "read areas, not addresses."
        )
    if count < profile.few_incidents:
        notes.append(_few(count, totals, period, profile))
    if not totals["history_periods"]:
        notes.append("First period: there is nothing before it to compare with.")
    if not chosen.complete:
        notes.append(
            f"The period is not complete: {kind.label} is known to {chosen.data_to:%d/%m/%Y} only."
        )
    if totals["border"]:
        notes.append(
            f"{words.incidents(totals['border'])} of {count:,} lie in squares whose centre is "
            "outside the area: counted in the wards, not on the maps."
        )
    return tuple(notes)


def _few(count: int, totals: Mapping[str, Any], period: Period, profile: Profile) -> str:
    said = f"{words.incidents(count)} in this period: few to map."
    usual = totals["usual"]
    if not usual:
        return said
    spans = int(np.ceil(profile.few_incidents / usual))
    length = {"week": "weeks", "month": "months", "year": "years"}.get(period.kind, "such periods")
    return f"{said} About {spans} {length} would hold {profile.few_incidents}."


def _provenance(
    incidents: Incidents,
    wards: Wards,
    profile: Profile,
    period: Period,
    kind: Category,
) -> dict[str, Any]:
    notices = sorted({*incidents.notices, *([wards.notice] if wards.notice else [])})
    about: dict[str, Any] = {
        "software": "hotspots",
        "version": hotspots.__version__,
        "period": period.id,
        "category": kind.code,
        "profile": profile.model_dump(mode="json"),
        "crs": wards.crs,
        "notices": notices,
        "wards": {
            "vintage": wards.vintage,
            "files": dict(wards.sha256),
            "population": wards.population_source,
        },
        "incidents": [
            {"file": f.name, "source": f.source, "sha256": f.sha256, "kept": f.kept}
            for f in incidents.files
        ],
        "seed": None,
    }
    # the same inputs and settings give the same run: its name is their digest
    text = json.dumps(about, sort_keys=True).encode("utf-8")
    return {"run": hashlib.sha256(text).hexdigest()[:12], **about}
