"""Rates of small areas, steadied by the rates around them: empirical Bayes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv

from hotspots.clustering.checks import real
from hotspots.clustering.numbers import floats
from hotspots.clustering.polygons import Links, Neighbours, links, values_of_polygons
from hotspots.errors import UsageError

Array = NDArray[np.float64]

PER = 1_000
#: Counts and populations above this are slips; below it sums keep their digits.
MOST = 1e9
#: A population below this is a slip, and its rate would overflow.
LEAST = 1e-6


@dataclass(frozen=True, eq=False)
class EmpiricalBayes:
    """Rates per 1,000 residents; arrays of shape (n,), NaN for the areas in ``excluded``.

    Attributes
    ----------
    raw : ndarray
        Incidents per 1,000 residents.
    rate : ndarray
        The raw rate drawn towards ``reference``, the more the fewer the residents.
    lower, upper : ndarray
        Credible interval; it always holds ``rate``.
    shrinkage : ndarray
        Weight of the area's own raw rate, 0 (the reference alone) to 1 (not drawn in).
    reference : ndarray
        The pooled rate of all areas, or of the area and its neighbours.
    excluded : tuple of int
        Positions whose population is 0 or missing. Neither their incidents nor their residents
        count anywhere.
    islands : tuple of int
        Positions without a neighbour that has a population: all areas are their reference. Empty
        where no neighbours were given.
    """

    raw: Array
    rate: Array
    lower: Array
    upper: Array
    shrinkage: Array
    reference: Array
    excluded: tuple[int, ...]
    islands: tuple[int, ...]


def empirical_bayes(
    counts: ArrayLike,
    population: ArrayLike,
    neighbours: Neighbours | None = None,
    level: float = 0.95,
) -> EmpiricalBayes:
    """Return rates that a few incidents among few residents cannot throw about.

    With m the pooled rate and A the variance of the true rates by the method of moments,

    A = max(0, sum_i n_i (r_i - m)^2 / sum_i n_i - m / mean(n)),  C_i = A / (A + m / n_i),

    the rate is m + C_i (r_i - m). With ``neighbours`` m and A are those of each area and its
    neighbours. The rate is the mean of the gamma distribution that a gamma prior (mean m, variance
    A) becomes after the area's incidents; its variance is C_i rate_i / n_i. The interval is that
    of a gamma distribution with this mean and a variance larger by (1 - C_i)^2 (var(m) + se(A)),
    as m and A are estimates: var(m) = m / N + A sum n_i^2 / N^2, N = sum n_i, and se(A) =
    (A + m / mean(n)) sqrt(2 / areas). Simulated with 7 and 35 areas of 3 to 60 incidents, 95 %
    intervals held the true rate in 93 to 100 of 100; without the addition, where areas hardly
    differ, in 27 to 55.

    Parameters
    ----------
    counts : array_like, shape (n,)
        Incidents, at least 0.
    population : array_like, shape (n,)
        Residents (or homes, or person-years), 0 or from 1e-6. Areas with 0 or NaN are left out and
        listed in ``excluded``.
    neighbours : sequence of sequences of int, length n, optional
        Each area's neighbours by position, without itself: the spatial form. Without them, the
        global one.
    level : float
        Of the interval, between 0 and 1.

    Returns
    -------
    EmpiricalBayes
        Where no incident is known in the reference, the rate is 0, the lower limit 0, and the
        upper one the exact limit of none among its residents. Empty input gives empty arrays.

    Raises
    ------
    UsageError
        If lengths differ, a count is NaN, a number is negative, infinite or above 1e9, a
        population is between 0 and 1e-6, or ``level`` is not between 0 and 1.

    References
    ----------
    Marshall, R. J. (1991), Mapping disease and mortality rates using empirical Bayes estimators,
    doi:10.2307/2347593. That estimates in the prior must widen the interval: Morris, C. N. (1983),
    Parametric empirical Bayes inference, doi:10.1080/01621459.1983.10477920.
    """
    y, people, known = known_areas(counts, population)
    tail = tail_of("level", level)
    at = np.flatnonzero(known)
    prior = _pooled(y[at], people[at])
    alone = np.zeros(at.size, dtype=bool)
    if neighbours is not None:
        near = _known_links(neighbours, known)
        alone = near.sizes == 0
        local = _around(y[at], people[at], near)
        prior = _Prior(*(np.where(alone, a, b) for a, b in zip(prior, local, strict=True)))
    found = _posterior(y[at], people[at], prior, tail)
    raw, rate, lower, upper, reference = (spread(PER * x, at, y.size) for x in found[1:])
    return EmpiricalBayes(
        raw=raw,
        rate=rate,
        lower=lower,
        upper=upper,
        shrinkage=spread(found[0], at, y.size),
        reference=reference,
        excluded=tuple(np.flatnonzero(~known).tolist()),
        islands=tuple(at[alone].tolist()),
    )


class _Prior(NamedTuple):
    """Of each area's reference: pooled rate, variance of true rates, its own doubt, residents."""

    mean: Array
    variance: Array
    doubt: Array
    people: Array


