"""What every map must beat: chance, counts per cell, last year, and recent incidents close by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hotspots.clustering.forecast import NEAR_REPEAT_WEEKS, near_repeat_map
from hotspots.errors import UsageError
from hotspots.validation.method import MethodKind, Scored
from hotspots.validation.methods.kernels import (
    Window,
    the_window,
    window_named,
    window_said,
)
from hotspots.validation.past import Past

Array = NDArray[np.float64]
_YEAR = np.timedelta64(365, "D")
#: Periods up to this long are weeks: those either side join the one a year ago.
_WEEKLY = 1.5


@dataclass(frozen=True)
class Random:
    """A random order of the cells, another at each origin, the same in every run."""

    def score(self, past: Past) -> Scored:
        """Return uniform random numbers, seeded by the origin."""
        return Scored(np.random.default_rng(past.origin).random(past.cells))


@dataclass(frozen=True)
class LastPeriod:
    """The incidents of each cell in the last period."""

    def score(self, past: Past) -> Scored:
        """Return the counts."""
        return Scored(past.total(0.0, past.origin - 1))


@dataclass(frozen=True)
class LastYear:
    """The incidents of each cell a year before what is judged.

    The judged period is taken to be the one that begins at the origin. Of weeks, those either
    side of the same week count too: one week alone is mostly zeros. Where the history does not
    reach back a year all cells tie.
    """

    def score(self, past: Past) -> Scored:
        """Return the counts."""
        first = year_before(past)
        if first is None:
            return Scored(np.zeros(past.cells))
        side = 1 if past.weeks_per_period < _WEEKLY else 0
        return Scored(past.total(0.0, first - side, first + side + 1))


def year_before(past: Past) -> int | None:
    """Return the period a year before the one that begins now; None before the history.

    It is the one that begins nearest to 365 days earlier: for weeks 52 weeks, for months the same
    month.
    """
    wanted = past.edges[past.origin] - _YEAR
    starts = past.edges[: past.origin]
    nearest = int(np.abs(starts - wanted).argmin())
    length = past.edges[nearest + 1] - starts[nearest]
    return nearest if abs(starts[nearest] - wanted) * 2 <= length else None


@dataclass(frozen=True)
class ProMap:
    """Recent incidents close by: each counts less by its distance and by its age."""

    def score(self, past: Past) -> Scored:
        """Return the sum over the incidents of the last 8 weeks within 400 m of a cell's centre."""
        first = max(0, past.origin - past.periods_back(NEAR_REPEAT_WEEKS))
        xy, period = past.incidents(first)
        return Scored(near_repeat_map(xy, 1.0 / (past.origin - period), past.grid))


@dataclass(frozen=True)
class Oracle:
    """The order of one who knows what follows: the back-test makes it, not the past."""

    def score(self, past: Past) -> Scored:
        """Raise UsageError: nothing known says what follows."""
        raise UsageError(
            "An oracle must be asked of the back-test, which knows what followed; got a past: "
            "take another method."
        )


def baselines() -> Iterator[MethodKind]:
    """Yield chance, counts, last year and ProMap, in the order of tables."""
    yield MethodKind(
        name="random",
        label="Random",
        says="A random order of the cells: what chance finds.",
        source="",
        make=Random,
        kind="baseline",
    )
    yield MethodKind(
        name="counts-last",
        label="Counts, last period",
        says="The incidents of each cell in the last period.",
        source="",
        make=LastPeriod,
        kind="baseline",
    )
    for weeks in (52, None):
        yield _counts(weeks)
    yield MethodKind(
        name="last-year",
        label="Same weeks last year",
        says="The incidents of each cell in the same period a year before; of weeks, also in those "
        "either side.",
        source="",
        make=LastYear,
        kind="baseline",
    )
    yield MethodKind(
        name="promap",
        label="Near repeats (ProMap)",
        says="The incidents of the last 8 weeks within 400 m of a cell's centre, each weighted "
        "1 / (1 + distance in half cells) / (age in periods, 1 for the last).",
        source="Bowers, K. J., Johnson, S. D. and Pease, K. (2004), doi:10.1093/bjc/azh036",
        make=ProMap,
        kind="baseline",
    )


ORACLE = MethodKind(
    name="oracle",
    label="Oracle: what followed",
    says="The cells in the order of what followed: the most that any map could find, no forecast.",
    source="",
    make=Oracle,
    kind="oracle",
)


def _counts(weeks: float | None) -> MethodKind:
    name = f"counts-{window_named(weeks)}"
    return MethodKind(
        name=name,
        label=f"Counts, {window_said(weeks)}",
        says=f"The incidents of each cell in {the_window(weeks)}.",
        source="",
        make=lambda: Window(0.0, weeks),
        kind="baseline",
    )
