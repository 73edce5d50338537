"""The table behind the cells, as small as it can be written: classes, patterns, rows.

Pieces that are in the same sets of a dimension are one class; combinations of classes that are in
the same cells are one pattern. A pattern that is in a cell known to be 0 is 0 and is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from hotspots.disclosure.cells import Bools, Cell, Ints

#: Keys of patterns are sums of 64-bit numbers drawn with it: with a million patterns two that
#: differ share a key once in ten million tables.
SEED = 20_160_401


@dataclass(frozen=True, eq=False)
class Dimension:
    """The sets of pieces that cells use in one dimension.

    Attributes
    ----------
    sets : ndarray of bool, shape (sets, classes)
        Which classes a set has.
    of : ndarray of int, shape (cells,)
        Each cell's set.
    classes : dict
        Piece to class.
    """

    sets: Bools
    of: Ints
    classes: dict[int, int]

    def inside(self) -> Bools:
        """Return which sets are part of which other: [inner, outer], shape (sets, sets)."""
        have = self.sets.astype(np.float64)
        nested: Bools = have @ (1 - have).T == 0
        np.fill_diagonal(nested, val=False)
        return nested


def dimension(sets: Sequence[frozenset[int]]) -> Dimension:
    """Return the classes of pieces that these sets, one a cell, tell apart."""
    number: dict[frozenset[int], int] = {}
    of = np.array([number.setdefault(one, len(number)) for one in sets], dtype=np.int64)
    pieces = sorted(frozenset().union(*number))
    place = {piece: i for i, piece in enumerate(pieces)}
    has = np.zeros((len(number), len(pieces)), dtype=bool)
    for members, i in number.items():
        has[i, [place[piece] for piece in members]] = True
    kept, back = np.unique(has, axis=1, return_inverse=True)
    back = np.ravel(back)
    return Dimension(kept, of, {piece: int(back[i]) for i, piece in enumerate(pieces)})


@dataclass(frozen=True, eq=False)
class Space:
    """All combinations of classes, and the boxes in them.

    Attributes
    ----------
    axes : tuple of ndarray of bool, each of shape (sets, classes)
        Sets of places, of kinds, of times.
    count : ndarray of int, shape (classes of place, of kind, of time)
        Incidents of each combination.
    boxes : ndarray of int, shape (boxes, 3)
        Each box's set in each dimension.
    values : ndarray of int, shape (boxes,)
        Incidents in each box.
    """

    axes: tuple[Bools, Bools, Bools]
    count: Ints
    boxes: Ints
    values: Ints


def space(cells: Sequence[Cell], atoms: tuple[Ints, Ints, Ints, Ints]) -> tuple[Space, list[Bools]]:
    """Return the space of some cells, and for each dimension which set is part of which."""
    parts = [
        dimension([cell.where for cell in cells]),
        dimension([cell.what for cell in cells]),
        dimension([cell.when for cell in cells]),
    ]
    count = np.zeros([part.sets.shape[1] for part in parts], dtype=np.int64)
    at = [
        np.array([part.classes.get(piece, -1) for piece in column.tolist()], dtype=np.int64)
        for part, column in zip(parts, atoms, strict=False)
    ]
    inside = (at[0] >= 0) & (at[1] >= 0) & (at[2] >= 0)
    np.add.at(count, tuple(one[inside] for one in at), atoms[3][inside])
    boxes = np.stack([part.of for part in parts], axis=1)
    axes = (parts[0].sets, parts[1].sets, parts[2].sets)
    made = Space(axes, count, boxes, sums(axes, count, boxes))
    return made, [part.inside() for part in parts]


def sums(axes: tuple[Bools, Bools, Bools], count: Ints, boxes: Ints) -> Ints:
    """Return the incidents in each box."""
    # float products are exact here: no sum comes near 2^53
    table = np.einsum("aw,wkt->akt", axes[0].astype(float), count.astype(float), optimize=True)
    table = np.einsum("bk,akt->abt", axes[1].astype(float), table, optimize=True)
    found = np.empty(len(boxes), dtype=np.int64)
    order = np.argsort(boxes[:, 2], kind="stable")
    edges = np.searchsorted(boxes[order, 2], np.arange(len(axes[2]) + 1))
    for i, has in enumerate(axes[2]):
        mine = order[edges[i] : edges[i + 1]]
        if mine.size:
            flat = table[:, :, has].sum(axis=2)
            found[mine] = np.rint(flat[boxes[mine, 0], boxes[mine, 1]])
    return found


@dataclass(frozen=True, eq=False)
class Rows:
    """Boxes as sums of patterns that may hold incidents.

    Attributes
    ----------
    matrix : sparse array of int, shape (rows, patterns)
        1 where the pattern is in the row.
    count : ndarray of int, shape (patterns,)
        The true count.
    of : ndarray of int, shape (boxes,)
        Each box's row; -1 of boxes of 0. Boxes that differ in empty patterns only share a row.
    """

    matrix: Any
    count: Ints
    of: Ints


def rows(made: Space, cells: int, empty: Bools) -> Rows:
    """Return the rows of a space whose first ``cells`` boxes are cells.

    Parameters
    ----------
    made : Space
    cells : int
        The boxes behind them are differences of cells, which tell no patterns apart.
    empty : ndarray of bool, shape (boxes,)
        Boxes known to be 0.
    """
    alive = np.flatnonzero(~_dead(made, np.flatnonzero(empty)).ravel())
    flat = np.full(made.count.size, -1, dtype=np.int64)
    flat[alive] = np.arange(alive.size)
    number = flat.reshape(made.count.shape)
    filled = np.flatnonzero(made.values > 0)
    members = [_members(made, number, box) for box in filled.tolist()]
    wide = _matrix(members, alive.size)
    key = np.random.default_rng(SEED).integers(0, 2**63, filled.size, dtype=np.uint64)
    keys = _keys(wide[filled < cells], key[filled < cells])
    in_some = keys != 0
    _, first, back = np.unique(keys[in_some], return_index=True, return_inverse=True)
    count = np.bincount(
        np.ravel(back), made.count.ravel()[alive[in_some]], minlength=first.size
    ).astype(np.int64)
    narrow = csr_array(wide[:, np.flatnonzero(in_some)[first]])
    return _distinct(narrow, count, filled, len(made.boxes))


def _keys(matrix: Any, key: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return of each column the sum (modulo 2^64) of its rows' keys."""
    found = np.zeros(matrix.shape[1], dtype=np.uint64)
    owner = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    np.add.at(found, matrix.indices, key[owner])
    return found


