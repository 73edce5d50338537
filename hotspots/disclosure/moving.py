"""Other tables that agree with everything shown: whole-number moves away from the true one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array, hstack, vstack
from scipy.sparse.csgraph import connected_components

from hotspots.disclosure.cells import Bools, Ints

Floats = NDArray[np.float64]

#: The solver's own limit in seconds; past it more is withheld.
PATIENCE = 20.0
#: More than any change of a row.
NO_LIMIT = 10**12
#: How far a solution may be from whole numbers before it is made whole; all is checked exactly.
NEAR = 1e-6


class Kind(IntEnum):
    """What an attacker knows of a row."""

    #: Its count.
    FIXED = 0
    #: Its count, unless it is withheld now.
    OPEN = 1
    #: That it is 1 to below - 1.
    PRIMARY = 2
    #: That it is below or more.
    SECONDARY = 3
    #: Nothing: a difference of cells.
    FREE = 4


@dataclass(eq=False)
class System:
    """Rows over patterns, what is known of each, and the moves that this leaves.

    Attributes
    ----------
    matrix : sparse array of int, shape (rows, patterns)
    count : ndarray of int, shape (patterns,)
    value : ndarray of int, shape (rows,)
        Incidents of each row, those of patterns that are left out included.
    kind : ndarray of int, shape (rows,)
        `Kind`; an open row that is withheld becomes SECONDARY.
    cost : ndarray of float, shape (rows,)
        Of withholding an open row.
    below : int
    told_apart : bool
        Whether the attacker knows which withheld counts are small and which are not. What is
        exported does not say it; a reader who knows the method may guess it.
    """

    matrix: Any
    count: Ints
    value: Ints
    kind: Ints
    cost: Floats
    below: int
    told_apart: bool = True

    def limits(self) -> tuple[Ints, Ints]:
        """Return by how much each row may change; an open row as if it were withheld."""
        low, high = -self.value, np.full(self.value.size, NO_LIMIT)
        held = np.isin(self.kind, [Kind.PRIMARY, Kind.SECONDARY, Kind.OPEN])
        low[held] = 1 - self.value[held]
        if self.told_apart:
            primary = self.kind == Kind.PRIMARY
            high[primary] = self.below - 1 - self.value[primary]
            low[held & ~primary] = self.below - self.value[held & ~primary]
        fixed = self.kind == Kind.FIXED
        low[fixed] = high[fixed] = 0
        return low, high

    def holds(self, move: Ints) -> bool:
        """Return whether a whole-number move keeps everything that is known (open rows aside)."""
        change = self.matrix @ move
        low, high = self.limits()
        return bool(
            (self.count + move >= 0).all() and (change >= low).all() and (change <= high).all()
        )

    def part(self, rows: NDArray[np.intp], patterns: NDArray[np.intp]) -> System:
        """Return the system of some rows and patterns."""
        return System(
            csr_array(self.matrix[rows][:, patterns]),
            self.count[patterns],
            self.value[rows],
            self.kind[rows],
            self.cost[rows],
            self.below,
            self.told_apart,
        )


def best_change(
    system: System,
    targets: NDArray[np.intp],
    signs: Ints,
    reward: float | None,
    step: int = 1,
    whole: bool = False,
) -> Floats | None:
    """Return the move, in fractions, that changes targets most for what it costs.

    Parameters
    ----------
    system : System
    targets : ndarray of int
        Rows that should change; more than by one earns nothing.
    signs : ndarray of int
        1 or -1: the way that each should change.
    reward : float or None
        What changing one target is worth beside the cost of open rows that change with it; None
        where no open row may change.
    step : int
        By how much a pattern may change at most.
    whole : bool
        Whether patterns must change by whole numbers.

    Returns
    -------
    ndarray of float, shape (patterns,), or None
        None where the solver gave up. The moves form a convex set that holds 0: where one target
        alone is asked for in fractions at a high reward and does not change, no table at all has
        another count there in that direction.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    is_open = system.kind == Kind.OPEN
    give = np.flatnonzero(is_open) if reward else np.zeros(0, dtype=np.intp)
    n, m, t = system.count.size, give.size, targets.size
    low, high = (one.astype(np.float64) for one in system.limits())
    if not reward:
        low[is_open] = high[is_open] = 0
    high[high >= NO_LIMIT] = np.inf
    matrix = _constraints(system.matrix, give, targets, signs)
    wide = np.zeros(m + t)
    cost = np.concatenate([np.zeros(n), np.tile(system.cost[give], 2), np.full(t, -(reward or 1))])
    # going the other way makes safe as well, but to reward both is no linear program
    first = np.concatenate(
        [-np.minimum(system.count, step), np.zeros(2 * m), np.full(t, -float(system.below))]
    )
    last = np.concatenate([np.full(n, float(step)), np.full(2 * m, np.inf), np.ones(t)])
    found = milp(
        cost,
        integrality=np.concatenate([np.full(n, int(whole)), np.zeros(2 * m + t)]),
        bounds=Bounds(first, last),
        constraints=LinearConstraint(
            matrix,
            np.concatenate([low, wide]),
            np.concatenate([high, wide[:m], np.full(t, np.inf)]),
        ),
        options={"time_limit": PATIENCE, "mip_rel_gap": _gap(t, reward) if whole else 0.0},
    )
    return None if found.x is None else np.asarray(found.x[:n])


