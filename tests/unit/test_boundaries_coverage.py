"""One rule each: islands, holes, gaps, overlaps and shared edges."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from hotspots.boundaries import coverage_report
from hotspots.model import WARD_COLUMNS, Wards


def wards_of(**shapes: Any) -> Wards:
    frame = gpd.GeoDataFrame(
        {
            "ward_code": list(shapes),
            "ward_name": list(shapes),
            "district_code": None,
            "district_name": None,
            "vintage": "1",
            "population": np.nan,
        },
        geometry=list(shapes.values()),
        crs="EPSG:27700",
    )
    return Wards(frame[list(WARD_COLUMNS)], "1")


LEFT, RIGHT = shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)


def test_wards_that_fit_together_have_nothing_to_report() -> None:
    assert coverage_report(wards_of(a=LEFT, b=RIGHT)) == ()
    assert coverage_report(wards_of(a=LEFT)) == ()


def test_an_overlap_is_said_with_its_area_and_its_points_go_to_the_lower_code() -> None:
    wards = wards_of(a=LEFT, b=shapely.box(980, 0, 2000, 1000))
    assert coverage_report(wards) == (
        "1 pair of wards overlap, 0.02 km2 in all: a and b (0.02 km2); a point in two wards is "
        "counted in the one of the lower code.",
    )
    assert wards.assign(np.array([[990.0, 500.0]])).tolist() == [0]


def test_a_ward_inside_another_overlaps_it() -> None:
    (line,) = coverage_report(wards_of(a=LEFT, b=shapely.box(400, 400, 500, 500)))
    assert "a and b (0.01 km2)" in line


def test_the_largest_overlaps_are_named_first() -> None:
    squares = {f"w{i}": shapely.box(100 * i, 0, 100 * i + 102 + i, 100) for i in range(6)}
    (line,) = coverage_report(wards_of(**squares))
    assert line.startswith(
        "5 pairs of wards overlap, 2,000 m2 in all: w4 and w5 (600 m2); w3 and w4 (500 m2); "
        "w2 and w3 (400 m2); and 2 more;"
    )


def test_a_gap_is_said_and_its_points_are_in_no_ward() -> None:
    # a slit of 1 m by 100 m, closed at both ends
    slit = [(1000, 400), (1001, 400), (1001, 500), (1000, 500)]
    right = RIGHT.difference(shapely.Polygon(slit))
    wards = wards_of(a=LEFT, b=right)
    assert coverage_report(wards) == (
        "There is 1 gap between wards, 100 m2 in all: between a, b (100 m2); a point in a gap is "
        "in no ward.",
    )
    assert wards.assign(np.array([[1000.5, 450.0]])).tolist() == [-1]


def test_a_wide_hole_is_a_place_of_no_ward() -> None:
    hole = shapely.box(1200, 400, 1400, 600)
    wards = wards_of(a=LEFT, b=RIGHT.difference(hole))
    assert coverage_report(wards) == (
        "The wards enclose 1 place of no ward, 0.04 km2 in all: between b (0.04 km2); points "
        "there are in no ward.",
    )
    assert wards.assign(np.array([[1300.0, 500.0], [1500.0, 500.0]])).tolist() == [-1, 1]


def test_a_ward_in_the_hole_of_another_is_no_fault() -> None:
    hole = shapely.box(1200, 400, 1400, 600)
    wards = wards_of(a=LEFT, b=RIGHT.difference(hole), c=hole)
    assert coverage_report(wards) == ()
    # its edge is shared with the ward around it, which has the lower code
    assert wards.assign(np.array([[1300.0, 500.0], [1200.0, 500.0]])).tolist() == [2, 1]


def test_a_gap_open_at_its_ends() -> None:
    (line,) = coverage_report(
        wards_of(a=LEFT, b=shapely.box(1000.4, 0, 2000, 1000), c=shapely.box(0, -10, 2000, 0))
    )
    assert line.startswith("The borders of 3 wards come within 1 m of a border without meeting")
    open_wide = wards_of(a=LEFT, b=shapely.box(1003, 0, 2000, 1000))
    assert not any("come within" in line for line in coverage_report(open_wide))


def test_islands_are_one_ward_and_wards_apart_are_named() -> None:
    island = shapely.box(5000, 0, 5100, 100)
    both = shapely.MultiPolygon([RIGHT, island])
    wards = wards_of(a=LEFT, b=both)
    assert coverage_report(wards) == ()
    assert wards.assign(np.array([[5050.0, 50.0], [3000.0, 50.0]])).tolist() == [1, -1]
    assert coverage_report(wards_of(a=LEFT, b=RIGHT, c=island)) == (
        "1 ward touches no other: c; it has no neighbouring ward.",
    )


def test_rounding_is_no_fault() -> None:
    assert coverage_report(wards_of(a=LEFT, b=shapely.box(999.9999, 0, 2000, 1000))) == ()
