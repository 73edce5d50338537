"""The rhythm of the week: what takes part, what is said, and what is left unsaid."""

from __future__ import annotations

import csv
import gzip
import json
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hotspots import read_incidents
from hotspots.meeting.rhythm import day_words, hour_words, rhythm

MONDAY = datetime(2026, 6, 1)


def _frame(
    starts: list[datetime], ends: list[datetime] | None = None, precision: str = "minute"
) -> pd.DataFrame:
    frame = pd.DataFrame({"starts_at": starts, "ends_at": starts if ends is None else ends})
    return frame.astype("datetime64[us]").assign(precision=precision)


def _at(day: int, hour: float, week: int = 0) -> datetime:
    return MONDAY + timedelta(days=7 * week + day, hours=hour)


def _even(count: int) -> list[datetime]:
    """So many moments, 25 hours and 10 minutes apart: spread over days and hours alike."""
    return [MONDAY + timedelta(hours=25 * i, minutes=10 * (i % 6) + 5) for i in range(count)]


def test_a_clear_peak_is_said_with_its_share() -> None:
    evenings = [_at(day, 20.5 + i % 3, i) for i in range(10) for day in (4, 5)]
    found = rhythm(_frame(evenings + _even(60)))
    assert found is not None and found.peak is not None
    inside = sum(t.weekday() in (4, 5) and 20 <= t.hour < 23 for t in evenings + _even(60))
    assert found.known == 80
    assert found.peak.incidents == inside
    assert found.short == "Fri and Sat, 20:00 to 23:00"
    assert found.sentence == (
        f"Peak Friday and Saturday, 20:00 to 23:00: {100 * inside / 80:.0f}% of incidents "
        "in 4% of the week."
    )


def test_an_even_week_has_none() -> None:
    found = rhythm(_frame(_even(168)))
    assert found is not None
    assert (found.peak, found.short) == (None, "")
    assert found.sentence == "No clear peak in days or hours."
    np.testing.assert_array_equal(found.weights, np.ones((7, 24)))


def test_only_incidents_with_hours_take_part() -> None:
    evenings = _frame([_at(4, 21, i) for i in range(40)])
    # days would all be at 00:00, and months on their first day
    days = _frame([_at(1, 0, i) for i in range(30)], [_at(2, -0.001, i) for i in range(30)], "day")
    unknown = _frame([_at(0, 3)] * 5)
    unknown["ends_at"] = pd.Series([None] * 5, dtype="datetime64[us]")
    found = rhythm(pd.concat([evenings, days, unknown]))
    assert found is not None
    assert (found.known, found.unknown) == (40, 35)
    assert found.weights[4, 21] == found.weights.sum() == 40
    assert found.sentence.endswith("100% of the 40 incidents with known times in 1% of the week.")


def test_without_hours_there_is_no_rhythm() -> None:
    assert rhythm(_frame([MONDAY] * 50, precision="month")) is None
    assert rhythm(_frame([])) is None


def test_too_few_times_say_nothing_of_the_week() -> None:
    few = rhythm(_frame([_at(4, 21, i) for i in range(19)]))
    assert few is not None
    assert few.peak is None
    assert few.sentence == ("19 incidents: too few to name days and hours; it takes 20.")
    enough = rhythm(_frame([_at(4, 21, i) for i in range(20)]))
    assert enough is not None and enough.peak is not None


@pytest.mark.parametrize(("without", "told"), [(40, True), (41, False)])
def test_a_minority_does_not_speak_for_the_rest(without: int, told: bool) -> None:
    known = _frame([_at(4, 21, i) for i in range(40)])
    found = rhythm(pd.concat([known, _frame([MONDAY] * without, precision="day")]))
    assert found is not None
    assert (found.peak is not None) == told
    assert told or found.sentence == (
        "Times are known for 40 of 81 incidents: less than half, so no days and hours are named."
    )


def test_spans_are_spread_and_those_beyond_a_week_tell_nothing() -> None:
    starts = [_at(0, 22), _at(2, 9)]
    ends = [_at(1, 2), _at(2, 9, 2)]
    found = rhythm(_frame(starts, ends))
    assert found is not None
    assert found.even == 1
    assert found.weights[0, 23] == pytest.approx(0.25 + 1 / 168)
    assert found.weights[1, 1] == pytest.approx(0.25 + 1 / 168)
    assert found.weights.sum() == pytest.approx(2)
    assert found.sentence.startswith("Times are known for 1 of 2 incidents: too few")


