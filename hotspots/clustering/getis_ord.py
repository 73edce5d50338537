"""The Getis-Ord Gi* statistic on a lattice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from hotspots.clustering.significance import benjamini_hochberg, sum_tail
from hotspots.clustering.weights import disc_half_widths, disc_sum
from hotspots.errors import UsageError

Array = NDArray[np.float64]
Null = Literal["randomization", "normal"]
Alternative = Literal["greater", "two-sided"]


@dataclass(frozen=True, eq=False)
class GiStarResult:
    """Gi* of every cell; all arrays have the shape of the counts, NaN outside the mask.

    Attributes
    ----------
    z_score : ndarray
        Standard deviations above (below) the mean neighbourhood.
    p_value : ndarray
        One-sided for "hot" unless ``alternative="two-sided"``.
    p_adjusted : ndarray
        Benjamini-Hochberg over the masked cells.
    neighbours : ndarray
        Cells in the neighbourhood, the cell itself included.
    local_sum : ndarray
        Incidents in the neighbourhood.
    expected : ndarray
        Incidents it would hold if they were spread evenly over the masked cells.
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
    alternative: Alternative = "greater",
) -> GiStarResult:
    """Return Gi* with binary weights, the cell itself included.

    z = (sum_j w_ij x_j - xbar W_i) / (S sqrt((n W_i - W_i^2) / (n - 1))), with S the population
    standard deviation over the n masked cells. Where it is not defined (all cells equal, or a
    neighbourhood of all cells) nothing stands out: z is 0 and p is 1.

    Parameters
    ----------
    counts : array_like, shape (rows, cols)
        Incidents per cell. Values outside the mask never count; NaN is allowed only there.
    distance_m : float
        Cells whose centres lie within this distance are neighbours.
    cell_size_m : float
        Side of a cell, metres.
    mask : array_like of bool, shape (rows, cols), optional
        The cells of the study area; all by default.
    null : {"randomization", "normal"}
        "randomization": the exact tail of the statistic when the observed counts are shuffled
        over the cells (see ``sum_tail``). "normal": the normal approximation, as other tools do
        it, for parity; on sparse counts it calls chance hot.
    alternative : {"greater", "two-sided"}
        Two-sided doubles the smaller tail, at most 1.

    Raises
    ------
    UsageError
        If shapes differ, no cell is in the mask, a masked count is not finite, a parameter is
        unknown, or counts are not whole numbers under "randomization".

    References
    ----------
    Ord, J. K. and Getis, A. (1995), Local spatial autocorrelation statistics,
    doi:10.1111/j.1538-4632.1995.tb00912.x.
    """
    x, inside = _checked(counts, mask)
    _one_of("null", null, ("randomization", "normal"))
    _one_of("alternative", alternative, ("greater", "two-sided"))
    half = disc_half_widths(distance_m, cell_size_m)
    local, neighbours = disc_sum(x, half)[inside], disc_sum(inside, half)[inside]
    values = x[inside]
    z = gi_star_z(local, neighbours, values)
    if null == "normal":
        upper, lower = ndtr(-z), ndtr(z)
    else:
        upper, lower = sum_tail(values, local, neighbours)
    p = upper if alternative == "greater" else np.minimum(2 * np.minimum(upper, lower), 1.0)

    def spread(flat: Array) -> Array:
        out = np.full(x.shape, np.nan)
        out[inside] = flat
        return out

    return GiStarResult(
        z_score=spread(z),
        p_value=spread(p),
        p_adjusted=spread(benjamini_hochberg(p)),
        neighbours=spread(neighbours),
        local_sum=spread(local),
        expected=spread(values.mean() * neighbours),
    )


def gi_star_z(local: Array, neighbours: Array, values: Array) -> Array:
    """Return the z-score of each neighbourhood from its sum and size, shape (m,)."""
    n = values.size
    spread = values.std()
    # a difference of large sums can leave a hair of spread where all values are equal
    if n < 2 or spread <= 1e-12 * max(1.0, float(np.abs(values).max(initial=0.0))):
        return np.zeros(local.shape)
    room = np.maximum(n * neighbours - neighbours**2, 0.0) / (n - 1)
    deviation = spread * np.sqrt(room)
    excess = local - values.mean() * neighbours
    z: Array = np.divide(excess, deviation, out=np.zeros(local.shape), where=deviation > 0)
    return z


def _checked(counts: ArrayLike, mask: ArrayLike | None) -> tuple[Array, NDArray[np.bool_]]:
    x = np.array(counts, dtype=np.float64)
    inside = np.ones(x.shape, dtype=bool) if mask is None else np.asarray(mask, dtype=bool)
    if x.ndim != 2 or inside.shape != x.shape:
        raise UsageError(
            f"counts and mask must be grids of one shape (rows, cols); got {x.shape} and "
            f"{inside.shape}."
        )
    if not inside.any():
        raise UsageError("The mask must have at least one cell; got none: check the study area.")
    if not np.isfinite(x[inside]).all():
        raise UsageError("Counts must be finite numbers in every cell of the mask; got NaN or inf.")
    x[~inside] = 0.0
    return x, inside


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise UsageError(f"{name} must be one of {', '.join(allowed)}; got {value!r}.")
