"""What a profile's settings would show and what they cost, quickly: for who is choosing them.

A preview is the part of ``find_hotspots`` that depends on the settings and can be drawn: no names,
no density map, no test against the past. It marks the same squares.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspots.analysis import expected_next, study_grid
from hotspots.clustering import Grid
from hotspots.clustering.needed import needed_to_concentrate
from hotspots.clustering.outlines import cell_outlines
from hotspots.clustering.weights import band_half_widths
from hotspots.consequences import Consequences, sentences
from hotspots.errors import UsageError
from hotspots.model import Incidents, Period, Wards
from hotspots.profile import CLASSES, ForecastMap, Profile
from hotspots.questions import ask
from hotspots.results.further import regions_at
from hotspots.selection import Selection, check_crs, of_category, select
from hotspots.taxonomy import category as category_of
from hotspots.validation.measures import cells_of

Array = NDArray[np.float64]
Cells = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Preview:
    """The squares that a profile marks.

    Attributes
    ----------
    grid : Grid
        The squares; arrays below have its shape.
    share : float
        Of the study area's squares that ``best`` holds.
    best : ndarray of bool
        The squares where most is expected next, as many as ``share`` says.
    expected_next : ndarray
        Incidents expected in the coming period of the same length; NaN outside the study area.
    strength : ndarray of object
        "very clear", "clear", "possible" or "no evidence", by Gi* of the period.
    hot : ndarray of bool
        Squares that Gi* marks at the profile's ``alpha``.
    outlines : tuple of shapely Polygon or MultiPolygon
        The hot spots, metres in the workspace's CRS.
    incidents : int
        In the period and the study area.
    """

    grid: Grid
    share: float
    best: Cells
    expected_next: Array
    strength: NDArray[np.object_]
    hot: Cells
    outlines: tuple[Any, ...]
    incidents: int

    def classes(self) -> dict[str, Cells]:
        """Return the squares of each class, the strongest first."""
        return {name: self.strength == name for name in CLASSES}


@dataclass(frozen=True)
class Agreement:
    """How far two maps mark the same ground.

    Attributes
    ----------
    both, of : int
        Squares marked on both, and on the second; None where their squares differ.
    share : float
        Of the second map's marked area that the first marks too; NaN where it marks nothing.
    """

    both: int | None
    of: int | None
    share: float


def preview(
    incidents: Incidents,
    wards: Wards,
    profile: Profile,
    period: Period,
    category: str,
    share: float = 0.02,
) -> Preview:
    """Return the squares that a profile would mark: those of ``find_hotspots``, and nothing else.

    Parameters
    ----------
    incidents : Incidents
        In the wards' CRS. Objects that are given again are not read again.
    wards : Wards
        Their union is the study area.
    profile : Profile
    period : Period
    category : str
        A category or total of the taxonomy.
    share : float
        Of the squares, above 0 to 1. Of squares that expect the same the southernmost come first,
        then the westernmost.

    Raises
    ------
    UsageError
        If the share is out of range, or as ``find_hotspots``.
    ResultError
        As ``find_hotspots``.
    """
    if not 0 < share <= 1:
        raise UsageError(f"The share of the area must be above 0 and at most 1; got {share!r}.")
    grid, counts, chosen = _counted(incidents, wards, profile, period, category)
    _, columns = ask(counts, None, grid, wards, profile)
    expected = _expected_of(
        incidents,
        wards,
        period,
        category,
        profile.cell_size_m,
        profile.forecast,
        profile.prior_incidents,
    )
    p_adjusted = columns["gi_star_p_adjusted"]
    regions = regions_at(profile.alpha, p_adjusted, counts, grid, profile)
    return Preview(
        grid=grid,
        share=share,
        best=_best(expected, grid, share),
        expected_next=expected,
        strength=columns["concentrated"],
        hot=np.nan_to_num(p_adjusted, nan=1.0) <= profile.alpha,
        outlines=tuple(cell_outlines(regions, grid).values()),
        incidents=len(chosen.area),
    )


def agreement(first: Preview, second: Preview, marked: str = "best") -> Agreement:
    """Return how far two previews mark the same ground; ``marked`` is "best" or "hot"."""
    one, two = (getattr(each, marked) & each.grid.mask for each in (first, second))
    if _same_squares(first.grid, second.grid):
        both, of = int((one & two).sum()), int(two.sum())
        return Agreement(both, of, both / of if of else math.nan)
    here, there = (
        cell_outlines(cells.astype(np.int64), each.grid).get(1, shapely.Polygon())
        for cells, each in ((one, first), (two, second))
    )
    area = float(there.area)
    return Agreement(None, None, float(there.intersection(here).area) / area if area else math.nan)


def centres_marked(here: Preview, other: Preview, marked: str = "best") -> Cells:
    """Return which squares of ``here`` have their centre in a square that ``other`` marks."""
    flat = other.grid.index(here.grid.centres.reshape(-1, 2)).reshape(here.grid.shape)
    theirs = (getattr(other, marked) & other.grid.mask).ravel()
    found: Cells = (flat >= 0) & theirs[np.maximum(flat, 0)]
    return found


def consequences(
    incidents: Incidents, wards: Wards, profile: Profile, period: Period, category: str
) -> Consequences:
    """Return what a profile's settings do, in numbers and in words; parameters as ``preview``."""
    grid, counts, chosen = _counted(incidents, wards, profile, period, category)
    half = band_half_widths(profile.distance_m, profile.cell_size_m, profile.band)
    block, squares = int((2 * half + 1).sum()), int(grid.mask.sum())
    kernels = [m.bandwidth_m for m in profile.forecast if m.bandwidth_m > 0]
    reach = min(kernels, default=0.0)
    age = _ages(incidents, wards, period, category)
    needed = (
        needed_to_concentrate(counts[grid.mask], block, profile.alpha)
        if profile.null == "randomization"
        else None
    )
    figures: dict[str, Any] = {
        "squares": squares,
        "incidents": len(chosen.area),
        "per_square": len(chosen.area) / squares,
        "block": block,
        "reach_squares": math.pi * reach**2 / profile.cell_size_m**2,
        "known": len(age),
        "effective": _effective(age, profile),
        "needed": needed,
        "density_points": int(study_grid(wards, profile.density_cell_size_m).mask.sum()),
        "history_periods": chosen.history_periods,
        "history_incidents": len(chosen.history),
    }
    made = Consequences(**figures, said=())
    return replace(made, said=sentences(made, profile, period))


