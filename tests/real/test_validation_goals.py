"""Goals of the back-test on published incidents that are quick enough to check: Kent and Memphis.

The whole, with Portland and Vancouver, is ``python -m benchmarks.backtest all``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.backtest import Job, Part, judge, parts_of
from benchmarks.backtest_sets import load
from benchmarks.backtest_tables import best_method

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def parts(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Part]:
    """Both cell sizes, the next period: Memphis, and Kent's four categories together."""
    kept = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOTSPOTS_REAL_DATA", str(real_data))
        return parts_of(
            [
                judge(Job(group, place, cell, 1, kept))
                for group in ("memphis", "kent")
                for cell in (150, 250)
                for place in range(len(load(group)))
            ]
        )


def of(parts: list[Part], group: str) -> list[Part]:
    return [part for part in parts if part.group == group]


def test_the_default_is_near_the_best_of_the_methods_chosen_before(parts: list[Part]) -> None:
    for part in parts:
        best = part.report.value(best_method(part.report), "area").value
        assert part.report.value("default", "area").value >= 0.97 * best
        learnt = max(part.report.value(name, "area").value for name in ("tuned", "mixture"))
        assert learnt >= 0.99 * best


def test_the_default_beats_the_bandwidth_rules_of_other_tools(parts: list[Part]) -> None:
    for part in parts:
        area = part.report.ratio("default", "kde-nrd")
        hits = part.report.ratio("default", "kde-nrd", "hit_rate_2")
        assert area.value >= 1.30 and area.low > 1
        assert hits.value >= 1.75 and hits.low > 1
        assert part.report.ratio("default", "kde-arcgis").value >= 1.10


def test_counts_per_cell_are_beaten_on_known_places_and_equalled_on_snapped_ones(
    parts: list[Part],
) -> None:
    for part in of(parts, "memphis"):
        assert part.report.ratio("default", "counts-52").value >= 1.12
        assert part.report.ratio("default", "counts-all").value >= 1.03
    for part in of(parts, "kent"):
        for counts in ("counts-52", "counts-all"):
            assert part.report.ratio("default", counts).value >= 0.98


def test_the_default_is_no_worse_than_the_former_one_and_than_counting(parts: list[Part]) -> None:
    for part in parts:
        assert part.report.difference("default", "former").verdict() != "worse"
        assert part.report.difference("default", "counts-52").verdict() != "worse"


def test_an_oracle_gets_all_that_can_be_had_and_chance_gets_its_share(parts: list[Part]) -> None:
    for part in parts:
        assert part.report.value("oracle", "pei_star_2").value == pytest.approx(1)
        chance = part.report.value("random", "pai_10")
        assert 0.6 < chance.value < 1.4
