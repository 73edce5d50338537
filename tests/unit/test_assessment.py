"""The tables of the Strategic Assessment, from counts given by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest
from scipy.stats import binomtest

from hotspots.evidence.assessment import (
    Source,
    assessment_asked,
    make_assessment,
    make_quarterly,
    quarterly_asked,
)
from hotspots.evidence.assessment_sheets import EVERY_AREA
from hotspots.evidence.figures import Figure, figures_from
from hotspots.evidence.lines import BY_CHANCE
from hotspots.evidence.marks import crossed, forbids_change
from hotspots.evidence.measures import measures
from hotspots.evidence.years import three_years
from hotspots.sharing.asked import Asked, check_asked
from hotspots.sheets import Blank, Sheet, Value
from tests.support import nine_wards

DAY = date(2016, 9, 30)
WARDS = nine_wards()
YEARS = three_years(DAY)
SOUTH, NORTH, ALL = "district:2021:D1", "district:2021:D2", "all:2021"
KENT = Source(["Kent Police"])


def known(where: str, what: str, counts: tuple[int, int, int]) -> dict[Asked, Figure]:
    """The counts of the three years, known whole."""
    asked = [Asked.of(where, what, year) for year in YEARS]
    return {a: Figure(n, "known") for a, n in zip(asked, counts, strict=True)}


def sheet(sheets: tuple[Sheet, ...], name: str) -> Sheet:
    return next(each for each in sheets if each.name == name)


def row(found: Sheet, **keys: Value) -> Mapping[str, Value]:
    (only,) = [r for r in found.rows if all(r[k] == v for k, v in keys.items())]
    return only


def priorities(
    figures: Mapping[Asked, Figure], measure: str, source: Source = KENT
) -> Mapping[str, Value]:
    """The row of a measure in South; the only one of a measure of which nothing is known."""
    found = sheet(make_assessment(WARDS, DAY, figures, source), "Priorities")
    label = measures()[measure].label
    single = [r["measure"] for r in found.rows].count(label) == 1
    return row(found, area=EVERY_AREA if single else "South", measure=label)


# -- what is asked --------------------------------------------------------------------------------


def test_what_is_asked_is_asked_once_and_can_be_counted() -> None:
    asked = assessment_asked(WARDS, DAY)
    check_asked(asked)
    assert len(set(asked)) == len(asked)
    assert {a.where for a in asked} == {SOUTH, NORTH, ALL, *(f"ward:2021:T00{i}" for i in range(9))}
    assert {(a.start, a.end) for a in asked} == {(y.start, y.end) for y in YEARS}
    # residential burglary is not asked of years before there was any
    whats = {a.what for a in asked}
    assert "burglary.dwelling" in whats
    assert "burglary.residential" not in whats
    later = {(a.what, a.end.year) for a in assessment_asked(WARDS, date(2018, 9, 30))}
    assert ("burglary.dwelling", 2017) in later
    assert ("burglary.dwelling", 2018) not in later
    assert ("burglary.residential", 2018) in later


def test_refused_kinds_are_neither_asked_nor_shown_and_are_named() -> None:
    refused = ("violence!domestic_abuse", "crime!hate_crime")
    assert not {a.what for a in assessment_asked(WARDS, DAY, refused)} & set(refused)
    assert not {a.what for a in quarterly_asked(WARDS, DAY, refused)} & set(refused)
    sheets = make_assessment(WARDS, DAY, {}, Source(refused=refused))
    for each in sheets:
        labels = {r["measure"] for r in each.rows}
        assert not labels & {"Hate crime", "Violent crime flagged as domestic abuse"}
    said = " ".join(sheet(sheets, "Priorities").notes)
    assert "Not given to these recipients: Violent crime flagged as domestic abuse, Hate" in said


def test_every_row_has_a_value_in_every_column_and_tabs_have_room() -> None:
    figures = figures_from(dict.fromkeys(assessment_asked(WARDS, DAY), 7), (), {})
    for made in (
        make_assessment(WARDS, DAY, figures, KENT),
        make_assessment(WARDS, DAY, {a: Figure(7, "known") for a in figures}, KENT),
        make_quarterly(WARDS, DAY, {}, KENT),
    ):
        for each in made:
            keys = {column.key for column in each.columns}
            assert len(keys) == len(each.columns)
            assert 0 < len(each.name) <= 31
            for r in each.rows:
                assert set(r) == keys
                for column in each.columns:
                    if not isinstance(r[column.key], Blank):
                        assert isinstance(r[column.key], str) == (column.kind == "text"), column
        assert len({each.name for each in made}) == len(made)


# -- one row --------------------------------------------------------------------------------------


def test_change_rate_and_shares_by_hand() -> None:
    figures = known(SOUTH, "robbery", (40, 50, 63)) | known(SOUTH, "crime", (900, 1000, 900))
    found = priorities(figures, "robbery")
    assert found["change"] == pytest.approx(0.26)
    assert found["rate"] == pytest.approx(3.0)  # 63 of 21,000 residents
    assert found["share_of_crime"] == pytest.approx(0.07)
    assert found["share"] is Blank.NOT_APPLICABLE
    assert found["source"] == "counted"
    labels = {c.key: c.label for c in sheet(make_assessment(WARDS, DAY, {}, KENT), "Wards").columns}
    assert labels["rate"] == "Per 1,000 residents, year to Sep 2016"
    assert labels["share_of_crime"] == "Share of total crime, year to Sep 2016"


def test_a_share_names_its_total() -> None:
    figures = known(SOUTH, "violence!domestic_abuse", (1, 2, 30)) | known(
        SOUTH, "violence", (1, 2, 100)
    )
    found = priorities(figures, "domestic_abuse")
    assert (found["share"], found["share_of"]) == (pytest.approx(0.3), "violent crime")
    # total crime is not known
    assert found["share_of_crime"] is Blank.NO_DATA


def test_what_is_no_crime_has_no_share_of_crime() -> None:
    figures = known(SOUTH, "asb", (40, 50, 63)) | known(SOUTH, "crime", (900, 1000, 900))
    assert priorities(figures, "asb")["share_of_crime"] is Blank.NOT_APPLICABLE


def test_a_part_of_a_year_is_shown_marked_and_compared_with_nothing() -> None:
    figures = known(SOUTH, "robbery", (40, 50, 63)) | known(SOUTH, "crime", (900, 1000, 900))
    figures[Asked.of(SOUTH, "robbery", YEARS[1])] = Figure(9, "part")
    found = priorities(figures, "robbery")
    assert (found["year_before"], found["not_whole"]) == (9, "Year to Sep 2015")
    assert found["change"] is found["change_tested"] is Blank.NOT_COMPARED
    assert found["rate"] == pytest.approx(3.0)
    figures[Asked.of(SOUTH, "robbery", YEARS[2])] = Figure(9, "part")
    found = priorities(figures, "robbery")
    assert found["rate"] is Blank.NO_DATA
    assert found["share_of_crime"] is Blank.NOT_COMPARED


def test_nothing_known_says_no_data_and_never_0() -> None:
    figures = known(SOUTH, "robbery", (0, 0, 0))
    found = priorities(figures, "weapons")
    keys = ("two_years_before", "year_before", "year", "change", "change_tested", "rate")
    assert {found[key] for key in keys} == {Blank.NO_DATA}
    found = priorities(figures, "robbery")
    assert (found["year"], found["rate"]) == (0, 0.0)
    assert found["change"] is Blank.NOT_APPLICABLE
    assert found["change_tested"] == BY_CHANCE


def test_what_nothing_is_known_of_stands_once_and_last() -> None:
    figures = known(SOUTH, "robbery", (40, 50, 63))
    found = sheet(make_assessment(WARDS, DAY, figures, KENT), "Priorities")
    areas = [r["area"] for r in found.rows]
    # robbery is known of South alone, and shown with all its areas
    assert areas[:3] == ["North", "South", "North and South"]
    assert set(areas[3:]) == {EVERY_AREA}
    assert {r["year"] for r in found.rows[3:]} == {Blank.NO_DATA}
    labels = [r["measure"] for r in found.rows[3:]]
    assert len(labels) == len(set(labels)) > 20
    assert "Robbery" not in labels


def test_residents_not_known_give_no_rate() -> None:
    wards = nine_wards()
    wards.frame.loc[0, "population"] = float("nan")
    sheets = make_assessment(wards, DAY, known(SOUTH, "robbery", (40, 50, 63)), KENT)
    found = row(sheet(sheets, "Priorities"), area="South", measure="Robbery")
    assert (found["year"], found["change"]) == (63, pytest.approx(0.26))
    assert found["rate"] is found["residents"] is Blank.NO_DATA


def test_theft_is_a_sum_and_is_not_known_without_one_of_its_kinds() -> None:
    whats = measures()["theft"].whats
    figures: dict[Asked, Figure] = {}
    for i, what in enumerate(whats):
        figures |= known(SOUTH, what, (1, 10**i, 2 * 10**i))
    assert priorities(figures, "theft")["year"] == 2222
    del figures[Asked.of(SOUTH, whats[2], YEARS[2])]
    assert priorities(figures, "theft")["year"] is Blank.NO_DATA


def test_residential_burglary_may_be_recorded_by_its_finer_kinds_alone() -> None:
    day = date(2026, 3, 31)
    figures = {
        Asked.of(SOUTH, f"burglary.{kind}", year): Figure(count, "known")
        for year in three_years(day)
        for kind, count in (("residential_home", 30), ("residential_unconnected", 4))
    }
    sheets = make_assessment(WARDS, day, figures, KENT)
    found = row(
        sheet(sheets, "Priorities"), area="South", measure="Residential burglary (from April 2017)"
    )
    assert (found["year_before"], found["year"], found["change"]) == (34, 34, 0.0)


# -- tests ----------------------------------------------------------------------------------------


def test_a_change_is_tested_exactly_and_by_the_day() -> None:
    """The year to September 2016 has 366 days; scipy's binomial test is the reference."""
    first, second = 100, 134
    p = binomtest(second, first + second, 366 / 731).pvalue
    assert 0.02 < p < 0.05
    figures = known(SOUTH, "robbery", (1, first, second))
    assert priorities(figures, "robbery")["change_tested"] == "rise, fewer than 1 in 20 by chance"
    # the day of a leap year makes up for what would else be a rise
    assert binomtest(4180, 8180, 0.5).pvalue < 0.05 < binomtest(4180, 8180, 366 / 731).pvalue
    figures = known(SOUTH, "robbery", (1, 4000, 4180))
    assert priorities(figures, "robbery")["change_tested"] == BY_CHANCE
    figures = known(SOUTH, "robbery", (1, 134, 80))
    assert binomtest(80, 214, 366 / 731).pvalue < 0.001
    assert priorities(figures, "robbery")["change_tested"] == (
        "fall, fewer than 1 in 1,000 by chance"
    )


