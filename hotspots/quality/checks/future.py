"""Dates that cannot be: after today, or after the incident was recorded."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hotspots.quality.finding import Finding
from hotspots.quality.inputs import Inputs
from hotspots.quality.words import incidents, percent

#: Clocks of two systems differ, and a day without a time counts from midnight.
SLACK = np.timedelta64(1, "D")


def check(data: Inputs) -> Iterator[Finding]:
    """Find incidents that begin after today, and those recorded over a day before they began.

    Both are serious from 1 % of all incidents on, else careful. Of incidents known by month
    nothing is said about the recording.
    """
    starts = data.incidents["starts_at"].to_numpy(dtype="datetime64[us]")
    if data.today is not None:
        after = starts >= np.datetime64(data.today, "D") + np.timedelta64(1, "D")
        if after.any():
            yield _finding(data, after, "future-date", f"after today, {data.today}")
    recorded = data.incidents["recorded_at"].to_numpy(dtype="datetime64[us]")
    early = ~np.isnat(recorded) & ~data.by_month & (recorded + SLACK < starts)
    if early.any():
        yield _finding(data, early, "recorded-before", "after the day of their record")


def _finding(data: Inputs, chosen: NDArray[np.bool_], code: str, said: str) -> Finding:
    share = float(chosen.mean())
    return Finding(
        code=code,
        severity="serious" if share >= 0.01 else "careful",
        title=f"{incidents(int(chosen.sum()))} ({percent(share)}) with a date {said}.",
        count=int(chosen.sum()),
        share=share,
        example=data.example(np.flatnonzero(chosen)[0]),
        effect="They are missing from the period they belong to; where many are, day and month "
        "may be swapped in the whole file.",
        advice="Look at these rows, check the date format of the mapping, and import the file "
        "again.",
        categories=data.categories_of(chosen),
        agencies=tuple(data.agencies[int(a)] for a in np.unique(data.agency[chosen])),
    )
