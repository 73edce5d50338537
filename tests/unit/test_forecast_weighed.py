"""Own counts weighed against the mean of the maps, against the definition and its limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import gamma

from hotspots.clustering.forecast import EVEN, forecast, weighed
from hotspots.clustering.grid import Grid
from hotspots.errors import UsageError

Array = NDArray[np.float64]
MAPS = ((300.0, 26.0, 1.0), (900.0, 104.0, 2.0))


@pytest.fixture(scope="module")
def grid() -> Grid:
    mask = np.ones((8, 10), dtype=bool)
    mask[:2, :3] = False
    return Grid(0.0, 0.0, 200.0, mask)


def made(grid: Grid, prior: float | None, **more: object) -> Array:
    rng = np.random.default_rng(4)
    xy = np.vstack([rng.uniform(-400, 2400, (60, 2)), rng.normal(1300, 40, (25, 2))])
    age = rng.uniform(0, 200, len(xy))
    given = {"weeks": 4.0, "history_weeks": 200.0, "maps": MAPS, **more}
    expected = forecast(xy, age, grid, prior_incidents=prior, **given).expected  # type: ignore[arg-type]
    return expected[grid.mask]


def test_a_cell_is_what_the_definition_says(grid: Grid) -> None:
    rng = np.random.default_rng(4)
    xy = np.vstack([rng.uniform(-400, 2400, (60, 2)), rng.normal(1300, 40, (25, 2))])
    age = rng.uniform(0, 200, len(xy))
    mean = forecast(xy, age, grid, weeks=1, history_weeks=200, maps=MAPS).expected[grid.mask]
    flat = np.flatnonzero(grid.mask)
    own = np.zeros(len(flat))
    for place, old in zip(xy, age, strict=True):
        col, row = (math.floor(v / 200) for v in place)
        if 0 <= row < 8 and 0 <= col < 10 and grid.mask[row, col]:
            own[list(flat).index(row * 10 + col)] += 0.5 ** (old / 26)  # the narrowest map's
    expected = (0.98 * mean / mean.sum() + 0.02 / len(mean)) * own.sum()
    wanted = np.array([e * (n + 1.5) / (e + 1.5) for e, n in zip(expected, own, strict=True)])
    found = made(grid, 1.5)
    np.testing.assert_allclose(found / found.sum(), wanted / wanted.sum(), rtol=1e-12)


def test_the_total_is_that_of_the_plain_mean(grid: Grid) -> None:
    assert made(grid, 1.0).sum() == pytest.approx(made(grid, None).sum(), rel=1e-12)


def test_a_great_number_takes_the_maps_and_a_small_one_the_counts(grid: Grid) -> None:
    mean = made(grid, None)
    trusted = made(grid, 1e6)
    even = (1 - EVEN) * mean + EVEN * mean.sum() / len(mean)
    np.testing.assert_allclose(trusted, even, rtol=1e-3)
    counts = made(grid, None, maps=((0.0, 26.0, 1.0),))
    np.testing.assert_allclose(made(grid, 1e-9), counts, rtol=1e-6, atol=1e-6)


def test_it_is_the_mean_of_a_gamma_posterior() -> None:
    """N is Poisson with mean E times a gamma factor: integrate that numerically."""
    expected, shape = np.array([0.2, 1.0, 4.0]), 1.7
    own = np.array([0.0, 3.0, 9.0])
    # no even share here: what is weighed is E itself
    smooth = (expected / expected.sum() - EVEN / 3) / (1 - EVEN)
    found = weighed(smooth, own, shape)
    factor = np.linspace(1e-6, 40, 200_001)
    e = expected * own.sum() / expected.sum()
    for i in range(3):
        density = gamma.pdf(factor, shape, scale=1 / shape)
        density *= np.exp(-e[i] * factor) * factor ** own[i]
        rate = e[i] * (density * factor).sum() / density.sum()
        assert found[i] == pytest.approx(rate, rel=1e-4)


@given(
    st.lists(st.floats(0, 50), min_size=2, max_size=12),
    st.lists(st.integers(0, 40), min_size=2, max_size=12),
    st.floats(0.01, 100),
)
def test_each_cell_lies_between_its_count_and_the_mean(
    mean: list[float], own: list[int], prior: float
) -> None:
    size = min(len(mean), len(own))
    smooth, counts = np.array(mean[:size]) + 1e-3, np.array(own[:size], dtype=float)
    found = weighed(smooth, counts, prior)
    if not counts.sum():
        assert found is smooth
        return
    even = (1 - EVEN) * smooth / smooth.sum() + EVEN / size
    expected = even * counts.sum()
    assert (found >= np.minimum(expected, counts) * (1 - 1e-9)).all()
    assert (found <= np.maximum(expected, counts) * (1 + 1e-9)).all()


def test_nothing_met_inside_leaves_the_maps(grid: Grid) -> None:
    outside = np.array([[-150.0, 900.0], [2100.0, 900.0]])
    asked = {"weeks": 1.0, "rate_per_week": 2.0, "maps": MAPS}
    plain, drawn = (
        forecast(outside, [1.0, 2.0], grid, prior_incidents=a, **asked).expected  # type: ignore[arg-type]
        for a in (None, 1.0)
    )
    np.testing.assert_array_equal(plain, drawn)
    assert np.nansum(drawn) == pytest.approx(2.0)
    nobody = forecast(np.empty((0, 2)), [], grid, 1.0, history_weeks=10, prior_incidents=1.0)
    assert np.nansum(nobody.expected) == 0


@pytest.mark.parametrize("prior", [0.0, -1.0, math.nan, math.inf])
def test_the_number_must_be_above_nothing(grid: Grid, prior: float) -> None:
    with pytest.raises(UsageError, match="prior_incidents"):
        made(grid, prior)
