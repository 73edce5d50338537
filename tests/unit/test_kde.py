"""Kernel density against plain sums and integrals: every kernel, weights, edges, adaptive."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hotspots.clustering import Grid, kde
from hotspots.clustering.adaptive import adaptive_bandwidths, intensity_at
from hotspots.clustering.edges import edge_mass
from hotspots.clustering.gaussian import binned_gaussian
from hotspots.clustering.kernels import NAMES
from hotspots.errors import UsageError
from hotspots.jit import limit_threads

Array = NDArray[np.float64]
AREA = shapely.Polygon(
    [(0, 0), (1000, 0), (1000, 600), (500, 300), (0, 800)], [[(300, 100), (500, 100), (400, 250)]]
)


def height(kernel: str, d: Array, h: Array | float) -> Array:
    """Return a kernel's height at a distance, from its textbook formula."""
    u = d / h
    shape = {
        "quartic": 3 / math.pi * (1 - u**2) ** 2,
        "triweight": 4 / math.pi * (1 - u**2) ** 3,
        "epanechnikov": 2 / math.pi * (1 - u**2),
        "triangular": 3 / math.pi * (1 - u),
        "uniform": np.full(u.shape, 1 / math.pi),
        "gaussian": np.exp(-0.5 * u**2) / (2 * math.pi),
    }[kernel]
    return np.where((u < 1) | (kernel == "gaussian"), shape, 0.0) / np.asarray(h) ** 2


def plain_sum(at: Array, xy: Array, h: Array | float, kernel: str, w: Array) -> Array:
    d = np.hypot(*(at[:, None] - xy[None]).transpose(2, 0, 1))
    total: Array = height(kernel, d, h) @ w * 1e6
    return total


@pytest.mark.parametrize("kernel", NAMES)
@pytest.mark.parametrize("h", [37.0, 333.0, 2_500.0])
def test_equals_the_plain_sum(kernel: str, h: float) -> None:
    rng = np.random.default_rng(1)
    grid = Grid(0, 0, 100.0, np.ones((70, 45), dtype=bool))
    xy, w = rng.uniform(-700, 7_700, (900, 2)), rng.random(900)
    at = grid.centres.reshape(-1, 2)
    exact = plain_sum(at, xy, h, kernel, w).reshape(grid.shape)
    found = kde(xy, grid, h, kernel, w)
    np.testing.assert_allclose(found, exact, rtol=0, atol=1e-12 * exact.max())
    each = rng.uniform(h / 3, h * 3, 900)
    exact = plain_sum(at, xy, each, kernel, np.ones(900)).reshape(grid.shape)
    found = kde(xy, grid, each, kernel)
    np.testing.assert_allclose(found, exact, rtol=0, atol=1e-12 * exact.max())
    np.testing.assert_allclose(
        intensity_at(at, xy, h, kernel, w),
        plain_sum(at, xy, h, kernel, w),
        rtol=0,
        atol=1e-12 * plain_sum(at, xy, h, kernel, w).max(),
    )


def test_threads_do_not_change_a_digit() -> None:
    rng = np.random.default_rng(2)
    grid = Grid(0, 0, 50.0, np.ones((300, 200), dtype=bool))
    xy = rng.uniform(0, 15_000, (300_000, 2))
    found = []
    for threads in (1, 2, 5):
        with limit_threads(threads):
            found.append(kde(xy, grid, 180.0))
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.sampled_from(NAMES), st.sampled_from([90.0, 400.0]))
def test_flips_and_moves_go_along(seed: int, kernel: str, h: float) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.random((9, 9)) < 0.8
    mask[0, 0] = True
    grid = Grid(0, 0, 100.0, mask)
    xy = rng.uniform(0, 900, (20, 2))
    plain = kde(xy, grid, h, kernel)
    close = {"rtol": 1e-9, "atol": 1e-9}
    turned = kde(xy[:, ::-1], Grid(0, 0, 100.0, mask.T), h, kernel)
    np.testing.assert_allclose(turned.T, plain, **close)
    mirrored = kde([[900 - x, y] for x, y in xy], Grid(0, 0, 100.0, mask[:, ::-1]), h, kernel)
    np.testing.assert_allclose(mirrored[:, ::-1], plain, **close)
    moved = kde(xy + np.array([700.0, -300.0]), Grid(700, -300, 100.0, mask), h, kernel)
    np.testing.assert_allclose(moved, plain, **close)


