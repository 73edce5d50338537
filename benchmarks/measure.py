"""Runs one case in a new process and returns its median, its peak of memory and what it found."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Measured:
    """Median seconds of the case's runs, peak of its process, and its other figures."""

    seconds: float
    peak_mb: float
    found: dict[str, Any]


def measure(case: str, *arguments: Any) -> Measured:
    """Run a case of ``cases.py``, or ``growth``, with its arguments."""
    command = [sys.executable, "-m", "benchmarks.measure", case, json.dumps(arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)  # noqa: S603
    found = json.loads(done.stdout.splitlines()[-1])
    peak = found.pop("peak_mb")
    return Measured(statistics.median(found.pop("seconds")), peak, found)


def main() -> None:
    """Run the case named on the command line and print what it found as JSON."""
    from benchmarks.cases import CASES
    from benchmarks.growth import growth

    case, arguments = sys.argv[1], json.loads(sys.argv[2])
    found = ({"growth": growth} | CASES)[case](*arguments)
    found.setdefault("peak_mb", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
