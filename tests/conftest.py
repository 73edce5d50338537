"""What all tests share."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

# the first call of a library may take longer than any deadline; in CI the examples are the same
# in every run, so that a red run can be repeated
settings.register_profile("hotspots", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("hotspots")

ROOT = Path(__file__).parents[1]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let no test be left out where all are asked for: a run that skipped has not tested."""
    report = yield
    wanted = os.environ.get("HOTSPOTS_EVERY_TEST")
    if wanted and report.skipped and not hasattr(report, "wasxfail"):
        reason = call.excinfo.value if call.excinfo else "no reason"
        report.outcome = "failed"
        report.longrepr = f"HOTSPOTS_EVERY_TEST is set, and this was left out: {reason}"
    return report


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data beside the repository; skips where there is none."""
    named = os.environ.get("HOTSPOTS_REAL_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} does not exist (set HOTSPOTS_REAL_DATA)")
    return folder


@pytest.fixture(scope="session")
def reference(real_data: Path) -> Path:
    """Values computed with R spdep, spatstat and MASS."""
    return real_data / "reference"
