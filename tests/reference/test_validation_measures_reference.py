"""The measures against hand-computed cases, published formulae, brute force and scikit-learn."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from hotspots.errors import UsageError
from hotspots.validation import best_possible, hit_rate, pai, pei_star, ranked, rri
from hotspots.validation.measures import cells_of


def test_five_cells_by_hand() -> None:
    # cells a to e, scores 9 7 7 2 -inf, hits 1 0 3 0 2. Best cell: a, 1 hit. Then b and c tie: the
    # second cell is b or c with even chances, so 1 + 1.5; the first three hold 1 + 3 whatever the
    # order. d adds none, e the last 2.
    found = ranked([9, 7, 7, 2, -np.inf], [1, 0, 3, 0, 2])
    assert found.hits.tolist() == [0, 1, 2.5, 4, 4, 6]
    assert found.at(0.4) == 2.5  # two of five cells
    assert found.at(0.01) == 1  # a share too small for a cell is one cell
    assert found.area(0.6) == pytest.approx((1 + 2.5 + 4) / 3)
    assert best_possible([1, 0, 3, 0, 2]).hits.tolist() == [0, 3, 5, 6, 6, 6]
    # at two cells: hit rate 2.5 / 6, PAI that over 2 / 5, PEI* 2.5 / 5
    assert hit_rate(2.5, 6) == pytest.approx(0.416667, abs=1e-6)
    assert pai(2.5, 6, 2, 5) == pytest.approx(1.041667, abs=1e-6)
    assert pei_star(2.5, 5) == 0.5


def test_published_formulae() -> None:
    # Chainey, Tompson and Uhlig (2008): (n / N) / (a / A), in round numbers
    assert pai(25, 100, 50, 100) == 0.5
    assert pai(20, 100, 10, 100) == 2
    # PEI is PAI over the largest PAI of as much area: there the areas cancel
    assert pei_star(12, 30) == pytest.approx(pai(12, 80, 5, 250) / pai(30, 80, 5, 250))
    # Levine (2008): 10 of 100 before, 15 of 120 after: (15 / 10) / (120 / 100)
    assert rri(15, 120, 10, 100) == pytest.approx((15 / 10) / (120 / 100))


def test_nothing_to_measure_is_no_number() -> None:
    assert np.isnan([hit_rate(0, 0), pai(0, 0, 1, 2), pai(1, 2, 0, 2), pei_star(0, 0)]).all()
    assert np.isnan([rri(1, 2, 0, 5), rri(0, 0, 1, 5)]).all()


def test_ties_are_the_mean_over_all_their_orders() -> None:
    rng = np.random.default_rng(4)
    for _ in range(20):
        score, hits = rng.integers(0, 3, 6), rng.integers(0, 4, 6)
        kept = [
            np.cumsum(np.append(0, hits[list(order)]))
            for order in permutations(range(6))
            if (np.diff(score[list(order)]) <= 0).all()
        ]
        np.testing.assert_allclose(ranked(score, hits).hits, np.mean(kept, axis=0), atol=1e-12)


def test_whole_area_is_the_roc_area_of_incidents_against_cells() -> None:
    # incidents are the positives and cells the negatives: the curve of the hit rate over the share
    # of cells is the ROC curve, ties and all
    rng = np.random.default_rng(8)
    score, hits = rng.integers(0, 40, 300).astype(float), rng.poisson(0.7, 300)
    curve = ranked(score, hits).hits / hits.sum()
    truth, twice = np.repeat([1, 0], 300), np.tile(score, 2)
    weight = np.concatenate([hits, np.ones(300)])
    area = np.trapezoid(curve, dx=1 / 300)
    assert area == pytest.approx(roc_auc_score(truth, twice, sample_weight=weight), abs=1e-12)
    x, y, _ = roc_curve(truth, twice, sample_weight=weight, drop_intermediate=False)
    ours = ranked(score, hits).area(0.2) / hits.sum()
    assert ours == pytest.approx(np.interp(np.arange(1, 61) / 300, x, y).mean(), abs=1e-12)


def test_scores_that_differ_by_rounding_tie() -> None:
    third = ranked([0.1 + 0.2, 0.3, 0.0], [0, 2, 0])
    assert third.hits.tolist() == [0, 1, 2, 2]
    assert ranked([1e308, -1e308, -np.inf], [1, 1, 1]).hits.tolist() == [0, 1, 2, 3]


def test_shares_are_of_whole_cells() -> None:
    assert [cells_of(share, 50) for share in (0.001, 0.02, 0.1, 2)] == [1, 1, 5, 50]


@pytest.mark.parametrize(
    ("score", "hits"),
    [
        ([1, 2], [1]),
        ([], []),
        ([np.nan, 1], [1, 1]),
        ([np.inf, 1], [1, 1]),
        ([1, 2], [-1, 1]),
        ([1, 2], [np.inf, 1]),
    ],
)
def test_what_cannot_be_ranked_is_refused(score: list[float], hits: list[float]) -> None:
    with pytest.raises(UsageError):
        ranked(score, hits)
