from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots.analysis import find_hotspots
from hotspots.errors import ResultError, UsageError
from hotspots.model import Incidents, Wards
from hotspots.profile import Profile
from tests.support import SIDE, X0, Y0, a_year_with_a_flare_up, incidents_at, nine_wards, scattered


def test_a_flare_up_is_found_by_both_questions() -> None:
    result = find_hotspots(a_year_with_a_flare_up(), nine_wards(), period="2024-01", category="asb")
    for question, marker in (("concentrated", "1"), ("worse", "A")):
        rows = result.hotspots[result.hotspots["question"] == question]
        assert rows["marker"].tolist() == [marker]
        place = rows.iloc[0]
        assert place.geometry.contains(shapely.Point(X0 + 4_600, Y0 + 1_400))
        assert place["name"] == "Ward 1: Test Lane"
        assert place["incidents"] >= 30
        assert place["strength"] in ("very clear", "clear")
        assert place["chance"] == "Fewer than 1 in 10,000 at this spot by chance"
    assert result.totals["history_periods"] == 12


def test_the_month_before_the_flare_up_has_none() -> None:
    result = find_hotspots(a_year_with_a_flare_up(), nine_wards(), period="2023-11", category="asb")
    assert result.hotspots.empty
    assert list(result.hotspots.columns)[-1] == "geometry"
    assert result.totals["needed_concentrated"] > 1
    assert result.totals["needed_worse"] > 2


def test_every_count_reconciles() -> None:
    incidents = a_year_with_a_flare_up()
    result = find_hotspots(incidents, nine_wards(), period="2024-01", category="asb")
    in_month = (incidents.frame["starts_at"] >= "2024-01-01") & (
        incidents.frame["starts_at"] < "2024-02-01"
    )
    total = int(in_month.sum())
    assert result.totals["incidents"] == total == result.wards["incidents"].sum()
    assert result.cells["incidents"].sum() == total - result.totals["border"]
    by_ward = result.wards.set_index("ward_code")
    assert by_ward.loc["T001", "rate_per_1000"] == pytest.approx(
        by_ward.loc["T001", "incidents"] / 2.0
    )
    assert result.wards["share"].sum() == pytest.approx(1.0)
    assert result.wards["rank"].is_monotonic_increasing


def test_incidents_outside_the_wards_reach_the_density_only() -> None:
    rng = np.random.default_rng(4)
    inside, when = scattered(rng, 60, datetime(2024, 1, 1), 30)
    outside = np.column_stack([np.full(200, X0 - 50.0), Y0 + rng.uniform(0, 500, 200)])
    both = np.vstack([inside, outside])
    times = when + [datetime(2024, 1, 5)] * 200
    alone = find_hotspots(
        incidents_at(inside, when), nine_wards(), period="2024-01", category="asb"
    )
    beside = find_hotspots(
        incidents_at(both, times), nine_wards(), period="2024-01", category="asb"
    )
    assert beside.totals["incidents"] == 60
    assert beside.totals["outside"] == 200
    np.testing.assert_array_equal(alone.cells["gi_star_p"], beside.cells["gi_star_p"])
    edge = f"{X0}_{Y0}"
    reach = [r.cells.set_index("cell_id").loc[edge, "intensity_per_km2"] for r in (alone, beside)]
    assert reach[1] > reach[0] + 50


def test_a_week_of_three_says_what_period_would_do() -> None:
    rng = np.random.default_rng(5)
    xy, when = scattered(rng, 52 * 3, datetime(2023, 1, 2), 364)
    fires = incidents_at(xy, when, category="deliberate_fire")
    result = find_hotspots(fires, nine_wards(), period="2023-W50", category="deliberate_fire")
    note = next(n for n in result.notes if "few to map" in n)
    assert "weeks would hold 20" in note
    spans = int(note.split("About ")[1].split()[0])
    assert 5 <= spans <= 9


