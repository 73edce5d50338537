"""The line of the last year at a place: counts by period, what is usual, and a clear direction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd

from hotspots.clustering.trend import mann_kendall
from hotspots.errors import UsageError
from hotspots.model import Period
from hotspots.results import words
from hotspots.selection import slack_days

Month = tuple[int, int]
Direction = Literal["rising", "falling"]
#: A direction is told at this level of the rank test. A meeting reads many lines, and at 1 in 20
#: every other meeting would hear of one that is chance.
DIRECTION_ALPHA = 0.01
_YEAR_DAYS = 365.25


@dataclass(frozen=True)
class Trend:
    """Counts by period, oldest first.

    Attributes
    ----------
    periods : tuple of Period
    counts : tuple of int or None
        Incidents of each period, None where it is not known.
    usual : float or None
        Mean of the known counts before the last period; None without any.
    hot : tuple of bool or None
        Whether the place was hot in each period, None where that is not known.
    complete : bool
        Whether the data reach to the end of the last period.
    direction : "rising", "falling" or None
        Of the periods before the last, where it is clear.
    """

    periods: tuple[Period, ...]
    counts: tuple[int | None, ...]
    usual: float | None
    hot: tuple[bool | None, ...]
    complete: bool = True
    direction: Direction | None = None

    @property
    def describe(self) -> str:
        """The line as a sentence, such as "27 in March 2022; about 24 a month in the 12 months
        before."; "" for a line of no periods.
        """
        if not self.periods:
            return ""
        return f"{self._now()}; {self._before()}.{self._direction()}"

    def _now(self) -> str:
        when, count = _when(self.periods[-1]), self.counts[-1]
        if count is None:
            return f"No data {when}"
        return f"{count:,} {'' if self.complete else 'so far '}{when}"

    def _before(self) -> str:
        earlier = len(self.counts) - 1
        known = sum(count is not None for count in self.counts[:-1])
        unit = _unit(self.periods[-1])
        if self.usual is None:
            return f"there is no earlier {unit} to compare with"
        span = f"the {known} {unit}s before"
        if known < earlier:
            verb = "is" if known == 1 else "are"
            span = f"the {known} of {earlier} {unit}s before that {verb} known"
        elif known == 1:
            span = f"the {unit} before"
        if self.usual == 0:
            return f"none in {span}"
        if known == 1:
            return f"{self.usual:,.0f} in {span}"
        return f"{words.about(self.usual)} a {unit} in {span}"

    def _direction(self) -> str:
        if self.direction is None:
            return ""
        verb = "rose" if self.direction == "rising" else "fell"
        return f" It {verb} over those {_unit(self.periods[-1])}s; a season alone can do that."


def make_trend(
    starts: pd.Series[pd.Timestamp],
    periods: Sequence[Period],
    known: frozenset[Month] | None = None,
    faulty: Collection[Month] = (),
    *,
    span: tuple[pd.Timestamp, pd.Timestamp] | None = None,
    hot: Sequence[bool | None] | None = None,
) -> Trend:
    """Count the incidents of one place by period.

    Parameters
    ----------
    starts : pandas.Series of datetime64
        ``starts_at`` of the incidents inside the block, in any order; NaT is in no period. Where
        only months are known, periods must be whole months.
    periods : sequence of Period
        Oldest first, as ``line_periods`` gives them.
    known : frozenset of (year, month) or None
        Months for which the sources have incidents of any kind, ``Incidents.months``. A period
        that touches another one is not known, which is not the same as quiet. None: all are.
    faulty : collection of (year, month)
        Months that miss incidents (``hotspots.quality.faulty.faulty_months``): not known either.
    span : tuple of two Timestamps, optional
        From when to when the sources are known, ``Incidents.span``. A period that begins before
        it, or lies behind it, is not known; the few days without incidents with which a file may
        begin or end do not matter.
    hot : sequence of bool or None, optional
        Of each period, handed on.

    Raises
    ------
    UsageError
        If the periods are not in order or overlap, or ``hot`` is not one value a period.

    References
    ----------
    The direction is the exact test of Mann, H. B. (1945), doi:10.2307/1907187, of the periods
    before the last: the place is shown because of its last one, which would tilt the test.
    """
    line = tuple(periods)
    if any(b.start < a.end for a, b in pairwise(line)):
        raise UsageError("Periods must not overlap, oldest first; got others: use line_periods.")
    was_hot = (None,) * len(line) if hot is None else tuple(hot)
    if len(was_hot) != len(line):
        raise UsageError(
            f"hot must have one value a period; got {len(was_hot)} for {len(line)} periods."
        )
    missing = frozenset(faulty)
    counted = _counts(starts, line)
    counts = tuple(
        count if _is_known(period, known, missing, span) else None
        for period, count in zip(line, counted, strict=True)
    )
    before = [count for count in counts[:-1] if count is not None]
    return Trend(
        periods=line,
        counts=counts,
        usual=sum(before) / len(before) if before else None,
        hot=was_hot,
        complete=not line or span is None or _reaches(line[-1], span[1]),
        direction=_direction(before),
    )


def line_periods(period: Period) -> tuple[Period, ...]:
    """Return the periods of a year's line, oldest first, ending with the given one.

    52 weeks; 13 months, so that the same month of last year is on it; of other lengths as many
    earlier ones as make a year, at least one.
    """
    if period.kind == "week":
        earlier = 51
    elif period.whole_months:
        length = (period.end.year - period.start.year) * 12 + period.end.month - period.start.month
        earlier = max(1, 12 // length)
    else:
        earlier = max(1, int(_YEAR_DAYS / period.days))
    return tuple(period.back(steps) for steps in range(earlier, -1, -1))


def _counts(starts: pd.Series[pd.Timestamp], periods: tuple[Period, ...]) -> list[int]:
    times = np.sort(starts.dropna().to_numpy(dtype="datetime64[us]"))
    first = np.array([p.start for p in periods], dtype="datetime64[us]")
    end = np.array([p.end for p in periods], dtype="datetime64[us]")
    inside = np.searchsorted(times, end) - np.searchsorted(times, first)
    return [int(count) for count in inside]


def _is_known(
    period: Period,
    known: frozenset[Month] | None,
    missing: frozenset[Month],
    span: tuple[pd.Timestamp, pd.Timestamp] | None,
) -> bool:
    if period.months & missing or (known is not None and not period.months <= known):
        return False
    if span is None:
        return True
    begins = pd.Timestamp(period.start)
    slack = pd.Timedelta(days=slack_days(period))
    return bool(begins + slack >= span[0] and begins <= span[1])


def _reaches(period: Period, last: pd.Timestamp) -> bool:
    return bool(pd.Timestamp(period.end) <= last + pd.Timedelta(days=slack_days(period)))


def _direction(counts: list[int]) -> Direction | None:
    if len(counts) < 2:
        return None
    test = mann_kendall(counts)
    if not test.p_value <= DIRECTION_ALPHA:
        return None
    return "rising" if test.s > 0 else "falling"


def _when(period: Period) -> str:
    """Return the period as it goes after a count: "in March 2022"."""
    if period.kind == "week":
        return f"in the {period.label}"
    if period.days == 1:
        return f"on {period.label}"
    return f"{'from' if ' to ' in period.label else 'in'} {period.label}"


def _unit(period: Period) -> str:
    return "period" if period.kind == "range" else period.kind
