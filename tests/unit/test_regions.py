"""Hot regions: what belongs to one, its outline, and which figures are about what."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from numpy.typing import NDArray

from hotspots.clustering.grid import Grid
from hotspots.clustering.outlines import cell_outlines
from hotspots.clustering.regions import describe_regions, hot_regions
from hotspots.errors import UsageError


def drawn(*rows_from_north: str) -> NDArray[np.int64]:
    """Labels from a drawing: "." is 0; the last line is the south."""
    cells = [[0 if c == "." else int(c) for c in line] for line in rows_from_north]
    return np.array(cells[::-1], dtype=np.int64)


def grid_of(shape: tuple[int, ...], size: float = 100.0) -> Grid:
    return Grid(600_000.0, 170_000.0, size, np.ones(shape, dtype=np.bool_))


def test_an_outline_by_hand() -> None:
    labels = drawn(
        "...1",
        "111.",
        "1.1.",
        "111.",
    )
    ring = shapely.Polygon(
        shapely.box(600_000, 170_000, 600_300, 170_300).exterior,
        [shapely.box(600_100, 170_100, 600_200, 170_200).exterior],
    )
    corner = shapely.box(600_300, 170_300, 600_400, 170_400)
    outline = cell_outlines(labels, grid_of(labels.shape))[1]
    assert outline.geom_type == "MultiPolygon"
    assert outline.equals(shapely.MultiPolygon([ring, corner]))
    assert outline.area == 90_000
    assert outline.is_valid


@pytest.mark.parametrize(
    ("drawing", "polygons", "holes"),
    [
        (("1111", "1.11", "11.1", "1111"), 1, 2),  # two holes that touch
        (("11.", "1.1", "111"), 1, 1),  # a region that bites its tail: hole and outside touch
        (("1.1", ".1.", "1.1"), 5, 0),
        ((".1.", "1.1", ".1."), 4, 0),  # a gap that only corners close is no hole
    ],
)
def test_cells_that_meet_at_a_corner(drawing: tuple[str, ...], polygons: int, holes: int) -> None:
    labels = drawn(*drawing)
    outline = cell_outlines(labels, grid_of(labels.shape))[1]
    assert outline.is_valid
    assert outline.area == labels.sum() * 10_000
    parts = shapely.get_parts(outline)
    assert len(parts) == polygons
    assert sum(len(p.interiors) for p in parts) == holes


def test_straight_sides_have_no_needless_corners() -> None:
    labels = drawn("11", "11", "11")
    assert len(cell_outlines(labels, grid_of((3, 2)))[1].exterior.coords) == 5


def test_cells_of_odd_size_leave_no_slivers() -> None:
    labels = np.ones((40, 40), dtype=np.int64)
    labels[::7, ::5] = 0
    outline = cell_outlines(labels, Grid(0.1, 0.3, 0.1, labels > 0))[1]
    assert outline.is_valid
    assert outline.area == pytest.approx(labels.sum() * 0.01, rel=1e-12)
    holes = sum(len(p.interiors) for p in getattr(outline, "geoms", [outline]))
    assert holes == 5 * 7  # the gaps in the first row and column are open


def test_no_label_no_outline() -> None:
    empty = np.zeros((3, 4), dtype=np.int64)
    assert cell_outlines(empty, grid_of((3, 4))) == {}
    assert describe_regions(empty, empty, empty, empty, grid_of((3, 4))) == []


def test_every_figure_by_hand() -> None:
    labels = drawn(
        "22..",
        "....",
        ".111",
    )
    counts = drawn(
        "3...",
        "9...",
        ".214",
    )
    expected = np.full(labels.shape, 0.5)
    p = np.full(labels.shape, np.nan)
    p[labels > 0] = 0.04
    p[0, 1] = p[0, 3] = 0.001
    local, local_expected = counts * 10.0, np.full(labels.shape, 5.0)
    one, two = describe_regions(
        labels, counts, expected, p, grid_of(labels.shape), local, local_expected
    )
    assert (one.number, one.cells, one.incidents, one.expected) == (1, 3, 7, 1.5)
    assert one.area_km2 == pytest.approx(0.03)
    # 0.001 twice: the cell with 40 against 5 comes before the one with 20
    assert (one.peak_row, one.peak_col, one.peak_p_value) == (0, 3, 0.001)
    assert one.peak_xy == (600_350.0, 170_050.0)
    assert (one.peak_incidents, one.peak_expected) == (40.0, 5.0)
    assert (two.number, two.cells, two.incidents, two.expected) == (2, 2, 3, 1.0)
    assert (two.peak_row, two.peak_col) == (2, 0)
    assert two.polygon.equals(shapely.box(600_000, 170_200, 600_200, 170_300))


def test_equal_peaks_go_to_the_south_west() -> None:
    labels = np.ones((3, 3), dtype=np.int64)
    labels[0, 0] = 0
    flat = np.ones((3, 3))
    (region,) = describe_regions(labels, flat, flat, flat, grid_of((3, 3)))
    assert (region.peak_row, region.peak_col) == (0, 1)


def test_without_neighbourhoods_the_peak_is_about_its_own_cell() -> None:
    labels = drawn("11")
    (region,) = describe_regions(
        labels, np.array([[2, 7]]), np.array([[1.0, 3.0]]), np.array([[0.2, 0.1]]), grid_of((1, 2))
    )
    assert (region.peak_incidents, region.peak_expected) == (7.0, 3.0)
    assert (region.incidents, region.expected) == (9, 4.0)


def test_a_gap_in_the_numbers_is_kept() -> None:
    labels = drawn("7.3")
    found = describe_regions(labels, labels, labels, labels, grid_of((1, 3)))
    assert [r.number for r in found] == [3, 7]
    assert [r.incidents for r in found] == [3, 7]


def test_arguments_are_left_alone() -> None:
    labels = drawn("11.2")
    counts, expected, p = labels * 2, labels * 0.5, labels * 0.1
    copies = [a.copy() for a in (labels, counts, expected, p)]
    describe_regions(labels, counts, expected, p, grid_of((1, 4)))
    for now, then in zip((labels, counts, expected, p), copies, strict=True):
        np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": [[1, -1]]}, "labels must be whole numbers"),
        ({"labels": [[1.0, 0.5]]}, "labels must be whole numbers"),
        ({"labels": [[1, 1, 1]]}, r"shape \(1, 2\); got \(1, 3\)"),
        ({"counts": [[1, 0.5]]}, "counts must be whole numbers"),
        ({"counts": [[1, -2]]}, "counts must be whole numbers"),
        ({"counts": [[1, np.inf]]}, "counts must be finite"),
        ({"expected": [[1, np.nan]]}, "expected must be finite"),
        ({"p_value": [1, 2]}, "p_value must have the grid's shape"),
        ({"local_sum": [[1, np.nan]]}, "local_sum must be finite"),
        ({"local_expected": [[np.inf, 1]]}, "local_expected must be finite"),
    ],
)
def test_what_cannot_be_described_is_refused(change: dict[str, object], message: str) -> None:
    arrays = {"labels": [[1, 1]], "counts": [[1, 1]], "expected": [[1, 1]], "p_value": [[1, 1]]}
    with pytest.raises(UsageError, match=message):
        describe_regions(**{**arrays, **change}, grid=grid_of((1, 2)))  # type: ignore[arg-type]


def test_regions_hold_the_incidents_that_made_them_hot() -> None:
    # the middle cell is significant because of its neighbours, and itself empty
    hot = drawn("......", "..1...", "......") > 0
    counts = drawn(".3....", "...2.4", "......")
    labels = hot_regions(hot, counts, distance_m=150, cell_size_m=100)
    np.testing.assert_array_equal(labels, drawn(".1....", "..11..", "......"))


def test_the_shape_of_the_band_decides_what_is_reached() -> None:
    hot = drawn("...", ".1.", "...") > 0
    counts = drawn("1.1", "...", "..1")
    disc = hot_regions(hot, counts, 100, 100)
    square = hot_regions(hot, counts, 100, 100, band="square")
    assert (disc > 0).sum() == 1
    np.testing.assert_array_equal(square, counts | hot)


def test_regions_are_numbered_from_their_southernmost_cells() -> None:
    hot = np.zeros((12, 12), dtype=np.bool_)
    counts = np.zeros((12, 12), dtype=np.int64)
    hot[6, 2], hot[4, 9] = True, True
    counts[6, 2], counts[4, 9] = 5, 4
    counts[2, 2] = 3  # apart from its significant cell, and south of the other region
    labels = hot_regions(hot, counts, 1_000, 250)
    assert labels[[2, 6, 4], [2, 2, 9]].tolist() == [1, 1, 2]
    # of two that begin in one row, the western one is first
    hot[2, 11], counts[2, 11] = True, 1
    assert hot_regions(hot, counts, 1_000, 250)[[2, 2], [2, 11]].tolist() == [1, 2]


def test_a_label_may_be_as_large_as_any() -> None:
    labels = np.array([[0, 2**40], [7, 2**63 - 1]])
    found = describe_regions(labels, [[9, 1], [2, 3]], *[np.ones((2, 2))] * 2, grid_of((2, 2)))
    assert [(r.number, r.cells, r.incidents, r.expected) for r in found] == [
        (7, 1, 2, 1.0),
        (2**40, 1, 1, 1.0),
        (2**63 - 1, 1, 3, 1.0),
    ]
    with pytest.raises(UsageError, match="below 2\\*\\*63"):
        cell_outlines(np.array([[2**63, 0]], dtype=np.uint64), grid_of((1, 2)))


def test_the_outlines_of_a_real_month_hold_its_hot_cells(reference: Path) -> None:
    table = pd.read_csv(reference / "asb_2021_06_grid250.csv.gz")
    hot = (table.gistar_p_fdr <= 0.05) & (table.gistar > 0)
    x0, y0 = table.e_centre.min() - 125, table.n_centre.min() - 125
    col = ((table.e_centre - x0) // 250).astype(int).to_numpy()
    row = ((table.n_centre - y0) // 250).astype(int).to_numpy()
    shape = (row.max() + 1, col.max() + 1)
    mask, significant = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
    counts = np.zeros(shape, dtype=np.int64)
    mask[row, col], significant[row, col], counts[row, col] = True, hot, table.n
    labels = hot_regions(significant, counts, 400, 250, mask)
    z = np.zeros(shape)
    z[row, col] = table.gistar
    grid = Grid(float(x0), float(y0), 250.0, mask)
    found = describe_regions(labels, counts, counts * 0.1, -z, grid)
    assert len(found) == labels.max() > 5
    assert sum(r.incidents for r in found) == counts[labels > 0].sum()
    outline = shapely.union_all([r.polygon for r in found])
    inside = shapely.contains_xy(outline, table.e_centre, table.n_centre)
    assert inside[hot].all()
    assert inside.sum() == (labels > 0).sum()
    # nothing that reached a hot cell is left out: the region's neighbourhoods hold all of it
    top = max(found, key=lambda r: -r.peak_p_value)
    assert top.peak_p_value == pytest.approx(-table.gistar.max())
