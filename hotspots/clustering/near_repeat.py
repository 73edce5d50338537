"""Near repeats: does an incident raise the risk nearby for some days? The Knox test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.aoristic import elapsed_s, ticks, time_array
from hotspots.clustering.checks import generator, whole
from hotspots.clustering.kinds import Seed
from hotspots.clustering.numbers import floats
from hotspots.clustering.significance import benjamini_hochberg
from hotspots.errors import UsageError
from hotspots.jit import compiled, in_parts

Array = NDArray[np.float64]
Counts = NDArray[np.int64]
#: Pairs of incidents within the farthest band: 60 bytes each, and as many steps a permutation.
MAX_PAIRS = 20_000_000
#: Bands of one kind: more are a slip, and their tallies would not fit.
MAX_BANDS = 200
#: Coordinates in metres and times in days stay far below; their differences are then finite.
_LARGEST = 1e9
_DAY_S = 86_400
#: Permutations drawn at once, and tallied in one part: neither depends on the threads.
_BATCH, _PART = 64, 4


@dataclass(frozen=True, eq=False)
class KnoxResult:
    """Pairs of incidents by distance and time; arrays of shape (distance bands, time bands).

    Attributes
    ----------
    observed : ndarray of int64
        Pairs of incidents this far apart in space and in time.
    expected : ndarray
        The mean over all permutations of the times, in closed form: pairs in the distance band
        times pairs in the time band, over all pairs.
    ratio : ndarray
        Observed over expected (the mean, not the median); 1 where both are 0.
    p_value : ndarray
        One-sided, for more pairs than by chance; simulated, at least 1 / (permutations + 1).
    p_adjusted : ndarray
        Benjamini-Hochberg over all bands.
    distance_m : ndarray, shape (distance bands, 2)
        Each band's lower and upper edge, metres; 0 and 0 for the same place.
    time_days : ndarray, shape (time bands, 2)
        Each band's lower and upper edge, days.
    permutations : int
        How many were drawn.
    moved_points : float
        Share of the incidents that lie exactly on another one, 0 to 1. Where the publisher has
        moved incidents to map points it is near 1, and no near repeat may be claimed: distances
        are then those between the map points. Exact addresses have some too (flats, repeats).
    """

    observed: Counts
    expected: Array
    ratio: Array
    p_value: Array
    p_adjusted: Array
    distance_m: Array
    time_days: Array
    permutations: int
    moved_points: float


def knox(
    xy: ArrayLike,
    days: ArrayLike,
    distance_bands_m: ArrayLike,
    time_bands_days: ArrayLike,
    permutations: int = 999,
    seed: Seed = 0,
    same_place: bool = True,
) -> KnoxResult:
    """Count pairs of incidents close in space and time, and test for more than by chance.

    If places and times have nothing to do with each other, the times can be shuffled over the
    incidents. Shuffling keeps every place, every time, and so both the standing hot spots and the
    seasons; what is above it is interaction: incidents that follow one another nearby. A change
    of the pattern over the years (a place that is built, a series that ends) is interaction too.

    Places are taken as they are: on incidents moved to map points the result must not be called a
    near repeat (see ``KnoxResult.moved_points``).

    Parameters
    ----------
    xy : array_like, shape (n, 2)
        Incidents, metres. Fewer than two make no pair: zeros, p = 1.
    days : array_like of numbers, datetime64 or timedelta64, shape (n,)
        When: numbers are days from any start, fractions are used; datetimes and durations are
        taken in their own unit. Take whole days where the hour is not known.
    distance_bands_m : array_like, shape (bands + 1,)
        Rising edges of the bands, from 0 or above. Bands are half-open: [0, 100), [100, 200), ...
    time_bands_days : array_like of numbers or timedelta64, shape (bands + 1,)
        Rising edges likewise: with whole days [0, 7) is a difference of 0 to 6 days. Numbers are
        days, whatever the unit of ``days``.
    permutations : int
        Shuffles of the times, at least 1.
    seed : int or numpy.random.Generator
        The result repeats from an integer, on any number of threads.
    same_place : bool
        True makes the same place, distance 0, a band by itself, before the others; the band from
        0 then holds the rest. Without it [0, 100) holds both. Only where the first edge is 0.

    Raises
    ------
    UsageError
        If shapes differ, a number is not finite or above 1e9, a time is NaT or in a unit without a
        fixed length, edges do not rise, permutations is below 1, or more than ``MAX_PAIRS`` pairs
        lie within the farthest band.

    References
    ----------
    Knox, E. G. (1964), The detection of space-time interactions, doi:10.2307/2985220. Johnson, S.
    D. et al. (2007), Space-time patterns of risk: a cross national assessment of residential
    burglary victimization, doi:10.1007/s10940-007-9025-3.
    """
    points, times, per_day = _checked(xy, days)
    near, short = (
        _edges("distance_bands_m", distance_bands_m),
        _edges("time_bands_days", time_bands_days),
    )
    time_days = np.column_stack([short[:-1], short[1:]])
    short = _in_ticks(short, per_day)
    permutations = whole("permutations", permutations)
    borders, bands_m = _distance_bands(near, same_place)
    first, second, starts = _close_pairs(points, borders, near[-1])
    observed = _tallies(times[None, :], first, second, starts, short)[0]
    expected = _expected(np.diff(starts), times, short)
    reached = np.zeros_like(observed)
    rng = generator(seed)
    for done in range(0, permutations, _BATCH):
        drawn = min(_BATCH, permutations - done)
        shuffled = np.array([rng.permutation(times) for _ in range(drawn)])
        reached += (_tallies(shuffled, first, second, starts, short) >= observed).sum(axis=0)
    p = (1 + reached) / (1 + permutations)
    return KnoxResult(
        observed=observed,
        expected=expected,
        ratio=np.divide(observed, expected, out=np.ones(observed.shape), where=expected > 0),
        p_value=p,
        p_adjusted=benjamini_hochberg(p),
        distance_m=bands_m,
        time_days=time_days,
        permutations=permutations,
        moved_points=_share_on_repeated_points(points),
    )


def _checked(xy: ArrayLike, days: ArrayLike) -> tuple[Array, Array, float]:
    """Return the places, the times, and how much of them is a day."""
    times, per_day = _times(days)
    points = floats("xy", xy)
    if points.size == 0 and times.size == 0:
        return np.empty((0, 2)), np.empty(0), per_day
    if times.ndim != 1 or points.shape != (times.size, 2):
        raise UsageError(
            "xy must have the shape (n, 2) and days (n,), one of each an incident; got "
            f"{points.shape} and {times.shape}."
        )
    good = np.isfinite(points).all(axis=1) & np.isfinite(times)
    small = (np.abs(points[good]) <= _LARGEST).all(axis=1)
    good[good] = small & (np.abs(times[good]) <= _LARGEST * per_day)
    if not good.all():
        raise UsageError(
            f"Coordinates and days must be finite and at most {_LARGEST:g}; got {(~good).sum()} "
            f"that are not, the first at position {np.argmin(good)} (counted from 0): leave out "
            "the incidents without a place or a time."
        )
    return points, times, per_day


def _times(days: ArrayLike) -> tuple[Array, float]:
    """Return times, and how much of them is a day: 1 where they are numbers.

    Datetimes and durations stay whole ticks of their own unit: a day's fraction would not be
    exact, and 7 days to the second could fall short of 7.
    """
    given = time_array("days", days)
    if given.dtype.kind not in "mM":
        return floats("days", given), 1.0
    unknown = np.isnat(given)
    if unknown.any():
        raise UsageError(
            f"days must all be known; got NaT {unknown.sum()} times, the first at position "
            f"{np.argmax(unknown)} (counted from 0): leave out the incidents without a time."
        )
    whole_ticks, second = ticks("days", given)
    # numbers without a sign: the span of all times need not fit into one with a sign
    unsigned = whole_ticks.astype(np.uint64)
    if unsigned.size:
        unsigned -= unsigned[np.argmin(whole_ticks)]
    return unsigned.astype(np.float64), float(_DAY_S / second)


def _in_ticks(edges_days: Array, per_day: float) -> Array:
    """Return edges in days in the unit of the times; a whole tick but for rounding is whole."""
    edges: Array = edges_days * per_day
    if per_day == 1:
        return edges
    near = np.rint(edges)
    return np.where(np.abs(edges - near) <= 1e-14 * edges, near, edges)


def _edges(name: str, given: ArrayLike) -> Array:
    raw = time_array(name, given)
    edges = elapsed_s(name, raw) / _DAY_S if raw.dtype.kind == "m" else floats(name, raw)
    if edges.size > MAX_BANDS + 1:
        raise UsageError(f"{name} must make at most {MAX_BANDS} bands; got {edges.size - 1}.")
    rising = edges.ndim == 1 and edges.size >= 2 and np.isfinite(edges).all()
    if not rising or edges[0] < 0 or not (np.diff(edges) > 0).all():
        raise UsageError(
            f"{name} must be at least two finite edges that rise from 0 or above; got {given!r}."
        )
    return edges


def _distance_bands(edges: Array, same_place: bool) -> tuple[Array, Array]:
    """Return the borders that part distances, and each band's edges as they are reported."""
    bands = np.column_stack([edges[:-1], edges[1:]])
    if not same_place or edges[0] > 0:
        return edges, bands
    # the smallest float above 0 parts the same place from everything else
    borders = np.concatenate([[0.0, np.nextafter(0.0, 1.0)], edges[1:]])
    return borders, np.concatenate([[[0.0, 0.0]], bands])


