"""Back-tests of hardly anything: what is unknown stays unknown, and nothing is better than it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import shapely

from hotspots.clustering import Grid
from hotspots.validation import Report, Scored, plan_of, report_of, run
from hotspots.validation.history import History
from hotspots.validation.method import MethodKind
from hotspots.validation.methods import METHODS
from hotspots.validation.past import Past

AREA = shapely.box(0, 0, 2_999, 2_999)
EDGES = np.datetime64("2020-01-06") + np.arange(61) * np.timedelta64(7, "D")
NAMES = ("default", "counts-52", "kde-nrd-52", "gi-star-300-52")


class NoHotSpots:
    """Ranks by own counts, and never calls a place hot."""

    def score(self, past: Past) -> Scored:
        return Scored(past.total(0.0, 0), np.zeros(past.cells, dtype=bool))


def judged(
    xy: np.ndarray, period: Sequence[int], area: shapely.Polygon = AREA, *more: MethodKind
) -> Report:
    """Return the report of the last twenty of sixty weeks."""
    when = np.asarray(period, dtype=np.intp)
    history = History(np.reshape(xy, (-1, 2)), when, when + 1, EDGES, area, "made up")
    grid = Grid.cover(area, 250, touching=True)
    methods, plan = [*(METHODS[name] for name in NAMES), *more], plan_of(history, 40)
    return report_of(history, methods, plan, run(history, grid, methods, plan))


def even(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 2_999, (n, 2))


@pytest.mark.parametrize("period", [[], [*range(30)]], ids=["no incident", "none in the test part"])
def test_without_incidents_to_judge_by_nothing_is_known(period: list[int]) -> None:
    report = judged(even(len(period)), period)
    measures = ["area", "hit_rate_2", "pai_2", "pei_star_2"]
    table = report.table(*measures)
    ends = [name + end for name in measures for end in ("", "_low", "_high")]
    assert table[ends].isna().all().all()
    assert report.periods()["area"].isna().all()
    compared = report.compare("default")
    assert set(compared["verdict"]) == {"no clear difference"}
    assert compared["difference"].isna().all()


@pytest.mark.parametrize("period", [[45], [45, 45, 45, 52]])
def test_few_periods_with_incidents_have_no_interval(period: list[int]) -> None:
    report = judged(even(len(period)), period)
    assert set(report.compare("counts-52")["verdict"]) == {"no clear difference"}
    found = report.value("default", "area")
    assert found.value > 0
    assert np.isnan([found.low, found.high]).all()


def test_all_incidents_in_one_square() -> None:
    report = judged(np.full((60, 2), 777.0), range(60))
    for name in ("default", "counts-52"):
        found = report.value(name, "hit_rate_1")
        assert (found.low, found.value, found.high) == (1, 1, 1)
    assert report.difference("counts-52", "default").verdict() == "no clear difference"


def test_a_study_area_of_one_square() -> None:
    """Whatever is marked is everything: nothing can be better than anything."""
    area = shapely.box(1, 1, 99, 99)
    report = judged(np.full((60, 2), 50.0), range(60), area)
    assert (report.table("area", "pai_2")[["area", "pai_2"]] == 1).all().all()
    assert set(report.compare("default")["verdict"]) == {"no clear difference"}


def test_an_empty_half_of_the_history_is_no_obstacle() -> None:
    rng = np.random.default_rng(1)
    report = judged(even(300), rng.integers(30, 60, 300).tolist())
    assert report.value("counts-52", "area").value == pytest.approx(0.10, abs=0.04)


def test_hot_spots_that_are_none_hold_none_and_have_no_pai() -> None:
    none = MethodKind("none", "None", "", "", NoHotSpots)
    report = judged(even(300), (np.arange(300) % 60).tolist(), AREA, none)
    assert report.value("none", "hot_hit_rate").value == 0
    assert report.value("none", "hot_area_share").value == 0
    for measure in ("hot_pai", "hot_pei_star", "hot_rri"):
        assert np.isnan(report.value("none", measure).value)


def test_a_hundred_thousand_incidents_are_all_judged() -> None:
    period = np.random.default_rng(2).integers(0, 60, 100_000)
    report = judged(even(100_000), period.tolist())
    assert report.incidents == (period >= 40).sum()
    assert report.value("counts-52", "pai_2").value == pytest.approx(1, abs=0.15)
