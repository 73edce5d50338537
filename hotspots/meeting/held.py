"""On which maps a place was hot: by itself, or as part of a larger hot spot."""

from __future__ import annotations

import shapely

from hotspots.meeting.maps import Question
from hotspots.meeting.track import Status, Track, TrackedSpot
from hotspots.model import Period

#: A map, and whether the place was hot on it.
Held = tuple[tuple[Period, bool], ...]


def held_on(
    track: Track,
    question: Question,
    place_id: str | None,
    xy: tuple[float, float],
    period_id: str,
) -> Held:
    """Return each map up to a period, oldest first, and whether a place was hot on it.

    A place is hot on a map that has its identity, or one of whose hot spots holds its peak: where
    two places run together on some maps, only one keeps its identity, but both are hot.

    Parameters
    ----------
    place_id : str or None
        Its identity; None for a place that never was a hot spot by itself.
    xy : tuple of two floats
        Its peak now, metres.

    Raises
    ------
    ResultError
        If the period is not one of the track.
    """
    last = track.at(period_id).period
    return tuple(
        (drawn.period, _is_hot(drawn.of(question), place_id, xy))
        for drawn in track.maps
        if drawn.asked(question) and drawn.period.start <= last.start
    )


def _is_hot(spots: tuple[TrackedSpot, ...], place_id: str | None, xy: tuple[float, float]) -> bool:
    return any(spot.place_id == place_id for spot in spots) or any(
        shapely.contains_xy(spot.polygon, *xy) for spot in spots
    )


def status_of(spot: TrackedSpot, held: Held) -> Status:
    """Return whether a hot spot is new, was on the map before, or is back.

    One that split off from another, or moved a little, is not new where its ground was hot.
    """
    if spot.status == "persisting" or not held[:-1]:
        return spot.status
    if held[-2][1]:
        return "persisting"
    return "returning" if any(hot for _, hot in held[:-1]) else spot.status
