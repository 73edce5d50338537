"""Bandwidths against scikit-learn, scipy, published constants, integrals and closed forms."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import integrate, optimize, stats
from sklearn.model_selection import GridSearchCV, LeaveOneOut
from sklearn.neighbors import KernelDensity, NearestNeighbors

from hotspots.clustering.bandwidth import (
    METHODS,
    k_nearest,
    least_squares_cv,
    likelihood_cv,
    normal_reference,
    select_bandwidth,
)
from hotspots.clustering.cross_validation import likelihood_scores, lscv_scores
from hotspots.clustering.kernels import COMPACT, MOMENTS, NAMES, canonical_factor

Array = NDArray[np.float64]


def value(kernel: str, t: Array) -> Array:
    """The kernel by its definition, apart from the code that is tested."""
    if kernel == "gaussian":
        return np.exp(-t * t / 2) / (2 * math.pi)
    inside = t < 1
    power = {"uniform": 0, "epanechnikov": 1, "quartic": 2, "triweight": 3}.get(kernel)
    if power is None:
        return np.where(inside, 3 / math.pi * (1 - t), 0.0)
    rest = np.where(inside, 1 - t * t, 1.0)
    return np.where(inside, (power + 1) / math.pi * rest**power, 0.0)


def distances(xy: Array) -> Array:
    return np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))


@pytest.mark.parametrize("kernel", NAMES)
def test_moments_are_the_integrals(kernel: str) -> None:
    end = np.inf if kernel == "gaussian" else 1.0

    def over_plane(f: object) -> float:
        return float(integrate.quad(lambda r: 2 * math.pi * r * f(r), 0, end, epsabs=1e-12)[0])  # type: ignore[operator]

    def k(r: float) -> float:
        return float(value(kernel, np.array(r)))

    assert over_plane(k) == pytest.approx(1, rel=1e-10)
    roughness, variance = over_plane(lambda r: k(r) ** 2), over_plane(lambda r: k(r) * r * r / 2)
    assert MOMENTS[kernel] == pytest.approx((roughness, variance), rel=1e-10)


def test_canonical_factors_are_silvermans_table() -> None:
    published = {"gaussian": 1.0, "epanechnikov": 2.40, "quartic": 2.78, "triweight": 3.12}
    for kernel, factor in published.items():
        assert canonical_factor(kernel) == pytest.approx(factor, abs=0.005)


def test_normal_reference_is_scotts_rule_of_scipy() -> None:
    # on even scatter the standard deviation is the smaller spread, as scipy takes it
    xy = np.random.default_rng(5).uniform(0, 4_000, (300, 2))
    peer = stats.gaussian_kde(xy.T)
    assert peer.factor == pytest.approx(300 ** (-1 / 6))
    scott = math.sqrt(np.trace(peer.covariance) / 2)
    assert normal_reference(xy, "gaussian").bandwidth_m == pytest.approx(scott, rel=1e-12)
    weights = np.random.default_rng(6).integers(1, 4, 300)
    scott = math.sqrt(np.trace(stats.gaussian_kde(np.repeat(xy, weights, axis=0).T).covariance) / 2)
    found = normal_reference(xy, "gaussian", weights).bandwidth_m
    assert found == pytest.approx(scott, rel=1e-12)


def test_normal_reference_takes_the_quartiles_of_a_long_tail() -> None:
    xy = np.random.default_rng(7).standard_t(2, (501, 2)) * [300, 200] + [5e5, 2e5]
    spread = [min(v.std(ddof=1), np.subtract(*np.quantile(v, [0.75, 0.25])) / 1.34) for v in xy.T]
    by_hand = math.sqrt(np.mean(np.square(spread))) * 501 ** (-1 / 6)
    assert normal_reference(xy, "gaussian").bandwidth_m == pytest.approx(by_hand, rel=1e-12)


def mise(h: float, n: int) -> float:
    """Exact error of the Gaussian estimate of a standard normal density in two dimensions."""
    terms = 1 / (n * h**2) + (1 - 1 / n) / (1 + h**2) - 4 / (2 + h**2) + 1
    return terms / (4 * math.pi)


@pytest.mark.parametrize("n", [400, 4_000])
def test_normal_reference_is_nearly_best_for_a_normal_cloud(n: int) -> None:
    xy = np.random.default_rng(n).normal(0, 1_000, (n, 2))
    chosen = normal_reference(xy, "gaussian").bandwidth_m / 1_000
    best = optimize.minimize_scalar(mise, bounds=(0.05, 2), args=(n,), method="bounded")
    assert chosen == pytest.approx(best.x, rel=0.08)
    assert mise(chosen, n) < 1.02 * best.fun


def test_lscv_estimates_the_exact_error_without_bias() -> None:
    n, h = 30, np.array([0.25, 0.5, 1.0])
    rng = np.random.default_rng(17)
    scores = np.array([lscv_scores(rng.normal(size=(n, 2)), h, "gaussian") for _ in range(1_000)])
    expected = [mise(one, n) - 1 / (4 * math.pi) for one in h]
    off = (scores.mean(axis=0) - expected) / (scores.std(axis=0) / math.sqrt(len(scores)))
    assert (np.abs(off) < 4).all()


def direct_lscv(xy: Array, weights: Array, h: float, kernel: str, step: float) -> float:
    """The definition, each incident on its own and the square integrated on a grid."""
    xy = np.repeat(xy, weights, axis=0)
    n = len(xy)
    reach = (9 if kernel == "gaussian" else 1) * h
    x, y = (np.arange(v.min() - reach, v.max() + reach + step, step) for v in xy.T)
    there = np.stack(np.meshgrid(x, y), axis=-1)
    density = sum(value(kernel, np.hypot(*np.moveaxis(there - p, -1, 0)) / h) for p in xy)
    squared = np.sum(np.square(density / (n * h**2))) * step**2
    others = value(kernel, distances(xy) / h) * (1 - np.eye(n)) / ((n - 1) * h**2)
    return float(squared - 2 * others.sum(axis=1).mean())


@pytest.mark.parametrize("h", [0.7, 1.3])
def test_gaussian_lscv_is_the_integral(h: float) -> None:
    rng = np.random.default_rng(11)
    xy, weights = rng.uniform(0, 3, (12, 2)), rng.integers(1, 4, 12)
    found = lscv_scores(xy, [h], "gaussian", weights)[0]
    assert found == pytest.approx(direct_lscv(xy, weights, h, "gaussian", 0.1), abs=1e-12, rel=1e-9)


@pytest.mark.parametrize(
    ("kernel", "accuracy"),
    # of the integral on a grid: the better, the smoother the kernel's rim
    [
        ("quartic", 1e-6),
        ("triweight", 1e-7),
        ("epanechnikov", 1e-4),
        ("triangular", 1e-4),
        ("uniform", 5e-3),
    ],
)
def test_compact_lscv_is_the_integral(kernel: str, accuracy: float) -> None:
    rng = np.random.default_rng(12)
    xy, weights = rng.uniform(0, 3, (10, 2)), rng.integers(1, 4, 10)
    found = lscv_scores(xy, [1.1], kernel, weights)[0]
    direct = direct_lscv(xy, weights, 1.1, kernel, 0.01)
    assert found == pytest.approx(direct, rel=accuracy)


def convolved(kernel: str, apart: Array) -> Array:
    """What two incidents tell of the kernel's convolution with itself."""
    found = []
    for t in apart:
        score = lscv_scores([[0, 0], [t * 500, 0]], [500.0], kernel)[0] * 500.0**2
        found.append(2 * (score + 2 * float(value(kernel, t))) - MOMENTS[kernel][0])
    return np.array(found)


