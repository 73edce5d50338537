"""The methods on published incidents, against the figures of a first run made without this code.

That run, ``backtest.md`` beside the published data, was a program of its own: maps by other code,
ties broken by one random order of the cells at each origin. With ties in that order every method
must meet its printed digits; here ties count by their mean, which comes close.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import backtest_sets
from hotspots.clustering import Grid
from hotspots.validation.backtest import Judged, plan_of, run
from hotspots.validation.measures import CURVE_TO
from hotspots.validation.method import MethodKind, Scored
from hotspots.validation.methods import method_of
from hotspots.validation.past import Past

#: What the first run had as its default: the mean of the own count and two kernels.
FIRST = "multi-scale-0-300-1000-104"
#: Method: hits % at 1, 2, 5 and 10 % of the cells, and the area under the curve to 20 %; as printed
#: in backtest.md, test part, next period. Methods whose scores hardly tie.
SAME: dict[tuple[str, int], dict[str, tuple[float, ...]]] = {
    ("memphis", 150): {
        FIRST: (20.3, 26.4, 38.9, 55.4, 0.513),
        "multi-scale-0-200-500-2000-all": (20.3, 26.0, 38.3, 54.4, 0.508),
        "kde-decay-400-104": (14.8, 22.9, 36.9, 53.8, 0.498),
        "kde-decay-300-104": (16.4, 24.5, 37.1, 53.6, 0.492),
        "kde-window-400-52": (15.2, 23.5, 37.3, 54.0, 0.499),
        "kde-arcgis-52": (9.9, 15.4, 25.8, 42.2, 0.404),
        "kde-scott-52": (5.3, 9.3, 21.3, 38.5, 0.353),
        "kde-nrd-52": (4.9, 7.7, 18.5, 36.7, 0.324),
    },
    ("memphis", 250): {
        FIRST: (16.4, 23.3, 37.7, 52.7, 0.497),
        "multi-scale-0-300-1000-52": (15.6, 23.7, 37.7, 52.9, 0.495),
        "kde-decay-400-104": (14.8, 20.7, 37.7, 54.6, 0.497),
        "kde-decay-300-104": (15.0, 22.5, 37.7, 53.6, 0.491),
        "kde-window-500-52": (13.6, 20.3, 35.7, 54.6, 0.497),
        "kde-arcgis-52": (10.1, 16.0, 25.8, 42.4, 0.405),
        "kde-scott-52": (5.1, 9.9, 21.7, 38.5, 0.355),
        "kde-nrd-52": (4.9, 7.9, 19.3, 36.7, 0.327),
    },
    ("kent-asb", 150): {
        FIRST: (36.2, 50.9, 71.1, 87.0, 0.793),
        "multi-scale-0-500-52": (37.4, 51.9, 73.7, 88.8, 0.805),
        "kde-decay-150-13": (33.1, 47.7, 68.4, 85.2, 0.779),
        "kde-decay-300-104": (28.3, 40.3, 60.9, 77.6, 0.723),
        "kde-window-150-52": (35.6, 49.2, 70.0, 86.7, 0.786),
        "kde-arcgis-52": (21.7, 27.5, 46.8, 64.7, 0.610),
        "kde-scott-52": (19.2, 24.2, 35.6, 54.8, 0.526),
        "kde-nrd-52": (5.2, 16.4, 37.3, 54.6, 0.508),
    },
    ("kent-asb", 250): {
        FIRST: (27.0, 40.7, 62.1, 79.9, 0.732),
        "multi-scale-0-500-52": (27.1, 41.0, 63.4, 80.6, 0.739),
        "kde-decay-300-104": (25.7, 37.3, 59.0, 76.9, 0.711),
        "kde-arcgis-52": (21.9, 28.1, 46.9, 66.8, 0.615),
        "kde-scott-52": (18.5, 24.8, 35.4, 54.7, 0.531),
        "kde-nrd-52": (5.4, 16.3, 37.7, 54.5, 0.514),
    },
}
#: Methods whose scores tie by the thousand.
TIED: dict[tuple[str, int], dict[str, tuple[float, ...]]] = {
    ("memphis", 150): {
        "promap": (8.5, 12.6, 23.9, 38.1, 0.351),
        "gi-star-300-52": (13.8, 20.7, 33.7, 52.3, 0.480),
        "gi-exact-300-52": (13.8, 20.7, 33.7, 52.3, 0.480),
        "counts-52": (20.5, 25.0, 35.9, 38.7, 0.370),
        "counts-all": (20.5, 25.0, 35.9, 38.7, 0.370),
        "counts-decay-52": (19.7, 24.9, 35.9, 38.7, 0.371),
        "counts-last": (3.2, 3.9, 7.1, 12.2, 0.116),
    },
    ("memphis", 250): {
        "promap": (6.7, 12.0, 23.9, 38.7, 0.347),
        "gi-star-300-52": (12.6, 18.9, 32.7, 51.9, 0.478),
        "gi-exact-300-52": (12.6, 18.9, 32.7, 51.9, 0.478),
        "counts-52": (16.2, 22.1, 33.9, 49.9, 0.429),
    },
    ("kent-asb", 150): {
        "promap": (24.3, 33.7, 52.0, 65.7, 0.628),
        "gi-star-300-52": (22.3, 31.3, 49.9, 70.2, 0.650),
        "gi-exact-300-52": (22.3, 31.5, 49.9, 70.2, 0.650),
        "counts-52": (38.1, 52.1, 76.9, 90.4, 0.808),
        "counts-last": (27.6, 39.4, 41.8, 44.6, 0.438),
    },
    ("kent-asb", 250): {
        "promap": (22.7, 32.2, 49.8, 68.8, 0.632),
        "gi-star-300-52": (22.7, 32.5, 49.6, 69.6, 0.647),
        "gi-exact-300-52": (22.7, 32.5, 49.6, 69.6, 0.647),
        "counts-52": (29.5, 42.3, 62.3, 82.5, 0.748),
        "counts-last": (22.7, 33.5, 50.5, 56.1, 0.512),
    },
}
#: The mixture: there its weights were fitted every four weeks from where they stood.
MIXTURE = {
    ("memphis", 150): (20.5, 26.4, 38.7, 55.0, 0.514),
    ("memphis", 250): (14.6, 22.7, 35.9, 53.6, 0.499),
    ("kent-asb", 150): (36.2, 51.9, 75.4, 90.8, 0.815),
    ("kent-asb", 250): (27.6, 43.0, 62.9, 82.0, 0.749),
}
SETS = list(SAME)


class TiesInOneOrder:
    """A method whose ties are broken by the first run's order of the cells at each origin."""

    def __init__(self, kind: MethodKind) -> None:
        self._method = kind.make()

    def score(self, past: Past) -> Scored:
        # single precision, as there: what differs by rounding ties
        score = self._method.score(past).score.astype(np.float32)
        chance = np.random.default_rng(1000 + past.origin).permutation(past.cells)
        place = np.empty(past.cells)
        place[np.lexsort((chance, -score))] = np.arange(past.cells)
        return Scored(-place)


