"""The numbers behind the ward shortlist: arrays in the wards' order.

What is computed over several wards uses, for each withheld count, an estimate that anyone could
make from what is told, so that nothing told depends on what is withheld.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.clustering import (
    empirical_bayes,
    funnel,
    funnel_limits,
    polygon_gi_star,
    queen_neighbours,
    rank_intervals,
)
from hotspots.drawing.funnel import FunnelDot, FunnelPlot
from hotspots.evidence.shortlist_rows import WardFigures
from hotspots.model import Wards
from hotspots.plain_text import tidy
from hotspots.profile import Profile, Shortlist

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: Levels of the funnel's flag and of its drawing.
LEVELS = (0.95, 0.998)
#: Taken for a withheld count where not even the total of its district is told: in the middle of 1
#: to 4, which are the small counts by default.
_UNTOLD = 2
#: How many points the drawn limits have.
_POINTS = 160


@dataclass(frozen=True, eq=False)
class Places:
    """The wards' names, residents and districts.

    Attributes
    ----------
    residents : ndarray of float, shape (wards,)
        NaN where not known; 0 stays 0.
    district : tuple of str
        Each ward's district code, "" where there is none.
    names : dict of str to str
        District code to name; "the area" for wards without a district.
    """

    residents: Floats
    district: tuple[str, ...]
    names: dict[str, str]

    def inside(self, code: str) -> Flags:
        """Return which wards are of a district."""
        return np.array([one == code for one in self.district], dtype=bool)


def places_of(wards: Wards) -> Places:
    """Return what the wards' table says of their districts and residents."""
    frame = wards.frame
    codes = tuple(tidy(code) for code in frame["district_code"])
    named = {
        code: tidy(name) or code for code, name in zip(codes, frame["district_name"], strict=True)
    }
    if "" in named:
        named[""] = "the area"
    residents = pd.to_numeric(frame["population"]).to_numpy(dtype=np.float64, na_value=np.nan)
    return Places(residents, codes, named)


# -- what may be told ------------------------------------------------------------------------------


def told_totals(figures: WardFigures, places: Places) -> dict[str, int | None]:
    """Return each district's incidents, None where they may not be told."""
    found: dict[str, int | None] = {}
    for code in places.names:
        inside = places.inside(code)
        if code in figures.district_totals:
            found[code] = figures.district_totals[code]
        elif figures.withheld[inside].any():
            found[code] = None
        else:
            found[code] = int(figures.counts[inside].sum())
    return found


def public_counts(figures: WardFigures, places: Places) -> Whole:
    """Return the counts, in place of the withheld ones what anyone could estimate.

    A district's total less its shown counts is shared out by residents, each withheld ward having
    at least 1; evenly where a resident count is not known.
    """
    counts = np.where(figures.withheld, 0, figures.counts).astype(np.int64)
    for code, total in told_totals(figures, places).items():
        inside = places.inside(code)
        hidden = np.flatnonzero(inside & figures.withheld)
        if not hidden.size:
            continue
        rest = _UNTOLD * hidden.size if total is None else total - int(counts[inside].sum())
        counts[hidden] = _shared_out(max(rest, hidden.size), places.residents[hidden])
    return counts


def _shared_out(total: int, weights: Floats) -> Whole:
    """Return whole numbers of at least 1 that add up to ``total``, by largest remainders."""
    if not (weights > 0).all():
        weights = np.ones(weights.size)
    exact = (total - weights.size) * weights / weights.sum()
    found: Whole = np.floor(exact).astype(np.int64)
    left = total - weights.size - int(found.sum())
    found[np.argsort(found - exact, kind="stable")[:left]] += 1
    found += 1
    return found


# -- statistics ------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Statistics:
    """What the shortlist computes of the period shown; arrays of shape (wards,).

    NaN where residents are not known, or where the total that a number needs is withheld.

    Attributes
    ----------
    counts : ndarray of int
        As ``public_counts``.
    rate, steadied, steadied_lower, steadied_upper, borough_rate : ndarray
        Per 1,000 residents.
    flag, poisson_flag : ndarray
        The funnel's, by limits as the rule has them and by Poisson limits alone.
    above : ndarray of bool
        Whether the rate is above the rule's limit.
    share : ndarray
        Of the district's total.
    gi_z, gi_p_adjusted : ndarray
    rank, rank_lower, rank_upper : ndarray of int
    totals : dict of str to (int or None)
        Of the districts.
    phi : dict of str to float
        Over-dispersion of the districts whose funnel can be made.
    """

    counts: Whole
    rate: Floats
    steadied: Floats
    steadied_lower: Floats
    steadied_upper: Floats
    borough_rate: Floats
    flag: Floats
    poisson_flag: Floats
    above: Flags
    share: Floats
    gi_z: Floats
    gi_p_adjusted: Floats
    rank: Whole
    rank_lower: Whole
    rank_upper: Whole
    totals: dict[str, int | None]
    phi: dict[str, float]


