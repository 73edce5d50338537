"""A place keeps its identity from week to week."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from hotspots.clustering.matching import (
    Match,
    carry_ids,
    follow,
    match_regions,
    returned_ids,
)
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
    assert carry_ids((7,), found) == (8, 7, 9)


def test_a_merger_keeps_the_identity_of_the_largest_overlap() -> None:
    old = [box(0, 0, 2, 1), box(3, 0, 7, 1), box(8, 0, 10, 1)]
    found = match_regions(old, [box(0, 0, 10, 1)])
    assert len(found) == 1
    assert (found[0].event, found[0].before, found[0].merged) == ("merged", 1, (0, 2))
    assert carry_ids((4, 5, 6), found) == (5,)


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
    assert follow([]) == []
    assert [f.ids for f in follow([[], one, []])] == [(), (1,), ()]


def test_identities_are_followed_through_a_season() -> None:
    weeks = [
        [box(0, 0, 4, 1), box(20, 0, 22, 2)],
        [box(20, 0, 22, 2), box(0, 0, 4, 2)],  # the order is not the identity
        [box(0, 0, 1, 2), box(2, 0, 4, 2), box(20, 1, 22, 3)],  # the first splits
        [box(0, 0, 4, 2)],  # and joins again; the other is gone
        [box(0, 0, 4, 2), box(20, 0, 22, 2)],  # a place gone for a week is back
    ]
    followed = follow(weeks)
    assert [f.ids for f in followed] == [(1, 2), (2, 1), (3, 1, 2), (1,), (1, 2)]
    assert [[m.event for m in f.matches] for f in followed] == [
        ["new", "new"],
        ["same", "same"],
        ["split", "split", "same"],
        ["merged", "gone"],
        ["same", "new"],
    ]
    assert followed[3].matches[0].merged == (0,)
    assert [f.returned for f in followed] == [(), (), (), (), (1,)]
    assert follow(weeks, memory=0)[4].ids == (1, 4)


def test_memory_counts_the_maps_without_the_place() -> None:
    place, elsewhere = box(0, 0, 2, 2), box(50, 50, 51, 51)
    maps = [[place], [elsewhere], [elsewhere], [place, elsewhere]]
    assert follow(maps, memory=2)[3].ids == (1, 2)
    assert follow(maps, memory=1)[3].ids == (3, 2)
    # back twice: counted from when it was last there
    twice = [*maps, [elsewhere], [elsewhere], [place]]
    assert [f.ids for f in follow(twice, memory=2)][-3:] == [(2,), (2,), (1,)]


def test_a_place_returns_where_it_last_was() -> None:
    gone = {7: box(0, 0, 2, 2), 4: box(2, 0, 4, 2)}
    after = [box(9, 9, 10, 10), box(1, 0, 4, 2), box(30, 0, 31, 1)]
    before = [box(9, 9, 10, 10)]
    matches = match_regions(before, after)
    returned = returned_ids(gone, after, matches)
    assert returned == {1: 4}
    assert carry_ids((3,), matches, 12, returned) == (3, 4, 12)
    assert returned_ids({}, after, matches) == {}


def test_identities_carried_one_map_at_a_time_are_those_of_follow() -> None:
    rng = np.random.default_rng(5)
    maps = []
    for _ in range(6):
        corners = rng.integers(0, 30, (8, 2))
        maps.append([box(x, y, x + 3, y + 2) for x, y in corners.tolist()])
    ids: tuple[int, ...] = ()
    next_id = 1
    for before, after, followed in zip([[], *maps], maps, follow(maps, memory=0), strict=False):
        ids = carry_ids(ids, match_regions(before, after), next_id)
        next_id = max(next_id, *(i + 1 for i in ids))
        assert ids == followed.ids


@pytest.mark.parametrize(
    ("ids", "next_id"), [((1, 1), None), ((1,), None), ((1, 2, 3), None), ((1, 2), 2)]
)
def test_ids_that_cannot_be_carried_are_refused(ids: tuple[int, ...], next_id: int | None) -> None:
    two = [box(0, 0, 1, 1), box(3, 0, 4, 1)]
    with pytest.raises(UsageError, match="ids must be one a region"):
        carry_ids(ids, match_regions(two, two), next_id)


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
    ],
)
def test_parameters_out_of_range_are_refused(parameters: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        match_regions([], [], **parameters)
