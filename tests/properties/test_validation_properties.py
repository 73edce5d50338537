"""What holds of every ranking and every bootstrap."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.validation import best_possible, paired_interval, pooled_interval, ranked
from hotspots.validation.intervals import block_draws

cells = st.integers(1, 60).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(-5, 5), min_size=n, max_size=n),
        st.lists(st.integers(0, 6), min_size=n, max_size=n),
        st.permutations(range(n)),
    )
)


@given(cells)
def test_a_curve_rises_and_ends_with_all(drawn: tuple[list[int], list[int], list[int]]) -> None:
    score, hits, _ = drawn
    curve = ranked(score, hits).hits
    assert curve[0] == 0
    assert curve[-1] == sum(hits)
    assert (np.diff(curve) >= -1e-12).all()


@given(cells)
def test_no_ranking_beats_the_oracle(drawn: tuple[list[int], list[int], list[int]]) -> None:
    score, hits, _ = drawn
    assert (best_possible(hits).hits - ranked(score, hits).hits >= -1e-9).all()
    assert ranked(score, hits).area() <= best_possible(hits).area() + 1e-9


@given(cells)
def test_the_order_of_the_cells_is_no_matter(
    drawn: tuple[list[int], list[int], list[int]],
) -> None:
    score, hits, order = drawn
    moved = ranked(np.array(score)[order], np.array(hits)[order]).hits
    np.testing.assert_allclose(moved, ranked(score, hits).hits, atol=1e-12)


@given(cells)
def test_a_rising_transform_changes_nothing(
    drawn: tuple[list[int], list[int], list[int]],
) -> None:
    score, hits, _ = drawn
    told = np.exp(np.array(score, dtype=float)) * 7 - 3
    np.testing.assert_array_equal(ranked(told, hits).hits, ranked(score, hits).hits)


@given(cells)
def test_a_ranking_and_its_reverse_share_the_incidents(
    drawn: tuple[list[int], list[int], list[int]],
) -> None:
    score, hits, _ = drawn
    best = ranked(score, hits).hits
    worst = ranked(-np.array(score), hits).hits
    np.testing.assert_allclose(best + worst[::-1], sum(hits), atol=1e-9)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(1, 12))
def test_a_block_stays_in_its_series(lengths: list[int], block: int) -> None:
    drawn = block_draws(lengths, block, draws=20)
    assert drawn.shape == (20, sum(lengths))
    series = np.repeat(np.arange(len(lengths)), lengths)
    size = block
    for start in range(0, max(sum(lengths) - size, 0) + 1, size):
        of = series[drawn[:, start : start + size]]
        assert (of == of[:, :1]).all()


@given(st.lists(st.integers(1, 40), min_size=6, max_size=30), st.integers(1, 2), st.integers(0, 9))
def test_intervals_of_a_method_with_itself_are_nought(
    below: list[int], block: int, seed: int
) -> None:
    above = [0.3 * n for n in below]
    same = paired_interval(above, above, below, block, draws=50, seed=seed)
    assert (same.value, same.low, same.high) == (0, 0, 0)
    assert same.verdict() == "no clear difference"
    pooled = pooled_interval(above, below, block, draws=50, seed=seed)
    assert [pooled.low, pooled.value, pooled.high] == pytest.approx([0.3] * 3)
