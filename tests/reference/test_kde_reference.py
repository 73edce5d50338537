"""Kernel density against R spatstat and MASS, scikit-learn, and integrals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KernelDensity

from hotspots.clustering import Grid, kde
from hotspots.clustering.kernels import NAMES


def test_kent_asb_equals_spatstat_and_mass(reference: Path) -> None:
    table = pd.read_csv(reference / "asb_2021_06_grid250.csv.gz")
    points = pd.read_csv(reference / "asb_2021_06_spatstat_at_points.csv")
    x0, y0 = table.e_centre.min() - 125, table.n_centre.min() - 125
    col = ((table.e_centre - x0) // 250).astype(int).to_numpy()
    row = ((table.n_centre - y0) // 250).astype(int).to_numpy()
    mask = np.zeros((row.max() + 1, col.max() + 1), dtype=bool)
    mask[row, col] = True
    grid = Grid(x0, y0, 250, mask)
    xy, weights = points[["e", "n"]], points.events_here
    gaussian = kde(xy, grid, 500, "gaussian", weights)[row, col]
    quartic = kde(xy, grid, 1000, "quartic", weights)[row, col]
    np.testing.assert_allclose(gaussian, table.kde_gauss500_per_km2, rtol=1e-8)
    np.testing.assert_allclose(quartic, table.kde_quartic1000_per_km2, rtol=1e-8, atol=0)


@pytest.mark.parametrize(
    ("ours", "theirs"), [("epanechnikov", "epanechnikov"), ("gaussian", "gaussian")]
)
def test_equals_scikit_learn(ours: str, theirs: str) -> None:
    rng = np.random.default_rng(3)
    xy = rng.uniform(0, 5_000, (400, 2))
    grid = Grid(0, 0, 137.0, np.ones((40, 40), dtype=bool))
    peer = KernelDensity(bandwidth=611.0, kernel=theirs, rtol=0, atol=0).fit(xy)
    density = np.exp(peer.score_samples(grid.centres.reshape(-1, 2))).reshape(grid.shape)
    found = kde(xy, grid, 611.0, ours)
    np.testing.assert_allclose(found, density * 400 * 1e6, rtol=1e-9, atol=1e-9 * found.max())


@pytest.mark.parametrize("kernel", NAMES)
def test_one_incident_integrates_to_one(kernel: str) -> None:
    grid = Grid(-5_000, -5_000, 20.0, np.ones((500, 500), dtype=bool))
    surface = kde([[3.0, -7.0]], grid, 900.0, kernel)
    assert surface.sum() * 0.02**2 == pytest.approx(1.0, abs=2e-3)


def test_quartic_by_hand() -> None:
    grid = Grid(0, 0, 100.0, np.ones((1, 3), dtype=bool))
    found = kde([[50.0, 50.0]], grid, 200.0)
    by_hand = 3 / (np.pi * 0.2**2) * (1 - (np.array([0, 100, 200]) / 200) ** 2) ** 2
    np.testing.assert_allclose(found[0], by_hand, rtol=1e-12)
