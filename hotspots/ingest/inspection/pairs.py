"""Pairs of columns that may be coordinates: by their names, else by their values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.ingest.inspection.columns import Column, quoted
from hotspots.ingest.placing import numbers

Floats = NDArray[np.float64]

#: Share of a column's filled rows that must be numbers.
_ENOUGH = 0.8
_X = ("longitude", "eastings", "easting", "east", "long", "lon", "lng", "xcoord", "x")
_Y = ("latitude", "northings", "northing", "north", "lat", "lat", "lat", "ycoord", "y")
_HIDDEN = re.compile(r"[-+]?\d*(?:\.\d*)?(?P<mask>[^\d.,+\-eE\s])(?P=mask)*(?:\.(?P=mask)*)?")
#: Pairs of nameless columns are tried among so many.
_BLIND = 10


@dataclass(frozen=True, eq=False)
class Pair:
    """Two columns that may be easting and northing, or longitude and latitude.

    Parameters
    ----------
    x, y : Column
        The columns; x is the one that names or values make the first.
    masked : str or None
        The character that hides digits.
    decimal : str
        "." or ",".
    by_name : bool
        Whether their names make them a pair.
    """

    x: Column
    y: Column
    masked: str | None
    decimal: str
    by_name: bool

    @cached_property
    def xy(self) -> tuple[Floats, Floats]:
        """The values of every row looked at, NaN where there is none, or 0 and 0."""
        x, y = (_values(c, self.masked, self.decimal) for c in (self.x, self.y))
        lost = ~(np.isfinite(x) & np.isfinite(y)) | ((x == 0) & (y == 0))
        return np.where(lost, np.nan, x), np.where(lost, np.nan, y)

    @property
    def filled(self) -> NDArray[np.bool_]:
        """In which rows both are numbers."""
        return np.isfinite(self.xy[0])

    @cached_property
    def step(self) -> float:
        """The distance between neighbouring values: 100 where all are whole hundreds, or end in 50.

        In units of the values.
        """
        return max(_remainder_step(v) for v in self.xy)

    @property
    def names(self) -> str:
        """The two names for a sentence."""
        return f"{quoted(self.x.name)} and {quoted(self.y.name)}"


def _values(column: Column, masked: str | None, decimal: str) -> Floats:
    distinct, _ = numbers(pd.Series([*column.texts, ""], dtype="str"), masked, decimal)
    return np.asarray(distinct[column.codes])


def _remainder_step(values: Floats) -> float:
    """Return the largest power of ten by which all values differ, down to a millionth."""
    known = np.unique(values[np.isfinite(values)])[:2_000]
    if len(known) < 2:
        return 0.0
    gaps = known - known[0]
    for power in range(5, -7, -1):
        step = 10.0**power
        if np.allclose(gaps / step, np.round(gaps / step), rtol=0, atol=1e-3):
            return step
    return 1e-7


def pairs_of(columns: Sequence[Column], taken: frozenset[str]) -> tuple[Pair, ...]:
    """Return the pairs of columns that may be coordinates, those with telling names first.

    Parameters
    ----------
    columns : sequence of Column
        All columns.
    taken : frozenset of str
        Those that are something else.
    """
    numeric = [c for c in columns if c.name not in taken and _is_numeric(c)]
    named = _by_name(numeric)
    if named:
        return tuple(named)
    return tuple(_blind(numeric))


def _is_numeric(column: Column) -> bool:
    if not column.texts:
        return False
    # a cheap look first: a column of words is none
    first = column.texts[:100]
    if sum(text[-1:].isdigit() or not text[-1:].isalpha() for text in first) < len(first) / 2:
        return False
    return _written(column) is not None


def _written(column: Column) -> tuple[str | None, str] | None:
    """Return the mask and the decimal sign with which a column is one of numbers."""
    masks = Counter(
        match["mask"] for text in column.texts[:500] if (match := _HIDDEN.fullmatch(text))
    )
    mask = masks.most_common(1)[0][0] if masks else None
    comma = any(re.fullmatch(r"[-+]?\d+,\d+", text) for text in column.texts[:500])
    for decimal in (",", ".") if comma else (".",):
        values, _ = numbers(column.series, mask, decimal)
        if column.share(np.isfinite(values)) >= _ENOUGH:
            return mask, decimal
    return None


def _pair(x: Column, y: Column, *, by_name: bool) -> Pair | None:
    written = [w for w in (_written(x), _written(y)) if w is not None]
    if len(written) < 2:
        return None
    masked = next((mask for mask, _ in written if mask), None)
    decimal = "," if any(decimal == "," for _, decimal in written) else "."
    return Pair(x, y, masked, decimal, by_name)


def _by_name(numeric: Sequence[Column]) -> list[Pair]:
    """Return the columns whose names are alike but for x and y, or easting and northing."""
    found: list[Pair] = []
    taken: set[str] = set()
    for words in zip(_X, _Y, strict=True):
        eastward = {_stem(c, words[0]): c for c in numeric if _stem(c, words[0]) is not None}
        northward = {_stem(c, words[1]): c for c in numeric if _stem(c, words[1]) is not None}
        for stem, x in eastward.items():
            y = northward.get(stem)
            if y is None or {x.name, y.name} & taken or x is y:
                continue
            pair = _pair(x, y, by_name=True)
            if pair is not None:
                found.append(pair)
                taken |= {x.name, y.name}
    return found


def _stem(column: Column, word: str) -> str | None:
    """Return the name without a word of it, None if it does not have it."""
    name = column.name.lower()
    if len(word) < 6:
        # "x" is a word of "map x", not a letter of "box"
        match = re.search(rf"(?<![a-z]){word}(?![a-z])", name) or re.match(word, name)
        return None if match is None else name[: match.start()] + name[match.end() :]
    return name.replace(word, "", 1) if word in name else None


def _blind(numeric: Sequence[Column]) -> list[Pair]:
    """Return every two columns of many different numbers, for the wards to decide."""
    fit = [c for c in numeric if len(c.texts) > 1][:_BLIND]
    # coordinates differ from row to row, codes and counts hardly
    fit = [c for c in fit if len(c.texts) >= min(20, c.filled / 4)]
    found = [_pair(x, y, by_name=False) for i, x in enumerate(fit) for y in fit[i + 1 :]]
    return [pair for pair in found if pair is not None]
