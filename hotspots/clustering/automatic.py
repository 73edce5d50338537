"""Automatic choices of lengths, each with the rounded value to use and a reason to read out.

None of them finds *the* length: each answers a narrower question, which its reason names.

* A cell size: how small cells can be before most are empty.
* A distance band by incremental Moran's I: at which distance counts are most alike, beyond chance.
* A distance band by Ripley's L: at which distance incidents have most others around them.
* A bandwidth, by the methods of ``hotspots.clustering.bandwidth``.

Where the publisher moved incidents to a set of points, distances below the usual spacing of those
points mean nothing: no choice goes below it, and the reason says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from hotspots.clustering.bandwidth import METHODS, select_bandwidth
from hotspots.clustering.checks import generator, one_of, positive, real
from hotspots.clustering.lattice import Lattice
from hotspots.clustering.numbers import floats
from hotspots.clustering.points import checked_xy
from hotspots.errors import UsageError

Array = NDArray[np.float64]
#: Rings of cells, or steps of distance, that are tried by default.
MOST_RINGS, STEPS = 20, 40
#: Ripley's L counts the neighbours of at most so many incidents, drawn at random beyond.
MOST_CENTRES = 4_000
#: From this share of incidents on shared points on, the points are taken to be the publisher's;
#: homes and shops that suffer again and again stay well below it.
MOVED_SHARE = 0.5
#: A band from here on, metres, shows which towns have more, not which places.
_TOWNS_M = 1_500.0
#: The first peak of z counts only above this: two-sided 5 %.
_CLEAR = 1.96


@dataclass(frozen=True, eq=False)
class Choice:
    """A length and why.

    Attributes
    ----------
    name : str
        What was chosen: "cell_size_m", "distance_m" or "bandwidth_m".
    method : str
        How.
    value_m : float
        What the method says, metres.
    adjusted_m : float
        What to use: rounded as such lengths are (cells to 10 m below 100 m, 25 m below 300 m, 50 m
        below 1,000 m, 100 m above; distances up to whole rings of cells), and not below the
        data's resolution.
    reason : str
        One plain sentence.
    at_m, curve : ndarray, shape (k,)
        The lengths that were looked at and what was seen there (``curve_label``); empty where the
        method looks at none.
    curve_label : str
    """

    name: str
    method: str
    value_m: float
    adjusted_m: float
    reason: str
    at_m: Array
    curve: Array
    curve_label: str


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


def spacing_of_points(xy: ArrayLike) -> float:
    """Return the median distance from a point that is used to the nearest other one, metres.

    0 where less than half of the incidents share a point with another: then places are exact, as
    far as can be told. Fewer than two distinct points give 0.
    """
    points = checked_xy(xy)
    places, counts = np.unique(points, axis=0, return_counts=True)
    if len(places) < 2 or counts[counts > 1].sum() < MOVED_SHARE * len(points):
        return 0.0
    nearest, _ = cKDTree(places).query(places, k=2)
    return float(np.median(nearest[:, 1]))


def automatic_cell_size(xy: ArrayLike, area_km2: float, resolution_m: float = 0) -> Choice:
    """Return the side of cells that hold two incidents each on average, sqrt(2 A / n).

    Parameters
    ----------
    xy : array_like, shape (n, 2)
        Incidents of the study area, metres.
    area_km2 : float
        Its area.
    resolution_m : float
        What the places are exact to, such as 100 for a grid reference of six figures; cells are
        not made smaller. Points that the publisher moved are found without it.

    Raises
    ------
    UsageError
        If there is no incident, a coordinate is not finite, or a length or area is out of range.

    References
    ----------
    Wong, D. W. S. and Lee, J. (2005), Statistical Analysis of Geographic Information, section 6.2
    (quadrats of twice the area per point).
    """
    points = checked_xy(xy)
    area_m2 = positive("area_km2", area_km2) * 1e6
    if not len(points):
        raise UsageError("xy must hold at least one incident; got none: take a longer period.")
    spacing, finest = _finest(points, resolution_m)
    value = math.sqrt(2 * area_m2 / len(points))
    adjusted = max(rounded(value), _up_to_nice(finest))
    at = np.array([50.0, 100.0, 150.0, 200.0, 250.0, 300.0, 400.0, 500.0, 750.0, 1000.0])
    return Choice(
        "cell_size_m",
        "two a cell",
        value,
        adjusted,
        f"{len(points):,} incidents on {area_km2:,.1f} km² are two to a cell at "
        f"{_metres(value)}, rounded to {_metres(adjusted)}{_because(spacing, finest, value)}.",
        at,
        len(points) * at**2 / area_m2,
        "incidents per cell",
    )


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
    at = _distances(distances_m)
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
    at = _at_least(_distances(distances_m), spacing_m)
    curve = moran_curve(counts, side, at, mask)
    best, first = _peak(curve.z_random)
    value = float(at[best])
    adjusted = _whole_rings(value, side)
    said = "first peaks" if first else "has no peak and is greatest"
    end = "; larger distances may show more still" if best == len(at) - 1 and not first else ""
    return Choice(
        "distance_m",
        "moran",
        value,
        adjusted,
        f"The likeness of counts (z of Moran's I) {said} at {_metres(value)}, with "
        f"z = {curve.z_random[best]:.1f}{end}{_scale_said(value, adjusted)}{_moved(spacing_m)}.",
        at,
        curve.z_random,
        "z of Moran's I",
    )


def ripley_l(
    xy: ArrayLike, study_area: Any, distances_m: ArrayLike, seed: int = 0
) -> tuple[Array, Array]:
    """Return Ripley's K and L(d) - d, corrected for the edge by the border method.

    K(d) is the mean number of other incidents within d of an incident that lies at least d from
    the edge, over the incidents per m2 of the whole area; L = sqrt(K / pi), which is d where
    incidents are spread by chance.

    Parameters
    ----------
    xy : array_like, shape (n, 2)
        Metres; those outside the study area are not used. Incidents at one point are neighbours
        at distance 0.
    study_area : shapely Polygon or MultiPolygon
    distances_m : array_like, shape (k,)
    seed : int
        Beyond 4,000 incidents the neighbours of as many drawn at random are counted.

    Returns
    -------
    k, l_less_d : ndarray, shape (k,)
        m2 and metres; NaN at distances that no incident is from the edge.

    Raises
    ------
    UsageError
        If there are fewer than two incidents in the area, it is no polygon, or a distance is not
        above 0.

    References
    ----------
    Ripley, B. D. (1977), doi:10.1111/j.2517-6161.1977.tb01615.x. Border correction: Ripley, B. D.
    (1988), Statistical Inference for Spatial Processes, chapter 3. L: Besag, J. (1977), in the
    discussion of the former.
    """
    at = _distances(distances_m)
    if not isinstance(study_area, shapely.Polygon | shapely.MultiPolygon) or study_area.is_empty:
        raise UsageError(
            f"study_area must be a shapely Polygon or MultiPolygon; got {study_area!r:.60}: give "
            "the wards' union."
        )
    points = checked_xy(xy)
    shapely.prepare(study_area)
    points = points[shapely.intersects_xy(study_area, points)]
    if len(points) < 2:
        raise UsageError(
            f"Ripley's K needs at least two incidents in the study area; got {len(points)}: take "
            "a longer period."
        )
    centres = points
    if len(points) > MOST_CENTRES:
        centres = generator(seed).choice(points, MOST_CENTRES, replace=False)
    to_edge = shapely.distance(shapely.points(centres), study_area.boundary)
    places, weight = np.unique(points, axis=0, return_counts=True)
    k = _k(centres, to_edge, places, weight, at) * study_area.area / len(points)
    return k, np.sqrt(k / np.pi) - at


def ripley_distance(
    xy: ArrayLike,
    study_area: Any,
    cell_size_m: float,
    distances_m: ArrayLike | None = None,
    seed: int = 0,
) -> Choice:
    """Return the distance at which incidents have most others around them: greatest L(d) - d.

    Parameters
    ----------
    xy, study_area, seed
        As in ``ripley_l``.
    cell_size_m : float
        The adjusted value reaches whole rings of these cells.
    distances_m : array_like, optional
        By default 40 equal steps to a quarter of the shorter side of the area's bounds, or to
        3 km where that is less.

    Raises
    ------
    UsageError
        As ``ripley_l``; also if no incident is far enough from the edge.
    """
    side = positive("cell_size_m", cell_size_m)
    points = checked_xy(xy)
    spacing = spacing_of_points(points)
    if distances_m is None:
        west, south, east, north = getattr(study_area, "bounds", (0.0, 0.0, 1.0, 1.0))
        top = min(3_000.0, min(east - west, north - south) / 4)
        distances_m = np.linspace(top / STEPS, top, STEPS)
    at = _at_least(_distances(distances_m), spacing)
    _, more = ripley_l(points, study_area, at, seed)
    if np.isnan(more).all():
        raise UsageError(
            "Some incident must be as far from the edge as the shortest distance tried "
            f"({_metres(float(at[0]))}); got none: take shorter distances."
        )
    best = int(np.nanargmax(more))
    value = float(at[best])
    adjusted = _whole_rings(value, side)
    said = (
        f"Incidents have most others around them, beyond chance, within {_metres(value)} "
        f"(Ripley's L less the distance is {_metres(float(more[best]))} there)"
        if more[best] > 0
        else f"At no distance do incidents have more others around them than by chance; the least "
        f"short of it is {_metres(value)}"
    )
    return Choice(
        "distance_m",
        "ripley",
        value,
        adjusted,
        f"{said}{_scale_said(value, adjusted)}{_moved(spacing)}.",
        at,
        more,
        "L(d) - d, metres",
    )


def automatic_bandwidth(
    xy: ArrayLike, method: str = "likelihood", kernel: str = "quartic", resolution_m: float = 0
) -> Choice:
    """Return a bandwidth by one of ``bandwidth.METHODS``, in the shape of the other choices.

    Raises
    ------
    UsageError
        As the method does.
    """
    one_of("method", method, METHODS)
    points = checked_xy(xy)
    found = select_bandwidth(points, method, kernel)
    spacing, finest = _finest(points, resolution_m)
    adjusted = max(rounded(found.bandwidth_m), _up_to_nice(finest))
    reason = found.reason.removesuffix(".")
    return Choice(
        "bandwidth_m",
        method,
        found.bandwidth_m,
        adjusted,
        f"{reason}; rounded to {_metres(adjusted)}{_because(spacing, finest, found.bandwidth_m)}.",
        np.empty(0),
        np.empty(0),
        "",
    )


#: Ways to choose a distance band, in the order to offer them.
DISTANCES: MappingProxyType[str, Callable[..., Choice]] = MappingProxyType(
    {"moran": automatic_distance, "ripley": ripley_distance}
)


def rounded(value_m: float) -> float:
    """Return a length rounded as cells are: to 10, 25, 50 or 100 m, the more the longer."""
    step = _step(positive("value_m", value_m))
    return max(step, math.floor(value_m / step + 0.5) * step)


def _step(value_m: float) -> float:
    return next(
        (s for s, limit in ((10.0, 100), (25.0, 300), (50.0, 1000)) if value_m < limit), 100
    )


def _up_to_nice(value_m: float) -> float:
    if value_m == 0:
        return 0.0
    step = _step(value_m)
    return math.ceil(value_m / step - 1e-9) * step


def _finest(points: Array, resolution_m: float) -> tuple[float, float]:
    """Return the spacing of moved points, and the finest length that means anything."""
    given = real(resolution_m)
    if not 0 <= given < math.inf:
        raise UsageError(
            f"resolution_m must be a finite number of at least 0; got {resolution_m!r}."
        )
    spacing = spacing_of_points(points)
    return spacing, max(spacing, given)


def _because(spacing: float, finest: float, value: float) -> str:
    if finest <= value:
        return _moved(spacing)
    if spacing == finest:
        return (
            f", because the places were moved to points about {_metres(spacing)} apart and "
            "shorter distances mean nothing"
        )
    return f", because the places are exact to {_metres(finest)} only"


def _moved(spacing: float) -> str:
    if not spacing:
        return ""
    return (
        f"; incidents share points about {_metres(spacing)} apart, and shorter distances mean "
        "nothing"
    )


def _scale_said(value: float, adjusted: float) -> str:
    rings = "" if adjusted == value else f"; {_metres(adjusted)} reach whole rings of cells"
    towns = "; that is the size of towns, too wide for single places" if value >= _TOWNS_M else ""
    return rings + towns


def _whole_rings(value_m: float, side: float) -> float:
    return max(1, math.ceil(value_m / side - 1e-9)) * side


def _distances(distances_m: ArrayLike) -> Array:
    at = floats("distances_m", distances_m)
    if at.ndim != 1 or not len(at) or not (np.isfinite(at).all() and (at > 0).all()):
        raise UsageError("distances_m must be at least one finite number above 0; got others.")
    return np.unique(at)


def _at_least(at: Array, spacing_m: float) -> Array:
    spacing = real(spacing_m)
    if not 0 <= spacing < math.inf:
        raise UsageError(f"spacing_m must be a finite number of at least 0; got {spacing_m!r}.")
    kept = at[at >= spacing]
    if not len(kept):
        raise UsageError(
            f"A distance must reach the next point, {_metres(spacing)} away; got at most "
            f"{_metres(float(at.max()))}: give longer distances."
        )
    return kept


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


def _k(centres: Array, to_edge: Array, places: Array, weight: NDArray[Any], at: Array) -> Array:
    """Return the mean number of other incidents within each distance of the centres inside it."""
    near = cKDTree(centres).sparse_distance_matrix(
        cKDTree(places), float(at.max()) * (1 + 1e-12), output_type="ndarray"
    )
    # a centre counts from the distance of its neighbour on, up to its own distance to the edge
    first = np.searchsorted(at, near["v"])
    after = np.searchsorted(at, to_edge[near["i"]], side="right")
    reached = first < after
    given = weight[near["j"]].astype(np.float64)
    change = np.bincount(first[reached], given[reached], len(at) + 1)
    change -= np.bincount(after[reached], given[reached], len(at) + 1)
    inside = (to_edge[:, None] >= at).sum(axis=0).astype(np.float64)
    # each centre found itself
    total = np.cumsum(change)[:-1] - inside
    found: Array = np.divide(total, inside, out=np.full(len(at), np.nan), where=inside > 0)
    return found


def _metres(value: float) -> str:
    return f"{value:,.0f} m" if abs(value) >= 10 else f"{value:.3g} m"
