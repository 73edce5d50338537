"""What must hold of a bandwidth for any incidents."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from hotspots.clustering.bandwidth import (
    METHODS,
    k_nearest,
    least_squares_cv,
    likelihood_cv,
    normal_reference,
    select_bandwidth,
)
from hotspots.clustering.cross_validation import MAX_POINTS, likelihood_scores, lscv_scores
from hotspots.clustering.kernels import NAMES, canonical_factor
from hotspots.errors import UsageError

Array = NDArray[np.float64]
methods = st.sampled_from(list(METHODS))
kernels = st.sampled_from(list(NAMES))
seeds = st.integers(0, 9_999)


def clouds(seed: int, n: int = 40) -> Array:
    """Two clouds of incidents, no two at one point."""
    rng = np.random.default_rng(seed)
    return rng.normal(0, [300, 200], (n, 2)) + rng.choice([[0, 0], [1_500, 900]], n)


@settings(max_examples=60)
@given(seeds, methods, kernels, st.floats(1e-3, 1e3), st.floats(-1e5, 1e5), st.integers(1, 3))
def test_scale_shift_and_quarter_turns(
    seed: int, method: str, kernel: str, scale: float, shift: float, turns: int
) -> None:
    xy = clouds(seed)
    plain = select_bandwidth(xy, method, kernel).bandwidth_m
    assert select_bandwidth(xy * scale, method, kernel).bandwidth_m == pytest.approx(
        plain * scale, rel=1e-6
    )
    turn = np.linalg.matrix_power(np.array([[0, 1], [-1, 0]]), turns)
    moved = select_bandwidth(xy @ turn + [shift, -shift], method, kernel).bandwidth_m
    assert moved == pytest.approx(plain, rel=1e-6)


@settings(max_examples=60)
@given(seeds, methods, kernels)
def test_a_weight_is_so_many_incidents(seed: int, method: str, kernel: str) -> None:
    xy = clouds(seed, 25)
    rng = np.random.default_rng(seed)
    weights = rng.integers(0, 4, 25)
    weights[:2] = 1
    every = rng.permutation(np.repeat(xy, weights, axis=0))
    found = select_bandwidth(xy, method, kernel, weights)
    alike = select_bandwidth(every, method, kernel)
    assert found.bandwidth_m == pytest.approx(alike.bandwidth_m, rel=1e-9)
    assert found.reason == alike.reason


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kernel", NAMES)
@pytest.mark.parametrize("weights", [[0.5, 0.7, 1.1], [1e12, 1e12, 1e12 - 1e3], [1e12, 1e4, 0.1]])
def test_any_weights_give_a_bandwidth(method: str, kernel: str, weights: list[float]) -> None:
    xy = [[0, 0], [300, 400], [900, 100]]
    if method == "k_nearest" and min(weights) > 1e11:
        # the square root of n of them are at one point
        with pytest.raises(UsageError, match="share points"):
            select_bandwidth(xy, method, kernel, weights)
        return
    found = select_bandwidth(xy, method, kernel, weights)
    assert np.isfinite(found.bandwidth_m)
    assert found.bandwidth_m > 0


@settings(max_examples=150)
@given(
    arrays(
        np.float64,
        st.tuples(st.integers(0, 12), st.just(2)),
        elements=st.one_of(
            st.sampled_from([0.0, 1.0, 100.0, np.nan, np.inf, 1e300]),
            st.floats(-1e10, 1e10),
        ),
    ),
    methods,
    kernels,
)
def test_a_finite_bandwidth_above_0_or_one_sentence(xy: Array, method: str, kernel: str) -> None:
    before = xy.copy()
    try:
        found = select_bandwidth(xy, method, kernel)
    except UsageError as error:
        assert re.search("bandwidth|finite", str(error))
    else:
        assert np.isfinite(found.bandwidth_m)
        assert found.bandwidth_m > 0
        assert found.method == method
        assert found.reason.endswith(".")
    np.testing.assert_array_equal(xy, before)


@given(seeds, kernels, st.floats(1e-3, 1e3))
def test_scores_are_densities(seed: int, kernel: str, scale: float) -> None:
    xy, h = clouds(seed), np.array([900.0, 400.0, 1_700.0])
    squares = lscv_scores(xy * scale, h * scale, kernel)
    np.testing.assert_allclose(squares * scale**2, lscv_scores(xy, h, kernel), rtol=1e-6)
    logs = likelihood_scores(xy * scale, h * scale, kernel, background=0.1)
    plain = likelihood_scores(xy, h, kernel, background=0.1)
    np.testing.assert_allclose(logs + 2 * np.log(scale), plain, rtol=1e-6)


@given(seeds, kernels)
def test_the_best_candidate_is_chosen(seed: int, kernel: str) -> None:
    xy = clouds(seed)
    candidates = np.random.default_rng(seed).uniform(100, 2_000, 7)
    squares = candidates[np.argmin(lscv_scores(xy, candidates, kernel))]
    found = least_squares_cv(xy, kernel, candidates).bandwidth_m
    assert found == pytest.approx(squares, rel=1e-12)
    scores = likelihood_scores(xy, candidates, kernel, background=1 / 40)
    found = likelihood_cv(xy, kernel, candidates).bandwidth_m
    assert found == pytest.approx(candidates[np.argmax(scores)], rel=1e-12)


@given(seeds, st.sampled_from(["normal", "k_nearest"]), kernels)
def test_kernels_differ_by_their_canonical_factor(seed: int, method: str, kernel: str) -> None:
    xy = clouds(seed)
    one = select_bandwidth(xy, method, kernel).bandwidth_m / canonical_factor(kernel)
    two = select_bandwidth(xy, method, "gaussian").bandwidth_m
    assert one == pytest.approx(two, rel=1e-12)


@given(seeds)
def test_more_neighbours_reach_further(seed: int) -> None:
    xy = clouds(seed)
    reach = [k_nearest(xy, k).bandwidth_m for k in (1, 2, 5, 20, 39)]
    assert (np.diff(reach) > 0).all()


def test_shared_points_are_the_known_failure_of_both() -> None:
    rng = np.random.default_rng(4)
    xy = np.repeat(rng.uniform(0, 3_000, (60, 2)), 4, axis=0)
    squares = least_squares_cv(xy)
    assert "falls to the lower end" in squares.reason
    assert "100% of the incidents share a point" in squares.reason
    single = likelihood_cv(xy, leave_out="incident")
    assert "falls to the lower end" in single.reason
    together = likelihood_cv(xy)
    assert "left out together" in together.reason
    assert together.bandwidth_m > 5 * single.bandwidth_m


def test_an_isolated_incident_does_not_choose() -> None:
    xy = np.vstack([clouds(8), [[40_000.0, 40_000.0]]])
    near = likelihood_cv(clouds(8)).bandwidth_m
    assert likelihood_cv(xy).bandwidth_m < 3 * near
    # without a background every bandwidth below its distance is impossible
    scores = likelihood_scores(xy, [near, 60_000.0])
    assert np.isneginf(scores[0])
    assert np.isfinite(scores[1])
    with pytest.raises(UsageError, match="larger candidates"):
        likelihood_cv(xy, candidates_m=[near, 2 * near], background=0)


def test_ends_of_the_range_are_said() -> None:
    xy = clouds(3)
    best = least_squares_cv(xy).bandwidth_m
    assert "lower end" in least_squares_cv(xy, candidates_m=[3 * best, 6 * best]).reason
    assert "upper end" in least_squares_cv(xy, candidates_m=[best / 9, best / 6]).reason


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("xy", "message"),
    [
        ([], "got 0 at none"),
        ([[1.0, 2.0]], "got 1 at one point"),
        ([[1.0, 2.0]] * 5, "got 5 at one point"),
        ([[0.0, 0.0], [np.nan, 1.0]], "NaN"),
        ([[0.0, 0.0], [np.inf, 1.0]], "infinity"),
        ([[0.0, 0.0], [1e200, -1e200]], "metres"),
        ([[1.0, 2.0, 3.0]], "shape"),
    ],
)
def test_too_little_to_choose_from(method: str, xy: object, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        select_bandwidth(xy, method)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, 1], "one value a point"),
        ([1, -1, 1], "numbers from 0"),
        ([1, np.nan, 1], "finite numbers"),
        ([1, np.inf, 1], "finite numbers"),
        ([1e300, 1e300, 1], "numbers from 0"),
        ([3, 1e-20, 1e-300], "got 3 at one point"),
        ([0, 0, 0], "got 0 at none"),
        ([5, 0, 0], "got 5 at one point"),
        ([0.1, 0.2, 0.3], "got 0.6"),
    ],
)
def test_bad_weights_are_refused(method: str, weights: list[float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        select_bandwidth([[0, 0], [3, 4], [9, 1]], method, weights=weights)


def test_bad_options_are_refused() -> None:
    xy = clouds(1)
    with pytest.raises(UsageError, match="method must be one of normal, lscv, likelihood"):
        select_bandwidth(xy, "best")
    for method in METHODS:
        with pytest.raises(UsageError, match="kernel must be one of quartic"):
            select_bandwidth(xy, method, "quadratic")
    for candidates in ([], [0.0], [-1.0], [np.nan], [[1.0]], [1e300]):
        with pytest.raises(UsageError, match="Bandwidths to compare"):
            least_squares_cv(xy, candidates_m=candidates)
    for k in (0, -1, 40, 1.5, np.nan):
        with pytest.raises(UsageError, match="k must be a whole number from 1 to 39"):
            k_nearest(xy, k)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="average must be"):
        k_nearest(xy, average="mode")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="leave_out must be"):
        likelihood_cv(xy, leave_out="street")  # type: ignore[arg-type]
    for background in (-0.1, 1.0, np.nan):
        with pytest.raises(UsageError, match="background must be"):
            likelihood_cv(xy, background=background)
    with pytest.raises(UsageError, match="share points"):
        k_nearest(np.repeat(xy, 3, axis=0), 2)
    many = np.random.default_rng(0).random((MAX_POINTS + 1, 2))
    with pytest.raises(UsageError, match="at most"):
        least_squares_cv(many)
    assert normal_reference(many).bandwidth_m > 0
