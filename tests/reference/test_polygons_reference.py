"""Polygons' Gi* and local Moran against R spdep, PySAL, the exact tail, and examples by hand."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from esda import G_Local, Moran_Local
from esda.getisord import _g_local_star_crand
from esda.moran import _moran_local_crand
from libpysal.examples import get_path
from libpysal.weights import KNN, Queen

from hotspots.clustering.local_moran import local_moran
from hotspots.clustering.permutation import draw_ids
from hotspots.clustering.polygons import (
    from_pysal,
    polygon_gi_star,
    queen_neighbours,
    to_pysal,
)
from hotspots.clustering.rates import empirical_bayes
from hotspots.clustering.tails import sum_tail
from hotspots.errors import UsageError

Near = tuple[tuple[int, ...], ...]
PYSAL_QUADRANT = np.array(["", "HH", "LH", "LL", "HL"])


def _kent_wards(reference: Path) -> tuple[pd.DataFrame, Near]:
    table = pd.read_csv(reference / "asb_2021_06_wards.csv")
    position = {code: i for i, code in enumerate(table.WD13CD)}
    return table, tuple(
        tuple(position[code] for code in text.split()) for text in table.neighbour_codes
    )


def _example(name: str) -> tuple[gpd.GeoDataFrame, Near]:
    shapes = gpd.read_file(get_path(name))
    return shapes, queen_neighbours(shapes.geometry)


def _british(files: list[Path]) -> gpd.GeoDataFrame:
    shapes = pd.concat([gpd.read_file(file) for file in files])
    return shapes.set_crs(4326, allow_override=True).to_crs(27700)


@pytest.mark.parametrize(
    ("table", "shapes"),
    [("columbus_CRIME_queen", "columbus.shp"), ("stl_hom_HR8893_queen", "stl_hom.shp")],
)
def test_examples_of_pysal_equal_spdep(reference: Path, table: str, shapes: str) -> None:
    expected = pd.read_csv(reference / f"{table}.csv")
    _, near = _example(shapes)
    found = polygon_gi_star(expected.value, near, null="permutation", permutations=9)
    np.testing.assert_array_equal(found.neighbours - 1, expected.neighbours)
    # the file prints twelve digits
    np.testing.assert_allclose(found.z_score, expected.gistar_binary, rtol=0, atol=1e-11)


def test_kent_wards_equal_spdep(reference: Path) -> None:
    table, near = _kent_wards(reference)
    found = polygon_gi_star(table.n, near)
    np.testing.assert_allclose(found.z_score, table.gistar_binary, rtol=0, atol=1e-11)
    np.testing.assert_array_equal(found.neighbours - 1, table.neighbours)
    assert found.islands == ()


def test_queen_neighbours_of_kent_wards_equal_spdep(real_data: Path, reference: Path) -> None:
    table, near = _kent_wards(reference)
    folder = real_data / "uk-geojson" / "wards"
    shapes = _british([folder / "E07000107.json", folder / "E07000109.json"])
    shapes = shapes.set_index("WD13CD").loc[table.WD13CD]
    expected = tuple(tuple(sorted(at)) for at in near)
    assert queen_neighbours(shapes.geometry) == expected
    assert queen_neighbours(shapes.geometry, snap_m=5) == expected


@pytest.mark.parametrize("name", ["columbus.shp", "stl_hom.shp", "sids2.shp"])
def test_queen_equals_pysal_where_borders_share_vertices(name: str) -> None:
    shapes = gpd.read_file(get_path(name))
    w = Queen.from_iterable(list(shapes.geometry), silence_warnings=True)
    assert queen_neighbours(shapes.geometry) == from_pysal(w)


def test_borders_drawn_with_different_vertices_are_borders(real_data: Path) -> None:
    # in these files neighbours do not share vertices: a comparison of vertices finds only islands
    folder = real_data / "uk-geojson" / "lsoa"
    shapes = _british([folder / "E07000107.json", folder / "E07000109.json"])
    near = queen_neighbours(shapes.geometry)
    assert min(len(at) for at in near) >= 1
    assert 4 < np.mean([len(at) for at in near]) < 6.5
    by_vertex = Queen.from_iterable(list(shapes.geometry), silence_warnings=True)
    assert len(by_vertex.islands) == len(shapes)


@pytest.mark.parametrize(("name", "column"), [("columbus.shp", "CRIME"), ("stl_hom.shp", "HR8893")])
def test_statistics_equal_pysal(name: str, column: str) -> None:
    shapes, near = _example(name)
    y = shapes[column].to_numpy()
    w = to_pysal(near)
    gi = polygon_gi_star(y, near, null="permutation")
    esda = G_Local(y, w, transform="B", star=True, permutations=0)
    np.testing.assert_allclose(gi.z_score, esda.Zs, rtol=0, atol=1e-12)
    moran, other = local_moran(y, near, 99), Moran_Local(y, w, transformation="r", permutations=0)
    np.testing.assert_allclose(moran.local_i, other.Is, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(moran.quadrant, PYSAL_QUADRANT[other.q])


def test_statistics_equal_pysal_on_kent_wards(reference: Path) -> None:
    table, near = _kent_wards(reference)
    y, w = table.n.to_numpy(dtype=float), to_pysal(near)
    esda = G_Local(y, w, transform="B", star=True, permutations=0)
    np.testing.assert_allclose(polygon_gi_star(y, near).z_score, esda.Zs, rtol=0, atol=1e-12)
    other = Moran_Local(y, w, transformation="r", permutations=0)
    np.testing.assert_allclose(local_moran(y, near, 99).local_i, other.Is, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("name", "column"), [("columbus.shp", "CRIME"), ("stl_hom.shp", "HR8893")])
def test_p_sim_equals_pysal_for_the_same_draws(name: str, column: str) -> None:
    # PySAL's own simulated statistics, given the table of draws that ours has
    shapes, near = _example(name)
    y, permutations, seed = shapes[column].to_numpy(), 999, 4
    ids = draw_ids(y.size, max(len(at) for at in near), permutations, seed)
    found = polygon_gi_star(y, near, "permutation", permutations, seed).p_sim
    moran = local_moran(y, near, permutations, seed)
    z = y - y.mean()
    scale = (y.size - 1) / (z @ z)
    assert found is not None
    for i, at in enumerate(near):
        g = _g_local_star_crand.py_func(i, y, ids, np.ones(len(at) + 1), y.sum())
        larger = (g >= (y[i] + y[list(at)].sum()) / y.sum() - 1e-14).sum()
        assert found[i] == (larger + 1) / (permutations + 1)
        row = np.r_[0.0, np.full(len(at), 1 / len(at))]
        simulated = _moran_local_crand.py_func(i, z, ids, row, scale)
        larger = (simulated >= moran.local_i[i] - 1e-13).sum()
        folded = min(larger, permutations - larger)  # as PySAL's p_sim is
        assert moran.p_sim[i] == (folded + 1) / (permutations + 1)


def test_p_sim_equals_the_exact_tail_of_the_others(reference: Path) -> None:
    # the conditional null has an exact tail too: a sum of draws from all other wards
    table, near = _kent_wards(reference)
    counts, permutations = table.n.to_numpy(), 99_999
    found = polygon_gi_star(counts, near, permutations=permutations).p_sim
    assert found is not None
    for i, at in enumerate(near):
        upper, _ = sum_tail(np.delete(counts, i), [counts[list(at)].sum()], [len(at)])
        error = math.sqrt(upper[0] * (1 - upper[0]) / permutations)
        assert abs(found[i] - upper[0]) < 4.5 * error + 2 / permutations


def test_local_moran_p_equals_enumeration() -> None:
    y = np.array([3.0, 8.5, 1.25, 9.0, 2.0, 7.75, 0.5, 4.0])
    near = [[1, 7], [0, 2], [1, 3], [2, 4], [3, 5, 7], [4, 6], [5, 7], [6, 0, 4]]
    permutations = 40_000
    found = local_moran(y, near, permutations)
    z = y - y.mean()
    for i, at in enumerate(near):
        others = np.delete(z, i)
        drawn = np.array([z[i] * sum(c) for c in itertools.combinations(others, len(at))])
        seen = z[i] * z[at].sum()
        high, low = (drawn >= seen - 1e-9).mean(), (drawn <= seen + 1e-9).mean()
        exact = min(2 * min(high, low), 1.0)
        assert abs(found.p_value[i] - exact) < 5 * math.sqrt(exact / permutations) + 1e-4
        assert abs(found.p_sim[i] - min(high, low)) < 5 * math.sqrt(0.25 / permutations)


def test_gi_star_by_hand() -> None:
    # five polygons in a row, counts 0 0 3 0 0: mean 0.6, population variance 1.44
    near = [[1], [0, 2], [1, 3], [2, 4], [3]]
    found = polygon_gi_star([0, 0, 3, 0, 0], near, permutations=99)
    z = (3 - 0.6 * 3) / (1.2 * math.sqrt((5 * 3 - 9) / 4))
    assert found.z_score[2] == pytest.approx(z, abs=1e-14)
    # the busy polygon is among 3 of 5 with chance 3/5; with it held fixed, its neighbours' sum of
    # 0 is what every permutation gives
    np.testing.assert_allclose(found.p_value, [1, 0.6, 0.6, 0.6, 1], atol=1e-14)
    assert found.p_sim is not None
    assert found.p_sim[2] == 1
    assert found.neighbours.tolist() == [2, 3, 3, 3, 2]


def test_local_moran_by_hand() -> None:
    # values 1 2 6 in a row: deviations -2 -1 3, their squares add up to 14
    found = local_moran([1, 2, 6], [[1], [0, 2], [1]], permutations=9)
    np.testing.assert_allclose(
        found.local_i, [2 / 14 * 2 * 1, 2 / 14 * -1 * 0.5, 2 / 14 * 3 * -1], atol=1e-15
    )
    assert found.quadrant.tolist() == ["LL", "LH", "HL"]
    # the middle one's neighbours are always the two others
    assert found.p_value[1] == 1


def test_islands_are_said_and_harmless() -> None:
    near = [[1], [0], []]
    gi = polygon_gi_star([1, 1, 9], near)
    assert gi.islands == (2,)
    # z of the value alone: (9 - 11/3) / S
    assert gi.z_score[2] == pytest.approx((9 - 11 / 3) / np.std([1, 1, 9]), abs=1e-14)
    assert gi.p_value[2] == pytest.approx(1 / 3, abs=1e-14)
    assert gi.p_sim is not None
    assert gi.p_sim[2] == 1
    moran = local_moran([1, 1, 9], near)
    assert (moran.quadrant[2], moran.local_i[2], moran.p_value[2]) == ("island", 0, 1)
    assert moran.islands == (2,)


def test_pysal_weights_go_both_ways() -> None:
    shapes, near = _example("columbus.shp")
    assert from_pysal(to_pysal(near)) == near
    nearest = from_pysal(KNN.from_dataframe(shapes, k=4, silence_warnings=True))
    assert {len(at) for at in nearest} == {4}
    star = to_pysal(near)
    star.neighbors[0].append(0)  # as for Gi*: itself included
    assert from_pysal(star)[0] == near[0]


def test_empty_and_single_input_is_defined() -> None:
    for n in (0, 1):
        counts, near = np.full(n, 5), [[]] * n
        gi, moran = polygon_gi_star(counts, near), local_moran(counts, near)
        assert gi.p_value.tolist() == moran.p_value.tolist() == [1.0] * n
        assert gi.z_score.tolist() == moran.local_i.tolist() == [0.0] * n
        assert len(queen_neighbours([])) == 0
    assert polygon_gi_star([1, 2], [[1], [0]], permutations=0).p_sim is None


@pytest.mark.parametrize("huge", [1e-300, 1e290])
def test_the_scale_of_the_values_does_not_matter(huge: float) -> None:
    y, near = np.array([1.0, 4.0, 2.0, 7.0]), [[1], [0, 2], [1, 3], [2]]
    for method in (
        lambda x: local_moran(x, near, 99).local_i,
        lambda x: polygon_gi_star(x, near, null="permutation").z_score,
        lambda x: polygon_gi_star(x, near, null="permutation").p_value,
    ):
        np.testing.assert_allclose(method(y * huge), method(y), rtol=1e-12)


@pytest.mark.parametrize(
    ("counts", "near", "what"),
    [
        ([1, 2], [[]], "one value a polygon"),
        ([[1, 2]], [[1], [0]], "one value a polygon"),
        ([1, math.nan], [[1], [0]], "position 1"),
        ([1, math.inf], [[1], [0]], "position 1"),
        ([1, -2], [[1], [0]], "whole numbers"),
        ([1, 2.5], [[1], [0]], "whole numbers"),
        ([1, 2], [[2], [0]], "within 0..1"),
        ([1, 2], [[-1], [0]], "within 0..1"),
        ([1, 2], [[0], [0]], "other than the polygon's own"),
        ([1, 2], [[1, 1], [0]], "twice"),
    ],
)
def test_wrong_input_is_refused(counts: list[float], near: list[list[int]], what: str) -> None:
    with pytest.raises(UsageError, match=what):
        polygon_gi_star(counts, near)


def test_wrong_choices_are_refused() -> None:
    with pytest.raises(UsageError, match="null must be one of"):
        polygon_gi_star([1], [[]], null="normal")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="at least 1 permutation"):
        polygon_gi_star([1], [[]], null="permutation", permutations=0)
    with pytest.raises(UsageError, match="at least 1"):
        local_moran([1], [[]], permutations=0)
    with pytest.raises(UsageError, match="snap_m"):
        queen_neighbours([], snap_m=-1)


@pytest.mark.parametrize(
    "near",
    [
        [[1.7], [0]],
        [[math.nan], [0]],
        [[math.inf], [0]],
        [["1"], [0]],
        [[None], [0]],
        [[True], [False]],
        [[[1]], [[0]]],
        [[[1, 0]], [[0], 2]],
        {0: [1], 1: [0]},
        None,
        "10",
        [1, 0],
        [None, [0]],
        3,
    ],
)
def test_what_are_no_neighbours_is_refused(near: Any) -> None:
    for method in (polygon_gi_star, local_moran):
        with pytest.raises(UsageError, match=r"^[Nn]eighbours must be .*positions"):
            method([1, 2], near)
    if near is not None:  # which asks it for the form without neighbours
        with pytest.raises(UsageError, match=r"^[Nn]eighbours must be .*positions"):
            empirical_bayes([1, 2], [100, 200], near)


def test_positions_may_be_of_any_kind_of_whole_number() -> None:
    expected = polygon_gi_star([1, 5, 2], [[1], [0, 2], [1]]).z_score
    kinds: list[Any] = [
        [np.array([1]), np.array([0, 2]), np.array([1])],
        [(1.0,), {0, 2}, [np.uint8(1)]],
        np.array([[1], [0, 2], [1]], dtype=object),
    ]
    for near in kinds:
        np.testing.assert_array_equal(polygon_gi_star([1, 5, 2], near).z_score, expected)
    for far in (2**63, 2**80, 1e300):
        with pytest.raises(UsageError, match="must be positions"):
            polygon_gi_star([1, 2], [[far], [0]])  # type: ignore[list-item]


@pytest.mark.parametrize("permutations", [9.5, -1, "9", None, math.nan])
def test_permutations_are_a_whole_number(permutations: Any) -> None:
    for method in (polygon_gi_star, local_moran):
        with pytest.raises(UsageError, match="permutations must be a whole number"):
            method([1, 2], [[1], [0]], permutations=permutations)


def test_what_are_no_values_or_shapes_is_refused() -> None:
    for values in (["a", "b"], [[1], [2, 3]]):
        with pytest.raises(UsageError, match="counts must be numbers"):
            polygon_gi_star(values, [[1], [0]])
        with pytest.raises(UsageError, match="values must be numbers"):
            local_moran(values, [[1], [0]])
    for shapes in (["x"], None, shapely.box(0, 0, 1, 1)):
        with pytest.raises(UsageError, match="geometries must be"):
            queen_neighbours(shapes)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="snap_m must be"):
        queen_neighbours([], "x")  # type: ignore[arg-type]
