"""What each format's own rules ask of a file."""

from __future__ import annotations

import csv
import io
import json
import struct
import zipfile
from typing import Any

import geopandas as gpd
import numpy as np
import openpyxl
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from hotspots.errors import UsageError
from hotspots.exports import SHEETS, export_format, sheet_format
from hotspots.exports.shapefile import short_names
from hotspots.sheets import Blank, Column, Sheet

ABOUT = {"marking": "OFFICIAL", "tier": "partner", "run": "r1", "notices": ["Synthetic data"]}
RING = [(550_000, 170_000), (550_000, 171_000), (551_000, 171_000), (551_000, 170_000)]
HOLE = [(550_200, 170_200), (550_400, 170_200), (550_400, 170_400), (550_200, 170_400)]


def frame(**columns: Any) -> gpd.GeoDataFrame:
    """Two outlines, the first clockwise with a counter-clockwise hole: both the wrong way round."""
    shapes = [shapely.Polygon(RING, [HOLE]), shapely.box(552_000, 170_000, 553_000, 171_000)]
    return gpd.GeoDataFrame(columns or {"n": [1, 2]}, geometry=shapes, crs="EPSG:27700")


def signed_area(ring: list[list[float]]) -> float:
    x, y = np.array(ring).T
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum() / 2)


def test_geojson_keeps_the_right_hand_rule_the_box_and_the_order_of_axes() -> None:
    data = json.loads(export_format("geojson").write({"t": frame()}, ABOUT))
    outer, hole = data["features"][0]["geometry"]["coordinates"]
    assert outer[0] == outer[-1]
    assert signed_area(outer) > 0 > signed_area(hole)
    points = np.array([*outer, *data["features"][1]["geometry"]["coordinates"][0]])
    # Gravesend's longitude first, then latitude
    assert ((points > [0.1, 51.3]) & (points < [0.3, 51.5])).all()
    assert data["bbox"] == [*points.min(axis=0), *points.max(axis=0)]
    assert (np.round(points, 6) == points).all()
    assert data["provenance"] == ABOUT
    assert set(data) == {"type", "bbox", "provenance", "features"}


def test_geoparquet_says_its_version_and_boxes() -> None:
    content = export_format("parquet").write({"t": frame()}, ABOUT)
    schema = pq.read_schema(io.BytesIO(content))
    geo = json.loads(schema.metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert geo["columns"]["geometry"]["encoding"] == "WKB"
    assert geo["columns"]["geometry"]["crs"]["id"] == {"authority": "EPSG", "code": 27700}
    assert "bbox" in geo["columns"]["geometry"]["covering"]
    assert b"pandas" not in schema.metadata
    assert schema.metadata[b"marking"] == b"OFFICIAL"
    read = gpd.read_parquet(io.BytesIO(content))
    assert set(read.columns) == {"n", "notice", "geometry"}


@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=40, unique=True))
def test_field_names_are_short_plain_and_each_another(names: list[str]) -> None:
    short = short_names(names)
    assert list(short) == names
    assert len(set(short.values())) == len(names)
    for field in short.values():
        assert 1 <= len(field) <= 10
        assert all(c.isascii() and (c.isalnum() or c == "_") for c in field)


