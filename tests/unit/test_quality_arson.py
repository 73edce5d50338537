"""Arson known to police and fire service: linked one to one, nearest first."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.errors import UsageError
from hotspots.model import Incidents
from hotspots.quality import CHECKS, Inputs, link_arson, without_linked_arson
from tests.unit.test_quality import frame

START = pd.Timestamp("2021-06-01 12:00")
places = st.lists(st.tuples(st.integers(0, 600), st.integers(0, 60)), max_size=7)


def rows(police: list[tuple[float, float]], fire: list[tuple[float, float]]) -> pd.DataFrame:
    """Arsons of the police, then fires, at (metres east, hours later)."""
    both = police + fire
    starts = [START + pd.Timedelta(hours=h) for _, h in both]
    n, m = len(police), len(fire)
    return frame(
        n + m,
        category=["criminal_damage"] * n + ["deliberate_fire"] * m,
        subcategory=["arson"] * n + ["secondary"] * m,
        agency=["Police"] * n + ["Fire"] * m,
        x=[600_000.0 + metres for metres, _ in both],
        starts_at=starts,
        ends_at=starts,
        precision="minute",
    )


def brute(police: list[tuple[int, int]], fire: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Take the nearest pair that is left, again and again."""
    left = {
        (abs(a[0] - b[0]), abs(a[1] - b[1]), i, j)
        for i, a in enumerate(police)
        for j, b in enumerate(fire)
        if abs(a[0] - b[0]) <= 250 and abs(a[1] - b[1]) <= 24
    }
    linked = []
    while left:
        nearest = min(left)
        linked.append((nearest[2], nearest[3] + len(police)))
        left = {p for p in left if p[2] != nearest[2] and p[3] != nearest[3]}
    return linked


@settings(max_examples=40)
@given(places, places)
def test_links_are_those_of_taking_the_nearest_again_and_again(
    police: list[tuple[int, int]], fire: list[tuple[int, int]]
) -> None:
    links = link_arson(rows(police, fire))
    pairs = list(zip(links.pairs["police"], links.pairs["fire"], strict=True))
    assert pairs == brute(police, fire)
    assert links.possible == 0
    assert links.pairs["police"].is_unique and links.pairs["fire"].is_unique


def test_the_limits_are_included() -> None:
    at_limit = rows([(0, 0)], [(250, 24)])
    (distance,) = link_arson(at_limit).pairs["distance_m"]
    assert distance == 250
    assert link_arson(rows([(0, 0)], [(251, 0)])).pairs.empty
    assert link_arson(rows([(0, 0)], [(0, 25)])).pairs.empty
    assert len(link_arson(rows([(0, 0)], [(251, 25)]), distance_m=300, hours=48).pairs) == 1


def test_spans_that_overlap_are_no_time_apart() -> None:
    both = rows([(0, 0)], [(10, 30)])
    both.loc[0, "ends_at"] = START + pd.Timedelta(hours=40)
    (hours,) = link_arson(both).pairs["hours"]
    assert hours == 0


@pytest.mark.parametrize(
    "change",
    [{"precision": "month", "ends_at": pd.Timestamp("2021-06-30 23:59:59")}, {"placed": "masked"}],
)
def test_what_is_vague_is_counted_and_not_linked(change: dict[str, object]) -> None:
    both = rows([(0, 0), (5_000, 0)], [(100, 5), (90_000, 5)])
    assert len(link_arson(both).pairs) == 1
    both.loc[:1, list(change)] = list(change.values())
    links = link_arson(both)
    assert links.pairs.empty and links.possible == 1
    assert [f.code for f in CHECKS["arson"](Inputs(both))] == ["arson-maybe-twice"]


def test_police_rows_on_map_points_link_nothing() -> None:
    police = [(1_000.0 * (i % 5), 0.0) for i in range(60)]
    links = link_arson(rows(police, [(10, 1), (1_010, 1)]))
    assert links.pairs.empty and links.possible == 2


def test_criminal_damage_that_is_no_arson_is_not_linked() -> None:
    both = rows([(0, 0)], [(0, 0)]).assign(subcategory=["vehicle", "secondary"])
    links = link_arson(both)
    assert links.pairs.empty and links.possible == 0


def test_counted_once_in_a_total() -> None:
    both = rows([(0, 0), (5_000, 0)], [(10, 1), (9_000, 0)])
    once = without_linked_arson(Incidents(both))
    assert once.frame["x"].tolist() == [605_000.0, 600_010.0, 609_000.0]
    assert once.frame.index.tolist() == [0, 1, 2]
    assert without_linked_arson(once) is once
    (finding,) = CHECKS["arson"](Inputs(both))
    assert (finding.code, finding.count, finding.severity) == ("arson-twice", 1, "note")
    assert not list(CHECKS["arson"](Inputs(once.frame)))


@pytest.mark.parametrize("wrong", [{"distance_m": -1}, {"hours": np.nan}, {"hours": np.inf}])
def test_limits_must_be_numbers(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="0"):
        link_arson(rows([], []), **wrong)