def test_uniform_convolution_is_the_area_of_the_lens() -> None:
    t = np.concatenate([[1e-5, 1e-3, 1.999, 1.99999], np.linspace(0.01, 2.2, 60)])
    near = np.minimum(t, 2)
    lens = 2 * np.arccos(near / 2) - near / 2 * np.sqrt(4 - near**2)
    np.testing.assert_allclose(
        convolved("uniform", t), lens / math.pi**2, rtol=0, atol=2e-8 / math.pi
    )


@pytest.mark.parametrize("kernel", ["quartic", "triweight", "epanechnikov", "triangular"])
@pytest.mark.parametrize("t", [0.03, 0.8, 1.0, 1.7])
def test_compact_convolution_is_the_integral(kernel: str, t: float) -> None:
    def product(angle: float, r: float) -> float:
        other = math.sqrt(max(r * r + t * t - 2 * r * t * math.cos(angle), 0.0))
        return 2 * r * float(value(kernel, np.array(r)) * value(kernel, np.array(other)))

    nodes, weights = np.polynomial.legendre.leggauss(60)
    total = 0.0
    # the angle at which the other rim is met, and both sides of the other centre, end the panels
    cuts = sorted({0.0, abs(1 - t), min(t, 1.0), 1.0})
    for low, high in itertools.pairwise(cuts):
        for node, weight in zip(nodes, weights, strict=True):
            r = (low + high) / 2 + (high - low) / 2 * node
            cosine = (r * r + t * t - 1) / (2 * r * t)
            end = math.pi if cosine <= -1 else 0.0 if cosine >= 1 else math.acos(cosine)
            inner = sum(
                w * product(end / 2 * (1 + v), r) for v, w in zip(nodes, weights, strict=True)
            )
            total += (high - low) / 2 * weight * end / 2 * inner
    assert convolved(kernel, np.array([t]))[0] == pytest.approx(total, abs=2e-6)


