"""Bytes to tables: every format gives its rows as text, in blocks, and a bad file one sentence."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import hashlib
import io
import json
import os
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from hotspots.errors import DataError
from hotspots.ingest import unpacking
from hotspots.ingest.records import NoRowsError, Records
from hotspots.ingest.sources import FoundFile, find
from hotspots.ingest.tables import TABLES, open_table, peek
from hotspots.ingest.tables import excel as excel_module
from hotspots.ingest.tables import text as text_module
from hotspots.ingest.tables.base import Dialect
from hotspots.ingest.tables.csv_table import parse_plain
from hotspots.ingest.tables.typed import as_text


def one(path: Path) -> FoundFile:
    (file,) = find([path]).files
    return file


def rows_of(path: Path, **dialect: Any) -> tuple[tuple[str, ...], dict[int, list[str]], str | None]:
    """Return header, row -> fields and CRS of a table, its ragged rows with the others."""
    read: dict[int, list[str]] = {}
    with open_table(one(path), Dialect(**dialect)) as table:
        for records in table.blocks():
            assert (records.frame.dtypes == "str").all()
            read |= dict(zip(records.rows.tolist(), records.frame.to_numpy().tolist(), strict=True))
            read |= {row: list(fields) for row, fields in records.ragged}
        assert table.progress == 1
        return table.header, dict(sorted(read.items())), table.crs


def written(folder: Path, content: bytes | str, name: str = "x.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# -- CSV: the same whatever the blocks -------------------------------------------------------------

_cell = st.text(st.characters(codec="utf-8", exclude_characters='\0\r\n"'), max_size=5)
_any_cell = st.text(st.sampled_from('a,"\n\r é0.'), max_size=5)
_cells = st.lists(st.lists(_any_cell, min_size=2, max_size=4), min_size=1, max_size=12)


@given(_cells, st.integers(1, 40), st.sampled_from(["\r\n", "\n", "\r"]))
def test_blocks_cut_anywhere_give_the_records_of_the_csv_module(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], block: int, end: str
) -> None:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator=end).writerows([["x", "y", "z"], *rows])
    path = written(tmp_path_factory.mktemp("t"), buffer.getvalue())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_module.pieces, "__defaults__", (block,))
        header, read, _ = rows_of(path)
    expected = list(csv.reader(io.StringIO(buffer.getvalue(), newline="")))
    assert [list(header), *read.values()] == [fields for fields in expected if fields]
    assert list(read) == [row for row, fields in enumerate(expected, start=1) if fields and row > 1]


@given(st.lists(st.lists(_cell, min_size=3, max_size=3), min_size=1, max_size=12))
def test_the_fast_parser_agrees_with_the_csv_module(rows: list[list[str]]) -> None:
    text = "".join(",".join(cells) + "\n" for cells in rows)
    expected = list(csv.reader(io.StringIO(text, newline="")))
    fast = parse_plain(text, ("x", "y", "z"), ",", 7)
    if fast is None:
        # only for what it cannot read: a field with a comma makes another number of fields
        assert any(len(fields) != 3 for fields in expected)
        return
    assert fast.frame.to_numpy().tolist() == expected
    assert fast.rows.tolist() == list(range(7, 7 + len(rows)))


@given(st.binary(max_size=60), st.sampled_from(["utf-8", "cp1252", "utf-16"]))
def test_any_bytes_are_records_or_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, encoding: str
) -> None:
    path = written(tmp_path_factory.mktemp("t"), b"a,b\n" + content)
    try:
        rows_of(path, encoding=encoding)
    except DataError as error:
        assert "\n" not in str(error)
        assert str(error).endswith(".")


def test_row_numbers_go_on_over_empty_lines_quotes_and_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_module.pieces, "__defaults__", (12,))
    path = written(tmp_path, '\ufeffa,b\n1,2\n\n\n3,4\n5\n"six\n6",é\n\n7,8\n\n')
    header, read, _ = rows_of(path)
    assert header == ("a", "b")
    assert read == {2: ["1", "2"], 5: ["3", "4"], 6: ["5"], 7: ["six\n6", "é"], 9: ["7", "8"]}


@pytest.mark.parametrize("block", [1, 2, 3, 5, 1000])
def test_the_byte_at_fault_is_named_by_its_position_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(text_module.pieces, "__defaults__", (block,))
    content = "a,b\n1,é€\n2,".encode() + b"\xe9\n3,4\n"
    path = written(tmp_path, content)
    at = content.index(b"\xe9\n")
    with pytest.raises(DataError, match=rf"byte 0xe9 at position {at}\b"):
        rows_of(path)
    with pytest.raises(DataError, match=r"ends within a character|byte 0xc3 at position 4"):
        rows_of(written(tmp_path, b"a,b\n\xc3", "y.csv"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf\r\n \n", "is empty"),
        (b"a,b\n", "has no rows"),
        (b'"a",b\n\n\n', "has no rows"),
        (b"a,b\n1,\0\n", "is binary"),
        (b'a,b\n1,2\n3,"4\n5,6\n', "opened in row 3 of x.csv is not"),
        (b"a,b\n1," + b"x" * 200_000 + b"\n", r"in row 2 it is not \(field larger"),
        (b'a,b\n1,"' + b"x\n" * 200_000, r"in row 2 it is not \(field larger"),
    ],
)
def test_a_bad_csv_is_one_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        rows_of(written(tmp_path, content))
    assert "\n" not in str(caught.value)


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_module, "MAX_LINE", 1000)
    monkeypatch.setattr(text_module.pieces, "__defaults__", (100,))
    with pytest.raises(DataError, match=r"at most 1,000 characters long; one of x\.csv"):
        rows_of(written(tmp_path, "a,b\n" + "1," * 2000))


def test_a_header_is_seen_whatever_the_encoding(tmp_path: Path) -> None:
    path = written(tmp_path, " Año ;b\n1;2\n".encode("cp1252"))
    assert peek(one(path), Dialect(delimiter=";"))[1] == "b"
    assert peek(one(written(tmp_path, b"", "y.csv")), Dialect()) == ()
    assert peek(one(written(tmp_path, b"junk", "y.xlsx")), Dialect()) == ()


def test_kent_as_pandas_reads_it(real_data: Path) -> None:
    path = real_data / "police-uk-kent" / "2021-06" / "2021-06-kent-street.csv.gz"
    header, read, _ = rows_of(path)
    expected = pd.read_csv(path, dtype="str", keep_default_na=False, na_filter=False)
    assert list(header) == list(expected.columns)
    assert list(read.values()) == expected.to_numpy().tolist()
    assert list(read) == list(range(2, len(expected) + 2))


# -- Excel -----------------------------------------------------------------------------------------


def workbook(path: Path, **sheets: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, cells in sheets.items():
        sheet = book.create_sheet(title)
        for row in cells:
            sheet.append(row)
    book.save(path)
    return path


HEADER = ["reference", "when", "day", "at", "n", "fire"]
CELLS = ["R1", dt.datetime(2021, 6, 7, 21, 30), dt.date(2021, 6, 7), dt.time(9, 5), 5, True]
TEXTS = ["R1", "2021-06-07 21:30:00", "2021-06-07", "09:05:00", "5", "true"]


def test_a_sheet_as_text_with_its_own_row_numbers(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "x.xlsx",
        Empty=[],
        Data=[[], [], HEADER, CELLS, [], ["R2", None, None, None, 0.1], ["R3", *[None] * 5, "x"]],
        Other=[["a"], [1]],
    )
    header, read, crs = rows_of(path)
    assert header == tuple(HEADER)
    assert read == {
        4: TEXTS,
        6: ["R2", "", "", "", "0.1", ""],
        7: ["R3", "", "", "", "", "", "x"],
    }
    assert crs is None
    assert rows_of(path, sheet="Other")[1] == {2: ["1"]}
    assert peek(one(path), Dialect(sheet="Other")) == ("a",)
    with pytest.raises(DataError, match="'Empty', 'Data', 'Other' and not 'None'"):
        rows_of(path, sheet="None")


def test_workbooks_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="must be a whole Excel or OpenDocument file"):
        rows_of(written(tmp_path, b"PK\x03\x04 no zip", "a.xlsx"))
    with pytest.raises(DataError, match="must be a whole Excel or OpenDocument file"):
        rows_of(written(tmp_path, b"a,b\n1,2\n", "a.xls"))
    with pytest.raises(DataError, match=r"b\.xlsx is empty"):
        rows_of(workbook(tmp_path / "b.xlsx", Empty=[]))
    with pytest.raises(NoRowsError, match=r"c\.xlsx has none"):
        rows_of(workbook(tmp_path / "c.xlsx", Data=[["a", "b"]]))
    far = openpyxl.Workbook()
    far.active["A1"], far.active["XFD1048576"] = "a", "b"
    far.save(tmp_path / "d.xlsx")
    with pytest.raises(DataError, match="save it as CSV"):
        rows_of(tmp_path / "d.xlsx")
    monkeypatch.setattr(excel_module, "MAX_CELLS", 10)
    with pytest.raises(DataError, match="at most 10 cells"):
        rows_of(workbook(tmp_path / "e.xlsx", Data=[["a", "b"]] * 6))


def test_the_ward_population_workbook_as_openpyxl_reads_it(real_data: Path) -> None:
    path = real_data / "crimemappingdata" / "lancashire_ward_pop.xlsx"
    sheet = openpyxl.load_workbook(path).active
    expected = [[str(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    header, read, _ = rows_of(path)
    assert [list(header), *read.values()] == expected


# -- Parquet ---------------------------------------------------------------------------------------


def test_parquet_types_as_text(tmp_path: Path) -> None:
    zone = dt.timezone(dt.timedelta(hours=1))
    table = pa.table(
        {
            " i ": pa.array([1, None], pa.int64()),
            "f": [0.1, 1e-07],
            "whole": [554000.0, float("nan")],
            "b": [True, None],
            "d": [dt.date(2021, 6, 7), None],
            "t": [dt.datetime(2021, 6, 7, 21, 30), dt.datetime(2021, 6, 7, 1, 2, 3, 45)],
            "z": pa.array(
                [dt.datetime(2021, 6, 7, 21, 30, tzinfo=zone), None],
                pa.timestamp("ns", "Europe/London"),
            ),
            "clock": [dt.time(9, 5), None],
            "money": [Decimal("5.00"), None],
            "s": pa.array(["é", None]).dictionary_encode(),
            "l": [[1, 2], None],
            "none": pa.nulls(2),
        }
    )
    pq.write_table(table, tmp_path / "x.parquet")
    header, read, crs = rows_of(tmp_path / "x.parquet")
    assert header[0] == "i"
    assert read[2] == [
        "1",
        "0.1",
        "554000",
        "true",
        "2021-06-07",
        "2021-06-07 21:30:00",
        "2021-06-07 21:30:00+01:00",
        "09:05:00",
        "5.00",
        "é",
        "[1, 2]",
        "",
    ]
    assert read[3] == ["", "1e-07", "", "", "", "2021-06-07 01:02:03.000045", *[""] * 6]
    assert crs is None


@given(st.lists(st.floats(allow_nan=False), min_size=1))
def test_numbers_come_back_from_their_text(values: list[float]) -> None:
    texts = as_text(pa.array(values)).to_pylist()
    assert [float(text) for text in texts] == values
    assert not any(text.endswith(".0") for text in texts)


def test_a_parquet_file_in_batches_and_broken(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"n": range(70_000)}), path)
    with open_table(one(path), Dialect()) as table:
        blocks = list(table.blocks())
    assert len(blocks) > 1
    assert [int(row) for block in blocks for row in block.rows] == list(range(2, 70_002))
    data = path.read_bytes()
    with pytest.raises(DataError, match="must be a whole Parquet file"):
        rows_of(written(tmp_path, data[:-9], "cut.parquet"))
    pq.write_table(pa.table({"n": pa.array([], pa.int64())}), path)
    with pytest.raises(NoRowsError):
        rows_of(path)


# -- GeoJSON, GeoPackage, Shapefile, GeoParquet ----------------------------------------------------

POINTS = gpd.GeoDataFrame(
    {"ref": ["R1", "R2"], "n": [1, 2], "geometry": [shapely.Point(554000.25, 174000), None]},
    crs="EPSG:27700",
)
EXPECTED = {2: ["R1", "1", "554000.25", "174000"], 3: ["R2", "2", "", ""]}


def saved(path: Path, frame: gpd.GeoDataFrame = POINTS, **options: Any) -> Path:
    if path.suffix == ".parquet":
        frame.to_parquet(path, **options)
    else:
        frame.to_file(path, **options)
    return path


@pytest.mark.parametrize("name", ["x.gpkg", "x.shp", "x.parquet"])
def test_points_become_two_columns(tmp_path: Path, name: str) -> None:
    header, read, crs = rows_of(saved(tmp_path / name))
    assert header == ("ref", "n", "geometry_x", "geometry_y")
    assert read == EXPECTED
    assert crs == "EPSG:27700"


def test_geojson_is_longitude_and_latitude_and_its_texts_stay(tmp_path: Path) -> None:
    feature = {
        "type": "Feature",
        "properties": {"t": "2021/06/07", "n": 5, "s": None},
        "geometry": {"type": "Point", "coordinates": [0.2, 51.4, 3]},
    }
    path = tmp_path / "x.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    header, read, crs = rows_of(path)
    assert header == ("t", "n", "s", "geometry_x", "geometry_y")
    assert read == {2: ["2021/06/07", "5", "", "0.2", "51.4"]}
    assert crs == "EPSG:4326"
    packed = written(tmp_path, gzip.compress(path.read_bytes()), "y.json.gz")
    assert rows_of(packed) == (header, read, crs)


def test_a_shapefile_in_a_zip_has_its_parts(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    saved(folder / "x.shp")
    archive = tmp_path / "x.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for part in sorted(folder.iterdir()):
            out.write(part, f"in/{part.name}")
    found = find([archive])
    assert not found.skipped
    assert not find([folder]).skipped
    assert rows_of(archive)[1:] == (EXPECTED, "EPSG:27700")
    assert one(archive).digests() == one(folder / "x.shp").digests()
    before = one(folder).digests()
    with (folder / "x.dbf").open("ab") as part:
        part.write(b" ")
    assert one(folder).digests() != before


def test_what_is_not_points_is_refused(tmp_path: Path) -> None:
    areas = POINTS.set_geometry(POINTS.buffer(10))
    for name in ("a.gpkg", "a.shp", "a.parquet"):
        with pytest.raises(DataError, match=rf"must be points; {name} holds (Multi)?Polygon"):
            rows_of(saved(tmp_path / name, areas))
    mixed = POINTS.copy()
    mixed.loc[1, "geometry"] = shapely.LineString([(0, 0), (1, 1)])
    with pytest.raises(DataError, match="holds LineString"):
        rows_of(saved(tmp_path / "m.geojson", mixed.to_crs(4326)))
    both = saved(tmp_path / "two.gpkg", layer="north")
    saved(both, layer="south")
    with pytest.raises(DataError, match=r"two\.gpkg has north, south"):
        rows_of(both)
    assert rows_of(both, sheet="south")[1] == EXPECTED


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.geojson", b"<OGRVRTDataSource></OGRVRTDataSource>"),
        ("x.json", b'{"a": 1}'),
        ("x.json", b'{"type": "FeatureCollection", "features": [{"type": "Fea'),
        ("x.gpkg", b"SQLite format 3\0 and no more"),
        ("x.gpkg", b""),
        ("x.shp", b"\x00\x00\x27\x0a"),
    ],
)
def test_a_broken_vector_file_is_one_sentence(tmp_path: Path, name: str, content: bytes) -> None:
    with pytest.raises(DataError) as caught:
        rows_of(written(tmp_path, content, name))
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


def test_real_areas_are_refused(real_data: Path) -> None:
    for name in ("crimemappingdata/lancashire_wards.gpkg", "uk-geojson/wards/topo_E07000107.json"):
        with pytest.raises(DataError, match="must be points"):
            rows_of(real_data / name)


# -- sources ---------------------------------------------------------------------------------------


def test_digests_and_content_of_a_gz_and_its_file(tmp_path: Path) -> None:
    content = b"a,b\n1,2\n" * 1000
    packed = gzip.compress(content[:3000]) + gzip.compress(content[3000:]) + b"\0" * 512
    plain, gz = one(written(tmp_path, content)), one(written(tmp_path, packed, "x.csv.gz"))
    digest = hashlib.sha256(content).hexdigest()
    assert plain.digests() == (digest, digest)
    assert gz.digests() == (hashlib.sha256(packed).hexdigest(), digest)
    with gz.open() as stream:
        assert stream.read() == content
    with plain.as_path() as path:
        assert path == tmp_path / "x.csv"
    with gz.as_path() as path:
        assert path.read_bytes() == content
    assert not path.exists()
    assert (plain.suffix, gz.suffix) == (".csv", ".csv")


def test_a_bomb_is_refused_while_it_unpacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "RATIO_MATTERS_FROM", 3_000_000)
    file = one(written(tmp_path, gzip.compress(b"\n" * 50_000_000), "x.csv.gz"))
    with file.open() as stream, pytest.raises(DataError, match="plausible size"):
        while stream.read(1 << 16):
            assert stream.tell() < 250 * file.size + 2_000_000
    monkeypatch.setattr(unpacking, "RATIO_MATTERS_FROM", 50_000_000)
    monkeypatch.setattr(unpacking, "MAX_SIZE", 4_000_000)
    with pytest.raises(DataError, match="plausible size"), file.as_path():
        raise AssertionError("the copy is too large to be made")


def test_links_pipes_and_nested_zips_are_skipped_with_a_reason(tmp_path: Path) -> None:
    folder, outside = tmp_path / "in", written(tmp_path, "a\n1\n", "secret.csv")
    (folder / "deep").mkdir(parents=True)
    inside = written(folder, "a\n1\n", "real.csv")
    (folder / "out.csv").symlink_to(outside)
    (folder / "same.csv").symlink_to(inside)
    (folder / "deep" / "loop").symlink_to(folder)
    (folder / "ring.csv").symlink_to(folder / "ring.csv")
    os.mkfifo(folder / "pipe.csv")
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("b.zip", "x")
        archive.writestr("notes.pdf", "x")
    found = find([folder])
    assert [file.name for file in found.files] == ["real.csv", "same.csv"]
    assert dict(found.skipped) == {
        "b.zip": "a zip inside another, which is not opened",
        "notes.pdf": "not a table",
        "loop": "a link to a folder, which is not followed",
        "out.csv": "a link that leads out of the folder, which is not followed",
        "pipe.csv": "a pipe, a socket or a device",
        "ring.csv": "a link that leads nowhere",
    }
    with pytest.raises(DataError, match="is a pipe, a socket or a device"):
        find([folder / "pipe.csv"])
    with pytest.raises(DataError, match=r"ring\.csv does not"):
        find([folder / "ring.csv"])


def test_every_format_has_its_own_suffixes() -> None:
    suffixes = [suffix for entry in TABLES for suffix in entry.suffixes]
    assert len(suffixes) == len(set(suffixes))


def test_two_members_of_one_name_are_both_found(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("x.csv", "a\n1\n")
        archive.writestr("x.csv", "a\n2\n")
    contents = []
    for file in find([path]).files:
        with file.open() as stream:
            contents.append(stream.read())
    assert contents == [b"a\n1\n", b"a\n2\n"]


def test_records_are_counted_with_their_ragged_rows() -> None:
    assert (
        len(Records(("a",), pd.DataFrame({"0": ["1"]}), pd.Series([2]).to_numpy(), ((3, ()),))) == 2
    )
