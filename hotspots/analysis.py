"""One use case: incidents, wards, a profile, a period and a category in; a result out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

import hotspots
from hotspots.clustering import Grid, change_test, gi_star, kde
from hotspots.clustering.needed import needed_to_change, needed_to_concentrate
from hotspots.clustering.weights import disc_half_widths
from hotspots.errors import ResultError, UsageError
from hotspots.model import Incidents, Period, Wards
from hotspots.profile import Profile
from hotspots.results import Result, words
from hotspots.results.density import density_bands
from hotspots.results.notes import make_notes
from hotspots.results.places import PeriodIncidents, Test, find_places
from hotspots.results.tables import cell_table, ward_table
from hotspots.taxonomy import Category
from hotspots.taxonomy import category as category_of

#: From this share of incidents on repeated points on, the points are said to be moved ones.
SNAPPED_SHARE = 0.8
#: The usual count of the place in the sentence that says what the change map would have needed.
USUAL_EXAMPLE = 2.0


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
        If the period or category is not one, or incidents and wards are in different CRS.
    ResultError
        If there are no incidents of the category, or none are known for that period.
    """
    profile = profile or Profile()
    span = period if isinstance(period, Period) else Period.parse(period)
    kind = category_of(category)
    _check_crs(incidents, wards)
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
    totals["moved"] = totals["snapped_share"] >= SNAPPED_SHARE or _published(incidents, chosen)
    return Result(
        hotspots=places,
        wards=ward_table(wards, chosen.area["ward"].to_numpy(), span),
        cells=cell_table(columns, grid, wards),
        density=density_bands(reach, wards, profile, kind.density, span.days),
        period=span,
        category=kind.code,
        totals=totals,
        notes=make_notes(totals, span, kind, profile),
        provenance=_provenance(incidents, wards, profile, span, kind),
    )


def _check_crs(incidents: Incidents, wards: Wards) -> None:
    if CRS.from_user_input(incidents.crs) != CRS.from_user_input(wards.crs):
        raise UsageError(
            f"Incidents and wards must be in one CRS; got {incidents.crs} and {wards.crs}: read "
            "both with the same."
        )


def _select(
    incidents: Incidents, wards: Wards, profile: Profile, period: Period, kind: Category
) -> Selection:
    frame = incidents.frame
    of_kind = frame[frame["category"].isin(kind.members)]
    if of_kind.empty:
        raise ResultError(
            f"There must be incidents of category {kind.code!r}; none is loaded: add a file that "
            "has them, or ask for another category."
        )
    first, last = incidents.span or _known_span(frame, of_kind)
    start, end = pd.Timestamp(period.start), pd.Timestamp(period.end)
    if start > last or end <= first:
        raise ResultError(
            f"A period must lie within the data, {first:%Y-%m-%d} to {last:%Y-%m-%d} for "
            f"{kind.label}; got {period.id}: ask for one within, or add the files."
        )
    known = incidents.months if incidents.months is not None else _known_months(frame, of_kind)
    if not period.months & known:
        raise ResultError(
            f"A period must have incidents of some kind loaded; {period.label} has none between "
            f"{first:%Y-%m-%d} and {last:%Y-%m-%d}: add its files, or ask for another period."
        )
    now = _between(of_kind, start, end)
    by_month = (of_kind["precision"] == "month") & (of_kind["starts_at"] < end)
    if not period.whole_months and (by_month & (of_kind["ends_at"] >= start)).any():
        raise ResultError(
            f"These incidents are known by month only; got {period.id}: ask for whole months, "
            f"such as {period.start:%Y-%m}."
        )
    history, periods = _history(of_kind, period, profile, first, known)
    ward = wards.assign(now[["x", "y"]].to_numpy())
    return Selection(
        now=now,
        area=now.assign(ward=ward)[ward >= 0],
        history=history[wards.assign(history[["x", "y"]].to_numpy()) >= 0],
        history_periods=periods,
        outside=int((ward < 0).sum()),
        complete=bool(end <= last + pd.Timedelta(days=slack_days(period))),
        data_from=first,
        data_to=last,
    )


