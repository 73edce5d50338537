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


def test_uniform_edge_correction_agrees_with_spatstat(real_data: Path, reference: Path) -> None:
    # spatstat divides by the mass on its pixels, ours by the exact one: near an edge they differ
    import geopandas as gpd
    import shapely

    from hotspots.clustering.adaptive import intensity_at
    from hotspots.clustering.edges import edge_mass

    wards = pd.concat(
        gpd.read_file(real_data / "uk-geojson" / "wards" / f"{code}.json")
        for code in ("E07000107", "E07000109")
    )
    area = shapely.union_all(wards.set_crs(4326, allow_override=True).to_crs(27700).geometry)
    points = pd.read_csv(reference / "asb_2021_06_spatstat_at_points.csv")
    xy = points[["e", "n"]].to_numpy()
    plain = intensity_at(xy, xy, 500.0, "gaussian", points.events_here)
    np.testing.assert_allclose(plain, points.spatstat_gauss500_noedge_per_km2, rtol=1e-8)
    corrected = plain / edge_mass(xy, area, 500.0, "gaussian")
    gap = np.abs(corrected / points.spatstat_gauss500_edge_uniform_per_km2 - 1)
    assert np.median(gap) < 1e-3
    assert np.quantile(gap, 0.9) < 0.04


def test_equals_the_printed_example_of_sfhotspot(real_data: Path, reference: Path) -> None:
    # its kde column is the quartic sum without the constant
    import geopandas as gpd

    robberies = pd.read_csv(real_data / "sfhotspot" / "memphis_robberies.csv.gz")
    january = robberies[robberies.date.str.startswith("2019-01")]
    places = gpd.GeoSeries(
        gpd.points_from_xy(january.longitude, january.latitude), crs=4326
    ).to_crs(32615)
    cells = pd.read_csv(reference / "memphis_jan_grid200.csv.gz")
    col = np.rint((cells.xmin - cells.xmin.min()) / 200).astype(int)
    row = np.rint((cells.ymin - cells.ymin.min()) / 200).astype(int)
    mask = np.zeros((row.max() + 1, col.max() + 1), dtype=bool)
    grid = Grid(cells.xmin.min(), cells.ymin.min(), 200.0, ~mask)
    surface = kde(np.column_stack([places.x, places.y]), grid, 1_000.0)
    printed = [0.0658, 0.315, 0.618, 0.867, 1.00, 0.997, 0.821, 0.518, 0.208, 0.183]
    unscaled = surface[row[:10], col[:10]] * np.pi / 3
    np.testing.assert_allclose(unscaled, printed, rtol=3e-3)
