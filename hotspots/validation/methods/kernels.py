"""Maps of past incidents: counts and kernel densities, forgotten by a window or by halves."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from hotspots.clustering.forecast import narrowest_half_life, share, weighed
from hotspots.profile import REACHES
from hotspots.validation.method import MethodKind, Scored
from hotspots.validation.past import Past

Array = NDArray[np.float64]
#: Bandwidths (metres), half-lives and windows (weeks; None is all history) to choose among.
BANDWIDTHS_M = (150, 200, 300, 400, 500, 700, 1000, 1500, 2000)
HALF_LIVES = (4, 13, 26, 52, 104)
WINDOWS = (1, 4, 13, 52, None)
#: Maps that are averaged, bandwidths in metres; 0 is the cell's own count.
SCALES = ((0, 500), (0, 300, 1000), (0, 200, 500, 1000), (0, 200, 500, 2000), (200, 1000))
SCALE_HALF_LIVES = (52, 104, None)
#: Own counts weighed against kernels of rising reach: the nearest's (metres), half-lives (weeks),
#: and as if how many incidents stood behind the kernels.
WEIGHED_M = (150, 300, 600)
WEIGHED_HALF_LIVES = (52, 104)
PRIORS = (0.5, 1.5, 4)
_SILVERMAN = (
    "Silverman, B. W. (1986), Density Estimation for Statistics and Data Analysis, section 4.2 "
    "(quartic kernel); as a hot-spot map: Chainey, S., Tompson, L. and Uhlig, S. (2008), "
    "doi:10.1057/palgrave.sj.8350066"
)


@dataclass(frozen=True)
class Window:
    """The incidents of the last weeks, all alike; those before are forgotten.

    Attributes
    ----------
    bandwidth_m : float
        Radius of the quartic kernel; 0 counts the incidents of each cell.
    weeks : float or None
        How far back it looks, to the nearest whole number of periods; None is all history.
    """

    bandwidth_m: float
    weeks: float | None

    def score(self, past: Past) -> Scored:
        """Return the counts, or the densities up to a factor."""
        if self.weeks is None:
            return Scored(past.decayed(self.bandwidth_m))
        return Scored(past.total(self.bandwidth_m, first_of(past, self.weeks)))


@dataclass(frozen=True)
class Averaged:
    """The weighted mean of maps that each add up to 1 and forget at their own pace.

    Attributes
    ----------
    maps : tuple of (bandwidth_m, half_life_weeks, weight)
        Bandwidth 0 is the cell's own count; a half-life of infinity all history alike.
    prior_incidents : float or None
        As in ``Profile``.
    """

    maps: tuple[tuple[float, float, float], ...]
    prior_incidents: float | None = None

    def score(self, past: Past) -> Scored:
        """Return the mean; an even map where nothing is known."""
        return Scored(averaged(past, self.maps, self.prior_incidents))


def averaged(
    past: Past,
    maps: Sequence[tuple[float, float, float]],
    prior_incidents: float | None = None,
) -> Array:
    """Return the weighted mean of maps of the past, each scaled to sum 1, shape (cells,).

    With ``prior_incidents`` it is weighed against own counts, as ``clustering.forecast`` does it.
    """
    out = np.zeros(past.cells)
    for bandwidth_m, half_life_weeks, weight in maps:
        out += weight * share(past.decayed(bandwidth_m, half_life_weeks))
    if prior_incidents is not None:
        life = narrowest_half_life([(h, half_life) for h, half_life, _ in maps])
        out = weighed(out, past.decayed(0.0, life), prior_incidents)
    return share(out)


def first_of(past: Past, weeks: float | None) -> int:
    """Return the first period of a window that ends now, at least 0; None is all history."""
    return 0 if weeks is None else max(0, past.origin - past.periods_back(weeks))


def window_said(weeks: float | None) -> str:
    """Return a window in words, as in labels."""
    if weeks is None:
        return "all history"
    return "last week" if weeks == 1 else f"last {weeks:g} weeks"


def the_window(weeks: float | None) -> str:
    """Return a window in words, as in sentences."""
    said = window_said(weeks)
    return said if weeks is None else f"the {said}"


def window_named(weeks: float | None) -> str:
    """Return a window as in names of methods."""
    return "all" if weeks is None else f"{weeks:g}"


def families() -> Iterator[MethodKind]:
    """Yield the variants of our own maps, family by family."""
    for h in BANDWIDTHS_M:
        for life in HALF_LIVES:
            yield _decayed(h, life)
    for h in BANDWIDTHS_M:
        for weeks in WINDOWS:
            yield _windowed(h, weeks)
    for life in HALF_LIVES:
        yield _counts(life)
    for scales, half_life in product(SCALES, SCALE_HALF_LIVES):
        yield _multi_scale(scales, half_life)
    for reach, half, prior in product(WEIGHED_M, WEIGHED_HALF_LIVES, PRIORS):
        yield _weighed(reach, half, prior)


def _decayed(bandwidth_m: float, half_life: float) -> MethodKind:
    variant = f"{bandwidth_m:g} m, half-life {half_life:g} weeks"
    return MethodKind(
        name=f"kde-decay-{bandwidth_m:g}-{half_life:g}",
        label=f"KDE, {variant}",
        says=f"A kernel density of {bandwidth_m:g} m of all history, in which an incident counts "
        f"half after {half_life:g} weeks.",
        source=_SILVERMAN,
        make=lambda: Averaged(((bandwidth_m, half_life, 1.0),)),
        family="kde-decay",
        variant=variant,
    )


def _windowed(bandwidth_m: float, weeks: float | None) -> MethodKind:
    variant = f"{bandwidth_m:g} m, {window_said(weeks)}"
    return MethodKind(
        name=f"kde-window-{bandwidth_m:g}-{window_named(weeks)}",
        label=f"KDE, {variant}",
        says=f"A kernel density of {bandwidth_m:g} m of the incidents of {the_window(weeks)}.",
        source=_SILVERMAN,
        make=lambda: Window(bandwidth_m, weeks),
        family="kde-window",
        variant=variant,
    )


def _counts(half_life: float) -> MethodKind:
    variant = f"half-life {half_life:g} weeks"
    return MethodKind(
        name=f"counts-decay-{half_life:g}",
        label=f"Counts, {variant}",
        says="The incidents of each cell in all history, each counting half after "
        f"{half_life:g} weeks.",
        source="",
        make=lambda: Averaged(((0.0, half_life, 1.0),)),
        family="counts-decay",
        variant=variant,
    )


def _multi_scale(scales: tuple[float, ...], half_life: float | None) -> MethodKind:
    life = math.inf if half_life is None else half_life
    lengths = "all history" if half_life is None else f"half-life {half_life:g} weeks"
    reach = " + ".join("own count" if h == 0 else f"{h:g} m" for h in scales)
    return MethodKind(
        name=f"multi-scale-{'-'.join(f'{h:g}' for h in scales)}-{window_named(half_life)}",
        label=f"Mean of maps, {reach}, {lengths}",
        says=f"The plain mean of maps of {reach}, each scaled to the same sum ({lengths}); nothing "
        "is fitted.",
        source="",
        make=lambda: Averaged(tuple((h, life, 1.0) for h in scales)),
        family="multi-scale",
        variant=f"{reach}, {lengths}",
    )


def _weighed(reach_m: float, half_life: float, prior: float) -> MethodKind:
    variant = f"from {reach_m:g} m, half-life {half_life:g} weeks, prior {prior:g}"
    return MethodKind(
        name=f"weighed-{reach_m:g}-{half_life:g}-{prior:g}",
        label=f"Counts weighed against maps {variant}",
        says="Each cell's own count weighed against the mean of kernel densities of "
        f"{reach_m:g} to {reach_m * REACHES[-1]:,g} m, as if {prior:g} incidents stood behind it; "
        "nothing is fitted.",
        source="Clayton, D. and Kaldor, J. (1987), doi:10.2307/2532003",
        make=lambda: Averaged(tuple((reach_m * times, half_life, 1.0) for times in REACHES), prior),
        family="weighed",
        variant=variant,
    )
