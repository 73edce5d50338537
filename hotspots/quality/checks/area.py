"""Incidents outside the wards, and far from them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotspots.quality.finding import Finding, Severity
from hotspots.quality.inputs import Inputs
from hotspots.quality.words import incidents, percent

#: Sources that cover a force or a fire service, not the wards: most of theirs is outside.
WHOLE_AREA = ("police-uk", "avon-fire", "london-fire")
#: From this share outside on, an export made for these wards is read wrongly, or not for them.
SERIOUS = 0.20
#: So far from the wards no incident belongs to a neighbour; Kent reaches 80 km from Dartford.
FAR_M = 150_000.0


def check(data: Inputs) -> Iterator[Finding]:
    """Find by agency the incidents outside the wards, and those more than 150 km away.

    A note for files of a whole force or fire service; for others serious from 20 % on. Where the
    sea is, is not known.
    """
    if data.wards is None or not len(data):
        return
    outside = data.ward < 0
    whole = _whole_area(data)
    for agency, name in enumerate(data.agencies):
        of_agency = data.agency == agency
        out = of_agency & outside
        if out.any():
            yield _outside(data, name, out, of_agency, bool(whole[of_agency].all()))
    far = _far(data, data.wards.study_area, outside)
    if far.any():
        yield _finding_far(data, far)


def _whole_area(data: Inputs) -> NDArray[np.bool_]:
    names = [file.name for file in data.files if file.source in WHOLE_AREA]
    return np.asarray(data.incidents["file"].isin(names), dtype=np.bool_)


def _far(data: Inputs, area: Any, outside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which incidents are far, by the box of the wards and then exactly."""
    import shapely

    west, south, east, north = area.bounds
    x, y = data.xy.T
    beyond = np.hypot(
        np.maximum(0, np.maximum(west - x, x - east)),
        np.maximum(0, np.maximum(south - y, y - north)),
    )
    far = outside & (beyond > FAR_M / 2)
    hull = area.convex_hull
    far[far] = shapely.distance(hull, shapely.points(data.xy[far])) > FAR_M
    return np.asarray(far)


def _outside(
    data: Inputs,
    name: str,
    out: NDArray[np.bool_],
    of_agency: NDArray[np.bool_],
    whole: bool,
) -> Finding:
    count, share = int(out.sum()), float(out.sum() / of_agency.sum())
    severity: Severity = "serious" if share > SERIOUS and not whole else "note"
    advice = "Nothing: the files cover a larger area."
    if not whole:
        advice = "Check that the wards, the CRS and the columns of the coordinates are right."
    return Finding(
        code="outside-wards",
        severity=severity,
        title=f"{name}: {incidents(count)} ({percent(share)}) lie outside the wards.",
        count=count,
        share=share,
        example=data.example(np.flatnonzero(out)[0]),
        effect="They are in no ward and no square; those near the edge count in the density map.",
        advice=advice,
        categories=data.categories_of(out),
        agencies=(name,),
    )


def _finding_far(data: Inputs, far: NDArray[np.bool_]) -> Finding:
    return Finding(
        code="far-away",
        severity="note",
        title=f"{incidents(int(far.sum()))} lie more than {FAR_M / 1000:.0f} km from the wards.",
        count=int(far.sum()),
        share=float(far.mean()),
        example=data.example(np.flatnonzero(far)[0]),
        effect="They are on no map: a wrong coordinate, or an incident recorded for another force.",
        advice="Look at some of them; if their addresses are in the area, correct the coordinates.",
        categories=data.categories_of(far),
        agencies=tuple(data.agencies[int(a)] for a in np.unique(data.agency[far])),
    )
