"""One use case: incidents, wards, a profile, a period and a category in; a result out."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import hotspots
from hotspots.clustering import Grid, forecast, kde
from hotspots.clustering.needed import needed_to_change, needed_to_concentrate
from hotspots.clustering.weights import band_half_widths
from hotspots.model import Incidents, Period, Wards
from hotspots.profile import Profile
from hotspots.quality import Finding, touching
from hotspots.quality.faulty import faulty_months
from hotspots.questions import ask
from hotspots.results import Result
from hotspots.results.density import density_bands
from hotspots.results.notes import make_notes
from hotspots.results.places import PeriodIncidents, find_places
from hotspots.results.tables import cell_table, ward_table
from hotspots.selection import Selection, check_crs, of_category, select
from hotspots.taxonomy import Category, breaks_said
from hotspots.taxonomy import category as category_of

#: From this share of incidents on repeated points on, the points are said to be moved ones.
SNAPPED_SHARE = 0.8
#: The usual count of the place in the sentence that says what the change map would have needed.
USUAL_EXAMPLE = 2.0


def find_hotspots(
    incidents: Incidents,
    wards: Wards,
    profile: Profile | None = None,
    *,
    period: str | Period,
    category: str,
    findings: Sequence[Finding] = (),
) -> Result:
    """Find where incidents of a category are concentrated, and where they are worse than usual.

    Parameters
    ----------
    incidents : Incidents
        In the wards' CRS. Those outside the wards count only in the density map and in what is
        expected next, where their kernels reach in; all others are counted in cells and wards.
    wards : Wards
        Their union is the study area.
    profile : Profile, optional
        The default profile if None.
    period : str or Period
        For example "2021-06" (see ``Period.parse``).
    category : str
        A category or total of the taxonomy.
    findings : sequence of Finding, optional
        What ``hotspots.quality.examine`` found wrong with the data; the result carries those that
        touch it.

    Returns
    -------
    Result
        Its tables are in the wards' CRS. A period without incidents has no hot spots; one of
        which nothing is known is refused, for that is not the same.

    Raises
    ------
    UsageError
        If the period or category is not one, or incidents and wards are in different CRS.
    ResultError
        If there are no incidents of the category, none are known for that period, or the
        population baseline is asked for and a ward has no residents.
    """
    profile = profile or Profile()
    span = period if isinstance(period, Period) else Period.parse(period)
    kind = category_of(category)
    check_crs(incidents, wards)
    found = touching(findings, span, kind.code)
    faulty = faulty_months(findings, kind.code)
    chosen = select(incidents, wards, profile, span, kind, faulty)
    grid = study_grid(wards, profile.cell_size_m)
    counts = grid.counts(chosen.area[["x", "y"]].to_numpy())
    before = grid.counts(chosen.history[["x", "y"]].to_numpy())
    tests, columns = ask(counts, before if chosen.history_periods else None, grid, wards, profile)
    points = PeriodIncidents(
        location=chosen.area["location"].to_numpy(dtype=object),
        ward=chosen.area["ward"].to_numpy(dtype=np.intp),
        cell=grid.index(chosen.area[["x", "y"]].to_numpy()),
    )
    reach = chosen.now[["x", "y"]].to_numpy()
    columns["intensity_per_km2"] = kde(
        reach,
        grid,
        profile.bandwidth_m,
        profile.kernel,
        edge=profile.edge,
        study_area=wards.study_area,
    )
    columns["expected_next"] = expected_next(incidents, chosen, kind, span, grid, profile)
    places, further = find_places(
        tests, counts, points, grid, wards, profile, columns["expected_next"]
    )
    totals = _totals(chosen, counts, before, grid, points, set(places["question"]), profile)
    totals["moved"] = totals["snapped_share"] >= SNAPPED_SHARE or _published(incidents, chosen)
    return Result(
        hotspots=places,
        wards=ward_table(wards, chosen.area["ward"].to_numpy(), span),
        cells=cell_table(columns, grid, wards),
        density=density_bands(reach, wards, profile, kind.density, span.days),
        period=span,
        category=kind.code,
        totals=totals,
        notes=(*make_notes(totals, span, kind, profile), *_breaks(chosen, incidents, span, kind)),
        provenance=_provenance(incidents, wards, profile, span, kind, found),
        findings=found,
        further=further,
    )


@lru_cache(maxsize=8)
def study_grid(wards: Wards, cell_size_m: float) -> Grid:
    """Return the grid of the wards' study area, the same object each time."""
    return Grid.cover(wards.study_area, cell_size_m)


