"""The forecast against its definition, written out incident by incident, and odd input."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize

from hotspots.clustering.forecast import decayed_map, forecast, masked_index, near_repeat_map
from hotspots.clustering.grid import Grid
from hotspots.clustering.kde import kde
from hotspots.clustering.mixture import fit_mixture, forecast_mixture, mixture_weights
from hotspots.errors import UsageError

Array = NDArray[np.float64]
MAPS = ((0.0, 4.0), (300.0, math.inf), (700.0, 26.0))


@pytest.fixture(scope="module")
def grid() -> Grid:
    mask = np.ones((9, 12), dtype=bool)
    mask[:3, :4] = False
    mask[8, 11] = False
    return Grid(3000.0, -1500.0, 150.0, mask)


def some(grid: Grid, n: int, seed: int) -> Array:
    """Incidents over the grid and 500 m around it."""
    rows, cols = grid.shape
    low = np.array([grid.x0, grid.y0]) - 500
    high = np.array([grid.x0 + cols * grid.cell_size_m, grid.y0 + rows * grid.cell_size_m]) + 500
    return np.random.default_rng(seed).uniform(low, high, (n, 2))


def cells_of(grid: Grid) -> list[tuple[int, int]]:
    return [(int(r), int(c)) for r, c in np.argwhere(grid.mask)]


def centre(grid: Grid, cell: tuple[int, int]) -> tuple[float, float]:
    side = grid.cell_size_m
    return grid.x0 + (cell[1] + 0.5) * side, grid.y0 + (cell[0] + 0.5) * side


def reach_of(grid: Grid, cell: tuple[int, int], x: float, y: float, bandwidth_m: float) -> float:
    """What one incident gives to one cell, up to a factor, by the definition."""
    cx, cy = centre(grid, cell)
    if bandwidth_m == 0:
        half = grid.cell_size_m / 2
        return float(cx - half <= x < cx + half and cy - half <= y < cy + half)
    u = math.hypot(cx - x, cy - y) / bandwidth_m
    return (1 - u * u) ** 2 if u < 1 else 0.0


def near_repeat_of(grid: Grid, cell: tuple[int, int], x: float, y: float) -> float:
    cx, cy = centre(grid, cell)
    d = math.hypot(cx - x, cy - y)
    return 1 / (1 + d / (grid.cell_size_m / 2)) if d < 400 else 0.0


def to_one(values: list[float]) -> list[float]:
    total = sum(values)
    return [v / total if total else 1 / len(values) for v in values]


def summed(grid: Grid, xy: Array, weight: list[float], bandwidth_m: float) -> list[float]:
    return to_one(
        [
            sum(
                w * reach_of(grid, cell, x, y, bandwidth_m)
                for (x, y), w in zip(xy, weight, strict=True)
            )
            for cell in cells_of(grid)
        ]
    )


def test_the_default_is_its_definition(grid: Grid) -> None:
    xy = some(grid, 40, 1)
    age = np.random.default_rng(2).uniform(0, 300, 40)
    made = forecast(xy, age, grid, weeks=2, history_weeks=300)
    weight = [0.5 ** (a / 104) for a in age]
    maps = [summed(grid, xy, weight, h) for h in (0.0, 300.0, 1000.0)]
    inside = [any(reach_of(grid, cell, x, y, 0) for cell in cells_of(grid)) for x, y in xy]
    assert 5 < sum(inside) < 35
    decayed_weeks = 104 / math.log(2) * (1 - 0.5 ** (300 / 104))
    decayed = sum(w for w, here in zip(weight, inside, strict=True) if here)
    total = 2 * decayed / decayed_weeks
    expected = [total * sum(parts) / 3 for parts in zip(*maps, strict=True)]
    assert made.expected[grid.mask] == pytest.approx(np.array(expected), rel=1e-12, abs=1e-15)
    assert made.components[:, grid.mask] == pytest.approx(np.array(maps), rel=1e-12, abs=1e-15)
    assert made.total == pytest.approx(total, rel=1e-12)
    assert np.isnan(made.expected[~grid.mask]).all()
    assert np.isnan(made.components[:, ~grid.mask]).all()
    assert [s.kind for s in made.sources] == ["own_count", "kernel", "kernel"]


def test_one_incident_by_hand() -> None:
    """In the middle of the middle of 3 by 3 cells of 200 m, with a kernel of 250 m."""
    grid = Grid(0.0, 0.0, 200.0, np.ones((3, 3), dtype=bool))
    made = forecast([[300.0, 300.0]], [0.0], grid, 1, rate_per_week=3.0, bandwidths_m=(0.0, 250.0))
    side = (1 - 200**2 / 250**2) ** 2  # 0.1296; the corners are 283 m away
    kernel = np.array([[0, side, 0], [side, 1, side], [0, side, 0]]) / (1 + 4 * side)
    own = np.zeros((3, 3))
    own[1, 1] = 1
    assert made.expected == pytest.approx(3 * (own + kernel) / 2, rel=1e-12)


def test_a_steady_rate_is_forecast_as_it_is(grid: Grid) -> None:
    """One incident every tenth of a week for 20 years: 10 a week, whatever the half-life."""
    age = np.arange(0.05, 1040, 0.1)
    xy = np.tile(grid.centres[5, 5], (len(age), 1))
    for half_life in (13.0, 104.0, math.inf):
        made = forecast(xy, age, grid, 4, history_weeks=1040, half_life_weeks=half_life)
        assert made.total == pytest.approx(40, rel=1e-4)


def test_a_rate_that_rose_is_followed(grid: Grid) -> None:
    """1 a week for two half-lives, then 3 a week for one: weights 1/2, 1/4, 1/8 of the integral."""
    old, new = np.arange(104.5, 312, 1.0), np.arange(1 / 6, 104, 1 / 3)
    age = np.concatenate([old, new])
    xy = np.tile(grid.centres[5, 5], (len(age), 1))
    made = forecast(xy, age, grid, 1, history_weeks=312)
    assert made.total == pytest.approx((3 * 4 + 1 * 2 + 1 * 1) / 7, rel=1e-3)


def test_nothing_known_is_nothing_expected(grid: Grid) -> None:
    made = forecast(np.empty((0, 2)), [], grid, 1, history_weeks=52)
    assert made.total == 0
    assert (made.expected[grid.mask] == 0).all()
    spread = forecast([], [], grid, 2, rate_per_week=5)
    assert np.nansum(spread.expected) == pytest.approx(10)
    assert np.ptp(spread.expected[grid.mask]) < 1e-12


def test_incidents_outside_reach_in_but_are_not_counted(grid: Grid) -> None:
    outside = np.array([[grid.x0 + 75.0, grid.y0 + 75.0]])
    assert forecast(outside, [0.0], grid, 1, history_weeks=1).total == 0
    made = forecast(outside, [0.0], grid, 1, rate_per_week=1.0)
    even = 1 / grid.mask.sum()
    assert made.components[0][grid.mask] == pytest.approx(even)
    assert made.components[2][grid.mask].max() > 2 * even
    assert np.nansum(made.expected) == pytest.approx(1)


@pytest.mark.parametrize("age", [0.0, 1e9, 1e300])
def test_a_lone_old_incident_still_has_a_place(grid: Grid, age: float) -> None:
    made = forecast([grid.centres[4, 6]], [age], grid, 1, rate_per_week=1)
    assert np.unravel_index(np.nanargmax(made.expected), grid.shape) == (4, 6)


@pytest.mark.parametrize("far", [1e7, 1e15, 1e308])
def test_far_away_is_no_matter(grid: Grid, far: float) -> None:
    near = [grid.centres[4, 6]]
    alone = forecast(near, [1.0], grid, 1, history_weeks=10)
    both = forecast([*near, [far, -far]], [1.0, 1.0], grid, 1, history_weeks=10)
    assert both.expected[grid.mask] == pytest.approx(alone.expected[grid.mask], rel=1e-12)


NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"xy": [[NAN, 1.0]]}, "Coordinates must be finite"),
        ({"xy": [[INF, 1.0]]}, "Coordinates must be finite"),
        ({"xy": [1.0, 2.0]}, r"shape \(n, 2\)"),
        ({"age_weeks": [1.0, 2.0]}, "one value an incident"),
        ({"age_weeks": [NAN]}, "Ages must be finite"),
        ({"age_weeks": [INF]}, "Ages must be finite"),
        ({"age_weeks": [-1.0]}, "after the moment"),
        ({"age_weeks": [53.0]}, "at least the greatest age"),
        ({"weeks": 0}, "weeks must be"),
        ({"weeks": NAN}, "weeks must be"),
        ({"history_weeks": None}, "got neither"),
        ({"rate_per_week": 1.0}, "got both"),
        ({"history_weeks": 0.0}, "history_weeks must be"),
        ({"history_weeks": None, "rate_per_week": -1.0}, "rate_per_week must be"),
        ({"history_weeks": None, "rate_per_week": INF}, "rate_per_week must be"),
        ({"weeks": 1e300, "history_weeks": None, "rate_per_week": 1e300}, "expected total"),
        ({"half_life_weeks": 0.0}, "half_life_weeks must be"),
        ({"half_life_weeks": NAN}, "half_life_weeks must be"),
        ({"bandwidths_m": ()}, "bandwidths_m must be"),
        ({"bandwidths_m": (-1.0,)}, "bandwidths_m must be"),
        ({"bandwidths_m": (INF,)}, "bandwidths_m must be"),
        ({"grid": Grid(0.0, 0.0, 1.0, np.zeros((2, 2), dtype=bool))}, "at least one cell"),
        ({"grid": None}, "grid must be a Grid"),
        ({"xy": [["a", "b"]]}, "xy must be numbers"),
        ({"xy": [[1, 2], [3]]}, "xy must be numbers"),
        ({"xy": None}, "xy must have two columns"),
        ({"age_weeks": ["a"]}, "age_weeks must be numbers"),
        ({"age_weeks": [None]}, "Ages must be finite"),
        ({"age_weeks": [[1], [2, 3]]}, "age_weeks must be times of one kind"),
        ({"age_weeks": np.array(["NaT"], "timedelta64[D]")}, "Ages must be finite"),
        ({"age_weeks": np.array([2], "timedelta64[Y]")}, "days or a shorter unit"),
        ({"age_weeks": np.array([2], "timedelta64")}, "days or a shorter unit"),
        ({"age_weeks": np.array(["2024-01-01"], "datetime64[D]")}, "age_weeks must be numbers"),
        ({"weeks": "abc"}, "weeks must be"),
        ({"weeks": None}, "weeks must be"),
        ({"history_weeks": "abc"}, "history_weeks must be"),
        ({"history_weeks": None, "rate_per_week": "x"}, "rate_per_week must be"),
        ({"half_life_weeks": "x"}, "half_life_weeks must be"),
        ({"half_life_weeks": None}, "half_life_weeks must be"),
        ({"half_life_weeks": np.timedelta64(104, "ns")}, "half_life_weeks must be"),
        ({"bandwidths_m": 300.0}, "bandwidths_m must be"),
        ({"bandwidths_m": "300"}, "bandwidths_m must be"),
        ({"bandwidths_m": (None,)}, "bandwidths_m must be"),
    ],
)
def test_wrong_use_is_said_in_one_sentence(
    grid: Grid, change: dict[str, object], words: str
) -> None:
    right: dict[str, object] = {
        "xy": [[3600.0, -900.0]], "age_weeks": [1.0], "grid": grid, "weeks": 1,
        "history_weeks": 52.0,
    }  # fmt: skip
    forecast(**right)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=words):
        forecast(**(right | change))  # type: ignore[arg-type]


def likelihood_by_hand(
    grid: Grid, xy: Array, period: NDArray[np.int64], origins: range, weeks: float
) -> Array:
    """Each map's share at each incident of the origins, made anew from the periods before."""
    rows = []
    cells = cells_of(grid)
    for t in origins:
        old = period < t
        age = (t - period[old]).tolist()
        maps = [
            summed(grid, xy[old], [0.5 ** ((a - 1) * weeks / life) for a in age], h)
            for h, life in MAPS
        ]
        near = [1 / a if a <= round(8 / weeks) else 0.0 for a in age]
        maps.append(
            to_one(
                [
                    sum(
                        w * near_repeat_of(grid, cell, x, y)
                        for (x, y), w in zip(xy[old], near, strict=True)
                    )
                    for cell in cells
                ]
            )
        )
        maps.append([1 / len(cells)] * len(cells))
        for x, y in xy[period == t]:
            home = [k for k, cell in enumerate(cells) if reach_of(grid, cell, x, y, 0)]
            rows += [[m[k] for m in maps] for k in home]
    return np.array(rows)


