"""Made-up maps, and what each null says about them; shared by calibration.py and power.py.

Every map comes from a seed of its own, so a table does not depend on the number of processes.
"""

from __future__ import annotations

import math
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.change import ChangeResult, change_test
from hotspots.clustering.getis_ord import GiStarResult, gi_star
from hotspots.jit import limit_threads

Array = NDArray[np.float64]
Run = Callable[[Callable[[Any], Any], Sequence[Any]], list[Any]]

CELL_M = 250.0
ALPHA = 0.05
#: No null may call a cell hot on more than this share of the maps that it calls chance.
ALLOWED = 0.06
#: With fewer maps than this the share is too rough to be judged by itself: see ``too_many``.
MANY_MAPS = 500
#: Raw p-values at which the share of cells below is counted.
LEVELS = (0.05, 0.01, 0.001)
PERMUTATIONS = 999
#: How many maps before the present one make its history.
HISTORY_MAPS = 12


@dataclass(frozen=True, eq=False)
class Chance:
    """A made-up map, and what a null may be told about it.

    Attributes
    ----------
    counts : ndarray, shape (rows, cols)
    distance_m : float
    baseline : ndarray, shape (rows, cols)
        Each cell's true share of the incidents.
    seed : int
    """

    counts: NDArray[np.int64]
    distance_m: float
    baseline: Array
    seed: int

    def history(self) -> NDArray[np.int64]:
        """Return the sum of ``HISTORY_MAPS`` other maps of the same sort."""
        rng = np.random.default_rng([self.seed, int(self.counts.sum()), HISTORY_MAPS])
        number = HISTORY_MAPS * self.counts.sum()
        return rng.multinomial(number, self.baseline.ravel()).reshape(self.counts.shape)


@dataclass(frozen=True)
class Null:
    """One way of asking gi_star; ``told`` is the baseline that it is given."""

    label: str
    null: str
    told: Literal["nothing", "baseline", "history"] = "nothing"
    adjusted: bool = True

    def ask(self, chance: Chance) -> GiStarResult | ChangeResult:
        if self.null == "change":
            return change_test(chance.counts, chance.history(), chance.distance_m, CELL_M)
        expected: ArrayLike | None = chance.baseline if self.told == "baseline" else None
        if self.told == "history":  # half an incident more: something is expected everywhere
            expected = chance.history() + 0.5
        return gi_star(
            chance.counts,
            chance.distance_m,
            CELL_M,
            null=self.null,  # type: ignore[arg-type]
            expected=expected,
            permutations=PERMUTATIONS,
            seed=chance.seed,
        )

    def hot(self, found: GiStarResult | ChangeResult) -> NDArray[np.bool_]:
        p = found.p_adjusted if self.adjusted else found.p_value
        return p <= ALPHA


RANDOMIZATION = Null("randomization", "randomization")
AREA = Null("binomial, area", "binomial")
BASELINE = Null("binomial, baseline", "binomial", told="baseline")
HISTORY = Null("binomial, history as baseline", "binomial", told="history")
CHANGE = Null("change test", "change", told="history")
PERMUTATION = Null("permutation", "permutation")
NORMAL = Null("normal", "normal")
NORMAL_RAW = Null("normal, p not adjusted", "normal", adjusted=False)


@dataclass(frozen=True)
class Setting:
    """Chance maps of one kind: how many incidents, how they fall, the band, the size."""

    incidents: int
    towns: bool = False
    distance_m: float = 400.0
    rows: int = 80
    cols: int = 100


@dataclass(frozen=True, eq=False)
class Alarms:
    """What one null said of many chance maps.

    Attributes
    ----------
    maps, with_alarm : int
        Maps asked, and those on which a cell was called hot.
    hot_cells, most : int
        Cells called hot on all maps together, and on the worst one.
    below : ndarray, shape (len(LEVELS),)
        Cells whose raw p-value is at most each of ``LEVELS``, on all maps together.
    cells : int
        Cells asked, on all maps together.
    """

    maps: int
    with_alarm: int
    hot_cells: int
    most: int
    below: NDArray[np.int64]
    cells: int

    def __add__(self, other: Alarms) -> Alarms:
        return Alarms(
            self.maps + other.maps,
            self.with_alarm + other.with_alarm,
            self.hot_cells + other.hot_cells,
            max(self.most, other.most),
            self.below + other.below,
            self.cells + other.cells,
        )

    @property
    def share(self) -> float:
        """Share of maps with any alarm."""
        return self.with_alarm / self.maps

    def share_text(self) -> str:
        low, high = wilson(self.with_alarm, self.maps)
        return f"{100 * self.share:.1f} ({100 * low:.1f}–{100 * high:.1f})"


#: Of each setting, what each null said.
Table = dict[Setting, dict[Null, Alarms]]


