"""Charts say what the numbers say: read back from the SVG."""

from __future__ import annotations

import re
from itertools import pairwise
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.drawing import bar_chart, line_chart, week_grid
from hotspots.drawing.axes import round_steps, runs_of
from hotspots.drawing.week import peak_boxes
from hotspots.errors import UsageError

COMMON = {"id": "c", "title": "Title", "describe": "Words"}
counts = st.lists(st.one_of(st.none(), st.integers(0, 5000)), min_size=1, max_size=60)


def parsed(drawing: str) -> ElementTree.Element:
    return ElementTree.fromstring(drawing)  # noqa: S314 - our own drawing


def bars(values: Any, **options: Any) -> ElementTree.Element:
    labels = [f"period {i}" for i in range(len(values))]
    plain = {"width": 330, "height": 92, "usual": None, "question": "concentrated"}
    return parsed(bar_chart(values, labels, **COMMON | plain | options))


def line(values: Any, **options: Any) -> ElementTree.Element:
    labels = [f"p{i}" for i in range(len(values))]
    plain = {"width": 1200, "height": 190, "usual": None, "question": "worse"}
    return parsed(line_chart(values, labels, **COMMON | plain | options))


def week(weights: Any, **options: Any) -> ElementTree.Element:
    return parsed(week_grid(weights, **COMMON | {"width": 1220, "height": 310} | options))


def of(root: ElementTree.Element, word: str) -> list[ElementTree.Element]:
    return [one for one in root.iter() if word in one.get("class", "").split()]


def texts(root: ElementTree.Element) -> list[str]:
    return [one.text or "" for one in root.iter() if one.tag.endswith("}text")]


def squares_of(root: ElementTree.Element) -> list[ElementTree.Element]:
    (group,) = of(root, "squares")
    return list(group)


def span(box: ElementTree.Element, start: str, size: str) -> tuple[float, float]:
    low = float(box.get(start))
    return low, low + float(box.get(size))


@settings(max_examples=50)
@given(counts)
def test_bars_are_as_high_as_their_counts_and_no_data_is_no_bar(values) -> None:
    root = bars(values)
    heights = [float(one.get("height")) for one in of(root, "bar")]
    known = [value for value in values if value is not None]
    assert len(heights) == len(known)
    if known and max(known):
        assert heights == pytest.approx([v / max(known) * max(heights) for v in known], abs=0.11)
    assert bool(of(root, "no-data")) == (None in values)
    lasting = [one.get("class") for one in of(root, "concentrated")]
    assert lasting == (["bar concentrated"] if values[-1] is not None else [])


def test_a_count_of_nought_is_a_bar_and_not_a_gap() -> None:
    root = bars([0, 4, None, None, 2])
    assert of(root, "bar")[0].get("height") == "0"
    (gap,) = of(root, "no-data")
    assert gap.get("fill") == "url(#nodata)"
    assert float(gap.get("width")) == pytest.approx(2 * 330 / 5, abs=0.1)


def test_the_usual_line_stands_where_a_bar_of_that_count_would_end() -> None:
    root = bars([8, 24, 12], usual=12.0)
    (usual,) = of(root, "usual")
    assert float(usual.get("y1")) == pytest.approx(float(of(root, "bar")[2].get("y")), abs=0.11)
    assert not of(bars([1, 2]), "usual")


def test_the_last_bar_says_its_count_and_no_data_says_so() -> None:
    assert "period 1: 1,234" in texts(bars([1, 1234]))
    assert "period 1: no data" in texts(bars([1, None]))
    assert texts(bars([1, 2], first_label="Mar 21", last_label="Mar 22: 2")) == [
        "Mar 21", "Mar 22: 2",
    ]  # fmt: skip
    assert texts(bars([7])) == ["period 0: 7"]


def test_a_bar_chart_marks_when_it_was_hot() -> None:
    root = bars([1, 2, 3, 4], hot=[True, True, None, True], width=400)
    strips = [(float(one.get("x")), float(one.get("width"))) for one in of(root, "hot")]
    assert strips == [(1, 198), (301, 98)]


