"""The same tables and provenance are the same bytes, whenever and wherever they are written."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots.exports import EXPORTS, SHEETS, Band, Raster, export_format
from hotspots.sheets import Blank, Column, Sheet

ABOUT = {
    "marking": "OFFICIAL",
    "tier": "partner",
    "notices": ["Synthetic data"],
    "run": "0123456789ab",
    "category": "asb",
    "period": "2024-01",
    "incidents": [{"file": "a.csv", "sha256": "0" * 64}],
}


def cells() -> gpd.GeoDataFrame:
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(5) * 250.0, np.arange(4) * 250.0))
    n = np.arange(20)
    return gpd.GeoDataFrame(
        {
            "cell_id": [f"{a:.0f}_{b:.0f}" for a, b in zip(x, y, strict=True)],
            "incidents": n,
            "gi_star_z": n / 7,
            "when": pd.Timestamp("2024-01-02 03:04"),
            "concentrated": "clear",
        },
        geometry=shapely.box(x, y, x + 250, y + 250),
        crs="EPSG:27700",
    )


def digests() -> Iterator[str]:
    """Return a line a format: its name and the digest of what it writes."""
    raster = Raster(
        "r", np.arange(12.0).reshape(1, 3, 4), 0, 300, 100, 27700, (Band("a", "u", "d"),)
    )
    sheet = Sheet("S", "A sheet", (Column("n", "N", "count"),), ({"n": 1}, {"n": Blank.NO_DATA}))
    for entry in EXPORTS:
        made = entry.write({"cells": cells()}, ABOUT)
        yield f"{entry.name} {hashlib.sha256(made).hexdigest()}"
    tif = export_format("tif")
    yield f"raster {hashlib.sha256(tif.write({'r': raster}, ABOUT)).hexdigest()}"
    for form in SHEETS:
        for sheets in ([sheet], [sheet, sheet]):
            made = form.write(sheets, ABOUT)
            yield f"{form.name} {len(sheets)} {hashlib.sha256(made).hexdigest()}"


def test_two_writes_and_two_processes_make_the_same_bytes() -> None:
    first = list(digests())
    # times in files go by seconds, those of zips by two
    time.sleep(2.1)
    assert list(digests()) == first
    code = "from tests.unit.test_exports_same import digests; print(*digests(), sep='\\n')"
    # another seed of hashes, another time zone
    env = {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        env=env,
        check=True,
    )
    assert done.stdout.splitlines() == first


def test_no_file_says_when_it_was_made() -> None:
    """A time in the bytes would also tell who compares two exports which came first."""
    this_year = str(time.localtime().tm_year).encode()
    for entry in EXPORTS:
        content = entry.write({"cells": cells()}, ABOUT)
        parts = [content]
        if content[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                assert {info.date_time[0] for info in archive.infolist()} == {1980}
                parts = [archive.read(name) for name in archive.namelist()]
        found = [part for part in parts if this_year + b"-" in part]
        assert not found, entry.name
