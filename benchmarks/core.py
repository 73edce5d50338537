"""The clustering core beside its peers, in one run: medians of five warm calls, and the ratio.

Run with ``make bench``. Points are synthetic (75 % in towns, 25 % uniform), seed 1.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
from esda import G_Local
from libpysal.weights import W
from numpy.typing import NDArray
from sklearn.neighbors import KernelDensity

from hotspots.clustering import Grid, gi_star, kde

CELL_M, BAND_M = 100.0, 300.0
ROWS, COLS = 200, 250


def median_seconds(call: Callable[[], object], runs: int = 5) -> float:
    call()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def points(n: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(1)
    towns = rng.uniform(2_000, 18_000, (25, 2))
    share = 1 / np.arange(1, 26)
    home = rng.choice(25, int(n * 0.75), p=share / share.sum())
    town = towns[home] + rng.normal(0, 600, (len(home), 2))
    return np.vstack([town, rng.uniform(0, 20_000, (n - len(home), 2))])


def main() -> None:
    xy = points(20_000)
    grid = Grid(0, 0, CELL_M, np.ones((ROWS, COLS), dtype=bool))
    at = grid.centres.reshape(-1, 2)

    ours = median_seconds(lambda: kde(xy, grid, BAND_M, "epanechnikov"))
    tree = KernelDensity(bandwidth=BAND_M, kernel="epanechnikov", rtol=0, atol=0).fit(xy)
    theirs = median_seconds(lambda: tree.score_samples(at), runs=3)
    gap = np.abs(
        kde(xy, grid, BAND_M, "epanechnikov").ravel()
        - np.exp(tree.score_samples(at)) * len(xy) * 1e6
    )
    row("exact KDE, 20,000 points, 50,000 cells", ours, "scikit-learn", theirs)
    print(f"    largest difference {gap.max() / kde(xy, grid, BAND_M).max():.1e} of the peak")

    counts = grid.counts(xy)
    z_only = median_seconds(lambda: gi_star(counts, BAND_M, CELL_M, null="normal"))
    weights = disc_weights(3)
    flat = counts.ravel().astype(float)
    peer = median_seconds(
        lambda: G_Local(flat, weights, transform="B", star=True, permutations=0), runs=3
    )
    row("Gi* z and normal p, 50,000 cells, 29-cell disc", z_only, "esda (weights ready)", peer)
    exact = median_seconds(lambda: gi_star(counts, BAND_M, CELL_M))
    row("Gi* z and exact tail p", exact, "our own z", z_only)


def disc_weights(reach: int) -> W:
    offsets = [
        (j, i)
        for j in range(-reach, reach + 1)
        for i in range(-reach, reach + 1)
        if j * j + i * i <= reach * reach
    ]
    near = {
        r * COLS + c: [
            (r + j) * COLS + c + i for j, i in offsets if 0 <= r + j < ROWS and 0 <= c + i < COLS
        ]
        for r in range(ROWS)
        for c in range(COLS)
    }
    return W(near, silence_warnings=True)


def row(what: str, ours: float, peer: str, theirs: float) -> None:
    ratio = f"{theirs / ours:,.1f}x faster" if theirs > ours else f"{ours / theirs:,.1f}x its time"
    print(f"{what}: {ours * 1000:,.1f} ms; {peer} {theirs * 1000:,.1f} ms; {ratio}")


if __name__ == "__main__":
    main()
