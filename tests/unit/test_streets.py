"""Streets from files as OS and OpenStreetMap give them, and what a map is sent of them."""

from __future__ import annotations

import json
import math
import random
import unicodedata
import warnings
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from hotspots.errors import DataError, HotspotsError, UsageError
from hotspots.streets import (
    KINDS,
    MARGIN_M,
    kind_of,
    read_streets,
    reading,
)
from hotspots.streets.columns import OS_ATTRIBUTION, OSM_ATTRIBUTION, clean
from hotspots.streets.kinds import word_of
from tests.open_roads import (
    BOX,
    CRS,
    X,
    Y,
    few_roads,
    frame,
    line,
    open_roads,
    read,
    write,
    write_gpkg,
)
from tests.support import SIDE, X0


@pytest.fixture
def roads(tmp_path: Path) -> Path:
    return few_roads(tmp_path)


# -- files as they come ---------------------------------------------------------------------------


def test_open_roads_are_found_named_merged_and_credited(roads: Path) -> None:
    streets = read(roads)
    rows = sorted(
        (name, kind, shape.length)
        for name, kind, shape in zip(
            streets.frame["name"], streets.frame["kind"], streets.frame.geometry, strict=True
        )
    )
    assert rows == [
        ("A999", "main_road", 300.0),
        ("High Street", "street", 50.0),
        ("High Street", "street", 200.0),
        ("M9", "motorway", 300.0),
    ]
    assert streets.frame.crs == CRS
    assert streets.attribution == OS_ATTRIBUTION
    assert streets.sentences[0] == "4 lines of 3 named streets kept."


def test_the_length_of_every_street_is_kept(tmp_path: Path) -> None:
    made = open_roads(1500, BOX)
    streets = read(write_gpkg(tmp_path / "roads.gpkg", made))
    label = made["name_1"].fillna(made["road_classification_number"]).fillna("")
    inside = shapely.clip_by_rect(
        made.geometry.to_numpy(), BOX[0] - MARGIN_M, BOX[1] - MARGIN_M, BOX[2] + MARGIN_M,
        BOX[3] + MARGIN_M,
    )  # fmt: skip
    expected = pd.Series(shapely.length(inside)).groupby(label.to_numpy()).sum()
    found = streets.frame.length.groupby(streets.frame["name"]).sum()
    assert set(found.index) == set(expected[expected > 0].index)
    # lines within 2 m of what they were are hardly shorter, and never longer
    assert (found <= expected[found.index] * (1 + 1e-9)).all()
    assert (found >= expected[found.index] * 0.9).all()
    # nothing is far from where it was, and nothing that was is far from what is
    assert _furthest(inside, streets.frame.geometry.to_numpy()) <= 2.0 + 1e-6
    assert _furthest(streets.frame.geometry.to_numpy(), inside) <= 1e-6


def _furthest(these: np.ndarray, those: np.ndarray) -> float:
    """The largest distance of a vertex of some lines from the nearest of others."""
    vertices = shapely.points(shapely.get_coordinates(these))
    _, metres = shapely.STRtree(those).query_nearest(
        vertices, return_distance=True, all_matches=False
    )
    return float(metres.max())


def test_squares_of_a_zip_of_shapefiles_are_put_together(tmp_path: Path) -> None:
    for square, y in (("TQ", 0), ("TR", 800)):
        columns = {"name1": f"{square} Road", "class": "B Road", "roadNumber": "B1"}
        write(tmp_path / f"{square}_RoadLink.shp", frame([line((0, y), (90, y))], **columns))
    write(tmp_path / "TQ_RoadNode.shp", frame([shapely.Point(X, Y)], formOfNode="end"))
    packed = tmp_path / "oproad_essh_gb.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for part in tmp_path.glob("T*"):
            archive.write(part, f"data/{part.name}")
        archive.writestr("__MACOSX/data/._TQ_RoadLink.shp", b"x")
    streets = read(packed)
    assert sorted(streets.frame["name"]) == ["TQ Road", "TR Road"]
    assert set(streets.frame["kind"]) == {"main_road"}
    assert streets.attribution == OS_ATTRIBUTION


