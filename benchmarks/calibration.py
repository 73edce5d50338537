"""How often each null calls chance hot: made-up maps, real shuffles, and shuffled real months.

``python -m benchmarks.calibration [--seeds 1000] [--processes 2]`` prints Markdown tables and
exits 1 when a requirement fails. Real data are read from the folder that HOTSPOTS_REAL_DATA
names, or from ../shared/data beside the repository; without them those tables are left out.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.chance_maps import (
    ALPHA,
    AREA,
    BASELINE,
    CHANGE,
    HISTORY,
    NORMAL,
    NORMAL_RAW,
    PERMUTATION,
    RANDOMIZATION,
    Alarms,
    Null,
    Run,
    Setting,
    Table,
    ask_all,
    blocks,
    cells_table,
    levels_table,
    markdown,
    shares_table,
    too_many,
    wilson,
    workers,
)
from hotspots.clustering.change import change_test
from hotspots.clustering.getis_ord import gi_star
from hotspots.clustering.grid import Grid
from hotspots.clustering.weights import band_half_widths
from hotspots.jit import compiled

ROOT = Path(__file__).resolve().parents[1]
INCIDENTS = (10, 30, 100, 400, 2_000, 20_000)
BANDS_M = (400.0, 500.0)
EVEN = (RANDOMIZATION, AREA, PERMUTATION, NORMAL, NORMAL_RAW)
TOWNS = (BASELINE, RANDOMIZATION, AREA, PERMUTATION, NORMAL)
#: The nulls that are true on maps of each kind, and so must stay quiet.
TRUE_NULLS = {False: (RANDOMIZATION, AREA), True: (BASELINE,)}
SHUFFLES, SHUFFLES_PER_TASK = 1_000_000, 50_000
CATEGORIES = {
    "asb": "Anti-social behaviour",
    "criminal_damage": "Criminal damage and arson",
    "vehicle_crime": "Vehicle crime",
}
MONTHS = tuple(str(month) for month in np.arange("2021-03", "2022-04", dtype="datetime64[M]"))
Counted = NDArray[np.int64]


# --- made-up maps --------------------------------------------------------------------------------


def chance_table(settings: list[Setting], nulls: tuple[Null, ...], seeds: int, run: Run) -> Table:
    """Return the alarms of each setting and null."""
    tasks = [(setting, block, nulls) for setting in settings for block in blocks(seeds)]
    total: Table = {}
    for (setting, _, _), answer in zip(tasks, run(_ask, tasks), strict=True):
        before = total.get(setting)
        total[setting] = {null: before[null] + answer[null] for null in nulls} if before else answer
    return total


def _ask(task: tuple[Setting, range, tuple[Null, ...]]) -> dict[Null, Alarms]:
    return ask_all(*task)


def made_up(towns: bool, seeds: int, run: Run) -> list[str]:
    """Print the tables of one kind of chance map; return what failed."""
    nulls, failed = (TOWNS if towns else EVEN), []
    for band in BANDS_M:
        settings = [Setting(n, towns, band) for n in INCIDENTS]
        table = chance_table(settings, nulls, seeds, run)
        cells = int((2 * band_half_widths(band, 250.0) + 1).sum())
        where = "in six towns" if towns else "evenly spread"
        print(f"\n### Incidents {where}, band of {band:.0f} m ({cells} cells)\n")
        print(f"Share of maps with any hot cell, in % ({seeds:,} maps a row):\n")
        print(shares_table(table, nulls))
        print("\nCells called hot on a map of 8,000: mean, and the most on one map:\n")
        print(cells_table(table, nulls))
        if not towns:
            print("\nCells in a million whose p-value, not adjusted, is at most a level:\n")
            print(levels_table(table, (RANDOMIZATION, AREA, PERMUTATION, NORMAL)))
        failed += _too_loud(table, TRUE_NULLS[towns])
    return failed


def from_history(seeds: int, run: Run) -> list[str]:
    """Print how the change test and a baseline that is a sample do; return what failed."""
    table = chance_table([Setting(n, towns=True) for n in INCIDENTS], (CHANGE, HISTORY), seeds, run)
    print("\n### Twelve earlier maps of the six towns as history, band of 400 m (9 cells)\n")
    print(f"Share of maps with any hot cell, in % ({seeds:,} maps a row):\n")
    print(shares_table(table, (CHANGE, HISTORY)))
    return _too_loud(table, (CHANGE,))


def _too_loud(table: Table, nulls: tuple[Null, ...]) -> list[str]:
    return [
        f"{null.label}: alarms on {row[null].share_text()} % of the maps of {setting}"
        for setting, row in table.items()
        for null in nulls
        if too_many(row[null].with_alarm, row[null].maps)
    ]


# --- the exact tail against shuffles of a real map -----------------------------------------------


def shuffled_real_map(folder: Path, shuffles: int, run: Run) -> list[str]:
    """Print the exact p-values of ten cells beside those of shuffles; return what failed."""
    from scipy.stats import binomtest

    counts, mask = read_real_map(folder / "reference" / "asb_2021_06_grid250.csv.gz")
    found = gi_star(counts, 400.0, 250.0, mask)
    cells = ten_cells(found.z_score)
    near = neighbours_of(cells, mask)
    sums = found.local_sum[mask][cells]
    size = min(SHUFFLES_PER_TASK, shuffles)
    tasks = [(counts[mask], near, sums, size, seed) for seed in range(shuffles // size)]
    hits = np.sum(run(shuffle_hits, tasks), axis=0)
    shuffles = size * len(tasks)
    print(f"\n## The exact tail against {shuffles:,} shuffles of a real map\n")
    print(
        f"Anti-social behaviour in the two districts in June 2021 ({mask.sum():,} cells of 250 m, "
        f"{int(counts.sum())} incidents, band of 400 m). All the counts are shuffled over all the "
        "cells each time. The difference is in standard errors of the shuffles; the last column "
        "is the two-sided binomial chance of as odd a number of shuffles if the exact p is right.\n"
    )
    lines, failed = [], []
    for i, cell in enumerate(cells):
        p, z = found.p_value[mask][cell], found.z_score[mask][cell]
        error = (hits[i] / shuffles - p) / math.sqrt(p * (1 - p) / shuffles)
        chance = binomtest(int(hits[i]), shuffles, p).pvalue
        lines.append(
            [f"{z:.2f}", f"{found.neighbours[mask][cell]:.0f}", f"{sums[i]:.0f}", f"{p:.4g}",
             f"{hits[i] / shuffles:.4g}", f"{hits[i]:,}", f"{error:+.2f}", f"{chance:.2f}"]
        )  # fmt: skip
        if chance < 0.001:
            failed.append(f"exact tail at z = {z:.2f}: {p:.4g}, shuffled {hits[i] / shuffles:.4g}")
    head = ["z", "cells", "sum", "exact p", "shuffled p", "shuffles as high", "difference",
            "chance"]  # fmt: skip
    print(markdown(head, lines))
    return failed


def read_real_map(path: Path) -> tuple[Counted, NDArray[np.bool_]]:
    """Return the counts and the mask of a table of cells."""
    import pandas as pd

    table = pd.read_csv(path)
    col = np.rint((table.e_centre - table.e_centre.min()) / 250).astype(int).to_numpy()
    row = np.rint((table.n_centre - table.n_centre.min()) / 250).astype(int).to_numpy()
    counts = np.zeros((row.max() + 1, col.max() + 1), dtype=np.int64)
    mask = np.zeros(counts.shape, dtype=bool)
    counts[row, col], mask[row, col] = table.n, True
    return counts, mask


def ten_cells(z_score: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the masked cells whose z is nearest to ten numbers from 2 to 12, all different."""
    z = z_score[np.isfinite(z_score)]
    chosen: list[int] = []
    for wanted in np.linspace(2, 12, 10):
        order = np.argsort(np.abs(z - wanted), kind="stable")
        chosen.append(next(int(i) for i in order if int(i) not in chosen))
    return np.array(chosen, dtype=np.intp)


