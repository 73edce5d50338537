"""``hotspots export assessment`` as a user runs it: the partnership's own counts, its key wards.

Source of the figures: Dartford and Gravesham Community Safety Strategy 2016-19 (2017 refresh),
"The key findings of our Strategic Assessment 2016".
"""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner
from openpyxl.worksheet.worksheet import Worksheet

from hotspots.cli import cli
from hotspots.errors import UsageError
from tests.conftest import ROOT
from tests.unit.test_cli import hotspots

COUNTS = """area,measure,year_ending,count,population
Dartford,victim_based,2014-09-30,"7,795",103900
Dartford,victim_based,2015-09-30,"7,522",103900
Dartford,victim_based,2016-09-30,"8,388",103900
Dartford,Crimes against society,2014-09-30,523,103900
Dartford,against_society,2015-09-30,464,103900
Dartford,against_society,2016-09-30,619,103900
Gravesham,victim_based,2014-09-30,"7,180",106250
Gravesham,victim_based,2015-09-30,"6,783",106250
Gravesham,victim_based,2016-09-30,"7,697",106250
Gravesham,against_society,2014-09-30,521,106250
Gravesham,against_society,2015-09-30,460,106250
Gravesham,against_society,2016-09-30,612,106250
Gravesham,burglary_other,2016-09-30,531,106250
"""
#: Area and measure to three years, change and rate as they are printed; 5.9 is printed for 6.0.
PRINTED = {
    ("Dartford", "Victim-based crime"): (7795, 7522, 8388, "+11.5%", "80.7"),
    ("Dartford", "Other crimes against society"): (523, 464, 619, "+33.4%", "6.0"),
    ("Dartford", "Total crime"): (8318, 7986, 9007, "+12.8%", "86.7"),
    ("Gravesham", "Victim-based crime"): (7180, 6783, 7697, "+13.5%", "72.4"),
    ("Gravesham", "Other crimes against society"): (521, 460, 612, "+33.0%", "5.8"),
    ("Gravesham", "Total crime"): (7701, 7243, 8309, "+14.7%", "78.2"),
}
YEAR = "2016-09-30"
Row = dict[str, object]


def rows_of(page: Worksheet) -> list[Row]:
    """A tab's table, by its headings."""
    lines = [[cell.value for cell in line] for line in page.iter_rows()]
    at = next(i for i, line in enumerate(lines) if "Measure" in line)
    end = next(i for i in range(at + 1, len(lines) + 1) if i == len(lines) or not any(lines[i]))
    return [dict(zip(map(str, lines[at]), line, strict=True)) for line in lines[at + 1 : end]]


def export(folder: Path, out: Path, *more: object) -> dict[str, list[Row]]:
    """Run the command; the tables of the workbook it writes, by tab."""
    done = hotspots("-C", folder, "export", "assessment", "--year-ending", YEAR, "-o", out, *more)
    assert done.returncode == 0, done.stderr
    book = openpyxl.load_workbook(out)
    names = [name for name in book.sheetnames if name not in ("Notes", "Provenance")]
    return {name: rows_of(book[name]) for name in names}


def check_printed(tabs: dict[str, list[Row]]) -> None:
    """The printed table comes out, and nothing that was not entered has a number."""
    years = [f"Year to Sep {year}" for year in (2014, 2015, 2016)]
    rate = "Per 1,000 residents, year to Sep 2016"
    for (area, measure), (*counts, change, per_1000) in PRINTED.items():
        (row,) = [r for r in tabs["Headline"] if (r["Area"], r["Measure"]) == (area, measure)]
        assert [row[year] for year in years] == counts
        assert f"{row['Change on the year before']:+.1%}" == change
        assert f"{row[rate]:.1f}" == per_1000
        assert row["Source"] == "entered"
        crime = PRINTED[area, "Total crime"][2]
        share = row["Share of total crime, year to Sep 2016"]
        assert share == pytest.approx(counts[2] / crime)
    assert [r["Year to Sep 2016"] for r in tabs["Headline"]][-1] == 9007 + 8309
    told = {
        (row["Area"], row["Measure"], year): row[year]
        for row in tabs["Priorities"]
        for year in years
        if row[year] not in ("no data", "–")
    }
    assert told == {
        ("Gravesham", "Burglary other than in a dwelling (to March 2017)", years[2]): 531
    }
    assert tabs["Wards"] == []


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's wards, their two boroughs named as the partnership's, and its counts."""
    folder = tmp_path_factory.mktemp("files")
    text = (ROOT / "boundaries" / "wards.geojson").read_text("utf-8")
    named = text.replace('"Aldenmere"', '"Dartford"').replace('"Brackwell"', '"Gravesham"')
    assert named != text
    (folder / "wards.geojson").write_text(named, "utf-8")
    (folder / "counts.csv").write_text(COUNTS, "utf-8")
    return folder


def here(*arguments: object) -> str:
    """Run the command in this process, which takes a tenth of the time of one of its own."""
    done = CliRunner().invoke(cli, list(map(str, arguments)), catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def workspace(folder: Path, wards: Path, *incidents: object) -> Path:
    here("init", folder)
    here("-C", folder, "add", "boundaries", wards, "--vintage", "2015")
    if incidents:
        here("-C", folder, "add", "incidents", *incidents)
    return folder


@pytest.fixture(scope="module")
def loaded(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a month of incidents, ten years later."""
    return workspace(
        tmp_path_factory.mktemp("loaded") / "w",
        files / "wards.geojson",
        ROOT / "data" / "incidents-2026-09.csv",
        "--mapping",
        ROOT / "data" / "mapping.toml",
    )