def test_openstreetmap_roads_and_rivers_without_paths(tmp_path: Path) -> None:
    to_degrees = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)

    def there(shapes: list[shapely.LineString]) -> list[object]:
        return list(shapely.transform(shapes, to_degrees.transform, interleaved=False))

    classes = [
        "primary", "motorway_link", "residential", "pedestrian", "service", "service", "footway",
        "track_grade2", "tertiary",
    ]  # fmt: skip
    names = ["London Road", None, "Mill Lane", "Market Place", "Yard", None, None, None, "C Road"]
    shapes = there([line((0, 40 * i), (99, 40 * i)) for i in range(9)])
    osm = frame(shapes, "EPSG:4326", osm_id="1", fclass=classes, name=names, ref="A2")
    # Geofabrik's own layer has a ref for numbered roads alone
    osm.loc[osm["fclass"] != "motorway_link", "ref"] = None
    file = write(tmp_path / "kent.gpkg", osm, "gis_osm_roads_free")
    water = there([line((0, 700), (99, 700)), line((0, 800), (99, 800))])
    columns = {"fclass": ["river", "drain"], "name": ["Dar", None]}
    write(file, frame(water, "EPSG:4326", osm_id="2", **columns), "gis_osm_waterways_free")
    write(file, frame(water, "EPSG:4326", osm_id="3", name="Line"), "gis_osm_railways_free")
    streets = read(file)
    assert dict(zip(streets.frame["name"], streets.frame["kind"], strict=True)) == {
        "London Road": "main_road",
        "A2": "motorway",
        "Mill Lane": "street",
        "Market Place": "street",
        "Yard": "street",
        "C Road": "street",
        "Dar": "river",
    }
    assert streets.left_out == 4
    assert streets.attribution == OSM_ATTRIBUTION
    # 99 m there and back again through degrees
    assert np.allclose(streets.frame.length, 99, atol=0.01)


def test_the_example_is_read_with_its_notice(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"notice": "Synthetic data", "files": ["s.geojson"]}')
    rows = frame([line((0, 0), (50, 0))], name="A Lane", kind="river").to_crs(4326)
    streets = read(write(tmp_path / "s.geojson", rows))
    assert streets.frame["kind"].tolist() == ["river"]
    assert streets.attribution == "Synthetic data"


def test_given_columns_layer_crs_and_attribution_are_taken(tmp_path: Path) -> None:
    rows = frame([line((0, 0), (50, 0))], None, label="Here", sort="trunk", name="not this")
    file = write(tmp_path / "plain.shp", rows)
    streets = read(file, name="label", kind="sort", file_crs=CRS, attribution="© Us\u202e")
    assert streets.frame[["name", "kind"]].to_numpy().tolist() == [["Here", "main_road"]]
    assert streets.attribution == "© Us�"
    other = write(tmp_path / "two.gpkg", rows.set_crs(CRS), "one")
    write(other, rows.set_crs(CRS).assign(name="second"), "two")
    assert read(other, layer="two").frame["name"].tolist() == ["second"]


# -- what lines may be ----------------------------------------------------------------------------


def test_heights_are_dropped_parts_split_and_nothing_drawn_of_nothing(tmp_path: Path) -> None:
    shapes = [
        shapely.LineString([(X, Y, 5.0), (X + 60, Y, 9.0)]),
        shapely.MultiLineString([[(X, Y + 50), (X + 9, Y + 50)], [(X, Y + 90), (X + 9, Y + 90)]]),
        shapely.LineString(),
        None,
        shapely.LineString([(X, Y + 300), (X, Y + 300)]),
        shapely.Point(X, Y),
    ]
    streets = read(write(tmp_path / "s.gpkg", frame(shapes, name=list("abcdef")), "roads"))
    assert not shapely.has_z(streets.frame.geometry.to_numpy()).any()
    assert set(shapely.get_type_id(streets.frame.geometry.to_numpy())) == {1}
    assert streets.frame.length.groupby(streets.frame["name"]).agg(["count", "sum"]).to_dict(
        "split", index=True
    )["data"] == [[1, 60.0], [2, 18.0]]
    assert streets.without_geometry == 3
    assert "3 without geometry left out" in streets.sentences[0]


