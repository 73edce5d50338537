"""The trend test against Kendall's table, enumeration of all orders, and scipy."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import kendalltau, norm

from hotspots.clustering.trend import EXACT_PERIODS, mann_kendall
from hotspots.errors import UsageError

# P(S >= s) without ties, to the digits printed: Kendall (1975), appendix table 1
KENDALL_TABLE = {
    4: {0: "0.625", 2: "0.375", 4: "0.167", 6: "0.042"},
    5: {0: "0.592", 2: "0.408", 4: "0.242", 6: "0.117", 8: "0.042", 10: "0.0083"},
    6: {1: "0.500", 3: "0.360", 5: "0.235", 7: "0.136", 9: "0.068", 11: "0.028", 13: "0.0083"},
    8: {2: "0.452", 8: "0.199", 14: "0.054", 16: "0.031", 18: "0.016", 20: "0.0071"},
}


def _series_with(n: int, s: int) -> list[int]:
    """A series of n distinct values with this S: from falling, one swap upwards adds 2."""
    values = list(range(n, 0, -1))
    score = -n * (n - 1) // 2
    while score < s:
        i = next(i for i in range(n - 1) if values[i] > values[i + 1])
        values[i], values[i + 1] = values[i + 1], values[i]
        score += 2
    return values


@pytest.mark.parametrize("n", KENDALL_TABLE)
def test_trend_p_equals_kendalls_table(n: int) -> None:
    for s, printed in KENDALL_TABLE[n].items():
        found = mann_kendall(_series_with(n, s))
        assert found.s == s
        digits = len(printed) - 2
        expected = min(2 * float(printed), 1.0)
        assert found.p_value == pytest.approx(expected, abs=1.01 * 10.0**-digits)


def test_trend_by_hand() -> None:
    # 5, 6, 11, 8, 10: nine pairs of ten are decided up or down as 8 up, 2 down; var = 5*4*15/18
    found = mann_kendall([5, 6, 11, 8, 10])
    assert found.s == 6
    assert found.z_score == pytest.approx(5 / np.sqrt(300 / 18))
    # 1, 1, 2: two pairs up, one tied; var = (3*2*11 - 2*1*9)/18; of the 3 orders one is as extreme
    # either way: 1 1 2 and 2 1 1
    tied = mann_kendall([1, 1, 2])
    assert tied.s == 2
    assert tied.z_score == pytest.approx(1 / np.sqrt(48 / 18))
    assert tied.p_value == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    "values",
    [
        (1, 2),
        (3, 1, 2),
        (1, 1, 2, 2),
        (5, 3, 4, 1, 2),
        (0, 0, 0, 1, 0),
        (2, 1, 2, 1, 3, 3),
        (7, 6, 4, 5, 3, 1, 2),
        (1, 2, 2, 2, 3, 3, 9),
        (0, 1, 0, 1, 0, 1, 1),
    ],
)
def test_trend_p_equals_all_orders(values: tuple[int, ...]) -> None:
    def score(order: tuple[int, ...]) -> int:
        return sum((b > a) - (b < a) for i, a in enumerate(order) for b in order[i + 1 :])

    own = score(values)
    scores = [score(order) for order in itertools.permutations(values)]
    exact = sum(abs(s) >= abs(own) for s in scores) / len(scores)
    found = mann_kendall(values)
    assert found.s == own
    assert found.p_value == pytest.approx(exact, rel=1e-12)
    # the variance of S over all orders is the tie-corrected formula
    if own:
        deviation = (abs(own) - 1) / np.std(scores)
        assert abs(found.z_score) == pytest.approx(deviation, rel=1e-12)


def test_trend_equals_scipy_kendalltau() -> None:
    rng = np.random.default_rng(4)
    for n in (2, 3, 8, 13, EXACT_PERIODS):
        values = rng.normal(size=(n, 6))
        found = mann_kendall(values)
        for i in range(6):
            other = kendalltau(np.arange(n), values[:, i], method="exact")
            assert found.s[i] == pytest.approx(other.statistic * n * (n - 1) / 2)
            assert found.p_value[i] == pytest.approx(other.pvalue, rel=1e-9)


def test_tied_variance_equals_scipy_without_continuity() -> None:
    values = np.random.default_rng(5).poisson(1.5, (40, 8))
    found = mann_kendall(values)
    for i in range(8):
        if abs(found.s[i]) <= 1:
            continue
        plain = found.s[i] * found.z_score[i] / (found.s[i] - np.sign(found.s[i]))
        other = kendalltau(np.arange(40), values[:, i], method="asymptotic")
        assert 2 * norm.sf(abs(plain)) == pytest.approx(other.pvalue, rel=1e-9)
        assert found.p_value[i] == pytest.approx(2 * norm.sf(abs(found.z_score[i])), rel=1e-9)


def test_trend_on_little_or_odd_input() -> None:
    flat = mann_kendall(np.full((6, 2, 3), 4.0))
    np.testing.assert_array_equal(flat.p_value, np.ones((2, 3)))
    np.testing.assert_array_equal(flat.z_score, np.zeros((2, 3)))
    for few in (np.empty((0, 2)), np.ones((1, 2))):
        np.testing.assert_array_equal(mann_kendall(few).p_value, [1.0, 1.0])
    assert mann_kendall(np.empty((5, 0))).p_value.shape == (0,)
    odd = mann_kendall([[1.0, -np.inf], [np.nan, 0.0], [3.0, np.inf], [4.0, 1e308]])
    assert np.isnan(odd.p_value[0])
    assert odd.s[1] == 4
    with pytest.raises(UsageError, match="single number"):
        mann_kendall(3.0)


def test_text_is_no_series() -> None:
    with pytest.raises(UsageError, match="must be numbers"):
        mann_kendall(["a", "b"])  # type: ignore[list-item]