@settings(max_examples=60)
@given(st.floats(0, 1e6), st.integers(1, 12))
def test_axes_have_round_steps_that_reach_the_top(top: float, most: int) -> None:
    steps = round_steps(top, most)
    assert steps[0] == 0 and steps[-1] >= max(top, 1) and len(steps) - 1 <= most
    gaps = {b - a for a, b in pairwise(steps)}
    assert len(gaps) == 1 and re.fullmatch("[125]0*", str(gaps.pop()))
    assert len(steps) < 2 or steps[-2] < max(top, 1)


@given(st.lists(st.booleans(), max_size=30))
def test_runs_are_the_stretches_that_are_true(flags) -> None:
    inside = {i for first, end in runs_of(flags) for i in range(first, end)}
    assert inside == {i for i, flag in enumerate(flags) if flag}
    assert all(a[1] < b[0] for a, b in pairwise(runs_of(flags)))


def test_a_line_goes_through_its_counts_and_breaks_where_they_are_not_known() -> None:
    values = [0, 10, 5, None, 7, None, 3, 3]
    root = line(values)
    pieces = [
        [tuple(map(float, p.split())) for p in one.get("d")[1:].split("L")]
        for one in of(root, "line")
    ]
    assert [len(piece) for piece in pieces] == [3, 2]
    grid = [float(one.get("y1")) for one in of(root, "grid")]
    drawn = [y for x, y in pieces[0]]
    zero, top = max(grid), min(grid)
    assert drawn == pytest.approx([zero, top, (zero + top) / 2], abs=0.11)  # 0, 10, 5
    points = of(root, "point")
    assert len(points) == 2  # the one alone, and the last
    assert len(of(root, "no-data")) == 2


def test_the_strip_lies_under_the_periods_in_which_it_was_hot() -> None:
    root = line([1] * 52, hot=[13 <= i < 26 for i in range(52)])
    (strip,) = of(root, "hot")
    left = min(float(one.get("x1")) for one in of(root, "grid"))
    right = max(float(one.get("x2")) for one in of(root, "grid"))
    start = (float(strip.get("x")) - left) / (right - left)
    assert start == pytest.approx(0.25, abs=0.01)
    assert float(strip.get("width")) / (right - left) == pytest.approx(0.25, abs=0.01)


@settings(max_examples=30)
@given(st.integers(1, 60), st.integers(200, 1300))
def test_texts_under_a_line_stand_apart_and_within(count: int, width: int) -> None:
    root = line([3] * count, width=width)
    shown = [one for one in of(root, "tick") if one.tag.endswith("text")]
    # as wide as the widest fonts of the pages: 0.62 of the height a letter
    spans = [
        (float(one.get("x")) - 5 * len(one.text), float(one.get("x")) + 5 * len(one.text))
        for one in shown
    ]
    assert shown
    assert all(a[1] < b[0] for a, b in pairwise(spans))
    assert spans[0][0] >= -6 and spans[-1][1] <= width + 6


def test_the_usual_line_is_named() -> None:
    assert "usual: about 6" in texts(line([5, 6], usual=6.2))
    assert "usual: about 6 a week" in texts(
        line([5], usual=6.2, usual_label="usual: about 6 a week")
    )


@pytest.mark.parametrize("values", [[], [-1], [float("nan")], [float("inf")]])
def test_what_is_no_count_is_refused(values) -> None:
    with pytest.raises(UsageError):
        bars(values)


def test_labels_and_values_must_be_as_many() -> None:
    with pytest.raises(UsageError, match="one label"):
        bar_chart([1, 2], ["a"], width=99, height=99, usual=None, question="worse", **COMMON)
    with pytest.raises(UsageError, match="question must be"):
        bars([1], question="hot")


# -- the week -----------------------------------------------------------------------------------


def some_week() -> np.ndarray:
    return np.random.default_rng(3).poisson(3, (7, 24)).astype(float)


