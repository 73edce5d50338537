"""A chosen length: how it is rounded, and how it is said."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hotspots.clustering.checks import positive

Array = NDArray[np.float64]

#: A band from here on, metres, shows which towns have more, not which places.
_TOWNS_M = 1_500.0


@dataclass(frozen=True, eq=False)
class Choice:
    """A length and why.

    Attributes
    ----------
    name : str
        What was chosen: "cell_size_m", "distance_m" or "bandwidth_m".
    method : str
        How.
    value_m : float
        What the method says, metres.
    adjusted_m : float
        What to use: rounded as such lengths are (cells to 10 m below 100 m, 25 m below 300 m, 50 m
        below 1,000 m, 100 m above; distances up to whole rings of cells), and not below the
        data's resolution.
    reason : str
        One plain sentence.
    at_m, curve : ndarray, shape (k,)
        The lengths that were looked at and what was seen there (``curve_label``); empty where the
        method looks at none.
    curve_label : str
    """

    name: str
    method: str
    value_m: float
    adjusted_m: float
    reason: str
    at_m: Array
    curve: Array
    curve_label: str


def rounded(value_m: float) -> float:
    """Return a length rounded as cells are: to 10, 25, 50 or 100 m, the more the longer."""
    step = _step(positive("value_m", value_m))
    return max(step, math.floor(value_m / step + 0.5) * step)


def rounded_up(value_m: float) -> float:
    """Return the next longer length that cells are rounded to; 0 stays 0."""
    if value_m == 0:
        return 0.0
    step = _step(value_m)
    return math.ceil(value_m / step - 1e-9) * step


def whole_rings(value_m: float, side: float) -> float:
    """Return the least whole number of cells, at least one, that reaches a length."""
    return max(1, math.ceil(value_m / side - 1e-9)) * side


def distance_said(value: float, adjusted: float) -> str:
    """Return what is to be said of a distance band, after the sentence that found it."""
    rings = "" if adjusted == value else f"; {metres(adjusted)} reach whole rings of cells"
    towns = "; that is the size of towns, too wide for single places" if value >= _TOWNS_M else ""
    return rings + towns


def metres(value: float) -> str:
    """Return a length in words."""
    return f"{value:,.0f} m" if abs(value) >= 10 else f"{value:.3g} m"


def _step(value_m: float) -> float:
    return next(
        (s for s, limit in ((10.0, 100), (25.0, 300), (50.0, 1000)) if value_m < limit), 100
    )
