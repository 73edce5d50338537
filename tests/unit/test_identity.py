"""A place keeps its number from week to week."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely

from hotspots.clustering.identity import carry_ids, follow, returned_ids
from hotspots.clustering.matching import match_regions
from hotspots.clustering.outlines import Outline
from hotspots.errors import UsageError


def box(west: float, south: float, east: float, north: float) -> Outline:
    """A rectangle in hundreds of metres; its peak in the middle."""
    shape = shapely.box(west * 100, south * 100, east * 100, north * 100)
    return Outline(shape, ((west + east) * 50, (south + north) * 50))


def test_empty_maps() -> None:
    assert follow([]) == []
    assert [f.ids for f in follow([[], [box(0, 0, 1, 1)], []])] == [(), (1,), ()]


def test_the_largest_part_and_the_largest_overlap_keep_the_number() -> None:
    whole = [box(0, 0, 10, 1)]
    parts = [box(0, 0, 2, 1), box(3, 0, 7, 1), box(8, 0, 10, 1)]
    assert carry_ids((7,), match_regions(whole, parts)) == (8, 7, 9)
    assert carry_ids((4, 5, 6), match_regions(parts, whole)) == (5,)


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


@pytest.mark.parametrize("memory", [-1, 1.5, np.nan, "x", None])
def test_a_memory_that_is_no_number_of_maps_is_refused(memory: Any) -> None:
    with pytest.raises(UsageError, match="memory must be a whole number of at least 0"):
        follow([], memory=memory)


# ---- places that merged away

A, B, BOTH = box(0, 0, 1, 1), box(3, 0, 4, 1), Outline(shapely.box(0, 0, 400, 100), (50.0, 50.0))


def test_places_that_merged_and_part_again_have_their_numbers_back() -> None:
    followed = follow([[A, B], [BOTH], [A, B]])
    assert [f.ids for f in followed] == [(1, 2), (1,), (1, 2)]
    assert [m.event for m in followed[2].matches] == ["split", "split"]
    assert followed[2].returned == (1,)
    # also when what they merged into went in between
    assert [f.ids for f in follow([[A, B], [BOTH], [], [A, B]])] == [(1, 2), (1,), (), (1, 2)]


def test_a_merged_place_is_remembered_as_long_as_one_that_is_gone() -> None:
    maps = [[A, B], [BOTH], [BOTH], [A, B]]
    assert follow(maps, memory=2)[3].ids == (1, 2)
    assert follow(maps, memory=1)[3].ids == (1, 3)


def test_a_number_in_use_is_not_given_again() -> None:
    # the second place carries on what the two had become; the first, back, is not the second
    assert [f.ids for f in follow([[A, B], [BOTH], [B], [A, B]])] == [(1, 2), (1,), (1,), (3, 1)]


def test_a_place_that_another_still_holds_is_not_back_beside_it() -> None:
    beside = box(5, 0, 6, 1)  # its peak within reach of the merged place's, which is still hot
    assert [f.ids for f in follow([[A, B], [BOTH], [BOTH, beside]])] == [(1, 2), (1,), (1, 3)]
