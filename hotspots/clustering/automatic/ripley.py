"""A distance band by Ripley's L: where incidents have most others around them, beyond chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from hotspots.clustering.automatic.choice import Choice, distance_said, metres, whole_rings
from hotspots.clustering.automatic.spacing import (
    checked_distances,
    not_below,
    spacing_of_points,
    spacing_said,
)
from hotspots.clustering.checks import generator, positive
from hotspots.clustering.points import checked_xy
from hotspots.errors import UsageError

Array = NDArray[np.float64]

#: Steps of distance that are tried by default.
STEPS = 40

#: Ripley's L counts the neighbours of at most so many incidents, drawn at random beyond.
MOST_CENTRES = 4_000


def ripley_l(
    xy: ArrayLike, study_area: Any, distances_m: ArrayLike, seed: int = 0
) -> tuple[Array, Array]:
    """Return Ripley's K and L(d) - d, corrected for the edge by the border method.

    K(d) is the mean number of other incidents within d of an incident that lies at least d from
    the edge, over the incidents per m2 of the whole area; L = sqrt(K / pi), which is d where
    incidents are spread by chance.

    Parameters
    ----------
    xy : array_like, shape (n, 2)
        Metres; those outside the study area are not used. Incidents at one point are neighbours
        at distance 0.
    study_area : shapely Polygon or MultiPolygon
    distances_m : array_like, shape (k,)
    seed : int
        Beyond 4,000 incidents the neighbours of as many drawn at random are counted.

    Returns
    -------
    k, l_less_d : ndarray, shape (k,)
        m2 and metres; NaN at distances that no incident is from the edge.

    Raises
    ------
    UsageError
        If there are fewer than two incidents in the area, it is no polygon, or a distance is not
        above 0.

    References
    ----------
    Ripley, B. D. (1977), doi:10.1111/j.2517-6161.1977.tb01615.x. Border correction: Ripley, B. D.
    (1988), Statistical Inference for Spatial Processes, chapter 3. L: Besag, J. (1977), in the
    discussion of the former.
    """
    at = checked_distances(distances_m)
    if not isinstance(study_area, shapely.Polygon | shapely.MultiPolygon) or study_area.is_empty:
        raise UsageError(
            f"study_area must be a shapely Polygon or MultiPolygon; got {study_area!r:.60}: give "
            "the wards' union."
        )
    points = checked_xy(xy)
    shapely.prepare(study_area)
    points = points[shapely.intersects_xy(study_area, points)]
    if len(points) < 2:
        raise UsageError(
            f"Ripley's K needs at least two incidents in the study area; got {len(points)}: take "
            "a longer period."
        )
    centres = points
    if len(points) > MOST_CENTRES:
        centres = generator(seed).choice(points, MOST_CENTRES, replace=False)
    to_edge = shapely.distance(shapely.points(centres), study_area.boundary)
    places, weight = np.unique(points, axis=0, return_counts=True)
    k = _k(centres, to_edge, places, weight, at) * study_area.area / len(points)
    return k, np.sqrt(k / np.pi) - at


def ripley_distance(
    xy: ArrayLike,
    study_area: Any,
    cell_size_m: float,
    distances_m: ArrayLike | None = None,
    seed: int = 0,
) -> Choice:
    """Return the distance at which incidents have most others around them: greatest L(d) - d.

    Parameters
    ----------
    xy, study_area, seed
        As in ``ripley_l``.
    cell_size_m : float
        The adjusted value reaches whole rings of these cells.
    distances_m : array_like, optional
        By default 40 equal steps to a quarter of the shorter side of the area's bounds, or to
        3 km where that is less.

    Raises
    ------
    UsageError
        As ``ripley_l``; also if no incident is far enough from the edge.
    """
    side = positive("cell_size_m", cell_size_m)
    points = checked_xy(xy)
    spacing = spacing_of_points(points)
    if distances_m is None:
        west, south, east, north = getattr(study_area, "bounds", (0.0, 0.0, 1.0, 1.0))
        top = min(3_000.0, min(east - west, north - south) / 4)
        distances_m = np.linspace(top / STEPS, top, STEPS)
    at = not_below(checked_distances(distances_m), spacing)
    _, more = ripley_l(points, study_area, at, seed)
    if np.isnan(more).all():
        raise UsageError(
            "Some incident must be as far from the edge as the shortest distance tried "
            f"({metres(float(at[0]))}); got none: take shorter distances."
        )
    best = int(np.nanargmax(more))
    value = float(at[best])
    adjusted = whole_rings(value, side)
    said = (
        f"Incidents have most others around them, beyond chance, within {metres(value)} "
        f"(Ripley's L less the distance is {metres(float(more[best]))} there)"
        if more[best] > 0
        else f"At no distance do incidents have more others around them than by chance; the least "
        f"short of it is {metres(value)}"
    )
    return Choice(
        "distance_m",
        "ripley",
        value,
        adjusted,
        f"{said}{distance_said(value, adjusted)}{spacing_said(spacing)}.",
        at,
        more,
        "L(d) - d, metres",
    )


def _k(centres: Array, to_edge: Array, places: Array, weight: NDArray[Any], at: Array) -> Array:
    """Return the mean number of other incidents within each distance of the centres inside it."""
    near = cKDTree(centres).sparse_distance_matrix(
        cKDTree(places), float(at.max()) * (1 + 1e-12), output_type="ndarray"
    )
    # a centre counts from the distance of its neighbour on, up to its own distance to the edge
    first = np.searchsorted(at, near["v"])
    after = np.searchsorted(at, to_edge[near["i"]], side="right")
    reached = first < after
    given = weight[near["j"]].astype(np.float64)
    change = np.bincount(first[reached], given[reached], len(at) + 1)
    change -= np.bincount(after[reached], given[reached], len(at) + 1)
    inside = (to_edge[:, None] >= at).sum(axis=0).astype(np.float64)
    # each centre found itself
    total = np.cumsum(change)[:-1] - inside
    found: Array = np.divide(total, inside, out=np.full(len(at), np.nan), where=inside > 0)
    return found
