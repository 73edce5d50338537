"""Kernel densities with the bandwidths that other tools choose by default.

Each takes the incidents in the study area, and no others: a bandwidth follows their spread, and
those of a whole county would smooth a borough away.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hotspots.clustering import Grid
from hotspots.clustering.forecast import decayed_map
from hotspots.validation.method import MethodKind, Scored
from hotspots.validation.methods.kernels import (
    first_of,
    the_window,
    window_named,
    window_said,
)
from hotspots.validation.past import Past

Array = NDArray[np.float64]
Whole = NDArray[np.intp]
#: From this many cells on, a kernel is laid over counts per cell: where in its cell an incident
#: lies no longer matters, and the time does not depend on how many there are.
_BINNED_FROM = 2


def nrd_bandwidth(xy: Array) -> float:
    """Return sfhotspot's automatic bandwidth: the mean of ``MASS::bandwidth.nrd`` of x and y.

    4 * 1.06 * min(sd, IQR / 1.34) * n^(-1/5) of each axis, sd with n - 1. That is what its code
    means; what it does as released is ``nrd_bandwidth_as_released``.

    Parameters
    ----------
    xy : ndarray, shape (n, 2)
        Metres; NaN with fewer than two points.

    References
    ----------
    Venables, W. N. and Ripley, B. D. (2002), Modern Applied Statistics with S,
    doi:10.1007/978-0-387-21706-2 (section 5.6). Ashby, M. P. J., sfhotspot, R package,
    ``hotspot_kde``.
    """
    if len(xy) < 2:
        return math.nan
    low, high = np.quantile(xy, (0.25, 0.75), axis=0)
    spread = np.minimum(xy.std(axis=0, ddof=1), (high - low) / 1.34)
    return float((4 * 1.06 * spread * len(xy) ** -0.2).mean())


def nrd_bandwidth_as_released(xy: Array) -> float:
    """Return what sfhotspot computes as released: ``MASS::bandwidth.nrd`` of x alone.

    R's ``mean(a, b)`` takes b for the share to trim, so the second axis has no say.

    Parameters
    ----------
    xy : ndarray, shape (n, 2)
        Metres; NaN with fewer than two points.
    """
    return nrd_bandwidth(np.column_stack([xy[:, 0], xy[:, 0]]))


def arcgis_bandwidth(xy: Array) -> float:
    """Return ArcGIS's default search radius, 0.9 min(SD, sqrt(1 / ln 2) Dm) n^(-1/5).

    SD is the standard distance and Dm the median distance from the mean centre.

    Parameters
    ----------
    xy : ndarray, shape (n, 2)
        Metres; NaN with fewer than two points.

    References
    ----------
    Esri, How Kernel Density works, ArcGIS Pro tool reference, Spatial Analyst.
    """
    if len(xy) < 2:
        return math.nan
    distance = np.hypot(*(xy - xy.mean(axis=0)).T)
    standard = math.sqrt(float((distance**2).mean()))
    median = math.sqrt(1 / math.log(2)) * float(np.median(distance))
    return float(0.9 * min(standard, median) * len(xy) ** -0.2)


def scott_covariance(xy: Array) -> Array | None:
    """Return the covariance of the Gaussian of ``scipy.stats.gaussian_kde``, shape (2, 2).

    The incidents' covariance times n^(-1/3); Silverman's rule is the same in two dimensions. None
    where they lie on a line.

    References
    ----------
    Scott, D. W. (1992), Multivariate Density Estimation, doi:10.1002/9780470316849, section 6.3.
    """
    if len(xy) < 3:
        return None
    covariance = np.cov(xy.T)
    # a determinant next to nothing beside the variances is a line, up to rounding
    if np.linalg.det(covariance) <= 1e-12 * np.trace(covariance) ** 2:
        return None
    scaled: Array = covariance * len(xy) ** (-1 / 3)
    return scaled


@dataclass(frozen=True)
class QuarticRule:
    """A quartic kernel density whose radius follows from the incidents.

    Attributes
    ----------
    rule : callable
        Points of shape (n, 2), metres, to a radius; where it has none, all cells tie.
    weeks : float or None
        The window; None is all history.
    """

    rule: Callable[[Array], float]
    weeks: float | None

    def score(self, past: Past) -> Scored:
        """Return the density, up to a factor."""
        xy, cell = _inside(past, self.weeks)
        radius = self.rule(xy)
        if not radius > 0:
            return Scored(np.zeros(past.cells))
        if radius < _BINNED_FROM * past.grid.cell_size_m:
            return Scored(decayed_map(xy, cell, np.ones(len(xy)), past.grid, radius))
        return Scored(_laid_over(cell, past.grid, _quartic(radius, past.grid)))


@dataclass(frozen=True)
class ScottRule:
    """A Gaussian kernel density with Scott's covariance, of counts per cell.

    Attributes
    ----------
    weeks : float or None
        The window; None is all history.
    """

    weeks: float | None

    def score(self, past: Past) -> Scored:
        """Return the density up to a factor; all cells tie where there is no covariance."""
        xy, cell = _inside(past, self.weeks)
        covariance = scott_covariance(xy)
        if covariance is None:
            return Scored(np.zeros(past.cells))
        return Scored(_laid_over(cell, past.grid, _gaussian(covariance, past.grid)))


def rules() -> Iterator[MethodKind]:
    """Yield the densities of other tools, of the last 52 weeks and of all history."""
    for weeks in (52, None):
        yield _kind(
            "kde-nrd",
            "KDE, sfhotspot's bandwidth",
            "A quartic kernel density with the bandwidth that sfhotspot chooses by itself",
            "Ashby, M. P. J., sfhotspot (R package); Venables, W. N. and Ripley, B. D. (2002), "
            "doi:10.1007/978-0-387-21706-2, bandwidth.nrd",
            QuarticRule(nrd_bandwidth, weeks),
        )
    for weeks in (52, None):
        yield _kind(
            "kde-nrd-x",
            "KDE, sfhotspot's bandwidth as released",
            "A quartic kernel density with the bandwidth that sfhotspot computes as released, of "
            "the first axis alone",
            "Ashby, M. P. J., sfhotspot (R package), hotspot_kde",
            QuarticRule(nrd_bandwidth_as_released, weeks),
            family="kde-nrd",
        )
    for weeks in (52, None):
        yield _kind(
            "kde-arcgis",
            "KDE, ArcGIS's bandwidth",
            "A quartic kernel density with ArcGIS's default search radius",
            "Esri, How Kernel Density works, ArcGIS Pro tool reference",
            QuarticRule(arcgis_bandwidth, weeks),
        )
    for weeks in (52, None):
        yield _kind(
            "kde-scott",
            "KDE, Scott's bandwidth",
            "A Gaussian kernel density with Scott's rule, as scipy makes it",
            "Scott, D. W. (1992), Multivariate Density Estimation, doi:10.1002/9780470316849, "
            "section 6.3; scipy.stats.gaussian_kde",
            ScottRule(weeks),
        )


def _kind(
    name: str,
    label: str,
    says: str,
    source: str,
    method: QuarticRule | ScottRule,
    family: str = "",
) -> MethodKind:
    window = window_said(method.weeks)
    return MethodKind(
        name=f"{name}-{window_named(method.weeks)}",
        label=f"{label}, {window}",
        says=f"{says}, of {the_window(method.weeks)}.",
        source=source,
        make=lambda: method,
        kind="baseline",
        family=family or name,
        variant=f"as released, {window}" if family else window,
    )


def _inside(past: Past, weeks: float | None) -> tuple[Array, Whole]:
    """Return places and cells of the window's incidents in the study area."""
    first = first_of(past, weeks)
    batches = [b for b in past.batches if b.period >= first]
    xy = np.concatenate([np.empty((0, 2)), *(b.xy for b in batches)])
    cell = np.concatenate([np.empty(0, dtype=np.intp), *(b.cell for b in batches)])
    inside = cell >= 0
    return xy[inside], cell[inside]


