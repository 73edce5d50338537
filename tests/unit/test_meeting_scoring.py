"""How the last map did, against counting by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from numpy.typing import NDArray

from hotspots.clustering import Grid
from hotspots.errors import ResultError, UsageError
from hotspots.meeting.scoring import in_spots, score_last_map
from hotspots.meeting.track import Question, Track, TrackedMap, TrackedSpot, make_track
from hotspots.model import Period
from tests.support import X0, Y0, a_year_with_a_flare_up, nine_wards, scattered

GRID = Grid.cover(shapely.box(X0, Y0, X0 + 2_500, Y0 + 2_500), 250)


def spot(*cells: tuple[int, int], question: Question = "concentrated") -> TrackedSpot:
    """A hot spot of some cells, (row, col) from the south-west."""
    boxes = [
        shapely.box(X0 + 250 * c, Y0 + 250 * r, X0 + 250 * (c + 1), Y0 + 250 * (r + 1))
        for r, c in cells
    ]
    return TrackedSpot(
        "p", question, shapely.union_all(boxes), (X0, Y0), len(cells), len(cells) / 16,
        9, 1.0, 9, 1.0, 0.001, 0.01, "new",
    )  # fmt: skip


def month(text: str, *spots: TrackedSpot, known: bool = True) -> TrackedMap:
    grid = GRID if known else None
    return TrackedMap(Period.parse(text), known, known, 0, 6.25 * known, spots, grid)


def at(*cells: tuple[int, int]) -> NDArray[np.float64]:
    return np.array([(X0 + 250 * c + 60, Y0 + 250 * r + 200) for r, c in cells], dtype=float)


BLOCK = spot((2, 2), (2, 3), (3, 2), (3, 3))
TRACK = Track(
    "asb",
    (
        month("2023-01", BLOCK, spot((8, 8)), spot((0, 0), question="worse")),
        month("2023-02", known=False),
        month("2023-03"),
        month("2023-04"),
    ),
)


def test_share_and_index_by_hand() -> None:
    # 3 of 6 in 5 of 100 cells: ten times as many as in as much of the area picked blindly
    xy = at((2, 2), (3, 3), (8, 8), (2, 4), (5, 5), (9, 9))
    score = score_last_map(TRACK, "2023-03", xy)
    assert score is not None
    assert (score.period.id, score.hits, score.incidents, score.spots) == ("2023-01", 3, 6, 2)
    assert (score.share, score.area_share) == (0.5, 0.05)
    assert score.pai == pytest.approx(10)
    worse = score_last_map(TRACK, "2023-03", at((0, 0), (1, 1)), "worse")
    assert worse is not None
    assert (worse.hits, worse.pai) == (1, pytest.approx(50))


def test_where_there_is_nothing_to_say() -> None:
    somewhere = at((2, 2))
    assert score_last_map(TRACK, "2023-01", somewhere) is None  # no map before
    assert score_last_map(TRACK, "2023-04", somewhere) is None  # no hot spot on it
    assert score_last_map(TRACK, "2023-03", np.empty((0, 2))) is None  # no incident now
    assert score_last_map(TRACK, "2023-03", []) is None


def test_hot_spots_that_missed_everything_score_nothing() -> None:
    score = score_last_map(TRACK, "2023-03", at((9, 9)))
    assert score is not None
    assert (score.hits, score.share, score.pai) == (0, 0, 0)


def test_a_point_on_an_edge_is_in_the_cell_in_which_it_is_counted() -> None:
    # the corners and middles of edges of every cell, some of them on the outlines
    steps = np.arange(0, 2_501, 125.0)
    xy = np.array([(X0 + x, Y0 + y) for x in steps for y in steps])
    ring = spot(*[(r, c) for r in (4, 5, 6) for c in (4, 5, 6) if (r, c) != (5, 5)])
    inside = in_spots(GRID, (BLOCK, ring), xy)
    cells = {(2, 2), (2, 3), (3, 2), (3, 3)} | {
        (r, c) for r in (4, 5, 6) for c in (4, 5, 6) if (r, c) != (5, 5)
    }
    expected = [
        (int(y - Y0) // 250, int(x - X0) // 250) in cells and max(x - X0, y - Y0) < 2_500
        for x, y in xy.tolist()
    ]
    np.testing.assert_array_equal(inside, expected)
    # as the cells count, each point once
    counted = sum(int(GRID.counts(xy)[r, c]) for r, c in cells)
    assert inside.sum() == counted == 4 * 12


def test_points_in_no_cell_are_incidents_and_no_hits() -> None:
    outside = np.array([[X0 - 1.0, Y0 + 600.0], [X0 + 9_000.0, Y0]])
    score = score_last_map(TRACK, "2023-03", np.vstack([at((2, 2)), outside]))
    assert score is not None
    assert (score.hits, score.incidents) == (1, 3)


def test_chance_scores_one() -> None:
    wards = nine_wards()
    periods = [Period.parse("2024-01"), Period.parse("2024-02")]
    flare = a_year_with_a_flare_up()
    longer = replace(flare, span=(pd.Timestamp(2023, 1, 1), pd.Timestamp(2024, 3, 1)))
    months = frozenset({(2024, 2)} | {(y, m) for y in (2023, 2024) for m in range(1, 13)})
    track = make_track(replace(longer, months=months), lambda _: wards, None, periods, "asb")
    rng = np.random.default_rng(8)
    xy, _ = scattered(rng, 400_000, datetime(2024, 2, 1), 1)
    score = score_last_map(track, "2024-02", xy)
    assert score is not None
    hits = score.area_share * len(xy)
    assert abs(score.hits - hits) < 4 * np.sqrt(hits)
    area = sum(s.polygon.area for s in track.maps[0].of("concentrated"))
    assert score.area_share == pytest.approx(area / wards.study_area.area)


@pytest.mark.parametrize("xy", [[1.0, 2.0, 3.0], [[1, 2, 3]], [[np.nan, 1]], [[np.inf, 1]], "x"])
def test_points_that_are_none_are_refused(xy: Any) -> None:
    with pytest.raises(UsageError, match="xy must"):
        score_last_map(TRACK, "2023-03", xy)


def test_a_period_of_another_track_is_refused() -> None:
    with pytest.raises(ResultError, match="one of the track's"):
        score_last_map(TRACK, "2022-01", at((2, 2)))
