"""The methods of a back-test against the tools they stand for: R, scipy, and exact sums."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from scipy.optimize import minimize
from scipy.stats import gaussian_kde, spearmanr

from hotspots.clustering import Grid, kde
from hotspots.validation.history import History
from hotspots.validation.methods import method_of
from hotspots.validation.methods.gi_star import GiStar
from hotspots.validation.methods.mixture import Mixture
from hotspots.validation.methods.rules import (
    arcgis_bandwidth,
    nrd_bandwidth,
    nrd_bandwidth_as_released,
    scott_covariance,
)
from hotspots.validation.past import Past, batches_of

WEEK = np.timedelta64(7, "D")


def past_of(xy: Any, grid: Grid, area: Any) -> Past:
    """All incidents in one week, which is past."""
    edges = np.datetime64("2019-01-01") + WEEK * np.arange(3)
    n = len(xy)
    history = History(np.asarray(xy), np.zeros(n, int), np.ones(n, int), edges, area)
    past = Past(grid, 1.0, edges)
    past.learn(next(iter(batches_of(history, grid))))
    return past


@pytest.fixture(scope="module")
def january(real_data: Path) -> Any:
    """The 206 robberies of ``memphis_robberies_jan``, EPSG:32615."""
    rows = pd.read_csv(real_data / "sfhotspot" / "memphis_robberies.csv.gz")
    rows = rows[pd.to_datetime(rows["date"]).dt.month == 1]
    assert len(rows) == 206
    project = pyproj.Transformer.from_crs(4326, 32615, always_xy=True).transform
    return np.column_stack(project(rows["longitude"].to_numpy(), rows["latitude"].to_numpy()))


@pytest.fixture(scope="module")
def precincts(real_data: Path) -> Any:
    packed = (real_data / "sfhotspot" / "memphis_precincts.geojson.gz").read_bytes()
    features = json.loads(gzip.decompress(packed))["features"]
    shapes = shapely.from_geojson([json.dumps(f["geometry"]) for f in features])
    whole = shapely.union_all(shapely.make_valid(shapes))
    project = pyproj.Transformer.from_crs(4326, 32615, always_xy=True).transform
    return shapely.transform(whole, lambda c: np.column_stack(project(c[:, 0], c[:, 1])))


def test_the_bandwidth_of_an_axis_is_the_one_sfhotspot_prints(january: Any) -> None:
    """Its manual prints "Bandwidth = 8,877 metres" for these robberies: that of x alone.

    Its code says mean(x, y), in which R ignores y; what it means is the mean of both.
    """
    x, y = january.T
    assert round(nrd_bandwidth_as_released(january)) == 8877
    both = [nrd_bandwidth(np.column_stack([v, v])) for v in (x, y)]
    assert nrd_bandwidth(january) == pytest.approx(np.mean(both))


@pytest.mark.parametrize(
    ("name", "rule", "off"),
    [("kde-nrd-all", nrd_bandwidth, 0.01), ("kde-arcgis-all", arcgis_bandwidth, 0.05)],
)
def test_a_wide_kernel_over_counts_is_the_exact_density(
    january: Any, precincts: Any, name: str, rule: Any, off: float
) -> None:
    """Incidents are moved to their cell's centre: the order of cells must hardly change by it."""
    grid = Grid.cover(precincts, 250, touching=True)
    inside = january[shapely.intersects_xy(precincts, january)]
    score = method_of(name).make().score(past_of(january, grid, precincts)).score
    exact = kde(inside, grid, rule(inside))[grid.mask]
    assert np.abs(score / score.max() - exact / exact.max()).max() < off
    assert spearmanr(score, exact).statistic > 0.995


def test_scotts_rule_is_scipys_gaussian_kde(january: Any, precincts: Any) -> None:
    grid = Grid.cover(precincts, 500, touching=True)
    centres = grid.centres[grid.mask]
    inside = january[shapely.intersects_xy(precincts, january)]
    # at cell centres nothing is lost by counting per cell
    flat = grid.index(inside)
    xy = grid.centres.reshape(-1, 2)[flat]
    reference = gaussian_kde(xy.T)
    np.testing.assert_allclose(scott_covariance(xy), reference.covariance, rtol=1e-12)
    whole = shapely.union_all([precincts, shapely.box(*precincts.bounds)])
    score = method_of("kde-scott-all").make().score(past_of(xy, grid, whole)).score
    expected = reference(centres.T)
    # the kernel ends at 4 standard deviations, where it is e^-8 of its top
    np.testing.assert_allclose(
        score / score.sum(), expected / expected.sum(), atol=1e-3 * expected.max() / expected.sum()
    )


def test_gi_star_is_that_of_r_on_a_map_of_counts(real_data: Path) -> None:
    """``memphis_jan_grid500.csv.gz``: counts and Gi* by R spdep, equal to sfhotspot's."""
    rows = pd.read_csv(real_data / "reference" / "memphis_jan_grid500.csv.gz")
    x, y = rows["xmin"].to_numpy() + 250, rows["ymin"].to_numpy() + 250
    west, south = x.min() - 250, y.min() - 250
    col, row = (np.rint((v - low - 250) / 500).astype(int) for v, low in ((x, west), (y, south)))
    mask = np.zeros((row.max() + 1, col.max() + 1), dtype=bool)
    mask[row, col] = True
    grid = Grid(west, south, 500.0, mask)
    xy = np.repeat(np.column_stack([x, y]), rows["n"].to_numpy(dtype=int), axis=0)
    past = past_of(xy, grid, shapely.box(west, south, x.max() + 250, y.max() + 250))
    found = np.full(mask.shape, np.nan)
    found[mask] = GiStar(500 * 2**0.5 + 0.01, None).score(past).score
    np.testing.assert_allclose(found[row, col], rows["gistar"].to_numpy(), atol=1e-6)


def test_the_mixtures_weights_are_the_most_likely_ones() -> None:
    """No other optimiser finds weights under which the incidents that came were likelier."""
    area = shapely.box(0, 0, 2000, 2000)
    grid = Grid.cover(area, 100)
    rng = np.random.default_rng(3)
    places = rng.uniform(0, 2000, (8, 2))
    near = places[rng.integers(0, 8, 400)] + rng.normal(0, 60, (400, 2))
    xy = np.clip(np.concatenate([near, rng.uniform(0, 2000, (100, 2))]), 0, 1999)
    period = rng.permutation(np.repeat(np.arange(20), 25))
    edges = np.datetime64("2024-01-01") + WEEK * np.arange(22)
    history = History(xy, period, period + 1, edges, area)
    past, method = Past(grid, 1.0, edges), Mixture()
    for batches in list(batches_of(history, grid))[:20]:
        past.learn(batches)
    method.score(past)
    replay = method._replay
    assert replay is not None
    of = np.concatenate(replay._learnt.period)[: replay.due.rows]
    chances = np.concatenate(replay._learnt.chances)[: replay.due.rows]
    chances = chances[of >= replay.due.origin // 4]

    def loss(free: Any) -> float:
        weight = np.exp(free - free.max())
        return -float(np.log(chances @ (weight / weight.sum())).mean())

    mine = float(np.log(chances @ method.weights).mean())
    best = minimize(loss, np.zeros(17), method="L-BFGS-B")
    equal = -loss(np.zeros(17))
    assert best.success
    assert mine > equal + 0.1  # there was something to gain
    # what 500 steps of EM leave out is a hundredth of it
    assert -best.fun - mine < 0.01 * (-best.fun - equal)
