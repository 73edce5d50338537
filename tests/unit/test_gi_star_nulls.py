"""Each null of Gi*, Gi, the bands, adjustments and classes."""

from __future__ import annotations

import math
from itertools import permutations as orders

import numpy as np
import pytest
from esda import G_Local
from libpysal.weights import W
from numpy.typing import NDArray
from scipy.stats import binom

from hotspots.clustering import gi_star
from hotspots.clustering.getis_ord import gi_star_z
from hotspots.clustering.significance import bonferroni, confidence_classes
from hotspots.clustering.weights import band_half_widths, band_size, band_sum
from hotspots.errors import UsageError
from hotspots.jit import limit_threads


def _neighbours(mask: NDArray[np.bool_], reach: float) -> dict[int, list[int]]:
    cells = np.argwhere(mask)
    return {
        i: [j for j, b in enumerate(cells) if j != i and np.hypot(*(a - b)) <= reach]
        for i, a in enumerate(cells)
    }


def _map(seed: int = 7) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return counts and a mask with holes, no cell of which stands alone."""
    rng = np.random.default_rng(seed)
    counts = rng.poisson(0.6, (11, 13))
    counts[4, 5] += 9
    return counts, rng.random(counts.shape) < 0.9


def test_gi_without_the_cell_equals_esda() -> None:
    counts, mask = _map()
    near = _neighbours(mask, 2.0)
    peer = G_Local(
        counts[mask].astype(float), W(near, silence_warnings=True), "B", permutations=0, star=False
    )
    found = gi_star(counts, 2.0, 1.0, mask, null="normal", include_self=False)
    np.testing.assert_allclose(found.z_score[mask], peer.Zs, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(found.neighbours[mask], [len(n) for n in near.values()])


def test_conditional_tail_equals_all_orders() -> None:
    counts = np.array([[2, 0, 1], [0, 3, 0]])
    found = gi_star(counts, 1.0, 1.0, conditional=True)
    flat = counts.ravel()
    near = {0: (1, 3), 4: (1, 3, 5)}
    for cell, around in near.items():
        others = [flat[j] for j in range(6) if j != cell]
        seen = flat[list(around)].sum()
        sums = [sum(order[: len(around)]) for order in orders(others)]
        assert found.p_value.ravel()[cell] == pytest.approx(np.mean(np.array(sums) >= seen))


def test_conditional_tail_is_what_permutation_estimates() -> None:
    counts, mask = _map(11)
    exact = gi_star(counts, 2.0, 1.0, mask, conditional=True).p_value[mask]
    drawn = gi_star(counts, 2.0, 1.0, mask, null="permutation", permutations=9_999)
    error = np.sqrt(exact * (1 - exact) / 9_999) + 1e-3
    assert (np.abs(drawn.p_value[mask] - exact) <= 3 * error).mean() >= 0.97


def test_a_lone_hot_cell_looks_cold_to_the_conditional_tail() -> None:
    # the reason that it is not the default
    counts = np.zeros((9, 9), dtype=int)
    counts[4, 4] = 30
    conditional = gi_star(counts, 1.5, 1.0, conditional=True).p_value
    assert conditional[4, 4] == 1.0
    assert gi_star(counts, 1.5, 1.0).p_value[4, 4] == pytest.approx(9 / 81)


def test_permutation_repeats_from_its_seed_on_any_number_of_threads() -> None:
    rng = np.random.default_rng(1)
    counts = rng.poisson(0.3, (120, 90))
    found = []
    for threads in (1, 2, 5):
        with limit_threads(threads):
            found.append(gi_star(counts, 3.0, 1.0, null="permutation", permutations=99, seed=8))
    np.testing.assert_array_equal(found[0].p_value, found[1].p_value)
    np.testing.assert_array_equal(found[0].p_value, found[2].p_value)
    other = gi_star(counts, 3.0, 1.0, null="permutation", permutations=99, seed=9)
    assert (other.p_value != found[0].p_value).any()


def test_permutation_takes_weights_that_are_not_whole() -> None:
    counts, mask = _map()
    whole = gi_star(counts, 2.0, 1.0, mask, null="permutation")
    scaled = gi_star(counts * 0.125, 2.0, 1.0, mask, null="permutation")
    np.testing.assert_array_equal(whole.p_value, scaled.p_value)
    with pytest.raises(UsageError, match="whole numbers"):
        gi_star(counts * 0.125, 2.0, 1.0, mask)


def test_binomial_equals_scipy_on_an_even_baseline() -> None:
    counts, mask = _map()
    found = gi_star(counts, 1.5, 1.0, mask, null="binomial")
    n, share = counts[mask].sum(), found.neighbours[mask] / mask.sum()
    np.testing.assert_allclose(
        found.p_value[mask], binom.sf(found.local_sum[mask] - 1, n, share), rtol=1e-10
    )
    np.testing.assert_allclose(found.expected[mask], n * share, rtol=1e-12)
    spread = np.sqrt(n * share * (1 - share))
    np.testing.assert_allclose(
        found.z_score[mask], (found.local_sum[mask] - n * share) / spread, rtol=1e-9, atol=1e-12
    )


def test_binomial_asks_more_than_the_baseline() -> None:
    # twice the residents and twice the incidents on the left: nothing is more than expected
    residents = np.ones((20, 20))
    residents[:, :10] = 40
    counts = (residents * 2).astype(int)
    assert gi_star(counts, 1.5, 1.0).p_adjusted.min() < 0.01
    explained = gi_star(counts, 1.5, 1.0, null="binomial", expected=residents)
    assert explained.p_adjusted.min() > 0.3
    rescaled = gi_star(counts, 1.5, 1.0, null="binomial", expected=residents * 1e-200)
    np.testing.assert_allclose(rescaled.p_value, explained.p_value, rtol=1e-9)
    counts[10, 15] += 60
    found = gi_star(counts, 1.5, 1.0, null="binomial", expected=residents)
    assert found.p_adjusted[10, 15] < 1e-6
    assert found.p_adjusted[10, 3] > 0.3


def test_binomial_without_the_cell_by_hand() -> None:
    counts = np.array([[4, 1, 0, 2]])
    found = gi_star(counts, 1.0, 1.0, null="binomial", expected=[[1, 2, 3, 4]], include_self=False)
    # cell 1: its neighbours 0 and 2 hold 4 of the other 6 incidents, and 4 of the other 8 shares
    assert found.p_value[0, 1] == pytest.approx(binom.sf(3, 6, 4 / 8))
    assert found.expected[0, 1] == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ([[1, 2]], "shape"),
        ([[1, -1, 1]], "at least 0"),
        ([[0, 0, 0]], "above 0"),
        ([[1, np.nan, 1]], "finite"),
        ([[0, 0, 5]], "wherever incidents are"),
    ],
)
def test_a_baseline_that_cannot_be_is_refused(expected: object, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        gi_star([[3, 0, 0]], 0.5, 1.0, null="binomial", expected=expected)  # type: ignore[arg-type]


def test_alternatives_are_tails_of_one_distribution() -> None:
    counts, mask = _map()
    for null in ("randomization", "binomial", "normal", "permutation"):
        hot, cold, either = (
            gi_star(counts, 2.0, 1.0, mask, null=null, alternative=side).p_value[mask]
            for side in ("greater", "less", "two-sided")
        )
        np.testing.assert_allclose(either, np.minimum(2 * np.minimum(hot, cold), 1))
        assert (hot + cold >= 1 - 1e-9).all()


def test_square_band_holds_the_corners() -> None:
    one = np.zeros((9, 9))
    one[4, 4] = 1
    assert band_sum(one, band_half_widths(2.0, 1.0, "square")).sum() == 25
    assert band_sum(one, band_half_widths(2.0, 1.0, "disc")).sum() == 13
    counts, mask = _map()
    square = gi_star(counts, 1.0, 1.0, mask, band="square", null="normal")
    queen = gi_star(counts, math.sqrt(2), 1.0, mask, null="normal")
    np.testing.assert_array_equal(square.z_score, queen.z_score)


def test_z_alone_is_the_same_z() -> None:
    counts, mask = _map()
    for itself in (True, False):
        full = gi_star(counts, 2.0, 1.0, mask, include_self=itself)
        np.testing.assert_array_equal(
            gi_star_z(counts, 2.0, 1.0, mask, include_self=itself), full.z_score
        )


def test_tiny_and_huge_weights_give_the_same_z() -> None:
    counts, mask = _map()
    plain = gi_star(counts, 2.0, 1.0, mask, null="normal").z_score
    for unit in (1e-200, 1e-7, 1e140):
        scaled = gi_star(counts * unit, 2.0, 1.0, mask, null="normal").z_score
        np.testing.assert_allclose(scaled, plain, rtol=1e-9, atol=1e-9)


def test_normal_tail_never_says_impossible() -> None:
    counts = np.zeros((150, 150))
    counts[70:73, 70:73] = 50
    found = gi_star(counts, 1.5, 1.0, null="normal")
    assert np.nanmax(found.z_score) > 40
    assert found.p_value.min() > 0


def test_bonferroni_is_stricter() -> None:
    np.testing.assert_allclose(bonferroni([0.01, np.nan, 0.3, 0.5]), [0.03, np.nan, 0.9, 1.0])
    counts, mask = _map()
    fdr = gi_star(counts, 2.0, 1.0, mask).p_adjusted[mask]
    strict = gi_star(counts, 2.0, 1.0, mask, adjustment="bonferroni").p_adjusted[mask]
    assert (strict >= fdr * (1 - 1e-12)).all()


def test_confidence_classes() -> None:
    p = [0.0001, 0.01, 0.05, 0.0500001, 0.1, 0.2, np.nan, 0.04]
    z = [5.0, -3.0, 2.0, 2.0, -1.7, 3.0, np.nan, 0.0]
    assert confidence_classes(p, z).tolist() == [3, -3, 2, 1, -1, 0, 0, 0]
    with pytest.raises(UsageError, match="one shape"):
        confidence_classes([0.1], [1.0, 2.0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"null": "gamma"}, "null must be one of"),
        ({"alternative": "up"}, "alternative must be one of"),
        ({"adjustment": "none"}, "adjustment must be one of"),
        ({"band": "hexagon"}, "band must be one of"),
        ({"distance_m": 0}, "distance_m"),
        ({"distance_m": math.nan}, "distance_m"),
        ({"distance_m": 1e9}, "at most 10,000 cells"),
        ({"cell_size_m": -1}, "cell_size_m"),
        ({"null": "permutation", "permutations": 0}, "permutations"),
        ({"counts": [[1e200, 0]]}, "at most"),
    ],
)
def test_wrong_parameters_are_refused_in_words(change: dict[str, object], message: str) -> None:
    given: dict[str, object] = {"counts": [[1, 0, 2]], "distance_m": 1.0, "cell_size_m": 1.0}
    with pytest.raises(UsageError, match=message):
        gi_star(**(given | change))  # type: ignore[arg-type]


@pytest.mark.parametrize("null", ["randomization", "binomial", "normal", "permutation"])
@pytest.mark.parametrize("include_self", [True, False])
@pytest.mark.parametrize(
    "counts", [np.zeros((3, 4)), np.full((3, 4), 7), np.eye(1), np.eye(2), np.eye(4) * 10**6]
)
def test_degenerate_maps_give_numbers(
    null: str, include_self: bool, counts: NDArray[np.float64]
) -> None:
    found = gi_star(counts, 1.0, 1.0, null=null, include_self=include_self)  # type: ignore[arg-type]
    assert np.isfinite(found.z_score).all()
    assert ((found.p_value > 0) & (found.p_value <= 1)).all()
    assert ((found.p_adjusted > 0) & (found.p_adjusted <= 1)).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (4, 3), (7, 7), (6, 40), (31, 8)])
@pytest.mark.parametrize("band", ["disc", "square"])
@pytest.mark.parametrize("reach", [0.5, 1.0, 1.5, 3.0, 8.0])
def test_sizes_of_a_whole_grid_are_counted_right(
    shape: tuple[int, int], band: str, reach: float
) -> None:
    mask = np.ones(shape, dtype=bool)
    half = band_half_widths(reach, 1.0, band)  # type: ignore[arg-type]
    np.testing.assert_array_equal(band_size(mask, half, whole=True), band_sum(mask, half))


@pytest.mark.parametrize("band", ["disc", "square"])
def test_band_sums_equal_plain_sums(band: str) -> None:
    rng = np.random.default_rng(3)
    for values in (rng.integers(-3, 9, (17, 23)), rng.normal(0, 1, (17, 23)) * 10.0**6):
        for reach in (0.5, 2.3, 9.0, 40.0):
            rows, cols = np.mgrid[:17, :23]
            half = band_half_widths(reach, 1.0, band)  # type: ignore[arg-type]
            for r, c in ((0, 0), (8, 11), (16, 3)):
                dy, dx = rows - r, cols - c
                near = (
                    np.hypot(dy, dx) <= reach
                    if band == "disc"
                    else np.maximum(abs(dy), abs(dx)) <= reach
                )
                assert band_sum(values, half)[r, c] == pytest.approx(values[near].sum(), abs=1e-8)


def test_a_huge_neighbour_leaves_no_rounding_behind() -> None:
    # a difference of running sums would: 1e15 + 0.1 - 1e15 is not 0.1
    values = np.full((3, 30), 0.1)
    values[1, 4] = 1e15
    found = band_sum(values, band_half_widths(1.0, 1.0))
    assert found[1, 20] == pytest.approx(0.5, rel=1e-14)


def test_counts_above_the_exact_floats_lose_no_neighbour() -> None:
    values = np.ones((3, 12))
    values[0, 0] = 1e17
    assert band_sum(values, band_half_widths(1.0, 1.0))[1, 8] == 5


@pytest.mark.parametrize("counts", ["text", [["a", "b"]], [[1, 2], [3]], [[1 + 2j, 0]], {"a": 1}])
def test_what_is_no_number_is_refused_in_words(counts: object) -> None:
    for call in (gi_star, gi_star_z):
        with pytest.raises(UsageError, match="must be numbers"):
            call(counts, 1.0, 1.0)  # type: ignore[operator]
    with pytest.raises(UsageError, match="must be numbers"):
        gi_star([[1, 2]], 1.0, 1.0, null="binomial", expected=counts or "x")  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", [np.int8, np.float32, object, bool])
@pytest.mark.parametrize("order", ["C", "F"])
def test_any_kind_of_number_gives_the_same_result(dtype: type, order: str) -> None:
    counts, mask = _map()
    given = np.array(np.minimum(counts, 1), dtype=dtype, order=order)
    given.flags.writeable = False
    found = gi_star(given, 2.0, 1.0, mask.astype(float))
    same = gi_star(np.minimum(counts, 1), 2.0, 1.0, mask)
    np.testing.assert_array_equal(found.p_value, same.p_value)


def test_a_mask_is_true_or_false() -> None:
    with pytest.raises(UsageError, match="mask must be true or false"):
        gi_star([[1, 2]], 1.0, 1.0, mask=[[1.0, np.nan]])
    with pytest.raises(UsageError, match="0 to 1"):
        bonferroni([2, -1])


def test_a_huge_baseline_is_a_scale() -> None:
    counts, mask = _map()
    for unit in (1e308, 1e-300):
        found = gi_star(counts, 2.0, 1.0, mask, null="binomial", expected=np.full(mask.shape, unit))
        even = gi_star(counts, 2.0, 1.0, mask, null="binomial")
        np.testing.assert_allclose(found.p_value, even.p_value)
