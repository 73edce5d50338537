"""A bandwidth, by the methods of ``hotspots.clustering.bandwidth``."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hotspots.clustering.automatic.choice import Choice, metres, rounded, rounded_up
from hotspots.clustering.automatic.spacing import finest_length, finest_said
from hotspots.clustering.bandwidth import METHODS, select_bandwidth
from hotspots.clustering.checks import one_of
from hotspots.clustering.points import checked_xy


def automatic_bandwidth(
    xy: ArrayLike, method: str = "likelihood", kernel: str = "quartic", resolution_m: float = 0
) -> Choice:
    """Return a bandwidth by one of ``bandwidth.METHODS``, in the shape of the other choices.

    Raises
    ------
    UsageError
        As the method does.
    """
    one_of("method", method, METHODS)
    points = checked_xy(xy)
    found = select_bandwidth(points, method, kernel)
    spacing, finest = finest_length(points, resolution_m)
    adjusted = max(rounded(found.bandwidth_m), rounded_up(finest))
    why = found.reason.removesuffix(".")
    limit = finest_said(spacing, finest, found.bandwidth_m)
    return Choice(
        "bandwidth_m",
        method,
        found.bandwidth_m,
        adjusted,
        f"{why}; rounded to {metres(adjusted)}{limit}.",
        np.empty(0),
        np.empty(0),
        "",
    )
