"""The CSV files that the partnership types: entered counts and comparators."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.errors import DataError, UsageError
from hotspots.evidence.areas_named import boroughs, find_area
from hotspots.evidence.assessment import Source, make_assessment
from hotspots.evidence.comparators import Comparators, read_comparators
from hotspots.evidence.entered import read_entered
from hotspots.evidence.figures import Figure
from hotspots.evidence.years import three_years
from hotspots.sharing.asked import Asked, area
from hotspots.sheets import Blank, Value
from tests.support import nine_wards

DAY = date(2016, 9, 30)
WARDS = nine_wards()
NOW = three_years(DAY)[2]


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "typed.csv"
    path.write_bytes(text.encode(encoding))
    return path


# -- areas ----------------------------------------------------------------------------------------


def test_areas_are_found_by_name_or_code() -> None:
    for text in ("D1", "south", " South ", "South Borough Council"):
        assert find_area(WARDS, text).where == "district:2021:D1"
    for text in ("all", "Both", "North and South", "NORTH & SOUTH", "North & South CSP"):
        assert find_area(WARDS, text).where == "all:2021"
    assert find_area(WARDS, "Ward 3").where == find_area(WARDS, "t003").where == "ward:2021:T003"
    with pytest.raises(UsageError, match="An area must be North, South, North and South"):
        find_area(WARDS, "Elsewhere")


def test_two_wards_of_one_name_are_asked_by_code() -> None:
    wards = nine_wards(names=["Town"] * 2 + [f"Ward {i}" for i in range(7)])
    with pytest.raises(UsageError, match="'Town' is the name of T000, T001: give the code"):
        find_area(wards, "Town")


def test_a_part_of_the_wards_is_its_district_and_not_all_of_the_vintage() -> None:
    from hotspots.areas import part_of

    (only,) = boroughs(part_of(WARDS, "D2"))
    assert (only.where, only.name, only.residents) == ("district:2021:D2", "North", 24_000)


# -- entered counts -------------------------------------------------------------------------------


def test_every_row_is_used_or_rejected_with_its_reason(tmp_path: Path) -> None:
    text = """Area;Measure;Year ending;Count;Population
South;robbery;2016-09-30;"1,234";
South;Robbery;30/09/2016;7;
Nowhere;robbery;2016-09-30;7;
South;piracy;2016-09-30;7;
South;asb;2016-09-29;7;
South;asb;2016-09-30;-7;
South;asb;2016-09-30;7.5;
South;asb;2016-09-30;7;0

