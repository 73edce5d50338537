"""Tuning: splits in time, the estimator against the back-test, and what a search may see."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.model_selection import TimeSeriesSplit

from hotspots.clustering import Grid
from hotspots.errors import UsageError
from hotspots.profile import Profile
from hotspots.validation.backtest import plan_of, run
from hotspots.validation.history import History
from hotspots.validation.method import MethodKind
from hotspots.validation.methods.kernels import Averaged
from hotspots.validation.tuning import MEASURES, ForecastMaps, Space, TimeOrderedSplit, tune
from hotspots.validation.tuning.families import maps_of
from hotspots.validation.tuning.rolling import spread_origins
from hotspots.validation.tuning.rounds import rounds_of

AREA = shapely.box(0, 0, 3_000, 3_000)
EDGES = np.datetime64("2020-01-06") + np.arange(61) * np.timedelta64(7, "D")
SMALL = Space(families=("counts", "counts and kernels"), reach_m=(300.0,), half_life_weeks=(52.0,))
BASE = Profile()


def made_up(periods: int = 60, seed: int = 0, late: bool = False) -> History:
    """Eight incidents a week round two places, and four anywhere; some known late."""
    rng = np.random.default_rng(seed)
    spots = rng.choice([[700.0, 800.0], [2_200.0, 2_100.0]], (periods, 8)) + rng.normal(
        0, 120, (periods, 8, 2)
    )
    xy = np.concatenate([spots, rng.uniform(0, 3_000, (periods, 4, 2))], axis=1).reshape(-1, 2)
    period = np.repeat(np.arange(periods), 12)
    known = period + 1 + (rng.integers(0, 3, len(period)) if late else 0)
    return History(
        xy, period, np.minimum(known, periods + 1), EDGES[: periods + 1], AREA, "made up"
    )


def table(history: History) -> np.ndarray:
    return np.column_stack([history.xy, history.period, history.known]).astype(float)


@given(
    st.lists(st.integers(0, 11), min_size=12, max_size=60),
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(0, 2),
)
def test_training_is_always_before_testing(
    periods: list[int], n_splits: int, test_periods: int, gap: int
) -> None:
    period = np.array([*range(12), *periods])
    X = np.column_stack([period * 0, period * 0, period])
    seen = []
    for train, test in TimeOrderedSplit(n_splits, test_periods, gap).split(X):
        assert period[train].max() < period[test].min() - gap
        assert np.isin(period, period[test]).sum() == len(test)
        seen.extend(np.unique(period[test]))
    assert seen == list(range(12 - n_splits * test_periods, 12))


@pytest.mark.parametrize("gap", [0, 2])
def test_one_incident_a_period_is_scikit_learns_split(gap: int) -> None:
    X = np.column_stack([np.zeros(20), np.zeros(20), np.arange(20)])
    theirs = TimeSeriesSplit(3, test_size=4, gap=gap).split(X)
    for ours, other in zip(TimeOrderedSplit(3, 4, gap).split(X), theirs, strict=True):
        np.testing.assert_array_equal(ours[0], other[0])
        np.testing.assert_array_equal(ours[1], other[1])


@pytest.mark.parametrize("late", [False, True])
def test_the_estimator_judges_as_the_back_test(late: bool) -> None:
    history = made_up(late=late)
    X, grid = table(history), Grid.cover(AREA, 250, touching=True)
    maps = maps_of(BASE)
    kind = MethodKind("base", "", "", "", lambda: Averaged(maps))
    expected = run(history, grid, [kind], plan_of(history, 40))
    estimator = ForecastMaps(maps, study_area=AREA, edges=EDGES).fit(X[X[:, 2] < 40])
    found = estimator.judged(X[X[:, 2] >= 40], own_hot_spots=False)
    assert [row.origin for row in found] == [row.origin for row in expected]
    np.testing.assert_allclose([r.area for r in found], [r.area for r in expected], rtol=1e-12)
    pooled = sum(r.area for r in expected) / sum(r.incidents for r in expected)
    assert estimator.score(X[X[:, 2] >= 40]) == pytest.approx(pooled, rel=1e-12)


def test_a_copy_has_the_same_settings_and_score() -> None:
    X = table(made_up())
    one = ForecastMaps("mixture", study_area=AREA).fit(X[X[:, 2] < 50])
    other = clone(one).fit(X[X[:, 2] < 50])
    assert other.get_params()["maps"] == "mixture"
    assert other.maps_ == one.maps_
    assert other.score(X[X[:, 2] >= 50]) == one.score(X[X[:, 2] >= 50]) > 0.3


def test_spread_origins_end_with_the_last() -> None:
    assert spread_origins(5, 9, None) == [5, 6, 7, 8, 9]
    assert spread_origins(1, 12, 3) == [4, 8, 12]
    assert spread_origins(1, 12, 1) == [12]


@given(st.integers(1, 200), st.integers(1, 60))
def test_rounds_shrink_and_end_near_all_origins(settings: int, most: int) -> None:
    rounds = rounds_of(settings, most)
    assert rounds[0][0] == settings
    assert most / 3 < rounds[-1][1] <= most
    assert all(a[0] > b[0] and a[1] * 3 == b[1] for a, b in pairwise(rounds))


def test_the_held_out_part_takes_no_part_in_the_choice() -> None:
    """Other incidents in it: the same choice and table, another figure."""
    history = made_up()
    moved = history.xy.copy()
    late = history.period >= 45
    moved[late] = np.random.default_rng(9).uniform(0, 3_000, (late.sum(), 2))
    other = History(moved, history.period, history.known, EDGES, AREA)
    one, two = (tune(h, BASE, SMALL, neighbourhood=False) for h in (history, other))
    assert one.held_out == two.held_out == (45, 59)
    assert one.chosen == two.chosen
    timeless = one.table.drop(columns="seconds")
    assert timeless.equals(two.table.drop(columns="seconds"))
    assert two.figure.value < one.figure.value


def test_a_search_repeats_and_says_how_far_it_is() -> None:
    steps: list = []
    history = made_up()
    one = tune(history, BASE, SMALL, seed=3, progress=steps.append)
    two = tune(history, BASE, SMALL, seed=3, n_jobs=2)
    assert (one.why, one.profile, one.difference) == (two.why, two.profile, two.difference)
    for title in ("Forecast maps", "Neighbourhood"):
        mine = [s for s in steps if s.words == title]
        assert mine[-1].done == mine[-1].of == len(mine)


@pytest.mark.parametrize("halving", [True, False])
def test_settings_drawn_at_random_are_so_many(halving: bool) -> None:
    found = tune(made_up(), BASE, held_out=5, candidates=4, halving=halving, neighbourhood=False)
    assert len(found.table) == found.rungs[0].settings == 4
    assert (len(found.rungs) > 1) == halving


def test_a_poor_base_is_beaten_and_a_good_one_kept() -> None:
    """Maps that forget within days against all history, where places never change."""
    history = made_up()
    poor = Profile(name="ours", forecast=({"bandwidth_m": 3_000, "half_life_weeks": 1},))
    found = tune(history, poor, SMALL, neighbourhood=False)
    assert found.verdict == "better"
    assert found.difference.low > 0
    assert found.profile == found.chosen
    assert found.profile.name == "tuned"
    kept = tune(history, found.profile, SMALL, neighbourhood=False)
    assert kept.verdict == "no better than the approved one"
    assert kept.profile == found.profile


def test_measures_of_one_map_by_hand() -> None:
    """12 incidents, 6 of them in the best 2 % of 100 cells; own hot spots hold 3 in 5 cells."""
    history = made_up()
    X = table(history)
    row = ForecastMaps(study_area=AREA).fit(X[X[:, 2] < 59]).judged(X[X[:, 2] == 59])[0]
    row = row._replace(
        incidents=12, hits=(3.0, 6.0, 9.0, 12.0), best=(4.0, 8.0, 12.0, 12.0), area=5.0,
        hot_cells=5, hot_hits=3.0,
    )  # fmt: skip
    row = row._replace(cells=100)
    expected = {"area": 5 / 12, "hit_rate_1": 0.25, "hit_rate_2": 0.5, "hit_rate_5": 0.75,
                "hit_rate_10": 1.0, "pai_1": 25.0, "pai_2": 25.0, "pai_5": 15.0, "pai_10": 10.0,
                "pei_star_1": 0.75, "pei_star_2": 0.75, "pei_star_5": 0.75, "pei_star_10": 1.0,
                "hot_hit_rate": 0.25, "hot_pai": 5.0}  # fmt: skip
    assert set(expected) == set(MEASURES)
    for name, value in expected.items():
        assert MEASURES[name].pooled([row]) == pytest.approx(value)
    nothing = row._replace(hot_cells=0, hot_hits=0.0)
    assert np.isnan(MEASURES["hot_pai"].pooled([nothing]))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda: tune(made_up(), BASE, measure="luck"), "measure"),
        (lambda: tune(made_up(), BASE, measure="hot_pai"), "neighbourhood"),
        (lambda: tune(made_up(2), BASE), "longer history"),
        (lambda: tune(made_up(), BASE, held_out=60), "longer history"),
        (lambda: Space(families=("magic",)), "family"),
        (lambda: ForecastMaps(maps=[]).fit(table(made_up())), "at least one map"),
        (lambda: ForecastMaps().fit([[0, 0]]), "columns"),
        (lambda: ForecastMaps().fit([[0, 0, 0.5]]), "whole numbers"),
        (lambda: TimeOrderedSplit(0), "n_splits"),
        (lambda: list(TimeOrderedSplit(3, 9).split(table(made_up(9)))), "periods"),
    ],
)
def test_refusals_are_sentences(wrong: object, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        wrong()  # type: ignore[operator]
