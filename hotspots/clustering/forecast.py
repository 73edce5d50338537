"""The forecast: how many incidents each cell should expect in the coming period."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.aoristic import elapsed_s, time_array
from hotspots.clustering.checks import positive
from hotspots.clustering.grid import Grid
from hotspots.clustering.kde import kde
from hotspots.clustering.numbers import floats
from hotspots.clustering.points import checked_xy
from hotspots.errors import UsageError
from hotspots.jit import compiled

Array = NDArray[np.float64]
Kind = Literal["own_count", "kernel", "near_repeat", "even"]
#: Radii of the three maps whose mean is the forecast; 0 is the cell's own count.
BANDWIDTHS_M = (0.0, 300.0, 1000.0)
#: Of a mean that own counts are weighed against, so much is spread evenly: no place is impossible.
EVEN = 0.02
#: Weeks after which an incident counts half.
HALF_LIFE_WEEKS = 104.0
#: Reach and window of the near-repeat map.
NEAR_REPEAT_M, NEAR_REPEAT_WEEKS = 400.0, 8.0
#: A cell is split into at most so many parts a side; a reach that needs more is no reach.
MAX_SPLIT = 1_000_001
_WEEK_S = 604_800


@dataclass(frozen=True)
class MapSource:
    """What one of the maps behind a forecast is made of.

    Attributes
    ----------
    kind : {"own_count", "kernel", "near_repeat", "even"}
        The cell's own incidents; a quartic kernel density; recent incidents close by; the same
        everywhere.
    bandwidth_m : float
        How far an incident reaches, metres; 0 for the own count, infinity for the even map.
    half_life_weeks : float
        Weeks after which an incident counts half; infinity where all history counts alike. The
        near-repeat map does not halve: there it is the length of its window.
    """

    kind: Kind
    bandwidth_m: float
    half_life_weeks: float


@dataclass(frozen=True, eq=False)
class ForecastResult:
    """A forecast and the maps it was made of.

    Attributes
    ----------
    expected : ndarray, shape (rows, cols)
        Incidents expected in each cell in the coming period; NaN outside the mask. Its sum over
        the mask is ``total``.
    total : float
        Incidents expected in the whole study area in the coming period.
    components : ndarray, shape (k, rows, cols)
        The maps, each with sum 1 over the mask; NaN outside it.
    weights : ndarray, shape (k,)
        Their weights, with sum 1: ``total * weights[k] * components[k]`` is what map k brings to
        a cell, where the mean is not weighed against own counts.
    sources : tuple of MapSource, length k
        What each map is made of.
    """

    expected: Array
    total: float
    components: Array
    weights: Array
    sources: tuple[MapSource, ...]


def forecast(
    xy: ArrayLike,
    age_weeks: ArrayLike,
    grid: Grid,
    weeks: float,
    history_weeks: float | None = None,
    rate_per_week: float | None = None,
    half_life_weeks: float = HALF_LIFE_WEEKS,
    bandwidths_m: Sequence[float] = BANDWIDTHS_M,
    maps: Sequence[tuple[float, float, float]] | None = None,
    prior_incidents: float | None = None,
) -> ForecastResult:
    """Return the incidents each cell should expect in the coming period; nothing is fitted.

    The mean of several maps, each scaled to sum 1 over the mask: by default the cell's own
    count and quartic kernel densities of 300 m and 1,000 m, all with every incident weighted
    2^(-age / half-life). The mean is then scaled to the total

        total = weeks * sum_i 2^(-a_i / H) / D,    D = H / ln 2 * (1 - 2^(-L / H)),

    with H the half-life, L the length of the history, the sum over the incidents in the mask,
    and D the decayed length of the history (L for an infinite half-life): a place with a steady
    rate gets that rate.

    Densities are taken at the cell centres. Where a cell is wider than the kernel's radius they
    would miss the incidents far from every centre: there a cell has the mean of the densities at
    the centres of k by k parts, k odd, each at most half the radius wide.

    Parameters
    ----------
    xy : array_like, shape (n, 2)
        Past incidents, metres, in the grid's CRS. Those outside the mask are in no cell's own
        count and not in the total, but reach in through the kernels. Empty input expects
        nothing: zeros (or, where ``rate_per_week`` is given, that rate spread evenly).
    age_weeks : array_like of numbers or timedelta64, shape (n,)
        Weeks from each incident to the moment of the forecast, at least 0. Where only the
        period is known, its middle: from its end the total would come out too high.
    grid : Grid
        The cells.
    weeks : float
        Length of the coming period, weeks.
    history_weeks : float, optional
        Length of the history that the incidents are from, weeks; at least the greatest age.
    rate_per_week : float, optional
        Incidents a week to expect in the study area, at least 0, in place of the formula above.
        One of this and ``history_weeks`` is needed.
    half_life_weeks : float
        Above 0; infinity counts all history alike.
    bandwidths_m : sequence of float
        Radii of the quartic kernels, metres; 0 is the cell's own count.
    maps : sequence of (bandwidth_m, half_life_weeks, weight), optional
        In place of ``bandwidths_m``: maps that each forget at their own pace, and what each counts
        in the mean (any scale, above 0). The total still follows ``half_life_weeks``.
    prior_incidents : float, optional
        Above 0: the mean is weighed against each cell's own count. With E the decayed incidents
        that the mean (2 % of it spread evenly) gives a cell, N those met there and a this number,
        the cell gets E (N + a) / (E + a): its rate is E times a factor that varies as a gamma
        variable of mean 1 and shape a. A great number trusts the maps, a small one the count. Own
        incidents fade as those of the narrowest map do. None takes the mean as it is.

    Raises
    ------
    UsageError
        If a parameter is out of its range, neither or both of ``history_weeks`` and
        ``rate_per_week`` are given, a coordinate or an age is NaN, infinite or negative, or the
        mask is empty.

    Notes
    -----
    A map with nothing in it (no incident in the mask, say) knows of no place, so it is spread
    evenly. The constants were chosen once for all, by back-test on burglary, robbery, theft,
    vehicle crime, criminal damage and anti-social behaviour in three cities and two
    English districts, by week and by month, in cells of 150 and 250 m.

    What was tested is the ranking. The map is not fitted, so the figure of a single cell may be
    off: on sparse incidents (weekly robbery) the best cells get less than it says, on dense ones
    more. The total knows no season and follows a rise or fall over a half-life only: where the
    level is known better, give ``rate_per_week``.

    References
    ----------
    Own counts weighed against a mean: Clayton, D. and Kaldor, J. (1987), doi:10.2307/2532003.
    The quartic kernel: Silverman, B. W. (1986), Density Estimation for Statistics and Data
    Analysis, section 4.2. Past incidents as a forecast and how to score it: Chainey, S.,
    Tompson, L. and Uhlig, S. (2008), doi:10.1057/palgrave.sj.8350066.
    """
    span = positive("weeks", weeks)
    half_life = _half_life(half_life_weeks)
    sources, weights = weighted_sources(bandwidths_m, half_life, maps)
    points, age = _history(xy, age_weeks)
    cell = masked_index(points, grid)
    rate = weekly_rate(age[cell >= 0], half_life, _longest(age), history_weeks, rate_per_week)
    made = [
        share(decayed_map(points, cell, decay(age, s.half_life_weeks), grid, s.bandwidth_m))
        for s in sources
    ]
    mean = weights @ np.stack(made)
    if prior_incidents is not None:
        life = narrowest_half_life([(s.bandwidth_m, s.half_life_weeks) for s in sources])
        inside = cell >= 0
        fresh = _halved(age[inside], life)
        own: Array = np.bincount(cell[inside], fresh, int(grid.mask.sum())).astype(np.float64)
        mean = weighed(mean, own, positive("prior_incidents", prior_incidents))
    return combined(np.stack(made), weights, sources, rate * span, grid, mean)


def weighed(mean: Array, own: Array, prior_incidents: float) -> Array:
    """Return E (N + a) / (E + a) of every cell: see ``forecast``.

    Parameters
    ----------
    mean : ndarray, shape (m,)
        What the maps say of each masked cell, on any scale; at least 0.
    own : ndarray, shape (m,)
        Decayed incidents met in each; where there are none at all, the mean is returned.
    prior_incidents : float
    """
    total = float(own.sum())
    if not total > 0:
        return mean
    expected = ((1 - EVEN) * share(mean) + EVEN / mean.size) * total
    found: Array = expected * ((own + prior_incidents) / (expected + prior_incidents))
    return found


def narrowest_half_life(maps: Sequence[tuple[float, float]]) -> float:
    """Return by which half-life own counts fade: that of the narrowest (bandwidth, half-life)."""
    return min(maps)[1]


def weighted_sources(
    bandwidths_m: Sequence[float],
    half_life_weeks: float,
    maps: Sequence[tuple[float, float, float]] | None,
) -> tuple[tuple[MapSource, ...], Array]:
    """Return what each map of a forecast is made of, and their weights with sum 1."""
    if maps is None:
        radii = _bandwidths(bandwidths_m)
        given = [(h, half_life_weeks, 1.0) for h in radii]
    else:
        given = [(h, _half_life(life), positive("weight", w)) for h, life, w in maps]
        _bandwidths([h for h, _, _ in given])
    sources = tuple(MapSource("kernel" if h else "own_count", h, life) for h, life, _ in given)
    weights = np.array([w for _, _, w in given])
    return sources, weights / weights.sum()


def combined(
    maps: Array,
    weights: Array,
    sources: tuple[MapSource, ...],
    total: float,
    grid: Grid,
    mean: Array | None = None,
) -> ForecastResult:
    """Return the weighted sum of maps of the masked cells, shape (k, m), scaled to a total.

    ``mean``, shape (m,), takes the place of that sum.
    """
    if not math.isfinite(total):
        raise UsageError(
            "The expected total must be a finite number; got one beyond all numbers: check "
            "weeks, half_life_weeks and rate_per_week."
        )
    components = np.full((len(maps), *grid.shape), np.nan)
    components[:, grid.mask] = maps
    expected = np.full(grid.shape, np.nan)
    expected[grid.mask] = total * share(weights @ maps if mean is None else mean)
    return ForecastResult(expected, total, components, weights, sources)


def decay(age_weeks: Array, half_life_weeks: float) -> Array:
    """Return 2^(-age / half-life), ages counted from the youngest incident.

    Maps are scaled to sum 1, so the origin of the ages is free; from the youngest one the
    weights of a history that ended long ago do not all vanish.
    """
    youngest = age_weeks.min(initial=np.inf)
    return _halved(age_weeks - youngest, half_life_weeks)


def decayed_map(
    points: Array, cell: NDArray[np.intp], weight: Array, grid: Grid, bandwidth_m: float
) -> Array:
    """Return the weighted incidents of each masked cell (bandwidth 0) or their density.

    The density is right up to a factor, one for all cells.
    """
    cells = int(grid.mask.sum())
    if bandwidth_m < grid.cell_size_m:
        parts = _parts(bandwidth_m, grid)
        if parts > 1:
            return _spread_over(points, weight, grid, bandwidth_m, parts, True)
        inside = cell >= 0
        return np.bincount(cell[inside], weight[inside], minlength=cells).astype(np.float64)
    with np.errstate(over="ignore"):  # a place beyond all reach is no matter
        surface: Array = kde(points, grid, bandwidth_m, weights=weight)[grid.mask]
    return np.maximum(surface, 0.0)


def near_repeat_map(points: Array, weight: Array, grid: Grid) -> Array:
    """Return each masked cell's sum of weight / (1 + distance in half cells), within 400 m.

    Where a cell is wider than 400 m: the mean over its parts, as ``forecast`` describes it.
    """
    parts = 1 if grid.cell_size_m <= NEAR_REPEAT_M else _parts(NEAR_REPEAT_M, grid)
    if parts == 0:
        return decayed_map(points, masked_index(points, grid), weight, grid, 0.0)
    return _spread_over(points, weight, grid, NEAR_REPEAT_M, parts, False)


def _parts(reach_m: float, grid: Grid) -> int:
    """Return into how many parts a side a cell is split that is wider than the reach.

    An odd number: a part's centre is then the cell's own. 0 where the reach is nothing next to
    the cell: an incident then gives to its own cell alone.
    """
    if reach_m * MAX_SPLIT < 2 * grid.cell_size_m:
        return 0
    return math.ceil(2 * grid.cell_size_m / reach_m) // 2 * 2 + 1


def _spread_over(
    points: Array, weight: Array, grid: Grid, reach_m: float, parts: int, quartic: bool
) -> Array:
    """Return what the incidents give to each masked cell, as the mean over its parts."""
    with np.errstate(over="ignore"):
        x = (points[:, 0] - grid.x0) / grid.cell_size_m
        y = (points[:, 1] - grid.y0) / grid.cell_size_m
    reach = reach_m / grid.cell_size_m
    rows, cols = grid.shape
    near = (x > -reach) & (x < cols + reach) & (y > -reach) & (y < rows + reach)
    out = np.zeros(grid.shape)
    _spread(x[near], y[near], weight[near], reach, parts, quartic, out)
    masked: Array = out[grid.mask]
    return masked


@compiled
def _spread(
    x: Array, y: Array, weight: Array, reach: float, parts: int, quartic: bool, out: Array
) -> None:
    # lengths are in cells outside the loop, in parts of a cell inside
    rows, cols = out.shape[0] * parts, out.shape[1] * parts
    far = reach * parts
    for i in range(len(x)):
        east, north = x[i] * parts, y[i] * parts
        top = min(rows, math.floor(north + far) + 1)
        right = min(cols, math.floor(east + far) + 1)
        for row in range(max(0, math.floor(north - far)), top):
            for col in range(max(0, math.floor(east - far)), right):
                distance = math.hypot(col + 0.5 - east, row + 0.5 - north)
                if distance >= far:
                    continue
                if quartic:
                    given = weight[i] * (1.0 - (distance / far) ** 2) ** 2
                else:
                    given = weight[i] / (1.0 + 2.0 * distance / parts)
                out[row // parts, col // parts] += given


def share(values: Array) -> Array:
    """Scale values of at least 0 to sum 1; an even share where all are 0."""
    top = values.max()
    if not top > 0:
        return np.full(values.shape, 1 / values.size)
    scaled: Array = values / top
    scaled /= scaled.sum()
    return scaled


def masked_index(points: Array, grid: Grid) -> NDArray[np.intp]:
    """Return each point's position among the masked cells, -1 outside the mask."""
    if not isinstance(grid, Grid):
        raise UsageError(f"grid must be a Grid; got {type(grid).__name__}: see Grid.cover.")
    if not grid.mask.any():
        raise UsageError("The mask must have at least one cell; got none: check the study area.")
    position = np.cumsum(grid.mask.ravel()) - 1
    with np.errstate(over="ignore"):
        flat = grid.index(points)
    return np.where(flat >= 0, position[flat], -1).astype(np.intp)


