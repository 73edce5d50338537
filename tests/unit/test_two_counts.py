"""Two counts against scipy's binomial test, fractions, and the test turned round."""

from __future__ import annotations

from fractions import Fraction
from math import comb, inf, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from hotspots.clustering import two_counts
from hotspots.clustering.kinds import ALTERNATIVES, Alternative
from hotspots.errors import UsageError


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize("exposures", [(1, 1), (12, 1), (1, 52), (31, 28), (0.25, 1500)])
def test_small_counts_equal_scipy(alternative: Alternative, exposures: tuple[float, float]) -> None:
    first, second = (a.ravel() for a in np.meshgrid(np.arange(16), np.arange(16)))
    e1, e2 = exposures
    found = two_counts(first, second, e1, e2, alternative)
    for i in range(1, first.size):
        test = binomtest(
            int(second[i]), int(first[i] + second[i]), e2 / (e1 + e2), alternative=alternative
        )
        assert found.p_value[i] == pytest.approx(test.pvalue, rel=1e-9), (first[i], second[i])


@pytest.mark.parametrize(
    ("first", "second", "e1", "e2"),
    [(1000, 1100, 1, 1), (120_000, 10_100, 12, 1), (2_000_000, 2_004_000, 1, 1), (90, 700, 1, 9)],
)
def test_large_counts_equal_scipy(first: int, second: int, e1: float, e2: float) -> None:
    found = two_counts(first, second, e1, e2)
    test = binomtest(second, first + second, e2 / (e1 + e2))
    assert found.p_value == pytest.approx(test.pvalue, rel=1e-6)
    ends = test.proportion_ci(0.95, "exact")
    for end, share in zip(found.interval, ends, strict=True):
        assert end == pytest.approx(share / (1 - share) * e1 / e2, rel=1e-8)


@pytest.mark.parametrize(("e1", "e2"), [(1, 1), (2, 1), (3, 7)])
def test_two_sided_p_is_the_sum_of_splits_no_likelier(e1: int, e2: int) -> None:
    chance = Fraction(e2, e1 + e2)
    for n in range(1, 13):
        likely = [comb(n, k) * chance**k * (1 - chance) ** (n - k) for k in range(n + 1)]
        for k in range(n + 1):
            exact = sum(p for p in likely if p <= likely[k])
            found = two_counts(n - k, k, e1, e2).p_value
            assert found == pytest.approx(float(exact), rel=1e-12)


def test_the_interval_holds_the_ratios_that_are_not_rejected() -> None:
    # at an end of the interval, taken as the ratio to test for, each tail is 2.5 %
    first, second = np.array([3, 10, 40, 1, 700]), np.array([9, 2, 55, 60, 650])
    lower, upper = two_counts(first, second, 5.0, 2.0).interval
    low = two_counts(first, second, 5.0, 2.0 * lower, "greater")
    high = two_counts(first, second, 5.0, 2.0 * upper, "less")
    np.testing.assert_allclose(low.p_value, 0.025, rtol=1e-9)
    np.testing.assert_allclose(high.p_value, 0.025, rtol=1e-9)


def test_the_interval_of_a_level_and_its_ends_without_incidents() -> None:
    found = two_counts([0, 6, 0], [6, 0, 0], level=0.9)
    # none of six: the share is below 1 - 0.05^(1/6)
    share = 1 - 0.05 ** (1 / 6)
    np.testing.assert_allclose(found.interval[0], [(1 - share) / share, 0, 0], rtol=1e-12)
    np.testing.assert_allclose(found.interval[1], [inf, share / (1 - share), inf], rtol=1e-12)
    np.testing.assert_array_equal(found.ratio, [inf, 0, nan])
    assert found.p_value[2] == 1


def test_rates_are_over_their_exposures() -> None:
    found = two_counts(24, 6, 12, 1)
    assert found.ratio == 3
    assert found.interval[0] < 3 < found.interval[1]


def test_what_is_not_known_is_not_compared_and_shapes_are_kept() -> None:
    found = two_counts([[nan, 4], [5, 6]], [3, nan])
    np.testing.assert_array_equal(np.isnan(found.p_value), [[True, True], [False, True]])
    assert np.isnan(found.ratio[0]).all()
    assert np.isnan(found.interval[1][:, 1]).all()
    empty = two_counts([], 3)
    assert empty.p_value.shape == empty.interval[0].shape == (0,)


counts = st.integers(0, 3_000)
exposures = st.floats(1e-3, 1e3)


@given(counts, counts, exposures, exposures)
def test_turned_round_it_says_the_same(a: int, b: int, e1: float, e2: float) -> None:
    there, back = two_counts(a, b, e1, e2), two_counts(b, a, e2, e1)
    assert there.p_value == pytest.approx(back.p_value, rel=1e-6)
    assert 0 < there.p_value <= 1
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(there.interval[0], 1 / back.interval[1], rtol=1e-9)
        np.testing.assert_allclose(there.ratio, 1 / back.ratio, rtol=1e-9)
    if a + b:
        assert there.interval[0] <= there.ratio <= there.interval[1]
    sides = [two_counts(a, b, e1, e2, side).p_value for side in ("greater", "less")]
    # both sides hold what was observed
    assert sum(sides) >= 1 - 1e-9
    assert min(sides) <= there.p_value * (1 + 1e-9)


def test_equal_rates_are_rarely_told_apart() -> None:
    rng = np.random.default_rng(5)
    found = two_counts(rng.poisson(24, 4_000), rng.poisson(2, 4_000), 12, 1)
    assert 0.005 < (found.p_value <= 0.05).mean() <= 0.055


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1, 2), "first must be whole numbers"),
        ((1, 2.5), "second must be whole numbers"),
        ((1, inf), "second must be whole numbers"),
        (("a", 2), "first must be numbers"),
        ((1, 2, 0), "Exposures must be finite numbers above 0"),
        ((1, 2, 1, nan), "Exposures must be finite"),
        ((1, 2, 1e-6, 1e6), "at most 1e9 times the other"),
        (([1, 2], [1, 2, 3]), r"fit together; got \(2,\), \(3,\)"),
        ((1, 2, 1, 1, "both"), "alternative must be one of"),
        ((1, 2, 1, 1, "less", 1.5), "level must lie between 0 and 1"),
    ],
)
def test_what_cannot_be_compared_is_refused(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        two_counts(*arguments)