def test_month_only_data_refuse_a_week() -> None:
    rng = np.random.default_rng(6)
    xy, _ = scattered(rng, 50, datetime(2024, 1, 1), 1)
    monthly = incidents_at(xy, [datetime(2024, 1, 1)] * 50, precision="month")
    with pytest.raises(ResultError, match="known by month only"):
        find_hotspots(monthly, nine_wards(), period="2024-W01", category="asb")


@pytest.mark.parametrize(
    ("period", "category", "error", "message"),
    [
        ("1999-01", "asb", ResultError, "must lie within the data"),
        ("2024-01", "burglary", ResultError, "There must be incidents of category 'burglary'"),
        ("2024-01", "graffiti", UsageError, "A category must be one of asb"),
        ("January", "asb", UsageError, "A period must look like"),
    ],
)
def test_what_cannot_be_answered_is_said(
    period: str, category: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        find_hotspots(a_year_with_a_flare_up(), nine_wards(), period=period, category=category)


def test_moved_points_are_noticed() -> None:
    incidents = a_year_with_a_flare_up()
    coarse = incidents.frame.assign(
        x=incidents.frame["x"] // 1_500 * 1_500 + 7, y=incidents.frame["y"] // 1_500 * 1_500 + 7
    )
    moved = Incidents(coarse, files=incidents.files)
    snapped = find_hotspots(moved, nine_wards(), period="2024-01", category="asb")
    exact = find_hotspots(incidents, nine_wards(), period="2024-01", category="asb")
    assert any(n.startswith("Moved points") for n in snapped.notes)
    assert not any(n.startswith("Moved points") for n in exact.notes)


def test_the_same_question_has_the_same_run() -> None:
    asked = {"period": "2024-01", "category": "asb"}
    one = find_hotspots(a_year_with_a_flare_up(), nine_wards(), **asked)
    two = find_hotspots(a_year_with_a_flare_up(), nine_wards(), **asked)
    other = find_hotspots(a_year_with_a_flare_up(), nine_wards(), Profile(cell_size_m=300), **asked)
    assert one.provenance == two.provenance
    assert one.provenance["run"] != other.provenance["run"]
    pd.testing.assert_frame_equal(one.cells, two.cells)


def test_total_crime_leaves_asb_and_fires_out() -> None:
    incidents = a_year_with_a_flare_up()
    kinds = np.array(["asb", "burglary", "deliberate_fire", "unmapped", "robbery"])
    mixed = Incidents(
        incidents.frame.assign(category=kinds[np.arange(len(incidents)) % 5]), files=incidents.files
    )
    result = find_hotspots(mixed, nine_wards(), period="2023-06", category="crime")
    june = mixed.frame[mixed.frame["starts_at"].dt.strftime("%Y-%m") == "2023-06"]
    assert result.totals["incidents"] == june["category"].isin(["burglary", "robbery"]).sum()


def test_density_bands_are_apart_and_inside() -> None:
    wards = nine_wards()
    result = find_hotspots(a_year_with_a_flare_up(), wards, period="2024-01", category="asb")
    bands = list(result.density.geometry)
    assert len(bands) >= 2
    for i, band in enumerate(bands):
        assert band.difference(wards.study_area).area < 1e-3
        assert all(band.intersection(other).area < 1e-3 for other in bands[i + 1 :])
    assert result.density["lower"].is_monotonic_increasing


def test_incidents_that_all_lie_elsewhere_are_noticed() -> None:
    incidents = a_year_with_a_flare_up()
    elsewhere = Incidents(incidents.frame.assign(x=incidents.frame["x"] + 90_000.0))
    result = find_hotspots(elsewhere, nine_wards(), period="2024-01", category="asb")
    assert result.totals["incidents"] == 0
    assert result.hotspots.empty
    assert any("lie outside the wards" in note for note in result.notes)


def test_incidents_and_wards_must_share_a_crs() -> None:
    incidents = Incidents(a_year_with_a_flare_up().frame, crs="EPSG:32631")
    with pytest.raises(UsageError, match="must be in one CRS"):
        find_hotspots(incidents, nine_wards(), period="2024-01", category="asb")


def test_none_where_many_are_usual_is_no_fall() -> None:
    incidents = a_year_with_a_flare_up().frame
    gone = incidents[
        (incidents["starts_at"] < "2023-12-01") | (incidents["starts_at"] >= "2024-01-01")
    ]
    other = incidents[incidents["starts_at"] >= "2023-12-01"].assign(category="burglary")
    both = Incidents(pd.concat([gone, other], ignore_index=True))
    result = find_hotspots(both, nine_wards(), period="2023-12", category="asb")
    assert any("the data may be missing" in note for note in result.notes)


def test_weeks_and_years_that_change_the_calendar_year() -> None:
    incidents = a_year_with_a_flare_up()
    week = find_hotspots(incidents, nine_wards(), period="2024-W01", category="asb")
    days = find_hotspots(incidents, nine_wards(), period="2024-01-01..2024-01-07", category="asb")
    assert week.totals["incidents"] == days.totals["incidents"] > 0
    assert week.totals["history_periods"] == 52


def test_a_place_that_went_quiet_is_better_than_usual() -> None:
    rng = np.random.default_rng(8)
    xy, when = scattered(rng, 13 * 200, datetime(2023, 1, 1), 395)
    busy = rng.normal([X0 + 4_600, Y0 + 1_400], 60, (300, 2))
    before = [datetime(2023, 1, 1) + timedelta(hours=29 * i) for i in range(300)]
    incidents = incidents_at(np.vstack([xy, busy]), [*when, *before])
    cells = find_hotspots(incidents, nine_wards(), period="2024-01", category="asb").cells
    better = cells[cells["better"] == "very clear"]
    assert 1 <= len(better) <= 9
    assert (better.distance(shapely.Point(X0 + 4_600, Y0 + 1_400)) < 500).all()
    assert (cells["worse"] == "no evidence").all()
    first = find_hotspots(incidents, nine_wards(), period="2023-01", category="asb").cells
    assert set(first["better"]) == {"no history"}


@pytest.mark.parametrize("edge", ["uniform", "diggle"])
def test_edge_correction_reaches_the_density(edge: str) -> None:
    incidents, asked = a_year_with_a_flare_up(), {"period": "2023-05", "category": "asb"}
    plain = find_hotspots(incidents, nine_wards(), Profile(), **asked).cells
    corrected = find_hotspots(incidents, nine_wards(), Profile(edge=edge), **asked).cells
    assert corrected["intensity_per_km2"].mean() > plain["intensity_per_km2"].mean()


def test_permutation_is_seeded_and_its_seed_is_in_the_provenance() -> None:
    incidents, asked = a_year_with_a_flare_up(), {"period": "2024-01", "category": "asb"}
    drawn = Profile(null="permutation", permutations=199, seed=7)
    one = find_hotspots(incidents, nine_wards(), drawn, **asked)
    two = find_hotspots(incidents, nine_wards(), drawn, **asked)
    assert one.provenance["seed"] == 7
    assert one.provenance["run"] == two.provenance["run"]
    np.testing.assert_array_equal(one.cells["gi_star_p"], two.cells["gi_star_p"])
    assert find_hotspots(incidents, nine_wards(), **asked).provenance["seed"] is None
    with pytest.raises(UsageError, match='needs null = "binomial"'):
        Profile(baseline="population")


def _steady(months: int = 48, a_day: int = 3, without: tuple[int, int] | None = None) -> Incidents:
    rng = np.random.default_rng(12)
    days = pd.date_range("2021-01-01", periods=int(months * 30.4375), freq="D")
    when = [d.to_pydatetime() for d in days for _ in range(a_day) if (d.year, d.month) != without]
    xy = np.column_stack([X0 + rng.uniform(0, 3 * SIDE, len(when)), np.empty(len(when))])
    xy[:, 1] = Y0 + rng.uniform(0, 3 * SIDE, len(when))
    return incidents_at(xy, when)


def test_an_unknown_period_is_no_part_of_the_history_at_all() -> None:
    # neither its number nor its incidents count
    profile = Profile(history="season")
    whole = find_hotspots(_steady(), nine_wards(), profile, period="2024", category="asb")
    holed = find_hotspots(
        _steady(without=(2022, 3)), nine_wards(), profile, period="2024", category="asb"
    )
    assert whole.totals["history_periods"] == 3
    assert holed.totals["history_periods"] == 2
    assert holed.totals["usual"] == pytest.approx(1_095, rel=0.01)


def test_a_season_is_the_same_months_whatever_its_length() -> None:
    incidents = _steady()
    busy = incidents.frame[incidents.frame["starts_at"].dt.month.between(5, 9)]
    twice = pd.concat([incidents.frame, busy, busy], ignore_index=True)
    result = find_hotspots(
        Incidents(twice, files=incidents.files),
        nine_wards(),
        Profile(history="season"),
        period="2024-05..2024-09",
        category="asb",
    )
    assert result.totals["history_periods"] == 3
    assert result.totals["incidents"] == pytest.approx(result.totals["usual"], rel=0.01)


def test_a_square_band_is_outlined_as_a_square() -> None:
    # four busy corners of a 5 x 5 block make its centre hot, and all belong to the place
    centre = np.array([X0 + 4_625.0, Y0 + 4_625.0])
    corners = np.repeat(centre + 500 * np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]]), 20, axis=0)
    rng = np.random.default_rng(5)
    xy, when = scattered(rng, 60, datetime(2024, 1, 1), 30)
    incidents = incidents_at(np.vstack([corners, xy]), [*[datetime(2024, 1, 9)] * 80, *when])
    profile = Profile(band="square", distance_m=500)
    places = find_hotspots(incidents, nine_wards(), profile, period="2024-01", category="asb")
    assert places.hotspots["incidents"].iloc[0] >= 80


