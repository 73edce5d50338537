"""``hotspots profile``: what a user types, and the file that ``run --profile`` reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from hotspots.cli import cli
from hotspots.cli.profile import _toml_of, profile
from hotspots.errors import HotspotsError, UsageError
from hotspots.profile import ForecastMap, Profile, read_profile
from hotspots.workspace import Workspace


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("command") / "area"
    Workspace.init(path).store.close()
    return path


def run(folder: Path, *arguments: object) -> Result:
    done = CliRunner().invoke(cli, ["-C", str(folder), "profile", *map(str, arguments)])
    if isinstance(done.exception, HotspotsError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done


def test_a_version_is_saved_approved_listed_and_told_apart(folder: Path) -> None:
    why = ("--reason", "Finer squares", "--author", "A. Analyst", "--category", "asb")
    saved = run(folder, "save", "--set", "cell_size_m=200", "--set", "history=season", *why)
    assert "Saved as version 1 of asb; not approved." in saved.output
    assert "Squares of 200 m, not 250 m." in saved.output
    asked = ("--category", "asb")
    assert "Version 0 (approved)" in run(folder, "list", *asked).output
    run(folder, "approve", "--version", 1, *why)
    again = run(
        folder, "save", "--from", "1", "--set", "shortlist.least=9", "--name", "few", "--json", *why
    )
    kept = json.loads(again.output)
    assert (kept["version"], kept["based_on"], kept["name"]) == (2, 1, "few")
    assert kept["differs"] == ["A ward needs 9 incidents, not 5."]
    assert (kept["settings"]["cell_size_m"], kept["settings"]["history"]) == (200, "season")
    assert kept["settings"]["shortlist"]["at_most"] == Profile().shortlist.at_most
    listed = json.loads(run(folder, "list", *asked, "--json").output)
    assert listed["approved"] == 1
    assert [one["version"] for one in listed["versions"]] == [1, 2]
    assert [one["author"] for one in listed["approvals"]] == ["A. Analyst"]
    told = run(folder, "diff", *asked, "0", "1").output.splitlines()
    assert told[0] == "Squares of 200 m, not 250 m."
    assert run(folder, "diff", *asked, "1", "1").output == "No setting differs.\n"
    shown = json.loads(run(folder, "show", *asked, "--json").output)
    assert (shown["version"], shown["settings"]["cell_size_m"]) == (1, 200)
    assert "squares" in run(folder, "show", *asked, "--version", 0).output


def test_the_file_that_is_shown_can_be_read_and_saved_again(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "fires.toml"
    asked = ("--category", "fires")
    run(folder, "save", *asked, "--set", "forecast=[{bandwidth_m=400}]", "--reason", "r",
        "--author", 'A "quoted"\n# name')  # fmt: skip
    file.write_text(run(folder, "show", *asked, "--version", 1, "--toml").output, "utf-8")
    assert read_profile(file).forecast == (ForecastMap(bandwidth_m=400),)
    # a file can be changed, and is no version
    assert read_profile(file).version == ""
    with pytest.raises(UsageError, match="version 1 of fires"):
        run(folder, "save", *asked, "--from", file, "--reason", "again", "--author", "B")


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ("cell_size_m", "NAME=VALUE; got 'cell_size_m'"),
        ("=3", "NAME=VALUE"),
        ("a b=3", "NAME=VALUE"),
        ("alpha=3", "'alpha' must be valid"),
        ("unheard_of=3", "'unheard_of' must be valid"),
        ("cell_size_m.x=3", "'cell_size_m' must be valid"),
        ("tiers.public.points=true", "tiers.public.points is not"),
        ("restricted_kinds=[]", "restricted_kinds is not"),
        ("version=3", "version is not"),
        ("alpha=0.01\nseed=3", "NAME=VALUE"),
        ("alpha=0.09", "class_limits"),
    ],
)
def test_a_setting_that_is_none_is_said(folder: Path, given_: str, said: str) -> None:
    extra = ["--set", "class_limits=[0.01, 0.02, 0.03]"] if given_ == "alpha=0.09" else []
    with pytest.raises(UsageError, match=said.replace(".", r"\.")):
        run(folder, "save", "--category", "drugs", "--set", given_, *extra, "--reason", "r",
            "--author", "A")  # fmt: skip
    assert "Version 1" not in run(folder, "list", "--category", "drugs").output


def test_settings_that_are_the_workspaces_own_are_said_to_be_pinned(folder: Path) -> None:
    said = run(folder, "save", "--category", "drugs", "--reason", "Pin").output
    assert "No setting differs from the workspace's own profile: once approved, this keeps" in said
    with pytest.raises(UsageError, match="these settings are version 1 of drugs"):
        run(folder, "save", "--category", "drugs", "--reason", "Again")


def test_every_command_has_an_example() -> None:
    for name in ("", *profile.commands):
        done = CliRunner().invoke(cli, ["profile", *filter(None, [name]), "--help"])
        assert f"Example: hotspots profile {name}".strip() in done.output


@given(
    st.builds(
        Profile,
        name=st.text(st.characters(codec="utf-8"), max_size=80),
        cell_size_m=st.floats(1e-300, 10_000),
        seed=st.integers(0, 2**63 - 1),
        restricted_kinds=st.lists(st.text(st.characters(codec="utf-8")), max_size=2).map(tuple),
        forecast=st.lists(
            st.builds(
                ForecastMap,
                bandwidth_m=st.floats(0, 50_000),
                half_life_weeks=st.floats(0.001, 10_000),
                weight=st.floats(1e-300, 1e6),
            ),
            min_size=1,
            max_size=3,
        ).map(tuple),
    )
)
def test_every_profile_survives_its_file(
    tmp_path_factory: pytest.TempPathFactory, one: Profile
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_bytes(_toml_of(one, "Version 1").encode("utf-8"))
    assert read_profile(file) == one
