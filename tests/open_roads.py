"""Made-up roads with the layers and columns of OS Open Roads: no road of any real place."""

from __future__ import annotations

import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from hotspots.streets import Streets, read_streets
from tests.support import SIDE, X0, Y0

Box = tuple[float, float, float, float]

CRS = "EPSG:27700"
BOX = (float(X0), float(Y0), float(X0 + 3 * SIDE), float(Y0 + 3 * SIDE))
#: A place well inside.
X, Y = X0 + 1000.0, Y0 + 1000.0

_WORDS = ("Mill", "Church", "Station", "Orchard", "Meadow", "King", "Chapel", "Park", "Hill", "Bay")
_ENDS = ("Road", "Street", "Lane", "Close", "Avenue", "Drive", "Way", "Gardens")


def open_roads(links: int, box: Box, seed: int = 0) -> gpd.GeoDataFrame:
    """About ``links`` road links in a box: streets round ten towns, main roads across, seeded."""
    rng = np.random.default_rng(seed)
    low, high = np.array(box[:2]), np.array(box[2:])
    towns = rng.uniform(low + 0.1 * (high - low), high - 0.1 * (high - low), (10, 2))
    rows: list[tuple[str | None, str, str | None, shapely.LineString]] = []
    for number in range(12):
        name = None if number < 2 else f"Great {_WORDS[number % 10]} Road {number}"
        kind = "Motorway" if number < 2 else "A Road" if number < 7 else "B Road"
        ends = rng.uniform(low, high, (2, 2))
        pieces = max(links // 150, 2)
        path = np.linspace(*ends, pieces * 4 + 1) + np.cumsum(
            rng.normal(0, 8, (pieces * 4 + 1, 2)), axis=0
        )
        rows += [
            (name, kind, f"{kind[0]}{20 + number}", shapely.LineString(path[4 * i : 4 * i + 5]))
            for i in range(pieces)
        ]
    while len(rows) < links:
        count = int(rng.integers(1, 9))
        start = towns[rng.integers(10)] + rng.normal(0, 900, 2)
        turn = np.cumsum(rng.normal(0, 0.25, count * 5)) + rng.uniform(0, 2 * np.pi)
        steps = np.column_stack([np.cos(turn), np.sin(turn)]) * rng.uniform(8, 28, (count * 5, 1))
        path = start + np.vstack([[0, 0], np.cumsum(steps, axis=0)])
        named = rng.random() < 0.85
        name = f"{rng.choice(_WORDS)}{rng.integers(400)} {rng.choice(_ENDS)}" if named else None
        kind = str(rng.choice(["Unclassified", "Not Classified", "Classified Unnumbered"]))
        rows += [
            (name, kind, None, shapely.LineString(path[5 * i : 5 * i + 6])) for i in range(count)
        ]
    names, kinds, numbers, shapes = zip(*rows, strict=True)
    return gpd.GeoDataFrame(
        {
            "id": [f"{i:032X}" for i in range(len(rows))],
            "fictitious": False,
            "road_classification": kinds,
            "road_function": kinds,
            "form_of_way": "Single Carriageway",
            "road_classification_number": numbers,
            "name_1": names,
            "name_1_lang": None,
            "name_2": None,
            "length": [round(shape.length) for shape in shapes],
            "start_node": "A",
            "end_node": "B",
        },
        geometry=list(shapes),
        crs="EPSG:27700",
    )


def write_gpkg(path: Path, roads: gpd.GeoDataFrame) -> Path:
    """Write roads as OS does: links, and the points between them in layers of their own."""
    roads.to_file(path, layer="road_link", driver="GPKG", engine="pyogrio")
    points = gpd.GeoDataFrame(
        {"id": ["n"], "form_of_road_node": ["junction"]},
        geometry=[shapely.Point(roads.total_bounds[:2])],
        crs=roads.crs,
    )
    for layer in ("road_node", "motorway_junction"):
        points.to_file(path, layer=layer, driver="GPKG", engine="pyogrio")
    return path


def line(*pairs: tuple[float, float]) -> shapely.LineString:
    """A line by metres from a place inside the wards."""
    return shapely.LineString([(X + x, Y + y) for x, y in pairs])


def frame(shapes: list[object], crs: str | None = CRS, **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=crs, index=range(len(shapes)))


def write(path: Path, rows: gpd.GeoDataFrame, layer: str | None = None) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # long column names, missing CRS: what the test is about
        rows.to_file(path, layer=layer, engine="pyogrio")
    return path


def read(path: Path, **options: str | None) -> Streets:
    return read_streets(path, BOX, CRS, **options)


def few_roads(folder: Path) -> Path:
    """Three links of one street, an A road with a number alone, and a street elsewhere."""
    rows = open_roads(0, BOX).iloc[:0]
    made = [
        ("High Street", "Unclassified", None, line((0, 0), (100, 0))),
        ("High Street", "Unclassified", None, line((100, 0), (200, 0))),
        ("High Street", "Unclassified", None, line((250, 0), (300, 0))),
        (None, "A Road", "A999", line((0, 500), (300, 500))),
        (None, "Motorway", "M9", line((0, 900), (300, 900))),
        ("Far Lane", "Unclassified", None, line((50_000, 0), (50_100, 0))),
    ]
    names, kinds, numbers, shapes = zip(*made, strict=True)
    columns = dict.fromkeys(rows.columns.drop("geometry"), "")
    columns |= {"name_1": names, "road_classification": kinds}
    columns["road_classification_number"] = numbers
    return write_gpkg(folder / "oproad_gb.gpkg", frame(list(shapes), **columns))
