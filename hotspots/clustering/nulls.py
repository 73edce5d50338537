"""What chance means for Gi*: one function a null, from a lattice to z and both tails."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from hotspots.clustering.checks import whole
from hotspots.clustering.discrete import SMALLEST, binomial_tail
from hotspots.clustering.kinds import Seed
from hotspots.clustering.lattice import Lattice
from hotspots.clustering.numbers import floats
from hotspots.clustering.permutation import draw_ids, permuted_ranks, pseudo_p
from hotspots.clustering.tails import sum_tail, whole_counts
from hotspots.errors import UsageError
from hotspots.jit import compiled

Array = NDArray[np.float64]
#: Variance below this, in units of the largest count squared, is rounding.
_HAIR = 1e-24


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked of the lattice besides the null; see ``gi_star`` for the parameters."""

    include_self: bool = True
    conditional: bool = False
    expected: ArrayLike | None = None
    permutations: int = 999
    seed: Seed = 0


@dataclass(frozen=True, eq=False)
class Answer:
    """Arrays of shape (n,): z, the chance of as many or more, of as many or fewer, the mean."""

    z_score: Array
    upper: Array
    lower: Array
    expected: Array


def randomization(lattice: Lattice, question: Question) -> Answer:
    """Return the exact tail when the observed counts are shuffled over the cells."""
    z, mean, _ = _z_of(lattice, question)
    if question.conditional or not question.include_self:
        upper, lower = _tail_of_the_others(lattice)
    else:
        upper, lower = sum_tail(lattice.values, lattice.local_sum, lattice.neighbours)
    return Answer(z, upper, lower, mean)


def normal(lattice: Lattice, question: Question) -> Answer:
    """Return the normal tail of z, as other tools do it."""
    z, mean, defined = _z_of(lattice, question)
    upper, lower = np.where(defined, ndtr(-z), 1.0), np.where(defined, ndtr(z), 1.0)
    return Answer(z, np.maximum(upper, SMALLEST), np.maximum(lower, SMALLEST), mean)


def permutation(lattice: Lattice, question: Question) -> Answer:
    """Return pseudo p-values of conditional permutations: each cell keeps its own count."""
    z, mean, _ = _z_of(lattice, question)
    sizes = (lattice.neighbours - 1).astype(np.int64)
    permutations = whole("permutations", question.permutations, 1)
    ids = draw_ids(lattice.values.size, int(sizes.max()), permutations, question.seed)
    others = lattice.local_sum - lattice.values
    larger, smaller = permuted_ranks(lattice.values, sizes, others, ids)
    return Answer(
        z,
        pseudo_p(larger, smaller, permutations, "greater"),
        pseudo_p(larger, smaller, permutations, "less"),
        mean,
    )


def binomial(lattice: Lattice, question: Question) -> Answer:
    """Return the exact tail of Binomial(incidents, the neighbourhood's share of a baseline)."""
    counts = whole_counts(lattice.values)
    share, own = _baseline(lattice, question.expected)
    incidents = np.full(share.shape, counts.sum())
    sums = lattice.local_sum
    if not question.include_self:
        incidents, sums = incidents - counts, sums - lattice.values
        rest = 1 - own
        share = np.divide(share - own, rest, out=np.zeros(share.shape), where=rest > 0)
    share = np.clip(share, 0.0, 1.0)
    _must_expect_something(lattice, sums, share)
    upper, lower = binomial_tail(sums, incidents, share)
    mean = incidents * share
    spread = np.sqrt(mean * (1 - share))
    z = np.divide(sums - mean, spread, out=np.zeros(share.shape), where=spread > 0)
    return Answer(z, upper, lower, mean)


#: Every null by name.
NULLS: MappingProxyType[str, Callable[[Lattice, Question], Answer]] = MappingProxyType(
    {
        "randomization": randomization,
        "binomial": binomial,
        "normal": normal,
        "permutation": permutation,
    }
)


