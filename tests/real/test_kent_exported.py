"""What leaves the workspace on real data: exported cells equal pandas on the raw files.

The other tests of this folder check the functions; these read the files that were written.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from tests.real.test_kent_assessment import MEASURES, SOCIETY, VICTIM, rows_by_ward
from tests.unit.test_assessment_command import COUNTS, check_printed, export, here

DISTRICTS = ("E07000107", "E07000109")


@pytest.fixture(scope="module")
def folder(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of 13 months, and its exports."""
    folder = tmp_path_factory.mktemp("kent") / "w"
    wards = [real_data / "uk-geojson" / "wards" / f"{code}.json" for code in DISTRICTS]
    people = real_data / "geographr" / "ward17_population_bestfit.csv"
    month = ["--period", "2022-03", "--category"]
    steps: list[list[object]] = [
        ["init", folder],
        ["-C", folder, "add", "boundaries", *wards, "--vintage", "2013"],
        ["-C", folder, "add", "population", people],
        ["-C", folder, "add", "incidents", real_data / "police-uk-kent"],
        ["-C", folder, "export", "shortlist", *month, "asb", "-o", folder / "both.csv"],
        ["-C", folder, "export", "shortlist", *month, "crime", "--area", DISTRICTS[1],
         "-o", folder / "one.xlsx"],
        ["-C", folder, "export", "assessment", "--year-ending", "2022-03-31",
         "-o", folder / "year.zip", "--format", "csv"],
    ]  # fmt: skip
    for step in steps:
        here(*step, *(["--tier", "restricted"] if "export" in step else []))
    return folder


@pytest.fixture(scope="module")
def raw(real_data: Path) -> pd.DataFrame:
    """Every street-level row in the wards: month, type, ward."""
    files = [real_data / "uk-geojson" / "wards" / f"{code}.json" for code in DISTRICTS]
    return rows_by_ward(real_data, files)


@pytest.fixture(scope="module")
def wards(real_data: Path) -> pd.DataFrame:
    """Residents and borough by ward code."""
    people = pd.read_csv(real_data / "geographr" / "ward17_population_bestfit.csv")
    found = [
        (feature["properties"]["WD13CD"], code)
        for code in DISTRICTS
        for feature in json.loads(
            (real_data / "uk-geojson" / "wards" / f"{code}.json").read_text("utf-8")
        )["features"]
    ]
    table = pd.DataFrame(found, columns=["ward", "borough"]).set_index("ward")
    return table.join(people.set_index("ward17_code")["population_mid2019"].rename("people"))


def counts(raw: pd.DataFrame, types: tuple[str, ...], first: str, last: str) -> pd.Series:
    rows = raw[raw["Crime type"].isin(types) & raw["Month"].between(first, last)]
    return rows["ward"].value_counts()


def of(table: pd.DataFrame, measure: str) -> pd.DataFrame:
    return table[table["measure"] == measure]


def check_shortlist(
    table: pd.DataFrame, raw: pd.DataFrame, wards: pd.DataFrame, types: tuple[str, ...]
) -> None:
    table = table.set_index("ward_code")
    mine = wards.loc[table.index]
    now, before, year = (
        counts(raw, types, month, month).reindex(table.index, fill_value=0)
        for month in ("2022-03", "2022-02", "2021-03")
    )
    assert now.sum() > 100
    assert (table["incidents"].astype(int) == now).all()
    assert (table["before_incidents"].astype(int) == before).all()
    assert (table["year_incidents"].astype(int) == year).all()
    assert (table["residents"].astype(int) == mine["people"]).all()
    assert table["rate"].astype(float).to_list() == pytest.approx(1000 * now / mine["people"])
    of_borough = now.groupby(mine["borough"]).transform("sum")
    assert table["share"].astype(float).to_list() == pytest.approx(now / of_borough)
    assert table["rank"].astype(int).to_list() == now.rank(method="min", ascending=False).to_list()
    for key, then in (("before", before), ("year", year)):
        some = then > 0
        change = table.loc[some, f"{key}_change"].astype(float)
        assert change.to_list() == pytest.approx((now / then - 1)[some])
        assert set(table.loc[~some, f"{key}_change"]) <= {"–"}