@pytest.mark.parametrize("weeks", [1.0, 4.0])
def test_the_mixture_learns_from_maps_of_the_past_alone(grid: Grid, weeks: float) -> None:
    xy = some(grid, 60, 3)
    period = np.random.default_rng(4).integers(0, 12, 60)
    period[period == 5] = 6  # a period without incidents
    chances = likelihood_by_hand(grid, xy, period, range(3, 12), weeks)
    fit = fit_mixture(xy, period, grid, 12, weeks, maps=MAPS)
    assert fit.incidents == len(chances)
    assert fit.log_likelihood[0] == pytest.approx(np.log(chances.mean(axis=1)).mean(), rel=1e-12)
    assert fit.weights == pytest.approx(mixture_weights(chances)[0], abs=1e-9)
    now = forecast_mixture(xy, period, grid, 12, weeks, rate_per_week=1.0, fit=fit)
    # a forecast after the last period is what that period's maps would be judged by
    later = np.vstack([xy, grid.centres[grid.mask]])
    after = np.concatenate([period, np.full(len(cells_of(grid)), 12)])
    maps = likelihood_by_hand(grid, later, after, range(12, 13), weeks).T
    assert now.components[:, grid.mask] == pytest.approx(maps, rel=1e-11, abs=1e-15)
    assert now.expected[grid.mask] == pytest.approx(weeks * (fit.weights @ maps), rel=1e-11)


