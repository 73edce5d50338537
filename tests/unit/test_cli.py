"""The command as a user runs it: a real process, a real workspace, real files."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

Run = subprocess.CompletedProcess[str]


def hotspots(*arguments: object) -> Run:
    """Run the command; its output must never hold a traceback."""
    command = [sys.executable, "-m", "hotspots", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert "Traceback" not in done.stderr + done.stdout
    return done


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the month of incidents that the repository holds."""
    folder = tmp_path_factory.mktemp("example") / "area"
    assert hotspots("init", folder).returncode == 0
    for part in (
        ("boundaries", ROOT / "boundaries" / "wards.geojson", "--vintage", "2025"),
        ("population", ROOT / "boundaries" / "population.csv"),
        ("incidents", ROOT / "data" / "incidents-2026-09.csv", "--mapping",
         ROOT / "data" / "mapping.toml"),
    ):  # fmt: skip
        done = hotspots("-C", folder, "add", *part)
        assert done.returncode == 0, done.stderr
    return folder


def test_the_import_reconciles_with_what_was_planted(example: Path) -> None:
    done = hotspots("-C", example, "add", "incidents", "--json",
                    ROOT / "data" / "incidents-2026-09.csv", "--mapping",
                    ROOT / "data" / "mapping.toml")  # fmt: skip
    again = json.loads(done.stdout)
    assert again["already"] == ["incidents-2026-09.csv"]
    assert (again["read"], again["kept"], again["rejected"]) == (0, 0, 0)


def test_the_first_import_counts_every_row_and_fault(tmp_path: Path) -> None:
    hotspots("init", tmp_path / "w")
    hotspots("-C", tmp_path / "w", "add", "boundaries", ROOT / "boundaries" / "wards.geojson",
             "--vintage", "2025")  # fmt: skip
    done = hotspots("-C", tmp_path / "w", "add", "incidents", "--json",
                    ROOT / "data" / "incidents-2026-09.csv", "--mapping",
                    ROOT / "data" / "mapping.toml")  # fmt: skip
    report = json.loads(done.stdout)
    truth = json.loads((ROOT / "data" / "truth.json").read_text("utf-8"))
    faults = truth["faults"]["by_file"]["incidents-2026-09.csv"]
    text = (ROOT / "data" / "incidents-2026-09.csv").read_text("utf-8")
    assert report["read"] == len(list(csv.reader(text.splitlines()))) - 1
    assert report["read"] == report["kept"] + report["rejected"]
    # points out of the area are good rows: kept, and counted as outside the wards; swapped ones
    # are mended, because the area proves it
    kept = faults["out_of_area"] + faults["swapped_coordinates"]
    assert report["rejected"] == sum(faults.values()) - kept
    assert report["outside"] == faults["out_of_area"]
    assert report["placed"] == {"mended": faults["swapped_coordinates"]}


def test_run_and_export_say_synthetic_data(example: Path, tmp_path: Path) -> None:
    done = hotspots("-C", example, "run", "--period", "2026-09", "--category", "asb")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Synthetic data")
    assert "Where is it concentrated?" in done.stdout
    out = tmp_path / "wards.csv"
    done = hotspots("-C", example, "export", "wards", "--tier", "restricted",
                    "-o", out)  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(out.read_text("utf-8").splitlines()))
    assert len(rows) == 38
    assert {row["notice"] for row in rows} == {"Synthetic data"}
    assert [int(row["rank"]) for row in rows] == sorted(int(row["rank"]) for row in rows)
    assert all(float(row["rate_per_1000"]) >= 0 for row in rows)


def test_json_is_json(example: Path) -> None:
    done = hotspots("-C", example, "run", "--period", "2026-W38", "--category", "asb", "--json")
    data = json.loads(done.stdout)
    assert data["totals"]["incidents"] > 0
    assert data["provenance"]["notices"] == ["Synthetic data"]


def test_no_progress_bar_in_a_pipe(example: Path) -> None:
    done = hotspots("-C", example, "add", "incidents", ROOT / "data" / "incidents-2026-09.csv",
                    "--mapping", ROOT / "data" / "mapping.toml")  # fmt: skip
    assert done.stderr == ""


