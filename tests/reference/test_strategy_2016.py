"""The partnership's own 2016 table, entered as counts, comes out with its figures.

Source of all figures: Dartford and Gravesham Community Safety Strategy 2016-19 (2017 refresh),
"The key findings of our Strategic Assessment 2016" and "Protecting and Strengthening Communities".
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from hotspots.evidence.assessment import Source, make_assessment
from hotspots.evidence.assessment_sheets import EVERY_AREA
from hotspots.evidence.comparators import read_comparators
from hotspots.evidence.entered import read_entered
from hotspots.model import Wards
from hotspots.sheets import Sheet, Value, shown
from tests.support import nine_wards

YEAR = date(2016, 9, 30)
RESIDENTS = {"Dartford": 103_900, "Gravesham": 106_250}
#: Year ending September 2014, 2015, 2016.
PRINTED = {
    ("Dartford", "Victim-based crime"): (7795, 7522, 8388),
    ("Dartford", "Other crimes against society"): (523, 464, 619),
    ("Gravesham", "Victim-based crime"): (7180, 6783, 7697),
    ("Gravesham", "Other crimes against society"): (521, 460, 612),
}


def two_boroughs() -> Wards:
    wards = nine_wards()
    names = {"South": "Dartford", "North": "Gravesham"}
    frame = wards.frame.assign(district_name=wards.frame["district_name"].map(names))
    return replace(wards, frame=frame)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sheet]:
    lines = ["Area,Measure,Year ending,Count,Population"]
    for (area, measure), counts in PRINTED.items():
        lines += [
            f'{area},{measure},{2014 + i}-09-30,"{count:,}",{RESIDENTS[area]}'
            for i, count in enumerate(counts)
        ]
    lines += ["Dartford,criminal_damage,2016-09-30,1385,103900"]
    lines += ["Gravesham,criminal_damage,30/09/2016,1404,106250"]
    path = tmp_path_factory.mktemp("entered") / "entered.csv"
    path.write_text("\n".join(lines), "utf-8")
    wards = two_boroughs()
    entered = read_entered(path, wards)
    assert (entered.read, len(entered.rows), len(entered.rejected)) == (14, 14, 0)
    sheets = make_assessment(wards, YEAR, {}, Source(["Kent Police"]), entered=entered)
    return {sheet.name: sheet for sheet in sheets}


def cells(sheet: Sheet, area: str, measure: str) -> dict[str, str]:
    """One row as people read it."""
    (row,) = [r for r in sheet.rows if (r["area"], r["measure"]) == (area, measure)]
    return {column.key: shown(row[column.key], column) for column in sheet.columns}


@pytest.mark.parametrize(
    ("area", "measure", "counts", "change", "rate"),
    [
        ("Dartford", "Victim-based crime", ("7,795", "7,522", "8,388"), "+11.5%", "80.7"),
        # 5.9 is printed, which no population can give that gives 80.7 and 86.7
        ("Dartford", "Other crimes against society", ("523", "464", "619"), "+33.4%", "6.0"),
        ("Dartford", "Total crime", ("8,318", "7,986", "9,007"), "+12.8%", "86.7"),
        ("Gravesham", "Victim-based crime", ("7,180", "6,783", "7,697"), "+13.5%", "72.4"),
        ("Gravesham", "Other crimes against society", ("521", "460", "612"), "+33.0%", "5.8"),
        ("Gravesham", "Total crime", ("7,701", "7,243", "8,309"), "+14.7%", "78.2"),
    ],
)
def test_the_printed_table(
    tables: dict[str, Sheet],
    area: str,
    measure: str,
    counts: tuple[str, str, str],
    change: str,
    rate: str,
) -> None:
    row = cells(tables["Headline"], area, measure)
    assert (row["two_years_before"], row["year_before"], row["year"]) == counts
    assert (row["change"], row["rate"]) == (change, rate)
    assert row["residents"] == f"{RESIDENTS[area]:,}"
    assert row["source"] == "entered"
    # each rise is far beyond chance, and Kent's better recording of these years is marked
    assert row["change_tested"] == "rise, fewer than 1 in 10,000 by chance"


def test_no_population_gives_the_printed_rate_of_crimes_against_society() -> None:
    fit = [
        people
        for people in range(100_000, 110_000)
        if f"{8388e3 / people:.1f} {9007e3 / people:.1f}" == "80.7 86.7"
    ]
    assert 103_900 in fit
    assert {f"{619e3 / people:.1f}" for people in fit} == {"6.0"}


def test_both_together_are_the_sum(tables: dict[str, Sheet]) -> None:
    row = cells(tables["Headline"], "Dartford and Gravesham", "Total crime")
    assert row["year"] == f"{9007 + 8309:,}"
    assert row["residents"] == "210,150"
    assert row["rate"] == f"{1000 * (9007 + 8309) / 210_150:.1f}"


@pytest.mark.parametrize(
    ("area", "count", "of_total", "of_victim_based"),
    [("Dartford", "1,385", "15.4%", "16.5%"), ("Gravesham", "1,404", "16.9%", "18.2%")],
)
def test_criminal_damage_is_that_share_of_total_crime(
    tables: dict[str, Sheet], area: str, count: str, of_total: str, of_victim_based: str
) -> None:
    """The text calls 15.4 % and 16.9 % shares of victim-based crime; they are of total crime."""
    sheet = tables["Priorities"]
    row = cells(sheet, area, "Criminal damage and arson")
    assert row["year"] == count
    assert row["share_of_crime"] == of_total
    assert (row["share"], row["share_of"]) == (of_victim_based, "victim-based crime")
    label = next(c.label for c in sheet.columns if c.key == "share_of_crime")
    assert label == "Share of total crime, year to Sep 2016"
    # nothing is entered of the years before
    assert (row["year_before"], row["change"]) == ("no data", "no data")


def test_what_is_not_entered_says_no_data(tables: dict[str, Sheet]) -> None:
    row = cells(tables["Priorities"], EVERY_AREA, "Hate crime")
    assert row["year"] == row["rate"] == row["change"] == "no data"
    assert row["theme"] == "Protecting and strengthening communities"


def test_in_2016_criminal_damage_was_a_part_of_the_priority_asb(tables: dict[str, Sheet]) -> None:
    """A priority in its own right from 2017."""
    row = cells(tables["Priorities"], "Dartford", "Criminal damage and arson")
    assert row["priority"] == "Anti-social behaviour"


def test_burglary_other_than_dwelling_ranks_10th_of_15(tmp_path: Path) -> None:
    """ "our position improved from 15th to 10th": 15th is the highest of the group."""
    others = [f"Area {i},Most Similar Group,burglary_other,{i / 2}" for i in range(1, 15)]
    own = "Dartford and Gravesham CSP,Most Similar Group,burglary_other,4.9"
    path = tmp_path / "comparators.csv"
    path.write_text("\n".join(["area,group,measure,rate", *others, own]), "utf-8")
    comparators = read_comparators(path)
    sheets = make_assessment(two_boroughs(), YEAR, {}, Source(), comparators=comparators)
    sheet = sheets[-1]
    assert sheet.name == "Comparators"
    (row,) = sheet.rows
    values: dict[str, Value] = dict(row)
    assert values["area"] == "Dartford and Gravesham"
    assert values["rank"] == "10th of 15"
    assert (values["others"], values["median"]) == (14, 3.75)
    assert values["source"] == "from the file"