def test_the_printed_table_without_any_incident(files: Path, tmp_path: Path) -> None:
    empty = workspace(tmp_path / "w", files / "wards.geojson")
    check_printed(export(empty, tmp_path / "a.xlsx", "--counts", files / "counts.csv"))


def test_the_printed_table_beside_incidents_of_other_years(
    loaded: Path, files: Path, tmp_path: Path
) -> None:
    others = [f"Area {i},Most Similar Group,burglary_other,{i / 2}" for i in range(1, 15)]
    text = "\n".join(["area,group,measure,rate", *others, "Gravesham,Most Similar Group,theft,9"])
    (tmp_path / "others.csv").write_text(text, "utf-8")
    tabs = export(
        loaded, tmp_path / "a.xlsx", "--counts", files / "counts.csv",
        "--comparators", tmp_path / "others.csv",
    )  # fmt: skip
    check_printed(tabs)
    rows = [r for r in tabs["Comparators"] if r["Our area"] == "Gravesham"]
    ranks = {str(r["Measure"]): r["Rank (1 = lowest rate)"] for r in rows}
    # 1000 x 531 / 106,250 = 4.998, which is 5.0 as the others are given: level with the tenth
    assert ranks["Burglary other than in a dwelling (to March 2017)"] == "joint 10th of 15"


def test_key_wards_are_those_that_are_named(loaded: Path, tmp_path: Path) -> None:
    codes = ["Z05000003", "Z05000001"]
    out = tmp_path / "key.xlsx"
    here("-C", loaded, "export", "assessment", "--year-ending", "2026-09-30", "-o", out,
         "--key-wards", ", ".join(codes), "--tier", "restricted")  # fmt: skip
    book = openpyxl.load_workbook(out)
    rows = rows_of(book["Key wards"])
    assert {r["Ward code"] for r in rows if r["Ward"] != "Whole borough"} == set(codes)
    texts = [line[0].value for line in book["Key wards"].iter_rows(max_col=1)]
    assert "Key wards for Criminal damage and arson: those the partnership names." in texts


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--key-wards", "Z99"], "A key ward must be the code of one of the 2015 wards"),
        (["--key-wards", "Z05000001", "--quarterly"], "Key wards must be asked of the annual"),
    ],
)
def test_key_wards_that_cannot_be_shown_are_refused(
    loaded: Path, tmp_path: Path, asked: list[str], said: str
) -> None:
    before = here("-C", loaded, "exports", "--json")
    with pytest.raises(UsageError, match=said):
        here("-C", loaded, "export", "assessment", "--year-ending", "2026-09-30",
             "-o", tmp_path / "a.xlsx", *asked)  # fmt: skip
    assert not (tmp_path / "a.xlsx").exists()
    assert here("-C", loaded, "exports", "--json") == before


def test_entered_rows_of_a_kind_that_the_tier_may_not_have_are_said(
    loaded: Path, tmp_path: Path
) -> None:
    typed = tmp_path / "typed.csv"
    typed.write_text(f"area,measure,year_ending,count,population\nall,hate_crime,{YEAR},444,\n")
    asked = ("export", "assessment", "--year-ending", YEAR, "--counts", typed)
    done = hotspots("-C", loaded, *asked, "-o", tmp_path / "a.xlsx")
    assert done.returncode == 0, done.stderr
    assert "typed.csv: 1 rows read = 1 kept + 0 rejected." in done.stdout
    assert "1 kept row is of a kind that this tier may not have" in done.stdout
    for page in openpyxl.load_workbook(tmp_path / "a.xlsx"):
        assert all(cell != 444 for row in page.iter_rows(values_only=True) for cell in row)
