"""Incidents that are there more than once, or seem to be."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hotspots.quality.finding import Finding
from hotspots.quality.inputs import Inputs
from hotspots.quality.words import incidents

_SAME = ["category", "starts_at", "ends_at", "x", "y", "location", "agency"]


def check(data: Inputs) -> Iterator[Finding]:
    """Find rows alike without a reference, references that repeat, and versions superseded.

    Alike: no reference, and category, time, point, location and agency the same. All are kept,
    because anonymous reports of one place and month are alike and still separate: a note. Where
    the time is known to the minute they are hardly separate: careful. A reference that repeats
    within an agency is a note, and so is the number of older versions that newer ones replaced.
    """
    yield from _alike(data)
    yield from _repeated_references(data)
    if data.duplicates.superseded:
        yield _superseded(data)


def _alike(data: Inputs) -> Iterator[Finding]:
    # incidents that are alike are so at one point, of one category: look at few
    anonymous = np.flatnonzero(data.incidents["reference"].isna().to_numpy(dtype=bool))
    frame = data.incidents.iloc[anonymous]
    same = frame.duplicated(_SAME).to_numpy(dtype=bool)
    minute = (frame["precision"] == "minute").to_numpy(dtype=bool)
    for exact in (True, False):
        chosen = np.zeros(len(data), dtype=bool)
        chosen[anonymous[same & (minute == exact)]] = True
        if chosen.any():
            yield _same(data, chosen, exact)


def _same(data: Inputs, chosen: NDArray[np.bool_], exact: bool) -> Finding:
    what = "to the minute" if exact else "but known by day or month only"
    return Finding(
        code="alike-to-the-minute" if exact else "alike-anonymous",
        severity="careful" if exact else "note",
        title=f"{incidents(int(chosen.sum()))} without a reference are like another in everything, "
        f"{what}; all are kept.",
        count=int(chosen.sum()),
        share=float(chosen.mean()),
        example=data.example(np.flatnonzero(chosen)[0]),
        effect="If they are the same incident, it counts twice and its place looks hotter."
        if exact
        else "They count as separate incidents, which such reports are.",
        advice="Ask for references in the export."
        if exact
        else "Nothing: never remove such rows as duplicates.",
        categories=data.categories_of(chosen),
        months=data.months_of(chosen),
        agencies=tuple(data.agencies[int(a)] for a in np.unique(data.agency[chosen])),
    )


def _repeated_references(data: Inputs) -> Iterator[Finding]:
    known = np.flatnonzero(data.incidents["reference"].notna().to_numpy(dtype=bool))
    frame = data.incidents.iloc[known]
    key = ["reference", "agency"]
    more = known[frame.duplicated(key).to_numpy(dtype=bool)]
    if not len(more):
        return
    # any of the rows of a reference may be the wrong one: all their months are concerned
    chosen = np.zeros(len(data), dtype=bool)
    chosen[known[frame.duplicated(key, keep=False).to_numpy(dtype=bool)]] = True
    yield Finding(
        code="repeated-reference",
        severity="note",
        title=f"{incidents(len(more))} have a reference that another of the agency has; "
        "all are kept.",
        count=len(more),
        share=len(more) / len(data),
        example=data.example(more[0]),
        effect="If these are versions of one incident, it counts twice.",
        advice="Look at some: a few are usual in published police files; many mean that one "
        "incident is in several files.",
        categories=data.categories_of(chosen),
        months=data.months_of(chosen),
        agencies=tuple(data.agencies[int(a)] for a in np.unique(data.agency[chosen])),
    )


def _superseded(data: Inputs) -> Finding:
    count = data.duplicates.superseded
    return Finding(
        code="superseded",
        severity="note",
        title=f"{count:,} older version{'' if count == 1 else 's'} of incidents gave way to a "
        "newer one with the same reference.",
        count=count,
        share=None,
        example=data.duplicates.example,
        effect="Only the newest version of each counts; an earlier map may have shown another.",
        advice="Nothing: the older versions are kept in the history of the imports.",
    )
