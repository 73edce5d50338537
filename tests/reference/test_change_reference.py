"""The change test against Fisher's exact test and against the real months."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import fisher_exact

from hotspots.clustering import benjamini_hochberg, change_test


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
