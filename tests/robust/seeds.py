"""Small made-up files of every format, all of places in the nine wards of ``tests.support``."""

from __future__ import annotations

import gzip
import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyproj import Transformer

from hotspots.ingest.mapping import parse_mapping
from tests.support import SIDE, X0, Y0

ROWS = 40
#: The export that most files are: every sort of column that a mapping knows.
MAPPING = """
source = "Made-up CSU"
crs = "EPSG:27700"

[columns]
reference = "ref"
category = "kind"
from_date = "from"
from_time = "from time"
to_date = "to"
to_time = "to time"
recorded_date = "recorded"
x = "easting"
y = "northing"
location = "where"
agency = "agency"

[dates]
date_formats = ["%d/%m/%Y"]
time_formats = ["%H:%M"]

[exclude]
status = ["Cancelled"]

[categories]
"Anti-social behaviour" = "asb"
"Dwelling burglary" = "burglary.residential"

[[rules]]
category = "deliberate_fire"
when = { "kind" = "Fire*", "status" = "Deliberate" }
"""
#: The same columns where the points are the file's own geometry.
POINT_MAPPING = "\n".join(
    line for line in MAPPING.splitlines() if line not in ('x = "easting"', 'y = "northing"')
).replace('crs = "EPSG:27700"', "")

STREET = "2024-03-made-up-street.csv"


