"""Decide which counts to withhold, and prove it: every small one could be another number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hotspots.disclosure.cells import Atoms, Bools, Cell, Ints, Protection, Status, checked
from hotspots.disclosure.complements import Complements, with_complements
from hotspots.disclosure.moving import Kind, System
from hotspots.disclosure.patterns import Rows, rows, space
from hotspots.disclosure.searching import search

AtomColumns = tuple[Ints, Ints, Ints, Ints]


def protect(
    cells: Sequence[Cell], status: Sequence[Status], atoms: Atoms, below: int
) -> Protection:
    """Return which open cells to withhold so that no count of 1 to ``below`` - 1 can be worked out.

    All small open cells are withheld, then as few others as a good heuristic finds, until for
    each small withheld count another table of whole numbers is at hand that has every shown count,
    each withheld count on its own side of ``below``, no 0 filled, and another number here. So at
    least two numbers are possible. Also guarded are small differences that one subtraction of
    shown counts would give (see `with_complements`). A cell of 0 is always shown.

    Parameters
    ----------
    cells : sequence of Cell
        What is asked now and what was exported before in the same tier. Equal cells get one
        decision.
    status : sequence of Status
        Of each cell.
    atoms : Atoms
        The true table. Earlier counts are taken from it: leave out what was counted otherwise.
    below : int
        The smallest count that may be shown; 0 and 1 withhold nothing.

    Returns
    -------
    Protection
        The same input gives the same answer. Empty input gives empty arrays.

    Raises
    ------
    UsageError
        If lengths differ, a cell is empty, a number is not whole, or a count is out of range.

    References
    ----------
    Fischetti, M. and Salazar, J. J. (2001), Solving the cell suppression problem on tabular data
    with linear constraints, doi:10.1287/mnsc.47.7.1008.9805.
    """
    given, columns = checked(cells, status, atoms, below)
    if not len(cells) or below < 2:
        held = given == Status.WITHHELD
        return Protection(held, np.zeros(held.size, dtype=bool), ())
    number: dict[Cell, int] = {}
    of = np.array([number.setdefault(cell, len(number)) for cell in cells], dtype=np.int64)
    decided = _decide(list(number), _merged(given, of, len(number)), columns, below)
    small = decided.small[of]
    withheld = np.where(
        given == Status.OPEN, decided.withheld[of] | small, given == Status.WITHHELD
    )
    out = decided.exposed[of] | (small & (given == Status.OPEN) & decided.shown[of])
    return Protection(
        withheld,
        withheld & small,
        exposed=tuple(np.flatnonzero(out & (given != Status.SHOWN)).tolist()),
        crowded=tuple(np.flatnonzero(decided.crowded[of] & withheld).tolist()),
    )


@dataclass(frozen=True, eq=False)
class _Decision:
    """Of distinct cells; arrays of shape (cells,)."""

    small: Bools
    withheld: Bools
    exposed: Bools
    #: An earlier export gave the count.
    shown: Bools
    crowded: Bools


def _merged(given: Ints, of: Ints, n: int) -> Ints:
    """Return the status of distinct cells: once shown is known, else once withheld stays so."""
    found = np.full(n, Status.OPEN, dtype=np.int64)
    for status in (Status.WITHHELD, Status.SHOWN):
        found[of[given == status]] = status
    return found


def _decide(
    cells: list[Cell],
    status: Ints,
    atoms: AtomColumns,
    below: int,
    only: NDArray[np.intp] | None = None,
) -> _Decision:
    """Decide all cells; with ``only``, look no further than at the safety of these."""
    made, inside = space(cells, atoms)
    small = (made.values > 0) & (made.values < below)
    guarded = with_complements(made, inside, status, below)
    empty = np.zeros(len(guarded.space.boxes), dtype=bool)
    empty[: len(cells)] = (made.values == 0) & (status != Status.WITHHELD)
    table = rows(guarded.space, len(cells), empty)
    system = _system(table, status, guarded.space.values, below)
    targets = np.flatnonzero((system.kind == Kind.PRIMARY) | (system.kind == Kind.FREE))
    if only is not None:
        targets = np.intersect1d(targets, table.of[only])
    crowded = search(system, targets)
    system.told_apart = False
    lost = search(system, crowded)
    row = table.of[: len(cells)]
    # one more, for the cells of 0, which have no row
    kind = np.append(system.kind, -1)[row]
    held = np.isin(kind, [Kind.PRIMARY, Kind.SECONDARY])
    exposed = _exposed(cells, status, atoms, below, table, guarded, lost)
    shown = kind == Kind.FIXED
    crowd = np.isin(row, np.setdiff1d(crowded, lost)) & small
    return _Decision(small, held & (status != Status.SHOWN), exposed, shown, crowd)


def _system(table: Rows, status: Ints, values: Ints, below: int) -> System:
    """Return what is known of each row: the most that is known of any of its boxes."""
    n, cells = table.matrix.shape[0], status.size
    filled = table.of[:cells] >= 0
    kind = np.full(n, Kind.FREE, dtype=np.int64)
    value = np.zeros(n, dtype=np.int64)
    value[table.of[table.of >= 0]] = values[table.of >= 0]
    for one, means in (
        (Status.OPEN, np.where(value < below, Kind.PRIMARY, Kind.OPEN)),
        (Status.WITHHELD, np.where(value < below, Kind.PRIMARY, Kind.SECONDARY)),
        (Status.SHOWN, np.full(n, Kind.FIXED)),
    ):
        at = table.of[:cells][filled & (status == one)]
        kind[at] = means[at]
    cost = 1 + np.log2(np.maximum(value, 1)) / 4
    return System(table.matrix, table.count, value, kind, cost, below)


def _exposed(
    cells: list[Cell],
    status: Ints,
    atoms: AtomColumns,
    below: int,
    table: Rows,
    guarded: Complements,
    lost: NDArray[np.intp],
) -> Bools:
    """Return the cells to blame for what cannot be kept safe and was so before.

    What earlier exports alone give away is beyond help and is left out, except where an open cell
    itself asks for it.
    """
    blamed = np.zeros(len(cells), dtype=bool)
    if not lost.size:
        return blamed
    n = len(cells)
    boxes = np.flatnonzero(np.isin(table.of, lost))
    blamed[boxes[boxes < n]] = True
    known = blamed & (status == Status.WITHHELD)
    if known.any() and (status == Status.OPEN).any():
        blamed[known] = ~_out_before(cells, status, atoms, below, np.flatnonzero(known))
    for box in boxes[boxes >= n] - n:
        pair = [i for i in (guarded.outer[box], guarded.inner[box]) if i >= 0]
        blamed[[i for i in pair if status[i] == Status.OPEN]] = True
    return blamed


def _out_before(
    cells: list[Cell], status: Ints, atoms: AtomColumns, below: int, asked: NDArray[np.intp]
) -> Bools:
    """Return which earlier withheld cells the earlier exports alone give away."""
    earlier = np.flatnonzero(status != Status.OPEN)
    at = np.searchsorted(earlier, asked)
    # nothing is open and so nothing is withheld for others: each can be looked at by itself
    before = _decide([cells[i] for i in earlier], status[earlier], atoms, below, only=at)
    return before.exposed[at]
