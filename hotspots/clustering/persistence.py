"""Persistence: which cells stay hot from period to period."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.checks import real, stack_of_periods, whole
from hotspots.errors import UsageError


class _Rule(NamedTuple):
    """One row of the table; None is "either"."""

    name: str
    recently: bool  # hot in at least one of the recent periods
    before: bool  # hot in at least one of the periods before them
    mostly: bool | None  # hot in at least the given share of all periods


#: The classes. Exactly one row holds for any sequence.
_RULES = (
    _Rule("never", recently=False, before=False, mostly=None),
    _Rule("persistent", recently=True, before=True, mostly=True),
    _Rule("intermittent", recently=True, before=True, mostly=False),
    _Rule("recent", recently=True, before=False, mostly=None),
    _Rule("former", recently=False, before=True, mostly=None),
)
#: Code of each class.
PERSISTENCE: dict[int, str] = {code: rule.name for code, rule in enumerate(_RULES)}


@dataclass(frozen=True, eq=False)
class PersistenceResult:
    """How lasting each cell's heat is; arrays of shape (rows, cols).

    Attributes
    ----------
    share_hot : ndarray of float
        Share of the periods in which the cell was hot, 0 to 1; NaN outside the mask.
    periods_hot : ndarray of int64
        In how many periods it was hot; 0 outside the mask.
    running : ndarray of int64
        For how many periods running it has been hot, the last one included; 0 when the last is
        not hot, and outside the mask.
    category : ndarray of int8
        A code of ``PERSISTENCE``; 0, never, outside the mask.
    """

    share_hot: NDArray[np.float64]
    periods_hot: NDArray[np.int64]
    running: NDArray[np.int64]
    category: NDArray[np.int8]

    @property
    def names(self) -> NDArray[np.str_]:
        """Each cell's class in words, shape (rows, cols)."""
        named: NDArray[np.str_] = np.array(list(PERSISTENCE.values()))[self.category]
        return named


def persistence(
    hot: ArrayLike, recent: int = 3, share: float = 0.75, mask: ArrayLike | None = None
) -> PersistenceResult:
    """Return in which share of the periods each cell was hot, and a class.

    "persistent": hot in at least ``share`` of the periods, recently and before. "recent": hot in
    the most recent periods, never before. "former": hot before, in none of the most recent
    periods. "intermittent": hot recently and before, but less often. "never": in no period.

    With no more periods than ``recent`` there is nothing before: what is hot is then "recent",
    also when it is hot in all of them.

    Parameters
    ----------
    hot : array_like of bool, shape (periods, rows, cols)
        The cells declared hot in each period, by any test, oldest period first.
    recent : int
        How many of the last periods are recent. 3 by default: of months a quarter, the span over
        which the work at a place is planned and looked back on.
    share : float
        The least share of a persistent cell, above 0 and at most 1. 0.75 by default: nine months
        of twelve. A place of constant risk misses some months by chance, so 1 would be too strict.
    mask : array_like of bool, shape (rows, cols), optional
        The cells of the study area; all by default. What ``hot`` says outside never counts.

    Raises
    ------
    UsageError
        If there is no period, shapes differ, ``hot`` is neither bool nor 0 and 1 only, or a
        parameter is out of range.

    References
    ----------
    A summary of declared cells and no test of its own; for the stability of places over time see
    Weisburd, D. (2015), The law of crime concentration, doi:10.1111/1745-9125.12070.
    """
    stack, inside = _checked(hot, mask)
    recently = whole("recent", recent)
    if not 0 < real(share) <= 1:
        raise UsageError(f"share must be above 0 and at most 1; got {share!r}.")
    periods = len(stack)
    start = max(periods - recently, 0)
    total = stack.sum(axis=0)
    facts = {
        "recently": stack[start:].any(axis=0),
        "before": stack[:start].any(axis=0),
        "mostly": total >= math.ceil(share * periods - 1e-9),
    }
    return PersistenceResult(
        share_hot=np.where(inside, total / periods, np.nan),
        periods_hot=total,
        running=np.logical_and.accumulate(stack[::-1], axis=0).sum(axis=0),
        category=_classes(facts),
    )


def _classes(facts: dict[str, NDArray[np.bool_]]) -> NDArray[np.int8]:
    category = np.zeros(facts["mostly"].shape, dtype=np.int8)
    for code, rule in enumerate(_RULES):
        wanted = {name: getattr(rule, name) for name in facts}
        tests = [fact == wanted[name] for name, fact in facts.items() if wanted[name] is not None]
        category[np.logical_and.reduce(tests)] = code
    return category


def _checked(hot: ArrayLike, mask: ArrayLike | None) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    given = np.asarray(hot)
    stack_of_periods("hot", given.shape)
    inside = np.ones(given.shape[1:], dtype=bool) if mask is None else np.asarray(mask, dtype=bool)
    if inside.shape != given.shape[1:]:
        raise UsageError(
            f"hot and mask must be grids of one shape; got {given.shape[1:]} and {inside.shape}."
        )
    if given.dtype != np.bool_ and not np.isin(given[:, inside], (0, 1)).all():
        raise UsageError("hot must be bool, or 0 and 1 only; got others: compare p with a level.")
    stack = np.zeros(given.shape, dtype=bool)
    stack[:, inside] = given[:, inside] == 1
    return stack, inside