def _gap(targets: int, reward: float | None) -> float:
    """Return how near the best is near enough: where it costs nothing, others can follow later."""
    return 0.02 if reward or targets == 1 else 0.2


def still_rows(system: System, targets: NDArray[np.intp], weights: Floats) -> Bools:
    """Return which targets a move in fractions that changes their weighted sum most leaves alone.

    Open rows may change, as if they were withheld. If a move of any sort changes any of the
    targets, then one of these sums or of those of the opposite weights can rise, unless the
    changes happen to cancel; with weights drawn at random they never do. So where both ways leave
    all alone, no other table has another count in any of them.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    low, high = (one.astype(np.float64) for one in system.limits())
    if not system.count.size:
        return np.ones(targets.size, dtype=bool)
    high[high >= NO_LIMIT] = np.inf
    found = milp(
        -(system.matrix[targets].T @ weights),
        bounds=Bounds(-np.minimum(system.count, 1), np.ones(system.count.size)),
        constraints=LinearConstraint(csc_array(system.matrix), low, high),
        options={"time_limit": PATIENCE},
    )
    if found.x is None:
        return np.zeros(targets.size, dtype=bool)
    unmoved: Bools = np.abs(system.matrix[targets] @ found.x) < NEAR
    return unmoved


def _constraints(
    matrix: Any, give: NDArray[np.intp], targets: NDArray[np.intp], signs: Ints
) -> Any:
    """Return the rows' changes; changes of open rows less rise, plus fall; of targets less gain."""
    height, n = matrix.shape
    m, t = give.size, targets.size
    owner = np.repeat(np.arange(height), np.diff(matrix.indptr))
    asked = np.concatenate([give, targets])
    sign = np.concatenate([np.ones(m, dtype=np.int64), signs])
    sizes = np.diff(matrix.indptr)[asked]
    copies = np.repeat(np.arange(asked.size), sizes)
    inside = np.repeat(matrix.indptr[asked] - np.cumsum(sizes) + sizes, sizes)
    at = matrix.indices[inside + np.arange(copies.size)]
    i = np.arange(m)
    row = [owner, height + copies, height + i, height + i, height + m + np.arange(t)]
    column = [matrix.indices, at, n + i, n + m + i, n + 2 * m + np.arange(t)]
    value = [np.ones(owner.size), sign[copies], -np.ones(m), np.ones(m), -np.ones(t)]
    return csc_array(
        (np.concatenate(value), (np.concatenate(row), np.concatenate(column))),
        shape=(height + m + t, n + 2 * m + t),
    )


def made_whole(system: System, solved: Floats) -> Ints | None:
    """Return the parts of a move in fractions that hold in whole numbers, or None.

    `System.holds` is true of what is returned: the proof does not rest on the solver.
    """
    move = np.rint(solved).astype(np.int64)
    if np.abs(solved - move).max(initial=0) < NEAR and system.holds(move):
        return move if move.any() else None
    total = np.zeros_like(move)
    for at in _parts(system, solved):
        one = _small_multiple(solved[at])
        if one is None:
            continue
        total[at] = one
        if not system.holds(total):
            total[at] = 0
    return total if total.any() else None


def _small_multiple(part: Floats) -> Ints | None:
    for factor in (1, 2, 3):
        move = np.rint(part * factor).astype(np.int64)
        if np.abs(part * factor - move).max() < NEAR:
            return move
    return None


def _parts(system: System, solved: Floats) -> list[NDArray[np.intp]]:
    """Return the patterns that change, in parts that no row of unchanged count links."""
    moved = np.flatnonzero(np.abs(solved) > NEAR)
    if not moved.size:
        return []
    still = np.isin(system.kind, [Kind.FIXED, Kind.OPEN]) & (np.abs(system.matrix @ solved) < NEAR)
    links = csr_array(system.matrix[np.flatnonzero(still)][:, moved])
    grid = vstack(
        [
            hstack([csr_array((moved.size,) * 2), links.T]),
            hstack([links, csr_array((links.shape[0],) * 2)]),
        ]
    )
    label = connected_components(grid, directed=False)[1][: moved.size]
    return [moved[label == one] for one in np.unique(label)]
