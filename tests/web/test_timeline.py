"""The slider's bars and the dots, against counts made by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotspots.model import Period
from hotspots.quality import Finding
from hotspots.web.dots import MOST, gathered
from hotspots.web.timeline import HEIGHT, Step, Timeline, timeline


def days(*texts: str) -> np.ndarray:  # type: ignore[type-arg]
    return np.array(sorted(texts), dtype="datetime64[us]")


def months(*ids: str) -> list[Period]:
    return [Period.parse(text) for text in ids]


def made(shown: str, offered: list[Period], starts: np.ndarray, *found: Finding) -> Timeline:  # type: ignore[type-arg]
    line = timeline(Period.parse(shown), offered, starts, "asb", found)
    assert line is not None
    return line


def step_of(line: Timeline, period: str) -> Step:
    (step,) = [step for step in line.steps if step.period == period]
    return step


def missing(code: str, month: str) -> Finding:
    return Finding(
        code,
        "serious",
        "Incidents are missing.",
        count=1,
        share=None,
        example=None,
        effect="A fall is none.",
        advice="Add the file.",
        months=(month,),
    )


def test_a_period_ends_before_the_next_one_begins() -> None:
    starts = days("2021-01-01", "2021-01-31T23:59:59", "2021-02-01T00:00:00", "2021-03-05")
    line = made("2021-03", months("2021-01", "2021-02", "2021-03"), starts)
    assert [step.says for step in line.steps] == [
        "January 2021: 2 incidents",
        "February 2021: 1 incident",
        "March 2021: 1 incident",
    ]
    assert [step.height for step in line.steps] == [HEIGHT, HEIGHT / 2, HEIGHT / 2]
    assert line.says == "March 2021: 1 incident"


def test_a_gap_is_no_data_and_cannot_be_chosen() -> None:
    line = made("2021-03", months("2021-01", "2021-03"), days("2021-01-05"))
    gap, quiet = step_of(line, "2021-02"), step_of(line, "2021-03")
    assert (gap.says, gap.known, gap.offered) == ("February 2021: no data", False, False)
    assert (quiet.says, quiet.known, quiet.height) == ("March 2021: 0 incidents", True, 0)


@pytest.mark.parametrize("code", ["missing-month", "missing-category"])
def test_a_month_that_is_missing_is_never_nought(code: str) -> None:
    offered = months("2021-01", "2021-02")
    line = made("2021-02", offered, days("2021-01-05"), missing(code, "2021-02"))
    assert line.says == "February 2021: no data"
    assert not step_of(line, "2021-02").known
    assert step_of(line, "2021-02").offered


def test_a_month_with_a_part_missing_says_so() -> None:
    offered = months("2021-01", "2021-02")
    starts = days("2021-01-05", "2021-02-01")
    line = made("2021-01", offered, starts, missing("incomplete-month", "2021-02"))
    assert step_of(line, "2021-02").says == "February 2021: 1 incident, some are missing"
    assert step_of(line, "2021-01").says == "January 2021: 1 incident"


def test_months_are_written_once_with_the_year_at_the_first_and_in_january() -> None:
    offered = [Period.parse("2021-W10").back(-n) for n in range(53)]
    line = made(offered[-1].id, offered, days("2021-03-09"))
    ticks = [step.tick for step in line.steps if step.tick]
    assert ticks[0].endswith(" 21")
    assert "Jan 22" in ticks
    assert len(ticks) == len(set(ticks))
    assert [t for t in ticks if " " in t] == [ticks[0], "Jan 22"]


def test_a_range_has_no_slider() -> None:
    assert timeline(Period.parse("2021-01..2021-03"), [], days("2021-01-01"), "asb") is None


@given(st.integers(1, 140), st.integers(0, 139))
def test_the_one_shown_is_always_on_the_slider(length: int, back: int) -> None:
    offered = [Period.parse("2021-W10").back(n) for n in range(length)]
    shown = offered[min(back, length - 1)]
    line = timeline(shown, offered, days("2021-03-09"), "asb")
    assert line is not None
    assert line.steps[line.at].period == shown.id
    assert [step.current for step in line.steps].count(True) == 1
    assert len(line.steps) <= 53
    starts = [Period.parse(step.period).start for step in line.steps]
    assert starts == sorted(starts)
    if back < 53:
        assert line.steps[-1].period == offered[0].id


def test_few_points_stay_where_they_are() -> None:
    xy = np.array([[1.0, 2.0], [1.0, 2.0], [3.5, 4.25]])
    points, counts, side = gathered(xy)
    assert side == 0
    assert sorted(zip(points.tolist(), counts.tolist(), strict=True)) == [
        ([1.0, 2.0], 2),
        ([3.5, 4.25], 1),
    ]
    assert gathered(np.empty((0, 2)))[0].shape == (0, 2)


def test_too_many_points_are_gathered_into_squares_at_their_middle() -> None:
    rng = np.random.default_rng(3)
    xy = rng.uniform(0, 5_000, (20_000, 2))
    points, counts, side = gathered(xy)
    assert len(points) <= MOST
    assert counts.sum() == len(xy)
    assert side == 100  # 50 m squares would be 10,000, most of them with incidents
    for point, count in zip(points[:20], counts[:20], strict=True):
        assert np.allclose(point % side, side / 2)
        inside = (np.abs(xy - point) < side / 2).all(axis=1).sum()
        assert inside == count