def test_the_shortlist_of_both_boroughs(
    folder: Path, raw: pd.DataFrame, wards: pd.DataFrame
) -> None:
    table = pd.read_csv(folder / "both.csv", encoding="utf-8-sig")
    assert set(table["ward_code"]) == set(wards.index)
    check_shortlist(table, raw, wards, ("Anti-social behaviour",))


def test_the_shortlist_of_one_borough(folder: Path, raw: pd.DataFrame, wards: pd.DataFrame) -> None:
    book = openpyxl.load_workbook(folder / "one.xlsx")
    keys: dict[str, dict[object, object]] = {}
    for tab, label, key, _ in book["Notes"].iter_rows(max_col=4, values_only=True):
        keys.setdefault(str(tab), {})[label] = key
    parts = []
    for name in ("Ward shortlist", "Details"):
        lines = list(book[name].iter_rows(values_only=True))
        at = next(i for i, line in enumerate(lines) if line[0] == "Rank")
        columns = [keys[name][label] for label in lines[at] if label]
        cells = [line[: len(columns)] for line in lines[at + 1 : at + 19]]
        parts.append(pd.DataFrame(cells, columns=columns))
    main, details = parts
    assert (main["ward"] == details["ward"]).all()
    table = main.join(details[[c for c in details if c not in main]])
    assert set(table["ward_code"]) == set(wards.index[wards["borough"] == DISTRICTS[1]])
    check_shortlist(table, raw, wards, VICTIM + SOCIETY)


def test_the_assessment_of_wards_and_boroughs(
    folder: Path, raw: pd.DataFrame, wards: pd.DataFrame
) -> None:
    with zipfile.ZipFile(folder / "year.zip") as files:
        tables = {
            name: pd.read_csv(io.BytesIO(files.read(f"{name}.csv")), encoding="utf-8-sig")
            for name in ("wards", "priorities", "headline")
        }
    crime = counts(raw, VICTIM + SOCIETY, "2021-04", "2022-03").reindex(wards.index, fill_value=0)
    for name, types in MEASURES.items():
        now = counts(raw, types, "2021-04", "2022-03").reindex(wards.index, fill_value=0)
        by_ward = of(tables["wards"], name).set_index("ward_code")
        assert (by_ward["year"].astype(int).reindex(wards.index) == now).all()
        rates = by_ward["rate"].astype(float).reindex(wards.index)
        assert rates.to_list() == pytest.approx(1000 * now / wards["people"])
        first = name in set(tables["headline"]["measure"])
        rows = of(tables["headline" if first else "priorities"], name)
        assert rows["year"].astype(int).to_list() == [
            *now.groupby(wards["borough"]).sum(), now.sum()
        ]  # fmt: skip
        if not first and name != "Anti-social behaviour":
            share = rows["share_of_crime"].astype(float).to_list()
            assert share[-1] == pytest.approx(now.sum() / crime.sum())
        # a year of which one month is known is compared with nothing
        assert set(rows["change"]) == {"not compared"}
    total = of(tables["headline"], "Total crime")
    sums, people = crime.groupby(wards["borough"]).sum(), wards.groupby("borough")["people"].sum()
    assert total["year"].astype(int).to_list() == [*sums, crime.sum()]
    assert total["rate"].astype(float).to_list()[:2] == pytest.approx(1000 * sums / people)


def test_the_partnerships_own_table_with_real_wards(real_data: Path, tmp_path: Path) -> None:
    folder, file = tmp_path / "w", real_data / "geographr" / "wards21_dartford_gravesham.geojson"
    here("init", folder)
    here("-C", folder, "add", "boundaries", file, "--vintage", "2021")
    (tmp_path / "counts.csv").write_text(COUNTS, "utf-8")
    check_printed(export(folder, tmp_path / "a.xlsx", "--counts", tmp_path / "counts.csv"))
