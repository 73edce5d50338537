"""The line of the last year: counts, gaps, what is usual, and when a direction is told."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from hotspots.errors import UsageError
from hotspots.meeting.trend import DIRECTION_ALPHA, Trend, line_periods, make_trend
from hotspots.model import Period


def _starts(moments: list[datetime]) -> pd.Series[pd.Timestamp]:
    return pd.Series(moments, dtype="datetime64[us]")


def _monthly(counts: list[int], last: str = "2022-03") -> Trend:
    """A line with so many incidents in each month, the last at the end."""
    periods = line_periods(Period.parse(last))[-len(counts) :]
    moments = [
        datetime.combine(p.start, datetime.min.time()) + timedelta(minutes=20 * i)
        for p, count in zip(periods, counts, strict=True)
        for i in range(count)
    ]
    return make_trend(_starts(moments), periods)


@pytest.mark.parametrize(
    ("period", "first", "number"),
    [
        ("2022-W10", "2021-W11", 52),
        ("2021-W01", "2020-W03", 52),  # 2020 had 53 weeks
        ("2022-03", "2021-03", 13),
        ("2022-01..2022-03", "2021-01..2021-03", 5),
        ("2020-01..2021-12", "2018-01..2019-12", 2),
        ("2021", "2020", 2),
        ("2022-03-01..2022-03-14", "2021-03-02..2021-03-15", 27),
        ("2022-03-01..2022-03-30", "2021-03-06..2021-04-04", 13),
    ],
)
def test_the_line_is_a_year(period: str, first: str, number: int) -> None:
    line = line_periods(Period.parse(period))
    assert len(line) == number
    assert (line[0].id, line[-1].id) == (first, period)
    assert all(a.end == b.start for a, b in pairwise(line))


@given(
    st.lists(st.datetimes(datetime(2020, 12, 1), datetime(2022, 4, 1)), max_size=60),
    st.sampled_from(["2022-W10", "2022-03", "2022-03-01..2022-03-09"]),
)
def test_every_incident_is_counted_in_its_period(moments: list[datetime], last: str) -> None:
    periods = line_periods(Period.parse(last))
    found = make_trend(_starts(moments), periods)
    assert list(found.counts) == [
        sum(p.start <= moment.date() < p.end for moment in moments) for p in periods
    ]
    assert found.usual == pytest.approx(np.mean([c or 0 for c in found.counts[:-1]]))


def test_borders_belong_to_the_period_that_begins() -> None:
    borders = [datetime(2022, 3, 1), datetime(2022, 3, 31, 23, 59, 59), datetime(2022, 4, 1)]
    found = make_trend(_starts([*borders, pd.NaT]), line_periods(Period.parse("2022-03")))
    assert found.counts[-2:] == (0, 2)


def test_what_is_not_known_is_no_quiet_month() -> None:
    periods = line_periods(Period.parse("2022-03"))
    known = frozenset((p.start.year, p.start.month) for p in periods) - {(2021, 5), (2021, 6)}
    moments = [datetime(2022, 2, 3)] * 20 + [datetime(2022, 3, 3)] * 9
    found = make_trend(_starts(moments), periods, known, faulty=[(2022, 1)])
    gaps = [p.id for p, c in zip(found.periods, found.counts, strict=True) if c is None]
    assert gaps == ["2021-05", "2021-06", "2022-01"]
    assert found.usual == pytest.approx(20 / 9)
    assert found.describe == (
        "9 in March 2022; about 2 a month in the 9 of 12 months before that are known."
    )


def test_a_week_that_touches_an_unknown_month_is_not_known() -> None:
    periods = line_periods(Period.parse("2022-W10"))
    every = frozenset(
        (d.year, d.month) for d in (date(2021, 1, 15) + timedelta(28 * i) for i in range(20))
    )
    found = make_trend(_starts([]), periods, every - {(2021, 12)})
    touched = [p.id for p, c in zip(periods, found.counts, strict=True) if c is None]
    assert touched == ["2021-W48", "2021-W49", "2021-W50", "2021-W51", "2021-W52"]


def test_the_span_of_the_data_bounds_what_is_known() -> None:
    periods = line_periods(Period.parse("2022-W10"))
    span = pd.Timestamp("2021-06-10"), pd.Timestamp("2022-03-09 12:00")
    found = make_trend(_starts([datetime(2022, 3, 8)]), periods, span=span)
    first = next(p for p, c in zip(periods, found.counts, strict=True) if c is not None)
    assert first.start == date(2021, 6, 14)
    assert not found.complete
    assert found.describe.startswith("1 so far in the week of 7 March 2022; none in the ")
    beyond = make_trend(_starts([]), periods, span=(span[0], pd.Timestamp("2022-02-20")))
    assert beyond.counts[-1] is None
    # a quiet last day is no gap
    assert make_trend(_starts([]), periods, span=(span[0], pd.Timestamp("2022-03-13"))).complete


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ([24] * 12 + [27], "27 in March 2022; about 24 a month in the 12 months before."),
        ([0] * 12 + [1], "1 in March 2022; none in the 12 months before."),
        ([1] + [0] * 11 + [3], "3 in March 2022; fewer than 1 a month in the 12 months before."),
        ([1200, 1031], "1,031 in March 2022; 1,200 in the month before."),
        ([4], "4 in March 2022; there is no earlier month to compare with."),
    ],
)
def test_the_line_as_a_sentence(counts: list[int], sentence: str) -> None:
    assert _monthly(counts).describe == sentence


@pytest.mark.parametrize(
    ("period", "sentence"),
    [
        ("2022-W10", "0 in the week of 7 March 2022; none in the 51 weeks before."),
        ("2021", "0 in 2021; none in the year before."),
        (
            "2022-03-01..2022-03-14",
            "0 from 1 March 2022 to 14 March 2022; none in the 26 periods before.",
        ),
    ],
)
def test_periods_in_words(period: str, sentence: str) -> None:
    assert make_trend(_starts([]), line_periods(Period.parse(period))).describe == sentence


def test_an_unknown_present_is_no_data() -> None:
    periods = line_periods(Period.parse("2022-03"))
    found = make_trend(_starts([datetime(2022, 2, 2)]), periods, faulty={(2022, 3)})
    assert found.describe == "No data in March 2022; fewer than 1 a month in the 12 months before."
    nothing = make_trend(_starts([]), periods, known=frozenset())
    assert nothing.usual is None
    assert set(nothing.counts) == {None}
    assert nothing.describe == ("No data in March 2022; there is no earlier month to compare with.")


def test_the_direction_is_that_of_the_exact_rank_test_without_the_last() -> None:
    rng = np.random.default_rng(2)
    told = set()
    for _ in range(60):
        counts = (rng.permutation(12) + rng.integers(0, 3) * np.arange(12)).tolist()
        found = _monthly([*counts, int(rng.integers(0, 90))])
        tau = kendalltau(range(12), counts, method="exact" if len(set(counts)) == 12 else "auto")
        if abs(tau.pvalue - DIRECTION_ALPHA) < 0.004:  # ties: scipy's is the normal p
            continue
        clear = tau.pvalue <= DIRECTION_ALPHA
        assert found.direction == (
            None if not clear else ["falling", "rising"][int(tau.statistic > 0)]
        )
        told.add(found.direction)
    assert told == {None, "rising"}


def test_a_direction_is_told_with_its_caution() -> None:
    down = _monthly([*range(40, 28, -1), 90])
    assert down.direction == "falling"
    assert down.describe.endswith(
        "in the 12 months before. It fell over those months; a season alone can do that."
    )
    # too short for any order to be clear
    assert _monthly([1, 2, 3, 4, 5]).direction is None


def test_what_was_hot_is_handed_on() -> None:
    periods = line_periods(Period.parse("2022-03"))
    hot = [None, *[False] * 10, True, True]
    assert make_trend(_starts([]), periods, hot=hot).hot == tuple(hot)
    assert make_trend(_starts([]), periods).hot == (None,) * 13
    with pytest.raises(UsageError, match="one value a period; got 2 for 13"):
        make_trend(_starts([]), periods, hot=[True, False])


def test_periods_in_disorder_are_refused() -> None:
    periods = line_periods(Period.parse("2022-03"))
    with pytest.raises(UsageError, match="must not overlap, oldest first"):
        make_trend(_starts([]), periods[::-1])


def test_a_line_of_no_periods_is_empty() -> None:
    found = make_trend(_starts([datetime(2022, 1, 1)]), ())
    assert (found.counts, found.usual, found.describe) == ((), None, "")
