"""The list of places: ranked by what is expected next, filled up, and labelled by the tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hotspots import read_incidents, read_wards
from hotspots.analysis import find_hotspots
from hotspots.clustering import Grid, forecast
from hotspots.clustering.weights import band_half_widths, band_sum
from hotspots.model import Incidents, Wards
from hotspots.profile import Profile
from hotspots.results import Result
from hotspots.results.further import block_cells, fill_up
from hotspots.results.places import COLUMNS, no_places
from tests.support import X0, Y0, a_year_with_a_flare_up, incidents_at, nine_wards, scattered

STRONG = ("very clear", "clear", "possible")


def expected_in_block(result: Result, cells: NDArray[np.float64], profile: Profile) -> list[float]:
    """Sum a value of the cells within the band of each place's peak, one distance at a time."""
    centres = np.column_stack([result.cells.centroid.x, result.cells.centroid.y])
    sums = []
    for peak in result.places[["peak_x", "peak_y"]].to_numpy(dtype=np.float64):
        away = np.hypot(*(centres - peak).T)
        sums.append(float(cells[away <= profile.distance_m + 1e-6].sum()))
    return sums


def assert_a_sound_list(result: Result, profile: Profile) -> None:
    """What holds of every list, whatever the incidents."""
    places, limits = result.places, profile.class_limits
    again = expected_in_block(result, result.cells["expected_next"].to_numpy(), profile)
    np.testing.assert_allclose(places["expected_next"], again, rtol=1e-9, atol=1e-12)
    assert (places["hot"] == (places["p_adjusted"] <= profile.alpha)).all()
    named = np.array([*STRONG, "could be chance"])[
        np.searchsorted(limits, places["p_adjusted"].to_numpy(), side="left")
    ]
    assert places["strength"].tolist() == named.tolist()
    for question, letters in (("concentrated", "123456789"), ("worse", "ABCDEFGHI")):
        listed = places[places["question"] == question]
        assert listed["rank"].tolist() == list(range(1, len(listed) + 1))
        assert "".join(listed["marker"])[:9] == letters[: len(listed)]
        assert (np.diff(listed["expected_next"]) <= 1e-12).all()
        outlines = list(listed.geometry)
        for i, one in enumerate(outlines):
            assert all(one.intersection(other).area < 1e-6 for other in outlines[i + 1 :])
        assert_filled_apart(result, listed, profile)
    assert (places.loc[places["question"] == "worse", "p_adjusted"] <= limits[-1]).all()
    assert result.hotspots["hot"].all()
    assert not result.further["hot"].any()
    assert len(places) == len(result.hotspots) + len(result.further)


def assert_filled_apart(result: Result, listed: pd.DataFrame, profile: Profile) -> None:
    """No block that fills a list up shares a cell with the block of any other listed place."""
    centres = np.column_stack([result.cells.centroid.x, result.cells.centroid.y])
    blocks = [
        np.hypot(*(centres - peak).T) <= profile.distance_m + 1e-6
        for peak in listed[["peak_x", "peak_y"]].to_numpy(dtype=np.float64)
    ]
    filled = (listed["strength"] == "could be chance").to_numpy()
    for i in np.flatnonzero(filled):
        assert not any((blocks[i] & b).any() for j, b in enumerate(blocks) if j != i)


def hot_outlines(result: Result, p_adjusted: str, alpha: float) -> list[shapely.Polygon]:
    """Outline the hot regions from the cell table alone, with polygons in place of labels."""
    cells = result.cells
    hot = cells[cells[p_adjusted] <= alpha]
    if hot.empty:
        return []
    near = shapely.union_all(hot.centroid.buffer(400.001, quad_segs=64).to_numpy())
    reached = (cells["incidents"] > 0) & shapely.covers(near, cells.centroid.to_numpy())
    whole = pd.concat([hot, cells[reached & ~cells.index.isin(hot.index)]])
    # cells that touch at a corner are one region
    merged = shapely.union_all(whole.geometry.buffer(0.01).to_numpy())
    return list(getattr(merged, "geoms", [merged]))


# -- made-up incidents ----------------------------------------------------------------------------


