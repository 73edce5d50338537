"""Residents joined to wards by code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pytest
import shapely

from hotspots.boundaries import read_population
from hotspots.errors import DataError
from hotspots.model import WARD_COLUMNS, Wards

CODES = ["E05000001", "E05000002", "E05000003"]


@pytest.fixture
def wards() -> Wards:
    frame = gpd.GeoDataFrame(
        {
            "ward_code": CODES,
            "ward_name": ["A", "B", "C"],
            "district_code": np.nan,
            "district_name": np.nan,
            "vintage": "2021",
            "population": np.nan,
        },
        geometry=[shapely.box(i, 0, i + 1, 1) for i in range(3)],
        crs="EPSG:27700",
    )
    return Wards(frame[list(WARD_COLUMNS)], "2021", notice="Synthetic data")


def table(folder: Path, text: str, name: str = "population.csv") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def book(folder: Path, **sheets: list[list[Any]]) -> Path:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    workbook.save(folder / "population.xlsx")
    return folder / "population.xlsx"


FULL = "code,population\nE05000003,30\nE05000001,10\nE05000002,20.5\n"


def test_residents_are_joined_by_code(tmp_path: Path, wards: Wards) -> None:
    joined, report = read_population(table(tmp_path, FULL), wards)
    assert joined.frame["population"].tolist() == [10.0, 20.5, 30.0]
    assert joined.population_source == "population.csv, column population"
    assert joined.notice == "Synthetic data"
    assert (report.matched, report.column, report.other_columns) == (3, "population", ())
    assert report.wards_without_population == report.population_without_ward == ()
    assert report.sentences == ("3 of 3 wards have residents, from the column population.",)
    # the wards given are not changed
    assert wards.frame["population"].isna().all()
    assert wards.population_source is None


def test_what_does_not_match_is_listed(tmp_path: Path, wards: Wards) -> None:
    text = "code,residents\nE05000001,10\nE05000002,\nE05009999,5\nW05000001,7\nSource: ONS,\n"
    joined, report = read_population(table(tmp_path, text), wards)
    assert joined.frame["population"].isna().tolist() == [False, True, True]
    assert report.matched == 1
    assert report.wards_without_population == ("E05000002", "E05000003")
    assert report.population_without_ward == ("E05009999", "W05000001")
    assert report.sentences[1:] == (
        "2 wards have no residents: E05000002, E05000003.",
        "2 codes of the file are no ward of this vintage: E05009999, W05000001.",
    )


@pytest.mark.parametrize("bad", ["many", "-5", "nan", "inf", "1e999", "5%"])
def test_what_is_no_number_of_residents(tmp_path: Path, wards: Wards, bad: str) -> None:
    joined, report = read_population(table(tmp_path, FULL.replace("20.5", bad)), wards)
    assert joined.frame["population"].isna().tolist() == [False, True, False]
    assert report.wards_without_population == ("E05000002",)
    assert report.sentences[-1] == f"Not a number of residents: E05000002 ('{bad}')."


def test_thousands_separators(tmp_path: Path, wards: Wards) -> None:
    joined, _ = read_population(table(tmp_path, FULL.replace("20.5", '"1,234"')), wards)
    assert joined.frame["population"].iloc[1] == 1234


@pytest.mark.parametrize(
    ("header", "column", "others"),
    [
        ("code,population_mid2017,population_mid2019", 2, ("population_mid2017",)),
        ("code,Persons 2021,Persons 2020", 1, ("Persons 2020",)),
        ("code,All Ages,Area (km2)", 1, ()),
        ("code,population_density,Residents", 2, ()),
        ("code,male population,All persons", 2, ()),
        ("code,pop_2011,pop_2021", 2, ("pop_2011",)),
    ],
)
def test_the_column_of_residents(
    tmp_path: Path, wards: Wards, header: str, column: int, others: tuple[str, ...]
) -> None:
    rows = "\n".join(f"{code},1,2" for code in CODES)
    joined, report = read_population(table(tmp_path, f"{header}\n{rows}\n"), wards)
    assert joined.frame["population"].tolist() == [float(column)] * 3
    assert report.column == header.split(",")[column]
    assert report.other_columns == others


@pytest.mark.parametrize(
    "header",
    [
        "code,population,residents",
        "code,population,population_2011",
        "code,persons 2021,residents 2021",
    ],
)
def test_several_columns_must_be_chosen_from(tmp_path: Path, wards: Wards, header: str) -> None:
    rows = "\n".join(f"{code},1,2" for code in CODES)
    path = table(tmp_path, f"{header}\n{rows}\n")
    with pytest.raises(DataError, match="say which with --column"):
        read_population(path, wards)
    joined, report = read_population(path, wards, column=header.split(",")[1])
    assert joined.frame["population"].tolist() == [1.0] * 3
    assert report.column == header.split(",")[1]


def test_the_code_column_is_the_one_with_most_matches(tmp_path: Path, wards: Wards) -> None:
    text = "old code,new code,population\nE05000001,E05000002,1\nx,E05000003,2\ny,E05000001,3\n"
    joined, _ = read_population(table(tmp_path, text), wards)
    assert joined.frame["population"].tolist() == [3.0, 1.0, 2.0]
    other, report = read_population(table(tmp_path, text), wards, code_column="old code")
    assert other.frame["population"].iloc[0] == 1.0
    assert report.matched == 1


def test_a_book_with_notes_above_the_table_and_several_sheets(tmp_path: Path, wards: Wards) -> None:
    head = [["Mid-year estimates"], [], ["", "Table 1"], ["Ward Code", "Ward", "All Ages", 0, 1]]
    unknown = [["E05999999", "Z", 99, 1, 1]]
    persons = [[code, "x", 10 * i, 1, 1] for i, code in enumerate(CODES, start=1)]
    males = [[code, "x", 1, 1, 1] for code in CODES]
    path = book(
        tmp_path,
        Notes=[["About", "this file"]],
        **{"Mid-2020 Persons": head + unknown + persons, "Mid-2020 Males": head + males},
    )
    joined, report = read_population(path, wards)
    assert joined.frame["population"].tolist() == [10.0, 20.0, 30.0]
    assert joined.population_source == "population.xlsx, sheet Mid-2020 Persons, column All Ages"
    assert report.population_without_ward == ("E05999999",)


def test_sheets_that_cannot_be_told_apart(tmp_path: Path, wards: Wards) -> None:
    rows = [["code", "population"], *[[code, 1] for code in CODES]]
    with pytest.raises(DataError, match=r"sheet North; population\.xlsx, sheet South"):
        read_population(book(tmp_path, North=rows, South=rows), wards)


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("code,population\nX1,5\n", {}, "none of those in population.csv is"),
        ("", {}, "none of those in population.csv is"),
        (FULL + "E05000001,4\n", {}, "repeats E05000001 in code"),
        (FULL + "X,4\nX,4\n", {}, "repeats X in code"),
        (FULL + "E05000001,many\n", {}, "repeats E05000001"),
        (FULL.replace("population", "number"), {}, "has code, number: say which with --column"),
        (FULL, {"column": "people"}, "has code, population and no 'people'"),
        (FULL, {"code_column": "ward"}, "has code, population and no 'ward'"),
        ("code,population\nE05000001,\n\0", {}, "is binary"),
        ("E05000001,5\nE05000002,6\n", {}, "has no header"),
    ],
)
def test_a_file_that_cannot_be_joined(
    tmp_path: Path, wards: Wards, text: str, options: dict[str, str], said: str
) -> None:
    with pytest.raises(DataError, match=said) as caught:
        read_population(table(tmp_path, text), wards, **options)
    assert "\n" not in str(caught.value)


def test_files_of_another_sort(tmp_path: Path, wards: Wards) -> None:
    with pytest.raises(DataError, match="must exist"):
        read_population(tmp_path / "none.csv", wards)
    with pytest.raises(DataError, match="is neither: save it as CSV"):
        read_population(table(tmp_path, FULL, "population.doc"), wards)
    with pytest.raises(DataError, match="must be whole and without a password"):
        read_population(table(tmp_path, FULL, "population.xlsx"), wards)


def test_a_csv_saved_by_excel_on_windows(tmp_path: Path, wards: Wards) -> None:
    path = tmp_path / "population.csv"
    path.write_bytes(("ward,code,population\n" + f"Caf\u00e9,{CODES[0]},7\n").encode("cp1252"))
    assert read_population(path, wards)[0].frame["population"].iloc[0] == 7
