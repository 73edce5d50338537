"""Candidates compared on the same origins: intervals, and the simplest of the good ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hotspots.validation.intervals import (
    DRAWS,
    Interval,
    block_draws,
    paired_interval,
    pooled_interval,
)
from hotspots.validation.tuning.families import Maps, distance
from hotspots.validation.tuning.scorers import ratio

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Finalist:
    """One setting with its parts of the measure at every origin of the tuning part.

    Attributes
    ----------
    index : int
        Its row among the candidates.
    maps : Maps
    rows : ndarray, shape (2, origins)
        What the measure sums: above the line, and below it.
    is_base : bool
    """

    index: int
    maps: Maps
    rows: Array
    is_base: bool


def figure(rows: Array, block: int, seed: int) -> Interval:
    """Return the measure over all origins, with its block-bootstrap interval."""
    return pooled_interval(rows[0], rows[1], block, seed=seed)


def difference(rows: Array, other: Array, block: int, seed: int) -> Interval:
    """Return one candidate's measure less another's: the same origins are drawn of both."""
    return paired_interval(rows[0], other[0], rows[1], block, seed=seed, other_below=other[1])


def standard_error(rows: Array, other: Array, block: int, seed: int) -> float:
    """Return the standard error of a paired difference; infinite with fewer than two origins."""
    if rows.shape[1] < 2:
        return math.inf
    drawn = _drawn(rows, block, seed), _drawn(other, block, seed)
    found = ratio(drawn[0]) - ratio(drawn[1])
    return float(np.nanstd(found)) if np.isfinite(found).any() else math.inf


def simplest_of_the_good(
    finalists: Sequence[Finalist], block: int, seed: int
) -> tuple[Finalist, Finalist, int]:
    """Return the one to recommend, the best, and how many were within one standard error of it.

    The base where it is one of those; else the one with the fewest maps, then the one closest to
    the base. The standard error is that of the paired difference from the best, because all are
    judged on the same incidents.

    References
    ----------
    Breiman, L., Friedman, J. H., Olshen, R. A. and Stone, C. J. (1984), Classification and
    Regression Trees, section 3.4.3 (the one-standard-error rule).
    """
    scores = [_value(f.rows) for f in finalists]
    best = finalists[int(np.argmax(scores))]
    base = next(f for f in finalists if f.is_base)
    good = [
        f
        for f, score in zip(finalists, scores, strict=True)
        # where nothing has a value, nothing is known to be worse
        if not max(scores) - score > standard_error(best.rows, f.rows, block, seed)
    ]
    taken = min(good, key=lambda f: (not f.is_base, len(f.maps), distance(f.maps, base.maps)))
    return taken, best, len(good)


def _value(rows: Array) -> float:
    # what has no value, as nothing was marked, is the worst there is
    return float(np.nan_to_num(ratio(rows.sum(axis=1)), nan=-np.inf))


def _drawn(rows: Array, block: int, seed: int) -> Array:
    origins = rows.shape[1]
    total: Array = rows[:, block_draws(origins, block, DRAWS, seed)].sum(axis=2)
    return total
