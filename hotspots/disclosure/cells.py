"""What is asked of the engine and what it answers: cells, atoms, decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotspots.errors import UsageError

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: Counts above this are slips; below it sums of any table keep their digits.
MOST = 10**9


@dataclass(frozen=True, slots=True)
class Cell:
    """One count of a table: all incidents of some places, kinds and times.

    Attributes
    ----------
    where, what, when : frozenset of int
        Numbers of the pieces of place, kind and time that it sums over; none may be empty. What
        the numbers stand for is the caller's; equal numbers are the same piece in every cell.
    """

    where: frozenset[int]
    what: frozenset[int]
    when: frozenset[int]


@dataclass(frozen=True, eq=False)
class Atoms:
    """The true table: how many incidents each place, kind and time has.

    Attributes
    ----------
    where, what, when : ndarray of int, shape (n,)
        Numbers of pieces, as in `Cell`. Combinations that are not listed have no incident; a
        combination listed twice has the sum.
    count : ndarray of int, shape (n,)
        Incidents, 0 to 1e9.
    """

    where: NDArray[Any]
    what: NDArray[Any]
    when: NDArray[Any]
    count: NDArray[Any]


class Status(IntEnum):
    """What is known of a cell before the decision."""

    #: To be decided now.
    OPEN = 0
    #: An earlier export gave its count.
    SHOWN = 1
    #: An earlier export said that it is withheld.
    WITHHELD = 2


@dataclass(frozen=True, eq=False)
class Protection:
    """Which cells may be shown.

    Attributes
    ----------
    withheld : ndarray of bool, shape (cells,)
        Not to be shown; of earlier cells as they were.
    primary : ndarray of bool, shape (cells,)
        Withheld because their own count is small (1 to ``below`` - 1); the other withheld ones
        protect these.
    exposed : tuple of int
        Positions that no choice among the open cells can keep safe, as earlier exports (or a
        count of 0 asked now) give away a small count: open small cells themselves, the open cell
        of a small difference, and cells withheld earlier. If there is one, export nothing.
    crowded : tuple of int
        Positions of withheld cells that are safe only because an export does not say which
        withheld counts are small: four wards of 1 and their withheld total of 4 leave nothing
        else to who knows that the total is below 5. Part of no contract but of the record.
    """

    withheld: Bools
    primary: Bools
    exposed: tuple[int, ...]
    crowded: tuple[int, ...] = ()


def checked(
    cells: Sequence[Cell], status: Sequence[Status], atoms: Atoms, below: int
) -> tuple[Ints, tuple[Ints, Ints, Ints, Ints]]:
    """Return status and atoms (where, what, when, count) as whole numbers.

    Raises
    ------
    UsageError
        If lengths differ, a cell is empty, a number is not whole, or a count is out of range.
    """
    if len(cells) != len(status):
        raise UsageError(
            f"Every cell must have one status; got {len(cells)} cells and {len(status)} statuses."
        )
    if isinstance(below, bool) or not isinstance(below, (int, np.integer)) or below < 0:
        raise UsageError(f"below must be a whole number from 0, such as 5; got {below!r}.")
    if not all(cell.where and cell.what and cell.when for cell in cells):
        raise UsageError("Every cell must have a place, a kind and a time; got an empty one.")
    known = {int(one) for one in Status}
    if not known.issuperset(status):
        raise UsageError("A status must be OPEN, SHOWN or WITHHELD; got another number.")
    columns = [_whole(name, getattr(atoms, name)) for name in ("where", "what", "when", "count")]
    if len({one.size for one in columns}) > 1:
        raise UsageError("The columns of atoms must be of one length; got several.")
    where, what, when, count = columns
    if count.size and (count.min() < 0 or count.max() > MOST):
        raise UsageError("Counts of atoms must be from 0 to 1e9; got negative or larger ones.")
    return np.array(status, dtype=np.int64), (where, what, when, count)


def _whole(name: str, given: NDArray[Any]) -> Ints:
    column = np.asarray(given)
    if column.size == 0:
        return np.zeros(0, dtype=np.int64)
    if column.ndim != 1 or column.dtype.kind not in "iu":
        raise UsageError(
            f"{name} of atoms must be a row of whole numbers; got {column.dtype} of "
            f"{column.ndim} dimensions."
        )
    return column.astype(np.int64)
