"""What a tier is told of one place: no small count, by itself or by subtraction."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.briefing.withholding import (
    about_share,
    bars_note,
    folded,
    line_for,
    line_words,
    rounded,
    stand_in,
    week_bands,
    week_words,
    withheld,
)
from hotspots.clustering import PeakTimes
from hotspots.meeting.contents import Count
from hotspots.meeting.rhythm import Rhythm
from hotspots.meeting.trend import Trend
from hotspots.model import Period

COUNTS = st.lists(st.one_of(st.none(), st.integers(0, 30)), min_size=2, max_size=14)


def _trend(counts: list[int | None]) -> Trend:
    last = Period.parse("2022-03")
    periods = tuple(last.back(i) for i in range(len(counts) - 1, -1, -1))
    known = [count for count in counts[:-1] if count is not None]
    usual = sum(known) / len(known) if known else None
    return Trend(periods, tuple(counts), usual, (None,) * len(counts))


def _flags(counts: list[int | None], below: int) -> tuple[bool, ...]:
    return withheld([(np.arange(3), counts)], below)[0]


def test_small_counts_are_withheld_and_none_where_the_tier_shows_all() -> None:
    assert _flags([0, 1, 4, 5, None], 5) == (False, True, True, False, False)
    assert _flags([0, 1, 4, 5, None], 0) == (False,) * 5
    assert _flags([0, 1, 2], 1) == (False,) * 3


def test_a_block_within_another_is_withheld_where_their_difference_is_small() -> None:
    inner, outer = np.array([1, 2]), np.array([1, 2, 3])
    lines = [(inner, [10, 10, 10, 10]), (outer, [10, 14, 15, 11])]
    # differences of 0, 4, 5 and 1
    assert withheld(lines, 5) == [(False, True, False, True), (False,) * 4]


def test_blocks_that_only_overlap_tell_nothing() -> None:
    lines = [(np.array([1, 2]), [10]), (np.array([2, 3]), [11])]
    assert withheld(lines, 5) == [(False,), (False,)]


@given(COUNTS, st.integers(2, 8))
def test_a_line_says_the_same_of_all_small_counts(counts: list[int | None], below: int) -> None:
    """Whatever the withheld counts are, text and average are the same: nothing tells them."""
    flags = _flags(counts, below)
    said, averages, notes = set(), set(), set()
    for value in (1, below - 1):
        other = [value if hidden else c for c, hidden in zip(counts, flags, strict=True)]
        told = line_for(_trend(other), flags, below)
        said.add(line_words(told, flags, below, "month"))
        averages.add(told.usual)
        notes.add(bars_note(_trend(other), flags, below))
    assert len(said) == len(averages) == len(notes) == 1


def test_a_line_without_small_counts_is_the_meetings_own() -> None:
    trend = dataclasses.replace(_trend([7, 8, 9]), direction="rising")
    flags = (False,) * 3
    assert line_for(trend, flags, 5) is trend
    assert line_words(trend, flags, 5, "month") == trend.describe
    assert bars_note(trend, flags, 5) == ""


def test_the_average_takes_the_middle_of_what_a_count_may_be() -> None:
    counts: list[int | None] = [10, 3, 20, 7]
    told = line_for(_trend(counts), _flags(counts, 5), 5)
    assert told.usual == pytest.approx((10 + 2.5 + 20) / 3)
    assert line_words(told, _flags(counts, 5), 5, "month") == (
        "7 in March 2022; about 11 a month in the 3 months before."
    )


def test_no_average_is_told_where_most_are_small() -> None:
    counts: list[int | None] = [1, 2, 9, 3]
    flags = _flags(counts, 5)
    told = line_for(_trend(counts), flags, 5)
    assert told.usual is None
    assert line_words(told, flags, 5, "month") == (
        "Fewer than 5 in March 2022; withheld in 2 of the 3 months before that are known."
    )
    assert bars_note(_trend(counts), flags, 5) == "Bars in outline: fewer than 5."


def test_the_only_month_before_may_be_small() -> None:
    counts: list[int | None] = [None, 2, 9]
    flags = _flags(counts, 5)
    assert line_words(line_for(_trend(counts), flags, 5), flags, 5, "month") == (
        "9 in March 2022; withheld in the one month before that is known."
    )


def test_a_large_count_withheld_is_rounded() -> None:
    trend = _trend([30, 30, 34])
    flags = (False, False, True)
    assert line_words(line_for(trend, flags, 5), flags, 5, "month").startswith(
        "About 35 in March 2022; about 30"
    )
    assert "rounded to 5" in bars_note(trend, flags, 5)
    assert stand_in(3, 5) == 2.5
    assert stand_in(34, 5) == 35.0


@given(st.integers(5, 10_000), st.integers(2, 20))
def test_a_rounded_count_may_be_any_of_as_many_as_the_limit(count: int, below: int) -> None:
    shown = rounded(count, below)
    may_be = [c for c in range(count - below, count + below + 1) if rounded(c, below) == shown]
    assert len(may_be) == below
    assert count in may_be


# -- kinds ----------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 30), min_size=1, max_size=8), st.integers(2, 8))
def test_folded_kinds_are_none_or_enough(counts: list[int], below: int) -> None:
    total = max(sum(counts), 1)
    given_kinds = [Count(f"Kind {i}", c, c / total) for i, c in enumerate(counts) if c]
    found = folded(given_kinds, below)
    assert all(one.count >= below for one in found)
    assert not found or sum(one.count for one in found) == sum(counts)
    assert len(found) != 1 or found[0].label != "Other kinds"


def test_the_least_of_the_listed_kinds_hides_a_small_rest() -> None:
    kinds = [Count("a", 20, 0.7), Count("b", 6, 0.2), Count("c", 2, 0.1)]
    found = folded(kinds, 5)
    assert [(one.label, one.count) for one in found] == [("a", 20), ("Other kinds", 8)]


def test_one_kind_and_a_small_rest_are_not_told_apart() -> None:
    assert folded([Count("a", 20, 0.95), Count("c", 1, 0.05)], 5) == ()


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.0, "below 5%"), (0.024, "below 5%"), (0.03, "about 5%"), (0.63, "about 65%"),
     (0.974, "about 95%"), (0.98, "almost all"), (1.0, "almost all")],
)  # fmt: skip
def test_shares_are_in_steps(share: float, said: str) -> None:
    assert about_share(share) == said


# -- the week -------------------------------------------------------------------------------------


def _rhythm(weights: np.ndarray, peak: PeakTimes | None = None) -> Rhythm:
    known = round(float(weights.sum()))
    return Rhythm(weights, known, 3, 0, 0, peak, "", "secret 1")


def test_bands_are_shaded_only_where_an_even_share_is_no_small_count() -> None:
    # 42 bands of four hours: 210 incidents are 5 in each
    even = np.full((7, 24), 210 / 168)
    found = week_bands(_rhythm(even), 5)
    assert found is not None
    assert found.shape == (7, 6)
    assert (found == 1).all()
    assert week_bands(_rhythm(even * 0.99), 5) is None


def test_bands_are_the_sums_of_four_hours() -> None:
    weights = np.ones((7, 24))
    weights[4, 20:] = 30.0
    found = week_bands(_rhythm(weights), 2)
    even = weights.sum() / 42
    assert found is not None
    assert found[4, 5] == 3
    assert 120 / even > 3
    assert found[0, 0] == 0
    assert (found > 0).sum() == 1


@given(st.integers(0, 2**32 - 1), st.integers(2, 6))
def test_no_class_of_a_band_tells_a_small_count_from_none(seed: int, below: int) -> None:
    counts = np.random.default_rng(seed).poisson(below * 1.5, (7, 6))
    weights = np.zeros((7, 24))
    weights[:, ::4] = counts
    found = week_bands(_rhythm(weights), below)
    if found is not None:
        assert (found[(counts >= 0) & (counts < below)] == 0).all()


def test_the_peak_is_told_without_counts() -> None:
    weights = np.zeros((7, 24))
    weights[4, 20:23], weights[0, 0] = 20, 40
    peak = PeakTimes((4,), 20, 23, 60.0, 0.6, 3 / 168, 0.001, 9.0)
    said = week_words(_rhythm(weights, peak), 5)
    assert said == (
        "Peak Friday, 20:00 to 23:00: about 60% of the incidents with known times, in 2% of the "
        "week."
    )
    assert week_words(_rhythm(weights * 0.19, peak), 5).startswith("Too few incidents")
    assert week_words(_rhythm(weights), 5) == "No clear peak in days or hours."


def test_no_share_is_told_where_a_few_lie_outside_the_peak() -> None:
    weights = np.zeros((7, 24))
    weights[4, 20:23], weights[0, 0] = 20, 2
    peak = PeakTimes((4,), 20, 23, 60.0, 60 / 62, 3 / 168, 0.001, 9.0)
    assert week_words(_rhythm(weights, peak), 5) == "Peak Friday, 20:00 to 23:00."
    assert not re.search(r"\b[1-4]\b", week_words(_rhythm(weights, peak), 5))
