"""Empirical Bayes and funnels against PySAL, scipy, printed tables, and examples by hand."""

from __future__ import annotations

import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from esda.smoothing import Empirical_Bayes, Spatial_Empirical_Bayes
from libpysal.examples import get_path
from numpy.typing import NDArray
from scipy.stats import binomtest, gamma, poisson

from hotspots.clustering.funnel import Overdispersion, funnel, funnel_limits, poisson_interval
from hotspots.clustering.polygons import queen_neighbours, to_pysal
from hotspots.clustering.rates import empirical_bayes
from hotspots.errors import UsageError

Floats = NDArray[np.float64]


def _homicides() -> gpd.GeoDataFrame:
    return gpd.read_file(get_path("stl_hom.shp"))


def test_global_rates_equal_pysal() -> None:
    shapes = _homicides()
    expected = Empirical_Bayes(shapes.HC8893, shapes.PO8893).r.ravel()
    found = empirical_bayes(shapes.HC8893, shapes.PO8893)
    np.testing.assert_allclose(found.rate, 1000 * expected, rtol=1e-12)
    np.testing.assert_allclose(found.raw, 1000 * shapes.HC8893 / shapes.PO8893, rtol=1e-14)


def test_spatial_rates_equal_pysal() -> None:
    shapes = _homicides()
    near = queen_neighbours(shapes.geometry)
    expected = Spatial_Empirical_Bayes(shapes.HC8893, shapes.PO8893, to_pysal(near)).r.ravel()
    found = empirical_bayes(shapes.HC8893, shapes.PO8893, near)
    np.testing.assert_allclose(found.rate, 1000 * expected, rtol=1e-12)
    assert (found.shrinkage == 0).any()  # where neighbours differ by no more than chance
    assert found.islands == ()


def test_kent_wards_equal_pysal(real_data: Path, reference: Path) -> None:
    table = pd.read_csv(reference / "asb_2021_06_wards.csv")
    people = pd.read_csv(real_data / "geographr" / "ward17_population_bestfit.csv")
    people = people.set_index("ward17_code").population_mid2019.loc[table.WD13CD].to_numpy()
    position = {code: i for i, code in enumerate(table.WD13CD)}
    near = [[position[code] for code in text.split()] for text in table.neighbour_codes]
    expected = Empirical_Bayes(table.n, people).r.ravel()
    found = empirical_bayes(table.n, people)
    np.testing.assert_allclose(found.rate, 1000 * expected, rtol=1e-12)
    expected = Spatial_Empirical_Bayes(table.n, people, to_pysal(near)).r.ravel()
    np.testing.assert_allclose(
        empirical_bayes(table.n, people, near).rate, 1000 * expected, rtol=1e-12
    )
    # steadied rates differ less, and the wards together keep about the same rate
    assert found.rate.std() < found.raw.std()
    together = (found.rate * people).sum() / people.sum()
    assert together == pytest.approx(1000 * table.n.sum() / people.sum(), rel=0.05)


def test_global_rates_by_hand() -> None:
    # rates 0, 0.1, 0.5 among 10, 10, 20: pooled m = 11/40; mean square
    # (10 (.275)^2 + 10 (.175)^2 + 20 (.225)^2) / 40 = .051875; by chance m / (40/3) = .020625
    found = empirical_bayes([0, 1, 10], [10, 10, 20])
    variance, m = 0.051875 - 0.020625, 11 / 40
    weight = variance / (variance + m / np.array([10, 10, 20]))
    np.testing.assert_allclose(found.shrinkage, weight, rtol=1e-12)
    np.testing.assert_allclose(found.reference, 1000 * m, rtol=1e-12)
    np.testing.assert_allclose(found.rate, 1000 * (m + weight * ([0, 0.1, 0.5] - np.float64(m))))


def test_the_rate_is_the_posterior_mean() -> None:
    counts, people = np.array([0, 1, 10, 3]), np.array([10, 10, 20, 9])
    found = empirical_bayes(counts, people)
    m = found.reference[0] / 1000
    variance = m / people[0] * found.shrinkage[0] / (1 - found.shrinkage[0])
    posterior = gamma(m**2 / variance + counts, scale=1 / (m / variance + people))
    np.testing.assert_allclose(found.rate, 1000 * posterior.mean(), rtol=1e-10)
    # the interval is the posterior's, widened because m and the variance are estimates
    lower, upper = posterior.interval(0.95)
    assert (found.lower < 1000 * lower).all()
    assert (found.upper > 1000 * upper).all()


