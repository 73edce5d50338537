"""Automatic bandwidths for kernel density, each with a reason that can be read out.

No rule finds *the* bandwidth: the normal reference answers for one bell-shaped cloud, the two
cross-validations for new incidents of the same kind, the nearest neighbours for how far apart
incidents lie. They are starting points; a bandwidth that suits the decision may be better.

A bandwidth of one kernel becomes that of another by ``canonical_factor``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.checks import one_of
from hotspots.clustering.cross_validation import least_squares, likelihood
from hotspots.clustering.kernels import canonical_factor
from hotspots.clustering.sample import (
    Sample,
    checked_bandwidths,
    kth_distances,
    quantile,
    sample_of,
    spread_of,
)
from hotspots.errors import UsageError

Array = NDArray[np.float64]
LeaveOut = Literal["auto", "incident", "location"]
Average = Literal["mean", "median"]

#: From this share of incidents on shared points on, likelihood leaves out whole locations.
SHARED_LIMIT = 0.05
_CANDIDATES = 24


@dataclass(frozen=True, eq=False)
class Bandwidth:
    """A bandwidth and why.

    Attributes
    ----------
    bandwidth_m : float
        Radius of a compact kernel, sigma of the Gaussian; metres, finite and above 0.
    method : str
        The name in ``METHODS``.
    reason : str
        One plain sentence.
    """

    bandwidth_m: float
    method: str
    reason: str


def normal_reference(
    xy: ArrayLike, kernel: str = "quartic", weights: ArrayLike | None = None
) -> Bandwidth:
    """Return the bandwidth that is best when the incidents are one bell-shaped cloud.

    h = c s n^(-1/6), with c the canonical factor of the kernel (1 for the Gaussian), n the
    incidents, and s^2 the mean over the two axes of min(sd, IQR / 1.34)^2 (sd with n - 1; sd alone
    on an axis whose interquartile range is 0). In two dimensions Scott's and Silverman's rules are
    the same. Several hot spots are smoothed too much by it.

    Parameters
    ----------
    xy : array_like, shape (n, 2)
        Incidents, metres.
    kernel : str
        One of ``hotspots.clustering.kernels.NAMES``.
    weights : array_like, shape (n,), optional
        Incidents per point, from 0 to 1e12; 1 each by default. A point of weight 3 is the same
        as three incidents there; one of less than 1e-9 of the largest weight does not count.

    Raises
    ------
    UsageError
        If there are not two incidents at different points, a value is not finite, a weight is
        negative, or the kernel is unknown.

    References
    ----------
    Silverman, B. W. (1986), Density Estimation for Statistics and Data Analysis, sections 3.4.2
    and 4.3.2. Scott, D. W. (1992), Multivariate Density Estimation, section 6.3.
    """
    factor = canonical_factor(kernel)
    sample = sample_of(xy, weights)
    spread = spread_of(sample, robust=True)
    bandwidth_m = factor * spread * sample.total ** (-1 / 6) * sample.unit_m
    return Bandwidth(
        bandwidth_m,
        "normal",
        f"The normal reference rule gives {_metres(bandwidth_m)} for {sample.total:,.0f} incidents "
        f"with a typical spread of {_metres(spread * sample.unit_m)} along an axis: right for one "
        "bell-shaped cloud, too wide where there are several hot spots.",
    )


def least_squares_cv(
    xy: ArrayLike,
    kernel: str = "quartic",
    candidates_m: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> Bandwidth:
    """Return the bandwidth whose map is closest to the true density in squared error.

    The lowest of ``lscv_scores`` over the candidates. Without candidates: 24 bandwidths in equal
    ratios from 1/50 to 2 times the normal reference, then 24 more between the best one's
    neighbours. Incidents that share a point drive the score without end towards a bandwidth of 0,
    as if their closeness were known to the millimetre; the reason says so.

    Parameters
    ----------
    xy, kernel, weights
        As in ``normal_reference``.
    candidates_m : array_like, optional
        The bandwidths to choose from, metres.

    Raises
    ------
    UsageError
        As ``normal_reference``; also if a candidate is not above 0, or there are more than
        ``MAX_POINTS`` distinct points.

    References
    ----------
    Rudemo, M. (1982), Scandinavian Journal of Statistics 9, 65-78. Bowman, A. W. (1984),
    doi:10.1093/biomet/71.2.353. On repeated values: Silverman (1986), section 3.4.3.
    """
    sample = sample_of(xy, weights)

    def score(h: Array) -> Array:
        return -least_squares(sample, kernel, h)

    search = _search(sample, kernel, candidates_m, score)
    return Bandwidth(
        search.best_m,
        "lscv",
        f"Least-squares cross-validation {search.said} {_end(search, sample.shared, 'lowest')}.",
    )


def likelihood_cv(
    xy: ArrayLike,
    kernel: str = "quartic",
    candidates_m: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    leave_out: LeaveOut = "auto",
    background: float | None = None,
) -> Bandwidth:
    """Return the bandwidth under which each incident is best foretold by the others.

    The highest of ``likelihood_scores`` over the candidates, which are those of
    ``least_squares_cv``. The rules for isolated incidents and shared points are explained there.

    Parameters
    ----------
    xy, kernel, candidates_m, weights
        As in ``least_squares_cv``.
    leave_out : {"auto", "incident", "location"}
        "auto" is "location" where at least 5 % of the incidents share a point with another, as on
        points that the publisher moved.
    background : float, optional
        Share of the density spread evenly, from 0 to below 1; by default 1 / n.

    Raises
    ------
    UsageError
        As ``least_squares_cv``; also if an option is unknown or out of range, or every candidate
        leaves an incident without a neighbour and ``background`` is 0.

    References
    ----------
    Duin, R. P. W. (1976), On the choice of smoothing parameters for Parzen estimators of
    probability density functions, IEEE Transactions on Computers C-25, 1175-1179. Silverman
    (1986), section 3.4.4.
    """
    sample = sample_of(xy, weights)
    if leave_out == "auto":
        leave_out = "location" if sample.shared >= SHARED_LIMIT else "incident"
    share = 1 / sample.total if background is None else background

    def score(h: Array) -> Array:
        return likelihood(sample, kernel, h, leave_out, share)

    search = _search(sample, kernel, candidates_m, score)
    together = ""
    if leave_out == "location":
        together = (
            f"; incidents at one point were left out together, because {sample.shared:.0%} "
            "of all share a point with another"
        )
    shared = sample.shared if leave_out == "incident" else 0.0
    return Bandwidth(
        search.best_m,
        "likelihood",
        f"Likelihood cross-validation {search.said} {_end(search, shared, 'highest')}{together}.",
    )


def k_nearest(
    xy: ArrayLike,
    k: int | None = None,
    kernel: str = "quartic",
    weights: ArrayLike | None = None,
    average: Average = "mean",
) -> Bandwidth:
    """Return the usual distance from an incident to its k-th nearest other incident.

    The distance is the radius of a quartic kernel, so that a usual incident has k others in
    reach; for another kernel it is changed by the canonical factors. Other incidents at the same
    point are neighbours at distance 0.

    Parameters
    ----------
    xy, kernel, weights
        As in ``normal_reference``.
    k : int, optional
        From 1 to n - 1; by default the square root of n, rounded up.
    average : {"mean", "median"}
        Over incidents.

    Raises
    ------
    UsageError
        As ``normal_reference``; also if k or average is out of range, or the distance is 0
        because so many incidents share a point.

    References
    ----------
    Williamson, D., McLafferty, S., Goldsmith, V., Mollenkopf, J. and McGuire, P. (1999), A better
    method to smooth crime incident data, ArcUser, January-March 1999.
    """
    factor = canonical_factor(kernel) / canonical_factor("quartic")
    sample = sample_of(xy, weights)
    one_of("average", average, ("mean", "median"))
    most = math.ceil(sample.total) - 1
    k = min(math.ceil(math.sqrt(sample.total)), most) if k is None else k
    if not (1 <= k <= most and float(k).is_integer()):
        raise UsageError(
            f"k must be a whole number from 1 to {most:,}, one less than the incidents; got {k!r}."
        )
    distance = kth_distances(sample, int(k))
    if average == "mean":
        usual = float(distance @ sample.weights) / sample.total
    else:
        usual = quantile(distance, sample.weights, 0.5)
    if usual <= 0:
        raise UsageError(
            f"The {average} distance to incident {k} nearest must be above 0 m to be a bandwidth; "
            "it is 0 because incidents share points: take a larger k, or the mean."
        )
    distance_m = usual * sample.unit_m
    bandwidth_m = distance_m * factor
    changed = f": {_metres(bandwidth_m)} of the {kernel} kernel smooths alike"
    return Bandwidth(
        bandwidth_m,
        "k_nearest",
        f"The {average} distance from an incident to its nearest other incident number {int(k):,} "
        f"is {_metres(distance_m)}{'' if kernel == 'quartic' else changed}.",
    )


#: Methods by name, in the order to offer them.
METHODS: MappingProxyType[str, Callable[..., Bandwidth]] = MappingProxyType(
    {
        "normal": normal_reference,
        "lscv": least_squares_cv,
        "likelihood": likelihood_cv,
        "k_nearest": k_nearest,
    }
)


def select_bandwidth(
    xy: ArrayLike,
    method: str = "normal",
    kernel: str = "quartic",
    weights: ArrayLike | None = None,
) -> Bandwidth:
    """Return a bandwidth by the named method, with its defaults; see the functions of ``METHODS``.

    Raises
    ------
    UsageError
        If the method is unknown, and as the method does.
    """
    one_of("method", method, METHODS)
    return METHODS[method](xy, kernel=kernel, weights=weights)


@dataclass(frozen=True, eq=False)
class _Search:
    best_m: float
    said: str
    at: int


def _search(
    sample: Sample, kernel: str, candidates_m: ArrayLike | None, score: Callable[[Array], Array]
) -> _Search:
    """Return the candidate with the highest score; ``at`` is -1 or 1 at an end of the range."""
    top = 2 * canonical_factor(kernel) * spread_of(sample, robust=False) * sample.total ** (-1 / 6)
    if candidates_m is None:
        h = np.geomspace(top / 100, top, _CANDIDATES)
    else:
        h = np.unique(checked_bandwidths(candidates_m)) / sample.unit_m
    scores = score(h)
    best = int(np.argmax(scores))
    if scores[best] == -np.inf:
        raise UsageError(
            "At least one candidate must reach a neighbour of every incident when background is "
            f"0; {_metres(h[-1] * sample.unit_m)} does not: give larger candidates."
        )
    said = (
        f"over {len(h)} bandwidths from {_metres(h[0] * sample.unit_m)} to "
        f"{_metres(h[-1] * sample.unit_m)}"
    )
    at = 0 if 0 < best < len(h) - 1 else 1 if best else -1
    chosen = h[best]
    if candidates_m is None and at == 0:
        fine = np.geomspace(h[best - 1], h[best + 1], _CANDIDATES)
        chosen = fine[np.argmax(score(fine))]
    return _Search(float(chosen * sample.unit_m), said, at)


def _end(search: _Search, shared: float, best: str) -> str:
    """Say where the best score is, and what is wrong when it is at an end of the range."""
    where = _metres(search.best_m)
    if search.at == -1 and shared >= 0.005:  # 1 % when rounded
        return (
            f"falls to the lower end, {where}, because {shared:.0%} of the incidents share a point "
            "with another, a known failure of the method: take another"
        )
    if search.at:
        end, other = ("upper", "larger") if search.at > 0 else ("lower", "smaller")
        return f"is {best} at the {end} end, {where}: {other} candidates may be better still"
    pull = f", though the {shared:.0%} of incidents that share a point pull it down"
    return f"is {best} at {where}{pull if shared >= SHARED_LIMIT else ''}"


def _metres(value: float) -> str:
    return f"{value:,.0f} m" if value >= 10 else f"{value:.3g} m"
