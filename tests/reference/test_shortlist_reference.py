"""The shortlist's statistics against PySAL, scipy and closed forms, as its rows tell them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from esda import G_Local
from esda.smoothing import Empirical_Bayes
from libpysal.weights import Queen
from numpy.typing import NDArray
from scipy.stats import binomtest, false_discovery_control, poisson, rankdata

from hotspots.clustering.rank_intervals import rank_intervals
from hotspots.evidence.shortlist import WardFigures, WardShortlist, make_shortlist
from hotspots.model import Period, Wards
from hotspots.profile import Profile, Shortlist
from hotspots.sheets import Blank
from hotspots.taxonomy import category
from tests.support import nine_wards

JUNE = Period.parse("2021-06")
SOUTH, NORTH = slice(0, 6), slice(6, 9)


def figures(counts: Sequence[int], period: Period) -> WardFigures:
    values = np.array(counts, dtype=np.int64)
    return WardFigures(period, values, np.zeros(len(values), dtype=bool), "known", {})


def made(
    now: Sequence[int], past: Sequence[int], period: Period = JUNE, wards: Wards | None = None
) -> WardShortlist:
    return make_shortlist(
        nine_wards() if wards is None else wards,
        figures(now, period),
        figures(past, period.back(1)),
        figures(past, period.years_back(1)),
        category("asb"),
        Profile(shortlist=Shortlist(overdispersion="none")),
        {},
        False,
    )


def column(found: WardShortlist, name: str) -> NDArray[np.float64]:
    """Return a number of each row in the wards' order."""
    rows = sorted(found.rows, key=lambda row: row.position)
    values = [getattr(row, name) for row in rows]
    assert not any(isinstance(value, Blank) for value in values)
    return np.array(values, dtype=np.float64)


@pytest.fixture(params=range(5))
def tables(request: pytest.FixtureRequest) -> tuple[list[int], list[int]]:
    rng = np.random.default_rng(request.param)
    people = np.arange(1, 10) * 1000
    rates = rng.gamma(3.0, 1 / 300, 9)
    return rng.poisson(rates * people).tolist(), rng.poisson(0.8 * rates * people).tolist()


def test_steadied_rates_equal_pysal_in_each_borough(tables: tuple[list[int], list[int]]) -> None:
    now = np.array(tables[0])
    people = np.arange(1, 10) * 1000.0
    found = column(made(*tables), "steadied")
    for part in (SOUTH, NORTH):
        expected = 1000 * Empirical_Bayes(now[part], people[part]).r.ravel()
        np.testing.assert_allclose(found[part], expected, rtol=1e-12)


def test_the_flag_equals_scipys_poisson_tails(tables: tuple[list[int], list[int]]) -> None:
    """Outside a limit is a tail of at most half of what the limits leave outside."""
    now = np.array(tables[0])
    people = np.arange(1, 10) * 1000.0
    expected = np.concatenate(
        [people[part] * now[part].sum() / people[part].sum() for part in (SOUTH, NORTH)]
    )
    high, low = poisson.sf(now - 1, expected), poisson.cdf(now, expected)
    flag = np.zeros(9)
    for level in (0.95, 0.998):
        tail = (1 - level) / 2
        # beyond the quantile q of 1 - tail: the chance of as many is at most tail
        flag += (now > poisson.ppf(1 - tail, expected)).astype(int)
        flag -= (now < poisson.ppf(tail, expected)).astype(int)
        assert (high[now > poisson.ppf(1 - tail, expected)] <= tail).all()
        assert (low[now < poisson.ppf(tail, expected)] <= tail).all()
    found = made(*tables)
    np.testing.assert_array_equal(column(found, "funnel_poisson"), flag)
    np.testing.assert_array_equal(column(found, "funnel"), flag)