def test_a_progress_bar_on_a_terminal(example: Path) -> None:
    pty = pytest.importorskip("pty")
    terminal, child = pty.openpty()
    command = [sys.executable, "-m", "hotspots", "-C", str(example), "add", "incidents",
               str(ROOT / "data" / "incidents-2026-09.csv"), "--mapping",
               str(ROOT / "data" / "mapping.toml")]  # fmt: skip
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=child, env=environment, check=True)
    os.close(child)
    shown = os.read(terminal, 65536).decode("utf-8")
    os.close(terminal)
    assert "Reading" in shown
    assert "rows" in shown
    assert "incidents-2026-09.csv" in shown


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["run", "--period", "2026-13", "--category", "asb"], 2, "A period must look like"),
        (["run", "--period", "1999-01", "--category", "asb"], 1, "must lie within the data"),
        (["run", "--period", "2026-09", "--category", "jaywalking"], 2, "must be one of asb"),
        (["run", "--period", "2026-09", "--category", "asb", "--vintage", "1066"], 1, "vintage"),
        (["export", "wards", "-o", "w.csv", "--category", "drugs"], 1, "must have a run"),
        (["export", "wards", "-o", "w.docx"], 2, "must be exported as one of xlsx"),
        (["export", "points", "-o", "w.csv"], 2, "No such command"),
        (["add", "incidents", "missing.csv"], 1, "missing.csv"),
        (["add", "population", "missing.csv"], 1, "missing.csv"),
        (["serve", "--host", "203.0.113.1", "--port", "1"], 1, "address"),
        (["fly"], 2, "No such command"),
    ],
)
def test_wrong_use_is_one_sentence(
    example: Path, arguments: list[str], code: int, message: str
) -> None:
    if "-o" in arguments and "asb" not in arguments:
        hotspots("-C", example, "run", "--period", "2026-09", "--category", "asb")
    done = hotspots("-C", example, *arguments)
    assert done.returncode == code
    assert message in done.stderr


def test_outside_a_workspace_the_next_step_is_said(tmp_path: Path) -> None:
    done = hotspots("-C", tmp_path, "run", "--period", "2026-09", "--category", "asb")
    assert done.returncode == 1
    assert "hotspots init" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.csv", b"", "empty"),
        ("noise.csv", bytes(range(256)) * 40, "text"),
        ("columns.csv", b"reference,when\nA,01/09/2026\n", "column"),
    ],
)
def test_bad_files_leave_the_store_as_it_was(
    example: Path, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    before = (example / "hotspots.sqlite").read_bytes()
    (tmp_path / name).write_bytes(content)
    done = hotspots("-C", example, "add", "incidents", tmp_path / name, "--mapping",
                    ROOT / "data" / "mapping.toml")  # fmt: skip
    assert done.returncode == 1
    assert message in done.stderr
    assert name in done.stderr
    assert (example / "hotspots.sqlite").read_bytes() == before


def test_a_wrong_crs_is_noticed(example: Path, tmp_path: Path) -> None:
    mapping = (ROOT / "data" / "mapping.toml").read_text("utf-8")
    wrong = tmp_path / "mapping.toml"
    wrong.write_text(mapping.replace("EPSG:27700", "EPSG:32631"), "utf-8")
    rows = (ROOT / "data" / "incidents-2026-09.csv").read_text("utf-8").splitlines()
    (tmp_path / "other.csv").write_text("\n".join(rows[:200]) + "\n", "utf-8")
    before = (example / "hotspots.sqlite").read_bytes()
    done = hotspots("-C", example, "add", "incidents", tmp_path / "other.csv", "--mapping", wrong)
    assert done.returncode == 1
    assert "check the CRS" in done.stderr
    assert (example / "hotspots.sqlite").read_bytes() == before


def test_wards_without_codes_are_refused(example: Path, tmp_path: Path) -> None:
    wards = json.loads((ROOT / "boundaries" / "wards.geojson").read_text("utf-8"))
    for feature in wards["features"]:
        del feature["properties"]["ward_code"]
    path = tmp_path / "wards.geojson"
    path.write_text(json.dumps(wards), "utf-8")
    done = hotspots("-C", example, "add", "boundaries", path, "--vintage", "2030")
    assert done.returncode == 1
    assert "code" in done.stderr


def test_the_example_is_not_made_over_data_of_ones_own(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    hotspots("init", folder)
    shutil.copy(ROOT / "boundaries" / "wards.geojson", tmp_path / "wards.geojson")
    shutil.copy(ROOT / "data" / "incidents-2026-09.csv", tmp_path / "own.csv")
    hotspots("-C", folder, "add", "boundaries", tmp_path / "wards.geojson", "--vintage", "2025")
    done = hotspots("-C", folder, "add", "incidents", tmp_path / "own.csv", "--mapping",
                    ROOT / "data" / "mapping.toml")  # fmt: skip
    assert done.returncode == 0, done.stderr
    done = hotspots("-C", folder, "demo", "--no-serve")
    assert done.returncode == 1
    assert "data of your own" in done.stderr


def test_every_command_shows_an_example() -> None:
    for command in ("", "init", "add", "add boundaries", "add population", "add incidents", "run",
                    "export", "serve", "demo"):  # fmt: skip
        done = hotspots(*command.split(), "--help")
        assert done.returncode == 0
        assert "Example: hotspots" in done.stdout.replace("\n  ", " ")


def test_nothing_heavy_is_loaded_to_say_what_there_is() -> None:
    heavy = ("numpy", "pandas", "pydantic", "shapely", "sqlalchemy", "sklearn", "matplotlib")
    code = f"import sys, hotspots.cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
