"""From p-values to decisions: adjustment for many tests, confidence classes."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.checks import one_of
from hotspots.clustering.numbers import floats
from hotspots.errors import UsageError

Array = NDArray[np.float64]
#: The confidence levels of the classes 1, 2 and 3.
CONFIDENCE_LEVELS = (0.90, 0.95, 0.99)


def benjamini_hochberg(p_value: ArrayLike) -> Array:
    """Return p-values adjusted for the false discovery rate.

    A cell is declared at rate q when its adjusted value is at most q. NaN entries (masked cells)
    stay NaN and are not counted as tests; empty input gives an empty array.

    Parameters
    ----------
    p_value : array_like
        Raw p-values of any shape.

    References
    ----------
    Benjamini, Y. and Hochberg, Y. (1995), doi:10.1111/j.2517-6161.1995.tb02031.x. For spatial
    tests: Caldas de Castro, M. and Singer, B. H. (2006), doi:10.1111/j.0016-7363.2006.00682.x.
    """
    p, tested = _checked(p_value)
    out = np.full(p.shape, np.nan)
    values = p[tested]
    if values.size == 0:
        return out
    # stable: most cells share a few values, on which the usual sort is several times slower
    order = np.argsort(values, kind="stable")
    stepped = values[order] * values.size / np.arange(1, values.size + 1)
    # of equal p-values the last has the smallest step, and the others take it over
    adjusted = np.minimum.accumulate(stepped[::-1])[::-1]
    back = np.empty_like(adjusted)
    back[order] = np.minimum(adjusted, 1.0)
    out[tested] = back
    return out


def bonferroni(p_value: ArrayLike) -> Array:
    """Return p-values multiplied by the number of tests, at most 1: no false alarm at all.

    NaN entries (masked cells) stay NaN and are not counted as tests.

    Parameters
    ----------
    p_value : array_like
        Raw p-values of any shape.

    References
    ----------
    Dunn, O. J. (1961), Multiple comparisons among means, doi:10.1080/01621459.1961.10482090.
    """
    p, tested = _checked(p_value)
    return np.where(tested, np.minimum(p * int(tested.sum()), 1.0), np.nan)


def _checked(p_value: ArrayLike) -> tuple[Array, NDArray[np.bool_]]:
    p = floats("p_value", p_value)
    tested = ~np.isnan(p)
    if not ((p[tested] >= 0) & (p[tested] <= 1)).all():
        raise UsageError("p_value must be 0 to 1, or NaN where there is no test; got others.")
    return p, tested


#: How p-values are adjusted, by name.
ADJUSTMENTS: MappingProxyType[str, Callable[[ArrayLike], Array]] = MappingProxyType(
    {"benjamini-hochberg": benjamini_hochberg, "bonferroni": bonferroni}
)


def adjust(p_value: ArrayLike, method: str) -> Array:
    """Return adjusted p-values by a named method of ``ADJUSTMENTS``.

    Raises
    ------
    UsageError
        If the method is unknown.
    """
    one_of("adjustment", method, ADJUSTMENTS)
    return ADJUSTMENTS[method](p_value)


def confidence_classes(
    p_value: ArrayLike, z_score: ArrayLike, levels: tuple[float, ...] = CONFIDENCE_LEVELS
) -> NDArray[np.int8]:
    """Return the confidence class of each cell: 1, 2, 3 hot, -1, -2, -3 cold, 0 neither.

    Parameters
    ----------
    p_value : array_like
        Raw or adjusted p-values, two-sided (for classes hot and cold) or one-sided for hot.
    z_score : array_like
        Of the same shape; its sign says hot or cold. On very skewed counts the sign of z and the
        small tail can differ: then take the classes of each side from its own one-sided p,
        with ``abs(z)`` for hot and ``-abs(z)`` for cold.
    levels : tuple of float
        Rising confidence levels: class c needs p <= 1 - levels[c - 1].

    Returns
    -------
    ndarray of int8
        0 where either input is NaN (masked cells).
    """
    p, z = np.asarray(p_value, dtype=np.float64), np.asarray(z_score, dtype=np.float64)
    if p.shape != z.shape:
        raise UsageError(f"p_value and z_score must have one shape; got {p.shape}, {z.shape}.")
    # 1 - 0.95 is a little above 0.05 as a float; p = 0.05 belongs to the class
    limits = np.round(1 - np.asarray(levels), 12)
    reached = (np.nan_to_num(p, nan=1.0)[..., None] <= limits).sum(axis=-1)
    return np.asarray(reached * np.sign(np.nan_to_num(z, nan=0.0)), dtype=np.int8)
