"""Points to polygons against shapely's exact predicate, on shapes made to be awkward."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hotspots.jit import limit_threads
from hotspots.locate import PolygonIndex

Points = NDArray[np.float64]
SIDE = 8
#: whole and half numbers from one below to one above: on edges, on vertices, beside and outside
LATTICE = np.stack(np.meshgrid(*[np.arange(-1, SIDE + 1.5, 0.5)] * 2), axis=-1).reshape(-1, 2)

corners = st.tuples(st.integers(0, SIDE), st.integers(0, SIDE))
rings = st.lists(corners, min_size=3, max_size=9)
grids = st.sampled_from([None, 1, 7, 60, 2_000])
#: exact in floating point, and not: scale and the south-west corner
frames = st.sampled_from(
    [(1.0, 0.0, 0.0), (100.0, 6e5, 1.8e5), (1.1, 561_234.1, 172_345.7), (1e-3, 0.3, -0.7)]
)


@st.composite
def any_polygons(draw: st.DrawFn) -> list[Any]:
    """Rings of whole numbers as they come: they cross themselves, their holes lie anywhere."""
    parts = st.builds(shapely.Polygon, rings, st.lists(rings, max_size=2))
    several = st.lists(parts, max_size=3).map(shapely.MultiPolygon)
    empty = st.sampled_from([None, shapely.Polygon(), shapely.MultiPolygon()])
    return draw(st.lists(st.one_of(parts, several, empty), max_size=5))


@st.composite
def tilings(draw: st.DrawFn) -> list[Any]:
    """Valid polygons that share edges and vertices, with slivers, holes and islands in them."""
    sites = draw(st.lists(corners, min_size=3, max_size=12, unique=True))
    box = shapely.box(-1, -1, SIDE + 1, SIDE + 1)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(sites), extend_to=box))
    cells = shapely.segmentize(shapely.intersection(cells, box), 0.7)
    cut = draw(st.integers(0, len(cells) - 1))
    island = cells[cut].centroid.buffer(draw(st.sampled_from([0.01, 0.5, 2.0])), quad_segs=3)
    rest = shapely.difference(cells, island)
    order = draw(st.permutations([island, *rest]))
    return [shape for shape in order if isinstance(shape, shapely.Polygon | shapely.MultiPolygon)]


def placed(shapes: list[Any], frame: tuple[float, float, float]) -> NDArray[Any]:
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return np.asarray(shapely.transform(array, lambda xy: moved(xy, frame)), dtype=object)


def moved(xy: Points, frame: tuple[float, float, float]) -> Points:
    return xy * frame[0] + [frame[1], frame[2]]


def awkward_points(shapes: NDArray[Any], seed: int) -> Points:
    """Vertices, points along edges, and the floating-point numbers next to both."""
    rng = np.random.default_rng(seed)
    vertices = shapely.get_coordinates(shapes)
    if len(vertices) == 0:
        return np.zeros((1, 2))
    along = rng.random((len(vertices), 1))
    on_edges = vertices + along * (np.roll(vertices, -1, axis=0) - vertices)
    near = np.vstack([vertices, on_edges])
    beside = np.nextafter(near, near + rng.choice([-1.0, 0.0, 1.0], near.shape))
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    level = np.column_stack([rng.uniform(low[0] - 1, high[0] + 1, len(vertices)), vertices[:, 1]])
    return np.vstack([near, beside, level, rng.uniform(low, high, (200, 2))])


def by_predicate(shapes: NDArray[Any], xy: Points) -> NDArray[np.intp]:
    """The lowest polygon that shapely says a point intersects, pair by pair.

    On invalid polygons this and the tree's way to ask do not always agree.
    """
    holds = np.array([shapely.intersects(shape, shapely.points(xy)) for shape in shapes])
    if len(shapes) == 0:
        return np.full(len(xy), -1)
    return np.where(holds.any(axis=0), holds.argmax(axis=0), -1)


def by_tree(shapes: NDArray[Any], xy: Points) -> NDArray[np.intp]:
    found = np.full(len(xy), len(shapes))
    asked, which = shapely.STRtree(shapes).query(shapely.points(xy), predicate="intersects")
    np.minimum.at(found, asked, which)
    return np.where(found < len(shapes), found, -1)


@given(tilings(), frames, grids, st.integers(0, 99))
def test_tilings_give_what_shapely_says(
    shapes: list[Any], frame: tuple[float, float, float], cells: int | None, seed: int
) -> None:
    polygons = placed(shapes, frame)
    polygons = polygons[shapely.is_valid(polygons)]
    xy = np.vstack([moved(LATTICE, frame), awkward_points(polygons, seed)])
    found = PolygonIndex(polygons, few_points=0, cells=cells).assign(xy)
    np.testing.assert_array_equal(found, by_tree(polygons, xy))
    # a step of 5e-324 m off zero underflows in GEOS, in one of its two ways and not in the other
    large = (np.abs(xy) > 1e-150).all(axis=1)
    np.testing.assert_array_equal(found[large], by_predicate(polygons, xy[large]))


@settings(max_examples=300)
@given(any_polygons(), frames, grids, st.integers(0, 99))
def test_overlapping_and_invalid_polygons_too(
    shapes: list[Any], frame: tuple[float, float, float], cells: int | None, seed: int
) -> None:
    polygons = placed(shapes, frame)
    xy = np.vstack([moved(LATTICE, frame), awkward_points(polygons, seed)])
    found = PolygonIndex(polygons, few_points=0, cells=cells).assign(xy)
    np.testing.assert_array_equal(found, by_tree(polygons, xy))


@given(any_polygons(), st.integers(0, 99))
def test_the_tree_alone_and_the_grid_agree(shapes: list[Any], seed: int) -> None:
    polygons = placed(shapes, (1.0, 0.0, 0.0))
    xy = np.vstack([LATTICE, awkward_points(polygons, seed)])
    alone = PolygonIndex(polygons, few_points=len(xy) + 1).assign(xy)
    np.testing.assert_array_equal(PolygonIndex(polygons, few_points=len(xy)).assign(xy), alone)


@given(tilings(), st.integers(0, 99), st.integers(2, 5))
def test_the_number_of_threads_changes_nothing(shapes: list[Any], seed: int, threads: int) -> None:
    polygons = placed(shapes, (100.0, 6e5, 1.8e5))
    rng = np.random.default_rng(seed)
    xy = rng.uniform([5.99e5, 1.79e5], [6.01e5, 1.81e5], (150_000, 2))
    index = PolygonIndex(polygons, few_points=0)
    with limit_threads(1):
        alone = index.assign(xy)
    with limit_threads(threads):
        np.testing.assert_array_equal(index.assign(xy), alone)


@given(any_polygons(), grids, st.randoms(use_true_random=False))
def test_the_order_of_the_points_does_not_matter(
    shapes: list[Any], cells: int | None, random: Any
) -> None:
    index = PolygonIndex(placed(shapes, (1.0, 0.0, 0.0)), few_points=0, cells=cells)
    order = list(range(len(LATTICE)))
    random.shuffle(order)
    np.testing.assert_array_equal(index.assign(LATTICE[order]), index.assign(LATTICE)[order])
