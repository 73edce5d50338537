"""Where each reference of a file was first met, in little memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class _Part:
    """The references that one block brought, in the order of their hashes."""

    hashes: NDArray[np.uint64]
    texts: pa.Array
    rows: NDArray[np.int64]

    def look_up(self, hashes: NDArray[np.uint64], texts: Any, found: NDArray[np.int64]) -> None:
        """Write the row of each text that is in this part to ``found``."""
        at = np.searchsorted(self.hashes, hashes)
        within = np.minimum(at, len(self.hashes) - 1)
        for i in np.flatnonzero(self.hashes[within] == hashes).tolist():
            # two texts may share a hash: the text itself decides
            place = int(at[i])
            while place < len(self.hashes) and self.hashes[place] == hashes[i]:
                if self.texts[place].as_py() == texts[i]:
                    found[i] = self.rows[place]
                    break
                place += 1


class FirstRows:
    """The row in which each reference of a file was first met.

    A million references take some 40 MB, a fifth of what a dictionary of them does.
    """

    def __init__(self) -> None:
        self._parts: list[_Part] = []

    def first(self, texts: pd.Series[str], rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return for each reference the row in which it was first met, its own if now.

        Parameters
        ----------
        texts : Series of str, shape (n,)
            The references of the next block, none missing.
        rows : ndarray, shape (n,)
            Their rows, from 1 on, rising.
        """
        codes, distinct = pd.factorize(texts)
        if not len(distinct):
            return np.empty(0, dtype=np.int64)
        here = np.empty(len(distinct), dtype=np.int64)
        here[codes[::-1]] = rows[::-1]  # written last: the first row of each
        names = np.asarray(distinct, dtype=object)
        hashes = pd.util.hash_array(names, categorize=False)
        known = np.zeros(len(names), dtype=np.int64)
        for part in self._parts:
            part.look_up(hashes, names, known)
        self._remember(hashes, names, here, known == 0)
        return np.asarray(np.where(known > 0, known, here)[codes])

    def _remember(
        self,
        hashes: NDArray[np.uint64],
        names: Any,
        rows: NDArray[np.int64],
        new: NDArray[np.bool_],
    ) -> None:
        if not new.any():
            return
        order = np.flatnonzero(new)[np.argsort(hashes[new], kind="stable")]
        texts = pa.array(names[order], type=pa.large_string())
        self._parts.append(_Part(hashes[order], texts, rows[order]))