def test_the_future_is_not_seen(grid: Grid) -> None:
    xy, period = some(grid, 80, 5), np.repeat(np.arange(8), 10)
    origins = [3, 4, 5]
    whole = fit_mixture(xy, period, grid, 8, maps=MAPS, origins=origins)
    past = period <= 5
    known = fit_mixture(xy[past], period[past], grid, 6, maps=MAPS, origins=origins)
    assert np.array_equal(whole.weights, known.weights)
    assert whole.incidents == known.incidents > 0


def test_weights_by_hand() -> None:
    """Two maps that share no place: each weight is the share of the incidents it explains."""
    weights, trace, gap = mixture_weights([[0.5, 0.0], [0.1, 0.0], [0.0, 0.01]])
    assert weights == pytest.approx([2 / 3, 1 / 3])
    assert gap == pytest.approx(0, abs=1e-12)
    best = (math.log(0.5 * 2 / 3) + math.log(0.1 * 2 / 3) + math.log(0.01 / 3)) / 3
    assert trace[-1] == pytest.approx(best)


def test_weights_equal_a_general_optimiser() -> None:
    rng = np.random.default_rng(6)
    chances = rng.dirichlet(np.full(4, 0.7), 300)
    weights, trace, gap = mixture_weights(chances, steps=20_000)
    assert all(b >= a - 1e-13 for a, b in pairwise(trace))
    found = minimize(
        lambda w: -np.log(chances @ w).mean(),
        np.full(4, 0.25),
        bounds=[(1e-12, 1)] * 4,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        method="SLSQP",
        options={"ftol": 1e-12},
    )
    assert trace[-1] == pytest.approx(-found.fun, abs=1e-4)
    assert trace[-1] <= -found.fun + 1e-9 <= trace[-1] + gap + 2e-9
    assert weights == pytest.approx(found.x, abs=0.03)