def _prior(mean: Array, seen: Array, people: Array, squares: Array, areas: Array) -> _Prior:
    """Return Marshall's moments, and the variance that estimating them adds."""
    by_chance = mean * areas / people
    variance = np.maximum(seen - by_chance, 0.0)
    of_mean = mean / people + variance * squares / people**2
    of_variance = (variance + by_chance) * np.sqrt(2 / areas)
    return _Prior(mean, variance, of_mean + of_variance, people)


def _pooled(y: Array, people: Array) -> _Prior:
    every = np.ones(y.size)
    total = every * people.sum()
    mean = y.sum() / total
    seen = (people * (y / people - mean) ** 2).sum() / total
    return _prior(mean, seen, total, every * (people**2).sum(), every * y.size)


def _around(y: Array, people: Array, near: Links) -> _Prior:
    total = people + near.sums(people)
    mean = (y + near.sums(y)) / total
    rate = y / people
    # from the deviations themselves: a difference of sums of squares would lose its digits
    far = people[near.other] * (rate[near.other] - mean[near.owner]) ** 2
    seen = people * (rate - mean) ** 2 + np.bincount(near.owner, far, minlength=y.size)
    squares = people**2 + near.sums(people**2)
    return _prior(mean, seen / total, total, squares, (near.sizes + 1).astype(np.float64))


def _posterior(y: Array, people: Array, prior: _Prior, tail: float) -> tuple[Array, ...]:
    """Return each area's weight, raw rate, rate, its limits, and the reference's rate."""
    raw = y / people
    chance = prior.variance + prior.mean / people
    weight = np.divide(prior.variance, chance, out=np.zeros(y.size), where=chance > 0)
    rate = prior.mean + weight * (raw - prior.mean)
    wide = weight * rate / people + (1 - weight) ** 2 * prior.doubt
    some = (rate > 0) & (wide > 0)
    scale = np.divide(wide, rate, out=np.ones(y.size), where=some)
    shape = np.divide(rate, scale, out=np.ones(y.size), where=some)
    lower = np.where(some, scale * gammaincinv(shape, tail), 0.0)
    none = gammaincinv(1.0, 1 - tail) / prior.people
    # of a very skewed distribution even the mean can lie above the upper limit
    upper = np.where(some, np.maximum(scale * gammaincinv(shape, 1 - tail), rate), none)
    return weight, raw, rate, lower, upper, prior.mean


def known_areas(counts: ArrayLike, population: ArrayLike) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Return counts, population, and which areas have one; copies, checked."""
    people = np.array(floats("population", population))
    if people.ndim != 1:
        raise UsageError(f"population must be a row of numbers; got shape {people.shape}.")
    y = values_of_polygons("counts", counts, people.size)
    if not ((y >= 0) & (y <= MOST)).all():
        raise UsageError("Counts must be from 0 to 1e9; got negative or larger ones.")
    if ((people < 0) | (people > MOST) | ((people > 0) & (people < LEAST))).any():
        raise UsageError(
            "Population must be 0, or from 1e-6 to 1e9, or NaN where it is not known; got others: "
            "give residents."
        )
    return y, people, people > 0


def _known_links(neighbours: Neighbours, known: NDArray[np.bool_]) -> Links:
    """Return the neighbours among the areas whose population is known, renumbered."""
    whole = links(neighbours)
    if whole.sizes.size != known.size:
        raise UsageError(
            f"neighbours must have one list an area ({known.size}); got {whole.sizes.size}."
        )
    both = known[whole.owner] & known[whole.other]
    number = np.cumsum(known) - 1
    owner, other = number[whole.owner[both]], number[whole.other[both]]
    return Links(owner, other, np.bincount(owner, minlength=int(known.sum())))


def spread(found: Array, at: NDArray[np.intp], n: int) -> Array:
    """Put values at their areas' positions, NaN at the others."""
    out = np.full((*found.shape[:-1], n), np.nan)
    out[..., at] = found
    return out


def tail_of(name: str, level: float) -> float:
    """Return the chance beyond either end of an interval of this level."""
    share = real(level)
    if not 0 < share <= 1 - 1e-9:
        raise UsageError(f"{name} must lie between 0 and 1, such as 0.95; got {level!r}.")
    return (1 - share) / 2
