"""Candidates compared on the same origins: intervals, and the simplest of the good ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hotspots.validation.intervals import DRAWS, LEAST_ORIGINS, Interval, block_draws
from hotspots.validation.tuning.families import Maps, distance
from hotspots.validation.tuning.scorers import Measure

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Finalist:
    """One setting with its parts of the measure at every origin of the tuning part.

    Attributes
    ----------
    index : int
        Its row among the candidates.
    maps : Maps
    rows : ndarray, shape (parts, origins)
    is_base : bool
    """

    index: int
    maps: Maps
    rows: Array
    is_base: bool


def figure(measure: Measure, rows: Array, block: int, seed: int) -> Interval:
    """Return the measure over all origins, with its block-bootstrap interval."""
    return _interval(lambda drawn: measure.of(drawn), rows, block, seed)


def difference(measure: Measure, rows: Array, other: Array, block: int, seed: int) -> Interval:
    """Return one candidate's measure less another's: the same origins are drawn of both."""
    k = len(rows)
    return _interval(
        lambda drawn: measure.of(drawn[:k]) - measure.of(drawn[k:]),
        np.vstack([rows, other]),
        block,
        seed,
    )


def standard_error(measure: Measure, rows: Array, other: Array, block: int, seed: int) -> float:
    """Return the standard error of a paired difference; infinite with fewer than two origins."""
    if rows.shape[1] < 2:
        return math.inf
    drawn = _drawn(rows, block, seed), _drawn(other, block, seed)
    found = measure.of(drawn[0]) - measure.of(drawn[1])
    return float(np.nanstd(found)) if np.isfinite(found).any() else math.inf


def simplest_of_the_good(
    measure: Measure, finalists: Sequence[Finalist], block: int, seed: int
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
    scores = [_value(measure, f.rows) for f in finalists]
    best = finalists[int(np.argmax(scores))]
    base = next(f for f in finalists if f.is_base)
    good = [
        f
        for f, score in zip(finalists, scores, strict=True)
        if f is best
        or max(scores) - score <= standard_error(measure, best.rows, f.rows, block, seed)
    ]
    taken = min(good, key=lambda f: (not f.is_base, len(f.maps), distance(f.maps, base.maps)))
    return taken, best, len(good)


def _value(measure: Measure, rows: Array) -> float:
    return float(np.nan_to_num(measure.of(rows.sum(axis=1))))


def _interval(of: Callable[[Array], Array], rows: Array, block: int, seed: int) -> Interval:
    value = float(of(rows.sum(axis=1)))
    if rows.shape[1] < LEAST_ORIGINS or not math.isfinite(value):
        return Interval(value, math.nan, math.nan)
    found = of(_drawn(rows, block, seed))
    low, high = np.nanquantile(found, (0.025, 0.975))
    return Interval(value, float(low), float(high))


def _drawn(rows: Array, block: int, seed: int) -> Array:
    origins = rows.shape[1]
    total: Array = rows[:, block_draws(origins, block, DRAWS, seed)].sum(axis=2)
    return total