# -- what is read once --------------------------------------------------------------------------


def _counted(
    incidents: Incidents, wards: Wards, profile: Profile, period: Period, category: str
) -> tuple[Grid, NDArray[np.int64], Selection]:
    check_crs(incidents, wards)
    chosen = _selected(incidents, wards, period, category, profile.history, profile.history_months)
    grid = study_grid(wards, profile.cell_size_m)
    return grid, grid.counts(chosen.area[["x", "y"]].to_numpy()), chosen


@lru_cache(maxsize=16)
def _selected(
    incidents: Incidents, wards: Wards, period: Period, category: str, history: Any, months: int
) -> Selection:
    looks = Profile(history=history, history_months=months)
    return select(incidents, wards, looks, period, category_of(category))


@lru_cache(maxsize=16)
def _ages(incidents: Incidents, wards: Wards, period: Period, category: str) -> Array:
    """Return the weeks from each incident in the study area to the end of the period."""
    frame, end = incidents.frame, pd.Timestamp(period.end)
    kind = category_of(category)
    past = frame[of_category(frame, kind) & (frame["starts_at"] < end)]
    inside = past[wards.assign(past[["x", "y"]].to_numpy(dtype=np.float64)) >= 0]
    starts = inside["starts_at"].to_numpy("datetime64[us]")
    seconds = (end.to_datetime64() - starts).astype("timedelta64[s]").astype(np.float64)
    weeks: Array = seconds / 604_800
    return weeks


@lru_cache(maxsize=8)
def _expected_of(
    incidents: Incidents,
    wards: Wards,
    period: Period,
    category: str,
    cell_size_m: float,
    maps: tuple[ForecastMap, ...],
    prior_incidents: float | None,
) -> Array:
    profile = Profile(cell_size_m=cell_size_m, forecast=maps, prior_incidents=prior_incidents)
    chosen = _selected(incidents, wards, period, category, "last", 1)
    grid = study_grid(wards, cell_size_m)
    return expected_next(incidents, chosen, category_of(category), period, grid, profile)


def _best(expected: Array, grid: Grid, share: float) -> Cells:
    rows = np.flatnonzero(grid.mask)
    order = np.argsort(-expected.ravel()[rows], kind="stable")
    out = np.zeros(expected.size, dtype=np.bool_)
    out[rows[order[: cells_of(share, rows.size)]]] = True
    return out.reshape(expected.shape)


def _same_squares(one: Grid, two: Grid) -> bool:
    return (one.x0, one.y0, one.cell_size_m, one.shape) == (
        two.x0,
        two.y0,
        two.cell_size_m,
        two.shape,
    )


def _effective(age: Array, profile: Profile) -> float:
    """Return the decayed number of incidents, averaged over the forecast's maps."""
    weights = np.array([m.weight for m in profile.forecast])
    counts = [
        len(age) if m.half_life_weeks is None else float(np.exp2(-age / m.half_life_weeks).sum())
        for m in profile.forecast
    ]
    return float(weights @ np.array(counts) / weights.sum())