def neighbours_of(cells: NDArray[np.intp], mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the masked cells within 400 m of each cell, shape (cells, 9), padded with -1.

    By the distances themselves, not by the band sums that are being checked.
    """
    at = np.argwhere(mask) * 250.0
    near = np.full((len(cells), 9), -1, dtype=np.int64)
    for i, cell in enumerate(cells):
        close = np.flatnonzero(np.hypot(*(at - at[cell]).T) <= 400)
        near[i, : len(close)] = close
    return near


def shuffle_hits(
    task: tuple[Counted, NDArray[np.int64], NDArray[np.float64], int, int],
) -> NDArray[np.int64]:
    """Return in how many shuffles each neighbourhood holds at least its observed sum."""
    counts, near, sums, shuffles, seed = task
    hits = np.zeros(len(near), dtype=np.int64)
    _shuffle(counts.copy(), near, sums, shuffles, seed, hits)
    return hits


@compiled
def _shuffle(
    counts: Counted,
    near: NDArray[np.int64],
    sums: NDArray[np.float64],
    shuffles: int,
    seed: int,
    hits: NDArray[np.int64],
) -> None:
    np.random.seed(seed)  # noqa: NPY002 (the compiled loop's own generator, not numpy's)
    for _ in range(shuffles):
        for last in range(counts.size - 1, 0, -1):
            other = np.random.randint(0, last + 1)  # noqa: NPY002
            counts[last], counts[other] = counts[other], counts[last]
        for i in range(near.shape[0]):
            total = 0
            for cell in near[i]:
                if cell >= 0:
                    total += counts[cell]
            hits[i] += total >= sums[i]


# --- real months ---------------------------------------------------------------------------------


def real_months(folder: Path, shuffles: int, run: Run) -> list[str]:
    """Print how often the change test alarms when the real months' labels are shuffled."""
    print("\n## The change test on 13 real months\n")
    print(
        "Each month against the other twelve (250 m cells, band of 400 m). With the incidents' "
        "month labels shuffled nothing has changed anywhere; the months take turns at being now.\n"
    )
    failed, quiet, real = [], [], []
    for category, (cell, month, grid) in read_months(folder).items():
        tasks = [(cell, month, grid.mask, block) for block in blocks(shuffles)]
        alarms = sum(run(shuffled_alarms, tasks))
        low, high = wilson(alarms, shuffles)
        share = f"{100 * alarms / shuffles:.1f} ({100 * low:.1f}–{100 * high:.1f})"
        quiet.append([CATEGORIES[category], f"{len(cell):,}", f"{shuffles:,}", share])
        if too_many(alarms, shuffles):
            failed.append(f"change test, {category}: alarms on {alarms} of {shuffles} shuffles")
        hot = [alarming_cells(cell, month, grid.mask, now) for now in range(len(MONTHS))]
        real.append([CATEGORIES[category], *(str(number) for number in hot)])
    head = ["category", "incidents", "shuffles", "shuffles with an alarm, %"]
    print(markdown(head, quiet))
    print("\nThe real months, not shuffled: cells that are worse than usual.\n")
    print(markdown(["category", *MONTHS], real))
    return failed


def read_months(folder: Path) -> dict[str, tuple[NDArray[np.intp], NDArray[np.intp], Grid]]:
    """Return each category's incidents inside the wards: flat cell, month, and the grid."""
    import pandas as pd

    from hotspots import read_incidents, read_wards
    from hotspots.taxonomy import category

    shapes = folder / "uk-geojson" / "wards"
    wards = read_wards([shapes / "E07000107.json", shapes / "E07000109.json"], "2013")
    frame = read_incidents(folder / "police-uk-kent", source="police-uk")[0].frame
    frame = frame[wards.assign(frame[["x", "y"]].to_numpy()) >= 0]
    grid = Grid.cover(wards.study_area, 250.0)
    months = pd.Index(MONTHS).get_indexer(frame["starts_at"].dt.strftime("%Y-%m"))
    cells = grid.index(frame[["x", "y"]].to_numpy())
    found = {}
    for code in CATEGORIES:
        keep = (frame["category"] == category(code).code).to_numpy() & (cells >= 0) & (months >= 0)
        found[code] = cells[keep], months[keep], grid
    return found


def shuffled_alarms(
    task: tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_], range],
) -> int:
    """Return in how many shuffles of the month labels any cell is worse than usual."""
    cell, month, mask, seeds = task
    alarms = 0
    for seed in seeds:
        label = np.random.default_rng(seed).permutation(month)
        alarms += alarming_cells(cell, label, mask, seed % len(MONTHS)) > 0
    return alarms