def test_planted_weights_are_found(grid: Grid) -> None:
    """Incidents drawn from a known mixture of four fixed maps."""
    rng = np.random.default_rng(7)
    cells = int(grid.mask.sum())
    maps = np.vstack([rng.dirichlet(np.full(cells, 0.2), 3), np.full(cells, 1 / cells)])
    planted = np.array([0.5, 0.0, 0.2, 0.3])
    drawn = rng.choice(cells, 20_000, p=planted @ maps)
    weights, _, gap = mixture_weights(maps[:, drawn].T)
    assert gap < 1e-4
    assert weights == pytest.approx(planted, abs=0.02)


def test_a_world_without_memory_is_learnt_as_such(grid: Grid) -> None:
    """Incidents spread evenly: the maps of the past add nothing to the even one."""
    rng = np.random.default_rng(8)
    centres = grid.centres[grid.mask]
    xy = centres[rng.integers(0, len(centres), 4000)]
    fit = fit_mixture(xy, rng.integers(0, 40, 4000), grid, 40)
    even = -math.log(len(centres))
    assert fit.log_likelihood[-1] - even < 0.005
    made = fit.weights @ [s.kind in ("even",) or s.bandwidth_m >= 500 for s in fit.sources]
    assert made > 0.9


def test_repeats_are_learnt_as_such(grid: Grid) -> None:
    """Three in four incidents are where one was the week before, the others anywhere."""
    rng = np.random.default_rng(9)
    centres = grid.centres[grid.mask]
    xy = np.vstack([np.tile(centres[rng.integers(0, len(centres), 5)], (4, 1)) for _ in range(10)])
    fit = fit_mixture(xy, np.repeat(np.arange(40), 5), grid, 40)
    own = fit.weights @ [s.kind == "own_count" and s.half_life_weeks == 4 for s in fit.sources]
    assert own == pytest.approx(3 / 4, abs=0.1)


