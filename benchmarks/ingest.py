"""An import beside a script with pandas and geopandas, in one run; and how much memory it takes.

Run with ``python -m benchmarks.ingest``; it needs the thirteen Kent months (HOTSPOTS_REAL_DATA, or
``../shared/data``). The script reads the files, drops rows without coordinates, projects and
assigns to wards, and stores nothing: what an analyst's notebook does. The import parses, checks
every row, projects, assigns to wards, stores in a new SQLite store, and looks for what is wrong
with the data; its time without that last part is given too. Each run is a process of its own and
the time is the work's, without the start of Python and its libraries; a median of seven.
The file of a million rows is made up, seed 4; ``peak`` is the largest resident size of the process
that imports it, libraries included.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("HOTSPOTS_REAL_DATA", ROOT.parent / "shared" / "data"))
RUNS = 7
MILLION = 1_000_000
MAPPING = """source = "Made up"
crs = "EPSG:27700"
[columns]
reference = "reference"
category = "category"
from_date = "from"
to_date = "to"
x = "easting"
y = "northing"
location = "location"
agency = "agency"
[dates]
date_formats = ["%d/%m/%Y %H:%M"]
[categories]
"Anti-social behaviour" = "asb"
"Burglary" = "burglary"
"""


def wards() -> list[Path]:
    """Return the ward files of the two districts."""
    return [DATA / "uk-geojson" / "wards" / f"E0700010{number}.json" for number in (7, 9)]


def peer() -> dict[str, Any]:
    """Read, project and assign with pandas and geopandas."""
    import geopandas as gpd

    files = sorted((DATA / "police-uk-kent").glob("*/*-street.csv*"))
    begin = time.perf_counter()
    frame = pd.concat([pd.read_csv(path) for path in files], ignore_index=True)
    frame = frame[frame["Longitude"].notna() & frame["Latitude"].notna()]
    frame["Month"] = pd.to_datetime(frame["Month"], format="%Y-%m")
    points = gpd.points_from_xy(frame["Longitude"], frame["Latitude"])
    incidents = gpd.GeoDataFrame(frame, geometry=points, crs=4326).to_crs(27700)
    areas = pd.concat([gpd.read_file(path) for path in wards()]).to_crs(27700)
    joined = gpd.sjoin(incidents, areas, how="left", predicate="within")
    seconds = time.perf_counter() - begin
    return {"seconds": seconds, "rows": len(joined)}


def ours() -> dict[str, Any]:
    """Import the same into a new store."""
    import pyarrow.csv  # noqa: F401 - loaded when first needed, as the next

    import hotspots.locate  # noqa: F401
    from hotspots import workspace as module
    from hotspots.workspace import Workspace

    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.init(Path(folder) / "area")
        workspace.add_boundaries(wards(), "2013")
        examined = 0.0
        examine = module.examine_store

        def timed(*arguments: Any) -> Any:
            nonlocal examined
            started = time.perf_counter()
            found = examine(*arguments)
            examined += time.perf_counter() - started
            return found

        module.examine_store = timed
        begin = time.perf_counter()
        report = workspace.add_incidents([DATA / "police-uk-kent"])
        seconds = time.perf_counter() - begin
    return {"seconds": seconds, "rows": report.kept, "without": seconds - examined}


def million() -> dict[str, Any]:
    """Import a file of a million rows."""
    from hotspots.workspace import Workspace

    with tempfile.TemporaryDirectory() as folder:
        area = Path(folder) / "area"
        workspace = Workspace.init(area)
        mapping = area / "mapping.toml"
        mapping.write_text(MAPPING, "utf-8")
        file = area / "export.csv"
        _write_million(file)
        size = file.stat().st_size / 1e6
        begin = time.perf_counter()
        report = workspace.add_incidents([file], mapping=mapping)
        seconds = time.perf_counter() - begin
    return {"seconds": seconds, "rows": report.kept, "size_mb": size}


def _write_million(path: Path) -> None:
    rng = np.random.default_rng(4)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("reference,category,from,to,easting,northing,location,agency,remarks\n")
        for start in range(0, MILLION, 50_000):
            _part(rng, start, 50_000).to_csv(file, header=False, index=False)


def _part(rng: np.random.Generator, start: int, rows: int) -> pd.DataFrame:
    day = np.datetime64("2020-01-01") + rng.integers(0, 1800, rows).astype("timedelta64[D]")
    moment = pd.Series(day.astype("datetime64[m]") + rng.integers(0, 1440, rows))
    streets = np.array([f"{i} Made Up Street, Testford" for i in range(3000)])
    return pd.DataFrame(
        {
            "reference": [f"MU/{i:09d}" for i in range(start, start + rows)],
            "category": rng.choice(["Anti-social behaviour", "Burglary"], rows),
            "from": moment.dt.strftime("%d/%m/%Y %H:%M"),
            "to": (moment + pd.Timedelta(hours=2)).dt.strftime("%d/%m/%Y %H:%M"),
            "easting": rng.uniform(550_000, 570_000, rows).round(1),
            "northing": rng.uniform(160_000, 180_000, rows).round(1),
            "location": rng.choice(streets, rows),
            "agency": "Made-up Police",
            "remarks": "Caller reports, see log; no further action taken at this time. " * 2,
        }
    )


CASES = {"peer": peer, "ours": ours, "million": million}


def run(case: str) -> dict[str, Any]:
    """Run a case in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.ingest", case]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)  # noqa: S603
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Compare and print; with a case's name, run that case alone."""
    if len(sys.argv) > 1:
        found = CASES[sys.argv[1]]()
        found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(found))
        return
    pairs = [(run("peer"), run("ours")) for _ in range(RUNS)]
    theirs, mine = (statistics.median(p[i]["seconds"] for p in pairs) for i in (0, 1))
    without = statistics.median(pair[1]["without"] for pair in pairs)
    print(f"Thirteen Kent months, {pairs[0][1]['rows']:,} incidents kept:")
    print(f"  pandas and geopandas, nothing stored   {theirs:5.2f} s")
    print(f"  import                                 {without:5.2f} s  {without / theirs:.2f}x")
    print(f"  import with the quality report         {mine:5.2f} s  {mine / theirs:.2f}x")
    print(f"  peaks: {pairs[0][0]['peak_mb']:,.0f} MB and {pairs[0][1]['peak_mb']:,.0f} MB")
    big = run("million")
    print(
        f"A million rows ({big['size_mb']:,.0f} MB): {big['seconds']:.1f} s, peak "
        f"{big['peak_mb']:,.0f} MB"
    )


if __name__ == "__main__":
    main()
