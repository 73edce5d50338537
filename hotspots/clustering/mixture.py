"""A forecast that learns how far and how long incidents reach: a mixture of maps."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.checks import positive, whole
from hotspots.clustering.forecast import (
    HALF_LIFE_WEEKS,
    NEAR_REPEAT_M,
    NEAR_REPEAT_WEEKS,
    ForecastResult,
    MapSource,
    _bandwidths,
    _half_life,
    combined,
    decay,
    decayed_map,
    masked_index,
    near_repeat_map,
    share,
    weekly_rate,
)
from hotspots.clustering.grid import Grid
from hotspots.clustering.numbers import floats
from hotspots.clustering.points import checked_xy
from hotspots.errors import UsageError

Array = NDArray[np.float64]
Whole = NDArray[np.intp]
#: Bandwidths (metres; 0 is the cell's own count) and half-lives (weeks) of the kernel maps.
MIXTURE_MAPS = tuple(
    (h, half_life) for h in (0.0, 200.0, 500.0, 1000.0, 2000.0) for half_life in (4, 26, math.inf)
)
#: More periods than this are a slip of the numbering (days since the year 0, say).
MAX_PERIODS = 100_000
#: The shortest period, weeks: an hour. The near-repeat map holds the last 8 weeks of periods.
LEAST_WEEKS = 1 / 168
#: Below this a map has nothing left in it: another halving could round to nothing.
_EMPTY = 1e-250


@dataclass(frozen=True, eq=False)
class MixtureFit:
    """Weights of the maps, fitted to past periods that the maps had not seen.

    Attributes
    ----------
    weights : ndarray, shape (k,)
        Sum 1; equal where there was no incident to learn from.
    sources : tuple of MapSource, length k
        What each map is made of.
    log_likelihood : ndarray, shape (steps + 1,)
        Mean log of the probability given to the cell of an incident, at the start and after each
        step; it never falls. Its difference to -log(cells) is the gain over an even map.
    gap : float
        The best weights' mean log-likelihood is at most this much higher.
    incidents : int
        Incidents learnt from.
    """

    weights: Array
    sources: tuple[MapSource, ...]
    log_likelihood: Array
    gap: float
    incidents: int


def fit_mixture(
    xy: ArrayLike,
    period: ArrayLike,
    grid: Grid,
    periods: int,
    weeks_per_period: float = 1.0,
    maps: Sequence[tuple[float, float]] = MIXTURE_MAPS,
    origins: ArrayLike | None = None,
    steps: int = 500,
) -> MixtureFit:
    """Fit the weights of a mixture of maps by likelihood, out of sample.

    For every origin t the maps are made of the periods before t alone, each with sum 1 over the
    mask, and judged by the incidents of period t. The mean log of the mixture's probability at
    those incidents' cells is maximised over the weights by expectation-maximisation from equal
    weights. It is concave, so the result does not depend on the start.

    Parameters
    ----------
    xy : array_like, shape (n, 2)
        Incidents, metres, in the grid's CRS. Those outside the mask reach in through the kernels
        but are not learnt from.
    period : array_like of whole numbers, shape (n,)
        Each incident's period, 0 (the oldest) to ``periods - 1``.
    grid : Grid
        The cells.
    periods : int
        How many periods the history has, at least 1, empty ones included.
    weeks_per_period : float
        Length of a period, weeks; at least ``LEAST_WEEKS``, an hour.
    maps : sequence of (bandwidth_m, half_life_weeks)
        The kernel maps; bandwidth 0 is the cell's own count, half-life infinity all history. A
        near-repeat map and an even map always join them.
    origins : array_like of whole numbers, optional
        The periods to learn from; by default all but the first quarter.
    steps : int
        At most so many steps; fewer where the gap falls below 1e-4.

    Raises
    ------
    UsageError
        If a parameter is out of its range, a coordinate or a period is not finite, a period is
        not of the history, or the mask is empty.

    Notes
    -----
    One pass over the periods: each map is carried from origin to origin by one multiplication
    and one addition; only the near-repeat map is added up anew. Time grows with periods times
    cells. Memory is about 8 bytes * (maps + periods in 8 weeks + 10) * cells, for the near-repeat
    map keeps each of those periods' maps (8 of weekly periods, up to 1,344 of hourly ones), and
    8 bytes * 3 * incidents learnt from * maps for the chances.

    References
    ----------
    Dempster, A. P., Laird, N. M. and Rubin, D. B. (1977),
    doi:10.1111/j.2517-6161.1977.tb01600.x (EM). The bound on the gap: Lindsay, B. G. (1983),
    doi:10.1214/aos/1176346059. Near repeats: Bowers, K. J., Johnson, S. D. and Pease, K. (2004),
    doi:10.1093/bjc/azh036. Crime as a self-exciting mixture: Mohler, G. O. et al. (2011),
    doi:10.1198/jasa.2011.ap09546.
    """
    history = _History.checked(xy, period, grid, periods, weeks_per_period)
    whole("steps", steps, 0)
    sources = _sources(maps)
    wanted = _origins(origins, history.periods)
    chances = _chances(history, sources, wanted)
    weights, trace, gap = mixture_weights(chances, steps)
    return MixtureFit(weights, sources, trace, gap, len(chances))


def forecast_mixture(
    xy: ArrayLike,
    period: ArrayLike,
    grid: Grid,
    periods: int,
    weeks_per_period: float = 1.0,
    weeks: float | None = None,
    rate_per_week: float | None = None,
    fit: MixtureFit | None = None,
) -> ForecastResult:
    """Return the incidents each cell should expect after the last period, by a fitted mixture.

    Parameters
    ----------
    xy, period, grid, periods, weeks_per_period
        As for ``fit_mixture``: the whole history up to now.
    weeks : float, optional
        Length of the coming period; one period by default. The weights are fitted to the period
        that follows at once; for a much longer one they look back too short.
    rate_per_week : float, optional
        Incidents a week to expect in the study area; by default the decayed rate of
        ``forecast``, with every incident in the middle of its period.
    fit : MixtureFit, optional
        Weights fitted before, on this or an earlier history; fitted now by default.

    Returns
    -------
    ForecastResult
        17 maps with the default ones: 8 bytes * 17 * rows * cols. Without incidents, zeros.

    Raises
    ------
    UsageError
        As for ``fit_mixture`` and ``forecast``.
    """
    history = _History.checked(xy, period, grid, periods, weeks_per_period)
    length = history.weeks_per_period
    span = length if weeks is None else positive("weeks", weeks)
    if not (fit is None or isinstance(fit, MixtureFit)):
        raise UsageError(f"fit must come from fit_mixture; got {type(fit).__name__}.")
    fitted = fit
    if fitted is None:
        fitted = fit_mixture(history.points, history.period, grid, periods, length)
    age: Array = (history.periods - history.period - np.float64(0.5)) * length
    known = None if rate_per_week is not None else history.periods * length
    inside = history.cell >= 0
    rate = weekly_rate(age[inside], HALF_LIFE_WEEKS, 0.0, known, rate_per_week)
    maps = np.stack([share(_map_now(history, source)) for source in fitted.sources])
    return combined(maps, fitted.weights, fitted.sources, rate * span, grid)


def mixture_weights(chances: ArrayLike, steps: int = 500) -> tuple[Array, Array, float]:
    """Return the mixing weights of greatest likelihood, by EM from equal weights.

    Parameters
    ----------
    chances : array_like, shape (n, k)
        Probability each of k maps gives to where each of n incidents fell, at least 0, and above
        0 in at least one map. With n = 0 the weights stay equal.
    steps : int
        At most so many steps; it stops where the gap falls below 1e-4.

    Returns
    -------
    weights : ndarray, shape (k,)
    log_likelihood : ndarray, shape (steps taken + 1,)
        Mean over the incidents; never falls (but for rounding). One 0 where n = 0.
    gap : float
        Bound on what better weights could add to it.

    Raises
    ------
    UsageError
        If a value is negative or not finite, an incident has probability 0 everywhere, or
        ``steps`` is below 0.
    """
    g = floats("chances", chances)
    whole("steps", steps, 0)
    if g.ndim != 2 or g.shape[1] == 0:
        raise UsageError(f"chances must have shape (n, k), k at least 1; got {g.shape}.")
    weights = np.full(g.shape[1], 1 / g.shape[1])
    if len(g) == 0:
        return weights, np.zeros(1), 0.0
    if not (np.isfinite(g).all() and (g >= 0).all() and (g.max(axis=1) > 0).all()):
        raise UsageError(
            "chances must be finite numbers of at least 0 with one above 0 for every incident; "
            "got others: add a map that is above 0 everywhere."
        )
    # each row is free up to a factor: without it no product can round to nothing
    factor = g.max(axis=1)
    g = g / factor[:, None]
    offset = float(np.log(factor).mean())
    trace = []
    while True:
        mixed = g @ weights
        trace.append(float(np.log(mixed).mean()) + offset)
        gain = (1 / mixed) @ g / len(g)
        # log x <= x - 1 bounds what any other weights could add by max(gain) - 1
        gap = max(float(gain.max()) - 1.0, 0.0)
        if gap < 1e-4 or len(trace) > steps:
            return weights, np.array(trace), gap
        weights = weights * gain
        weights /= weights.sum()


@dataclass(frozen=True, eq=False)
class _History:
    points: Array
    period: Whole
    cell: Whole
    grid: Grid
    periods: int
    weeks_per_period: float

    @classmethod
    def checked(
        cls, xy: ArrayLike, period: ArrayLike, grid: Grid, periods: int, weeks_per_period: float
    ) -> _History:
        points, number = checked_xy(floats("xy", xy)), floats("period", period)
        if number.shape != (len(points),):
            raise UsageError(
                f"period must have one value an incident ({len(points)}); got shape {number.shape}."
            )
        periods = whole("periods", periods)
        if periods > MAX_PERIODS:
            raise UsageError(
                f"periods must be a whole number from 1 to {MAX_PERIODS:,}; got {periods!r}: "
                "number the periods from 0, the first of the history."
            )
        if not ((number >= 0) & (number < periods) & (number % 1 == 0)).all():
            raise UsageError(
                f"period must be whole numbers from 0 to {periods - 1}; got others: leave out "
                "incidents that are not of the history."
            )
        length = positive("weeks_per_period", weeks_per_period)
        if length < LEAST_WEEKS * (1 - 1e-9):
            raise UsageError(
                f"weeks_per_period must be at least 1/168 (an hour); got {weeks_per_period!r}: "
                "count the incidents by longer periods, and check that the length is in weeks."
            )
        positive("periods * weeks_per_period", periods * length)
        cell = masked_index(points, grid)
        return cls(points, number.astype(np.intp), cell, grid, periods, length)

    @property
    def near_repeat_periods(self) -> int:
        return max(1, round(NEAR_REPEAT_WEEKS / self.weeks_per_period))

    def by_period(self) -> list[Whole]:
        """Return the incidents of each period."""
        order = np.argsort(self.period, kind="stable")
        edges = np.searchsorted(self.period[order], np.arange(1, self.periods))
        return np.split(order, edges)


def _sources(maps: Sequence[tuple[float, float]]) -> tuple[MapSource, ...]:
    try:
        pairs = [(h, half_life) for h, half_life in maps]
    except (TypeError, ValueError):
        raise UsageError(
            f"maps must be pairs (bandwidth_m, half_life_weeks); got {maps!r}."
        ) from None
    radii = _bandwidths([h for h, _ in pairs])
    lives = [_half_life(half_life) for _, half_life in pairs]
    kernels = [
        MapSource("kernel" if h else "own_count", h, half_life)
        for h, half_life in zip(radii, lives, strict=True)
    ]
    near = MapSource("near_repeat", NEAR_REPEAT_M, NEAR_REPEAT_WEEKS)
    return (*kernels, near, MapSource("even", math.inf, math.inf))


def _origins(origins: ArrayLike | None, periods: int) -> NDArray[np.bool_]:
    wanted = np.zeros(periods, dtype=np.bool_)
    if origins is None:
        wanted[max(1, periods // 4) :] = True
        return wanted
    given = floats("origins", origins).ravel()
    if not ((given >= 0) & (given < periods) & (given % 1 == 0)).all():
        raise UsageError(
            f"origins must be whole numbers from 0 to {periods - 1}, the periods of the history; "
            "got others."
        )
    wanted[given.astype(np.intp)] = True
    return wanted


def _chances(history: _History, sources: tuple[MapSource, ...], wanted: NDArray[np.bool_]) -> Array:
    """Return what each map gave to the cell of each incident of the wanted periods, (n, k)."""
    running = _RunningMaps(history, sources)
    rows = [np.empty((0, len(sources)))]
    last = int(np.flatnonzero(wanted).max(initial=-1))
    for t, here in enumerate(history.by_period()[: last + 1]):
        if wanted[t]:
            cells = history.cell[here]
            rows.append(running.chances(cells[cells >= 0]))
        if t < last:
            running.add(history.points[here], history.cell[here])
    return np.concatenate(rows)


class _RunningMaps:
    """All maps as they stand at one origin; ``add`` moves them past one period."""

    def __init__(self, history: _History, sources: tuple[MapSource, ...]) -> None:
        self.grid = history.grid
        self.cells = int(history.grid.mask.sum())
        self.sources = sources
        self.maps = np.zeros((len(sources), self.cells))
        weeks = history.weeks_per_period
        self.keep = [2.0 ** (-weeks / source.half_life_weeks) for source in sources]
        self.recent: deque[Array] = deque(maxlen=history.near_repeat_periods)

    def chances(self, cells: Whole) -> Array:
        """Return the maps, scaled to sum 1, at these cells: shape (n, k)."""
        mass = self.maps.sum(axis=1)
        empty = mass < _EMPTY
        values = self.maps[:, cells].T / np.where(empty, 1.0, mass)
        return np.where(empty, 1 / self.cells, values)

    def add(self, points: Array, cell: Whole) -> None:
        """Let one more period join the past."""
        weight = np.ones(len(points))
        made: dict[float, Array] = {}
        for k, source in enumerate(self.sources):
            if source.kind == "near_repeat":
                self.recent.appendleft(near_repeat_map(points, weight, self.grid))
                self.maps[k] = sum(m / age for age, m in enumerate(self.recent, start=1))
            elif source.kind != "even":
                h = source.bandwidth_m
                if h not in made:
                    made[h] = decayed_map(points, cell, weight, self.grid, h)
                self.maps[k] *= self.keep[k]
                self.maps[k] += made[h]


def _map_now(history: _History, source: MapSource) -> Array:
    """Return one map, not yet scaled, as it stands after the last period."""
    grid = history.grid
    if source.kind == "even":
        return np.ones(int(grid.mask.sum()))
    if source.kind == "near_repeat":
        age = history.periods - history.period
        fresh = age <= history.near_repeat_periods
        return near_repeat_map(history.points[fresh], 1 / age[fresh], grid)
    age_weeks = (history.periods - 1 - history.period) * history.weeks_per_period
    weight = decay(age_weeks.astype(np.float64), source.half_life_weeks)
    return decayed_map(history.points, history.cell, weight, grid, source.bandwidth_m)