@pytest.mark.parametrize("crs", [CRS, "EPSG:4326", "EPSG:3857"])
@pytest.mark.parametrize("name", ["s.gpkg", "s.shp", "s.fgb"])
def test_a_large_layer_is_read_by_its_index_to_the_same_streets(
    crs: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = (BOX[0] - 9000, BOX[1] - 9000, BOX[2] + 9000, BOX[3] + 9000)
    made = open_roads(400, wide)[["name_1", "geometry"]].to_crs(crs)
    file = write(tmp_path / name, made)
    whole = read(file).frame
    monkeypatch.setattr(reading, "_SMALL", -1)
    assert 0 < len(whole) < len(made)
    pd.testing.assert_frame_equal(pd.DataFrame(read(file).frame), pd.DataFrame(whole))


def test_lines_end_two_kilometres_from_the_wards(tmp_path: Path) -> None:
    long = shapely.LineString([(X0 - 90_000, Y), (X0 + 90_000, Y)])
    around = shapely.LineString(
        shapely.box(*BOX).buffer(MARGIN_M + 50, join_style="mitre").exterior
    )
    streets = read(write(tmp_path / "s.gpkg", frame([long, around], name=["in", "out"])))
    assert streets.frame["name"].tolist() == ["in"]
    assert streets.frame.total_bounds.tolist() == [
        X0 - MARGIN_M, Y, X0 + 3 * SIDE + MARGIN_M, Y,
    ]  # fmt: skip


def test_a_street_is_drawn_where_the_workspace_is_in_another_crs(tmp_path: Path) -> None:
    utm = "EPSG:32631"
    rows = frame([line((0, 0), (100, 0))], name="Here")
    box = tuple(gpd.GeoSeries([shapely.box(*BOX)], crs=CRS).to_crs(utm).total_bounds)
    found = read_streets(write(tmp_path / "s.gpkg", rows), box, utm).frame
    assert found.crs == utm
    assert found.to_crs(CRS).geometry.iloc[0].hausdorff_distance(rows.geometry.iloc[0]) < 0.01


HOSTILE = [
    "<script>alert(1)</script>", "{{ 7*7 }}", "a\u202eb", "tab\there\nnew", "\x00nul", "L" * 10_000,
    "' OR 1=1 --", "Ω é 東", "\u200bzero",
]  # fmt: skip


def test_hostile_names_stay_text_of_one_visible_line(tmp_path: Path) -> None:
    shapes = [line((0, 20 * i), (9, 20 * i)) for i in range(len(HOSTILE))]
    rows = frame(shapes, name=HOSTILE, kind=HOSTILE)
    streets = read(write(tmp_path / "s.geojson", rows.to_crs(4326)))
    names = set(streets.frame["name"])
    assert "<script>alert(1)</script>" in names
    assert {"a�b", "tab here new", "' OR 1=1 --", "Ω é 東"} <= names
    assert all(len(name) <= 200 and name.isprintable() for name in names)
    assert set(streets.frame["kind"]) == {"street"}
    assert all(sentence.isprintable() for sentence in streets.sentences)
    json.dumps(streets.as_dict())


@given(st.text())
def test_every_text_is_made_visible_once(text: str) -> None:
    shown = clean(text)
    # marks of direction, controls, halves of characters, ends of lines
    assert {unicodedata.category(letter) for letter in shown}.isdisjoint(
        {"Cc", "Cf", "Cs", "Zl", "Zp"}
    )
    assert clean(shown) == shown


@given(st.one_of(st.text(), st.none(), st.floats(), st.integers()))
def test_every_value_has_a_kind_or_is_left_out(value: object) -> None:
    assert kind_of(word_of(value)) in (*KINDS, None)
    assert clean(math.nan) == clean(None) == ""


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("A Road", "main_road"), ("B Road", "main_road"), ("Motorway", "motorway"),
        ("Classified Unnumbered", "street"), ("Not Classified", "street"), ("Unknown", "street"),
        ("primary_link", "main_road"), ("trunk", "main_road"), ("tertiary_link", "street"),
        ("cycleway", None), ("track_grade5", None), ("Restricted Local Access Road", "street"),
        ("tidalRiver", "river"), ("something else", "street"), ("", "street"), (None, "street"),
    ],
)  # fmt: skip
def test_the_table_of_kinds(value: object, kind: str | None) -> None:
    assert kind_of(word_of(value)) == kind


# -- what is refused ------------------------------------------------------------------------------


