"""Hot spots as scikit-learn estimators, for its model selection and pipelines.

They take points (``X``, shape (n, 2), metres) and keep scikit-learn's conventions: parameters are
stored as given and checked in ``fit``, fitted attributes end in an underscore, ``score`` is higher
for better. Bad data raise an error that is both a ``UsageError`` and the ``ValueError`` that
scikit-learn expects.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from hotspots.clustering.checks import positive, real
from hotspots.clustering.getis_ord import gi_star
from hotspots.clustering.grid import MAX_CELLS, Grid
from hotspots.clustering.kde import kde
from hotspots.clustering.kernels import COMPACT, GAUSSIAN, check_kernel
from hotspots.clustering.numbers import floats
from hotspots.errors import UsageError

Array = NDArray[np.float64]
#: Pairs of points held at once (about 120 MB).
_PAIRS = 4_000_000
_M2_PER_KM2 = 1e6
#: Log densities that differ by less are equal.
_TIE = 1e-9
#: Lengths and coordinates in metres that can be meant; their squares are then floats, too.
_SHORTEST_M, _FARTHEST_M = 1e-3, 1e9


class InputError(UsageError, ValueError):
    """Data that an estimator cannot take."""


class _OnPoints(BaseEstimator, ABC):  # type: ignore[misc]
    """What the estimators share: points in, a grid over the study area, a floor for the score."""

    cell_size_m: float
    study_area: Any
    score_floor: float

    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Fit to incidents.

        Parameters
        ----------
        X : array_like, shape (n, 2)
            Incidents, metres.
        y : ignored
            For scikit-learn's conventions.
        sample_weight : array_like, shape (n,), optional
            Incidents per point; 1 each by default.

        Raises
        ------
        InputError
            If X is not finite numbers in two columns, or weights are negative, all 0 or not one a
            point.
        UsageError
            If a parameter is out of range.
        """
        points = self._points(X, fresh=True)
        weights = _weights(sample_weight, len(points))
        if not 0 < real(self.score_floor) <= 1:
            raise UsageError(f"score_floor must be above 0, at most 1; got {self.score_floor!r}.")
        self._fit(points, weights)
        return self

    @abstractmethod
    def _fit(self, points: Array, weights: Array) -> None:
        """Fit to checked incidents and weights."""

    @abstractmethod
    def score_samples(self, X: ArrayLike) -> Array:
        """Return a score at each point."""

    def _points(self, X: ArrayLike, fresh: bool = False) -> Array:
        if not fresh:
            check_is_fitted(self)
        try:
            points: Array = validate_data(self, X, reset=fresh, dtype=np.float64, order="C")
        except ValueError as error:
            raise InputError(str(error)) from None
        self._check_columns(points)
        if not (np.abs(points) <= _FARTHEST_M).all():
            raise InputError(f"X must be metres within {_FARTHEST_M:g}; got larger: check its CRS.")
        return points

    def _check_columns(self, points: Array) -> None:
        if points.shape[1] != 2:
            raise InputError(
                f"X must have two columns, x and y in metres; got {points.shape[1]} feature(s)."
            )

    def _floor_log_density(self, grid: Grid) -> float:
        """Return the log density (per m2) that a score counts at least for each incident."""
        area_m2 = float(grid.mask.sum()) * grid.cell_size_m**2
        return math.log(self.score_floor / area_m2)


