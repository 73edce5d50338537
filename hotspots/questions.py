"""The questions asked of the grid: where is it concentrated, where is it worse than usual."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotspots.clustering import Grid, change_test, gi_star
from hotspots.errors import ResultError
from hotspots.model import Wards
from hotspots.profile import Profile
from hotspots.results import words
from hotspots.results.places import Test
from hotspots.results.tables import cell_wards


def ask(
    counts: NDArray[np.int64],
    before: NDArray[np.int64] | None,
    grid: Grid,
    wards: Wards,
    profile: Profile,
) -> tuple[list[Test], dict[str, NDArray[Any]]]:
    """Return the tests that make hot spots, and the columns they give the cell table.

    ``before`` is None where there is no history: then only concentration can be asked about.
    """
    baseline = _residents(grid, wards) if profile.baseline == "population" else None
    gi = gi_star(
        counts,
        profile.distance_m,
        profile.cell_size_m,
        grid.mask,
        profile.null,
        expected=baseline,
        permutations=profile.permutations,
        seed=profile.seed,
        adjustment=profile.adjustment,
        band=profile.band,
    )
    share = grid.mask / grid.mask.sum() if baseline is None else baseline / np.nansum(baseline)
    even = np.where(grid.mask, counts[grid.mask].sum() * share, np.nan)
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
    if before is None:
        return tests, columns | _no_history(grid)
    worse, change = _against_history(counts, before, grid, profile)
    return [*tests, worse], columns | change


def _against_history(
    counts: NDArray[np.int64], before: NDArray[np.int64], grid: Grid, profile: Profile
) -> tuple[Test, dict[str, NDArray[Any]]]:
    worse = change_test(
        counts,
        before,
        profile.distance_m,
        profile.cell_size_m,
        grid.mask,
        adjustment=profile.adjustment,
        band=profile.band,
    )
    better = change_test(
        counts,
        before,
        profile.distance_m,
        profile.cell_size_m,
        grid.mask,
        alternative="less",
        adjustment=profile.adjustment,
        band=profile.band,
    )
    usual = before * (counts.sum() / max(int(before.sum()), 1))
    test = Test("worse", worse.p_value, worse.p_adjusted, worse.local_sum, worse.usual, usual)
    return test, {
        "usual": worse.usual,
        "change_p": worse.p_value,
        "change_p_adjusted": worse.p_adjusted,
        "worse": _classes(worse.p_adjusted, profile),
        "better": _classes(better.p_adjusted, profile),
    }


def _no_history(grid: Grid) -> dict[str, NDArray[Any]]:
    unknown = np.full(grid.shape, np.nan)
    none = np.full(grid.shape, "no history", dtype=object)
    return {
        "usual": unknown,
        "change_p": unknown,
        "change_p_adjusted": unknown,
        "worse": none,
        "better": none,
    }


def _residents(grid: Grid, wards: Wards) -> NDArray[np.float64]:
    """Return residents a cell: those of its ward, spread evenly over the ward's cells."""
    residents = wards.frame["population"].to_numpy(dtype=np.float64)
    lacking = ~(np.isfinite(residents) & (residents > 0))
    if lacking.any():
        name = wards.labels[int(np.flatnonzero(lacking)[0])]
        raise ResultError(
            f"The population baseline needs the residents of every ward, above 0; {name} has none: "
            'add a population file, or take baseline = "area".'
        )
    ward = cell_wards(wards, grid)
    cells = np.bincount(ward[ward >= 0], minlength=len(residents))
    surface = np.where(ward >= 0, (residents / np.maximum(cells, 1))[ward], 0.0)
    centres = grid.centres[grid.mask]
    for small in np.flatnonzero(cells == 0):
        # a ward without the centre of a cell: its residents go to the nearest one
        point = wards.frame.geometry.iloc[int(small)].representative_point()
        nearest = np.hypot(*(centres - [point.x, point.y]).T).argmin()
        surface[nearest] += residents[small]
    out = np.full(grid.shape, np.nan)
    out[grid.mask] = surface
    return out


def _classes(p_adjusted: NDArray[np.float64], profile: Profile) -> NDArray[Any]:
    level = np.searchsorted(profile.class_limits, np.nan_to_num(p_adjusted, nan=1.0), side="left")
    return np.array(
        [words.strength(limit, profile.class_limits) for limit in (*profile.class_limits, 1.0)],
        dtype=object,
    )[level]
