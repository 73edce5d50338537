"""Worse than usual: an exact test of a place's period against its own history."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import hypergeom

from hotspots.clustering.getis_ord import _checked
from hotspots.clustering.significance import _whole, benjamini_hochberg
from hotspots.clustering.weights import disc_half_widths, disc_sum
from hotspots.errors import UsageError

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ChangeResult:
    """The change test of every cell; arrays of the counts' shape, NaN outside the mask.

    Attributes
    ----------
    p_value : ndarray
        One-sided, for "more than usual".
    p_adjusted : ndarray
        Benjamini-Hochberg over the masked cells.
    expected : ndarray
        Mean of the test's distribution, K_i N / T: what the neighbourhood would hold now if
        nothing had changed, as judged from history and now together.
    usual : ndarray
        Incidents the neighbourhood would hold now at its share of the history alone; NaN where
        there is no history.
    local_sum : ndarray
        Incidents it holds now.
    neighbours : ndarray
        Cells in the neighbourhood, the cell itself included.
    """

    p_value: Array
    p_adjusted: Array
    expected: Array
    usual: Array
    local_sum: Array
    neighbours: Array


def change_test(
    counts_now: ArrayLike,
    counts_history: ArrayLike,
    distance_m: float,
    cell_size_m: float,
    mask: ArrayLike | None = None,
) -> ChangeResult:
    """Test whether each neighbourhood holds more of this period's incidents than is usual there.

    Exact and conditional: of the T incidents of the area over history and now, N fall now; of
    the K_i incidents of a neighbourhood over the same span, the number that fall now is
    Hypergeometric(T, K_i, N) when nothing has changed. A rise of the whole area (a season, a
    better recording) is therefore not a change of any place.

    Parameters
    ----------
    counts_now : array_like of whole numbers, shape (rows, cols)
        Incidents per cell in the period.
    counts_history : array_like of whole numbers, shape (periods, rows, cols) or (rows, cols)
        The periods before, without the present one, or their sum. All zero gives p = 1.
    distance_m, cell_size_m : float
        The distance band and the cell's side, metres.
    mask : array_like of bool, shape (rows, cols), optional
        The cells of the study area; all by default.

    Raises
    ------
    UsageError
        If shapes differ, the mask is empty, or a count is negative or not a whole number.

    References
    ----------
    The conditional (Fisher) test of a two-by-two table: Fisher, R. A. (1935),
    doi:10.2307/2342435; for space-time counts compare Kulldorff, M. et al. (2005),
    doi:10.1371/journal.pmed.0020059 (permutation model).
    """
    history = np.asarray(counts_history)
    if history.ndim == 3:
        history = history.sum(axis=0)
    now, inside = _checked(counts_now, mask)
    before, _ = _checked(history, inside)
    if now.shape != before.shape:
        raise UsageError(
            f"counts_now and counts_history must have one shape; got {now.shape} and "
            f"{before.shape}."
        )
    _whole(now)
    _whole(before)
    half = disc_half_widths(distance_m, cell_size_m)
    local = disc_sum(now, half)[inside]
    local_before = disc_sum(before, half)[inside]
    span = local + local_before
    present, total = now.sum(), now.sum() + before.sum()
    if before.sum() > 0:
        p = np.clip(hypergeom.sf(local - 1, total, span, present), 0.0, 1.0)
        expected, usual = span * (present / total), local_before * (present / before.sum())
    else:
        p, expected, usual = np.ones(local.shape), local, np.full(local.shape, np.nan)

    def spread(flat: Array) -> Array:
        out = np.full(now.shape, np.nan)
        out[inside] = flat
        return out

    return ChangeResult(
        p_value=spread(p),
        p_adjusted=spread(benjamini_hochberg(p)),
        expected=spread(expected),
        usual=spread(usual),
        local_sum=spread(local),
        neighbours=spread(disc_sum(inside, half)[inside]),
    )
