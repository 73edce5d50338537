"""Dates far from all others."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hotspots.quality.finding import Finding
from hotspots.quality.inputs import Inputs
from hotspots.quality.words import incidents, listed


def check(data: Inputs) -> Iterator[Finding]:
    """Find dates far from the bulk of the agency's (``dates.far_months``), such as 1970 or 2105.

    Careful, always: it is a year mistyped, or an incident long past that was reported late.
    """
    chosen = data.far
    if not chosen.any():
        return
    months = data.months_of(chosen)
    years = sorted({month[:4] for month in months})
    yield Finding(
        code="far-date",
        severity="careful",
        title=f"{incidents(int(chosen.sum()))} have a date far from all others ({listed(years)}): "
        "a year mistyped, or an incident long past.",
        count=int(chosen.sum()),
        share=float(chosen.mean()),
        example=data.example(np.flatnonzero(chosen)[0]),
        effect="They are missing from the period they belong to, and stretch the time the data "
        "are said to cover.",
        advice="Look at these rows, and correct the dates at the source.",
        categories=data.categories_of(chosen),
        agencies=tuple(data.agencies[int(a)] for a in np.unique(data.agency[chosen])),
    )
