"""Some rows of a table: its head, and rows spread over the rest, in bounded time and memory."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hotspots.ingest.records import Records
from hotspots.ingest.tables.base import Table

#: Rows kept of the first block and of each later one.
_HEAD, _LATER = 40_000, 2_000
#: Bounds of the whole: rows, cells and seconds.
_ROWS, _CELLS, _SECONDS = 60_000, 4_000_000, 10.0
_RAGGED = 1_000


@dataclass(frozen=True)
class Sample:
    """The rows looked at.

    Parameters
    ----------
    records : Records
        The sample.
    read : int
        How many rows were passed to take it.
    progress : float
        How much of the file that was, 0 to 1; 1 if all.
    """

    records: Records
    read: int
    progress: float

    @property
    def sentence(self) -> str:
        """How many rows were looked at."""
        taken = len(self.records)
        if self.progress >= 1 and taken == self.read:
            return f"Rows looked at: all {taken:,}."
        of = f"{self.read:,}" if self.progress >= 1 else f"the first {self.read:,}"
        return (
            f"Rows looked at: {taken:,}, the first ones and some spread over {of} rows; what is "
            "said below is of these."
        )


def sample_of(table: Table) -> Sample:
    """Return some rows of a table.

    Raises
    ------
    DataError
        If it has no rows, or cannot be read as what it is.
    """
    bound = max(200, min(_ROWS, _CELLS // max(1, len(table.header))))
    started = time.monotonic()
    parts: list[Records] = []
    read = taken = 0
    whole = True
    for records in table.blocks():
        wanted = max(1, min(_LATER, bound // 4) if parts else min(_HEAD, bound))
        part = _thinned(records, wanted, from_start=not parts)
        parts.append(part)
        read, taken = read + len(records), taken + len(part)
        if taken > bound:
            # every other block has room again
            parts = [parts[0], *parts[2::2]]
            taken = sum(len(part) for part in parts)
        if time.monotonic() - started > _SECONDS:
            whole = False
            break
    return Sample(_together(table.header, parts), read, 1.0 if whole else table.progress)


def _thinned(records: Records, wanted: int, *, from_start: bool) -> Records:
    count = len(records.frame)
    if count <= wanted:
        return records
    picked = np.arange(wanted) if from_start else np.linspace(0, count - 1, wanted).astype(np.intp)
    if from_start:
        # the end of the first block as well: a file of one block is seen to its end
        spread = np.linspace(0, count - 1, wanted // 2).astype(np.intp)
        picked = np.unique(np.concatenate([picked[: wanted - wanted // 2], spread]))
    frame = records.frame.iloc[picked].reset_index(drop=True)
    ragged = records.ragged[:_RAGGED]
    return Records(records.header, frame, records.rows[picked], ragged)


def _together(header: tuple[str, ...], parts: Iterable[Records]) -> Records:
    listed = list(parts)
    frame = pd.concat([part.frame for part in listed], ignore_index=True)
    rows = np.concatenate([part.rows for part in listed])
    ragged = tuple(entry for part in listed for entry in part.ragged)
    return Records(header, frame, rows, ragged[:_RAGGED])
