"""Automatic bandwidths for kernel density, each with a reason that can be read out.

No rule finds *the* bandwidth: the normal reference answers for one bell-shaped cloud, the two
cross-validations for new incidents of the same kind, the nearest neighbours for how far apart
incidents lie. They are starting points; a bandwidth that suits the decision may be better.

A bandwidth of one kernel becomes that of another by Marron and Nolan's canonical factor
(R(K) / mu2(K)^2)^(1/6), which gives both the same smoothing (the same trade of variance against
squared bias, asymptotically): R is the integral of K^2 and mu2 the variance along one axis.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.kernels import COMPACT, GAUSSIAN, NAMES
from hotspots.errors import UsageError
from hotspots.jit import compiled, in_parts

Array = NDArray[np.float64]
LeaveOut = Literal["auto", "incident", "location"]
Average = Literal["mean", "median"]

#: Cross-validation looks at every pair of points: this many distinct ones take a minute or so.
MAX_POINTS = 20_000
#: From this share of incidents on shared points on, likelihood leaves out whole locations.
SHARED_LIMIT = 0.05
#: Integral of the squared kernel, and variance along one axis, at bandwidth 1 in 2-D.
MOMENTS = MappingProxyType(
    {
        "quartic": (9 / (5 * math.pi), 1 / 8),
        "triweight": (16 / (7 * math.pi), 1 / 10),
        "epanechnikov": (4 / (3 * math.pi), 1 / 6),
        "triangular": (3 / (2 * math.pi), 3 / 20),
        "uniform": (1 / math.pi, 1 / 4),
        GAUSSIAN: (1 / (4 * math.pi), 1.0),
    }
)
_CANDIDATES = 24
_LIMITS_M = (1e-6, 1e9)
_MOST_WEIGHT = 1e12
_PART = 256
_NODES, _STEPS = 1024, 65_536


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


def canonical_factor(kernel: str) -> float:
    """Return how many Gaussian sigmas the bandwidth of a kernel must be to smooth alike.

    References
    ----------
    Marron, J. S. and Nolan, D. (1988), Canonical kernels for density estimation, Statistics and
    Probability Letters 7, 195-199. Silverman, B. W. (1986), Density Estimation for Statistics and
    Data Analysis, table 4.1, has the same 2.40, 2.78 and 3.12 for the Epanechnikov, quartic and
    triweight kernels in two dimensions.
    """
    if kernel not in MOMENTS:
        raise UsageError(f"kernel must be one of {', '.join(NAMES)}; got {kernel!r}.")
    (roughness, variance), (normal, _) = MOMENTS[kernel], MOMENTS[GAUSSIAN]
    return float((roughness / variance**2 / normal) ** (1 / 6))


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
    sample = _sample(xy, weights)
    spread = _spread(sample, robust=True)
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
    sample = _sample(xy, weights)

    def score(h: Array) -> Array:
        return -_lscv(sample, kernel, h)

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
    Duin, R. P. W. (1976), doi:10.1109/TC.1976.1674577. Silverman (1986), section 3.4.4.
    """
    sample = _sample(xy, weights)
    if leave_out == "auto":
        leave_out = "location" if sample.shared >= SHARED_LIMIT else "incident"
    share = 1 / sample.total if background is None else background

    def score(h: Array) -> Array:
        return _likelihood(sample, kernel, h, leave_out, share)

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
    sample = _sample(xy, weights)
    if average not in ("mean", "median"):
        raise UsageError(f"average must be mean or median; got {average!r}.")
    most = math.ceil(sample.total) - 1
    k = min(math.ceil(math.sqrt(sample.total)), most) if k is None else k
    if not (1 <= k <= most and float(k).is_integer()):
        raise UsageError(
            f"k must be a whole number from 1 to {most:,}, one less than the incidents; got {k!r}."
        )
    distance = _kth_distances(sample, int(k))
    if average == "mean":
        usual = float(distance @ sample.weights) / sample.total
    else:
        usual = _quantile(distance, sample.weights, 0.5)
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
    if method not in METHODS:
        raise UsageError(f"method must be one of {', '.join(METHODS)}; got {method!r}.")
    return METHODS[method](xy, kernel=kernel, weights=weights)


