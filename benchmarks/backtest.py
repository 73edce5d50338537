"""Every method back-tested on published incidents: the tables of docs/validation.md.

``python -m benchmarks.backtest portland`` (memphis, vancouver, kent; or all, which adds the summary
and the goals). ``--write`` puts the tables into the page. A run that was stopped goes on where it
was: results are kept in ``--folder``, an origin at a time. Families of methods choose their variant
on the tuning part of each set, and are reported on the test part.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from benchmarks.backtest_sets import SETS, RealSet, load
from benchmarks.backtest_tables import (
    goal_table,
    set_table,
    snapped_table,
    stretch_table,
    summary_table,
)
from hotspots.clustering import Grid
from hotspots.jit import limit_threads
from hotspots.validation import Kept, Progress, Report, best_of, digest_of, plan_of, report_of, run
from hotspots.validation import pooled as pooled_reports
from hotspots.validation.methods import METHODS

PAGE = Path(__file__).parents[1] / "docs" / "validation.md"
FOLDER = Path(__file__).parents[1] / "build" / "backtest"
CELLS_M = (150, 250)
#: Families that a profile can hold: the best of them on the tuning part is "tuned", if it is surely
#: better than the default there.
PROFILES = ("default", "kde-decay", "counts-decay", "multi-scale", "weighed")

#: The shipped default until own counts were weighed against the maps.
FORMER = "multi-scale-0-300-1000-104"


class Job(NamedTuple):
    """One back-test: a group's set by its place, the cells, and the periods that judge."""

    group: str
    place: int
    cell: int
    horizon: int
    folder: Path


@dataclass(frozen=True)
class Found:
    """One back-test's test part.

    Attributes
    ----------
    chosen : Report
        Each family's variant, as chosen on the tuning part; "tuned" is one of ``PROFILES``.
    tuned : str
        The family it is of.
    cells : int
    """

    about: RealSet
    cell: int
    horizon: int
    chosen: Report
    tuned: str
    cells: int


def judge(job: Job) -> Found:
    """Run one back-test, or take up what was kept of it, and report its test part."""
    about = load(job.group)[job.place]
    history = about.history
    grid = Grid.cover(history.study_area, job.cell, touching=True)
    plan = plan_of(history, about.first, horizon=job.horizon)
    methods = list(METHODS.values())
    kept = Kept(
        job.folder / f"{about.name}-{job.cell}-{job.horizon}.jsonl",
        digest_of(history, grid, methods, plan),
    )
    what = f"{about.label}, {job.cell} m, horizon {job.horizon}"

    def tell(now: Progress) -> None:
        if now.done % max(1, now.of // 10) == 0 or now.done == now.of:
            print(f"{what}: {now.done} of {now.of} origins", file=sys.stderr, flush=True)

    # two processes share the two processors: no threads within them
    with limit_threads(1):
        rows = run(history, grid, methods, plan, done=kept.done(), keep=kept.keep, progress=tell)
    whole = report_of(history, methods, plan, rows)
    tuning = range(about.first, about.test - job.horizon + 1)
    test = range(about.test, plan.last + 1)
    best = best_of(whole, tuning)
    before = whole.only(origins=tuning)
    tuned = max(PROFILES, key=lambda family: before.value(best[family], "area").value)
    # as ``hotspots tune`` has it: only what is surely better takes the default's place
    if before.difference(best[tuned], "default").verdict() != "better":
        tuned = "default"
    named = {"tuned": best[tuned], "former": FORMER}
    chosen = _beside(whole.chosen(best, test), whole.chosen(named, test))
    chosen.periods().to_csv(
        job.folder / f"{about.name}-{job.cell}-{job.horizon}.csv", index=False, float_format="%.6g"
    )
    return Found(about, job.cell, job.horizon, chosen, tuned, int(grid.mask.sum()))


def _beside(one: Report, other: Report) -> Report:
    """Return one report of the methods of two, on the same origins."""
    series = tuple(
        replace(a, rows=(*a.rows, *b.rows)) for a, b in zip(one.series, other.series, strict=True)
    )
    return replace(one, entries=(*one.entries, *other.entries), series=series)


def jobs(groups: Sequence[str], cells: Sequence[int], folder: Path) -> Iterator[Job]:
    """Yield the back-tests of some groups: the short ones last, so that both processors end."""
    for group in groups:
        for place, about in enumerate(load(group)):
            for cell in cells:
                for horizon in about.horizons:
                    yield Job(group, place, cell, horizon, folder)


class Part(NamedTuple):
    """A column of the summary: one set, or Kent's four together."""

    group: str
    label: str
    cell: int
    horizon: int
    report: Report
    founds: tuple[Found, ...]

    def each(self) -> list[Part]:
        """Return the sets that were pooled, one by one."""
        return [
            self._replace(label=found.about.label, report=found.chosen, founds=(found,))
            for found in self.founds
        ]


def parts_of(founds: Sequence[Found]) -> list[Part]:
    """Return the back-tests by group, cells and horizon; several categories are pooled."""
    parts = []
    keys = dict.fromkeys((f.about.group, f.cell, f.horizon) for f in founds)
    for group, cell, horizon in keys:
        held = tuple(
            f for f in founds if (f.about.group, f.cell, f.horizon) == (group, cell, horizon)
        )
        one = held[0]
        label = one.about.label if len(held) == 1 else f"{group.title()}, all four"
        report = one.chosen if len(held) == 1 else pooled_reports([f.chosen for f in held])
        parts.append(Part(group, label, cell, horizon, report, held))
    return parts


def sections(founds: Sequence[Found], everything: bool) -> dict[str, str]:
    """Return the generated parts of the page by the name of their markers."""
    parts = parts_of(founds)
    groups = dict.fromkeys(part.group for part in parts)
    made = {
        group: "\n\n".join(
            set_table(part) for part in parts if part.group == group and part.horizon == 1
        )
        for group in groups
    }
    if everything:
        made["summary"] = summary_table(parts)
        made["snapped"] = snapped_table(parts)
        made["stretch"] = stretch_table(parts)
        # the goals are asked of each of Kent's categories too, though three maps have no interval
        alone = [part for part in parts if len(part.founds) > 1]
        made["goals"] = goal_table([*parts, *(one for part in alone for one in part.each())])
    return made


def write(made: dict[str, str]) -> None:
    """Put the generated parts between their markers in the page."""
    text = PAGE.read_text("utf-8")
    for name, body in made.items():
        start, end = f"<!-- {name}: start -->", f"<!-- {name}: end -->"
        if start not in text or end not in text:
            raise SystemExit(f"{PAGE} must hold the markers {start} and {end}: add them.")
        head, rest = text.split(start, 1)
        text = f"{head}{start}\n\n{body}\n\n{end}{rest.split(end, 1)[1]}"
    PAGE.write_text(text, "utf-8")


def main() -> None:
    """Run what is asked for, and print or write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("group", choices=[*SETS, "all"])
    parser.add_argument("--write", action="store_true", help="put the tables into the page")
    parser.add_argument("--cells", type=int, nargs="+", default=list(CELLS_M))
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where results are kept")
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    groups = list(SETS) if asked.group == "all" else [asked.group]
    todo = list(jobs(groups, asked.cells, asked.folder))
    with ProcessPoolExecutor(asked.processes) as pool:
        founds = list(pool.map(judge, todo))
    made = sections(founds, asked.group == "all")
    for name, body in made.items():
        print(f"\n## {name}\n\n{body}")
    if asked.write:
        write(made)


if __name__ == "__main__":
    main()
