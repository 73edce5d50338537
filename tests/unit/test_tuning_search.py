"""Tuning's search: scikit-learn's conventions, sizes of cells, own hot spots, and hostile data."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import shapely
from sklearn.utils.estimator_checks import check_estimator

from hotspots.cli.tune import tune as command
from hotspots.clustering import Grid
from hotspots.profile import Profile
from hotspots.validation import plan_of, report_of, run
from hotspots.validation.history import History
from hotspots.validation.measures import cells_of
from hotspots.validation.methods import of_profile
from hotspots.validation.sums import MEASURES as REPORTED
from hotspots.validation.tuning import MEASURES, ForecastMaps, Space, tune
from hotspots.validation.tuning.shared import Kept
from tests.unit.test_tuning import AREA, BASE, EDGES, SMALL, made_up, table

Array = np.ndarray

COUNTS = ({"bandwidth_m": 0, "half_life_weeks": None},)


def history_of(xy: Array, period: Any, known: Any = None, area: Any = AREA) -> History:
    when = np.asarray(period, dtype=np.intp)
    later = when + 1 if known is None else np.asarray(known, dtype=np.intp)
    return History(np.asarray(xy, dtype=float), when, later, EDGES, area, "made up")


# ---- scikit-learn's conventions


class AnyColumns(ForecastMaps):
    """Makes periods of the first column, so that the checks' own data can be given."""

    def _columns(self, rows: Array) -> Array:
        if rows.shape[1] < 2:
            return super()._columns(rows)
        return np.column_stack([rows[:, :2], np.floor(3 * np.abs(rows[:, 0])) % 5])


