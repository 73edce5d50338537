"""Source categories that the taxonomy does not know."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hotspots.quality.finding import Finding
from hotspots.quality.inputs import Inputs
from hotspots.quality.words import incidents, listed, percent
from hotspots.taxonomy import UNMAPPED

#: From this share of all incidents on, totals are visibly too low.
CAREFUL = 0.01


def check(data: Inputs) -> Iterator[Finding]:
    """Find incidents of the category "unmapped", with their texts; careful from 1 % on."""
    chosen = (data.incidents["category"] == UNMAPPED).to_numpy(dtype=bool)
    if not chosen.any():
        return
    texts = data.incidents.loc[chosen, "source_category"].fillna("(blank)").value_counts()
    count, share = int(chosen.sum()), float(chosen.mean())
    yield Finding(
        code="unmapped-category",
        severity="careful" if share >= CAREFUL else "note",
        title=f"{incidents(count)} ({percent(share)}) have a category that is not mapped: "
        f"{listed([repr(str(text)) for text in texts.index])}.",
        count=count,
        share=share,
        example=data.example(np.flatnonzero(chosen)[0]),
        effect="They are kept and counted as not yet mapped, and are in no map and no total of a "
        "category.",
        advice="Give each text a category in the mapping file, and import the file again.",
        agencies=tuple(data.agencies[int(a)] for a in np.unique(data.agency[chosen])),
    )
