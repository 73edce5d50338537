"""Gi* on polygons: queen contiguity, binary weights, the polygon itself included."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.checks import one_of, real, whole
from hotspots.clustering.kinds import Seed
from hotspots.clustering.nulls import standardised
from hotspots.clustering.numbers import floats
from hotspots.clustering.permutation import draw_ids, permuted_ranks, pseudo_p
from hotspots.clustering.significance import benjamini_hochberg
from hotspots.clustering.tails import sum_tail
from hotspots.errors import UsageError

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
Neighbours = Sequence[Sequence[int]]
Null = Literal["randomization", "permutation"]


@dataclass(frozen=True, eq=False)
class PolygonGiStar:
    """Gi* of each polygon; arrays of shape (n,).

    Attributes
    ----------
    z_score : ndarray
        0 where nothing can stand out (all values equal, or neighbours with everyone).
    p_value, p_adjusted : ndarray
        One-sided for "hot", by the null that was asked for; Benjamini-Hochberg over the polygons.
    p_sim : ndarray or None
        One-sided for "hot" by conditional permutation: the polygon's own value is held and its
        neighbours' are drawn from all others. 1 for an island. None without permutations.
    neighbours : ndarray of int
        Polygons in the neighbourhood, the polygon itself included.
    islands : tuple of int
        Positions without a neighbour; their neighbourhood is themselves alone.
    """

    z_score: Array
    p_value: Array
    p_adjusted: Array
    p_sim: Array | None
    neighbours: Whole
    islands: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Links:
    """Neighbours as arrays: of polygon ``owner[k]``, ``other[k]`` is one; ``sizes`` counts them."""

    owner: Whole
    other: Whole
    sizes: Whole

    def sums(self, values: Array) -> Array:
        """Return the sum of the neighbours' values of each polygon, itself left out."""
        found = np.bincount(self.owner, values[self.other], minlength=self.sizes.size)
        return found.astype(np.float64)  # of whole numbers where there are no neighbours at all

    @property
    def islands(self) -> tuple[int, ...]:
        """Positions without a neighbour."""
        return tuple(np.flatnonzero(self.sizes == 0).tolist())


def links(neighbours: Neighbours) -> Links:
    """Return checked neighbours as arrays.

    Raises
    ------
    UsageError
        If there is not one list a polygon, a neighbour is no position 0..n-1, a polygon names
        itself, or names one twice.
    """
    lists = _listed(neighbours)
    n = len(lists)
    sizes = np.array([len(near) for near in lists], dtype=np.int64)
    other = _positions([j for near in lists for j in near], n)
    owner = np.repeat(np.arange(n, dtype=np.int64), sizes)
    wrong = (other < 0) | (other >= n) | (other == owner)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise UsageError(
            f"Neighbours must be positions within 0..{n - 1}, other than the polygon's own; "
            f"polygon {owner[at]} names {other[at]}: number polygons from 0 in their order."
        )
    if np.unique(owner * n + other).size < other.size:
        raise UsageError(
            "A polygon must name each neighbour once; got one named twice: remove the repeats."
        )
    return Links(owner, other, sizes)


def _listed(neighbours: Neighbours) -> list[tuple[Any, ...]]:
    """Return each polygon's neighbours, whatever they are."""
    try:
        if not isinstance(neighbours, str | Mapping):  # a mapping's order is not the polygons'
            return [tuple(near) for near in neighbours]
    except TypeError:  # None, a number, or one among the lists
        pass
    raise UsageError(
        "neighbours must be one list of positions a polygon, in the polygons' order; got "
        f"{type(neighbours).__name__}: give what queen_neighbours returns."
    )


def _positions(given: list[Any], n: int) -> Whole:
    """Return neighbours as whole numbers; 1.7 is no position, nor are text and NaN."""
    try:
        found = np.array(given if given else np.zeros(0, dtype=np.int64))
    except ValueError:  # lists within the lists
        found = np.empty(0, dtype=object)
    if found.dtype.kind == "f":
        near = np.nan_to_num(found, nan=0.5, posinf=0.5, neginf=0.5)
        # beyond this every float is whole, and none a position
        found = np.clip(near, -(2**53), 2**53).astype(np.int64) if (near % 1 == 0).all() else found
    if found.ndim != 1 or found.dtype.kind not in "iu":
        raise UsageError(
            "Neighbours must be positions, whole numbers from 0; got others: number polygons from "
            f"0 to {n - 1} in their order."
        )
    positions: Whole = found.astype(np.int64)
    return positions


def queen_neighbours(geometries: Sequence[Any], snap_m: float = 0.0) -> tuple[tuple[int, ...], ...]:
    """Return each polygon's queen neighbours (a shared edge or point), by position, ascending.

    Polygons are compared as shapes, not by their vertices: neighbours whose common border was
    drawn with different vertices, or that overlap, are neighbours too. libpysal's ``Queen``, which
    compares vertices, gives the same lists where borders have the same vertices.

    Parameters
    ----------
    geometries : sequence of shapely polygons, length n
        In one projected CRS. A missing or empty one has no neighbours.
    snap_m : float
        Polygons at most this far apart, in the CRS's unit, touch; for files with gaps between
        neighbours. 0 takes the shapes as they are.

    Returns
    -------
    tuple of tuples of int
        An island has none; empty input gives an empty tuple.

    Raises
    ------
    UsageError
        If a geometry is none, or ``snap_m`` is negative or not finite.
    """
    if not 0 <= real(snap_m) < math.inf:
        raise UsageError(f"snap_m must be a number of at least 0; got {snap_m!r}.")
    shapes = np.array(geometries, dtype=object)
    if shapes.ndim != 1 or not shapely.is_valid_input(shapes).all():
        raise UsageError(
            "geometries must be a sequence of shapely polygons; got others: give the wards' shapes."
        )
    tree = shapely.STRtree(shapes)
    if snap_m > 0:
        pairs = tree.query(shapes, predicate="dwithin", distance=snap_m)
    else:
        pairs = tree.query(shapes, predicate="intersects")
    # each pair from one side only, so that a rounded distance cannot make it one-sided
    near: list[list[int]] = [[] for _ in range(len(shapes))]
    for i, j in zip(*pairs.tolist(), strict=True):
        if i < j:
            near[i].append(j)
            near[j].append(i)
    return tuple(tuple(sorted(found)) for found in near)


