"""The public names: there, typed, documented, and loaded only when they are asked for."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from numpydoc.validate import validate
from pydantic import BaseModel

import hotspots
from hotspots.profile import ForecastMap, Profile, Shortlist, Tier

ROOT = Path(__file__).resolve().parents[2]
#: Names that others rely on.
CONTRACT = {"read_incidents", "read_wards", "Profile", "find_hotspots", "Result", "Workspace"}

#: What an analyst may write, held to `mypy --strict`.
SCRIPT = """
from pathlib import Path

from hotspots import (
    METHODS, History, Incidents, Period, Profile, Rejections, Result, Wards, Workspace,
    find_hotspots, history_of, method_of, of_profile, plan_of, read_incidents, read_wards,
    report_of, run_backtest, tune,
)
from hotspots.clustering import Grid


def places(incidents: Incidents, wards: Wards, profile: Profile) -> list[str]:
    result: Result = find_hotspots(
        incidents, wards, profile, period=Period.parse("2021-06"), category="asb"
    )
    result.explore("worse").save("map.html")
    result.plot("density").set_title("June")
    written: Path = result.export("out.gpkg")
    return [str(written), *(str(name) for name in result.hotspots["name"])]


def better(history: History, wards: Wards, profile: Profile) -> str:
    grid = Grid.cover(wards.study_area, profile.cell_size_m, touching=True)
    methods = [of_profile(profile, "mine", "Mine"), METHODS["counts-52"], method_of("random")]
    plan = plan_of(history, first=12)
    report = report_of(history, methods, plan, run_backtest(history, grid, methods, plan))
    verdict: str = report.difference("mine", "counts-52", "area").verdict()
    tuned = tune(history, profile, seed=0)
    return verdict + str(tuned.verdict) + tuned.profile.name


wards = read_wards("wards.geojson", vintage="2021")
kept: Incidents
lost: Rejections
kept, lost = read_incidents(["a.csv"], source="police-uk")
print(places(kept, wards, Profile(cell_size_m=100)), lost.by_reason())
print(better(history_of(kept, wards, "asb", "month"), wards, Profile()))
workspace = Workspace("folder")
workspace.run("2021-06", "asb").table("wards")
"""


def test_the_names_of_the_contract_are_public() -> None:
    assert set(hotspots.__all__) >= CONTRACT
    assert len(set(hotspots.__all__)) == len(hotspots.__all__)
    for name in hotspots.__all__:
        assert getattr(hotspots, name) is not None
    assert set(dir(hotspots)) >= set(hotspots.__all__)


def test_a_name_that_is_none_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'hotspots' has no attribute 'find_hotspot'"):
        hotspots.find_hotspot  # noqa: B018


def test_a_star_import_brings_all_and_nothing_else() -> None:
    space: dict[str, Any] = {}
    exec("from hotspots import *", space)  # noqa: S102
    assert set(space) - {"__builtins__"} == set(hotspots.__all__)


def test_importing_the_package_loads_no_library() -> None:
    code = (
        "import sys, json; before = set(sys.modules); import hotspots; dir(hotspots);"
        "print(json.dumps(sorted({m.partition('.')[0] for m in set(sys.modules) - before})))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(json.loads(said.stdout))
    heavy = {"numpy", "pandas", "geopandas", "matplotlib", "folium", "sklearn", "pydantic", "click"}
    assert "hotspots" in loaded
    assert not loaded & heavy


def test_looking_waits_until_it_is_asked_for() -> None:
    code = (
        "import sys, hotspots; hotspots.Result;"
        "print([m for m in ('matplotlib', 'folium') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_the_package_says_that_it_is_typed() -> None:
    assert (ROOT / "hotspots" / "py.typed").is_file()


@pytest.mark.slow
def test_an_analysts_script_is_typed_throughout(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, "utf-8")
    wrong = tmp_path / "wrong.py"
    wrong.write_text("from hotspots import Period\nx: int = Period.parse('2021').label\n", "utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", "pyproject.toml"]
    checked = subprocess.run(
        [*command, "--cache-dir", str(ROOT / ".mypy_cache"), str(script), str(wrong)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    faults = [line for line in checked.stdout.splitlines() if ": error:" in line]
    mine = [line for line in faults if not line.startswith("hotspots/")]
    # what is wrong is seen, so the names are not taken for "Any"
    assert ["wrong.py" in line for line in mine] == [True], checked.stdout


# -- documented -----------------------------------------------------------------------------------


def _functions() -> list[str]:
    """Return every public function, and every method of a public class, as users name them."""
    found = [name for name in hotspots.__all__ if inspect.isfunction(getattr(hotspots, name))]
    for name in hotspots.__all__:
        thing = getattr(hotspots, name)
        if inspect.isclass(thing) and not issubclass(thing, BaseModel):
            found += [f"{name}.{method}" for method in _methods(thing)]
    return found


def _methods(thing: type) -> list[str]:
    return [
        name
        for name, member in inspect.getmembers(thing)
        if not name.startswith("_")
        and (inspect.isfunction(member) or inspect.ismethod(member))
        and member.__module__.startswith("hotspots.")
    ]


def _object(name: str) -> Any:
    found: Any = hotspots
    for part in name.split("."):
        found = getattr(found, part)
    return found


#: What the tutorial calls: these say everything.
CALLED = [name for name in _functions() if "." not in name] + [
    f"Result.{name}" for name in ("explore", "plot", "export", "table")
]


@pytest.mark.parametrize("name", _functions())
def test_every_public_function_is_typed(name: str) -> None:
    signature = inspect.signature(_object(name))
    assert signature.return_annotation is not inspect.Signature.empty
    untyped = [
        p.name
        for p in signature.parameters.values()
        if p.annotation is inspect.Parameter.empty and p.name not in ("self", "cls")
    ]
    assert untyped == []


@pytest.mark.parametrize("name", _functions())
def test_every_public_function_has_a_summary(name: str) -> None:
    codes = {code for code, _ in validate(f"hotspots.{name}")["errors"]}
    # no docstring; no summary; a parameter that is not there
    assert not codes & {"GL08", "SS01", "PR02"}


@pytest.mark.parametrize("name", CALLED)
def test_what_an_analyst_calls_says_what_it_takes_gives_and_refuses(name: str) -> None:
    text = inspect.getdoc(_object(name)) or ""
    takes = [p for p in inspect.signature(_object(name)).parameters if p != "self"]
    # a single thing may be named by the summary, and so may what is returned
    assert "\nParameters\n------" in text or len(takes) <= 1
    assert "\nReturns\n------" in text or text.startswith("Return ")
    # nothing that a profile can be is refused
    assert "\nRaises\n------" in text or name == "of_profile"


@pytest.mark.parametrize("model", [Profile, ForecastMap, Shortlist, Tier])
def test_every_setting_is_explained_where_it_is_defined(model: type[BaseModel]) -> None:
    text = inspect.getdoc(model) or ""
    attributes = text.partition("Attributes\n----------\n")[2]
    named = {
        name.strip()
        for line in attributes.splitlines()
        if " : " in line and not line.startswith(" ")
        for name in line.partition(" : ")[0].split(",")
    }
    assert named == set(model.model_fields)
