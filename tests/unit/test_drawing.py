"""The parts that drawings are made of: text, boxes, weights, the view, numbers and paths."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup
from shapely import affinity

from hotspots.drawing import svg
from hotspots.drawing.boxes import Box, Crowd, between
from hotspots.drawing.busy import STEP, Busy
from hotspots.drawing.furniture import round_length
from hotspots.drawing.lettering import fitted, shorten, text_width, two_lines
from hotspots.drawing.projection import view_of
from hotspots.errors import UsageError
from hotspots.plain_text import tidy
from hotspots.web import text as web_text

pixels = st.floats(0, 400)
sizes = st.floats(4, 120)
turns = st.floats(-np.pi / 2, np.pi / 2)
boxes = st.builds(Box, pixels, pixels, sizes, sizes, st.one_of(st.just(0.0), turns))


def shape_of(box: Box) -> shapely.Polygon:
    """The box as shapely turns it: nothing of the code's own."""
    half_width, half_height = box.width / 2, box.height / 2
    upright = shapely.box(
        box.x - half_width, box.y - half_height, box.x + half_width, box.y + half_height
    )
    return affinity.rotate(upright, box.angle, origin=(box.x, box.y), use_radians=True)


@given(boxes, boxes)
def test_two_boxes_overlap_where_shapely_finds_a_common_area(one: Box, other: Box) -> None:
    common = shape_of(one).intersection(shape_of(other)).area
    if common > 1e-6:
        assert one.overlaps(other)
    elif shape_of(one).distance(shape_of(other)) > 1e-6:
        assert not one.overlaps(other)


@given(boxes)
def test_the_bounds_of_a_box_are_those_of_its_shape(box: Box) -> None:
    assert box.bounds == pytest.approx(shape_of(box).bounds, abs=1e-6)


@settings(max_examples=50)
@given(st.lists(boxes, max_size=6), st.lists(st.tuples(pixels, pixels), min_size=1, max_size=6))
def test_many_upright_boxes_are_free_exactly_where_each_alone_is(taken, middles) -> None:
    crowd = Crowd(400, 300)
    for box in taken:
        crowd.add(box)
    together = crowd.free_upright(np.array(middles), 30, 20)
    alone = [crowd.free(Box(x, y, 30, 20)) for x, y in middles]
    assert together.tolist() == alone


def test_the_box_of_a_line_lies_along_it() -> None:
    box = between((10, 20), (40, 60), 6)
    assert (box.x, box.y, box.width, box.height) == (25, 40, 50, 6)
    assert shape_of(box).buffer(1e-6).contains(shapely.LineString([(10, 20), (40, 60)]))


def test_the_weight_under_a_box_is_the_share_of_it_that_is_covered() -> None:
    busy = Busy(200, 100)
    busy.cover(shapely.box(40, 20, 80, 60), 0.5)
    middles = np.array([[60.0, 40.0], [80.0, 40.0], [150.0, 40.0], [60.0, 60.0]])
    assert busy.under(middles, 40, 40) == pytest.approx([0.5, 0.25, 0.0, 0.25])
    busy.cover(shapely.box(0, 0, 200, 100), 0.1)
    assert busy.under(middles[2:3], 40, 40) == pytest.approx([0.1])
    twin = busy.copy()
    twin.cover(shapely.box(0, 0, 200, 100), 1.0)
    assert busy.under(middles[2:3], 40, 40) == pytest.approx([0.1])


@settings(max_examples=40)
@given(st.integers(0, 30), st.integers(0, 20), st.integers(1, 15), st.integers(1, 10))
def test_weights_agree_with_a_count_of_squares(column: int, row: int, across: int, down: int):
    busy = Busy(200, 120)
    disc = shapely.Point(90, 60).buffer(40)
    busy.cover(disc, 1.0)
    middle = ((column + across / 2) * STEP, (row + down / 2) * STEP)
    inside = sum(
        disc.contains(shapely.Point((c + 0.5) * STEP, (r + 0.5) * STEP))
        for r in range(row, min(row + down, 30))
        for c in range(column, min(column + across, 50))
    )
    share = busy.under(np.array([middle]), across * STEP, down * STEP)
    assert share == pytest.approx([inside / (across * down)])


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(10, 1e5), st.floats(10, 1e5))
def test_a_view_shows_all_of_what_was_asked_upright_and_to_scale(x, y, wide, high) -> None:
    view = view_of((x, y, x + wide, y + high), 560, 400, padding=10)
    corners = view.xy([(x, y), (x + wide, y + high)])
    assert (corners > 9.99).all() and (corners < np.array([560, 400]) - 9.99).all()
    assert corners[1, 1] < corners[0, 1]  # north is up
    (left, bottom), (right, top) = corners
    assert (right - left) / wide == pytest.approx((bottom - top) / high)
    west, south, east, north = view.bounds
    assert (east - west) / (north - south) == pytest.approx(560 / 400)


