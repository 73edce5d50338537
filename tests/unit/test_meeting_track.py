"""Hot spots followed through time: the maps are those of single results, and places keep names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots.analysis import find_hotspots
from hotspots.errors import ResultError, UsageError
from hotspots.meeting.track import Track, TrackedMap, TrackedSpot, make_track
from hotspots.model import Incidents, Period, Wards
from hotspots.profile import Profile
from hotspots.quality import Finding
from tests.support import SIDE, X0, Y0, a_year_with_a_flare_up, incidents_at, nine_wards, scattered

NUMBERS = ("incidents", "expected", "cells", "area_km2", "peak_incidents", "peak_expected")


def months(first: str, count: int) -> list[Period]:
    return [Period.parse(first).back(-n) for n in range(count)]


def assert_same(tracked: TrackedMap, places: gpd.GeoDataFrame) -> None:
    """The hot spots of a map are exactly those of a single result."""
    for question in ("concentrated", "worse"):
        rows = places[places["question"] == question].sort_values(["peak_x", "peak_y"])
        spots = sorted(tracked.of(question), key=lambda spot: spot.peak_xy)
        assert len(spots) == len(rows)
        for spot, row in zip(spots, rows.itertuples(), strict=True):
            assert spot.peak_xy == (row.peak_x, row.peak_y)
            assert spot.polygon.equals(row.geometry)
            assert (spot.p_value, spot.p_adjusted) == (row.p_value, row.p_adjusted)
            for name in NUMBERS:
                assert getattr(spot, name) == getattr(row, name), name


def compare(
    incidents: Incidents,
    wards_of: Callable[[Period], Wards],
    periods: Sequence[Period],
    profile: Profile | None = None,
    findings: Sequence[Finding] = (),
) -> Track:
    """Compare every map of a track with the single result of its period."""
    track = make_track(incidents, wards_of, profile, periods, "asb", findings)
    assert [m.period for m in track.maps] == list(periods)
    for tracked in track.maps:
        try:
            result = find_hotspots(
                incidents,
                wards_of(tracked.period),
                profile,
                period=tracked.period,
                category="asb",
                findings=findings,
            )
        except ResultError:
            assert (tracked.known, tracked.incidents, tracked.spots) == (False, 0, ())
            continue
        assert tracked.known
        assert tracked.incidents == result.totals["incidents"]
        assert tracked.area_km2 == pytest.approx(result.totals["area_km2"])
        assert tracked.complete_history == bool(result.totals["history_periods"])
        assert_same(tracked, result.hotspots)
    return track


# ---- the maps


@pytest.mark.parametrize(
    "profile",
    [
        None,
        Profile(history="season"),
        Profile(cell_size_m=400, distance_m=600, alpha=0.1, adjustment="bonferroni", band="square"),
        Profile(null="binomial", baseline="population", history_months=3),
        Profile(null="permutation", permutations=99, seed=4),
    ],
    ids=["default", "season", "other settings", "population", "permutation"],
)
def test_every_month_is_the_single_result(profile: Profile | None) -> None:
    wards = nine_wards()
    # one before the data, the first, without a history, and one after them
    some = [Period.parse(m) for m in ("2022-12", "2023-01", "2023-02", "2024-01", "2024-02")]
    track = compare(a_year_with_a_flare_up(), lambda _: wards, some, profile)
    assert [m.known for m in track.maps] == [False, True, True, True, False]
    assert track.at("2024-01").of("worse")
    assert not track.at("2023-01").complete_history


def test_weeks_and_the_same_season() -> None:
    wards = nine_wards()
    flare = a_year_with_a_flare_up()
    weeks = [Period.parse("2024-W05").back(n) for n in range(3, -1, -1)]
    track = compare(flare, lambda _: wards, weeks)
    assert any(m.of("worse") for m in track.maps)
    compare(flare, lambda _: wards, weeks[-2:], Profile(history="season"))


def test_histories_that_overlap_count_each_incident_once() -> None:
    rng = np.random.default_rng(7)
    xy, when = scattered(rng, 900, datetime(2015, 1, 1), 365 * 8)
    spot = np.array([X0 + 4_600.0, Y0 + 1_400.0]) + rng.normal(0, 60, (30, 2))
    incidents = incidents_at(np.vstack([xy, spot]), [*when, *[datetime(2021, 5, 1)] * 30])
    wards = nine_wards()
    # the same 18 months of earlier years share 6 months with each other
    period = Period.parse("2020-07..2021-12")
    track = compare(incidents, lambda _: wards, [period], Profile(history="season"))
    assert track.maps[0].of("worse")


def test_months_without_data_and_months_that_miss_incidents() -> None:
    flare, wards = a_year_with_a_flare_up(), nine_wards()
    month = flare.frame["starts_at"].dt.month
    with_gap = replace(flare, frame=flare.frame[month != 6])
    finding = Finding(
        "incomplete-month", "serious", "t", 1, None, None, "e", "a", ("asb",), ("2023-09",)
    )
    some = [Period.parse(f"2023-{m:02d}") for m in (5, 6, 7, 9, 10)] + months("2024-01", 1)
    track = compare(with_gap, lambda _: wards, some, findings=[finding])
    assert [m.period.id for m in track.maps if not m.known] == ["2023-06"]
    # a faulty month has its own map, but is no history: October has not what it would have had
    assert track.at("2023-09").known
    without = make_track(with_gap, lambda _: wards, None, some, "asb")
    one, two = (t.at("2024-01").of("worse") for t in (track, without))
    assert [s.expected for s in one] != [s.expected for s in two]


def test_weeks_of_incidents_known_by_month_are_not_known() -> None:
    rng = np.random.default_rng(6)
    xy, _ = scattered(rng, 300, datetime(2024, 1, 1), 1)
    by_month = incidents_at(xy, [datetime(2024, 1, 1)] * 300, precision="month")
    wards = nine_wards()
    weeks = [Period.parse(f"2024-W{n:02d}") for n in (1, 2, 3)]
    track = compare(by_month, lambda _: wards, weeks)
    assert not any(m.known for m in track.maps)
    assert track.first is None
    assert make_track(by_month, lambda _: wards, None, months("2024-01", 1), "asb").maps[0].known


def test_a_category_without_incidents_has_no_map() -> None:
    track = make_track(
        a_year_with_a_flare_up(), _no_wards, None, months("2023-01", 3), "deliberate_fire"
    )
    assert [m.known for m in track.maps] == [False] * 3


def _no_wards(period: Period) -> Wards:
    raise AssertionError(f"wards asked for {period.id}")


def half_of(wards: Wards) -> Wards:
    """The southern two thirds, moved by 100 m, so that cells at the border are cut."""
    frame = wards.frame[wards.frame["district_code"] == "D1"].reset_index(drop=True)
    return replace(wards, frame=frame.set_geometry(frame.translate(100, 100)), vintage="2024")


def test_wards_of_two_vintages() -> None:
    old, new = nine_wards(), half_of(nine_wards())

    def wards_of(period: Period) -> Wards:
        return new if period.start.month >= 10 or period.start.year == 2024 else old

    track = compare(
        a_year_with_a_flare_up(),
        wards_of,
        [Period.parse(m) for m in ("2023-08", "2023-09", "2023-10", "2024-01")],
    )
    areas = [m.area_km2 for m in track.maps]
    assert areas[:2] == [81.0] * 2
    assert max(areas[2:]) < 81
    # a month after the change is compared with all of its history in the new outline
    assert track.at("2024-01").of("worse")


def test_the_same_wards_may_be_another_object() -> None:
    flare, wards = a_year_with_a_flare_up(), nine_wards()
    one = make_track(flare, lambda _: wards, None, months("2023-10", 4), "asb")
    two = make_track(flare, lambda _: nine_wards(), None, months("2023-10", 4), "asb")
    assert [(s.place_id, s.p_value) for m in one.maps for s in m.spots] == [
        (s.place_id, s.p_value) for m in two.maps for s in m.spots
    ]
    assert one.maps[-1].spots
    assert len({id(m.grid) for m in two.maps}) == 1  # placed once


# ---- identities

EAST = Y0 + 4_625.0  # the middle of a row of cells
AROUND = np.array([(x, y) for x in (-250.0, 0.0, 250.0) for y in (-250.0, 0.0, 250.0)])


def clusters(*monthly: Iterable[float], first: str = "2023-01") -> Incidents:
    """Each month 60 scattered incidents, and 36 round each easting (in metres from the west).

    They are 4 in each of 3 by 3 cells, so that the peak is the cell in the middle.
    """
    rng = np.random.default_rng(1)
    places, times = [], []
    for month, eastings in zip(months(first, len(monthly)), monthly, strict=True):
        start = datetime(month.start.year, month.start.month, 1)
        xy, when = scattered(rng, 60, start, 28)
        spots = [np.tile(np.add(AROUND, (X0 + e, EAST)), (4, 1)) for e in eastings]
        places += [xy, *spots]
        times += [*when, *[start + timedelta(days=9)] * (36 * len(spots))]
    return incidents_at(np.vstack(places), times)


def follow(*monthly: Iterable[float]) -> Track:
    wards = nine_wards()
    return make_track(
        clusters(*monthly), lambda _: wards, None, months("2023-01", len(monthly)), "asb"
    )


def listed(track: Track, period: str, question: str = "concentrated") -> list[tuple[str, str]]:
    return [(s.place_id, s.status) for s in track.at(period).spots if s.question == question]


A, B = 2_125.0, 6_125.0


def test_new_persisting_returning_and_gone() -> None:
    track = follow([A], [A, B], [B], [A, B], [])
    a = f"asb-c-{X0 + A:.0f}-{EAST:.0f}"
    b = f"asb-c-{X0 + B:.0f}-{EAST:.0f}"
    assert track.first == "2023-01"
    assert listed(track, "2023-01") == [(a, "new")]
    assert listed(track, "2023-02") == [(a, "persisting"), (b, "new")]
    assert listed(track, "2023-03") == [(b, "persisting")]
    assert listed(track, "2023-04") == [(a, "returning"), (b, "persisting")]
    assert listed(track, "2023-05") == []
    assert [s.place_id for s in track.gone("2023-03", "concentrated")] == [a]
    assert track.gone("2023-02", "concentrated") == ()
    assert track.gone("2023-01", "concentrated") == ()
    assert {s.place_id for s in track.gone("2023-05", "concentrated")} == {a, b}
    history = track.history_of(a, "2023-03")
    assert [(p.id, spot is not None) for p, spot in history] == [
        ("2023-01", True), ("2023-02", True), ("2023-03", False),
    ]  # fmt: skip
    seen = track.last_seen(a, "2023-03")
    assert seen is track.at("2023-02").spots[0]
    assert track.last_seen(b, "2023-01") is None
    assert track.last_seen("asb-c-0-0", "2023-05") is None


def test_what_is_worse_has_names_of_its_own_and_waits_for_a_history() -> None:
    track = follow([A], [A, B], [A])
    assert not track.at("2023-01").complete_history
    assert track.at("2023-02").complete_history
    found = listed(track, "2023-02", "worse")
    assert [status for _, status in found] == ["new"]
    place = found[0][0]
    assert place == f"asb-w-{X0 + B:.0f}-{EAST:.0f}"
    # the first month says nothing about it: it could not be asked
    assert [p.id for p, _ in track.history_of(place, "2023-03")] == ["2023-02", "2023-03"]
    assert [s.place_id for s in track.gone("2023-03", "worse")] == [place]


def test_a_place_is_back_however_long_ago_it_was_hot() -> None:
    track = follow([A], *[[] for _ in range(20)], [A])
    first, last = track.maps[0].of("concentrated"), track.maps[-1].of("concentrated")
    assert [s.place_id for s in first] == [s.place_id for s in last]
    assert last[0].status == "returning"


def test_two_places_that_began_at_one_peak_have_two_names() -> None:
    # one walks away, 500 m a month; another begins where it began
    track = follow([A], [A + 500], [A + 1_000], [A + 1_500], [A, A + 1_500])
    name = f"asb-c-{X0 + A:.0f}-{EAST:.0f}"
    assert [s.status for m in track.maps[1:4] for s in m.of("concentrated")] == ["persisting"] * 3
    assert listed(track, "2023-05") == [(f"{name}-2", "new"), (name, "persisting")]


def test_an_unknown_month_is_passed_over() -> None:
    incidents = clusters([A], [A], [A, B])
    wards = nine_wards()
    month = incidents.frame["starts_at"].dt.month
    gap = replace(incidents, frame=incidents.frame[month != 2])
    track = make_track(gap, lambda _: wards, None, months("2023-01", 3), "asb")
    assert [m.known for m in track.maps] == [True, False, True]
    before = track.before("2023-03")
    assert before is not None
    assert before.period.id == "2023-01"
    assert track.before("2023-01") is None
    assert sorted(listed(track, "2023-03")) == [
        (f"asb-c-{X0 + A:.0f}-{EAST:.0f}", "persisting"),
        (f"asb-c-{X0 + B:.0f}-{EAST:.0f}", "new"),
    ]
    # what is not known is not gone
    assert track.gone("2023-02", "concentrated") == ()
    place = track.maps[0].spots[0].place_id
    assert [p.id for p, _ in track.history_of(place, "2023-03")] == ["2023-01", "2023-03"]


def test_a_month_that_cannot_be_asked_is_passed_over() -> None:
    wards = nine_wards()
    finding = Finding(
        "incomplete-month", "serious", "t", 1, None, None, "e", "a", ("asb",), ("2023-02",)
    )
    # compared with the month before alone; the third has none that is not faulty
    incidents = clusters([A], [A, B], [A], [A, B])
    track = make_track(
        incidents, lambda _: wards, Profile(history_months=1), months("2023-01", 4), "asb",
        [finding],
    )  # fmt: skip
    assert [m.complete_history for m in track.maps] == [False, True, False, True]
    place = f"asb-w-{X0 + B:.0f}-{EAST:.0f}"
    assert listed(track, "2023-02", "worse") == [(place, "new")]
    assert listed(track, "2023-04", "worse") == [(place, "persisting")]
    assert track.gone("2023-03", "worse") == ()
    assert [p.id for p, _ in track.history_of(place, "2023-04")] == ["2023-02", "2023-04"]


# ---- the place of a point


def test_the_identity_that_a_point_belongs_to() -> None:
    track = follow([A], [A, B], [B])
    a, b = (f"asb-c-{X0 + x:.0f}-{EAST:.0f}" for x in (A, B))
    assert track.nearest("concentrated", (X0 + B, EAST)) == b
    assert track.nearest("concentrated", (X0 + A, EAST)) == a  # of an earlier map
    assert track.nearest("worse", (X0 + A, EAST)) is None
    spot = track.at("2023-01").of("concentrated")[0]
    west, south, east, north = spot.polygon.bounds
    beside = (west - 10, spot.peak_xy[1])
    apart = spot.peak_xy[0] - west + 10
    assert track.nearest("concentrated", beside, reach_m=apart + 1) == a
    assert track.nearest("concentrated", beside, reach_m=apart - 1) is None
    assert track.nearest("concentrated", (X0 + B + 3_000, EAST)) is None
    assert track.nearest("concentrated", (np.nan, EAST)) is None
    # an edge belongs to the cell to its north or east
    rows = np.arange(south + 125, north, 250)
    first = next(y for y in rows if shapely.contains_xy(spot.polygon, west + 125, y))
    last = next(y for y in rows if shapely.contains_xy(spot.polygon, east - 125, y))
    assert track.nearest("concentrated", (west, first), reach_m=0) == a
    assert track.nearest("concentrated", (east, last), reach_m=0) is None


def test_the_latest_outline_that_holds_a_point_goes_before_a_nearer_peak() -> None:
    spots = [
        ("old", shapely.box(X0, Y0, X0 + 1_000, Y0 + 1_000), (X0 + 125.0, Y0 + 125.0)),
        ("late", shapely.box(X0 + 250, Y0, X0 + 1_000, Y0 + 250), (X0 + 875.0, Y0 + 125.0)),
    ]
    made = follow([])
    maps = [
        replace(made.maps[0], period=period, spots=(_named(name, polygon, peak),))
        for period, (name, polygon, peak) in zip(months("2023-01", 2), spots, strict=True)
    ]
    track = Track("asb", tuple(maps))
    assert track.nearest("concentrated", (X0 + 300, Y0 + 130)) == "late"
    assert track.nearest("concentrated", (X0 + 100, Y0 + 100)) == "old"
    assert track.nearest("concentrated", (X0 + 900, Y0 + 900)) == "old"
    assert track.nearest("concentrated", (X0 + 1_100, Y0 + 125)) == "late"


def _named(name: str, polygon: object, peak_xy: tuple[float, float]) -> TrackedSpot:
    return TrackedSpot(
        name, "concentrated", polygon, peak_xy, 1, 0.0625, 5, 1.0, 5, 1.0, 0.001, 0.01, "new"
    )


# ---- use


def test_what_is_not_in_the_track_is_said() -> None:
    track = follow([A])
    for ask in (track.at, track.before, lambda p: track.gone(p, "worse")):
        with pytest.raises(ResultError, match=r"one of the track's \(2023-01 to 2023-01\)"):
            ask("2020-01")
    with pytest.raises(ResultError, match="A place must be one that was hot"):
        track.history_of("nowhere", "2023-01")


def test_progress_is_told_and_an_empty_track_is_one() -> None:
    told: list[tuple[int, int]] = []
    wards = nine_wards()
    flare = a_year_with_a_flare_up()
    make_track(
        flare, lambda _: wards, None, months("2023-01", 3), "asb",
        progress=lambda done, of: told.append((done, of)),
    )  # fmt: skip
    assert told == [(1, 3), (2, 3), (3, 3)]
    empty = make_track(flare, lambda _: wards, None, [], "asb")
    assert (empty.maps, empty.first) == ((), None)
    assert empty.nearest("concentrated", (X0, Y0)) is None
    with pytest.raises(ResultError, match=r"one of the track's \(none\)"):
        empty.at("2023-01")


@pytest.mark.parametrize(
    "texts", [("2023-02", "2023-01"), ("2023-01", "2023-01"), ("2023-01", "2023-W10")]
)
def test_periods_out_of_order_or_of_two_kinds_are_refused(texts: tuple[str, str]) -> None:
    periods = [Period.parse(text) for text in texts]
    with pytest.raises(UsageError, match="must be of one kind and rise"):
        make_track(a_year_with_a_flare_up(), _no_wards, None, periods, "asb")


def test_wards_in_another_crs_are_refused() -> None:
    wards = nine_wards()
    other = replace(wards, frame=wards.frame.set_crs("EPSG:32630", allow_override=True))
    with pytest.raises(UsageError, match="one CRS"):
        make_track(a_year_with_a_flare_up(), lambda _: other, None, months("2023-01", 1), "asb")


def test_incidents_at_the_border_count_in_the_wards_and_not_in_cells() -> None:
    wards = half_of(nine_wards())
    grown = clusters([A])
    # 40 in the wards, whose cells' centres are not
    edge = np.column_stack([np.full(40, X0 + 3.0 * SIDE + 60.0), np.full(40, EAST)])
    more = incidents_at(edge, [datetime(2023, 1, 9)] * 40)
    frame = pd.concat([grown.frame, more.frame], ignore_index=True)
    track = compare(replace(grown, frame=frame), lambda _: wards, months("2023-01", 1))
    inside = wards.assign(frame[["x", "y"]].to_numpy()) >= 0
    assert track.maps[0].incidents == inside.sum()
    assert len(track.maps[0].of("concentrated")) == 1
