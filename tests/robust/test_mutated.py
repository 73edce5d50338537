"""Mutated files: each ends in one sentence or in an import that adds up, the store whole."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.robust.bombs import BOMBS

ROOT = Path(__file__).parents[2]
SEVERAL = 300
MANY = 3_000
#: What a worker may use, the interpreter and its libraries (some 330 MB) with it.
PEAK_MB = 900


def imported(first: int, last: int) -> list[dict[str, Any]]:
    """How the files of some seeds ended; fails with the seed of the one that a process died of."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.robust.worker", str(first), str(last)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    last_said = lines[-1] if lines else "nothing"
    assert done.returncode == 0, f"died or hung, it said last {last_said}: {done.stderr[-3000:]}"
    return [line for line in lines if "end" in line]


def check(ends: list[dict[str, Any]], expected: int) -> None:
    assert len(ends) == expected
    faults = [f"seed {e['seed']} ({e['what']}): {e['fault']}" for e in ends if e["fault"]]
    assert not faults, "\n".join(faults)
    peak = max(ends, key=lambda e: e["mb"])
    assert peak["mb"] < PEAK_MB, peak


def test_several_mutated_files() -> None:
    ends = imported(0, SEVERAL)
    check(ends, SEVERAL)
    # the mutations are neither so mild nor so rough that one of the two ends goes untested
    kinds = [end["end"] for end in ends]
    assert min(kinds.count("import"), kinds.count("error")) > SEVERAL // 10


@pytest.mark.slow
def test_many_mutated_files() -> None:
    check(imported(SEVERAL, MANY), MANY - SEVERAL)


@pytest.mark.slow
def test_bombs() -> None:
    ends = imported(-len(BOMBS), 0)
    check(ends, len(BOMBS))
    assert {end["end"] for end in ends} == {"error"}
