"""Coordinates that are coarser than they look: shared map points, rounding, hidden digits."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hotspots.quality.finding import Finding
from hotspots.quality.inputs import Inputs
from hotspots.quality.resolution import LEAST, first_of_each
from hotspots.quality.words import incidents, percent

#: A grid as coarse as the usual cell or coarser changes the map.
COARSE_M = 100.0


def check(data: Inputs) -> Iterator[Finding]:
    """Find by agency: points that repeat, coordinates on a grid, and hidden digits.

    Map points: at least 80 % of at least 50 incidents stand on an exact point with another one
    of the agency; a note, because the publisher means it, but all on a single point is serious.
    Rounded: 95 % of at least 30 distinct
    points are whole multiples of 1,000, 500, 100, 50 or 10 m, or of longitude and latitude with
    at most four decimals; careful from 100 m on. Masked: rows placed at the middle of the square
    that the file names; careful.
    """
    for agency, name in enumerate(data.agencies):
        of_agency = data.agency == agency
        if data.snapped[agency] and len(np.unique(data.point[of_agency])) == 1:
            yield _one_point(data, name, of_agency)
        elif data.snapped[agency]:
            yield _snapped(data, name, of_agency)
        if step := data.steps[agency]:
            yield _rounded(data, name, of_agency & ~data.masked, step)
        if (of_agency & data.masked).any():
            yield _masked(data, name, of_agency & data.masked, int(of_agency.sum()))


def _one_point(data: Inputs, name: str, chosen: NDArray[np.bool_]) -> Finding:
    first = int(np.flatnonzero(chosen)[0])
    x, y = data.xy[first]
    return Finding(
        code="one-point",
        severity="serious",
        title=f"{name}: all {incidents(int(chosen.sum()))} stand on one point, {x:,.0f}, {y:,.0f}: "
        "a default place, or coordinates read wrongly.",
        count=int(chosen.sum()),
        share=1.0,
        example=data.example(first),
        effect="The map shows one hot spot and nothing else.",
        advice="Check the columns of the coordinates in the mapping, and import the file again.",
        categories=data.categories_of(chosen),
        agencies=(name,),
    )


def _snapped(data: Inputs, name: str, chosen: NDArray[np.bool_]) -> Finding:
    repeated, count = chosen & data.repeated, int(chosen.sum())
    points = len(np.unique(data.point[chosen]))
    share = float(repeated.sum() / count)
    return Finding(
        code="map-points",
        severity="note",
        title=f"{name}: {percent(share)} of {incidents(count)} stand on a point with others, "
        f"{points:,} points in all: moved to map points.",
        count=int(repeated.sum()),
        share=share,
        example=data.example(np.flatnonzero(repeated)[0]),
        effect="A small cell or bandwidth shows the map points, not the places; no street and no "
        "near repeat can be read from it.",
        advice="Read areas of some hundred metres, never an address.",
        categories=data.categories_of(chosen),
        agencies=(name,),
    )


def _rounded(data: Inputs, name: str, chosen: NDArray[np.bool_], step: float) -> Finding:
    return Finding(
        code="rounded-coordinates",
        severity="careful" if step >= COARSE_M else "note",
        title=f"{name}: the coordinates of {incidents(int(chosen.sum()))} are rounded to about "
        f"{step:,.0f} m.",
        count=int(chosen.sum()),
        share=1.0,
        example=data.example(np.flatnonzero(chosen)[0]),
        effect=f"Cells and bandwidths below {step:,.0f} m show the grid of the rounding, and "
        "points at a ward's edge may be in the wrong ward.",
        advice=f"Use cells well above {step:,.0f} m, or ask {name} for exact coordinates.",
        categories=data.categories_of(chosen),
        agencies=(name,),
    )


def _masked(data: Inputs, name: str, chosen: NDArray[np.bool_], known: int) -> Finding:
    count = int(chosen.sum())
    points = data.xy[chosen][first_of_each(data.point[chosen])]
    return Finding(
        code="masked-coordinates",
        severity="careful",
        title=f"{name}: {incidents(count)} of {known:,} have hidden digits and stand at the middle "
        f"of a square{_square(points)}.",
        count=count,
        share=count / known,
        example=data.example(np.flatnonzero(chosen)[0]),
        effect="A whole square's incidents stand on one point, which looks like a hot spot, and "
        "may be in the wrong ward.",
        advice=f"Use them in totals of large areas only, or ask {name} for exact coordinates.",
        categories=data.categories_of(chosen),
        agencies=(name,),
    )


def _square(points: NDArray[np.float64]) -> str:
    """Return the size of the squares in words, from the least distance between their middles."""
    if len(points) < LEAST:
        return ""
    gaps = np.concatenate([np.diff(np.unique(np.round(axis, 3))) for axis in points.T])
    return f" of about {gaps.min():,.0f} m"
