"""The peak of the week against a plain scan of sets of hours, planted peaks, and chance."""

from __future__ import annotations

from math import log
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.clustering import peak_times
from hotspots.errors import UsageError

Week = list[list[float]]


def _blocks() -> list[frozenset[tuple[int, int]]]:
    """Every block as the set of its (day, hour), by stepping through the calendar."""
    runs = [[(first + i) % 7 for i in range(k)] for first in range(7) for k in range(1, 6)]
    found = []
    for days in (*runs, list(range(7))):
        for hour in range(24):
            for length in range(2, 9):
                steps = [(day, hour + i) for day in days for i in range(length)]
                found.append(frozenset(((d + h // 24) % 7, h % 24) for d, h in steps))
    found += [frozenset((day, h) for day in run for h in range(24)) for run in runs]
    return found


BLOCKS = _blocks()


def _ratio(week: Week, block: frozenset[tuple[int, int]]) -> float:
    total = sum(map(sum, week))
    inside = sum(week[day][hour] for day, hour in block)
    even = total * len(block) / 168
    if inside <= even:
        return 0.0
    outside = total - inside
    rest = outside * log(outside / (total - even)) if outside > 1e-9 else 0.0
    return inside * log(inside / even) + rest


def _week(seed: int, incidents: int, rates: Any = None) -> np.ndarray[Any, Any]:
    share = np.ones(168) if rates is None else np.asarray(rates, dtype=float).ravel()
    rng = np.random.default_rng(seed)
    return rng.multinomial(incidents, share / share.sum()).reshape(7, 24)


def _rates(days: tuple[int, ...], hours: range, times: float) -> np.ndarray[Any, Any]:
    """A week in which some days' hours (beyond 23: of the next morning) have more."""
    rates = np.ones(168)
    for day in days:
        rates[np.array([day * 24 + hour for hour in hours]) % 168] *= times
    return rates.reshape(7, 24)


@pytest.mark.parametrize(("seed", "incidents"), [(0, 7), (1, 60), (3, 1000)])
def test_the_block_is_the_best_of_a_plain_scan(seed: int, incidents: int) -> None:
    week = _week(seed, incidents)
    ratios = [_ratio(week.tolist(), block) for block in BLOCKS]
    found = peak_times(week, alpha=1, draws=1)
    assert found is not None
    assert found.log_likelihood_ratio == pytest.approx(max(ratios), rel=1e-9)
    told = frozenset((int(d), int(h)) for d, h in np.argwhere(found.cells))
    assert told in BLOCKS
    assert _ratio(week.tolist(), told) == pytest.approx(max(ratios), rel=1e-9)
    assert found.incidents == sum(week[d, h] for d, h in told)
    assert found.share == pytest.approx(found.incidents / incidents)
    assert found.even_share == pytest.approx(len(told) / 168)


@pytest.mark.parametrize(("seed", "incidents"), [(11, 60)])
def test_the_p_value_is_that_of_the_same_weeks_scanned_plainly(seed: int, incidents: int) -> None:
    week = _week(seed, incidents)
    drawn = np.random.default_rng(4).multinomial(incidents, np.full(168, 1 / 168), size=19)
    maxima = [max(_ratio(w.reshape(7, 24).tolist(), b) for b in BLOCKS) for w in drawn]
    found = peak_times(week, alpha=1, draws=19, seed=4)
    assert found is not None
    as_great = sum(m >= found.log_likelihood_ratio - 1e-9 for m in maxima)
    assert found.p_value == (1 + as_great) / 20


@pytest.mark.parametrize(
    ("days", "hours", "told"),
    [
        ((4, 5), range(20, 23), (20, 23)),
        ((4, 5), range(22, 26), (22, 2)),  # Saturday's evening ends on Sunday morning
        ((6,), range(22, 26), (22, 2)),  # into Monday, and over the week's end
        ((5, 6, 0), range(16, 20), (16, 20)),
        ((2,), range(21, 24), (21, 24)),
        ((0, 1, 2, 3, 4), range(7, 9), (7, 9)),
        ((0, 1, 2, 3, 4, 5, 6), range(23, 27), (23, 3)),
        ((0,), range(0, 3), (0, 3)),
        ((5, 6), range(0, 24), (0, 24)),
    ],
)
def test_a_planted_peak_is_found(
    days: tuple[int, ...], hours: range, told: tuple[int, int]
) -> None:
    found = peak_times(_week(1, 2_000, _rates(days, hours, 8)))
    assert found is not None
    assert (found.days, found.from_hour, found.to_hour) == (days, *told)
    assert found.hours == len(hours)
    assert found.p_value == 0.001


def test_an_even_week_has_no_peak() -> None:
    told = sum(peak_times(_week(seed, 100)) is not None for seed in range(400))
    # 5 % of 400 are 20; more than 34 in a binomial of that is 1 in 1,000
    assert told <= 34
    assert peak_times(np.full((7, 24), 3.0)) is None


def test_days_are_not_named_where_hours_alone_differ_nor_hours_where_days_do() -> None:
    evenings = [_week(seed, 300, _rates(tuple(range(7)), range(18, 23), 4)) for seed in range(60)]
    found = [peak_times(week) for week in evenings]
    assert all(one is not None and one.hours < 24 for one in found)
    assert sum(one is not None and len(one.days) < 7 for one in found) <= 6
    weekends = [_week(seed, 300, _rates((5, 6), range(24), 3)) for seed in range(60)]
    found = [peak_times(week) for week in weekends]
    assert all(one is not None and len(one.days) < 7 for one in found)
    assert sum(one is not None and one.hours < 24 for one in found) <= 6


def test_all_incidents_in_one_hour() -> None:
    week = np.zeros((7, 24))
    week[3, 12] = 40
    found = peak_times(week)
    assert found is not None
    assert (found.days, found.hours, found.share) == ((3,), 2, 1.0)
    assert found.log_likelihood_ratio == pytest.approx(40 * log(84))


def test_without_incidents_there_is_no_peak() -> None:
    assert peak_times(np.zeros((7, 24))) is None
    one = np.zeros((7, 24))
    one[0, 0] = 1
    assert peak_times(one) is None


def test_the_draws_repeat() -> None:
    week = _week(3, 60, _rates((4,), range(18, 22), 3))
    first = peak_times(week, alpha=1, seed=9)
    assert first == peak_times(week, alpha=1, seed=9)
    assert first == peak_times(week, alpha=1, seed=np.random.default_rng(9))
    before = week.copy()
    peak_times(week)
    np.testing.assert_array_equal(week, before)


@settings(max_examples=25)
@given(st.integers(0, 2**32), st.integers(1, 6), st.floats(0.01, 50))
def test_the_week_is_a_circle(seed: int, shift: int, scale: float) -> None:
    week = np.random.default_rng(seed).gamma(0.3, scale, (7, 24))
    found = peak_times(week, alpha=1, draws=1)
    later = peak_times(np.roll(week, shift, axis=0), alpha=1, draws=1)
    assert found is not None and later is not None
    assert later.log_likelihood_ratio == pytest.approx(found.log_likelihood_ratio, rel=1e-9)
    moved = sorted((day + shift) % 7 for day in found.days)
    assert (sorted(later.days), later.from_hour) == (moved, found.from_hour)
    assert found.cells.sum() == len(found.days) * found.hours
    assert found.incidents == pytest.approx(week[found.cells].sum())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weights": np.zeros((24, 7))}, r"shape \(7, 24\)"),
        ({"weights": np.full((7, 24), np.nan)}, "finite numbers from 0"),
        ({"weights": np.full((7, 24), -1)}, "finite numbers from 0"),
        ({"weights": [["a"] * 24] * 7}, "must be numbers"),
        ({"alpha": 0}, "alpha must be a number above 0"),
        ({"alpha": None}, "alpha must be"),
        ({"max_days": 7}, "max_days must be from 1 to 6"),
        ({"min_hours": 0}, "min_hours must be a whole number"),
        ({"max_hours": 24}, "max_hours must be from 1 to 23"),
        ({"min_hours": 5, "max_hours": 4}, "min_hours must not be above max_hours"),
        ({"draws": 0}, "draws must be a whole number"),
        ({"seed": None}, "seed must be"),
    ],
)
def test_what_is_no_week_is_refused(arguments: dict[str, Any], message: str) -> None:
    week = arguments.pop("weights", _week(0, 50))
    with pytest.raises(UsageError, match=message):
        peak_times(week, **arguments)
