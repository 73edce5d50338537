"""The commands about data, with real files.

They run in this process, which saves the start of one each; tests/unit/test_cli.py runs real ones.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest
from sqlalchemy import create_engine

from hotspots.cli import main
from tests.conftest import ROOT
from tests.store.old import make_old_store

MONTH = ROOT / "data" / "incidents-2026-09.csv"
MAPPING = ROOT / "data" / "mapping.toml"


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def hotspots(*arguments: object) -> Done:
    """Run the command as ``hotspots ARGUMENTS`` would."""
    out, err = io.StringIO(), io.StringIO()
    given = ["hotspots", *map(str, arguments)]
    code = 0
    with mock.patch.object(sys, "argv", given), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
    assert "Traceback" not in out.getvalue() + err.getvalue()
    return Done(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the month that the repository holds, imported twice (the second cut)."""
    folder = tmp_path_factory.mktemp("data") / "area"
    wards = ROOT / "boundaries" / "wards.geojson"
    later = folder.parent / "later.csv"
    rows = list(csv.reader(MONTH.read_text("utf-8").splitlines()[:300]))
    location = rows[0].index("location")
    rows[1][location] = "Another Road"
    with later.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows(rows)
    for arguments in (
        ("init", folder),
        ("-C", folder, "add", "boundaries", wards, "--vintage", "2025"),
        ("-C", folder, "add", "incidents", MONTH, "--mapping", MAPPING),
        ("-C", folder, "add", "incidents", later, "--mapping", MAPPING),
    ):
        done = hotspots(*arguments)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def area(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "area"))


def test_imports_are_listed_compared_and_undone(area: Path) -> None:
    listed = json.loads(hotspots("-C", area, "imports", "--json").stdout)
    assert [batch["id"] for batch in listed] == [1, 2]
    assert listed[0]["report"]["read"] == len(MONTH.read_text("utf-8").splitlines()) - 1
    told = hotspots("-C", area, "imports", 1, 2).stdout
    assert "1 in both and different" in told
    assert "location" in told and "Another Road" in told
    undone = hotspots("-C", area, "undo")
    assert undone.stdout.startswith("Import 2 is undone")
    assert "undone" in hotspots("-C", area, "imports").stdout.splitlines()[1]
    again = hotspots("-C", area, "undo", 2)
    assert again.returncode == 2
    assert "must be one that stands (1); got 2" in again.stderr


def test_the_doctor_says_what_is_wrong_in_words_and_as_json(area: Path) -> None:
    told = hotspots("-C", area, "doctor")
    assert told.returncode == 0
    found = json.loads(hotspots("-C", area, "doctor", "--json").stdout)
    assert {"swapped"} & {word for f in found for word in f["title"].split()} or any(
        f["code"] == "mended" for f in found
    )
    for finding in found:
        assert finding["title"] in told.stdout
        assert finding["severity"] in ("serious", "careful", "note")
        assert finding["effect"] and finding["advice"]
    order = [("serious", "careful", "note").index(f["severity"]) for f in found]
    assert order == sorted(order)


def test_inspect_writes_a_mapping_that_imports(area: Path, tmp_path: Path) -> None:
    out = tmp_path / "proposed.toml"
    told = hotspots("-C", area, "inspect", MONTH, "--write", out)
    assert told.returncode == 0, told.stderr
    assert "EPSG:27700" in told.stdout
    fresh = tmp_path / "fresh"
    hotspots("init", fresh)
    hotspots("-C", fresh, "add", "boundaries", ROOT / "boundaries" / "wards.geojson",
             "--vintage", "2025")  # fmt: skip
    done = hotspots("-C", fresh, "add", "incidents", MONTH, "--mapping", out, "--json")
    report = json.loads(done.stdout)
    assert report["read"] == report["kept"] + report["rejected"]
    by_hand = json.loads(hotspots("-C", area, "imports", "--json").stdout)[0]["report"]
    # the hand-written mapping also leaves cancelled incidents out, which inspect only proposes
    left_out = by_hand["reasons"].get('status is "Cancelled"', 0)
    assert report["kept"] == by_hand["kept"] + left_out
    refused = hotspots("-C", area, "inspect", MONTH, "--write", out)
    assert refused.returncode != 0
    assert "proposed.toml" in refused.stderr


def test_inspect_works_without_a_workspace(tmp_path: Path) -> None:
    street = tmp_path / "2024-01-made-up-street.csv"
    street.write_text(
        "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
        "Crime type,Last outcome category,Context\n"
        ",2024-01,Made-up Police,Made-up Police,0.9,51.7,Nowhere,,,Burglary,,\n",
        "utf-8",
    )
    told = hotspots("-C", tmp_path, "inspect", street)
    assert told.returncode == 0
    assert "data.police.uk" in told.stdout


def test_postcodes_place_what_has_no_coordinates(area: Path, tmp_path: Path) -> None:
    postcodes = tmp_path / "codepo.csv"
    postcodes.write_text('"ZZ1 1AA",10,652284,193455,"E9","","","","E0","E05"\n', "utf-8")
    more = tmp_path / "codepo-more.csv"
    more.write_text('"ZZ2 2BB",10,652300,193400,"E9","","","","E0","E05"\n', "utf-8")
    done = hotspots("-C", area, "add", "postcodes", postcodes, more)
    assert done.returncode == 0, done.stderr
    assert "2 rows read = 2 postcodes kept + 0 rejected" in done.stdout
    export = tmp_path / "noise.csv"
    export.write_text("ref,when,postcode\nN1,02/09/2026,zz11aa\nN2,03/09/2026,ZZ9 9ZZ\n", "utf-8")
    mapping = tmp_path / "noise.toml"
    mapping.write_text(
        'source = "Noise"\ncrs = "EPSG:27700"\n[columns]\nreference = "ref"\nfrom_date = "when"\n'
        'postcode = "postcode"\n[dates]\ndate_formats = ["%d/%m/%Y"]\n[defaults]\n'
        'category = "asb"\nagency = "Council"\n',
        "utf-8",
    )
    done = hotspots("-C", area, "add", "incidents", export, "--mapping", mapping, "--json")
    report = json.loads(done.stdout)
    assert (report["kept"], report["rejected"]) == (1, 1)
    assert report["placed"] == {"postcode": 1}
    assert report["reasons"] == {"postcode not known": 1}