def standardised(
    values: Array, local_sum: Array, neighbours: NDArray[Any], include_self: bool = True
) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Return z, the mean of each neighbourhood's sum, and where z is defined (0 elsewhere).

    Gi* compares with the mean and spread of all n cells, Gi with those of the other n - 1.
    """
    n = values.size
    if n == 0:
        return np.zeros(0), np.zeros(0), np.zeros(0, dtype=bool)
    # in units of the largest count, so that squares neither overflow nor vanish
    unit = max(float(values.max()), -float(values.min())) or 1.0
    centred = values / unit
    offset = float(centred.mean())
    centred -= offset
    square = float((centred * centred).sum())
    sizes = np.asarray(neighbours, dtype=np.float64)
    z, mean, defined = np.empty(n), np.empty(n), np.empty(n, dtype=np.bool_)
    _scores(centred, local_sum, sizes, unit, offset, square, not include_self, z, mean, defined)
    return z, mean, defined


@compiled
def _scores(
    centred: Array,
    sums: Array,
    sizes: Array,
    unit: float,
    offset: float,
    square: float,
    apart: bool,
    z: Array,
    mean: Array,
    defined: NDArray[np.bool_],
) -> None:
    """Write z of every cell; ``apart`` leaves the cell itself out of both sides (Gi)."""
    n = max(centred.size - (1.0 if apart else 0.0), 1.0)
    for i in range(centred.size):
        own = centred[i] if apart else 0.0
        w = sizes[i] - (1.0 if apart else 0.0)
        rest = sums[i] / unit - (own + offset if apart else 0.0)
        middle = offset - own / n
        variance = (square - own * own) / n - (own / n) ** 2
        # a difference of large sums can leave a hair of spread where nothing varies
        variance = variance if variance > _HAIR else 0.0
        mean[i] = middle * unit * w
        deviation = math.sqrt(variance * max(n * w - w * w, 0.0) / max(n - 1.0, 1.0))
        defined[i] = deviation > 0.0
        z[i] = (rest - middle * w) / deviation if deviation > 0.0 else 0.0


def _z_of(lattice: Lattice, question: Question) -> tuple[Array, Array, NDArray[np.bool_]]:
    return standardised(
        lattice.values, lattice.local_sum, lattice.neighbours, question.include_self
    )


def _tail_of_the_others(lattice: Lattice) -> tuple[Array, Array]:
    """Return the tails of the sum without the cell itself, drawn from the other cells' counts."""
    counts = whole_counts(lattice.values)
    sums, sizes = lattice.local_sum - lattice.values, lattice.neighbours - 1
    upper, lower = np.ones(counts.size), np.ones(counts.size)
    if counts.size < 2:
        return upper, lower
    for own in np.unique(counts):
        here = counts == own
        others = np.delete(counts, np.flatnonzero(here)[0])
        upper[here], lower[here] = sum_tail(others, sums[here], sizes[here])
    return upper, lower


def _baseline(lattice: Lattice, expected: ArrayLike | None) -> tuple[Array, Array]:
    """Return the baseline's share of each neighbourhood and of each cell, shape (n,)."""
    if expected is None:
        share = lattice.neighbours / lattice.values.size
        return share, np.full(share.shape, 1 / share.size)
    surface = floats("expected", expected)
    if surface.shape != lattice.inside.shape:
        raise UsageError(
            f"expected must have the counts' shape {lattice.inside.shape}; got {surface.shape}."
        )
    own = surface[lattice.inside]
    if not (np.isfinite(own).all() and (own >= 0).all() and own.max() > 0):
        raise UsageError(
            "expected must be finite numbers of at least 0 in every cell of the mask, and above 0 "
            "in some; got others: give an expected count or a population a cell."
        )
    own = own / own.max()
    own /= own.sum()
    return lattice.around(lattice.spread(own)), own


def _must_expect_something(lattice: Lattice, sums: Array, share: Array) -> None:
    impossible = (sums > 0) & (share <= 0)
    if not impossible.any():
        return
    row, col = (int(i) for i in np.argwhere(lattice.inside)[np.flatnonzero(impossible)[0]])
    raise UsageError(
        f"Something must be expected wherever incidents are; got {int(impossible.sum())} "
        f"neighbourhoods with incidents and an expectation of 0 (the first at row {row}, column "
        f"{col}): add a small number to the baseline everywhere."
    )
