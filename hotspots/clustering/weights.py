"""Neighbourhoods on the lattice: sums over all cells within a distance band."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hotspots.clustering.grid import _positive

Array = NDArray[np.float64]


def disc_half_widths(distance_m: float, cell_size_m: float) -> NDArray[np.int64]:
    """Return, for each row offset -k..k, how many columns either side lie within the band.

    The band is measured between cell centres and includes its own edge, with a tolerance of one
    part in 1e9 for distances such as ``cell * sqrt(2)``.
    """
    r = _positive("distance_m", distance_m) / _positive("cell_size_m", cell_size_m)
    r *= 1 + 1e-9
    k = math.floor(r)
    offsets = np.arange(-k, k + 1)
    half: NDArray[np.int64] = np.sqrt(np.maximum(r * r - offsets**2, 0)).astype(np.int64)
    return half


def disc_sum(values: NDArray[np.generic], half_widths: NDArray[np.int64]) -> Array:
    """Return the sum of ``values`` over each cell's disc, the cell itself included.

    A running sum along each row makes the cost of a row offset independent of its width. Cells
    beyond the array's edge count as zero. Sums of whole numbers are exact up to 2**53.
    """
    rows, cols = values.shape
    k = len(half_widths) // 2
    widest = int(half_widths.max())
    running = np.zeros((rows, cols + 2 * widest + 1))
    running[:, widest + 1 : widest + 1 + cols] = np.cumsum(values, axis=1, dtype=np.float64)
    running[:, widest + 1 + cols :] = running[:, widest + cols : widest + cols + 1]
    out = np.zeros((rows, cols))
    for offset, half in zip(range(-k, k + 1), half_widths, strict=True):
        target = slice(max(0, -offset), min(rows, rows - offset))
        source = slice(max(0, offset), min(rows, rows + offset))
        if target.start >= target.stop:
            continue
        right = running[source, widest + half + 1 : widest + half + 1 + cols]
        left = running[source, widest - half : widest - half + cols]
        out[target] += right - left
    return out
