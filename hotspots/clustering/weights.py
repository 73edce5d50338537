"""Neighbourhoods on the lattice: sums over all cells within a distance band."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hotspots.clustering.checks import one_of, positive
from hotspots.errors import UsageError
from hotspots.jit import compiled, in_parts

Array = NDArray[np.float64]
HalfWidths = NDArray[np.int64]
Band = Literal["disc", "square"]
#: Additions in a part of the work: less is done sooner than a thread is started.
_STEPS_PER_PART = 1_000_000


def band_half_widths(distance_m: float, cell_size_m: float, band: Band = "disc") -> HalfWidths:
    """Return, for each row offset -k..k, how many columns either side lie within the band.

    The band is measured between cell centres and includes its own edge, with a tolerance of one
    part in 1e9 for distances such as ``cell * sqrt(2)``.

    Parameters
    ----------
    distance_m, cell_size_m : float
        Metres, above 0. A distance below the cell's side leaves the cell alone.
    band : {"disc", "square"}
        Within the distance as the crow flies, or along each of the two axes.

    Raises
    ------
    UsageError
        If a length is not above 0, the band is unknown, or it reaches over more than 10,000 cells.
    """
    one_of("band", band, ("disc", "square"))
    r = positive("distance_m", distance_m) / positive("cell_size_m", cell_size_m)
    if r > 10_000:
        raise UsageError(
            f"The band must reach over at most 10,000 cells; got {distance_m:g} m with cells of "
            f"{cell_size_m:g} m: take a shorter distance or larger cells."
        )
    r *= 1 + 1e-9
    k = math.floor(r)
    if band == "square":
        return np.full(2 * k + 1, k, dtype=np.int64)
    offsets = np.arange(-k, k + 1)
    half: HalfWidths = np.sqrt(np.maximum(r * r - offsets**2, 0)).astype(np.int64)
    return half


def band_sum(values: NDArray[np.generic], half_widths: HalfWidths) -> Array:
    """Return the sum of ``values`` over each cell's band, the cell itself included.

    Cells beyond the array's edge count as zero. Whole numbers are summed by running sums along
    each row, whose cost does not depend on the band's width and which are exact up to 2**53;
    other numbers are added one by one, because a difference of running sums would leave the
    rounding of the whole row in each cell.

    Parameters
    ----------
    values : ndarray, shape (rows, cols)
        Finite.
    half_widths : ndarray of int, shape (2 k + 1,)
        From ``band_half_widths``.
    """
    x = np.ascontiguousarray(values, dtype=np.float64)
    out = np.zeros(x.shape)
    # above 2**53 a running sum would lose the small values beside a large one
    whole = values.dtype.kind == "b" or (
        float(np.abs(x).sum()) < 2**53 and bool((np.rint(x) == x).all())
    )
    loop = _running_sums if whole else _plain_sums
    # each part sums the k rows round it again, so it has several times as many of its own
    rows = max(_STEPS_PER_PART // (x.shape[1] * half_widths.size + 1), 4 * half_widths.size)
    in_parts(lambda a, b: loop(x, half_widths, a, b, out), x.shape[0], rows)
    return out


def band_size(mask: NDArray[np.bool_], half_widths: HalfWidths, whole: bool = False) -> Array:
    """Return how many masked cells lie in each cell's band, the cell itself included.

    ``whole`` says that every cell is masked: then the number depends on the distance to the
    edges alone, and is counted on a small grid.
    """
    if not whole:
        return band_sum(mask, half_widths)
    side = 2 * max(half_widths.size // 2, int(half_widths.max())) + 1
    row, col = (_place_within(size, side) for size in mask.shape)
    small = np.ones((min(mask.shape[0], side), min(mask.shape[1], side)), dtype=bool)
    return band_sum(small, half_widths).take(row, axis=0).take(col, axis=1)


def _place_within(size: int, side: int) -> NDArray[np.intp]:
    """Return for each place along an axis the one as far from both ends on a short axis."""
    place = np.arange(size)
    if size <= side:
        return place
    return np.minimum(place, side // 2) + np.maximum(place - (size - 1 - side // 2), 0)


@compiled
def _running_sums(
    values: Array, half_widths: HalfWidths, start: int, stop: int, out: Array
) -> None:
    """Write the sums of the rows start..stop; each source row is summed once a part."""
    rows, cols = values.shape
    k = half_widths.size // 2
    widest = min(half_widths.max(), cols)
    running = np.zeros(cols + 2 * widest + 1)
    for source in range(max(start - k, 0), min(stop + k, rows)):
        total = 0.0
        for i in range(cols):
            total += values[source, i]
            running[widest + 1 + i] = total
        if total == 0.0 and not values[source].any():
            continue
        running[widest + 1 + cols :] = total
        for row in range(max(source - k, start), min(source + k + 1, stop)):
            half = min(half_widths[source - row + k], widest)
            # numbers without a sign need no test for "from the end", and so become vectors
            right, left = np.uint64(widest + half + 1), np.uint64(widest - half)
            for i in range(np.uint64(cols)):
                out[row, i] += running[right + i] - running[left + i]


@compiled
def _plain_sums(values: Array, half_widths: HalfWidths, start: int, stop: int, out: Array) -> None:
    rows, cols = values.shape
    k = half_widths.size // 2
    for row in range(start, stop):
        for source in range(max(row - k, 0), min(row + k + 1, rows)):
            half = half_widths[source - row + k]
            for i in range(cols):
                total = 0.0
                for j in range(max(i - half, 0), min(i + half + 1, cols)):
                    total += values[source, j]
                out[row, i] += total