def in_one_order(name: str) -> MethodKind:
    kind = method_of(name)
    return replace(kind, name=f"{name}, in one order", make=lambda: TiesInOneOrder(kind))


@cache
def judged(data: Path, name: str, cell: int) -> dict[str, list[Judged]]:
    """The test part, by method."""
    found = backtest_sets.memphis(data) if name == "memphis" else backtest_sets.kent(data)[0]
    grid = Grid.cover(found.history.study_area, cell, touching=True)
    kinds = [method_of(n) for n in (*SAME[name, cell], *TIED[name, cell])]
    kinds += [method_of(n) for n in ("default", "mixture", "random", "oracle")]
    kinds += [in_one_order(n) for n in TIED[name, cell]]
    rows = run(found.history, grid, kinds, plan_of(found.history, found.test))
    return {k.name: [row for row in rows if row.method == k.name] for k in kinds}


def figures(rows: Sequence[Judged]) -> Any:
    """Hits % at the four shares, and the area."""
    incidents = sum(row.incidents for row in rows)
    hits = np.sum([row.hits for row in rows], axis=0) / incidents
    return np.array([*hits * 100, sum(row.area for row in rows) / incidents])


@pytest.mark.parametrize(("name", "cell"), SETS)
def test_methods_that_hardly_tie_meet_the_printed_digits(
    real_data: Path, name: str, cell: int
) -> None:
    found = judged(real_data, name, cell)
    for method, printed in SAME[name, cell].items():
        same_digits(found[method], printed, method)


