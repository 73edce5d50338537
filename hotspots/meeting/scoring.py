"""How the last map did: what came after it, and how much of it fell in its hot spots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering import Grid
from hotspots.clustering.numbers import floats
from hotspots.errors import UsageError
from hotspots.meeting.track import Question, Track, TrackedMap, TrackedSpot
from hotspots.model import Period


@dataclass(frozen=True)
class MapScore:
    """How the hot spots of one map did on the incidents of a later period.

    Attributes
    ----------
    period : Period
        The period of the map that is scored.
    hits, incidents : int
        Incidents of the later period in its hot spots, and in all.
    share : float
        ``hits / incidents``, 0 to 1.
    area_share : float
        Share of the map's area in its hot spots, 0 to 1.
    pai : float
        Prediction accuracy index, ``share / area_share``: how many times as many incidents fell
        in the hot spots as in as much of the area picked blindly; 1 is no better than that.
    spots : int
        Hot spots on the map.
    """

    period: Period
    hits: int
    incidents: int
    share: float
    area_share: float
    pai: float
    spots: int


def score_last_map(
    track: Track, period_id: str, xy: ArrayLike, question: Question = "concentrated"
) -> MapScore | None:
    """Return how the last map before a period did on that period's incidents.

    Parameters
    ----------
    track : Track
        With the period and the maps before.
    period_id : str
        The period whose incidents are given.
    xy : array_like, shape (n, 2)
        The incidents of the period inside the study area, metres in the wards' CRS. A point on
        the edge of a cell belongs to the cell to its north or east, as it is counted. Points that
        lie in no cell (at the border of the area) count as incidents, and as no hit.
    question : {"concentrated", "worse"}
        Whose hot spots are scored.

    Returns
    -------
    MapScore or None
        None where there is nothing to say: no known map before, no hot spot on it (or the
        question could not be asked of it), or no incident now.

    Raises
    ------
    ResultError
        If the period is not one of the track.
    UsageError
        If ``xy`` has not two columns, or a coordinate is not finite.

    References
    ----------
    Chainey, S., Tompson, L. and Uhlig, S. (2008), The utility of hotspot mapping for predicting
    spatial patterns of crime, doi:10.1057/palgrave.sj.8350066.
    """
    points = _checked(xy)
    last = track.before(period_id)
    spots = () if last is None else last.of(question)
    if last is None or last.grid is None or not spots or not len(points):
        return None
    hits = int(in_spots(last.grid, spots, points).sum())
    share, area_share = hits / len(points), _area_share(last, spots)
    return MapScore(
        period=last.period,
        hits=hits,
        incidents=len(points),
        share=share,
        area_share=area_share,
        pai=share / area_share,
        spots=len(spots),
    )


def in_spots(
    grid: Grid, spots: Sequence[TrackedSpot], xy: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return which points lie in the outlines of a map's hot spots, shape (n,).

    Outlines are unions of the grid's cells, so a point is in one if the centre of its cell is:
    a point on an edge is then in the cell in which it was counted, and in no other.

    Parameters
    ----------
    grid : Grid
        The map's grid.
    spots : sequence of TrackedSpot
        Of that map; none gives all False.
    xy : ndarray, shape (n, 2)
        Metres.
    """
    cell = grid.index(xy)
    found = np.zeros(len(cell), dtype=np.bool_)
    # each cell once: there are far fewer of them than of points
    cells, where = np.unique(cell[cell >= 0], return_inverse=True)
    x, y = grid.centres.reshape(-1, 2)[cells].T
    held = np.zeros(len(cells), dtype=np.bool_)
    for spot in spots:
        held |= shapely.contains_xy(spot.polygon, x, y)
    found[cell >= 0] = held[where]
    return found


def _area_share(last: TrackedMap, spots: Sequence[TrackedSpot]) -> float:
    # of cells, not of areas: whole numbers
    cells = 0 if last.grid is None else int(last.grid.mask.sum())
    return sum(spot.cells for spot in spots) / cells


def _checked(xy: ArrayLike) -> NDArray[np.float64]:
    points = floats("xy", xy)
    points = points.reshape(0, 2) if points.size == 0 else points
    if points.ndim != 2 or points.shape[1] != 2:
        raise UsageError(
            f"xy must have two columns, x and y; got shape {points.shape}: give a row for each "
            "incident."
        )
    if not np.isfinite(points).all():
        raise UsageError(
            "xy must be finite numbers; got NaN or infinity: give the incidents inside the study "
            "area only."
        )
    return points
