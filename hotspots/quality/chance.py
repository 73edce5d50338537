"""How likely a count is by chance, from the counts beside it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Less likely than this is no chance: at 10,000 months and categories looked at, one false alarm
#: in a hundred such reports.
UNLIKELY = 1e-6
#: Known months taken on each side.
NEIGHBOURS = 3


def zero_probability(neighbours: NDArray[np.float64]) -> float:
    """Return how likely none at all is where the neighbouring counts are these.

    Counts are Poisson with the neighbours' mean, or where they scatter more than that, negative
    binomial with their mean m and variance v = phi m: P(0) = phi^(-m / (phi - 1)), which tends
    to exp(-m) as phi tends to 1.

    Parameters
    ----------
    neighbours : ndarray, shape (k,)
        Counts; without any the result is 1.
    """
    if not len(neighbours) or not neighbours.mean():
        return 1.0
    mean = float(neighbours.mean())
    phi = float(neighbours.var(ddof=1)) / mean if len(neighbours) > 1 else 1.0
    if phi <= 1 + 1e-9:
        return float(np.exp(-mean))
    return float(np.exp(-mean * np.log(phi) / (phi - 1)))


def beside(
    first: int, last: int, known: NDArray[np.intp], each: int = NEIGHBOURS
) -> NDArray[np.intp]:
    """Return the known positions nearest to a run, at most ``each`` before and after it.

    Parameters
    ----------
    first, last : int
        The run, both included.
    known : ndarray of int
        Sorted positions that are known.
    """
    before, after = known[known < first], known[known > last]
    return np.concatenate([before[-each:], after[:each]])


def runs(positions: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Return sorted whole numbers split where the next is not the one that follows."""
    if not len(positions):
        return []
    return np.split(positions, np.flatnonzero(np.diff(positions) > 1) + 1)
