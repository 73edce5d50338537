"""How sure a back-test is: bootstrap over blocks of periods, and verdicts that need it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.checks import whole
from hotspots.clustering.numbers import floats
from hotspots.errors import UsageError

Array = NDArray[np.float64]
Verdict = Literal["better", "worse", "no clear difference"]
DRAWS = 2000
#: Fewer origins than this cannot tell how much they vary: no interval, so no verdict.
LEAST_ORIGINS = 5


@dataclass(frozen=True)
class Interval:
    """A value and its 95 % interval; NaN ends where there are too few origins to say.

    Attributes
    ----------
    value, low, high : float
    """

    value: float
    low: float
    high: float

    def verdict(self) -> Verdict:
        """Return "better" or "worse" only where the whole interval of a difference says so."""
        if self.low > 0:
            return "better"
        return "worse" if self.high < 0 else "no clear difference"


def block_draws(origins: int, block: int, draws: int = DRAWS, seed: int = 0) -> NDArray[np.intp]:
    """Return draws of origins for a circular moving-block bootstrap, shape (draws, origins).

    Origins that follow one another are alike, and those that judge several periods share them:
    whole blocks are drawn, which keeps that likeness. The blocks wrap round the end.

    References
    ----------
    Kuensch, H. R. (1989), doi:10.1214/aos/1176347265. Politis, D. N. and Romano, J. P. (1992), A
    circular block-resampling procedure for stationary data, in: Exploring the Limits of Bootstrap.
    """
    whole("origins", origins)
    whole("block", block)
    size = min(block, origins)
    rng = np.random.default_rng(seed)
    start = rng.integers(0, origins, (draws, math.ceil(origins / size)))
    drawn = (start[:, :, None] + np.arange(size)) % origins
    return drawn.reshape(draws, -1)[:, :origins].astype(np.intp)


def pooled_interval(
    above: ArrayLike, below: ArrayLike, block: int, draws: int = DRAWS, seed: int = 0
) -> Interval:
    """Return sum(above) / sum(below) over the origins, with its block-bootstrap interval.

    Parameters
    ----------
    above, below : array_like, shape (origins,)
        For a hit rate, hits and incidents at each origin. NaN is refused.
    block : int
        Origins drawn together.
    """
    a, b = _pair(above, below)
    return _interval(lambda s: _ratio(s[0], s[1]), (a, b), block, draws, seed)


def paired_interval(
    above: ArrayLike,
    other: ArrayLike,
    below: ArrayLike,
    block: int,
    draws: int = DRAWS,
    seed: int = 0,
) -> Interval:
    """Return sum(above) / sum(below) less sum(other) / sum(below), both on the same origins.

    Methods that are judged on the same incidents rise and fall together, so their difference is
    surer than either.
    """
    a, b = _pair(above, below)
    o, _ = _pair(other, below)
    return _interval(lambda s: _ratio(s[0] - s[2], s[1]), (a, b, o), block, draws, seed)


def ratio_interval(
    above: ArrayLike, other: ArrayLike, block: int, draws: int = DRAWS, seed: int = 0
) -> Interval:
    """Return sum(above) / sum(other) of two methods on the same origins; 1 is as good."""
    a, o = _pair(above, other)
    return _interval(lambda s: _ratio(s[0], s[1]), (a, o), block, draws, seed)


def _interval(
    of: Callable[[Array], Array], rows: tuple[Array, ...], block: int, draws: int, seed: int
) -> Interval:
    values = np.stack(rows)
    value = float(of(values.sum(axis=1, keepdims=True))[0])
    if values.shape[1] < LEAST_ORIGINS:
        return Interval(value, math.nan, math.nan)
    drawn = block_draws(values.shape[1], block, draws, seed)
    found = of(values[:, drawn].sum(axis=2))
    low, high = np.nanquantile(found, (0.025, 0.975)) if np.isfinite(found).any() else (np.nan,) * 2
    return Interval(value, float(low), float(high))


def _ratio(above: Array, below: Array) -> Array:
    unknown = np.full(above.shape, np.nan)
    found: Array = np.divide(above, below, out=unknown, where=below != 0)
    return found


def _pair(above: ArrayLike, below: ArrayLike) -> tuple[Array, Array]:
    a, b = floats("above", above), floats("below", below)
    if a.ndim != 1 or a.shape != b.shape or not len(a):
        raise UsageError(
            f"An interval needs one value an origin of each; got shapes {a.shape} and {b.shape}."
        )
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise UsageError("An interval needs finite numbers; got NaN or infinity.")
    return a, b
