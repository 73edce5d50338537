"""A category's incidents by week or month, and what is not known of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np

from hotspots.backtesting.notes import about_data
from hotspots.errors import ResultError, UsageError
from hotspots.model import Incidents, Period, Wards
from hotspots.quality import Finding
from hotspots.quality.faulty import faulty_months
from hotspots.selection import Extent, check_crs, extent_of, of_category, slack_days
from hotspots.taxonomy import category as category_of
from hotspots.validation.history import History
from hotspots.workspace import Workspace

Step = Literal["month", "week"]
STEPS: tuple[Step, ...] = ("month", "week")
#: Fewer whole periods say nothing of how good a map is.
LEAST_PERIODS = 4


@dataclass(frozen=True, eq=False)
class Known:
    """A category's incidents by period, with what is not known of them.

    Attributes
    ----------
    history : History
    step : {"month", "week"}
    periods : tuple of Period
        Those of the history, the oldest first.
    missing : frozenset of int
        Periods of which nothing, or not every month, is loaded.
    faulty : frozenset of int
        Periods with a month that a finding says misses incidents.
    notes : tuple of str
        What must be said of them, one sentence each.
    incidents : Incidents
    wards : Wards
    """

    history: History
    step: Step
    periods: tuple[Period, ...]
    missing: frozenset[int]
    faulty: frozenset[int]
    notes: tuple[str, ...]
    incidents: Incidents
    wards: Wards


def history_of(
    incidents: Incidents,
    wards: Wards,
    category: str,
    step: Step,
    until: Period | None = None,
) -> History:
    """Return the incidents of a category by week or month, over the wards' union.

    Parameters
    ----------
    incidents : Incidents
        In the wards' CRS. Those outside the wards only reach in through kernels.
    wards : Wards
    category : str
        A category or total of the taxonomy.
    step : {"week", "month"}
        ISO weeks or calendar months that lie whole within the data. Weeks need days.
    until : Period, optional
        Later periods are left out.

    Returns
    -------
    History
        Each incident is known from the moment it was recorded on, where the files say so; else
        from the end of its period on. A month that is not loaded has no incidents in it: see
        ``known_of`` for which these are.

    Raises
    ------
    UsageError
        If the category or step is not one, incidents and wards are in different CRS, or weeks are
        asked of incidents that are known by month.
    ResultError
        If there are no incidents of the category, or no whole period.
    """
    return _history(incidents, wards, category, step, until)[0]


def known_of(
    incidents: Incidents,
    wards: Wards,
    category: str,
    step: Step,
    until: Period | None = None,
    findings: Sequence[Finding] = (),
) -> Known:
    """Return ``history_of`` with what is not known of it, by the findings too, and notes."""
    history, periods, extent = _history(incidents, wards, category, step, until)
    bad = faulty_months(findings, category_of(category).code)
    missing = frozenset(i for i, p in enumerate(periods) if not p.months <= extent.months)
    faulty = frozenset(i for i, p in enumerate(periods) if p.months & bad) - missing
    said = about_data(history, periods, missing, faulty, incidents, findings)
    return Known(history, step, tuple(periods), missing, faulty, said, incidents, wards)


def known_in(
    workspace: Workspace, category: str, step: Step, area: str = "", until: str = ""
) -> Known:
    """Return ``known_of`` a workspace's category, over the wards of its last period."""
    incidents = workspace.incidents(category)
    last = Period.parse(until) if until else None
    ends = [incidents.span[1].date()] if incidents.span else []
    if last:
        ends.append(last.end - timedelta(days=1))
    # the wards of the day the last map is judged: one area throughout
    wards = workspace.wards(None, area, day=min(ends, default=None))
    return known_of(incidents, wards, category, step, last, workspace.findings())


# -- periods --------------------------------------------------------------------------------------


def _history(
    incidents: Incidents, wards: Wards, category: str, step: Step, until: Period | None
) -> tuple[History, list[Period], Extent]:
    kind = category_of(category)
    if step not in STEPS:
        raise UsageError(f"A step must be one of {', '.join(STEPS)}; got {step!r}.")
    check_crs(incidents, wards)
    frame = incidents.frame[of_category(incidents.frame, kind)]
    extent = extent_of(incidents, frame, kind)
    if step == "week" and not extent.monthly.empty:
        raise UsageError(
            f"Weeks need incidents whose day is known; {len(extent.monthly):,} of {kind.label} are "
            "known by month only: take months as the step."
        )
    periods = _whole(extent, step, until)
    if len(periods) < LEAST_PERIODS:
        raise ResultError(
            f"A back-test must have at least {LEAST_PERIODS} whole {step}s of {kind.label}; "
            f"{len(periods)} lie within {extent.first:%Y-%m-%d} to {extent.last:%Y-%m-%d}"
            f"{f' and up to {until.id}' if until else ''}: add earlier files."
        )
    edges = [*(p.start for p in periods), periods[-1].end]
    recorded = frame["recorded_at"]
    history = History.make(
        frame[["x", "y"]].to_numpy(dtype=np.float64),
        frame["starts_at"].to_numpy(),
        np.array(edges, dtype="datetime64[D]"),
        wards.study_area,
        recorded.to_numpy() if recorded.notna().any() else None,
        kind.label,
    )
    return history, periods, extent


def _whole(extent: Extent, step: Step, until: Period | None) -> list[Period]:
    """Return the periods from the first to the last that lie whole within the data, all of them."""
    first, last = extent.first.date(), extent.last.date()
    period = _period_of(last, step)
    found: list[Period] = []
    while period.end > first:
        slack = slack_days(period)
        whole = (first - period.start).days <= slack and (period.end - last).days <= slack
        if whole and (until is None or period.end <= until.end):
            found.append(period)
        period = period.back(1)
    return found[::-1]


def _period_of(day: date, step: Step) -> Period:
    if step == "month":
        return Period.month(day.year, day.month)
    year, week, _ = day.isocalendar()
    return Period.parse(f"{year}-W{week:02d}")
