"""The pages cannot fall behind: they build without a warning, and name all that there is."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import click
import nbformat
import pytest
from playwright.sync_api import Browser

from hotspots.cli import cli
from hotspots.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
NOTEBOOKS = sorted(DOCS.glob("*.ipynb"))


def _commands(group: click.Command, path: str) -> Iterator[str]:
    if isinstance(group, click.Group):
        for name, command in group.commands.items():
            yield from _commands(command, f"{path} {name}")
    else:
        yield path


def _first_column(section: str) -> list[str]:
    """Return what the rows of the table below a heading of the first page are about."""
    text = (DOCS / "index.md").read_text("utf-8").partition(f"\n## {section}\n")[2]
    return re.findall(r"^\| `([^`]+)` \|", text.partition("\n## ")[0], re.MULTILINE)


def test_every_command_is_listed_and_no_other() -> None:
    listed = _first_column("Commands")
    assert sorted(listed) == sorted(_commands(cli, "hotspots"))


@pytest.mark.parametrize("command", sorted(_commands(cli, "hotspots")))
def test_every_command_has_an_example_in_its_help(command: str) -> None:
    found: click.Command = cli
    for name in command.split()[1:]:
        assert isinstance(found, click.Group)
        found = found.commands[name]
    assert re.search(r"(?m)^\s*(Example|Examples):?|hotspots .*" + name, found.help or "")


def test_every_setting_of_a_workspace_is_listed_and_no_other() -> None:
    assert sorted(_first_column("Settings of a workspace")) == sorted(Settings.model_fields)


def test_the_reference_has_the_profiles_settings() -> None:
    text = (DOCS / "python.md").read_text("utf-8")
    for name in ("Profile", "ForecastMap", "Shortlist", "Tier"):
        assert re.search(rf"autoclass:: hotspots\.(profile\.)?{name}\n", text)


# -- notebooks ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebooks_are_kept_without_outputs(path: Path) -> None:
    book = nbformat.read(path, 4)
    nbformat.validate(book)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert code
    for cell in code:
        assert cell.outputs == []
        assert cell.execution_count is None
        assert not cell.metadata
        ast.parse(cell.source)


def test_both_notebooks_are_there() -> None:
    assert [path.name for path in NOTEBOOKS] == ["tutorial-kent.ipynb", "tutorial.ipynb"]


#: Runs a notebook of the docs in a folder of its own and writes what it said.
RUN = """
import sys, json, nbformat
from nbclient import NotebookClient
book = nbformat.read(sys.argv[1], 4)
NotebookClient(
    book, timeout=300, kernel_name="python3", resources={"metadata": {"path": sys.argv[2]}}
).execute()
print("RAN" + json.dumps([cell.get("outputs", []) for cell in book.cells]))
"""


def _run(path: Path, folder: Path, **environment: str) -> list[list[dict[str, Any]]]:
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(path), str(folder)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    outputs: list[list[dict[str, Any]]] = json.loads(done.stdout.partition("RAN")[2])
    return outputs


@pytest.mark.slow
def test_the_tutorial_on_kent_runs_on_real_data(real_data: Path, tmp_path: Path) -> None:
    outputs = _run(
        DOCS / "tutorial-kent.ipynb", tmp_path, HOTSPOTS_REAL_DATA=str(real_data.resolve())
    )
    said = json.dumps(outputs)
    assert "Moved points" in said
    assert "image/png" in said
    assert '"error"' not in said
    # nothing of the real place is written beside the notebook
    assert list(tmp_path.iterdir()) == []


# -- the built pages ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages as `make docs` builds them; any warning fails. The tutorial is run."""
    out = tmp_path_factory.mktemp("docs")
    command = next(
        line.strip().replace("$(BIN)/sphinx-build", "-m sphinx").replace("build/docs", str(out))
        for line in (ROOT / "Makefile").read_text("utf-8").splitlines()
        if "sphinx-build" in line
    )
    assert " -W " in command
    done = subprocess.run(
        [sys.executable, *command.split()], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return out


class _Elements(HTMLParser):
    """The elements of a page: names and attributes."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def values(self, attribute: str, *tags: str) -> list[str]:
        return [
            a[attribute] for tag, a in self.found if attribute in a and (tag in tags or not tags)
        ]


@pytest.mark.slow
def test_every_page_is_built_and_every_link_leads_somewhere(built: Path) -> None:
    pages = {path.name: _Elements(path) for path in built.glob("*.html")}
    assert {f"{path.stem}.html" for path in (*DOCS.glob("*.md"), *NOTEBOOKS)} <= set(pages)
    for name, page in pages.items():
        for link in page.values("href", "a"):
            to = urlsplit(link)
            if to.scheme:
                continue
            target = pages.get(unquote(to.path) or name)
            assert target is not None or (built / to.path).is_file(), f"{name}: {link}"
            if target is not None and to.fragment:
                assert unquote(to.fragment) in target.values("id"), f"{name}: {link}"


@pytest.mark.slow
def test_the_tutorial_shows_its_pictures_and_its_map(built: Path) -> None:
    page = _Elements(built / "tutorial.html")
    assert len([src for src in page.values("src", "img") if src.endswith(".png")]) >= 3
    assert any("hotspotsLook" in inside for inside in page.values("srcdoc", "iframe"))
    assert "Synthetic data" in "".join(page.values("srcdoc", "iframe"))
    # what real data give is not built either
    kent = _Elements(built / "tutorial-kent.html")
    assert not [c for c in kent.values("class") if "cell_output" in c.split()]


@pytest.mark.slow
def test_no_page_asks_another_host_for_anything(built: Path, browser: Browser) -> None:
    asked: list[str] = []
    page = browser.new_page(offline=True)
    page.on("request", lambda request: asked.append(request.url))
    for path in sorted(built.glob("*.html")):
        page.goto(path.as_uri())
    page.close()
    assert len(asked) > len(list(built.glob("*.html")))
    outside = {url for url in asked if urlsplit(url).scheme not in ("file", "data", "about")}
    assert outside == set()


# -- what is installed ----------------------------------------------------------------------------


def test_what_the_docs_and_notebooks_need_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    main = {re.split(r"[\[<>=]", line)[0] for line in project["dependencies"]}
    extras = project["optional-dependencies"]
    assert {"matplotlib", "folium", "xstatic-leaflet"} <= main
    docs = {re.split(r"[<>=]", line)[0] for line in extras["docs"]}
    assert {"sphinx", "myst-nb", "hotspots[notebook]"} <= docs