def test_far_points_and_bad_numbers() -> None:
    grid = Grid(0, 0, 100.0, np.ones((3, 3), dtype=bool))
    far = [[1e300, -1e300], [-1e18, 50.0], [150.0, 150.0]]
    for kernel in NAMES:
        np.testing.assert_allclose(
            kde(far, grid, 200.0, kernel), kde([[150.0, 150.0]], grid, 200.0, kernel)
        )
    assert (kde(np.empty((0, 2)), grid, 200.0) == 0).all()
    for wrong in ([[np.nan, 1.0]], [[np.inf, 1.0]]):
        with pytest.raises(UsageError, match="finite"):
            kde(wrong, grid, 200.0)
    for h in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(UsageError, match="bandwidth_m"):
            kde([[1.0, 1.0]], grid, h)
    with pytest.raises(UsageError, match="one an incident"):
        kde([[1.0, 1.0]], grid, [1.0, 2.0])
    with pytest.raises(UsageError, match="two columns"):
        kde([[1.0, 1.0, 1.0]], grid, 1.0)
    with pytest.raises(UsageError, match="kernel must be one of"):
        kde([[1.0, 1.0]], grid, 1.0, "cone")
    with pytest.raises(UsageError, match="edge must be one of"):
        kde([[1.0, 1.0]], grid, 1.0, edge="mirror")  # type: ignore[arg-type]


@pytest.mark.parametrize("kernel", NAMES)
def test_edge_mass_equals_the_integral(kernel: str) -> None:
    h = 150.0 if kernel == "gaussian" else 350.0
    step = 3_000 / 1_200
    along = -1_000 + (np.arange(1_200) + 0.5) * step
    x, y = np.meshgrid(along, along)
    inside = shapely.contains_xy(AREA, x, y)
    # within, near the edges, in a corner, in the hole, outside
    at = np.array([[100, 100], [900, 20], [450, 150], [0, 0], [400, 180], [1_050, 300.0]])
    integral = [
        (height(kernel, np.hypot(x - px, y - py), h) * inside).sum() * step**2 for px, py in at
    ]
    np.testing.assert_allclose(edge_mass(at, AREA, h, kernel), integral, atol=2e-3)


@pytest.mark.parametrize("kernel", NAMES)
def test_edge_mass_in_closed_form(kernel: str) -> None:
    half = shapely.box(0, -1e6, 1e6, 1e6)
    quarter = shapely.box(0, 0, 1e6, 1e6)
    deep = [[5e5, 5e5]]
    assert edge_mass([[0.0, 3.0]], half, 200.0, kernel)[0] == pytest.approx(0.5, abs=1e-8)
    assert edge_mass([[0.0, 0.0]], quarter, 200.0, kernel)[0] == pytest.approx(0.25, abs=1e-8)
    assert edge_mass(deep, quarter, 200.0, kernel)[0] == 1.0
    assert edge_mass([[-9e5, 5.0]], quarter, 200.0, kernel)[0] == 0.0
    # two halves make a whole, wherever the cut is
    rng = np.random.default_rng(3)
    at = rng.uniform(-100, 1_100, (50, 2))
    west = shapely.intersection(AREA, shapely.box(-10, -10, 444, 900))
    east = shapely.difference(AREA, west)
    parts = edge_mass(at, west, 170.0, kernel) + edge_mass(at, east, 170.0, kernel)
    np.testing.assert_allclose(parts, edge_mass(at, AREA, 170.0, kernel), atol=1e-7)


def test_gaussian_edge_mass_is_the_error_function() -> None:
    from scipy.special import ndtr

    half = shapely.box(0, -1e6, 1e6, 1e6)
    x = np.linspace(-800, 800, 41)
    found = edge_mass(np.column_stack([x, np.zeros(41)]), half, 200.0, "gaussian")
    np.testing.assert_allclose(found, ndtr(x / 200), atol=1e-8)


@pytest.mark.parametrize("kernel", NAMES)
def test_diggle_counts_every_incident_in_full(kernel: str) -> None:
    grid = Grid.cover(AREA, 5.0)
    rng = np.random.default_rng(5)
    xy = rng.uniform(0, 1_000, (60, 2))
    inside = shapely.intersects_xy(AREA, xy[:, 0], xy[:, 1])
    assert 20 < inside.sum() < 60
    surface = kde(xy, grid, 180.0, kernel, edge="diggle", study_area=AREA)
    total = np.nansum(surface) * 0.005**2
    assert total == pytest.approx(inside.sum(), rel=0.01)
    lost = np.nansum(kde(xy[inside], grid, 180.0, kernel)) * 0.005**2
    assert lost < 0.95 * inside.sum()


