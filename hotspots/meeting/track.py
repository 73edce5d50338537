"""Hot spots followed through time: which place is new, still hot, back again, or fading."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import shapely

from hotspots.clustering import Grid
from hotspots.clustering.identity import follow
from hotspots.errors import ResultError, UsageError
from hotspots.meeting.maps import (
    QUESTIONS,
    HotRegion,
    MapMaker,
    PeriodMap,
    Question,
    Status,
    TrackedMap,
    TrackedSpot,
)
from hotspots.model import Incidents, Period, Wards
from hotspots.profile import Profile
from hotspots.quality import Finding

#: A place's identity and status on one map.
_Named = tuple[str, Status]

__all__ = ["Question", "Status", "Track", "TrackedMap", "TrackedSpot", "make_track"]


@dataclass(frozen=True, eq=False)
class Track:
    """The maps of one category through time, oldest first.

    The track up to an earlier period is the beginning of the longer one: identities and statuses
    never depend on what came after.
    """

    category: str
    maps: tuple[TrackedMap, ...]

    @property
    def first(self) -> str | None:
        """The first period that has a map, on which every hot spot is "new"; None for none."""
        return next((m.period.id for m in self.maps if m.known), None)

    def at(self, period_id: str) -> TrackedMap:
        """Return the map of a period.

        Raises
        ------
        ResultError
            If it is not one of the track.
        """
        return self.maps[self._position(period_id)]

    def before(self, period_id: str) -> TrackedMap | None:
        """Return the last known map before a period, None where there is none.

        Raises
        ------
        ResultError
            If the period is not one of the track.
        """
        return next((m for m in self._earlier(period_id) if m.known), None)

    def gone(self, period_id: str, question: Question) -> tuple[TrackedSpot, ...]:
        """Return the hot spots of the map before that are not on this one: they are fading.

        The map before is the last on which the question could be asked. Empty where it cannot be
        asked now: what is not known has not gone. A place that another took in is among them.

        Raises
        ------
        ResultError
            If the period is not one of the track.
        """
        now = self.at(period_id)
        last = next((m for m in self._earlier(period_id) if m.asked(question)), None)
        if last is None or not now.asked(question):
            return ()
        here = {spot.place_id for spot in now.spots}
        return tuple(spot for spot in last.of(question) if spot.place_id not in here)

    def history_of(self, place_id: str, upto: str) -> tuple[tuple[Period, TrackedSpot | None], ...]:
        """Return each known period up to and including one: the place, or None where not hot.

        Oldest first. Periods in which the place's question could not be asked are left out, as
        those that are not known.

        Raises
        ------
        ResultError
            If the place or the period is not one of the track.
        """
        question = self._question_of(place_id)
        return tuple(
            (m.period, next((spot for spot in m.spots if spot.place_id == place_id), None))
            for m in self.maps[: self._position(upto) + 1]
            if m.asked(question)
        )

    def last_seen(self, place_id: str, upto: str) -> TrackedSpot | None:
        """Return the place on the last map up to and including a period that has it, or None.

        Raises
        ------
        ResultError
            If the period is not one of the track.
        """
        upto_here = (self.at(upto), *self._earlier(upto))
        return next((s for m in upto_here for s in m.spots if s.place_id == place_id), None)

    def nearest(
        self, question: Question, xy: tuple[float, float], reach_m: float = 400.0
    ) -> str | None:
        """Return the identity that a point belongs to.

        That is the one whose outline holds the point, on the latest of all maps that has such a
        one; else the one whose peak, on any map, is nearest within ``reach_m`` metres (of equals
        the latest). A point on the edge of a cell belongs to the cell to its north or east. None
        where there is neither, as for a point with NaN.
        """
        x, y = map(float, xy)
        latest_first = [
            (m.grid, spot) for m in reversed(self.maps) for spot in m.of(question) if m.grid
        ]
        if not latest_first or not (math.isfinite(x) and math.isfinite(y)):
            return None
        spots = [spot for _, spot in latest_first]
        grids = {id(grid): grid for grid, _ in latest_first}
        centres = {number: _cell_centre(grid, (x, y)) for number, grid in grids.items()}
        at = np.array([centres[id(grid)] for grid, _ in latest_first])
        holds = shapely.contains_xy([spot.polygon for spot in spots], at[:, 0], at[:, 1])
        if holds.any():
            return spots[int(holds.argmax())].place_id
        apart = [math.dist(spot.peak_xy, (x, y)) for spot in spots]
        least = int(np.argmin(apart))
        return spots[least].place_id if apart[least] <= reach_m else None

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {m.period.id: i for i, m in enumerate(self.maps)}

    @cached_property
    def _questions(self) -> dict[str, Question]:
        return {spot.place_id: spot.question for m in self.maps for spot in m.spots}

    def _position(self, period_id: str) -> int:
        position = self._positions.get(period_id)
        if position is None:
            has = f"{self.maps[0].period.id} to {self.maps[-1].period.id}" if self.maps else "none"
            raise ResultError(
                f"A period must be one of the track's ({has}); got {period_id!r}: ask for one of "
                "these."
            )
        return position

    def _earlier(self, period_id: str) -> tuple[TrackedMap, ...]:
        """Return the maps before a period, the latest first."""
        return self.maps[: self._position(period_id)][::-1]

    def _question_of(self, place_id: str) -> Question:
        question = self._questions.get(place_id)
        if question is None:
            raise ResultError(
                f"A place must be one that was hot on a map of the track; got {place_id!r:.80}: "
                "take one from the list of a period."
            )
        return question


def make_track(
    incidents: Incidents,
    wards_of: Callable[[Period], Wards],
    profile: Profile | None,
    periods: Sequence[Period],
    category: str,
    findings: Sequence[Finding] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Track:
    """Find the hot spots of each period and follow them through time.

    Each map has exactly the hot spots of ``find_hotspots`` for its period: the same outlines,
    counts and p-values. Identities are those of ``hotspots.clustering.identity.follow``, for each
    question by itself, over the maps on which it could be asked, without a limit of memory: a
    place that was hot on any earlier map is back, however long ago that was.

    Parameters
    ----------
    incidents : Incidents
        Of any categories, in the wards' CRS.
    wards_of : callable
        Period -> the wards of its map, called once for each known period. Where the incidents are
        among them is worked out once for each set of outlines.
    profile : Profile or None
        The settings of every map; the default ones if None.
    periods : sequence of Period
        Of one kind, oldest first, from the beginning of the data. Empty gives an empty track.
    category : str
        A category or total of the taxonomy.
    findings : sequence of Finding
        As for ``find_hotspots``: months that miss incidents are no history.
    progress : callable, optional
        Called after each map with the number of maps done, and of all.

    Returns
    -------
    Track
        A period that ``find_hotspots`` refuses, because nothing is known of it, is not ``known``.

    Raises
    ------
    UsageError
        If the periods are of several kinds or not in order, the category is not one, or incidents
        and wards are in different CRS.
    ResultError
        If the population baseline is asked for and a ward has no residents.
    """
    _check_order(periods)
    maker = MapMaker(incidents, profile or Profile(), category, findings)
    made: list[PeriodMap | None] = []
    for period in periods:
        made.append(maker.make(period, wards_of))
        if progress is not None:
            progress(len(made), len(periods))
    known = [m for m in made if m is not None]
    named = {question: _identities(known, question, maker.category) for question in QUESTIONS}
    maps = [
        _tracked(period, found, {q: named[q].get(period, []) for q in QUESTIONS})
        for period, found in zip(periods, made, strict=True)
    ]
    return Track(maker.category, tuple(maps))


def _check_order(periods: Sequence[Period]) -> None:
    kinds = sorted({period.kind for period in periods})
    starts = [period.start for period in periods]
    if len(kinds) > 1 or any(b <= a for a, b in pairwise(starts)):
        raise UsageError(
            "The periods of a track must be of one kind and rise; got "
            f"{', '.join(kinds)} from {starts[0]} to {starts[-1]}: give weeks, or months, oldest "
            "first and each once."
        )


def _identities(
    maps: Sequence[PeriodMap], question: Question, category: str
) -> dict[Period, list[_Named]]:
    """Return identity and status of each hot region of one question, for each period asked."""
    asked = [m for m in maps if question in m.hot]
    outlines = [[hot.region for hot in m.hot[question]] for m in asked]
    named: dict[Period, list[_Named]] = {}
    names: dict[int, str] = {}
    taken: set[str] = set()
    last: set[int] = set()
    for found, regions, followed in zip(
        asked, outlines, follow(outlines, memory=len(outlines)), strict=True
    ):
        known = set(names)
        for number, region in zip(followed.ids, regions, strict=True):
            if number not in names:
                names[number] = _free_name(category, question, region.peak_xy, taken)
        named[found.period] = [(names[i], _status(i, last, known)) for i in followed.ids]
        last = set(followed.ids)
    return named


def _status(number: int, last: set[int], known: set[int]) -> Status:
    if number in last:
        return "persisting"
    return "returning" if number in known else "new"


def _free_name(
    category: str, question: Question, peak_xy: tuple[float, float], taken: set[str]
) -> str:
    x, y = peak_xy
    plain = name = f"{category}-{question[0]}-{x:.0f}-{y:.0f}"
    number = 1
    while name in taken:
        number += 1
        name = f"{plain}-{number}"
    taken.add(name)
    return name


def _tracked(
    period: Period, found: PeriodMap | None, named: dict[Question, list[_Named]]
) -> TrackedMap:
    if found is None:
        return TrackedMap(period, False, False, 0, 0.0, ())
    spots = [
        _spot(hot, question, name)
        for question, regions in found.hot.items()
        for hot, name in zip(regions, named[question], strict=True)
    ]
    cell_km2 = (found.grid.cell_size_m / 1000) ** 2
    return TrackedMap(
        period=period,
        known=True,
        complete_history=found.history_periods > 0,
        incidents=found.incidents,
        area_km2=int(found.grid.mask.sum()) * cell_km2,
        spots=tuple(spots),
        grid=found.grid,
    )


def _spot(hot: HotRegion, question: Question, named: _Named) -> TrackedSpot:
    region = hot.region
    place_id, status = named
    return TrackedSpot(
        place_id=place_id,
        question=question,
        polygon=region.polygon,
        peak_xy=region.peak_xy,
        cells=region.cells,
        area_km2=region.area_km2,
        incidents=region.incidents,
        expected=region.expected,
        peak_incidents=int(region.peak_incidents),
        peak_expected=region.peak_expected,
        p_value=region.peak_p_value,
        p_adjusted=hot.p_adjusted,
        status=status,
    )


def _cell_centre(grid: Grid, xy: tuple[float, float]) -> tuple[float, float]:
    """Return the centre of the cell that holds a point; NaN, NaN outside the mask."""
    cell = int(grid.index([xy])[0])
    if cell < 0:
        return math.nan, math.nan
    row, col = divmod(cell, grid.shape[1])
    return float(grid.x_centres[col]), float(grid.y_centres[row])
