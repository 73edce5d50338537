"""The hot spots of one period after another, without what only a single result needs.

Each map has the hot spots that ``find_hotspots`` has for the period. It is quicker because the
incidents are sorted by time and put into cells once, and because no density, names or tables are
made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from hotspots.clustering import Grid, hot_regions
from hotspots.clustering.regions import Region, describe_regions
from hotspots.errors import ResultError
from hotspots.model import Incidents, Period, Wards
from hotspots.profile import Profile
from hotspots.quality import Finding
from hotspots.quality.faulty import faulty_months
from hotspots.questions import ask
from hotspots.results.places import Test
from hotspots.selection import (
    Extent,
    check_crs,
    check_period,
    compared_with,
    extent_of,
    of_category,
)
from hotspots.taxonomy import category as category_of

Question = Literal["concentrated", "worse"]
Status = Literal["new", "persisting", "returning"]
QUESTIONS: tuple[Question, ...] = ("concentrated", "worse")


@dataclass(frozen=True, eq=False)
class TrackedSpot:
    """One hot spot on one map.

    Attributes
    ----------
    place_id : str
        Its identity, which it keeps from map to map: the category, the question and where its
        peak was on the first map that had it, in whole metres.
    question : {"concentrated", "worse"}
        The question it answers.
    polygon : shapely Polygon or MultiPolygon
        Its outline, in the wards' CRS.
    peak_xy : tuple of float
        Centre of the cell least likely by chance, metres.
    cells : int
        Cells in the outline.
    area_km2 : float
        Their area.
    incidents, expected : int, float
        Incidents in the outline, and expected there.
    peak_incidents, peak_expected : int, float
        The same for the peak's neighbourhood, which the p-values are about.
    p_value, p_adjusted : float
        Of the peak.
    status : {"new", "persisting", "returning"}
        "new": on no map before. "persisting": hot on the last map before on which the question
        could be asked. "returning": hot on an earlier one, not on that one.
    """

    place_id: str
    question: Question
    polygon: Any
    peak_xy: tuple[float, float]
    cells: int
    area_km2: float
    incidents: int
    expected: float
    peak_incidents: int
    peak_expected: float
    p_value: float
    p_adjusted: float
    status: Status


@dataclass(frozen=True, eq=False)
class TrackedMap:
    """One period.

    Attributes
    ----------
    period : Period
        What it is the map of.
    known : bool
        False where there can be no map, because nothing is loaded for the period or its incidents
        are known by month only. It says nothing then: not that there is no hot spot, nor that
        there are 0 incidents.
    complete_history : bool
        False where there is no earlier period to compare with: "worse" cannot be asked.
    incidents : int
        In the wards; 0 where not ``known``.
    area_km2 : float
        Of the cells tested; 0 where not ``known``.
    spots : tuple of TrackedSpot
        "concentrated" first, then "worse"; from the south within each.
    grid : Grid or None
        The cells; None where not ``known``.
    """

    period: Period
    known: bool
    complete_history: bool
    incidents: int
    area_km2: float
    spots: tuple[TrackedSpot, ...]
    grid: Grid | None = field(default=None, repr=False)

    def asked(self, question: Question) -> bool:
        """Return whether the question could be asked."""
        return self.known and (question == "concentrated" or self.complete_history)

    def of(self, question: Question) -> tuple[TrackedSpot, ...]:
        """Return the hot spots of one question, from the south."""
        return tuple(spot for spot in self.spots if spot.question == question)


class HotRegion(NamedTuple):
    """A hot region and the adjusted p-value of its peak."""

    region: Region
    p_adjusted: float


@dataclass(frozen=True, eq=False)
class PeriodMap:
    """The hot regions of one period.

    Attributes
    ----------
    grid : Grid
        Its cells; in the wards' CRS.
    incidents : int
        Incidents in the wards.
    history_periods : int
        Earlier periods that "worse" compares with.
    hot : mapping of question to tuple of HotRegion
        From the south; a question that could not be asked is missing, one that found nothing has
        an empty tuple.
    """

    period: Period
    grid: Grid
    incidents: int
    history_periods: int
    hot: Mapping[Question, tuple[HotRegion, ...]]


@dataclass(frozen=True, eq=False)
class _Placed:
    """Where the incidents are among some wards: arrays in order of time.

    ``cell`` is -1 for those outside the wards or beyond the cells; ``inside`` tells the former.
    """

    grid: Grid
    inside: NDArray[np.bool_]
    cell: NDArray[np.intp]

    def counts(self, spans: Sequence[slice]) -> NDArray[np.int64]:
        """Return the incidents per cell of some stretches, shape (rows, cols)."""
        total = np.zeros(self.grid.mask.size, dtype=np.int64)
        for span in spans:
            cell = self.cell[span]
            total += np.bincount(cell[cell >= 0], minlength=total.size)
        return total.reshape(self.grid.shape)


class MapMaker:
    """Makes the maps of one category.

    Parameters
    ----------
    incidents : Incidents
        Of any categories, in the wards' CRS.
    profile : Profile
        The settings of every map.
    category : str
        A category or total of the taxonomy.
    findings : sequence of Finding
        Months that they say miss incidents are no history.

    Raises
    ------
    UsageError
        If the category is not one.
    """

    def __init__(
        self,
        incidents: Incidents,
        profile: Profile,
        category: str,
        findings: Sequence[Finding] = (),
    ) -> None:
        kind = category_of(category)
        frame = incidents.frame[of_category(incidents.frame, kind)]
        starts = frame["starts_at"].to_numpy()
        order = np.argsort(starts, kind="stable")
        self.category = kind.code
        self._incidents = incidents
        self._profile = profile
        self._faulty = faulty_months(findings, kind.code)
        self._extent: Extent | None = None if frame.empty else extent_of(incidents, frame, kind)
        self._starts = starts[order]
        self._xy = frame[["x", "y"]].to_numpy(dtype=np.float64)[order]
        self._placed: dict[tuple[str, bytes], _Placed] = {}
        self._last: tuple[Wards, _Placed] | None = None

    def make(self, period: Period, wards_of: Callable[[Period], Wards]) -> PeriodMap | None:
        """Return the map of a period, or None where ``find_hotspots`` would refuse it.

        That is where nothing is known of the period, or where a part of a month is asked of
        incidents known by month. ``wards_of`` is not called then.

        Raises
        ------
        UsageError
            If incidents and wards are in different CRS.
        ResultError
            If the population baseline is asked for and a ward has no residents.
        """
        extent = self._extent
        if extent is None or not _is_known(period, extent):
            return None
        wards = wards_of(period)
        placed = self._place(wards)
        compared = compared_with(period, self._profile, extent, self._faulty)
        now = self._spans([period])
        counts = placed.counts(now)
        before = placed.counts(self._spans(compared)) if compared else None
        tests, _ = ask(counts, before, placed.grid, wards, self._profile)
        return PeriodMap(
            period=period,
            grid=placed.grid,
            incidents=sum(int(placed.inside[span].sum()) for span in now),
            history_periods=len(compared),
            hot={
                question: _regions(test, counts, placed.grid, self._profile)
                for question in QUESTIONS
                for test in tests
                if test.question == question
            },
        )

    def _place(self, wards: Wards) -> _Placed:
        """Return where the incidents are among these wards; worked out once for each outline.

        The same wards may come as another object, with the residents of another year.
        """
        if self._last is not None and self._last[0] is wards:
            return self._last[1]
        outlines = shapely.to_wkb(wards.frame.geometry.to_numpy())
        key = (wards.crs, hashlib.sha256(b"".join(outlines)).digest())
        if key not in self._placed:
            check_crs(self._incidents, wards)
            grid = Grid.cover(wards.study_area, self._profile.cell_size_m)
            inside = wards.assign(self._xy) >= 0
            cell = np.where(inside, grid.index(self._xy), -1)
            self._placed[key] = _Placed(grid, inside, cell)
        self._last = wards, self._placed[key]
        return self._placed[key]

    def _spans(self, periods: Sequence[Period]) -> list[slice]:
        """Return the stretches of the incidents in some periods, each incident once."""
        spans: list[slice] = []
        done = 0
        for period in sorted(periods, key=lambda p: p.start):
            first, stop = np.searchsorted(
                self._starts, np.array([period.start, period.end], dtype="datetime64[D]")
            ).tolist()
            first = max(first, done)
            if first >= stop:
                continue
            if spans and spans[-1].stop == first:
                first = spans.pop().start
            spans.append(slice(first, stop))
            done = stop
        return spans


def _is_known(period: Period, extent: Extent) -> bool:
    try:
        check_period(period, extent)
    except ResultError:
        return False
    return True


def _regions(
    test: Test, counts: NDArray[np.int64], grid: Grid, profile: Profile
) -> tuple[HotRegion, ...]:
    significant = np.nan_to_num(test.p_adjusted, nan=1.0) <= profile.alpha
    if not significant.any():
        return ()
    labels = hot_regions(
        significant, counts, profile.distance_m, profile.cell_size_m, grid.mask, profile.band
    )
    found = describe_regions(
        labels,
        counts,
        test.cell_expected,
        test.p_value,
        grid,
        test.local_sum,
        test.local_expected,
    )
    return tuple(
        HotRegion(region, float(test.p_adjusted[region.peak_row, region.peak_col]))
        for region in found
    )
