"""Arson that the police and the fire service both recorded: one incident, two rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.errors import UsageError
from hotspots.model import Incidents
from hotspots.quality.inputs import Inputs

#: The police's part and the fire service's, as the taxonomy calls them.
POLICE, ARSON, FIRE = "criminal_damage", "arson", "deliberate_fire"
#: How far from the middle of a square of 1 km an incident of it can be.
MASKED_M = 1000 / np.sqrt(2)
#: Fires looked at at a time.
_FIRES = 256

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ArsonLinks:
    """Which rows are one arson.

    Attributes
    ----------
    pairs : pandas.DataFrame
        ``police`` and ``fire`` (positions of rows in what was given), ``distance_m`` and
        ``hours`` between them; the nearest pair first. A total of both leaves the police row of
        each pair out: the fire service's place and time are of the attendance.
    possible : int
        Fires that may be one of the police's arsons, which cannot be proved: one of the two is
        known by month only, moved to a map point, or has hidden digits. None of them is linked.
    """

    pairs: pd.DataFrame
    possible: int


def link_arson(
    incidents: pd.DataFrame, *, distance_m: float = 250.0, hours: float = 24.0
) -> ArsonLinks:
    """Link the police's arsons with the fire service's deliberate fires.

    One to one: of all pairs near enough in space and time the nearest is linked first, then the
    nearest of what is left; equal distances go by the time between, then by the order of rows.

    Parameters
    ----------
    incidents : pandas.DataFrame
        Columns ``hotspots.model.INCIDENT_COLUMNS``, of both agencies; x and y in metres. The
        police's are of category criminal_damage and subcategory arson. Give all of an agency's
        incidents: from these it is seen whether its points are map points.
    distance_m : float
        Farthest apart, metres.
    hours : float
        Longest time between the two spans of time (``starts_at`` to ``ends_at``); 0 between
        spans that overlap.

    Raises
    ------
    UsageError
        If the distance or the hours are negative or not finite.
    """
    for name, value in (("distance_m", distance_m), ("hours", hours)):
        if not np.isfinite(value) or value < 0:
            raise UsageError(f"{name} must be a number from 0 on; got {value}: give 0 or more.")
    data = Inputs(incidents)
    category = incidents["category"].to_numpy(dtype=object)
    sub = incidents["subcategory"]
    fire = category == FIRE
    if not len(data) or not fire.any():
        return ArsonLinks(_pairs([]), 0)
    exact = _exact(data)
    police = (category == POLICE) & (sub == ARSON).fillna(False).to_numpy(dtype=bool)
    near = list(
        _near(data, np.flatnonzero(police & exact), np.flatnonzero(fire & exact), distance_m, hours)
    )
    pairs = _one_to_one(*(np.concatenate(parts) for parts in zip(*near, strict=True)))
    # the published police data have arson and criminal damage in one: any of them may be arson
    may_be = police | ((category == POLICE) & sub.isna().to_numpy(dtype=bool))
    return ArsonLinks(pairs, _possible(data, may_be, fire, exact, pairs, distance_m, hours))


def without_linked_arson(incidents: Incidents) -> Incidents:
    """Return incidents without the police's row of each linked pair: counted once.

    The fire service's row stays, whose place and time are of the attendance. See
    ``link_arson``; nothing changes where nothing is linked.
    """
    police = link_arson(incidents.frame).pairs["police"].to_numpy()
    if not len(police):
        return incidents
    kept = np.ones(len(incidents), dtype=bool)
    kept[police] = False
    return replace(incidents, frame=incidents.frame[kept].reset_index(drop=True))


def _exact(data: Inputs) -> NDArray[np.bool_]:
    """Return whether day and place of each incident are its own."""
    return ~data.by_month & ~data.masked & ~data.snapped[data.agency]


def _near(
    data: Inputs,
    police: NDArray[np.intp],
    fires: NDArray[np.intp],
    reach: float,
    hours: float,
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp], Floats, Floats]]:
    """Yield all pairs within reach and hours: positions in both, metres, hours between.

    Some hundred fires at a time, beside the police's rows of their time only: a busy area has
    millions of pairs within reach, of all times.
    """
    from scipy.spatial import cKDTree

    starts, ends = _hours(data.incidents)
    police = police[np.argsort(starts[police], kind="stable")]
    fires = fires[np.argsort(starts[fires], kind="stable")]
    longest = float((ends[police] - starts[police]).max(initial=0.0))
    nothing = np.empty(0, dtype=np.intp)
    yield nothing, nothing, np.empty(0), np.empty(0)
    for begin in range(0, len(fires), _FIRES):
        some = fires[begin : begin + _FIRES]
        first = np.searchsorted(starts[police], starts[some].min() - hours - longest, "left")
        last = np.searchsorted(starts[police], ends[some].max() + hours, "right")
        near = police[first:last]
        if not len(near):
            continue
        found = cKDTree(data.xy[near]).query_ball_point(data.xy[some], reach)
        one = near[np.concatenate([np.asarray(at, dtype=np.intp) for at in found])]
        other = np.repeat(some, [len(at) for at in found])
        gap = _hours_between(starts, ends, one, other)
        fits = gap <= hours
        one, other = one[fits], other[fits]
        yield one, other, np.hypot(*(data.xy[one] - data.xy[other]).T), gap[fits]


def _hours(incidents: pd.DataFrame) -> tuple[Floats, Floats]:
    """Return when each incident starts and ends, hours since 1970."""
    starts, ends = (
        incidents[name].to_numpy(dtype="datetime64[s]").astype(np.int64) / 3600.0
        for name in ("starts_at", "ends_at")
    )
    return starts, ends


def _hours_between(
    starts: Floats, ends: Floats, first: NDArray[np.intp], second: NDArray[np.intp]
) -> Floats:
    """Return the hours between the spans of pairs, 0 where they overlap."""
    gap = np.maximum(starts[first] - ends[second], starts[second] - ends[first])
    return np.asarray(np.maximum(gap, 0.0))


def _one_to_one(
    police: NDArray[np.intp],
    fire: NDArray[np.intp],
    metres: NDArray[np.float64],
    hours: NDArray[np.float64],
) -> pd.DataFrame:
    taken: set[tuple[str, int]] = set()
    linked = []
    for at in np.lexsort((fire, police, hours, metres)):
        ends = {("police", int(police[at])), ("fire", int(fire[at]))}
        if not ends & taken:
            taken |= ends
            linked.append((int(police[at]), int(fire[at]), float(metres[at]), float(hours[at])))
    return _pairs(linked)


def _pairs(linked: list[tuple[int, int, float, float]]) -> pd.DataFrame:
    frame = pd.DataFrame(linked, columns=["police", "fire", "distance_m", "hours"])
    types = {"police": "int64", "fire": "int64", "distance_m": "float64", "hours": "float64"}
    return frame.astype(types)


def _possible(
    data: Inputs,
    police: NDArray[np.bool_],
    fire: NDArray[np.bool_],
    exact: NDArray[np.bool_],
    pairs: pd.DataFrame,
    distance_m: float,
    hours: float,
) -> int:
    """Return how many fires may be an arson of the police, where one of the two is vague."""
    free = np.ones(len(data), dtype=bool)
    free[pairs["police"].to_numpy()] = free[pairs["fire"].to_numpy()] = False
    reach = distance_m + (MASKED_M if data.masked[police | fire].any() else 0.0)
    found: set[int] = set()
    near = _near(data, np.flatnonzero(police & free), np.flatnonzero(fire & free), reach, hours)
    for one, other, metres, _ in near:
        hidden = data.masked[one] | data.masked[other]
        within = metres <= distance_m + MASKED_M * hidden
        vague = ~(exact[one] & exact[other])
        found.update(other[vague & within].tolist())
    return len(found)
