"""Counts shrunk to a smooth map: a cell is believed as far as its own incidents carry.

A cell's own count is the best guide where incidents are many, and next to nothing where they are
few. The smooth map says what to expect of each cell, E (the mean of kernel densities of five
reaches, scaled to the decayed total of incidents). With a rate that varies about E as a gamma
variable of mean 1 and shape a, and N incidents (decayed) met in the cell, the rate to expect is

    E * (N + a) / (E + a).

A large a trusts the smooth map, a small one the cell's own count. One a serves all cells, and it is
learnt: the one that gave the incidents of past periods the highest probability, each judged by
the map made before it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hotspots.clustering.forecast import decayed_map, share
from hotspots.validation.method import MethodKind, Scored
from hotspots.validation.past import Batch, Past

Array = NDArray[np.float64]
#: Reaches of the kernel densities whose mean is the smooth map, metres: each twice the last.
SCALES_M = (300.0, 600.0, 1200.0, 2400.0, 4800.0)
HALF_LIFE_WEEKS = 104.0
#: Shapes of the gamma distribution to choose from.
SHAPES = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
#: Of the smooth map and of each judged one, so much is spread evenly: nothing is impossible.
EVEN = 0.02
#: Incidents that became known later than so many origins after their period are not learnt from.
KEPT_ORIGINS = 8


class Shrunk:
    """Counts shrunk to a smooth map, as much as foretold the past best.

    What it keeps follows from the past alone: asked first at a later origin it goes through the
    earlier ones by itself. Learns from all but the first quarter of the periods; before there is
    anything to learn from, the shape is 1.
    """

    def __init__(self) -> None:
        self._replay: _Replay | None = None

    def score(self, past: Past) -> Scored:
        """Return what each cell should expect, up to a factor."""
        if self._replay is None:
            self._replay = _Replay(past)
        self._replay.advance(past)
        return Scored(self._replay.made().expected(self._replay.shape()))


@dataclass(frozen=True, eq=False)
class _Made:
    """What one origin's maps are made of: the counts, and the smooth map scaled to their total."""

    counts: Array
    smooth: Array

    def expected(self, shape: float) -> Array:
        """Return E * (N + a) / (E + a) of every cell."""
        found: Array = self.smooth * (self.counts + shape) / (self.smooth + shape)
        return found


class _Replay:
    """The maps as they stand at one origin, and how well each shape foretold what followed."""

    def __init__(self, past: Past) -> None:
        self.origin = 0
        self._grid = past.grid
        self._keep = 2.0 ** (-past.weeks_per_period / HALF_LIFE_WEEKS)
        self._maps = np.zeros((1 + len(SCALES_M), past.cells))
        self._before: deque[tuple[int, _Made]] = deque(maxlen=KEPT_ORIGINS)
        self._told: dict[int, Array] = {}
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

    def made(self) -> _Made:
        """Return the counts and the smooth map of what is known now."""
        counts = self._maps[0]
        cells = len(counts)
        mean = np.mean([share(m) for m in self._maps[1:]], axis=0)
        smooth = ((1 - EVEN) * mean + EVEN / cells) * counts.sum()
        # nothing met anywhere: an even map, which every shape leaves even
        return _Made(counts.copy(), smooth if counts.any() else np.full(cells, 1.0))

    def shape(self) -> float:
        """Return the shape that gave the incidents so far the highest probability."""
        told = [value for period, value in self._told.items() if period >= self.origin // 4]
        return SHAPES[int(np.argmax(np.sum(told, axis=0)))] if told else 1.0

    def _step(self, batches: list[Batch]) -> None:
        self._before.append((self.origin, self.made()))
        for batch in batches:
            self._learn(batch)
        self.origin += 1
        self._maps *= self._keep
        for batch in batches:
            weight = np.full(len(batch.xy), self._keep ** (self.origin - 1 - batch.period))
            for k, h in enumerate((0.0, *SCALES_M)):
                self._maps[k] += decayed_map(batch.xy, batch.cell, weight, self._grid, h)

    def _learn(self, batch: Batch) -> None:
        """Judge the maps made as the batch's period began by its incidents."""
        cells = batch.cell[batch.cell >= 0]
        for origin, made in self._before:
            if origin == batch.period and origin > 0 and len(cells):
                told = np.array([_log_chance(made.expected(a), cells) for a in SHAPES])
                self._told[batch.period] = self._told.get(batch.period, 0.0) + told


def _log_chance(expected: Array, cells: NDArray[np.intp]) -> float:
    chance = (1 - EVEN) * share(expected)[cells] + EVEN / len(expected)
    return float(np.log(chance).sum())


KIND = MethodKind(
    name="shrunk",
    label="Counts weighed against maps, as the past teaches",
    says="Each cell's own count, shrunk to the mean of kernel densities of 300 to 4,800 m as far "
    "as foretold the incidents so far best.",
    source="Empirical Bayes: Clayton, D. and Kaldor, J. (1987), doi:10.2307/2532003; the shape is "
    "chosen by the probability of what followed: Dawid, A. P. (1984), doi:10.2307/2981683",
    make=Shrunk,
)
