"""What must be said of a back-test's data and of how much it can tell, one sentence each."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from hotspots.model import Incidents, Period
from hotspots.quality import Finding
from hotspots.results.headlines import capital, joined, the, unit
from hotspots.validation.history import History

#: Periods of a year.
YEAR = {"month": 12, "week": 52}
#: Intervals from fewer maps are said to be rough.
FEW_MAPS = 20


def about_data(
    history: History,
    periods: Sequence[Period],
    missing: Collection[int],
    faulty: Collection[int],
    incidents: Incidents,
    findings: Sequence[Finding],
) -> tuple[str, ...]:
    """Return what is not known of the incidents, and when they were."""
    notes = (
        _said_of(missing, periods, "not loaded whole"),
        _said_of(faulty, periods, "found to miss incidents"),
        _when_known(history, unit(periods[0])),
        _moved(findings, incidents),
    )
    return tuple(note for note in notes if note)


def judged_maps(periods: Sequence[Period], judged: Sequence[int], horizon: int) -> str:
    """Return how many maps are judged, by what."""
    first, last = periods[judged[0]], periods[judged[-1] + horizon - 1]
    span = the(first) if first == last else f"{the(first)} to {the(last)}"
    each = "map is judged" if len(judged) == 1 else "maps are judged, each"
    by = f"the {unit(first)}" if horizon == 1 else f"the {horizon} {unit(first, horizon)}"
    return (
        f"{len(judged)} {each} by {by} that followed: {span}, of {len(periods)} "
        f"{unit(first, len(periods))} from {the(periods[0])} on."
    )


def careful(
    periods: Sequence[Period], judged: Sequence[int], methods: Collection[str]
) -> tuple[str, ...]:
    """Return what a short history does to the figures."""
    year, notes = YEAR[unit(periods[0])], []
    if judged[-1] <= year and any(name.endswith("-52") for name in methods):
        notes.append(
            "No map has more than a year behind it: the last 52 weeks and all history are the same."
        )
    a_year = sum(t >= year for t in judged)
    if "last-year" in methods and a_year < len(judged):
        notes.append(
            f"The same {unit(periods[0], 2)} last year are known for {a_year} of {len(judged)} "
            "maps; the others say the same of every square."
        )
    if len(judged) < FEW_MAPS:
        notes.append(
            f"{len(judged)} {'map is' if len(judged) == 1 else 'maps are'} few: intervals are "
            "rough, where there are any, and a small difference is none."
        )
    return tuple(notes)


def _said_of(which: Collection[int], periods: Sequence[Period], why: str) -> str:
    if not which:
        return ""
    names = [periods[i].label for i in sorted(which)]
    shown = joined(names if len(names) <= 6 else [*names[:5], f"{len(names) - 5} more"])
    are = "is" if len(names) == 1 else "are"
    return f"{capital(shown)} {are} {why}: no map is judged by it."


def _when_known(history: History, step: str) -> str:
    if not len(history):
        return ""
    late = int((history.known > history.period + 1).sum())
    if late:
        return (
            f"{late:,} of {len(history):,} incidents were recorded after their {step} had ended: "
            "no map saw them before."
        )
    return f"Every incident is taken as known at the end of its {step}."


def _moved(findings: Sequence[Finding], incidents: Incidents) -> str:
    mine = set(incidents.frame["agency"].unique())
    moved = any(
        f.code == "map-points" and (not f.agencies or mine & set(f.agencies)) for f in findings
    )
    if not moved:
        return ""
    return (
        "The points are moved to map points: counts per square are hard to beat there, and nothing "
        "can be said of streets."
    )
