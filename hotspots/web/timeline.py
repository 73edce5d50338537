"""The slider's bars: how many incidents each period has that can be stepped to."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.model import Incidents, Period, Wards
from hotspots.quality import Finding
from hotspots.quality.faulty import faulty_months
from hotspots.selection import of_category
from hotspots.taxonomy import Category
from hotspots.web.text import capital, whole

Starts = NDArray[np.datetime64]
#: Periods on the slider: a year and the one to compare it with.
LENGTHS = {"week": 53, "month": 13}
#: Height of the drawing of the bars, in its own units.
HEIGHT = 40


@dataclass(frozen=True)
class Step:
    """One period of the slider.

    Attributes
    ----------
    period : str
        Its id, for the address.
    says : str
        "March 2022: 324 incidents".
    tick : str
        What stands below its bar, "" for most.
    height : float
        Of the bar, 0 to ``HEIGHT``; the whole height where nothing is known.
    known : bool
        Whether anything is loaded.
    offered : bool
        Whether it can be chosen.
    current : bool
        Whether it is the one shown.
    """

    period: str
    says: str
    tick: str
    height: float
    known: bool
    offered: bool
    current: bool


@dataclass(frozen=True)
class Timeline:
    """The bars, oldest first, and where the slider stands."""

    steps: tuple[Step, ...]
    at: int
    unit: str

    @property
    def says(self) -> str:
        """What is said of the period shown."""
        return self.steps[self.at].says

    @property
    def key(self) -> str:
        """The same for the same row of periods: only the chosen one differs."""
        return f"{self.steps[0].period}..{self.steps[-1].period}"


def starts_of(incidents: Incidents, wards: Wards, category: Category) -> Starts:
    """Return when the incidents of a category inside the wards began, in order."""
    frame = incidents.frame[of_category(incidents.frame, category)]
    inside = wards.assign(frame[["x", "y"]].to_numpy(dtype=np.float64)) >= 0
    starts: Starts = np.sort(frame.loc[inside, "starts_at"].dropna().to_numpy("datetime64[us]"))
    return starts


def timeline(
    shown: Period,
    offered: Iterable[Period],
    starts: Starts,
    category: str,
    findings: Iterable[Finding] = (),
) -> Timeline | None:
    """Return the bars round a period; None for a period that is no week and no month.

    Parameters
    ----------
    shown : Period
        The one on the map.
    offered : iterable of Period
        Those of its kind that can be shown.
    starts : ndarray of datetime64
        As ``starts_of`` returns them.
    category : str
        Whose incidents they are.
    findings : iterable of Finding
        Those that say that a month misses incidents: without any it is "no data", never 0.
    """
    if shown.kind not in LENGTHS:
        return None
    choices = {period.id for period in offered} | {shown.id}
    periods = _window(shown, [Period.parse(text) for text in choices])
    counts = _counts(starts, periods)
    faulty = faulty_months(findings, category)
    top = max(counts, default=0) or 1
    steps = tuple(
        _step(period, count, top, faulty, choices, shown)
        for period, count in zip(periods, counts, strict=True)
    )
    return Timeline(_ticked(steps, periods), periods.index(shown), shown.kind)


def _window(shown: Period, choices: list[Period]) -> list[Period]:
    """Return the last periods, or those round the one shown where that lies further back."""
    length = LENGTHS[shown.kind]
    first, last = (f(choices, key=lambda p: p.start) for f in (min, max))
    chain = [last]
    while chain[-1].start > first.start:
        chain.append(chain[-1].back(1))
    behind = chain.index(shown)
    skip = 0 if behind < length else behind - length // 4
    return chain[skip : skip + length][::-1]


def _counts(starts: Starts, periods: list[Period]) -> list[int]:
    bounds = np.array([(p.start, p.end) for p in periods], dtype="datetime64[us]")
    found = np.searchsorted(starts, bounds)
    return [int(count) for count in found[:, 1] - found[:, 0]]


def _step(
    period: Period,
    count: int,
    top: int,
    faulty: frozenset[tuple[int, int]],
    choices: set[str],
    shown: Period,
) -> Step:
    misses = bool(period.months & faulty)
    known = period.id in choices and not (misses and count == 0)
    noun = "incident" if count == 1 else "incidents"
    said = f"{whole(count)} {noun}" + (", some are missing" if misses else "")
    return Step(
        period=period.id,
        says=f"{capital(period.label)}: {said if known else 'no data'}",
        tick="",
        height=round(HEIGHT * count / top, 1) if known else HEIGHT,
        known=known,
        offered=period.id in choices,
        current=period == shown,
    )


def _ticked(steps: tuple[Step, ...], periods: list[Period]) -> tuple[Step, ...]:
    """Write below the bars: each month once, with the year at the first and at January."""
    ticked, written = [], None
    for step, period in zip(steps, periods, strict=True):
        start = pd.Timestamp(period.start)
        month = (start.year, start.month)
        tick = ""
        # a week that begins late in a month would put its name beside the next one
        if month != written and (period.kind == "month" or start.day <= 7):
            year = f" {start.year % 100:02d}" if written is None or start.month == 1 else ""
            tick, written = f"{calendar.month_abbr[start.month]}{year}", month
        ticked.append(replace(step, tick=tick))
    return tuple(ticked)