def _close_pairs(
    points: Array, borders: Array, farthest_m: float
) -> tuple[NDArray[np.int32], NDArray[np.int32], Counts]:
    """Return the pairs within the bands, band by band, and where each band starts among them."""
    from scipy.spatial import cKDTree

    bands = borders.size - 1
    if len(points) < 2:
        nothing = np.empty(0, dtype=np.int32)
        return nothing, nothing, np.zeros(bands + 1, dtype=np.int64)
    tree = cKDTree(points)
    pairs = (int(tree.count_neighbors(tree, farthest_m)) - len(points)) // 2
    if pairs > MAX_PAIRS:
        raise UsageError(
            f"At most {MAX_PAIRS:,} pairs of incidents must lie within the farthest distance band; "
            f"got {pairs:,}: take shorter distances, a smaller area or a shorter time."
        )
    found = tree.query_pairs(farthest_m, output_type="ndarray").astype(np.int32)
    apart = points[found[:, 0]] - points[found[:, 1]]
    band = np.searchsorted(borders, np.hypot(apart[:, 0], apart[:, 1]), side="right") - 1
    within = (band >= 0) & (band < bands)
    found, band = found[within], band[within].astype(np.int16)
    order = np.argsort(band, kind="stable")  # radix: the bands are small whole numbers
    starts = np.searchsorted(band[order], np.arange(bands + 1)).astype(np.int64)
    return found[order, 0].copy(), found[order, 1].copy(), starts


