"""Emerging hot spots: the classes against their words, planted histories and R."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from hotspots.clustering.emerging import (
    CATEGORIES,
    classify_periods,
    emerging_hot_spots,
)
from hotspots.clustering.getis_ord import gi_star
from hotspots.clustering.trend import mann_kendall
from hotspots.errors import UsageError

CODES = {name: code for code, name in CATEGORIES.items()}


def _words(sequence: str, trend: int, share: float) -> list[str]:
    """The published definitions, read plainly: h is hot, c is cold, a dot is neither.

    The first of new, consecutive and the rest that holds is taken, as published tools do.
    """
    if sequence.endswith("c") or ("h" not in sequence and "c" in sequence):
        mirrored = sequence.translate(str.maketrans("hc", "ch"))
        # a place that is cold now is named by that, whatever it was before
        return [name.replace("hot", "cold") for name in _words(mirrored, -trend, share)]
    often = sequence.count("h") / len(sequence) >= share
    ends = sequence.endswith("h")
    if re.fullmatch("[^h]*h", sequence):
        return ["new hot"]
    if re.fullmatch("[^h]*hh+", sequence) and not often:
        return ["consecutive hot"]
    held = {
        "intensifying hot": ends and often and trend > 0,
        "persistent hot": ends and often and trend == 0,
        "diminishing hot": ends and often and trend < 0,
        "sporadic hot": re.fullmatch("[^c]*h[^c]*[.][^c]*h", sequence) and not often,
        "oscillating hot": re.fullmatch(".*c.*h", sequence) and not often,
        "historical hot": not ends and often,
        "historical cold": not ends and sequence.count("c") / len(sequence) >= share,
    }
    return [name for name, holds in held.items() if holds] or ["none"]


@pytest.mark.parametrize("share", [0.9, 0.6])
@pytest.mark.parametrize("length", range(1, 8))
def test_every_sequence_has_the_class_of_the_words(length: int, share: float) -> None:
    sequences = list(itertools.product("h.c", repeat=length))
    state = np.array([[{"h": 1, ".": 0, "c": -1}[s] for s in one] for one in sequences]).T
    for trend in (-1, 0, 1):
        found = classify_periods(state, np.full(len(sequences), trend), share)
        for code, sequence in zip(found.tolist(), sequences, strict=True):
            names = _words("".join(sequence), trend, share)
            assert names == [CATEGORIES[code]], ("".join(sequence), trend)


@pytest.mark.parametrize(
    ("sequence", "trend", "name"),
    [
        ("h", 0, "new hot"),
        (".........h", 0, "new hot"),
        ("cc.......h", 1, "new hot"),
        ("........hh", 0, "consecutive hot"),
        (".hhhhhhhhh", 1, "intensifying hot"),
        ("hhhhhhhhhh", 0, "persistent hot"),
        ("hhhh.hhhhh", -1, "diminishing hot"),
        ("..h....h.h", 0, "sporadic hot"),
        ("h.c....h.h", 0, "oscillating hot"),
        ("hhhhhhhhh.", 0, "historical hot"),
        ("hhhhhhhhhc", 0, "new cold"),
        ("hhhhhhhh..", 0, "none"),
        ("cccccccccc", -1, "intensifying cold"),
        ("cccccccccc", 1, "diminishing cold"),
        ("ccccccccc.", 0, "historical cold"),
    ],
)
def test_examples_of_the_classes(sequence: str, trend: int, name: str) -> None:
    state = [{"h": 1, ".": 0, "c": -1}[s] for s in sequence]
    assert CATEGORIES[int(classify_periods(state, trend))] == name


def _planted() -> NDArray[np.int64]:
    """Twelve periods of chance with blocks of incidents of known histories."""
    rng = np.random.default_rng(8)
    counts = rng.poisson(0.4, (12, 40, 40))
    blocks = {
        (6, 6): [6] * 12,
        (6, 20): [0] * 11 + [6],
        (6, 33): [0] * 9 + [6, 6, 6],
        (20, 6): [0, 6, 0, 6, 6, 0, 0, 6, 0, 6, 0, 6],
        (20, 20): [6] * 11 + [0],
        (20, 33): [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        (33, 6): [15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4],
        (33, 20): [6, 6, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    }
    for (row, col), extra in blocks.items():
        counts[:, row - 1 : row + 2, col - 1 : col + 2] += np.array(extra)[:, None, None]
    return counts


def test_planted_histories_get_their_class() -> None:
    found = emerging_hot_spots(_planted(), 400, 250)
    assert found.names[20, 6] == "sporadic hot"
    assert found.names[6, 20] == "new hot"
    assert found.names[6, 33] == "consecutive hot"
    assert found.names[20, 20] == "historical hot"
    assert found.names[20, 33] == "intensifying hot"
    assert found.names[33, 6] == "diminishing hot"
    assert found.names[33, 20] == "none"
    assert found.category[6, 6] in (CODES["persistent hot"], CODES["diminishing hot"])
    assert found.periods_hot[33, 20] == 3
    assert found.trend_z[20, 33] > 3
    # nothing but the blocks and their neighbours
    assert 0 < (found.category != 0).sum() < 8 * 25


def test_a_rise_of_the_whole_area_is_a_trend_of_z_but_not_of_the_share() -> None:
    # every place keeps its share while the total grows fivefold, so z of the hot block must rise
    rng = np.random.default_rng(13)
    usual = np.full((30, 30), 0.1)
    usual[14:17, 14:17] = 2.0
    counts = rng.poisson(usual * np.linspace(1, 5, 12)[:, None, None])
    z = emerging_hot_spots(counts, 400, 250, trend_in="z_score")
    share = emerging_hot_spots(counts, 400, 250)
    assert z.names[15, 15] == "intensifying hot"
    assert share.names[15, 15] == "persistent hot"
    np.testing.assert_array_equal(share.state, z.state)


def test_trend_of_the_share_is_of_the_share() -> None:
    counts = np.random.default_rng(14).poisson(0.5, (7, 6, 6))
    counts[3] = 0
    found = emerging_hot_spots(counts, 1, 1)
    corner = counts[:, 0, 0] + counts[:, 0, 1] + counts[:, 1, 0]
    share = corner / np.maximum(counts.sum(axis=(1, 2)), 1)
    assert found.trend_p[0, 0] == pytest.approx(float(mann_kendall(share).p_value))
    assert found.trend_z[0, 0] == pytest.approx(float(mann_kendall(share).z_score))


def test_trend_of_z_is_of_z() -> None:
    counts = np.random.default_rng(15).poisson(0.5, (7, 6, 6))
    found = emerging_hot_spots(counts, 1, 1, trend_in="z_score")
    of_z = mann_kendall(found.z_score)
    np.testing.assert_array_equal(found.trend_p, of_z.p_value)
    np.testing.assert_array_equal(found.trend_z, of_z.z_score)


def test_identical_periods_are_persistent_where_r_declares_them(reference: Path) -> None:
    table = pd.read_csv(reference / "asb_2021_06_grid250.csv.gz")
    col = ((table.e_centre - table.e_centre.min()) / 250).round().astype(int).to_numpy()
    row = ((table.n_centre - table.n_centre.min()) / 250).round().astype(int).to_numpy()
    grid = np.full((row.max() + 1, col.max() + 1), np.nan)
    grid[row, col] = table.n
    found = emerging_hot_spots(
        np.stack([grid] * 4), 400, 250, mask=np.isfinite(grid), null="normal"
    )
    declared = (table.gistar_p_fdr <= 0.05).to_numpy()
    hot, cold = declared & (table.gistar > 0).to_numpy(), declared & (table.gistar < 0).to_numpy()
    assert hot.sum() > 100
    code = np.where(hot, CODES["persistent hot"], np.where(cold, CODES["persistent cold"], 0))
    np.testing.assert_array_equal(found.category[row, col], code)
    assert (found.names == "none").sum() == grid.size - declared.sum()
    np.testing.assert_allclose(
        found.z_score[:, row, col], np.tile(table.gistar, (4, 1)), rtol=0, atol=1e-9
    )


def test_chance_has_hardly_any_class() -> None:
    rng = np.random.default_rng(21)
    alarmed = 0
    for _ in range(15):
        found = emerging_hot_spots(rng.poisson(0.3, (8, 30, 30)), 400, 250)
        alarmed += int((found.state != 0).any(axis=(1, 2)).sum())
    assert alarmed <= 14  # of 120 maps at 5 %: 6 expected, above 14 in 1 of 1,000 runs


def test_one_period_is_new_and_has_no_trend() -> None:
    counts = np.zeros((1, 20, 20), dtype=int)
    counts[0, 10, 10] = 30
    counts[0, ::4, ::4] += 1
    counts[0, 9:12, 9:12] += 6
    found = emerging_hot_spots(counts, 400, 250)
    assert set(np.unique(found.names)) == {"new hot", "none"}
    np.testing.assert_array_equal(found.trend_p, np.ones((20, 20)))


def test_empty_periods_and_masked_cells() -> None:
    counts = np.zeros((3, 5, 6))
    mask = np.ones((5, 6), dtype=bool)
    mask[0, 0] = False
    counts[:, 0, 0] = np.nan
    before = counts.copy()
    found = emerging_hot_spots(counts, 400, 250, mask)
    np.testing.assert_array_equal(counts, before)
    np.testing.assert_array_equal(found.category, np.zeros((5, 6)))
    np.testing.assert_array_equal(np.isnan(found.trend_p), ~mask)
    np.testing.assert_array_equal(found.periods_hot + found.periods_cold, np.zeros((5, 6)))


@pytest.mark.parametrize(
    ("counts", "options", "message"),
    [
        (np.zeros((4, 4)), {}, "stack"),
        (np.zeros((0, 4, 4)), {}, "at least one period"),
        (np.zeros((2, 0, 4)), {}, "at least one cell"),
        (np.full((2, 3, 3), np.nan), {}, "finite"),
        (-np.ones((2, 3, 3)), {}, "whole numbers"),
        (np.zeros((2, 3, 3)), {"alpha": 0}, "alpha"),
        (np.zeros((2, 3, 3)), {"alpha": float("nan")}, "alpha"),
        (np.zeros((2, 3, 3)), {"trend_alpha": 1}, "trend_alpha"),
        (np.zeros((2, 3, 3)), {"share": 0.5}, "share"),
        (np.zeros((2, 3, 3)), {"trend_in": "counts"}, "trend_in"),
        (np.zeros((2, 3, 3)), {"mask": np.ones((2, 2), dtype=bool)}, "shape"),
        (np.zeros((2, 3, 3)), {"mask": "x"}, "mask"),
        (np.zeros((2, 3, 3)), {"mask": [[1], [1, 0]]}, "mask"),
        ("x", {}, "counts"),
        (None, {}, "counts"),
        ([[["a"]]], {}, "counts"),
        ([[[1, 2], [3]]], {}, "counts"),
        (np.zeros((2, 3, 3)), {"alpha": "x"}, "alpha"),
        (np.zeros((2, 3, 3)), {"trend_alpha": None}, "trend_alpha"),
        (np.zeros((2, 3, 3)), {"share": "x"}, "share"),
        (np.zeros((2, 3, 3)), {"null": "x"}, "null"),
        (np.zeros((2, 3, 3)), {"seed": "x"}, "seed"),
        (np.zeros((2, 3, 3)), {"null": "permutation", "permutations": 0}, "permutations"),
        (np.zeros((2, 3, 3)), {"null": "permutation", "permutations": "x"}, "permutations"),
        (np.zeros((2, 3, 3)), {"null": "binomial", "expected": np.ones((2, 2))}, "expected"),
        (np.zeros((2, 3, 3)), {"null": "binomial", "expected": "x"}, "expected"),
    ],
)
def test_bad_input_is_refused_in_words(counts: object, options: dict, message: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(UsageError, match=message):
        emerging_hot_spots(counts, 400, 250, **options)  # type: ignore[arg-type]


def test_bad_sequences_are_refused_in_words() -> None:
    with pytest.raises(UsageError, match="shape"):
        classify_periods([[1, 0], [0, 1]], 0)
    with pytest.raises(UsageError, match="shape"):
        classify_periods(np.empty((0, 2)), [0, 0])
    with pytest.raises(UsageError, match="-1, 0 or 1"):
        classify_periods([2, 0], 0)
    for state, trend in (("x", 0), (None, 0), ([["a"]], [0]), ([[1, 0], [1]], [0, 0])):
        with pytest.raises(UsageError, match="state must"):
            classify_periods(state, trend)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="trend must"):
        classify_periods([[1, 0]], ["a", "b"])
    with pytest.raises(UsageError, match="-1, 0 or 1"):
        classify_periods([np.nan, 0], 0)


def test_a_dense_block_is_hot_though_an_outlier_raises_the_mean_above_it() -> None:
    counts = np.zeros((60, 60))
    counts[5:25, 30:50] = 1
    counts[55, 5] = 20_000
    found = emerging_hot_spots(np.stack([counts] * 4), 400, 250)
    # of 3,600 cells 400 hold one each: 9 in a neighbourhood are 0.4 from chance by hand:
    # a neighbourhood of 9 ones: (401 / 3,600)^9 is about 3e-9 by hand
    assert found.z_score[0, 15, 40] < 0
    assert found.names[15, 40] == "persistent hot"
    assert not (found.category < 0).any()
    assert (found.names[8:22, 33:47] == "persistent hot").all()


def _ring() -> NDArray[np.int64]:
    """A lone cell of 150 in a quiet square of a busy area, two periods."""
    counts = np.random.default_rng(0).poisson(8, (2, 24, 24))
    counts[:, 4:18, 4:18] = 0
    counts[:, 11, 11] = 150
    return counts


def test_permutations_give_the_side_whose_p_is_small() -> None:
    counts = _ring()
    found = emerging_hot_spots(counts, 400, 250, null="permutation")
    # its neighbours are empty, and permutation holds its own count fixed
    assert gi_star(counts[0], 400, 250, null="permutation").p_value[11, 11] > 0.9
    assert found.z_score[0, 11, 11] > 0
    assert not (found.state[:, 11, 11] > 0).any()
    assert found.names[7, 7] == "persistent cold"


def test_permutations_repeat_and_differ_between_periods() -> None:
    same = np.repeat(np.random.default_rng(4).poisson(3.0, (1, 5, 5)), 8, axis=0)

    def states(seed: int | np.random.Generator, permutations: int = 39) -> NDArray[np.int8]:
        return emerging_hot_spots(
            same, 250, 250, null="permutation", alpha=0.8, permutations=permutations, seed=seed
        ).state

    one = states(4)
    np.testing.assert_array_equal(one, states(4))
    np.testing.assert_array_equal(one, states(np.random.default_rng(4)))
    assert (one != states(5)).any()
    assert (one != states(4, 79)).any()
    assert (one != one[0]).any()


def test_a_baseline_explains_what_it_expects() -> None:
    baseline = np.full((20, 20), 0.5)
    baseline[8:12, 8:12] = 6.0
    counts = np.random.default_rng(24).poisson(baseline, (5, 20, 20))
    counts[:, 2:5, 2:5] += 3
    even = emerging_hot_spots(counts, 400, 250, null="binomial")
    told = emerging_hot_spots(counts, 400, 250, null="binomial", expected=baseline)
    assert even.names[10, 10] == "persistent hot"
    assert told.periods_hot[10, 10] == 0
    assert told.names[3, 3] == "persistent hot"
