"""Aoristic weights by hand, and minute by minute with the standard library's calendar."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hotspots.clustering.aoristic import aoristic_week, aoristic_weights
from hotspots.errors import UsageError


def _minutes(*moments: str) -> np.ndarray:  # type: ignore[type-arg]
    return np.array(moments, dtype="datetime64[m]")


def test_three_incidents_by_hand() -> None:
    # 1 to 4 over slots [0, 2), [2, 3), [3, 6): 1, 1 and 1 of 3 hours
    found = aoristic_weights([1.0, 2.0, 5.0], [4.0, 2.0, 9.0], [0, 2, 3, 6])
    np.testing.assert_allclose(found, [[1 / 3, 1 / 3, 1 / 3], [0, 1, 0], [0, 0, 0.25]])


def test_unknown_times_and_times_beyond_the_edges_have_no_weight() -> None:
    start = [np.nan, 1.0, -5.0, 6.0, 9.0]
    end = [2.0, np.nan, -1.0, 6.0, 12.0]
    found = aoristic_weights(start, end, [0, 3, 6])
    np.testing.assert_array_equal(found, np.zeros((5, 2)))


def test_datetimes_and_numbers_agree() -> None:
    rng = np.random.default_rng(3)
    start = rng.integers(0, 90_000, 200)
    end = start + rng.integers(0, 40_000, 200)
    edges = np.arange(0, 100_000, 7_200)
    epoch = np.datetime64("2024-02-28T00:00:00", "s")
    dated = aoristic_weights(epoch + start, epoch + end, epoch + edges)
    np.testing.assert_allclose(dated, aoristic_weights(start, end, edges), rtol=1e-12)


@pytest.mark.parametrize("kind", ["datetime64", "timedelta64"])
def test_each_array_may_have_its_own_unit(kind: str) -> None:
    start = np.array([0, 90, 200], f"{kind}[m]")
    end = np.array([7_200, 9_000, 12_000], f"{kind}[s]")
    edges = np.array([0, 1, 2, 3, 4], f"{kind}[h]")
    found = aoristic_weights(start, end, edges)
    # hours 0 to 2, 1.5 to 2.5, and the moment 3:20
    np.testing.assert_allclose(found, [[0.5, 0.5, 0, 0], [0, 0.5, 0.5, 0], [0, 0, 0, 1]])


def test_durations_that_are_not_known_have_no_weight() -> None:
    start, end = np.array(["NaT", 3], "timedelta64[s]"), np.array([5, "NaT"], "timedelta64[ms]")
    found = aoristic_weights(start, end, np.array([0, 1], "timedelta64[m]"))
    np.testing.assert_array_equal(found, np.zeros((2, 1)))


def test_a_night_over_the_end_of_the_week_by_hand() -> None:
    # Sunday 7 January 2024, 23:30, to Monday 01:00
    found = aoristic_week(_minutes("2024-01-07T23:30"), _minutes("2024-01-08T01:00"))
    assert found.weights[6, 23] == pytest.approx(1 / 3)
    assert found.weights[0, 0] == pytest.approx(2 / 3)
    assert found.weights.sum() == pytest.approx(1)
    assert (found.unknown, found.even) == (0, 0)


def test_a_moment_is_wholly_in_its_hour() -> None:
    # a Saturday; 22:00 belongs to the hour that it begins
    moments = _minutes("2024-06-15T22:00", "2024-06-15T22:59", "1969-12-27T22:10")
    found = aoristic_week(moments, moments)
    assert found.weights[5, 22] == 3
    assert found.weights.sum() == 3


def test_minute_by_minute_with_the_standard_library() -> None:
    rng = np.random.default_rng(5)
    begin = dt.datetime(1965, 3, 1)
    weights = np.zeros((7, 24))
    spans = []
    for _ in range(60):
        start = begin + dt.timedelta(minutes=int(rng.integers(0, 10_000_000)))
        length = int(rng.integers(1, 4_000))
        spans.append((start, start + dt.timedelta(minutes=length)))
        for minute in range(length):
            at = start + dt.timedelta(minutes=minute)
            weights[at.weekday(), at.hour] += 1 / length
    found = aoristic_week(*np.array(spans, dtype="datetime64[m]").T)
    np.testing.assert_allclose(found.weights, weights, rtol=1e-9, atol=1e-12)


def test_week_equals_weights_in_the_hours_of_one_week() -> None:
    rng = np.random.default_rng(6)
    monday = np.datetime64("2024-04-15T00:00", "m")
    start = monday + rng.integers(0, 5_000, 300)
    end = start + rng.integers(0, 5_000, 300)
    hourly = aoristic_weights(start, end, monday + np.arange(0, 169 * 60, 60)).sum(axis=0)
    np.testing.assert_allclose(aoristic_week(start, end).weights.ravel(), hourly, rtol=1e-9)


def test_spans_of_a_week_and_longer_are_even() -> None:
    start = _minutes("2024-05-01T13:20", "2024-05-01T13:20", "2024-05-03T00:00")
    end = _minutes("2024-05-08T13:20", "2024-05-08T13:21", "2025-05-03T00:00")
    found = aoristic_week(start, end)
    np.testing.assert_allclose(found.weights, np.full((7, 24), 3 / 168))
    assert found.even == 2


def test_unknown_times_are_counted_and_returned() -> None:
    start = _minutes("2024-05-01T13:20", "NaT", "NaT", "2024-05-01T13:20")
    end = _minutes("NaT", "2024-05-01T13:20", "NaT", "2024-05-01T13:20")
    found = aoristic_week(start, end)
    assert found.unknown == 3
    assert found.weights.sum() == found.weights[2, 13] == 1
    np.testing.assert_array_equal(np.isnat(start), [False, True, True, False])


def test_vancouver_thefts_with_known_times_are_a_plain_table(real_data: Path) -> None:
    table = pd.read_csv(real_data / "crimemappingdata" / "vancouver_thefts.csv.gz")
    when = pd.to_datetime(table[["YEAR", "MONTH", "DAY", "HOUR", "MINUTE"]])
    found = aoristic_week(when.to_numpy(), when.to_numpy())
    plain = pd.crosstab(when.dt.day_of_week, when.dt.hour).to_numpy()
    np.testing.assert_array_equal(found.weights, plain)


def test_empty_input_gives_zeros() -> None:
    for nothing in ([], np.empty(0, dtype="datetime64[m]")):
        found = aoristic_week(nothing, nothing)
        np.testing.assert_array_equal(found.weights, np.zeros((7, 24)))
        assert found.unknown == 0
    assert aoristic_weights([], [], [0, 1, 2]).shape == (0, 2)
    assert aoristic_weights([], [], DAY).shape == (0, 1)
    assert aoristic_weights([], [], DAY - DAY[0]).shape == (0, 1)
    assert aoristic_weights(DAY[:0], DAY[:0], [0, 1, 2]).shape == (0, 2)


DAY = _minutes("2024-05-01T00:00", "2024-05-02T00:00")


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (DAY, DAY[::-1], "position 1"),
        (DAY, DAY[:1], "2 and 1"),
        ([1.0], [2.0], "datetime64"),
        (["a"], ["b"], "datetime64"),
        (None, None, "datetime64"),
        ([[1], [2, 3]], [1, 2], "start must be times of one kind"),
        (DAY - DAY[0], DAY - DAY[0], "datetime64"),
        (DAY.reshape(1, 2), DAY.reshape(1, 2), "one axis"),
        (np.array([0], "datetime64[Y]"), np.array([10**14], "datetime64[Y]"), "10,000 years"),
    ],
)
def test_bad_times_are_refused_in_words(start: object, end: object, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        aoristic_week(start, end)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("start", "end", "edges", "message"),
    [
        ([2.0, 1.0], [3.0, 0.5], [0, 1], "position 1"),
        ([1.0], [np.inf], [0, 1], "at most 1e"),
        ([1.0], [1e308], [0, 1], "at most 1e"),
        ([1.0], [2.0], [0], "edges"),
        ([1.0], [2.0], [0, 0], "rising"),
        ([1.0], [2.0], [0, np.nan], "edges"),
        ([1.0], [2.0], [[0, 1]], "one axis"),
        (DAY, DAY, [0, 1], "all datetime64 or all numbers"),
        (["a"], ["b"], [0, 1], "datetime64 or numbers"),
        (None, None, [0, 1], "one axis"),
        ([[1], [2, 3]], [1, 2], [0, 1], "start must be times of one kind"),
        ([1.0], [2.0], [[0], [1, 2]], "edges must be times of one kind"),
        ([1.0], [2.0], ["a", "b"], "datetime64 or numbers"),
        ([1.0], [2.0], np.array(["a", 1.0], dtype=object), "Times must be numbers"),
        ([1j], [2j], [0, 1], "datetime64 or numbers"),
        (DAY, DAY, DAY - DAY[0], "all datetime64"),
        ([1.0], [2.0], DAY - DAY[0], "all timedelta64"),
        ([0, 1], DAY, DAY, "all datetime64"),
        (np.array([1], "m8[Y]"), np.array([2], "m8[Y]"), np.array([1, 2], "m8[D]"), "shorter unit"),
        (np.array([1], "m8[W]"), np.array([2**62], "m8[W]"), np.array([1, 2], "m8[D]"), "10,000"),
        (np.zeros(2_000_000), np.zeros(2_000_000), np.arange(60), "entries"),
    ],
)
def test_bad_slots_are_refused_in_words(
    start: object, end: object, edges: object, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        aoristic_weights(start, end, edges)  # type: ignore[arg-type]