def test_a_shapefile_tells_its_names_and_what_it_cut() -> None:
    long = "é" * 200  # 400 bytes
    table = frame(gi_star_p_adjusted=[0.01, float("nan")], claim=[long, None], ward="Ŵ", n=[1, 2])
    content = export_format("shp").write({"Hot spots": table}, ABOUT)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = set(archive.namelist())
        fields = archive.read("fields.csv").decode("utf-8").splitlines()
        assert archive.read("hot-spots.cpg") == b"UTF-8"
        # the header's date is fixed: years since 1900, month, day
        assert struct.unpack("3B", archive.read("hot-spots.dbf")[1:4]) == (80, 1, 1)
    parts = {f"hot-spots{end}" for end in (".shp", ".shx", ".dbf", ".prj", ".cpg")}
    assert names == parts | {"fields.csv", "provenance.json"}
    rows = {row["column"]: row for row in csv.DictReader(fields)}
    assert rows["gi_star_p_adjusted"]["field"] == "gi_p_adj"
    assert {name for name, row in rows.items() if row["texts_cut"] == "yes"} == {"claim"}
    read = gpd.read_file(io.BytesIO(content))
    assert np.isnan(read["gi_p_adj"][1])
    assert set(read["ward"]) == {"Ŵ"}
    assert read["claim"][0].endswith("é…")
    assert len(read["claim"][0].encode()) <= 254
    # what is not known is not a text either
    assert read["claim"].isna().tolist() == [False, True]


def test_a_shapefile_of_mixed_geometry_is_one_each() -> None:
    shapes = [shapely.Point(0, 0), shapely.box(0, 0, 1, 1), shapely.LineString([(0, 0), (1, 1)])]
    table = gpd.GeoDataFrame({"n": [1, 2, 3]}, geometry=shapes, crs=27700)
    content = export_format("shp").write({"t": table}, {})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [name for name in archive.namelist() if name.endswith(".shp")]
    assert sorted(names) == ["t_line.shp", "t_point.shp", "t_polygon.shp"]
    for name, n in zip(sorted(names), (3, 1, 2), strict=True):
        read = gpd.read_file(io.BytesIO(content), layer=name.removesuffix(".shp"))
        assert read["n"].tolist() == [n]


COLUMNS = (
    Column("ward", "Ward"),
    Column("n", "Incidents", "count", 0, "In the year."),
    Column("rate", "Rate per 1,000 residents", "rate", 1),
    Column("change", "Change on the year before", "change", 1),
    Column("share", "Share of total crime", "percent", 1),
    Column("p", "Exact test, p", "p"),
)
TABLE = Sheet(
    "Key wards",
    "Key wards of the year",
    COLUMNS,
    (
        {"ward": "Alder", "n": 7795, "rate": 80.7, "change": 0.115, "share": 0.154, "p": 0.046},
        {"ward": "Beech", "n": Blank.WITHHELD, "rate": float("nan"), "change": Blank.NOT_COMPARED}
        | {"share": Blank.NO_DATA, "p": Blank.NOT_APPLICABLE},
        {"ward": "All", "n": np.int64(8388), "rate": 6.0, "change": -0.03, "share": 1.0, "p": 1e-9},
    ),
    ("Residents are those of mid-2015.",),
    frozenset({2}),
)


def test_a_workbook_has_true_numbers_under_its_formats() -> None:
    book = openpyxl.load_workbook(io.BytesIO(sheet_format("xlsx").write([TABLE], ABOUT)))
    assert book.sheetnames == ["Key wards", "Notes", "Provenance"]
    page = book["Key wards"]
    texts = [row[0].value for row in page.iter_rows(max_row=4)]
    assert texts[:3] == ["OFFICIAL · tier: partner", "Synthetic data", "Key wards of the year"]
    head = next(c.row for (c,) in page.iter_rows(max_col=1) if c.value == "Ward")
    assert page.freeze_panes == f"B{head + 1}"
    first, second, total = (list(page[head + i]) for i in (1, 2, 3))
    assert [c.value for c in first][1:6] == [7795, 80.7, 0.115, 0.154, 0.046]
    assert [c.number_format.split(";")[0] for c in first][1:5] == [
        "#,##0",
        "#,##0.0",
        "+0.0%",
        "0.0%",
    ]
    words = ["withheld", "no data", "not compared", "no data", "–"]
    assert [c.value for c in second][1:6] == words
    assert all(c.font.i and c.alignment.horizontal == "right" for c in second[1:6])
    assert all(c.font.b for c in total[:6])
    assert not any(c.font.b for c in first[:6])
    assert total[1].value == 8388
    assert page.page_setup.orientation == "landscape"
    assert page.page_setup.paperSize == 9
    # the width is one page where nothing is said of it
    assert (page.page_setup.fitToWidth or 1, page.page_setup.fitToHeight) == (1, 0)
    assert page.print_title_rows == f"$1:${head}"
    assert "OFFICIAL · tier: partner · Synthetic data · run r1" in page.oddFooter.left.text


