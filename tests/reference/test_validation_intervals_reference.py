"""The bootstrap against scipy, closed forms and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from hotspots.errors import UsageError
from hotspots.validation import paired_interval, pooled_interval, rate_ratio_interval
from hotspots.validation.intervals import Interval, block_draws, block_of


def _autoregressive(rng: np.random.Generator, n: int, phi: float) -> np.ndarray:
    x = np.zeros(n + 50)
    for t in range(1, n + 50):
        x[t] = phi * x[t - 1] + rng.standard_normal()
    return x[50:] * math.sqrt(1 - phi**2)


def test_blocks_of_one_are_scipys_bootstrap_stretched_to_students_t() -> None:
    rng = np.random.default_rng(3)
    below = rng.poisson(30, 60).astype(float)
    above = rng.binomial(below.astype(int), 0.3).astype(float)
    ours = pooled_interval(above, below, 1, draws=20_000)
    theirs = stats.bootstrap(
        (above, below),
        lambda a, b, axis: a.sum(axis=axis) / b.sum(axis=axis),
        paired=True,
        n_resamples=20_000,
        method="percentile",
        rng=1,
    ).confidence_interval
    value = above.sum() / below.sum()
    far = stats.t.ppf(0.975, 59) / stats.norm.ppf(0.975) * math.sqrt(60 / 59)
    assert ours.value == pytest.approx(value)
    wanted = [value + far * (theirs.low - value), value + far * (theirs.high - value)]
    assert [ours.low, ours.high] == pytest.approx(wanted, abs=0.002)


@pytest.mark.parametrize("n", [6, 12, 40])
def test_blocks_of_one_are_students_interval_of_a_mean(n: int) -> None:
    x = np.random.default_rng(n).standard_normal(n) + 3
    ours = pooled_interval(x, np.ones(n), 1, draws=40_000)
    theirs = stats.ttest_1samp(x, 0).confidence_interval(0.95)
    assert ours.high - ours.low == pytest.approx(theirs.high - theirs.low, rel=0.06)


@pytest.mark.parametrize(("n", "least"), [(10, 0.93), (22, 0.90)])
def test_maps_judged_by_four_weeks_share_them_and_still_have_an_interval(
    n: int, least: float
) -> None:
    """Neighbours share three of four weeks; percentiles of whole blocks hold 73 and 85 of 100."""
    rng = np.random.default_rng(5)
    weeks = rng.standard_normal((400, n + 3))
    sums = np.stack([weeks[:, i : i + 4] for i in range(n)]).sum(axis=2).T
    none = np.zeros(n)
    found = [paired_interval(x, none, np.ones(n), block_of(1.0, 4), draws=500) for x in sums]
    assert least <= np.mean([i.low <= 0 <= i.high for i in found])


def test_block_means_vary_as_their_closed_form() -> None:
    # the variance of a circular block bootstrap's mean is that of the blocks' means, over the
    # number of blocks drawn: known without drawing
    x = _autoregressive(np.random.default_rng(5), 60, 0.6)
    drawn = x[block_draws(60, 4, draws=40_000)].mean(axis=1)
    blocks = np.array([np.roll(x, -start)[:4].mean() for start in range(60)])
    assert drawn.var() == pytest.approx(blocks.var() / 15, rel=0.03)


@pytest.mark.parametrize(("n", "block", "phi", "least"), [(52, 4, 0.3, 0.91), (13, 4, 0.0, 0.90)])
def test_intervals_hold_the_truth_nearly_as_often_as_they_say(
    n: int, block: int, phi: float, least: float
) -> None:
    # plain percentiles hold it in 0.90 and 0.84 of the cases
    rng = np.random.default_rng(11)
    found = [
        pooled_interval(10 + _autoregressive(rng, n, phi), np.ones(n), block) for _ in range(400)
    ]
    held = np.mean([i.low <= 10 <= i.high for i in found])
    assert least <= held <= 0.985


def test_pairing_makes_a_difference_surer() -> None:
    rng = np.random.default_rng(2)
    below = rng.poisson(40, 80).astype(float)
    luck = rng.normal(0, 4, 80)
    mine, other = 14 + luck + rng.normal(0, 1, 80), 12 + luck + rng.normal(0, 1, 80)
    paired = paired_interval(mine, other, below, 4)
    alone = [pooled_interval(one, below, 4) for one in (mine, other)]
    assert paired.verdict() == "better"
    assert paired.high - paired.low < min(one.high - one.low for one in alone)
    back = paired_interval(other, mine, below, 4)
    assert (back.low, back.high) == pytest.approx((-paired.high, -paired.low))


def test_rates_now_over_rates_before() -> None:
    found = rate_ratio_interval([15] * 8, [120] * 8, [10] * 8, [100] * 8, 1)
    assert [found.low, found.value, found.high] == pytest.approx([1.25] * 3)


def test_no_verdict_without_an_interval_that_says_so() -> None:
    assert Interval(0.1, 0.0, 0.2).verdict() == "no clear difference"
    assert Interval(0.1, math.nan, math.nan).verdict() == "no clear difference"
    assert Interval(0.1, 0.01, 0.2).verdict() == "better"
    assert Interval(-0.1, -0.2, -0.01).verdict() == "worse"
    few = pooled_interval([1, 2, 3, 4], [5, 5, 5, 5], 1)
    assert few.value == 0.5
    assert math.isnan(few.low) and math.isnan(few.high)


def test_one_period_with_incidents_proves_nothing() -> None:
    """All draws that hold it say the same; the other 51 weeks said nothing."""
    mine, other, below = np.zeros((3, 52))
    mine[30], below[30] = 2, 2
    assert paired_interval(mine, other, below, 4).verdict() == "no clear difference"
    assert math.isnan(pooled_interval(mine, below, 4).low)


def test_unknown_is_no_difference_of_nought() -> None:
    found = paired_interval([1] * 6, [1] * 6, [0] * 6, 1)
    assert math.isnan(found.value) and math.isnan(found.low)
    assert found.verdict() == "no clear difference"


def test_shares_stay_between_0_and_1() -> None:
    found = pooled_interval([0, 9, 0, 0, 9, 0], [1, 9, 9, 1, 9, 1], 1)
    assert found.low == 0 <= found.value <= found.high <= 1


def test_one_short_series_does_not_shorten_the_blocks_of_the_others() -> None:
    x = _autoregressive(np.random.default_rng(4), 60, 0.8) + 9
    with_one = pooled_interval(np.append(x, 9.0), np.ones(61), 6, series=(60, 1))
    alone = pooled_interval(x, np.ones(60), 6)
    assert with_one.high - with_one.low > 0.85 * (alone.high - alone.low)


def test_rounding_is_no_difference() -> None:
    mine = [0.1 + 0.2] * 9
    assert paired_interval(mine, [0.3] * 9, [1] * 9, 1).verdict() == "no clear difference"


@pytest.mark.parametrize(
    ("above", "below", "series"),
    [([], [], None), ([1, 2], [1], None), ([math.nan] * 6, [1] * 6, None), ([1] * 6, [2] * 6, [4])],
)
def test_what_cannot_be_resampled_is_refused(
    above: list[float], below: list[float], series: list[int] | None
) -> None:
    with pytest.raises(UsageError):
        pooled_interval(above, below, 1, series=series)
