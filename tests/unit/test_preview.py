"""Previews mark what a run would mark; consequences are counted again by other means."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
import pytest
import shapely

from hotspots import find_hotspots
from hotspots.clustering.tails import sum_tail
from hotspots.errors import ResultError, UsageError
from hotspots.model import Incidents, Period, Wards
from hotspots.preview import agreement, centres_marked, consequences, preview
from hotspots.profile import ForecastMap, Profile
from tests.support import a_year_with_a_flare_up, nine_wards

PROFILES = {
    "default": Profile(),
    "small squares": Profile(cell_size_m=150, distance_m=300, alpha=0.1),
    "one wide map": Profile(forecast=(ForecastMap(bandwidth_m=900, half_life_weeks=None),)),
    "other chance": Profile(null="binomial", baseline="population", band="square"),
}


@cache
def area() -> tuple[Incidents, Wards]:
    return a_year_with_a_flare_up(), nine_wards()


def period() -> Period:
    incidents, _ = area()
    last = incidents.frame["starts_at"].max()
    return Period.month(last.year, last.month)


@pytest.mark.parametrize("name", PROFILES)
def test_a_preview_marks_the_squares_of_a_run(name: str) -> None:
    incidents, wards = area()
    profile = PROFILES[name]
    result = find_hotspots(incidents, wards, profile, period=period(), category="asb")
    shown = preview(incidents, wards, profile, period(), "asb", share=0.05)
    inside = shown.grid.mask
    assert shown.strength[inside].tolist() == result.cells["concentrated"].tolist()
    expected = result.cells["expected_next"].to_numpy()
    np.testing.assert_array_equal(shown.expected_next[inside], expected)
    hot = result.hotspots[result.hotspots["question"] == "concentrated"]
    assert shapely.equals(
        shapely.union_all(list(shown.outlines)), shapely.union_all(hot.geometry.to_numpy())
    )
    assert len(shown.outlines) == len(hot) > 0
    best = np.sort(expected)[::-1][: round(0.05 * len(expected))]
    assert sorted(shown.expected_next[shown.best], reverse=True) == best.tolist()


def test_what_is_kept_between_previews_is_not_another_ones() -> None:
    incidents, wards = area()
    first = preview(incidents, wards, Profile(), period(), "asb")
    preview(incidents, wards, Profile(cell_size_m=500), period(), "asb")
    few = replace(incidents, frame=incidents.frame.iloc[::3].reset_index(drop=True))
    fewer = preview(few, wards, Profile(), period(), "asb")
    again = preview(incidents, wards, Profile(), period(), "asb")
    np.testing.assert_array_equal(first.expected_next, again.expected_next)
    assert np.nansum(fewer.expected_next) < np.nansum(first.expected_next)
    assert fewer.incidents < first.incidents == again.incidents


def test_of_squares_that_expect_the_same_the_southernmost_come_first() -> None:
    incidents, wards = area()
    own = Profile(forecast=(ForecastMap(bandwidth_m=0),), prior_incidents=None)
    shown = preview(incidents, wards, own, period(), "asb", share=1)
    assert (shown.best == shown.grid.mask).all()
    most = preview(incidents, wards, own, period(), "asb", share=0.9)
    values, inside = most.expected_next[most.grid.mask], most.best[most.grid.mask]
    assert (values[~inside] == 0).all()  # those left out are the last of the empty ones
    assert np.flatnonzero(~inside).min() > np.flatnonzero(inside & (values == 0)).max()


@pytest.mark.parametrize("share", [0, -0.1, 1.01, math.nan])
def test_a_share_out_of_range_is_refused(share: float) -> None:
    incidents, wards = area()
    with pytest.raises(UsageError, match="above 0 and at most 1"):
        preview(incidents, wards, Profile(), period(), "asb", share=share)


def test_a_period_without_data_is_refused_as_by_a_run() -> None:
    incidents, wards = area()
    for ask in (preview, consequences):
        with pytest.raises(ResultError, match="A period must lie within the data"):
            ask(incidents, wards, Profile(), Period.month(2031, 1), "asb")


def test_maps_of_the_same_squares_agree_by_squares() -> None:
    incidents, wards = area()
    one = preview(incidents, wards, Profile(), period(), "asb", share=0.02)
    two = preview(incidents, wards, Profile(), period(), "asb", share=0.05)
    found = agreement(one, two)
    assert (found.both, found.of) == (one.best.sum(), two.best.sum())
    assert found.share == one.best.sum() / two.best.sum()
    same = agreement(one, one)
    assert (same.both, same.share) == (same.of, 1)
    np.testing.assert_array_equal(centres_marked(one, two), two.best)


def test_maps_of_other_squares_agree_by_ground() -> None:
    incidents, wards = area()
    fine = preview(incidents, wards, Profile(cell_size_m=100), period(), "asb")
    coarse = preview(incidents, wards, Profile(cell_size_m=250), period(), "asb")
    found = agreement(coarse, fine)
    assert found.both is None

    def boxes(shown: object) -> list[tuple[float, float, float]]:
        rows, cols = np.nonzero(shown.best)  # type: ignore[attr-defined]
        grid = shown.grid  # type: ignore[attr-defined]
        size = grid.cell_size_m
        at = zip(rows, cols, strict=True)
        return [(grid.x0 + c * size, grid.y0 + r * size, size) for r, c in at]

    shared = sum(
        max(0.0, min(a + s, b + t) - max(a, b)) * max(0.0, min(c + s, d + t) - max(c, d))
        for (a, c, s), (b, d, t) in product(boxes(fine), boxes(coarse))
    )
    assert found.share == pytest.approx(shared / (fine.best.sum() * 100**2))


def test_consequences_are_what_can_be_counted() -> None:
    incidents, wards = area()
    lives = (ForecastMap(bandwidth_m=0, half_life_weeks=26), ForecastMap(bandwidth_m=250))
    profile = Profile(forecast=lives, distance_m=500)
    found = consequences(incidents, wards, profile, period(), "asb")
    frame = incidents.frame
    inside = shapely.intersects_xy(wards.study_area, frame[["x", "y"]].to_numpy())
    in_period = (frame["starts_at"].dt.to_period("M").astype(str) == period().id).to_numpy()
    assert found.squares == 36 * 36  # 9 km of 250 m
    assert found.incidents == (inside & in_period).sum()
    assert found.per_square == pytest.approx(found.incidents / 1296)
    # offsets whose centres lie within 500 m: 13 of 250 m squares
    assert found.block == sum(math.hypot(x, y) <= 2 for x in range(-2, 3) for y in range(-2, 3))
    assert found.reach_squares == pytest.approx(math.pi)  # a radius of one square
    assert found.known == inside.sum()
    end = np.datetime64(period().end)
    age = ((end - frame["starts_at"].to_numpy()[inside]) / np.timedelta64(1, "s")) / 604_800
    both = [np.exp2(-age / life).sum() for life in (26, 104)]
    assert found.effective == pytest.approx(np.mean(both))
    assert found.density_points == 90 * 90
    assert found.history_periods == 12


def test_so_many_incidents_are_enough_and_one_fewer_is_not() -> None:
    incidents, wards = area()
    found = consequences(incidents, wards, Profile(), period(), "asb")
    assert found.needed is not None
    shown = preview(incidents, wards, Profile(), period(), "asb")
    frame = incidents.frame
    mine = frame[frame["starts_at"].dt.to_period("M").astype(str) == period().id]
    counts = shown.grid.counts(mine[["x", "y"]].to_numpy())[shown.grid.mask]
    sums = np.array([found.needed, found.needed - 1])
    upper, _ = sum_tail(counts, sums, np.array([9, 9]))
    assert upper[0] <= 0.05 / counts.size < upper[1]


def test_each_setting_says_one_sentence_with_its_figures() -> None:
    incidents, wards = area()
    said = {
        one.setting: one.says
        for one in consequences(incidents, wards, Profile(), period(), "asb").said
    }
    assert said["cell_size_m"].startswith("1,296 squares; ")
    assert said["distance_m"] == "9 squares with its own are one neighbourhood."
    assert said["alpha"].startswith("At most 1 in 20 hot squares is chance. ")
    assert "about 5 squares round it, and thinly as far as 4,800 m" in said["reach_m"]
    assert said["prior_incidents"].endswith("where the maps expect 2 is ranked as one with 4.3.")
    alone = consequences(incidents, wards, Profile(distance_m=100), period(), "asb")
    assert "each stands alone" in next(o.says for o in alone.said if o.setting == "distance_m")


def test_nothing_is_said_that_is_not_known() -> None:
    incidents, wards = area()
    first = incidents.frame["starts_at"].min()
    start = Period.month(first.year, first.month)
    profile = Profile(null="binomial", forecast=(ForecastMap(bandwidth_m=0, half_life_weeks=None),))
    found = consequences(incidents, wards, profile, start, "asb")
    said = {one.setting: one.says for one in found.said}
    assert found.needed is None
    assert "depends on the place" in said["alpha"]
    assert said["history_months"].startswith("Nothing earlier is known")
    assert said["reach_m"] == "Nothing reaches beyond its own square."
    assert said["half_life_weeks"].endswith("count alike: slow to notice change.")