def _places(rows: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(rows)
    return (
        (X0 + rng.uniform(0, 3 * SIDE, rows)).round(1),
        (Y0 + rng.uniform(0, 3 * SIDE, rows)).round(1),
    )


def _texts(values: object) -> list[str]:
    return [str(value) for value in values]  # type: ignore[attr-defined]


@cache
def csu(rows: int = ROWS, first: int = 0) -> pd.DataFrame:
    """An export of a Community Safety Unit."""
    x, y = _places(rows)
    every = range(first, first + rows)
    return pd.DataFrame(
        {
            "ref": [f"CSU/{i:05d}" for i in every],
            "kind": [("Anti-social behaviour", "Dwelling burglary", "Fire")[i % 3] for i in every],
            "from": [f"{1 + i % 28:02d}/03/2024" for i in every],
            "from time": [f"{i % 24:02d}:15" for i in every],
            "to": [f"{1 + i % 28:02d}/03/2024" for i in every],
            "to time": [f"{i % 24:02d}:45" for i in every],
            "recorded": [f"{1 + i % 30:02d}/04/2024" for i in every],
            "easting": _texts(x),
            "northing": _texts(y),
            "where": [f"{i} Café Lane, Testford" for i in every],
            "agency": "Made-up Council",
            "status": [("Open", "Deliberate", "Cancelled", "")[i % 4] for i in every],
        },
        dtype="str",
    )


@cache
def street(rows: int = ROWS) -> pd.DataFrame:
    """A month of a force, as data.police.uk has it."""
    x, y = _places(rows)
    lon, lat = Transformer.from_crs("EPSG:27700", "EPSG:4326", always_xy=True).transform(x, y)
    return pd.DataFrame(
        {
            "Crime ID": [f"{i:064x}" if i % 3 else "" for i in range(rows)],
            "Month": "2024-03",
            "Reported by": "Made-up Police",
            "Falls within": "Made-up Police",
            "Longitude": _texts(lon.round(6)),
            "Latitude": _texts(lat.round(6)),
            "Location": "On or near Test Lane",
            "LSOA code": "E01000001",
            "LSOA name": "Testford 001A",
            "Crime type": [("Burglary" if i % 3 else "Anti-social behaviour") for i in range(rows)],
            "Last outcome category": "",
            "Context": "",
        },
        dtype="str",
    )


def _layout(name: str) -> pd.DataFrame:
    """Return rows with every column that a published layout reads."""
    import hotspots

    path = Path(hotspots.__file__).parent / "ingest" / "layouts" / f"{name}.toml"
    columns = parse_mapping(path.read_bytes(), path.name).named()
    return pd.DataFrame({column: [""] * ROWS for column in columns}, dtype="str")


@cache
def avon() -> pd.DataFrame:
    """Fires with masked coordinates and the date in three columns."""
    x, y = _places(ROWS)
    frame = _layout("avon-fire")
    return frame.assign(
        **{
            "Incident Number": [f"{i:06d}-01032024" for i in range(ROWS)],
            "Incident Category": [("Fire", "False Alarm")[i % 2] for i in range(ROWS)],
            "Is Primary Fire": "yes",
            "Cause of Fire": [("Deliberate - own property", "Accidental")[i % 2]
                              for i in range(ROWS)],
            "Day": [str(1 + i % 28) for i in range(ROWS)],
            "Month": "March",
            "Year": "2024",
            "Time of Call": "10:11:12",
            "X Coordinate": [f"{int(v) // 1000}***" for v in x],
            "Y Coordinate": [f"{int(v) // 1000}***" for v in y],
            "Ward": "Ward £ 1",
        }
    ).astype("str")  # fmt: skip


@cache
def london() -> pd.DataFrame:
    """Fires with two pairs of coordinates, one of them often blank."""
    x, y = _places(ROWS)
    frame = _layout("london-fire")
    return frame.assign(
        IncidentNumber=[f"{i:06d}-01032024" for i in range(ROWS)],
        DateOfCall=[f"{1 + i % 28:02d} Mar 2024" for i in range(ROWS)],
        TimeOfCall="10:11:12",
        StopCodeDescription=[("Primary Fire", "AFA", "Special Service")[i % 3]
                             for i in range(ROWS)],
        SpecialServiceType=[("", "", "RTC")[i % 3] for i in range(ROWS)],
        Easting_m=[str(int(v)) if i % 2 else "NULL" for i, v in enumerate(x)],
        Northing_m=[str(int(v)) if i % 2 else "NULL" for i, v in enumerate(y)],
        Easting_rounded=[str(int(v) // 50 * 50) for v in x],
        Northing_rounded=[str(int(v) // 50 * 50) for v in y],
    ).astype("str")  # fmt: skip


# -- frame -> bytes --------------------------------------------------------------------------------


def csv_bytes(frame: pd.DataFrame, encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    """Return a frame as separated text; what the encoding lacks becomes a question mark."""
    return frame.to_csv(index=False, sep=delimiter).encode(encoding, "replace")


def xlsx_bytes(frame: pd.DataFrame) -> bytes:
    """Return a frame as a workbook of texts."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Export")
    sheet.append(list(frame.columns))
    for row in frame.itertuples(index=False):
        sheet.append([_legal(value) for value in row])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _legal(value: str) -> str:
    # what a workbook can hold at all
    return "".join(c for c in value if c >= " ")[:32_767]


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """Return a frame as Parquet; columns may have one name."""
    arrays = [pa.array(frame.iloc[:, at].tolist(), pa.string()) for at in range(frame.shape[1])]
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, names=list(frame.columns)), buffer)
    return buffer.getvalue()


def geojson_bytes(frame: pd.DataFrame) -> bytes:
    """Return a frame as GeoJSON, its places from easting and northing where they are numbers."""
    x = pd.to_numeric(frame["easting"], errors="coerce").to_numpy()
    y = pd.to_numeric(frame["northing"], errors="coerce").to_numpy()
    lon, lat = Transformer.from_crs("EPSG:27700", "EPSG:4326", always_xy=True).transform(x, y)
    features = [
        {
            "type": "Feature",
            "properties": dict(row),
            "geometry": {"type": "Point", "coordinates": [east, north]},
        }
        for row, east, north in zip(frame.to_dict("records"), lon, lat, strict=True)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def _points(frame: pd.DataFrame) -> gpd.GeoDataFrame:
    x = pd.to_numeric(frame["easting"], errors="coerce")
    y = pd.to_numeric(frame["northing"], errors="coerce")
    return gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(x, y), crs="EPSG:27700")


def gpkg_parts(frame: pd.DataFrame) -> dict[str, bytes]:
    """Return a frame as a GeoPackage."""
    return _saved(frame, "export.gpkg")


def shp_parts(frame: pd.DataFrame) -> dict[str, bytes]:
    """Return a frame as the files of a Shapefile."""
    return _saved(frame, "export.shp")


def _saved(frame: pd.DataFrame, name: str) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        _points(frame).to_file(Path(folder) / name)
        return {path.name: path.read_bytes() for path in sorted(Path(folder).iterdir())}


def zip_bytes(members: dict[str, bytes]) -> bytes:
    """Return files as a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


# -- whole seeds -----------------------------------------------------------------------------------

#: Files by name, and the mapping they need.
Seed = tuple[dict[str, bytes], str | None]


def _seeds() -> dict[str, Callable[[], Seed]]:
    return {
        "street": lambda: ({STREET: csv_bytes(street())}, None),
        "csu": lambda: ({"export.csv": csv_bytes(csu())}, MAPPING),
        "avon": lambda: ({"avon.csv": csv_bytes(avon(), "cp1252")}, None),
        "london": lambda: ({"london.csv": csv_bytes(london())}, None),
        "gz": lambda: ({f"{STREET}.gz": gzip.compress(csv_bytes(street()))}, None),
        "zip": lambda: (
            {"archive.zip": zip_bytes({f"2024-03/{STREET}": csv_bytes(street())})},
            None,
        ),
        "xlsx": lambda: ({"export.xlsx": xlsx_bytes(csu())}, MAPPING),
        "parquet": lambda: ({"export.parquet": parquet_bytes(csu())}, MAPPING),
        "geojson": lambda: ({"export.geojson": geojson_bytes(csu())}, POINT_MAPPING),
        "gpkg": lambda: (gpkg_parts(csu()), POINT_MAPPING),
        "shp": lambda: (shp_parts(csu()), POINT_MAPPING),
        "shp.zip": lambda: ({"export.zip": zip_bytes(shp_parts(csu()))}, POINT_MAPPING),
    }


NAMES = tuple(_seeds())


@cache
def seed(name: str) -> Seed:
    """Return the files of a whole seed, and its mapping."""
    return _seeds()[name]()
