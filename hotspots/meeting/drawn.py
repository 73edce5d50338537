"""What a meeting's maps draw: shaded squares, and incidents as dots on a close map."""

from __future__ import annotations

import numpy as np

from hotspots.drawing import Dot, Shade
from hotspots.drawing.paints import HATCHES
from hotspots.meeting.meeting import Meeting


def cell_shades(meeting: Meeting, question: str) -> list[Shade]:
    """Return the shaded squares of a question, hatched by their class."""
    cells, hatches = meeting.result.cells, HATCHES[question]
    shaded = cells[cells[question].isin(list(hatches))]
    return [
        Shade(shape, hatches[name].paint)
        for name, shape in zip(shaded[question], shaded.geometry, strict=True)
    ]


def dots_in(meeting: Meeting, view: tuple[float, float, float, float]) -> list[Dot]:
    """Return the period's incidents in view; those at one point are one dot."""
    evidence, period = meeting.evidence, meeting.result.period
    xy = evidence.xy[evidence.between(period.start, period.end)]
    west, south, east, north = view
    near = (xy[:, 0] > west) & (xy[:, 0] < east) & (xy[:, 1] > south) & (xy[:, 1] < north)
    points, counts = np.unique(np.round(xy[near], 1), axis=0, return_counts=True)
    return [Dot(float(x), float(y), int(n)) for (x, y), n in zip(points, counts, strict=True)]
