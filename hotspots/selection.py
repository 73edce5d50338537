"""Which incidents an analysis looks at: the period's, and the history it is compared with."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from pyproj import CRS

from hotspots.clustering import history_periods
from hotspots.errors import ResultError, UsageError
from hotspots.model import Incidents, Period, Wards
from hotspots.profile import Profile
from hotspots.taxonomy import Category


@dataclass(frozen=True, eq=False)
class Selection:
    """The incidents of one category, split by time; ``area`` are those inside the wards."""

    now: pd.DataFrame
    area: pd.DataFrame
    history: pd.DataFrame
    history_periods: int
    history_from: date | None
    outside: int
    complete: bool
    data_from: pd.Timestamp
    data_to: pd.Timestamp


def of_category(frame: pd.DataFrame, kind: Category) -> pd.Series[bool]:
    """Return which incidents a category or total counts."""
    counted = frame["category"].isin(kind.members)
    for code, subcategory in kind.parts:
        if subcategory is not None:
            counted |= (frame["category"] == code) & (frame["subcategory"] == subcategory)
    return counted


def check_crs(incidents: Incidents, wards: Wards) -> None:
    """Raise a UsageError unless incidents and wards are in one CRS."""
    if CRS.from_user_input(incidents.crs) != CRS.from_user_input(wards.crs):
        raise UsageError(
            f"Incidents and wards must be in one CRS; got {incidents.crs} and {wards.crs}: read "
            "both with the same."
        )


def select(
    incidents: Incidents,
    wards: Wards,
    profile: Profile,
    period: Period,
    kind: Category,
    faulty: Collection[tuple[int, int]] = (),
) -> Selection:
    """Return the incidents of a category in a period, and those of its history.

    Months of ``faulty``, (year, month), are known to miss incidents: they are no history, for
    they would make the usual look too low.

    Raises
    ------
    UsageError
        If a part of a month is asked of incidents that are known by month.
    ResultError
        If there are no incidents of the category, or none are known for that period.
    """
    frame = incidents.frame
    of_kind = frame[of_category(frame, kind)]
    if of_kind.empty:
        raise ResultError(
            f"There must be incidents of category {kind.code!r}; none is loaded: add a file that "
            "has them, or ask for another category."
        )
    first, last = incidents.span or _known_span(frame, of_kind)
    start, end = pd.Timestamp(period.start), pd.Timestamp(period.end)
    if start > last or end <= first:
        raise ResultError(
            f"A period must lie within the data, {first:%Y-%m-%d} to {last:%Y-%m-%d} for "
            f"{kind.label}; got {period.id}: ask for one within, or add the files."
        )
    known = incidents.months if incidents.months is not None else _known_months(frame, of_kind)
    if not period.months & known:
        raise ResultError(
            f"A period must have incidents of some kind loaded; {period.label} has none between "
            f"{first:%Y-%m-%d} and {last:%Y-%m-%d}: add its files, or ask for another period."
        )
    now = _between(of_kind, start, end)
    by_month = (of_kind["precision"] == "month") & (of_kind["starts_at"] < end)
    if not period.whole_months and (by_month & (of_kind["ends_at"] >= start)).any():
        raise ResultError(
            f"These incidents are known by month only; got {period.id}: ask for whole months, "
            f"such as {period.start:%Y-%m}."
        )
    whole_months = known - frozenset(faulty)
    history, compared = _history(of_kind, period, profile, first, whole_months)
    ward = wards.assign(now[["x", "y"]].to_numpy())
    return Selection(
        now=now,
        area=now.assign(ward=ward)[ward >= 0],
        history=history[wards.assign(history[["x", "y"]].to_numpy()) >= 0],
        history_periods=len(compared),
        history_from=min((p.start for p in compared), default=None),
        outside=int((ward < 0).sum()),
        complete=bool(end <= last + pd.Timedelta(days=slack_days(period)))
        and _is_known(period, first),
        data_from=first,
        data_to=last,
    )


def _known_span(frame: pd.DataFrame, of_kind: pd.DataFrame) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return from when to when the files are known that carry the agencies of these incidents."""
    agencies = frame["agency"].isin(of_kind["agency"].unique())
    known = frame[frame["file"].isin(frame.loc[agencies, "file"].unique())]
    known_to = known["ends_at"].where(known["precision"] == "month", known["starts_at"])
    return known["starts_at"].min(), known_to.max()


def _known_months(frame: pd.DataFrame, of_kind: pd.DataFrame) -> frozenset[tuple[int, int]]:
    """Return the months in which the agencies of these incidents have any incident."""
    days = frame.loc[frame["agency"].isin(of_kind["agency"].unique()), "starts_at"]
    pairs = zip(days.dt.year, days.dt.month, strict=True)
    return frozenset((int(year), int(month)) for year, month in set(pairs))


def slack_days(period: Period) -> int:
    """Return how many days without any incident may begin or end a period that is known whole.

    The first and last days of a file need not have an incident: a tenth of the period, at most
    a week.
    """
    return min(max(1, period.days // 10), 7)


def _between(frame: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    return frame[(frame["starts_at"] >= start) & (frame["starts_at"] < end)]


def _history(
    frame: pd.DataFrame,
    period: Period,
    profile: Profile,
    first: pd.Timestamp,
    known: frozenset[tuple[int, int]],
) -> tuple[pd.DataFrame, list[Period]]:
    """Return the incidents of the earlier periods compared with, and those that are known.

    A period of which a month has no incident of any kind is not known: it is no quiet period.
    """
    compared = _same_season(period, first) if profile.history == "season" else []
    if profile.history == "last":
        available = 0
        while _is_known(period.back(available + 1), first):
            available += 1
        last = _periods_in(period, profile.history_months)
        compared = [period.back(int(step)) for step in history_periods(available, last=last)]
    kept = [earlier for earlier in compared if earlier.months <= known]
    within = np.zeros(len(frame), dtype=bool)
    for earlier in kept:
        start, end = pd.Timestamp(earlier.start), pd.Timestamp(earlier.end)
        within |= ((frame["starts_at"] >= start) & (frame["starts_at"] < end)).to_numpy()
    return frame[within], kept


def _is_known(period: Period, first: pd.Timestamp) -> bool:
    return pd.Timestamp(period.start) + pd.Timedelta(days=slack_days(period)) >= first


def _same_season(period: Period, first: pd.Timestamp) -> list[Period]:
    """Return the same time of year in every earlier year that is known; for weeks also the week
    either side: one alone is little to compare with, and a year's weeks fall on other days.
    """
    around = (-1, 0, 1) if period.kind == "week" else (0,)
    found: list[Period] = []
    for year in range(1, period.start.year - first.year + 2):
        middle = period.years_back(year)
        nearby = [middle.back(step) for step in around]
        found += [p for p in nearby if p.end <= period.start and _is_known(p, first)]
    return found


def _periods_in(period: Period, months: int) -> int:
    """Return how many periods of this length make so many months: 12 months, 52 weeks, 1 year."""
    if not period.whole_months:
        return max(1, int(months * 30.4375 / period.days))
    length = (period.end.year - period.start.year) * 12 + period.end.month - period.start.month
    return max(1, months // length)
