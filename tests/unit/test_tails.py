"""Exact tails against exact arithmetic, enumeration and closed forms."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import combinations

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.clustering.discrete import SMALLEST, binomial_tail, hypergeometric_tail
from hotspots.clustering.tails import sum_tail
from hotspots.errors import UsageError
from hotspots.jit import limit_threads


def _exact_binomial(s: int, n: int, p: float) -> mpmath.mpf:
    with mpmath.workdps(60):
        if s <= 0 or s > n:
            return mpmath.mpf(s <= 0)
        return mpmath.betainc(s, n - s + 1, 0, mpmath.mpf(p), regularized=True)


def _exact_hypergeometric(s: int, population: int, marked: int, draws: int) -> Fraction:
    terms = range(max(s, draws + marked - population), min(marked, draws) + 1)
    ways = sum(math.comb(marked, j) * math.comb(population - marked, draws - j) for j in terms)
    return Fraction(ways, math.comb(population, draws))


@pytest.mark.parametrize(
    ("s", "n", "p"),
    [
        (3, 10, 0.2),
        (1, 5, 1e-9),
        (150, 300, 0.5),
        (60, 20_000, 0.004),
        (200, 2_000, 0.01),  # 1e-127
        (500, 500, 0.3),  # 4e-262
        (600, 20_000, 0.004),  # below 1e-300
    ],
)
def test_binomial_equals_sixty_digits(s: int, n: int, p: float) -> None:
    upper, lower = binomial_tail([s], [n], [p])
    exact = max(_exact_binomial(s, n, p), SMALLEST)
    assert upper[0] == pytest.approx(float(exact), rel=1e-12)
    with mpmath.workdps(60):
        below = 1 - _exact_binomial(s + 1, n, p)
    assert lower[0] == pytest.approx(float(below), rel=1e-12)


@pytest.mark.parametrize(
    ("s", "population", "marked", "draws"),
    [
        (3, 20, 6, 8),
        (40, 30_000, 60, 2_300),
        (10, 5_000, 900, 350),
        (1, 10, 1, 10),
        (0, 10, 4, 3),
        (260, 30_000, 300, 2_300),  # 4e-248
    ],
)
def test_hypergeometric_equals_fractions(s: int, population: int, marked: int, draws: int) -> None:
    upper, lower = hypergeometric_tail([s], population, [marked], draws)
    exact = _exact_hypergeometric(s, population, marked, draws)
    assert upper[0] == pytest.approx(float(exact), rel=1e-12)
    below = 1 - _exact_hypergeometric(s + 1, population, marked, draws)
    assert lower[0] == pytest.approx(float(below), rel=1e-12)


@given(st.integers(1, 40), st.data())
def test_tails_meet(n: int, data: st.DataObject) -> None:
    s = data.draw(st.integers(0, n))
    p = data.draw(st.floats(0, 1))
    upper, _ = binomial_tail([s + 1], [n], [p])
    _, lower = binomial_tail([s], [n], [p])
    assert upper[0] + lower[0] == pytest.approx(1, abs=1e-12)
    marked, draws = data.draw(st.integers(0, n)), data.draw(st.integers(0, n))
    upper, _ = hypergeometric_tail([s + 1], n, [marked], draws)
    _, lower = hypergeometric_tail([s], n, [marked], draws)
    assert upper[0] + lower[0] == pytest.approx(1, abs=1e-12)


@given(st.lists(st.integers(0, 6), min_size=2, max_size=8), st.data())
def test_sums_of_cells_equal_enumeration(counts: list[int], data: st.DataObject) -> None:
    w = data.draw(st.integers(0, len(counts)))
    sums = np.array([sum(c) for c in combinations(counts, w)])
    asked = np.arange(0, sum(counts) + 2)
    upper, lower = sum_tail(counts, asked, np.full(asked.size, w))
    share = [max((sums >= s).mean(), SMALLEST) for s in asked]
    np.testing.assert_allclose(upper, share, rtol=1e-12)
    np.testing.assert_allclose(
        lower, [max((sums <= s).mean(), SMALLEST) for s in asked], rtol=1e-12
    )


def test_the_answer_does_not_depend_on_what_else_is_asked() -> None:
    # all sums above the largest asked for are one state
    counts = np.random.default_rng(2).poisson(0.7, 400)
    alone, _ = sum_tail(counts, [9], [9])
    among, _ = sum_tail(counts, [9, 60, 2], [9, 30, 3])
    assert alone[0] == pytest.approx(among[0], rel=1e-13)


@pytest.mark.parametrize("k", [13, 60, 128])
def test_far_tail_keeps_its_accuracy(k: int) -> None:
    # all of the k busy cells of n in one neighbourhood of k: 1 / C(n, k), down to 7e-300
    n = {13: 2_000, 60: 2_000, 128: 15_000}[k]
    counts = np.zeros(n, dtype=int)
    counts[:k] = 1
    upper, _ = sum_tail(counts, [k], [k])
    assert upper[0] == pytest.approx(float(Fraction(1, math.comb(n, k))), rel=1e-11)


def test_an_observed_sum_is_never_impossible() -> None:
    counts = np.zeros(20_000, dtype=int)
    counts[:400] = 3
    upper, lower = sum_tail(counts, [1_200, 0], [400, 20_000 - 400])
    assert upper[0] == SMALLEST
    assert lower[1] == SMALLEST
    assert hypergeometric_tail([500], 100_000, [500], 600)[0][0] == SMALLEST
    assert binomial_tail([900], [1_000], [1e-3])[0][0] == SMALLEST


def test_no_queries_give_no_answers() -> None:
    assert all(tail.size == 0 for tail in sum_tail([1, 2], [], []))
    assert all(tail.size == 0 for tail in binomial_tail([], [], []))
    assert all(tail.size == 0 for tail in hypergeometric_tail([], 5, [], 2))


def test_a_table_too_large_is_refused_in_words() -> None:
    with pytest.raises(UsageError, match="a shorter distance"):
        sum_tail([0, 1, 10**9], [10**9], [2])


def test_threads_do_not_change_the_tails() -> None:
    rng = np.random.default_rng(4)
    counts = rng.poisson(1.0, 30_000)
    sums, sizes = rng.integers(0, 30, 30_000), rng.integers(1, 14, 30_000)
    with limit_threads(1):
        one = sum_tail(counts, sums, sizes)
    with limit_threads(7):
        seven = sum_tail(counts, sums, sizes)
    np.testing.assert_array_equal(one, seven)


@pytest.mark.parametrize(
    ("counts", "sums", "sizes", "message"),
    [
        ([1, 2], [1, 1, 1], [1], "one length"),
        ([1, 2], [[1]], [[1]], "one length"),
        ([1, 2], [1], [3], "0 to 2"),
        ([1, 2], [1], [-1], "0 to 2"),
        ([1, 2], [np.nan], [1], "finite"),
        ([1, np.nan], [1], [1], "whole numbers"),
        ([], [1], [1], "0 to 0"),
    ],
)
def test_queries_that_cannot_be_are_refused(
    counts: object, sums: object, sizes: object, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        sum_tail(counts, sums, sizes)  # type: ignore[arg-type]