def test_the_cells_expect_what_the_forecast_says() -> None:
    incidents, wards = a_year_with_a_flare_up(), nine_wards()
    result = find_hotspots(incidents, wards, period="2023-12", category="asb")
    end = datetime(2024, 1, 1)
    frame = incidents.frame[incidents.frame["starts_at"] < end]
    assert len(frame) < len(incidents)
    # each lasts ten minutes
    age = [(end - s.to_pydatetime()).total_seconds() / 604_800 for s in frame["starts_at"]]
    half_of_it = [min(5 / 10_080, a / 2) for a in age]
    first = incidents.frame["starts_at"].min()
    known = (pd.Timestamp(end) - first).total_seconds() / 604_800
    grid = Grid.cover(wards.study_area, 250)
    by_hand = forecast(
        frame[["x", "y"]].to_numpy(),
        np.subtract(age, half_of_it),
        grid,
        weeks=31 / 7,
        history_weeks=known,
        maps=[(300.0 * times, 104.0, 1.0) for times in (1, 2, 4, 8, 16)],
        prior_incidents=1.5,
    )
    np.testing.assert_allclose(result.cells["expected_next"], by_hand.expected[grid.mask])
    # a steady 200 in 30.4 days
    assert result.cells["expected_next"].sum() == pytest.approx(200 * 31 / 30.4, rel=0.05)
    assert_a_sound_list(result, Profile())


def test_an_incident_known_by_month_is_as_old_as_the_middle_of_it() -> None:
    rng = np.random.default_rng(6)
    xy, _ = scattered(rng, 300, datetime(2024, 1, 1), 1)
    months = [datetime(2023, 1 + i % 12, 1) for i in range(300)]
    frame = incidents_at(xy, months, precision="month").frame
    ends = frame["starts_at"] + pd.offsets.MonthEnd(1) + pd.Timedelta("23:59:59")
    monthly = Incidents(frame.assign(ends_at=ends))
    result = find_hotspots(monthly, nine_wards(), period="2023-12", category="asb")
    # 25 a month: in December's 31 days as many as in a day of the year, times 31
    assert result.cells["expected_next"].sum() == pytest.approx(300 / 365 * 31, rel=0.01)


def test_incidents_outside_the_wards_reach_in() -> None:
    rng = np.random.default_rng(4)
    inside, when = scattered(rng, 60, datetime(2024, 1, 1), 30)
    outside = np.column_stack([np.full(200, X0 - 50.0), Y0 + rng.uniform(0, 500, 200)])
    both = incidents_at(np.vstack([inside, outside]), when + [datetime(2024, 1, 5)] * 200)
    alone = find_hotspots(
        incidents_at(inside, when), nine_wards(), period="2024-01", category="asb"
    )
    beside = find_hotspots(both, nine_wards(), period="2024-01", category="asb")
    edge = [
        r.cells.set_index("cell_id").loc[f"{X0}_{Y0}", "expected_next"] for r in (alone, beside)
    ]
    assert edge[1] > edge[0]
    totals = [r.cells["expected_next"].sum() for r in (alone, beside)]
    assert totals[0] == pytest.approx(totals[1], rel=0.02)


def test_chance_fills_a_list_that_says_so() -> None:
    strengths: list[str] = []
    odd = 0
    for seed in range(15):
        rng = np.random.default_rng(seed)
        xy, when = scattered(rng, 13 * 150, datetime(2023, 1, 1), 395)
        result = find_hotspots(
            incidents_at(xy, when), nine_wards(), period="2024-01", category="asb"
        )
        listed = result.places[result.places["question"] == "concentrated"]
        assert len(listed) == 5
        assert_a_sound_list(result, Profile())
        strengths += listed["strength"].tolist()
        odd += any(name != "could be chance" for name in listed["strength"])
    # the possible class is one chance in ten at most, for the whole map
    assert odd <= 3
    assert strengths.count("could be chance") >= 72


@settings(max_examples=10)
@given(
    seed=st.integers(0, 10_000),
    calm=st.integers(0, 400),
    busy=st.lists(
        st.tuples(st.integers(0, 8_900), st.integers(0, 8_900), st.integers(1, 25)), max_size=4
    ),
    listed=st.integers(0, 12),
    distance=st.sampled_from([200.0, 400.0, 700.0]),
    band=st.sampled_from(["disc", "square"]),
)
def test_every_list_is_sound(
    seed: int,
    calm: int,
    busy: list[tuple[int, int, int]],
    listed: int,
    distance: float,
    band: str,
) -> None:
    rng = np.random.default_rng(seed)
    xy, when = scattered(rng, calm, datetime(2023, 11, 1), 90)
    spots = [np.tile([X0 + x, Y0 + y], (n, 1)) for x, y, n in busy]
    spots.append(np.array([[X0 + 1.0, Y0 + 1.0]]))
    extra = np.vstack(spots).astype(np.float64)
    times = [*when, *[datetime(2024, 1, 9)] * len(extra)]
    incidents = incidents_at(np.vstack([xy, extra]), times)
    profile = Profile(places_listed=listed, distance_m=distance, band=band)
    result = find_hotspots(incidents, nine_wards(), profile, period="2024-01", category="asb")
    if band == "disc":
        assert_a_sound_list(result, profile)
    concentrated = result.places[result.places["question"] == "concentrated"]
    # nine wards have room for twelve; of one incident alone nothing is expected far from it
    assert len(concentrated) >= (listed if calm >= 100 else min(listed, 1))
    filled = concentrated[concentrated["strength"] == "could be chance"]
    assert filled.empty or len(concentrated) <= listed
    none = find_hotspots(
        incidents, nine_wards(), Profile(places_listed=0, distance_m=distance, band=band),
        period="2024-01", category="asb",
    )  # fmt: skip
    assert "could be chance" not in set(none.places["strength"])
    changing = ["rank", "marker"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(none.hotspots.drop(columns=changing)),
        pd.DataFrame(result.hotspots.drop(columns=changing)),
    )