@pytest.mark.parametrize(
    "bounds", [(0, 0, 0, 10), (5, 0, 1, 10), (0, 0, np.nan, 1), (0, 0, np.inf, 1), (0, 0, 1)]
)
def test_a_view_of_nothing_is_refused(bounds) -> None:
    with pytest.raises(UsageError, match="view must"):
        view_of(bounds, 100, 100)


@given(st.floats(0.5, 1e6))
def test_scale_bars_have_round_lengths(most: float) -> None:
    length = round_length(most)
    assert length <= most * (1 + 1e-9) < length * 2.5 * (1 + 1e-6)
    assert f"{length:e}"[0] in "125" and float(f"{length:.0e}") == pytest.approx(length)


def test_numbers_are_as_short_as_a_tenth_allows() -> None:
    assert [svg.number(x) for x in (1.0, 1.04, -0.04, 12.36, -3.25)] == [
        "1", "1", "0", "12.4", "-3.2",
    ]  # fmt: skip


def test_text_and_attributes_are_escaped_and_markup_is_not_twice() -> None:
    made = svg.tag("g", "<b>&", Markup("<i/>"), aria_label='"><script>', class_="x", d=None)
    assert made == ('<g aria-label="&#34;&gt;&lt;script&gt;" class="x">&lt;b&gt;&amp;<i/></g>')


def test_a_path_has_every_ring_and_no_ring_without_area() -> None:
    holed = shapely.Polygon([(0, 0), (9, 0), (9, 9), (0, 9)], [[(3, 3), (6, 3), (6, 6), (3, 6)]])
    speck = shapely.box(20, 20, 20.01, 20.01)
    d = svg.path(shapely.GeometryCollection([shapely.MultiPolygon([holed, speck])]))
    assert d.count("M") == d.count("Z") == 2
    assert svg.path(shapely.LineString([(0, 0), (1, 2.26)])) == "M0 0L1 2.3"
    assert svg.path(shapely.Polygon()) == ""


@given(st.text(max_size=60), st.integers(1, 50))
def test_shortened_text_is_never_longer_and_says_that_it_was_cut(text: str, longest: int) -> None:
    short = shorten(text, longest)
    assert len(short) <= longest
    assert short == text if len(text) <= longest else short.endswith("…")


@given(st.text(max_size=60), st.floats(0, 300))
def test_fitted_text_fits(text: str, room: float) -> None:
    assert text_width(fitted(text, 16, room), 16) <= room or text_width(text[:40], 16) <= room


def test_lines_break_nearest_to_the_middle_and_lose_no_word() -> None:
    assert two_lines("Shorne, Cobham and Luddesdown") == ("Shorne, Cobham", "and Luddesdown")
    assert two_lines("Wilmington") == ("Wilmington",)


@given(st.text(st.characters(codec=None), max_size=30))
def test_widths_add_up_and_grow_with_the_letters(text: str) -> None:
    assert text_width(text + "a", 10) == pytest.approx(text_width(text, 10) + text_width("a", 10))
    assert text_width(text, 20) == pytest.approx(2 * text_width(text, 10))
    assert text_width(text, 10, bold=False) <= text_width(text, 10)


def test_what_cannot_be_seen_or_written_is_made_visible() -> None:
    assert tidy("a\u202eb\x00c\ud800d\uffff") == "a\ufffdb\ufffdc\ufffdd\ufffd"
    assert tidy("  two\nlines ") == "two lines"
    assert tidy(float("nan")) == tidy(None) == ""
    assert web_text.tidy is tidy


@given(st.text(st.characters(codec=None), max_size=40))
def test_any_text_makes_a_drawing_that_can_be_read_and_sent(text: str) -> None:
    body = svg.words(text, 1, 1, aria_label=tidy(text))
    made = svg.frame(body, width=50, height=50, title=text, describe=text, id="x")
    root = ElementTree.fromstring(made.encode("utf-8"))  # noqa: S314 - our own drawing
    assert root.find("{*}text").text in (tidy(text), None)
    assert not re.search(r"\sstyle=|<script", str(root.attrib))


@pytest.mark.parametrize("word", ["", "1a", "a b", 'a"b', "é", "a" * 3 + ">"])
def test_an_id_that_is_no_plain_word_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match="id of a drawing"):
        svg.check_frame(100, 100, 17, word)
