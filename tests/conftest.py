"""What all tests share."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.chromium import ARGUMENTS, CHROMIUM

if TYPE_CHECKING:
    from playwright.sync_api import Browser

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


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of a process: Playwright runs once in each."""
    from playwright.sync_api import sync_playwright

    if not CHROMIUM.is_file():
        pytest.skip(f"no Chromium at {CHROMIUM} (set HOTSPOTS_CHROMIUM)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()
