"""Automatic distances beside esda, and Ripley's K beside brute force and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from esda.moran import Moran
from libpysal.weights import W
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from hotspots.clustering.automatic import moran_curve, ripley_l

Array = NDArray[np.float64]
SIDE = 250.0


def weights_within(mask: NDArray[np.bool_], distance_m: float) -> W:
    rows, cols = np.nonzero(mask)
    apart = cdist(*[np.column_stack([cols, rows]) * SIDE] * 2)
    near = (apart <= distance_m * (1 + 1e-9)) & (apart > 0)
    return W({i: list(np.flatnonzero(row)) for i, row in enumerate(near)}, silence_warnings=True)


@pytest.mark.parametrize("seed", [0, 1])
def test_moran_is_that_of_esda(seed: int) -> None:
    """I, and z under both nulls, on a study area with holes."""
    rng = np.random.default_rng(seed)
    counts = rng.negative_binomial(0.5, 0.2, (14, 17))
    mask = rng.random(counts.shape) < 0.85
    distances = SIDE * np.array([1.0, np.sqrt(2), 2, 3.7, 6])
    ours = moran_curve(counts, SIDE, distances, mask)
    for i, d in enumerate(distances):
        theirs = Moran(counts[mask].astype(float), weights_within(mask, d), "B", permutations=0)
        assert ours.moran_i[i] == pytest.approx(theirs.I, rel=1e-9, abs=1e-12)
        assert ours.expected == pytest.approx(theirs.EI)
        assert ours.z_normal[i] == pytest.approx(theirs.z_norm, rel=1e-8, abs=1e-9)
        assert ours.z_random[i] == pytest.approx(theirs.z_rand, rel=1e-8, abs=1e-9)


def brute_force_k(xy: Array, side: float, at: Array) -> Array:
    """The border-corrected K in a square, by its definition."""
    apart = cdist(xy, xy)
    edge = np.minimum(xy, side - xy).min(axis=1)
    out = []
    for d in at:
        inside = edge >= d
        others = (apart[inside] <= d).sum(axis=1) - 1
        out.append(others.mean() * side**2 / len(xy) if inside.any() else np.nan)
    return np.array(out)


def test_ripleys_k_is_its_definition() -> None:
    """With incidents that share points, and distances beyond what the square holds."""
    rng = np.random.default_rng(3)
    xy = rng.uniform(0, 1000, (150, 2)).round(-1)
    xy = np.vstack([xy, xy[:30]])
    at = np.array([5.0, 10, 30, 100, 250, 400, 501])
    k, _ = ripley_l(xy, shapely.box(0, 0, 1000, 1000), at)
    np.testing.assert_allclose(k, brute_force_k(xy, 1000, at), rtol=1e-9)
    assert np.isnan(k[-1])


def test_four_points_by_hand() -> None:
    """The corners of a square of 10 m within one of 110 m: two neighbours at 10, three at 15."""
    xy = [[50, 50], [60, 50], [50, 60], [60, 60]]
    k, more = ripley_l(xy, shapely.box(0, 0, 110, 110), [9, 10, 15, 50])
    np.testing.assert_allclose(k, np.array([0, 2, 3, 3]) * 110**2 / 4)
    np.testing.assert_allclose(more, np.sqrt(k / np.pi) - [9, 10, 15, 50])


def test_chance_has_l_of_the_distance() -> None:
    """K of incidents spread by chance is pi d^2: the mean over 60 of them is, within 4 errors."""
    rng = np.random.default_rng(7)
    at = np.array([50.0, 150, 300])
    area = shapely.box(0, 0, 2000, 2000)
    found = np.array([ripley_l(rng.uniform(0, 2000, (300, 2)), area, at)[0] for _ in range(60)])
    error = found.std(axis=0, ddof=1) / np.sqrt(60)
    # K over n in place of n - 1 is a three-hundredth too small
    assert (np.abs(found.mean(axis=0) * 300 / 299 - np.pi * at**2) < 4 * error).all()
