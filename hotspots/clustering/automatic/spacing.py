"""How far apart the points are that incidents were moved to: no shorter length means anything."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from hotspots.clustering.automatic.choice import metres
from hotspots.clustering.checks import real
from hotspots.clustering.numbers import floats
from hotspots.clustering.points import checked_xy
from hotspots.errors import UsageError

Array = NDArray[np.float64]

#: From this share of incidents on shared points on, the points are taken to be the publisher's;
#: homes and shops that suffer again and again stay well below it.
MOVED_SHARE = 0.5


def spacing_of_points(xy: ArrayLike) -> float:
    """Return the median distance from a point that is used to the nearest other one, metres.

    0 where less than half of the incidents share a point with another: then places are exact, as
    far as can be told. Fewer than two distinct points give 0.
    """
    points = checked_xy(xy)
    places, counts = np.unique(points, axis=0, return_counts=True)
    if len(places) < 2 or counts[counts > 1].sum() < MOVED_SHARE * len(points):
        return 0.0
    nearest, _ = cKDTree(places).query(places, k=2)
    return float(np.median(nearest[:, 1]))


def finest_length(points: Array, resolution_m: float) -> tuple[float, float]:
    """Return the spacing of moved points, and the finest length that means anything."""
    given = real(resolution_m)
    if not 0 <= given < math.inf:
        raise UsageError(
            f"resolution_m must be a finite number of at least 0; got {resolution_m!r}."
        )
    spacing = spacing_of_points(points)
    return spacing, max(spacing, given)


def finest_said(spacing: float, finest: float, value: float) -> str:
    """Return why a length was not made shorter, or that the points are moved; "" if neither."""
    if finest <= value:
        return spacing_said(spacing)
    if spacing == finest:
        return (
            f", because the places were moved to points about {metres(spacing)} apart and "
            "shorter distances mean nothing"
        )
    return f", because the places are exact to {metres(finest)} only"


def spacing_said(spacing: float) -> str:
    """Return that incidents share points so far apart; "" where they do not."""
    if not spacing:
        return ""
    return (
        f"; incidents share points about {metres(spacing)} apart, and shorter distances mean "
        "nothing"
    )


def checked_distances(distances_m: ArrayLike) -> Array:
    """Return rising distances, each once, or raise a UsageError."""
    at = floats("distances_m", distances_m)
    if at.ndim != 1 or not len(at) or not (np.isfinite(at).all() and (at > 0).all()):
        raise UsageError("distances_m must be at least one finite number above 0; got others.")
    return np.unique(at)


def not_below(at: Array, spacing_m: float) -> Array:
    """Return the distances that reach the next point, or raise a UsageError if none does."""
    spacing = real(spacing_m)
    if not 0 <= spacing < math.inf:
        raise UsageError(f"spacing_m must be a finite number of at least 0; got {spacing_m!r}.")
    kept = at[at >= spacing]
    if not len(kept):
        raise UsageError(
            f"A distance must reach the next point, {metres(spacing)} away; got at most "
            f"{metres(float(at.max()))}: give longer distances."
        )
    return kept
