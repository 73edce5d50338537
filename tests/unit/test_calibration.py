"""Chance maps stay quiet at the default settings."""

from __future__ import annotations

import numpy as np

from hotspots.clustering import gi_star
from hotspots.profile import Profile

SEEDS = 100


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
