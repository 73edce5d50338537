"""Funnel limits: which areas differ from one rate by more than chance; exact Poisson intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincc, gammaincinv, ndtri

from hotspots.clustering.checks import one_of, real
from hotspots.clustering.numbers import floats
from hotspots.clustering.rates import LEAST, MOST, PER, known_areas, spread, tail_of
from hotspots.errors import UsageError

Array = NDArray[np.float64]
Limits = Literal["exact", "interpolated"]
Overdispersion = Literal["none", "plain", "winsorised"]

#: Share of the areas whose z is drawn in at each end, as Spiegelhalter has it.
WINSORISED = 0.10
#: Above any mean squared z that counts, residents and targets within their limits can have.
MOST_PHI = 1e40


@dataclass(frozen=True, eq=False)
class Funnel:
    """Which areas differ from one rate by more than chance; arrays of shape (n,).

    Areas in ``excluded`` have NaN, and flag 0.

    Attributes
    ----------
    rate, target : ndarray, float
        Incidents per 1,000 residents, and the rate they are compared with.
    expected : ndarray
        Incidents of an area at the target rate.
    lower, upper : ndarray, shape (levels, n)
        Limits per 1,000 residents, one row a level.
    z_score : ndarray
        (count - expected) / sqrt(expected), before over-dispersion.
    phi : float
        Estimated over-dispersion: the mean squared z (winsorised if so asked), 1 by chance alone.
        Limits are wider by its root if over-dispersion was asked for and it is above 1.
    flag : ndarray of int
        How many levels' limits the area lies outside: above 0 high, below 0 low.
    excluded : tuple of int
        Positions whose population is 0 or missing.
    """

    rate: Array
    target: float
    expected: Array
    lower: Array
    upper: Array
    z_score: Array
    phi: float
    flag: NDArray[np.int64]
    excluded: tuple[int, ...]


def funnel(
    counts: ArrayLike,
    population: ArrayLike,
    target: float | None = None,
    levels: float | Sequence[float] = (0.95, 0.998),
    limits: Limits = "exact",
    overdispersion: Overdispersion = "none",
) -> Funnel:
    """Compare areas' rates with one rate, allowing small areas more chance than large ones.

    Parameters
    ----------
    counts, population : array_like, shape (n,)
        As for ``empirical_bayes``; counts are whole numbers.
    target : float, optional
        Rate per 1,000 residents, 1e-6 to 1e9; by default all incidents over all residents.
    levels, limits
        As for :func:`funnel_limits`.
    overdispersion : {"none", "plain", "winsorised"}
        Wards differ by more than chance: with "none" most town centres lie outside. "plain" widens
        the limits by the root of the mean squared z, "winsorised" first draws the lowest and
        highest tenth of z in to the 10 % and 90 % points, so that the outliers sought do not widen
        the limits that should show them.

    Raises
    ------
    UsageError
        As for ``empirical_bayes`` and ``funnel_limits``, if a count is not whole, the target is
        out of its range, or at the target rate an area would have more than 1e9 incidents.

    References
    ----------
    Spiegelhalter, D. J. (2005), Funnel plots for comparing institutional performance,
    doi:10.1002/sim.1970.
    """
    y, people, known = known_areas(counts, population)
    if (y % 1 != 0).any():
        raise UsageError("A funnel's counts must be whole numbers; got others: give incidents.")
    if target is not None and not LEAST <= real(target) <= MOST:
        raise UsageError(
            f"target must be a rate per 1,000 residents from 1e-6 to 1e9; got {target!r}."
        )
    one_of("overdispersion", overdispersion, ("none", "plain", "winsorised"))
    at = np.flatnonzero(known)
    y, people = y[at], people[at]
    rate = y.sum() / (people.sum() or 1.0) if target is None else target / PER
    expected = _expected(rate, people)
    root = np.sqrt(expected)
    z = np.divide(y - expected, root, out=np.zeros(at.size), where=root > 0)
    phi = _phi(z, overdispersion)
    wider = 1.0 if overdispersion == "none" else max(phi, 1.0)
    lower, upper = funnel_limits(expected, levels, limits, wider)
    flag = np.zeros(known.size, dtype=np.int64)
    flag[at] = (y > upper).sum(axis=0) - (y < lower).sum(axis=0)
    return Funnel(
        rate=spread(PER * y / people, at, known.size),
        target=float(PER * rate),
        expected=spread(expected, at, known.size),
        lower=spread(PER * lower / people, at, known.size),
        upper=spread(PER * upper / people, at, known.size),
        z_score=spread(z, at, known.size),
        phi=phi,
        flag=flag,
        excluded=tuple(np.flatnonzero(~known).tolist()),
    )


def _expected(rate: float, people: Array) -> Array:
    expected = rate * people
    most = float(expected.max(initial=0.0))
    if most > MOST:
        raise UsageError(
            "At the target rate an area must have at most 1e9 incidents; got "
            f"{most:g} at {PER * rate:g} per 1,000 residents: check the target and the population."
        )
    return expected


def _phi(z: Array, overdispersion: str) -> float:
    if z.size == 0:
        return 1.0
    if overdispersion == "winsorised":
        z = np.clip(z, *np.quantile(z, [WINSORISED, 1 - WINSORISED]))
    return float((z * z).mean())


def funnel_limits(
    expected: ArrayLike,
    levels: float | Sequence[float] = (0.95, 0.998),
    limits: Limits = "exact",
    phi: float = 1.0,
) -> tuple[Array, Array]:
    """Return the counts between which chance leaves an area, from the Poisson distribution.

    Parameters
    ----------
    expected : array_like, shape (n,)
        Incidents expected, 0 to 1e9.
    levels : float or sequence of float
        Share of areas between the limits, between 0 and 1; half of the rest beyond either. One
        number is one level.
    limits : {"exact", "interpolated"}
        "exact": the quantiles themselves, whole numbers; a count outside has at most the stated
        chance. "interpolated": Spiegelhalter's smooth curve, q - (F(q) - p) / (F(q) - F(q - 1))
        for the quantile q of p and the distribution F, not below 0. It is for drawing: a count of
        q is outside it although its chance is more than stated.
    phi : float
        Over-dispersion, 1 to 1e40: limits move away from ``expected`` by sqrt(phi), not below 0.

    Returns
    -------
    lower, upper : ndarray, shape (levels, n)
        Counts; those equal to a limit lie within.

    Raises
    ------
    UsageError
        If a number is not as above.

    References
    ----------
    Spiegelhalter, D. J. (2005), appendix A.1, doi:10.1002/sim.1970.
    """
    mean = floats("expected", expected)
    if mean.ndim != 1 or not ((mean >= 0) & (mean <= MOST)).all():
        raise UsageError("expected must be a row of numbers from 0 to 1e9; got others.")
    if not 1 <= real(phi) <= MOST_PHI:
        raise UsageError(f"phi must be a number from 1 to 1e40; got {phi!r}: take 1 for none.")
    one_of("limits", limits, ("exact", "interpolated"))
    each = np.atleast_1d(floats("levels", levels)).ravel().tolist()
    tails = np.array([tail_of("Each of levels", level) for level in each]).reshape(-1, 1)
    quantile = _quantile if limits == "exact" else _between_counts
    low, high = quantile(tails, mean), quantile(1 - tails, mean)
    # a few expected incidents can exceed even the upper limit of a low level: it stays there
    more = float(np.sqrt(phi)) - 1
    lower = low - more * np.maximum(mean - low, 0.0)
    return np.maximum(lower, 0.0), high + more * np.maximum(high - mean, 0.0)


def poisson_interval(counts: ArrayLike, level: float = 0.95) -> tuple[Array, Array]:
    """Return the exact interval of a Poisson mean whose count was observed.

    Its lower end is 0 for a count of 0; it holds the mean with at least the stated chance.

    Parameters
    ----------
    counts : array_like, any shape
        At least 0, at most 1e9.
    level : float
        Between 0 and 1.

    Raises
    ------
    UsageError
        If a number is not as above.

    References
    ----------
    Garwood, F. (1936), Fiducial limits for the Poisson distribution,
    doi:10.1093/biomet/28.3-4.437.
    """
    y = floats("counts", counts)
    if not ((y >= 0) & (y <= MOST)).all():
        raise UsageError("Counts must be numbers from 0 to 1e9; got negative, NaN or larger ones.")
    tail = tail_of("level", level)
    lower = np.where(y > 0, gammaincinv(np.maximum(y, 1e-300), tail), 0.0)
    return lower, gammaincinv(y + 1, 1 - tail)


def _quantile(p: Array, mean: Array) -> Array:
    """Return the smallest count whose Poisson distribution function is at least p."""
    z = ndtri(p)
    count: Array = np.floor(np.maximum(mean + z * np.sqrt(mean) + (z * z - 1) / 6, 0.0))
    while (low := _at_most(count, mean) < p).any():
        count = count + low
    while (high := (count > 0) & (_at_most(count - 1, mean) >= p)).any():
        count = count - high
    return count


def _between_counts(p: Array, mean: Array) -> Array:
    count = _quantile(p, mean)
    up, below = _at_most(count, mean), _at_most(count - 1, mean)
    part = np.divide(up - p, up - below, out=np.zeros(up.shape), where=up > below)
    return np.maximum(count - part, 0.0)


def _at_most(count: Array, mean: Array) -> Array:
    found: Array = np.where(count < 0, 0.0, gammaincc(np.maximum(count, 0.0) + 1, mean))
    return found
