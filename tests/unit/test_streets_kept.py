"""What a map is sent of the streets, and how a workspace keeps them."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner, Result
from pyproj import Transformer

from hotspots.cli import cli
from hotspots.errors import DataError, HotspotsError
from hotspots.streets import (
    minor_squares,
    read_streets,
    street_lines,
    streets_json,
)
from hotspots.streets.columns import OS_ATTRIBUTION
from hotspots.streets.drawing import SQUARE_M
from hotspots.workspace import Workspace
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
from tests.support import nine_wards


@pytest.fixture
def roads(tmp_path: Path) -> Path:
    return few_roads(tmp_path)


# -- what a map is sent ---------------------------------------------------------------------------


def test_major_and_squares_hold_every_street_once(tmp_path: Path) -> None:
    streets = read(write_gpkg(tmp_path / "r.gpkg", open_roads(2000, BOX, seed=3))).frame
    streets.attrs["attribution"] = "© Somebody"
    first, squares = streets_json(streets), minor_squares(streets)
    assert first["attribution"] == "© Somebody"
    assert set(first["squares"]) == set(squares)
    assert {e["kind"] for e in first["major"]} == {"main_road", "motorway"}
    assert {e["kind"] for entries in squares.values() for e in entries} == {"street"}
    back = Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
    total = 0.0
    for key, entries in squares.items():
        south, west, north, east = first["squares"][key]
        x, y = map(int, key.split("_"))
        assert entries
        for entry in entries:
            for pairs in entry["lines"]:
                lat, lng = np.array(pairs).T
                assert ((south <= lat) & (lat <= north) & (west <= lng) & (lng <= east)).all()
                metres = np.column_stack(back.transform(lng, lat))
                inside = metres - np.array([x, y]) * SQUARE_M
                assert ((inside > -2) & (inside < SQUARE_M + 2)).all()
                total += shapely.LineString(metres).length
    minor = streets[streets["kind"] == "street"]
    # rounded to about a metre a vertex
    assert total == pytest.approx(minor.length.sum(), rel=0.02)


def test_the_first_view_of_two_boroughs_is_small(tmp_path: Path) -> None:
    """As many links as two boroughs have: what is sent at first does not grow with the streets."""
    import gzip

    box = (BOX[0] - 6000, BOX[1] - 3000, BOX[2] + 6000, BOX[3] + 3000)
    made = open_roads(15_000, box)
    streets = read_streets(write_gpkg(tmp_path / "r.gpkg", made), box, CRS).frame
    assert len(made) >= 15_000

    def packed(value: object) -> int:
        return len(gzip.compress(json.dumps(value, separators=(",", ":")).encode()))

    assert packed(streets_json(streets)) < 50_000
    assert max(packed(entries) for entries in minor_squares(streets).values()) < 50_000


def test_bounds_cut_what_is_sent() -> None:
    rows = frame(
        [line((-500, 0), (500, 0)), line((0, 900), (9, 900)), line((0, 0), (0, 50))],
        name=["in and out", "away", ""], kind=["street", "street", "main_road"],
    )  # fmt: skip
    box = (X - 100, Y - 100, X + 100, Y + 100)
    cut = {entry["name"]: entry["lines"] for entry in street_lines(rows, box)}
    assert set(cut) == {"in and out", ""}
    (pairs,) = cut["in and out"]
    back = Transformer.from_crs("EPSG:4326", CRS, always_xy=True)
    ends = np.column_stack(back.transform(*np.array(pairs)[:, ::-1].T))
    assert np.allclose(ends[[0, -1]], [[X - 100, Y], [X + 100, Y]], atol=1)
    first = streets_json(rows, box)
    assert [entry["kind"] for entry in first["major"]] == ["main_road"]
    assert len(first["squares"]) == len(
        {(math.floor((X + dx) / SQUARE_M), math.floor(Y / SQUARE_M)) for dx in (-100, 99.99)}
    )


def test_no_street_is_sent_as_nothing() -> None:
    nothing = frame([], name=[], kind=[])
    assert streets_json(nothing) == {"attribution": "", "major": [], "squares": {}}
    assert minor_squares(nothing) == {}
    assert street_lines(nothing, BOX) == []


def test_a_line_on_the_edge_of_two_squares_is_in_one_of_them_at_least() -> None:
    x = math.ceil(X / SQUARE_M) * SQUARE_M
    shape = shapely.LineString([(x, Y), (x, Y + 100)])
    rows = frame([shape], name="edge", kind="street")
    squares = minor_squares(rows)
    assert set(squares) == set(streets_json(rows)["squares"])
    assert all(squares.values())
    assert squares


# -- in a workspace -------------------------------------------------------------------------------


@pytest.fixture
def area(tmp_path: Path) -> Workspace:
    opened = Workspace.init(tmp_path / "area")
    with opened.store.boundaries() as sets:
        sets.add(nine_wards())
    yield opened  # type: ignore[misc]
    opened.store.close()


def test_streets_are_kept_with_their_attribution(area: Workspace, roads: Path) -> None:
    assert area.streets() is None
    before = area.state()
    added = area.add_streets(roads)
    found = area.streets()
    assert found is not None
    pd.testing.assert_frame_equal(pd.DataFrame(found), pd.DataFrame(added.frame), check_dtype=False)
    assert found.crs == CRS
    assert found.attrs == {"attribution": OS_ATTRIBUTION}
    assert area.streets() is found
    assert area.state() != before


def test_a_file_takes_its_own_place_and_another_is_added(
    area: Workspace, roads: Path, tmp_path: Path
) -> None:
    area.add_streets(roads)
    known = area.state()
    area.add_streets(roads, name="road_classification_number")
    assert area.state() != known
    found = area.streets()
    assert found is not None
    assert set(found["name"]) == {"", "A999", "M9"}
    rows = frame([line((0, 0), (90, 0))], watercourse_name="Dar", form="tidalRiver")
    river = write(tmp_path / "oprvrs_gb.gpkg", rows, "watercourse_link")
    area.add_streets(river, attribution="© Them")
    found = area.streets()
    assert found is not None
    assert set(found["kind"]) == {"street", "main_road", "motorway", "river"}
    assert found.attrs["attribution"] == f"{OS_ATTRIBUTION}; © Them"
    area.add_streets(river, replace=True)
    with area.store.streets(read_only=True) as files:
        assert files.sources() == {"oprvrs_gb.gpkg": 1}


def test_findings_stay_known_when_streets_are_added(area: Workspace, roads: Path) -> None:
    from hotspots.store.quality import Quality
    from hotspots.stored import findings_key

    with area.store.write() as connection:
        Quality(connection).keep(findings_key(area.state()), ())
    area.add_streets(roads)
    with area.store.read() as connection:
        assert Quality(connection).find(findings_key(area.state())) == ()


def test_streets_need_wards_first(tmp_path: Path, roads: Path) -> None:
    empty = Workspace.init(tmp_path / "empty")
    with pytest.raises(HotspotsError, match="must have ward boundaries first"):
        empty.add_streets(roads)
    empty.store.close()


def test_the_command_says_what_was_kept(area: Workspace, roads: Path) -> None:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(
            cli, ["-C", str(area.folder), "add", "streets", str(roads), *arguments]
        )

    assert run("--attribution", "© Us").output.splitlines() == [
        "4 lines of 3 named streets kept.",
        "Shown with them: © Us.",
    ]
    figures = json.loads(run("--json").output)
    assert figures["kinds"] == {"street": 2, "main_road": 1, "motorway": 1}
    assert isinstance(run("--layer", "road_node").exception, DataError)