def test_a_mixture_without_incidents(grid: Grid) -> None:
    made = forecast_mixture([], [], grid, 10)
    assert made.total == 0
    assert (made.expected[grid.mask] == 0).all()
    assert made.weights == pytest.approx(np.full(17, 1 / 17))
    alone = forecast_mixture([grid.centres[4, 6]], [0], grid, 1, rate_per_week=1)
    assert np.unravel_index(np.nanargmax(alone.expected), grid.shape) == (4, 6)


def test_the_mixture_expects_the_same_total_as_the_default(grid: Grid) -> None:
    xy, period = some(grid, 200, 10), np.random.default_rng(11).integers(0, 30, 200)
    made = forecast_mixture(xy, period, grid, 30, weeks=4)
    plain = forecast(xy, 29.5 - period, grid, 4, history_weeks=30)
    assert made.total == pytest.approx(plain.total, rel=1e-12)
    assert np.nansum(made.expected) == pytest.approx(made.total, rel=1e-12)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"xy": [[NAN, 1.0]]}, "Coordinates must be finite"),
        ({"period": [5]}, "whole numbers from 0 to 4"),
        ({"period": [-1]}, "whole numbers from 0 to 4"),
        ({"period": [0.5]}, "whole numbers from 0 to 4"),
        ({"period": [NAN]}, "whole numbers from 0 to 4"),
        ({"period": [1, 2]}, "one value an incident"),
        ({"periods": 0}, "periods must be a whole number"),
        ({"periods": 5.5}, "periods must be a whole number"),
        ({"periods": NAN}, "periods must be a whole number"),
        ({"periods": 10**9}, "periods must be a whole number"),
        ({"weeks_per_period": 1e308}, "weeks_per_period must be"),
        ({"weeks_per_period": 0.0}, "weeks_per_period must be"),
        ({"maps": [(-1.0, 4.0)]}, "bandwidths_m must be"),
        ({"maps": [(100.0, 0.0)]}, "half_life_weeks must be"),
        ({"origins": [5]}, "origins must be"),
        ({"steps": -1}, "steps must be"),
        ({"xy": [["a", "b"]]}, "xy must be numbers"),
        ({"xy": [[1, 2], [3]]}, "xy must be numbers"),
        ({"xy": None}, "xy must have two columns"),
        ({"period": ["a"]}, "period must be numbers"),
        ({"period": None}, "one value an incident"),
        ({"period": [[1], [2, 3]]}, "period must be numbers"),
        ({"periods": "5"}, "periods must be a whole number"),
        ({"periods": None}, "periods must be a whole number"),
        ({"weeks_per_period": 1e-30}, "at least 1/168"),
        ({"weeks_per_period": 1 / 169}, "at least 1/168"),
        ({"weeks_per_period": "abc"}, "weeks_per_period must be"),
        ({"maps": [1, 2]}, "maps must be pairs"),
        ({"maps": None}, "maps must be pairs"),
        ({"maps": [("a", 4.0)]}, "bandwidths_m must be"),
        ({"maps": [(100.0, "a")]}, "half_life_weeks must be"),
        ({"maps": []}, "bandwidths_m must be"),
        ({"origins": "x"}, "origins must be numbers"),
        ({"origins": [[1], [1, 2]]}, "origins must be numbers"),
        ({"steps": "x"}, "steps must be"),
        ({"steps": None}, "steps must be"),
        ({"grid": None}, "grid must be a Grid"),
    ],
)
def test_wrong_use_of_the_mixture(grid: Grid, change: dict[str, object], words: str) -> None:
    right: dict[str, object] = {
        "xy": [[3600.0, -900.0]], "period": [1], "grid": grid, "periods": 5,
    }  # fmt: skip
    fit_mixture(**right)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=words):
        fit_mixture(**(right | change))  # type: ignore[arg-type]


