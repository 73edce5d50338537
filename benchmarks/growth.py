"""How time and memory grow with incidents, cells, bandwidth and band; draws docs/images/growth.png.

Run with ``python -m benchmarks.growth``. Each point of a curve is a process of its own: the
median of three warm calls, and the most memory that a call has asked for at one time (the data
themselves not counted).
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import measure

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "growth.png"
POINTS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
CELLS = (10_000, 100_000, 1_000_000, 10_000_000)
REACHES = (1, 2, 4, 8, 16, 32)
#: What stays the same while one thing grows.
USUAL_POINTS, USUAL_CELLS, USUAL_REACH = 1_000_000, 600_000, 3


def growth(work: str, points: int, cells: int, reach: int, runs: int = 3) -> dict[str, Any]:
    """Do one piece of work: "kde", "z" or "exact"; ``reach`` is bandwidth or band in cells."""
    import time
    import tracemalloc

    from hotspots.clustering import Grid, gi_star, gi_star_z, kde

    side = math.isqrt(cells)
    rng = np.random.default_rng(1)
    towns = rng.uniform(0, side, (60, 2))
    xy = rng.uniform(0, side, (points, 2))
    near = rng.random(points) < 0.75
    xy[near] = towns[rng.integers(0, 60, near.sum())] + rng.normal(0, side / 80, (near.sum(), 2))
    grid = Grid(0, 0, 1.0, np.ones((side, side), dtype=bool))
    counts = grid.counts(xy)
    call = {
        "kde": lambda: kde(xy, grid, float(reach)),
        "z": lambda: gi_star_z(counts, reach, 1.0),
        "exact": lambda: gi_star(counts, reach, 1.0),
    }[work]
    small = Grid(0, 0, 1.0, np.ones((9, 9), dtype=bool))
    kde(xy[:9], small, 1.0), gi_star(small.counts(xy[:9]), 1, 1.0)
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    tracemalloc.start()
    call()
    _, peak = tracemalloc.get_traced_memory()
    return {"seconds": seconds, "peak_mb": peak / 2**20}


def curves() -> dict[tuple[str, str], list[tuple[float, float, float]]]:
    """Return (x, seconds, MB) by what grows and by work."""
    found: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    for work in ("kde", "z", "exact"):
        for n in POINTS:
            _add(found, "incidents", work, n, (n, USUAL_CELLS, USUAL_REACH))
        for n in CELLS:
            _add(found, "cells", work, n, (USUAL_POINTS, n, USUAL_REACH))
        # at 32 cells a million incidents need a larger table than the exact tail allows itself
        for n in REACHES if work != "exact" else REACHES[:-1]:
            _add(found, "reach in cells", work, n, (USUAL_POINTS, USUAL_CELLS, n))
    return found


def _add(
    found: dict[tuple[str, str], list[tuple[float, float, float]]],
    grows: str,
    work: str,
    x: float,
    size: tuple[int, int, int],
) -> None:
    done = measure("growth", work, *size)
    found.setdefault((grows, work), []).append((x, done.seconds, done.peak_mb))
    print(f"{work:6} {grows} {x:>12,}: {done.seconds:9.4f} s {done.peak_mb:8.0f} MB", flush=True)


def draw(found: dict[tuple[str, str], list[tuple[float, float, float]]]) -> None:
    """Draw the curves, time above and memory below, on logarithmic axes."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    names = {"kde": "exact density", "z": "Gi* z", "exact": "Gi* z, exact tail, FDR"}
    colours = {"kde": "#1b5e9b", "z": "#7a7a7a", "exact": "#b5410f"}
    what = ("incidents", "cells", "reach in cells")
    figure, axes = plt.subplots(2, 3, figsize=(12, 6.4), sharex="col", layout="constrained")
    for col, grows in enumerate(what):
        for work, name in names.items():
            x, seconds, megabytes = zip(*found[grows, work], strict=True)
            axes[0, col].loglog(x, seconds, "o-", color=colours[work], label=name)
            axes[1, col].loglog(x, np.maximum(megabytes, 1), "o-", color=colours[work], label=name)
        axes[1, col].set_xlabel(grows)
        for axis in axes[:, col]:
            axis.grid(True, which="major", color="#dddddd")
    axes[0, 0].set_ylabel("seconds")
    axes[1, 0].set_ylabel("MB of working memory")
    axes[0, 0].legend()
    figure.suptitle(
        f"Else {USUAL_POINTS:,} incidents, {USUAL_CELLS:,} cells, a reach of {USUAL_REACH} cells"
    )
    figure.savefig(PICTURE, dpi=110)


if __name__ == "__main__":
    draw(curves())
