"""The same statistics from PySAL itself, for whoever must show that ours are the field's."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.kinds import Seed
from hotspots.clustering.local_moran import local_moran
from hotspots.clustering.polygons import (
    Neighbours,
    polygon_gi_star,
    to_pysal,
    values_of_polygons,
)
from hotspots.errors import UsageError

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PysalCheck:
    """Gi* and local Moran as PySAL computes them; arrays of shape (n,).

    Attributes
    ----------
    gi_star_z, local_i : ndarray
        ``esda.G_Local(transform="B", star=True)`` and ``esda.Moran_Local(transformation="r")``.
    gi_star_p_sim, local_moran_p_sim : ndarray or None
        PySAL's pseudo p-values, of the smaller side; None without permutations.
    largest_difference : float
        The largest difference of the two statistics from ``polygon_gi_star`` and
        ``local_moran``.
    islands : tuple of int
        Positions without a neighbour, at which Moran is not compared (PySAL has NaN there).
    """

    gi_star_z: Array
    local_i: Array
    gi_star_p_sim: Array | None
    local_moran_p_sim: Array | None
    largest_difference: float
    islands: tuple[int, ...]


def check_with_pysal(
    values: ArrayLike, neighbours: Neighbours, permutations: int = 0, seed: Seed = 0
) -> PysalCheck:
    """Compute Gi* and local Moran of polygons with PySAL, and compare them with ours.

    PySAL takes seconds to load, and tens of seconds more to compile its permutations.

    Parameters
    ----------
    values : array_like, shape (n,)
        Finite, at least two of them different.
    neighbours : sequence of sequences of int, length n
        Each polygon's neighbours by position, without itself.
    permutations : int
        Conditional permutations for PySAL's pseudo p-values; 0 leaves them out.
    seed : int
        For PySAL's permutations.

    Raises
    ------
    UsageError
        If lengths differ, a value is not finite, or all values are equal.

    References
    ----------
    Rey, S. J. and Anselin, L. (2007), PySAL: a Python library of spatial analytical methods,
    doi:10.52324/001c.8285.
    """
    y = values_of_polygons("values", values, len(neighbours))
    if y.size < 2 or np.ptp(y) == 0:
        raise UsageError("PySAL needs at least two polygons with different values; got none.")
    from esda import G_Local, Moran_Local  # seconds to import: only where it is used

    ours = polygon_gi_star(y, neighbours, "permutation", 1)
    moran = local_moran(y, neighbours, 1)
    options: dict[str, Any] = {"permutations": permutations, "seed": seed, "n_jobs": 1}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # islands, and PySAL's notices of coming changes
        gi = G_Local(y, _with_itself(neighbours), transform="B", star=True, **options)
        local = Moran_Local(y, to_pysal(neighbours), transformation="r", **options)
    # a neighbourhood of all polygons has no spread: PySAL divides by 0
    z = np.where(ours.neighbours < y.size, np.asarray(gi.Zs, dtype=np.float64), 0.0)
    local_i = np.asarray(local.Is, dtype=np.float64)
    linked = np.ones(y.size, dtype=bool)
    linked[list(ours.islands)] = False
    gaps = [np.abs(z - ours.z_score), np.abs(local_i - moran.local_i)[linked]]
    return PysalCheck(
        gi_star_z=z,
        local_i=local_i,
        gi_star_p_sim=np.asarray(gi.p_sim, dtype=np.float64) if permutations else None,
        local_moran_p_sim=np.asarray(local.p_sim, dtype=np.float64) if permutations else None,
        largest_difference=float(max(gap.max(initial=0.0) for gap in gaps)),
        islands=ours.islands,
    )


def _with_itself(neighbours: Neighbours) -> Any:
    from libpysal.weights import W

    pairs = {i: [i, *(int(j) for j in near)] for i, near in enumerate(neighbours)}
    return W(pairs, id_order=list(range(len(neighbours))), silence_warnings=True)