def refused(path: Path, **options: str | None) -> str:
    with pytest.raises(DataError) as raised:
        read(path, **options)
    text = str(raised.value)
    assert "\n" not in text
    assert text.endswith(".")
    return text


def test_files_that_are_no_streets_are_refused_in_one_sentence(tmp_path: Path) -> None:
    here = frame([line((0, 0), (9, 0))], name="a")
    points = write(tmp_path / "p.gpkg", frame([shapely.Point(X, Y)], name="a"))
    assert "must have lines" in refused(points)
    assert "must state its CRS" in refused(
        write(tmp_path / "n.shp", here.set_crs(None, allow_override=True))
    )
    assert "leave it out" in refused(write(tmp_path / "c.gpkg", here), file_crs="EPSG:4326")
    far = here.set_geometry(here.translate(90_000))
    said = refused(write(tmp_path / "far.gpkg", far))
    assert "no line of far.gpkg (EPSG:27700) is within" in said
    assert "within 2 km" in said
    empty = write(tmp_path / "e.gpkg", frame([], name=[]), "road_link")
    assert "no layer of lines" in refused(empty) or "empty layer" in refused(empty)
    paths = write(tmp_path / "f.gpkg", here.assign(kind="footway"))
    assert "paths, tracks" in refused(paths)
    assert "does not: check" in refused(tmp_path / "none.gpkg")
    (tmp_path / "s.csv").write_text("a,b\n")
    assert "convert it" in refused(tmp_path / "s.csv")
    (tmp_path / "t.gpkg").write_text("no database")
    assert "must be whole" in refused(tmp_path / "t.gpkg")
    # GDAL opens whatever it knows, and a GeoPackage is not JSON
    (tmp_path / "j.gpkg").write_text(here.to_crs(4326).to_json())
    assert "format that its name says" in refused(tmp_path / "j.gpkg")
    (tmp_path / "v.json").write_text(
        f"<OGRVRTDataSource><OGRVRTLayer name='c'><SrcDataSource>{tmp_path}/c.gpkg"
        "</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    )
    assert "format that its name says" in refused(tmp_path / "v.json")


def test_an_empty_layer_of_lines_is_refused(tmp_path: Path) -> None:
    import pyogrio

    pyogrio.write_dataframe(
        frame([], name=[]), tmp_path / "e.gpkg", layer="road_link", geometry_type="LineString"
    )
    assert "empty layer" in refused(tmp_path / "e.gpkg")


def test_what_is_not_there_is_refused_with_what_is(tmp_path: Path) -> None:
    here = frame([line((0, 0), (9, 0))], street="a")
    file = write(tmp_path / "two.gpkg", here, "old")
    write(file, here, "new")
    assert "has new, old: say which with --layer" in refused(file)
    assert "has new, old and no 'x'" in refused(file, layer="x")
    assert "--name must name" in refused(file, layer="old", name="y")
    assert "--kind must name" in refused(file, layer="old", kind="y")
    with pytest.raises(UsageError, match="--crs must be a CRS"):
        read(file, layer="old", file_crs="mars")


def test_zips_that_cannot_be_taken_are_refused(tmp_path: Path) -> None:
    packed = tmp_path / "z.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("readme.txt", "x")
    assert "holds none" in refused(packed)
    packed.write_bytes(b"PK\x03\x04 no zip")
    assert "whole zip archive" in refused(packed)
    outside = tmp_path / "evil.gpkg"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../evil.gpkg", b"x")
    assert "must be whole" in refused(packed)
    assert not outside.exists()


def test_damaged_files_end_in_one_sentence_or_are_read(tmp_path: Path, roads: Path) -> None:
    whole = roads.read_bytes()
    rng = random.Random(5)  # noqa: S311 - damage, no secret
    outcomes = set()
    for number in range(25):
        content = bytearray(whole)
        for _ in range(40):
            content[rng.randrange(len(content))] = rng.randrange(256)
        if number % 3 == 0:
            del content[rng.randrange(len(content)) :]
        file = tmp_path / f"m{number}.gpkg"
        file.write_bytes(content)
        try:
            # GDAL warns of what it mends
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                outcomes.add(len(read(file).frame) > 0)
        except HotspotsError as error:
            assert "\n" not in str(error)
            outcomes.add(None)
    assert None in outcomes
