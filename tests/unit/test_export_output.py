"""Where an export goes: what is logged has left, and a file is what its name says."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hotspots.cli import cli
from hotspots.errors import HotspotsError
from hotspots.workspace import Workspace
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def area(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the month of incidents that the repository holds."""
    made = Workspace.init(tmp_path_factory.mktemp("output") / "area")
    made.add_boundaries([ROOT / "boundaries" / "wards.geojson"], "2025")
    made.add_population(ROOT / "boundaries" / "population.csv")
    made.add_incidents(
        [ROOT / "data" / "incidents-2026-09.csv"], mapping=ROOT / "data" / "mapping.toml"
    )
    return made.folder


def run(area: Path, kind: str, *more: object) -> Result:
    about = ("--period", "2026-09", "--category", "asb")
    if kind == "assessment":
        about = ("--year-ending", "2026-09-30")
    given = ["-C", str(area), "export", kind, *about, *map(str, more)]
    return CliRunner().invoke(cli, given)


def refused(area: Path, kind: str, *more: object) -> str:
    """Return the sentence of a refusal, which nothing was logged of."""
    before = Workspace(area).exports()
    done = run(area, kind, *more)
    assert isinstance(done.exception, HotspotsError), done.output
    assert Workspace(area).exports() == before
    return str(done.exception)


def test_an_output_that_cannot_be_written_is_refused_before_anything_is_logged(
    area: Path, tmp_path: Path
) -> None:
    folder, pipe = tmp_path / "folder.xlsx", tmp_path / "pipe.xlsx"
    folder.mkdir()
    os.mkfifo(pipe)
    for out in (
        folder,
        pipe,
        tmp_path / "none" / "a.xlsx",
        tmp_path / f"{'x' * 300}.xlsx",
        "",
        ".",
    ):
        said = refused(area, "shortlist", "-o", out)
        assert said.startswith("The output must be a file in a folder that can be written;")
    assert pipe.is_fifo()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.xlsx", "pipe.xlsx"]


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        (
            "shortlist",
            ("--format", "csv", "-o", "a.xlsx"),
            "csv of this kind ends in .csv, and got",
        ),
        ("shortlist", ("--format", "xlsx", "-o", "a.csv"), "xlsx of this kind ends in .xlsx"),
        ("assessment", ("-o", "a.csv"), "ends in .zip, as it is several files in one, and got"),
        ("shortlist", ("-o", "a.zip"), "one of xlsx, csv; got 'shp'"),
        ("shortlist", ("-o", "a.ods"), "one of xlsx, csv; got 'ods'"),
    ],
)
def test_a_name_that_contradicts_the_format_is_refused(
    area: Path, tmp_path: Path, kind: str, given: tuple[str, ...], expected: str
) -> None:
    assert expected in refused(area, kind, *given[:-1], tmp_path / given[-1])
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_what_its_name_says(area: Path, tmp_path: Path) -> None:
    for kind, name in (
        ("assessment", "a.zip"),
        ("shortlist", "b.csv"),
        ("shortlist", "c.XLSX"),
        ("shortlist", "d"),
    ):
        done = run(area, kind, "-o", tmp_path / name)
        assert done.exit_code == 0, done.output
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert {Path(name).suffix for name in archive.namelist()} >= {".csv"}
    assert (tmp_path / "b.csv").read_text("utf-8-sig").startswith("rank")
    assert zipfile.is_zipfile(tmp_path / "c.XLSX")
    assert zipfile.is_zipfile(tmp_path / "d")


@pytest.mark.parametrize("who", ["", "  ", "\x00", "...", "x" * 121])
def test_who_exports_is_said_and_short(area: Path, tmp_path: Path, who: str) -> None:
    said = refused(area, "shortlist", "-o", tmp_path / "a.xlsx", "--who", who)
    assert "who exports it must be said in letters or digits, at most 120" in said


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-31"])
def test_a_year_beyond_all_data_is_refused(area: Path, tmp_path: Path, day: str) -> None:
    given = ["-C", str(area), "export", "assessment", "--year-ending", day]
    done = CliRunner().invoke(cli, [*given, "-o", str(tmp_path / "a.xlsx")])
    assert "The last year must end from 1905 to 2200" in str(done.exception)