@pytest.mark.parametrize("chances", [[[0.0, 0.0]], [[NAN, 1.0]], [[-1.0, 1.0]], [[INF, 1.0]], [1]])
def test_chances_must_explain_every_incident(chances: list[object]) -> None:
    with pytest.raises(UsageError, match="chances must"):
        mixture_weights(chances)


@pytest.mark.parametrize("chances", ["x", None, [["a"]], [[1.0], [1.0, 2.0]]])
def test_chances_must_be_numbers(chances: object) -> None:
    with pytest.raises(UsageError, match="chances must"):
        mixture_weights(chances)  # type: ignore[arg-type]


def test_a_fit_must_be_a_fit(grid: Grid) -> None:
    with pytest.raises(UsageError, match="fit must come from fit_mixture"):
        forecast_mixture([[3600.0, -900.0]], [1], grid, 5, fit="x")  # type: ignore[arg-type]


def test_periods_of_an_hour_are_periods(grid: Grid) -> None:
    xy, period = some(grid, 40, 12), np.repeat(np.arange(8), 5)
    fit = fit_mixture(xy, period, grid, 8, 1 / 168, maps=MAPS)
    assert fit.weights.sum() == pytest.approx(1)


@pytest.mark.parametrize("unit", ["W", "D", "h", "m", "s", "ms", "us", "ns", "2D"])
def test_ages_in_any_unit_are_weeks(grid: Grid, unit: str) -> None:
    xy, weeks = some(grid, 30, 13), np.arange(30) * 2
    ages = (weeks * 7).astype("timedelta64[D]").astype(f"timedelta64[{unit}]")
    made = forecast(xy, ages, grid, 1, history_weeks=60)
    plain = forecast(xy, weeks, grid, 1, history_weeks=60)
    assert made.total == plain.total > 0
    assert np.array_equal(made.expected, plain.expected, equal_nan=True)


@pytest.fixture(scope="module")
def wide() -> Grid:
    mask = np.ones((5, 6), dtype=bool)
    mask[0, :2] = mask[4, 5] = False
    return Grid(-2000.0, 7000.0, 1000.0, mask)


def split(grid: Grid, parts: int) -> Grid:
    mask = np.repeat(np.repeat(grid.mask, parts, axis=0), parts, axis=1)
    return Grid(grid.x0, grid.y0, grid.cell_size_m / parts, mask)


def mean_of_parts(fine: Array, grid: Grid, parts: int) -> Array:
    rows, cols = grid.shape
    return fine.reshape(rows, parts, cols, parts).mean(axis=(1, 3))[grid.mask]