@pytest.mark.parametrize("edge", ["uniform", "diggle"])
def test_an_even_pattern_stays_even_up_to_the_edge(edge: str) -> None:
    along = np.arange(2.5, 1_000, 5.0)
    x, y = np.meshgrid(along, along)
    xy = np.column_stack([x.ravel(), y.ravel()])
    grid = Grid(0, 0, 50.0, np.ones((20, 20), dtype=bool))
    plain = kde(xy, grid, 200.0)
    assert plain[0, 0] < 0.5 * plain[10, 10]
    even = kde(xy, grid, 200.0, edge=edge)  # type: ignore[arg-type]
    limit = 0.01 if edge == "uniform" else 0.35
    assert np.abs(even / 40_000 - 1).max() < limit


def test_the_mask_is_the_area_unless_one_is_given() -> None:
    grid = Grid.cover(AREA, 50.0)
    rng = np.random.default_rng(6)
    xy = rng.uniform(0, 600, (30, 2))
    boxes = shapely.union_all(
        shapely.box(*(grid.centres[grid.mask] - 25).T, *(grid.centres[grid.mask] + 25).T)
    )
    np.testing.assert_allclose(
        kde(xy, grid, 180.0, edge="uniform"),
        kde(xy, grid, 180.0, edge="uniform", study_area=boxes),
        rtol=1e-9,
    )


def test_uniform_correction_needs_one_bandwidth() -> None:
    grid = Grid(0, 0, 100.0, np.ones((3, 3), dtype=bool))
    with pytest.raises(UsageError, match="one bandwidth for all"):
        kde([[50, 50], [60, 60]], grid, [90.0, 80.0], edge="uniform")


def test_abramson_by_hand() -> None:
    # two incidents together and one apart: pilot heights 2 k, 2 k, k with k the kernel's peak
    xy = [[0, 0], [0, 0], [10_000, 0]]
    found = adaptive_bandwidths(xy, 100.0)
    mean = (2 * 2 * 1) ** (1 / 3)
    np.testing.assert_allclose(found, 100 * np.sqrt(mean / np.array([2, 2, 1])), rtol=1e-12)
    assert adaptive_bandwidths(xy, 100.0, most=1.05).max() == pytest.approx(105.0)
    weighted = adaptive_bandwidths([[0, 0], [10_000, 0]], 100.0, weights=[2, 1])
    np.testing.assert_allclose(weighted, found[[0, 2]], rtol=1e-12)
    assert adaptive_bandwidths(np.empty((0, 2)), 100.0).size == 0


def test_adaptive_is_sharper_at_the_peak_and_wider_in_the_tail() -> None:
    rng = np.random.default_rng(8)
    xy = rng.normal(0, 300, (2_000, 2))
    grid = Grid(-2_000, -2_000, 50.0, np.ones((80, 80), dtype=bool))
    fixed = kde(xy, grid, 400.0)
    adaptive = kde(xy, grid, adaptive_bandwidths(xy, 400.0))
    truth = np.exp(-((grid.centres**2).sum(axis=2)) / (2 * 300**2)) / (2 * np.pi * 0.3**2) * 2_000
    assert np.abs(adaptive - truth).max() < np.abs(fixed - truth).max()
    assert adaptive.sum() * 0.05**2 == pytest.approx(2_000, rel=2e-3)