def lscv_scores(
    xy: ArrayLike,
    bandwidths_m: ArrayLike,
    kernel: str = "quartic",
    weights: ArrayLike | None = None,
) -> Array:
    """Return the least-squares cross-validation score of each bandwidth; lowest is best.

    The integral of f^2 minus (2 / n) sum_i f_-i(x_i), where f is the density estimate and f_-i the
    one without incident i: without bias, the integrated squared error less the integral of the
    true density squared. The integral is exact, from the kernel's convolution with itself: in
    closed form for the Gaussian, for the others from a table with an error below 2e-8 of its
    value at 0.

    Parameters
    ----------
    xy, kernel, weights
        As in ``normal_reference``. Of a weight below 1 all is left out, else one incident.
    bandwidths_m : array_like, shape (k,)
        Metres, in any order.

    Returns
    -------
    ndarray, shape (k,)
        Per m2.

    Raises
    ------
    UsageError
        As ``least_squares_cv``.
    """
    sample = _sample(xy, weights)
    h, back = np.unique(_bandwidths(bandwidths_m), return_inverse=True)
    return _lscv(sample, kernel, h / sample.unit_m)[back] / sample.unit_m**2


def likelihood_scores(
    xy: ArrayLike,
    bandwidths_m: ArrayLike,
    kernel: str = "quartic",
    weights: ArrayLike | None = None,
    leave_out: Literal["incident", "location"] = "incident",
    background: float = 0.0,
) -> Array:
    """Return the mean log density of each incident as the others foretell it; highest is best.

    With "location", all incidents at the incident's own point are left out: shared points would
    else foretell each other ever better as the bandwidth shrinks. The density is (1 - b) f_-i(x_i)
    + b / A, with b the background share and A the area of the square that has the incidents'
    spread, 6 (var x + var y): without it one incident out of reach of all others would make a
    bandwidth impossible, and isolated incidents alone would choose.

    Parameters
    ----------
    xy, bandwidths_m, kernel, weights
        As in ``lscv_scores``.
    leave_out : {"incident", "location"}
        What f_-i leaves out.
    background : float
        Share b, from 0 to below 1.

    Returns
    -------
    ndarray, shape (k,)
        Natural logarithm of a density per m2; minus infinity where an incident has density 0.

    Raises
    ------
    UsageError
        As ``likelihood_cv``.
    """
    sample = _sample(xy, weights)
    h, back = np.unique(_bandwidths(bandwidths_m), return_inverse=True)
    score = _likelihood(sample, kernel, h / sample.unit_m, leave_out, background)
    return score[back] - 2 * math.log(sample.unit_m)


@dataclass(frozen=True, eq=False)
class _Sample:
    """Distinct points from west to east, moved and shrunk into a box with a longer side of 1."""

    xy: Array
    weights: Array
    total: float
    unit_m: float
    shared: float


