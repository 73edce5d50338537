"""Overlap of vintages and totals moved between them, against sums done by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from hotspots.boundaries import (
    WeightedPoints,
    apportion,
    best_match,
    population_from,
    residents_on,
)
from hotspots.boundaries.overlap import OVERLAP_COLUMNS, overlap
from hotspots.errors import DataError, UsageError
from hotspots.model import WARD_COLUMNS, Wards


def wards_of(vintage: str, crs: str = "EPSG:27700", **shapes: Any) -> Wards:
    frame = gpd.GeoDataFrame(
        {
            "ward_code": list(shapes),
            "ward_name": [code.upper() for code in shapes],
            "district_code": None,
            "district_name": None,
            "vintage": vintage,
            "population": np.nan,
        },
        geometry=list(shapes.values()),
        crs=crs,
    )
    return Wards(frame[list(WARD_COLUMNS)], vintage)


def strip(west: float, east: float) -> shapely.Polygon:
    return shapely.box(1000 * west, 0, 1000 * east, 1000)


# old:  |--- a ---|--- b ---|--- c ---|      new: |-- p --|---- q -----|--- c ---|
OLD = wards_of("2013", a=strip(0, 2), b=strip(2, 4), c=strip(4, 6))
NEW = wards_of("2021", c=strip(4, 6), p=strip(0, 1.5), q=strip(1.5, 4))
TOTALS = pd.Series({"a": 80, "b": 10, "c": 5})


# -- overlap --------------------------------------------------------------------------------------


def test_the_overlap_of_every_pair() -> None:
    pairs, sentences = overlap(OLD, NEW)
    assert tuple(pairs.columns) == OVERLAP_COLUMNS
    expected = [
        ("a", "A", "p", "P", 0.75, 1.0, 1.5),
        ("a", "A", "q", "Q", 0.25, 0.2, 0.5),
        ("b", "B", "q", "Q", 1.0, 0.8, 2.0),
        ("c", "C", "c", "C", 1.0, 1.0, 2.0),
    ]
    pd.testing.assert_frame_equal(
        pairs, pd.DataFrame(expected, columns=list(OVERLAP_COLUMNS)), check_dtype=False
    )
    assert sentences == (
        "2 wards of 2013 overlap no ward of 2021 by 0.9 or more: a (0.75), b (0.80); their "
        "figures before and after must not be compared ward by ward.",
    )


def test_the_best_match_and_its_continuity() -> None:
    best = best_match(OLD, NEW)
    assert best["old_code"].tolist() == ["a", "b", "c"]
    assert best["new_code"].tolist() == ["p", "q", "c"]
    # b is wholly in q, which is a quarter larger
    assert best["continuity"].tolist() == pytest.approx([0.75, 0.8, 1.0])


def test_a_ward_without_a_match() -> None:
    far = wards_of("2021", z=strip(10, 12))
    best = best_match(OLD, far)
    assert best["new_code"].isna().all()
    assert best["continuity"].tolist() == [0.0, 0.0, 0.0]
    pairs, sentences = overlap(OLD, far)
    assert pairs.empty
    assert "3 wards of 2013 overlap no ward of 2021" in sentences[0]


def test_slivers_are_left_out_and_summed() -> None:
    new = wards_of("2021", p=strip(0, 2.01), q=strip(2.01, 6))
    pairs, sentences = overlap(OLD, new)
    assert list(zip(pairs["old_code"], pairs["new_code"], strict=True)) == [
        ("a", "p"), ("b", "q"), ("c", "q"),
    ]  # fmt: skip
    assert sentences[0] == (
        "Left out: 1 sliver, each less than 1% of both wards, 0.010 km2 in all."
    )


def test_a_small_ward_in_a_large_one_is_no_sliver() -> None:
    large = wards_of("2013", a=shapely.box(0, 0, 10_000, 10_000))
    small = wards_of(
        "2021", p=shapely.box(0, 0, 500, 500), q=large.study_area - shapely.box(0, 0, 500, 500)
    )
    pairs, _ = overlap(large, small)
    assert dict(zip(pairs["new_code"], pairs["share_of_old"], strict=True)) == pytest.approx(
        {"p": 0.0025, "q": 0.9975}
    )


def test_the_same_code_drawn_differently_has_a_sentence_of_its_own() -> None:
    new = wards_of("2021", a=strip(0, 1.7), b=strip(1.7, 4), c=strip(4, 6))
    _, sentences = overlap(OLD, new)
    assert len(sentences) == 1
    assert sentences[0].startswith(
        "2 wards of 2013 have the same code in 2021 and overlap by less than 0.9: a (0.85), "
        "b (0.87); a code stays while its ward does"
    )


def test_two_crs_are_refused() -> None:
    with pytest.raises(UsageError, match="2013 is in EPSG:27700 and 2021 in EPSG:32630"):
        overlap(OLD, wards_of("2021", crs="EPSG:32630", p=strip(0, 2)))


# -- apportion ------------------------------------------------------------------------------------


def test_by_area() -> None:
    done = apportion(TOTALS, OLD, NEW)
    assert done.totals.to_dict() == pytest.approx({"c": 5, "p": 60, "q": 30})
    rows = done.frame.set_index("ward_code")
    # a alone is split: all of it could be in p, or none
    assert rows["low"].to_dict() == {"c": 5, "p": 0, "q": 10}
    assert rows["high"].to_dict() == {"c": 5, "p": 80, "q": 90}
    # 80 incidents, each in p with 3/4: binomial
    binomial = np.sqrt(80 * 0.75 * 0.25)
    assert rows["standard_error"].to_dict() == pytest.approx({"c": 0, "p": binomial, "q": binomial})
    assert done.split_share == pytest.approx(80 / 95)
    assert done.uncovered_km2 == pytest.approx(0)
    assert done.sentences == (
        "Totals of the wards of 2013 were apportioned to 2021 by area.",
        "They are estimates as far as they come from 1 split ward, which holds 84% of the total.",
    )


def test_by_points() -> None:
    # the households of a are all in its east but one
    xy = np.array([[500.0, 500], [1600, 500], [1700, 500], [1800, 500], [np.nan, 0], [9e5, 0]])
    done = apportion(TOTALS, OLD, NEW, WeightedPoints(xy, name="postcodes"))
    assert done.totals.to_dict() == pytest.approx({"c": 5, "p": 20, "q": 70})
    assert done.sentences[0].endswith("by postcodes.")
    assert done.sentences[-1] == "Without postcodes, so by area: b, c."
    weight = np.array([6.0, 2, 0, 0, 7, 7])
    weighted = apportion(TOTALS, OLD, NEW, WeightedPoints(xy, weight))
    assert weighted.totals.to_dict() == pytest.approx({"c": 5, "p": 60, "q": 30})


def test_one_code_in_both_is_one_ward_whatever_its_drawing() -> None:
    new = wards_of("2021", b=strip(1.8, 4), c=strip(4.1, 6), p=strip(0, 1.8), q=strip(4, 4.1))
    done = apportion(TOTALS, OLD, new)
    assert done.totals.to_dict() == {"b": 10, "c": 5, "p": 80, "q": 0}
    # a code used again for another place is not the same ward
    moved = wards_of("2021", a=strip(1, 4), c=strip(4, 6), d=strip(0, 1))
    assert apportion(TOTALS, OLD, moved).totals.to_dict() == {"a": 50, "c": 5, "d": 40}


def test_nothing_is_lost_to_an_unchanged_neighbour() -> None:
    # old a lies in new b alone, and new b is old b as well
    old = wards_of("2013", a=strip(1.8, 2), b=strip(2, 4))
    new = wards_of("2021", b=strip(1.8, 4))
    assert apportion(pd.Series({"a": 3, "b": 4}), old, new).totals.to_dict() == {"b": 7}


def test_what_no_new_ward_covers_goes_with_the_rest() -> None:
    new = wards_of("2021", p=strip(0.5, 1), q=strip(1, 2), r=strip(2, 6))
    done = apportion(TOTALS, OLD, new)
    assert done.totals.to_dict() == pytest.approx({"p": 80 / 3, "q": 160 / 3, "r": 15})
    assert done.uncovered_km2 == pytest.approx(0.5)
    assert done.sentences[-1] == (
        "0.50 km2 of the wards of 2013 are in none of 2021; what lies there went with the rest "
        "of its ward."
    )


def test_new_wards_that_cover_too_little() -> None:
    new = wards_of("2021", p=strip(0, 2), q=strip(2, 4))
    with pytest.raises(DataError, match="must cover 50% of each ward that has a total; they do"):
        apportion(TOTALS, OLD, new)
    # a ward without a total needs no cover
    without = TOTALS.where(TOTALS.index != "c", 0)
    assert apportion(without, OLD, new).totals.to_dict() == {"p": 80, "q": 10}
    nearest = apportion(TOTALS, OLD, new, least_covered=0)
    assert nearest.totals.to_dict() == {"p": 80, "q": 15}


def test_totals_of_nothing() -> None:
    done = apportion(TOTALS * 0, OLD, NEW)
    assert done.frame["total"].tolist() == [0, 0, 0]
    assert np.isnan(done.split_share)


@pytest.mark.parametrize(
    ("totals", "said"),
    [
        ({"a": 1, "b": 2}, "wrong are c"),
        ({"a": 1, "b": 2, "c": 3, "z": 4}, "wrong are z"),
        ({"a": 1, "b": -2, "c": 3}, "it is not for b"),
        ({"a": 1, "b": float("nan"), "c": 3}, "it is not for b"),
        ({"a": 1, "b": float("inf"), "c": 3}, "it is not for b"),
    ],
)
def test_totals_that_cannot_be_used(totals: dict[str, float], said: str) -> None:
    with pytest.raises(DataError, match=said):
        apportion(pd.Series(totals), OLD, NEW)


def test_repeated_totals_and_wrong_weights() -> None:
    twice = pd.Series([1, 2, 3, 4], index=["a", "b", "c", "c"])
    with pytest.raises(DataError, match="wrong are c"):
        apportion(twice, OLD, NEW)
    xy = np.zeros((2, 2))
    for weight in (np.ones(3), np.array([1.0, -1.0]), np.array([1.0, np.nan])):
        with pytest.raises(UsageError, match="must have one weight, finite and not negative"):
            apportion(TOTALS, OLD, NEW, WeightedPoints(xy, weight))
    with pytest.raises(UsageError, match="got none"):
        apportion(TOTALS, OLD, Wards(NEW.frame.iloc[:0], "2021"))


# -- residents ------------------------------------------------------------------------------------


def by_year(*rows: tuple[str, int, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["ward_code", "year", "residents"])
    return frame.assign(source="ons.csv, column " + frame["year"].astype(str))


YEARS = by_year(("a", 2019, 200), ("a", 2017, 100), ("b", 2017, 10), ("b", 2019, 10))


@pytest.mark.parametrize(
    ("day", "residents", "said"),
    [
        (date(2017, 6, 30), 100, "mid-2017 (ons.csv, column 2017)"),
        (
            # 365 of the 730 days between the mid-years
            date(2018, 6, 30),
            150,
            "mid-2017 and mid-2019, interpolated to 30 June 2018 (ons.csv, column 2017; "
            "ons.csv, column 2019)",
        ),
        (
            date(2021, 6, 1),
            200,
            "mid-2019, the last known, for 1 June 2021 (ons.csv, column 2019)",
        ),
        (
            date(2011, 1, 1),
            100,
            "mid-2017, the first known, for 1 January 2011 (ons.csv, column 2017)",
        ),
    ],
)
def test_residents_between_mid_years(day: date, residents: float, said: str) -> None:
    found, sentence = residents_on(YEARS, day)
    assert found.to_dict() == {"a": residents, "b": 10}
    assert sentence == said


def test_a_ward_that_lacks_a_year() -> None:
    found, sentence = residents_on(YEARS[YEARS["residents"] != 200], date(2018, 6, 30))
    assert found.to_dict() == {"a": 100, "b": 10}
    assert "a ward that lacks a year takes the years it has" in sentence


def test_no_residents_at_all() -> None:
    found, sentence = residents_on(YEARS.iloc[:0], date(2018, 6, 30))
    assert found.empty
    assert sentence == ""


def test_residents_from_another_vintage_say_so() -> None:
    donor = Wards(
        OLD.frame.assign(population=[80.0, 10.0, 5.0]), "2013", population_source="ons.csv"
    )
    wards = population_from(donor, NEW)
    assert wards.frame["population"].tolist() == pytest.approx([5, 60, 30])
    assert wards.population_source == "ons.csv, apportioned from the wards of 2013 by area"
    assert NEW.frame["population"].isna().all()
    with pytest.raises(DataError, match="3 have none: add its population first"):
        population_from(OLD, NEW)
