"""How many planted hot spots each null finds, and how much of what it reports is one.

``python -m benchmarks.power [--seeds 400] [--processes 2]`` prints Markdown tables and exits 1
when a requirement fails. A planted place is a disc in which incidents are some times as dense as
the background says; five are planted on a map of about the size of two districts.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from benchmarks.chance_maps import (
    ALLOWED,
    AREA,
    BASELINE,
    CELL_M,
    NORMAL,
    PERMUTATION,
    RANDOMIZATION,
    Chance,
    Run,
    blocks,
    markdown,
    town_baseline,
    workers,
)
from hotspots.clustering.grid import Grid
from hotspots.clustering.kde import kde
from hotspots.clustering.weights import band_half_widths, band_sum

Array = NDArray[np.float64]
Hot = NDArray[np.bool_]

ROWS, COLS = 40, 70
BAND_M = 400.0
PLACES, APART_M, FROM_EDGE_M = 5, 2_000.0, 1_000.0
RADII_M = (250.0, 500.0)
INCIDENTS = (50, 200, 800, 2_000)
TIMES = (1.5, 2.0, 3.0, 5.0)
TOP_SHARE, BANDWIDTH_M = 0.05, 500.0
KDE = "KDE, top 5 %"
#: The nulls asked on each background, and those that are true there where nothing is planted.
NULLS = {
    False: (RANDOMIZATION, AREA, PERMUTATION, NORMAL),
    True: (BASELINE, RANDOMIZATION, AREA, PERMUTATION, NORMAL),
}
TRUE_NULLS = {False: (RANDOMIZATION.label, AREA.label), True: (BASELINE.label,)}
#: Of the cells that a true null reports, at least this share must be right...
RIGHT = 0.9
#: ...wherever it reports something on at least this share of the maps: below, hardly anything is
#: found, and the few maps that chance would mark anyway are a large part of what is reported.
REPORTS = 0.25
#: With fewer maps a row than this, as in a quick look, chance would decide: nothing is judged.
JUDGED = 100


@dataclass(frozen=True)
class Setting:
    """Maps of one kind; ``times`` 1 plants nothing."""

    towns: bool
    radius_m: float
    incidents: int
    times: float


@dataclass(frozen=True, eq=False)
class Planted:
    """One map: incidents (metres), their counts, and where something is planted.

    ``inside``, shape (places, rows, cols), are the cells whose centre lies in each place;
    ``touching``, shape (rows, cols), those that share any ground with one.
    """

    xy: Array
    counts: NDArray[np.int64]
    inside: Hot
    touching: Hot


@dataclass(frozen=True)
class Score:
    """What one method reported, summed over maps."""

    maps: int = 0
    with_report: int = 0
    with_false: int = 0
    cells: int = 0
    right: int = 0
    places: int = 0
    found: int = 0
    false_share: float = 0.0

    def __add__(self, other: Score) -> Score:
        return Score(**{name: value + vars(other)[name] for name, value in vars(self).items()})


Scores = dict[str, Score]


def make_map(setting: Setting, seed: int, grid: Grid) -> Planted:
    """Return one map; its places are where the background has people, apart and off the edge."""
    rng = np.random.default_rng([seed, *(int(10 * float(v)) for v in vars(setting).values())])
    share = background(setting.towns)
    centres = plant(rng, share)
    xy = draw(rng, share, centres, setting)
    if setting.times == 1:
        centres = centres[:0]
    away = np.abs(grid.centres[None] - centres[:, None, None])
    inside = np.hypot(*away.transpose(3, 0, 1, 2)) <= setting.radius_m
    nearest = np.maximum(away - CELL_M / 2, 0)
    touching: Hot = np.any(np.hypot(*nearest.transpose(3, 0, 1, 2)) <= setting.radius_m, axis=0)
    return Planted(xy, grid.counts(xy), inside, touching)


def background(towns: bool) -> Array:
    """Return each cell's share of the incidents where nothing is planted."""
    return town_baseline(ROWS, COLS) if towns else np.full((ROWS, COLS), 1 / (ROWS * COLS))


