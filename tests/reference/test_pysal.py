"""The cross-check with PySAL says what PySAL says, and that ours agree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hotspots.clustering import check_with_pysal
from hotspots.clustering.local_moran import local_moran
from hotspots.clustering.polygons import polygon_gi_star
from hotspots.errors import UsageError


def _kent(reference: Path) -> tuple[pd.DataFrame, list[list[int]]]:
    table = pd.read_csv(reference / "asb_2021_06_wards.csv")
    position = {code: i for i, code in enumerate(table.WD13CD)}
    return table, [[position[c] for c in text.split()] for text in table.neighbour_codes]


def test_ours_are_pysals_on_real_wards(reference: Path) -> None:
    table, near = _kent(reference)
    found = check_with_pysal(table.n, near)
    assert found.largest_difference < 1e-12
    np.testing.assert_allclose(found.gi_star_z, table.gistar_binary, rtol=0, atol=1e-9)
    assert found.gi_star_p_sim is None


def test_islands_are_said_and_left_out() -> None:
    found = check_with_pysal([3, 1, 4, 1, 5], [[1], [0, 2], [1, 3], [2], []])
    assert found.islands == (4,)
    assert found.largest_difference < 1e-12
    with pytest.raises(UsageError, match="different values"):
        check_with_pysal([2, 2], [[1], [0]])


@pytest.mark.slow  # PySAL compiles its permutations
def test_pseudo_p_values_agree_within_their_error(reference: Path) -> None:
    table, near = _kent(reference)
    draws = 1_999
    # PySAL counts ties with what was observed for one side only: here there are none
    values = table.n + np.random.default_rng(3).random(len(table)) / 100
    theirs = check_with_pysal(values, near, draws, 7)
    gi = polygon_gi_star(values, near, "permutation", draws).p_sim
    # and folds: the share at least as high, or 1 less that
    folded = np.minimum(gi, 1 - gi + 1 / (draws + 1))
    moran = local_moran(values, near, draws).p_sim
    for ours, other in ((folded, theirs.gi_star_p_sim), (moran, theirs.local_moran_p_sim)):
        error = np.sqrt(2 * ours * (1 - ours) / draws) + 1e-4
        # sites share their draws, so their errors go together: on average within two of them
        apart = np.abs(ours - other) / error
        assert np.sqrt((apart**2).mean()) <= 2
        assert apart.max() <= 5