@pytest.mark.parametrize("kernel", ["gaussian", "epanechnikov"])
def test_likelihood_is_scikit_learns_leave_one_out(kernel: str) -> None:
    # two clouds; no candidate is below the largest distance to a nearest neighbour
    xy = np.random.default_rng(21).normal(0, 150, (45, 2)) + np.repeat(
        [[0, 0], [900, 500]], [25, 20], axis=0
    )
    least = NearestNeighbors(n_neighbors=1).fit(xy).kneighbors()[0].max()
    candidates = np.geomspace(20 if kernel == "gaussian" else 1.01 * least, 1_500, 9)
    search = GridSearchCV(
        KernelDensity(kernel=kernel, rtol=0, atol=0), {"bandwidth": candidates}, cv=LeaveOneOut()
    ).fit(xy)
    found = likelihood_scores(xy, candidates, kernel)
    np.testing.assert_allclose(found, search.cv_results_["mean_test_score"], rtol=1e-12)
    chosen = likelihood_cv(xy, kernel, candidates, leave_out="incident", background=0)
    assert chosen.bandwidth_m == pytest.approx(search.best_params_["bandwidth"], rel=1e-12)
    assert candidates[0] < chosen.bandwidth_m < candidates[-1]


@pytest.mark.parametrize("kernel", NAMES)
@pytest.mark.parametrize("leave_out", ["incident", "location"])
@pytest.mark.parametrize("background", [0.0, 0.02])
def test_likelihood_is_its_definition(kernel: str, leave_out: str, background: float) -> None:
    rng = np.random.default_rng(22)
    xy = rng.uniform(0, 1_000, (25, 2))
    every = np.repeat(xy, rng.integers(1, 4, 25), axis=0)
    apart = distances(every)
    left = apart == 0 if leave_out == "location" else np.eye(len(every), dtype=bool)
    area = 6 * every.var(axis=0).sum()
    wanted = []
    for h in (1_500.0, 420.0):
        kept = np.where(left, 0.0, value(kernel, apart / h) / h**2).sum(axis=1)
        density = (1 - background) * kept / (~left).sum(axis=1) + background / area
        wanted.append(np.log(density).mean())
    found = likelihood_scores(every, [1_500, 420], kernel, None, leave_out, background)  # type: ignore[arg-type]
    np.testing.assert_allclose(found, wanted, rtol=1e-12)


@pytest.mark.parametrize("average", ["mean", "median"])
def test_k_nearest_is_scikit_learns(average: str) -> None:
    rng = np.random.default_rng(31)
    every = np.repeat(rng.uniform(0, 3_000, (200, 2)), rng.integers(1, 5, 200), axis=0)
    apart = NearestNeighbors(n_neighbors=13).fit(every).kneighbors(every)[0][:, 12]
    wanted = apart.mean() if average == "mean" else np.median(apart)
    found = k_nearest(every, 12, average=average)  # type: ignore[arg-type]
    assert found.bandwidth_m == pytest.approx(wanted, rel=1e-12)


def kent(reference: Path) -> tuple[Array, Array]:
    table = pd.read_csv(reference / "asb_2021_06_spatstat_at_points.csv")
    return table[["e", "n"]].to_numpy(dtype=float), table.events_here.to_numpy(dtype=float)


def test_kent_likelihood_is_scikit_learns_by_location(reference: Path) -> None:
    xy, weights = kent(reference)
    candidates = [150.0, 330.0, 800.0]
    wanted = []
    for h in candidates:
        total = 0.0
        for i in range(len(xy)):
            others = np.arange(len(xy)) != i
            peer = KernelDensity(bandwidth=h, rtol=0, atol=0)
            peer.fit(xy[others], sample_weight=weights[others])
            total += weights[i] * peer.score_samples(xy[i : i + 1])[0]
        wanted.append(total / weights.sum())
    found = likelihood_scores(xy, candidates, "gaussian", weights, leave_out="location")
    # the peer's own rounding, in the far tail, is what differs
    np.testing.assert_allclose(found, wanted, rtol=1e-9)
    assert np.argmax(wanted) == 1
    chosen = likelihood_cv(xy, "gaussian", weights=weights)
    assert 200 < chosen.bandwidth_m < 600


def test_kent_moved_points_are_said(reference: Path) -> None:
    xy, weights = kent(reference)
    every = np.repeat(xy, weights.astype(int), axis=0)
    share = weights[weights > 1].sum() / weights.sum()
    for method in METHODS:
        one, two = select_bandwidth(xy, method, weights=weights), select_bandwidth(every, method)
        assert one.bandwidth_m == pytest.approx(two.bandwidth_m, rel=1e-9)
        assert one.reason == two.reason
    squares = least_squares_cv(xy, weights=weights)
    assert "falls to the lower end" in squares.reason
    assert f"{share:.0%} of the incidents share a point" in squares.reason
    # one incident a point, the same places: no failure, and nothing is said
    alone = least_squares_cv(xy)
    assert "share" not in alone.reason
    assert alone.bandwidth_m > 2 * squares.bandwidth_m
    assert f"left out together, because {share:.0%}" in likelihood_cv(xy, weights=weights).reason


def test_kernels_smooth_kent_alike(reference: Path) -> None:
    xy, _ = kent(reference)
    for method in (likelihood_cv, least_squares_cv):
        chosen = [method(xy, k).bandwidth_m / canonical_factor(k) for k in COMPACT]
        # each kernel is searched on its own; the canonical factors bring the answers together
        assert max(chosen) < 1.6 * min(chosen)