def alarming_cells(
    cell: NDArray[np.intp], month: NDArray[np.intp], mask: NDArray[np.bool_], now: int
) -> int:
    """Return how many cells are worse than usual in a month, against all the others."""
    size = mask.size
    present = np.bincount(cell[month == now], minlength=size).reshape(mask.shape)
    history = np.bincount(cell[month != now], minlength=size).reshape(mask.shape)
    found = change_test(present, history, 400.0, 250.0, mask)
    return int((found.p_adjusted <= ALPHA).sum())


# --- the command ---------------------------------------------------------------------------------


def real_data() -> Path | None:
    named = os.environ.get("HOTSPOTS_REAL_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    return folder if folder.is_dir() else None


def tables(seeds: int, run: Run) -> list[str]:
    """Print all tables; return what failed."""
    failed = made_up(False, seeds, run) + made_up(True, seeds, run)
    failed += from_history(seeds, run)
    folder = real_data()
    if folder is None:
        print("\nThe tables on real data are left out: set HOTSPOTS_REAL_DATA to their folder.")
        return failed
    failed += shuffled_real_map(folder, min(SHUFFLES, 1_000 * seeds), run)
    return failed + real_months(folder, max(seeds // 2, 1), run)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1_000, help="maps a row (default 1,000)")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    print("## Maps of pure chance")
    with workers(options.processes) as run:
        failed = tables(options.seeds, run)
    print("\n## Requirements\n")
    for sentence in failed:
        print(f"- FAILED: {sentence}")
    if not failed:
        print("All requirements hold.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
