"""One case a function: does the work several times and returns seconds, and what to compare.

Each runs in a process of its own (see ``measure.py``); the first, unmeasured call compiles.
"""

from __future__ import annotations

import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.scenes import BAND_M, CELL_M, grid, incidents, polygon_counts, polygons

Found = dict[str, Any]
_SAMPLE = 200


def _timed(call: Callable[[], Any], runs: int) -> tuple[list[float], Any]:
    call()
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        result = call()
        seconds.append(time.perf_counter() - start)
    return seconds, result


def kde_ours(scale: str, kernel: str, runs: int) -> Found:
    """Exact density; ``sample`` are its values at some cells, ``exact`` the plain sums there."""
    from hotspots.clustering import kde
    from hotspots.clustering.kernels import COMPACT
    from hotspots.jit import limit_threads

    xy, where = incidents(scale), grid(scale)
    seconds, surface = _timed(lambda: kde(xy, where, BAND_M, kernel), runs)
    peak_mb = _peak_mb()
    with limit_threads(1):
        alone, _ = _timed(lambda: kde(xy, where, BAND_M, kernel), min(runs, 3))
    flat = np.random.default_rng(0).choice(surface.size, _SAMPLE, replace=False)
    busy = np.argsort(surface.ravel())[-_SAMPLE // 2 :] if surface.size < 1e6 else flat[:1]
    flat = np.concatenate([flat, busy])
    row, col = np.unravel_index(flat, surface.shape)
    exact = []
    for y, x in zip(where.y_centres[row], where.x_centres[col], strict=True):
        u = ((xy[:, 0] - x) ** 2 + (xy[:, 1] - y) ** 2) / BAND_M**2
        exact.append(COMPACT[kernel](u[u < 1]).sum() * 1e6 / BAND_M**2)
    gap = np.abs(surface.ravel()[flat] - exact).max() / surface.max()
    return {
        "seconds": seconds,
        "one_thread": float(np.median(alone)),
        "gap_of_peak": float(gap),
        "peak_mb": peak_mb,
    }


def kde_sklearn(scale: str, runs: int) -> Found:
    """scikit-learn's exact tree sum; compared with ours on every cell."""
    from sklearn.neighbors import KernelDensity

    from hotspots.clustering import kde

    xy, where = incidents(scale), grid(scale)
    at = where.centres.reshape(-1, 2)

    def call() -> Any:
        tree = KernelDensity(bandwidth=BAND_M, kernel="epanechnikov", rtol=0, atol=0).fit(xy)
        return tree.score_samples(at)

    seconds, logs = _timed(call, runs)
    ours = kde(xy, where, BAND_M, "epanechnikov").ravel()
    gap = np.abs(np.exp(logs) * len(xy) * 1e6 - ours).max() / ours.max()
    return {"seconds": seconds, "gap_of_peak": float(gap)}


def kde_kdepy(scale: str, runs: int) -> Found:
    """KDEpy's FFT on the same cells (its grid must hold every kernel), quartic."""
    from KDEpy import FFTKDE

    from hotspots.clustering import kde

    xy, where = incidents(scale), grid(scale)
    pad = int(2 * BAND_M / CELL_M) + 2
    rows, cols = where.shape
    x = (np.arange(-pad, cols + pad) + 0.5) * CELL_M
    y = (np.arange(-pad, rows + pad) + 0.5) * CELL_M
    at = np.column_stack([a.ravel() for a in np.meshgrid(x, y, indexing="ij")])
    bandwidth = BAND_M / np.sqrt(7)  # it takes the kernel's standard deviation
    seconds, found = _timed(lambda: FFTKDE(kernel="biweight", bw=bandwidth).fit(xy)(at), runs)
    peak_mb = _peak_mb()
    theirs = found.reshape(x.size, y.size).T[pad:-pad, pad:-pad]
    ours = kde(xy, where, BAND_M)
    scale_ = (theirs * ours).sum() / (theirs * theirs).sum()
    gap = np.abs(theirs * scale_ - ours).max() / ours.max()
    return {"seconds": seconds, "gap_of_peak": float(gap), "peak_mb": peak_mb}


def gi_ours(what: str, runs: int) -> Found:
    """z alone, z and exact p, or all of gi_star by one null; 50,000 cells, disc of 29."""
    from hotspots.clustering import gi_star, gi_star_z

    counts = grid("borough").counts(incidents("borough"))
    if what == "z":
        seconds, z = _timed(lambda: gi_star_z(counts, BAND_M, CELL_M), runs)
        return {"seconds": seconds, "z": z.ravel()[::97].tolist()}
    if what == "exact":  # the statistic and its exact p, as they come before any adjustment
        from hotspots.clustering.lattice import Lattice
        from hotspots.clustering.nulls import NULLS, Question

        seconds, answer = _timed(
            lambda: NULLS["randomization"](Lattice.of(counts, BAND_M, CELL_M), Question()), runs
        )
        return {"seconds": seconds, "z": answer.z_score[::97].tolist()}
    null: Any = what
    seconds, found = _timed(lambda: gi_star(counts, BAND_M, CELL_M, null=null), runs)
    return {"seconds": seconds, "z": found.z_score.ravel()[::97].tolist()}


def gi_esda(permutations: int, runs: int) -> Found:
    """esda's Gi* with a libpysal Graph: its weights, and its statistic."""
    import geopandas as gpd
    import shapely
    from esda import G_Local
    from libpysal.graph import Graph

    warnings.simplefilter("ignore")
    where = grid("borough")
    counts = where.counts(incidents("borough")).ravel().astype(float)
    points = gpd.GeoDataFrame(geometry=shapely.points(where.centres.reshape(-1, 2)))

    def weights() -> Any:
        band = Graph.build_distance_band(points, BAND_M + 1e-3, binary=True)
        return band.assign_self_weight(1.0)

    built, graph = _timed(weights, 1 if permutations else min(runs, 5))

    def call() -> Any:
        return G_Local(
            counts, graph, "B", permutations, star=True, keep_simulations=False, n_jobs=1, seed=1
        )

    seconds, found = _timed(call, runs)
    return {"seconds": seconds, "weights": built, "z": found.Zs[::97].tolist()}


def polygons_ours(count: int, runs: int) -> Found:
    """z and 999 conditional permutations, contiguity ready."""
    from hotspots.clustering.polygons import polygon_gi_star, queen_neighbours

    shapes = polygons(count)
    near, y = queen_neighbours(list(shapes)), polygon_counts(shapes)
    seconds, found = _timed(lambda: polygon_gi_star(y, near, "permutation", 999, 1), runs)
    return {"seconds": seconds, "z": found.z_score[::37].tolist(), "p": found.p_sim[::37].tolist()}


def polygons_esda(count: int, jobs: int, runs: int) -> Found:
    """esda's z and 999 permutations, contiguity ready."""
    import geopandas as gpd
    from esda import G_Local
    from libpysal.graph import Graph

    warnings.simplefilter("ignore")
    shapes = polygons(count)
    y = polygon_counts(shapes)
    graph = Graph.build_contiguity(gpd.GeoDataFrame(geometry=shapes), rook=False)
    graph = graph.assign_self_weight(1.0)

    def call() -> Any:
        return G_Local(y, graph, "B", 999, star=True, keep_simulations=False, n_jobs=jobs, seed=1)

    seconds, found = _timed(call, runs)
    return {"seconds": seconds, "z": found.Zs[::37].tolist(), "p": found.p_sim[::37].tolist()}


def polygons_pygeoda(count: int, runs: int) -> Found:
    """pygeoda's lookup-table permutations, two threads, contiguity ready."""
    import geopandas as gpd
    import pygeoda

    shapes = polygons(count)
    y = polygon_counts(shapes)
    frame = pygeoda.open(gpd.GeoDataFrame({"n": y}, geometry=shapes, crs=27700))
    weights, values = pygeoda.queen_weights(frame), y.tolist()

    def call() -> Any:
        return pygeoda.local_gstar(
            weights,
            values,
            permutations=999,
            permutation_method="lookup-table",
            cpu_threads=2,
            seed=1,
        )

    return {"seconds": _timed(call, runs)[0]}


def first_result(runs: int) -> Found:
    """A new process: imports, and Gi* of 50,000 cells; the compiled code is on disk."""
    program = (
        "import numpy as np; from hotspots.clustering import gi_star; "
        "gi_star(np.random.default_rng(0).poisson(0.4, (200, 250)), 300, 100)"
    )
    return _process([sys.executable, "-c", program], runs)


def help_page(runs: int) -> Found:
    """``hotspots --help`` in a new process."""
    return _process([sys.executable, "-m", "hotspots", "--help"], runs)


def _process(command: list[str], runs: int) -> Found:
    def call() -> None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603

    return {"seconds": _timed(call, runs)[0]}


def _peak_mb() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


CASES: dict[str, Callable[..., Found]] = {
    case.__name__: case
    for case in (
        kde_ours,
        kde_sklearn,
        kde_kdepy,
        gi_ours,
        gi_esda,
        polygons_ours,
        polygons_esda,
        polygons_pygeoda,
        first_result,
        help_page,
    )
}