def plant(rng: np.random.Generator, share: Array) -> Array:
    """Return centres, shape (places, 2): drawn as an incident would be, until they are apart."""
    size = np.array([COLS, ROWS]) * CELL_M
    centres: list[Array] = []
    while len(centres) < PLACES:
        at = points(rng, share, 1)[0]
        apart = all(np.hypot(*(at - other)) >= APART_M for other in centres)
        if apart and (np.minimum(at, size - at) >= FROM_EDGE_M).all():
            centres.append(at)
    return np.array(centres)


def points(rng: np.random.Generator, share: Array, number: int) -> Array:
    """Return points that fall in cells by their share, anywhere within the cell."""
    ends = np.cumsum(share.ravel())
    cell = np.searchsorted(ends, rng.random(number) * ends[-1], side="right")
    row, col = np.divmod(cell, share.shape[1])
    return (np.column_stack([col, row]) + rng.random((number, 2))) * CELL_M


def draw(rng: np.random.Generator, share: Array, centres: Array, setting: Setting) -> Array:
    """Return the incidents: background points, of which those outside the places are thinned."""
    kept = np.empty((0, 2))
    while len(kept) < setting.incidents:
        xy = points(rng, share, int(setting.incidents * setting.times))
        away = np.hypot(*(xy[:, None] - centres).transpose(2, 0, 1))
        planted = (away <= setting.radius_m).any(axis=1)
        keep = planted | (rng.random(len(xy)) * setting.times < 1)
        kept = np.vstack([kept, xy[keep]])
    return kept[: setting.incidents]


def answers(made: Planted, towns: bool, seed: int, grid: Grid) -> dict[str, Hot]:
    """Return the cells that each method reports."""
    told = Chance(made.counts, BAND_M, background(towns), seed)
    hot = {null.label: null.hot(null.ask(told)) for null in NULLS[towns]}
    hot[KDE] = densest(kde(made.xy, grid, BANDWIDTH_M))
    return hot


def densest(surface: Array) -> Hot:
    """Return the top of a density surface: 5 % of the cells, those without density left out."""
    order = np.argsort(-surface, axis=None, kind="stable")
    top = np.zeros(surface.size, dtype=bool)
    top[order[: int(TOP_SHARE * surface.size)]] = True
    return top.reshape(surface.shape) & (surface > 0)


def score(hot: Hot, made: Planted, right: Hot) -> Score:
    cells, true = int(hot.sum()), int((hot & right).sum())
    return Score(
        maps=1,
        with_report=int(cells > 0),
        with_false=int(true < cells),
        cells=cells,
        right=true,
        places=len(made.inside),
        found=int((made.inside & hot).any(axis=(1, 2)).sum()),
        false_share=(cells - true) / max(cells, 1),
    )


def score_maps(task: tuple[Setting, range]) -> Scores:
    """Return every method's score over the seeds' maps."""
    setting, seeds = task
    grid = Grid(0.0, 0.0, CELL_M, np.ones((ROWS, COLS), dtype=bool))
    band = band_half_widths(BAND_M, CELL_M)
    total: Scores = {}
    for seed in seeds:
        made = make_map(setting, seed, grid)
        right = band_sum(made.touching, band) > 0
        for method, hot in answers(made, setting.towns, seed, grid).items():
            total[method] = total.get(method, Score()) + score(hot, made, right)
    return total


def score_all(settings: list[Setting], seeds: int, run: Run) -> dict[Setting, Scores]:
    tasks = [(setting, block) for setting in settings for block in blocks(seeds)]
    total: dict[Setting, Scores] = {}
    for (setting, _), answer in zip(tasks, run(score_maps, tasks), strict=True):
        before = total.get(setting, {})
        total[setting] = {m: before.get(m, Score()) + answer[m] for m in answer}
    return total


# --- what is printed -----------------------------------------------------------------------------


def print_tables(total: dict[Setting, Scores], towns: bool) -> None:
    methods = [*(null.label for null in NULLS[towns]), KDE]
    where = "in towns" if towns else "evenly spread"
    print(f"\n## Background {where}\n\n### Nothing planted: share of maps with any cell, in %\n")
    quiet = [s for s in total if s.towns == towns and s.times == 1]
    print(
        markdown(
            ["incidents", *methods],
            [
                [f"{s.incidents:,}", *(_percent(_alarm(total[s][m])) for m in methods)]
                for s in quiet
            ],
        )
    )
    for radius in RADII_M:
        rows = [s for s in total if s.towns == towns and s.radius_m == radius and s.times > 1]
        print(f"\n### Places of {radius:.0f} m\n")
        print("Planted places found, and reported cells that are right, in %:\n")
        print(_table(total, rows, methods, _found_and_right))
        print("\nCells reported on a map, and maps with a false cell, in %:\n")
        print(_table(total, rows, methods, _cells_and_false))


