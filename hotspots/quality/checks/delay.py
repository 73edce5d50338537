"""How late incidents are recorded, and so how much of the newest week is still to come."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hotspots.quality.dates import month_numbers
from hotspots.quality.finding import Finding
from hotspots.quality.inputs import Inputs
from hotspots.quality.truncation import recorded_by
from hotspots.quality.words import month_text, percent

#: Of fewer incidents with both days nothing is said.
LEAST = 100
#: Later than this many days is as good as never: reports of long ago are another matter.
LONGEST_DAYS = 90
#: From this share of the newest week on that is still to come, it is careful.
CAREFUL = 0.10
WEEK = 7


def check(data: Inputs) -> Iterator[Finding]:
    """Find by agency how late incidents are recorded; careful if 10 % of a week is to come.

    The delay is the recorded day less the day the incident began. Incidents recorded after the
    newest recorded day are not seen yet, so that recent ones seem quick; the estimate allows for
    that (``truncation.recorded_by``). Delays above 90 days are left out of it. Said of agencies
    with at least 100 incidents for which both days are known.
    """
    recorded = data.incidents["recorded_at"].to_numpy(dtype="datetime64[D]")
    known = ~np.isnat(recorded) & ~data.by_month & ~data.far
    if data.today is not None:
        known &= ~(recorded > np.datetime64(data.today, "D"))
    started = data.incidents["starts_at"].to_numpy(dtype="datetime64[D]")
    known &= ~(recorded < started)
    for agency in range(len(data.agencies)):
        chosen = known & (data.agency == agency)
        if chosen.sum() >= LEAST:
            yield _finding(data, agency, chosen, started[chosen], recorded[chosen])


def missing_share(started: NDArray[np.datetime64], recorded: NDArray[np.datetime64]) -> float:
    """Return what share of the incidents of the newest week is not recorded yet.

    The newest week are the seven days up to the newest recorded day; each day's incidents are
    recorded by now with the probability of a delay up to the days that have passed since.

    Parameters
    ----------
    started, recorded : ndarray of datetime64[D], shape (n,)
    """
    newest = recorded.max()
    delay = (recorded - started).astype(np.int64)
    room = (newest - started).astype(np.int64)
    fits = delay <= LONGEST_DAYS
    share = recorded_by(delay[fits], np.minimum(room[fits], LONGEST_DAYS))
    passed = np.minimum(np.arange(WEEK), len(share) - 1)
    return float(1 - share[passed].mean())


def _finding(
    data: Inputs,
    agency: int,
    chosen: NDArray[np.bool_],
    started: NDArray[np.datetime64],
    recorded: NDArray[np.datetime64],
) -> Finding:
    delay = (recorded - started).astype(np.int64)
    late, missing = float((delay > WEEK).mean()), missing_share(started, recorded)
    name, newest = data.agencies[agency], recorded.max()
    week = np.unique(month_numbers(data.incidents["starts_at"][chosen & _in_week(data, newest)]))
    middle = float(np.median(delay))
    return Finding(
        code="reporting-delay",
        severity="careful" if missing >= CAREFUL else "note",
        title=f"{name} records half of its incidents within {middle:.0f} "
        f"day{'' if middle == 1 else 's'} and {percent(late)} after a week; of the week to "
        f"{newest} about {percent(missing)} are likely still to come.",
        count=int(chosen.sum()),
        share=missing,
        example=data.example(np.flatnonzero(chosen)[int(delay.argmax())]),
        effect="The newest week looks quieter than it was.",
        advice="Read no fall from the newest week; import the export again a week later.",
        categories=data.categories_of(chosen),
        months=tuple(month_text(int(m)) for m in week),
        agencies=(name,),
    )


def _in_week(data: Inputs, newest: np.datetime64) -> NDArray[np.bool_]:
    started = data.incidents["starts_at"].to_numpy(dtype="datetime64[D]")
    return np.asarray(started > newest - np.timedelta64(WEEK, "D"))
