"""Clusters without a grid: scikit-learn's labels, numbered, outlined and counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import cdist
from sklearn.cluster import DBSCAN, HDBSCAN

from hotspots.clustering.point_clusters import PointClusters, point_clusters
from hotspots.errors import UsageError

Array = NDArray[np.float64]
METHODS: list[dict[str, Any]] = [{}, {"method": "dbscan", "distance_m": 150.0}]
ORIGIN = np.array([597_000.0, 167_000.0])


def planted(seed: int = 0) -> tuple[Array, NDArray[np.int64]]:
    """Two dense places in scattered incidents, and which incident belongs to which."""
    rng = np.random.default_rng(seed)
    places = [
        rng.normal([1_500, 1_500], 60, (80, 2)),
        rng.normal([4_500, 4_000], 60, (50, 2)),
        rng.uniform(0, 6_000, (120, 2)),
    ]
    return ORIGIN + np.vstack(places), np.repeat([0, 1, -1], [80, 50, 120])


def same_partition(one: NDArray[Any], two: NDArray[Any]) -> bool:
    table = pd.crosstab(one, two).to_numpy() > 0
    noise = np.array_equal(np.asarray(one) < 0, np.asarray(two) < 0)
    return noise and bool((table.sum(axis=0) == 1).all() and (table.sum(axis=1) == 1).all())


@pytest.mark.parametrize("parameters", METHODS)
def test_planted_places_are_found(parameters: dict[str, Any]) -> None:
    xy, truth = planted()
    found = point_clusters(xy, **parameters)
    densest = sorted(found.clusters, key=lambda c: -c.intensity_per_km2)[:2]
    labels = {c.label for c in densest}
    for place in (0, 1):
        mine = truth == place
        label = int(np.bincount(found.labels[mine] + 1).argmax()) - 1
        assert (found.labels[mine] == label).mean() > 0.9
        assert found.clusters[label].polygon.contains(shapely.Point(xy[mine].mean(axis=0)))
        labels.remove(label)
    assert (found.labels < 0).any()


def test_dbscan_leaves_what_is_scattered() -> None:
    xy, truth = planted()
    found = point_clusters(xy, "dbscan", distance_m=150)
    assert len(found.clusters) == 2
    assert (found.labels[truth < 0] == -1).mean() > 0.95


@pytest.mark.parametrize(("min_incidents", "min_samples"), [(8, 5), (30, 30), (5, 1)])
def test_hdbscan_labels_are_scikit_learns(min_incidents: int, min_samples: int) -> None:
    xy, _ = planted(1)
    # equal distances make its tree depend on the order of the rows: give it ours
    xy = xy[np.lexsort((xy[:, 0], xy[:, 1]))]
    peer = HDBSCAN(min_cluster_size=min_incidents, min_samples=min_samples, copy=True).fit(xy)
    found = point_clusters(xy, min_incidents=min_incidents, min_samples=min_samples)
    assert peer.labels_.max() > 0
    assert same_partition(found.labels, peer.labels_)
    np.testing.assert_array_equal(found.probability, peer.probabilities_)


def test_dbscan_labels_are_scikit_learns() -> None:
    xy, _ = planted(2)
    xy = np.round(xy, -1)  # some repeat
    assert len(np.unique(xy, axis=0)) < len(xy)
    order = np.lexsort((xy[:, 1], xy[:, 0]))
    peer = DBSCAN(eps=120, min_samples=6).fit(xy[order])
    found = point_clusters(xy, "dbscan", min_incidents=6, distance_m=120)
    assert same_partition(found.labels[order], peer.labels_)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=40),
    st.integers(1, 6),
    st.sampled_from([1.0, 1.5, 2.0]),
)
def test_dbscan_is_its_definition(
    cells: list[tuple[int, int]], min_incidents: int, distance_m: float
) -> None:
    xy = np.array(cells, dtype=np.float64)
    found = point_clusters(xy, "dbscan", min_incidents=min_incidents, distance_m=distance_m)
    near = cdist(xy, xy) <= distance_m
    core = near.sum(axis=1) >= min_incidents
    _, parts = connected_components(near[np.ix_(core, core)])
    if core.any():
        assert same_partition(found.labels[core], parts)
    reached = near[:, core].any(axis=1)
    np.testing.assert_array_equal(found.labels >= 0, reached)
    for i in np.nonzero(reached & ~core)[0]:
        assert found.labels[i] in found.labels[core & near[i]]


@pytest.mark.parametrize("parameters", METHODS)
def test_the_order_of_the_rows_does_not_matter(parameters: dict[str, Any]) -> None:
    xy = np.round(planted(3)[0], -1)
    order = np.random.default_rng(0).permutation(len(xy))
    one, two = point_clusters(xy, **parameters), point_clusters(xy[order], **parameters)
    np.testing.assert_array_equal(two.labels, one.labels[order])
    np.testing.assert_array_equal(two.probability, one.probability[order])
    assert [c.area_km2 for c in two.clusters] == [c.area_km2 for c in one.clusters]


@pytest.mark.parametrize("parameters", METHODS)
def test_the_figures_of_a_cluster_are_of_its_incidents(parameters: dict[str, Any]) -> None:
    xy, _ = planted(4)
    found = point_clusters(xy, **parameters)
    incidents = [c.incidents for c in found.clusters]
    assert incidents == sorted(incidents, reverse=True)
    assert sum(incidents) == (found.labels >= 0).sum()
    for c in found.clusters:
        mine = found.labels == c.label
        assert c.incidents == mine.sum()
        assert shapely.contains_xy(c.polygon, *xy[mine].T).all()
        assert c.polygon.is_valid
        assert c.area_km2 == pytest.approx(c.polygon.area / 1e6)
        assert c.intensity_per_km2 == pytest.approx(c.incidents / c.area_km2)
        assert c.probability == pytest.approx(found.probability[mine].mean())
        assert 0 < c.probability <= 1
    assert (found.probability[found.labels < 0] == 0).all()


@pytest.mark.parametrize("parameters", METHODS)
def test_repeated_locations_are_clusters_with_an_area(parameters: dict[str, Any]) -> None:
    xy = ORIGIN + np.repeat([[0.0, 0.0], [3_000.0, 0.0], [0.0, 3_000.0]], [10, 30, 9], axis=0)
    found = point_clusters(xy, margin_m=50, **parameters)
    np.testing.assert_array_equal(found.labels, np.repeat([1, 0, -1], [10, 30, 9]))
    assert [(c.incidents, c.locations) for c in found.clusters] == [(30, 1), (10, 1)]
    for c in found.clusters:
        assert c.area_km2 == pytest.approx(np.pi * 0.05**2, rel=0.01)
        assert c.probability == 1


def test_busy_locations_that_are_near_are_one_by_one_to_hdbscan_and_one_to_dbscan() -> None:
    spots = np.array([[0.0, 0.0], [40.0, 0.0], [5_000.0, 0.0]])
    xy = ORIGIN + np.repeat(spots, 12, axis=0)
    assert [c.locations for c in point_clusters(xy).clusters] == [1, 1, 1]
    joined = point_clusters(xy, "dbscan", distance_m=100)
    assert [(c.incidents, c.locations) for c in joined.clusters] == [(24, 2), (12, 1)]


def test_the_least_margin_is_an_area_wherever_the_place_is() -> None:
    for far in (0.0, 560_000.0, 1e9):
        xy = np.full((20, 2), far)
        found = point_clusters(xy, "dbscan", distance_m=10, margin_m=0.01).clusters
        assert found[0].area_km2 * 1e6 == pytest.approx(np.pi * 0.01**2, rel=0.02)
        assert np.isfinite(found[0].intensity_per_km2)


def test_incidents_on_a_line_have_an_area() -> None:
    xy = ORIGIN + np.column_stack([np.arange(20) * 10.0, np.arange(20) * 10.0])
    (line,) = point_clusters(xy, "dbscan", 3, 20, margin_m=10).clusters
    length = 190 * np.sqrt(2)
    assert line.area_km2 * 1e6 == pytest.approx(length * 20 + np.pi * 100, rel=0.01)


def test_the_ratio_makes_an_outline_concave() -> None:
    rng = np.random.default_rng(0)
    angle, radius = rng.uniform(0, 1.5 * np.pi, 600), rng.uniform(900, 1_100, 600)
    xy = ORIGIN + radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    areas = [
        point_clusters(xy, "dbscan", 3, 100, concave_ratio=ratio).clusters[0].area_km2
        for ratio in (0.1, 1.0)
    ]
    # three quarters of a ring 200 m wide
    assert areas[0] < 2 * 0.75 * np.pi * (1.1**2 - 0.9**2) < areas[1]
    hull = shapely.MultiPoint(xy).convex_hull.buffer(25)
    assert areas[1] == pytest.approx(hull.area / 1e6, rel=1e-4)


def test_all_on_one_location_is_noise_to_hdbscan_unless_one_cluster_is_allowed() -> None:
    xy = np.repeat([ORIGIN], 20, axis=0)
    assert point_clusters(xy).clusters == ()
    (one,) = point_clusters(xy, allow_single_cluster=True).clusters
    assert (one.incidents, one.locations) == (20, 1)


def test_chance_has_clusters_too() -> None:
    # what the words say: a cluster is no hot spot
    xy = np.random.default_rng(0).uniform(0, 6_000, (300, 2))
    assert len(point_clusters(xy).clusters) >= 2


@pytest.mark.parametrize("parameters", METHODS)
@pytest.mark.parametrize("n", [0, 1, 2, 9])
def test_too_few_incidents_are_noise(parameters: dict[str, Any], n: int) -> None:
    xy = np.repeat([ORIGIN], n, axis=0)
    found: PointClusters = point_clusters(xy, **parameters)
    assert found.clusters == ()
    assert found.labels.tolist() == [-1] * n
    assert found.probability.tolist() == [0.0] * n
    assert point_clusters([], **parameters).labels.shape == (0,)


def test_fewer_than_min_samples_are_noise() -> None:
    xy = planted()[0][:12]
    assert point_clusters(xy, min_incidents=5, min_samples=13).clusters == ()


def test_arguments_are_left_alone() -> None:
    xy, _ = planted()
    copy = xy.copy()
    for parameters in METHODS:
        point_clusters(xy, **parameters)
    np.testing.assert_array_equal(xy, copy)


@pytest.mark.parametrize(
    ("xy", "parameters", "message"),
    [
        ([[0, np.nan]], {}, "finite numbers"),
        ([[0, np.inf]], {}, "finite numbers"),
        ([[0, 1e200]], {}, "metres within 1e\\+09"),
        ([[0, 1, 2]], {}, r"shape \(n, 2\)"),
        ([0, 1], {}, r"shape \(n, 2\)"),
        ([[0, 0]], {"method": "kmeans"}, "method must be one of"),
        ([[0, 0]], {"method": "dbscan"}, "must have distance_m"),
        ([[0, 0]], {"method": "dbscan", "distance_m": 0}, "distance_m must be"),
        ([[0, 0]], {"method": "dbscan", "distance_m": 9, "min_samples": 3}, "must be left out"),
        ([[0, 0]], {"method": "dbscan", "distance_m": 9, "min_incidents": 0}, "min_incidents"),
        ([[0, 0]], {"min_incidents": 1}, "min_incidents must be a whole number of at least 2"),
        ([[0, 0]], {"min_incidents": 2.5}, "min_incidents must be a whole number"),
        ([[0, 0]], {"min_samples": np.nan}, "min_samples must be a whole number"),
        ([[0, 0]], {"distance_m": 100}, "distance_m must be left out"),
        ([[0, 0]], {"method": "dbscan", "distance_m": np.nan}, "distance_m must be"),
        ([[0, 0]], {"concave_ratio": 1.5}, "concave_ratio must be"),
        ([[0, 0]], {"margin_m": 0}, "margin_m must be"),
        ([[0, 0]], {"margin_m": 1e300}, "margin_m must be"),
        ([[0, 0]], {"margin_m": 1e-12}, "margin_m must be metres, from 0.01"),
        ([[0, 0]], {"margin_m": "a"}, "margin_m must be"),
        ([[0, 0]], {"concave_ratio": "a"}, "concave_ratio must be"),
        ([[0, 0]], {"method": None}, "method must be one of"),
        ([[0, 0]], {"method": "dbscan", "distance_m": "a"}, "distance_m must be"),
        ([["a", "b"]], {}, "must be numbers"),
        ([[0, 1], [2]], {}, "must be numbers"),
    ],
)
def test_what_cannot_be_clustered_is_refused(
    xy: Any, parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        point_clusters(xy, **parameters)
