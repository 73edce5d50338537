"""The looks at a place: its period, a longer window, and other vintages of the wards."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspots.meeting.firmness import Look
from hotspots.model import Incidents, Period, Wards
from hotspots.profile import Profile
from hotspots.selection import compared_with, extent_of, of_category, select
from hotspots.taxonomy import Category

#: Wards of another vintage are looked at where both share this much of the ground of either.
SAME_GROUND = 0.9
_WORDS = {"month": "month", "week": "week", "year": "year"}


@dataclass(frozen=True, eq=False)
class Looked:
    """What is looked at: the incidents of a category in a period, as an analysis takes them.

    Attributes
    ----------
    incidents : Incidents
    profile : Profile
    period : Period
    kind : Category
    faulty : collection of (year, month)
        Months known to miss incidents.
    """

    incidents: Incidents
    profile: Profile
    period: Period
    kind: Category
    faulty: Collection[tuple[int, int]] = ()

    def look(self, wards: Wards, period: Period, window: str) -> Look:
        """Return the look at one period; its history is None where nothing earlier is known."""
        chosen = select(self.incidents, wards, self.profile, period, self.kind, self.faulty)
        return Look(
            wards=wards,
            now_xy=_xy(chosen.area),
            history_xy=_xy(chosen.history) if chosen.history_periods else None,
            window=window,
        )


def looks_at(asked: Looked, wards: Wards, others: Iterable[Wards] = ()) -> tuple[Look, ...]:
    """Return the looks at the places of a period, its own first.

    The window is the period, and the period with the one before it taken in, where that is known
    whole: what one month alone makes hot may be one bad weekend. The ground is the wards', and
    that of each of ``others`` that is much the same.

    Parameters
    ----------
    asked : Looked
    wards : Wards
        Those of the period's analysis.
    others : iterable of Wards
        Of other vintages, in the same CRS.
    """
    grounds = [wards, *(one for one in others if _comparable(one, wards, asked.profile))]
    return tuple(
        asked.look(ground, period, window)
        for ground in grounds
        for window, period in _windows(asked)
    )


def _windows(asked: Looked) -> list[tuple[str, Period]]:
    period, word = asked.period, _WORDS.get(asked.period.kind, "period")
    alone = (f"the {word} alone", period)
    of_kind = asked.incidents.frame[of_category(asked.incidents.frame, asked.kind)]
    # whatever the profile compares with, the question here is whether the one before is known
    every = asked.profile.model_copy(update={"history": "last", "history_months": 240})
    known = compared_with(
        period, every, extent_of(asked.incidents, of_kind, asked.kind), asked.faulty
    )
    if period.back(1) not in known:
        return [alone]
    both = Period(period.back(1).start, period.end, "range")
    return [alone, (f"the {word} before taken in", both)]


def _comparable(other: Wards, wards: Wards, profile: Profile) -> bool:
    """Return whether places of ``wards`` can be looked for in others of another vintage."""
    if other.vintage == wards.vintage:
        return False
    residents = other.frame["population"].to_numpy(dtype=np.float64)
    if profile.baseline == "population" and not (residents > 0).all():
        return False
    shared = shapely.intersection(other.study_area, wards.study_area).area
    return bool(shared >= SAME_GROUND * max(other.study_area.area, wards.study_area.area))


def _xy(frame: pd.DataFrame) -> NDArray[np.float64]:
    return frame[["x", "y"]].to_numpy(dtype=np.float64)
