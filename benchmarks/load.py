"""Fifty people look at one served workspace: how long answers take, beside one person alone.

Run with ``python -m benchmarks.load``. It serves a copy of a workspace with ``hotspots serve`` on
127.0.0.1: the one of ``--workspace``; else the thirteen Kent months (HOTSPOTS_REAL_DATA, or
``../shared/data``); else, or with ``--example``, the example. Viewers run in a process of their
own, ``benchmarks.viewers``. First each view of a seeded list is asked for once, so that it is in
memory. Then one viewer walks a meeting alone, and then ``--viewers`` at once, each for
``--seconds``: the meeting page, the map page and its data, another category or period, with 1 to 3
seconds to think (a tenth of that for the one alone, who would else be measured too seldom). They
come ten a second, and all that it takes to serve somebody new is measured too. A viewer keeps ETags
and scripts as a browser does, and after every 30 steps is somebody new, who has none. A map view is
the page and its data, one after the other. Last, 20 viewers go on with what is in memory while one
more asks for views that were never computed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed import HEADER, Row

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("HOTSPOTS_REAL_DATA", ROOT.parent / "shared" / "data"))
#: Parts of a workspace that are copied; another folder beside them is none of it.
PARTS = ("hotspots.toml", "hotspots.sqlite", "boundaries", "data")
#: A map view under load takes at most so many times what it takes one viewer (95th percentile).
MOST_TIMES = 5
#: The map's first view, compressed and without a base map, bytes.
MOST_BYTES = 700_000
OTHERS = 20
MAP = "map view: page and data"


# -- the workspace and its server -----------------------------------------------------------------


def hotspots(folder: Path, *arguments: str) -> None:
    """Run a command in a workspace."""
    command = [sys.executable, "-m", "hotspots", "-C", str(folder), *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603


def make_workspace(folder: Path, original: Path | None, example: bool) -> str:
    """Make a workspace to serve; return what it is."""
    if original is not None:
        folder.mkdir()
        for part in PARTS:
            path = original / part
            if path.is_dir():
                shutil.copytree(path, folder / part)
            elif path.is_file():
                shutil.copy2(path, folder / part)
        return f"a copy of {original.name}"
    kent = DATA / "police-uk-kent"
    if example or not kent.is_dir():
        hotspots(folder, "demo", "--no-serve")
        return "the example workspace"
    wards = [str(DATA / "uk-geojson" / "wards" / f"E0700010{number}.json") for number in (7, 9)]
    subprocess.run([sys.executable, "-m", "hotspots", "init", str(folder)], check=True)  # noqa: S603
    hotspots(folder, "add", "boundaries", *wards, "--vintage", "2013")
    hotspots(folder, "add", "incidents", str(kent))
    return "thirteen Kent months"


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, int]]:
    """Serve a workspace in a process of its own; yield its host:port and process id."""
    command = [sys.executable, "-u", "-m", "hotspots", "-C", str(folder), "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            found = re.search(r"http://([\d.]+:\d+)", said)
            if found is None:
                raise SystemExit(f"hotspots serve must print its address; it said {said!r}.")
            yield found[1], process.pid
        finally:
            process.terminate()
            process.wait(timeout=30)


def memory_mb(pid: int) -> float:
    """Return the most memory that a process has had, MB; NaN where the system does not tell."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("utf-8")
    except OSError:
        return float("nan")
    found = re.search(r"VmHWM:\s*(\d+) kB", status)
    return int(found[1]) / 1024 if found else float("nan")


def viewers(case: str, host: str, **arguments: Any) -> dict[str, Any]:
    """Run a case of ``benchmarks.viewers`` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.viewers", case, json.dumps([host, arguments])]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)  # noqa: S603
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


# -- what was found -------------------------------------------------------------------------------


def table(title: str, found: dict[str, Any]) -> None:
    """Print requests, errors, 304s and times by kind of address."""
    print(f"\n{title}")
    print("| address | requests | errors | 202 | 304 | kB | p50 | p95 | longest |")
    print("|---|---|---|---|---|---|---|---|---|")
    for kind, one in found["kinds"].items():
        ms = np.percentile(one["seconds"], [50, 95, 100]) * 1000
        counts = f"{len(one['seconds']):,} | {one['errors']} | {one['working']}"
        share = one["unchanged"] / len(one["seconds"])
        size = one["bytes"] / len(one["seconds"]) / 1000
        times = " | ".join(f"{value:,.0f} ms" for value in ms)
        print(f"| {kind} | {counts} | {share:.0%} | {size:,.1f} | {times} |", flush=True)


def p95(found: dict[str, Any], kind: str) -> float:
    """Return the 95th percentile of a kind, seconds."""
    return float(np.percentile(found["kinds"][kind]["seconds"], 95))


def errors(found: dict[str, Any]) -> int:
    """Return how many requests went wrong."""
    return sum(one["errors"] for one in found["kinds"].values())


def goals(
    alone: dict[str, Any], many: dict[str, Any], besides: dict[str, Any], first: int
) -> list[Row]:
    """Return the goals and whether they are met."""
    one, all_of_them, meanwhile = p95(alone, MAP), p95(many, MAP), p95(besides, MAP)
    wrong = errors(alone) + errors(many) + errors(besides)
    new = besides["new"]
    times = f"{all_of_them / one:.1f}x"
    return [
        Row("errors", str(wrong), "", "", "0", wrong == 0),
        Row(
            "a map view, p95",
            f"{all_of_them * 1000:,.0f} ms",
            f"one viewer alone {one * 1000:,.0f} ms",
            times,
            f"at most {MOST_TIMES}x",
            all_of_them <= MOST_TIMES * one,
        ),
        Row(
            f"the same for {OTHERS} while {len(new)} views are computed",
            f"{meanwhile * 1000:,.0f} ms",
            f"one viewer alone {one * 1000:,.0f} ms",
            f"{meanwhile / one:.1f}x; the new ones took {min(new):.1f} to {max(new):.1f} s",
            f"at most {MOST_TIMES}x",
            meanwhile <= MOST_TIMES * one,
        ),
        Row(
            "the map's first view, sent",
            f"{first / 1000:,.0f} kB",
            "",
            "",
            f"at most {MOST_BYTES / 1000:,.0f} kB",
            first <= MOST_BYTES,
        ),
    ]


def main() -> None:
    """Serve, look, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workspace", type=Path, help="the workspace whose copy is served")
    parser.add_argument("--example", action="store_true", help="serve the example workspace")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--viewers", type=int, default=50)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "served"
        what = make_workspace(folder, asked.workspace, asked.example)
        with served(folder) as (host, pid):
            views = viewers("views", host)
            print(
                f"{what}: {len(views['known'])} views made in {views['seconds']:.1f} s, "
                f"{asked.seconds:g} s each",
                flush=True,
            )
            walk = {"views": views["known"], "seconds": asked.seconds}
            alone = viewers("walk", host, count=1, thinks=0.1, **walk)
            table("One viewer", alone)
            many = viewers("walk", host, count=asked.viewers, thinks=1.0, **walk)
            table(f"{asked.viewers} viewers", many)
            besides = viewers("besides", host, count=OTHERS, new=views["never"], **walk)
            table(f"{OTHERS} viewers while views are computed", besides)
            first = viewers("first", host, view=views["known"][0])
            print(f"\n{HEADER}")
            for row in goals(alone, many, besides, first["bytes"]):
                print(row)
            print(f"\nThe server had at most {memory_mb(pid):,.0f} MB.")


if __name__ == "__main__":
    main()