def town_baseline(rows: int, cols: int) -> Array:
    """Return each cell's share of the incidents where people live in six towns, shape (rows, cols).

    The towns stand anywhere (seed 1); each is a Gaussian hill of sigma 500 to 1,500 m, the k-th
    with 1/k of the largest one's people. They hold 80 % together; the rest is even countryside,
    so that something is expected everywhere.
    """
    rng = np.random.default_rng(1)
    row, col = np.mgrid[:rows, :cols].astype(np.float64)
    surface = np.zeros((rows, cols))
    for k in range(1, 7):
        y, x = rng.uniform(0.1, 0.9, 2) * (rows, cols)
        sigma = rng.uniform(500, 1_500) / CELL_M
        hill = np.exp(-((row - y) ** 2 + (col - x) ** 2) / (2 * sigma**2))
        surface += hill / hill.sum() / k
    share: Array = 0.8 * surface / surface.sum() + 0.2 / surface.size
    return share


def chance_map(setting: Setting, seed: int) -> Chance:
    """Return a map of incidents that fall independently: evenly, or as ``town_baseline`` says."""
    rng = np.random.default_rng([seed, setting.incidents, setting.towns])
    shape = (setting.rows, setting.cols)
    share = town_baseline(*shape) if setting.towns else np.full(shape, 1 / math.prod(shape))
    counts = rng.multinomial(setting.incidents, share.ravel()).reshape(shape)
    return Chance(counts, setting.distance_m, share, seed)


def ask_all(setting: Setting, seeds: Iterable[int], nulls: Sequence[Null]) -> dict[Null, Alarms]:
    """Return what each null says of the setting's maps."""
    total: dict[Null, Alarms] = {}
    for seed in seeds:
        chance = chance_map(setting, seed)
        for null in nulls:
            found = null.ask(chance)
            hot = int(null.hot(found).sum())
            below = np.array([(found.p_value <= level).sum() for level in LEVELS])
            one = Alarms(1, int(hot > 0), hot, hot, below, chance.counts.size)
            total[null] = total[null] + one if null in total else one
    return total


def wilson(hits: int, trials: int, z: float = 1.959964) -> tuple[float, float]:
    """Return the 95 % interval of a share: Wilson, E. B. (1927), doi:10.2307/2276774."""
    share, square = hits / trials, z * z / trials
    middle = (share + square / 2) / (1 + square)
    half = z * math.sqrt(share * (1 - share) / trials + square / trials / 4) / (1 + square)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def too_many(hits: int, trials: int, allowed: float = ALLOWED) -> bool:
    """Tell whether more than the allowed share alarmed.

    With ``MANY_MAPS`` maps the share itself decides; with fewer, as in a quick look, only an
    interval that lies wholly above the allowed share does.
    """
    if trials >= MANY_MAPS:
        return hits > allowed * trials
    return wilson(hits, trials)[0] > allowed


@contextmanager
def workers(processes: int) -> Iterator[Run]:
    """Give a function (work, tasks) -> answers, in the tasks' order, over some processes."""
    if processes == 1:
        yield lambda work, tasks: [_alone((work, task)) for task in tasks]
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        yield lambda work, tasks: list(pool.map(_alone, [(work, task) for task in tasks]))


def _alone(job: tuple[Callable[[Any], Any], Any]) -> Any:
    work, task = job  # the processes share the work: each keeps to one thread
    with limit_threads(1):
        return work(task)


def blocks(seeds: int, size: int = 50) -> list[range]:
    """Return the seeds in blocks, one task each."""
    return [range(first, min(first + size, seeds)) for first in range(0, seeds, size)]


def markdown(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Return a table; all columns but the first are aligned to the right."""
    rule = ["---", *("--:" for _ in head[1:])]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, rule, *lines])


def shares_table(table: Table, nulls: Sequence[Null]) -> str:
    """Return the share of maps with any hot cell, in %, with its 95 % interval."""
    return markdown(
        ["incidents", *(null.label for null in nulls)],
        [
            [f"{setting.incidents:,}", *(row[null].share_text() for null in nulls)]
            for setting, row in table.items()
        ],
    )


def cells_table(table: Table, nulls: Sequence[Null]) -> str:
    """Return the cells called hot: the mean of a map, and the most on one."""
    return markdown(
        ["incidents", *(null.label for null in nulls)],
        [
            [
                f"{setting.incidents:,}",
                *(f"{row[k].hot_cells / row[k].maps:,.2f}; {row[k].most:,}" for k in nulls),
            ]
            for setting, row in table.items()
        ],
    )


def levels_table(table: Table, nulls: Sequence[Null]) -> str:
    """Return how many cells in a million have a raw p-value of at most each level."""
    lines = [
        [
            f"{setting.incidents:,}",
            f"{level:g}",
            *(f"{1e6 * row[null].below[i] / row[null].cells:,.0f}" for null in nulls),
        ]
        for setting, row in table.items()
        for i, level in enumerate(LEVELS)
    ]
    return markdown(["incidents", "level", *(null.label for null in nulls)], lines)
