"""``hotspots backtest`` and ``hotspots tune`` as a user runs them, killed and interrupted too."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

import pytest

from hotspots.cli import main
from hotspots.workspace import Workspace
from tests.support import nine_wards
from tests.unit.made_up_history import add_history

Run = subprocess.CompletedProcess[str]

FILES = {"report.csv", "periods.csv", "compare.csv", "about.json", "curve.svg", "curve.png"}
#: Small enough to be quick, and still so many maps that a process can be met at its work.
WEEKS = ("--category", "asb", "--step", "week", "--from", "2023-02", "--cell", "200", "--method",
         "gi-star", "--method", "counts-52")  # fmt: skip


@pytest.fixture(scope="module")
def area(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Workspace.init(tmp_path_factory.mktemp("cli-backtest") / "area")
    with made.store.boundaries() as sets:
        sets.add(nine_wards())
    add_history(made, months=16)
    made.store.close()
    return made.folder


def hotspots(*arguments: object) -> Run:
    """Run the command in this process, which has loaded its libraries already."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with (
        redirect_stdout(out),
        redirect_stderr(err),
        patch("sys.argv", ["hotspots", *map(str, arguments)]),
    ):
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
    assert "Traceback" not in out.getvalue() + err.getvalue()
    return Run(arguments, code, out.getvalue(), err.getvalue())


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text("utf-8").splitlines()))


def results(folder: Path) -> dict[str, bytes]:
    """Every file but what is kept to go on with."""
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.suffix != ".jsonl"}


def test_the_tables_and_the_files_agree(area: Path, tmp_path: Path) -> None:
    out = tmp_path / "asb"
    asked = ("--category", "asb", "--cell", "500", "--method", "counts-52", "--method", "random")
    done = hotspots("-C", area, "backtest", *asked, "-o", out)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert {p.name for p in out.iterdir()} == FILES | {"state-500m.jsonl"}
    report = {row["method"]: row for row in rows(out / "report.csv")}
    assert list(report) == ["default", "counts-52", "random"]
    table = done.stdout.split("Area: mean")[0].splitlines()
    for row in report.values():
        shown = next(line for line in table if line.startswith(row["label"] + " ")).split()
        assert f"{float(row['area']):.3f}" in shown
        assert f"{100 * float(row['hit_rate_2']):.1f}" in shown
    judged = rows(out / "periods.csv")
    assert len(judged) == 8 * 3
    hits = sum(float(r["hits_2"]) for r in judged if r["method"] == "counts-52")
    incidents = sum(int(r["incidents"]) for r in judged if r["method"] == "counts-52")
    assert float(report["counts-52"]["hit_rate_2"]) == pytest.approx(hits / incidents)
    less = {row["method"]: row for row in rows(out / "compare.csv") if row["measure"] == "area"}
    expected = float(report["random"]["area"]) - float(report["default"]["area"])
    assert float(less["random"]["difference"]) == pytest.approx(expected)
    assert less["random"]["verdict"] == "worse"
    about = json.loads((out / "about.json").read_text("utf-8"))["backtests"][0]
    assert (about["step"], about["maps"], about["compared_with"]) == ("month", 8, "default")
    assert (out / "curve.png").read_bytes().startswith(b"\x89PNG")
    assert b"<script" not in (out / "curve.svg").read_bytes()


def test_json_is_json(area: Path) -> None:
    done = hotspots("-C", area, "backtest", "--category", "asb", "--cell", "500", "--cell", "900",
                    "--method", "counts-52", "--json")  # fmt: skip
    data = json.loads(done.stdout)
    assert [one["about"]["cell_size_m"] for one in data["backtests"]] == [500, 900]
    assert {row["method"] for row in data["backtests"][1]["methods"]} == {"default", "counts-52"}
    assert data["files"] == []


def start(area: Path, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "hotspots", "-C", area, *arguments]
    return subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for_maps(process: subprocess.Popen[str], state: Path, maps: int) -> None:
    """Return once so many maps are kept; the process must still be at its work."""
    until = time.monotonic() + 120
    while not (state.exists() and state.read_bytes().count(b"\n") > maps):
        assert process.poll() is None, "the back-test ended before it could be stopped"
        assert time.monotonic() < until, "no map was kept"
        time.sleep(0.002)


