"""The fitted mixture: maps of many reaches and memories, weighted by how well they foretold."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hotspots.clustering.forecast import (
    NEAR_REPEAT_WEEKS,
    decayed_map,
    near_repeat_map,
    share,
)
from hotspots.clustering.mixture import MIXTURE_MAPS, mixture_weights
from hotspots.validation.method import MethodKind, Scored
from hotspots.validation.past import Batch, Past

Array = NDArray[np.float64]
Whole = NDArray[np.intp]
#: Weights are fitted anew once there is this much more to learn from.
GROWTH = 1.05
#: Incidents that became known later than so many origins after their period are not learnt from.
KEPT_ORIGINS = 8
#: Maps beside the kernels: near repeats and the even map.
_MAPS = len(MIXTURE_MAPS) + 2


class Mixture:
    """17 maps, weighted by the likelihood of the incidents that came after each of them.

    For every origin before this one the maps were made of what was known then, and judged by the
    incidents of the period that followed. The weights maximise the mean log of the probability
    the mixture gave to their cells, as ``hotspots.clustering.fit_mixture`` does, learnt from all
    but the first quarter of the periods. They are fitted anew whenever there is 5 % more to learn
    from, so that the fits of a long back-test take no more than some fixed number of the last one.

    What it keeps follows from the past alone: asked first at a later origin it goes through the
    earlier ones by itself. An incident that became known late is judged by the maps of its own
    period; for that the maps of the last ``KEPT_ORIGINS`` are kept, 8 bytes * 17 * cells each, and
    8 bytes * 17 for every incident learnt from.
    """

    def __init__(self) -> None:
        self._replay: _Replay | None = None
        self._fitted: tuple[int, Array] | None = None

    def score(self, past: Past) -> Scored:
        """Return the probability the mixture gives to each cell for the next incident."""
        if self._replay is None:
            self._replay = _Replay(past)
        replay = self._replay
        replay.advance(past)
        if self._fitted is None or self._fitted[0] != replay.due.origin:
            self._fitted = (replay.due.origin, replay.weights())
        return Scored(share(self._fitted[1] @ replay.shares()))

    @property
    def weights(self) -> Array:
        """The weights of the last map: kernels in the order of ``MIXTURE_MAPS``, near, even."""
        if self._fitted is None:
            return np.full(_MAPS, 1 / _MAPS)
        return self._fitted[1].copy()


@dataclass(frozen=True)
class _Due:
    """The last fit that was due: at which origin, and how much there was to learn from then."""

    origin: int = 0
    rows: int = 0


@dataclass
class _Learnt:
    """What each map gave to the cell of each incident, in the order they became known."""

    chances: list[Array] = field(default_factory=list)
    period: list[Whole] = field(default_factory=list)
    rows: int = 0

    def add(self, chances: Array, period: int) -> None:
        self.chances.append(chances)
        self.period.append(np.full(len(chances), period))
        self.rows += len(chances)


class _Replay:
    """All maps as they stand at one origin, and what they gave to what followed so far."""

    def __init__(self, past: Past) -> None:
        self.origin = 0
        self.due = _Due()
        self._grid = past.grid
        self._maps = np.zeros((_MAPS, past.cells))
        self._maps[-1] = 1.0
        halves = [past.weeks_per_period / half_life for _, half_life in MIXTURE_MAPS]
        self._keep = 2.0 ** -np.array(halves)
        self._near: dict[int, Array] = {}
        self._near_periods = past.periods_back(NEAR_REPEAT_WEEKS)
        self._before: deque[tuple[int, Array]] = deque(maxlen=KEPT_ORIGINS)
        self._learnt = _Learnt()
        self._taken = 0

    def advance(self, past: Past) -> None:
        """Go on to the origin of a past, batch by batch as they became known."""
        while self.origin < past.origin:
            batches = []
            while (
                self._taken < len(past.batches)
                and past.batches[self._taken].known == self.origin + 1
            ):
                batches.append(past.batches[self._taken])
                self._taken += 1
            self._step(batches)

    def shares(self) -> Array:
        """Return the maps, each with sum 1, shape (k, cells)."""
        return np.stack([share(m) for m in self._maps])

    def weights(self) -> Array:
        """Return the weights of the fit that was last due; equal ones before the first."""
        first = max(1, self.due.origin // 4)
        empty: tuple[Array, Whole] = np.empty((0, _MAPS)), np.empty(0, dtype=np.intp)
        chances = np.concatenate([empty[0], *self._learnt.chances])[: self.due.rows]
        period = np.concatenate([empty[1], *self._learnt.period])[: self.due.rows]
        return mixture_weights(chances[period >= first])[0]

    def _step(self, batches: list[Batch]) -> None:
        self._before.append((self.origin, self.shares()))
        for batch in batches:
            self._learn(batch)
        self.origin += 1
        self._maps[: len(self._keep)] *= self._keep[:, None]
        for batch in batches:
            self._add(batch)
        self._sum_near()
        rows = self._learnt.rows
        if rows > 0 and rows >= GROWTH * self.due.rows:
            self.due = _Due(self.origin, rows)

    def _learn(self, batch: Batch) -> None:
        """Judge the maps made as the batch's period began by its incidents."""
        cells = batch.cell[batch.cell >= 0]
        for origin, maps in self._before:
            if origin == batch.period and len(cells):
                self._learnt.add(maps[:, cells].T, batch.period)

    def _add(self, batch: Batch) -> None:
        weight = np.ones(len(batch.xy))
        age = self.origin - 1 - batch.period
        made: dict[float, Array] = {}
        for k, (h, _) in enumerate(MIXTURE_MAPS):
            if h not in made:
                made[h] = decayed_map(batch.xy, batch.cell, weight, self._grid, h)
            self._maps[k] += made[h] * self._keep[k] ** age
        near = near_repeat_map(batch.xy, weight, self._grid)
        self._near[batch.period] = self._near.get(batch.period, 0.0) + near

    def _sum_near(self) -> None:
        """Add up the near-repeat maps of the last 8 weeks, each over its age in periods."""
        first = self.origin - self._near_periods
        self._near = {p: m for p, m in self._near.items() if p >= first}
        self._maps[-2] = sum(
            (m / (self.origin - p) for p, m in sorted(self._near.items())),
            start=np.zeros(self._maps.shape[1]),
        )


KIND = MethodKind(
    name="mixture",
    label="Fitted mixture of 17 maps",
    says="Counts, kernel densities of 200 to 2,000 m that remember weeks or all history, near "
    "repeats and an even map, weighted by how well each foretold the incidents so far.",
    source="EM: Dempster, A. P., Laird, N. M. and Rubin, D. B. (1977), "
    "doi:10.1111/j.2517-6161.1977.tb01600.x; crime as a self-exciting mixture: Mohler, G. O. et "
    "al. (2011), doi:10.1198/jasa.2011.ap09546",
    make=Mixture,
)
