"""Thirteen real months followed: the maps are those of single results, on two sets of wards."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import shapely

from hotspots import read_incidents, read_wards
from hotspots.meeting.scoring import score_last_map
from hotspots.meeting.track import Question, Track, make_track
from hotspots.model import Incidents, Period, Wards
from tests.unit.test_meeting_track import compare

MONTHS = [Period.parse("2021-03").back(-n) for n in range(13)]


@cache
def _read(path: Path) -> Incidents:
    return read_incidents(path)[0]


@pytest.fixture
def kent(real_data: Path) -> Incidents:
    return _read(real_data / "police-uk-kent")


@pytest.fixture(scope="module")
def wards(real_data: Path) -> dict[str, Wards]:
    old = [real_data / "uk-geojson" / "wards" / f"E0700010{n}.json" for n in (7, 9)]
    new = real_data / "geographr" / "wards21_dartford_gravesham.geojson"
    return {"2013": read_wards(old, "2013"), "2021": read_wards(new, "2021")}


@pytest.fixture(scope="module")
def track(real_data: Path, wards: dict[str, Wards]) -> Track:
    incidents = _read(real_data / "police-uk-kent")
    return make_track(incidents, lambda _: wards["2021"], None, MONTHS, "asb")


def test_the_maps_are_those_of_single_results(
    kent: Incidents, wards: dict[str, Wards], track: Track
) -> None:
    def wards_of(period: Period) -> Wards:
        return wards["2021" if period.start.year == 2022 else "2013"]

    some = [MONTHS[n] for n in (0, 3, 4, 12)]
    changed = compare(kent, wards_of, some)
    assert [m.complete_history for m in changed.maps] == [False, True, True, True]
    for tracked in changed.maps:
        assert tracked.of("concentrated")
    # which other maps are made beside it does not matter to a map
    alone = compare(kent, lambda _: wards["2021"], [MONTHS[4]])
    frame = track.at(MONTHS[4].id)
    assert [s.polygon.wkb for s in alone.maps[0].spots] == [s.polygon.wkb for s in frame.spots]


def test_weeks_are_not_known_from_months(kent: Incidents, wards: dict[str, Wards]) -> None:
    weeks = [Period.parse("2021-W22"), Period.parse("2021-W23")]
    track = make_track(kent, lambda _: wards["2021"], None, weeks, "asb")
    assert not any(m.known for m in track.maps)


def test_the_standing_pattern_keeps_its_names(track: Track) -> None:
    assert [m.known for m in track.maps] == [True] * 13
    always = {s.place_id for s in track.maps[0].of("concentrated")}
    for tracked in track.maps:
        always &= {s.place_id for s in tracked.of("concentrated")}
    # the two town centres are hot in every month, under the same name
    assert len(always) >= 2
    places = {s.place_id for m in track.maps for s in m.of("concentrated")}
    spots = sum(len(m.of("concentrated")) for m in track.maps)
    assert len(places) < spots / 2


@pytest.mark.parametrize("question", ["concentrated", "worse"])
def test_scores_equal_counting_cells(
    kent: Incidents, wards: dict[str, Wards], track: Track, question: Question
) -> None:
    asb = kent.frame[kent.frame["category"] == "asb"]
    inside = asb[wards["2021"].assign(asb[["x", "y"]].to_numpy()) >= 0]
    scored = 0
    for before, now in zip(track.maps, track.maps[1:], strict=False):
        of_month = inside["starts_at"].dt.strftime("%Y-%m") == now.period.id
        xy = inside.loc[of_month, ["x", "y"]].to_numpy()
        assert len(xy) == now.incidents
        score = score_last_map(track, now.period.id, xy, question)
        spots = before.of(question)
        if not spots:
            assert score is None
            continue
        # by the corners of the 250 m squares, which the outlines are made of
        corners = np.floor(xy / 250) * 250
        squares = {(x, y) for spot in spots for x, y in _corners_within(spot.polygon)}
        hits = sum((x, y) in squares for x, y in corners.tolist())
        assert score is not None
        assert (score.hits, score.incidents, score.spots) == (hits, len(xy), len(spots))
        assert score.area_share == pytest.approx(len(squares) / (before.area_km2 * 16))
        assert score.pai == pytest.approx(hits / len(xy) * before.area_km2 * 16 / len(squares))
        scored += 1
    assert scored == 12 if question == "concentrated" else scored > 0


def _corners_within(polygon: object) -> list[tuple[float, float]]:
    west, south, east, north = shapely.bounds(polygon)
    grid = [(x, y) for x in np.arange(west, east, 250.0) for y in np.arange(south, north, 250.0)]
    boxes = shapely.box(*np.array([(x, y, x + 250, y + 250) for x, y in grid]).T)
    return [c for c, held in zip(grid, shapely.covers(polygon, boxes), strict=True) if held]