def _table(
    total: dict[Setting, Scores],
    rows: list[Setting],
    methods: list[str],
    text: Callable[[Score], str],
) -> str:
    return markdown(
        ["incidents", "times", *methods],
        [[f"{s.incidents:,}", f"{s.times:g}", *(text(total[s][m]) for m in methods)] for s in rows],
    )


def _found_and_right(got: Score) -> str:
    right = _percent(got.right / got.cells) if got.cells else "–"
    return f"{_percent(got.found / got.places)}; {right}"


def _cells_and_false(got: Score) -> str:
    return f"{got.cells / got.maps:.1f}; {_percent(got.with_false / got.maps)}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}" if share in (0, 1) else f"{100 * share:.1f}"


def _alarm(got: Score) -> float:
    return got.with_report / got.maps


# --- requirements --------------------------------------------------------------------------------


def failures(total: dict[Setting, Scores]) -> list[str]:
    """Return a sentence for every requirement that does not hold."""
    failed = []
    for setting, scores in total.items():
        for method in TRUE_NULLS[setting.towns]:
            if setting.times > 1:
                failed += _wrong(setting, method, scores)
                failed += _beaten(setting, method, scores, _quiet(total, setting))
    return failed


def weak_rows(total: dict[Setting, Scores]) -> str:
    """Say where a true null's reports are less often right, and how rarely it reports there."""
    rows = [
        got
        for setting, scores in total.items()
        for method, got in scores.items()
        if setting.times > 1 and method in TRUE_NULLS[setting.towns]
    ]
    weak = [_alarm(got) for got in rows if got.right < RIGHT * got.cells]
    weakest = max(weak, default=0.0)
    false = max(got.false_share / got.maps for got in rows)
    return (
        f"In {len(weak)} of the {len(rows)} rows of a true null, less than {100 * RIGHT:.0f} % of "
        f"the reported cells are right; there it reports anything on {100 * weakest:.1f} % of "
        f"the maps at most. Averaged over all maps of a row, the false share of a map's report is "
        f"{100 * false:.1f} % at most."
    )


def _wrong(setting: Setting, method: str, scores: Scores) -> list[str]:
    got, failed = scores[method], []
    if _alarm(got) >= REPORTS and got.right < RIGHT * got.cells:
        failed.append(f"{method}, {setting}: {got.right} of {got.cells} reported cells are right")
    if got.false_share > (1 - RIGHT) * got.maps:
        failed.append(f"{method}, {setting}: {got.false_share / got.maps:.3f} of a map is false")
    return failed


def _quiet(total: dict[Setting, Scores], setting: Setting) -> list[str]:
    """Return the methods that alarm on few enough of the maps on which nothing is planted."""
    nothing = total[Setting(setting.towns, RADII_M[0], setting.incidents, 1.0)]
    return [method for method, got in nothing.items() if _alarm(got) <= ALLOWED]


def _beaten(setting: Setting, method: str, scores: Scores, quiet: list[str]) -> list[str]:
    """Compare with the quiet methods that are not true nulls themselves."""
    ours = scores[method].found
    return [
        f"{method}, {setting}: finds {ours} places, {other} {scores[other].found}"
        for other in quiet
        if other not in TRUE_NULLS[setting.towns] and scores[other].found > ours
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=400, help="maps a row (default 400)")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    nothing = [Setting(towns, RADII_M[0], n, 1.0) for towns in (False, True) for n in INCIDENTS]
    planted = [Setting(*made) for made in product((False, True), RADII_M, INCIDENTS, TIMES)]
    with workers(options.processes) as run:
        total = score_all(nothing + planted, options.seeds, run)
    for towns in (False, True):
        print_tables(total, towns)
    print("\n## Requirements\n")
    if options.seeds < JUDGED:
        print(f"Not judged: they need at least {JUDGED} maps a row.")
        return 0
    failed = failures(total)
    print(weak_rows(total))
    for sentence in failed:
        print(f"- FAILED: {sentence}")
    if not failed:
        print("All requirements hold.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
