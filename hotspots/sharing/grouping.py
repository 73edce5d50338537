"""Rows and columns that are alike, put together: the arithmetic of pieces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def distinct(texts: Sequence[str]) -> tuple[list[str], Ints]:
    """Return the distinct texts in the order met, and the number of each text among them."""
    code, distinct = pd.factorize(np.array(texts, dtype=object))
    return [str(text) for text in distinct], code.astype(np.int64)


def unique_rows(rows: Ints) -> tuple[Ints, Ints]:
    """Return the distinct rows, sorted, and the number of each row among them."""
    key = np.zeros(len(rows), dtype=np.int64)
    for column in rows.T:
        # numbers are packed anew for each column, so that the key cannot overflow
        _, key = np.unique(key, return_inverse=True)
        key = key.ravel() * (column.max(initial=-1) + 2) + column + 1
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    return rows[first], place.ravel().astype(np.int64)


def rows_in(rows: Ints, among: Ints) -> Ints:
    """Return the position of each row among others, which have it."""
    at = {tuple(row): i for i, row in enumerate(among.tolist())}
    return np.array([at[tuple(row)] for row in rows.tolist()], dtype=np.int64)


def summed(rows: Ints) -> Ints:
    """Return distinct combinations of all columns but the last, which is summed; sorted."""
    if not len(rows):
        return rows
    keys, code = unique_rows(rows[:, :-1])
    total = np.bincount(code, rows[:, -1], len(keys)).astype(np.int64)
    return np.column_stack([keys.astype(np.int64), total])


def merged(belongs: Bools) -> tuple[list[frozenset[int]], Ints]:
    """Return the pieces of each row, and the piece of each column: -1 of one that no row has.

    Columns that are in the same rows are one piece.
    """
    columns: dict[bytes, int] = {}
    piece: list[int] = []
    for column in np.ascontiguousarray(belongs.T):
        key: Any = column.tobytes()
        piece.append(columns.setdefault(key, len(columns)) if column.any() else -1)
    of_column = np.array(piece, dtype=np.int64)
    return [frozenset(of_column[row].tolist()) for row in belongs], of_column


def pieces_in(of_column: Ints) -> int:
    """Return how many pieces the columns are."""
    return int(of_column.max(initial=-1)) + 1
