from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.errors import UsageError
from hotspots.model import Period
from tests.support import SIDE, X0, Y0, nine_wards


@pytest.mark.parametrize(
    ("text", "start", "end", "label"),
    [
        ("2021-06", date(2021, 6, 1), date(2021, 7, 1), "June 2021"),
        ("2021-12", date(2021, 12, 1), date(2022, 1, 1), "December 2021"),
        ("2020-W53", date(2020, 12, 28), date(2021, 1, 4), "week of 28 December 2020"),
        ("2021", date(2021, 1, 1), date(2022, 1, 1), "2021"),
        (
            "2021-10..2022-09",
            date(2021, 10, 1),
            date(2022, 10, 1),
            "October 2021 to September 2022",
        ),
        (
            "2021-06-01..2021-06-14",
            date(2021, 6, 1),
            date(2021, 6, 15),
            "1 June 2021 to 14 June 2021",
        ),
    ],
)
def test_periods_are_read_and_written_back(text: str, start: date, end: date, label: str) -> None:
    period = Period.parse(text)
    assert (period.start, period.end, period.label, period.id) == (start, end, label, text)


@pytest.mark.parametrize("text", ["", "June", "2021-13", "2021-W54", "2021-06-30..2021-06-01", "..",
                                  "2022-01..2021-01", "0000", "2021-6"])  # fmt: skip
def test_what_is_no_period_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(UsageError, match=r"must look like 2021-06.*got"):
        Period.parse(text)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(1, 40))
def test_going_back_leaves_no_gap(day: date, steps: int) -> None:
    year, week, _ = day.isocalendar()
    for text in (f"{day:%Y-%m}", f"{day:%Y}", f"{year}-W{week:02d}"):
        period = Period.parse(text)
        assert period.back(1).end == period.start
        assert period.back(steps).back(1).end == period.back(steps).start


def test_a_year_ending_goes_back_by_twelve_months() -> None:
    assert Period.parse("2015-10..2016-09").back(1).id == "2014-10..2015-09"


def test_a_point_on_a_shared_edge_is_in_the_ward_of_the_lower_code() -> None:
    wards = nine_wards()
    points = [[X0 + SIDE, Y0 + 10.0], [X0 + SIDE, Y0 + SIDE], [X0 - 1.0, Y0], [X0 + 1.0, Y0 + 1.0]]
    assert wards.assign(np.array(points)).tolist() == [0, 0, -1, 0]


def test_wards_that_share_a_name_are_told_apart() -> None:
    names = ["Town", *[f"W{i}" for i in range(7)], "Town"]
    labels = nine_wards(names=names).labels
    assert labels[0] == "Town (South)"
    assert labels[8] == "Town (North)"
    assert labels[1] == "W0"
