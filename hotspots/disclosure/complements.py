"""Small counts that are in no table and yet one subtraction away: differences of nested cells."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hotspots.disclosure.cells import Bools, Ints, Status
from hotspots.disclosure.patterns import Space


@dataclass(frozen=True, eq=False)
class Complements:
    """The space with the small differences as further boxes.

    Attributes
    ----------
    space : Space
        Boxes of the cells, then of the differences.
    outer, inner : ndarray of int, shape (differences,)
        The cells whose difference it is; ``inner`` is -1 where all parts of a total together
        leave it over.
    """

    space: Space
    outer: Ints
    inner: Ints


class _Found(NamedTuple):
    """Differences: their classes in one dimension, the two cells, the incidents."""

    sets: Bools
    pairs: Ints
    values: Ints


def with_complements(made: Space, inside: list[Bools], status: Ints, below: int) -> Complements:
    """Return the space with each difference of 1 to ``below`` - 1 that one subtraction would show.

    Two rules, each along one dimension, the other two equal: a cell minus one cell in it; and a
    cell minus all cells in it together. Only cells of ``below`` and more take part (one that is
    small is withheld, and what is worked out from it varies with it), and not two that were both
    shown before: their difference is out. The cost is one comparison for each pair of cells that
    are equal in two dimensions.
    """
    axes, boxes, values, pairs = list(made.axes), [made.boxes], [made.values], []
    for axis in range(3):
        sets = [made.axes[axis]]
        first = len(sets[0])
        for line in _lines(made.boxes, made.values >= below, axis):
            found = _along(made, inside[axis], status, below, axis, line)
            box = made.boxes[found.pairs[:, 0]].copy()
            box[:, axis] = first + np.arange(len(box))
            first += len(box)
            sets.append(found.sets)
            boxes.append(box)
            values.append(found.values)
            pairs.append(found.pairs)
        axes[axis] = np.concatenate(sets)
    larger = Space(
        (axes[0], axes[1], axes[2]), made.count, np.concatenate(boxes), np.concatenate(values)
    )
    both = np.concatenate([np.zeros((0, 2), dtype=np.int64), *pairs])
    return Complements(larger, both[:, 0], both[:, 1])


def _lines(boxes: Ints, large: Bools, axis: int) -> list[NDArray[np.intp]]:
    """Return groups of cells that are equal in the two other dimensions."""
    others = [i for i in range(3) if i != axis]
    at = np.flatnonzero(large)
    order = at[np.lexsort([boxes[at, axis], boxes[at, others[1]], boxes[at, others[0]]])]
    if not order.size:
        return []
    step = (np.diff(boxes[order][:, others], axis=0) != 0).any(axis=1)
    edges = [0, *(np.flatnonzero(step) + 1).tolist(), order.size]
    return [order[a:b] for a, b in pairwise(edges) if b - a > 1]


def _along(
    made: Space, inside: Bools, status: Ints, below: int, axis: int, line: NDArray[np.intp]
) -> _Found:
    """Return the small differences within one line."""
    mine = made.boxes[line, axis]
    sets = made.axes[axis][mine]
    nested = inside[np.ix_(mine, mine)]
    by = made.values[line][None, :] - made.values[line][:, None]
    shown = status[line] == Status.SHOWN
    inner, outer = np.nonzero(nested & (by > 0) & (by < below) & ~(shown[None, :] & shown[:, None]))
    one = np.stack([line[outer], line[inner]], axis=1)
    left = sets[outer] & ~sets[inner]
    # one part alone is a difference already
    total = np.flatnonzero(nested.sum(axis=0) > 1)
    rest = sets[total] & ~(nested[:, total].T.astype(float) @ sets > 0)
    total, rest = total[rest.any(axis=1)], rest[rest.any(axis=1)]
    of_rest = rest @ _profile(made, line[0], axis) if total.size else np.zeros(0, dtype=np.int64)
    small = (of_rest > 0) & (of_rest < below)
    over = np.stack([line[total[small]], np.full(int(small.sum()), -1)], axis=1)
    return _Found(
        np.concatenate([left, rest[small]]),
        np.concatenate([one, over]).astype(np.int64),
        np.concatenate([by[inner, outer], of_rest[small]]),
    )


def _profile(made: Space, cell: int, axis: int) -> Ints:
    """Return the incidents of each class of one dimension in the line of a cell."""
    at = [
        np.arange(made.count.shape[i]) if i == axis else np.flatnonzero(made.axes[i][one])
        for i, one in enumerate(made.boxes[cell])
    ]
    others = tuple(i for i in range(3) if i != axis)
    found: Ints = made.count[np.ix_(*at)].sum(axis=others)
    return found