def test_the_interval_nears_the_posterior_with_many_areas() -> None:
    rng = np.random.default_rng(2)
    people = rng.integers(2_000, 9_000, 20_000)
    counts = rng.poisson(rng.gamma(4, 0.005 / 4, 20_000) * people)
    found = empirical_bayes(counts, people)
    posterior = gamma(4 + counts, scale=1 / (4 / 0.005 + people))
    lower, upper = posterior.interval(0.95)
    np.testing.assert_allclose(found.upper, 1000 * upper, rtol=0.05)
    np.testing.assert_allclose(found.lower, 1000 * lower, rtol=0.08, atol=0.05)


@pytest.mark.parametrize(("spread", "mean"), [(0.0, 6), (0.2, 12), (0.5, 6), (1.0, 30)])
def test_intervals_hold_the_true_rate_as_often_as_said(spread: float, mean: float) -> None:
    rng = np.random.default_rng(11)
    held = []
    for _ in range(300):
        people = rng.uniform(3_000, 9_000, 35)
        true = np.full(35, mean / 6_000)
        if spread:
            true = rng.gamma(1 / spread**2, mean / 6_000 * spread**2, 35)
        found = empirical_bayes(rng.poisson(true * people), people)
        held.append(((found.lower <= 1000 * true) & (1000 * true <= found.upper)).mean())
    assert np.mean(held) > 0.935


def test_island_and_missing_neighbours_take_all_areas() -> None:
    counts, people = [3, 9, 0, 4], [900, 1_000, 1_100, np.nan]
    found = empirical_bayes(counts, people, [[1], [0], [3], [2]])
    assert found.islands == (2,)
    assert found.excluded == (3,)
    whole = empirical_bayes(counts, people)
    assert found.rate[2] == whole.rate[2]
    assert found.reference[2] == whole.reference[2] == pytest.approx(1000 * 12 / 3_000)


def test_no_incident_at_all_has_the_exact_upper_limit_of_none() -> None:
    found = empirical_bayes([0, 0], [600, 400])
    assert found.rate.tolist() == found.lower.tolist() == [0, 0]
    np.testing.assert_allclose(found.upper, -math.log(0.025), rtol=1e-12)  # per 1,000, of 1,000


def test_empty_and_nobody_are_defined() -> None:
    assert empirical_bayes([], []).rate.shape == (0,)
    nobody = empirical_bayes([4, 2], [0, np.nan], [[1], [0]])
    assert np.isnan(nobody.rate).all()
    assert nobody.excluded == (0, 1)
    assert funnel([], []).flag.shape == (0,)
    assert funnel([4, 2], [0, np.nan]).lower.shape == (2, 2)


MEANS = np.concatenate([[0.0, 1e-9], np.geomspace(0.001, 1e6, 300)])


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95, 0.998, 1 - 1e-8])
def test_exact_limits_equal_scipy(level: float) -> None:
    lower, upper = funnel_limits(MEANS[1:], [level])
    np.testing.assert_array_equal(lower[0], poisson.ppf((1 - level) / 2, MEANS[1:]))
    np.testing.assert_array_equal(upper[0], poisson.ppf((1 + level) / 2, MEANS[1:]))
    # outside lies no more than was said
    assert (poisson.cdf(lower[0] - 1, MEANS[1:]) <= (1 - level) / 2).all()
    assert (poisson.sf(upper[0], MEANS[1:]) <= (1 - level) / 2 * (1 + 1e-6)).all()


def test_limits_by_hand() -> None:
    # Poisson of mean 5: F(0) = .0067, F(1) = .0404, F(9) = .9682, F(10) = .9863
    lower, upper = funnel_limits([5.0], [0.95])
    assert (lower[0, 0], upper[0, 0]) == (1, 10)
    lower, upper = funnel_limits([5.0], [0.95], "interpolated")
    below, at = 0.968171943, 0.986304731
    assert upper[0, 0] == pytest.approx(10 - (at - 0.975) / (at - below), abs=1e-6)
    below, at = 0.006737947, 0.040427682
    assert lower[0, 0] == pytest.approx(1 - (at - 0.025) / (at - below), abs=1e-6)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.998])
