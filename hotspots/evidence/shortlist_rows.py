"""The rows of the ward shortlist: what one ward has, and in place of a number why it has none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hotspots.meeting.counts import State
from hotspots.model import Period
from hotspots.sheets import Blank

#: How a ward's rate lies to its borough's, by the funnel's flag.
FUNNEL_WORDS = {
    2: "Far above",
    1: "Above",
    0: "As expected",
    -1: "Below",
    -2: "Far below",
}
Criterion = Literal["rate", "share", "rise", "cluster", "hotspot"]


@dataclass(frozen=True, eq=False)
class WardFigures:
    """The incidents by ward of one period, and which of them may be told.

    Attributes
    ----------
    period : Period
    counts : ndarray of int, shape (wards,)
        In the order of ``Wards.frame``. Those that are withheld are not looked at.
    withheld : ndarray of bool, shape (wards,)
        Whether the tier withholds the ward's count.
    state : {"known", "part", "missing"}
        As ``hotspots.meeting.counts.Counts.state``.
    district_totals : mapping of str to (int or None)
        Incidents of each district by its code ("" for wards without one), None where withheld. A
        district that is not named has the sum of its wards if none of them is withheld.
    """

    period: Period
    counts: NDArray[np.int64]
    withheld: NDArray[np.bool_]
    state: State
    district_totals: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier period of one ward, and how the period shown differs from it.

    Attributes
    ----------
    count : int or Blank
        Incidents of the earlier period.
    change : float or Blank
        (now - then) / then of the counts themselves, 0.115 for +11.5 %.
    p_adjusted : float or Blank
        Exact two-sided test of the two rates a day, adjusted over the wards.
    clear : bool
        Whether the two differ by more than chance would make.
    rise : bool
        Whether it is a clear rise.
    says : str
        The change in words, such as "A rise of 78%, fewer than 1 in 100 by chance".
    """

    count: int | Blank
    change: float | Blank
    p_adjusted: float | Blank
    clear: bool
    rise: bool
    says: str


@dataclass(frozen=True, slots=True)
class ShortlistRow:
    """One ward. A ``Blank`` in place of a number says why there is none.

    Attributes
    ----------
    position : int
        Of the ward in ``Wards.frame``.
    ward_code, ward_name : str
    label : str
        The name, with the district in brackets where two wards share it.
    district_code, district_name : str
        "" where there is none.
    listed : bool
    met : tuple of str
        The rule's criteria that the ward meets, whether it is listed or not.
    why : str
        One sentence: why it is listed, or why not although it meets a criterion; "" for the others.
    withheld : bool
        Whether the count of the period is withheld, and so all that follows from it.
    incidents, residents : int or Blank
    rate : float or Blank
        Incidents per 1,000 residents in the period.
    steadied, steadied_lower, steadied_upper : float or Blank
        Empirical-Bayes rate per 1,000 residents, drawn towards the borough's, and its 95 %
        interval.
    borough_rate, rate_ratio : float or Blank
        Incidents per 1,000 residents of the borough, and the ward's rate over it.
    funnel : int or Blank
        2 above the 99.8 % limit, 1 above the 95 % limit, 0 between, -1 and -2 below: limits as wide
        as the profile's rule has them. ``FUNNEL_WORDS`` names them.
    funnel_poisson : int or Blank
        The same by the exact Poisson limits alone, without over-dispersion.
    year_before, before : Past
        The same period of last year, and the period before.
    gi_z, gi_p_adjusted : float or Blank
        Gi* of the ward and those around it; p one-sided for "hot".
    cluster : str
        The same in words: "Clear", "Could be chance", "".
    share : float or Blank
        Of the borough's total.
    rank, rank_lower, rank_upper : int or Blank
        By incidents, equal counts share the better rank; and the 95 % interval of the rank that the
        ward's underlying number of incidents has.
    hotspots : tuple of str
        Markers of the hot spots in it.
    """

    position: int
    ward_code: str
    ward_name: str
    label: str
    district_code: str
    district_name: str
    listed: bool
    met: tuple[Criterion, ...]
    why: str
    withheld: bool
    incidents: int | Blank
    residents: int | Blank
    rate: float | Blank
    steadied: float | Blank
    steadied_lower: float | Blank
    steadied_upper: float | Blank
    borough_rate: float | Blank
    rate_ratio: float | Blank
    funnel: int | Blank
    funnel_poisson: int | Blank
    year_before: Past
    before: Past
    gi_z: float | Blank
    gi_p_adjusted: float | Blank
    cluster: str
    share: float | Blank
    rank: int | Blank
    rank_lower: int | Blank
    rank_upper: int | Blank
    hotspots: tuple[str, ...]

    @property
    def funnel_words(self) -> str:
        """How the rate lies to the borough's: "Far above", or why that is not said."""
        return self.funnel.value if isinstance(self.funnel, Blank) else FUNNEL_WORDS[self.funnel]