def test_the_conventions_of_scikit_learn_hold() -> None:
    results = check_estimator(AnyColumns(), on_fail=None, on_skip=None)
    failed = {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"}
    assert failed == {}
    assert sum(r["status"] == "passed" for r in results) > 35


# ---- sizes of cells


def tight_spots() -> History:
    """Six houses, three incidents each and period; nothing else in their 250 m squares."""
    rng = np.random.default_rng(0)
    spots = np.array([[150, 150], [950, 450], [1650, 850], [450, 1750], [2350, 1950], [1250, 2650]])
    xy = np.repeat(spots[None], 60, axis=0).repeat(3, axis=1) + rng.normal(0, 10, (60, 18, 2))
    return history_of(xy.reshape(-1, 2), np.repeat(np.arange(60), 18))


def wide_spot() -> History:
    """One incident a period anywhere in one square kilometre: small squares know next to none."""
    rng = np.random.default_rng(0)
    return history_of(rng.uniform(1_000, 2_000, (60, 2)), np.arange(60))


@pytest.mark.parametrize(
    ("history", "measure", "best"),
    [(tight_spots(), "hit_rate_1", 100), (wide_spot(), "hit_rate_10", 500)],
)
def test_the_size_of_cells_that_catches_more_is_best(
    history: History, measure: str, best: float
) -> None:
    base = Profile(name="ours", forecast=COUNTS, cell_size_m=250)
    space = Space(families=("counts",), half_life_weeks=(None,), cell_sizes_m=(100.0, 500.0))
    found = tune(history, base, space, measure, neighbourhood=False, halving=False)
    scores = found.table.set_index("cell_size_m")["score"]
    assert scores.idxmax() == best
    # what is chosen may be the base, where it is within one standard error
    assert found.chosen.cell_size_m in (250, best)


def test_sizes_of_cells_are_compared_at_the_same_share_of_the_area() -> None:
    X = table(made_up())
    areas, inside = [], shapely.box(0, 0, 2_999, 2_999)
    for size in (100.0, 250.0):
        fitted = ForecastMaps(cell_size_m=size, study_area=inside).fit(X[X[:, 2] < 50])
        cells = fitted.judged(X[X[:, 2] >= 50], own_hot_spots=False)[0].cells
        areas.append(cells_of(0.1, cells) * size**2)
    assert areas == pytest.approx([0.1 * AREA.area] * 2, rel=0.03)


# ---- one name a measure, and one value


def test_measures_are_those_of_reports() -> None:
    assert set(MEASURES) <= set(REPORTED)


@pytest.mark.parametrize(("late", "prior"), [(False, None), (True, 3.0)])
def test_scores_are_those_of_a_back_test(late: bool, prior: float | None) -> None:
    """Every measure, own hot spots included: the same figure as the report of the same maps."""
    history = made_up(late=late)
    profile = Profile(cell_size_m=250, distance_m=400, prior_incidents=prior)
    grid = Grid.cover(AREA, 250, touching=True)
    kinds, plan = [of_profile(profile, "base", "Base")], plan_of(history, 40)
    report = report_of(history, kinds, plan, run(history, grid, kinds, plan))
    X = table(history)
    maps = [(m.bandwidth_m, m.half_life_weeks, m.weight) for m in profile.forecast]
    fitted = ForecastMaps(maps, prior_incidents=prior, study_area=AREA, edges=EDGES)
    fitted.fit(X[X[:, 2] < 40])
    for name, measure in MEASURES.items():
        assert measure(fitted, X[X[:, 2] >= 40]) == pytest.approx(
            report.value("base", name).value, rel=1e-9
        )


@pytest.mark.parametrize("said", ["pei-star-2", "pei_star_2"])
def test_the_command_line_takes_dashes_for_underscores(said: str) -> None:
    given = ["--category", "asb", "--measure", said]
    assert command.make_context("tune", given).params["measure"] in MEASURES


def test_no_value_is_not_nought() -> None:
    """A rule so strict that nothing is marked has no PAI: the table leaves it open."""
    rng = np.random.default_rng(0)
    history = history_of(rng.uniform(0, 3_000, (120, 2)), np.repeat(np.arange(60), 2))
    base = Profile(distance_m=300, alpha=1e-9)
    found = tune(history, base, SMALL).neighbourhood
    assert found is not None
    unmarked = found.candidates["score"].isna()
    assert unmarked.any()
    assert not (found.candidates["score"] == 0).all()
    assert math.isnan(found.figure.value) or found.figure.value >= 0
    assert not found.recommended


# ---- the search


def test_halving_and_every_map_agree_where_one_is_clearly_best() -> None:
    history = made_up()
    poor = Profile(name="ours", forecast=({"bandwidth_m": 3_000, "half_life_weeks": 1},))
    space = Space(
        families=("counts", "counts and kernels"), reach_m=(300.0,), half_life_weeks=(1.0, None)
    )
    fast, full = (
        tune(history, poor, space, held_out=5, halving=halving, neighbourhood=False)
        for halving in (True, False)
    )
    assert fast.chosen == full.chosen
    assert fast.figure == full.figure
    assert len(fast.rungs) > len(full.rungs) == 1


def test_threads_change_nothing_and_count_every_step() -> None:
    history, steps = made_up(), []
    one = tune(history, BASE, SMALL, neighbourhood=False)
    many = tune(history, BASE, SMALL, neighbourhood=False, n_jobs=4, progress=steps.append)
    assert one.table.drop(columns="seconds").equals(many.table.drop(columns="seconds"))
    assert sorted(s.done for s in steps) == list(range(1, steps[0].of + 1))


def test_what_is_kept_stays_within_its_bytes() -> None:
    kept = Kept(most_bytes=8_000)
    for i in range(100):
        kept.get(("map", i), lambda: np.zeros(100))
    assert kept._bytes <= 8_000 + 800
    assert kept._bytes == sum(x.nbytes for x in kept._found.values())


# ---- nothing from the future


def test_what_became_known_in_the_held_out_part_chooses_nothing() -> None:
    """Half of what happened earlier at a new place is recorded late: the search cannot see it."""
    history = made_up()
    early = np.arange(20, 45)
    spot = np.tile([[1_500.0, 300.0]], (len(early), 1))
    late = history_of(
        np.vstack([history.xy, spot]),
        np.concatenate([history.period, early]),
        np.concatenate([history.known, np.full(len(early), 50)]),
    )
    one, two = (tune(h, BASE, SMALL, neighbourhood=False) for h in (history, late))
    assert one.held_out == two.held_out == (45, 59)
    assert one.chosen == two.chosen
    assert one.table.drop(columns="seconds").equals(two.table.drop(columns="seconds"))


@pytest.mark.parametrize("maps", ["counts and kernels", "mixture"])
def test_a_later_fold_does_not_reach_an_earlier_map(maps: str) -> None:
    """The place that all move to in period 50 is in no map before: the first origins are alike."""
    history = made_up()
    X, other = table(history), table(history)
    other[other[:, 2] >= 50, :2] = 1_500.0
    found = []
    for rows in (X, other):
        fitted = ForecastMaps(maps, study_area=AREA, edges=EDGES).fit(rows[rows[:, 2] < 40])
        found.append(fitted.judged(rows[rows[:, 2] >= 40]))
    assert found[0][:10] == found[1][:10]
    # and the first map after the move is the old one: the new place is not yet hot
    alike = [(row.hot_cells, row.hot_before, row.before) for row in (found[0][10], found[1][10])]
    assert alike[0] == alike[1]
    assert found[1][10].area < found[1][12].area


# ---- hostile data


@pytest.mark.parametrize(
    ("xy", "period", "area"),
    [
        ([[777.0, 777.0]] * 60, range(60), AREA),
        ([[50.0, 50.0]] * 60, range(60), shapely.box(0, 0, 100, 100)),
        ([[100.0, 100.0], [100.0, 100.0], [90.0, 90.0]], [0, 30, 59], AREA),
    ],
    ids=["one cell has all", "an area of one cell", "three incidents"],
)
def test_little_to_learn_from_recommends_the_base(xy: Any, period: Any, area: Any) -> None:
    history = history_of(np.array(xy), list(period), area=area)
    try:
        found = tune(history, BASE, SMALL)
    except Exception as error:
        assert type(error).__name__ == "UsageError", repr(error)
        return
    assert found.profile.forecast == BASE.forecast
    assert found.verdict.startswith("no better")