def test_vintages_are_compared_and_chosen_by_day(area: Path, tmp_path: Path) -> None:
    wards = json.loads((ROOT / "boundaries" / "wards.geojson").read_text("utf-8"))
    for feature in wards["features"]:
        code = feature["properties"]["ward_code"]
        feature["properties"]["ward_code"] = code.replace("Z05", "Z04")
    old = tmp_path / "old.geojson"
    old.write_text(json.dumps(wards), "utf-8")
    done = hotspots("-C", area, "add", "boundaries", old, "--vintage", "2019",
                    "--in-force-to", "2025-05-01")  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(hotspots("-C", area, "overlap", "2019", "2025", "--json").stdout)
    assert all(row["share_of_old"] > 0.999 for row in told["overlap"])
    run = hotspots("-C", area, "run", "--period", "2026-09", "--category", "asb", "--json")
    # added last, but no longer in force
    assert json.loads(run.stdout)["provenance"]["wards"]["vintage"] == "2025"
    run = hotspots("-C", area, "run", "--period", "2026-09", "--category", "asb", "--json",
                   "--vintage", "2019")  # fmt: skip
    assert json.loads(run.stdout)["provenance"]["wards"]["vintage"] == "2019"


def two_vintages(area: Path, tmp_path: Path) -> None:
    """Add the same wards under other codes as those of 2019, with residents."""
    wards = json.loads((ROOT / "boundaries" / "wards.geojson").read_text("utf-8"))
    for feature in wards["features"]:
        feature["properties"]["ward_code"] = "OLD" + feature["properties"]["ward_code"]
    (tmp_path / "old.geojson").write_text(json.dumps(wards), "utf-8")
    codes = [feature["properties"]["ward_code"] for feature in wards["features"]]
    rows = [f"{code},{1000 + i},{i}" for i, code in enumerate(codes)]
    text = "\n".join(["ward_code,population,calls", *rows, ""])
    (tmp_path / "old.csv").write_text(text, "utf-8")
    for arguments in (
        ("boundaries", tmp_path / "old.geojson", "--vintage", "2019"),
        ("population", tmp_path / "old.csv", "--vintage", "2019", "--column", "population"),
    ):
        done = hotspots("-C", area, "add", *arguments)
        assert done.returncode == 0, done.stderr


def test_totals_go_over_to_other_wards_and_none_is_lost(area: Path, tmp_path: Path) -> None:
    two_vintages(area, tmp_path)
    given = ("-C", area, "apportion", tmp_path / "old.csv", "--from", "2019", "--to", "2025",
             "--column", "calls")  # fmt: skip
    out = tmp_path / "new.csv"
    told = json.loads(hotspots(*given, "--json", "-o", out).stdout)
    # the same ground under other codes: each ward keeps its own
    assert [round(row["total"], 6) for row in told["wards"]] == list(range(38))
    with out.open(encoding="utf-8") as file:
        assert sum(float(row["total"]) for row in csv.DictReader(file)) == pytest.approx(703)
    refused = hotspots(*given, "--by", "postcodes")
    assert refused.returncode == 2
    assert "add postcodes" in refused.stderr


def test_residents_are_shared_out_on_request_and_said_so(area: Path, tmp_path: Path) -> None:
    two_vintages(area, tmp_path)
    done = hotspots("-C", area, "add", "population", "--from-vintage", "2019", "--vintage", "2025")
    assert done.returncode == 0, done.stderr
    assert "apportioned from the wards of 2019 by area" in done.stdout
    run = hotspots("-C", area, "run", "--period", "2026-09", "--category", "asb", "--json",
                   "--vintage", "2025")  # fmt: skip
    assert "apportioned" in json.loads(run.stdout)["provenance"]["wards"]["population"]
    assert hotspots("-C", area, "add", "population").returncode == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fetch", "police", "--force", "kent", "--from", "2024-13", "--to", "2024-12"], "2024-13"),
        (["fetch", "wards", "--district", "Dartford", "--vintage", "2023"], "DARTFORD"),
        (["imports", "1"], "two imports"),
        (["undo", "99"], "must be one that stands"),
        (["overlap", "1850", "2025"], "1850"),
    ],
)
def test_wrong_use_is_said(area: Path, arguments: list[str], message: str) -> None:
    done = hotspots("-C", area, *arguments)
    assert done.returncode == 2 or (arguments[0] == "overlap" and done.returncode == 1)
    assert message in done.stderr


def test_an_upgrade_is_told_with_its_backup(tmp_path: Path) -> None:
    folder = tmp_path / "old"
    hotspots("init", folder)
    path = folder / "hotspots.sqlite"
    path.unlink()
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        make_old_store(connection)
    engine.dispose()
    told = hotspots("-C", folder, "imports")
    assert "upgraded from schema 0001" in told.stderr
    backup = next(folder.glob("hotspots.backup-0001-*.sqlite"))
    assert backup.name in told.stderr
    assert len(told.stdout.splitlines()) == 2
    again = hotspots("-C", folder, "imports")
    assert (again.stderr, again.stdout) == ("", told.stdout)
