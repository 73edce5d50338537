"""What a funnel plot shows: wards, their borough's rate, and the limits of chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hotspots.plain_text import tidy

Array = NDArray[np.float64]
#: What the rates are.
RATE = "Incidents per 1,000 residents"


@dataclass(frozen=True, slots=True)
class FunnelDot:
    """One ward: its residents, its rate per 1,000 of them, its name, and whether it is listed."""

    name: str
    residents: float
    rate: float
    listed: bool = False


@dataclass(frozen=True, eq=False)
class FunnelPlot:
    """What a funnel plot shows.

    Attributes
    ----------
    name : str
        Of the district.
    dots : tuple of FunnelDot
    target : float
        The district's own rate per 1,000 residents.
    residents : ndarray, shape (m,)
        Where the limits are given, ascending.
    levels : tuple of float
        Of the limits, ascending, such as (0.95, 0.998); at most two.
    lower, upper : ndarray, shape (levels, m)
        Limits per 1,000 residents.
    phi : float
        Over-dispersion, 1 by chance alone.
    left_out : int
        Wards that are not drawn: their counts are withheld, or their residents not known.
    """

    name: str
    dots: tuple[FunnelDot, ...]
    target: float
    residents: Array
    levels: tuple[float, ...]
    lower: Array
    upper: Array
    phi: float
    left_out: int = 0

    @property
    def title(self) -> str:
        """What the drawing is called."""
        return f"Funnel plot of the wards of {tidy(self.name)}"

    @property
    def describe(self) -> str:
        """What it shows, in words: the rate, the limits, and who lies above them."""
        above = [self.called(dot) for dot in self.dots if dot.rate > self._limit(dot)]
        count = f"{len(self.dots):,} ward{'s' * (len(self.dots) != 1)}"
        said = f"{count} by residents and {RATE.lower()}, round {rate_text(self.target)}. "
        if not above:
            return f"{said}None lies above the {level_text(self.levels[0])} limit."
        verb = "lies" if len(above) == 1 else "lie"
        return f"{said}{', '.join(above)} {verb} above the {level_text(self.levels[0])} limit."

    def called(self, dot: FunnelDot) -> str:
        """Return a ward's name, without its district's, which is the plot's own."""
        return tidy(dot.name).removesuffix(f" ({tidy(self.name)})")

    def _limit(self, dot: FunnelDot) -> float:
        return float(np.interp(dot.residents, self.residents, self.upper[0]))


def level_text(level: float) -> str:
    """Return a level of limits as people read it: 99.8%."""
    return f"{100 * level:.4g}%"


def rate_text(rate: float) -> str:
    """Return a rate to one decimal; one too small for that to two figures, so that it is not 0."""
    return f"{rate:,.1f}" if rate >= 0.1 or rate == 0 else f"{rate:.2g}"
