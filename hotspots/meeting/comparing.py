"""Two maps side by side, of two periods or two categories: what became of the hot spots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from hotspots.clustering.matching import Match, match_regions
from hotspots.clustering.outlines import Outline
from hotspots.meeting.counts import Change, Counts, changes, mixes
from hotspots.meeting.maps import Question
from hotspots.results import Result

#: What became of a hot spot; "unknown" where the data of a side cannot tell.
Event = Literal["new", "same", "moved", "merged", "split", "gone", "unknown"]


@dataclass(frozen=True, eq=False)
class PlaceChange:
    """One hot spot of either side, or one of both.

    Attributes
    ----------
    event : str
        As in ``hotspots.clustering.matching``, or "unknown".
    name : str
        Of the second side's place, where it has one.
    first, second : tuple of str
        Markers of the side's hot spots: more than one where they merged or split.
    change : Change
        Of the incidents in the block round the peak: the second's, where it has one.
    peak_xy : tuple of two floats
        The middle of that block, metres.
    """

    event: Event
    name: str
    first: tuple[str, ...]
    second: tuple[str, ...]
    change: Change
    peak_xy: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Side:
    """What one of the two maps is made of.

    Attributes
    ----------
    result : Result or None
        None where nothing is known of the period.
    counts : Counts
        The incidents by ward; of both sides in the same wards.
    """

    result: Result | None
    counts: Counts

    @property
    def incidents(self) -> int:
        """Incidents in the wards, 0 where nothing is known."""
        return self.counts.total or 0

    def asked(self, question: Question) -> bool:
        """Return whether the map answers the question, so that no hot spot means none."""
        if self.result is None or self.counts.state != "known":
            return False
        return question == "concentrated" or bool(self.result.totals["history_periods"])


def place_changes(
    first: Side, second: Side, question: Question, *, categories: bool = False
) -> tuple[PlaceChange, ...]:
    """Return what became of the hot spots of one question from the first map to the second.

    Each row's change is of the block round its peak (what the place's claim is about), tested
    together with the other rows'. A place is on the list because a count there was high, so some
    of a fall at an earlier place, and of a rise at a new one, is chance. So the test allows for
    every separate block that the area has room for, any of which could have been on the list
    (Bonferroni). With two real months shuffled into each other, 40 of 100 lists had a change at
    p <= 0.05, 17 after Benjamini-Hochberg over the list alone.

    Parameters
    ----------
    categories : bool
        The sides are two categories: hot spots that overlap are "same", all others "new" (in the
        second only) and "gone" (in the first only); the counts are tested as ``ward_mixes`` does.

    Returns
    -------
    tuple of PlaceChange
        The second map's hot spots in order of rank, then the first's that are gone. Empty where
        neither has any.
    """
    before, after = _spots(first, question), _spots(second, question)
    reach = {"reach_m": 0.0} if categories else {}
    matches = match_regions(_outlines(before), _outlines(after), **reach)
    if not matches:
        return ()
    rows = [_place(match, before, after, categories=categories) for match in matches]
    rows = [replace(row, event=_event(row.event, first, second, question)) for row in rows]
    return _tested(rows, first, second, categories=categories)


def _spots(side: Side, question: Question) -> list[Any]:
    if side.result is None:
        return []
    spots = side.result.hotspots
    return list(spots[spots["question"] == question].sort_values("rank").itertuples())


def _outlines(spots: Sequence[Any]) -> list[Outline]:
    return [Outline(spot.geometry, (spot.peak_x, spot.peak_y)) for spot in spots]


def _place(
    match: Match, before: Sequence[Any], after: Sequence[Any], *, categories: bool
) -> PlaceChange:
    earlier = [match.before, *match.merged] if match.before is not None else [match.came_from]
    later = [match.after, *match.parts]
    from_markers = tuple(str(before[i].marker) for i in earlier if i is not None)
    to_markers = tuple(str(after[j].marker) for j in later if j is not None)
    shown = after[match.after] if match.after is not None else before[int(match.before or 0)]
    event: Event = match.event
    if categories and event in ("moved", "merged", "split"):
        event = "same"
    unknown = Change(None, None, math.nan, math.nan, math.nan)
    peak = (float(shown.peak_x), float(shown.peak_y))
    return PlaceChange(event, str(shown.name), from_markers, to_markers, unknown, peak)


def _event(event: Event, first: Side, second: Side, question: Question) -> Event:
    """Return the event, or that it is not known: without a whole map nothing is new or gone."""
    if event == "new" and not first.asked(question):
        return "unknown"
    if event == "gone" and not second.asked(question):
        return "unknown"
    return event


def _tested(
    rows: Sequence[PlaceChange], first: Side, second: Side, *, categories: bool
) -> tuple[PlaceChange, ...]:
    peaks = np.array([row.peak_xy for row in rows])
    one, other = _blocks(first, peaks), _blocks(second, peaks)
    here = ~(np.isnan(one) | np.isnan(other))
    test = mixes if categories else changes
    counts = [np.where(here, side, 0).astype(np.int64) for side in (one, other)]
    found = test(counts[0], counts[1], first.counts, second.counts)
    places = max(_separate(first), _separate(second))
    allowed = [
        _allowed(change, places) if known else _apart(one[i], other[i])
        for i, (change, known) in enumerate(zip(found, here, strict=True))
    ]
    return tuple(replace(row, change=change) for row, change in zip(rows, allowed, strict=True))


def _allowed(change: Change, places: float) -> Change:
    """Return a change that allows for all the places that could have been on the list."""
    return replace(change, p_adjusted=min(change.p_value * places, 1.0))


def _apart(one: float, other: float) -> Change:
    first, second = (None if math.isnan(n) else int(n) for n in (one, other))
    return Change(first, second, math.nan, math.nan, math.nan)


def _separate(side: Side) -> float:
    """Return how many blocks beside each other the area has room for."""
    if side.result is None:
        return 1.0
    return max(len(side.result.cells) / float(side.result.cells["neighbours"].max()), 1.0)


def _blocks(side: Side, peaks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the incidents of the block round each peak, NaN where the side knows nothing."""
    if side.result is None or side.counts.state == "missing":
        return np.full(len(peaks), np.nan)
    cells = side.result.cells
    tree = shapely.STRtree(shapely.centroid(cells.geometry.to_numpy()))
    size = math.sqrt(cells.geometry.iloc[0].area)
    points, nearest = tree.query(shapely.points(peaks), "dwithin", distance=size / 4)
    counts = np.full(len(peaks), np.nan)
    counts[points] = cells["local_incidents"].to_numpy(dtype=np.float64)[nearest]
    return counts