def _laid_over(cell: Whole, grid: Grid, kernel: Array) -> Array:
    """Return a kernel laid over the counts of the masked cells, shape (cells,)."""
    from scipy.signal import fftconvolve

    counts = np.zeros(grid.shape)
    counts[grid.mask] = np.bincount(cell, minlength=int(grid.mask.sum()))
    surface: Array = fftconvolve(counts, kernel, mode="same")[grid.mask]
    return surface


def _quartic(radius_m: float, grid: Grid) -> Array:
    reach = min(math.ceil(radius_m / grid.cell_size_m), max(grid.shape))
    steps = np.arange(-reach, reach + 1) * (grid.cell_size_m / radius_m)
    kernel: Array = np.clip(1 - (steps[:, None] ** 2 + steps**2), 0, None) ** 2
    return kernel


def _gaussian(covariance: Array, grid: Grid) -> Array:
    """Return the Gaussian up to 4 standard deviations of each axis, at most the whole grid."""
    rows, cols = grid.shape
    reach = np.ceil(4 * np.sqrt(np.diag(covariance)) / grid.cell_size_m)
    wide, high = min(int(reach[0]), cols), min(int(reach[1]), rows)
    x = np.arange(-wide, wide + 1) * grid.cell_size_m
    y = (np.arange(-high, high + 1) * grid.cell_size_m)[:, None]
    inverse = np.linalg.inv(covariance)
    square = inverse[0, 0] * x**2 + 2 * inverse[0, 1] * x * y + inverse[1, 1] * y**2
    kernel: Array = np.exp(-0.5 * square)
    return kernel
