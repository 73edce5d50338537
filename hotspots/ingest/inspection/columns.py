"""The columns of a sample of rows, each with its distinct texts and how often each is there."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.ingest.records import Records

#: Longest text quoted in a sentence, characters.
_QUOTE = 60
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True, eq=False)
class Column:
    """One column of the sample.

    Parameters
    ----------
    name : str
        Its name in the header.
    texts : tuple of str
        The distinct texts without surrounding blanks, as first met; the blank one is left out.
    counts : ndarray of int, shape (len(texts),)
        In how many rows each is.
    codes : ndarray of int, shape (rows looked at,)
        Position in ``texts`` of each row's text, -1 where it is blank.
    """

    name: str
    texts: tuple[str, ...]
    counts: NDArray[np.int64]
    codes: NDArray[np.intp]

    @property
    def filled(self) -> int:
        """In how many rows the column says something."""
        return int(self.counts.sum())

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of its name, in lower case: "DateOfCall" has date, of and call."""
        return frozenset(word.lower() for word in _WORD.findall(self.name))

    @cached_property
    def series(self) -> pd.Series[str]:
        """The distinct texts as a Series."""
        return pd.Series(list(self.texts), dtype="str")

    @cached_property
    def by_count(self) -> list[tuple[str, int]]:
        """The distinct texts with their counts, the most frequent first."""
        pairs = zip(self.texts, self.counts.tolist(), strict=True)
        return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))

    def rows(self) -> pd.Series[str]:
        """Return the text of every row, "" where blank."""
        return pd.Series([*self.texts, ""], dtype="str").take(self.codes).reset_index(drop=True)

    def share(self, fits: NDArray[np.bool_]) -> float:
        """Return in what share of the filled rows a text is for which ``fits`` holds."""
        return float(self.counts[fits].sum()) / max(1, self.filled)


def columns_of(records: Records) -> tuple[Column, ...]:
    """Return the columns that a mapping can name: those whose name is there once and not blank."""
    names = [n for n in records.header if n and records.header.count(n) == 1]
    return tuple(_column(records, name) for name in names)


def _column(records: Records, name: str) -> Column:
    codes, distinct = pd.factorize(records.stripped(name))
    texts = [str(text) for text in distinct]
    counts = np.bincount(codes, minlength=len(texts)).astype(np.int64)
    if "" not in texts:
        return Column(name, tuple(texts), counts, codes)
    blank = texts.index("")
    moved = np.where(codes == blank, -1, codes - (codes > blank))
    del texts[blank]
    return Column(name, tuple(texts), np.delete(counts, blank), moved)


def quoted(text: str) -> str:
    """Return a text of a file for a sentence: on one line, cut short, in quotes."""
    short = text if len(text) <= _QUOTE else f"{text[: _QUOTE - 1]}…"
    return json.dumps(short, ensure_ascii=False)


def named(columns: list[str] | tuple[str, ...]) -> str:
    """Return column names for a sentence."""
    shown = [quoted(name) for name in columns[:8]]
    more = f" and {len(columns) - 8} more" if len(columns) > 8 else ""
    return ", ".join(shown) + more