def test_residents_of_a_ward_without_a_cell_are_not_lost() -> None:
    wards = nine_wards()
    thin = shapely.box(X0 - 100, Y0, X0, Y0 + 3 * SIDE)
    frame = pd.concat([wards.frame, wards.frame.iloc[[0]]], ignore_index=True)
    frame.loc[9, ["ward_code", "ward_name", "population"]] = ["T999", "Thin", 50_000.0]
    frame = frame.set_geometry([*wards.frame.geometry, thin], crs=wards.crs)
    profile = Profile(null="binomial", baseline="population")
    cells = find_hotspots(
        a_year_with_a_flare_up(), Wards(frame, "2021"), profile, period="2024-01", category="asb"
    ).cells
    # the centre of the nine wards is far from the thin one: it expects its share of all residents
    middle = cells[cells.contains(shapely.Point(X0 + 4_600, Y0 + 4_600))].iloc[0]
    share = 5_000 / 144 * middle["neighbours"] / 95_000
    assert middle["local_expected"] == pytest.approx(cells["incidents"].sum() * share, rel=1e-6)
    wards.frame.loc[2, "population"] = 0.0
    with pytest.raises(ResultError, match="above 0; Ward 2"):
        find_hotspots(a_year_with_a_flare_up(), wards, profile, period="2024-01", category="asb")


def test_notes_say_what_is_known() -> None:
    late = _steady()
    frame = late.frame[late.frame["starts_at"] >= "2021-01-20"]
    result = find_hotspots(
        Incidents(frame, files=late.files), nine_wards(), period="2021-01", category="asb"
    )
    assert not result.totals["complete"]
    assert any("known from 20 January 2021 only" in note for note in result.notes)
    assert any("no complete earlier period" in note for note in result.notes)
    few = find_hotspots(
        late, nine_wards(), Profile(null="permutation"), period="2022-05", category="asb"
    )
    assert any("999 permutations" in note and "25,919" in note for note in few.notes)