;;;;
North;asb;2016-09-30;0;24000
"""
    found = read_entered(written(tmp_path, text), WARDS)
    assert (found.read, len(found.rows), len(found.rejected)) == (9, 2, 7)
    assert [each.row for each in found.rejected] == [3, 4, 5, 6, 7, 8, 9]
    said = [each.reason for each in found.rejected]
    wanted = [
        "twice",
        "An area must be",
        "A measure must be",
        "last day of a month",
        "count must be a whole number such as 8,388, got '-7'",
        "got '7.5'",
        "above 0",
    ]
    assert all(part in reason for part, reason in zip(wanted, said, strict=True))
    assert [(e.count, e.population) for e in found.rows] == [(1234, None), (0, 24_000)]
    assert found.said[0] == "typed.csv: 9 rows read = 2 kept + 7 rejected."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "must have the columns area, measure"),
        (b"area,measure,count\nSouth,asb,1\n", "add year_ending, population"),
        (b"area,area,measure,year_ending,count,population\n", "each once"),
        (b"area,measure,year_ending,count,population\n", "it has none"),
        (b"area,measure,year_ending,count,population\nX,asb,2016-09-30,1,\n", "row 2: An area"),
        (b"PK\x03\x04\0\0", "must be CSV text"),
        (b'area,measure,year_ending,count,population\n"South,asb', "must be a CSV file"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "typed.csv"
    path.write_bytes(content)
    with pytest.raises(DataError) as raised:
        read_entered(path, WARDS)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="must be a readable CSV file"):
        read_entered(tmp_path / "none.csv", WARDS)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, b: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "typed.csv"
    path.write_bytes(b"area,measure,year_ending,count,population\n" + b)
    try:
        found = read_entered(path, WARDS)
    except DataError:
        return
    assert found.read == len(found.rows) + len(found.rejected)


def test_an_entered_year_stands_beside_no_counted_one(tmp_path: Path) -> None:
    """They are counted differently: no change, no share of one in the other."""
    years = three_years(DAY)
    path = written(
        tmp_path,
        "area,measure,year_ending,count,population\nSouth,robbery,2016-09-30,120,21000\n",
    )
    figures = {
        Asked.of(area("2021", "D1"), what, year): Figure(100, "known")
        for what in ("robbery", "crime")
        for year in years
    }
    sheets = make_assessment(WARDS, DAY, figures, Source(), read_entered(path, WARDS))
    (row,) = [r for r in sheets[1].rows if (r["area"], r["measure"]) == ("South", "Robbery")]
    assert (row["year_before"], row["year"]) == (100, 120)
    assert row["change"] is row["change_tested"] is Blank.NOT_COMPARED
    assert row["share_of_crime"] is Blank.NOT_COMPARED
    assert row["rate"] == pytest.approx(1000 * 120 / 21_000)
    assert row["source"] == "counted / entered"
    # together: the entered borough and the other one, of which nothing is known
    (both,) = [
        r for r in sheets[1].rows if (r["area"], r["measure"]) == ("North and South", "Robbery")
    ]
    assert both["year"] is Blank.NO_DATA


HEAD = "area,measure,year_ending,count,population\n"


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("South,robbery,2016-09-30,3,\n", "0 or at least 5 in this tier; got 3 for Robbery"),
        ("South,arson,2016-09-30,50,\n", "where the counted one is withheld"),
        (
            "South,victim_based,2016-09-30,997,\nSouth,total_crime,2016-09-30,1000,\n",
            "leave a rest below 5",
        ),
        ("South,robbery,2016-09-30,97,\nall,robbery,2016-09-30,100,\n", "leave a rest below 5"),
    ],
)
def test_an_entered_count_gives_no_small_one_away(tmp_path: Path, rows: str, said: str) -> None:
    entered = read_entered(written(tmp_path, HEAD + rows), WARDS)
    asked = Asked.of(area("2021", "D1"), "criminal_damage.arson", NOW)
    figures = {asked: Figure(None, "known", withheld=True)}
    with pytest.raises(DataError, match=said):
        make_assessment(WARDS, DAY, figures, Source(small_counts_below=5), entered)
    # in a tier that withholds nothing it may stand
    make_assessment(WARDS, DAY, {}, Source(), entered)


def test_an_entered_0_and_a_large_count_may_stand_in_any_tier(tmp_path: Path) -> None:
    rows = "South,robbery,2016-09-30,0,\nNorth,robbery,2016-09-30,5,\n"
    entered = read_entered(written(tmp_path, HEAD + rows), WARDS)
    sheets = make_assessment(WARDS, DAY, {}, Source(small_counts_below=5), entered)
    found = {r["area"]: r["year"] for r in sheets[1].rows if r["measure"] == "Robbery"}
    assert found == {"South": 0, "North": 5, "North and South": 5}


# -- comparators ----------------------------------------------------------------------------------


def compared(tmp_path: Path, text: str, counts: Mapping[str, int]) -> list[dict[str, Value]]:
    """The table, with robberies counted in the boroughs and in all."""
    figures = {
        Asked.of(area("2021", code), "robbery", NOW): Figure(n, "known")
        for code, n in counts.items()
    }
    comparators: Comparators = read_comparators(written(tmp_path, text))
    sheets = make_assessment(WARDS, DAY, figures, Source(), comparators=comparators)
    return [dict(row) for row in sheets[-1].rows]


def test_rank_1_is_the_lowest_rate_and_our_own_row_is_not_counted_twice(tmp_path: Path) -> None:
    # 21,000 residents in South: 42 robberies are 2.0 per 1,000
    text = """area,group,measure,rate,count,population
