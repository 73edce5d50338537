"""What must hold for every history: the forecast and the fitting of its mixture."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from numpy.typing import NDArray

from hotspots.clustering.forecast import forecast
from hotspots.clustering.grid import Grid
from hotspots.clustering.mixture import fit_mixture, forecast_mixture, mixture_weights

Array = NDArray[np.float64]
History = tuple[Array, Array, Grid]
SIDE = 128.0  # with whole metres a power of two, so that shifts and factors are exact


@st.composite
def histories(draw: st.DrawFn, least: int = 1) -> History:
    """Incidents in and around a small grid, at whole metres, with ages of up to 200 weeks."""
    shape = draw(st.tuples(st.integers(1, 7), st.integers(1, 7)))
    mask = draw(npst.arrays(np.bool_, shape))
    mask[draw(st.integers(0, shape[0] - 1)), draw(st.integers(0, shape[1] - 1))] = True
    n = draw(st.integers(least, 25))
    metre = st.integers(-400, 1300).map(float)
    xy = draw(npst.arrays(np.float64, (n, 2), elements=metre))
    age = draw(npst.arrays(np.float64, n, elements=st.integers(0, 200).map(float)))
    return xy, age, Grid(0.0, 0.0, SIDE, mask)


def expected(xy: Array, age: Array, grid: Grid, **more: float) -> Array:
    made = forecast(xy, age, grid, 1, history_weeks=200, **more)  # type: ignore[arg-type]
    return made.expected[grid.mask]


def same(a: Array, b: Array) -> None:
    assert a == pytest.approx(b, rel=1e-9, abs=1e-12)


@settings(max_examples=40)
@given(histories(least=0), st.floats(0.1, 100), st.floats(0, 50))
def test_it_sums_to_the_total(history: History, weeks: float, rate: float) -> None:
    xy, age, grid = history
    before = xy.copy(), age.copy()
    for more in ({"history_weeks": 200.0}, {"rate_per_week": rate}):
        made = forecast(xy, age, grid, weeks, **more)
        cells = made.expected[grid.mask]
        assert (cells >= 0).all()
        assert np.isnan(made.expected[~grid.mask]).all()
        assert cells.sum() == pytest.approx(made.total, rel=1e-12)
        assert made.components[:, grid.mask].sum(axis=1) == pytest.approx(np.ones(3))
        parts = np.tensordot(made.weights, made.components, 1)[grid.mask]
        same(made.total * parts, cells)
    assert made.total == pytest.approx(rate * weeks)
    assert np.array_equal(before[0], xy)
    assert np.array_equal(before[1], age)


@settings(max_examples=40)
@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_the_incidents_is_no_matter(history: History, random: object) -> None:
    xy, age, grid = history
    order = np.arange(len(xy))
    random.shuffle(order)  # type: ignore[attr-defined]
    same(expected(xy[order], age[order], grid), expected(xy, age, grid))


@settings(max_examples=40)
@given(histories(), st.integers(2, 5))
def test_so_many_times_the_incidents_so_many_times_the_forecast(
    history: History, times: int
) -> None:
    xy, age, grid = history
    many = expected(np.tile(xy, (times, 1)), np.tile(age, times), grid)
    same(many, times * expected(xy, age, grid))


@settings(max_examples=40)
@given(histories(), st.sampled_from([0.25, 0.5, 2.0, 4.0]))
def test_the_unit_of_length_is_no_matter(history: History, factor: float) -> None:
    xy, age, grid = history
    scaled = Grid(grid.x0, grid.y0, grid.cell_size_m * factor, grid.mask)
    radii = tuple(factor * h for h in (0.0, 300.0, 1000.0))
    made = forecast(xy * factor, age, scaled, 1, history_weeks=200, bandwidths_m=radii)
    same(made.expected[grid.mask], expected(xy, age, grid))


@settings(max_examples=40)
@given(histories(), st.sampled_from([0.5, 2.0, 4.0]))
def test_the_unit_of_time_is_no_matter(history: History, factor: float) -> None:
    xy, age, grid = history
    made = forecast(
        xy, age * factor, grid, factor, history_weeks=200 * factor, half_life_weeks=104 * factor
    )
    same(made.expected[grid.mask], expected(xy, age, grid))


@settings(max_examples=40)
@given(histories(), st.integers(-20, 20), st.integers(-20, 20))
def test_a_move_by_whole_cells_moves_the_forecast(history: History, east: int, north: int) -> None:
    xy, age, grid = history
    moved = Grid(east * SIDE, north * SIDE, SIDE, grid.mask)
    shift = np.array([east * SIDE, north * SIDE])
    same(expected(xy + shift, age, moved), expected(xy, age, grid))


@settings(max_examples=40)
@given(histories(), st.floats(0, 500))
def test_time_passing_keeps_the_ranking(history: History, later: float) -> None:
    """With no new incidents, the map stays and only the total falls."""
    xy, age, grid = history
    now = forecast(xy, age, grid, 1, history_weeks=200)
    then = forecast(xy, age + later, grid, 1, history_weeks=200 + later)
    same(then.components[:, grid.mask], now.components[:, grid.mask])
    assert then.total <= now.total * (1 + 1e-12)


@settings(max_examples=40)
@given(histories())
def test_a_mirror_image_has_a_mirrored_forecast(history: History) -> None:
    xy, age, grid = history
    # half a metre inwards: a point on a shared edge belongs to one side of it
    inner = xy + 0.5
    width = grid.shape[1] * SIDE
    mirrored = Grid(0.0, 0.0, SIDE, grid.mask[:, ::-1])
    flipped = np.column_stack([width - inner[:, 0], inner[:, 1]])
    back = np.full(grid.shape, np.nan)
    back[mirrored.mask] = expected(flipped, age, mirrored)
    same(back[:, ::-1][grid.mask], expected(inner, age, grid))


@given(
    npst.arrays(
        np.float64,
        st.tuples(st.integers(1, 30), st.integers(1, 6)),
        elements=st.floats(0, 1).map(lambda v: v if v > 1e-12 else 0.0),
    ),
    st.integers(0, 80),
)
def test_the_likelihood_never_falls_and_its_gap_is_true(chances: Array, steps: int) -> None:
    chances = np.column_stack([chances, np.full(len(chances), 0.01)])
    weights, trace, gap = mixture_weights(chances, steps)
    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()
    assert len(trace) <= steps + 1
    assert all(later >= earlier - 1e-12 for earlier, later in pairwise(trace))
    assert trace[-1] == pytest.approx(np.log(chances @ weights).mean(), abs=1e-12)
    longer = mixture_weights(chances, 2000)[1]
    assert longer[-1] <= trace[-1] + gap + 1e-12


@given(histories(least=0), st.sampled_from([1.0, 13.0, 52.0]))
@settings(max_examples=25)
def test_the_mixture_sums_to_its_total(history: History, weeks: float) -> None:
    xy, age, grid = history
    periods = int(200 // weeks) + 1
    period = periods - 1 - (age // weeks).astype(np.int64)
    maps = ((0.0, 26.0), (300.0, math.inf))
    fit = fit_mixture(xy, period, grid, periods, weeks, maps=maps)
    cells = int(grid.mask.sum())
    assert fit.log_likelihood[-1] <= 0
    assert fit.incidents <= len(xy)
    made = forecast_mixture(xy, period, grid, periods, weeks, fit=fit)
    again = forecast_mixture(xy, period, grid, periods, weeks, fit=fit)
    assert np.array_equal(made.expected, again.expected, equal_nan=True)
    assert np.nansum(made.expected) == pytest.approx(made.total, rel=1e-12)
    assert np.nansum(made.components, axis=(1, 2)) == pytest.approx(np.ones(4))
    assert made.components[3][grid.mask] == pytest.approx(np.full(cells, 1 / cells))