@pytest.mark.parametrize("tolerance", [1e-2, 1e-4])
def test_the_binned_gaussian_keeps_its_bound(tolerance: float) -> None:
    rng = np.random.default_rng(9)
    grid = Grid(0, 0, 100.0, rng.random((60, 50)) < 0.9)
    xy = np.vstack([rng.normal(2_500, 80, (400, 2)), rng.uniform(-900, 6_500, (300, 2))])
    w = rng.random(700)
    for sigma in (60.0, 300.0):
        exact = kde(xy, grid, sigma, "gaussian", w)
        found = binned_gaussian(xy, grid, sigma, w, tolerance)
        error = np.nanmax(np.abs(found.intensity - exact))
        assert 0 < error <= found.error_bound
        peak = w.sum() * 1e6 / (2 * np.pi * sigma**2)
        assert found.error_bound <= peak * tolerance * 1.001 + 1e-9 * peak
    assert (binned_gaussian(np.empty((0, 2)), grid, 90.0).intensity[grid.mask] == 0).all()
    with pytest.raises(UsageError, match="at least 0"):
        binned_gaussian([[1.0, 1.0]], grid, 90.0, [-1.0])
    with pytest.raises(UsageError, match="nodes"):
        binned_gaussian([[1.0, 1.0]], grid, 90.0, tolerance=1e-12)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.sampled_from(["quartic", "epanechnikov", "gaussian"]))
def test_kernel_mass_is_the_incidents_less_what_is_lost_at_the_edge(seed: int, kernel: str) -> None:
    rng = np.random.default_rng(seed)
    mask = np.zeros((60, 60), dtype=bool)
    r, c, rows, cols = rng.integers(0, 20, 2).tolist() + rng.integers(15, 40, 2).tolist()
    mask[r : r + rows, c : c + cols] = True
    grid = Grid(0, 0, 20.0, mask)
    xy = rng.uniform(0, 1_200, (25, 2))
    area = shapely.box(c * 20, r * 20, (c + cols) * 20, (r + rows) * 20)
    h = 80.0 if kernel == "gaussian" else 220.0
    kept = edge_mass(xy, area, h, kernel).sum()
    total = np.nansum(kde(xy, grid, h, kernel)) * 0.02**2
    assert total == pytest.approx(kept, abs=0.02 * len(xy) ** 0.5)


def test_a_kernel_wider_than_the_grid_takes_no_more_than_the_grid() -> None:
    grid = Grid(0, 0, 100.0, np.ones((12, 10), dtype=bool))
    found = kde([[500.0, 600.0]], grid, 1e9)
    np.testing.assert_allclose(found, 3 / math.pi / 1e18 * 1e6, rtol=1e-9)
    assert found.base is None or found.base.size <= grid.mask.size


@pytest.mark.parametrize("h", [1e-160, 1e-4, 1e12, 1e300, "x", None, [[1.0]]])
def test_a_bandwidth_of_no_use_is_refused(h: object) -> None:
    grid = Grid(0, 0, 100.0, np.ones((3, 3), dtype=bool))
    for call in (
        lambda: kde([[1.0, 1.0]], grid, h),  # type: ignore[arg-type]
        lambda: adaptive_bandwidths([[1.0, 1.0]], h),  # type: ignore[arg-type]
        lambda: binned_gaussian([[1.0, 1.0]], grid, h),  # type: ignore[arg-type]
    ):
        with pytest.raises(UsageError, match="bandwidth_m"):
            call()


def test_edge_correction_needs_an_area_and_adaptive_weights_above_zero() -> None:
    grid = Grid(0, 0, 100.0, np.ones((3, 3), dtype=bool))
    for area in (shapely.Point(1, 1), shapely.Polygon()):
        with pytest.raises(UsageError, match="study_area"):
            kde([[1.0, 1.0]], grid, 90.0, edge="uniform", study_area=area)
    with pytest.raises(UsageError, match="one bandwidth for all"):
        kde(np.empty((0, 2)), grid, [], edge="uniform")
    with pytest.raises(UsageError, match="above 0"):
        adaptive_bandwidths([[1.0, 1.0], [2.0, 2.0]], 90.0, weights=[1, 0])


def test_points_have_two_columns() -> None:
    grid = Grid(0, 0, 100.0, np.ones((3, 3), dtype=bool))
    for xy in (np.ones((4, 3)), np.ones((2, 5)), np.ones(4)):
        with pytest.raises(UsageError, match="two columns"):
            grid.counts(xy)
    assert grid.counts([[50.0, 50.0], [np.nan, 1.0], [1e308, -1e308]]).sum() == 1
    for size, margin in ((1e-320, 0.0), (10.0, math.nan), (10.0, -1.0)):
        with pytest.raises(UsageError, match="margin_m"):
            Grid.cover(AREA, size, margin)


def test_a_grid_covers_a_polygon() -> None:
    for area in ("x", [1], shapely.Point(1, 2), None):
        with pytest.raises(UsageError, match="must be a shapely Polygon"):
            Grid.cover(area, 10.0)
