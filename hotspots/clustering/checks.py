"""Checks of arguments that several methods share, each with its sentence."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Integral, Real

import numpy as np

from hotspots.clustering.kinds import Seed
from hotspots.errors import UsageError


def one_of(name: str, value: str, allowed: Iterable[str]) -> None:
    """Raise a UsageError unless the value is one of those allowed."""
    names = tuple(allowed)
    if not isinstance(value, str) or value not in names:
        raise UsageError(f"{name} must be one of {', '.join(names)}; got {value!r}.")


def real(value: object) -> float:
    """Return a number as a float, NaN for what is none: text, None, True, an array.

    Every comparison with NaN is false, so a range that is asked for as ``low <= real(value)``
    refuses these as well.
    """
    if type(value) is float:  # by far the most common, and the quickest
        return value
    if isinstance(value, bool) or not isinstance(value, Real):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return -math.inf if value < 0 else math.inf


def positive(name: str, value: float) -> float:
    """Return a finite number above 0, or raise a UsageError; True is no number."""
    number = real(value)
    if not 0 < number < math.inf:
        raise UsageError(f"{name} must be a finite number above 0; got {value!r}.")
    return number


def whole(name: str, value: float, least: int = 1) -> int:
    """Return a whole number of at least ``least``, or raise a UsageError; True is no number."""
    exact = isinstance(value, Integral) or (isinstance(value, Real) and float(value).is_integer())
    if isinstance(value, bool) or not exact or value < least:
        raise UsageError(f"{name} must be a whole number of at least {least}; got {value!r}.")
    return int(value)


def stack_of_periods(name: str, shape: tuple[int, ...]) -> None:
    """Raise a UsageError unless the shape is (periods, rows, cols) with at least one period."""
    if len(shape) != 3 or shape[0] == 0:
        raise UsageError(
            f"{name} must be a stack (periods, rows, cols) of at least one period; got shape "
            f"{shape}: stack the periods' grids, oldest first."
        )


def generator(seed: Seed) -> np.random.Generator:
    """Return the seed's generator of random numbers, or raise a UsageError."""
    try:
        if seed is not None:  # None would draw anew each time, and no result could be repeated
            return np.random.default_rng(seed)
    except (TypeError, ValueError):
        pass
    raise UsageError(
        f"seed must be a whole number of at least 0 or a numpy Generator; got {seed!r}."
    )
