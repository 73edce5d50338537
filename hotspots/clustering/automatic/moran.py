"""A distance band by incremental Moran's I: where counts are most alike, beyond chance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.automatic.choice import Choice, distance_said, metres, whole_rings
from hotspots.clustering.automatic.spacing import checked_distances, not_below, spacing_said
from hotspots.clustering.checks import positive
from hotspots.clustering.lattice import Lattice
from hotspots.errors import UsageError

Array = NDArray[np.float64]

#: Rings of cells that are tried by default.
MOST_RINGS = 20

#: The first peak of z counts only above this: two-sided 5 %.
_CLEAR = 1.96


@dataclass(frozen=True, eq=False)
class MoranCurve:
    """Moran's I of counts at rising distances; arrays of shape (k,).

    Attributes
    ----------
    distance_m : ndarray
    moran_i : ndarray
        NaN where no cell has a neighbour.
    expected : float
        -1 / (n - 1): the mean without any likeness.
    z_normal, z_random : ndarray
        Standard deviations above it, if counts were normal, and if they were shuffled.
    """

    distance_m: Array
    moran_i: Array
    expected: float
    z_normal: Array
    z_random: Array


def moran_curve(
    counts: ArrayLike,
    cell_size_m: float,
    distances_m: ArrayLike,
    mask: ArrayLike | None = None,
) -> MoranCurve:
    """Return Moran's I of the counts, with binary weights, at each distance.

    I = (n / S0) sum_ij w_ij (x_i - m)(x_j - m) / sum_i (x_i - m)^2, where w_ij is 1 for cells
    whose centres lie within the distance, the cell itself left out. Both variances are exact.

    Parameters
    ----------
    counts : array_like, shape (rows, cols)
        Finite in the mask.
    cell_size_m : float
    distances_m : array_like, shape (k,)
        Above 0.
    mask : array_like of bool, shape (rows, cols), optional
        All cells by default; at least four.

    Raises
    ------
    UsageError
        If shapes do not fit, a length is out of range, there are fewer than four cells, or all
        counts are equal.

    Notes
    -----
    Time grows with cells times rows of the band.

    References
    ----------
    Cliff, A. D. and Ord, J. K. (1981), Spatial Processes: Models and Applications, section 1.5
    and 2.3. Moran, P. A. P. (1950), doi:10.1093/biomet/37.1-2.17.
    """
    at = checked_distances(distances_m)
    found = np.array([_moran(counts, float(d), cell_size_m, mask) for d in at])
    cells = int(np.size(counts) if mask is None else np.asarray(mask, dtype=bool).sum())
    return MoranCurve(at, found[:, 0], -1 / (cells - 1), found[:, 1], found[:, 2])


def automatic_distance(
    counts: ArrayLike,
    cell_size_m: float,
    mask: ArrayLike | None = None,
    distances_m: ArrayLike | None = None,
    spacing_m: float = 0,
) -> Choice:
    """Return the distance at which the likeness of counts first peaks: incremental Moran's I.

    The first distance whose z (of shuffled counts) is above its neighbours' and above 1.96; where
    there is no such peak, the distance of the greatest z.

    Parameters
    ----------
    counts, mask
        As in ``moran_curve``.
    cell_size_m : float
    distances_m : array_like, optional
        By default 1 to 20 rings of cells, and not beyond half the grid's shorter side.
    spacing_m : float
        Spacing of points that incidents were moved to (``spacing_of_points``): shorter distances
        are not chosen.

    Raises
    ------
    UsageError
        As ``moran_curve``; also if no distance is left.

    References
    ----------
    Esri, How Incremental Spatial Autocorrelation works, ArcGIS Pro tool reference, Spatial
    Statistics. Getis, A. and Aldstadt, J. (2004), doi:10.1111/j.1538-4632.2004.tb01127.x.
    """
    side = positive("cell_size_m", cell_size_m)
    if distances_m is None:
        rings = max(1, min(MOST_RINGS, min(np.shape(counts) or (1,)) // 2))
        distances_m = side * np.arange(1, rings + 1)
    at = not_below(checked_distances(distances_m), spacing_m)
    curve = moran_curve(counts, side, at, mask)
    best, first = _peak(curve.z_random)
    value = float(at[best])
    adjusted = whole_rings(value, side)
    said = "first peaks" if first else "has no peak and is greatest"
    end = "; larger distances may show more still" if best == len(at) - 1 and not first else ""
    return Choice(
        "distance_m",
        "moran",
        value,
        adjusted,
        f"The likeness of counts (z of Moran's I) {said} at {metres(value)}, with "
        f"z = {curve.z_random[best]:.1f}{end}{distance_said(value, adjusted)}"
        f"{spacing_said(spacing_m)}.",
        at,
        curve.z_random,
        "z of Moran's I",
    )


def _moran(
    counts: ArrayLike, distance_m: float, cell_size_m: float, mask: ArrayLike | None
) -> tuple[float, float, float]:
    """Return I and both z; NaN where no cell has a neighbour."""
    lattice = Lattice.of(counts, distance_m, cell_size_m, mask)
    x = lattice.values
    n = len(x)
    if n < 4:
        raise UsageError(f"Moran's I needs at least four cells; got {n}: take smaller cells.")
    z = x - x.mean()
    squares = float(z @ z)
    if x.min() == x.max():
        raise UsageError("Moran's I needs counts that differ; got all equal: take a longer period.")
    others = lattice.neighbours - 1
    s0 = float(others.sum())
    if s0 == 0:
        return math.nan, math.nan, math.nan
    around = lattice.local_sum - x - x.mean() * others
    moran = n / s0 * float(z @ around) / squares
    s1, s2 = 2 * s0, 4 * float(others @ others)
    expected = -1 / (n - 1)
    normal = (n**2 * s1 - n * s2 + 3 * s0**2) / ((n**2 - 1) * s0**2) - expected**2
    kurtosis = n * float((z**4).sum()) / squares**2
    shuffled = (
        n * ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2)
        - kurtosis * ((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2)
    ) / ((n - 1) * (n - 2) * (n - 3) * s0**2) - expected**2
    return moran, _standard(moran - expected, normal), _standard(moran - expected, shuffled)


def _standard(gap: float, variance: float) -> float:
    # where every cell neighbours every other, I is -1 / (n - 1) whatever the counts
    return gap / math.sqrt(variance) if variance > 1e-15 else 0.0


def _peak(z: Array) -> tuple[int, bool]:
    """Return where the first clear peak is, or else the greatest value, and whether it is one."""
    values = np.nan_to_num(z, nan=-np.inf)
    for i in range(1, len(values) - 1):
        if values[i] > max(values[i - 1], values[i + 1], _CLEAR):
            return i, True
    return int(np.argmax(values)), False
