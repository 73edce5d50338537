"""Which maps of a workspace are judged, by what, and where the figures come from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import hotspots
from hotspots.backtesting.choosing import APPROVED, DEFAULT, Candidate, chosen_methods
from hotspots.backtesting.known import Known, Step, known_in
from hotspots.backtesting.notes import YEAR as YEAR
from hotspots.backtesting.notes import careful, judged_maps
from hotspots.clustering import Grid
from hotspots.errors import ResultError, UsageError
from hotspots.model import Period
from hotspots.profile import Profile
from hotspots.taxonomy import category as category_of
from hotspots.validation.backtest import Plan, Progress, plan_of, run
from hotspots.validation.kept import Kept, digest_of
from hotspots.validation.method import MethodKind
from hotspots.validation.report import Report, report_of
from hotspots.versions import settings_sha256
from hotspots.workspace import Workspace


@dataclass(frozen=True)
class BacktestAsked:
    """What is to be back-tested.

    Attributes
    ----------
    category : str
        A category or total of the taxonomy.
    step : {"month", "week"}
        What a map is of, and what judges it.
    area : str
        Code of one district; "" for all.
    cell_size_m : float
        Side of a cell; 0 takes the approved profile's.
    methods : tuple of str
        Names of methods, or of families for all of each; empty takes the shipped default and every
        baseline. The approved profile is always judged.
    first, last : str
        The first and last period that judges a map, such as "2021-06"; "" leaves it to the data.
    horizon : int
        Periods that judge each map.
    candidates : tuple of Candidate
        Profiles to judge beside the approved one.
    """

    category: str
    step: Step = "month"
    area: str = ""
    cell_size_m: float = 0
    methods: tuple[str, ...] = ()
    first: str = ""
    last: str = ""
    horizon: int = 1
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, eq=False)
class Prepared:
    """A back-test that only needs to be run.

    Attributes
    ----------
    asked : BacktestAsked
    known : Known
    grid : Grid
    methods : tuple of MethodKind
    profiles : mapping of str to Profile
        Of the methods that are profiles.
    reference : str
        The method that others are compared with: the approved profile.
    plan : Plan
    skipped : frozenset of int
        Origins whose map is not judged.
    notes : tuple of str
    """

    asked: BacktestAsked
    known: Known
    grid: Grid
    methods: tuple[MethodKind, ...]
    profiles: Mapping[str, Profile]
    reference: str
    plan: Plan
    skipped: frozenset[int]
    notes: tuple[str, ...]

    def run(
        self,
        progress: Callable[[Progress], object] | None = None,
        kept_in: Path | None = None,
    ) -> Report:
        """Run the back-test, or what is left of it.

        Parameters
        ----------
        progress : callable, optional
            Given how far it is, after every origin.
        kept_in : Path, optional
            File in which every origin is kept as it is judged; what an earlier run of the same
            back-test kept there is not judged again.

        Raises
        ------
        DataError
            If the file is of another back-test.
        WorkspaceError
            If it cannot be read or written.
        """
        history, methods = self.known.history, self.methods
        kept = None
        if kept_in is not None:
            kept = Kept(kept_in, digest_of(history, self.grid, methods, self.plan))
        found = run(
            history,
            self.grid,
            methods,
            self.plan,
            done=kept.done() if kept else None,
            keep=kept.keep if kept else None,
            progress=progress,
        )
        # one that is not judged is made all the same: what is kept then fits, whatever is found
        # of the data meanwhile
        return report_of(history, methods, self.plan, found).only(origins=self.origins)

    @property
    def origins(self) -> tuple[int, ...]:
        """The origins whose map is judged."""
        return tuple(t for t in self.plan.origins if t not in self.skipped)

    def about(self) -> dict[str, Any]:
        """Return where the figures come from, as plain values: the same for the same back-test."""
        incidents, wards, plan = self.known.incidents, self.known.wards, self.plan
        judged = self.origins
        return {
            "software": "hotspots",
            "version": hotspots.__version__,
            "category": category_of(self.asked.category).code,
            "area": self.asked.area,
            "step": self.asked.step,
            "horizon": plan.horizon,
            "cell_size_m": self.grid.cell_size_m,
            "cells": int(self.grid.mask.sum()),
            "periods": [self.known.periods[0].id, self.known.periods[-1].id],
            "maps": len(judged),
            "first_judged": self.known.periods[judged[0]].id,
            "last_judged": self.known.periods[judged[-1] + plan.horizon - 1].id,
            "left_out": [self.known.periods[t].id for t in sorted(self.skipped)],
            "crs": wards.crs,
            "wards": {"vintage": wards.vintage, "files": dict(wards.sha256)},
            "incidents": [
                {"file": f.name, "source": f.source, "sha256": f.sha256, "kept": f.kept}
                for f in incidents.files
            ],
            "methods": [
                {"name": m.name, "label": m.label, "says": m.says, "source": m.source}
                for m in self.methods
            ],
            "profiles": {
                name: {"sha256": settings_sha256(profile), **profile.model_dump(mode="json")}
                for name, profile in self.profiles.items()
            },
            "compared_with": self.reference,
            "seed": 0,
            "notes": list(self.notes),
        }


def prepare(workspace: Workspace, asked: BacktestAsked) -> Prepared:
    """Return what is asked, ready to run.

    Raises
    ------
    UsageError
        If a name, a period or a size is not one, or two profiles have one name.
    ResultError
        If the data are too short, or no map can be judged.
    """
    if asked.last and asked.first and _start(asked.last) < _start(asked.first):
        raise UsageError(
            f"The last period must not be before the first; got {asked.first} to {asked.last}."
        )
    known = known_in(workspace, asked.category, asked.step, asked.area, asked.last)
    plan, skipped = planned(known, asked.first, asked.horizon)
    approved = workspace.profile_of(asked.category)
    methods, profiles = chosen_methods(approved, asked.candidates, asked.methods)
    reference = APPROVED if APPROVED in profiles else DEFAULT
    size = asked.cell_size_m or approved.cell_size_m
    grid = Grid.cover(known.wards.study_area, size, touching=True)
    judged = [t for t in plan.origins if t not in skipped]
    notes = (
        judged_maps(known.periods, judged, plan.horizon),
        *known.notes,
        *careful(known.periods, judged, [kind.name for kind in methods]),
    )
    if reference == DEFAULT:
        notes = (*notes, "The approved profile is the shipped default.")
    return Prepared(asked, known, grid, methods, profiles, reference, plan, skipped, notes)


def back_test(
    workspace: Workspace,
    asked: BacktestAsked,
    progress: Callable[[Progress], object] | None = None,
    kept_in: Path | None = None,
) -> Report:
    """Make the maps of past moments from what was known then, and judge them by what followed.

    Parameters and errors as of ``prepare`` and ``Prepared.run``.
    """
    return prepare(workspace, asked).run(progress, kept_in)


def planned(known: Known, first: str = "", horizon: int = 1) -> tuple[Plan, frozenset[int]]:
    """Return which maps are made, and the origins among them that are not judged.

    Not judged are maps that a period not known whole would judge; and those after a period that is
    not loaded: there would have been no map of it, which is not one without hot spots.

    Parameters
    ----------
    known : Known
    first : str
        The first period that judges a map. By default the first map is made after a year, where
        that leaves half a year to judge; else after half of what there is.
    horizon : int
        Periods that judge each map.

    Raises
    ------
    UsageError
        If no map is followed by so many periods.
    ResultError
        If the first period is not one of the data, or none that judges is known whole.
    """
    periods = known.periods
    if horizon >= len(periods):
        raise UsageError(
            f"A map must be judged by fewer {known.step}s than there are, {len(periods)}; got "
            f"{horizon}: take a shorter horizon."
        )
    year = YEAR[known.step]
    start = year if 2 * len(periods) > 3 * year else len(periods) // 2
    plan = plan_of(
        known.history, _first(periods, first, horizon) if first else start, None, horizon
    )
    unknown = known.missing | known.faulty
    skipped = frozenset(
        t for t in plan.origins if unknown & set(range(t, t + horizon)) or t - 1 in known.missing
    )
    if len(skipped) == len(plan.origins):
        raise ResultError(
            f"A map must be judged by a {known.step} that is loaded whole; none of the "
            f"{len(skipped)} that are asked for is: add the files of the missing months."
        )
    return plan, skipped


def _first(periods: Sequence[Period], text: str, horizon: int) -> int:
    start, latest = _start(text), max(1, len(periods) - horizon)
    first = next((i for i, p in enumerate(periods) if p.start >= start), len(periods))
    if not 1 <= first <= latest:
        raise ResultError(
            f"The first period that judges a map must be from {periods[1].id} to "
            f"{periods[latest].id}, after the first of the data; got {text}."
        )
    return first


def _start(text: str) -> date:
    return Period.parse(text).start
