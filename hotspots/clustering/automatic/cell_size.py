"""A cell size: how small cells can be before most are empty."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from hotspots.clustering.automatic.choice import Choice, metres, rounded, rounded_up
from hotspots.clustering.automatic.spacing import finest_length, finest_said
from hotspots.clustering.checks import positive
from hotspots.clustering.points import checked_xy
from hotspots.errors import UsageError


def automatic_cell_size(xy: ArrayLike, area_km2: float, resolution_m: float = 0) -> Choice:
    """Return the side of cells that hold two incidents each on average, sqrt(2 A / n).

    Parameters
    ----------
    xy : array_like, shape (n, 2)
        Incidents of the study area, metres.
    area_km2 : float
        Its area.
    resolution_m : float
        What the places are exact to, such as 100 for a grid reference of six figures; cells are
        not made smaller. Points that the publisher moved are found without it.

    Raises
    ------
    UsageError
        If there is no incident, a coordinate is not finite, or a length or area is out of range.

    References
    ----------
    Wong, D. W. S. and Lee, J. (2005), Statistical Analysis of Geographic Information, section 6.2
    (quadrats of twice the area per point).
    """
    points = checked_xy(xy)
    area_m2 = positive("area_km2", area_km2) * 1e6
    if not len(points):
        raise UsageError("xy must hold at least one incident; got none: take a longer period.")
    spacing, finest = finest_length(points, resolution_m)
    value = math.sqrt(2 * area_m2 / len(points))
    adjusted = max(rounded(value), rounded_up(finest))
    at = np.array([50.0, 100.0, 150.0, 200.0, 250.0, 300.0, 400.0, 500.0, 750.0, 1000.0])
    return Choice(
        "cell_size_m",
        "two a cell",
        value,
        adjusted,
        f"{len(points):,} incidents on {area_km2:,.1f} km² are two to a cell at "
        f"{metres(value)}, rounded to {metres(adjusted)}{finest_said(spacing, finest, value)}.",
        at,
        len(points) * at**2 / area_m2,
        "incidents per cell",
    )
