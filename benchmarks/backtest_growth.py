"""How a back-test's time grows with its origins: weekly burglary of Portland, squares of 250 m.

Run with ``python -m benchmarks.backtest_growth``; prints processor seconds of four methods at 55,
110 and 222 origins that begin after the same first year, and of each method at all of them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from benchmarks.backtest_sets import RealSet, folder, portland
from hotspots.clustering import Grid
from hotspots.validation import plan_of, run
from hotspots.validation.method import MethodKind
from hotspots.validation.methods import METHODS

#: The shipped default, counts, a kernel with a rule of thumb, and Gi*.
NAMES = ("default", "counts-52", "kde-nrd-52", "gi-star-300-52")
ORIGINS = (55, 110, 222)
FIRST = 52
CELL_M = 250.0


def seconds(burglary: RealSet, grid: Grid, methods: Sequence[MethodKind], origins: int) -> float:
    """Return the processor seconds of a back-test of so many origins."""
    history = burglary.history
    plan = plan_of(history, FIRST, min(FIRST + origins, history.periods) - 1)
    start = time.process_time()
    run(history, grid, methods, plan)
    return time.process_time() - start


def main() -> None:
    """Print the seconds."""
    burglary = portland(folder())
    grid = Grid.cover(burglary.history.study_area, CELL_M, touching=True)
    methods = [METHODS[name] for name in NAMES]
    seconds(burglary, grid, methods, 5)  # the first call imports and compiles
    print(f"{len(burglary.history):,} incidents, {int(grid.mask.sum()):,} squares")
    for origins in ORIGINS:
        taken = seconds(burglary, grid, methods, origins)
        print(f"{origins:4} origins: {taken:6.2f} s, {1000 * taken / origins:5.1f} ms each")
    for method in methods:
        taken = seconds(burglary, grid, [method], ORIGINS[-1])
        print(f"{method.label}: {taken:.2f} s")


if __name__ == "__main__":
    main()
