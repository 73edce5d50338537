"""Local Moran's I: is a polygon like its neighbours (high among high) or an outlier among them?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.checks import whole
from hotspots.clustering.kinds import Seed
from hotspots.clustering.permutation import Ranks, draw_ids, permuted_ranks, pseudo_p
from hotspots.clustering.polygons import Links, Neighbours, links, values_of_polygons
from hotspots.clustering.significance import benjamini_hochberg

Array = NDArray[np.float64]
ISLAND, NONE = "island", "none"
#: A value this close to the mean, relative to the largest value, is the mean.
_AT_MEAN = 1e-12


@dataclass(frozen=True, eq=False)
class LocalMoran:
    """Local Moran's I of each polygon; arrays of shape (n,).

    Attributes
    ----------
    local_i : ndarray
        Above 0 where a polygon and its neighbours lie on the same side of the mean. 0 for an
        island and where all values are equal.
    p_value, p_adjusted : ndarray
        Two-sided, by conditional permutation; Benjamini-Hochberg over the polygons. 1 for an
        island and where all values are equal.
    p_sim : ndarray
        The smaller one-sided p, as in PySAL; about half of ``p_value``, because the side was
        chosen after seeing it.
    quadrant : ndarray of str
        "HH", "LL" (clusters), "HL" (high among low), "LH", whether or not significant; "island"
        without neighbours, "none" where all values are equal. At the mean counts as low.
    islands : tuple of int
        Positions without a neighbour.
    """

    local_i: Array
    p_value: Array
    p_adjusted: Array
    p_sim: Array
    quadrant: NDArray[np.str_]
    islands: tuple[int, ...]


def local_moran(
    values: ArrayLike, neighbours: Neighbours, permutations: int = 9_999, seed: Seed = 0
) -> LocalMoran:
    """Return local Moran's I with row-standardised weights.

    I_i = (n - 1) z_i mean_j(z_j) / sum_k z_k^2, with z the deviations from the mean and j the
    neighbours of i (esda's scaling; Anselin's has n instead of n - 1, which changes no p-value).
    The null holds z_i and draws its neighbours' values from all other polygons.

    Parameters
    ----------
    values : array_like, shape (n,)
        Finite: counts, or better rates (see ``empirical_bayes``), as counts follow population.
    neighbours : sequence of sequences of int, length n
        Each polygon's neighbours by position, without itself.
    permutations : int
        At least 1. No p-value is below 2 / (permutations + 1): with few permutations nothing
        passes the adjustment over many polygons.
    seed : int or numpy.random.Generator
        The same seed gives the same result.

    Returns
    -------
    LocalMoran
        Empty input gives empty arrays. Where many permutations tie with what was observed, PySAL's
        ``p_sim`` counts the ties for one side only; here they count for both.

    Raises
    ------
    UsageError
        If lengths differ, a value is not finite, or there is no permutation.

    References
    ----------
    Anselin, L. (1995), Local indicators of spatial association - LISA,
    doi:10.1111/j.1538-4632.1995.tb00338.x.
    """
    whole("permutations", permutations)
    linked = links(neighbours)
    x = values_of_polygons("values", values, linked.sizes.size)
    # I does not change with the scale; deviations of at most 1 cannot overflow when squared
    largest = float(np.abs(x).max(initial=0.0)) or 1.0
    z = _deviations(x / largest)
    lag = linked.sums(z) / np.maximum(linked.sizes, 1)
    spread = float((z * z).sum()) or 1.0
    high, low = _ranks(x, z, linked, permutations, seed)
    p = pseudo_p(high, low, permutations, "two-sided")
    return LocalMoran(
        local_i=(z.size - 1) * z * lag / spread,
        p_value=p,
        p_adjusted=benjamini_hochberg(p),
        p_sim=pseudo_p(np.minimum(high, low), low, permutations),
        quadrant=_quadrant(z, lag, linked.sizes),
        islands=linked.islands,
    )


def _deviations(x: Array) -> Array:
    if x.size == 0 or np.ptp(x) == 0:
        return np.zeros(x.size)
    z: Array = x - x.mean()
    z[np.abs(z) <= _AT_MEAN] = 0.0
    return z


def _ranks(x: Array, z: Array, linked: Links, permutations: int, seed: Seed) -> tuple[Ranks, Ranks]:
    """Return how many permutations give an I that is at least, and at most, the observed one.

    I_i is the neighbours' sum times z_i and constants, so the ranks of the sums are the ranks of
    I, turned round where z_i is below 0. The sums are of the values themselves, not of their
    deviations, so that those of counts are compared exactly.
    """
    ids = draw_ids(x.size, int(linked.sizes.max(initial=0)), permutations, seed)
    larger, smaller = permuted_ranks(x, linked.sizes, linked.sums(x), ids)
    high = np.where(z > 0, larger, smaller)
    low = np.where(z > 0, smaller, larger)
    # at the mean I is 0 in every permutation
    return np.where(z == 0, permutations, high), np.where(z == 0, permutations, low)


def _quadrant(z: Array, lag: Array, sizes: NDArray[np.int64]) -> NDArray[np.str_]:
    own, around = np.where(z > 0, "H", "L"), np.where(lag > 0, "H", "L")
    pair = np.char.add(own, around)
    out: NDArray[np.str_] = np.where(sizes == 0, ISLAND, pair if z.any() else NONE)
    return out
