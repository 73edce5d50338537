"""The Getis-Ord Gi* statistic on a lattice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.checks import one_of
from hotspots.clustering.kinds import ALTERNATIVES, Alternative, Seed
from hotspots.clustering.lattice import Lattice
from hotspots.clustering.nulls import NULLS, Question, standardised
from hotspots.clustering.significance import adjust
from hotspots.clustering.weights import Band

Array = NDArray[np.float64]
Null = Literal["randomization", "binomial", "normal", "permutation"]


@dataclass(frozen=True, eq=False)
class GiStarResult:
    """Gi* of every cell; all arrays have the shape of the counts, NaN outside the mask.

    Attributes
    ----------
    z_score : ndarray
        Standard deviations above (below) the mean neighbourhood; of the baseline's binomial
        under ``null="binomial"``.
    p_value : ndarray
        One-sided for "hot" unless ``alternative`` says otherwise; never 0.
    p_adjusted : ndarray
        Benjamini-Hochberg over the masked cells, unless ``adjustment`` says otherwise.
    neighbours : ndarray
        Cells in the neighbourhood, the cell itself included if ``include_self``.
    local_sum : ndarray
        Incidents in the neighbourhood.
    expected : ndarray
        Incidents it would hold on average under the null.
    """

    z_score: Array
    p_value: Array
    p_adjusted: Array
    neighbours: Array
    local_sum: Array
    expected: Array


def gi_star(
    counts: ArrayLike,
    distance_m: float,
    cell_size_m: float,
    mask: ArrayLike | None = None,
    null: Null = "randomization",
    expected: ArrayLike | None = None,
    permutations: int = 999,
    seed: Seed = 0,
    *,
    alternative: Alternative = "greater",
    adjustment: str = "benjamini-hochberg",
    conditional: bool = False,
    include_self: bool = True,
    band: Band = "disc",
) -> GiStarResult:
    """Return Gi* with binary weights, the cell itself included.

    z = (sum_j w_ij x_j - xbar W_i) / (S sqrt((n W_i - W_i^2) / (n - 1))), with S the population
    standard deviation over the n masked cells. Where it is not defined (all cells equal, or a
    neighbourhood of all cells) nothing stands out: z is 0.

    Parameters
    ----------
    counts : array_like, shape (rows, cols)
        Incidents per cell. Values outside the mask never count; NaN is allowed only there.
    distance_m : float
        Cells whose centres lie within this distance are neighbours.
    cell_size_m : float
        Side of a cell, metres.
    mask : array_like of bool, shape (rows, cols), optional
        The cells of the study area, which may have holes; all by default.
    null : {"randomization", "binomial", "normal", "permutation"}
        "randomization": more than a neighbourhood of this size would hold if the observed counts
        were shuffled over the cells; the exact tail (see ``sum_tail``). "binomial": more than
        ``expected`` says, if each incident fell in proportion to it; exact. "normal": the normal
        approximation of "randomization", as other tools do it, for parity; on sparse counts it
        calls chance hot. "permutation": pseudo p-values of conditional permutations as in PySAL,
        for weights and rates, which have no exact tail; they cannot fall below
        1 / (permutations + 1), which on thousands of cells no adjustment lets through.
    expected : array_like, shape (rows, cols), optional
        The baseline of "binomial", on any positive scale: residents, another category's counts,
        a density. Equal in all masked cells by default. It is taken to be known without error:
        a history of counts is not, and its noise would be called hot (use ``change_test``).
    permutations : int
        How many, for "permutation".
    seed : int or numpy Generator
        For "permutation"; results repeat bit for bit on any number of threads.
    alternative : {"greater", "less", "two-sided"}
        Hot, cold, or either: two-sided doubles the smaller tail, at most 1.
    adjustment : {"benjamini-hochberg", "bonferroni"}
        How ``p_adjusted`` allows for the number of cells.
    conditional : bool
        Under "randomization", hold each cell's own count fixed, as permutation does: for parity.
        A lone very hot cell then looks cold and its neighbours hot.
    include_self : bool
        False gives Gi: the neighbours without the cell, compared with all other cells
        (always conditional on its own count).
    band : {"disc", "square"}
        Shape of the neighbourhood.

    Raises
    ------
    UsageError
        If shapes differ, no cell is in the mask, a masked count is not finite, a parameter is
        unknown, counts are not whole numbers under an exact null, or incidents lie where the
        baseline expects none.

    References
    ----------
    Ord, J. K. and Getis, A. (1995), Local spatial autocorrelation statistics,
    doi:10.1111/j.1538-4632.1995.tb00912.x. Getis, A. and Ord, J. K. (1992),
    doi:10.1111/j.1538-4632.1992.tb00261.x (Gi).
    """
    one_of("null", null, tuple(NULLS))
    one_of("alternative", alternative, ALTERNATIVES)
    lattice = Lattice.of(counts, distance_m, cell_size_m, mask, band)
    question = Question(include_self, conditional, expected, permutations, seed)
    answer = NULLS[null](lattice, question)
    p = chosen_tail(answer.upper, answer.lower, alternative)
    own = 0 if include_self else 1
    return GiStarResult(
        z_score=lattice.spread(answer.z_score),
        p_value=lattice.spread(p),
        p_adjusted=lattice.spread(adjust(p, adjustment)),
        neighbours=lattice.spread(lattice.neighbours - own),
        local_sum=lattice.spread(lattice.local_sum - own * lattice.values),
        expected=lattice.spread(answer.expected),
    )


def gi_star_z(
    counts: ArrayLike,
    distance_m: float,
    cell_size_m: float,
    mask: ArrayLike | None = None,
    *,
    include_self: bool = True,
    band: Band = "disc",
) -> Array:
    """Return the z-score alone, shape (rows, cols); parameters as for ``gi_star``."""
    lattice = Lattice.of(counts, distance_m, cell_size_m, mask, band)
    z, _, _ = standardised(lattice.values, lattice.local_sum, lattice.neighbours, include_self)
    return lattice.spread(z)


def chosen_tail(upper: Array, lower: Array, alternative: Alternative) -> Array:
    """Return the p-value of an alternative from both tails."""
    if alternative == "two-sided":
        both: Array = np.minimum(2 * np.minimum(upper, lower), 1.0)
        return both
    return upper if alternative == "greater" else lower
