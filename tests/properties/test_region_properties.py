"""What must hold of regions, their outlines and their identities, for any map."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from hotspots.clustering.grid import Grid
from hotspots.clustering.identity import follow
from hotspots.clustering.matching import Match, match_regions
from hotspots.clustering.outlines import Outline, cell_outlines
from hotspots.clustering.regions import describe_regions, hot_regions

Labels = NDArray[np.int64]
SIZE = 50.0
label_grids = st.tuples(st.integers(1, 9), st.integers(1, 9)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.sampled_from([0, 0, 1, 1, 2, 3]))
)


def grid_of(labels: Labels) -> Grid:
    return Grid(550_000.0, 170_000.0, SIZE, np.ones(labels.shape, dtype=np.bool_))


@settings(max_examples=60)
@given(label_grids)
def test_an_outline_is_exactly_its_cells(labels: Labels) -> None:
    grid = grid_of(labels)
    outlines = cell_outlines(labels, grid)
    assert list(outlines) == np.unique(labels[labels > 0]).tolist()
    for number, outline in outlines.items():
        row, col = np.nonzero(labels == number)
        west, south = grid.x0 + col * SIZE, grid.y0 + row * SIZE
        assert outline.is_valid
        assert outline.area == len(row) * SIZE**2
        assert outline.equals(
            shapely.union_all(shapely.box(west, south, west + SIZE, south + SIZE))
        )


@settings(max_examples=60)
@given(label_grids, st.integers(0, 99))
def test_descriptions_add_up(labels: Labels, seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts, expected = rng.integers(0, 9, labels.shape), rng.random(labels.shape)
    p = rng.integers(1, 4, labels.shape) / 4
    found = describe_regions(labels, counts, expected, p, grid_of(labels))
    assert sum(r.cells for r in found) == (labels > 0).sum()
    assert sum(r.incidents for r in found) == counts[labels > 0].sum()
    assert sum(r.expected for r in found) == pytest.approx(expected[labels > 0].sum())
    for region in found:
        mine = labels == region.number
        assert mine[region.peak_row, region.peak_col]
        assert region.peak_p_value == p[mine].min()
        best = (counts - expected)[mine & (p == p[mine].min())].max()
        assert region.peak_incidents - region.peak_expected == pytest.approx(best)
        assert region.polygon.contains(shapely.Point(region.peak_xy))


@settings(max_examples=40)
@given(label_grids, st.integers(0, 99))
def test_regions_of_a_map_never_overlap(labels: Labels, seed: int) -> None:
    hot = np.random.default_rng(seed).random(labels.shape) < 0.2
    outlines = cell_outlines(hot_regions(hot, labels, 1.5, 1.0), grid_of(labels))
    for one, two in itertools.combinations(outlines.values(), 2):
        assert one.intersection(two).area == 0


# a map: rectangles on a lattice, in general position or not, overlapping each other or not
@st.composite
def maps(draw: st.DrawFn) -> list[Outline]:
    corners = draw(
        st.lists(
            st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(1, 6), st.integers(1, 6)),
            max_size=7,
        )
    )
    return [
        Outline(shapely.box(x, y, x + w, y + h), (x + w / 2, y + h / 2)) for x, y, w, h in corners
    ]


def brute_force(
    before: Sequence[Outline], after: Sequence[Outline], reach_m: float
) -> dict[int, int]:
    """Who carries on whom, with every pair looked at and the best of what is left taken."""
    taken: dict[int, int] = {}

    def take_best(score: NDArray[np.float64]) -> None:
        while score.size and score.max() > -np.inf:
            i, j = np.unravel_index(int(score.argmax()), score.shape)
            taken[int(j)] = int(i)
            score[i, :], score[:, j] = -np.inf, -np.inf

    area = np.array([[b.polygon.intersection(a.polygon).area for a in after] for b in before])
    area = area.reshape(len(before), len(after))
    apart = np.array(
        [[np.hypot(*np.subtract(b.peak_xy, a.peak_xy)) for a in after] for b in before]
    )
    apart = apart.reshape(area.shape)
    take_best(np.where(area > 0, area, -np.inf))
    lone = ~(area > 0).any(axis=1)[:, None] & ~(area > 0).any(axis=0)
    # numpy's hypot and the rounding of distances to the millimetre must not part equals
    take_best(np.where(lone & (apart <= reach_m), -np.round(apart, 6), -np.inf))
    return taken


reaches = st.sampled_from([0.0, 2.0, 4.0, 20.0])


@settings(max_examples=60)
@given(maps(), maps(), reaches)
def test_the_tree_answers_as_brute_force(
    before: list[Outline], after: list[Outline], reach_m: float
) -> None:
    found = match_regions(before, after, reach_m)
    carried = {m.after: m.before for m in found if m.after is not None and m.before is not None}
    # two peaks in the same spot are not "moved" at reach 0
    expected = brute_force(before, after, reach_m if reach_m else -1.0)
    assert carried == expected


@settings(max_examples=60)
@given(maps(), maps(), reaches)
def test_every_region_is_told_of_once(
    before: list[Outline], after: list[Outline], reach_m: float
) -> None:
    found = match_regions(before, after, reach_m)
    assert [m.after for m in found if m.after is not None] == list(range(len(after)))
    earlier = [m.before for m in found if m.before is not None]
    earlier += [i for m in found for i in m.merged]
    assert sorted(earlier) == list(range(len(before)))
    for m in found:
        # what the event says is what the fields say
        assert (m.event == "gone") == (m.after is None)
        assert (m.event == "new") == (m.before is None and m.came_from is None)
        assert (m.event == "merged") == bool(m.merged)
        assert (m.event == "split") == (not m.merged and (m.came_from is not None or m.parts != ()))
        assert 0 <= m.overlap_share <= 1
        for j in m.parts:
            assert found[j].came_from == m.before


@settings(max_examples=60)
@given(maps(), maps(), reaches)
def test_backwards_tells_the_same_story(
    before: list[Outline], after: list[Outline], reach_m: float
) -> None:
    forth, back = match_regions(before, after, reach_m), match_regions(after, before, reach_m)
    assert _pairs(forth) == {(i, j): s for (j, i), s in _pairs(back).items()}
    assert {m.after for m in forth if m.event == "new"} == {
        m.before for m in back if m.event == "gone"
    }
    split_off = {(m.after, m.came_from) for m in forth if m.came_from is not None}
    assert split_off == {(i, m.after) for m in back for i in m.merged}


def _pairs(found: list[Match]) -> dict[tuple[int, int], float]:
    return {
        (m.before, m.after): m.overlap_share
        for m in found
        if m.before is not None and m.after is not None
    }


@settings(max_examples=60)
@given(maps(), maps(), st.integers(-600_000, 600_000), st.integers(-600_000, 600_000))
def test_where_the_maps_lie_does_not_matter(
    before: list[Outline], after: list[Outline], dx: int, dy: int
) -> None:
    def moved(regions: list[Outline]) -> list[Outline]:
        return [
            Outline(
                shapely.transform(r.polygon, lambda xy: xy + np.array([dx, dy])),
                (r.peak_xy[0] + dx, r.peak_xy[1] + dy),
            )
            for r in regions
        ]

    assert match_regions(moved(before), moved(after), 4.0) == match_regions(before, after, 4.0)


@given(label_grids)
def test_a_map_of_separate_regions_matches_itself(labels: Labels) -> None:
    found = describe_regions(labels, labels, labels, labels, grid_of(labels))
    matches = match_regions(found, found)
    assert [(m.event, m.before, m.after) for m in matches] == [
        ("same", i, i) for i in range(len(found))
    ]


@settings(max_examples=50)
@given(st.lists(maps(), max_size=5), reaches, st.integers(0, 3))
def test_identities_are_unique_and_come_back_only_within_memory(
    sequence: list[list[Outline]], reach_m: float, memory: int
) -> None:
    followed = follow(sequence, reach_m, memory=memory)
    assert [len(f.ids) for f in followed] == [len(regions) for regions in sequence]
    last_seen: dict[int, int] = {}
    for number, step in enumerate(followed):
        assert len(set(step.ids)) == len(step.ids)
        back = {i for i in step.ids if i in last_seen and last_seen[i] < number - 1}
        assert back == {step.ids[j] for j in step.returned}
        assert all(number - last_seen[i] - 1 <= memory for i in back)
        # a number not seen before is the next one
        fresh = [i for i in step.ids if i not in last_seen]
        assert fresh == list(range(len(last_seen) + 1, len(last_seen) + len(fresh) + 1))
        last_seen |= dict.fromkeys(step.ids, number)
