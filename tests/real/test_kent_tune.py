"""A preview of real data marks the squares of a run, and says figures that can be counted again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from benchmarks.screens import kent
from hotspots import find_hotspots
from hotspots.model import Incidents, Period, Wards
from hotspots.preview import consequences, preview
from hotspots.profile import ForecastMap, Profile
from hotspots.workspace import Workspace

PERIOD = Period.month(2022, 3)
ODD = Profile(
    cell_size_m=170,
    distance_m=600,
    alpha=0.1,
    forecast=(ForecastMap(bandwidth_m=0, half_life_weeks=8), ForecastMap(bandwidth_m=650)),
)


@pytest.fixture(scope="module")
def area(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return kent(tmp_path_factory.mktemp("kent") / "area", real_data, "2013")


@pytest.fixture(scope="module")
def asb(area: Workspace) -> tuple[Incidents, Wards]:
    return area.incidents("asb"), area.wards()


@pytest.mark.parametrize("profile", [Profile(), ODD], ids=["default", "odd"])
def test_a_preview_marks_the_squares_of_a_run(
    asb: tuple[Incidents, Wards], profile: Profile
) -> None:
    shown = preview(*asb, profile, PERIOD, "asb")
    result = find_hotspots(*asb, profile, period=PERIOD, category="asb")
    inside = shown.grid.mask
    assert shown.strength[inside].tolist() == result.cells["concentrated"].tolist()
    np.testing.assert_array_equal(
        shown.expected_next[inside], result.cells["expected_next"].to_numpy()
    )
    hot = result.hotspots[result.hotspots["question"] == "concentrated"]
    outlines = shapely.union_all(list(shown.outlines))
    assert outlines.equals(shapely.union_all(hot.geometry.to_numpy()))


def test_consequences_are_what_can_be_counted(asb: tuple[Incidents, Wards]) -> None:
    incidents, wards = asb
    found = consequences(incidents, wards, ODD, PERIOD, "asb")
    frame = incidents.frame
    inside = shapely.intersects_xy(wards.study_area, frame[["x", "y"]].to_numpy())
    month = (frame["starts_at"].dt.strftime("%Y-%m") == "2022-03").to_numpy()
    assert found.incidents == (inside & month).sum() > 0
    assert found.known == inside.sum()
    # offsets of whole squares whose centres lie within the band
    steps = np.arange(-4, 5) * 170
    assert found.block == (np.hypot(steps[:, None], steps) <= 600).sum()
    ages = (np.datetime64("2022-04-01") - frame["starts_at"].to_numpy()[inside]) / np.timedelta64(
        7 * 86_400, "s"
    )
    both = np.exp2(-ages[:, None] / np.array([8, 104])).sum(axis=0)
    assert found.effective == pytest.approx(both.mean())
