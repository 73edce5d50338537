"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# the first call of a library may take longer than any deadline; in CI the examples are the same
# in every run, so that a red run can be repeated
settings.register_profile("hotspots", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("hotspots")

ROOT = Path(__file__).parents[1]


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