def test_killed_or_interrupted_it_goes_on_to_the_same_bytes(area: Path, tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    done = hotspots("-C", area, "backtest", *WEEKS, "-o", whole)
    assert done.returncode == 0, done.stderr
    state = broken / "state-200m.jsonl"
    first = start(area, "backtest", *WEEKS, "-o", broken)
    wait_for_maps(first, state, 3)
    first.kill()
    first.communicate()
    assert first.returncode == -signal.SIGKILL
    assert results(broken) == {}
    kept = state.read_bytes().count(b"\n")

    second = start(area, "backtest", *WEEKS, "-o", broken, "--resume")
    wait_for_maps(second, state, kept + 3)
    second.send_signal(signal.SIGINT)
    _, said = second.communicate()
    assert second.returncode == 1
    assert "Traceback" not in said
    assert f"what is done is kept in {broken}: give the same command with --resume" in said
    assert results(broken) == {}

    refused = hotspots("-C", area, "backtest", *WEEKS, "-o", broken)
    assert refused.returncode == 2
    assert "give --resume to go on with it" in refused.stderr
    third = hotspots("-C", area, "backtest", *WEEKS, "-o", broken, "--resume")
    assert third.returncode == 0, third.stderr
    assert results(broken) == results(whole)
    assert third.stdout.replace(str(broken), str(whole)) == done.stdout
    # what is kept is of this back-test alone
    other = hotspots("-C", area, "backtest", *WEEKS, "--horizon", "2", "-o", broken, "--resume")
    assert other.returncode == 1
    assert "must hold this back-test's results" in other.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--category", "jaywalking"], 2, "must be one of asb"),
        (["--category", "drugs"], 1, "none is loaded"),
        (["--category", "asb", "--method", "astrology"], 2, "A method must be a family (random"),
        (["--category", "asb", "--profile", "missing.toml"], 2, "must be a readable TOML file"),
        (["--category", "asb", "--profile", "7"], 2, "7"),
        (["--category", "asb", "--from", "2021-06"], 1, "must be from 2023-02 to 2024-04"),
        (["--category", "asb", "--from", "June"], 2, "A period must look like"),
        (["--category", "asb", "--until", "2023-02"], 1, "at least 4 whole months"),
        (["--category", "asb", "--horizon", "40"], 2, "fewer months than there are"),
        (["--category", "asb", "--resume"], 2, "name its folder with -o"),
        (["--category", "asb", "--area", "D9"], 1, "D9"),
    ],
)
def test_wrong_use_is_one_sentence(
    area: Path, arguments: list[str], code: int, message: str
) -> None:
    done = hotspots("-C", area, "backtest", *arguments)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


def test_files_of_others_are_not_written_over(area: Path, tmp_path: Path) -> None:
    (tmp_path / "report.csv").write_text("mine", "utf-8")
    done = hotspots("-C", area, "backtest", "--category", "asb", "-o", tmp_path)
    assert done.returncode == 2
    assert f"{tmp_path} has report.csv: name another folder" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["report.csv"]
    assert (tmp_path / "report.csv").read_text("utf-8") == "mine"


def test_the_tables_fit_a_terminal_of_80_columns(area: Path, tmp_path: Path) -> None:
    profile = tmp_path / "a profile with a name that is far longer than a table has room for.toml"
    profile.write_text("cell_size_m = 200\n", "utf-8")
    given = ("--category", "asb", "--profile", profile)
    said = hotspots("-C", area, "backtest", *given).stdout.splitlines()
    tables = said[said.index("") + 1 : len(said) - said[::-1].index("")]
    assert [line for line in tables if len(line) > 80] == []
    assert any(line.strip() == "released, last 52 weeks" for line in tables)


def test_one_other_method_is_named(area: Path) -> None:
    said = hotspots("-C", area, "backtest", "--category", "asb", "--method", "random").stdout
    assert "random is worse than the shipped default." in said


def test_a_search_without_room_is_refused(area: Path) -> None:
    done = hotspots("-C", area, "tune", "--category", "asb", "--held-out", "1000")
    assert done.returncode == 2
    assert "got 1000 held out and a horizon of 1: take fewer." in done.stderr


