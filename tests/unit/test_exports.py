from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import openpyxl
import pyarrow.parquet as pq
import pyogrio
import pytest

from hotspots.analysis import find_hotspots
from hotspots.errors import UsageError, WorkspaceError
from hotspots.exports import EXPORTS, SHEETS, Format, export_format
from hotspots.model import Wards
from hotspots.results import TABLES, Result
from tests.support import a_year_with_a_flare_up, nine_wards


@pytest.fixture(scope="module")
def result() -> Result:
    plain = nine_wards()
    noticed = Wards(plain.frame, plain.vintage, notice="Synthetic data", sha256=plain.sha256)
    return find_hotspots(a_year_with_a_flare_up(), noticed, period="2024-01", category="asb")


VECTORS = tuple(entry for entry in EXPORTS if entry.name != "tif")


@pytest.mark.parametrize("entry", VECTORS, ids=lambda e: e.name)
@pytest.mark.parametrize("table", TABLES)
def test_every_format_keeps_every_row_notice_and_provenance(
    entry: Format, table: str, result: Result, tmp_path: Path
) -> None:
    path = result.export(tmp_path / f"out{entry.suffix}", table)
    rows, notice, run = READERS[entry.name](path, table)
    assert rows == len(result.table(table)) > 0
    assert notice == {"Synthetic data"}
    assert run == result.provenance["run"]
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]
    beside = path.with_name(path.name + ".provenance.json")
    assert beside.exists() == entry.sidecar


def test_a_suffix_tells_the_media_type() -> None:
    """A file is served by its suffix: formats that share one must share the type."""
    every = (*EXPORTS, *SHEETS)
    for entry in every:
        assert {e.media_type for e in every if e.suffix == entry.suffix} == {entry.media_type}


Read = tuple[int, set[str], str]


def _csv(path: Path, _: str) -> Read:
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
    about = json.loads(path.with_name(path.name + ".provenance.json").read_text("utf-8"))
    return len(rows), {r["notice"] for r in rows}, about["run"]


def _geojson(path: Path, _: str) -> Read:
    data = json.loads(path.read_text("utf-8"))
    assert "crs" not in data
    lon, lat = _first(data["features"][0]["geometry"]["coordinates"])
    assert 0.8 < lon < 1.2
    assert 51.5 < lat < 51.9
    notices = {f["properties"]["notice"] for f in data["features"]}
    return len(data["features"]), notices, data["provenance"]["run"]


def _gpkg(path: Path, table: str) -> Read:
    frame = gpd.read_file(path, layer=table)
    about = pyogrio.read_dataframe(path, layer="provenance", read_geometry=False)
    assert frame.crs.to_epsg() == 27700
    run = about.set_index("key").loc["run", "value"]
    return len(frame), set(frame["notice"]), str(run)


def _xlsx(path: Path, table: str) -> Read:
    book = openpyxl.load_workbook(path)
    page, about = book[table], book["Provenance"]
    head = next(cell for row in page.iter_rows() for cell in row if cell.value == "Notice")
    column = next(page.iter_cols(head.column, head.column, min_row=head.row + 1))
    last = [cell.value for cell in column]
    run = {row[0].value: row[1].value for row in about.iter_rows(max_col=2)}["run"]
    return len(last), set(last), str(run)


def _parquet(path: Path, _: str) -> Read:
    frame = gpd.read_parquet(path)
    assert frame.crs.to_epsg() == 27700
    about = json.loads(pq.read_schema(path).metadata[b"provenance"])
    return len(frame), set(frame["notice"]), about["run"]


def _shp(path: Path, _: str) -> Read:
    frame = gpd.read_file(f"zip://{path}")
    assert frame.crs.to_epsg() == 27700
    with zipfile.ZipFile(path) as archive:
        about = json.loads(archive.read("provenance.json"))
    return len(frame), set(frame["notice"]), about["run"]


READERS: dict[str, Callable[[Path, str], Read]] = {
    "csv": _csv,
    "geojson": _geojson,
    "gpkg": _gpkg,
    "xlsx": _xlsx,
    "parquet": _parquet,
    "shp": _shp,
}


def _first(coordinates: list[object]) -> list[float]:
    while isinstance(coordinates[0], list):
        coordinates = coordinates[0]
    return coordinates  # type: ignore[return-value]


def test_a_geopackage_holds_all_tables(result: Result, tmp_path: Path) -> None:
    path = result.export(tmp_path / "all.gpkg")
    layers = {str(name) for name, _ in pyogrio.list_layers(path)}
    assert layers == {*TABLES, "layer_styles", "provenance"}


def test_an_empty_table_is_written_with_its_columns(tmp_path: Path) -> None:
    quiet = find_hotspots(a_year_with_a_flare_up(), nine_wards(), period="2023-11", category="asb")
    for entry in VECTORS:
        path = quiet.export(tmp_path / f"none{entry.suffix}", "hotspots")
        assert path.stat().st_size > 0
    header = (tmp_path / "none.csv").read_text("utf-8").splitlines()[0]
    assert header.startswith("question,rank,marker,name,ward_code")
    with pytest.raises(UsageError, match="made of a table of grid squares"):
        quiet.export(tmp_path / "none.tif", "hotspots")


def test_unknown_residents_are_empty_not_zero(tmp_path: Path) -> None:
    wards = nine_wards()
    wards.frame.loc[0, "population"] = float("nan")
    result = find_hotspots(a_year_with_a_flare_up(), wards, period="2024-01", category="asb")
    path = result.export(tmp_path / "w.csv", "wards")
    rows = {r["ward_code"]: r for r in csv.DictReader(io.StringIO(path.read_text("utf-8")))}
    assert rows["T000"]["population"] == ""
    assert rows["T000"]["rate_per_1000"] == ""
    assert rows["T001"]["population"] == "2000"


def test_what_cannot_be_written_leaves_nothing(result: Result, tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match="must be one of csv, geojson, gpkg, xlsx, parquet, shp, tif"
    ):
        result.export(tmp_path / "out.docx")
    with pytest.raises(UsageError, match="A table must be one of"):
        result.export(tmp_path / "out.csv", "points")
    with pytest.raises(WorkspaceError, match="a folder that can be written"):
        result.export(tmp_path / "missing" / "out.csv")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ("2024-01", "January 2024"),
        ("2024-W05", "week of 29 January 2024"),
        ("2023-04..2024-03", "April 2023 to March 2024"),
    ],
)
def test_a_tab_says_its_period_in_words(result: Result, period: str, words: str) -> None:
    about = {"category": "asb", "period": period}
    content = export_format("xlsx").write({"wards": result.wards}, about)
    page = openpyxl.load_workbook(io.BytesIO(content))["wards"]
    assert page["A1"].value == f"Wards, Anti-social behaviour, {words}"
