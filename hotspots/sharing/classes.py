"""Incidents sorted into classes that no kind tells apart."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from hotspots.quality.arson import link_arson
from hotspots.sharing.asked import kind_of
from hotspots.sharing.grouping import Bools, Ints
from hotspots.taxonomy import categories


@dataclass(frozen=True, slots=True)
class Class:
    """Incidents of one category, subcategory and set of flags.

    ``left_out`` are the totals that count another row of the same incident.
    """

    category: str
    subcategory: str | None
    flags: frozenset[str]
    left_out: frozenset[str]

    def counts_in(self, what: str) -> bool:
        """Return whether a kind counts these incidents."""
        kind = kind_of(what)
        if kind.flag is not None and kind.flag not in self.flags:
            return False
        if kind.category is None:
            return True
        if kind.category.code in self.left_out:
            return False
        same = kind.subcategory is None or kind.subcategory == self.subcategory
        return same and kind.category.counts(self.category, self.subcategory)


def links_arson(what: str) -> bool:
    """Return whether a kind is a total that counts a linked arson once."""
    kind = kind_of(what).category
    return kind is not None and kind.links_arson


def classes_of(frame: pd.DataFrame, links: bool) -> tuple[Ints, tuple[Class, ...]]:
    """Return the class of each incident, shape (n,), and the classes.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``hotspots.model.INCIDENT_COLUMNS``.
    links : bool
        Whether arson that police and fire service both know is to be told apart.
    """
    if frame.empty:
        return np.empty(0, dtype=np.int64), ()
    texts = frame[["category", "subcategory", "flags"]].astype("str").fillna("")
    totals = [kind for kind in categories().values() if kind.links_arson] if links else []
    for total in totals:
        texts[total.code] = _linked(frame, {code for code, _ in total.parts})
    columns = list(texts.columns)
    code = np.asarray(texts.groupby(columns, sort=True).ngroup(), dtype=np.int64)
    first = np.unique(code, return_index=True)[1]
    classes = tuple(
        Class(
            str(category),
            str(subcategory) or None,
            frozenset(str(flags).split()),
            frozenset(t.code for t, out in zip(totals, left_out, strict=True) if out),
        )
        for category, subcategory, flags, *left_out in texts.iloc[first].itertuples(index=False)
    )
    return code, classes


def _linked(frame: pd.DataFrame, codes: Collection[str]) -> Bools:
    """Return which rows a total of these categories leaves out, being counted as a fire."""
    mine = np.flatnonzero(frame["category"].isin(list(codes)).to_numpy())
    linked = link_arson(frame.iloc[mine].reset_index(drop=True)).pairs["police"].to_numpy()
    out = np.zeros(len(frame), dtype=np.bool_)
    out[mine[linked]] = True
    return out


@lru_cache(maxsize=1024)
def of_kind(what: str, classes: tuple[Class, ...]) -> Bools:
    """Return which classes a kind counts, shape (classes,)."""
    return np.array([each.counts_in(what) for each in classes], dtype=np.bool_)