def test_tests_of_one_table_are_adjusted_together() -> None:
    figures = known(SOUTH, "robbery", (1, 100, 134))
    for what in ("weapons", "drugs", "asb"):
        figures |= known(SOUTH, what, (1, 100, 100))
    # 4 tests of which only this one is small: 4 x 0.027 is above 0.05
    assert priorities(figures, "robbery")["change_tested"] == BY_CHANCE


# -- series breaks --------------------------------------------------------------------------------


def test_no_change_across_a_break_but_of_the_category_as_a_whole() -> None:
    day = date(2018, 3, 31)
    years = three_years(day)
    figures = {
        Asked.of(SOUTH, what, year): Figure(100, "known")
        for what in ("burglary", "burglary.dwelling", "burglary.residential")
        for year in years
    }
    found = sheet(make_assessment(WARDS, day, figures, Source()), "Priorities")
    dwelling = row(found, area="South", measure="Burglary in a dwelling (to March 2017)")
    residential = row(found, area="South", measure="Residential burglary (from April 2017)")
    whole = row(found, area="South", measure="Burglary, all kinds")
    assert (dwelling["year_before"], dwelling["year"]) == (100, Blank.NOT_APPLICABLE)
    assert (residential["year_before"], residential["year"]) == (Blank.NOT_APPLICABLE, 100)
    assert dwelling["change"] is residential["change"] is Blank.NOT_COMPARED
    assert whole["change"] == 0.0
    marks = str(whole["breaks"])
    assert marks == residential["breaks"] == dwelling["breaks"]
    (note,) = [n for n in found.notes if n.startswith(f"Series break {marks}: ")]
    assert "sheds and garages" in note


