"""What must hold of the core for any input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from hotspots.clustering import Grid, benjamini_hochberg, change_test, gi_star, hot_regions, kde
from hotspots.errors import UsageError

Counts = NDArray[np.int64]
grids = st.tuples(st.integers(2, 9), st.integers(2, 9)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.integers(0, 20))
)


@given(grids, st.integers(1, 50), st.integers(0, 9))
def test_z_does_not_change_with_scale_and_shift(counts: Counts, scale: int, shift: int) -> None:
    plain = gi_star(counts, 1.5, 1.0, null="normal").z_score
    moved = gi_star(counts * scale + shift, 1.5, 1.0, null="normal").z_score
    np.testing.assert_allclose(moved, plain, atol=1e-8)


@given(grids)
def test_flips_and_turns_move_the_result_along(counts: Counts) -> None:
    plain = gi_star(counts, 1.5, 1.0)
    turned = gi_star(np.rot90(counts).copy(), 1.5, 1.0)
    np.testing.assert_allclose(turned.p_value, np.rot90(plain.p_value), atol=1e-12)
    np.testing.assert_allclose(turned.z_score, np.rot90(plain.z_score), atol=1e-12)


@given(grids, st.integers(0, 1_000_000), st.randoms(use_true_random=False))
def test_masked_cells_never_count(counts: Counts, junk: int, random: object) -> None:
    mask = np.random.default_rng(junk).random(counts.shape) < 0.7
    mask.flat[0] = True
    other = np.where(mask, counts, junk)
    one, two = gi_star(counts, 1.5, 1.0, mask), gi_star(other, 1.5, 1.0, mask)
    np.testing.assert_array_equal(one.p_value, two.p_value)
    np.testing.assert_array_equal(np.isnan(one.z_score), ~mask)
    history = change_test(counts, other, 1.5, 1.0, mask).p_value
    np.testing.assert_array_equal(history, change_test(counts, counts, 1.5, 1.0, mask).p_value)


@given(grids)
def test_results_are_defined_numbers(counts: Counts) -> None:
    found = gi_star(counts, 1.5, 1.0, alternative="two-sided")
    change = change_test(counts, counts[::-1], 1.5, 1.0)
    for p in (found.p_value, found.p_adjusted, change.p_value, change.p_adjusted):
        assert ((p >= 0) & (p <= 1)).all()
    assert np.isfinite(found.z_score).all()
    assert np.isfinite(change.expected).all()


@given(st.lists(st.floats(0, 1), max_size=50))
def test_adjusted_p_is_larger_and_keeps_the_order(p: list[float]) -> None:
    adjusted = benjamini_hochberg(p)
    assert (adjusted >= np.array(p) * (1 - 1e-15)).all()
    assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0).all()
    assert (adjusted <= 1).all()


@settings(max_examples=40)
@given(
    arrays(np.float64, st.tuples(st.integers(0, 30), st.just(2)), elements=st.floats(0, 4_000)),
    st.floats(150, 900),
)
def test_kernel_mass_is_the_incidents(xy: NDArray[np.float64], h: float) -> None:
    size = h / 12
    side = int(np.ceil((4_000 + 2 * h) / size)) + 2
    grid = Grid(-h - size, -h - size, size, np.ones((side, side), dtype=bool))
    total = kde(xy, grid, h).sum() * (size / 1000) ** 2
    assert total == pytest.approx(len(xy), rel=5e-3, abs=1e-9)


@given(grids, st.integers(0, 99))
def test_regions_hold_what_made_them_hot(counts: Counts, seed: int) -> None:
    hot = np.random.default_rng(seed).random(counts.shape) < 0.1
    labels = hot_regions(hot, counts, 1.5, 1.0)
    assert ((labels > 0) >= hot).all()
    for row, col in np.argwhere(hot):
        block = (slice(max(row - 1, 0), row + 2), slice(max(col - 1, 0), col + 2))
        near = labels[block][counts[block] > 0]
        assert (near == labels[row, col]).all()


@given(grids, st.integers(0, 99), st.sampled_from([0.5, 1.5, 2.3, 4.0]))
def test_no_region_without_a_significant_cell(counts: Counts, seed: int, band: float) -> None:
    hot = np.random.default_rng(seed).random(counts.shape) < 0.06
    labels = hot_regions(hot, counts, band, 1.0)
    numbers = set(np.unique(labels)) - {0}
    assert numbers == set(np.unique(labels[hot]))
    assert numbers == set(range(1, len(numbers) + 1))


def test_grid_does_not_move_between_study_areas() -> None:
    import shapely

    one = Grid.cover(shapely.box(1_010, 2_020, 5_000, 6_000), 250)
    two = Grid.cover(shapely.box(1_900, 2_700, 4_000, 9_000), 250)
    for grid in (one, two):
        assert grid.x0 % 250 == 0
        assert grid.y0 % 250 == 0


@given(
    arrays(
        np.float64,
        st.tuples(st.integers(0, 40), st.just(2)),
        elements=st.floats(-50, 1e3, allow_subnormal=False),
    )
)
def test_counts_are_the_points_in_the_mask(xy: NDArray[np.float64]) -> None:
    grid = Grid(0, 0, 100.0, np.ones((5, 7), dtype=bool))
    inside = (xy >= 0).all(axis=1) & (xy[:, 0] < 700) & (xy[:, 1] < 500)
    assert grid.counts(xy).sum() == inside.sum()


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([[0, np.nan]], "finite"),
        ([[0, np.inf]], "finite"),
        ([[0, -1]], "whole numbers"),
        ([[0, 0.5]], "whole numbers"),
        ([0, 1], "shape"),
    ],
)
def test_bad_counts_are_refused_in_words(counts: object, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        gi_star(counts, 1.0, 1.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "counts",
    [np.zeros((4, 4)), np.ones((4, 4)), np.full((4, 4), 10**9), np.eye(1), [[0, 0], [0, 900]]],
)
def test_degenerate_maps_have_nothing_hot(counts: object) -> None:
    found = gi_star(counts, 5.0, 1.0)  # type: ignore[arg-type]
    np.testing.assert_array_equal(found.z_score, np.zeros(np.shape(counts)))  # type: ignore[arg-type]
    np.testing.assert_array_equal(found.p_adjusted, np.ones(np.shape(counts)))  # type: ignore[arg-type]
