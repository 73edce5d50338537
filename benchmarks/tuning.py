"""What ``hotspots tune`` recommends on published incidents: the table of docs/validation.md.

``python -m benchmarks.tuning`` (``--write`` puts the table into the page). Settings are chosen on
the tuning part of each set, and scored once on its test part beside the shipped default.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from typing import NamedTuple

from benchmarks.backtest import CELLS_M, write
from benchmarks.backtest_sets import SETS, load
from hotspots.jit import limit_threads
from hotspots.profile import Profile
from hotspots.validation.intervals import Interval
from hotspots.validation.tuning import Tuned, tune


class Asked(NamedTuple):
    """One search: a group's set by its place, and the side of the squares."""

    group: str
    place: int
    cell: int


def row(asked: Asked) -> str:
    """Return the table's row of one search."""
    about = load(asked.group)[asked.place]
    with limit_threads(1):
        found = tune(
            about.history,
            Profile(cell_size_m=asked.cell),
            held_out=about.history.periods - about.test,
            neighbourhood=False,
        )
    told = (
        about.label,
        f"{asked.cell} m",
        _chosen(found),
        _figure(found.figure),
        _figure(found.default),
        _difference(found.difference),
        found.verdict,
    )
    return f"| {' | '.join(told)} |"


def table(rows: list[str]) -> str:
    """Return the rows under their heads."""
    heads = ("set", "cells", "chosen on the tuning part", "its area", "default", "less", "verdict")
    return "\n".join([f"| {' | '.join(heads)} |", "|---" * len(heads) + "|", *rows])


def _chosen(found: Tuned) -> str:
    words = found.table.loc[found.table["chosen"], "words"]
    return str(words.iloc[0]) if len(words) else "the default"


def _figure(value: Interval) -> str:
    return f"{value.value:.3f}"


def _difference(found: Interval) -> str:
    if found.low != found.low:
        return f"{found.value:+.3f} (too few maps)"
    return f"{found.value:+.3f} ({found.low:+.3f} to {found.high:+.3f})"


def main() -> None:
    """Tune every set, and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="Write docs/validation.md.")
    options = parser.parse_args()
    asked = [
        Asked(group, place, cell)
        for group in SETS
        for place, cell in product(range(len(load(group))), CELLS_M)
    ]
    with ProcessPoolExecutor(2) as processes:
        made = table(list(processes.map(row, asked)))
    print(made)
    if options.write:
        write({"tuning": made})


if __name__ == "__main__":
    main()