def _sample(xy: ArrayLike, weights: ArrayLike | None) -> _Sample:
    points = np.asarray(xy, dtype=np.float64)
    points = points.reshape(0, 2) if points.size == 0 else points
    if points.ndim != 2 or points.shape[1] != 2:
        raise UsageError(f"Coordinates must have shape (n, 2); got {points.shape}.")
    w = np.ones(len(points)) if weights is None else np.asarray(weights, dtype=np.float64)
    if w.shape != (len(points),):
        raise UsageError(
            f"weights must have one value a point ({len(points)}); got shape {w.shape}."
        )
    if not ((w >= 0) & (w <= _MOST_WEIGHT)).all():
        raise UsageError(
            f"weights must be numbers from 0 to {_MOST_WEIGHT:g}, incidents per point; got others."
        )
    if not (np.abs(points) <= _LIMITS_M[1]).all():
        raise UsageError(
            "A bandwidth can be chosen only from finite coordinates in metres; got NaN, infinity "
            f"or more than {_LIMITS_M[1]:g}: leave out the incidents without a place."
        )
    # by less than this share of the largest weight, rounding could leave nothing of the others
    kept = w > 1e-9 * w.max(initial=0.0)
    points, w = points[kept], w[kept]
    total = float(w.sum())
    unit = float(np.ptp(points, axis=0).max()) if len(points) else 0.0
    if total < 2 or unit < _LIMITS_M[0]:
        raise UsageError(
            "A bandwidth can be chosen only from at least two incidents at different points; got "
            f"{total:,.6g} at {'one point' if len(points) else 'none'}: take a longer period or "
            "give a bandwidth."
        )
    order = np.lexsort((points[:, 1], points[:, 0]))
    points, w = points[order], w[order]
    first = np.concatenate([[True], (np.diff(points, axis=0) != 0).any(axis=1)])
    held = np.bincount(np.cumsum(first) - 1, weights=w).astype(np.float64)
    distinct = (points[first] - points.min(axis=0)) / unit
    return _Sample(distinct, held, total, unit, float(held[held > 1].sum()) / total)


def _spread(sample: _Sample, robust: bool) -> float:
    """Root mean square of the two axes' spread."""
    mean = sample.weights @ sample.xy / sample.total
    spread: Array = sample.weights @ (sample.xy - mean) ** 2 / (sample.total - 1)
    if robust:
        for axis in (0, 1):
            order = np.argsort(sample.xy[:, axis])
            values, w = sample.xy[order, axis], sample.weights[order]
            between = (_quantile(values, w, 0.75) - _quantile(values, w, 0.25)) / 1.34
            if between > 0:
                spread[axis] = min(spread[axis], between**2)
    return math.sqrt(spread.mean())


def _quantile(values: Array, weights: Array, share: float) -> float:
    """Linear between order statistics, a value of weight 3 counting three times."""
    order = np.argsort(values)
    up_to = np.cumsum(weights[order])
    rank = share * (up_to[-1] - 1)
    near = np.searchsorted(up_to, [math.floor(rank), math.floor(rank) + 1], side="right")
    low, high = values[order][np.minimum(near, len(values) - 1)]
    return float(low + (high - low) * (rank - math.floor(rank)))


@dataclass(frozen=True, eq=False)
class _Search:
    best_m: float
    said: str
    at: int


def _search(
    sample: _Sample, kernel: str, candidates_m: ArrayLike | None, score: Callable[[Array], Array]
) -> _Search:
    """Return the candidate with the highest score; ``at`` is -1 or 1 at an end of the range."""
    top = 2 * canonical_factor(kernel) * _spread(sample, robust=False) * sample.total ** (-1 / 6)
    if candidates_m is None:
        h = np.geomspace(top / 100, top, _CANDIDATES)
    else:
        h = np.unique(_bandwidths(candidates_m)) / sample.unit_m
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


def _bandwidths(values_m: ArrayLike) -> Array:
    h = np.asarray(values_m, dtype=np.float64)
    if h.ndim != 1 or h.size == 0 or not ((h >= _LIMITS_M[0]) & (h <= _LIMITS_M[1])).all():
        raise UsageError(
            f"Bandwidths to compare must be a list of numbers from {_LIMITS_M[0]:g} to "
            f"{_LIMITS_M[1]:g} metres; got {values_m!r}."
        )
    return h


def _kth_distances(sample: _Sample, k: int) -> Array:
    """Return each point's distance to the k-th nearest other incident, shape (points,)."""
    from scipy.spatial import cKDTree

    tree = cKDTree(sample.xy)
    out = np.empty(len(sample.xy))
    for start in range(0, len(out), _PART):
        part = slice(start, start + _PART)
        count = min(k + 1, len(out))
        while True:
            distance, index = tree.query(sample.xy[part], range(1, count + 1))
            others = np.cumsum(sample.weights[index], axis=1)
            others -= np.minimum(sample.weights[part], 1.0)[:, None]
            # a hair of slack: the sum of fractional weights may fall short by rounding
            enough = others >= k * (1 - 1e-12)
            if count == len(out) or enough[:, -1].all():
                break
            count = min(2 * count, len(out))
        enough[:, -1] = True
        out[part] = distance[np.arange(len(distance)), enough.argmax(axis=1)]
    return out


