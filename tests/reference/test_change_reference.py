"""The change test against Fisher's exact test and against the real months."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import fisher_exact

from hotspots.clustering import benjamini_hochberg, change_test, history_periods
from hotspots.errors import UsageError


def test_one_cell_bands_equal_fisher() -> None:
    now, before = np.array([[7, 2, 0]]), np.array([[3, 9, 30]])
    found = change_test(now, before, 0.5, 1.0)
    for i in range(3):
        table = [
            [now[0, i], before[0, i]],
            [now.sum() - now[0, i], before.sum() - before[0, i]],
        ]
        fisher = fisher_exact(table, alternative="greater").pvalue
        assert found.p_value[0, i] == pytest.approx(fisher, rel=1e-9)
    share = now.sum() / (now.sum() + before.sum())
    np.testing.assert_allclose(found.expected, (now + before) * share)
    np.testing.assert_allclose(found.usual, before * now.sum() / before.sum())


def test_history_may_be_periods_or_their_sum() -> None:
    rng = np.random.default_rng(5)
    periods = rng.poisson(1.0, (6, 8, 8))
    now = rng.poisson(1.0, (8, 8))
    stacked = change_test(now, periods, 1.5, 1.0)
    summed = change_test(now, periods.sum(axis=0), 1.5, 1.0)
    np.testing.assert_array_equal(stacked.p_value, summed.p_value)


def test_a_rise_everywhere_is_a_change_nowhere() -> None:
    before = np.full((12, 12), 10)
    found = change_test(before * 3, before, 1.5, 1.0)
    assert found.p_adjusted.min() > 0.5


def test_benjamini_hochberg_by_hand() -> None:
    # the worked example: 0.01, 0.04, 0.03, 0.005 -> 0.02, 0.04, 0.04, 0.02
    found = benjamini_hochberg([0.01, 0.04, 0.03, 0.005])
    np.testing.assert_allclose(found, [0.02, 0.04, 0.04, 0.02])


def test_benjamini_hochberg_equals_r(reference: Path) -> None:
    table = pd.read_csv(reference / "asb_2021_06_grid250.csv.gz")
    found = benjamini_hochberg(table.gistar_p_two_sided)
    np.testing.assert_allclose(found, table.gistar_p_fdr, rtol=1e-8, atol=1e-12)


def test_better_is_fishers_other_tail() -> None:
    now, before = np.array([[1, 8, 9]]), np.array([[30, 9, 3]])
    found = change_test(now, before, 0.5, 1.0, alternative="less")
    for i in range(3):
        table = [
            [now[0, i], before[0, i]],
            [now.sum() - now[0, i], before.sum() - before[0, i]],
        ]
        fisher = fisher_exact(table, alternative="less").pvalue
        assert found.p_value[0, i] == pytest.approx(fisher, rel=1e-9)
    worse = change_test(now, before, 0.5, 1.0).p_value
    either = change_test(now, before, 0.5, 1.0, alternative="two-sided").p_value
    np.testing.assert_allclose(either, np.minimum(2 * np.minimum(worse, found.p_value), 1))


def test_no_history_is_no_change() -> None:
    for history in (np.zeros((3, 4)), np.zeros((0, 3, 4))):
        found = change_test(np.eye(3, 4) * 9, history, 1.0, 1.0)
        assert (found.p_value == 1).all()
        assert np.isnan(found.usual).all()
    nothing = change_test(np.zeros((3, 4)), np.ones((2, 3, 4)), 1.0, 1.0)
    assert (nothing.p_value == 1).all()


@pytest.mark.parametrize(
    ("available", "rule", "found"),
    [
        (5, {"last": 12}, [1, 2, 3, 4, 5]),
        (30, {"last": 3}, [1, 2, 3]),
        (0, {}, []),
        (30, {"rule": "season", "season": 12, "around": 0}, [12, 24]),
        (12, {"rule": "season", "season": 12, "around": 1}, [11, 12]),
        (11, {"rule": "season", "season": 12, "around": 1}, [11]),
        (10, {"rule": "season", "season": 12, "around": 1}, []),
        (106, {"rule": "season", "season": 52.1775, "around": 1}, [51, 52, 53, 103, 104, 105]),
        (3, {"rule": "season", "season": 1, "around": 0}, [1, 2, 3]),
    ],
)
def test_history_periods(available: int, rule: dict[str, object], found: list[int]) -> None:
    assert history_periods(available, **rule).tolist() == found  # type: ignore[arg-type]


def test_history_periods_out_of_range_are_refused() -> None:
    with pytest.raises(UsageError, match="rule must be one of"):
        history_periods(3, "always")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="at least"):
        history_periods(3, last=0)
    with pytest.raises(UsageError, match="one shape"):
        change_test([[1, 2]], [[1, 2, 3]], 1.0, 1.0)


@pytest.mark.parametrize(
    "periods", [[[[1, 2]], [[-1, -2]]], [[[0.5, 1]], [[0.5, 1]]], [[[np.inf, 1]], [[-np.inf, 1]]]]
)
def test_a_sum_does_not_hide_what_is_no_count(periods: object) -> None:
    with pytest.raises(UsageError, match="whole numbers"):
        change_test([[1, 2]], periods, 1.0, 1.0)  # type: ignore[arg-type]
