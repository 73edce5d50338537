"""The whole way through on real data: 13 months of police files in, the ward table out."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.unit.test_cli import hotspots


@pytest.fixture(scope="module")
def kent(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kent") / "w"
    wards = real_data / "uk-geojson" / "wards"
    steps: list[list[object]] = [
        ["init", folder],
        ["-C", folder, "add", "boundaries", wards / "E07000107.json", wards / "E07000109.json",
         "--vintage", "2013"],
        ["-C", folder, "add", "population",
         real_data / "geographr" / "ward17_population_bestfit.csv"],
        ["-C", folder, "add", "incidents", real_data / "police-uk-kent"],
        ["-C", folder, "run", "--period", "2021-06", "--category", "asb"],
        ["-C", folder, "export", "wards", "--tier", "restricted", "-o", folder / "wards.csv"],
    ]  # fmt: skip
    said = []
    for step in steps:
        done = hotspots(*step)
        assert done.returncode == 0, done.stderr
        said.append(done.stdout)
    (folder / "said.txt").write_text("\n".join(said), "utf-8")
    return folder


def test_every_street_row_is_accounted_for(kent: Path) -> None:
    said = (kent / "said.txt").read_text("utf-8")
    assert "228,272 rows read = " in said
    assert "Left out 2022-02-kent-outcomes.csv.gz" in said


def test_the_ward_table_equals_spdep(kent: Path, reference: Path) -> None:
    table = pd.read_csv(kent / "wards.csv").set_index("ward_code")
    expected = pd.read_csv(reference / "asb_2021_06_wards.csv").set_index("WD13CD")
    named = ["ward_name", "vintage", "incidents", "population", "rate_per_1000", "gi_star_z",
             "gi_star_p", "rank"]  # fmt: skip
    assert set(named) <= set(table.columns)
    assert len(table) == 35
    assert table["incidents"].sum() == 428
    both = table.join(expected[["n", "gistar_binary"]], how="inner")
    assert len(both) == 35
    assert (both["incidents"] == both["n"]).all()
    assert (both["gi_star_z"] - both["gistar_binary"]).abs().max() < 1e-6


def test_rates_and_residents_equal_pandas(kent: Path, real_data: Path) -> None:
    table = pd.read_csv(kent / "wards.csv").set_index("ward_code")
    people = pd.read_csv(real_data / "geographr" / "ward17_population_bestfit.csv").set_index(
        "ward17_code"
    )["population_mid2019"]
    assert (table["population"] == people.reindex(table.index)).all()
    rate = 1000 * table["incidents"] / people.reindex(table.index)
    assert (table["rate_per_1000"] - rate).abs().max() < 1e-9


def test_a_second_import_changes_nothing(kent: Path, real_data: Path) -> None:
    before = (kent / "hotspots.sqlite").read_bytes()
    done = hotspots("-C", kent, "add", "incidents", real_data / "police-uk-kent")
    assert done.returncode == 0, done.stderr
    assert "13 files were imported before" in done.stdout
    assert (kent / "hotspots.sqlite").read_bytes() == before


def test_an_outcomes_file_is_refused_by_name(kent: Path, real_data: Path) -> None:
    path = real_data / "police-uk-kent" / "2022-02" / "2022-02-kent-outcomes.csv.gz"
    done = hotspots("-C", kent, "add", "incidents", path)
    assert done.returncode == 1
    assert "outcomes" in done.stderr


def test_incidents_of_another_area_are_refused(kent: Path, real_data: Path) -> None:
    folder = real_data / "police-uk-city-of-london"
    done = hotspots("-C", kent, "add", "incidents", folder / "2015-01-city-of-london-street.csv.gz")
    assert done.returncode == 1
    assert "km away: check the CRS" in done.stderr


@pytest.mark.parametrize("category", ["asb", "vehicle_crime", "bicycle_theft"])
def test_moved_points_are_said_for_every_category(kent: Path, category: str) -> None:
    done = hotspots("-C", kent, "run", "--period", "2022-03", "--category", category)
    assert "Moved points" in done.stdout


def test_month_only_data_say_so_when_a_week_is_asked(kent: Path) -> None:
    done = hotspots("-C", kent, "run", "--period", "2021-W23", "--category", "asb")
    assert done.returncode == 1
    assert "known by month only" in done.stderr
