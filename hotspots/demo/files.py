"""The example workspace as files: the same seed gives the same bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots.demo import faults, geography, habits
from hotspots.demo.generator import NOTICE, SEED, DemoData, generate
from hotspots.errors import UsageError
from hotspots.model import DEFAULT_CRS

SOURCE = "Made by hotspots.demo; the place and the incidents do not exist"
LICENCE = "CC0-1.0"
MANIFEST = "manifest.json"
# The plain seven-parameter shift and not whatever grid PROJ finds on a machine: the bytes must
# not depend on the machine, and a place that does not exist needs no centimetres.
_BRITISH_GRID = (
    "+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy "
    "+towgs84=446.448,-125.157,542.06,0.15,0.247,0.842,-20.489 +units=m +no_defs"
)
_LONGITUDE_LATITUDE = "+proj=longlat +datum=WGS84 +no_defs"


@dataclass(frozen=True)
class DemoFiles:
    """What ``write`` wrote.

    Parameters
    ----------
    boundaries, population, streets, mapping, truth : Path
        One file each.
    incidents : tuple of Path
        The monthly files, in order.
    manifests : tuple of Path
        Of the boundaries and of the data.
    """

    boundaries: Path
    population: Path
    streets: Path
    mapping: Path
    truth: Path
    incidents: tuple[Path, ...]
    manifests: tuple[Path, ...]


def months() -> tuple[str, ...]:
    """Return the 36 months of the example, ``2023-10`` to ``2026-09``."""
    first, last = (day.astype("datetime64[M]") for day in (habits.FIRST_DAY, habits.LAST_DAY))
    return tuple(str(month) for month in np.arange(first, last + 1))


def write(folder: Path, seed: int = SEED, *, months: Sequence[str] | None = None) -> DemoFiles:
    """Write the example workspace's ``boundaries/`` and ``data/``, over what is there.

    Parameters
    ----------
    folder : Path
        The workspace; made if it does not exist.
    seed : int
        Same seed, same bytes. The boundaries are the same for every seed.
    months : sequence of str, optional
        Months such as ``2026-09`` whose incident files are written; all 36 unless given. The
        manifest lists all of them either way.

    Returns
    -------
    DemoFiles
        The paths written. Incidents are in EPSG:27700, boundaries in EPSG:4326 (RFC 7946).

    Raises
    ------
    UsageError
        If a month is not one of the example's.
    """
    wanted = _known(months)
    data = generate(seed)
    shapes, tables = folder / "boundaries", folder / "data"
    for part in (shapes, tables):
        part.mkdir(parents=True, exist_ok=True)
    ground = _boundary_files(data)
    content = _data_files(data)
    _write_all(shapes, ground, "EPSG:4326", geography.GEOGRAPHY_SEED, ground)
    written = {_csv_name(month) for month in wanted} | {"mapping.toml", "truth.json"}
    _write_all(tables, content, DEFAULT_CRS, seed, written)
    return DemoFiles(
        boundaries=shapes / "wards.geojson",
        population=shapes / "population.csv",
        streets=shapes / "streets.geojson",
        mapping=tables / "mapping.toml",
        truth=tables / "truth.json",
        incidents=tuple(tables / _csv_name(month) for month in wanted),
        manifests=(shapes / MANIFEST, tables / MANIFEST),
    )


def _known(wanted: Sequence[str] | None) -> tuple[str, ...]:
    every = months()
    if wanted is None:
        return every
    if unknown := sorted(set(wanted) - set(every)):
        raise UsageError(
            f"A month of the example must be {every[0]} to {every[-1]}; "
            f"got {', '.join(unknown)}: give months in that span."
        )
    return tuple(month for month in every if month in set(wanted))


def is_written(folder: Path) -> bool:
    """Whether a folder holds the whole example: every file of both manifests, unchanged.

    Parameters
    ----------
    folder : Path
        The workspace, with ``boundaries/`` and ``data/``.
    """
    return all(_matches(folder / part) for part in ("boundaries", "data"))


def _matches(part: Path) -> bool:
    manifest = part / MANIFEST
    if not manifest.is_file():
        return False
    try:
        listed = json.loads(manifest.read_text("utf-8"))["files"]
        return all(
            _sha256((part / name).read_bytes()) == of["sha256"] for name, of in listed.items()
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


@dataclass(frozen=True)
class _Content:
    """The bytes of a file and how many things it holds."""

    data: bytes
    unit: str  # "rows" or "features"
    number: int


def _write_all(
    part: Path, content: dict[str, _Content], crs: str, seed: int, wanted: Iterable[str]
) -> None:
    manifest = {
        "notice": NOTICE,
        "source": SOURCE,
        "licence": LICENCE,
        "crs": crs,
        "vintage": geography.VINTAGE,
        "seed": seed,
        "files": {
            name: {"sha256": _sha256(file.data), file.unit: file.number}
            for name, file in sorted(content.items())
        },
    }
    for name in sorted(wanted):
        (part / name).write_bytes(content[name].data)
    (part / MANIFEST).write_bytes(_json(manifest))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def _boundary_files(data: DemoData) -> dict[str, _Content]:
    wards = data.wards
    population = wards[["ward_code", "ward_name", "population"]].rename(
        columns={"population": "population_mid2025"}
    )
    columns = ["ward_code", "ward_name", "district_code", "district_name"]
    return {
        "wards.geojson": _geojson(wards, columns, decimals=7),
        "population.csv": _Content(_csv(population), "rows", len(population)),
        "streets.geojson": _geojson(data.streets, ["name", "kind"], decimals=6),
    }


def _geojson(frame: gpd.GeoDataFrame, columns: list[str], decimals: int) -> _Content:
    """Return RFC 7946 text, one feature a line so that a change shows as a line."""
    there = frame.geometry.set_crs(_BRITISH_GRID, allow_override=True).to_crs(_LONGITUDE_LATITUDE)
    lines = [
        json.dumps(
            {
                "type": "Feature",
                "properties": dict(zip(columns, values, strict=True)),
                "geometry": {"type": shape.geom_type, "coordinates": _positions(shape, decimals)},
            },
            separators=(",", ":"),
        )
        for shape, *values in zip(there, *(frame[c] for c in columns), strict=True)
    ]
    head = f'{{"type":"FeatureCollection","notice":"{NOTICE}","features":[\n'
    return _Content((head + ",\n".join(lines) + "\n]}\n").encode(), "features", len(frame))


def _positions(shape: Any, decimals: int) -> list[Any]:
    if shape.geom_type == "Polygon":
        return [_positions(ring, decimals) for ring in (shape.exterior, *shape.interiors)]
    return np.round(shapely.get_coordinates(shape), decimals).tolist()  # type: ignore[no-any-return]


def _csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False, lineterminator="\n").encode()


def _csv_name(month: str) -> str:
    return f"incidents-{month}.csv"


def _data_files(data: DemoData) -> dict[str, _Content]:
    content: dict[str, _Content] = {}
    by_file: dict[str, dict[str, int]] = {}
    rows: dict[str, dict[str, int]] = {}
    month_of = data.incidents["starts_at"].to_numpy().astype("datetime64[M]")
    seed = data.truth["seed"]
    for number, month in enumerate(months()):
        rng = np.random.default_rng([seed, 1 + number])
        clean = data.incidents[month_of == np.datetime64(month)]
        table = _export(faults.add(clean, np.datetime64(month), rng))
        name = _csv_name(month)
        content[name] = _Content(_csv(table), "rows", len(table))
        by_file[name] = faults.counts(len(clean))
        rows[name] = {"clean": len(clean), "written": len(table)}
    total = {fault: sum(of[fault] for of in by_file.values()) for fault in faults.SHARES}
    truth = data.truth | {
        "faults": {"total": total, "by_file": by_file},
        "rows": {
            "clean": len(data.incidents),
            "written": sum(of["written"] for of in rows.values()),
            "by_file": rows,
        },
    }
    content["truth.json"] = _Content(_json(truth), "rows", truth["rows"]["written"])
    mapping = _mapping()
    content["mapping.toml"] = _Content(mapping.encode(), "rows", len(habits.HABITS))
    return content


def _export(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows as the export writes them: all text."""
    text = {code: habit.text for code, habit in habits.HABITS.items()}
    return pd.DataFrame(
        {
            "reference": rows["reference"],
            "category": rows["category"].map(text),
            "date_from": rows["starts_at"].dt.strftime("%d/%m/%Y"),
            "time_from": rows["starts_at"].dt.strftime("%H:%M"),
            "date_to": rows["ends_at"].dt.strftime("%d/%m/%Y"),
            "time_to": rows["ends_at"].dt.strftime("%H:%M"),
            "easting": rows["x"].astype("Int64"),
            "northing": rows["y"].astype("Int64"),
            "location": rows["location"],
            "agency": rows["agency"],
            "status": rows["status"],
        }
    )


def _mapping() -> str:
    lines = [f'"{habit.text}" = "{code}"' for code, habit in habits.HABITS.items()]
    return _MAPPING + "\n".join(lines) + "\n"


_MAPPING = """\
# How to read the example's incident files. Synthetic data.
source = "Example Community Safety Unit export"
crs = "EPSG:27700"
encoding = "utf-8"
delimiter = ","

[columns]
reference = "reference"
category = "category"
from_date = "date_from"
from_time = "time_from"
to_date = "date_to"
to_time = "time_to"
x = "easting"
y = "northing"
location = "location"
agency = "agency"

[dates]
date_formats = ["%d/%m/%Y"]
time_formats = ["%H:%M"]

[exclude]
status = ["Cancelled"]

[categories]
"""
