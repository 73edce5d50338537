"""Whatever comes out of a workspace says which version of a profile it was made with."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from rasterio.io import MemoryFile

from hotspots.cli import cli
from hotspots.profile import TIERS, Profile
from hotspots.releasing import ExportRequest
from hotspots.releasing.request import KINDS
from hotspots.web import create_app
from hotspots.workspace import Workspace
from tests.conftest import ROOT
from tests.unit.test_nothing_leaks import text_of

MONTH = "2026-09"
NAME = "As Mrs Quill asked"
CALLED = f"profile {NAME} version 2"
#: What authors wrote: free text, which may name anyone.
FREE = ("Mrs Quill", "Zoe Analyst", "Near number 12", "Xenia Chair", "Agreed after the complaint")
#: Every kind in every format for the tier with points, and for the others in those that are read.
EXPORTS = [
    (kind.code, form, tier)
    for kind in KINDS.values()
    if kind.code != "assessment"
    for form in kind.formats
    for tier in TIERS
    if tier == "restricted" or (not kind.points and form in ("html", "csv", "xlsx", "geojson"))
]


@pytest.fixture(scope="module")
def area(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    made = Workspace.init(tmp_path_factory.mktemp("named") / "area")
    made.add_boundaries([ROOT / "boundaries" / "wards.geojson"], "2025")
    made.add_population(ROOT / "boundaries" / "population.csv")
    made.add_incidents(
        [ROOT / "data" / "incidents-2026-09.csv"], mapping=ROOT / "data" / "mapping.toml"
    )
    made.save_profile("asb", Profile(cell_size_m=500), "Someone", "First")
    kept = made.save_profile("asb", Profile(name=NAME, seed=1), FREE[1], FREE[2])
    made.approve_profile("asb", kept.version, FREE[3], FREE[4])
    made.run(MONTH, "asb")
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def client(area: Workspace) -> FlaskClient:
    return create_app(area, patience_s=60).test_client()


def _command(area: Workspace, *given: str) -> Result:
    done = CliRunner().invoke(cli, ["-C", str(area.folder), *given], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done


def test_the_command_says_it_and_its_json(area: Workspace) -> None:
    given = ("run", "--period", MONTH, "--category", "asb")
    assert f"Made with {CALLED}; kept as run" in _command(area, *given).output
    told = json.loads(_command(area, *given, "--json").stdout)["provenance"]
    assert (told["profile"]["name"], told["profile"]["version"]) == (NAME, "2")
    assert told["profile_version"]["approved_by"] == FREE[3]


def test_a_kept_run_says_it(area: Workspace) -> None:
    made = area.last_run(MONTH, "asb").provenance
    assert (made["profile"]["name"], made["profile"]["version"]) == (NAME, "2")
    assert made["profile_version"]["version"] == 2


@pytest.mark.parametrize("page", ["/", "/map", "/compare", "/places", "/wards", "/wards/shortlist"])
def test_a_page_says_it(client: FlaskClient, page: str) -> None:
    answer = client.get(f"{page}?category=asb&period={MONTH}", follow_redirects=True)
    assert answer.status_code == 200
    assert CALLED in unescape(answer.text)


def test_the_page_of_a_place_says_it(client: FlaskClient) -> None:
    listed = client.get(f"/places?category=asb&period={MONTH}").text
    first = re.search(r'href="(/places/[^"?]+)', listed)
    assert first
    answer = client.get(f"{first[1]}?category=asb&period={MONTH}")
    assert CALLED in unescape(answer.text)


@pytest.mark.parametrize("of", ["hotspots", "wards", "cells"])
def test_the_api_says_it(client: FlaskClient, of: str) -> None:
    told = client.get(f"/api/v1/{of}?category=asb&period={MONTH}").get_json()
    assert told["about"]["profile"] == f"{NAME} version 2"


@pytest.mark.parametrize(("kind", "form", "tier"), EXPORTS)
def test_an_export_says_it_without_free_text_below_the_tier_with_points(
    area: Workspace, kind: str, form: str, tier: str
) -> None:
    done = area.export(
        ExportRequest(
            kind=kind, tier=tier, who="A", period=MONTH, category="asb", format=form,
            kept=kind in ("hotspots", "wards", "cells", "density", "incidents", "all"),
        )
    )  # fmt: skip
    text = " ".join("\n".join(_read(*file) for file in done.files).split())
    name = NAME if tier == "restricted" else "asb"
    as_words = f"profile {name} version 2"
    as_values = rf'"profile": ?\{{[^{{}}]*"name": ?"{name}"'
    assert as_words in text or (
        re.search(r'"profile_version": ?\{[^{}]*"version": ?2[,}]', text)
        and (f'"name": "{name}"' in text or re.search(as_values, text))
    )
    if tier != "restricted":
        assert not [free for free in FREE if free in text]


def _read(name: str, content: bytes) -> str:
    if name.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            return "\n".join(_read(part, parts.read(part)) for part in parts.namelist())
    if name.endswith(".parquet"):
        return str({k: v.decode() for k, v in pq.read_schema(io.BytesIO(content)).metadata.items()})
    if name.endswith(".tif"):
        with MemoryFile(content) as file, file.open() as raster:
            return "\n".join(raster.tags().values())
    if name.endswith((".shp", ".shx", ".dbf", ".qml", ".prj", ".cpg")):
        return ""
    return text_of(name, content)


def test_a_file_of_settings_that_says_a_version_is_none(tmp_path: Path) -> None:
    Workspace.init(tmp_path / "area").store.close()
    (tmp_path / "area" / "own.toml").write_text('name = "ours"\nversion = "7"\n', "utf-8")
    settings = tmp_path / "area" / "hotspots.toml"
    settings.write_text('name = "area"\nprofile = "own.toml"\n', "utf-8")
    made = Workspace(tmp_path / "area")
    assert (made.profile_of("asb").name, made.profile_of("asb").version) == ("ours", "")
    made.store.close()


def test_a_version_is_called_by_the_name_it_was_kept_under(area: Workspace) -> None:
    renamed = area.profile_of("asb", 2).model_copy(update={"name": "other"})
    made = area.result(MONTH, "asb", profile=renamed).provenance["profile"]
    assert (made["name"], made["version"]) == (NAME, "2")
