"""The back-test of a workspace of thirteen real months, beside a first run made without our code.

The figures are those of that run: anti-social behaviour, 250 m squares, the last three months.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.screens import kent
from hotspots.backtesting import BacktestAsked, history_of, prepare
from hotspots.backtesting.words import said
from hotspots.errors import UsageError
from hotspots.validation.report import Report
from hotspots.workspace import Workspace

#: What the first run had as its default: the mean of the own count and two kernels.
FIRST = "multi-scale-0-300-1000-104"
ASKED = BacktestAsked(
    "asb",
    methods=("default", FIRST, "counts-52", "counts-all", "kde-nrd-52", "random", "oracle"),
    first="2022-01",
)


@pytest.fixture(scope="module")
def area(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return kent(tmp_path_factory.mktemp("kent") / "area", real_data, "2013")


@pytest.fixture(scope="module")
def report(area: Workspace) -> Report:
    return prepare(area, ASKED).run()


def test_the_same_squares_and_incidents_are_judged(area: Workspace, report: Report) -> None:
    ready = prepare(area, ASKED)
    assert int(ready.grid.mask.sum()) == 2_963
    assert report.incidents == 852
    assert [ready.known.periods[t].id for t in ready.origins] == ["2022-01", "2022-02", "2022-03"]


@pytest.mark.parametrize(
    ("method", "area20", "rates"),
    [
        (FIRST, 0.732, (27.0, 40.7, 62.1, 79.9)),
        ("oracle", 0.910, (43.5, 63.0, 94.6, 100.0)),
    ],
)
def test_without_what_is_over_the_border_the_figures_are_those_of_the_first_run(
    area: Workspace, method: str, area20: float, rates: tuple[float, ...]
) -> None:
    ready = prepare(area, ASKED)
    history = ready.known.history
    inside = replace(
        history,
        xy=history.xy[history.inside],
        period=history.period[history.inside],
        known=history.known[history.inside],
    )
    report = replace(ready, known=replace(ready.known, history=inside)).run()
    assert round(report.value(method, "area").value, 3) == area20
    assert _rates(report, method) == list(rates)


def test_incidents_over_the_border_reach_in_through_the_kernels_alone(report: Report) -> None:
    """The first run had the two boroughs alone; the files hold the whole county."""
    assert _rates(report, "oracle") == [43.5, 63.0, 94.6, 100.0]
    assert _rates(report, FIRST) == [27.0, 40.3, 62.1, 80.0]


def _rates(report: Report, method: str) -> list[float]:
    return [round(100 * report.value(method, f"hit_rate_{p}").value, 1) for p in (1, 2, 5, 10)]


def test_counts_are_those_of_the_first_run_but_for_its_luck_with_ties(report: Report) -> None:
    for method in ("counts-52", "counts-all"):
        assert report.value(method, "area").value == pytest.approx(0.748, abs=0.01)


def test_three_maps_give_no_verdict(area: Workspace, report: Report) -> None:
    compared = report.compare("default")
    assert set(compared["verdict"]) == {"no clear difference"}
    text = "\n".join(said(prepare(area, ASKED), report))
    assert "3 maps are too few to tell which method is better." in text
    assert "The points are moved to map points" in text
    assert "2 are better" not in text


def test_months_alone_are_known(area: Workspace) -> None:
    with pytest.raises(UsageError, match="known by month only: take months as the step"):
        history_of(area.incidents("asb"), area.wards(), "asb", "week")
