"""The rolling forecast as a scikit-learn estimator, for its model selection."""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from hotspots.clustering import Grid
from hotspots.clustering.checks import one_of, positive, real, whole
from hotspots.clustering.estimators import InputError
from hotspots.clustering.forecast import masked_index
from hotspots.errors import UsageError
from hotspots.validation import measures
from hotspots.validation.backtest import Judged
from hotspots.validation.history import MAX_PERIODS, Days, History
from hotspots.validation.tuning.families import FAMILIES, MIXED, Maps, checked_maps
from hotspots.validation.tuning.rolling import (
    HotRule,
    expected_next,
    fitted_maps,
    judged,
    shrunk,
    spread_origins,
)
from hotspots.validation.tuning.shared import Kept

Array = NDArray[np.float64]
#: The first day of period 0 where no edges are given: a Monday.
_START = np.datetime64("2001-01-01", "D")
_WEEK = np.timedelta64(7, "D")
_FARTHEST_M = 1e9


class ForecastMaps(BaseEstimator):  # type: ignore[misc]
    """Rolling forecasts of where incidents will be, with scikit-learn's conventions.

    ``X`` has one incident a row and the columns x, y (metres), period (whole numbers from 0), and
    optionally known: the first origin at which it is known, its period + 1 by default.

    Parameters
    ----------
    maps : str or sequence of (bandwidth_m, half_life_weeks, weight)
        A name in ``FAMILIES`` ("counts", "single kernel", "counts and kernels", "multi-scale",
        "mixture", "mixture, shrunk"), or the maps themselves; a half-life of None forgets nothing.
    reach_m : float
        Radius of the narrow kernel of families that have one.
    half_life_weeks : float or None
        Of families with one half-life; None forgets nothing.
    prior_incidents : float, optional
        As in ``Profile``: how the maps are weighed against own counts.
    cell_size_m : float
        Side of a cell, metres.
    distance_m, alpha, null, band, adjustment, permutations, seed
        The rule of the own hot spots: cells that Gi* of the last period marks, as in ``Profile``.
    study_area : shapely Polygon or MultiPolygon, optional
        Metres; the bounds of the fitted incidents by default.
    edges : array_like of datetime64[D], shape (periods + 1,), optional
        The first day of every period and the day after the last; weeks by default.
    origins : int, optional
        Score at most so many origins, evenly spread to the last: the resource of successive
        halving. All by default.
    horizon : int
        Periods that judge each map.
    kept : Kept, optional
        What candidates share, to save time; never changes a result.

    Attributes
    ----------
    grid_ : Grid
        The cells: those that touch the study area.
    maps_ : tuple of (bandwidth_m, half_life_weeks, weight)
        The maps, with fitted weights where the family fits them.
    n_features_in_ : int

    References
    ----------
    Tashman, L. J. (2000), Out-of-sample tests of forecasting accuracy,
    doi:10.1016/S0169-2070(00)00065-0 (rolling origins).
    """

    def __init__(
        self,
        maps: Any = "counts and kernels",
        reach_m: float = 300.0,
        half_life_weeks: float | None = 104.0,
        prior_incidents: float | None = None,
        cell_size_m: float = 250.0,
        distance_m: float = 400.0,
        alpha: float = 0.05,
        null: str = "randomization",
        band: str = "disc",
        adjustment: str = "benjamini-hochberg",
        permutations: int = 999,
        seed: int = 0,
        study_area: Any = None,
        edges: Any = None,
        origins: int | None = None,
        horizon: int = 1,
        kept: Any = None,
    ) -> None:
        self.maps = maps
        self.reach_m = reach_m
        self.half_life_weeks = half_life_weeks
        self.prior_incidents = prior_incidents
        self.cell_size_m = cell_size_m
        self.distance_m = distance_m
        self.alpha = alpha
        self.null = null
        self.band = band
        self.adjustment = adjustment
        self.permutations = permutations
        self.seed = seed
        self.study_area = study_area
        self.edges = edges
        self.origins = origins
        self.horizon = horizon
        self.kept = kept

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Keep the past, and fit the weights of families that have any to fit.

        Parameters
        ----------
        X : array_like, shape (n, 3) or (n, 4)
            Incidents: x, y, period and, optionally, known.
        y : ignored
            For scikit-learn's conventions.

        Raises
        ------
        InputError
            If X is not finite numbers in three or four columns, or a period is none.
        UsageError
            If a parameter is out of range.
        """
        rows = self._rows(X, fresh=True)
        whole("horizon", self.horizon)
        if self.prior_incidents is not None:
            positive("prior_incidents", self.prior_incidents)
        if self.origins is not None:
            whole("origins", self.origins)
        if not 0 <= real(self.alpha) <= 1:
            raise UsageError(f"alpha must be between 0 and 1; got {self.alpha!r}.")
        self._kept = self.kept if isinstance(self.kept, Kept) else Kept()
        self._area = self._study_area(rows)
        self.grid_: Grid = self._kept.grid(self._area, positive("cell_size_m", self.cell_size_m))
        self._past = rows
        self.maps_: Maps = self._maps(rows)
        return self

    def score(self, X: ArrayLike, y: object = None) -> float:
        """Return the area under the hit-rate curve to 20 % of the area, pooled over the origins.

        Higher is better; 0.10 is chance. NaN without incidents to judge by. See ``judged``.
        """
        rows = self.judged(X, own_hot_spots=False)
        incidents = sum(row.incidents for row in rows)
        return measures.hit_rate(sum(row.area for row in rows), incidents)

    def judged(self, X: ArrayLike, own_hot_spots: bool = True) -> list[Judged]:
        """Return the map of every origin among the periods of X, judged by what followed.

        Each is made of the fitted incidents before X's first period and of what of X was known
        before the origin. The last origins, which fewer than ``horizon`` periods of X follow, are
        left out.

        Raises
        ------
        InputError
            As ``fit``.
        UsageError
            If no origin fits.
        """
        rows = self._rows(X)
        first, last = int(rows[:, 2].min()), int(rows[:, 2].max()) + 1 - self.horizon
        if last < max(first, 1):
            raise UsageError(
                f"X must have at least {self.horizon} period(s), and one before it; got periods "
                f"{first} to {int(rows[:, 2].max())}."
            )
        together = np.vstack([self._past[self._past[:, 2] < first], rows])
        rule = HotRule(
            self.distance_m,
            self.alpha,
            self.null,
            self.band,
            self.adjustment,
            self.permutations,
            self.seed,
        )
        return judged(
            self._history(together),
            self.grid_,
            self.maps_,
            spread_origins(max(first, 1), last, self.origins),
            self.horizon,
            self._kept,
            rule if own_hot_spots else None,
            self.prior_incidents,
        )

    def score_samples(self, X: ArrayLike) -> Array:
        """Return the share of the next incidents that each point's cell expects, shape (n,).

        As after the last fitted period; NaN outside the study area.
        """
        rows = self._rows(X)
        expected = expected_next(
            self._history(self._past), self.grid_, self.maps_, self._kept, self.prior_incidents
        )
        cell = masked_index(rows[:, :2], self.grid_)
        return np.where(cell >= 0, expected[np.maximum(cell, 0)], np.nan)

    def _maps(self, rows: Array) -> Maps:
        if not isinstance(self.maps, str):
            return checked_maps(self.maps)
        one_of("maps", self.maps, FAMILIES)
        family = FAMILIES[self.maps]
        if family.maps is not None:
            life = self.half_life_weeks
            memory = math.inf if life is None else positive("half_life_weeks", life)
            return family.maps(positive("reach_m", self.reach_m), memory)
        fitted = fitted_maps(self._history(rows), self.grid_, MIXED, self._kept)
        return shrunk(fitted, MIXED, family.fitted_share)

    def _history(self, rows: Array) -> History:
        period = rows[:, 2].astype(np.intp)
        edges = self._edges(int(period.max()) + 1)
        known = period + 1
        if rows.shape[1] == 4:
            known = np.clip(rows[:, 3], known, len(edges)).astype(np.intp)
        return History(rows[:, :2], period, known, edges, self._area)

    def _edges(self, periods: int) -> Days:
        if self.edges is None:
            return _START + _WEEK * np.arange(periods + 1)
        edges = np.asarray(self.edges, dtype="datetime64[D]")
        if edges.ndim != 1 or len(edges) <= periods:
            raise UsageError(
                f"edges must be the days that bound at least {periods} periods; got shape "
                f"{edges.shape}: give the history's own."
            )
        return edges[: periods + 1]

    def _study_area(self, rows: Array) -> Any:
        if self.study_area is None:
            low, high = rows[:, :2].min(axis=0), rows[:, :2].max(axis=0)
            # all at one point: a square round it has an area
            return shapely.box(*low, *np.where(high > low, high, low + 1.0))
        if not isinstance(self.study_area, shapely.Polygon | shapely.MultiPolygon):
            raise UsageError(
                "study_area must be a shapely Polygon or MultiPolygon; got a "
                f"{type(self.study_area).__name__}: give the wards' union."
            )
        return self.study_area

    def _rows(self, X: ArrayLike, fresh: bool = False) -> Array:
        if not fresh:
            check_is_fitted(self)
        try:
            rows: Array = validate_data(self, X, reset=fresh, dtype=np.float64, order="C")
        except ValueError as error:
            raise InputError(str(error)) from None
        rows = self._columns(rows)
        if not (np.abs(rows[:, :2]) <= _FARTHEST_M).all():
            raise InputError(f"X must be metres within {_FARTHEST_M:g}; got larger: check its CRS.")
        period = rows[:, 2]
        if not ((period >= 0) & (period < MAX_PERIODS) & (period % 1 == 0)).all():
            raise InputError(
                f"X's periods must be whole numbers from 0 to {MAX_PERIODS - 1:,}; got others: "
                "number them from 0, the first of the history."
            )
        return rows

    def _columns(self, rows: Array) -> Array:
        if rows.shape[1] not in (3, 4):
            raise InputError(
                "X must have three or four columns: x and y in metres, period and, optionally, "
                f"known; got {rows.shape[1]} feature(s)."
            )
        return rows