def test_the_week_has_168_squares_prints_counts_from_two_and_row_totals() -> None:
    weights = some_week()
    root = week(weights)
    squares = squares_of(root)
    assert len(squares) == 168
    (numbers,) = of(root, "numbers")
    printed = [int(one.text) for one in numbers]
    assert printed == [int(v) for v in weights.ravel() if v >= 2]
    assert [int(one.text) for one in of(root, "total")] == weights.sum(axis=1).astype(int).tolist()
    assert len(of(root, "blank")) == (weights == 0).sum()


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast of two colours."""

    def luminance(colour: str) -> float:
        parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ (0.2126, 0.7152, 0.0722))

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_every_number_can_be_read_on_its_square() -> None:
    root = week(np.arange(168).reshape(7, 24) / 10, breaks=(1, 3, 6, 9, 12))
    squares = squares_of(root)
    (numbers,) = of(root, "numbers")
    seen = set()
    for number in numbers:
        x, y = float(number.get("x")), float(number.get("y")) - 5
        under = next(
            one
            for one in squares
            if 0 <= x - float(one.get("x")) <= float(one.get("width"))
            and 0 <= y - float(one.get("y")) <= float(one.get("height"))
        )
        assert contrast(number.get("fill"), under.get("fill")) >= 4.5
        seen.add(under.get("fill"))
    assert len(seen) == 5  # the class below 2 has no numbers of its own but 1.5 and more


@given(
    st.lists(st.integers(0, 6), min_size=1, max_size=7, unique=True),
    st.integers(0, 23),
    st.integers(1, 23),
)
def test_boxes_hold_exactly_the_hours_of_the_peak(days, start: int, hours: int) -> None:
    wanted = {
        ((day + (start + h) // 24) % 7, (start + h) % 24) for day in days for h in range(hours)
    }
    end = (start + hours - 1) % 24 + 1
    found = [
        (row, hour)
        for row, row_end, first, last in peak_boxes(days, start, end)
        for row in range(row, row_end)
        for hour in range(first, last)
    ]
    assert set(found) == wanted and len(found) == len(wanted)


def test_a_peak_is_boxed_over_its_squares() -> None:
    peak = SimpleNamespace(days=(4, 5), from_hour=20, to_hour=24)
    root = week(some_week(), peak=peak)
    (box,) = of(root, "peak")
    squares = squares_of(root)
    (left, right), (top, bottom) = span(box, "x", "width"), span(box, "y", "height")
    inside = [
        i
        for i, one in enumerate(squares)
        if left <= float(one.get("x")) + 5 <= right and top <= float(one.get("y")) + 5 <= bottom
    ]
    assert inside == [day * 24 + hour for day in (4, 5) for hour in range(20, 24)]
    assert not of(week(some_week()), "peak")


def test_numbers_that_would_touch_are_left_out_and_totals_stay() -> None:
    root = week(some_week() + 10, width=358, height=240)
    assert not list(of(root, "numbers")[0]) and len(of(root, "total")) == 7


@pytest.mark.parametrize(
    ("weights", "options"),
    [
        (np.zeros((24, 7)), {}),
        (np.full((7, 24), np.nan), {}),
        (-np.ones((7, 24)), {}),
        (np.zeros((7, 24)), {"breaks": (3, 1)}),
        (np.zeros((7, 24)), {"breaks": ()}),
        (np.zeros((7, 24)), {"height": 80}),
    ],
)
def test_a_week_that_cannot_be_drawn_is_refused(weights, options) -> None:
    with pytest.raises(UsageError):
        week(weights, **options)


def test_charts_need_no_style_and_no_letter_is_smaller_than_asked() -> None:
    drawn = [
        bars([3, None, 2], usual=2.0, hot=[True, None, False], text_px=18),
        line([3, None, 2], usual=2.0, text_px=18),
        week(some_week(), peak=((6,), 22, 2), text_px=18),
    ]
    for root in drawn:
        assert not any(one.get("style") for one in root.iter())
        sizes = {float(one.get("font-size")) for one in root.iter() if one.get("font-size")}
        assert sizes == {18.0}
        ids = [one.get("id") for one in root.iter() if one.get("id")]
        assert len(ids) == len(set(ids)) and all(re.match("c(-|$)", one) for one in ids)
        assert root.get("aria-labelledby").split() == ["c-title", "c-desc"]
