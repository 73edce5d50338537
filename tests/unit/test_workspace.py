"""Use cases of a workspace that go wrong easily: what is counted twice, kept stale or lost."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pandas as pd
import pytest

from hotspots.errors import DataError, ResultError, UsageError, WorkspaceError
from hotspots.example import make_demo
from hotspots.profile import Profile
from hotspots.store import Store
from hotspots.workspace import Workspace
from tests.conftest import ROOT
from tests.support import nine_wards

HEADER = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
    "Crime type,Last outcome category,Context\n"
)
ROW = ",{},Made-up Police,Made-up Police,{:.4f},51.6795,On or near Test Lane,,,{},,\n"


def street_file(folder: Path, months: list[str], rows: int, name: str | None = None) -> Path:
    """A data.police.uk file with so many ASB rows in each month, inside the nine wards."""
    path = folder / (name or f"{months[0]}-made-up-street.csv")
    text = "".join(
        ROW.format(month, 0.90 + 0.0005 * (i % 60), "Anti-social behaviour")
        for month in months
        for i in range(rows)
    )
    path.write_text(HEADER + text, "utf-8")
    return path


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace.init(tmp_path / "area")
    with made.store.boundaries() as sets:
        sets.add(nine_wards())
    yield made  # type: ignore[misc]
    made.store.close()


def in_wards(workspace: Workspace, month: str) -> int:
    return int(workspace.result(month, "asb").totals["incidents"])


def test_a_month_is_not_counted_twice_under_another_name(
    workspace: Workspace, tmp_path: Path
) -> None:
    workspace.add_incidents([street_file(tmp_path, ["2024-03"], 50)])
    both = street_file(tmp_path, ["2024-03", "2024-04"], 50, "m.csv")
    with pytest.raises(DataError, match="add --replace"):
        workspace.add_incidents([both])
    assert in_wards(workspace, "2024-03") == 50
    report = workspace.add_incidents([both], replace=True)
    assert report.replaced == ("2024-03-made-up-street.csv",)
    assert in_wards(workspace, "2024-03") == 50


def test_an_open_page_sees_a_replaced_month(workspace: Workspace, tmp_path: Path) -> None:
    workspace.add_incidents([street_file(tmp_path, ["2024-03"], 50)])
    assert in_wards(workspace, "2024-03") == 50
    (tmp_path / "new").mkdir()
    workspace.add_incidents([street_file(tmp_path / "new", ["2024-03"], 70)], replace=True)
    assert in_wards(workspace, "2024-03") == 70


def test_a_month_that_was_never_loaded_is_not_quiet(workspace: Workspace, tmp_path: Path) -> None:
    for month in ("2024-01", "2024-04"):
        workspace.add_incidents([street_file(tmp_path, [month], 60)])
    with pytest.raises(ResultError, match="February 2024 has none"):
        workspace.result("2024-02", "asb")
    april = workspace.result("2024-04", "asb").totals
    assert april["history_periods"] == 1
    assert april["usual"] == 60
    assert [p.id for p in workspace.periods("asb")] == ["2024-01", "2024-04"]


def test_the_last_run_is_the_one_run_last(workspace: Workspace, tmp_path: Path) -> None:
    workspace.add_incidents([street_file(tmp_path, ["2024-03", "2024-04"], 50)])
    first = workspace.run("2024-03", "asb")
    workspace.run("2024-04", "asb")
    again = workspace.run("2024-03", "asb")
    assert first.provenance["run"] == again.provenance["run"]
    assert workspace.last_run().period.id == "2024-03"


def test_new_residents_make_a_new_run(workspace: Workspace, tmp_path: Path) -> None:
    workspace.add_incidents([street_file(tmp_path, ["2024-03"], 50)])
    runs, rates = [], []
    for residents in (1_000, 4_504.5):
        codes = pd.Series([f"T{i:03d}" for i in range(9)], name="ward_code")
        pd.DataFrame({"ward_code": codes, "population": residents}).to_csv(
            tmp_path / "people.csv", index=False
        )
        workspace.add_population(tmp_path / "people.csv")
        result = workspace.run("2024-03", "asb")
        runs.append(result.provenance["run"])
        top = result.wards.iloc[0]
        rates.append(float(top["rate_per_1000"]))
        assert rates[-1] == pytest.approx(1000 * top["incidents"] / residents)
    assert runs[0] != runs[1]


def test_residents_may_come_in_two_files(workspace: Workspace, tmp_path: Path) -> None:
    for name, codes in (("south", range(6)), ("north", range(6, 9))):
        frame = pd.DataFrame({"ward_code": [f"T{i:03d}" for i in codes], "population": 500})
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
        workspace.add_population(tmp_path / f"{name}.csv")
    wards = workspace.wards()
    assert (wards.frame["population"] == 500).all()
    assert "south.csv" in str(wards.population_source)
    assert "north.csv" in str(wards.population_source)


def test_a_wrong_mapping_can_be_mended(tmp_path: Path) -> None:
    area = Workspace.init(tmp_path / "area")
    area.add_boundaries([ROOT / "boundaries" / "wards.geojson"], "2025")
    right = (ROOT / "data" / "mapping.toml").read_text("utf-8")
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(right.replace("EPSG:27700", "EPSG:4326"), "utf-8")
    export = ROOT / "data" / "incidents-2026-09.csv"
    with pytest.raises(DataError, match="check the mapping's columns, dates and CRS"):
        area.add_incidents([export], "csv", wrong)
    assert area.categories() == []
    kept = area.add_incidents([export], "csv", ROOT / "data" / "mapping.toml").kept
    other = tmp_path / "other.toml"
    other.write_text(right.replace('= "vehicle_crime"', '= "other_theft"'), "utf-8")
    again = area.add_incidents([export], "csv", other, replace=True)
    assert again.kept == kept
    assert "vehicle_crime" not in {entry.code for entry, _ in area.categories()}
    area.store.close()


def test_a_newer_export_takes_the_place_of_the_older_and_undo_gives_it_back(
    tmp_path: Path,
) -> None:
    area = Workspace.init(tmp_path / "area")
    area.add_boundaries([ROOT / "boundaries" / "wards.geojson"], "2025")
    mapping = ROOT / "data" / "mapping.toml"
    export = ROOT / "data" / "incidents-2026-09.csv"
    first = area.add_incidents([export], "csv", mapping)
    assert first.superseded == 0
    rows = list(csv.reader(export.read_text("utf-8").splitlines()[:200]))
    status = rows[0].index("status")
    good = next(i for i, row in enumerate(rows) if row[rows[0].index("easting")] and i)
    reference = rows[good][rows[0].index("reference")]
    rows[good][status] = "Cancelled"
    with (tmp_path / "later.csv").open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows(rows)
    before = area.stored.counts()
    later = area.add_incidents([tmp_path / "later.csv"], "csv", mapping)
    # the cancelled incident is gone too, and nothing is counted twice
    assert later.superseded == later.kept + 1 > 150
    with area.store.incidents(read_only=True) as files:
        known = files.incidents(None, "EPSG:27700").frame["reference"]
    assert len(known) == first.kept - 1
    assert known.is_unique
    assert reference not in set(known)
    compared = area.compare_imports(1, 2)
    assert (compared.changed, compared.only_second) == (0, 0)
    assert compared.unchanged == later.kept
    assert compared.only_first == first.kept - later.kept
    assert area.undo().id == 2
    assert area.stored.counts() == before
    assert [b.undone_at is None for b in area.imports()] == [True, False]
    with pytest.raises(UsageError, match="must be one that stands"):
        area.undo(2)
    area.store.close()


def test_an_open_end_is_no_date(tmp_path: Path) -> None:
    area = Workspace.init(tmp_path / "area")
    area.add_boundaries([ROOT / "boundaries" / "wards.geojson"], "2025")
    lines = (ROOT / "data" / "incidents-2026-09.csv").read_text("utf-8").splitlines()
    rows = list(csv.reader(lines[:40]))
    at = rows[0].index("date_from")
    rows[5][at], rows[6][at] = "31/12/9999", "01/01/0001"
    with (tmp_path / "open.csv").open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows(rows)
    report = area.add_incidents([tmp_path / "open.csv"], "csv", ROOT / "data" / "mapping.toml")
    assert report.reasons["no plausible year"] == 2
    assert len(area.periods("asb")) <= 2
    area.store.close()


def test_the_example_leaves_files_of_ones_own_alone(tmp_path: Path) -> None:
    own = tmp_path / "data"
    own.mkdir()
    (own / "mapping.toml").write_text("mine", "utf-8")
    with pytest.raises(WorkspaceError, match=r"must not overwrite.*mapping\.toml"):
        make_demo(tmp_path, 2026)
    assert (own / "mapping.toml").read_text("utf-8") == "mine"


def test_any_folder_name_holds_its_own_store(tmp_path: Path) -> None:
    for name in ("a?b", "100%41", 'quo"te', "new\nline"):
        made = Workspace.init(tmp_path / name)
        made.store.close()
        assert (tmp_path / name / "hotspots.sqlite").is_file()
        Workspace(tmp_path / name).store.close()
        shutil.rmtree(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('crs = "EPSG:4326"', "not projected in metres"),
        ('crs = "nonsense"', "is no CRS"),
        ('store = "garbage"', "must be a database URL"),
        ('store = "nosuch://x"', "installed driver"),
        ("colour = 1", "'colour' is not"),
        ("port = ", "valid TOML"),
    ],
)
def test_settings_that_cannot_work_are_named(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "hotspots.toml").write_text(line + "\n", "utf-8")
    with pytest.raises(WorkspaceError, match=message):
        Workspace(tmp_path)


def test_profile_limits_must_agree() -> None:
    for wrong in ({"class_limits": (0.1, 0.05, 0.01)}, {"alpha": 0.3}):
        with pytest.raises(Exception, match="class_limits must rise"):
            Profile(**wrong)


def test_a_store_says_which_driver_is_missing() -> None:
    with pytest.raises(WorkspaceError, match="installed driver"):
        Store("nosuch://x")


def test_an_arson_known_to_police_and_fire_service_is_counted_once(tmp_path: Path) -> None:
    area = Workspace.init(tmp_path / "area")
    with area.store.boundaries() as sets:
        sets.add(nine_wards())
    rows = [
        # the same fire, 100 m and 30 minutes apart; another far away; damage that is no arson
        ("P1", "Arson", "02/03/2024 22:00", 604000, 204000, "Police"),
        ("P2", "Criminal damage", "02/03/2024 22:00", 604000, 204050, "Police"),
        ("P3", "Arson", "09/03/2024 22:00", 605000, 205000, "Police"),
        ("F1", "Deliberate fire", "02/03/2024 22:30", 604100, 204000, "Fire service"),
        ("F2", "Deliberate fire", "20/03/2024 01:00", 601500, 206500, "Fire service"),
    ]
    with (tmp_path / "e.csv").open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([("ref", "what", "when", "x", "y", "who"), *rows])
    (tmp_path / "m.toml").write_text(
        'source = "Made up"\ncrs = "EPSG:27700"\n[columns]\nreference = "ref"\ncategory = "what"\n'
        'from_date = "when"\nx = "x"\ny = "y"\nagency = "who"\n[dates]\n'
        'date_formats = ["%d/%m/%Y %H:%M"]\n[categories]\n"Arson" = "criminal_damage.arson"\n'
        '"Criminal damage" = "criminal_damage"\n"Deliberate fire" = "deliberate_fire"\n',
        "utf-8",
    )
    area.add_incidents([tmp_path / "e.csv"], mapping=tmp_path / "m.toml")
    both = area.stored.incidents("deliberate_fires_and_arson").frame["reference"]
    assert sorted(both) == ["F1", "F2", "P3"]
    assert sorted(area.stored.incidents("criminal_damage").frame["reference"]) == ["P1", "P2", "P3"]
    assert area.result("2024-03", "deliberate_fires_and_arson").totals["incidents"] == 3
    area.store.close()