def expected_next(
    incidents: Incidents,
    chosen: Selection,
    kind: Category,
    period: Period,
    grid: Grid,
    profile: Profile,
) -> NDArray[np.float64]:
    """Return what each cell should expect in a period of this length that follows it.

    Every incident of the category up to the period's end counts, those outside the wards too: a
    kernel reaches in. An incident is as old as the middle of the time in which it happened; of
    one known by month only, that is the middle of its month.
    """
    frame, end = incidents.frame, pd.Timestamp(period.end)
    past = frame[of_category(frame, kind) & (frame["starts_at"] < end)]
    starts, ends = (past[name].to_numpy("datetime64[us]") for name in ("starts_at", "ends_at"))
    # an end that is not known (NaT) gives way to the start
    ends = np.fmin(np.fmax(starts, ends), end.to_datetime64())
    age = (end.to_datetime64() - (starts + (ends - starts) / 2)) / np.timedelta64(1, "W")
    known = (end - chosen.data_from) / pd.Timedelta(weeks=1)
    return forecast(
        past[["x", "y"]].to_numpy(dtype=np.float64),
        age,
        grid,
        weeks=period.days / 7,
        history_weeks=max(known, float(age.max(initial=0.0))),
        maps=[
            (m.bandwidth_m, math.inf if m.half_life_weeks is None else m.half_life_weeks, m.weight)
            for m in profile.forecast
        ],
        prior_incidents=profile.prior_incidents,
    ).expected


def _totals(
    chosen: Selection,
    counts: NDArray[np.int64],
    before: NDArray[np.int64],
    grid: Grid,
    points: PeriodIncidents,
    listed: set[str],
    profile: Profile,
) -> dict[str, Any]:
    periods = chosen.history_periods
    known = pd.concat([chosen.area[["x", "y"]], chosen.history[["x", "y"]]])
    repeated = known.duplicated(keep=False).mean() if len(known) >= 50 else 0.0
    half = band_half_widths(profile.distance_m, profile.cell_size_m, profile.band)
    block = int((2 * half + 1).sum())
    tested, history = int(grid.mask.sum()), int(before.sum())
    in_cells = int(counts.sum())
    return {
        "incidents": len(chosen.area),
        "outside": chosen.outside,
        "border": int((points.cell < 0).sum()),
        "cells": tested,
        # said where nothing is listed; under another null it depends on the place
        "needed_concentrated": needed_to_concentrate(counts[grid.mask], block, profile.alpha)
        if profile.null == "randomization" and "concentrated" not in listed
        else None,
        "needed_worse": needed_to_change(
            USUAL_EXAMPLE, in_cells, history, periods, tested, profile.alpha
        )
        if periods and "worse" not in listed
        else None,
        "usual": len(chosen.history) / periods if periods else None,
        "history": profile.history,
        "history_periods": periods,
        "history_incidents": history,
        "snapped_share": float(repeated),
        "snapped_points": _shared_points(known, len(chosen.area)),
        "data_from": chosen.data_from.date().isoformat(),
        "data_to": chosen.data_to.date().isoformat(),
        "complete": chosen.complete,
        "area_km2": tested * (profile.cell_size_m / 1000) ** 2,
    }


def _breaks(
    chosen: Selection, incidents: Incidents, period: Period, kind: Category
) -> tuple[str, ...]:
    """Say where a change of recording lies between the period and what it is compared with."""
    if chosen.history_from is None:
        return ()
    whose = {str(agency) for agency in chosen.area["agency"].dropna().unique()}
    if any(file.source == "police-uk" for file in incidents.files):
        whose.add("data.police.uk")
    return breaks_said(kind.code, chosen.history_from, period.end, whose)


def _shared_points(known: pd.DataFrame, now: int) -> int:
    """Return at how many points with other incidents the period's (the first rows) stand."""
    shared = known.duplicated(keep=False).to_numpy()[:now]
    return len(known.iloc[:now][shared].drop_duplicates())


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
    found: Sequence[Finding],
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
        "seed": profile.seed if profile.null == "permutation" else None,
        # what is wrong with the data can depend on the day (an incident dated tomorrow), and is
        # said wherever the result is: another finding makes another run
        "findings": [finding.as_dict() for finding in found],
    }
    # the same inputs, settings and findings give the same run: its name is their digest
    text = json.dumps(about, sort_keys=True).encode("utf-8")
    return {"run": hashlib.sha256(text).hexdigest()[:12], **about}
