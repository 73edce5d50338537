"""The benchmarks that measure false alarms and power say what they should on small runs."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom, binomtest

from benchmarks import calibration, power
from benchmarks.chance_maps import (
    AREA,
    BASELINE,
    CHANGE,
    HISTORY,
    NORMAL,
    RANDOMIZATION,
    Alarms,
    Null,
    Setting,
    ask_all,
    chance_map,
    too_many,
    town_baseline,
    wilson,
)
from hotspots.clustering.getis_ord import gi_star
from hotspots.clustering.grid import Grid

SEEDS = 20
#: A null that alarms on 6 % of the maps alarms on more of 20 than this once in 1,000 times.
MOST = int(binom.ppf(0.999, SEEDS, 0.06))


def _alarms(setting: Setting, *nulls: Null) -> dict[Null, Alarms]:
    return ask_all(setting, range(SEEDS), nulls)


def test_chance_is_not_hot_for_the_exact_tail_and_is_for_the_normal() -> None:
    found = _alarms(Setting(100), RANDOMIZATION, AREA, NORMAL)
    assert found[RANDOMIZATION].with_alarm <= MOST
    assert found[AREA].with_alarm <= MOST
    assert found[NORMAL].with_alarm == SEEDS
    assert found[NORMAL].hot_cells > 100 * SEEDS
    assert found[RANDOMIZATION].cells == SEEDS * 8_000


def test_only_a_null_that_is_told_of_the_towns_is_quiet_about_them() -> None:
    found = _alarms(Setting(400, towns=True), BASELINE, RANDOMIZATION, AREA)
    assert found[BASELINE].with_alarm <= MOST
    assert found[RANDOMIZATION].with_alarm == SEEDS
    assert found[AREA].hot_cells > found[RANDOMIZATION].hot_cells


def test_a_short_history_is_a_bad_baseline_and_a_good_history() -> None:
    found = _alarms(Setting(100, towns=True), CHANGE, HISTORY)
    assert found[CHANGE].with_alarm <= MOST
    assert found[HISTORY].with_alarm > MOST


def test_maps_repeat_and_differ_between_seeds() -> None:
    for towns in (False, True):
        setting = Setting(400, towns)
        first, again, other = (chance_map(setting, seed) for seed in (1, 1, 2))
        assert first.counts.sum() == 400
        np.testing.assert_array_equal(first.counts, again.counts)
        assert (first.counts != other.counts).any()


def test_the_towns_hold_eight_in_ten() -> None:
    share = town_baseline(80, 100)
    assert share.sum() == pytest.approx(1)
    assert share.min() * share.size >= 0.2 - 1e-12
    assert (share - 0.2 / share.size).sum() == pytest.approx(0.8)


@pytest.mark.parametrize(("hits", "trials"), [(0, 20), (1, 20), (37, 1_000), (500, 500)])
def test_wilson_equals_scipy(hits: int, trials: int) -> None:
    theirs = binomtest(hits, trials).proportion_ci(method="wilson")
    assert wilson(hits, trials) == pytest.approx((theirs.low, theirs.high), abs=1e-7)


def test_many_maps_are_judged_by_the_share_and_few_by_the_interval() -> None:
    assert not too_many(60, 1_000)
    assert too_many(61, 1_000)
    assert not too_many(2, 20)
    assert too_many(6, 20)


def test_shuffles_agree_with_the_chance_of_one_cell() -> None:
    # three of ten cells hold an incident: a place of one cell is hit by 3 in 10 shuffles, one of
    # two cells holds both of its own with chance 3/10 * 2/9
    counts = np.array([1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
    near = np.array([[0, -1], [4, 9]])
    task = (counts, near, np.array([1.0, 2.0]), 20_000, 7)
    hits = calibration.shuffle_hits(task)
    for number, chance in zip(hits, (0.3, 1 / 15), strict=True):
        assert binomtest(int(number), 20_000, chance).pvalue > 1e-4
    assert counts.tolist() == [1, 1, 1, 0, 0, 0, 0, 0, 0, 0]


def _ways(counts: NDArray[np.int64], draws: int, at_least: int) -> Fraction:
    """Return the chance that so many cells hold as many, by counting the draws in whole numbers."""
    ways: list[Counter[int]] = [Counter({0: 1}), *(Counter() for _ in range(draws))]
    for value, copies in Counter(counts.tolist()).items():
        longer: list[Counter[int]] = [Counter() for _ in ways]
        for drawn, sums in enumerate(ways):
            for more in range(min(copies, draws - drawn) + 1):
                for total, number in sums.items():
                    longer[drawn + more][total + value * more] += number * math.comb(copies, more)
        ways = longer
    high = sum(number for total, number in ways[draws].items() if total >= at_least)
    return Fraction(high, math.comb(counts.size, draws))


def test_the_exact_tail_of_the_real_map_is_the_count_of_its_draws(reference: Path) -> None:
    counts, mask = calibration.read_real_map(reference / "asb_2021_06_grid250.csv.gz")
    found = gi_star(counts, 400.0, 250.0, mask)
    for cell in calibration.ten_cells(found.z_score):
        draws, total = (int(a[mask][cell]) for a in (found.neighbours, found.local_sum))
        counted = float(_ways(counts[mask], draws, total))
        assert found.p_value[mask][cell] == pytest.approx(counted, rel=1e-13)


def test_the_change_test_sees_a_month_that_moved() -> None:
    mask = np.ones((10, 10), dtype=bool)
    cell = np.arange(1_300) % 100
    month = np.arange(1_300) // 100
    assert all(calibration.alarming_cells(cell, month, mask, now) == 0 for now in (0, 12))
    moved = np.where(month == 12, 55, cell)
    assert calibration.alarming_cells(moved, month, mask, 12) >= 9


def test_without_real_data_the_command_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("HOTSPOTS_REAL_DATA", str(tmp_path / "none"))
    monkeypatch.setattr("sys.argv", ["calibration.py", "--seeds", "1", "--processes", "1"])
    code, said = calibration.main(), capsys.readouterr().out
    assert "set HOTSPOTS_REAL_DATA" in said
    assert (code == 1) == ("FAILED" in said)
    assert (code == 0) == ("All requirements hold." in said)


# --- planted places ------------------------------------------------------------------------------


def _grid() -> Grid:
    return Grid(0.0, 0.0, 250.0, np.ones((power.ROWS, power.COLS), dtype=bool))


@pytest.mark.parametrize("towns", [False, True])
def test_places_are_apart_and_off_the_edge(towns: bool) -> None:
    for seed in range(5):
        at = power.plant(np.random.default_rng(seed), power.background(towns))
        away = np.hypot(*(at[:, None] - at).transpose(2, 0, 1))
        assert away[np.triu_indices(len(at), 1)].min() >= power.APART_M
        assert at.min() >= power.FROM_EDGE_M
        assert (np.array([17_500, 10_000]) - at).min() >= power.FROM_EDGE_M


def test_a_place_is_as_many_times_as_dense_as_was_asked() -> None:
    rng = np.random.default_rng(3)
    share, setting = power.background(False), power.Setting(False, 500.0, 200_000, 3.0)
    centres = power.plant(rng, share)
    xy = power.draw(rng, share, centres, setting)
    away = np.hypot(*(xy[:, None] - centres).transpose(2, 0, 1)).min(axis=1)
    area = power.PLACES * np.pi * 500.0**2
    expected = 3 * area / (3 * area + 17_500 * 10_000 - area)
    assert len(xy) == 200_000
    assert binomtest(int((away <= 500).sum()), 200_000, expected).pvalue > 1e-4


def test_a_report_is_right_only_at_a_place() -> None:
    grid = _grid()
    made = power.make_map(power.Setting(False, 500.0, 800, 5.0), 0, grid)
    everywhere, nowhere = np.ones(grid.shape, dtype=bool), np.zeros(grid.shape, dtype=bool)
    assert (made.inside.any(axis=0) <= made.touching).all()
    all_of_it = power.score(everywhere, made, made.touching)
    assert (all_of_it.found, all_of_it.with_false) == (power.PLACES, 1)
    assert all_of_it.right == made.touching.sum()
    nothing = power.score(nowhere, made, made.touching)
    assert (nothing.cells, nothing.found, nothing.with_false, nothing.false_share) == (0, 0, 0, 0)
    places_only = power.score(made.inside.any(axis=0), made, made.touching)
    assert (places_only.found, places_only.with_false) == (power.PLACES, 0)


def test_strong_places_are_found_and_density_is_never_quiet() -> None:
    scores = power.score_maps((power.Setting(False, 500.0, 2_000, 5.0), range(5)))
    exact = scores[RANDOMIZATION.label]
    assert exact.found >= 20
    assert exact.right >= power.RIGHT * exact.cells
    quiet = power.score_maps((power.Setting(False, 250.0, 200, 1.0), range(5)))
    assert quiet[power.KDE].with_false == 5
    assert quiet[power.KDE].cells == 5 * 140
    assert quiet[RANDOMIZATION.label].places == 0
