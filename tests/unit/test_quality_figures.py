"""The figures behind the quality report: what is chance, which months are far, what is to come."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import nbinom, poisson

from hotspots.quality.chance import beside, runs, zero_probability
from hotspots.quality.checks.missing import missing_months
from hotspots.quality.dates import far_months
from hotspots.quality.truncation import recorded_by


@given(st.lists(st.integers(0, 400), min_size=2, max_size=6))
def test_none_by_chance_is_as_scipy_has_it(counts: list[int]) -> None:
    near = np.array(counts, dtype=float)
    mean, variance = near.mean(), near.var(ddof=1)
    if not mean:
        expected = 1.0
    elif variance <= mean * (1 + 1e-9):
        expected = poisson.pmf(0, mean)
    else:  # scipy's n and p of a mean and a variance
        expected = nbinom.pmf(0, mean**2 / (variance - mean), mean / variance)
    assert zero_probability(near) == pytest.approx(expected, rel=1e-6, abs=1e-300)


def test_without_neighbours_nothing_is_unlikely() -> None:
    assert zero_probability(np.array([])) == 1.0


@given(st.sets(st.integers(0, 60)))
def test_runs_are_the_numbers_in_pieces(numbers: set[int]) -> None:
    given_ = np.array(sorted(numbers), dtype=np.intp)
    pieces = runs(given_)
    assert [int(i) for piece in pieces for i in piece] == sorted(numbers)
    for piece in pieces:
        assert (np.diff(piece) == 1).all()
        assert piece[0] - 1 not in numbers and piece[-1] + 1 not in numbers


def test_neighbours_are_the_nearest_on_each_side() -> None:
    known = np.array([0, 1, 2, 5, 8, 9])
    assert beside(3, 4, known, 2).tolist() == [1, 2, 5, 8]
    assert beside(0, 0, known, 2).tolist() == [1, 2]


def test_a_small_category_may_have_a_month_without() -> None:
    counts = np.array([[40, 40, 40, 40, 40], [3, 3, 0, 3, 3], [20, 20, 0, 20, 20]])
    assert list(missing_months(counts)) == [(2, [[2]])]


def test_a_scattered_category_needs_more_than_a_steady_one() -> None:
    steady = np.array([[9] * 7, [20, 20, 20, 0, 20, 20, 20]])
    wild = np.array([[9] * 7, [1, 50, 3, 0, 60, 4, 2]])  # also 20 in the mean
    assert [kind for kind, _ in missing_months(steady)] == [1]
    assert list(missing_months(wild)) == []


def test_far_months_leave_the_bulk_by_its_own_length() -> None:
    months = np.concatenate([np.repeat(np.arange(500, 560), 10), [300, 430, 445, 615, 1000]])
    one = np.zeros(len(months), dtype=np.intp)
    far = far_months(months, one, one)
    # the bulk is 59 months or so: 430 is 70 before it, 445 is 55, 615 is 56 after
    assert months[far].tolist() == [300, 430, 1000]
    older = np.where(months == 300, 1, 0)  # a file of its own is an older file
    assert months[far_months(months, one, older)].tolist() == [430, 1000]


# -- delays ---------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 20), min_size=1, max_size=60))
def test_without_truncation_it_is_the_share_itself(delays: list[int]) -> None:
    delay = np.array(delays)
    share = recorded_by(delay, np.full(len(delays), 20))
    expected = [(delay <= t).mean() for t in range(21)]
    assert share == pytest.approx(expected, abs=1e-12)


def test_by_hand() -> None:
    """Delays 0, 1, 0, 2 with room 0, 1, 2, 2.

    u = 2: of those with delay <= 2 <= room (two) one took 2 days: F(1) = 1/2. u = 1: of delay
    <= 1 <= room (delays 1 and 0: two) one took 1: F(0) = 1/2 * 1/2.
    """
    share = recorded_by(np.array([0, 1, 0, 2]), np.array([0, 1, 2, 2]))
    assert share.tolist() == [0.25, 0.5, 1.0]


def test_it_finds_the_truth_behind_truncation() -> None:
    rng = np.random.default_rng(0)
    start = rng.integers(0, 60, 40_000)
    delay = rng.geometric(0.1, 40_000) - 1
    seen = (start + delay <= 59) & (delay <= 59)
    share = recorded_by(delay[seen], 59 - start[seen])
    truth = 1 - 0.9 ** np.arange(1, 61)
    naive = np.array([(delay[seen] <= t).mean() for t in range(60)])
    assert np.abs(share - truth / truth[-1]).max() < 0.03
    assert np.abs(naive - truth / truth[-1]).max() > 0.05  # what the estimate is for
    assert not len(recorded_by(np.array([], dtype=int), np.array([], dtype=int)))
