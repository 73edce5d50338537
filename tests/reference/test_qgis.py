"""QGIS opens the GeoPackage styled: its own words for what it read, and the picture it draws."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hotspots.analysis import find_hotspots
from hotspots.exports import export_format
from hotspots.results import TABLES, Result
from tests.support import a_year_with_a_flare_up, nine_wards

PYTHON = "/usr/bin/python3"
SCRIPT = Path(__file__).with_name("qgis_opens.py")
#: The style guide's.
VERY_CLEAR, WORSE, DENSEST, WARD_LINE = "#0B3C6F", "#7A2F00", "#0B3C6F", "#5B6975"


@pytest.fixture(scope="module")
def result() -> Result:
    return find_hotspots(a_year_with_a_flare_up(), nine_wards(), period="2024-01", category="asb")


def opened(content: bytes, folder: Path, *layers: str) -> tuple[dict[str, Any], np.ndarray]:
    path, picture = folder / "out.gpkg", folder / "map.png"
    path.write_bytes(content)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PYTHON")},
        "QT_QPA_PLATFORM": "offscreen",
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder),
    }
    there = [PYTHON, "-c", "import qgis.core"]
    if subprocess.run(there, capture_output=True, env=environment, check=False).returncode:
        pytest.skip("python3-qgis is not installed (make tools)")
    done = subprocess.run(
        [PYTHON, str(SCRIPT), str(path), str(picture), *layers],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        timeout=180,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    assert lines, done.stderr
    with Image.open(picture) as image:
        pixels = np.asarray(image.convert("RGB")).reshape(-1, 3)
    return json.loads(lines[-1]), pixels


def _share(pixels: np.ndarray, colour: str) -> float:
    wanted = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return float((np.abs(pixels.astype(int) - wanted).max(axis=1) <= 3).mean())


@pytest.mark.slow
def test_every_layer_opens_with_its_own_style(result: Result, tmp_path: Path) -> None:
    tables = {name: result.table(name) for name in TABLES}
    content = export_format("gpkg").write(tables, result.provenance)
    said, pixels = opened(content, tmp_path, "hotspots", "wards", "density", "cells")
    for name, frame in tables.items():
        layer = said[name]
        assert (layer["valid"], layer["rows"], layer["crs"]) == (True, len(frame), "EPSG:27700")
        assert layer["renderer"] == "RuleRenderer"
    assert [said[name]["labels"] for name in TABLES] == [True, True, False, False]
    assert said["wards"]["alias"] == "Ward"
    assert said["hotspots"]["styles"] == ["Concentrated", "Hot spots", "Worse than usual"]
    assert said["cells"]["styles"] == ["Concentrated", "Worse than usual"]
    assert said["wards"]["styles"] == ["Borders and names", "Rate per 1,000 residents"]

    legend = {line["label"]: line["layers"] for line in said["hotspots"]["legend"]}
    assert legend["Concentrated: very clear"][0] == ["SimpleFill", VERY_CLEAR]
    assert legend["Worse than usual: very clear"][0] == ["SimpleFill", WORSE]
    sorts = {label: [sort for sort, _ in parts] for label, parts in legend.items()}
    assert sorts["Concentrated: very clear"].count("LinePatternFill") == 2
    assert sorts["Concentrated: clear"].count("LinePatternFill") == 1
    assert sorts["Concentrated: possible"].count("PointPatternFill") == 1
    assert said["density"]["legend"][0]["label"] == "80 or more"
    assert said["density"]["legend"][0]["layers"][0] == ["SimpleFill", DENSEST]

    # the rules' expressions find the rows that pandas finds
    for question, words in (("concentrated", "Concentrated"), ("worse", "Worse than usual")):
        hot = result.hotspots[result.hotspots["question"] == question]
        counted = hot["strength"].value_counts()
        for strength in ("very clear", "clear", "possible"):
            rows = said["hotspots"]["drawn"][f"{words}: {strength}"]
            assert rows == counted.get(strength, 0)
    squares = result.cells["concentrated"].value_counts()
    classes = ("very clear", "clear", "possible")
    counted = {name.capitalize(): squares.get(name, 0) for name in classes}
    assert said["cells"]["drawn"] == counted
    assert sum(counted.values()) > 0
    assert sum(said["density"]["drawn"].values()) == len(result.density)
    # and what they should show is in the picture
    assert _share(pixels, WORSE) > 0.0005
    assert _share(pixels, WARD_LINE) > 0.0005


@pytest.mark.slow
def test_wards_alone_are_shaded_by_rate_in_locked_classes(result: Result, tmp_path: Path) -> None:
    wards = result.wards.copy()
    wards.loc[0, "rate_per_1000"] = float("nan")
    content = export_format("gpkg").write({"wards": wards}, result.provenance)
    said, pixels = opened(content, tmp_path, "wards")
    labels = [line["label"] for line in said["wards"]["legend"]]
    # a tenth of the category's density classes, of 31 days instead of 30
    assert labels[0] == "8.3 or more"
    assert labels[-2:] == ["Below 0.52", "No data"]
    drawn = said["wards"]["drawn"]
    assert drawn["No data"] == 1
    assert sum(drawn.values()) == len(wards)
    assert drawn["8.3 or more"] == (wards["rate_per_1000"] >= 8 * 31 / 30).sum()
    shades = {line["layers"][0][1] for line in said["wards"]["legend"] if drawn[line["label"]]}
    assert all(_share(pixels, shade) > 0.02 for shade in shades)
