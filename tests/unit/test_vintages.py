"""Which vintage is in force on a day, and the rules for days that none covers."""

from __future__ import annotations

from datetime import date

import pytest

from hotspots.boundaries import Vintage, choose_vintage
from hotspots.boundaries.vintages import check_dates
from hotspots.errors import UsageError

NAMED = [Vintage("2013"), Vintage("2021"), Vintage("2019")]


@pytest.mark.parametrize(
    ("day", "name", "in_force"),
    [
        (date(2012, 12, 31), "2013", False),
        (date(2013, 1, 1), "2013", True),
        (date(2018, 12, 31), "2013", True),
        (date(2019, 1, 1), "2019", True),
        (date(2020, 12, 31), "2019", True),
        (date(2021, 1, 1), "2021", True),
        (date(2100, 1, 1), "2021", True),
    ],
)
def test_a_year_in_the_name_is_in_force_until_the_next(
    day: date, name: str, in_force: bool
) -> None:
    choice = choose_vintage(NAMED, day)
    assert (choice.name, choice.in_force) == (name, in_force)
    assert choose_vintage(NAMED[::-1], day) == choice


def test_stated_dates_count_more_than_the_name() -> None:
    # Dartford was re-warded in May 2019; its file is named by the year it was published
    known = [
        Vintage("2013", date(2003, 5, 1), date(2019, 5, 2)),
        Vintage("2021", date(2019, 5, 2)),
    ]
    assert choose_vintage(known, date(2019, 5, 1)).name == "2013"
    new = choose_vintage(known, date(2019, 5, 2))
    assert new.name == "2021"
    assert new.reason == (
        "Wards of vintage 2021 are used for 2 May 2019: in force from 2 May 2019."
    )


def test_the_sentence_says_what_the_date_rests_on() -> None:
    assert choose_vintage(NAMED, date(2015, 6, 1)).reason == (
        "Wards of vintage 2013 are used for 1 June 2015: in force from 1 January 2013, as its "
        "name says."
    )
    assert choose_vintage(NAMED, date(2010, 6, 1)).reason == (
        "Wards of vintage 2013 stand in for those of 1 June 2010: they are the oldest at hand "
        "and in force from 1 January 2013."
    )


def test_a_day_after_the_end_of_all() -> None:
    ended = [Vintage("2013", None, date(2019, 5, 2)), Vintage("2008", None, date(2013, 1, 1))]
    choice = choose_vintage(ended, date(2020, 1, 1))
    assert (choice.name, choice.in_force) == ("2013", False)
    assert "in force until 2 May 2019, and no vintage at hand was" in choice.reason


def test_a_vintage_with_only_an_end() -> None:
    known = [Vintage("old", None, date(2019, 5, 2)), Vintage("new", date(2019, 5, 2))]
    assert choose_vintage(known, date(1990, 1, 1)).name == "old"
    assert choose_vintage(known, date(2019, 5, 2)).name == "new"


def test_vintages_without_dates() -> None:
    plain = [Vintage("first"), Vintage("second")]
    assert choose_vintage(plain, date(2020, 1, 1)).name == "second"
    assert choose_vintage([Vintage("2013"), *plain], date(2020, 1, 1)).name == "2013"


def test_of_equal_starts_the_one_added_last() -> None:
    twice = [Vintage("2021"), Vintage("2021 clipped")]
    assert choose_vintage(twice, date(2022, 1, 1)).name == "2021 clipped"


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("2013", date(2013, 1, 1)),
        ("December 2021", date(2021, 1, 1)),
        ("WD21", None),
        ("wards_2019-05", date(2019, 5, 1)),
        ("2019-05-02", date(2019, 5, 2)),
        ("2013-21", date(2013, 1, 1)),
        ("2013 to 2019", date(2013, 1, 1)),
        ("E05002013", None),
        ("latest", None),
    ],
)
def test_the_day_in_a_name(name: str, start: date | None) -> None:
    assert Vintage(name).start == start
    assert Vintage(name, date(2000, 1, 1)).start == date(2000, 1, 1)


def test_wrong_use() -> None:
    with pytest.raises(UsageError, match="got none"):
        choose_vintage([], date(2020, 1, 1))
    with pytest.raises(UsageError, match="must end after it begins"):
        check_dates(date(2020, 1, 1), date(2019, 1, 1))
    check_dates(date(2020, 1, 1), None)
    check_dates(None, date(2020, 1, 1))
