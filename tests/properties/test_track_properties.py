"""What must hold of a track for any incidents."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.clustering import Grid
from hotspots.meeting.scoring import in_spots
from hotspots.meeting.track import Question, Track, make_track
from hotspots.model import Incidents, Period, Wards
from hotspots.profile import Profile
from tests.support import SIDE, X0, Y0, incidents_at, nine_wards
from tests.unit.test_meeting_track import compare

QUESTIONS: tuple[Question, ...] = ("concentrated", "worse")
WEEKS = [Period.parse("2024-W01").back(-n) for n in range(7)]
PROFILE = Profile(cell_size_m=500, distance_m=800)
#: For each week the clusters it has, by the cell in their middle; few places, so that they meet,
#: part, move and come back.
weekly = st.lists(
    st.lists(st.tuples(st.integers(2, 6), st.integers(2, 4)), max_size=3),
    min_size=len(WEEKS),
    max_size=len(WEEKS),
)


@cache
def wards() -> Wards:
    return nine_wards()


def incidents_of(weeks: list[list[tuple[int, int]]], seed: int) -> Incidents:
    """Some noise over all the weeks, and 27 incidents in 3 by 3 cells for each cluster."""
    rng = np.random.default_rng(seed)
    xy = [rng.uniform((X0, Y0), (X0 + 3 * SIDE, Y0 + 3 * SIDE), (70, 2))]
    when = [datetime(2024, 1, 1) + timedelta(hours=16.8 * i) for i in range(70)]
    for number, clusters in enumerate(weeks):
        for col, row in clusters:
            corner = np.array([X0 + 1_000.0 * col - 500, Y0 + 1_500.0 * row - 500])
            xy.append(corner + rng.uniform(0, 1_500, (27, 2)))
            when += [datetime(2024, 1, 3) + timedelta(weeks=number)] * 27
    return incidents_at(np.vstack(xy), when)


def track_of(incidents: Incidents, weeks: int = len(WEEKS)) -> Track:
    return make_track(incidents, lambda _: wards(), PROFILE, WEEKS[:weeks], "asb")


def told(track: Track) -> list[list[tuple[str, str, str, float]]]:
    return [[(s.place_id, s.question, s.status, s.p_value) for s in m.spots] for m in track.maps]


@settings(max_examples=12)
@given(weekly, st.integers(0, 99))
def test_what_was_said_of_a_week_is_not_changed_by_later_ones(
    weeks: list[list[tuple[int, int]]], seed: int
) -> None:
    incidents = incidents_of(weeks, seed)
    whole = told(track_of(incidents))
    for end in (1, 3, 5, 6):
        assert told(track_of(incidents, end)) == whole[:end]


@settings(max_examples=25)
@given(weekly, st.integers(0, 99))
def test_status_and_history_say_the_same(weeks: list[list[tuple[int, int]]], seed: int) -> None:
    track = track_of(incidents_of(weeks, seed))
    for question in QUESTIONS:
        seen: set[str] = set()
        last: set[str] = set()
        for tracked in (m for m in track.maps if m.asked(question)):
            here = [s.place_id for s in tracked.of(question)]
            assert len(set(here)) == len(here)
            for spot in tracked.of(question):
                state = "persisting" if spot.place_id in last else "returning"
                assert spot.status == (state if spot.place_id in seen else "new")
            gone = [s.place_id for s in track.gone(tracked.period.id, question)]
            assert sorted(gone) == sorted(last - set(here))
            last = set(here)
            seen |= last
        for place, hot in _hot_weeks(track, question):
            history = track.history_of(place, WEEKS[-1].id)
            assert {p.id for p, spot in history if spot is not None} == hot
            final = track.last_seen(place, WEEKS[-1].id)
            assert final is not None
            assert final in track.at(max(hot)).spots


def _hot_weeks(track: Track, question: Question) -> Iterator[tuple[str, set[str]]]:
    for place in {s.place_id for m in track.maps for s in m.of(question)}:
        yield place, {m.period.id for m in track.maps if any(s.place_id == place for s in m.spots)}


@settings(max_examples=4)
@given(weekly, st.integers(0, 99))
def test_every_map_is_the_single_result(weeks: list[list[tuple[int, int]]], seed: int) -> None:
    compare(incidents_of(weeks, seed), lambda _: wards(), WEEKS[::3], PROFILE)


@settings(max_examples=15)
@given(weekly, st.integers(0, 99))
def test_a_hot_spot_holds_the_incidents_that_it_counts(
    weeks: list[list[tuple[int, int]]], seed: int
) -> None:
    incidents = incidents_of(weeks, seed)
    for tracked in track_of(incidents).maps:
        starts = incidents.frame["starts_at"].to_numpy()
        now = (starts >= np.datetime64(tracked.period.start)) & (
            starts < np.datetime64(tracked.period.end)
        )
        grid = tracked.grid
        assert isinstance(grid, Grid)
        for spot in tracked.spots:
            assert in_spots(grid, (spot,), incidents.xy[now]).sum() == spot.incidents