def test_interpolated_limits_are_on_the_straight_line_between_counts(level: float) -> None:
    for mean in (0.7, 3.2, 18.0, 240.5):
        lower, upper = (x[0, 0] for x in funnel_limits([mean], [level], "interpolated"))
        counts = np.arange(-1, 2_000)
        line = poisson.cdf(counts, mean)
        assert np.interp(upper, counts, line) == pytest.approx((1 + level) / 2, abs=1e-9)
        if lower > 0:
            assert np.interp(lower, counts, line) == pytest.approx((1 - level) / 2, abs=1e-9)
        else:
            assert line[1] >= (1 - level) / 2


def test_chance_flags_as_few_as_said() -> None:
    rng = np.random.default_rng(5)
    people = rng.integers(500, 20_000, 40_000)
    found = funnel(rng.poisson(0.004 * people), people, target=4.0)
    for level, beyond in ((1, 0.05), (2, 0.002)):
        outside = int((np.abs(found.flag) >= level).sum())
        assert binomtest(outside, 40_000, beyond, alternative="greater").pvalue > 1e-4
    assert (found.flag == 1).any()
    assert (found.flag == -1).any()
    assert found.phi == pytest.approx(1, abs=0.05)


def test_funnel_by_hand() -> None:
    # 40 incidents among 10,000: 4 per 1,000; expected 20, 12, 8
    found = funnel([30, 9, 1], [5_000, 3_000, 2_000])
    assert found.target == pytest.approx(4)
    np.testing.assert_allclose(found.expected, [20, 12, 8])
    np.testing.assert_allclose(found.z_score, [10 / 20**0.5, -3 / 12**0.5, -7 / 8**0.5])
    assert found.phi == pytest.approx((100 / 20 + 9 / 12 + 49 / 8) / 3)
    # P(X >= 30 | 20) = .0218, P(X <= 1 | 8) = .0030: outside 95 %, within 99.8 %
    assert found.flag.tolist() == [1, 0, -1]
    # 95 % of a Poisson of 20: 12 to 29
    assert (found.lower[0, 0], found.upper[0, 0]) == (12 / 5, 29 / 5)
    wide = funnel([30, 9, 1], [5_000, 3_000, 2_000], overdispersion="plain")
    assert wide.upper[0, 0] == pytest.approx((20 + 9 * math.sqrt(found.phi)) / 5)
    assert wide.flag.tolist() == [0, 0, 0]


def test_winsorised_phi_by_hand() -> None:
    # 11 areas that expect 100: z = -5..5 and the outer two drawn in to the second: -4, 4
    counts = 100 + 10 * np.arange(-5, 6)
    found = funnel(counts, np.full(11, 1_000), overdispersion="winsorised")
    assert found.phi == pytest.approx((2 * 16 + 2 * (16 + 9 + 4 + 1)) / 11)
    plain = funnel(counts, np.full(11, 1_000), overdispersion="plain")
    assert plain.phi == pytest.approx(10)


def test_intervals_equal_garwoods_table_and_their_definition() -> None:
    lower, upper = poisson_interval([0, 1, 3, 10, 100])
    np.testing.assert_allclose(lower, [0, 0.0253, 0.6187, 4.795, 81.36], atol=5e-3)
    np.testing.assert_allclose(upper, [3.689, 5.572, 8.767, 18.39, 121.63], atol=5e-3)
    counts = np.arange(1, 400)
    lower, upper = poisson_interval(counts, 0.9)
    np.testing.assert_allclose(poisson.sf(counts - 1, lower), 0.05, rtol=1e-9)
    np.testing.assert_allclose(poisson.cdf(counts, upper), 0.05, rtol=1e-9)


def test_the_largest_numbers_give_numbers() -> None:
    counts, people = [1e9, 0, 1e-320, 7, 1e9], [1e-6, 1e9, 1e-6, 1e9, 1e9]
    for near in (None, [[1], [0, 2], [1, 3], [2, 4], [3]]):
        found = empirical_bayes(counts, people, near)
        for name in ("raw", "rate", "lower", "upper", "shrinkage", "reference"):
            assert np.isfinite(getattr(found, name)).all(), name
        assert (found.lower <= found.rate).all()
        assert (found.rate <= found.upper).all()


