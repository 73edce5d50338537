"""Files open, and say the same, in programs that we did not write."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pytest
import rasterio
from rio_cogeo import cog_validate

from hotspots.analysis import find_hotspots
from hotspots.exports import Band, Raster, export_format, sheet_format
from hotspots.exports.xlsx import sheet_of
from hotspots.model import Wards
from hotspots.results import TABLES, Result
from hotspots.sheets import Blank, Column, Sheet, shown
from tests.support import a_year_with_a_flare_up, nine_wards


@pytest.fixture(scope="module")
def result() -> Result:
    plain = nine_wards(names=["Ŵest & <b>", *(f"Ward {i}" for i in range(1, 9))])
    noticed = Wards(plain.frame, plain.vintage, notice="Synthetic data", sha256=plain.sha256)
    return find_hotspots(a_year_with_a_flare_up(), noticed, period="2024-01", category="asb")


@pytest.fixture(scope="module")
def about(result: Result) -> dict[str, Any]:
    return {**result.provenance, "marking": "OFFICIAL", "tier": "restricted"}


def run(*words: str) -> str:
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is not installed (make tools)")
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    # LibreOffice would like a Java that it does not need
    said = (done.stdout + done.stderr).replace("Warning: failed to launch javaldx", "")
    assert "Warning" not in said, said
    assert "ERROR" not in said, said
    return done.stdout


def test_gdal_reads_every_layer_of_the_geopackage(
    result: Result, about: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "all.gpkg"
    tables = {name: result.table(name) for name in TABLES}
    path.write_bytes(export_format("gpkg").write(tables, about))
    said = run("ogrinfo", "-so", "-al", str(path))
    assert "MARKING=OFFICIAL" in said
    assert "TIER=restricted" in said
    assert "NOTICES=Synthetic data" in said
    for name, frame in tables.items():
        part = said.split(f"Layer name: {name}\n")[1].split("Layer name:")[0]
        assert f"Feature Count: {len(frame)}\n" in part
        assert "Geometry: Multi Polygon" in part
        assert 'ID["EPSG",27700]]' in part
        xs = part.split("Extent: (")[1]
        assert float(xs.split(",")[0]) == pytest.approx(frame.total_bounds[0], abs=1e-3)
    wards = run("ogr2ogr", "-f", "GeoJSON", "/vsistdout/", str(path), "wards")
    rows = json.loads(wards)["features"]
    read = {row["properties"]["ward_code"]: row["properties"] for row in rows}
    for row in result.wards.itertuples():
        assert read[row.ward_code]["incidents"] == row.incidents
        assert read[row.ward_code]["ward_name"] == row.ward_name
        assert read[row.ward_code]["rate_per_1000"] == pytest.approx(row.rate_per_1000)
    styles = run("ogrinfo", "-q", str(path), "-sql", "SELECT f_table_name n FROM layer_styles")
    assert {name for name in TABLES if f"= {name}\n" in styles} == set(TABLES)


@pytest.mark.parametrize("name", ["geojson", "shp", "csv", "xlsx"])
def test_gdal_reads_the_other_formats(
    name: str, result: Result, about: dict[str, Any], tmp_path: Path
) -> None:
    form = export_format(name)
    path = tmp_path / f"wards{form.suffix}"
    path.write_bytes(form.write({"wards": result.wards}, about))
    source = f"/vsizip/{path}" if name == "shp" else str(path)
    said = run("ogrinfo", "-so", source, "wards")
    # a workbook's lines above and below the table are rows too
    if name != "xlsx":
        assert f"Feature Count: {len(result.wards)}\n" in said
    if name == "geojson":
        assert 'GEOGCRS["WGS 84"' in said
        assert "Geometry: Polygon" in said
    if name == "shp":
        assert 'ID["EPSG",27700]]' in said
        assert "gi_p_adj: Real" in said


def test_gdal_and_rio_cogeo_find_a_whole_cog(
    result: Result, about: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "cells.tif"
    path.write_bytes(export_format("tif").write({"cells": result.cells}, about))
    valid, errors, warnings = cog_validate(path, strict=True)
    assert (valid, errors, warnings) == (True, [], [])
    info = json.loads(run("gdalinfo", "-json", "-stats", str(path)))
    assert info["metadata"]["IMAGE_STRUCTURE"]["LAYOUT"] == "COG"
    assert info["metadata"][""]["MARKING"] == "OFFICIAL"
    assert json.loads(info["metadata"][""]["PROVENANCE"])["run"] == result.provenance["run"]
    assert 'ID["EPSG",27700]]' in info["coordinateSystem"]["wkt"]
    bands = {band["description"]: band for band in info["bands"]}
    assert bands["gi_star_z"]["unit"] == "standard deviations"
    assert bands["incidents"]["noDataValue"] == "NaN"
    z = result.cells["gi_star_z"]
    assert bands["gi_star_z"]["maximum"] == pytest.approx(z.max(), abs=1e-3)
    west, south, *_ = result.cells.total_bounds
    assert info["cornerCoordinates"]["lowerLeft"] == [west, south]


def test_a_large_raster_has_overviews_that_average_what_may_be(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    array = rng.gamma(2.0, 3.0, (1, 400, 700)).astype("float32")
    array[0, :40, :40] = np.nan
    for way in ("average", "nearest"):
        band = (Band("intensity", "incidents per km2 in 30 days", "made up"),)
        raster = Raster("density", array, 5e5, 2e5, 100, 27700, band, way)  # type: ignore[arg-type]
        path = tmp_path / f"{way}.tif"
        path.write_bytes(export_format("tif").write({"density": raster}, {}))
        valid, errors, warnings = cog_validate(path, strict=True)
        assert (valid, errors, warnings) == (True, [], [])
        with rasterio.open(path, overview_level=0) as half:
            small = half.read(1)
        quarters = array[0].reshape(200, 2, 350, 2)
        wanted = quarters.mean(axis=(1, 3)) if way == "average" else quarters[:, 0, :, 0]
        assert small.shape == wanted.shape
        if way == "average":
            np.testing.assert_allclose(small, wanted, rtol=1e-5)
        else:
            assert np.isin(small[~np.isnan(small)], array).all()


def convert(to: str, folder: Path, *paths: Path) -> None:
    """Convert with LibreOffice, in a profile of its own."""
    profile = f"-env:UserInstallation=file://{folder}/profile"
    words = ("soffice", profile, "--headless", "--convert-to", to, "--outdir", str(folder))
    run(*words, *map(str, paths))


COLUMNS = (
    Column("ward", "Ward"),
    Column("n", "Incidents", "count", 0),
    Column("rate", "Rate per 1,000 residents", "rate", 1),
    Column("change", "Change on the same period of last year", "change", 1),
    Column("share", "Share of total crime", "percent", 1),
    Column("index", "Index", "number", 2),
)
ROWS = (
    {"ward": "=1+1", "n": 7795, "rate": 80.7, "change": 0.115, "share": 0.154, "index": -2.5},
    {"ward": "Ŵest & <b>", "n": 0, "rate": 1234.56, "change": -0.03, "share": 1.0, "index": 0.0},
    {"ward": "@x", "n": Blank.WITHHELD, "rate": Blank.NO_DATA, "change": Blank.NOT_COMPARED}
    | {"share": Blank.NOT_APPLICABLE, "index": 1e6},
    {"ward": "All", "n": 1_234_567, "rate": 0.0, "change": 0.0, "share": 0.0, "index": -0.01},
)
SHEET = Sheet("Key wards", "Key wards", COLUMNS, ROWS, ("A note.",), frozenset({3}))


def test_libreoffice_shows_what_people_are_to_read(result: Result, tmp_path: Path) -> None:
    about = {"marking": "OFFICIAL", "tier": "partner", "notices": ["Synthetic data"]}
    book, wards = tmp_path / "book.xlsx", tmp_path / "wards.xlsx"
    book.write_bytes(sheet_format("xlsx").write([SHEET], about))
    wards.write_bytes(export_format("xlsx").write({"wards": result.wards}, about))
    # as shown, comma, UTF-8, every sheet to its own file
    form = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true,false,false,-1"
    convert(form, tmp_path, book, wards)
    lines = _lines(tmp_path / "book-Key wards.csv")
    assert lines[0][0] == "OFFICIAL · tier: partner"
    _check(lines, SHEET, COLUMNS)
    assert (tmp_path / "book-Notes.csv").exists()
    assert (tmp_path / "book-Provenance.csv").exists()
    sheet = sheet_of("wards", result.wards, {})
    # p-values have fixed digits in a cell
    _check(_lines(tmp_path / "wards-wards.csv"), sheet, sheet.columns[:11])


def _lines(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as text:
        return list(csv.reader(text))


def _check(lines: list[list[str]], sheet: Sheet, columns: tuple[Column, ...]) -> None:
    labels = [column.label for column in columns]
    head = next(i for i, line in enumerate(lines) if line[: len(labels)] == labels)
    for line, row in zip(lines[head + 1 :], sheet.rows, strict=False):
        wanted = [shown(row[column.key], column) for column in columns]
        wanted[0] = f"'{wanted[0]}" if wanted[0][0] in "=@" else wanted[0]
        # a change that rounds to nothing has no sign in a spreadsheet
        wanted = [text.replace("+0.0%", "0.0%") for text in wanted]
        assert line[: len(columns)] == wanted


def test_libreoffice_prints_landscape_pages_with_marking_and_headings(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    many = Sheet("Key wards", "Key wards", COLUMNS, ROWS[:2] * 60)
    about = {"marking": "OFFICIAL", "tier": "partner", "run": "r1"}
    path.write_bytes(sheet_format("xlsx").write([many], about))
    convert("pdf", tmp_path, path)
    document = pypdfium2.PdfDocument(path.with_suffix(".pdf"))
    texts = [" ".join(page.get_textpage().get_text_bounded().split()) for page in document]
    sizes = {tuple(map(round, page.get_size())) for page in document}
    document.close()
    assert len(texts) > 3
    assert sizes == {(842, 595)}
    for number, text in enumerate(texts, start=1):
        assert text.count("OFFICIAL · tier: partner") == 2  # above the table and at the foot
        assert f"Page {number} of {len(texts)}" in text
        assert "###" not in text
    assert "Incidents" in texts[0]
    assert "Incidents" in texts[1]
