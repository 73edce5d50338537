"""Conditional permutation against direct sums, enumeration, and what it promises."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import chisquare

from hotspots.clustering.permutation import draw_ids, permuted_ranks, pseudo_p
from hotspots.errors import UsageError
from hotspots.jit import limit_threads

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


def _direct(values: Floats, sizes: Whole, observed: Floats, ids: Whole) -> tuple[Whole, Whole]:
    """The definition, one site and one permutation at a time."""
    larger, smaller = np.zeros((2, values.size), dtype=np.int64)
    for i in range(values.size):
        others = np.delete(values, i)
        sums = others[ids[:, : sizes[i]]].sum(axis=1)
        larger[i], smaller[i] = (sums >= observed[i]).sum(), (sums <= observed[i]).sum()
    return larger, smaller


@pytest.mark.parametrize(
    ("n", "most", "permutations"), [(2, 1, 20), (35, 34, 99), (5_000, 9, 199), (300, 120, 5_000)]
)
def test_ranks_equal_direct_sums(n: int, most: int, permutations: int) -> None:
    # 5,000 sites are several threads' parts; 5,000 x 120 draws are several blocks of one part
    rng = np.random.default_rng(n)
    values = rng.poisson(2, n).astype(float)
    sizes = rng.integers(0, most + 1, n)
    observed = np.round(sizes * 2 + rng.normal(0, 2, n))
    ids = draw_ids(n, most, permutations, 1)
    larger, smaller = permuted_ranks(values, sizes, observed, ids)
    expected = _direct(values, sizes, observed, ids)
    np.testing.assert_array_equal(larger, expected[0])
    np.testing.assert_array_equal(smaller, expected[1])


def test_ranks_of_fractions_equal_direct_sums() -> None:
    rng = np.random.default_rng(3)
    values, sizes = rng.normal(0, 1, 400), rng.integers(0, 12, 400)
    observed = rng.normal(0, 2, 400)  # no ties but the empty sums
    ids = draw_ids(400, 11, 500, 2)
    larger, smaller = permuted_ranks(values, sizes, observed, ids)
    np.testing.assert_array_equal((larger, smaller), _direct(values, sizes, observed, ids))
    assert (larger + smaller == 500).all()


def test_any_number_of_threads_gives_the_same() -> None:
    rng = np.random.default_rng(4)
    values, sizes = rng.gamma(0.3, 9, 9_000), rng.integers(0, 20, 9_000)
    ids = draw_ids(9_000, 19, 300, 5)
    found = []
    for number in (1, 2, 5):
        with limit_threads(number):
            found.append(permuted_ranks(values, sizes, sizes * 2.7, ids))
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


def test_chance_equals_enumeration() -> None:
    values = np.array([0.0, 1, 1, 2, 4, 7, 0, 3])
    site, size, observed = 3, 3, 6.0
    sums = [sum(c) for c in itertools.combinations(np.delete(values, site), size)]
    exact = sum(s >= observed for s in sums) / len(sums)
    permutations = 200_000
    ids = draw_ids(8, 3, permutations, 6)
    larger, _ = permuted_ranks(values, np.full(8, size), np.full(8, observed), ids)
    error = math.sqrt(exact * (1 - exact) / permutations)
    assert abs(larger[site] / permutations - exact) < 4 * error


@pytest.mark.parametrize(("n", "most"), [(7, 6), (7, 2), (1_000, 30), (50_000, 28)])
def test_draws_are_distinct_and_within_the_others(n: int, most: int) -> None:
    ids = draw_ids(n, most, 500, 8)
    assert ids.shape == (500, most)
    assert ids.dtype == np.int32
    assert ids.min() >= 0
    assert ids.max() <= n - 2
    assert (np.diff(np.sort(ids, axis=1), axis=1) > 0).all()


def test_ordered_draws_are_all_equally_likely() -> None:
    ids = draw_ids(6, 3, 60_000, 9)  # 5 x 4 x 3 ordered draws, 1,000 of each expected
    _, seen = np.unique(ids @ [25, 5, 1], return_counts=True)
    assert seen.size == 60
    assert chisquare(seen).pvalue > 1e-3


def test_a_seed_repeats_and_a_generator_moves_on() -> None:
    np.testing.assert_array_equal(draw_ids(90, 7, 50, 3), draw_ids(90, 7, 50, 3))
    assert (draw_ids(90, 7, 50, 3) != draw_ids(90, 7, 50, 4)).any()
    one, two = np.random.default_rng(3), np.random.default_rng(3)
    np.testing.assert_array_equal(draw_ids(90, 7, 50, one), draw_ids(90, 7, 50, two))
    assert (draw_ids(90, 7, 50, one) != draw_ids(90, 7, 50, 3)).any()


def test_a_site_is_never_its_own_neighbour() -> None:
    values = np.array([0.0, 0, 1_000, 0])
    larger, _ = permuted_ranks(values, np.full(4, 2), np.ones(4), draw_ids(4, 2, 600, 1))
    assert larger[2] == 0
    assert (larger[[0, 1, 3]] > 300).all()  # two of three others: 2/3


def test_equal_sums_count_on_both_sides() -> None:
    ids = draw_ids(50, 3, 40, 1)
    # 0.1 + 0.1 + 0.1 is not 0.3 in floating point, yet it is a tie
    larger, smaller = permuted_ranks(np.full(50, 0.1), np.full(50, 3), np.full(50, 0.3), ids)
    assert (larger == 40).all()
    assert (smaller == 40).all()
    # whole numbers are told apart to the last one, however large
    big = np.full(50, 2.0**45)
    larger, smaller = permuted_ranks(big, np.full(50, 3), np.full(50, 3 * 2.0**45 + 1), ids)
    assert (larger == 0).all()
    assert (smaller == 40).all()


def test_islands_and_empty_input_are_defined() -> None:
    larger, smaller = permuted_ranks([3.0, 1.0], [0, 0], [0.0, 0.0], draw_ids(2, 0, 99, 0))
    assert larger.tolist() == smaller.tolist() == [99, 99]
    assert draw_ids(0, 0, 9, 0).shape == (9, 0)
    assert draw_ids(1, 0, 9, 0).shape == (9, 0)
    assert permuted_ranks([], [], [], draw_ids(0, 0, 9, 0))[0].size == 0
    none, _ = permuted_ranks([1.0, 2.0], [1, 1], [2.0, 1.0], draw_ids(2, 1, 0, 0))
    assert none.tolist() == [0, 0]


def test_arguments_are_left_alone() -> None:
    values, sizes, observed = np.arange(9.0), np.full(9, 2), np.full(9, 7.0)
    ids = draw_ids(9, 2, 30, 0)
    copies = [a.copy() for a in (values, sizes, observed, ids)]
    permuted_ranks(values, sizes, observed, ids)
    for now, before in zip((values, sizes, observed, ids), copies, strict=True):
        np.testing.assert_array_equal(now, before)


@pytest.mark.parametrize(
    ("n", "most", "permutations", "what"),
    [
        (5, 5, 9, "0 to 4"),
        (5, -1, 9, "0 to 4"),
        (0, 1, 9, "0 to 0"),
        (5, 2, -1, "at least 0"),
        (100_000, 50_000, 9_999, "at most"),
    ],
)
def test_impossible_draws_are_refused(n: int, most: int, permutations: int, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        draw_ids(n, most, permutations, 0)


@pytest.mark.parametrize(
    ("values", "sizes", "observed", "what"),
    [
        ([1.0, math.nan, 0.0], [1, 1, 1], [0, 0, 0], "finite"),
        ([1.0, math.inf, 0.0], [1, 1, 1], [0, 0, 0], "finite"),
        ([1e308, 1e308, 0.0], [1, 1, 1], [0, 0, 0], "finite"),
        ([1.0, 1.0, 0.0], [1, 1, 1], [0, math.nan, 0], "finite"),
        ([1.0, 1.0, 0.0], [1, 3, 1], [0, 0, 0], "within 0..2"),
        ([1.0, 1.0, 0.0], [1, -1, 1], [0, 0, 0], "within 0..2"),
        ([1.0, 1.0], [1, 1], [0, 0], "same n"),
        ([1.0, 1.0, 0.0], [1, 1], [0, 0, 0], "one length"),
    ],
)
def test_impossible_sums_are_refused(
    values: list[float], sizes: list[int], observed: list[float], what: str
) -> None:
    with pytest.raises(UsageError, match=what):
        permuted_ranks(values, sizes, observed, draw_ids(3, 2, 9, 0))


def test_p_values_by_hand() -> None:
    larger, smaller = [0, 49, 99, 60], [99, 50, 99, 41]
    np.testing.assert_allclose(pseudo_p(larger, smaller, 99), [0.01, 0.5, 1, 0.61])
    np.testing.assert_allclose(pseudo_p(larger, smaller, 99, "less"), [1, 0.51, 1, 0.42])
    np.testing.assert_allclose(pseudo_p(larger, smaller, 99, "two-sided"), [0.02, 1, 1, 0.84])
    with pytest.raises(UsageError, match="at least 1"):
        pseudo_p([0], [0], 0)
    with pytest.raises(UsageError, match="one of"):
        pseudo_p([0], [0], 9, "hot")  # type: ignore[arg-type]
