"""Edges of the study area beyond which nothing was ever recorded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotspots.quality.finding import Finding
from hotspots.quality.inputs import Inputs
from hotspots.quality.words import percent

#: How far a kernel or a neighbourhood commonly reaches over the edge.
REACH_M = 500.0
#: Outside nothing is recorded as far as this: a town's edge has fields beyond it, and then the
#: next village; the edge of the data has nothing.
EMPTY_M = 2_000.0
#: The outline is looked at every so many metres.
STEP_M = 100.0
#: Distinct points inside within reach: with fewer, none outside is chance (exp(-14) = 8e-7).
PLENTY = 14
#: From this share of the busy outline on, and this many of its points, it is said.
SHARE, LEAST = 0.10, 5
SIDES = (
    *("north", "north-east", "east", "south-east"),
    *("south", "south-west", "west", "north-west"),
)


def check(data: Inputs) -> Iterator[Finding]:
    """Find the share of the busy outline beyond which nothing was ever recorded.

    The outline is looked at every 100 m. It is busy where at least 14 distinct points of
    incidents lie inside the study area within 500 m; it is open where it is busy and no incident
    lies outside within 2 km. Careful where at least a tenth of the busy outline, and 500 m, are
    open. The other side may be water, or the area of another force whose data are not loaded.
    """
    if data.wards is None or not len(data):
        return
    outline = _outline(data.wards.study_area)
    inside, outside = _points(data, data.wards.study_area)
    busy = _near(inside, outline, REACH_M) >= PLENTY
    ends = busy & (_near(outside, outline, EMPTY_M) == 0)
    if ends.sum() < max(LEAST, SHARE * busy.sum()):
        return
    share, km = float(ends.sum() / busy.sum()), float(ends.sum()) * STEP_M / 1000
    side = _side(outline[ends].mean(axis=0), data.wards.study_area)
    yield Finding(
        code="no-buffer",
        severity="careful",
        title=f"No incident is recorded beyond {km:.1f} km of the area's edge ({percent(share)} of "
        f"its busy part), mostly in the {side}: water, or data that end there.",
        count=int(ends.sum()),
        share=share,
        example=f"at {outline[ends][0][0]:,.0f}, {outline[ends][0][1]:,.0f}",
        effect="Near this edge density and neighbourhood counts are too low, and a hot spot over "
        "the edge is cut off.",
        advice="Load the neighbouring force's data, or turn the edge correction on and be careful "
        "there.",
    )


def _outline(area: Any) -> NDArray[np.float64]:
    """Return points of the outline at even distances, shape (n, 2)."""
    import shapely

    line = shapely.boundary(area)
    parts = shapely.get_parts(line)
    steps = [
        shapely.get_coordinates(
            shapely.line_interpolate_point(part, np.arange(STEP_M / 2, part.length, STEP_M))
        )
        for part in parts
    ]
    return np.concatenate(steps) if steps else np.empty((0, 2))


def _points(data: Inputs, area: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the distinct points inside and outside that are within reach of the area's box."""
    west, south, east, north = area.bounds
    first = np.unique(data.point, return_index=True)[1]
    x, y = data.xy[first].T
    near = (x >= west - EMPTY_M) & (x <= east + EMPTY_M)
    first = first[near & (y >= south - EMPTY_M) & (y <= north + EMPTY_M)]
    within = data.ward[first] >= 0
    return data.xy[first[within]], data.xy[first[~within]]


def _near(
    points: NDArray[np.float64], outline: NDArray[np.float64], reach: float
) -> NDArray[np.int64]:
    """Return how many points are within so many metres of each point of the outline."""
    from scipy.spatial import cKDTree

    if not len(points):
        return np.zeros(len(outline), dtype=np.int64)
    counts = cKDTree(points).query_ball_point(outline, reach, return_length=True)
    return np.asarray(counts, dtype=np.int64)


def _side(middle: NDArray[np.float64], area: Any) -> str:
    """Return on which side of the area most of the open outline is, such as "north-west"."""
    import shapely

    centre = shapely.get_coordinates(shapely.centroid(area))[0]
    angle = np.degrees(np.arctan2(middle[0] - centre[0], middle[1] - centre[1]))
    return SIDES[int(np.round(angle / 45)) % 8]
