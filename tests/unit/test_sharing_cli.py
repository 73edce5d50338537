"""``hotspots exports``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from hotspots.cli.exports import exports
from hotspots.errors import UsageError
from hotspots.store.exports import ExportEntry
from hotspots.workspace import Workspace


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Workspace.init(tmp_path / "area").store.close()
    return tmp_path / "area"


def listed(folder: Path, *given: str) -> str:
    done = CliRunner().invoke(exports, list(given), obj=folder, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_the_log_is_listed_by_tier(folder: Path) -> None:
    assert listed(folder) == "Nothing was exported yet.\n"
    workspace = Workspace(folder)
    asked = {"period": "2021-06", "category": "asb", "area": "", "quarterly": False}
    with workspace.store.exports() as log:
        log.add(
            ExportEntry(
                "A\x1b[31m\nB", "shortlist", "public", "csv", "s.csv", "f" * 64, 1234, asked, (), 7
            )
        )
        log.add(ExportEntry("C", "cells", "restricted", "tif", "k.tif", "e" * 64, 9, {}, ("r1",)))
    workspace.store.close()
    first, about, second, _ = listed(folder).splitlines()
    for text in ("public", "shortlist", "1,234 bytes", "7 counts withheld", "s.csv", "UTC"):
        assert text in first
    assert "\x1b" not in first
    assert "of 2021-06, asb" in about
    assert "f" * 64 in about
    assert "nothing withheld" in second
    assert len(listed(folder, "--tier", "public").splitlines()) == 2
    assert listed(folder, "--tier", "partner") == "Nothing was exported for partner yet.\n"
    told = json.loads(listed(folder, "--json"))
    assert [(each["id"], each["tier"], each["runs"]) for each in told] == [
        (1, "public", []),
        (2, "restricted", ["r1"]),
    ]
    assert told[0]["asked"] == asked


def test_a_tier_that_is_none_is_said(folder: Path) -> None:
    with pytest.raises(UsageError, match="must be one of public, partner, restricted"):
        listed(folder, "--tier", "press")
