"""Points to polygons beside geopandas, in one run: time, memory, and equality of all answers.

Run with ``python benchmarks/locate.py``; ``--full`` takes ten times the points. Each case runs in
a process of its own, so that its peak of memory is its own. Making the data is not charged;
building the index and, for geopandas, its points is. Data are synthetic, seed 3.
"""

from __future__ import annotations

import json
import math
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WIDTH_M, HEIGHT_M, WEST_M, SOUTH_M = 500_000.0, 600_000.0, 400_000.0, 200_000.0
SIZES = ((1_000_000, 35), (1_000_000, 8_000))
FULL_SIZES = (*SIZES, (10_000_000, 8_000))


@dataclass(frozen=True)
class Row:
    """One size: medians in seconds, peaks in MB of the whole process, and whether all agree."""

    what: str
    ours_s: float
    theirs_s: float
    ours_mb: float
    theirs_mb: float
    equal: bool


def rows(sizes: tuple[tuple[int, int], ...] = SIZES, runs: int = 3) -> list[Row]:
    """Measure each size against ``geopandas.sjoin``."""
    return [_row(points, polygons, runs) for points, polygons in sizes]


def _row(points: int, polygons: int, runs: int) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        _child("make", folder, points, polygons)
        ours = [_child("ours", folder) for _ in range(runs)]
        theirs = [_child("theirs", folder) for _ in range(runs)]
        equal = _child("compare", folder)["equal"]
    return Row(
        f"{points:,} points, {polygons:,} polygons of {ours[0]['vertices']:.0f} vertices",
        statistics.median(case["seconds"] for case in ours),
        statistics.median(case["seconds"] for case in theirs),
        statistics.median(case["mb"] for case in ours),
        statistics.median(case["mb"] for case in theirs),
        equal,
    )


def _child(case: str, folder: str, *numbers: int) -> dict[str, Any]:
    command = [sys.executable, __file__, case, folder, *map(str, numbers)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _make(folder: Path, points: int, count: int) -> dict[str, Any]:
    """Jagged polygons that share their edges, and points among them and a little around."""
    import numpy as np
    import shapely

    rng = np.random.default_rng(3)
    size, corner = np.array([WIDTH_M, HEIGHT_M]), np.array([WEST_M, SOUTH_M])
    box = shapely.box(0, 0, *size)
    sites = shapely.MultiPoint(rng.uniform(0, size, (count, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(sites, extend_to=box))
    side = math.sqrt(WIDTH_M * HEIGHT_M / count)
    cells = shapely.segmentize(shapely.intersection(cells, box), side / 25)
    wave = 2 * math.pi / (side / 2.5)

    def warp(xy: Any) -> Any:
        bent = xy + side / 25 * np.sin(wave * xy[:, ::-1] + [0, 1])
        return np.round(bent + corner, 2)

    wards = shapely.transform(cells, warp)
    wards = np.where(shapely.is_valid(wards), wards, shapely.buffer(wards, 0))
    np.save(folder / "wards.npy", shapely.to_wkb(wards), allow_pickle=True)
    margin = side / 2
    xy = rng.uniform(-margin, size + margin, (points, 2)) + corner
    np.save(folder / "xy.npy", xy)
    return {}


def _load(folder: Path) -> tuple[Any, Any]:
    import numpy as np
    import shapely

    # the file is this run's own, of a moment ago
    wards = shapely.from_wkb(np.load(folder / "wards.npy", allow_pickle=True))
    return wards, np.load(folder / "xy.npy")


def _measured(folder: Path, name: str, call: Callable[[Any, Any], Any]) -> dict[str, Any]:
    import numpy as np
    import shapely

    wards, xy = _load(folder)
    call(wards[:3], xy[:1_000])  # imports and compiled code
    start = time.perf_counter()
    found = call(wards, xy)
    seconds = time.perf_counter() - start
    mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    np.save(folder / f"{name}.npy", found() if callable(found) else found)
    vertices = float(shapely.get_num_coordinates(wards).mean())
    return {"seconds": seconds, "mb": mb, "vertices": vertices}


def _ours(wards: Any, xy: Any) -> Any:
    from hotspots.locate import PolygonIndex

    return PolygonIndex(wards, few_points=0).assign(xy)


def _theirs(wards: Any, xy: Any) -> Any:
    import geopandas as gpd
    import numpy as np

    areas = gpd.GeoDataFrame(geometry=wards, crs=27700)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(xy[:, 0], xy[:, 1]), crs=27700)
    joined = gpd.sjoin(points, areas, predicate="intersects")

    def lowest() -> Any:  # not charged: a point on a shared edge has several rows
        found = np.full(len(xy), len(wards))
        np.minimum.at(found, joined.index.to_numpy(), joined["index_right"].to_numpy())
        return np.where(found < len(wards), found, -1)

    return lowest


def _compare(folder: Path) -> dict[str, Any]:
    import numpy as np

    ours, theirs = np.load(folder / "ours.npy"), np.load(folder / "theirs.npy")
    return {"equal": bool(np.array_equal(ours, theirs))}


def _print(found: Row) -> None:
    print(
        f"{found.what}: {found.ours_s:,.2f} s, {found.ours_mb:,.0f} MB; geopandas.sjoin "
        f"{found.theirs_s:,.2f} s, {found.theirs_mb:,.0f} MB; "
        f"{found.theirs_s / found.ours_s:,.1f}x faster in {found.ours_mb / found.theirs_mb:.0%} "
        f"of its memory; {'all answers equal' if found.equal else 'ANSWERS DIFFER'}"
    )


def main(arguments: list[str]) -> int:
    if arguments in ([], ["--full"]):
        found = rows(FULL_SIZES if arguments else SIZES)
        for row in found:
            _print(row)
        return 0 if all(row.equal for row in found) else 1
    case, folder, *numbers = arguments
    there = Path(folder)
    cases: dict[str, Callable[[], dict[str, Any]]] = {
        "make": lambda: _make(there, *map(int, numbers)),
        "ours": lambda: _measured(there, "ours", _ours),
        "theirs": lambda: _measured(there, "theirs", _theirs),
        "compare": lambda: _compare(there),
    }
    print(json.dumps(cases[case]()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
