"""Counts shrunk to a smooth map: against plain sums over cells and incidents."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from hotspots.clustering import Grid
from hotspots.validation.history import History
from hotspots.validation.methods.shrunk import EVEN, SCALES_M, SHAPES, Shrunk
from hotspots.validation.past import Past, batches_of

Array = NDArray[np.float64]
AREA = shapely.box(0, 0, 3000, 2000)
CELL_M, WEEKS = 250, 16


@pytest.fixture(scope="module")
def history() -> History:
    """Sixteen weeks: half at four lasting places, half anywhere; a fifth is recorded weeks late."""
    rng = np.random.default_rng(3)
    n = 160
    places = rng.uniform(300, 1700, (4, 2))
    xy = rng.uniform(5, 1995, (n, 2)) * [1.5, 1]
    lasting = rng.random(n) < 0.5
    xy[lasting] = (places[rng.integers(0, 4, n)] + rng.normal(0, 40, (n, 2)))[lasting]
    start = np.datetime64("2024-01-01")
    day = rng.integers(0, 7 * WEEKS, n)
    late = np.where(rng.random(n) < 0.2, rng.integers(7, 40, n), 0)
    edges = start + np.arange(0, 7 * WEEKS + 1, 7)
    return History.make(xy, start + day, edges, AREA, recorded=start + day + late)


@pytest.fixture(scope="module")
def grid() -> Grid:
    return Grid.cover(AREA, CELL_M, touching=True)


def pasts(history: History, grid: Grid) -> list[Array]:
    """The method's map at every origin, asked in order."""
    past = Past(grid, history.weeks_per_period, history.edges)
    method = Shrunk()
    found = []
    for batches in batches_of(history, grid):
        past.learn(batches)
        found.append(method.score(past).score)
    return found


def plain_map(history: History, grid: Grid, origin: int, shape: float) -> Array:
    """E * (N + a) / (E + a), written down cell by cell."""
    known = (history.period < origin) & (history.known <= origin)
    xy, age = history.xy[known], origin - 1 - history.period[known]
    weight = 0.5 ** (age / 104)
    rows, cols = np.nonzero(grid.mask)
    x, y = grid.x_centres[cols], grid.y_centres[rows]
    away = np.hypot(x[:, None] - xy[:, 0], y[:, None] - xy[:, 1])
    near_x, near_y = abs(x[:, None] - xy[:, 0]), abs(y[:, None] - xy[:, 1])
    counts = ((np.maximum(near_x, near_y) < CELL_M / 2) * weight).sum(axis=1)
    smooth = np.zeros(len(x))
    for h in SCALES_M:
        density = (np.clip(1 - (away / h) ** 2, 0, None) ** 2 * weight).sum(axis=1)
        smooth += density / density.sum() / len(SCALES_M)
    expected = ((1 - EVEN) * smooth + EVEN / len(x)) * counts.sum()
    return np.asarray(expected * (counts + shape) / (expected + shape))


def plain_choice(history: History, grid: Grid, origin: int) -> float:
    """The shape under which past periods were likeliest, each by the map made before it."""
    rows, cols = np.nonzero(grid.mask)
    x, y = grid.x_centres[cols], grid.y_centres[rows]
    told = np.zeros(len(SHAPES))
    for at in range(max(1, origin // 4), origin):
        delay = history.known - history.period
        judged = (history.period == at) & (history.known <= origin) & (delay <= 8)
        cells = [
            int(np.argmin(np.maximum(abs(x - px), abs(y - py)))) for px, py in history.xy[judged]
        ]
        for k, shape in enumerate(SHAPES):
            chance = plain_map(history, grid, at, shape)
            chance = (1 - EVEN) * chance / chance.sum() + EVEN / len(x)
            told[k] += np.log(chance[cells]).sum()
    return SHAPES[int(np.argmax(told))] if told.any() else 1.0


def test_maps_are_those_of_plain_sums_with_the_shape_that_foretold_best(
    history: History, grid: Grid
) -> None:
    found = pasts(history, grid)
    chosen = set()
    for origin in (1, 2, 5, 9, 13, WEEKS):
        shape = plain_choice(history, grid, origin)
        chosen.add(shape)
        wanted = plain_map(history, grid, origin, shape)
        np.testing.assert_allclose(found[origin - 1], wanted, rtol=1e-9)
    assert len(chosen) > 1  # otherwise the choice was not tested


def test_asked_first_at_a_later_origin_it_says_the_same(history: History, grid: Grid) -> None:
    found = pasts(history, grid)
    past = Past(grid, history.weeks_per_period, history.edges)
    for batches in batches_of(history, grid):
        past.learn(batches)
    np.testing.assert_array_equal(Shrunk().score(past).score, found[-1])


def test_with_nothing_known_every_cell_ties(grid: Grid) -> None:
    edges = np.datetime64("2024-01-01") + np.arange(0, 29, 7)
    none = History.make(np.empty((0, 2)), np.empty(0, "datetime64[s]"), edges, AREA)
    for scores in pasts(none, grid):
        assert (scores == scores[0]).all()
