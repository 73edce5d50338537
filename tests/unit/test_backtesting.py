"""A workspace's back-test: which periods there are, which judge, and what is compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hotspots.backtesting import (
    BacktestAsked,
    Candidate,
    back_test,
    history_of,
    known_of,
    planned,
    prepare,
)
from hotspots.backtesting.choosing import chosen_methods, methods_named
from hotspots.errors import DataError, ResultError, UsageError
from hotspots.model import Incidents, Period
from hotspots.profile import ForecastMap, Profile
from hotspots.quality import Finding
from hotspots.validation.methods import BASELINES
from hotspots.workspace import Workspace
from tests.support import SIDE, X0, Y0, incidents_at, nine_wards, scattered
from tests.unit.made_up_history import add_history

WARDS = nine_wards()
OTHER = Profile(forecast=(ForecastMap(bandwidth_m=700, half_life_weeks=26),), alpha=0.01)


def spread(months: int, start: datetime = datetime(2022, 1, 1), seed: int = 1) -> Incidents:
    """Some forty incidents a month, on every day of them."""
    days = (pd.Timestamp(start) + pd.DateOffset(months=months) - pd.Timestamp(start)).days
    rng = np.random.default_rng(seed)
    xy, when = scattered(rng, 40 * months, start, days)
    each = [start + timedelta(days=day, hours=9) for day in range(days)]
    places = np.column_stack([np.full(days, X0 + 50.0), np.full(days, Y0 + 50.0)])
    return incidents_at(np.vstack([xy, places]), [*when, *each])


def without(incidents: Incidents, *months: str) -> Incidents:
    month = incidents.frame["starts_at"].dt.strftime("%Y-%m")
    return replace(incidents, frame=incidents.frame[~month.isin(months)].reset_index(drop=True))


# -- periods --------------------------------------------------------------------------------------


def test_months_are_calendar_months_and_hold_what_began_in_them() -> None:
    incidents = spread(7)
    history = history_of(incidents, WARDS, "asb", "month")
    starts = incidents.frame["starts_at"]
    assert history.edges.astype(str).tolist() == [f"2022-0{m}-01" for m in range(1, 9)]
    expected = starts.dt.strftime("%Y-%m").value_counts().sort_index()
    assert np.bincount(history.period, minlength=7).tolist() == expected.tolist()
    assert history.name == "Anti-social behaviour"


def test_weeks_are_iso_weeks_that_lie_whole_within_the_data() -> None:
    incidents = spread(4)  # from Saturday 1 January to Saturday 30 April: neither week is whole
    history = history_of(incidents, WARDS, "asb", "week")
    iso = incidents.frame["starts_at"].dt.isocalendar()
    per_week = (iso["year"] * 100 + iso["week"]).value_counts().sort_index()
    whole = per_week[(per_week.index >= 202201) & (per_week.index <= 202216)]
    assert {pd.Timestamp(day).day_name() for day in history.edges} == {"Monday"}
    assert str(history.edges[0]) == "2022-01-03"
    assert str(history.edges[-1]) == "2022-04-25"
    assert np.bincount(history.period).tolist() == whole.tolist()


@pytest.mark.parametrize(("day", "first"), [(4, "2022-01-01"), (20, "2022-02-01")])
def test_a_month_that_the_data_only_hold_a_part_of_is_none(day: int, first: str) -> None:
    incidents = spread(6)
    late = incidents.frame[incidents.frame["starts_at"] >= datetime(2022, 1, day)]
    history = history_of(replace(incidents, frame=late), WARDS, "asb", "month")
    assert str(history.edges[0]) == first


def test_later_periods_than_asked_for_are_left_out() -> None:
    incidents = spread(9)
    cut = history_of(incidents, WARDS, "asb", "month", until=Period.parse("2022-06"))
    assert str(cut.edges[-1]) == "2022-07-01"
    assert cut.periods == 6
    assert cut.period.max() == 5


def test_weeks_need_days() -> None:
    monthly = incidents_at(
        np.full((8, 2), [X0 + 10.0, Y0 + 10.0]),
        [datetime(2022, m, 1) for m in range(1, 9)],
        precision="month",
    )
    monthly.frame["ends_at"] = monthly.frame["starts_at"] + pd.offsets.MonthEnd()
    with pytest.raises(UsageError, match=r"8 of Anti-social behaviour are known by month only: "):
        history_of(monthly, WARDS, "asb", "week")
    assert history_of(monthly, WARDS, "asb", "month").periods == 8


def test_too_short_a_history_is_one_sentence() -> None:
    with pytest.raises(ResultError, match=r"at least 4 whole months .*; 3 lie within 2022-01-01"):
        history_of(spread(3), WARDS, "asb", "month")
    with pytest.raises(ResultError, match="category 'drugs'; none is loaded"):
        history_of(spread(6), WARDS, "drugs", "month")
    with pytest.raises(UsageError, match="A step must be one of month, week; got 'day'"):
        history_of(spread(6), WARDS, "asb", "day")  # type: ignore[arg-type]


def test_what_was_recorded_late_is_known_late() -> None:
    incidents = spread(6)
    frame = incidents.frame.copy()
    frame["recorded_at"] = frame["starts_at"] + pd.Timedelta(days=1)
    late = frame.index[::7]
    frame.loc[late, "recorded_at"] = frame.loc[late, "starts_at"] + pd.Timedelta(days=75)
    known = known_of(replace(incidents, frame=frame), WARDS, "asb", "month")
    recorded = frame["recorded_at"].dt.to_period("M")
    happened = frame["starts_at"].dt.to_period("M")
    after = recorded > happened
    expected = [
        (r - pd.Period("2022-01")).n + 1 if r > h else (h - pd.Period("2022-01")).n + 1
        for h, r in zip(happened, recorded, strict=True)
    ]
    assert np.minimum(known.history.known, 7).tolist() == np.minimum(expected, 7).tolist()
    said = f"{int(after.sum()):,} of {len(frame):,} incidents were recorded after their month"
    assert any(note.startswith(said) for note in known.notes)


def test_without_recorded_dates_that_is_said() -> None:
    known = known_of(spread(6), WARDS, "asb", "month")
    assert known.notes == ("Every incident is taken as known at the end of its month.",)


# -- which maps are judged ------------------------------------------------------------------------


def test_a_month_that_is_not_loaded_judges_no_map_and_has_none() -> None:
    known = known_of(without(spread(12), "2022-09"), WARDS, "asb", "month")
    assert known.missing == {8}
    plan, skipped = planned(known)
    assert list(plan.origins) == [6, 7, 8, 9, 10, 11]
    # September is not judged by; and at the end of September there was no map of it
    assert skipped == {8, 9}
    assert "September 2022 is not loaded whole: no map is judged by it." in known.notes


def test_a_longer_horizon_needs_all_its_months() -> None:
    known = known_of(without(spread(12), "2022-10"), WARDS, "asb", "month")
    plan, skipped = planned(known, "2022-06", horizon=3)
    assert list(plan.origins) == [5, 6, 7, 8, 9]
    assert skipped == {7, 8, 9}


def test_a_week_of_two_months_needs_both() -> None:
    known = known_of(without(spread(6), "2022-03"), WARDS, "asb", "week")
    missing = [known.periods[i].id for i in sorted(known.missing)]
    assert missing == ["2022-W09", "2022-W10", "2022-W11", "2022-W12", "2022-W13"]


def test_a_month_found_to_miss_incidents_judges_no_map() -> None:
    finding = Finding(
        "incomplete-month", "serious", "", 1, None, None, "", "", ("asb",), ("2022-11",)
    )
    elsewhere = replace(finding, categories=("drugs",), months=("2022-10",))
    known = known_of(spread(12), WARDS, "asb", "month", findings=(finding, elsewhere))
    assert known.faulty == {10}
    assert planned(known)[1] == {10}
    assert "November 2022 is found to miss incidents: no map is judged by it." in known.notes


def test_where_no_month_can_judge_that_is_said() -> None:
    known = known_of(without(spread(6), "2022-04", "2022-05"), WARDS, "asb", "month")
    with pytest.raises(ResultError, match="loaded whole; none of the 1 that are asked for is"):
        planned(replace(known, faulty=frozenset({5})), "2022-06")


@pytest.mark.parametrize(("months", "first"), [(6, 3), (13, 6), (18, 9), (19, 12), (36, 12)])
def test_the_first_map_is_made_after_a_year_or_half_of_less(months: int, first: int) -> None:
    plan, _ = planned(known_of(spread(months), WARDS, "asb", "month"))
    assert (plan.first, plan.last) == (first, months - 1)


@pytest.mark.parametrize(("months", "first"), [(9, 19), (24, 52)])
def test_a_year_of_weeks(months: int, first: int) -> None:
    known = known_of(spread(months, datetime(2022, 1, 3)), WARDS, "asb", "week")
    assert planned(known)[0].first == first


@pytest.mark.parametrize("text", ["2021-12", "2022-01", "2023-04"])
def test_the_first_period_must_leave_something_to_judge(text: str) -> None:
    known = known_of(spread(12), WARDS, "asb", "month")
    with pytest.raises(ResultError, match="must be from 2022-02 to 2022-12, .*; got " + text):
        planned(known, text)


# -- what is compared -----------------------------------------------------------------------------


def test_the_approved_profile_is_judged_once() -> None:
    kinds, profiles = chosen_methods(Profile(name="Our own"), (), ())
    assert [kind.name for kind in kinds] == ["default", *(b.name for b in BASELINES)]
    assert list(profiles) == ["default"]
    kinds, profiles = chosen_methods(OTHER, (), ())
    assert [kind.name for kind in kinds][:2] == ["approved", "default"]
    assert list(profiles) == ["approved", "default"]


def test_methods_by_name_and_by_family() -> None:
    names = [kind.name for kind in chosen_methods(OTHER, (), ("counts-52", "kde-arcgis"))[0]]
    assert names == ["approved", "counts-52", "kde-arcgis-52", "kde-arcgis-all"]
    names = [kind.name for kind in chosen_methods(Profile(), (), ("default", "oracle"))[0]]
    assert names == ["default", "oracle"]
    names = [kind.name for kind in chosen_methods(OTHER, (), ("default",))[0]]
    assert names == ["approved", "default"]
    with pytest.raises(UsageError, match=r"must be a family \(random, .*; got 'astrology'"):
        methods_named("astrology")


def test_two_profiles_of_one_name_are_refused() -> None:
    twice = (Candidate("file-new", "A", OTHER), Candidate("file-new", "B", Profile(alpha=0.02)))
    with pytest.raises(UsageError, match="file-new is there twice"):
        chosen_methods(Profile(), twice, ())


def test_a_profile_is_not_taken_up_with_other_settings() -> None:
    one, two = (
        chosen_methods(Profile(), (Candidate("file-new", "New", profile),), ("random",))[0][0]
        for profile in (OTHER, OTHER.model_copy(update={"alpha": 0.02}))
    )
    assert one.settings != two.settings


# -- a workspace ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def area(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    made = Workspace.init(tmp_path_factory.mktemp("backtesting") / "area")
    with made.store.boundaries() as sets:
        sets.add(nine_wards())
    add_history(made, months=16)
    yield made
    made.store.close()


def test_the_figures_are_those_of_a_count_by_hand(area: Workspace) -> None:
    asked = BacktestAsked("asb", methods=("counts-all",), cell_size_m=500)
    report = back_test(area, asked)
    frame = area.incidents("asb").frame
    month = frame["starts_at"].dt.to_period("M")
    recorded = frame["recorded_at"].dt.to_period("M").fillna(month)
    square = ((frame["x"] - X0) // 500 + 1000 * ((frame["y"] - Y0) // 500)).astype(int)
    # 18 by 18 squares, and those beyond the far edges, which hold the points on these
    every = [c + 1000 * r for r in range(19) for c in range(19)]
    assert int(report.periods()["cells"].iloc[0]) == len(every)
    hits = 0.0
    for now in pd.period_range("2023-09", "2024-04", freq="M"):
        past = square[(month < now) & (recorded < now)].value_counts().reindex(every, fill_value=0)
        after = square[month == now].value_counts().reindex(every, fill_value=0)
        best, left = 0.0, round(0.02 * len(every))
        for _, tied in past.groupby(past).groups.items().__reversed__():
            take = min(left, len(tied))
            best += after[tied].mean() * take
            left -= take
        hits += best
    judged = month >= pd.Period("2023-09")
    assert report.value("counts-all", "hit_rate_2").value == pytest.approx(hits / judged.sum())
    assert report.incidents == judged.sum()


def test_nothing_later_changes_what_a_map_was(area: Workspace) -> None:
    asked = BacktestAsked("asb", methods=("counts-52", "kde-nrd"), first="2023-09")
    whole = back_test(area, asked).periods()
    part = back_test(area, replace(asked, last="2023-12")).periods()
    assert len(part) == 4 * 6  # with the approved profile and four of one family
    early = whole[whole["origin"].isin(part["origin"])]
    pd.testing.assert_frame_equal(early.reset_index(drop=True), part)


def test_approval_changes_what_the_others_are_compared_with(tmp_path: Path) -> None:
    made = Workspace.init(tmp_path / "area")
    with made.store.boundaries() as sets:
        sets.add(nine_wards())
    add_history(made, months=8)
    asked = BacktestAsked("asb", methods=("random",), cell_size_m=500)
    assert prepare(made, asked).reference == "default"
    version = made.save_profile("asb", OTHER.model_copy(update={"name": "wide"}), "A", "trial")
    assert prepare(made, asked).reference == "default"
    made.approve_profile("asb", version.version, "A", "trial")
    ready = prepare(made, asked)
    assert ready.reference == "approved"
    assert ready.methods[0].label == "Approved profile (wide version 1)"
    assert ready.about()["profiles"]["approved"]["alpha"] == 0.01
    made.store.close()


def test_a_back_test_goes_on_where_it_stopped(area: Workspace, tmp_path: Path) -> None:
    ready = prepare(area, BacktestAsked("asb", methods=("counts-52",), cell_size_m=500))
    whole = ready.run()

    class StoppedError(Exception):
        pass

    def stop(progress: object) -> None:
        if getattr(progress, "done", 0) == 3:
            raise StoppedError

    state = tmp_path / "state.jsonl"
    with pytest.raises(StoppedError):
        ready.run(stop, state)
    assert len(state.read_text("utf-8").splitlines()) == 4  # a header, and three maps
    assert ready.run(None, state) == whole
    other = prepare(area, BacktestAsked("asb", methods=("counts-all",), cell_size_m=500))
    with pytest.raises(DataError, match=r"state\.jsonl must hold this back-test's results"):
        other.run(None, state)


def test_a_district_is_judged_alone(area: Workspace) -> None:
    asked = BacktestAsked("asb", methods=("random",), cell_size_m=500, area="D2")
    ready = prepare(area, asked)
    assert int(ready.grid.mask.sum()) == 7 * 19
    frame = area.incidents("asb").frame
    north = (frame["y"] >= Y0 + 2 * SIDE) & (frame["starts_at"] >= "2023-09-01")
    assert ready.run().incidents == int(north.sum())
    with pytest.raises((ResultError, UsageError), match="D9"):
        prepare(area, replace(asked, area="D9"))


def test_provenance_is_plain_and_whole(area: Workspace) -> None:
    ready = prepare(area, BacktestAsked("asb", cell_size_m=500))
    about = ready.about()
    assert about == prepare(area, BacktestAsked("asb", cell_size_m=500)).about()
    assert about["maps"] == 8
    assert (about["first_judged"], about["last_judged"]) == ("2023-09", "2024-04")
    assert [len(f["sha256"]) for f in about["incidents"]] == [64]
    assert {m["name"] for m in about["methods"]} >= {"default", "random", "promap", "last-year"}