def test_a_list_is_not_filled_up_with_what_a_listed_count_is_about() -> None:
    # a cross of five squares, of which the eastern one is empty: it is in the block that the claim
    # is about, and not in the outline; most is expected one square further east
    def middle(col: int, row: int) -> list[float]:
        return [X0 + 250.0 * col + 125, Y0 + 250.0 * row + 125]

    arms = [middle(20, 21), middle(20, 19), middle(19, 20)]
    alone = [middle(2 + 4 * i, 3) for i in range(9)]
    now = np.repeat([*arms, *alone], 8, axis=0)
    before = np.repeat([middle(22, 20), middle(30, 30)], [60, 20], axis=0)
    times = [datetime(2024, 1, 9)] * len(now) + [datetime(2023, 6, 9)] * len(before)
    incidents = incidents_at(np.vstack([now, before]), times)
    profile = Profile(distance_m=250)
    result = find_hotspots(incidents, nine_wards(), profile, period="2024-01", category="asb")
    hot = result.hotspots.iloc[0]
    assert (hot["peak_x"], hot["peak_y"]) == tuple(middle(20, 20))
    assert not hot.geometry.covers(shapely.Point(middle(21, 20)))
    assert_a_sound_list(result, profile)


def test_a_quieter_place_with_more_to_come_ranks_above_a_hot_one() -> None:
    rng = np.random.default_rng(9)
    xy, when = scattered(rng, 600, datetime(2023, 1, 1), 395)
    always = rng.normal([X0 + 7_000.0, Y0 + 7_000.0], 60, (240, 2))
    # busy all year, and with one incident only in the last month
    year = [datetime(2023, 1 + i % 12, 3 + i % 20) for i in range(240)]
    now = rng.normal([X0 + 2_000.0, Y0 + 2_000.0], 60, (20, 2))
    incidents = incidents_at(
        np.vstack([xy, always, now]), [*when, *year, *[datetime(2024, 1, 8)] * 20]
    )
    result = find_hotspots(incidents, nine_wards(), period="2024-01", category="asb")
    first, second = result.places.iloc[0], result.places.iloc[1]
    assert (first["marker"], first["hot"], first["strength"]) == ("1", False, "could be chance")
    assert first.geometry.contains(shapely.Point(X0 + 7_000, Y0 + 7_000))
    assert (second["marker"], second["hot"]) == ("2", True)
    assert result.hotspots.loc[result.hotspots["question"] == "concentrated", "rank"].tolist() == [
        2
    ]


def test_a_block_without_incidents_is_named_by_its_ward() -> None:
    rng = np.random.default_rng(9)
    always = rng.normal([X0 + 7_000.0, Y0 + 1_000.0], 60, (240, 2))
    year = [datetime(2023, 1 + i % 12, 3 + i % 20) for i in range(240)]
    elsewhere = np.array([[X0 + 1_000.0, Y0 + 8_000.0]])
    incidents = incidents_at(np.vstack([always, elsewhere]), [*year, datetime(2024, 1, 8)])
    first = find_hotspots(
        incidents, nine_wards(), period="2024-01", category="asb"
    ).places.iloc[0]  # fmt: skip
    assert (first["name"], first["location"], first["incidents"]) == ("Ward 2", "", 0)
    assert first["claim"] == "0 incidents here; fewer than 1 if spread evenly."
    assert first["chance"] == "Could be chance at this spot"