def test_a_hostile_profile_stays_text(area: Path, tmp_path: Path) -> None:
    path = tmp_path / "=cmd()<script>.toml"
    path.write_text('name = "=1+1</text><script>"\nalpha = 0.01\n', "utf-8")
    out = tmp_path / "out"
    done = hotspots("-C", area, "backtest", "--category", "asb", "--cell", "500", "--method",
                    "random", "--profile", path, "-o", out)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert b"<script" not in (out / "curve.svg").read_bytes()
    for name in ("report.csv", "periods.csv", "compare.csv"):
        cells = [cell for row in rows(out / name) for cell in row.values()]
        assert not [c for c in cells if c.startswith(("=", "+", "@"))]


def test_a_version_is_judged_beside_the_approved_one(area: Path, tmp_path: Path) -> None:
    made = Workspace.init(tmp_path / "own")
    with made.store.boundaries() as sets:
        sets.add(nine_wards())
    add_history(made, months=8)
    for alpha, approve in ((0.01, True), (0.02, False)):
        profile = made.profile.model_copy(update={"alpha": alpha, "name": f"alpha {alpha}"})
        version = made.save_profile("asb", profile, "A. Nalyst", "trial").version
        if approve:
            made.approve_profile("asb", version, "A. Nalyst", "trial")
    made.store.close()
    done = hotspots("-C", made.folder, "backtest", "--category", "asb", "--profile", "2",
                    "--method", "random", "--json")  # fmt: skip
    one = json.loads(done.stdout)["backtests"][0]
    assert [row["method"] for row in one["methods"]] == ["approved", "version-2", "random"]
    assert {row["reference"] for row in one["compared"]} == {"approved"}
    assert one["about"]["profiles"]["version-2"]["alpha"] == 0.02


def test_a_progress_bar_on_a_terminal(area: Path) -> None:
    pty = pytest.importorskip("pty")
    terminal, child = pty.openpty()
    command = [sys.executable, "-m", "hotspots", "-C", str(area), "backtest", "--category", "asb",
               "--method", "random", "--cell", "900"]  # fmt: skip
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=child, env=environment, check=True)
    os.close(child)
    shown = os.read(terminal, 65536).decode("utf-8")
    os.close(terminal)
    assert "Judging maps, 900 m" in shown
    assert "8 maps" in shown


# -- tuning ---------------------------------------------------------------------------------------


def test_tuning_says_what_it_found_and_keeps_it_only_where_it_differs(
    area: Path, tmp_path: Path
) -> None:
    out = tmp_path / "tuned"
    asked = ("--category", "asb", "--settings", "4", "-o", out)
    done = hotspots("-C", area, "tune", *asked, "--save", "--reason", "trial", "--author", "A",
                    "--json")  # fmt: skip
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    better = data["verdict"] == "better"
    assert better == (data["difference"]["low"] is not None and data["difference"]["low"] > 0)
    gained = data["chosen"]["value"] - data["approved"]["value"]
    assert data["difference"]["value"] == pytest.approx(gained)
    made = Workspace(area)
    versions = made.profile_versions("asb")
    changed = {k: v for k, v in data["profile"].items() if k not in ("name", "version")}
    own = made.profile.model_dump(mode="json", exclude={"name", "version"})
    made.store.close()
    assert (data["saved"] is not None) == (changed != own) == bool(versions)
    if versions:
        assert versions[-1].evidence["verdict"] == data["verdict"]
    table = rows(out / "tuning.csv")
    assert len(table) == data["settings"]
    assert "seconds" not in table[0]
    again = hotspots("-C", area, "tune", *asked[:-1], tmp_path / "again")
    assert again.returncode == 0, again.stderr
    assert results(tmp_path / "again") == results(out)


def test_a_version_needs_a_reason_before_the_search(area: Path) -> None:
    done = hotspots("-C", area, "tune", "--category", "asb", "--save")
    assert done.returncode == 2
    assert "give --author and --reason" in done.stderr
    done = hotspots("-C", area, "tune", "--category", "asb", "--measure", "luck")
    assert done.returncode == 2
    assert "measure must be one of" in done.stderr