def weekly_rate(
    age_weeks: Array,
    half_life_weeks: float,
    longest_weeks: float,
    history_weeks: float | None,
    rate_per_week: float | None,
) -> float:
    """Return incidents a week: as given, or decayed incidents per decayed week of history."""
    if (history_weeks is None) == (rate_per_week is None):
        raise UsageError(
            "One of history_weeks and rate_per_week must be given; got "
            f"{'neither' if history_weeks is None else 'both'}: give the length of the history."
        )
    if history_weeks is None:
        rate = _number(rate_per_week)
        if not (math.isfinite(rate) and rate >= 0):
            raise UsageError(
                f"rate_per_week must be a finite number of at least 0; got {rate_per_week!r}."
            )
        return rate
    length = positive("history_weeks", history_weeks)
    if longest_weeks > length * (1 + 1e-9):
        raise UsageError(
            f"history_weeks must be at least the greatest age ({longest_weeks:g} weeks); got "
            f"{length:g}: give the whole length, or leave out the older incidents."
        )
    decayed = float(_halved(age_weeks, half_life_weeks).sum())
    return decayed / _decayed_length(length, half_life_weeks)


def _halved(age_weeks: Array, half_life_weeks: float) -> Array:
    with np.errstate(over="ignore"):  # an age of too many half-lives has weight 0
        weight: Array = np.exp2(-age_weeks / half_life_weeks)
    return weight


