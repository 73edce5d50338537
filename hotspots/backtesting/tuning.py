"""Tuning a workspace's profile of one category, and keeping what it came to."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

import hotspots
from hotspots.backtesting.known import Known, Step, known_in
from hotspots.errors import ResultError, UsageError
from hotspots.profile import Profile
from hotspots.results.headlines import the, unit
from hotspots.taxonomy import category as category_of
from hotspots.validation.history import History
from hotspots.validation.intervals import Interval
from hotspots.versions import ProfileVersion, settings_sha256
from hotspots.workspace import Workspace

if TYPE_CHECKING:
    from hotspots.clustering.automatic import Choice
    from hotspots.validation.tuning import Step as Stage
    from hotspots.validation.tuning import Tuned


@dataclass(frozen=True)
class TuneAsked:
    """What is to be tuned.

    Attributes
    ----------
    category : str
        A category or total of the taxonomy.
    step : {"month", "week"}
    area : str
        Code of one district; "" for all.
    last : str
        The last period that is looked at, such as "2021-06"; "" leaves it to the data.
    measure : str
        By which settings are chosen: see ``hotspots.validation.tuning.MEASURES``.
    cell_sizes : tuple of float
        Sizes of squares to choose among, metres; empty keeps the approved profile's.
    held_out : int
        Periods at the end that take no part in the choice; 0 leaves it to the data.
    horizon : int
        Periods that judge each map.
    halving : bool
        Whether settings that do badly on few maps are dropped early.
    candidates : int
        Search so many settings drawn at random; 0 searches all.
    seed : int
    jobs : int
        Threads.
    """

    category: str
    step: Step = "month"
    area: str = ""
    last: str = ""
    measure: str = "area"
    cell_sizes: tuple[float, ...] = ()
    held_out: int = 0
    horizon: int = 1
    halving: bool = True
    candidates: int = 0
    seed: int = 0
    jobs: int = 1


@dataclass(frozen=True, eq=False)
class ToTune:
    """A tuning that only needs to be run.

    Attributes
    ----------
    asked : TuneAsked
    known : Known
    history : History
        The longest stretch of ``known`` without a period that is not known whole.
    first : int
        Where it begins among the periods.
    base : Profile
        The approved profile, from which settings are changed.
    based_on : int
        Its version; 0 for the workspace's own.
    notes : tuple of str
    """

    asked: TuneAsked
    known: Known
    history: History
    first: int
    base: Profile
    based_on: int
    notes: tuple[str, ...]

    def run(self, progress: Callable[[Stage], object] | None = None) -> Tuned:
        """Search for better settings; see ``hotspots.validation.tuning.tune``.

        Raises
        ------
        UsageError
            If the history is too short, or an option is out of range.
        """
        from hotspots.validation.tuning import Space, tune

        asked = self.asked
        return tune(
            self.history,
            self.base,
            Space(cell_sizes_m=asked.cell_sizes),
            asked.measure,
            held_out=asked.held_out or None,
            horizon=asked.horizon,
            halving=asked.halving,
            candidates=asked.candidates or None,
            seed=asked.seed,
            n_jobs=asked.jobs,
            progress=progress,
        )

    def held_out(self, tuned: Tuned) -> tuple[str, str]:
        """Return the first and the last period of those that took no part in the choice."""
        first, last = tuned.held_out
        periods = self.known.periods[self.first :]
        return periods[first].id, periods[last + self.asked.horizon - 1].id

    def about(self, tuned: Tuned) -> dict[str, Any]:
        """Return what a tuning came to and where it comes from, as plain values."""
        asked, periods = self.asked, self.known.periods[self.first :]
        return {
            "software": "hotspots",
            "version": hotspots.__version__,
            "category": category_of(asked.category).code,
            "area": asked.area,
            "step": asked.step,
            "horizon": asked.horizon,
            "periods": [periods[0].id, periods[self.history.periods - 1].id],
            "held_out": list(self.held_out(tuned)),
            "measure": tuned.measure,
            "settings": len(tuned.table),
            "seed": tuned.seed,
            "verdict": tuned.verdict,
            "chosen": interval(tuned.figure),
            "approved": interval(tuned.base),
            "default": interval(tuned.default),
            "difference": interval(tuned.difference),
            "over_default": interval(tuned.over_default),
            "why": list(tuned.why),
            "notes": list(self.notes),
            "based_on": self.based_on,
            "based_on_sha256": settings_sha256(self.base),
            "wards": dict(self.known.wards.sha256),
            "incidents": {f.name: f.sha256 for f in self.known.incidents.files},
        }


def to_tune(workspace: Workspace, asked: TuneAsked) -> ToTune:
    """Return what is asked, ready to run.

    A search adds up over months, so a month that is not known whole cannot be left out of it: the
    longest stretch without one is taken.

    Raises
    ------
    UsageError
        If a name, a period or a step is not one.
    ResultError
        If there are no incidents, or no stretch of whole periods.
    """
    known = known_in(workspace, asked.category, asked.step, asked.area, asked.last)
    first, stop = _longest_whole(known)
    if max(asked.held_out, asked.horizon) >= stop - first:
        raise UsageError(
            f"A search must have {known.step}s before those held out and their horizon; there are "
            f"{stop - first} and got {asked.held_out or 'a usual number'} held out and a horizon "
            f"of {asked.horizon}: take fewer."
        )
    notes = known.notes
    if stop - first < len(known.periods):
        notes = (*notes, _stretch(known, first, stop))
    return ToTune(
        asked=asked,
        known=known,
        history=_part(known.history, first, stop),
        first=first,
        base=workspace.profile_of(asked.category),
        based_on=workspace.approved_version(asked.category),
        notes=notes,
    )


def save_tuned(
    workspace: Workspace, ready: ToTune, tuned: Tuned, author: str, reason: str
) -> ProfileVersion:
    """Keep the recommended profile as a new version, with what the held-out part said for it.

    Raises
    ------
    UsageError
        If author or reason is empty, or the recommended profile is one that is kept already.
    """
    return workspace.save_profile(
        ready.asked.category,
        tuned.profile,
        author,
        reason,
        based_on=ready.based_on,
        evidence=ready.about(tuned),
    )


def changes(ready: ToTune, tuned: Tuned) -> bool:
    """Return whether the recommended profile has other settings than the approved one."""
    return settings_sha256(tuned.profile) != settings_sha256(ready.base)


def automatic_choices(ready: ToTune) -> list[Choice]:
    """Return the lengths that rules of thumb would choose, each with its reason.

    They look at all incidents and at no map that was judged: starting points, nothing that was
    shown to do better. A rule that has no answer for these incidents is left out.

    Returns
    -------
    list of Choice
        Side of squares, distance band by Moran's I and by Ripley's L, bandwidth.
    """
    from hotspots.clustering import Grid
    from hotspots.clustering.automatic import (
        automatic_bandwidth,
        automatic_cell_size,
        automatic_distance,
        ripley_distance,
        spacing_of_points,
    )

    history, size = ready.history, ready.base.cell_size_m
    xy = history.xy[history.inside]
    grid = Grid.cover(history.study_area, size)
    rules: tuple[Callable[[], Choice], ...] = (
        lambda: automatic_cell_size(xy, history.study_area.area / 1e6),
        lambda: automatic_distance(
            grid.counts(xy), size, grid.mask, spacing_m=spacing_of_points(xy)
        ),
        lambda: ripley_distance(xy, history.study_area, size),
        lambda: automatic_bandwidth(xy),
    )
    found = []
    for rule in rules:
        with suppress(UsageError):
            found.append(rule())
    return found


def interval(value: Interval) -> dict[str, float | None]:
    """Return a figure as plain values; None where it is not known."""
    ends = {"value": value.value, "low": value.low, "high": value.high}
    return {name: float(end) if np.isfinite(end) else None for name, end in ends.items()}


def _longest_whole(known: Known) -> tuple[int, int]:
    """Return the longest stretch of periods that are known whole, the latest of such: from, to."""
    unknown = known.missing | known.faulty
    stretches = [
        list(group)
        for good, group in groupby(range(len(known.periods)), lambda i: i not in unknown)
        if good
    ]
    if not stretches:
        raise ResultError(
            f"A tuning must have {known.step}s that are loaded whole; none of "
            f"{len(known.periods)} is: add the files of the missing months."
        )
    longest = max(reversed(stretches), key=len)
    return longest[0], longest[-1] + 1


def _stretch(known: Known, first: int, stop: int) -> str:
    periods = known.periods[first:stop]
    return (
        f"Tuned on {the(periods[0])} to {the(periods[-1])}, the longest stretch of "
        f"{unit(periods[0], 2)} without one that is not known whole."
    )


def _part(history: History, first: int, stop: int) -> History:
    if (first, stop) == (0, history.periods):
        return history
    kept = (history.period >= first) & (history.period < stop)
    return History(
        history.xy[kept],
        history.period[kept] - first,
        # one that became known after the stretch is never known within it
        np.minimum(history.known[kept], stop + 1) - first,
        history.edges[first : stop + 1],
        history.study_area,
        history.name,
    )