def test_names_stay_in_sight_and_long_tables_can_be_filtered() -> None:
    columns = (Column("rank", "Rank", "count"), Column("ward", "Ward"), Column("kind", "Measure"))
    numbers = tuple(Column(f"n{i}", "Incidents", "count") for i in range(9))
    row = {"rank": 1, "ward": "Alder", "kind": "Robbery"} | {c.key: 5 for c in numbers}
    for count, filtered in ((5, False), (200, True)):
        sheet = Sheet("S", "S", columns + numbers, (row,) * count, ("N.",) * 200)
        book = openpyxl.load_workbook(io.BytesIO(sheet_format("xlsx").write([sheet], {})))
        page = book["S"]
        head = next(c.row for (c,) in page.iter_rows(max_col=1) if c.value == "Rank")
        assert page.freeze_panes == f"D{head + 1}"
        assert page.auto_filter.ref == (f"A{head}:L{head + count}" if filtered else None)
        assert book["Notes"].auto_filter.ref is None
    # names so wide that they would fill the window do not stay
    wide = {**row, "ward": "Alder " * 60, "kind": "Robbery " * 60}
    sheet = Sheet("S", "S", columns + numbers, (wide,))
    page = openpyxl.load_workbook(io.BytesIO(sheet_format("xlsx").write([sheet], {})))["S"]
    assert page.freeze_panes.startswith(("A", "C"))


def test_the_notes_name_every_column_and_the_provenance_every_input() -> None:
    about = {**ABOUT, "incidents": [{"file": "a.csv", "sha256": "0" * 64}], "seed": None}
    book = openpyxl.load_workbook(io.BytesIO(sheet_format("xlsx").write([TABLE], about)))
    notes = [[c.value for c in row] for row in book["Notes"].iter_rows(max_col=4)]
    for column in COLUMNS:
        assert any(row[1:3] == [column.label, column.key] for row in notes)
    assert ["Key wards", "Incidents", "n", "In the year."] in notes
    assert any(row[3] == "Residents are those of mid-2015." for row in notes)
    said = {row[0].value: row[1].value for row in book["Provenance"].iter_rows(max_col=2)}
    assert said["incidents.1.sha256"] == "0" * 64
    assert said["seed"] == "not given"
    assert said["tier"] == "partner"


def test_tables_may_be_named_as_the_explaining_tabs_are() -> None:
    named = [Sheet(name, "T", COLUMNS[:1], ({"ward": "x"},)) for name in ("Notes", "a:b", "A:B")]
    book = openpyxl.load_workbook(io.BytesIO(sheet_format("xlsx").write(named, {})))
    assert book.sheetnames == ["Notes 2", "a b", "A B 2", "Notes", "Provenance"]


def test_a_text_of_many_lines_has_a_row_that_is_high_enough() -> None:
    long = "Its rate lies above the limit of the funnel. " * 12
    sheet = Sheet("S", "S", COLUMNS, ({**TABLE.rows[0], "ward": long},), (long,))
    page = openpyxl.load_workbook(io.BytesIO(sheet_format("xlsx").write([sheet], {})))["S"]
    head = next(c.row for (c,) in page.iter_rows(max_col=1) if c.value == "Ward")
    pixels = page.column_dimensions["A"].width * 7
    # a letter of this font is some 6 pixels wide, a line 12.75 points high
    assert page.row_dimensions[head + 1].height > 12.75 * len(long) * 5.5 / pixels
    assert page.row_dimensions[page.max_row].height > 12.75


