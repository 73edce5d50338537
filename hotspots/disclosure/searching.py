"""The search: show that every small count could be another, withholding more until it can be.

A move that changes a target proves it safe, whatever is withheld later: a cell that is withheld
afterwards keeps its count in that move. So proofs are only ever added, and nothing needs proving
twice.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack, vstack
from scipy.sparse.csgraph import connected_components

from hotspots.disclosure.cells import Bools, Ints
from hotspots.disclosure.moving import Kind, System, best_change, made_whole, still_rows

Rows = NDArray[np.intp]

#: Signs are drawn with it, so that equal tables are decided equally.
SEED = 1_616
#: More than protecting one target can cost.
DEAR = 1e4
#: What protecting one target may cost in the first, second, ... attempt at all together.
PRICES = (2.0, 5.0, 20.0, DEAR)
#: Targets from which on they are tried together; fewer are tried one by one, the cheaper way each.
TOGETHER = 24
#: Patterns from which on trying a target by itself takes long.
LARGE = 700
#: The share of targets that one attempt must make safe to be followed by another.
WORTH = 0.2
#: Targets below which a group is not divided any more.
FEW = 24


def search(system: System, targets: Rows) -> Rows:
    """Withhold open rows until every target that can be is safe; return those that cannot.

    Parameters
    ----------
    system : System
        Its open rows that must be withheld become SECONDARY.
    targets : ndarray of int
        Rows whose count must not be worked out.
    """
    lost: list[Rows] = []
    if not targets.size:
        return targets
    for at_rows, at_patterns in _apart(system):
        mine = np.flatnonzero(np.isin(at_rows, targets))
        if not mine.size:
            continue
        part = system.part(at_rows, at_patterns)
        lost.append(at_rows[_search_one(part, mine)])
        system.kind[at_rows] = part.kind
    return np.sort(np.concatenate([np.zeros(0, dtype=np.intp), *lost]))


def _apart(system: System) -> list[tuple[Rows, Rows]]:
    """Return rows and patterns of the parts that no row links, without patterns that are known."""
    loose = np.flatnonzero(~_pinned(system))
    matrix = csr_array(system.matrix[:, loose])
    height, width = matrix.shape
    grid = vstack(
        [
            hstack([csr_array((height, height)), matrix]),
            hstack([csr_array(matrix.T), csr_array((width, width))]),
        ]
    )
    label = connected_components(grid, directed=False)[1]
    of_rows, of_patterns = label[:height], label[height:]
    rows, patterns = np.argsort(of_rows, kind="stable"), np.argsort(of_patterns, kind="stable")
    return [
        (
            rows[slice(*np.searchsorted(of_rows[rows], [one, one + 1]))],
            loose[patterns[slice(*np.searchsorted(of_patterns[patterns], [one, one + 1]))]],
        )
        for one in np.unique(of_rows)
    ]


def _pinned(system: System) -> Bools:
    """Return the patterns whose count earlier exports give, by plain subtraction."""
    fixed = csr_array(system.matrix[np.flatnonzero(system.kind == Kind.FIXED)])
    pinned = np.zeros(system.count.size, dtype=bool)
    while True:
        alone = (fixed @ (~pinned).astype(np.int64)) == 1
        new: Bools = (fixed[np.flatnonzero(alone)].sum(axis=0) > 0) & ~pinned
        if not new.any():
            return pinned
        pinned |= new


def _search_one(part: System, targets: Rows) -> Rows:
    rng = np.random.default_rng(SEED)
    left = _certified(part, targets, rng)
    hopeless = stuck(part, left, rng)
    left = np.setdiff1d(left, hopeless)
    for price in PRICES:
        left = _together(part, left, price, rng)
    if part.count.size > LARGE:
        left = _the_rest(part, left, rng)
    lost = hopeless.tolist()
    while left.size:
        after = _protect_one(part, left)
        if after.size == left.size:
            lost.append(int(left[0]))
            after = left[1:]
        left = after
    return np.sort(np.array(lost, dtype=np.intp))


def stuck(part: System, left: Rows, rng: np.random.Generator) -> Rows:
    """Return the targets that no table changes, whatever is withheld more, all looked at at once.

    That a target is stuck is proved up to a chance of 0 (see `still_rows`); that it is not is no
    proof that it is safe, as only fractions may change it.
    """
    while left.size:
        weights = rng.normal(size=left.size)
        still = still_rows(part, left, weights)
        if still.all():
            still = still_rows(part, left, -weights)
        if still.all():
            break
        left = left[still]
    return left


def _certified(part: System, left: Rows, rng: np.random.Generator) -> Rows:
    """Return the targets that are not proved safe by what is withheld already.

    With every open row still, integer programming is as quick as linear programming, and what it
    finds is whole. The last few are left to those steps that may withhold more: they need not.
    """
    before = 2 * left.size
    while 0 < left.size < (1 - WORTH) * before:
        before = left.size
        left = _try(part, left, _signs(part, left, rng), None, whole=True)
    return left


def _together(part: System, left: Rows, price: float, rng: np.random.Generator) -> Rows:
    """Return the targets that are not safe after what this price each is spent on many at once."""
    size = left.size
    while left.size >= TOGETHER and size >= FEW:
        some = np.sort(rng.permutation(left)[:size])
        after = _try(part, some, _signs(part, some, rng), price)
        if after.size == some.size:
            # fewer at once leave a simpler move, which is likelier to be whole
            size //= 4
            continue
        left = _certified(part, np.setdiff1d(left, np.setdiff1d(some, after)), rng)
    return left


def _the_rest(part: System, left: Rows, rng: np.random.Generator) -> Rows:
    """Return the targets that are not safe after a few at a time were made so in whole numbers."""
    before = left.size + 1
    while 1 < left.size < before:
        before = left.size
        some = left[:TOGETHER]
        after = _try(part, some, _signs(part, some, rng), DEAR, whole=True)
        left = np.union1d(after, left[TOGETHER:])
    return left


def _signs(part: System, left: Rows, rng: np.random.Generator) -> Ints:
    """Return a way for each target: up where it cannot go down, and the other way round."""
    low, high = part.limits()
    sign = rng.permutation(np.where(np.arange(left.size) % 2, 1, -1))
    sign[high[left] == 0] = -1
    sign[low[left] == 0] = 1
    return sign


def _try(part: System, left: Rows, signs: Ints, price: float | None, whole: bool = False) -> Rows:
    """Return the targets that no move has changed yet."""
    solved = best_change(part, left, signs, price, whole=whole)
    move = None if solved is None else made_whole(part, solved)
    return left if move is None else _made(part, left, move)


def _made(part: System, left: Rows, move: Ints) -> Rows:
    """Withhold the open rows that a move changes; return the targets that it does not change."""
    change = part.matrix @ move
    part.kind[(change != 0) & (part.kind == Kind.OPEN)] = Kind.SECONDARY
    after: Rows = left[change[left] == 0]
    return after


def _protect_one(part: System, left: Rows) -> Rows:
    """Make the first target safe in the way that costs least; return what is left to do."""
    moves: list[tuple[float, Ints]] = []
    for sign in (1, -1):
        move = _moving(part, left[:1], np.array([sign]))
        if move is not None:
            moves.append((_price(part, move), move))
        if moves and moves[-1][0] == 0:
            break
    return _made(part, left, min(moves, key=lambda one: one[0])[1]) if moves else left


def _moving(part: System, one: Rows, sign: Ints) -> Ints | None:
    """Return a move that changes one target in one direction, or None where there is none."""
    low, high = part.limits()
    if (high if sign[0] > 0 else low)[one[0]] == 0:
        return None
    # fractions are quicker, but in a large part hardly ever whole
    small = ((1, False),) if part.count.size <= LARGE else ()
    for step, whole in (*small, (1, True), (part.below, True)):
        solved = best_change(part, one, sign, DEAR, step, whole)
        if solved is None:
            continue
        move = made_whole(part, solved)
        if move is not None and (part.matrix[one] @ move)[0] != 0:
            return move
    return None


def _price(part: System, move: Ints) -> float:
    changed = (part.matrix @ move != 0) & (part.kind == Kind.OPEN)
    return float(part.cost[changed].sum())