def _known_span(frame: pd.DataFrame, of_kind: pd.DataFrame) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return from when to when the files are known that carry the agencies of these incidents."""
    agencies = frame["agency"].isin(of_kind["agency"].unique())
    known = frame[frame["file"].isin(frame.loc[agencies, "file"].unique())]
    known_to = known["ends_at"].where(known["precision"] == "month", known["starts_at"])
    return known["starts_at"].min(), known_to.max()


def _known_months(frame: pd.DataFrame, of_kind: pd.DataFrame) -> frozenset[tuple[int, int]]:
    """Return the months in which the agencies of these incidents have any incident."""
    days = frame.loc[frame["agency"].isin(of_kind["agency"].unique()), "starts_at"]
    pairs = zip(days.dt.year, days.dt.month, strict=True)
    return frozenset((int(year), int(month)) for year, month in set(pairs))


def slack_days(period: Period) -> int:
    """Return how many days without any incident may begin or end a period that is known whole.

    The first and last days of a file need not have an incident: a tenth of the period, at most
    a week.
    """
    return min(max(1, period.days // 10), 7)


def _between(frame: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    return frame[(frame["starts_at"] >= start) & (frame["starts_at"] < end)]


def _history(
    frame: pd.DataFrame,
    period: Period,
    profile: Profile,
    first: pd.Timestamp,
    known: frozenset[tuple[int, int]],
) -> tuple[pd.DataFrame, int]:
    """Return the incidents of the whole periods before, and how many of these are known.

    A period of which a month has no incident of any kind is not known: it is no quiet period.
    """
    wanted = _periods_wanted(period, profile.history_months)
    periods = 0
    while periods < wanted:
        earlier = period.back(periods + 1)
        if pd.Timestamp(earlier.start) + pd.Timedelta(days=slack_days(earlier)) < first:
            break
        periods += 1
    earlier_ones = [period.back(step) for step in range(1, periods + 1)]
    oldest = earlier_ones[-1].start if earlier_ones else period.start
    kept = sum(earlier.months <= known for earlier in earlier_ones)
    return _between(frame, pd.Timestamp(oldest), pd.Timestamp(period.start)), kept


def _periods_wanted(period: Period, months: int) -> int:
    """Return how many periods of this length make so many months: 12 months, 52 weeks, 1 year."""
    if not period.whole_months:
        return max(1, int(months * 30.4375 / period.days))
    length = (period.end.year - period.start.year) * 12 + period.end.month - period.start.month
    return max(1, months // length)


@lru_cache(maxsize=8)
def _grid(wards: Wards, cell_size_m: float) -> Grid:
    return Grid.cover(wards.study_area, cell_size_m)


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
    if chosen.history_periods:
        change = change_test(counts, before, profile.distance_m, profile.cell_size_m, grid.mask)
        usual = before * (counts.sum() / max(int(before.sum()), 1))
        tests.append(
            Test(
                "worse",
                change.p_value,
                change.p_adjusted,
                change.local_sum,
                change.usual,
                usual,
            )
        )
        columns["usual"] = change.usual
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
    half = disc_half_widths(profile.distance_m, profile.cell_size_m)
    block = int((2 * half + 1).sum())
    tested, history = int(grid.mask.sum()), int(before.sum())
    in_cells = int(counts.sum())
    return {
        "incidents": len(chosen.area),
        "outside": chosen.outside,
        "border": int((points.cell < 0).sum()),
        "cells": tested,
        "needed_concentrated": needed_to_concentrate(counts[grid.mask], block, profile.alpha),
        "needed_worse": needed_to_change(
            USUAL_EXAMPLE, in_cells, history, periods, tested, profile.alpha
        )
        if periods
        else None,
        "usual": len(chosen.history) / periods if periods else None,
        "history_periods": periods,
        "history_incidents": history,
        "snapped_share": float(repeated),
        "snapped_points": len(known.drop_duplicates()),
        "data_from": chosen.data_from.date().isoformat(),
        "data_to": chosen.data_to.date().isoformat(),
        "complete": chosen.complete,
        "area_km2": tested * (profile.cell_size_m / 1000) ** 2,
    }


def _published(incidents: Incidents, chosen: Selection) -> bool:
    """Return whether most of these incidents come from data.police.uk, which moves every point."""
    names = {file.name for file in incidents.files if file.source == "police-uk"}
    return bool(chosen.area["file"].isin(names).mean() > 0.5) if len(chosen.area) else False


def _provenance(
    incidents: Incidents,
    wards: Wards,
    profile: Profile,
    period: Period,
    kind: Category,
) -> dict[str, Any]:
    notices = sorted({*incidents.notices, *([wards.notice] if wards.notice else [])})
    residents = wards.frame["population"].to_numpy(dtype="float64").tobytes()
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
            "residents_sha256": hashlib.sha256(residents).hexdigest(),
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
