"""What was known at an origin, and the maps that can be made of it: never anything later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hotspots.clustering import Grid
from hotspots.clustering.forecast import decayed_map, masked_index
from hotspots.errors import UsageError
from hotspots.validation.history import Days, History

Array = NDArray[np.float64]
Whole = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Batch:
    """Incidents of one period that became known together.

    Attributes
    ----------
    period, known : int
    xy : ndarray, shape (n, 2)
        Metres.
    cell : ndarray of int, shape (n,)
        Position of each one's cell among the masked cells; -1 outside the study area.
    """

    period: int
    known: int
    xy: Array
    cell: Whole


class Past:
    """All that was known at one origin; ``learn`` moves it to the next.

    A method is given this and nothing else, so that it cannot look ahead: incidents that are not
    yet known are not in it.

    Parameters
    ----------
    grid : Grid
        The cells; the maps below have one value a masked cell, in the order of ``grid.mask``.
    weeks_per_period : float
    edges : ndarray of datetime64[D], shape (periods + 1,)
        The first day of every period and the day after the last: the calendar is no secret.

    Attributes
    ----------
    origin : int
        How many periods are past.
    batches : list of Batch
        In the order they became known, and of those by period.
    """

    def __init__(self, grid: Grid, weeks_per_period: float, edges: Days) -> None:
        self.grid = grid
        self.weeks_per_period = weeks_per_period
        self.edges = edges
        self.origin = 0
        self.cells = int(grid.mask.sum())
        self.batches: list[Batch] = []
        self._of_period: dict[int, list[int]] = {}
        self._made: dict[float, list[tuple[Whole, Array]]] = {}
        self._running: dict[tuple[float, float], _Running] = {}

    def learn(self, batches: list[Batch]) -> None:
        """Move to the next origin, at which these became known."""
        self.origin += 1
        for batch in batches:
            if not batch.period < batch.known == self.origin:
                raise UsageError(
                    f"What is learnt at origin {self.origin} must have become known then; got "
                    f"period {batch.period}, known at {batch.known}."
                )
        for i, batch in enumerate(batches, start=len(self.batches)):
            self._of_period.setdefault(batch.period, []).append(i)
        self.batches.extend(batches)

    def known_of(self, period: int) -> Sequence[int]:
        """Return which of ``batches`` are of a period."""
        return self._of_period.get(period, ())

    def periods_back(self, weeks: float) -> int:
        """Return how many periods so many weeks are: the nearest whole number, at least 1."""
        return max(1, round(weeks / self.weeks_per_period))

    def age_weeks(self, period: int) -> float:
        """Return the weeks from the end of a period to the origin: 0 for the last one."""
        return (self.origin - 1 - period) * self.weeks_per_period

    def incidents(self, first: int = 0) -> tuple[Array, Whole]:
        """Return places and periods of what is known from a period on: (n, 2) and (n,)."""
        chosen = [self.batches[i] for p in range(first, self.origin) for i in self.known_of(p)]
        xy = np.concatenate([np.empty((0, 2)), *(b.xy for b in chosen)])
        period = np.repeat([b.period for b in chosen], [len(b.xy) for b in chosen])
        return xy, period.astype(np.intp)

    def total(self, bandwidth_m: float, first: int, last: int | None = None) -> Array:
        """Return the sum of the maps of periods ``first`` to ``last`` (excluded), shape (cells,).

        Parameters
        ----------
        bandwidth_m : float
            Radius of the quartic kernel, metres; 0 counts the incidents of each cell. Maps are
            right up to a factor, one for all cells and periods.
        first, last : int
            Periods; ``last`` is the origin by default. Those before 0 are empty.
        """
        if first <= 0 and last is None:
            return self.decayed(bandwidth_m)  # the same, and no period is added up twice
        until = self.origin if last is None else last
        out = np.zeros(self.cells)
        for period in range(max(first, 0), until):
            for i in self.known_of(period):
                cells, values = self.batch_map(bandwidth_m, i)
                out[cells] += values
        return out

    def decayed(self, bandwidth_m: float, half_life_weeks: float = np.inf) -> Array:
        """Return the sum of all maps, each weighted 2^(-age / half-life), shape (cells,).

        The answer is the same to the last digit whether it was asked at every origin before or is
        asked for the first time: a back-test that was taken up again ends as one that ran through.

        Raises
        ------
        UsageError
            If the half-life is not above 0.
        """
        if not half_life_weeks > 0:
            raise UsageError(
                f"A half-life must be a number of weeks above 0; got {half_life_weeks!r}."
            )
        key = (float(bandwidth_m), float(half_life_weeks))
        running = self._running.setdefault(key, _Running(np.zeros(self.cells)))
        keep = 2.0 ** (-self.weeks_per_period / half_life_weeks)
        while running.origin < self.origin:
            running.origin += 1
            running.surface *= keep
            self._add_known_at(running, bandwidth_m, keep)
        return running.surface.copy()

    def _add_known_at(self, running: _Running, bandwidth_m: float, keep: float) -> None:
        """Add what became known at the running map's origin."""
        while running.batches < len(self.batches):
            batch = self.batches[running.batches]
            if batch.known > running.origin:
                return
            cells, values = self.batch_map(bandwidth_m, running.batches)
            running.surface[cells] += values * keep ** (running.origin - 1 - batch.period)
            running.batches += 1

    def batch_map(self, bandwidth_m: float, index: int) -> tuple[Whole, Array]:
        """Return the map of ``batches[index]``: its cells that are not 0, and their values.

        Made once and kept. A subclass may keep it elsewhere; ``made_map`` makes it.
        """
        made = self._made.setdefault(float(bandwidth_m), [])
        while len(made) <= index:
            made.append(self.made_map(bandwidth_m, len(made)))
        return made[index]

    def made_map(self, bandwidth_m: float, index: int) -> tuple[Whole, Array]:
        """Make the map of ``batches[index]``: see ``batch_map``."""
        batch = self.batches[index]
        weight = np.ones(len(batch.xy))
        surface = decayed_map(batch.xy, batch.cell, weight, self.grid, bandwidth_m)
        cells = np.flatnonzero(surface)
        return cells, surface[cells]


@dataclass
class _Running:
    surface: Array
    origin: int = 0
    batches: int = 0


def batches_of(history: History, grid: Grid) -> Iterator[list[Batch]]:
    """Yield what became known at each origin, from origin 1 to the last."""
    cell = masked_index(history.xy, grid)
    cell[~history.inside] = -1
    order = np.lexsort((history.period, history.known))
    ends = np.searchsorted(history.known[order], np.arange(1, history.periods + 2))
    for origin in range(1, history.periods + 1):
        here = order[ends[origin - 1] : ends[origin]]
        first = np.flatnonzero(np.diff(history.period[here], prepend=-1))
        yield [
            Batch(int(history.period[rows[0]]), origin, history.xy[rows], cell[rows])
            for rows in np.split(here, first[1:])
            if len(rows)
        ]
