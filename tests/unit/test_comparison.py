"""Two surfaces compared: by hand, by symmetry, and against sfhotspot's printed example."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from pyproj import Transformer

from hotspots.clustering import Grid, kde
from hotspots.clustering.comparison import KINDS, compare_surfaces, dual_kde
from hotspots.errors import UsageError

Array = NDArray[np.float64]
NAN, INF = np.nan, np.inf
surfaces = arrays(np.float64, (3, 4), elements=st.one_of(st.just(0.0), st.floats(1e-6, 1e6)))


def with_hole(values: Array) -> Array:
    out = values + 0.0
    out[1, 2] = NAN
    out[0, 0] = 1.0
    return out


def test_each_kind_by_hand() -> None:
    one, other = [[6.0, 1.0, 0.0, NAN]], [[2.0, 4.0, 8.0, NAN]]
    ratio = compare_surfaces(one, other)
    np.testing.assert_array_equal(ratio.values, [[3.0, 0.25, 0.0, NAN]])
    np.testing.assert_array_equal(ratio.support, [[True, True, True, False]])
    log = compare_surfaces(one, other, "log_ratio")
    np.testing.assert_allclose(log.values, [[math.log(3), -math.log(4), -INF, NAN]])
    np.testing.assert_array_equal(log.support, [[True, True, False, False]])
    assert log.infinite_cells == 1
    difference = compare_surfaces(one, other, "difference")
    np.testing.assert_array_equal(difference.values, [[4.0, -3.0, -8.0, NAN]])


def test_nothing_by_nothing_is_not_a_number() -> None:
    found = compare_surfaces([[0.0, 3.0, 1.0]], [[0.0, 0.0, 2.0]])
    np.testing.assert_array_equal(found.values, [[NAN, INF, 0.5]])
    np.testing.assert_array_equal(found.support, [[False, False, True]])
    assert (found.undefined_cells, found.infinite_cells, found.floored_cells) == (1, 1, 0)
    assert compare_surfaces([[0.0]], [[0.0]], "difference").values[0, 0] == 0


def test_a_floor_by_hand() -> None:
    one, other = [[0.0, 3.0, 1.0, 0.1]], [[0.0, 0.0, 2.0, 8.0]]
    ratio = compare_surfaces(one, other, floor=0.5)
    np.testing.assert_array_equal(ratio.values, [[0.0, 6.0, 0.5, 0.0125]])
    np.testing.assert_array_equal(ratio.support, [[False, False, True, True]])
    assert (ratio.floored_cells, ratio.floor) == (2, 0.5)
    log = compare_surfaces(one, other, "log_ratio", floor=0.5)
    np.testing.assert_allclose(log.values, np.log([[1, 6, 0.5, 0.0625]]))
    np.testing.assert_array_equal(log.support, [[False, False, True, False]])
    assert log.floored_cells == 3


def test_normalised_by_hand() -> None:
    one, other = [[1.0, 3.0, NAN]], [[30.0, 10.0, NAN]]
    found = compare_surfaces(one, other, normalise=True)
    np.testing.assert_allclose(found.values, [[0.5 / 1.5, 1.5 / 0.5, NAN]], rtol=1e-15)
    difference = compare_surfaces(one, other, "difference", normalise=True)
    np.testing.assert_allclose(difference.values, [[-1.0, 1.0, NAN]], rtol=1e-15)
    assert found.normalised
    # a floor is then in multiples of the mean
    floored = compare_surfaces(one, other, normalise=True, floor=0.6)
    np.testing.assert_allclose(floored.values, [[0.5 / 1.5, 1.5 / 0.6, NAN]], rtol=1e-15)


def test_log_ratio_is_kelsall_and_diggles() -> None:
    # the logarithm of the ratio of densities that each integrate to 1 over the area
    grid = Grid(0, 0, 50.0, np.ones((20, 30), dtype=bool))
    rng = np.random.default_rng(2)
    cases, controls = rng.uniform(0, 1_000, (80, 2)), rng.uniform(0, 1_500, (300, 2))
    f, g = kde(cases, grid, 400, "gaussian"), kde(controls, grid, 400, "gaussian")
    cell_km2 = 0.05**2
    wanted = np.log((f / (f.sum() * cell_km2)) / (g / (g.sum() * cell_km2)))
    found = dual_kde(
        cases, grid, 400, controls, kernel="gaussian", kind="log_ratio", normalise=True
    )
    np.testing.assert_allclose(found.values, wanted, rtol=1e-9, atol=1e-12)
    weighted = dual_kde(
        cases, grid, 400, controls, kernel="gaussian", kind="log_ratio", normalise=True,
        weights=np.full(80, 7.0), other_weights=np.full(300, 0.2),
    )  # fmt: skip
    np.testing.assert_allclose(weighted.values, wanted, rtol=1e-9, atol=1e-12)


@given(surfaces, surfaces, st.sampled_from([0.0, 0.01, 50.0]), st.booleans())
def test_exchange_changes_the_sign(one: Array, other: Array, floor: float, normal: bool) -> None:
    one, other = with_hole(one), with_hole(other)
    there = compare_surfaces(one, other, "log_ratio", normal, floor)
    back = compare_surfaces(other, one, "log_ratio", normal, floor)
    np.testing.assert_array_equal(there.values, -back.values)
    np.testing.assert_array_equal(there.support, back.support)
    there, back = (
        compare_surfaces(a, b, "difference", normal) for a, b in ((one, other), (other, one))
    )
    np.testing.assert_array_equal(there.values, -back.values)


@given(surfaces, surfaces, st.sampled_from([0.0, 0.01, 50.0]), st.sampled_from(KINDS))
def test_every_cell_is_accounted_for(one: Array, other: Array, floor: float, kind: str) -> None:
    one, other = with_hole(one), with_hole(other)
    used = 0.0 if kind == "difference" else floor
    before = one.copy(), other.copy()
    found = compare_surfaces(one, other, kind, floor=used)  # type: ignore[arg-type]
    counted = found.floored_cells + found.undefined_cells + found.infinite_cells
    assert found.support.sum() + counted == 11
    assert np.isfinite(found.values[found.support]).all()
    assert not found.support[1, 2]
    assert np.isnan(found.values[1, 2])
    if used:
        assert np.isnan(found.values).sum() == 1
        assert not np.isinf(found.values).any()
    np.testing.assert_array_equal(one, before[0])
    np.testing.assert_array_equal(other, before[1])


@given(surfaces, st.floats(1e-3, 1e3))
def test_a_surface_against_itself(one: Array, scale: float) -> None:
    one = with_hole(one)
    some = one > 0
    assert (compare_surfaces(one, one).values[some] == 1).all()
    assert (compare_surfaces(one, one, "log_ratio").values[some] == 0).all()
    np.testing.assert_array_equal(
        compare_surfaces(one, one, "difference").values, np.where(np.isnan(one), NAN, 0.0)
    )
    larger = compare_surfaces(one * scale, one, normalise=True).values[some]
    np.testing.assert_allclose(larger, 1, rtol=1e-12)
    np.testing.assert_allclose(compare_surfaces(one * scale, one).values[some], scale, rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_huge_and_tiny_surfaces_are_defined(kind: str) -> None:
    one, other = [[1e308, 1e308, 5e-324]], [[5e-324, 1e308, 1e308]]
    for normal in (False, True):
        found = compare_surfaces(one, other, kind, normal)  # type: ignore[arg-type]
        assert not np.isnan(found.values).any()
        assert found.values[0, 1] == (0 if kind != "ratio" else 1)


@pytest.mark.parametrize(
    ("one", "other", "options", "message"),
    [
        ([[1.0, 2.0]], [[1.0], [2.0]], {}, "one shape"),
        ([1.0, 2.0], [1.0, 2.0], {}, "one shape"),
        ([[1.0, NAN]], [[NAN, 1.0]], {}, "same cells"),
        ([[1.0, NAN]], [[1.0, 1.0]], {}, "same cells"),
        ([[NAN]], [[NAN]], {}, "at least one cell"),
        (np.empty((0, 3)), np.empty((0, 3)), {}, "at least one cell"),
        ([[1.0, -1.0]], [[1.0, 1.0]], {}, "at least 0"),
        ([[1.0, 1.0]], [[1.0, INF]], {}, "finite"),
        ([[1.0]], [[1.0]], {"kind": "sum"}, "kind must be one of ratio, log_ratio, difference"),
        ([[1.0]], [[1.0]], {"floor": -1}, "floor must be"),
        ([[1.0]], [[1.0]], {"floor": NAN}, "floor must be"),
        ([[1.0]], [[1.0]], {"floor": 1, "kind": "difference"}, "no floor"),
        ([[1.0]], [[0.0]], {}, "'other' must be above 0 somewhere"),
        ([[0.0]], [[1.0]], {"kind": "log_ratio"}, "'one' must be above 0 somewhere"),
        ([[0.0]], [[1.0]], {"normalise": True}, "'one' must be above 0 somewhere"),
    ],
)
def test_what_cannot_be_compared(
    one: object, other: object, options: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        compare_surfaces(one, other, **options)  # type: ignore[arg-type]


GRID = Grid(0, 0, 100.0, np.array([[True, True, False], [True, True, True]]))


def test_dual_kde_is_the_comparison_of_two_surfaces() -> None:
    rng = np.random.default_rng(9)
    xy, homes, residents = rng.uniform(0, 300, (9, 2)), rng.uniform(0, 300, (50, 2)), range(50)
    other = kde(homes, GRID, 300, "triweight", list(residents))
    wanted = compare_surfaces(kde(xy, GRID, 200, "triweight"), other).values
    found = dual_kde(
        xy, GRID, 200, homes, other_bandwidth_m=300, kernel="triweight", other_weights=residents
    )
    np.testing.assert_array_equal(found.values, wanted)
    # a surface may have numbers outside the mask: they do not count
    other[0, 2] = 1e9
    surface = dual_kde(xy, GRID, 200, other_surface=other, kernel="triweight", normalise=True)
    alike = compare_surfaces(
        kde(xy, GRID, 200, "triweight"), np.where(GRID.mask, other, NAN), normalise=True
    )
    np.testing.assert_array_equal(surface.values, alike.values)
    assert other[0, 2] == 1e9
    one_bandwidth = dual_kde(xy, GRID, 200, homes)
    wanted = (kde(xy, GRID, 200) / kde(homes, GRID, 200))[GRID.mask]
    np.testing.assert_array_equal(one_bandwidth.values[GRID.mask], wanted)


def test_no_incidents_are_a_rate_of_0() -> None:
    found = dual_kde([], GRID, 300, other_surface=np.full(GRID.shape, 4.0))
    assert (found.values[GRID.mask] == 0).all()
    assert found.support.sum() == 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "neither"),
        ({"other_xy": [[1, 1]], "other_surface": np.ones((2, 3))}, "both"),
        ({"other_surface": np.ones((3, 2))}, "grid's shape"),
        ({"other_surface": np.ones((2, 3)), "other_weights": [1]}, "belong to other_xy"),
        ({"other_surface": np.ones((2, 3)), "other_bandwidth_m": 9}, "belong to other_xy"),
        ({"other_xy": []}, "'other' must be above 0 somewhere"),
        ({"other_surface": np.full((2, 3), NAN)}, "same cells"),
    ],
)
def test_dual_kde_needs_one_other(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        dual_kde([[50, 50]], GRID, 100, **options)  # type: ignore[arg-type]


def test_memphis_robberies_per_resident_are_sfhotspots(real_data: Path) -> None:
    folder = real_data / "sfhotspot"
    printed = _printed(folder / "documented_output.txt")
    to_metres = Transformer.from_crs(4326, 32615, always_xy=True)
    robberies = pd.read_csv(folder / "memphis_robberies.csv.gz")
    people = pd.read_csv(folder / "memphis_population.csv.gz")
    xy, homes = (
        np.column_stack(to_metres.transform(t.longitude, t.latitude)) for t in (robberies, people)
    )
    west, south = 761_931.5, 3_876_436.0
    mask = np.zeros((1, 12), dtype=bool)
    mask[0, [round((x - west) / 500) for x in printed]] = True
    found = dual_kde(
        xy, Grid(west, south, 500, mask), 5_592, homes,
        other_bandwidth_m=5_175, other_weights=people.population,
    )  # fmt: skip
    # the peer leaves out the kernel's constant 3 / (pi h^2), and so the bandwidths' ratio squared
    ours = found.values[mask] * (5_592 / 5_175) ** 2
    assert found.support.sum() == 10
    np.testing.assert_allclose(ours, list(printed.values()), rtol=0, atol=0.5001e-5)


def _printed(path: Path) -> dict[float, float]:
    """South-west corner's easting to value, of the rows printed for the dual density example."""
    text = path.read_text("utf-8")
    text = text[text.index("hotspot_dual_kde(\n") :]
    rows = {}
    for line in text[: text.index("more rows")].splitlines():
        if "((" in line:
            value, corner = line.split("((")
            rows[float(corner.split()[0])] = float(value.split()[-1])
    return rows
