"""Clusters of points without a grid: DBSCAN and HDBSCAN, with an outline for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.checks import one_of, positive, real, whole
from hotspots.clustering.points import checked_xy
from hotspots.errors import UsageError

Array = NDArray[np.float64]
Labels = NDArray[np.int64]
Method = Literal["hdbscan", "dbscan"]
NOISE = -1
#: Beyond this a coordinate is no place on earth in metres.
_FARTHEST_M = 1e9
#: A margin below this is lost in the rounding of grid coordinates, or is no margin.
_LEAST_MARGIN_M = 0.01


@dataclass(frozen=True, eq=False)
class PointCluster:
    """One cluster.

    Attributes
    ----------
    label : int
        Its number in ``PointClusters.labels``.
    incidents, locations : int
        Incidents, and distinct coordinates among them. A cluster of one location says that the
        location repeats, which points moved to map locations do by themselves.
    polygon : shapely Polygon
        Concave hull of its points with a margin all round, metres. It holds every point of the
        cluster, and may hold noise or meet another cluster's.
    area_km2, intensity_per_km2 : float
        The outline's area, above 0, and the cluster's incidents per km2 of it.
    probability : float
        Mean of its incidents' membership probabilities; 1 for DBSCAN.
    """

    label: int
    incidents: int
    locations: int
    polygon: Any
    area_km2: float
    intensity_per_km2: float
    probability: float


@dataclass(frozen=True, eq=False)
class PointClusters:
    """Clusters of points.

    Attributes
    ----------
    labels : ndarray of int, shape (n,)
        0, 1, ... by number of incidents, the largest first; of equals the one whose westernmost
        point lies farthest west, then south. -1 for noise.
    probability : ndarray, shape (n,)
        HDBSCAN: how strongly each incident belongs to its cluster, 0 to 1. DBSCAN has no such
        measure: 1. Noise: 0.
    clusters : tuple of PointCluster
        In order of the labels.
    """

    labels: Labels
    probability: Array
    clusters: tuple[PointCluster, ...]


def point_clusters(
    xy: ArrayLike,
    method: Method = "hdbscan",
    min_incidents: int = 10,
    distance_m: float | None = None,
    min_samples: int | None = None,
    allow_single_cluster: bool = False,
    concave_ratio: float = 0.3,
    margin_m: float = 25.0,
) -> PointClusters:
    """Return clusters of incidents and their outlines.

    A cluster is a place denser than its surroundings. It is no hot spot: nothing is tested, and
    points spread by pure chance have clusters too (HDBSCAN finds two to eight in 300 of them).

    Repeated coordinates: DBSCAN is given each location once with its incidents as weight, which
    is the same and quick. HDBSCAN takes no weights and is given every incident. Where
    ``min_samples`` incidents or more share one location, it is infinitely dense: it becomes a
    cluster of its own when it has ``min_incidents``, and its incidents have probability 1. On
    points moved to map locations it so finds the busy locations one by one: take DBSCAN.

    Parameters
    ----------
    xy : array_like, shape (n, 2)
        Incidents, metres. The order of the rows does not matter. Empty input, or fewer incidents
        than ``min_incidents`` or ``min_samples``, has no cluster.
    method : {"hdbscan", "dbscan"}
        "hdbscan" finds clusters of different densities; "dbscan" those above one density, that
        of ``min_incidents`` within ``distance_m``.
    min_incidents : int
        HDBSCAN: incidents of the smallest cluster, at least 2. DBSCAN: incidents within
        ``distance_m`` of one, itself included, that make it the core of a cluster, at least 1.
    distance_m : float, optional
        DBSCAN only, and required there: the neighbourhood's radius, metres.
    min_samples : int, optional
        HDBSCAN only: incidents that make a neighbourhood dense (more leave more as noise);
        ``min_incidents`` by default.
    allow_single_cluster : bool
        HDBSCAN only: whether all incidents may be one cluster. Without it, incidents that all lie
        on one location are noise.
    concave_ratio : float
        Of the outline, 0 (as concave as can be) to 1 (convex).
    margin_m : float
        Width that the outline lies outside the points, metres, at least 0.01, so that one
        location, or several on a line, have an area too.

    Raises
    ------
    UsageError
        If a coordinate is not a finite number of metres, or a parameter is unknown, missing or out
        of range.

    References
    ----------
    Campello, R. J. G. B., Moulavi, D. and Sander, J. (2013), doi:10.1007/978-3-642-37456-2_14.
    Ester, M., Kriegel, H.-P., Sander, J. and Xu, X. (1996), A density-based algorithm for
    discovering clusters in large spatial databases with noise, KDD-96, 226-231. Computed by
    scikit-learn's ``HDBSCAN`` and ``DBSCAN``; outlines by GEOS's concave hull.
    """
    points = _checked(xy)
    margin = positive("margin_m", margin_m)
    if not _LEAST_MARGIN_M <= margin <= _FARTHEST_M:
        raise UsageError(
            f"margin_m must be metres, from {_LEAST_MARGIN_M:g} to {_FARTHEST_M:g}; got "
            f"{margin:g}: take 25."
        )
    one_of("method", method, ("hdbscan", "dbscan"))
    if not 0 <= real(concave_ratio) <= 1:
        raise UsageError(f"concave_ratio must be between 0 and 1; got {concave_ratio!r}.")
    if method == "dbscan":
        if min_samples is not None or allow_single_cluster:
            raise UsageError(
                'min_samples and allow_single_cluster must be left out with method="dbscan"; got '
                "one of them: give min_incidents and distance_m."
            )
        raw, probability = _dbscan(points, distance_m, min_incidents)
    else:
        if distance_m is not None:
            raise UsageError(
                f'distance_m must be left out with method="hdbscan", which has no distance; got '
                f'{distance_m!r}: take method="dbscan".'
            )
        samples = min_incidents if min_samples is None else min_samples
        raw, probability = _hdbscan(points, min_incidents, samples, allow_single_cluster)
    labels = _numbered(points, raw)
    found = []
    for label in range(int(labels.max(initial=NOISE)) + 1):
        mine = labels == label
        found.append(_cluster(label, points[mine], probability[mine], concave_ratio, margin))
    return PointClusters(labels, probability, tuple(found))


def _checked(xy: ArrayLike) -> Array:
    points = checked_xy(xy)
    if not (np.abs(points) <= _FARTHEST_M).all():
        raise UsageError(
            f"Coordinates must be metres within {_FARTHEST_M:g}; got larger ones: check the CRS."
        )
    return points


def _dbscan(points: Array, distance_m: float | None, min_incidents: int) -> tuple[Labels, Array]:
    from sklearn.cluster import DBSCAN

    whole("min_incidents", min_incidents, 1)
    if distance_m is None:
        raise UsageError(
            'method="dbscan" must have distance_m; got none: give the radius in metres within '
            "which min_incidents make a cluster."
        )
    radius = positive("distance_m", distance_m)
    if len(points) < min_incidents:
        return _all_noise(points)
    # distinct locations are in order of their coordinates: a point between two clusters then
    # belongs to the same one whatever the order of the rows
    locations, at, weights = np.unique(points, axis=0, return_inverse=True, return_counts=True)
    fitted = DBSCAN(eps=radius, min_samples=int(min_incidents)).fit(
        locations, sample_weight=weights
    )
    labels = fitted.labels_[at.ravel()].astype(np.int64)
    return labels, (labels != NOISE).astype(np.float64)


def _hdbscan(
    points: Array, min_incidents: int, min_samples: int, single: bool
) -> tuple[Labels, Array]:
    from sklearn.cluster import HDBSCAN

    whole("min_incidents", min_incidents, 2)
    whole("min_samples", min_samples, 1)
    if len(points) < max(min_incidents, min_samples):
        return _all_noise(points)
    order = np.lexsort(points.T)  # ties between equal distances: not by the order of the rows
    fitted = HDBSCAN(
        min_cluster_size=int(min_incidents),
        min_samples=int(min_samples),
        allow_single_cluster=single,
        copy=True,
    ).fit(points[order])
    labels, probability = np.empty(len(points), dtype=np.int64), np.empty(len(points))
    labels[order], probability[order] = fitted.labels_, fitted.probabilities_
    return labels, probability


def _all_noise(points: Array) -> tuple[Labels, Array]:
    return np.full(len(points), NOISE, dtype=np.int64), np.zeros(len(points))


def _numbered(points: Array, raw: Labels) -> Labels:
    """Number the clusters by incidents, the largest first, then from the west."""
    clustered = raw >= 0
    old, incidents = np.unique(raw[clustered], return_counts=True)
    if old.size == 0:
        return raw
    from_west = np.lexsort((points[:, 1], points[:, 0]))
    from_west = from_west[clustered[from_west]]
    _, westernmost = np.unique(raw[from_west], return_index=True)
    new = np.full(int(old.max()) + 1, NOISE, dtype=np.int64)
    new[old[np.lexsort((westernmost, -incidents))]] = np.arange(old.size)
    return np.where(clustered, new[raw], NOISE)


def _cluster(
    label: int, points: Array, probability: Array, concave_ratio: float, margin_m: float
) -> PointCluster:
    locations = np.unique(points, axis=0)
    hull = shapely.concave_hull(shapely.MultiPoint(locations), ratio=concave_ratio)
    polygon = shapely.buffer(hull, margin_m)
    area_km2 = float(polygon.area) / 1e6
    return PointCluster(
        label=label,
        incidents=len(points),
        locations=len(locations),
        polygon=polygon,
        area_km2=area_km2,
        intensity_per_km2=len(points) / area_km2,
        probability=float(probability.mean()),
    )
