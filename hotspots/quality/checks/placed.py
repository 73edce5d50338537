"""Incidents whose place is not as their file gives it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hotspots.quality.finding import Finding, Severity
from hotspots.quality.inputs import Inputs
from hotspots.quality.words import incidents, percent

#: From this share of an agency's incidents on, a mend says that the export is wrong as a whole,
#: and placing by postcode that its map is one of postcodes.
MANY = 0.10


def check(data: Inputs) -> Iterator[Finding]:
    """Find coordinates mended and incidents placed by postcode; careful from 10 % on."""
    placed = data.incidents["placed"].to_numpy(dtype=object)
    for agency, name in enumerate(data.agencies):
        of_agency = data.agency == agency
        for how, (code, said, effect, advice) in _SAID.items():
            chosen = of_agency & (placed == how)
            if not chosen.any():
                continue
            count, share = int(chosen.sum()), float(chosen.sum() / of_agency.sum())
            severity: Severity = "careful" if share >= MANY else "note"
            yield Finding(
                code=code,
                severity=severity,
                title=f"{name}: {incidents(count)} ({percent(share)}) {said}.",
                count=count,
                share=share,
                example=data.example(np.flatnonzero(chosen)[0]),
                effect=effect,
                advice=advice.format(name=name),
                categories=data.categories_of(chosen),
                agencies=(name,),
            )


_SAID = {
    "mended": (
        "mended-coordinates",
        "had coordinates swapped or cut short, mended as the area proves",
        "They stand where the mended coordinates are, which is inside the area; unmended they "
        "would lie outside it.",
        "Look at some of them, and ask {name} to correct the export.",
    ),
    "postcode": (
        "placed-by-postcode",
        "are placed at the middle of their postcode",
        "A postcode is some 15 addresses, in the country a kilometre and more: all its incidents "
        "stand on one point.",
        "Read areas, not addresses, or ask {name} for coordinates.",
    ),
}