def test_changes_equal_scipys_binomial_test(tables: tuple[list[int], list[int]]) -> None:
    """June has 30 days and May 31; June of last year as many as this one."""
    now, past = tables
    rows = sorted(made(now, past).rows, key=lambda row: row.position)
    for name, share in (("before", 30 / 61), ("year_before", 0.5)):
        p = [binomtest(a, a + b, share).pvalue for a, b in zip(now, past, strict=True)]
        expected = false_discovery_control(p)
        found = [getattr(row, name).p_adjusted for row in rows]
        np.testing.assert_allclose(found, expected, rtol=1e-9)
        change = [getattr(row, name).change for row in rows]
        np.testing.assert_allclose(change, np.array(now) / past - 1, rtol=1e-12, atol=1e-12)


def test_gi_star_equals_esda(tables: tuple[list[int], list[int]]) -> None:
    wards = nine_wards()
    weights = Queen.from_dataframe(wards.frame.reset_index(drop=True), use_index=False)
    found = made(*tables, wards=wards)
    y = np.array(tables[0], dtype=float)
    # the middle ward has all others around it: nothing can stand out, and esda divides by 0
    with np.errstate(invalid="ignore", divide="ignore"):
        esda = G_Local(y, weights, transform="B", star=True, permutations=0)
    others = [i for i in range(9) if i != 4]
    np.testing.assert_allclose(column(found, "gi_z")[others], esda.Zs[others], atol=1e-12)
    assert column(found, "gi_z")[4] == 0


def test_ranks_equal_scipys(tables: tuple[list[int], list[int]]) -> None:
    expected = rankdata(-np.array(tables[0]), method="min")
    np.testing.assert_array_equal(column(made(*tables), "rank"), expected)


# -- rank intervals --------------------------------------------------------------------------------


def test_two_areas_apart_are_ranked_surely_and_two_alike_not() -> None:
    lower, upper = rank_intervals([1000, 10])
    assert (lower.tolist(), upper.tolist()) == ([1, 2], [1, 2])
    lower, upper = rank_intervals([50, 50])
    assert (lower.tolist(), upper.tolist()) == ([1, 1], [2, 2])


def test_the_interval_is_that_of_goldstein_and_spiegelhalter_where_areas_differ_much() -> None:
    """Where the prior hardly draws, ranks of plain gamma draws have the same quantiles."""
    counts = np.array([400, 330, 300, 120, 60, 58, 20, 3])
    rng = np.random.default_rng(1)
    drawn = rng.gamma(counts + 0.5, size=(20_000, 8))
    ranks = rankdata(-drawn, axis=1)
    expected = np.quantile(ranks, [0.025, 0.975], axis=0, method="inverted_cdf")
    lower, upper = rank_intervals(counts, draws=20_000)
    np.testing.assert_array_equal(lower, expected[0])
    np.testing.assert_array_equal(upper, expected[1])


@pytest.mark.parametrize("spread", [0.02, 0.3, 0.8])
@pytest.mark.parametrize("mean", [3, 30])
def test_intervals_hold_the_true_rank(mean: float, spread: float) -> None:
    """Of 18 wards whose underlying numbers are log-normal, 95 in 100 at least, within noise."""
    rng = np.random.default_rng(7)
    held, first = [], []
    for seed in range(100):
        true = mean * np.exp(rng.normal(0, spread, 18))
        counts = rng.poisson(true)
        rank = rankdata(-true)
        lower, upper = rank_intervals(counts, draws=400, seed=seed)
        inside = (lower <= rank) & (rank <= upper)
        held.append(inside.mean())
        first.append(inside[counts.argmax()])
    assert np.mean(held) >= 0.95
    assert np.mean(first) >= 0.90


def test_intervals_narrow_with_more_incidents() -> None:
    counts = np.array([40, 30, 20, 15, 10, 8, 5])
    few, many = (np.subtract(*reversed(rank_intervals(k * counts))) for k in (1, 100))
    assert (many <= few).all()
    assert many.sum() == 0 < few.sum()