class KDEHotspots(_OnPoints):
    """Kernel density of incidents, with scikit-learn's conventions.

    Parameters
    ----------
    bandwidth_m : float
        Radius of a compact kernel; sigma of the Gaussian.
    kernel : {"quartic", "triweight", "epanechnikov", "triangular", "uniform", "gaussian"}
        All integrate to 1 over the plane.
    hot_share : float
        ``predict`` calls hot what is denser than every cell beyond this share of the study area's
        cells, the densest counted first; above 0 and below 1. So the share is never exceeded:
        cells that tie across its border are all left out, and where more than the share tie for
        the densest (one incident under a uniform kernel), or the share is less than one cell, no
        cell is hot.
    cell_size_m : float
        Side of those cells, metres. It does not touch the density, which has no cells.
    study_area : shapely Polygon or MultiPolygon, optional
        Metres; the cells that hold an incident's bounds by default. Incidents outside it count
        where their kernels reach into it.
    score_floor : float
        See ``score``.

    Attributes
    ----------
    grid_ : Grid
        The study area's cells.
    locations_, weights_ : ndarray, shape (m, 2) and (m,)
        Distinct points and the incidents at each.
    threshold_ : float
        Log density from which a point of the study area is hot.
    n_features_in_ : int
        2.

    References
    ----------
    Silverman, B. W. (1986), Density Estimation for Statistics and Data Analysis, section 4.2.
    """

    def __init__(
        self,
        bandwidth_m: float = 500.0,
        kernel: str = "quartic",
        hot_share: float = 0.05,
        cell_size_m: float = 100.0,
        study_area: Any = None,
        score_floor: float = 1e-6,
    ) -> None:
        self.bandwidth_m = bandwidth_m
        self.kernel = kernel
        self.hot_share = hot_share
        self.cell_size_m = cell_size_m
        self.study_area = study_area
        self.score_floor = score_floor

    def _fit(self, points: Array, weights: Array) -> None:
        _length("bandwidth_m", self.bandwidth_m)
        check_kernel(self.kernel)
        if not 0 < real(self.hot_share) < 1:
            raise UsageError(f"hot_share must be between 0 and 1; got {self.hot_share!r}.")
        self.grid_ = _grid(points, self.study_area, self.cell_size_m)
        self.locations_, at = np.unique(points[:, :2], axis=0, return_inverse=True)
        self.weights_ = np.bincount(at.ravel(), weights)
        if self.kernel in COMPACT:
            self._tree = cKDTree(self.locations_)
        self.threshold_ = self._threshold()

    def _threshold(self) -> float:
        intensity = kde(
            self.locations_, self.grid_, self.bandwidth_m, self.kernel, weights=self.weights_
        )
        densest_first = np.sort(intensity[self.grid_.mask])[::-1]
        # the densest cell beyond the share; at most the last, as the share is below 1
        left_out = densest_first[math.floor(self.hot_share * densest_first.size)]
        density = left_out / (_M2_PER_KM2 * self.weights_.sum())
        # neither it nor what ties with it is hot, whatever the rounding of two ways to a density
        return math.log(density) + _TIE if density > 0 else -math.inf

    def score_samples(self, X: ArrayLike) -> Array:
        """Return the log density at each point, shape (n,).

        The density integrates to 1 over the plane (per m2), as scikit-learn's ``KernelDensity``
        gives it; it is exact at the point itself. -inf where no compact kernel reaches.
        """
        return self._log_density(self._points(X)[:, :2])

    def score(self, X: ArrayLike, y: object = None) -> float:
        """Return the total log-likelihood of incidents; higher is better.

        As ``KernelDensity.score``, except that no incident counts less than ``score_floor`` times
        the even density over the study area: compact kernels leave places with density 0, and one
        incident there would make every bandwidth equally bad (-inf).
        """
        log_density = self.score_samples(X)
        return float(np.maximum(log_density, self._floor_log_density(self.grid_)).sum())

    def predict(self, X: ArrayLike) -> NDArray[np.bool_]:
        """Return whether each point is hot, shape (n,): in the study area, and dense enough."""
        points = self._points(X)[:, :2]
        log_density = self._log_density(points)
        # where less than the share has any density at all, the rest of it is not hot
        dense = (log_density >= self.threshold_) & (log_density > -np.inf)
        hot: NDArray[np.bool_] = dense & (self.grid_.index(points) >= 0)
        return hot

    def _log_density(self, points: Array) -> Array:
        out = np.empty(len(points))
        step = max(1, _PAIRS // len(self.locations_))
        part_of = self._log_gaussian if self.kernel == GAUSSIAN else self._log_compact
        for start in range(0, len(points), step):
            out[start : start + step] = part_of(points[start : start + step])
        norm: Array = out - math.log(self.weights_.sum()) - 2 * math.log(self.bandwidth_m)
        return norm

    def _log_gaussian(self, points: Array) -> Array:
        """Return the log of the sum; the largest term is taken out, so that it never underflows."""
        dx = (points[:, :1] - self.locations_[:, 0]) / self.bandwidth_m
        dy = (points[:, 1:] - self.locations_[:, 1]) / self.bandwidth_m
        terms = -0.5 * (dx**2 + dy**2)
        largest = terms.max(axis=1)
        total = np.exp(terms - largest[:, None]) @ self.weights_
        # a location of weight 0 may be the nearest: its term is taken out, and the rest is 0
        with np.errstate(divide="ignore"):
            log_sum: Array = largest + np.log(total) - math.log(2 * math.pi)
        return log_sum

    def _log_compact(self, points: Array) -> Array:
        near = cKDTree(points).sparse_distance_matrix(
            self._tree, self.bandwidth_m, output_type="ndarray"
        )
        value = COMPACT[self.kernel]((near["v"] / self.bandwidth_m) ** 2)
        total = np.bincount(near["i"], value * self.weights_[near["j"]], minlength=len(points))
        with np.errstate(divide="ignore"):
            log_sum: Array = np.log(total)
        return log_sum


class GiStarHotspots(_OnPoints):
    """Getis-Ord Gi* of incidents on a grid, with scikit-learn's conventions.

    Parameters
    ----------
    distance_m : float
        Cells whose centres lie within this distance are neighbours.
    cell_size_m : float
        Side of a cell, metres.
    alpha : float
        ``predict`` calls a cell hot where its adjusted p-value is at most this; 0 to 1.
    null : str
        Null distribution, as in ``gi_star``.
    seed : int
        Of the draws of ``null="permutation"``; the others draw nothing.
    study_area : shapely Polygon or MultiPolygon, optional
        Metres; the cells of the incidents' bounds by default. Incidents outside it are not used.
    score_floor : float
        See ``score``.

    Attributes
    ----------
    grid_ : Grid
        The study area's cells.
    counts_, z_score_, p_value_, p_adjusted_ : ndarray, shape (rows, cols)
        Incidents per cell, and their test; NaN outside the study area.
    hot_ : ndarray of bool, shape (rows, cols)
        Cells called hot.
    n_features_in_ : int
        2.

    References
    ----------
    Ord, J. K. and Getis, A. (1995), doi:10.1111/j.1538-4632.1995.tb00912.x.
    """

    def __init__(
        self,
        distance_m: float = 400.0,
        cell_size_m: float = 250.0,
        alpha: float = 0.05,
        null: str = "randomization",
        seed: int = 0,
        study_area: Any = None,
        score_floor: float = 1e-6,
    ) -> None:
        self.distance_m = distance_m
        self.cell_size_m = cell_size_m
        self.alpha = alpha
        self.null = null
        self.seed = seed
        self.study_area = study_area
        self.score_floor = score_floor

    def _fit(self, points: Array, weights: Array) -> None:
        if not 0 <= real(self.alpha) <= 1:
            raise UsageError(f"alpha must be between 0 and 1; got {self.alpha!r}.")
        self.grid_ = _grid(points, self.study_area, self.cell_size_m)
        cell = self.grid_.index(points[:, :2])
        size = self.grid_.mask.size
        tally = np.bincount(cell[cell >= 0], weights[cell >= 0], minlength=size)
        self.counts_ = tally.reshape(self.grid_.shape)
        null: Any = self.null
        lengths = (self.distance_m, self.grid_.cell_size_m)
        found = gi_star(self.counts_, *lengths, self.grid_.mask, null=null, seed=self.seed)
        self.z_score_, self.p_value_ = found.z_score, found.p_value
        self.p_adjusted_ = found.p_adjusted
        self.hot_ = np.nan_to_num(found.p_adjusted, nan=2.0) <= self.alpha

    def score_samples(self, X: ArrayLike) -> Array:
        """Return the z-score of the cell that holds each point, shape (n,).

        -inf outside the study area, where there is none. It orders places; it is no log density.
        """
        points = self._points(X)
        return self._of_cell(self.z_score_, points, -np.inf)

    def predict(self, X: ArrayLike) -> NDArray[np.bool_]:
        """Return whether each point lies in a cell called hot, shape (n,)."""
        points = self._points(X)
        hot: NDArray[np.bool_] = self._of_cell(self.hot_, points, False)
        return hot

    def score(self, X: ArrayLike, y: object = None) -> float:
        """Return the total log-likelihood of incidents under the hot / not hot map.

        The map is read as two even densities: the share of the fitted incidents that lie in hot
        cells, over the area of those; and the rest over the rest. Half an incident is added to
        each side. So both a map that misses and one that calls too much hot score low, and the
        score is in the units of ``KDEHotspots.score``. Incidents outside the study area count as
        ``score_floor`` times the even density over it.
        """
        points = self._points(X)
        cell_m2 = self.grid_.cell_size_m**2
        hot_cells, cells = int(self.hot_.sum()), int(self.grid_.mask.sum())
        density = np.full(self.grid_.shape, 1 / (cells * cell_m2))
        if 0 < hot_cells < cells:
            inside, total = float(self.counts_[self.hot_].sum()), float(self.counts_.sum())
            share = (inside + 0.5) / (total + 1)
            density = np.where(self.hot_, share / hot_cells, (1 - share) / (cells - hot_cells))
            density /= cell_m2
        log_density = self._of_cell(np.log(density), points, -np.inf)
        return float(np.maximum(log_density, self._floor_log_density(self.grid_)).sum())

    def _of_cell(self, values: NDArray[Any], points: Array, outside: float) -> NDArray[Any]:
        cell = self.grid_.index(points[:, :2])
        found = np.where(cell >= 0, values.ravel()[np.maximum(cell, 0)], outside)
        return found.astype(values.dtype)


def _grid(points: Array, study_area: Any, cell_size_m: float) -> Grid:
    """Return the study area's grid, or that of the cells within the points' bounds."""
    size = _length("cell_size_m", cell_size_m)
    if study_area is not None:
        if not isinstance(study_area, shapely.Polygon | shapely.MultiPolygon):
            raise UsageError(
                "study_area must be a shapely Polygon or MultiPolygon; got a "
                f"{type(study_area).__name__}: give the wards' union."
            )
        return Grid.cover(study_area, size)
    low = np.floor(points[:, :2].min(axis=0) / size)
    wide, high = np.floor(points[:, :2].max(axis=0) / size) - low + 1
    if wide * high > MAX_CELLS:
        raise UsageError(
            f"A grid must have at most {MAX_CELLS:,} cells; {size:g} m over the bounds of these "
            f"points makes {wide * high:,.0f}: take larger cells, or check that X is in metres."
        )
    west, south = low * size
    return Grid(float(west), float(south), size, np.ones((int(high), int(wide)), dtype=np.bool_))


def _length(name: str, value: float) -> float:
    number = positive(name, value)
    if not _SHORTEST_M <= number <= _FARTHEST_M:
        raise UsageError(
            f"{name} must be between {_SHORTEST_M:g} and {_FARTHEST_M:g} metres; got {number:g}."
        )
    return number


def _weights(sample_weight: ArrayLike | None, n: int) -> Array:
    if sample_weight is None:
        return np.ones(n)
    try:
        w = floats("sample_weight", sample_weight)
    except UsageError as error:
        raise InputError(str(error)) from None
    if w.shape != (n,):
        raise InputError(
            f"sample_weight must have one value a point, shape ({n},); got shape {w.shape}."
        )
    with np.errstate(over="ignore", invalid="ignore"):
        total = float(w.sum())
    if not (math.isfinite(total) and (w >= 0).all() and total > 0):
        raise InputError(
            "sample_weight must be finite, at least 0, and not all zero; got others: leave out the "
            "incidents without a weight."
        )
    return w
