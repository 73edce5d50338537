"""What is no fault must not be called one: a false alarm takes months out of the history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
import pytest

from hotspots.quality import CHECKS, Finding, Inputs, examine
from hotspots.quality.checks.incomplete import is_holiday, weekday
from hotspots.quality.faulty import faulty_months
from tests.unit.test_quality import frame

GONE = ("missing-month", "missing-category", "incomplete-month", "empty-days")


def by_day(
    agency: str,
    category: str,
    start: str,
    end: str,
    a_day: int | Sequence[int],
    precision: str = "day",
) -> pd.DataFrame:
    """So many incidents on each day, or on each day of the week from Monday."""
    days = pd.date_range(start, end)
    of_week = np.broadcast_to(np.asarray(a_day), 7)[days.day_of_week.to_numpy()]
    times = np.repeat(days.to_numpy(), of_week)
    if precision == "month":
        times = times.astype("datetime64[M]").astype("datetime64[us]")
    place = np.arange(len(times))
    return frame(
        len(times),
        starts_at=times,
        ends_at=times,
        precision=precision,
        category=category,
        agency=agency,
        x=600_000.5 + 7.3 * (place % 1000),
        y=200_000.5 + 3.1 * (place % 997),
    )


def gone(*frames: pd.DataFrame, today: date | None = None) -> list[Finding]:
    data = Inputs(pd.concat(frames, ignore_index=True), today=today)
    return [f for f in examine(data) if f.code in (*GONE, "low-month", "ended-category")]


def without(rows: pd.DataFrame, first: str, last: str) -> pd.DataFrame:
    kept = (rows["starts_at"] < first) | (
        rows["starts_at"] >= pd.Timestamp(last) + pd.Timedelta("1D")
    )
    return rows[kept].reset_index(drop=True)


OFFICE = (100, 100, 100, 100, 100, 0, 0)


def test_an_office_that_is_closed_at_weekends_misses_nothing() -> None:
    log = by_day("Council", "asb", "2021-01-04", "2021-06-30", OFFICE)
    assert gone(log) == []


@pytest.mark.parametrize(
    ("first", "last", "missing"),
    [
        ("2021-04-02", "2021-04-05", False),  # Good Friday to Easter Monday
        ("2020-12-24", "2021-01-03", False),  # from Christmas Eve on
        ("2021-03-08", "2021-03-12", True),  # a working week
        ("2020-12-14", "2020-12-18", True),
    ],
)
def test_an_office_may_be_closed_on_holidays_and_not_for_a_week(
    first: str, last: str, missing: bool
) -> None:
    log = by_day("Council", "asb", "2020-10-05", "2021-06-30", OFFICE)
    assert bool(gone(without(log, first, last))) is missing


def test_who_works_every_day_misses_bank_holidays() -> None:
    log = by_day("Police", "asb", "2020-10-05", "2021-06-30", 30)
    (found,) = gone(without(log, "2020-12-25", "2020-12-26"))
    assert (found.code, found.count, found.months) == ("empty-days", 2, ("2020-12",))
    assert "about 60 are usual" in found.title


def test_days_of_the_week_and_christmas_agree_with_pandas() -> None:
    days = pd.date_range("2019-12-01", "2020-02-10")
    assert list(weekday(days.to_numpy())) == list(days.day_of_week)
    tens = [
        d
        for d in days
        if is_holiday(pd.date_range(d, periods=5).to_numpy().astype("datetime64[D]"))
    ]
    assert (tens[0], tens[-1]) == (pd.Timestamp("2019-12-24"), pd.Timestamp("2019-12-31"))


def test_months_by_month_then_days_up_to_the_middle_of_one() -> None:
    old = by_day("Police", "asb", "2020-06-01", "2021-11-30", 30, "month")
    new = by_day("Police", "asb", "2021-12-01", "2022-01-09", 30)
    assert gone(old, new) == []
    # the same days known by month only are a month that is half there
    half = by_day("Police", "asb", "2022-01-01", "2022-01-09", 30, "month")
    (found,) = gone(old, by_day("Police", "asb", "2021-12-01", "2021-12-31", 30), half)
    assert (found.code, found.months) == ("incomplete-month", ("2022-01",))


def test_days_are_missing_beside_months_known_by_month_only() -> None:
    old = by_day("Police", "asb", "2021-01-01", "2021-06-30", 30, "month")
    new = by_day("Police", "asb", "2021-07-01", "2021-12-31", 30)
    found = gone(old, without(new, "2021-09-06", "2021-09-12"))
    assert [f.count for f in found if f.code == "empty-days"] == [7]
    assert {f.months for f in found} == {("2021-09",)}


def test_all_months_of_a_repeated_reference_are_concerned() -> None:
    times = [pd.Timestamp("2021-01-05"), pd.Timestamp("2021-06-05")]
    for order in (times, times[::-1]):
        (found,) = CHECKS["duplicates"](Inputs(frame(2, reference="r1", starts_at=order)))
        assert (found.code, found.count) == ("repeated-reference", 1)
        assert found.months == ("2021-01", "2021-06")


@pytest.mark.parametrize("agencies", [1, 3])
def test_one_date_in_the_future_moves_nothing(agencies: int) -> None:
    frames = [
        by_day(f"A{i}", "asb", "2020-06-01", "2021-12-31", 100 * (i + 1)) for i in range(agencies)
    ]
    typo = frames[0].iloc[:1].assign(starts_at=pd.Timestamp("2022-09-01"))
    data = Inputs(pd.concat([*frames, typo], ignore_index=True), today=date(2022, 1, 20))
    assert {f.code for f in examine(data)} & {*GONE, "late-agency", "quiet-month"} == set()
    assert [f.count for f in CHECKS["future"](data)] == [1]


def test_a_month_of_the_council_says_nothing_of_burglary() -> None:
    council = without(
        by_day("Council", "asb", "2020-01-01", "2020-12-31", 5), "2020-05-01", "2020-05-31"
    )
    police = by_day("Police", "burglary", "2020-01-01", "2020-12-31", 5)
    more = by_day("Police", "violence", "2020-01-01", "2020-12-31", 5)
    found = gone(council, police, more)
    assert [(f.code, f.categories) for f in found] == [("missing-month", ("asb",))]
    assert faulty_months(found) == {(2020, 5)} == faulty_months(found, "asb")
    assert faulty_months(found, "burglary") == frozenset() == faulty_months(found, "crime")


def test_half_a_month_of_one_agency_is_of_its_categories() -> None:
    fires = by_day("Fire", "deliberate_fire", "2021-01-01", "2021-12-31", 10)
    half = fires[(fires["starts_at"].dt.month != 6) | (fires.index % 10 < 3)]
    found = gone(half, by_day("Police", "asb", "2021-01-01", "2021-12-31", 10))
    assert [(f.code, f.categories) for f in found] == [("incomplete-month", ("deliberate_fire",))]


def test_a_category_that_ended_leaves_the_history_of_others_alone() -> None:
    police = by_day("Police", "asb", "2019-01-01", "2020-12-31", 30)
    council = by_day("Council", "asb", "2019-01-01", "2020-03-31", 10)
    noise = by_day("Council", "accidental_fire", "2019-01-01", "2020-12-31", 5)
    found = gone(police, council, noise)
    assert [(f.code, f.severity, f.count) for f in found] == [("ended-category", "careful", 9)]
    assert found[0].months[0] == "2020-04" and found[0].categories == ("asb",)
    assert faulty_months(found, "asb") == frozenset()
    # up to three months it is more likely a file that has not come
    late = by_day("Council", "asb", "2019-01-01", "2020-09-30", 10)
    assert [f.code for f in gone(police, late, noise)] == ["missing-category"]


@pytest.mark.parametrize(
    ("month", "code"), [("2020-04", "low-month"), ("2019-04", "incomplete-month")]
)
def test_a_fall_in_a_lockdown_may_be_real(month: str, code: str) -> None:
    rows = by_day("Police", "asb", "2018-01-01", "2021-12-31", 30, "month")
    low = (rows["starts_at"].dt.strftime("%Y-%m") == month) & (rows.index % 10 < 6)
    (found,) = gone(rows[~low])
    assert (found.code, found.months) == (code, (month,))
    assert bool(faulty_months([found])) is (code == "incomplete-month")


def test_a_season_seen_for_a_few_months_is_no_fault() -> None:
    counts = {"2021-07": 480, "2021-08": 430, "2021-09": 350, "2021-10": 270}
    times = np.repeat(pd.to_datetime(list(counts)).to_numpy(), list(counts.values()))
    rows = frame(len(times), starts_at=times, ends_at=times, precision="month")
    assert list(CHECKS["incomplete"](Inputs(rows))) == []


def test_all_on_one_point_is_not_called_map_points() -> None:
    (found,) = CHECKS["coordinates"](Inputs(frame(60)))
    assert (found.code, found.severity, found.count) == ("one-point", "serious", 60)


def test_who_has_no_agency_is_told_with_a_capital() -> None:
    rows = without(by_day("X", "asb", "2021-01-01", "2021-12-31", 10), "2021-05-01", "2021-05-31")
    rows["agency"] = pd.Series([None] * len(rows), dtype="str")
    (found,) = gone(rows)
    assert found.title.startswith("Unnamed agency has no incidents")


def test_twenty_years_of_days_say_nothing_when_nothing_is_missing() -> None:
    rng = np.random.default_rng(3)
    days = pd.date_range("2002-01-01", "2021-12-31")
    rate = 6 * (1 + 0.3 * np.sin(2 * np.pi * days.day_of_year.to_numpy() / 365.25))
    times = np.repeat(days.to_numpy(), rng.poisson(rng.gamma(rate / 0.5, 0.5)))
    rows = frame(len(times), starts_at=times, ends_at=times)
    assert list(CHECKS["incomplete"](Inputs(rows))) == []
