"""What a place is made of, by hand; hostile labels stay text."""

from __future__ import annotations

import math
from collections import Counter

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.errors import UsageError
from hotspots.meeting.contents import Count, agencies, kinds, locations, neighbours
from hotspots.taxonomy import categories

HOSTILE = "<script>alert(1)</script>{{ 7 * 7 }}\u202eevil"


def _frame(rows: list[tuple[str, str | None]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["category", "subcategory"]).astype("str")


def test_kinds_of_a_category_are_its_subcategories() -> None:
    rows: list[tuple[str, str | None]] = [("asb", "youth")] * 3 + [("asb", "nuisance")] * 5
    found = kinds(_frame([*rows, ("asb", None), ("asb", " ")]), "asb")
    assert found == (
        Count("Nuisance", 5, 0.5),
        Count("Youth-related", 3, 0.3),
        Count("Not stated", 2, 0.2),
    )


def test_not_stated_is_last_however_many() -> None:
    found = kinds(_frame([("asb", None)] * 8 + [("asb", "noise")]), "asb")
    assert [one.label for one in found] == ["Noise", "Not stated"]


def test_data_that_do_not_split_it_say_nothing() -> None:
    assert kinds(_frame([("asb", None)] * 8), "asb") == ()
    assert kinds(_frame([]), "asb") == ()


def test_kinds_of_a_total_are_its_categories() -> None:
    rows: list[tuple[str, str | None]] = [("burglary", "residential"), ("burglary", None)]
    rows += [("violence", "homicide")] * 3
    found = kinds(_frame(rows), "crime")
    assert [(one.label, one.count) for one in found] == [
        ("Violence and sexual offences", 3),
        ("Burglary", 2),
    ]


def test_a_part_of_a_category_is_named_as_that() -> None:
    rows: list[tuple[str, str | None]] = [("criminal_damage", "arson")] * 2
    rows += [("deliberate_fire", "secondary")] * 3
    found = kinds(_frame(rows), "deliberate_fires_and_arson")
    assert [(one.label, one.count) for one in found] == [
        ("Deliberate fires", 3),
        ("Criminal damage and arson: Arson", 2),
    ]


def test_what_the_taxonomy_does_not_know_keeps_its_text() -> None:
    assert kinds(_frame([("asb", HOSTILE)]), "asb") == (Count(HOSTILE, 1, 1.0),)
    assert kinds(_frame([(HOSTILE, None)]), "crime") == (Count(HOSTILE, 1, 1.0),)


def test_no_such_category() -> None:
    with pytest.raises(UsageError, match="A category must be one of"):
        kinds(_frame([]), "nuisance")


@given(st.lists(st.sampled_from(["noise", "youth", "animals", "made_up", "", None]), max_size=40))
def test_kinds_add_up(subs: list[str | None]) -> None:
    found = kinds(_frame([("asb", sub) for sub in subs]), "asb")
    stated = Counter(sub for sub in subs if sub)
    assert sum(one.count for one in found) == (len(subs) if stated else 0)
    labels = {s.code: s.label for s in categories()["asb"].subcategories}
    for sub, count in stated.items():
        assert Count(labels.get(sub, sub), count, count / len(subs)) in found
    told = [one.count for one in found if one.label != "Not stated"]
    assert told == sorted(told, reverse=True)


def test_locations_with_at_least_two_incidents() -> None:
    labels = ["On or near High Street"] * 2 + ["HIGH STREET", "On or near Park", "near  Park "]
    labels += ["Once Road", "No Location", "On or near ", None, HOSTILE, HOSTILE]
    found = locations(pd.DataFrame({"location": pd.Series(labels, dtype="str")}))
    assert found == (
        Count("High Street", 3, 3 / 11),
        Count(HOSTILE, 2, 2 / 11),
        Count("Park", 2, 2 / 11),
    )


def test_the_most_locations() -> None:
    frame = pd.DataFrame({"location": [f"Road {i // 3}" for i in range(30)]})
    assert [one.label for one in locations(frame)] == [f"Road {i}" for i in range(5)]
    assert locations(frame, most=0) == ()
    assert locations(frame.head(0)) == ()
    with pytest.raises(UsageError, match="most must be at least 0"):
        locations(frame, most=-1)


def test_agencies() -> None:
    frame = pd.DataFrame({"agency": ["Police", "Council", "Police", None]})
    assert agencies(frame) == (
        Count("Police", 2, 0.5),
        Count("Council", 1, 0.25),
        Count("Not stated", 1, 0.25),
    )
    assert agencies(frame.tail(1)) == agencies(frame.head(0)) == ()


@pytest.mark.parametrize(
    ("east", "north", "words"),
    [
        (0, 1000, "1.0 km north"),
        (1768, -1768, "2.5 km south-east"),
        (-2000, 100, "2.0 km west"),
        (-300, -300, "0.4 km south-west"),
        (900, 900, "1.3 km north-east"),
        (-500, 500, "0.7 km north-west"),
        (0, -60, "0.1 km south"),
        (240, 0, "0.2 km east"),
        (10, 10, "at the same spot"),
    ],
)
def test_distance_and_direction_in_words(east: float, north: float, words: str) -> None:
    here = (560_000.0, 170_000.0)
    (found,) = neighbours([("p", "Town", (here[0] + east, here[1] + north))], here)
    assert found.words == words
    assert found.distance_m == pytest.approx(math.sqrt(east**2 + north**2))


@given(st.floats(0, 359.9), st.floats(60, 2_900))
def test_the_direction_is_the_nearest_of_eight(bearing: float, distance: float) -> None:
    there = distance * math.sin(math.radians(bearing)), distance * math.cos(math.radians(bearing))
    (found,) = neighbours([("p", "Town", there)], (0.0, 0.0))
    winds = dict(
        zip(
            (
                "north",
                "north-east",
                "east",
                "south-east",
                "south",
                "south-west",
                "west",
                "north-west",
            ),
            range(0, 360, 45),
            strict=True,
        )
    )
    assert found.direction is not None
    off = abs(bearing - winds[found.direction])
    assert min(off, 360 - off) <= 22.5 + 1e-6


def test_the_nearest_first_and_none_beyond_the_reach() -> None:
    places = [("c", "C", (3_000.0, 0.0)), ("a", "A", (0.0, 0.0)), ("d", "D", (3_001.0, 0.0))]
    assert [one.id for one in neighbours(places, (0.0, 0.0))] == ["a", "c"]
    assert [one.id for one in neighbours(places, (0.0, 0.0), reach_m=4_000)] == ["a", "c", "d"]
    assert neighbours([], (0.0, 0.0)) == ()
    with pytest.raises(UsageError, match="reach_m must be a number from 0 on"):
        neighbours(places, (0.0, 0.0), reach_m=math.nan)
