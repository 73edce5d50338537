"""Chance maps stay quiet at the default settings, and planted places are found."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots import demo
from hotspots.analysis import find_hotspots
from hotspots.clustering import gi_star
from hotspots.model import WARD_COLUMNS, Incidents, Wards
from hotspots.profile import Profile
from hotspots.results import Result

SEEDS = 100
LAST_MONTH, LAST_YEAR = "2026-09", "2025-10..2026-09"


def _incidents(frame: pd.DataFrame) -> Incidents:
    filled = frame.assign(
        source_category=frame["category"], precision="minute", file="generated", row=0
    )
    return Incidents(filled)


@cache
def _wards() -> Wards:
    frame = demo.generate(changes=False).wards.assign(vintage=demo.VINTAGE)
    return Wards(frame[list(WARD_COLUMNS)], demo.VINTAGE, notice=demo.NOTICE)


@cache
def _demo() -> tuple[Incidents, dict[str, list[dict[str, object]]]]:
    made = demo.generate()
    return _incidents(made.incidents), made.truth


@cache
def _result(period: str, category: str) -> Result:
    return find_hotspots(_demo()[0], _wards(), period=period, category=category)


def _holds(result: Result, question: str, place: dict[str, object]) -> bool:
    rows = result.hotspots[result.hotspots["question"] == question]
    return bool(rows.geometry.contains(shapely.Point(place["x"], place["y"])).any())


@pytest.mark.parametrize("period", [LAST_MONTH, LAST_YEAR])
def test_every_strong_place_lies_in_a_hot_region(period: str) -> None:
    strong = [p for p in _demo()[1]["standing"] if p["strength"] == "strong"]
    assert len(strong) >= 6
    missed = [
        p["id"]
        for p in strong
        if not _holds(_result(period, str(p["category"])), "concentrated", p)
    ]
    assert missed == []


def test_every_change_that_still_runs_is_worse_than_usual() -> None:
    running = [c for c in _demo()[1]["changes"] if str(c["end"]) >= "2026-09-30"]
    assert len(running) >= 2
    for change in running:
        assert _holds(_result(LAST_MONTH, str(change["category"])), "worse", change)


@pytest.mark.slow
@pytest.mark.parametrize("category", ["asb", "vehicle_crime"])
def test_at_most_six_of_a_hundred_years_without_changes_are_worse(category: str) -> None:
    alarms = 0
    for seed in range(SEEDS):
        made = demo.generate(seed, changes=False)
        result = find_hotspots(
            _incidents(made.incidents), _wards(), period=LAST_MONTH, category=category
        )
        assert result.totals["history_periods"] == 12
        alarms += bool((result.hotspots["question"] == "worse").any())
    assert alarms <= 6


def _alarms(null: str) -> int:
    profile = Profile()
    alarms = 0
    for seed in range(SEEDS):
        cells = np.random.default_rng(seed).integers(0, 8_000, 60)
        counts = np.bincount(cells, minlength=8_000).reshape(80, 100)
        found = gi_star(counts, profile.distance_m, profile.cell_size_m, null=null)  # type: ignore[arg-type]
        alarms += bool((found.p_adjusted <= profile.alpha).any())
    return alarms


def test_at_most_six_of_a_hundred_chance_maps_show_a_hot_cell() -> None:
    assert _alarms(Profile().null) <= 6


def test_the_normal_tail_would_fail_this() -> None:
    # the reason for the default, and the proof that the test above can fail
    assert _alarms("normal") >= 90