def test_more_rows_than_a_worksheet_holds_are_refused_not_lost() -> None:
    row = {"ward": "x"}
    sheet = Sheet("S", "S", COLUMNS[:1], (row,) * 1_048_001)
    with pytest.raises(UsageError, match="at most 1,048,000 rows"):
        sheet_format("xlsx").write([sheet], {})


def test_no_cell_is_wider_than_its_column() -> None:
    """Widths by Liberation Sans' own metrics, which are Arial's; a digit of ####### is clipped."""
    from PIL import ImageFont

    path = "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf"
    try:
        font = ImageFont.truetype(path, 13)  # 10 points at 96 dots an inch
    except OSError:
        pytest.skip(f"no font {path}")
    numbers = [10**i * 9 + 1 for i in range(12)]
    column = (Column("n", "N", "count", 0), Column("c", "C", "change", 1))
    rows = tuple({"n": n, "c": -n / 100} for n in numbers)
    for size in range(1, len(rows) + 1):
        sheet = Sheet("S", "S", column, rows[:size])
        page = openpyxl.load_workbook(io.BytesIO(sheet_format("xlsx").write([sheet], {})))["S"]
        for letter, text in (("A", f"{numbers[size - 1]:,}"), ("B", f"−{numbers[size - 1]}.0%")):
            pixels = page.column_dimensions[letter].width * 7
            assert font.getlength(text) < pixels, text


def test_sheets_as_csv_say_why_a_cell_has_no_number() -> None:
    form = sheet_format("csv")
    content = form.write([TABLE], ABOUT)
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert list(rows[0]) == [*(c.key for c in COLUMNS), "notice"]
    assert float(rows[0]["change"]) == 0.115
    assert list(rows[1].values())[1:6] == ["withheld", "no data", "not compared", "no data", "–"]
    assert rows[2]["n"] == "8388"
    assert (form.suffix_of([TABLE]), form.sidecar_of([TABLE])) == (".csv", True)


def _workbook_notes(sheets: list[Sheet]) -> list[tuple[str, ...]]:
    """Return the rows of the table in the tab "Notes", a cell without a text as ""."""
    page = openpyxl.load_workbook(io.BytesIO(sheet_format("xlsx").write(sheets, ABOUT)))["Notes"]
    rows = [tuple(cell or "" for cell in row) for row in page.iter_rows(values_only=True)]
    first = rows.index(("Table", "Column", "Name in files", "Note")) + 1
    return [row for row in rows[first:] if row[1]]


def test_several_sheets_as_csv_are_a_zip_that_explains_itself() -> None:
    form = sheet_format(".csv")
    both = [TABLE, TABLE]
    assert (form.suffix_of(both), form.sidecar_of(both)) == (".zip", False)
    with zipfile.ZipFile(io.BytesIO(form.write(both, ABOUT))) as archive:
        names = archive.namelist()
        assert json.loads(archive.read("provenance.json")) == ABOUT
        notes = csv.DictReader(io.StringIO(archive.read("notes.csv").decode("utf-8-sig")))
        said = [tuple(row.values()) for row in notes]
    assert {row[3] for row in said if not row[0]} >= {"OFFICIAL · tier: partner", "Synthetic data"}
    assert (TABLE.name, "All of the table", "", TABLE.title) in said
    assert any(row[3].startswith("“withheld”: kept back") for row in said)
    assert any(row[3] == "Residents are those of mid-2015." for row in said)
    explained = _workbook_notes(both)
    assert said[-len(explained) :] == explained
    assert len(names) == len(set(names)) == 4
    for entry in SHEETS:
        with pytest.raises(UsageError, match="at least one table"):
            entry.write([], ABOUT)
    with pytest.raises(UsageError, match="one of xlsx, csv"):
        sheet_format("ods")
    assert all(entry.write([TABLE], {}) for entry in SHEETS)
