"""Gi* against R spdep, PySAL esda, published values, and an example done by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from esda import G_Local
from libpysal.weights import W
from numpy.typing import NDArray
from scipy.stats import norm

from hotspots.clustering import gi_star, sum_tail
from hotspots.clustering.weights import band_half_widths, band_sum


def _grid_of(
    x: pd.Series, y: pd.Series, value: pd.Series, size: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_], tuple[NDArray[np.intp], NDArray[np.intp]]]:
    col = np.rint((x - x.min()) / size).astype(int).to_numpy()
    row = np.rint((y - y.min()) / size).astype(int).to_numpy()
    counts = np.zeros((row.max() + 1, col.max() + 1))
    mask = np.zeros(counts.shape, dtype=bool)
    counts[row, col], mask[row, col] = value, True
    return counts, mask, (row, col)


def test_kent_asb_equals_spdep(reference: Path) -> None:
    table = pd.read_csv(reference / "asb_2021_06_grid250.csv.gz")
    counts, mask, at = _grid_of(table.e_centre, table.n_centre, table.n, 250)
    normal = gi_star(counts, 400, 250, mask, null="normal", alternative="two-sided")
    np.testing.assert_allclose(normal.z_score[at], table.gistar, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(normal.neighbours[at] - 1, table.neighbours)
    np.testing.assert_allclose(normal.p_value[at], table.gistar_p_two_sided, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(normal.p_adjusted[at], table.gistar_p_fdr, rtol=1e-8, atol=1e-12)


def test_kent_asb_exact_tail_is_the_documented_one(reference: Path) -> None:
    # 25 cells that hold 20 % of the incidents in 0.9 % of the area, where the normal tail
    # marks far more; z = 6.1 is 0.0038 when the counts are really shuffled
    table = pd.read_csv(reference / "asb_2021_06_grid250.csv.gz")
    counts, mask, _ = _grid_of(table.e_centre, table.n_centre, table.n, 250)
    exact = gi_star(counts, 400, 250, mask)
    hot = exact.p_adjusted <= 0.05
    assert hot.sum() == 25
    assert counts[hot].sum() / counts.sum() == pytest.approx(0.20, abs=0.005)
    near_six = (exact.z_score > 6.05) & (exact.z_score < 6.15)
    assert near_six.any()
    np.testing.assert_allclose(exact.p_value[near_six], 0.0038, atol=5e-5)


@pytest.mark.parametrize("size", [500, 200])
def test_memphis_equals_sfhotspot(reference: Path, size: int) -> None:
    table = pd.read_csv(reference / f"memphis_jan_grid{size}.csv.gz")
    counts, mask, at = _grid_of(table.xmin, table.ymin, table.n, size)
    found = gi_star(counts, size * math.sqrt(2), size, mask)
    # the file prints ten digits
    np.testing.assert_allclose(found.z_score[at], table.gistar, rtol=1e-9, atol=1e-9)


def test_getis_and_ords_own_example(reference: Path) -> None:
    points = pd.read_csv(reference / "getisord_16x16.csv")
    expected = pd.read_csv(reference / "getisord_expected.csv")
    counts, mask, at = _grid_of(points.x, points.y, points.val, 30)
    assert mask.all()
    for row in expected.itertuples():
        found = gi_star(counts, row.distance, 30, null="normal")
        assert found.z_score[at][119] == pytest.approx(row.gistar, abs=1e-8)
    printed = gi_star(counts, 30, 30, null="normal").z_score[at][119]
    assert printed == pytest.approx(1.45078, abs=5e-6)  # spdep's manual


def test_lattice_equals_esda() -> None:
    rng = np.random.default_rng(7)
    counts = rng.poisson(0.4, (9, 12))
    counts[4, 5] += 9
    mask = rng.random(counts.shape) < 0.85
    cells = np.argwhere(mask)
    near = {
        i: [j for j, b in enumerate(cells) if np.hypot(*(a - b)) <= 2.0]
        for i, a in enumerate(cells)
    }
    esda = G_Local(
        counts[mask].astype(float), W(near, silence_warnings=True), "B", permutations=0, star=True
    )
    found = gi_star(counts, 2.0, 1.0, mask, null="normal")
    np.testing.assert_allclose(found.z_score[mask], esda.Zs, rtol=0, atol=1e-12)


def test_by_hand() -> None:
    # five cells in a row, counts 0 0 3 0 0: mean 0.6, population variance 1.44; the middle three
    # cells' neighbourhood is 3 cells that hold 3
    found = gi_star(np.array([[0, 0, 3, 0, 0]]), 1, 1, null="normal")
    z = (3 - 0.6 * 3) / (1.2 * math.sqrt((5 * 3 - 9) / 4))
    assert found.z_score[0, 2] == pytest.approx(z, abs=1e-14)
    assert found.p_value[0, 2] == pytest.approx(norm.sf(z), abs=1e-14)
    # exact: a neighbourhood of 3 of 5 cells holds the single busy cell with chance 3/5
    exact = gi_star(np.array([[0, 0, 3, 0, 0]]), 1, 1)
    assert exact.p_value[0, 2] == pytest.approx(0.6, abs=1e-14)
    assert exact.p_value[0, 0] == pytest.approx(1.0, abs=1e-14)


def test_exact_tail_agrees_with_shuffles(reference: Path) -> None:
    table = pd.read_csv(reference / "asb_2021_06_grid250.csv.gz")
    counts = table.n.to_numpy()
    rng = np.random.default_rng(1)
    shuffles = 200_000
    draws = np.array([counts[rng.integers(0, counts.size, 9)].sum() for _ in range(shuffles)])
    # with replacement from 2,743 cells: the pair of draws that repeats a cell is 36 / 2,743
    for s in (4, 6, 8):
        share = (draws >= s).mean()
        upper, _ = sum_tail(counts, [s], [9])
        error = 4 * math.sqrt(share / shuffles) + 0.02 * share
        assert abs(upper[0] - share) <= error


def test_disc_of_13_and_square_of_9() -> None:
    assert band_half_widths(2.0, 1.0).tolist() == [0, 1, 2, 1, 0]
    assert band_half_widths(400, 250).tolist() == [1, 1, 1]
    one = np.zeros((7, 7))
    one[3, 3] = 1
    assert band_sum(one, band_half_widths(2.0, 1.0)).sum() == 13