def test_clock_times_are_local_and_no_hour_is_lost_when_clocks_change() -> None:
    # Sunday 29 March 2026, 01:30 does not exist by the clock; 25 October 2026 has it twice
    for sunday in (datetime(2026, 3, 29), datetime(2026, 10, 25)):
        found = rhythm(
            _frame([sunday, sunday + timedelta(hours=1.5)], [sunday + timedelta(hours=4)] * 2)
        )
        assert found is not None
        np.testing.assert_allclose(found.weights[6, :4], [0.25, 0.45, 0.65, 0.65])


def test_too_many_at_midnight_are_no_times() -> None:
    evenings = [_at(4, 21 + i % 2, i) for i in range(40)]
    found = rhythm(_frame(evenings + [_at(i % 7, 0, i) for i in range(30)]))
    assert found is not None and found.peak is not None
    assert (found.known, found.unknown, found.midnight) == (40, 30, 30)
    assert found.weights[:, 0].sum() == 0
    assert found.sentence.endswith(
        " 30 incidents at exactly 00:00 are left out: too many for that to be the time."
    )


def test_midnight_like_its_neighbours_is_kept() -> None:
    nights = [_at(i % 7, hour, i) for i in range(30) for hour in (23, 24, 25)]
    found = rhythm(_frame(nights))
    assert found is not None
    assert (found.midnight, found.known) == (0, 90)
    assert found.short == "Daily, 23:00 to 02:00"
    # a span that begins at midnight knows its hours
    spans = rhythm(_frame([_at(5, 0, i) for i in range(30)], [_at(5, 4, i) for i in range(30)]))
    assert spans is not None
    assert (spans.midnight, spans.short) == (0, "Sat, 00:00 to 04:00")


@pytest.mark.parametrize(
    ("days", "long", "short"),
    [
        ((4,), "Friday", "Fri"),
        ((4, 5), "Friday and Saturday", "Fri and Sat"),
        ((6, 0), "Sunday and Monday", "Sun and Mon"),
        ((3, 4, 5), "Thursday to Saturday", "Thu to Sat"),
        ((5, 6, 0), "Saturday to Monday", "Sat to Mon"),
        (tuple(range(7)), "daily", "daily"),
    ],
)
def test_days_in_words(days: tuple[int, ...], long: str, short: str) -> None:
    assert (day_words(days), day_words(days, short=True)) == (long, short)


def test_hours_in_words() -> None:
    assert hour_words(8, 12) == "08:00 to 12:00"
    assert hour_words(20, 24) == "20:00 to midnight"
    assert hour_words(22, 2) == "22:00 to 02:00"
    assert hour_words(0, 24) == "all day"


def test_hours_planted_in_the_example_are_found() -> None:
    data = Path(__file__).parents[2] / "data"
    csv_file = data / "incidents-2026-09.csv"  # the demo leaves others beside it
    frame = read_incidents([csv_file], mapping=data / "mapping.toml")[0].frame
    told = 0
    for spot in json.loads((data / "truth.json").read_text("utf-8"))["standing"]:
        near = np.hypot(frame["x"] - spot["x"], frame["y"] - spot["y"]) < 375
        found = rhythm(frame[near & (frame["category"] == spot["category"])])
        if found is None or found.peak is None:
            continue
        told += 1
        first, last = spot["hours"]
        planted = {hour % 24 for hour in range(first, last + 24 * (last < first))}
        assert {int(hour) for hour in np.argwhere(found.peak.cells)[:, 1]} <= planted
        assert len(found.peak.days) == 7  # a spot has its hours on every day
    assert told >= 5


def test_robberies_of_memphis(real_data: Path) -> None:
    path = real_data / "sfhotspot" / "memphis_robberies.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        moments = [datetime.fromisoformat(row["date"]) for row in csv.DictReader(lines)]
    found = rhythm(_frame(moments))
    assert found is not None and found.peak is not None
    assert found.known == len(moments)
    assert found.sentence.startswith("Peak daily, 18:00 to 01:00: ")
    inside = sum(t.hour >= 18 or t.hour < 1 for t in moments)
    assert found.peak.incidents == inside
    assert f"{100 * inside / len(moments):.0f}% of incidents in 29% of the week" in found.sentence
