"""Whether two counts differ in their rate: the exact conditional test of two Poisson counts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.checks import one_of
from hotspots.clustering.discrete import _binomial_upper, _log_binomial
from hotspots.clustering.kinds import ALTERNATIVES, Alternative
from hotspots.clustering.numbers import floats
from hotspots.clustering.rates import tail_of
from hotspots.errors import UsageError
from hotspots.jit import compiled

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
#: Counts above this are slips.
MOST = 1e9
#: One exposure may be so many times the other.
WIDEST = 1e9
#: Outcomes whose likelihoods differ by less than this, relatively, are equally likely.
_TIE = math.log1p(1e-7)
#: What the compiled loop knows the alternatives by.
_CODES = {name: code for code, name in enumerate(ALTERNATIVES)}


@dataclass(frozen=True, eq=False)
class TwoCounts:
    """Pairs of counts compared; arrays of the shape the four inputs make together.

    Attributes
    ----------
    ratio : ndarray
        The second rate over the first: above 1 for a rise. Infinite where the first count is 0,
        NaN where both are.
    p_value : ndarray
        Of the alternative asked for; 1 where both counts are 0.
    interval : tuple of two ndarrays
        Lower and upper end of the exact interval of the ratio, two-sided whatever the
        alternative; 0 to infinity where both counts are 0.
    """

    ratio: Array
    p_value: Array
    interval: tuple[Array, Array]


def two_counts(
    first: ArrayLike,
    second: ArrayLike,
    exposure_first: ArrayLike = 1.0,
    exposure_second: ArrayLike = 1.0,
    alternative: Alternative = "two-sided",
    level: float = 0.95,
) -> TwoCounts:
    """Test whether the second count's rate differs from the first one's.

    Of n incidents in all, as many as Binomial(n, e2 / (e1 + e2)) are among the second if the
    rates are equal; so the test needs no estimate of the rate and is exact for small counts. Two-
    sided p is the chance of all splits that are no likelier than the one observed. The interval
    is Clopper and Pearson's for that share, turned into a ratio of rates; it holds the ratio with
    at least the stated chance, and can hold 1 where the two-sided p is just below 1 - level.

    The counts are taken to be Poisson: incidents that do not depend on each other. Recorded
    incidents often come in runs (one evening, one offender, one way of recording) and vary more
    than that, so a small p says that the counts differ, not why, and it is somewhat too small.

    Parameters
    ----------
    first, second : array_like of whole numbers
        Counts from 0 to 1e9; NaN is "not known" and gives NaN everywhere. The inputs are
        broadcast against each other; empty input gives empty arrays.
    exposure_first, exposure_second : array_like
        What each count was taken over (days, residents, km2), in one unit: finite and above 0,
        and at most 1e9 times the other.
    alternative : {"two-sided", "greater", "less"}
        "greater" asks whether the second rate is the higher one.
    level : float
        Of the interval, between 0 and 1.

    Raises
    ------
    UsageError
        If a number is not as above, or the shapes do not fit together.

    References
    ----------
    Przyborowski, J. and Wilenski, H. (1940), Homogeneity of results in testing samples from
    Poisson series, doi:10.1093/biomet/31.3-4.313. Clopper, C. J. and Pearson, E. S. (1934),
    doi:10.1093/biomet/26.4.404.
    """
    one_of("alternative", alternative, ALTERNATIVES)
    tail = tail_of("level", level)
    x1, x2, e1, e2 = _checked(first, second, exposure_first, exposure_second)
    known = ~(np.isnan(x1) | np.isnan(x2))
    a, b, over = x1[known], x2[known], e1[known] / e2[known]
    p = np.empty(a.size)
    share = e2[known] / (e1[known] + e2[known])
    _conditional(b.astype(np.int64), (a + b).astype(np.int64), share, _CODES[alternative], p)
    lower, upper = _odds_interval(a, b, tail)
    ratio = np.divide(b, a, out=np.where(b > 0, np.inf, np.nan), where=a > 0) * over

    def spread(flat: Array) -> Array:
        out = np.full(known.shape, np.nan)
        out[known] = flat
        return out

    return TwoCounts(spread(ratio), spread(p), (spread(lower * over), spread(upper * over)))


def _checked(
    first: ArrayLike, second: ArrayLike, exposure_first: ArrayLike, exposure_second: ArrayLike
) -> list[Array]:
    counts = [floats("first", first), floats("second", second)]
    for name, given in zip(("first", "second"), counts, strict=True):
        known = given[~np.isnan(given)]
        if not ((known >= 0) & (known <= MOST) & (known == np.floor(known))).all():
            raise UsageError(
                f"{name} must be whole numbers from 0 to 1e9, or NaN where not known; got others."
            )
    exposures = [
        floats("exposure_first", exposure_first),
        floats("exposure_second", exposure_second),
    ]
    if not all(((e > 0) & (e < np.inf)).all() for e in exposures):
        raise UsageError("Exposures must be finite numbers above 0; got others: check the input.")
    try:
        together = np.broadcast_arrays(*counts, *exposures)
    except ValueError:
        shapes = ", ".join(str(given.shape) for given in (*counts, *exposures))
        raise UsageError(
            f"Counts and exposures must have shapes that fit together; got {shapes}."
        ) from None
    e1, e2 = together[2:]
    if not ((e1 <= WIDEST * e2) & (e2 <= WIDEST * e1)).all():
        raise UsageError(
            "One exposure must be at most 1e9 times the other; got more: give both in one unit."
        )
    return [np.asarray(given) for given in together]


def _odds_interval(a: Array, b: Array, tail: float) -> tuple[Array, Array]:
    """Return the interval of share / (1 - share) of the second count, b of a + b."""
    from scipy.special import betaincinv

    # share and 1 - share each from their own side: near 1 the one would be lost in the other
    some = np.maximum(b, 1.0)
    low = betaincinv(some, a + 1, tail) / betaincinv(a + 1, some, 1 - tail)
    rest = np.maximum(a, 1.0)
    high = betaincinv(b + 1, rest, 1 - tail) / betaincinv(rest, b + 1, tail)
    return np.where(b > 0, low, 0.0), np.where(a > 0, high, np.inf)


@compiled
def _conditional(count: Whole, trials: Whole, share: Array, alternative: int, p: Array) -> None:
    """Write the p-value of each count of Binomial(trials, share) to ``p``.

    The alternative is its place in ``ALTERNATIVES``.
    """
    for i in range(count.size):
        x, n, chance = count[i], trials[i], share[i]
        if alternative == 0:
            p[i] = _binomial_upper(x, n, chance)
        elif alternative == 1:
            p[i] = _binomial_upper(n - x, n, 1 - chance)
        elif x > n * chance:
            p[i] = _no_likelier(x, n, chance)
        elif x < n * chance:
            p[i] = _no_likelier(n - x, n, 1 - chance)
        else:
            p[i] = 1.0


@compiled
def _no_likelier(x: int, n: int, chance: float) -> float:
    """Return the chance of all outcomes at most as likely as x, which is above the mean."""
    most = _log_binomial(x, n, chance, 1 - chance) + _TIE
    # below the mean likelihoods rise: find how many outcomes from 0 on are unlikely enough
    low, high = 0, math.floor(n * chance) + 1
    while low < high:
        middle = (low + high) // 2
        if _log_binomial(middle, n, chance, 1 - chance) <= most:
            low = middle + 1
        else:
            high = middle
    above = _binomial_upper(x, n, chance)
    if low == 0:
        return above
    return min(above + _binomial_upper(n - low + 1, n, 1 - chance), 1.0)