@pytest.mark.parametrize(
    ("counts", "people", "what"),
    [
        ([1], [1, 2], "one value"),
        ([1, -1], [1, 2], "from 0"),
        ([1, math.nan], [1, 2], "finite"),
        ([1, 1e10], [1, 2], "from 0"),
        ([1, 1], [1, -2], "Population"),
        ([1, 1], [1, math.inf], "Population"),
        ([1, 1], [1, 1e-300], "Population"),
        ([1, 1], [[1, 1]], "shape"),
    ],
)
def test_wrong_input_is_refused(counts: list[float], people: list[float], what: str) -> None:
    with pytest.raises(UsageError, match=what):
        empirical_bayes(counts, people)
    with pytest.raises(UsageError, match=what):
        funnel(counts, people)


def test_wrong_choices_are_refused() -> None:
    for level in (0, 1, -1, math.nan):
        with pytest.raises(UsageError, match="between 0 and 1"):
            empirical_bayes([1], [1], level=level)
        with pytest.raises(UsageError, match="between 0 and 1"):
            funnel_limits([1], [level])
        with pytest.raises(UsageError, match="between 0 and 1"):
            poisson_interval([1], level)
    for phi in (0.5, math.nan, math.inf):
        with pytest.raises(UsageError, match="phi"):
            funnel_limits([1], phi=phi)
    with pytest.raises(UsageError, match="row of numbers"):
        funnel_limits([-1])
    with pytest.raises(UsageError, match="limits"):
        funnel_limits([1], limits="normal")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="overdispersion"):
        funnel([1], [1], overdispersion="yes")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="target"):
        funnel([1], [1], target=0)
    with pytest.raises(UsageError, match="whole"):
        funnel([1.5], [1])
    with pytest.raises(UsageError, match="from 0"):
        poisson_interval([-1])
    with pytest.raises(UsageError, match="one list an area"):
        empirical_bayes([1, 2], [1, 2], [[]])


def test_errors_name_what_the_caller_gave() -> None:
    with pytest.raises(UsageError, match=r"^At the target rate an area must have at most 1e9"):
        funnel([1, 2], [1e6, 20], target=1e8)
    with pytest.raises(UsageError, match=r"^At the target rate an area must have at most 1e9"):
        funnel([1e9, 1e9], [1, 1e9])
    for target in (1e-300, "x", math.nan, True):
        with pytest.raises(UsageError, match=r"^target must be a rate"):
            funnel([10**9, 2], [1e-6, 20], target=target)  # type: ignore[arg-type]


@pytest.mark.parametrize("overdispersion", ["none", "plain", "winsorised"])
def test_any_over_dispersion_has_limits(overdispersion: Overdispersion) -> None:
    counts, people = [10**9, 0], [1e-6, 1e9]
    for target in (None, 1e-6):
        found = funnel(counts, people, target, overdispersion=overdispersion)
        assert np.isfinite(np.vstack([found.lower, found.upper, found.z_score])).all()
        assert found.phi > 1e9
    # of an area where a millionth of an incident is expected both limits are 0, however wide
    wide = funnel(counts, people, overdispersion=overdispersion)
    assert wide.upper[:, 0].tolist() == [0, 0]
    assert wide.flag.tolist() == [2, -2 if overdispersion == "none" else 0]


def test_one_level_is_a_number() -> None:
    one, many = funnel([1, 40], [10, 20], levels=0.95), funnel([1, 40], [10, 20], levels=[0.95])
    np.testing.assert_array_equal(one.upper, many.upper)
    assert one.upper.shape == (1, 2)


def test_what_are_no_numbers_is_refused() -> None:
    for levels in ("0.95", None, ["x"], [[0.9], [0.8, 0.7]], True):
        with pytest.raises(UsageError, match="levels"):
            funnel([1], [1], levels=levels)  # type: ignore[arg-type]
    for text in ("x", ["a"]):
        with pytest.raises(UsageError, match="must be numbers"):
            empirical_bayes([1], text)
        with pytest.raises(UsageError, match="must be numbers"):
            funnel(text, [1])
        with pytest.raises(UsageError, match="must be numbers"):
            funnel_limits(text)
        with pytest.raises(UsageError, match="must be numbers"):
            poisson_interval(text)
        with pytest.raises(UsageError, match="phi must be"):
            funnel_limits([1], phi=text)  # type: ignore[arg-type]
        with pytest.raises(UsageError, match="level must lie"):
            empirical_bayes([1], [1], level=text)  # type: ignore[arg-type]