def to_pysal(neighbours: Neighbours) -> Any:
    """Return neighbours as ``libpysal.weights.W`` (binary), for any other method of PySAL."""
    from libpysal.weights import W  # seconds to import: only where it is used

    checked = links(neighbours)
    near = np.split(checked.other, np.cumsum(checked.sizes)[:-1])
    n = checked.sizes.size
    pairs = {i: found.tolist() for i, found in zip(range(n), near, strict=False)}
    return W(pairs, id_order=list(range(n)), silence_warnings=True)


def from_pysal(w: Any) -> tuple[tuple[int, ...], ...]:
    """Return the neighbours of a ``libpysal.weights.W``: rook, k nearest, distance and others.

    Positions follow its ``id_order``. Weights are taken as binary, and a polygon that is its own
    neighbour (as for Gi*) is left out: it is added where a method needs it.
    """
    if not (hasattr(w, "id_order") and hasattr(w, "neighbors")):
        raise UsageError(
            f"Weights must be a libpysal.weights.W; got {type(w).__name__}: build them with PySAL."
        )
    position = {name: i for i, name in enumerate(w.id_order)}
    return tuple(
        tuple(sorted(position[near] for near in w.neighbors[name] if near != name))
        for name in w.id_order
    )


def polygon_gi_star(
    counts: ArrayLike,
    neighbours: Neighbours,
    null: Null = "randomization",
    permutations: int = 999,
    seed: Seed = 0,
) -> PolygonGiStar:
    """Return Gi* of the counts, or other values, of polygons.

    Parameters
    ----------
    counts : array_like, shape (n,)
        Incidents per polygon: whole numbers for ``null="randomization"``; any finite values, such
        as rates, for "permutation".
    neighbours : sequence of sequences of int, length n
        Each polygon's neighbours by position, without itself.
    null : {"randomization", "permutation"}
        What ``p_value`` is: the exact tail when the counts are shuffled over all polygons (see
        ``sum_tail``), or ``p_sim``.
    permutations : int
        Conditional permutations for ``p_sim``; 0 leaves it out.
    seed : int or numpy.random.Generator
        The same seed gives the same ``p_sim``.

    Returns
    -------
    PolygonGiStar
        Empty input gives empty arrays. ``z_score`` equals ``esda.G_Local`` with
        ``transform="B", star=True``, not with esda's default, which row-standardises.

    Raises
    ------
    UsageError
        If lengths differ, a value is not finite, a count is not a whole number of at least 0 under
        "randomization", or "permutation" has no permutations.

    References
    ----------
    Ord, J. K. and Getis, A. (1995), doi:10.1111/j.1538-4632.1995.tb00912.x. The permutation is
    that of Anselin, L. (1995), doi:10.1111/j.1538-4632.1995.tb00338.x.
    """
    linked = links(neighbours)
    y = values_of_polygons("counts", counts, linked.sizes.size)
    _check(y, null, permutations)
    others, size = linked.sums(y), linked.sizes + 1
    sums = y + others
    simulated = None
    if permutations:
        ids = draw_ids(y.size, int(linked.sizes.max(initial=0)), permutations, seed)
        larger, smaller = permuted_ranks(y, linked.sizes, others, ids)
        simulated = pseudo_p(larger, smaller, permutations)
    if null == "randomization" or simulated is None:
        upper, _ = sum_tail(y, sums, size)
    else:
        upper = simulated
    return PolygonGiStar(
        z_score=standardised(y, sums, size)[0] if y.size else np.zeros(0),
        p_value=upper,
        p_adjusted=benjamini_hochberg(upper),
        p_sim=simulated,
        neighbours=size,
        islands=linked.islands,
    )


def values_of_polygons(name: str, values: ArrayLike, n: int) -> Array:
    """Return one finite number a polygon, or say what is wrong with them."""
    y = np.array(floats(name, values))
    if y.shape != (n,):
        raise UsageError(f"{name} must have one value a polygon ({n}); got shape {y.shape}.")
    if not np.isfinite(y).all():
        raise UsageError(
            f"{name} must be finite numbers; got NaN or infinity at position "
            f"{int(np.argmin(np.isfinite(y)))}: leave that polygon out, or put 0 where none "
            "was counted."
        )
    return y


def _check(y: Array, null: str, permutations: int) -> None:
    one_of("null", null, ("randomization", "permutation"))
    whole("permutations", permutations, 0)
    if null == "permutation" and permutations < 1:
        raise UsageError(
            f'null="permutation" must have at least 1 permutation; got {permutations}: take 999.'
        )
    if null == "randomization" and not ((y >= 0) & (y % 1 == 0)).all():
        raise UsageError(
            "Counts must be whole numbers of at least 0 for their exact tail; got others: take "
            'null="permutation" for rates and weights.'
        )
