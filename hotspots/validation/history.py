"""The incidents of a back-test, by period, with when each became known."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.numbers import floats
from hotspots.clustering.points import checked_xy
from hotspots.errors import UsageError

Array = NDArray[np.float64]
Whole = NDArray[np.intp]
Days = NDArray[np.datetime64]
_WEEK = np.timedelta64(7, "D")
#: Mean length of a month of the Gregorian calendar.
MONTH_WEEKS = 365.2425 / 12 / 7
#: More periods than this are a slip of the edges (days in place of weeks over a century, say).
MAX_PERIODS = 100_000


@dataclass(frozen=True, eq=False)
class History:
    """Incidents of one category, each in a period and known from an origin on.

    An *origin* t is the moment period t begins: the periods 0 to t - 1 are past, and the map made
    then is judged by what follows. Origins run from 0 to ``periods``; the last one has nothing
    after it.

    Attributes
    ----------
    xy : ndarray, shape (n, 2)
        Metres, in the study area's CRS.
    period : ndarray of int, shape (n,)
        The period in which each incident happened, 0 (the oldest) to ``periods - 1``.
    known : ndarray of int, shape (n,)
        The first origin at which each is known, above its period; ``periods + 1`` where it became
        known after the last one.
    edges : ndarray of datetime64[D], shape (periods + 1,)
        The first day of every period, and the day after the last.
    study_area : shapely Polygon or MultiPolygon
        What is judged. Incidents outside it only reach in through kernels.
    name : str
        What the incidents are, for tables.
    """

    xy: Array
    period: Whole
    known: Whole
    edges: Days
    study_area: Any
    name: str = ""

    @classmethod
    def make(
        cls,
        xy: ArrayLike,
        happened: ArrayLike,
        edges: ArrayLike,
        study_area: Any,
        recorded: ArrayLike | None = None,
        name: str = "",
    ) -> History:
        """Sort dated incidents into periods; those before the first or after the last are left out.

        Parameters
        ----------
        xy : array_like, shape (n, 2)
            Metres.
        happened : array_like of datetime64, shape (n,)
            When each happened.
        edges : array_like of datetime64, shape (periods + 1,)
            Days, rising: where periods begin, and the day after the last.
        study_area : shapely Polygon or MultiPolygon
        recorded : array_like of datetime64, shape (n,), optional
            When each became known; NaT, or not later than the end of its period, where it was
            known as soon as its period ended.
        name : str

        Raises
        ------
        UsageError
            If a coordinate is not finite, a date is missing, the edges do not rise, or shapes
            differ.
        """
        points = checked_xy(floats("xy", xy))
        days = _edges(edges)
        when = np.asarray(happened, dtype="datetime64[s]")
        if when.shape != (len(points),) or np.isnat(when).any():
            raise UsageError(
                f"happened must have one date an incident ({len(points)}) and none missing; got "
                f"shape {when.shape} with {int(np.isnat(when).sum())} missing."
            )
        period = np.searchsorted(days, when, side="right") - 1
        known = _known(period, recorded, days)
        inside = (period >= 0) & (period < len(days) - 1)
        return cls(points[inside], period[inside], known[inside], days, study_area, name)

    def __post_init__(self) -> None:
        if not isinstance(self.study_area, shapely.Polygon | shapely.MultiPolygon):
            raise UsageError(
                "study_area must be a shapely Polygon or MultiPolygon; got a "
                f"{type(self.study_area).__name__}: give the wards' union."
            )

    def __len__(self) -> int:
        return len(self.xy)

    @property
    def periods(self) -> int:
        """How many periods there are, empty ones included."""
        return len(self.edges) - 1

    @property
    def weeks_per_period(self) -> float:
        """Mean length of a period, weeks; of calendar months that of the calendar.

        The months of one history would have another mean with each month that is added to it, and
        with it every map before.
        """
        if (self.edges.astype("datetime64[M]") == self.edges).all():
            return MONTH_WEEKS
        return float((self.edges[-1] - self.edges[0]) / _WEEK) / self.periods

    @cached_property
    def inside(self) -> NDArray[np.bool_]:
        """Which incidents lie in the study area: those that are judged, shape (n,)."""
        found: NDArray[np.bool_] = shapely.intersects_xy(self.study_area, self.xy)
        return found

    def until(self, period: int) -> History:
        """Return the history as it stood at one origin: what was not yet known is not in it."""
        if not 1 <= period <= self.periods:
            raise UsageError(f"An origin must be from 1 to {self.periods}; got {period}.")
        kept = (self.period < period) & (self.known <= period)
        return History(
            self.xy[kept],
            self.period[kept],
            self.known[kept],
            self.edges[: period + 1],
            self.study_area,
            self.name,
        )


def weeks_until(last: ArrayLike, first: ArrayLike) -> Days:
    """Return the edges of whole weeks that end with a day (included), from a day or later on."""
    end = np.datetime64(np.asarray(last, "datetime64[D]").item(), "D") + np.timedelta64(1, "D")
    start = np.datetime64(np.asarray(first, "datetime64[D]").item(), "D")
    weeks = int((end - start) / _WEEK)
    if weeks < 1:
        raise UsageError(f"The history must have at least one whole week; got {start} to {end}.")
    return np.asarray(end - _WEEK * np.arange(weeks, -1, -1), dtype="datetime64[D]")


def months_between(first: ArrayLike, last: ArrayLike) -> Days:
    """Return the edges of the calendar months that hold a first and a last day."""
    start, end = (np.datetime64(np.asarray(d, "datetime64[D]").item(), "M") for d in (first, last))
    if end < start:
        raise UsageError(f"The last month must not be before the first; got {start} and {end}.")
    return np.arange(start, end + np.timedelta64(2, "M"), dtype="datetime64[M]").astype(
        "datetime64[D]"
    )


def _edges(edges: ArrayLike) -> Days:
    days = np.asarray(edges, dtype="datetime64[D]")
    if days.ndim != 1 or not 2 <= len(days) <= MAX_PERIODS + 1 or np.isnat(days).any():
        raise UsageError(
            f"edges must be 2 to {MAX_PERIODS + 1:,} days, none missing; got shape {days.shape}."
        )
    if not (np.diff(days) > np.timedelta64(0, "D")).all():
        raise UsageError("edges must rise from day to day; got some that do not.")
    return days


def _known(period: Whole, recorded: ArrayLike | None, days: Days) -> Whole:
    at_once = period + 1
    if recorded is None:
        return at_once
    when = np.asarray(recorded, dtype="datetime64[s]")
    if when.shape != period.shape:
        raise UsageError(
            f"recorded must have one date an incident ({len(period)}), NaT where unknown; got "
            f"shape {when.shape}."
        )
    # written down on the day the period begins is too late for the map of that morning
    known = np.searchsorted(days, when, side="right")
    return np.where(np.isnat(when), at_once, np.maximum(known, at_once)).astype(np.intp)