# parts a side: odd, and each at most half the bandwidth wide
@pytest.mark.parametrize(("bandwidth_m", "parts"), [(300.0, 7), (999.0, 3), (400.0, 5), (80.0, 25)])
def test_a_narrow_kernel_on_wide_cells_is_the_mean_of_a_fine_map(
    wide: Grid, bandwidth_m: float, parts: int
) -> None:
    xy, weight = some(wide, 200, 14), np.random.default_rng(15).uniform(0, 2, 200)
    made = decayed_map(xy, masked_index(xy, wide), weight, wide, bandwidth_m)
    fine = kde(xy, split(wide, parts), bandwidth_m, weights=weight)
    means = mean_of_parts(fine, wide, parts)
    assert made / made.sum() == pytest.approx(means / means.sum(), rel=1e-9, abs=1e-15)


def test_the_near_repeat_map_on_wide_cells_is_the_mean_over_their_parts(wide: Grid) -> None:
    xy, weight = some(wide, 60, 16), np.random.default_rng(17).uniform(0, 2, 60)
    made = near_repeat_map(xy, weight, wide)
    fine = split(wide, 5)
    away = np.hypot(*(fine.centres[:, :, None, :] - xy).transpose(3, 0, 1, 2))
    by_hand = (weight * np.where(away < 400, 1 / (1 + away / 500), 0.0)).sum(axis=-1)
    means = mean_of_parts(by_hand, wide, 5)
    assert made / made.sum() == pytest.approx(means / means.sum(), rel=1e-9, abs=1e-15)


def test_no_incident_vanishes_between_wide_cells(wide: Grid) -> None:
    """Each incident brings nearly the same to the map, wherever in its cell it lies."""
    around = np.random.default_rng(18).uniform([-1000, 8300], [3000, 10700], (150, 2))
    corner = [[0.0, 9000.0]]
    for xy in np.vstack([around, corner]):
        here = xy[None, :]
        brought = decayed_map(here, masked_index(here, wide), np.ones(1), wide, 300.0).sum()
        # the integral of (1 - (d / h)^2)^2 over the plane, in parts of a 7th of a cell
        assert brought == pytest.approx(math.pi * 300**2 / 3 / (1000 / 7) ** 2, rel=0.03)
        assert near_repeat_map(here, np.ones(1), wide).sum() > 0


def test_many_incidents_at_a_corner_outweigh_one_at_a_centre(wide: Grid) -> None:
    xy = np.vstack([np.tile([5.0, 9005.0], (50, 1)), [[500.0, 10500.0]]])
    made = forecast(xy, np.zeros(51), wide, 1, rate_per_week=51, bandwidths_m=[300.0])
    assert made.expected[3, 2] == pytest.approx(1, rel=0.05)  # the lone one
    assert made.expected[2, 2] > 12  # its own quarter of the 50, and a little
    assert np.nansum(made.expected[1:3, 1:3]) == pytest.approx(50, rel=1e-3)
    fit = fit_mixture(xy, np.zeros(51), wide, 2, maps=[(300.0, INF)])
    mixed = forecast_mixture(xy, np.zeros(51), wide, 2, rate_per_week=1, fit=fit)
    assert mixed.components[0][wide.mask] == pytest.approx(made.components[0][wide.mask])


@pytest.mark.parametrize("bandwidth_m", [1e-4, 1e-200])
def test_a_kernel_of_no_width_is_the_own_count(wide: Grid, bandwidth_m: float) -> None:
    xy = some(wide, 50, 19)
    made = forecast(xy, np.zeros(50), wide, 1, rate_per_week=1, bandwidths_m=[bandwidth_m, 0.0])
    assert np.array_equal(made.components[0], made.components[1], equal_nan=True)
    huge = Grid(0.0, 0.0, 1e12, np.ones((2, 2), dtype=bool))
    assert near_repeat_map(np.array([[1.5e12, 1.0]]), np.ones(1), huge).tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize("bandwidth_m", [150.0, 151.0, 400.0])
def test_cells_up_to_the_bandwidth_are_the_density_to_the_bit(
    grid: Grid, bandwidth_m: float
) -> None:
    xy, weight = some(grid, 80, 20), np.random.default_rng(21).uniform(0, 2, 80)
    made = decayed_map(xy, masked_index(xy, grid), weight, grid, bandwidth_m)
    assert np.array_equal(made, kde(xy, grid, bandwidth_m, weights=weight)[grid.mask])
