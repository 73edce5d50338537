"""Synthetic incidents and polygons for the benchmarks: 75 % in towns, 25 % even; seeded."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hotspots.clustering import Grid

#: name: incidents, width and height in metres.
SCALES = {
    "borough": (20_000, 25_000, 20_000),
    "force": (1_000_000, 100_000, 60_000),
    "national": (10_000_000, 500_000, 600_000),
    "national60": (60_000_000, 500_000, 600_000),
}
CELL_M, BAND_M = 100.0, 300.0


def incidents(scale: str, seed: int = 1) -> NDArray[np.float64]:
    """Return shape (n, 2), metres."""
    n, width, height = SCALES[scale]
    rng = np.random.default_rng(seed)
    size = np.array([width, height], dtype=np.float64)
    towns = max(12, int(math.sqrt(width * height) / 2_500))
    share = 1 / np.arange(1, towns + 1) ** 0.8
    centre, spread = rng.uniform(0, size, (towns, 2)), rng.uniform(200, 2_500, towns)
    xy = np.empty((n, 2))
    for start in range(0, n, 1_000_000):  # in parts: 60 million need no second copy
        part = xy[start : start + 1_000_000]
        town = rng.choice(towns, len(part), p=share / share.sum())
        part[:] = centre[town] + rng.standard_normal(part.shape) * spread[town, None]
        lost = (rng.random(len(part)) < 0.25) | ((part < 0) | (part >= size)).any(axis=1)
        part[lost] = rng.uniform(0, size, (int(lost.sum()), 2))
    return xy


def grid(scale: str, cell_size_m: float = CELL_M) -> Grid:
    """Return the whole rectangle as a grid."""
    _, width, height = SCALES[scale]
    shape = (round(height / cell_size_m), round(width / cell_size_m))
    return Grid(0.0, 0.0, cell_size_m, np.ones(shape, dtype=bool))


def polygons(count: int, seed: int = 3) -> Any:
    """Return polygons that tile a country, shared edges and all; shapely."""
    import shapely

    rng = np.random.default_rng(seed)
    box = shapely.box(0, 0, 500_000, 600_000)
    sites = shapely.MultiPoint(rng.uniform(0, [500_000, 600_000], (count, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(sites, extend_to=box))
    return shapely.intersection(cells, box)


def polygon_counts(shapes: Any, seed: int = 5) -> NDArray[np.float64]:
    """Return a count a polygon, higher round one place."""
    import shapely

    centre = shapely.get_coordinates(shapely.centroid(shapes)) / [500_000, 600_000]
    near = np.exp(-((centre - [0.4, 0.6]) ** 2).sum(axis=1) / 0.02)
    return np.random.default_rng(seed).poisson(20 + 200 * near).astype(np.float64)