def statistics(wards: Wards, places: Places, now: WardFigures, profile: Profile) -> Statistics:
    """Return all that the shortlist tells of the period shown, but for its changes."""
    counts = public_counts(now, places)
    totals = told_totals(now, places)
    gi = polygon_gi_star(counts, _neighbours(wards), permutations=0)
    lower, upper = rank_intervals(counts, seed=profile.seed)
    ascending = np.sort(counts)
    found = _Columns(len(counts))
    for code, total in totals.items():
        _of_district(found, counts, total, places, code, profile.shortlist)
    return Statistics(
        counts=counts,
        rate=_rates(counts, places.residents),
        **found.columns,
        above=found.above,
        gi_z=gi.z_score,
        gi_p_adjusted=gi.p_adjusted,
        rank=len(counts) - np.searchsorted(ascending, counts, side="right") + 1,
        rank_lower=lower,
        rank_upper=upper,
        totals=totals,
        phi=found.phi,
    )


#: The statistics in which a ward is compared with its district.
_BY_DISTRICT = (
    "steadied",
    "steadied_lower",
    "steadied_upper",
    "borough_rate",
    "flag",
    "poisson_flag",
    "share",
)


class _Columns:
    """What is computed district by district, NaN until it is."""

    def __init__(self, wards: int) -> None:
        self.columns = {name: np.full(wards, np.nan) for name in _BY_DISTRICT}
        self.above = np.zeros(wards, dtype=bool)
        self.phi: dict[str, float] = {}


def _of_district(
    found: _Columns,
    counts: Whole,
    total: int | None,
    places: Places,
    code: str,
    rule: Shortlist,
) -> None:
    """Fill in what is compared with the district; nothing where its total is withheld."""
    at = np.flatnonzero(places.inside(code))
    if total is None or not at.size:
        return
    y, people = counts[at], places.residents[at]
    columns = found.columns
    if total > 0:
        columns["share"][at] = y / total
    if not (people > 0).any():
        return
    bayes = empirical_bayes(y, people)
    columns["steadied"][at] = bayes.rate
    columns["steadied_lower"][at], columns["steadied_upper"][at] = bayes.lower, bayes.upper
    plain = funnel(y, people, levels=LEVELS)
    wide = funnel(y, people, levels=LEVELS, overdispersion=rule.overdispersion)
    ruled = funnel(y, people, levels=rule.funnel_level, overdispersion=rule.overdispersion)
    known = people > 0
    columns["borough_rate"][at] = wide.target
    columns["flag"][at] = np.where(known, wide.flag, np.nan)
    columns["poisson_flag"][at] = np.where(known, plain.flag, np.nan)
    found.above[at] = ruled.flag > 0
    found.phi[code] = wide.phi


def _rates(counts: Whole, residents: Floats) -> Floats:
    rates = np.full(len(counts), np.nan)
    np.divide(1000.0 * counts, residents, out=rates, where=residents > 0)
    return rates


@lru_cache(maxsize=4)
def _neighbours(wards: Wards) -> tuple[tuple[int, ...], ...]:
    return queen_neighbours(list(wards.frame.geometry))


# -- the drawing's numbers -------------------------------------------------------------------------


def funnel_plots(
    found: Statistics, places: Places, rule: Shortlist, told: Flags, dot: Callable[[int], FunnelDot]
) -> dict[str, FunnelPlot]:
    """Return what the funnel of each district shows, by its code.

    Parameters
    ----------
    told : ndarray of bool
        Which wards may be drawn.
    dot : callable
        Position of a ward to what is drawn of it.
    """
    return {
        code: plot
        for code, phi in found.phi.items()
        if (plot := _plot(found, places, rule, code, phi, told, dot)) is not None
    }


def _plot(
    found: Statistics,
    places: Places,
    rule: Shortlist,
    code: str,
    phi: float,
    told: Flags,
    dot: Callable[[int], FunnelDot],
) -> FunnelPlot | None:
    inside = places.inside(code)
    people = places.residents
    drawn = np.flatnonzero(inside & told & (people > 0))
    target = float(found.borough_rate[inside][0])
    if not drawn.size or not target > 0:
        return None
    least, most = people[drawn].min(), people[drawn].max()
    along = np.geomspace(least / 2, most * 1.05, _POINTS)
    wider = 1.0 if rule.overdispersion == "none" else max(phi, 1.0)
    lower, upper = funnel_limits(target * along / 1000, LEVELS, "interpolated", wider)
    return FunnelPlot(
        name=places.names[code],
        dots=tuple(dot(int(i)) for i in drawn),
        target=target,
        residents=along,
        levels=LEVELS,
        lower=1000 * lower / along,
        upper=1000 * upper / along,
        phi=phi,
        left_out=int(inside.sum() - drawn.size),
    )
