"""The clustering core beside its peers, in one run: a table of times, ratios and goals.

``make bench`` runs it. ``--full`` adds the sizes that take minutes (10 and 60 million incidents);
``--write`` puts the table into docs/performance.md. Every case runs in a process of its own, the
median of at least five warm calls; making the data, imports and compilation are not charged,
except where the row says so.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.locate import rows as locate_rows
from benchmarks.measure import Measured, measure

RUNS = 7
PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
START, END = "<!-- speed: start -->", "<!-- speed: end -->"


@dataclass(frozen=True)
class Row:
    """One line: what was done, ours, the peer, their ratio, the goal and whether it is met."""

    what: str
    ours: str
    peer: str
    ratio: str
    goal: str
    met: bool

    def __str__(self) -> str:
        mark = "met" if self.met else "**missed**"
        return f"| {self.what} | {self.ours} | {self.peer} | {self.ratio} | {self.goal}: {mark} |"


HEADER = "| work | ours | peer | ratio | goal |\n|---|---|---|---|---|"


def faster(what: str, ours: Measured, name: str, theirs: float, goal: float, note: str = "") -> Row:
    """Return the line of a goal "at least so many times faster"."""
    ratio = theirs / ours.seconds
    return Row(
        what,
        time_of(ours.seconds),
        f"{name} {time_of(theirs)}",
        f"{ratio:,.1f}x faster{note}",
        f"{goal:g}x",
        ratio >= goal,
    )


def slower(what: str, ours: Measured, name: str, theirs: float, goal: float) -> Row:
    """Return the line of a goal "at most so many times the time"."""
    ratio = ours.seconds / theirs
    return Row(
        what,
        time_of(ours.seconds),
        f"{name} {time_of(theirs)}",
        f"{ratio:.2f}x its time",
        f"at most {goal:g}x",
        ratio <= goal,
    )


def time_of(seconds: float) -> str:
    """Return seconds in a readable unit."""
    return f"{seconds * 1000:,.1f} ms" if seconds < 1 else f"{seconds:,.2f} s"


def density_rows(full: bool) -> list[Row]:
    """Exact kernel density beside scikit-learn and KDEpy."""
    rows = []
    for scale, what in (("borough", "20,000 / 50,000"), ("force", "1M / 600,000")):
        ours = measure("kde_ours", scale, "epanechnikov", RUNS)
        tree = measure("kde_sklearn", scale, 5)
        gap = tree.found["gap_of_peak"]
        name = f"exact KDE, {what} (Epanechnikov)"
        note = f"; equal to {gap:.0e}{_alone(ours, tree.seconds)}"
        rows.append(faster(name, ours, "scikit-learn", tree.seconds, 100, note))
        rows[-1] = _and(rows[-1], gap < 1e-9)
    for scale, what, goal in (("force", "1M / 600,000", 5), ("national", "10M / 30M", 10)):
        if scale == "national" and not full:
            continue
        ours, fft = measure("kde_ours", scale, "quartic", RUNS), measure("kde_kdepy", scale, 5)
        off = fft.found["gap_of_peak"]
        note = f"; KDEpy is {off:.1%} of the peak off, ours {_exact(ours)}"
        note += _alone(ours, fft.seconds)
        rows.append(faster(f"exact KDE, {what} (quartic)", ours, "KDEpy", fft.seconds, goal, note))
        if scale == "national":
            rows.append(_memory("its memory", ours.peak_mb, fft.peak_mb, 0.5))
    if full:
        ours = measure("kde_ours", "national60", "quartic", 5)
        rows.append(
            Row(
                "exact KDE, 60M / 30M (quartic)",
                f"{time_of(ours.seconds)}, {ours.peak_mb:,.0f} MB",
                "",
                _exact(ours),
                "within 4 GiB",
                ours.peak_mb <= 4096,
            )
        )
    return rows


def gi_rows() -> list[Row]:
    """Gi* beside esda."""
    z, exact = measure("gi_ours", "z", 21), measure("gi_ours", "exact", 21)
    whole = measure("gi_ours", "randomization", 21)
    drawn, normal = measure("gi_ours", "permutation", RUNS), measure("gi_ours", "normal", RUNS)
    plain, simulated = measure("gi_esda", 0, 5), measure("gi_esda", 999, 5)
    gap = float(np.abs(np.subtract(z.found["z"], plain.found["z"])).max())
    weights = float(np.median(plain.found["weights"]))
    what, name = "Gi* z, 50,000 cells, disc of 29", "esda"
    return [
        _and(faster(what, z, name, plain.seconds, 50, f"; equal to {gap:.0e}"), gap < 1e-10),
        faster("z, normal p and FDR (esda: no FDR)", normal, name, plain.seconds, 1),
        faster(f"{what}, weights included", z, name, plain.seconds + weights, 1_000),
        faster("z and exact tail p", exact, "esda, 999 permutations", simulated.seconds, 500),
        faster("z, exact tail p and FDR", whole, "esda, 999 permutations", simulated.seconds, 500),
        slower("z and exact tail p", exact, "our own z", z.seconds, 10),
        faster("z, 999 permutations", drawn, "esda, 999 permutations", simulated.seconds, 2),
    ]


def polygon_rows() -> list[Row]:
    """Permutations on polygons beside esda and pygeoda."""
    ours = measure("polygons_ours", 8_000, RUNS)
    what = "z and 999 permutations, 8,000 polygons"
    # one process or two, whichever is faster for it
    esda = min((measure("polygons_esda", 8_000, n, 5) for n in (1, 2)), key=lambda m: m.seconds)
    geoda = measure("polygons_pygeoda", 8_000, 5)
    p, theirs = np.array(ours.found["p"]), np.array(esda.found["p"])
    gap = float(np.abs(np.minimum(p, 1 - p + 1 / 1000) - theirs).mean())
    z_gap = float(np.abs(np.subtract(ours.found["z"], esda.found["z"])).max())
    row = slower(what, ours, "esda", esda.seconds, 0.5)
    note = f"; z equal to {z_gap:.0e}, p on average {gap:.3f} apart"
    return [
        Row(row.what, row.ours, row.peer, row.ratio + note, row.goal, row.met and gap < 0.02),
        slower(what, ours, "pygeoda, lookup table", geoda.seconds, 1.5),
    ]


def place_rows(full: bool) -> list[Row]:
    """Points to polygons beside geopandas."""
    out = []
    for found in locate_rows(((10_000_000 if full else 1_000_000, 8_000),), runs=5):
        what = f"points to polygons, {found.what}"
        case = Measured(found.ours_s, found.ours_mb, {})
        said = "; the same answers" if found.equal else "; answers differ"
        row = faster(what, case, "geopandas.sjoin", found.theirs_s, 8, said)
        out.append(_and(row, found.equal))
        if full:
            out.append(_memory("its memory", found.ours_mb, found.theirs_mb, 1 / 3))
    return out


def start_rows() -> list[Row]:
    """What a new process costs, imports included."""
    first, page = measure("first_result", RUNS), measure("help_page", RUNS)
    return [
        Row(
            "first Gi* in a new process", time_of(first.seconds), "", "", "3 s", first.seconds <= 3
        ),
        Row("`hotspots --help`", time_of(page.seconds), "", "", "0.3 s", page.seconds <= 0.3),
    ]


def _alone(ours: Measured, theirs: float) -> str:
    """Say the ratio on one thread: these peers use one only."""
    return f"; {theirs / ours.found['one_thread']:,.1f}x on one thread"


def _exact(ours: Measured) -> str:
    return f"{ours.found['gap_of_peak']:.0e} of the peak from the plain sums"


def _memory(what: str, ours: float, theirs: float, goal: float) -> Row:
    ratio = ours / theirs
    return Row(
        what,
        f"{ours:,.0f} MB",
        f"{theirs:,.0f} MB",
        f"{ratio:.2f}x",
        f"at most {goal:.2g}x",
        ratio <= goal,
    )


def _and(row: Row, also: bool) -> Row:
    return Row(row.what, row.ours, row.peer, row.ratio, row.goal, row.met and also)


def main() -> None:
    """Print the table; exit with 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="also the sizes that take minutes")
    parser.add_argument("--write", action="store_true", help="put the table into the docs")
    options = parser.parse_args()
    rows: list[Row] = []
    print(HEADER, flush=True)
    for part in (
        lambda: density_rows(options.full),
        gi_rows,
        polygon_rows,
        lambda: place_rows(options.full),
        start_rows,
    ):
        for row in part():
            rows.append(row)
            print(row, flush=True)
    if options.write:
        page = PAGE.read_text("utf-8")
        before, after = page.split(START)[0], page.split(END)[1]
        table = "\n".join([HEADER, *map(str, rows)])
        PAGE.write_text(f"{before}{START}\n{table}\n{END}{after}", "utf-8")
    sys.exit(not all(row.met for row in rows))


if __name__ == "__main__":
    main()
