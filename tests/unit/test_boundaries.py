"""Ward files: formats, CRS, columns, codes and geometries."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from hotspots.boundaries import read_wards
from hotspots.errors import DataError, UsageError
from hotspots.model import WARD_COLUMNS

BOW_TIE = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])


def square(i: int = 0, size: float = 1000.0) -> shapely.Polygon:
    """A square in the south-east of England, EPSG:27700, the i-th of a row."""
    return shapely.box(550_000 + i * size, 170_000, 550_000 + (i + 1) * size, 170_000 + size)


def moved(shape: shapely.Polygon, dx: float, dy: float) -> shapely.Polygon:
    return shapely.transform(shape, lambda xy: np.asarray(xy) + np.array([dx, dy]))


def frame(shapes: list[Any] | None = None, **columns: list[Any]) -> gpd.GeoDataFrame:
    shapes = [square(1), square(0)] if shapes is None else shapes
    values = columns or {"WD21CD": ["E05000002", "E05000001"], "WD21NM": ["Town", "Mill"]}
    return gpd.GeoDataFrame(values, geometry=shapes, crs="EPSG:27700")


def geojson(path: Path, wards: gpd.GeoDataFrame, crs: object = None) -> Path:
    """Write GeoJSON as it is in memory, with or without the old ``crs`` member."""
    data = json.loads(wards.to_json(drop_id=True))
    data.pop("crs", None)
    if crs is not None:
        data["crs"] = {"type": "name", "properties": {"name": crs}}
    path.write_text(json.dumps(data))
    return path


def degrees(path: Path, wards: gpd.GeoDataFrame | None = None) -> Path:
    return geojson(path, (frame() if wards is None else wards).to_crs(4326))


# -- formats and CRS ------------------------------------------------------------------------------


def _shapefile(folder: Path) -> Path:
    frame().to_file(folder / "wards.shp")
    return folder / "wards.shp"


def _zip(folder: Path) -> Path:
    inside = folder / "inside"
    inside.mkdir()
    with zipfile.ZipFile(folder / "wards.zip", "w") as archive:
        for part in _shapefile(inside).parent.iterdir():
            archive.write(part, f"deep/{part.name}")
    return folder / "wards.zip"


def _geopackage(folder: Path) -> Path:
    frame().to_file(folder / "wards.gpkg", layer="wards")
    return folder / "wards.gpkg"


def _gz(folder: Path) -> Path:
    plain = degrees(folder / "plain.json")
    (folder / "wards.geojson.gz").write_bytes(gzip.compress(plain.read_bytes()))
    return folder / "wards.geojson.gz"


def _topojson(folder: Path) -> Path:
    shapes = frame().to_crs(4326)
    arcs = [[list(point) for point in shape.exterior.coords] for shape in shapes.geometry]
    geometries = [
        {"type": "Polygon", "arcs": [[i]], "properties": {"WD21CD": code, "WD21NM": name}}
        for i, (code, name) in enumerate(zip(shapes["WD21CD"], shapes["WD21NM"], strict=True))
    ]
    objects = {"wards": {"type": "GeometryCollection", "geometries": geometries}}
    path = folder / "wards.json"
    path.write_text(json.dumps({"type": "Topology", "arcs": arcs, "objects": objects}))
    return path


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: degrees(folder / "wards.geojson"),
        lambda folder: geojson(folder / "wards.json", frame(), "urn:ogc:def:crs:EPSG::27700"),
        _shapefile,
        _zip,
        _geopackage,
        _gz,
        _topojson,
    ],
    ids=["geojson", "geojson with crs", "shapefile", "zip", "geopackage", "gz", "topojson"],
)
def test_every_format_gives_the_same_wards(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    path = make(tmp_path)
    wards = read_wards(path, "2021")
    assert list(wards.frame.columns) == list(WARD_COLUMNS)
    assert wards.crs == "EPSG:27700"
    assert wards.frame["ward_code"].tolist() == ["E05000001", "E05000002"]
    assert wards.frame["ward_name"].tolist() == ["Mill", "Town"]
    assert wards.frame["vintage"].tolist() == ["2021", "2021"]
    assert wards.vintage == "2021"
    assert wards.frame["population"].isna().all()
    assert wards.frame["district_code"].isna().all()
    for shape, expected in zip(wards.frame.geometry, [square(0), square(1)], strict=True):
        assert shapely.symmetric_difference(shape, expected).area < 10
    assert path.name in wards.sha256 or path.suffix == ".shp"
    assert all(len(digest) == 64 for digest in wards.sha256.values())


def test_topojson_says_what_was_assumed(tmp_path: Path) -> None:
    path = _topojson(tmp_path)
    assert any("taken as longitude and latitude" in line for line in read_wards(path, "1").report)
    metres = path.read_text().replace("[0.", "[550000.")
    path.write_text(metres)
    with pytest.raises(DataError, match=r"wards\.json does not: give --crs"):
        read_wards(path, "1")


def test_topojson_that_states_its_crs(tmp_path: Path) -> None:
    path = _topojson(tmp_path)
    data = json.loads(path.read_text())
    name = "urn:ogc:def:crs:OGC:1.3:CRS84"
    data["objects"]["wards"]["crs"] = {"type": "name", "properties": {"name": name}}
    path.write_text(json.dumps(data))
    assert read_wards(path, "1").report == ()


def test_a_shapefile_without_prj_needs_a_crs(tmp_path: Path) -> None:
    path = _shapefile(tmp_path)
    (tmp_path / "wards.prj").unlink()
    with pytest.raises(DataError, match=r"must state its CRS; wards\.shp does not: give --crs"):
        read_wards(path, "2021")
    wards = read_wards(path, "2021", crs="EPSG:27700")
    assert wards.frame.geometry.iloc[0].area == pytest.approx(1e6)
    assert set(wards.sha256) == {"wards.shp", "wards.shx", "wards.dbf", "wards.cpg"}


def test_a_crs_that_contradicts_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="states EPSG:27700 and not EPSG:3857: leave out --crs"):
        read_wards(_geopackage(tmp_path), "2021", crs="EPSG:3857")
    assert len(read_wards(_geopackage(tmp_path), "2021", crs="EPSG:27700")) == 2


def test_geojson_in_metres_without_a_crs(tmp_path: Path) -> None:
    path = geojson(tmp_path / "wards.json", frame())
    with pytest.raises(DataError, match=r"must lie where EPSG:4326 is used; .* give its --crs"):
        read_wards(path, "2021")
    assert len(read_wards(path, "2021", crs="EPSG:27700")) == 2


def test_coordinates_outside_the_use_of_a_crs(tmp_path: Path) -> None:
    away = frame([moved(square(0), 5e6, 0), moved(square(1), 5e6, 0)])
    with pytest.raises(DataError, match="must lie where EPSG:27700 is used"):
        read_wards(geojson(tmp_path / "a.json", away, "EPSG:27700"), "2021")
    far = frame().to_crs(4326).translate(xoff=-90)
    path = geojson(tmp_path / "b.json", frame().to_crs(4326).set_geometry(far))
    with pytest.raises(DataError, match="in EPSG:4326: set the CRS of the workspace"):
        read_wards(path, "2021")
    assert read_wards(path, "2021", target_crs="EPSG:32615").crs == "EPSG:32615"


# -- columns and codes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("WD13CD", "WD13NM"),
        ("wd22cd", "wd22nm"),
        ("ward_code", "ward_name"),
        ("ward21_code", "ward21_name"),
        ("WardCode", "WardName"),
        ("LSOA11CD", "LSOA11NM"),
        ("gss_code", "ward"),
        ("code", "name"),
    ],
)
def test_columns_are_recognised(tmp_path: Path, code: str, name: str) -> None:
    path = degrees(tmp_path / "w.json", frame(**{code: ["b", "a"], name: ["B", "A"]}))
    wards = read_wards(path, "2021")
    assert wards.frame["ward_code"].tolist() == ["a", "b"]
    assert wards.frame["ward_name"].tolist() == ["A", "B"]


def test_columns_that_are_not_recognised_are_listed(tmp_path: Path) -> None:
    path = degrees(tmp_path / "w.json", frame(ident=["b", "a"], title=["B", "A"]))
    with pytest.raises(DataError, match="has the columns ident, title: say which with --code"):
        read_wards(path, "1")
    with pytest.raises(DataError, match="ident, title and no 'x': give one of these"):
        read_wards(path, "1", code_column="x")
    with pytest.raises(DataError, match="--name-column must name a column"):
        read_wards(path, "1", code_column="ident", name_column="x")
    wards = read_wards(path, "1", code_column="ident", name_column="title")
    assert wards.frame["ward_name"].tolist() == ["A", "B"]
    unnamed = read_wards(path, "1", code_column="ident")
    assert unnamed.frame["ward_name"].tolist() == ["a", "b"]
    assert unnamed.report == (
        "w.json has no column of ward names: the codes of ident stand for them.",
    )


def test_a_recognised_code_without_a_name_is_refused(tmp_path: Path) -> None:
    path = degrees(tmp_path / "w.json", frame(WD21CD=["b", "a"], title=["B", "A"]))
    with pytest.raises(DataError, match="must have a column of ward names"):
        read_wards(path, "1")


def test_codes_of_two_vintages_must_be_chosen(tmp_path: Path) -> None:
    columns = {"WD13CD": ["b", "a"], "WD21CD": ["d", "c"], "WD13NM": ["B", "A"]}
    path = degrees(tmp_path / "w.json", frame(**columns, WD21NM=["D", "C"]))
    with pytest.raises(DataError, match="has WD13CD, WD21CD: say which with --code-column"):
        read_wards(path, "1")
    wards = read_wards(path, "1", code_column="WD21CD")
    assert wards.frame["ward_name"].tolist() == ["C", "D"]


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_a_ward_file_without_codes(tmp_path: Path, blank: str | None) -> None:
    path = degrees(tmp_path / "w.json", frame(code=["a", blank], name=["A", "B"]))
    with pytest.raises(DataError, match=r"is a ward file without codes in code \(1 of 2 are blank"):
        read_wards(path, "1")


def test_repeated_codes(tmp_path: Path) -> None:
    path = degrees(tmp_path / "w.json", frame(code=["a", "a"], name=["A", "B"]))
    with pytest.raises(DataError, match=r"w\.json repeats a in code"):
        read_wards(path, "1")
    first = degrees(tmp_path / "x.json", frame([square(0)], code=["a"], name=["A"]))
    second = degrees(tmp_path / "y.json", frame([square(1)], code=["a"], name=["B"]))
    with pytest.raises(DataError, match=r"a is in x\.json and in y\.json"):
        read_wards([first, second], "1")


def test_numbers_as_codes(tmp_path: Path) -> None:
    path = degrees(tmp_path / "w.json", frame(code=[510, 42], name=["A", "B"]))
    assert read_wards(path, "1").frame["ward_code"].tolist() == ["42", "510"]


def test_districts_from_columns_and_from_the_file_name(tmp_path: Path) -> None:
    columns = {"code": ["b", "a"], "name": ["Town", "Town"]}
    there = frame(**columns, LAD21CD=["E07000109", "E07000107"], LAD21NM=["Gravesham", "Dartford"])
    wards = read_wards(degrees(tmp_path / "w.json", there), "1")
    assert wards.frame["district_code"].tolist() == ["E07000107", "E07000109"]
    assert wards.labels == ("Town (Dartford)", "Town (Gravesham)")
    named = read_wards(degrees(tmp_path / "topo_E07000107.json", frame(**columns)), "1")
    assert named.frame["district_code"].tolist() == ["E07000107", "E07000107"]
    assert named.report == (
        "topo_E07000107.json has no district column: E07000107 was taken from its name.",
    )


def test_several_files_are_one_set(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    first = degrees(tmp_path / "w.json", frame([square(1)], code=["b"], name=["B"]))
    second = degrees(tmp_path / "other" / "w.json", frame([square(0)], code=["a"], name=["A"]))
    wards = read_wards([first, second], " 2021 ")
    assert wards.frame["ward_code"].tolist() == ["a", "b"]
    assert wards.frame.index.tolist() == [0, 1]
    assert set(wards.sha256) == {"w.json", "other/w.json"}
    assert wards.vintage == "2021"
    inside = [[550_500.0, 170_500.0], [551_500.0, 170_500.0], [0.0, 0.0]]
    assert wards.assign(np.array(inside)).tolist() == [0, 1, -1]


def test_the_notice_of_the_manifest(tmp_path: Path) -> None:
    path = degrees(tmp_path / "w.json")
    (tmp_path / "manifest.json").write_text('{"notice": "Synthetic data", "files": ["w.json"]}')
    assert read_wards(path, "1").notice == "Synthetic data"
    (tmp_path / "manifest.json").write_text('{"notice": "Synthetic data", "files": ["v.json"]}')
    assert read_wards(path, "1").notice is None


# -- geometries -----------------------------------------------------------------------------------


def test_an_invalid_polygon_is_repaired_and_reported(tmp_path: Path) -> None:
    bow = moved(BOW_TIE, 550_000, 170_000)
    whole = frame([bow, square(2)], code=["a", "b"], name=["A", "B"])
    wards = read_wards(geojson(tmp_path / "w.json", whole, "EPSG:27700"), "1")
    repaired = wards.frame.geometry.iloc[0]
    assert repaired.is_valid
    assert repaired.geom_type == "MultiPolygon"
    assert repaired.area == pytest.approx(5000)
    assert wards.report == (
        "The polygon of a was not valid (Self-intersection[550050 170050]) and was repaired.",
        "2 wards touch no other: a, b; they have no neighbouring ward.",
    )


def test_lines_left_by_a_repair_are_dropped(tmp_path: Path) -> None:
    spike = [(0, 0), (100, 0), (100, 100), (200, 100), (100, 100), (0, 100)]
    shape = moved(shapely.Polygon(spike), 550_000, 170_000)
    path = geojson(tmp_path / "w.json", frame([shape], code=["a"], name=["A"]), "EPSG:27700")
    wards = read_wards(path, "1")
    assert wards.frame.geometry.iloc[0].geom_type == "Polygon"
    assert wards.frame.geometry.iloc[0].area == pytest.approx(10_000)
    assert len(wards.report) == 1


def test_a_polygon_without_area(tmp_path: Path) -> None:
    line = shapely.Polygon([(550_000, 170_000), (551_000, 170_000), (550_500, 170_000)])
    path = geojson(tmp_path / "w.json", frame([line], code=["a"], name=["A"]), "EPSG:27700")
    with pytest.raises(DataError, match="that of a has none"):
        read_wards(path, "1")


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        (None, "there is none for bad"),
        (shapely.Polygon(), "there is none for bad"),
        (shapely.Point(550_000, 170_000), "has a Point for bad"),
        (shapely.LineString([(550_000, 170_000), (551_000, 170_000)]), "has a LineString for bad"),
    ],
)
def test_what_is_no_polygon(tmp_path: Path, shape: Any, said: str) -> None:
    wards = frame([square(0), shape], code=["good", "bad"], name=["A", "B"])
    with pytest.raises(DataError, match=said):
        read_wards(geojson(tmp_path / "w.json", wards, "EPSG:27700"), "1")


def test_heights_are_dropped(tmp_path: Path) -> None:
    high = shapely.force_3d(square(0), z=12)
    path = geojson(tmp_path / "w.json", frame([high], code=["a"], name=["A"]), "EPSG:27700")
    assert not read_wards(path, "1").frame.geometry.iloc[0].has_z


# -- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("w.json", b"", "must be JSON"),
        ("w.json", b"\xff\xfe", "must be JSON"),
        ("w.json", b"[1]", "must be a GeoJSON FeatureCollection"),
        ("w.json", b'{"type": "FeatureCollection", "features": []}', "w.json"),
        ("w.gpkg", b"not sqlite", "must be whole"),
        ("w.shp", b"not a shape", "must be whole"),
        ("w.zip", b"not a zip", "must be a whole zip"),
        ("w.json.gz", b"not gzip", "must be readable and whole"),
        ("w.csv", b"a,b", "is none of them: convert it"),
    ],
)
def test_a_bad_file_is_one_sentence(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=said) as caught:
        read_wards(path, "1")
    assert "\n" not in str(caught.value)


def test_a_geopackage_of_two_layers(tmp_path: Path) -> None:
    path = tmp_path / "w.gpkg"
    frame().to_file(path, layer="wards")
    points = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(0, 0)], crs=27700)
    points.to_file(path, layer="points")
    assert len(read_wards(path, "1")) == 2
    frame().to_file(path, layer="old wards")
    with pytest.raises(DataError, match="has 2 among its layers wards, points, old wards"):
        read_wards(path, "1")


def test_a_table_without_polygons(tmp_path: Path) -> None:
    path = tmp_path / "w.gpkg"
    pyogrio.write_dataframe(pd.DataFrame({"code": ["a"]}), path, layer="table")
    with pytest.raises(DataError, match="has a table without any"):
        read_wards(path, "1")


def test_zips_without_one_shapefile(tmp_path: Path) -> None:
    path = tmp_path / "w.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "x")
    with pytest.raises(DataError, match=r"must hold one Shapefile; w\.zip holds 0"):
        read_wards(path, "1")


def test_when_wards_were_in_force(tmp_path: Path) -> None:
    path = degrees(tmp_path / "w.json")
    assert (read_wards(path, "1").valid_from, read_wards(path, "1").valid_to) == (None, None)
    start, end = date(2019, 5, 2), date(2023, 5, 4)
    wards = read_wards(path, "1", valid_from=start, valid_to=end)
    assert (wards.valid_from, wards.valid_to) == (start, end)
    with pytest.raises(UsageError, match="got from 2019-05-02 to 2019-05-02"):
        read_wards(path, "1", valid_from=start, valid_to=start)


def test_faults_between_wards_are_said_at_reading(tmp_path: Path) -> None:
    wide = shapely.box(550_990, 170_000, 552_000, 171_000)
    both = frame([wide, square(0)], code=["b", "a"], name=["B", "A"])
    (line,) = read_wards(geojson(tmp_path / "w.json", both, "EPSG:27700"), "1").report
    assert line.startswith("1 pair of wards overlap, 0.01 km2 in all: a and b (0.01 km2);")


def test_wrong_use(tmp_path: Path) -> None:
    path = degrees(tmp_path / "w.json")
    with pytest.raises(UsageError, match="vintage"):
        read_wards(path, " ")
    with pytest.raises(UsageError, match="at least one"):
        read_wards([], "1")
    with pytest.raises(UsageError, match="got 'nonsense'"):
        read_wards(path, "1", target_crs="nonsense")
    with pytest.raises(DataError, match="must exist"):
        read_wards(tmp_path / "none.json", "1")