def _lscv(sample: _Sample, kernel: str, h: Array) -> Array:
    """Score of ascending bandwidths, in the sample's units."""
    canonical_factor(kernel)
    _check_size(sample)
    x, y = np.ascontiguousarray(sample.xy.T)
    w, total = sample.weights, sample.total
    one = np.minimum(w, 1.0)
    alone = 1 / (total - one)
    form, table = _FORMS[kernel], np.zeros(2) if kernel == GAUSSIAN else _convolution(kernel)
    pairs = np.zeros((-(-len(x) // _PART), len(h)))

    def work(start: int, stop: int) -> None:
        _sum_pairs(x, y, w, alone, h, form, table, start, stop, pairs[start // _PART])

    in_parts(work, len(x), _PART)
    own = MOMENTS[kernel][0] * (w @ w) / total**2
    shared = 2 * _value(form, 0.0) * (w @ ((w - one) * alone)) / total
    score: Array = (own - shared + pairs.sum(axis=0) / total) / h**2
    return score


def _likelihood(sample: _Sample, kernel: str, h: Array, leave_out: str, background: float) -> Array:
    """Score of ascending bandwidths, in the sample's units."""
    canonical_factor(kernel)
    _check_size(sample)
    if leave_out not in ("incident", "location"):
        raise UsageError(f"leave_out must be incident or location; got {leave_out!r}.")
    if not 0 <= background < 1:
        raise UsageError(f"background must be a share from 0 to below 1; got {background!r}.")
    x, y = np.ascontiguousarray(sample.xy.T)
    w, total, form = sample.weights, sample.total, _FORMS[kernel]
    # with no background the far tail decides how unlikely an isolated incident is
    reach = 1.0 if kernel != GAUSSIAN else np.inf if background == 0 else _REACH
    near = np.zeros((len(x), len(h)))

    def work(start: int, stop: int) -> None:
        _sum_near(x, y, w, h, form, reach, start, stop, near)

    in_parts(work, len(x), _PART)
    out = w if leave_out == "location" else np.minimum(w, 1.0)
    near += _value(form, 0.0) * (w - out)[:, None]
    density = near / (total - out)[:, None] / h**2
    area = 6 * float((w @ (sample.xy - w @ sample.xy / total) ** 2).sum()) / total
    with np.errstate(divide="ignore"):
        score: Array = w @ np.log((1 - background) * density + background / area) / total
    return score


def _check_size(sample: _Sample) -> None:
    if len(sample.xy) > MAX_POINTS:
        raise UsageError(
            f"Cross-validation looks at every pair, so it must have at most {MAX_POINTS:,} points; "
            f'got {len(sample.xy):,}: take a shorter period, a random part, or method "normal".'
        )


# a form of 0 or more is the p in (p + 1) / pi (1 - t^2)^p
_CONE, _NORMAL = -1, -2
_FORMS = {
    "uniform": 0,
    "epanechnikov": 1,
    "quartic": 2,
    "triweight": 3,
    "triangular": _CONE,
    GAUSSIAN: _NORMAL,
}
#: Sigmas at which the Gaussian is exp(-40) of its peak, less than the rounding of the sums.
_REACH = math.sqrt(80.0)


@compiled
def _value(form: int, t: float) -> float:
    """The kernel at t bandwidths, for t below its reach."""
    if form == _NORMAL:
        return math.exp(-t * t / 2) / (2 * math.pi)
    if form == _CONE:
        return 3 / math.pi * (1 - t)
    value = (form + 1) / math.pi
    for _ in range(form):
        value *= 1 - t * t
    return value


@compiled
def _sum_near(
    x: Array,
    y: Array,
    w: Array,
    h: Array,
    form: int,
    reach: float,
    start: int,
    stop: int,
    near: Array,
) -> None:
    """Add the kernels of all other points up in rows start..stop of ``near``; x, h ascend."""
    for i in range(start, stop):
        for step in (-1, 1):
            j = i + step
            while 0 <= j < len(x) and abs(x[j] - x[i]) < reach * h[-1]:
                d = math.sqrt((x[j] - x[i]) ** 2 + (y[j] - y[i]) ** 2)
                k = len(h) - 1
                while k >= 0 and d < reach * h[k]:
                    near[i, k] += w[j] * _value(form, d / h[k])
                    k -= 1
                j += step


@compiled
def _sum_pairs(
    x: Array,
    y: Array,
    w: Array,
    alone: Array,
    h: Array,
    form: int,
    table: Array,
    start: int,
    stop: int,
    total: Array,
) -> None:
    """Add what each pair gives to the score of each bandwidth; i is in start..stop, j > i."""
    normal = form == _NORMAL
    reach, own = (_REACH * math.sqrt(2.0), _REACH) if normal else (2.0, 1.0)
    scale, n = (len(table) - 1) / 2, w.sum()
    for i in range(start, stop):
        j = i + 1
        while j < len(x) and x[j] - x[i] < reach * h[-1]:
            d = math.sqrt((x[j] - x[i]) ** 2 + (y[j] - y[i]) ** 2)
            both, left = w[i] * w[j] * 2 / n, w[i] * w[j] * 2 * (alone[i] + alone[j])
            k = len(h) - 1
            while k >= 0 and d < reach * h[k]:
                t = d / h[k]
                if normal:
                    wide = math.exp(-t * t / 4)
                    total[k] += (both / 2 * wide - left * wide * wide) / (2 * math.pi)
                else:
                    at = min(int(t * scale), len(table) - 2)
                    rise = table[at + 1] - table[at]
                    total[k] += both * (table[at] + rise * (t * scale - at))
                    if t < own:
                        total[k] -= left * _value(form, t)
                k -= 1
            j += 1


@cache
def _convolution(kernel: str) -> Array:
    """Tabulate a compact kernel's convolution with itself at equal steps of distance, 0 to 2.

    It is first integrated at equal steps of s = sqrt(1 - distance / 2), in which it is smooth also
    where it leaves 0, then interpolated by cubics to a table fine enough for straight lines.
    """
    s = np.arange(_NODES + 1) / _NODES
    coarse = _lens_integral(kernel, 2 * (1 - s * s))
    at = np.sqrt(1 - np.arange(_STEPS + 1) / _STEPS) * _NODES
    i = np.clip(at.astype(np.intp) - 1, 0, _NODES - 3)
    f = at - i
    outer = coarse[i + 3] * f * (f - 1) * (f - 2) - coarse[i] * (f - 1) * (f - 2) * (f - 3)
    inner = coarse[i + 1] * f * (f - 2) * (f - 3) - coarse[i + 2] * f * (f - 1) * (f - 3)
    table: Array = outer / 6 + inner / 2
    return table


def _lens_integral(kernel: str, distance: Array) -> Array:
    """Integrate the product of two kernels of radius 1 over the lens both cover.

    Half the lens is x = cos(a), y = r sin(a) with r from -1 to 1. The Gauss-Legendre rules are
    graded towards the other kernel's centre, where a cone has its tip.
    """
    node, weight = np.polynomial.legendre.leggauss(24)
    r, weight = ((node + 1) / 2) ** 2, weight * (node + 1) / 2
    apart = distance[:, None, None]
    tip = np.arccos(np.minimum(apart, 1.0))
    profile = COMPACT[kernel]
    total = np.zeros(distance.shape)
    for end in (np.zeros(apart.shape), np.arccos(apart / 2)):
        angle = tip + (end - tip) * r[:, None]
        y2 = (r * np.sin(angle)) ** 2
        both = profile(np.cos(angle) ** 2 + y2) * profile((np.cos(angle) - apart) ** 2 + y2)
        area = 4 * np.sin(angle) ** 2 * np.abs(end - tip) * weight[:, None] * weight
        total += (both * area).sum(axis=(1, 2))
    return total
