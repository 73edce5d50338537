"""What became of each hot spot from one map to the next."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely

from hotspots.clustering.matching import Match, match_regions
from hotspots.clustering.outlines import Outline
from hotspots.errors import UsageError


def box(west: float, south: float, east: float, north: float) -> Outline:
    """A rectangle in hundreds of metres; its peak in the middle."""
    shape = shapely.box(west * 100, south * 100, east * 100, north * 100)
    return Outline(shape, ((west + east) * 50, (south + north) * 50))


def test_a_map_matched_with_itself_stays_the_same() -> None:
    regions = [box(0, 0, 2, 2), box(2, 2, 4, 4), box(9, 0, 10, 1)]
    assert match_regions(regions, regions) == [
        Match("same", i, i, overlap_share=1.0, distance_m=0.0) for i in range(3)
    ]


def test_a_place_that_shifts_moved_by_overlap_or_by_reach() -> None:
    old = [box(0, 0, 4, 1)]
    half = match_regions(old, [box(2, 0, 6, 1)])
    assert half == [Match("same", 0, 0, overlap_share=0.5, distance_m=200.0)]
    quarter = match_regions(old, [box(3, 0, 7, 1)])
    assert quarter == [Match("moved", 0, 0, overlap_share=0.25, distance_m=300.0)]
    touching = match_regions(old, [box(4, 0, 8, 1)])
    assert touching == [Match("moved", 0, 0, overlap_share=0.0, distance_m=400.0)]
    beyond = match_regions(old, [box(5, 0, 9, 1)])
    assert [m.event for m in beyond] == ["new", "gone"]
    assert beyond[1] == Match("gone", 0, None)
    assert [m.event for m in match_regions(old, [box(4, 0, 8, 1)], reach_m=0)] == ["new", "gone"]
    assert match_regions(old, [box(3, 0, 7, 1)], same_share=0.25)[0].event == "same"


def test_a_place_that_shrinks_or_grows_is_the_same() -> None:
    small, large = [box(1, 1, 2, 2)], [box(0, 0, 9, 9)]
    assert match_regions(small, large)[0].event == "same"
    assert match_regions(large, small)[0].event == "same"


def test_the_largest_part_of_a_split_keeps_the_identity() -> None:
    old = [box(0, 0, 10, 1)]
    parts = [box(0, 0, 2, 1), box(3, 0, 7, 1), box(8, 0, 10, 1)]
    found = match_regions(old, parts)
    assert [m.event for m in found] == ["split", "split", "split"]
    assert [m.before for m in found] == [None, 0, None]
    assert [m.came_from for m in found] == [0, None, 0]
    assert found[1].parts == (0, 2)


def test_a_merger_keeps_the_identity_of_the_largest_overlap() -> None:
    old = [box(0, 0, 2, 1), box(3, 0, 7, 1), box(8, 0, 10, 1)]
    found = match_regions(old, [box(0, 0, 10, 1)])
    assert len(found) == 1
    assert (found[0].event, found[0].before, found[0].merged) == ("merged", 1, (0, 2))


def test_a_small_place_wholly_taken_in_does_not_name_the_large_one() -> None:
    # all of the small one lies in the later region, and three quarters of the large one
    old = [box(0, 0, 1, 1), box(1, 0, 9, 1)]
    found = match_regions(old, [box(0, 0, 7, 1)])
    assert (found[0].before, found[0].merged) == (1, (0,))


def test_two_that_want_one_identity_share_out_what_there_is() -> None:
    # both later regions overlap A most; the larger overlap takes it, the other takes B
    a, b = box(0, 0, 10, 1), box(0, 1, 4, 2)
    upper, right = box(0, 0.5, 4, 1.4), box(4, 0, 9, 1)
    found = match_regions([a, b], [upper, right])
    assert [m.before for m in found] == [1, 0]
    assert [m.event for m in found] == ["moved", "same"]


def test_split_and_merged_at_once_is_merged_and_names_its_parts() -> None:
    old = [box(0, 0, 6, 1), box(0, 1, 1, 2)]
    found = match_regions(old, [box(0, 0, 4, 2), box(5, 0, 6, 1)])
    assert (found[0].event, found[0].before, found[0].merged) == ("merged", 0, (1,))
    assert found[0].parts == (1,)
    assert (found[1].event, found[1].came_from) == ("split", 0)


def test_equal_overlaps_go_to_the_first() -> None:
    old = [box(0, 0, 2, 1), box(2, 0, 4, 1)]
    assert match_regions(old, [box(1, 0, 3, 1)])[0].before == 0
    assert match_regions(old[::-1], [box(1, 0, 3, 1)])[0].before == 0
    assert [m.before for m in match_regions([box(1, 0, 3, 1)], old)] == [0, None]


def test_the_nearest_peak_is_the_one_that_moved() -> None:
    old = [box(0, 0, 1, 1), box(5, 0, 6, 1)]
    found = match_regions(old, [box(2, 0, 3, 1)], reach_m=300)
    assert [(m.event, m.before) for m in found] == [("moved", 0), ("gone", 1)]
    assert found[0].distance_m == 200
    # one that carries on something is no candidate for reach
    stays = match_regions(old, [box(0, 0, 1, 1), box(2, 0, 3, 1)], reach_m=300)
    assert [(m.event, m.before) for m in stays] == [("same", 0), ("moved", 1)]


def test_reach_is_a_circle() -> None:
    old = [box(0, 0, 1, 1)]
    assert match_regions(old, [box(3, 4, 4, 5)], reach_m=500)[0].event == "moved"
    assert match_regions(old, [box(3, 4, 4, 5)], reach_m=499.9)[0].event == "new"


def test_holes_do_not_overlap_what_lies_in_them() -> None:
    ring = Outline(
        shapely.box(0, 0, 500, 500).difference(shapely.box(100, 100, 400, 400)), (50, 50)
    )
    found = match_regions([ring], [box(2, 2, 3, 3)], reach_m=100)
    assert [m.event for m in found] == ["new", "gone"]


def test_empty_maps() -> None:
    one = [box(0, 0, 1, 1)]
    assert match_regions([], []) == []
    assert match_regions([], one) == [Match("new", None, 0)]
    assert match_regions(one, []) == [Match("gone", 0, None)]


@pytest.mark.parametrize(
    ("polygon", "peak"),
    [
        (shapely.Polygon(), (0, 0)),
        (shapely.Point(0, 0), (0, 0)),
        (shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)]), (0, 0)),
        (shapely.box(0, 0, 1, 1), (np.nan, 0)),
        (shapely.box(0, 0, np.inf, 1), (0, 0)),
        (None, (0, 0)),
    ],
)
def test_outlines_that_cannot_be_matched_are_refused(
    polygon: object, peak: tuple[float, float]
) -> None:
    with pytest.raises(UsageError, match=r"after\[1\] is not"):
        match_regions([], [box(0, 0, 1, 1), Outline(polygon, peak)])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"reach_m": -1}, "reach_m must be"),
        ({"reach_m": np.inf}, "reach_m must be"),
        ({"same_share": 1.1}, "same_share must be"),
        ({"same_share": np.nan}, "same_share must be"),
        ({"reach_m": "far"}, "reach_m must be"),
        ({"same_share": None}, "same_share must be"),
    ],
)
def test_parameters_out_of_range_are_refused(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        match_regions([], [], **parameters)
