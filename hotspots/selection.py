"""Which incidents an analysis looks at: the period's, and the history it is compared with."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray
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


@dataclass(frozen=True, eq=False)
class Extent:
    """What is known of a category: from ``first`` to ``last``, in ``months`` (year, month).

    ``monthly`` are its incidents of which only the month is known.
    """

    kind: Category
    first: pd.Timestamp
    last: pd.Timestamp
    months: frozenset[tuple[int, int]]
    monthly: pd.DataFrame


def extent_of(incidents: Incidents, of_kind: pd.DataFrame, kind: Category) -> Extent:
    """Return what is known of a category whose incidents are ``of_kind``.

    Raises
    ------
    ResultError
        If there are no incidents of the category.
    """
    if of_kind.empty:
        raise ResultError(
            f"There must be incidents of category {kind.code!r}; none is loaded: add a file that "
            "has them, or ask for another category."
        )
    first, last = incidents.span or _known_span(incidents.frame, of_kind)
    months = incidents.months
    return Extent(
        kind=kind,
        first=first,
        last=last,
        months=_known_months(incidents.frame, of_kind) if months is None else months,
        monthly=of_kind.loc[of_kind["precision"] == "month", ["starts_at", "ends_at"]],
    )


def check_period(period: Period, extent: Extent) -> None:
    """Raise a ResultError unless something is known of a period, and by its days if need be."""
    first, last, start = extent.first, extent.last, pd.Timestamp(period.start)
    end = pd.Timestamp(period.end)
    if start > last or end <= first:
        raise ResultError(
            f"A period must lie within the data, {first:%Y-%m-%d} to {last:%Y-%m-%d} for "
            f"{extent.kind.label}; got {period.id}: ask for one within, or add the files."
        )
    if not period.months & extent.months:
        raise ResultError(
            f"A period must have incidents of some kind loaded; {period.label} has none between "
            f"{first:%Y-%m-%d} and {last:%Y-%m-%d}: add its files, or ask for another period."
        )
    by_month = extent.monthly
    if period.whole_months or by_month.empty:
        return
    if ((by_month["starts_at"] < end) & (by_month["ends_at"] >= start)).any():
        raise ResultError(
            f"These incidents are known by month only; got {period.id}: ask for whole months, "
            f"such as {period.start:%Y-%m}."
        )


def compared_with(
    period: Period,
    profile: Profile,
    extent: Extent,
    faulty: Collection[tuple[int, int]] = (),
) -> list[Period]:
    """Return the earlier periods that a period is compared with; none where none is known.

    A period of which a month has no incident of any kind is not known: it is no quiet period. One
    with a month of ``faulty`` would make the usual look too low.
    """
    first, known = extent.first, extent.months - frozenset(faulty)
    if profile.history == "season":
        compared = _same_season(period, first)
    else:
        compared = _last_periods(period, first, _periods_in(period, profile.history_months))
    return [earlier for earlier in compared if earlier.months <= known]


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
    ResultError
        If there are no incidents of the category, none are known for that period, or a part of
        a month is asked of incidents that are known by month.
    """
    of_kind = incidents.frame[of_category(incidents.frame, kind)]
    extent = extent_of(incidents, of_kind, kind)
    check_period(period, extent)
    now = of_kind[within(of_kind, period)]
    compared = compared_with(period, profile, extent, faulty)
    history = _incidents_of(of_kind, compared)
    ward = wards.assign(now[["x", "y"]].to_numpy())
    late = pd.Timestamp(period.end) - pd.Timedelta(days=slack_days(period))
    return Selection(
        now=now,
        area=now.assign(ward=ward)[ward >= 0],
        history=history[wards.assign(history[["x", "y"]].to_numpy()) >= 0],
        history_periods=len(compared),
        history_from=min((p.start for p in compared), default=None),
        outside=int((ward < 0).sum()),
        complete=bool(late <= extent.last) and _is_known(period, extent.first),
        data_from=extent.first,
        data_to=extent.last,
    )


def within(frame: pd.DataFrame, period: Period) -> NDArray[np.bool_]:
    """Return which incidents began in a period."""
    start, end = pd.Timestamp(period.start), pd.Timestamp(period.end)
    return ((frame["starts_at"] >= start) & (frame["starts_at"] < end)).to_numpy()


def _incidents_of(frame: pd.DataFrame, periods: list[Period]) -> pd.DataFrame:
    """Return the incidents of some periods, each once where periods overlap."""
    some = np.zeros(len(frame), dtype=bool)
    for period in periods:
        some |= within(frame, period)
    return frame[some]


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


def _last_periods(period: Period, first: pd.Timestamp, last: int) -> list[Period]:
    """Return the periods just before that are known, at most ``last`` of them."""
    available = 0
    while available < last and _is_known(period.back(available + 1), first):
        available += 1
    return [period.back(int(step)) for step in history_periods(available, last=last)]


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
