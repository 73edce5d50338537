"""Two periods or categories side by side, against counting by hand and scipy's tests."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, false_discovery_control, hypergeom

from hotspots import find_hotspots, read_incidents, read_wards
from hotspots.meeting.comparing import Side, place_changes
from hotspots.meeting.counts import (
    CLEAR,
    Change,
    Counts,
    State,
    by_chance,
    count_in_wards,
    say_change,
    state_in,
    state_in_wards,
    total_change,
    ward_changes,
    ward_mixes,
)
from hotspots.model import Incidents, Period
from hotspots.selection import extent_of, within
from hotspots.taxonomy import category
from tests.support import SIDE, X0, Y0, a_year_with_a_flare_up, incidents_at, nine_wards, scattered

ASB = category("asb")
DECEMBER, JANUARY = Period.parse("2023-12"), Period.parse("2024-01")
FEW = st.lists(st.integers(0, 60), min_size=1, max_size=12)


def counts(by_ward: list[int], period: Period = JANUARY, state: State = "known") -> Counts:
    return Counts(period, np.array(by_ward, dtype=np.int64), state)


@pytest.fixture(scope="module")
def flare_up() -> Incidents:
    incidents = a_year_with_a_flare_up()
    last = pd.Timestamp(2024, 1, 31, 23)
    return replace(incidents, span=(pd.Timestamp(2023, 1, 1), last))


def side(incidents: Incidents, period: Period, **counted: object) -> Side:
    wards = nine_wards()
    result = find_hotspots(incidents, wards, period=period, category="asb")
    return Side(result, count_in_wards(incidents, wards, period, ASB, **counted))  # type: ignore[arg-type]


# -- counting -------------------------------------------------------------------------------------


def test_counts_are_those_of_a_plain_loop(flare_up: Incidents) -> None:
    found = count_in_wards(flare_up, nine_wards(), DECEMBER, ASB)
    by_hand = [0] * 9
    for row in flare_up.frame.itertuples():
        if (row.starts_at.year, row.starts_at.month) == (2023, 12):
            by_hand[int((row.x - X0) // SIDE) + 3 * int((row.y - Y0) // SIDE)] += 1
    assert found.by_ward.tolist() == by_hand
    assert found.total == sum(by_hand) > 100
    assert found.state == "known"


def test_other_categories_are_not_counted(flare_up: Incidents) -> None:
    assert count_in_wards(flare_up, nine_wards(), DECEMBER, category("drugs")).state == "missing"


@pytest.mark.parametrize("period", ["2022-12", "2024-03"])
def test_a_period_outside_the_data_is_missing_not_quiet(flare_up: Incidents, period: str) -> None:
    found = count_in_wards(flare_up, nine_wards(), Period.parse(period), ASB)
    assert found.state == "missing"
    assert found.total is None


def test_a_month_that_misses_incidents_is_known_in_part(flare_up: Incidents) -> None:
    found = count_in_wards(flare_up, nine_wards(), DECEMBER, ASB, {(2023, 12)})
    assert found.state == "part"
    assert found.total == count_in_wards(flare_up, nine_wards(), DECEMBER, ASB).total
    other = count_in_wards(flare_up, nine_wards(), DECEMBER, ASB, {(2023, 11)})
    assert other.state == "known"


def test_no_incidents_in_a_month_that_misses_them_are_no_data() -> None:
    rng = np.random.default_rng(2)
    xy, when = scattered(rng, 200, datetime(2023, 1, 1), 59)
    late, after = scattered(rng, 200, datetime(2023, 4, 1), 30)
    drugs = incidents_at(*scattered(rng, 20, datetime(2023, 3, 1), 30), category="drugs")
    asb = incidents_at(np.vstack([xy, late]), [*when, *after])
    both = Incidents(pd.concat([asb.frame, drugs.frame], ignore_index=True), files=asb.files)
    march = Period.parse("2023-03")
    assert count_in_wards(both, nine_wards(), march, ASB).total == 0
    assert count_in_wards(both, nine_wards(), march, ASB, {(2023, 3)}).total is None


@pytest.mark.parametrize("period", ["2022-12", "2023-03", "2023-12", "2024-01", "2024-03"])
@pytest.mark.parametrize("faulty", [(), {(2023, 3), (2024, 1)}])
def test_what_is_known_is_told_without_counting(
    flare_up: Incidents, period: str, faulty: Collection[tuple[int, int]]
) -> None:
    asked = (flare_up, nine_wards(), Period.parse(period), ASB, faulty)
    assert state_in_wards(*asked) == count_in_wards(*asked).state


def test_incidents_outside_the_wards_are_no_part_of_what_these_know(flare_up: Incidents) -> None:
    march = Period.parse("2023-03")
    frame = flare_up.frame.copy()
    frame.loc[within(frame, march), "x"] += 10 * SIDE
    moved = replace(flare_up, frame=frame)
    assert count_in_wards(moved, nine_wards(), march, ASB, {(2023, 3)}).total is None
    extent = extent_of(moved, frame, ASB)
    assert state_in(frame, extent, march, {(2023, 3)}, nine_wards()) == "missing"
    assert state_in(frame, extent, march, {(2023, 3)}) == "part"
    assert state_in(frame, extent, march, (), nine_wards()) == "known"


def test_a_period_that_is_not_over_is_known_in_part(flare_up: Incidents) -> None:
    now = replace(flare_up, span=(pd.Timestamp(2023, 1, 1), pd.Timestamp(2024, 1, 15)))
    assert count_in_wards(now, nine_wards(), JANUARY, ASB).state == "part"


# -- testing --------------------------------------------------------------------------------------


@given(FEW, st.randoms(use_true_random=False))
def test_changes_are_scipys_exact_tests(first: list[int], random) -> None:  # type: ignore[no-untyped-def]
    second = [random.randrange(60) for _ in first]
    february = Period.parse("2023-02")
    found = ward_changes(counts(first, february), counts(second))
    expected = [
        binomtest(b, a + b, 31 / (28 + 31)).pvalue if a + b else 1.0
        for a, b in zip(first, second, strict=True)
    ]
    np.testing.assert_allclose([change.p_value for change in found], expected, rtol=1e-9)
    np.testing.assert_allclose(
        [change.p_adjusted for change in found], false_discovery_control(expected), rtol=1e-9
    )
    assert all(change.a_day for change in found)


@given(FEW, st.randoms(use_true_random=False))
def test_the_other_way_round_a_rise_is_a_fall(first: list[int], random) -> None:  # type: ignore[no-untyped-def]
    second = [random.randrange(1, 60) for _ in first]
    one, other = counts([n + 1 for n in first], DECEMBER), counts(second)
    there, back = ward_changes(one, other), ward_changes(other, one)
    for a, b in zip(there, back, strict=True):
        assert a.p_value == pytest.approx(b.p_value)
        assert a.ratio * b.ratio == pytest.approx(1)
        assert (a.first, a.second) == (b.second, b.first)


def fisher_by_counting(a: int, b: int, all_a: int, all_b: int) -> float:
    chances = hypergeom(all_a + all_b, all_b, a + b).pmf(np.arange(a + b + 1))
    return float(chances[chances <= chances[b] * (1 + 1e-7)].sum())


def test_mixes_are_fishers_test_of_each_ward_against_the_rest() -> None:
    first, second = [20, 5, 11, 0], [3, 9, 10, 0]
    found = ward_mixes(counts(first), counts(second))
    expected = [
        fisher_by_counting(a, b, sum(first), sum(second))
        for a, b in zip(first, second, strict=True)
    ]
    np.testing.assert_allclose([change.p_value for change in found], expected, rtol=1e-9)
    assert found[0].ratio < 1 < found[1].ratio
    assert found[0].clear
    assert not found[3].clear


@pytest.mark.parametrize("state", ["part", "missing"])
def test_nothing_is_claimed_where_a_side_is_not_known_whole(state: State) -> None:
    for pair in (
        (counts([50], DECEMBER, state), counts([1])),
        (counts([50], DECEMBER), counts([1], JANUARY, state)),
    ):
        for change in (*ward_changes(*pair), total_change(*pair), *ward_mixes(*pair)):
            assert not change.tested
            assert not change.clear
            assert say_change(change) == "not compared"
    (change,) = ward_changes(counts([0], DECEMBER, "missing"), counts([1]))
    assert change.first is None


def test_wards_that_did_not_change_are_seldom_called_changed() -> None:
    rng = np.random.default_rng(7)
    rates = rng.gamma(1.5, 8, 38)
    alarms = sum(
        any(
            change.clear
            for change in ward_changes(
                counts(rng.poisson(rates).tolist()), counts(rng.poisson(rates).tolist())
            )
        )
        for _ in range(300)
    )
    assert alarms <= 0.05 * 300 + 12  # three standard deviations


# -- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (24, 27, "no clear change (could be chance)"),
        (23, 41, "a rise of 78%, fewer than 1 in 20 by chance"),
        (41, 23, "a fall of 44%, fewer than 1 in 20 by chance"),
        (20, 60, "a rise to 3.0 times as many, fewer than 1 in 10,000 by chance"),
        (2, 18, "a rise, fewer than 1 in 1,000 by chance"),
        (0, 40, "a rise, fewer than 1 in 10,000 by chance"),
        (0, 0, "no clear change (could be chance)"),
    ],
)
def test_a_change_is_said_in_words(first: int, second: int, said: str) -> None:
    change = total_change(counts([first], DECEMBER), counts([second]))
    assert say_change(change) == said


def test_periods_of_different_length_are_compared_by_day() -> None:
    february, march = Period.parse("2022-02"), Period.parse("2022-03")
    same = total_change(counts([2800], february), counts([3100], march))
    assert same.ratio == pytest.approx(1)
    more = total_change(counts([280], february), counts([620], march))
    assert say_change(more).startswith("a rise to 2.0 times as many a day")


@given(st.floats(0, CLEAR))
def test_chance_is_rounded_towards_caution(p_value: float) -> None:
    said = by_chance(p_value)
    step = int(said.split(" in ")[1].split()[0].replace(",", ""))
    assert p_value <= 1 / step


# -- places ---------------------------------------------------------------------------------------


def test_a_flare_up_is_new_and_clear(flare_up: Incidents) -> None:
    before, now = side(flare_up, DECEMBER), side(flare_up, JANUARY)
    new = [r for r in place_changes(before, now, "concentrated") if r.event == "new"]
    (row,) = [r for r in new if r.change.clear]
    assert row.second == ("1",)
    assert row.first == ()
    x, y = row.peak_xy
    near = (flare_up.frame["x"] - x).abs().lt(375) & (flare_up.frame["y"] - y).abs().lt(375)
    month = flare_up.frame.loc[near, "starts_at"].dt.strftime("%Y-%m").value_counts()
    assert (row.change.first, row.change.second) == (month.get("2023-12", 0), month["2024-01"])
    assert say_change(row.change).startswith("a rise")


def test_the_other_way_round_new_is_gone(flare_up: Incidents) -> None:
    before, now = side(flare_up, DECEMBER), side(flare_up, JANUARY)
    there = place_changes(before, now, "concentrated")
    back = place_changes(now, before, "concentrated")
    turn = {"new": "gone", "gone": "new"}
    assert sorted(turn.get(r.event, r.event) for r in there) == sorted(r.event for r in back)


def test_a_map_beside_itself_has_the_same_places(flare_up: Incidents) -> None:
    now = side(flare_up, JANUARY)
    for row in place_changes(now, now, "concentrated"):
        assert row.event == "same"
        assert row.first == row.second
        assert row.change.p_value == 1
        assert row.change.first == row.change.second


def test_places_of_two_categories_are_in_both_or_in_one(flare_up: Incidents) -> None:
    before, now = side(flare_up, DECEMBER), side(flare_up, JANUARY)
    rows = place_changes(before, now, "concentrated", categories=True)
    assert {row.event for row in rows} <= {"same", "new", "gone"}
    assert {row.event for row in place_changes(now, now, "concentrated", categories=True)} == {
        "same"
    }


def test_where_data_are_missing_nothing_is_new_or_gone(flare_up: Incidents) -> None:
    now = side(flare_up, JANUARY)
    unknown = Side(None, counts([0] * 9, DECEMBER, "missing"))
    part = side(flare_up, DECEMBER, faulty={(2023, 12)})
    for other in (unknown, part):
        for rows in (
            place_changes(other, now, "concentrated"),
            place_changes(now, other, "concentrated"),
        ):
            assert "unknown" in {row.event for row in rows}
            assert not {"new", "gone"} & {row.event for row in rows if "1" in row.second}
            assert not any(row.change.tested for row in rows)
    assert place_changes(unknown, now, "concentrated")[0].change.first is None
    assert place_changes(unknown, unknown, "concentrated") == ()


def test_without_history_no_place_is_new_for_being_worse(flare_up: Incidents) -> None:
    first = side(flare_up, Period.parse("2023-01"))
    assert not first.result.totals["history_periods"]  # type: ignore[union-attr]
    rows = place_changes(first, side(flare_up, JANUARY), "worse")
    assert {row.event for row in rows} == {"unknown"}


def test_a_change_that_was_not_tested_says_so() -> None:
    change = Change(3, None, math.nan, math.nan, math.nan)
    assert not change.tested
    assert not change.clear


def test_counts_of_real_places_are_those_their_claims_make(real_data: Path) -> None:
    folder = real_data / "uk-geojson" / "wards"
    wards = read_wards([folder / "E07000107.json", folder / "E07000109.json"], "2013")
    months = [real_data / "police-uk-kent" / f"2022-0{m}" for m in (2, 3)]
    incidents, _ = read_incidents(months, source="police-uk")
    periods = [Period.parse("2022-02"), Period.parse("2022-03")]
    results = [find_hotspots(incidents, wards, period=p, category="asb") for p in periods]
    sides = [
        Side(r, count_in_wards(incidents, wards, p, ASB))
        for r, p in zip(results, periods, strict=True)
    ]
    rows = place_changes(sides[0], sides[1], "concentrated")
    claimed = dict(
        zip(results[1].hotspots["marker"], results[1].hotspots["peak_incidents"], strict=True)
    )
    later = [row for row in rows if row.second]
    assert len(later) >= 3
    for row in later:
        assert row.change.second == claimed[row.second[0]]
    for side_ in sides:
        assert side_.counts.total == side_.result.totals["incidents"]  # type: ignore[union-attr]
