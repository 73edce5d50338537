"""Points to polygons: cases worked by hand, awkward input, and published points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from numpy.typing import NDArray

from hotspots.boundaries import read_wards
from hotspots.errors import UsageError
from hotspots.locate import PolygonIndex
from hotspots.model import Wards
from tests.support import SIDE, X0, Y0, nine_wards

Points = NDArray[np.float64]
NO_TREE = {"few_points": 0}


def by_tree(shapes: Any, xy: Points) -> NDArray[np.intp]:
    """The lowest polygon each point intersects, by shapely's own index."""
    found = np.full(len(xy), len(shapes))
    asked, which = shapely.STRtree(shapes).query(shapely.points(xy), predicate="intersects")
    np.minimum.at(found, asked, which)
    return np.where(found < len(shapes), found, -1)


def ward_polygons(count: int, step: float, seed: int) -> NDArray[Any]:
    """Jagged polygons that tile 20 km by 20 km on British grid metres."""
    rng = np.random.default_rng(seed)
    box = shapely.box(0, 0, 20_000, 20_000)
    sites = shapely.MultiPoint(rng.uniform(0, 20_000, (count, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(sites, extend_to=box))
    cells = shapely.segmentize(shapely.intersection(cells, box), step)

    def warp(xy: Points) -> Points:
        # the same shift for the same vertex, small against the step: neighbours still share it
        x, y = xy.T
        shift = np.column_stack([np.sin(y * 7 + x), np.cos(x * 11 - y)]) * step / 5
        return np.round(xy + shift + [560_000.0, 160_000.0], 2)

    polygons = shapely.transform(cells, warp)
    return np.asarray(polygons[shapely.is_valid(polygons)], dtype=object)


@pytest.mark.parametrize("options", [{}, NO_TREE, {"few_points": 0, "cells": 1}])
def test_cases_worked_by_hand(options: dict[str, int]) -> None:
    ring = shapely.box(0, 0, 10, 10).difference(shapely.box(4, 4, 6, 6))
    two = shapely.MultiPolygon([shapely.box(20, 0, 30, 10), shapely.box(4.5, 4.5, 5.5, 5.5)])
    over = shapely.box(8, 8, 22, 9)
    index = PolygonIndex([ring, two, over, shapely.Polygon(), None], **options)
    cases = {
        (1, 1): 0,
        (4, 5): 0,  # on the hole's edge
        (6, 6): 0,  # on its corner
        (4.2, 5): -1,  # in the hole
        (4.5, 5): 1,  # on the island in it
        (5, 5): 1,
        (25, 5): 1,
        (9, 8.5): 0,  # in two: the lower
        (21, 8.5): 1,
        (15, 8.5): 2,
        (15, 9): 2,
        (15, 9.0000001): -1,
        (10, 10): 0,
        (30, 10): 1,
        (np.nextafter(30, 31), 10): -1,
        (-1, 5): -1,
    }
    assert index.assign(list(cases)).tolist() == list(cases.values())
    assert len(index) == 5


@pytest.mark.parametrize("options", [{}, NO_TREE])
def test_a_lower_polygon_that_only_crosses_a_covered_cell_still_wins(
    options: dict[str, int],
) -> None:
    needle = shapely.Polygon([(0, 0), (100, 0.01), (100, 0.02)])
    index = PolygonIndex([needle, shapely.box(-50, -50, 150, 50), needle], **options)
    y = 50 * 0.00015
    assert index.assign([[50, y], [50, 0.02], [-1, 0], [100, 0.015]]).tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize("options", [{}, NO_TREE])
def test_input_that_is_no_place_is_outside(options: dict[str, int]) -> None:
    index = PolygonIndex([shapely.box(0, 0, 1, 1)], **options)
    odd = [np.nan, np.inf, -np.inf, 1e308, -1e308, 5e-324]
    xy = np.array([[value, 0.5] for value in odd] + [[0.5, value] for value in odd])
    assert index.assign(xy).tolist() == [-1, -1, -1, -1, -1, 0] * 2
    for nothing in ([], np.empty((0, 2))):
        found = index.assign(nothing)
        assert found.shape == (0,)
        assert found.dtype == np.intp


@pytest.mark.parametrize("options", [{}, NO_TREE])
def test_a_longer_float_beyond_float64_is_outside(options: dict[str, int]) -> None:
    index = PolygonIndex([shapely.box(0, 0, 1, 1)], **options)
    long = np.array([[0.5, 0.5], [np.longdouble("1e4000"), 0.5]])
    assert index.assign(long).tolist() == [0, -1]
    assert index.assign(long.astype(object)).tolist() == [0, -1]


@pytest.mark.parametrize("shapes", [[], [None], [shapely.Polygon()], [shapely.MultiPolygon()]])
@pytest.mark.parametrize("options", [{}, NO_TREE])
def test_no_polygon_holds_no_point(shapes: list[Any], options: dict[str, int]) -> None:
    assert PolygonIndex(shapes, **options).assign([[0.0, 0.0], [1.0, 2.0]]).tolist() == [-1, -1]


def test_polygons_without_area_hold_the_points_on_them() -> None:
    flat = shapely.Polygon([(0, 0), (10, 0), (5, 0)])
    dot = shapely.Polygon([(3, 3), (3, 3), (3, 3)])
    upright = shapely.Polygon([(7, 1), (7, 9), (7, 2)])
    xy = np.array([[4, 0], [10, 0], [11, 0], [3, 3], [3, 4], [7, 5], [7, 9.5], [7, 0]])
    for shapes in ([flat], [dot], [upright], [flat, dot, upright]):
        found = PolygonIndex(shapes, few_points=0).assign(xy)
        np.testing.assert_array_equal(found, by_tree(shapes, xy))
    assert found.tolist() == [0, 0, -1, 1, -1, 2, -1, 0]


@pytest.mark.parametrize("scale", [1e-320, 1e-160, 1e-30, 1e30, 1e149, 1e200, 1e307])
def test_any_size_of_coordinates(scale: float) -> None:
    shapes = [shapely.box(0, 0, scale, scale), shapely.box(scale, 0, 2 * scale, scale)]
    xy = np.array([[0.5, 0.5], [1.5, 0.5], [1.0, 0.5], [0.5, 2.0], [2.0, 1.0]]) * scale
    assert PolygonIndex(shapes, few_points=0).assign(xy).tolist() == [0, 1, 0, -1, 1]


def test_one_polygon_far_away_spoils_nothing() -> None:
    wards = ward_polygons(20, 400.0, seed=5)
    shapes = np.append(wards, shapely.box(-9e9, -9e9, -9e9 + 1, -9e9 + 1))
    xy = np.random.default_rng(0).uniform([559_000, 159_000], [581_000, 181_000], (5_000, 2))
    found = PolygonIndex(shapes, few_points=0).assign(xy)
    np.testing.assert_array_equal(found, by_tree(shapes, xy))
    assert len(np.unique(found)) > 10


def test_many_large_polygons_over_each_other() -> None:
    rng = np.random.default_rng(2)
    shapes = shapely.buffer(shapely.points(rng.uniform(0, 1_000, (600, 2))), 900, quad_segs=8)
    xy = rng.uniform(-1_000, 2_000, (3_000, 2))
    found = PolygonIndex(shapes, few_points=0).assign(xy)
    np.testing.assert_array_equal(found, by_tree(shapes, xy))


@pytest.mark.parametrize(("count", "step"), [(35, 300.0), (35, 15.0), (600, 100.0)])
def test_ward_like_polygons_at_their_points_and_edges(count: int, step: float) -> None:
    shapes = ward_polygons(count, step, seed=count)
    rng = np.random.default_rng(1)
    vertices = shapely.get_coordinates(shapes)
    vertices = vertices[rng.choice(len(vertices) - 1, 1_500, replace=False)]
    xy = np.vstack(
        [
            rng.uniform([559_000, 159_000], [581_000, 181_000], (3_000, 2)),
            vertices,
            np.nextafter(vertices, vertices + rng.choice([-1, 0, 1], vertices.shape)),
            np.column_stack([rng.permutation(vertices[:, 0]), vertices[:, 1]]),
        ]
    )
    found = PolygonIndex(shapes, few_points=0).assign(xy)
    np.testing.assert_array_equal(found, by_tree(shapes, xy))
    assert len(np.unique(found)) > 20


def test_the_points_are_read_where_they_lie_and_left_alone() -> None:
    index = PolygonIndex(list(nine_wards().frame.geometry), few_points=0)
    rng = np.random.default_rng(3)
    xy = rng.integers([X0 - 500, Y0 - 500], [X0 + 3 * SIDE, Y0 + 3 * SIDE], (1_000, 2))
    plain = xy.astype(np.float64)
    expected = index.assign(plain)
    assert set(expected) == set(range(-1, 9))
    wide = np.zeros((2_000, 5))
    wide[::2, 1], wide[::2, 4] = plain.T
    locked = plain.copy()
    locked.flags.writeable = False
    frame = pd.DataFrame(plain, columns=["x", "y"])
    layouts = [xy, np.asfortranarray(plain), wide[::2, 1::3], locked, plain[::-1][::-1],
               frame.to_numpy(), plain.tolist(), plain.astype(object), xy.astype(np.int32),
               plain.astype(">f8")]  # fmt: skip
    for layout in layouts:
        np.testing.assert_array_equal(index.assign(layout), expected)
    np.testing.assert_array_equal(plain, xy)


def test_the_polygons_can_be_changed_afterwards() -> None:
    shapes = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    index = PolygonIndex(shapes, few_points=0)
    shapes[:] = None
    assert index.assign([[1.5, 0.5]]).tolist() == [1]


@pytest.mark.parametrize(
    ("xy", "message"),
    [
        ([1.0, 2.0], r"shape \(n, 2\).*got shape \(2,\)"),
        ([[1.0, 2.0, 3.0]], r"got shape \(1, 3\)"),
        (np.zeros((4, 0)), r"got shape \(4, 0\)"),
        ([["a", "b"]], "must be numbers"),
        ([[None, "b"]], "must be numbers"),
        ("text", "must be numbers"),
        ([[1, 2], [3]], "rows of different lengths"),
        ([[10**400, 1]], "must be numbers"),
        (None, "shape"),
        ([[1j, 2]], "must be numbers; got complex128"),
    ],
)
def test_what_are_no_points_is_refused(xy: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        PolygonIndex([shapely.box(0, 0, 1, 1)]).assign(xy)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([shapely.box(0, 0, 1, 1), shapely.Point(0, 0)], "got a Point at position 1"),
        ([shapely.GeometryCollection()], "got a GeometryCollection at position 0"),
        (["POLYGON EMPTY"], "got a str at position 0"),
    ],
)
def test_what_are_no_polygons_is_refused(shapes: list[Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        PolygonIndex(shapes)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_polygons_of_no_place_are_refused(value: float) -> None:
    with np.errstate(invalid="ignore"):
        broken = shapely.Polygon([(0, 0), (1, value), (1, 1), (0, 0)])
    with pytest.raises(UsageError, match="must be finite numbers"):
        PolygonIndex([broken])


def test_wards_answer_alike_below_and_above_the_number_worth_a_grid() -> None:
    wards = nine_wards()
    # snapped to 250 m: a twelfth of them on the wards' edges
    steps = np.random.default_rng(4).integers(-2, 39, (200_000, 2))
    xy = steps * 250.0 + [X0, Y0]
    few = wards.assign(xy[:500])
    np.testing.assert_array_equal(wards.assign(xy)[:500], few)
    # by hand: the first ward whose closed square holds the point
    col, row = (np.maximum(-(-steps // 12) - 1, 0)).T
    inside = ((steps >= 0) & (steps <= 36)).all(axis=1)
    np.testing.assert_array_equal(wards.assign(xy), np.where(inside, row * 3 + col, -1))


@pytest.fixture(scope="module")
def kent(real_data: Path) -> Wards:
    folder = real_data / "uk-geojson" / "wards"
    return read_wards([folder / "E07000109.json", folder / "E07000107.json"], "2013")


def test_real_incidents_and_what_lies_on_real_edges(kent: Wards, real_data: Path) -> None:
    files = sorted((real_data / "police-uk-kent").glob("*/*-kent-street.csv*"))
    degrees = pd.concat([pd.read_csv(f, usecols=["Longitude", "Latitude"]) for f in files])
    east, north = pyproj.Transformer.from_crs(4326, 27700, always_xy=True).transform(
        *degrees.dropna().to_numpy().T
    )
    shapes = kent.frame.geometry.to_numpy()
    vertices = shapely.get_coordinates(shapes)
    xy = np.vstack([np.column_stack([east, north]), vertices, np.round(vertices)])
    found = PolygonIndex(shapes, few_points=0).assign(xy)
    assert (found[: len(east)] >= 0).sum() == 30_608
    assert (found[len(east) : len(east) + len(vertices)] >= 0).all()
    # the two districts' rectangle is a quarter of the county: the rest is outside by its bounds
    near = np.flatnonzero(found >= 0)[::4]
    np.testing.assert_array_equal(found[near], by_tree(shapes, xy[near]))
    outside = np.flatnonzero(found < 0)[::40]
    np.testing.assert_array_equal(by_tree(shapes, xy[outside]), -1)