def test_a_year_with_a_part_of_a_kind_in_use_is_a_part() -> None:
    day = date(2017, 9, 30)
    figures = {Asked.of(SOUTH, "burglary.residential", three_years(day)[2]): Figure(60, "known")}
    found = row(
        sheet(make_assessment(WARDS, day, figures, Source()), "Priorities"),
        area="South",
        measure="Residential burglary (from April 2017)",
    )
    assert (found["year"], found["not_whole"]) == (60, "Year to Sep 2017")
    assert found["rate"] is Blank.NO_DATA


def test_better_recording_is_marked_and_does_not_forbid_a_change() -> None:
    start, end = date(2016, 10, 1), date(2018, 10, 1)
    robbery = measures()["robbery"]
    assert not forbids_change(robbery, start, end, ["Kent Police"])
    assert [b.day for b in crossed(robbery, start, end, ["Kent Police"])] == [date(2017, 6, 1)]
    assert not crossed(robbery, start, end, ["Another force"])


def test_what_moves_between_kinds_that_are_all_counted_is_no_break() -> None:
    start, end = date(2012, 10, 1), date(2014, 10, 1)
    whose = ["data.police.uk"]
    assert forbids_change(measures()["other_theft"], start, end, whose)
    assert not forbids_change(measures()["theft"], start, end, whose)
    assert not crossed(measures()["theft"], start, end, whose)
    assert not crossed(measures()["total_crime"], start, end, whose)
