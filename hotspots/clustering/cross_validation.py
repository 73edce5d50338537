"""Cross-validation scores of bandwidths for kernel density: how well incidents foretell each other.

Both look at every pair of distinct points.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.checks import one_of
from hotspots.clustering.kernels import COMPACT, GAUSSIAN, MOMENTS, check_kernel
from hotspots.clustering.sample import Sample, checked_bandwidths, sample_of
from hotspots.errors import UsageError
from hotspots.jit import compiled, in_parts

Array = NDArray[np.float64]

#: The most distinct points. 10,000 take 8 s by least squares and 4 s by likelihood with the quartic
#: kernel, 20 and 45 s with the Gaussian, on two processors that are busy with other work as well;
#: twice as many points take four times as long.
MAX_POINTS = 20_000
_PART = 256
_NODES, _STEPS = 1024, 65_536


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
    sample = sample_of(xy, weights)
    h, back = np.unique(checked_bandwidths(bandwidths_m), return_inverse=True)
    return least_squares(sample, kernel, h / sample.unit_m)[back] / sample.unit_m**2


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
    sample = sample_of(xy, weights)
    h, back = np.unique(checked_bandwidths(bandwidths_m), return_inverse=True)
    score = likelihood(sample, kernel, h / sample.unit_m, leave_out, background)
    return score[back] - 2 * math.log(sample.unit_m)


def least_squares(sample: Sample, kernel: str, h: Array) -> Array:
    """Score of ascending bandwidths, in the sample's units."""
    check_kernel(kernel)
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


def likelihood(sample: Sample, kernel: str, h: Array, leave_out: str, background: float) -> Array:
    """Score of ascending bandwidths, in the sample's units."""
    check_kernel(kernel)
    _check_size(sample)
    one_of("leave_out", leave_out, ("incident", "location"))
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


def _check_size(sample: Sample) -> None:
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