@pytest.mark.parametrize(("name", "cell"), SETS)
def test_methods_that_tie_meet_them_with_ties_in_the_same_order(
    real_data: Path, name: str, cell: int
) -> None:
    found = judged(real_data, name, cell)
    for method, printed in TIED[name, cell].items():
        same_digits(found[f"{method}, in one order"], printed, method)


@pytest.mark.parametrize(("name", "cell"), SETS)
def test_one_order_of_ties_is_no_more_than_luck(real_data: Path, name: str, cell: int) -> None:
    found = judged(real_data, name, cell)
    for method, printed in (TIED[name, cell] | {"mixture": MIXTURE[name, cell]}).items():
        mine = figures(found[method])
        assert mine[4] == pytest.approx(printed[4], abs=0.01), method
        # in three test maps of Kent it is 1.8 points of 100 at most
        np.testing.assert_allclose(mine[:4], printed[:4], atol=2, err_msg=method)


def same_digits(rows: Sequence[Judged], printed: tuple[float, ...], method: str) -> None:
    mine = figures(rows)
    # half of the last digit, and a little for the maps' single precision there
    np.testing.assert_allclose(mine[:4], printed[:4], atol=0.06, err_msg=method)
    assert mine[4] == pytest.approx(printed[4], abs=0.0006), method


@pytest.mark.parametrize(("name", "cell"), SETS)
def test_chance_and_the_oracle_are_the_ends(real_data: Path, name: str, cell: int) -> None:
    found = judged(real_data, name, cell)
    areas = {method: figures(rows)[4] for method, rows in found.items()}
    assert areas["random"] == pytest.approx(CURVE_TO / 2, abs=0.03)
    assert max(areas, key=areas.__getitem__) == "oracle"
    assert min(areas, key=areas.__getitem__) == "random"


@pytest.mark.parametrize(("name", "cell"), SETS)
def test_own_hot_spots_hold_more_than_their_share(real_data: Path, name: str, cell: int) -> None:
    found = judged(real_data, name, cell)
    for method in ("default", "gi-star-300-52"):
        rows = found[method]
        share = sum(r.hot_cells for r in rows) / len(rows) / _cells(real_data, name, cell)
        rate = sum(r.hot_hits for r in rows) / sum(r.incidents for r in rows)
        assert 0 < share < 0.2
        assert rate > 3 * share


@cache
def _cells(data: Path, name: str, cell: int) -> int:
    found = backtest_sets.memphis(data) if name == "memphis" else backtest_sets.kent(data)[0]
    return int(Grid.cover(found.history.study_area, cell, touching=True).mask.sum())


@pytest.mark.parametrize(
    ("name", "cell", "cells"),
    [
        ("memphis", 150, 36_100),
        ("memphis", 250, 13_182),
        ("kent-asb", 150, 7_998),
        ("kent-asb", 250, 2_963),
    ],
)
def test_the_cells_are_the_same_ones(real_data: Path, name: str, cell: int, cells: int) -> None:
    assert _cells(real_data, name, cell) == cells
