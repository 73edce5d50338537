"""What a tuning is given: the tuning part, how it is split, and the part held out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hotspots.clustering.checks import whole
from hotspots.errors import UsageError
from hotspots.profile import Profile
from hotspots.validation.history import History
from hotspots.validation.intervals import block_of
from hotspots.validation.tuning.estimator import ForecastMaps
from hotspots.validation.tuning.shared import Kept
from hotspots.validation.tuning.splits import TimeOrderedSplit
from hotspots.validation.tuning.tuned import Step

Array = NDArray[np.float64]
Tell = Callable[[Step], object]
#: Weeks; a history of two of them has its last year held out, a shorter one its last quarter.
YEAR_WEEKS = 52
#: Parts that are tested in turn, each after all before it.
PARTS = 3


@dataclass(frozen=True, eq=False)
class Task:
    """What both searches are given."""

    history: History
    base: Profile
    X: Array
    cut: int
    horizon: int
    split: TimeOrderedSplit
    estimator: ForecastMaps
    block: int
    seed: int
    halving: bool
    candidates: int | None
    n_jobs: int
    progress: Tell | None

    @property
    def earlier(self) -> Array:
        """The rows of the tuning part: what had happened and was known when it ended."""
        kept: Array = self.X[(self.X[:, 2] < self.cut) & (self.X[:, 3] <= self.cut)]
        return kept

    @property
    def held_out(self) -> Array:
        """The rows that take no part in any choice."""
        kept: Array = self.X[self.X[:, 2] >= self.cut]
        return kept


def held_out_periods(history: History) -> int:
    """Return how many periods at the end are held out by default: a year, or a quarter."""
    weeks = YEAR_WEEKS if _weeks(history) >= 2 * YEAR_WEEKS - 1 else _weeks(history) / 4
    return max(1, round(weeks / history.weeks_per_period))


def task_of(
    history: History,
    base: Profile,
    held_out: int | None,
    horizon: int,
    halving: bool,
    candidates: int | None,
    seed: int,
    n_jobs: int,
    progress: Tell | None,
) -> Task:
    """Check what was asked, and cut the history in two."""
    last = held_out_periods(history) if held_out is None else whole("held_out", held_out)
    whole("horizon", horizon)
    whole("seed", seed, 0)
    whole("n_jobs", n_jobs)
    if candidates is not None:
        whole("candidates", candidates)
    cut = history.periods - last
    split = _split(history, cut, horizon)
    X = np.column_stack([history.xy, history.period, history.known]).astype(np.float64)
    inside = history.period[history.inside]
    if not ((inside < cut).any() and (inside >= cut).any()):
        raise UsageError(
            "Tuning needs incidents in the study area before and in the held-out part (the last "
            f"{last} periods); got {int((inside < cut).sum())} and {int((inside >= cut).sum())}: "
            "take a longer history or a wider category."
        )
    estimator = ForecastMaps(
        cell_size_m=base.cell_size_m,
        prior_incidents=base.prior_incidents,
        distance_m=base.distance_m,
        alpha=base.alpha,
        null=base.null,
        band=base.band,
        adjustment=base.adjustment,
        permutations=base.permutations,
        seed=base.seed,
        study_area=history.study_area,
        edges=history.edges,
        horizon=horizon,
        kept=Kept(),
    )
    block = block_of(history.weeks_per_period, horizon)
    return Task(
        history,
        base,
        X,
        cut,
        horizon,
        split,
        estimator,
        block,
        seed,
        halving,
        candidates,
        n_jobs,
        progress,
    )


def _split(history: History, cut: int, horizon: int) -> TimeOrderedSplit:
    """Return the parts of the tuning part: after its first year, or the half of a shorter one."""
    year = round(YEAR_WEEKS / history.weeks_per_period)
    first = year if cut >= 2 * year else (cut + 1) // 2
    left = cut - max(first, 1)
    if left < horizon or cut < 2 or history.periods - cut < horizon:
        raise UsageError(
            f"Tuning needs at least {2 * horizon + 1} periods before the held-out part and "
            f"{horizon} in it; got {cut} and {history.periods - cut}: take a longer history."
        )
    parts = min(PARTS if left > 2 * PARTS else left, left // horizon)
    return TimeOrderedSplit(parts, left // parts)


def _weeks(history: History) -> float:
    return history.weeks_per_period * history.periods