def _decayed_length(length_weeks: float, half_life_weeks: float) -> float:
    """Return the integral of 2^(-a / half-life) over the ages a of the history."""
    if math.isinf(half_life_weeks):
        return length_weeks
    decay_rate = math.log(2) / half_life_weeks
    return -math.expm1(-length_weeks * decay_rate) / decay_rate


def _longest(age_weeks: Array) -> float:
    return float(age_weeks.max(initial=0.0))


def _number(value: object) -> float:
    """Return a number as a float, NaN for anything else: it is in no range."""
    # numpy's durations call themselves whole numbers
    real = isinstance(value, Real) and not isinstance(value, np.timedelta64)
    return float(value) if real else math.nan  # type: ignore[arg-type]


def _half_life(value: float) -> float:
    number = _number(value)
    # below a second the weights of distinct incidents are 0 or beyond all numbers
    if not number >= 1e-6:
        raise UsageError(
            f"half_life_weeks must be a number above 0 (infinity: no decay); got {value!r}."
        )
    return number


def _bandwidths(values: Sequence[float]) -> tuple[float, ...]:
    radii = tuple(_number(value) for value in values) if np.iterable(values) else ()
    if not radii or not all(math.isfinite(h) and h >= 0 for h in radii):
        raise UsageError(
            "bandwidths_m must be one or more finite numbers of at least 0 (0: the cell's own "
            f"count); got {values!r}."
        )
    return radii


def _history(xy: ArrayLike, age_weeks: ArrayLike) -> tuple[Array, Array]:
    points, age = checked_xy(floats("xy", xy)), _weeks(age_weeks)
    if age.shape != (len(points),):
        raise UsageError(
            f"age_weeks must have one value an incident ({len(points)}); got shape {age.shape}."
        )
    if not (np.isfinite(age).all() and (age >= 0).all()):
        raise UsageError(
            "Ages must be finite numbers of at least 0; got NaN, infinity or an incident after "
            "the moment of the forecast: leave those out."
        )
    return points, age


def _weeks(age_weeks: ArrayLike) -> Array:
    given = time_array("age_weeks", age_weeks)
    if given.dtype.kind == "m":
        return elapsed_s("age_weeks", given) / _WEEK_S
    return floats("age_weeks", given)