def _tallies(
    times: Array, first: NDArray[np.int32], second: NDArray[np.int32], starts: Counts, edges: Array
) -> Counts:
    """Return pairs by distance band and time band for each row of times, (rows, bands, bands)."""
    out = np.zeros((len(times), starts.size - 1, edges.size - 1), dtype=np.int64)

    def work(start: int, stop: int) -> None:
        _tally(times, first, second, starts, edges, start, stop, out)

    in_parts(work, len(times), _PART)
    return out


@compiled
def _tally(
    times: Array,
    first: NDArray[np.int32],
    second: NDArray[np.int32],
    starts: Counts,
    edges: Array,
    start: int,
    stop: int,
    out: Counts,
) -> None:
    lowest, highest = edges[0], edges[-1]
    for row in range(start, stop):
        for band in range(starts.size - 1):
            for pair in range(starts[band], starts[band + 1]):
                apart = abs(times[row, first[pair]] - times[row, second[pair]])
                if apart < lowest or apart >= highest:
                    continue
                slot = 0
                while apart >= edges[slot + 1]:
                    slot += 1
                out[row, band, slot] += 1


def _expected(in_space: Counts, times: Array, edges: Array) -> Array:
    """Return the mean over all permutations of the times, exactly."""
    pairs = times.size * (times.size - 1) / 2
    ordered = np.sort(times)
    nearer = np.array([_pairs_nearer(ordered, edge) for edge in edges])
    if pairs == 0:
        return np.zeros((in_space.size, edges.size - 1))
    return in_space[:, None] * (np.diff(nearer) / pairs)


@compiled
def _pairs_nearer(ordered: Array, edge: float) -> int:
    """Count pairs of sorted times that differ by less than the edge, as the tally compares them."""
    pairs, low = 0, 0
    for high in range(ordered.size):
        while low < high and ordered[high] - ordered[low] >= edge:
            low += 1
        pairs += high - low
    return pairs


def _share_on_repeated_points(points: Array) -> float:
    if len(points) == 0:
        return 0.0
    _, which, copies = np.unique(points, axis=0, return_inverse=True, return_counts=True)
    return float((copies[which.ravel()] > 1).mean())
