"""What a tier is told of one place: rounded counts, and what is made of these alone."""

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
    line_words,
    stand_in,
    usual_of,
    week_bands,
    week_words,
)
from hotspots.clustering import PeakTimes
from hotspots.meeting.contents import Count
from hotspots.meeting.rhythm import Rhythm
from hotspots.meeting.trend import Trend
from hotspots.model import Period
from hotspots.sharing.rounding import is_small, rounded, rounding_words, told, told_usual

COUNTS = st.lists(st.one_of(st.none(), st.integers(0, 30)), min_size=2, max_size=14)


def _trend(counts: list[int | None]) -> Trend:
    last = Period.parse("2022-03")
    periods = tuple(last.back(i) for i in range(len(counts) - 1, -1, -1))
    known = [count for count in counts[:-1] if count is not None]
    usual = sum(known) / len(known) if known else None
    return Trend(periods, tuple(counts), usual, (None,) * len(counts))


@given(st.integers(0, 10_000), st.integers(2, 20))
def test_a_count_as_told_may_be_any_of_as_many_as_the_limit(count: int, below: int) -> None:
    """Every word that is used stands for 0 alone, for all small counts, or for k or so others."""
    said = told(count, below)
    may_be = [c for c in range(max(0, count - below), count + below + 1) if told(c, below) == said]
    assert count in may_be
    if count == 0:
        assert (said, may_be) == ("0", [0])
    elif count < below:
        assert said == f"fewer than {below}"
        assert may_be == list(range(1, below))
    else:
        # just above the limit those that would be rounded to it from below are small ones
        assert len(may_be) >= (below + 1) // 2
        assert all(abs(c - rounded(count, below)) <= below / 2 for c in may_be)
        assert rounded(count, below) % below == 0


@pytest.mark.parametrize(
    ("count", "below", "said"),
    [(0, 5, "0"), (1, 5, "fewer than 5"), (4, 5, "fewer than 5"), (5, 5, "about 5"),
     (7, 5, "about 5"), (8, 5, "about 10"), (1236, 5, "about 1,235"), (12, 10, "about 10"),
     (15, 10, "about 20"), (3, 0, "3"), (1234, 0, "1,234"), (1, 1, "1"), (3, 1, "3")],
)  # fmt: skip
def test_counts_are_told_rounded(count: int, below: int, said: str) -> None:
    assert told(count, below) == said


def test_what_is_usual_is_never_told_as_none() -> None:
    assert [told_usual(number, 5) for number in (0.0, 0.2, 4.99, 5.0, 12.4, 12.6)] == [
        "fewer than 5", "fewer than 5", "fewer than 5", "about 5", "about 10", "about 15"
    ]  # fmt: skip


def test_a_pack_says_once_that_it_is_rounded() -> None:
    assert rounding_words(5) == "Counts at places are rounded to 5; fewer than 5 is not told."
    assert rounding_words(0) == rounding_words(1) == ""


@given(COUNTS, st.integers(2, 8), st.data())
def test_a_line_says_the_same_of_all_counts_that_are_told_alike(
    counts: list[int | None], below: int, data: st.DataObject
) -> None:
    """Whatever the counts behind the words are, sentence, average and note are the same."""

    def another(count: int | None) -> int | None:
        if count is None:
            return None
        alike = [c for c in range(count + below + 1) if told(c, below) == told(count, below)]
        return data.draw(st.sampled_from(alike))

    one, other = _trend(counts), _trend([another(count) for count in counts])
    assert line_words(one, below) == line_words(other, below)
    assert usual_of(one, below) == usual_of(other, below)
    assert bars_note(one, below) == bars_note(other, below)


@given(COUNTS, st.integers(2, 8))
def test_a_line_has_no_number_but_rounded_ones(counts: list[int | None], below: int) -> None:
    trend = dataclasses.replace(_trend(counts), direction="rising")
    said = line_words(trend, below)
    figures = re.findall(r"(?:about|About) ([\d,]+)", said)
    assert all(int(figure.replace(",", "")) % below == 0 for figure in figures)
    assert "rose" not in said
    # what else is a number is a year, a length of time, or the limit
    rest = re.sub(r"[Aa]bout [\d,]+|[Ff]ewer than \d+|2022|the \d+( of \d+)? months", "", said)
    assert not re.search(r"[1-9]", rest)


def test_a_tier_that_withholds_nothing_has_the_meetings_own_line() -> None:
    trend = dataclasses.replace(_trend([7, 1, 9]), direction="rising")
    assert line_words(trend, 0) == trend.describe
    assert bars_note(trend, 0) == ""


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ([10, 3, 20, 7], "About 5 in March 2022; about 10 a month in the 3 months before."),
        ([1, 2, 9, 3], "Fewer than 5 in March 2022; about 5 a month in the 3 months before."),
        ([1, 2, 0, 30], "About 30 in March 2022; fewer than 5 a month in the 3 months before."),
        ([None, 2, 9], "About 10 in March 2022; fewer than 5 in the 1 of 2 months before that is "
                       "known."),
        ([12, 9], "About 10 in March 2022; about 10 in the month before."),
        ([0, 0, 6], "About 5 in March 2022; none in the 2 months before."),
        ([None, None, 0], "0 in March 2022; there is no earlier month to compare with."),
        ([8, 8, None], "No data in March 2022; about 10 a month in the 2 months before."),
    ],
)  # fmt: skip
def test_a_line_in_words(counts: list[int | None], said: str) -> None:
    assert line_words(_trend(counts), 5) == said


def test_the_average_takes_the_middle_of_what_a_count_may_be() -> None:
    assert usual_of(_trend([10, 3, 21, 7]), 5) == pytest.approx((10 + 2.5 + 20) / 3)
    assert usual_of(_trend([None, 7]), 5) is None
    assert stand_in(3, 5) == 2.5
    assert stand_in(34, 5) == 35.0
    assert stand_in(0, 5) == 0.0


def test_bars_in_outline_are_explained_where_there_are_any() -> None:
    assert bars_note(_trend([9, 0, 3, 7]), 5) == "Bars in outline: fewer than 5."
    assert bars_note(_trend([9, 0, None, 7]), 5) == ""
    assert [is_small(count, 5) for count in (None, 0, 1, 4, 5)] == [False, False, True, True, False]


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
