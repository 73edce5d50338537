"""Tuning on published incidents keeps its contract, whatever it finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.backtest_sets import kent, memphis
from hotspots.profile import Profile
from hotspots.validation.tuning import tune

BASE = Profile()


@pytest.mark.slow
@pytest.mark.parametrize("load", [lambda data: kent(data)[0], memphis], ids=["kent", "memphis"])
def test_what_is_recommended_is_better_or_the_base(load: object, real_data: Path) -> None:
    found = tune(load(real_data).history, BASE, neighbourhood=False)  # type: ignore[operator]
    better = found.difference.low > 0
    assert (found.verdict == "better") == better
    assert found.profile == (found.chosen if better else BASE)
    assert found.difference.value == pytest.approx(found.figure.value - found.base.value)
    # chance has 0.10; a choice made before must not be far behind the default after
    assert found.figure.value > 0.3
    assert found.figure.value > 0.97 * found.default.value
    assert found.table["chosen"].sum() <= 1
