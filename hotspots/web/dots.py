"""Incidents as dots: places and how many, never what or who."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots import degrees
from hotspots.model import Incidents, Period, Wards
from hotspots.selection import of_category
from hotspots.taxonomy import Category

#: More dots than this are gathered into squares: nobody could read them.
MOST = 3_000
_SQUARES_M = (50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000)


def dots_of(
    incidents: Incidents, wards: Wards, period: Period, category: Category
) -> dict[str, Any]:
    """Return where the incidents of a period are inside the wards.

    Returns
    -------
    dict
        ``points``: [latitude, longitude, incidents] of every point, most incidents first, so that
        a small dot is drawn over a large one; ``square_m``: 0, or the side of the squares that
        they were gathered into, each at its middle.
    """
    frame = incidents.frame
    starts = frame["starts_at"]
    now = (starts >= pd.Timestamp(period.start)) & (starts < pd.Timestamp(period.end))
    frame = frame[of_category(frame, category) & now]
    xy = frame[["x", "y"]].to_numpy(dtype=np.float64)
    points, counts, square_m = gathered(xy[wards.assign(xy) >= 0])
    order = np.argsort(-counts, kind="stable")
    places = degrees.lat_lng(points[order], wards.crs)
    return {
        "points": [[*at, int(n)] for at, n in zip(places, counts[order], strict=True)],
        "square_m": square_m,
    }


def gathered(xy: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp], int]:
    """Return the distinct points, how many incidents each has, and the squares' side in metres.

    Points stay as they are (side 0) unless there are more than ``MOST``: then the middles of the
    smallest squares that are no more than that.
    """
    points, counts = np.unique(xy.reshape(-1, 2), axis=0, return_counts=True)
    side = 0
    for side_m in _SQUARES_M:
        if len(points) <= MOST:
            break
        side = side_m
        middles = (np.floor(xy / side) + 0.5) * side
        points, counts = np.unique(middles, axis=0, return_counts=True)
    return points, counts, side


def note(totals: Mapping[str, Any]) -> str:
    """Return what the legend says of the dots."""
    if totals["moved"]:
        return "shared map points, not addresses"
    return "where they were recorded"