def _dead(made: Space, zero: NDArray[np.intp]) -> Bools:
    """Return the combinations that are in one of these boxes."""
    dead = np.zeros(made.count.shape, dtype=bool)
    for a, b, c in np.unique(made.boxes[zero], axis=0):
        dead[np.ix_(made.axes[0][a], made.axes[1][b], made.axes[2][c])] = True
    return dead


def _members(made: Space, number: Ints, box: int) -> Ints:
    a, b, c = made.boxes[box]
    inside = number[np.ix_(made.axes[0][a], made.axes[1][b], made.axes[2][c])].ravel()
    return inside[inside >= 0]


def _matrix(members: list[Ints], columns: int) -> Any:
    ends = np.concatenate([[0], np.cumsum([one.size for one in members])]).astype(np.int64)
    at = np.concatenate(members) if members else np.zeros(0, dtype=np.int64)
    return csr_array((np.ones(at.size, dtype=np.int64), at, ends), shape=(len(members), columns))


def _distinct(matrix: Any, count: Ints, filled: NDArray[np.intp], boxes: int) -> Rows:
    """Return the matrix with each row once."""
    key = np.random.default_rng(SEED + 1).integers(0, 2**63, matrix.shape[1], dtype=np.uint64)
    keys = _keys(csr_array(matrix.T), key)
    _, first, back = np.unique(keys, return_index=True, return_inverse=True)
    of = np.full(boxes, -1, dtype=np.int64)
    of[filled] = np.ravel(back)
    return Rows(csr_array(matrix[first]), count, of)
