"""Gi* on polygons, through PySAL: queen contiguity, binary weights, the polygon itself included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.significance import benjamini_hochberg, sum_tail
from hotspots.errors import UsageError

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PolygonGiStar:
    """Gi* of each polygon; arrays of shape (n,).

    Attributes
    ----------
    z_score : ndarray
        0 where nothing can stand out (all values equal, or neighbours with everyone).
    p_value, p_adjusted : ndarray
        One-sided for "hot": the exact randomisation tail; Benjamini-Hochberg over the polygons.
    neighbours : ndarray
        Polygons in the neighbourhood, the polygon itself included.
    islands : tuple of int
        Positions without a neighbour; their neighbourhood is themselves alone.
    """

    z_score: Array
    p_value: Array
    p_adjusted: Array
    neighbours: NDArray[np.int64]
    islands: tuple[int, ...]


def queen_neighbours(geometries: Sequence[Any]) -> tuple[tuple[int, ...], ...]:
    """Return each polygon's queen neighbours (a shared edge or vertex), by position.

    Parameters
    ----------
    geometries : sequence of shapely polygons
        In one CRS. An island has no neighbours.
    """
    from libpysal.weights import Queen  # 1 s to import: only where it is used

    if len(geometries) == 0:
        return ()
    w = Queen.from_iterable(list(geometries), silence_warnings=True)
    return tuple(tuple(sorted(w.neighbors[i])) for i in range(len(geometries)))


def polygon_gi_star(counts: ArrayLike, neighbours: Sequence[Sequence[int]]) -> PolygonGiStar:
    """Return Gi* of the counts of polygons.

    Parameters
    ----------
    counts : array_like of whole numbers, shape (n,)
        Incidents per polygon.
    neighbours : sequence of sequences of int
        Each polygon's neighbours by position, without itself.

    Raises
    ------
    UsageError
        If lengths differ or a count is not a whole number of at least 0.

    References
    ----------
    Ord, J. K. and Getis, A. (1995), doi:10.1111/j.1538-4632.1995.tb00912.x; computed by
    ``esda.G_Local`` with ``transform="B", star=True``.
    """
    y = np.asarray(counts, dtype=np.float64)
    if y.shape != (len(neighbours),):
        raise UsageError(
            f"counts must have one value a polygon ({len(neighbours)}); got shape {y.shape}."
        )
    sums = np.array([y[i] + y[list(near)].sum() for i, near in enumerate(neighbours)])
    size = np.array([1 + len(near) for near in neighbours], dtype=np.int64)
    upper, _ = sum_tail(y, sums, size)
    return PolygonGiStar(
        z_score=_z(y, neighbours, size),
        p_value=upper,
        p_adjusted=benjamini_hochberg(upper),
        neighbours=size,
        islands=tuple(i for i, near in enumerate(neighbours) if not near),
    )


def _z(y: Array, neighbours: Sequence[Sequence[int]], size: NDArray[np.int64]) -> Array:
    if y.size < 2 or np.ptp(y) == 0:
        return np.zeros(y.size)
    from esda import G_Local
    from libpysal.weights import W

    w = W({i: [i, *near] for i, near in enumerate(neighbours)}, silence_warnings=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = G_Local(y, w, transform="B", star=True, permutations=0)
    z = np.asarray(found.Zs, dtype=np.float64)
    return np.where(size < y.size, z, 0.0)
