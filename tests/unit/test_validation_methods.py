"""Every method by hand on small grids; nothing from the future; the same answers after a stop."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from hotspots.clustering import Grid, forecast_mixture, gi_star
from hotspots.clustering.mixture import MIXTURE_MAPS
from hotspots.errors import UsageError
from hotspots.profile import ForecastMap, Profile
from hotspots.validation.history import History, months_between
from hotspots.validation.method import Scored
from hotspots.validation.methods import BASELINES, METHODS, method_of, of_profile
from hotspots.validation.methods.gi_star import by_tail
from hotspots.validation.methods.mixture import Mixture
from hotspots.validation.methods.plain import year_before
from hotspots.validation.methods.rules import (
    arcgis_bandwidth,
    nrd_bandwidth,
    scott_covariance,
)
from hotspots.validation.past import Past, batches_of

ASKED = [kind for kind in METHODS.values() if kind.kind != "oracle"]
IDS = [kind.name for kind in ASKED]
#: One variant of each family: the last, which looks back the farthest.
FAMILIES = list({kind.family: kind for kind in ASKED}.values())
#: 5 columns and 4 rows of 100 m.
AREA = shapely.box(0, 0, 500, 400)
GRID = Grid.cover(AREA, 100)
CENTRES = GRID.centres[GRID.mask]
MONDAY = np.datetime64("2024-01-01")


def weeks(n: int) -> Any:
    return MONDAY + np.timedelta64(7, "D") * np.arange(n + 1)


def past_at(history: History, origin: int, grid: Grid = GRID) -> Past:
    past = Past(grid, history.weeks_per_period, history.edges)
    for batches in batches_of(history, grid):
        if past.origin < origin:
            past.learn(batches)
    return past


def made(
    incidents: Sequence[tuple[float, float, int]], periods: int, known: Sequence[int] | None = None
) -> History:
    """Incidents as (x, y, week)."""
    rows = np.array(incidents, dtype=float).reshape(-1, 3)
    week = rows[:, 2].astype(np.intp)
    first_known = week + 1 if known is None else np.array(known, dtype=np.intp)
    return History(rows[:, :2], week, first_known, weeks(periods), AREA)


def asked(name: str, past: Past) -> Any:
    return method_of(name).make().score(past)


def busy(periods: int = 30, n: int = 300, late: bool = False) -> History:
    """Incidents round two places and everywhere, some outside the area, some known late."""
    rng = np.random.default_rng(4)
    where = np.array([[120.0, 130.0], [380.0, 310.0]])[rng.integers(0, 2, n)]
    xy = np.where(rng.random((n, 1)) < 0.6, where + rng.normal(0, 40, (n, 2)), 0)
    xy = np.where(xy == 0, rng.uniform(-50, 550, (n, 2)), xy)
    period = rng.integers(0, periods, n)
    known = period + 1 + (rng.integers(0, 4, n) if late else 0)
    known = np.minimum(known, periods + 1)
    return History(xy, period, known, weeks(periods), AREA)


# ---------------------------------------------------------------- the registry


def test_names_are_those_of_the_registry_and_labels_tell_methods_apart() -> None:
    assert all(name == kind.name for name, kind in METHODS.items())
    assert len({kind.label for kind in METHODS.values()}) == len(METHODS)
    in_family = {(kind.family, kind.variant) for kind in METHODS.values()}
    assert len(in_family) == len(METHODS)


def test_baselines_come_first_and_the_oracle_last() -> None:
    kinds = [kind.kind for kind in METHODS.values()]
    assert kinds == ["baseline"] * len(BASELINES) + ["method"] * (
        len(kinds) - len(BASELINES) - 1
    ) + ["oracle"]


def test_the_baselines_are_those_that_every_table_must_hold() -> None:
    assert {kind.family for kind in BASELINES} == {
        "random",
        "counts-last",
        "counts-52",
        "counts-all",
        "last-year",
        "promap",
        "kde-nrd",
        "kde-arcgis",
        "kde-scott",
        "gi-star",
    }


def test_an_unknown_method_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UsageError, match=r"random, counts-last.*got 'kde'"):
        method_of("kde")


def test_an_oracle_cannot_be_asked_what_the_past_says() -> None:
    with pytest.raises(UsageError, match="knows what followed"):
        asked("oracle", past_at(made([(50, 50, 0)], 2), 1))


@pytest.mark.parametrize("kind", FAMILIES, ids=lambda kind: kind.family)
@pytest.mark.parametrize(
    "history",
    [made([], 3), made([(50, 50, 0)], 3), made([(900, 900, 0)], 3), made([(50, 50, 0)] * 9, 3)],
    ids=["none", "one", "outside", "one place"],
)
def test_little_to_go_by_gives_numbers_all_the_same(kind: Any, history: History) -> None:
    scored = kind.make().score(past_at(history, 2))
    assert scored.score.shape == (20,)
    assert np.isfinite(scored.score).all()
    if not len(history) and kind.name != "random":
        assert np.ptp(scored.score) == 0
    if scored.hot is not None:
        assert scored.hot.dtype == np.bool_
        assert not (scored.hot.any() and len(history) == 0)


@pytest.mark.parametrize("kind", FAMILIES, ids=lambda kind: kind.family)
def test_a_single_cell_is_scored(kind: Any) -> None:
    grid = Grid.cover(shapely.box(0, 0, 100, 100), 100)
    history = busy(4, 40)
    assert kind.make().score(past_at(history, 3, grid)).score.shape == (1,)


# ---------------------------------------------------------------- no look ahead, no memory of runs


@pytest.mark.parametrize("kind", ASKED, ids=IDS)
def test_what_is_not_known_yet_changes_nothing(kind: Any) -> None:
    whole = busy(late=True)
    now = whole.until(20)
    assert 0 < len(now) < (whole.period < 20).sum()  # some of the past is not known yet
    seen, blind = (kind.make().score(past_at(h, 20)) for h in (whole, now))
    np.testing.assert_array_equal(seen.score, blind.score)
    np.testing.assert_array_equal(seen.hot, blind.hot)


@pytest.mark.parametrize("kind", ASKED, ids=IDS)
def test_asked_first_at_a_later_origin_it_answers_as_if_asked_all_along(kind: Any) -> None:
    history, method = busy(late=True), kind.make()
    past = Past(GRID, history.weeks_per_period, history.edges)
    last = None
    for batches in batches_of(history, GRID):
        if past.origin == 25:
            break
        past.learn(batches)
        last = method.score(past)
    again = kind.make().score(past_at(history, 25))
    assert isinstance(last, Scored)
    np.testing.assert_array_equal(last.score, again.score)
    np.testing.assert_array_equal(last.hot, again.hot)


# ---------------------------------------------------------------- counts, chance, last year


def test_chance_is_another_order_at_each_origin_and_the_same_in_every_run() -> None:
    history = made([(50, 50, 0)], 5)
    one, two = (asked("random", past_at(history, t)).score for t in (2, 3))
    assert (one != two).all()
    np.testing.assert_array_equal(one, asked("random", past_at(history, 2)).score)


def test_counts_are_of_the_last_period_the_last_year_and_all_history() -> None:
    # cell 0 in weeks 1 and 59, cell 6 (second row, second column) in weeks 8 and 59
    history = made([(50, 50, 1), (50, 50, 59), (150, 150, 8), (150, 150, 59), (150, 150, 59)], 61)
    past = past_at(history, 60)
    found = {n: asked(n, past).score[[0, 6, 7]] for n in ("counts-last", "counts-52", "counts-all")}
    np.testing.assert_array_equal(found["counts-last"], [1, 2, 0])
    np.testing.assert_array_equal(found["counts-52"], [1, 3, 0])  # from week 8 on
    np.testing.assert_array_equal(found["counts-all"], [2, 3, 0])


def test_an_incident_outside_the_area_is_in_no_count() -> None:
    past = past_at(made([(50, 50, 0), (-20, 50, 0)], 2), 1)
    assert asked("counts-all", past).score.sum() == 1


def test_last_year_counts_the_same_week_and_those_either_side() -> None:
    # the judged week is 60: weeks 7, 8 and 9 count
    history = made([(50 + 100 * i, 50, week) for i, week in enumerate((6, 7, 8, 9, 10))], 61)
    score = asked("last-year", past_at(history, 60)).score
    np.testing.assert_array_equal(score[:5], [0, 1, 1, 1, 0])


def test_last_year_counts_the_same_month_alone() -> None:
    edges = months_between("2023-11-01", "2025-03-01")
    # November 2023 to March 2024, then to March 2025: judged from 2025-02, so 2024-02 counts
    xy = np.column_stack([np.arange(5) * 100 + 50.0, np.full(5, 50.0)])
    period = np.arange(5)
    history = History(xy, period, period + 1, edges, AREA)
    past = past_at(history, 15)
    assert past.edges[15] == np.datetime64("2025-02-01")
    assert year_before(past) == 3
    np.testing.assert_array_equal(asked("last-year", past).score[:5], [0, 0, 0, 1, 0])


@pytest.mark.parametrize("start", ["2019-03-01", "2020-02-01", "2023-01-01"])
def test_a_year_before_a_month_is_the_same_month(start: str) -> None:
    edges = months_between(start, np.datetime64(start) + np.timedelta64(1200, "D"))
    history = History(np.empty((0, 2)), np.empty(0, int), np.empty(0, int), edges, AREA)
    for origin in range(1, len(edges) - 1):
        before = year_before(past_at(history, origin))
        if origin < 12:
            assert before is None
        else:
            assert before == origin - 12


def test_without_a_year_of_history_all_cells_tie() -> None:
    # 51 weeks: the week a year before the judged one was not recorded yet
    history = made([(50, 50, 0), (150, 50, 1)], 52)
    assert not asked("last-year", past_at(history, 51)).score.any()


def test_near_repeats_count_by_distance_in_half_cells_and_age_in_periods() -> None:
    # 150 m east of the first centre, 3 weeks ago; 8 weeks back is the last that counts
    history = made([(200, 50, 17), (50, 50, 12), (50, 50, 11)], 21)
    score = asked("promap", past_at(history, 20)).score
    assert score[0] == pytest.approx(1 / (1 + 150 / 50) / 3 + 1 / 8)
    far = past_at(made([(460, 50, 19)], 21), 20)  # 410 m from the first centre: beyond 400 m
    assert asked("promap", far).score[0] == 0


# ---------------------------------------------------------------- maps


def quartic(xy: Sequence[float], h: float) -> Any:
    square = ((CENTRES - np.asarray(xy)) ** 2).sum(axis=1) / h**2
    return np.where(square < 1, (1 - square) ** 2, 0.0)


def same_order_of_size(score: Any, expected: Any) -> None:
    np.testing.assert_allclose(score / score.sum(), expected / expected.sum(), atol=1e-12)


def test_a_decayed_density_is_the_sum_of_kernels_halved_by_age() -> None:
    history = made([(120, 130, 3), (380, 210, 15)], 21)
    expected = quartic((120, 130), 300) * 2 ** (-16 / 26) + quartic((380, 210), 300) * 2 ** (
        -4 / 26
    )
    same_order_of_size(asked("kde-decay-300-26", past_at(history, 20)).score, expected)


def test_a_window_forgets_all_at_once() -> None:
    history = made([(120, 130, 6), (380, 210, 7)], 21)
    same_order_of_size(
        asked("kde-window-300-13", past_at(history, 20)).score, quartic((380, 210), 300)
    )
    same_order_of_size(
        asked("kde-window-300-all", past_at(history, 20)).score,
        quartic((120, 130), 300) + quartic((380, 210), 300),
    )


def test_windows_of_weeks_are_whole_months_where_only_months_are_known() -> None:
    edges = months_between("2023-01-01", "2024-06-01")
    period = np.arange(14)
    history = History(np.full((14, 2), 50.0), period, period + 1, edges, AREA)
    past = past_at(history, 14)
    assert asked("counts-52", past).score[0] == 12
    # 13 weeks are 3 months
    same_order_of_size(asked("kde-window-300-13", past).score, quartic((50, 50), 300))
    assert asked("gi-star-300-13", past).score[0] > 0


def test_decayed_counts_halve_with_age() -> None:
    history = made([(50, 50, 6), (150, 50, 19)], 21)
    score = asked("counts-decay-13", past_at(history, 20)).score
    assert score[0] / score[1] == pytest.approx(0.5)
    assert score[2:].sum() == 0


def test_scales_are_averaged_after_each_is_scaled_to_the_same_sum() -> None:
    history = made([(120, 130, 3), (380, 210, 15)], 21)
    old, new = 2 ** (-16 / 52), 2 ** (-4 / 52)
    counts = np.zeros(20)
    counts[[6, 13]] = old, new
    density = quartic((120, 130), 500) * old + quartic((380, 210), 500) * new
    expected = counts / counts.sum() + density / density.sum()
    same_order_of_size(asked("multi-scale-0-500-52", past_at(history, 20)).score, expected)


# ---------------------------------------------------------------- bandwidths of other tools


def test_arcgis_radius_of_a_square_by_hand() -> None:
    # all four corners are 100 sqrt(2) from the centre, so SD = Dm, and SD < sqrt(1 / ln 2) Dm
    corners = np.array([[0, 0], [200, 0], [0, 200], [200, 200]], dtype=float)
    assert arcgis_bandwidth(corners) == pytest.approx(0.9 * 100 * math.sqrt(2) * 4**-0.2)


def test_arcgis_radius_follows_the_median_where_that_is_shorter() -> None:
    # the centre is (0, 0); distances 1, 1, 100, 100 in x and y pairs
    xy = np.array([[1, 0], [-1, 0], [0, 1], [0, -1], [100, 0], [-100, 0]], dtype=float)
    assert arcgis_bandwidth(xy) == pytest.approx(0.9 * math.sqrt(1 / math.log(2)) * 6**-0.2)


def test_nrd_bandwidth_by_hand() -> None:
    # 0, 1, 2, 3, 4: quartiles 1 and 3, IQR / 1.34 = 1.4925 below sd = 1.5811; y is twice as wide
    x = np.arange(5.0)
    assert nrd_bandwidth(np.column_stack([x, 2 * x])) == pytest.approx(
        4.24 * (2 / 1.34) * 1.5 * 5**-0.2
    )


@pytest.mark.parametrize("rule", [nrd_bandwidth, arcgis_bandwidth])
@given(
    scale=st.floats(0.1, 1000),
    east=st.floats(-1e5, 1e5),
    seed=st.integers(0, 1000),
)
def test_a_radius_scales_with_the_map_and_does_not_know_where_it_is(
    rule: Any, scale: float, east: float, seed: int
) -> None:
    xy = np.random.default_rng(seed).normal(size=(30, 2))
    assert rule(xy * scale + [east, 0]) == pytest.approx(rule(xy) * scale, rel=1e-6)


def test_a_rule_of_thumb_lays_its_kernel_over_the_incidents_inside() -> None:
    corners = [(50, 50), (450, 50), (50, 350), (450, 350)]
    inside = [(x, y, 0) for x, y in corners]
    outside = [(9000.0, 9000.0, 0)]  # would move every bandwidth
    past = past_at(made(inside + outside, 3), 2)
    radius = arcgis_bandwidth(np.array(corners, dtype=float))
    assert radius > 150  # reaches the next cells
    expected = sum(quartic(xy, radius) for xy in corners)
    same_order_of_size(asked("kde-arcgis-all", past).score, expected)


def test_a_wide_rule_is_laid_over_counts_at_cell_centres() -> None:
    rng = np.random.default_rng(2)
    cells = CENTRES[rng.integers(0, 20, 12)]
    past = past_at(made([(x, y, 0) for x, y in cells], 3), 2)
    radius = nrd_bandwidth(cells)
    assert radius > 200
    same_order_of_size(asked("kde-nrd-all", past).score, sum(quartic(xy, radius) for xy in cells))


def test_only_the_windows_incidents_set_a_bandwidth() -> None:
    old = [(450, 350, 0), (450, 50, 0), (50, 350, 0)]
    new = [(50, 50, 60), (150, 50, 60), (50, 150, 60), (150, 150, 60)]
    both = past_at(made(old + new, 62), 61)
    alone = past_at(made(new, 62), 61)
    np.testing.assert_array_equal(
        asked("kde-arcgis-52", both).score, asked("kde-arcgis-52", alone).score
    )
    assert (asked("kde-arcgis-all", both).score != asked("kde-arcgis-all", alone).score).any()


def test_incidents_on_a_line_have_no_covariance() -> None:
    line = np.column_stack([np.arange(9.0), 3 * np.arange(9.0)])
    assert scott_covariance(line) is None
    assert scott_covariance(line[:2]) is None


# ---------------------------------------------------------------- Gi*


def test_gi_star_by_hand() -> None:
    # 3 in cell 6, 1 in cell 7; all others 0; 300 m reaches 3 cells away
    past = past_at(made([(150, 150, 0)] * 3 + [(250, 150, 0)], 3), 2)
    counts = np.zeros(20)
    counts[[6, 7]] = 3, 1
    near = np.hypot(*(CENTRES[:, None] - CENTRES[None]).transpose(2, 0, 1)) <= 300
    w, mean = near.sum(axis=1), counts.mean()
    spread = counts.std() * np.sqrt((20 * w - w**2) / 19)
    scored = asked("gi-star-300-all", past)
    # a neighbourhood of all cells stands out from nothing: z is 0
    expected = np.divide(near @ counts - mean * w, spread, out=np.zeros(20), where=spread > 0)
    assert 0 < (spread == 0).sum() < 20
    np.testing.assert_allclose(scored.score, expected, atol=1e-12)
    assert scored.hot is not None
    assert not scored.hot.any()  # four incidents: chance could do it


def test_own_hot_spots_are_the_cells_of_the_exact_tail_at_five_percent() -> None:
    area = shapely.box(0, 0, 3000, 3000)
    grid = Grid.cover(area, 100)
    rng = np.random.default_rng(0)
    xy = np.concatenate([rng.uniform(0, 3000, (100, 2)), rng.normal(1550, 80, (30, 2))])
    history = History(xy, np.zeros(130, int), np.ones(130, int), weeks(2), area)
    past = past_at(history, 1, grid)
    for name in ("gi-star-300-all", "gi-exact-300-all"):
        found = asked(name, past).hot
        exact = gi_star(grid.counts(xy), 300, 100, grid.mask).p_adjusted <= 0.05
        np.testing.assert_array_equal(found, exact[grid.mask])
        assert found[grid.index([[1550, 1550]])[0]]
        assert found.mean() < 0.1


def test_the_exact_order_is_by_tail_then_by_z() -> None:
    past = past_at(busy(4, 200), 4)
    counts = past.total(0.0, 0).reshape(4, 5)
    found = gi_star(counts, 300, 100)
    score = asked("gi-exact-300-all", past).score
    tail, z = found.p_value.ravel(), found.z_score.ravel()
    for i in range(20):
        for j in range(20):
            ahead = (tail[i], -z[i]) < (tail[j], -z[j])
            assert (score[i] > score[j]) == ahead
    np.testing.assert_array_equal(score, by_tail(found, GRID.mask))


# ---------------------------------------------------------------- profiles


def test_the_default_weighs_own_counts_against_five_kernels() -> None:
    past = past_at(busy(), 20)
    default = asked("default", past).score
    np.testing.assert_allclose(default, asked("weighed-300-104-1.5", past).score)
    own = past.decayed(0, 104)
    kernels = [asked(f"kde-decay-{h}-104", past).score for h in (300,)]
    kernels += [past.decayed(h, 104) for h in (600, 1200, 2400, 4800)]
    mean = sum(k / k.sum() for k in kernels) / 5
    expected = (0.98 * mean + 0.02 / past.cells) * own.sum()
    wanted = expected * (own + 1.5) / (expected + 1.5)
    np.testing.assert_allclose(default / default.sum(), wanted / wanted.sum())


def test_a_profile_is_ranked_by_its_own_maps_and_weights() -> None:
    profile = Profile(
        forecast=(
            ForecastMap(bandwidth_m=0, half_life_weeks=None, weight=3),
            ForecastMap(bandwidth_m=300, half_life_weeks=26, weight=1),
        ),
        prior_incidents=None,
    )
    past = past_at(busy(), 20)
    counts, density = (asked(n, past).score for n in ("counts-all", "kde-decay-300-26"))
    kind = of_profile(profile, "mine", "My profile")
    assert (kind.name, kind.label, kind.kind) == ("mine", "My profile", "method")
    np.testing.assert_allclose(
        kind.make().score(past).score,
        0.75 * counts / counts.sum() + 0.25 * density / density.sum(),
    )


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"distance_m": 150, "alpha": 0.1},
        {"null": "binomial"},
        {"null": "normal", "adjustment": "bonferroni", "band": "square"},
        {"null": "permutation", "permutations": 99, "seed": 3},
    ],
)
def test_a_profiles_hot_spots_are_those_of_the_last_period(settings: dict[str, Any]) -> None:
    """Thirty round one place in the last week, and round another the week before it."""
    profile = Profile(**settings)
    area = shapely.box(0, 0, 2000, 2000)
    grid = Grid.cover(area, 100)
    rng = np.random.default_rng(5)
    # not all on one point: wherever that one cell lay, its whole neighbourhood would hold as many
    now = np.concatenate([rng.uniform(0, 2000, (20, 2)), rng.normal(450, 90, (30, 2))])
    before = rng.normal(1550, 90, (30, 2))
    week = np.repeat([19, 18], [len(now), len(before)])
    history = History(np.concatenate([now, before]), week, week + 1, weeks(21), area)
    hot = of_profile(profile, "mine", "Mine").make().score(past_at(history, 20, grid)).hot
    expected = gi_star(
        grid.counts(now),
        profile.distance_m,
        100,
        grid.mask,
        null=profile.null,
        permutations=profile.permutations,
        seed=profile.seed,
        adjustment=profile.adjustment,
        band=profile.band,
    )
    np.testing.assert_array_equal(hot, expected.p_adjusted[grid.mask] <= profile.alpha)
    assert not hot[grid.index([[1550.0, 1550.0]])[0]]
    if profile.null != "permutation":  # its p-values cannot fall low enough
        assert hot[grid.index([[450.0, 450.0]])[0]]


def test_without_residents_a_population_baseline_marks_no_hot_spots() -> None:
    profile = Profile(null="binomial", baseline="population")
    assert of_profile(profile, "p", "P").make().score(past_at(busy(), 20)).hot is None


def test_profiles_of_one_name_but_other_settings_can_be_told_apart() -> None:
    one, two = (of_profile(Profile(alpha=a), "mine", "Mine") for a in (0.05, 0.01))
    assert one.settings != two.settings
    assert one.settings == of_profile(Profile(name="other"), "mine", "Mine").settings


# ---------------------------------------------------------------- the mixture


def test_the_mixture_is_the_forecast_of_a_mixture_fitted_to_the_past() -> None:
    # each period brings more than 5 % more to learn from, so the weights are always of today
    history = busy(16, 240)
    grid = Grid.cover(AREA, 100)
    for origin in (2, 7, 15):
        now = history.until(origin)
        expected = forecast_mixture(now.xy, now.period, grid, origin, rate_per_week=1.0)
        score = asked("mixture", past_at(history, origin)).score
        np.testing.assert_allclose(score, expected.expected[grid.mask], rtol=1e-9)


def test_the_mixture_adds_up_to_one_and_its_weights_too() -> None:
    method = Mixture()
    assert method.weights == pytest.approx(np.full(17, 1 / 17))
    score = method.score(past_at(busy(), 25)).score
    assert score.sum() == pytest.approx(1)
    assert (score > 0).all()
    assert method.weights.sum() == pytest.approx(1)


def test_the_mixture_learns_to_count_where_the_same_place_is_hit_every_week() -> None:
    rng = np.random.default_rng(1)
    places = CENTRES[rng.permutation(20)[:5]]
    rows = [(x, y, week) for week in range(40) for x, y in places]
    method = Mixture()
    score = method.score(past_at(made(rows, 41), 40)).score
    hit = GRID.index(places)
    assert score[hit].sum() > 0.9
    assert method.weights[:3].sum() > 0.8  # the cells' own counts


def test_an_incident_known_late_teaches_what_was_known_when_it_happened() -> None:
    """A late incident is judged by the map of its own period, not by that of the day it came in."""
    steady = [(50.0, 50.0, week) for week in range(12)]
    # happened in week 6 in another corner, known at origin 10; meanwhile many more came in there
    late = [(450.0, 350.0, 6)]
    meanwhile = [(450.0, 350.0, week) for week in (7, 8, 9) for _ in range(5)]
    known = [week + 1 for _, _, week in steady] + [10] + [w + 1 for _, _, w in meanwhile]
    history = made(steady + late + meanwhile, 13, known)
    method = Mixture()
    method.score(past_at(history, 12))
    assert method._replay is not None
    learnt = method._replay._learnt
    rows = np.concatenate(learnt.chances)[np.concatenate(learnt.period) == 6]
    assert len(rows) == 2  # that of the steady place, and the late one
    # at origin 6 nothing had happened in the far corner: its own count gave it no chance
    assert rows[1][0] == 0
    assert rows[0][0] == pytest.approx(1.0)


def test_the_mixtures_maps_are_those_of_the_past_whenever_each_incident_became_known() -> None:
    past, method = past_at(busy(late=True), 25), Mixture()
    method.score(past)
    assert method._replay is not None
    maps = method._replay.shares()
    for k, (h, half_life) in enumerate(MIXTURE_MAPS):
        expected = past.decayed(h, half_life)
        np.testing.assert_allclose(maps[k], expected / expected.sum(), atol=1e-12)
    near = asked("promap", past).score
    np.testing.assert_allclose(maps[-2], near / near.sum(), atol=1e-12)
    np.testing.assert_allclose(maps[-1], 1 / 20)


def test_weights_are_fitted_anew_only_when_there_is_more_to_learn_from() -> None:
    history = busy(60, 1200)
    fits = set()
    method = Mixture()
    past = Past(GRID, history.weeks_per_period, history.edges)
    for batches in batches_of(history, GRID):
        past.learn(batches)
        method.score(past)
        assert method._fitted is not None
        fits.add(method._fitted[0])
    # growth by 5 % from 20 a week: about every week at first, every third at the end
    assert 20 < len(fits) < 50