def test_a_period_without_incidents_lists_nothing() -> None:
    incidents = a_year_with_a_flare_up().frame
    gone = incidents[incidents["starts_at"] < "2023-12-01"]
    other = incidents[incidents["starts_at"] >= "2023-12-01"].assign(category="burglary")
    both = Incidents(pd.concat([gone, other], ignore_index=True))
    result = find_hotspots(both, nine_wards(), period="2023-12", category="asb")
    assert result.places.empty
    assert list(result.places.columns) == [*COLUMNS, "geometry"]
    assert result.cells["expected_next"].sum() > 100


def test_a_result_of_before_has_hot_places_only() -> None:
    result = find_hotspots(a_year_with_a_flare_up(), nine_wards(), period="2024-01", category="asb")
    assert len(result.further) >= 4
    stored = result.hotspots.drop(columns=["expected_next", "hot"])
    old = replace(result, hotspots=stored, further=no_places())
    assert old.places["hot"].tolist() == [True, True]
    assert old.places["expected_next"].isna().all()
    assert old.places["question"].tolist() == ["concentrated", "worse"]
    fields = {f: getattr(result, f) for f in ("wards", "cells", "density", "period", "category")}
    bare = Result(hotspots=stored, totals={}, notes=(), provenance={}, **fields)
    assert bare.further.empty
    assert list(bare.further.columns) == [*COLUMNS, "geometry"]


# -- filling up, alone ----------------------------------------------------------------------------


@given(st.data())
def test_filling_up_is_greedy(data: st.DataObject) -> None:
    rows, cols = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 9))
    rng = np.random.default_rng(data.draw(st.integers(0, 999)))
    mask = rng.random((rows, cols)) < data.draw(st.sampled_from([0.3, 0.9, 1.0]))
    taken = rng.random((rows, cols)) < data.draw(st.sampled_from([0.0, 0.1]))
    # few values, so that many are equal
    value = rng.integers(0, 4, (rows, cols)).astype(np.float64)
    distance = data.draw(st.sampled_from([0.5, 1.0, 1.5, 2.3]))
    wanted = data.draw(st.integers(-1, 6))
    grid = Grid(0.0, 0.0, 1.0, mask)
    half = band_half_widths(distance, 1.0)

    def block(r: int, c: int) -> set[tuple[int, int]]:
        return {
            (i, j)
            for i in range(rows)
            for j in range(cols)
            if mask[i, j] and (i - r) ** 2 + (j - c) ** 2 <= distance**2
        }

    used = {(i, j) for i, j in zip(*np.nonzero(taken & mask), strict=True)}
    expected: list[tuple[int, int]] = []
    order = sorted(zip(*np.nonzero(mask), strict=True), key=lambda at: (-value[at], at))
    for at in order:
        if len(expected) < wanted and value[at] > 0 and not block(*at) & used:
            expected.append((int(at[0]), int(at[1])))
            used |= block(*at)
    assert fill_up(wanted, value, taken, grid, half) == expected
    for r, c in expected:
        cells = block_cells(r, c, grid, half)
        assert set(zip(*np.nonzero(cells), strict=True)) == block(r, c)
        one = np.zeros((rows, cols))
        one[r, c] = 1
        np.testing.assert_array_equal(cells, (band_sum(one, half) > 0) & mask)


# -- real incidents -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kent(real_data: Path) -> tuple[Incidents, Wards]:
    """Six months of police data on the wards of 2013 of two districts."""
    months = [real_data / "police-uk-kent" / f"2021-{m:02d}" for m in range(3, 9)]
    folder = real_data / "uk-geojson" / "wards"
    wards = read_wards([folder / f"E0700010{n}.json" for n in (7, 9)], vintage="2013")
    return read_incidents(months)[0], wards


@pytest.mark.parametrize("category", ["asb", "violence", "criminal_damage", "burglary"])
def test_the_hot_places_are_the_regions_of_the_tests(
    kent: tuple[Incidents, Wards], category: str
) -> None:
    profile = Profile()
    for period in ("2021-06", "2021-08"):
        result = find_hotspots(*kent, profile, period=period, category=category)
        assert_a_sound_list(result, profile)
        listed = result.places[result.places["question"] == "concentrated"]
        assert len(listed) >= profile.places_listed
        columns = {"concentrated": "gi_star_p_adjusted", "worse": "change_p_adjusted"}
        for question, column in columns.items():
            expected = hot_outlines(result, column, profile.alpha)
            found = result.hotspots.geometry[result.hotspots["question"] == question]
            assert len(found) == len(expected)
            off = shapely.union_all(expected).symmetric_difference(shapely.union_all(found))
            # the outlines by hand are 1 cm wider
            assert off.area < 0.02 * sum(shape.length for shape in expected) + 1e-6
