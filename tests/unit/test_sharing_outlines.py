"""Outlines on squares, and the columns of places that a tier may have."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from hotspots.errors import UsageError
from hotspots.profile import Tier, Tiers
from hotspots.results.places import COLUMNS, no_places
from hotspots.sharing.outlines import generalised, table_for_tier, ward_alone
from tests.support import nine_wards

CORNER = st.integers(-30, 30)
SIZE = st.integers(1, 12)
PUBLIC, PARTNER, RESTRICTED = Tiers().public, Tiers().partner, Tiers().restricted


def _frame(*shapes: shapely.Geometry) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"n": range(len(shapes))}, geometry=list(shapes), crs="EPSG:27700")


@given(CORNER, CORNER, SIZE, SIZE)
def test_a_box_on_squares_is_its_rounded_box(x: int, y: int, w: int, h: int) -> None:
    box = shapely.box(x * 250, y * 250, (x + w) * 250, (y + h) * 250)
    (found,) = generalised(_frame(box), 1000).geometry
    low = np.floor(np.array(box.bounds[:2]) / 1000) * 1000
    high = np.ceil(np.array(box.bounds[2:]) / 1000) * 1000
    assert found.equals(shapely.box(*low, *high))


@given(CORNER, CORNER, SIZE, SIZE)
def test_boxes_within_the_same_squares_cannot_be_told_apart(x: int, y: int, w: int, h: int) -> None:
    one = shapely.box(x * 1000 + 1, y * 1000 + 1, (x + w) * 1000 - 1, (y + h) * 1000 - 1)
    other = shapely.box(x * 1000 + 700, y * 1000 + 600, (x + w) * 1000, (y + h) * 1000 - 333)
    first, second = generalised(_frame(one, other), 1000).geometry
    assert shapely.to_wkb(first) == shapely.to_wkb(second)


def test_an_angle_leaves_squares_out_that_it_does_not_reach() -> None:
    angle = shapely.Polygon([(0, 0), (3000, 0), (3000, 900), (900, 900), (900, 3000), (0, 3000)])
    (found,) = generalised(_frame(angle), 1000).geometry
    assert found.area == 5e6
    assert found.covers(angle)


def test_no_side_is_no_change_and_nothing_stays_nothing() -> None:
    frame = _frame(shapely.box(1, 1, 2, 2), shapely.Polygon())
    assert generalised(frame, 0).geometry.geom_equals(frame.geometry).all()
    assert generalised(frame, 10).geometry.iloc[1].is_empty
    assert generalised(no_places("EPSG:27700"), 1000).empty


@pytest.mark.parametrize("side", [-1, np.nan, np.inf, 0.001])
def test_squares_that_cannot_be(side: float) -> None:
    with pytest.raises(UsageError):
        generalised(_frame(shapely.box(0, 0, 5000, 5000)), side)


# -- tables ---------------------------------------------------------------------------------------


#: Two wards are called Town, in two districts; the name of another holds a colon.
WARDS = nine_wards(names=["Town", "Heath", "St Mary: West", *"abcde", "Town"])


def _places(incidents: list[int]) -> gpd.GeoDataFrame:
    n = len(incidents)
    data = {name: no_places()[name].reindex(range(n)) for name in COLUMNS}
    data |= {
        "question": "concentrated",
        "rank": range(1, n + 1),
        "marker": [str(i + 1) for i in range(n)],
        "name": ["Town (South): Acacia Close"] + ["Heath"] * (n - 1),
        "ward_code": ["T000"] + ["T001"] * (n - 1),
        "ward_name": ["Town"] + ["Heath"] * (n - 1),
        "location": ["Acacia Close"] + [""] * (n - 1),
        "incidents": incidents,
        "peak_incidents": incidents,
        "expected": [6.49] * n,
        "claim": "31 incidents where 5 are usual",
        "peak_x": 565_123.0,
        "peak_y": 174_456.0,
        "strength": "very clear",
        "hot": True,
    }
    boxes = [shapely.box(565_000 + 250 * i, 174_250, 565_250 + 250 * i, 174_500) for i in range(n)]
    return gpd.GeoDataFrame(pd.DataFrame(data), geometry=boxes, crs="EPSG:27700")


def test_a_tier_with_points_has_everything() -> None:
    frame = _places([3])
    assert list(table_for_tier("cells", frame, RESTRICTED, WARDS).columns) == list(frame.columns)


def test_without_points_there_is_nothing_of_the_peak_and_no_small_count() -> None:
    for tier in (PUBLIC, PARTNER):
        table = table_for_tier("hotspots", _places([1, 4, 5, 12, 0]), tier, WARDS, "2021-06", "asb")
        assert table["incidents"].isna().tolist() == [True, True, False, False, False]
        assert table["incidents_shown"].tolist() == [
            "fewer than 5", "fewer than 5", "about 5", "about 10", "0"
        ]  # fmt: skip
        assert table["incidents"].tolist()[2:] == [5, 10, 0]
        assert set(table["expected"]) == {5}
        assert set(table["expected_shown"]) == {"about 5"}
        assert set(table["period"]) == {"2021-06"}
        assert not [name for name in table.columns if name.startswith(("peak", "p_", "claim"))]
        text = table.drop(columns="geometry").to_csv()
        assert "565123" not in text
        assert "31 incidents" not in text


def test_public_names_a_place_by_its_ward_and_draws_it_on_squares() -> None:
    table = table_for_tier("hotspots", _places([9, 9]), PUBLIC, WARDS)
    assert table["name"].tolist() == ["Town (South)", "Heath"]
    assert "Acacia" not in table.drop(columns="geometry").to_csv()
    assert table.geometry.iloc[0].equals(shapely.box(565_000, 174_000, 566_000, 175_000))
    assert table["area_km2"].tolist() == [1.0, 1.0]
    partner = table_for_tier("hotspots", _places([9, 9]), PARTNER, WARDS)
    assert partner["name"].iloc[0] == "Town (South): Acacia Close"
    assert partner["area_km2"].tolist() == [0.06, 0.06]


def test_a_place_with_few_incidents_is_named_by_its_ward_alone() -> None:
    # its street may be that of one incident
    table = table_for_tier("hotspots", _places([4, 4]), PARTNER, WARDS)
    assert table["name"].tolist() == ["Town (South)", "Heath"]
    assert table["location"].tolist() == ["", ""]


def test_a_place_whose_peak_holds_few_is_named_by_its_ward_alone() -> None:
    frame = _places([9, 9]).assign(peak_incidents=[3, 9])
    table = table_for_tier("hotspots", frame, PARTNER, WARDS)
    assert table["name"].tolist() == ["Town (South)", "Heath"]


def test_a_ward_whose_own_name_holds_a_colon_keeps_all_of_it() -> None:
    frame = _places([9]).assign(ward_code="T002", name="St Mary: West: Acacia Close")
    assert table_for_tier("hotspots", frame, PUBLIC, WARDS)["name"].tolist() == ["St Mary: West"]
    assert ward_alone("T008", WARDS) == "Town (North)"


def test_a_ward_that_is_there_no_more_has_the_name_it_had() -> None:
    frame = _places([9]).assign(ward_code="gone")
    assert table_for_tier("hotspots", frame, PUBLIC, WARDS)["name"].tolist() == ["Town"]


def test_what_is_expected_is_missing_where_it_is_below_the_limit() -> None:
    frame = _places([30, 30]).assign(expected=[0.4, 12.6])
    table = table_for_tier("hotspots", frame, PARTNER, WARDS)
    assert table["expected"].isna().tolist() == [True, False]
    assert table["expected"].tolist()[1] == 15
    assert table["expected_shown"].tolist() == ["fewer than 5", "about 15"]


def test_a_tier_that_withholds_nothing_still_has_no_peak() -> None:
    table = table_for_tier("further", _places([1]), Tier(small_counts_below=0), WARDS)
    assert table["incidents"].tolist() == [1]
    assert (table["incidents_shown"].tolist(), table["expected"].tolist()) == (["1"], [6])
    assert "peak_x" not in table.columns


@pytest.mark.parametrize("name", ["cells", "density", "wards"])
def test_other_tables_are_for_tiers_with_points(name: str) -> None:
    with pytest.raises(UsageError, match="without points"):
        table_for_tier(name, _places([9]), PARTNER, WARDS)


def test_no_places_have_the_same_columns() -> None:
    empty = table_for_tier("hotspots", no_places("EPSG:27700"), PUBLIC, WARDS, "2021-06", "asb")
    full = table_for_tier("hotspots", _places([9]), PUBLIC, WARDS, "2021-06", "asb")
    assert list(empty.columns) == list(full.columns)
    assert empty.empty
