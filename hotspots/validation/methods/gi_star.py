"""Gi* of counts per cell: ranked by z as other tools do, or by its exact tail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hotspots.clustering import GiStarResult, gi_star
from hotspots.validation.method import MethodKind, Scored
from hotspots.validation.methods.kernels import (
    Window,
    the_window,
    window_named,
    window_said,
)
from hotspots.validation.past import Past

Array = NDArray[np.float64]
BANDS_M = (300, 500)
WINDOWS = (13, 52, None)
#: False discovery rate at which cells are the map's own hot spots.
RATE = 0.05
_ORD_GETIS = "Ord, J. K. and Getis, A. (1995), doi:10.1111/j.1538-4632.1995.tb00912.x"
_FDR = "Caldas de Castro, M. and Singer, B. H. (2006), doi:10.1111/j.0016-7363.2006.00682.x"


@dataclass(frozen=True)
class GiStar:
    """Gi* of the counts of a window.

    Its own hot spots are the cells whose exact tail, adjusted for the false discovery rate over
    all cells, is at most 0.05.

    Attributes
    ----------
    distance_m : float
        Cells whose centres are this close are neighbours.
    weeks : float or None
        The window; None is all history.
    exact : bool
        Rank by the exact tail (equal tails by z); by default by z alone.
    """

    distance_m: float
    weeks: float | None
    exact: bool = False

    def score(self, past: Past) -> Scored:
        """Return z, or minus the place of each cell in the order of tails."""
        counts = Window(0.0, self.weeks).score(past).score
        found = gi_star(
            on_grid(past, counts), self.distance_m, past.grid.cell_size_m, past.grid.mask
        )
        mask = past.grid.mask
        hot = found.p_adjusted[mask] <= RATE
        return Scored(by_tail(found, mask) if self.exact else found.z_score[mask], hot)


def on_grid(past: Past, values: Array) -> Array:
    """Return values of the masked cells as a grid, 0 outside the mask, shape (rows, cols)."""
    out = np.zeros(past.grid.shape)
    out[past.grid.mask] = values
    return out


def by_tail(found: GiStarResult, mask: NDArray[np.bool_]) -> Array:
    """Return a score that orders the masked cells by their tail, and by z where tails are equal.

    Tails run over 300 orders of magnitude and end at the smallest number there is: neither they
    nor their logarithms would keep apart what z still does.
    """
    tail, z = found.p_value[mask], found.z_score[mask]
    order = np.lexsort((z, -tail))
    step = (np.diff(tail[order]) != 0) | (np.diff(z[order]) != 0)
    place = np.concatenate([[0], np.cumsum(step)])
    score = np.empty(len(tail))
    score[order] = place
    return score


def z_kinds() -> Iterator[MethodKind]:
    """Yield Gi* by z, as other tools rank it."""
    for distance_m in BANDS_M:
        for weeks in WINDOWS:
            yield _kind(GiStar(distance_m, weeks), "gi-star", "Gi* z", _ORD_GETIS, "baseline")


def exact_kinds() -> Iterator[MethodKind]:
    """Yield Gi* by its exact tail."""
    for distance_m in BANDS_M:
        for weeks in WINDOWS:
            yield _kind(
                GiStar(distance_m, weeks, exact=True),
                "gi-exact",
                "Gi* exact",
                f"{_ORD_GETIS}; {_FDR}",
                "method",
            )


def _kind(method: GiStar, family: str, label: str, source: str, kind: str) -> MethodKind:
    variant = f"{method.distance_m:g} m, {window_said(method.weeks)}"
    by = "the exact tail" if method.exact else "z"
    return MethodKind(
        name=f"{family}-{method.distance_m:g}-{window_named(method.weeks)}",
        label=f"{label}, {variant}",
        says=f"Cells by {by} of Gi* of the counts of {the_window(method.weeks)}, neighbours within "
        f"{method.distance_m:g} m; its hot spots by the exact tail at a false discovery rate of "
        f"{RATE:g}.",
        source=source,
        make=lambda: method,
        kind=kind,
        family=family,
        variant=variant,
    )
