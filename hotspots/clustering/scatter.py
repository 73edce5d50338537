"""Exact kernel sums at the cell centres of a grid, compiled.

Incidents are sorted into bands of grid rows; a band's cells are written by one thread, which
reads the incidents of the bands in reach. So the order in which a cell's terms are added, and
with it every digit, does not depend on the number of threads.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hotspots.clustering.grid import Grid
from hotspots.clustering.kernels import (
    EPANECHNIKOV,
    QUARTIC,
    TRIANGULAR,
    TRIWEIGHT,
    Kernel,
)
from hotspots.jit import compiled, in_parts

Array = NDArray[np.float64]
Starts = NDArray[np.int64]
_ROWS_PER_BAND = 32
_POINTS_PER_PART = 262_144


def kernel_sum(
    points: Array, weights: Array | None, bandwidths: Array, grid: Grid, kernel: Kernel
) -> Array:
    """Return sum_i w_i k((d_i / h_i)^2) / h_i^2 without the kernel's constant, per m2.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Finite.
    weights : ndarray, shape (n,), or None
        1 each where None.
    bandwidths : ndarray, shape (n,) or (1,)
        Above 0; one for all, or one an incident.
    grid : Grid
        Its cell centres are where the sum is wanted; its mask is not looked at.
    kernel : Kernel
        A compact one.

    Returns
    -------
    ndarray, shape (rows, cols)
    """
    rows, cols = grid.shape
    bands = -(-rows // _ROWS_PER_BAND)
    each = np.empty(0) if weights is None else weights
    sorted_ = _sorted_into_bands(points, each, bandwidths, grid, bands)
    widest = float(bandwidths.max()) / grid.cell_size_m
    out = np.zeros((rows, cols))
    place = (grid.x0, grid.y0, grid.cell_size_m, rows, cols)
    in_parts(lambda a, b: _scatter(*sorted_, *place, widest, kernel.code, a, b, out), bands, 1)
    return out


def _sorted_into_bands(
    points: Array, weights: Array, bandwidths: Array, grid: Grid, bands: int
) -> tuple[Array, Array, Array, Array, Starts]:
    """Return x, y, weights and bandwidths in band order, and where each band starts."""
    n = len(points)
    parts = max(-(-n // _POINTS_PER_PART), 1)
    tally = np.zeros((parts, bands), dtype=np.int64)
    height = grid.cell_size_m * _ROWS_PER_BAND
    in_parts(
        lambda a, b: _tally(points, grid.y0, height, a, b, tally[a // _POINTS_PER_PART]),
        n,
        _POINTS_PER_PART,
    )
    start = np.zeros(bands + 1, dtype=np.int64)
    np.cumsum(tally.sum(axis=0), out=start[1:])
    at = start[:-1] + np.cumsum(tally, axis=0) - tally
    x, y = np.empty(n), np.empty(n)
    w, h = np.empty(weights.size), bandwidths
    if bandwidths.size > 1:
        h = np.empty(n)
    in_parts(
        lambda a, b: _place(
            points,
            weights,
            bandwidths,
            grid.y0,
            height,
            a,
            b,
            at[a // _POINTS_PER_PART],
            x,
            y,
            w,
            h,
        ),
        n,
        _POINTS_PER_PART,
    )
    return x, y, w, h, start


@compiled
def _band(y: float, y0: float, height: float, bands: int) -> int:
    # held in range as a number first: a far point would overflow an integer
    return int(min(max((y - y0) / height, 0.0), bands - 1.0))


@compiled
def _tally(points: Array, y0: float, height: float, start: int, stop: int, tally: Starts) -> None:
    for i in range(start, stop):
        tally[_band(points[i, 1], y0, height, tally.size)] += 1


@compiled
def _place(
    points: Array,
    weights: Array,
    bandwidths: Array,
    y0: float,
    height: float,
    start: int,
    stop: int,
    at: Starts,
    x: Array,
    y: Array,
    w: Array,
    h: Array,
) -> None:
    for i in range(start, stop):
        band = _band(points[i, 1], y0, height, at.size)
        to = at[band]
        at[band] = to + 1
        x[to], y[to] = points[i, 0], points[i, 1]
        if weights.size:
            w[to] = weights[i]
        if bandwidths.size > 1:
            h[to] = bandwidths[i]


@compiled
def _scatter(
    x: Array,
    y: Array,
    weights: Array,
    bandwidths: Array,
    start: Starts,
    x0: float,
    y0: float,
    cell: float,
    rows: int,
    cols: int,
    widest: float,
    code: int,
    band: int,
    _next_band: int,
    out: Array,
) -> None:
    """Add every incident in reach to the rows of one band."""
    first = band * _ROWS_PER_BAND
    last = min(first + _ROWS_PER_BAND, rows) - 1
    bands = start.size - 1
    reach = math.ceil((widest + 1) / _ROWS_PER_BAND)
    square = np.empty(min(cols, int(2 * widest) + 2))
    flat, per_cell = out.ravel(), 1 / cell
    h = bandwidths[0]
    radius, unit, share = h * per_cell, cell / h, 1 / (h * h)
    for p in range(start[max(band - reach, 0)], start[min(band + reach + 1, bands)]):
        if bandwidths.size > 1:
            h = bandwidths[p]
            radius, unit, share = h * per_cell, cell / h, 1 / (h * h)
        gy = (y[p] - y0) * per_cell - 0.5
        gx = (x[p] - x0) * per_cell - 0.5
        if not (-radius < gx < cols - 1 + radius and first - radius < gy < last + radius):
            continue
        low, high = max(math.ceil(gy - radius), first), min(int(gy + radius), last)
        left, right = max(math.ceil(gx - radius), 0), min(int(gx + radius), cols - 1)
        width = right - left + 1
        for i in range(width):
            along = (left + i - gx) * unit
            square[i] = along * along
        weight = weights[p] * share if weights.size else share
        for row in range(low, high + 1):
            across = (row - gy) * unit
            rest = 1.0 - across * across
            _add_row(flat, row * cols + left, square, rest, weight, width, code)


@compiled
def _add_row(
    flat: Array, at: int, square: Array, rest: float, weight: float, width: int, code: int
) -> None:
    """Add one row of a kernel: a loop a kernel, each of which the compiler makes vectors of."""
    start = np.uint64(at)
    n = np.uint64(width)
    if code == QUARTIC:
        for i in range(n):
            v = max(rest - square[i], 0.0)
            flat[start + i] += weight * v * v
    elif code == TRIWEIGHT:
        for i in range(n):
            v = max(rest - square[i], 0.0)
            flat[start + i] += weight * v * v * v
    elif code == EPANECHNIKOV:
        for i in range(n):
            flat[start + i] += weight * max(rest - square[i], 0.0)
    elif code == TRIANGULAR:
        for i in range(n):
            flat[start + i] += weight * (1.0 - math.sqrt(min(1.0 - rest + square[i], 1.0)))
    else:
        for i in range(n):
            flat[start + i] += weight if rest > square[i] else 0.0