A,Group,robbery,1.0,,
B,Group,robbery,,30,10000
C,Group,robbery,4,,
South Borough,Group,robbery,9.9,,
"""
    (row,) = compared(tmp_path, text, {"D1": 42, "D2": 24})
    assert (row["area"], row["rank"], row["ours"]) == ("South", "2nd of 4", 2.0)
    assert (row["median"], row["lowest"], row["highest"], row["others"]) == (3.0, 1.0, 4.0, 3)
    assert row["source"] == "counted"


def test_equal_to_the_decimals_given_is_a_joint_rank(tmp_path: Path) -> None:
    # 43 of 21,000 are 2.0476 per 1,000, which the others would print as 2.0
    text = "area,group,measure,rate\nA,G,robbery,2.0\nB,G,robbery,2.1\nSouth,G,robbery,2.0\n"
    (row,) = compared(tmp_path, text, {"D1": 43})
    assert row["rank"] == "joint 1st of 3"


def test_a_group_without_us_is_compared_with_each_of_our_areas(tmp_path: Path) -> None:
    text = "area,group,measure,rate\nA,G,robbery,0.1\n"
    rows = compared(tmp_path, text, {"D1": 42, "D2": 24, "": 66})
    assert [row["area"] for row in rows] == ["North", "South", "North and South"]
    assert {row["rank"] for row in rows} == {"2nd of 2"}


def test_a_borough_is_compared_with_the_other_one_and_not_with_both(tmp_path: Path) -> None:
    text = """area,group,measure,rate
A,County,robbery,0.1
North,County,robbery,1.0
South,County,robbery,2.0
All,County,robbery,1.5
"""
    rows = {row["area"]: row for row in compared(tmp_path, text, {"D1": 42, "D2": 24, "": 66})}
    assert (rows["South"]["others"], rows["South"]["rank"]) == (2, "3rd of 3")
    assert (rows["North"]["others"], rows["North"]["rank"]) == (2, "2nd of 3")
    assert (rows["North and South"]["others"], rows["North and South"]["rank"]) == (1, "2nd of 2")


def test_rates_of_other_years_are_named_and_not_used(tmp_path: Path) -> None:
    text = """area,group,measure,rate,year_ending
A,G,robbery,0.1,2015-09-30
B,G,robbery,0.2,2016-09-30
C,G,robbery,wrong,2016-09-30
D,G,robbery,,
"""
    comparators = read_comparators(written(tmp_path, text, "cp1252"))
    assert (comparators.read, len(comparators.rows), len(comparators.rejected)) == (4, 2, 2)
    sheet = make_assessment(WARDS, DAY, {}, Source(), comparators=comparators)[-1]
    assert {row["others"] for row in sheet.rows} == {1}
    # nothing is known of our own
    assert {row["rank"] for row in sheet.rows} == {Blank.NO_DATA}
    assert "Rows of typed.csv of other years, not used: 1." in sheet.notes
    assert any("Row 4" in note and "rate must be a number" in note for note in sheet.notes)


def test_a_withheld_rate_has_no_rank_even_if_the_file_has_ours(tmp_path: Path) -> None:
    text = "area,group,measure,rate\nA,G,robbery,0.1\nSouth,G,robbery,0.2\n"
    figures = {Asked.of(area("2021", "D1"), "robbery", NOW): Figure(None, "known", True)}
    comparators = read_comparators(written(tmp_path, text))
    sheet = make_assessment(WARDS, DAY, figures, Source(), comparators=comparators)[-1]
    (row,) = sheet.rows
    assert row["ours"] is row["rank"] is Blank.WITHHELD


def test_a_file_of_another_encoding_is_named_as_that(tmp_path: Path) -> None:
    wide = tmp_path / "wide.csv"
    wide.write_text("area,measure,year_ending,count,population\n", "utf-16")
    with pytest.raises(DataError, match=r"in UTF-8 or Windows-1252; wide\.csv holds zero bytes"):
        read_entered(wide, nine_wards())
