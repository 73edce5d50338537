"""A workspace: a folder with its settings and store, and the use cases of commands and pages."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from sqlalchemy import Connection
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from hotspots.analysis import find_hotspots
from hotspots.apportioning import By, apportion_file, households
from hotspots.areas import part_of
from hotspots.boundaries import (
    Apportioned,
    PopulationReport,
    WeightedPoints,
    read_population,
    read_wards,
)
from hotspots.boundaries.overlap import overlap
from hotspots.comparison import ImportComparison, compare_imports
from hotspots.errors import WorkspaceError
from hotspots.imports import ImportReport, import_files
from hotspots.ingest import Progress, read_mapping
from hotspots.ingest.inspection import Inspection, inspect_table
from hotspots.ingest.postcodes import PostcodeRows, PostcodeTable, read_postcodes
from hotspots.ingest.readers import Context
from hotspots.meeting.meeting import Meeting, make_meeting, track_to
from hotspots.meeting.meeting import Progress as TrackProgress
from hotspots.meeting.track import Track
from hotspots.model import DEFAULT_CRS, Incidents, Period, Wards
from hotspots.profile import Profile
from hotspots.quality import Finding
from hotspots.results import Result
from hotspots.selection import slack_days
from hotspots.settings import FILE_NAME, TEMPLATE, Settings, read_settings
from hotspots.store import Store
from hotspots.store.batches import Batch, Batches
from hotspots.store.incidents import IncidentFiles
from hotspots.store.postcodes import PostcodeFiles
from hotspots.store.quality import Quality
from hotspots.store.runs import Runs
from hotspots.store.state import state_of
from hotspots.store.streets import StreetFiles
from hotspots.stored import Stored, bounds_of, examine_store, findings_key
from hotspots.streets import Streets, read_streets
from hotspots.taxonomy import Category, categories
from hotspots.taxonomy import category as category_of
from hotspots.tiles import Tiles, open_tiles

PeriodKind = Literal["month", "week"]


class Workspace:
    """One workspace, opened.

    Parameters
    ----------
    folder : Path
        A folder with a ``hotspots.toml``.

    Raises
    ------
    WorkspaceError
        If there is none, or its store cannot be opened.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.settings: Settings = read_settings(self.folder)
        self.store = Store(_store_url(self.settings.store, self.folder))
        #: What to tell of an upgrade of the store, None where there was none.
        self.upgraded = self.store.migrate()
        self.stored = Stored(self.store, self.settings.crs)

    @classmethod
    def init(cls, folder: str | Path) -> Workspace:
        """Make a workspace: settings, ``boundaries/``, ``data/`` and an empty store.

        Raises
        ------
        WorkspaceError
            If the folder already is one, or cannot be written.
        """
        path = Path(folder)
        if (path / FILE_NAME).exists():
            raise WorkspaceError(f"{path} must not be a workspace yet; it has a {FILE_NAME}.")
        try:
            for part in ("boundaries", "data"):
                (path / part).mkdir(parents=True, exist_ok=True)
            name = re.sub(r"[\\\"\x00-\x1f]", "", path.resolve().name)
            (path / FILE_NAME).write_text(TEMPLATE.format(name=name), "utf-8")
        except OSError as error:
            raise WorkspaceError(
                f"A workspace must be a folder that can be written; {path} is not "
                f"({error.strerror})."
            ) from error
        return cls(path)

    # -- what goes in -------------------------------------------------------------------------

    def add_boundaries(
        self,
        paths: Sequence[Path],
        vintage: str,
        *,
        valid_from: date | None = None,
        valid_to: date | None = None,
        **columns: str | None,
    ) -> tuple[Wards, bool]:
        """Add ward files; return the wards read, and False if these files were there already."""
        wards = read_wards(
            paths,
            vintage,
            target_crs=self.settings.crs,
            valid_from=valid_from,
            valid_to=valid_to,
            **columns,
        )
        with self.store.boundaries() as sets:
            return wards, sets.add(wards)

    def add_population(
        self, path: Path, vintage: str | None = None, **columns: str | None
    ) -> PopulationReport:
        """Join residents to the wards of a vintage (of the one added last if None)."""
        with self.store.boundaries() as sets:
            known = sets.wards(vintage)
            wards, report = read_population(path, known, **columns)
            sets.set_population(_with_both_sources(wards, known), report.by_year)
        return report

    def borrow_population(self, vintage: str, donor: str, by: By | None = None) -> Wards:
        """Give the wards of a vintage the residents of another, shared out."""
        weights = self._households(self.wards(donor), by)
        with self.store.boundaries() as sets:
            return sets.borrow_population(vintage, donor, weights)

    def apportion(
        self, path: Path, old: str, new: str, by: By | None = None, column: str | None = None
    ) -> Apportioned:
        """Share out a file's totals of one vintage's wards among those of another."""
        first, second = self.wards(old), self.wards(new)
        return apportion_file(path, first, second, self._households(first, by), column)

    def _households(self, wards: Wards, by: By | None) -> WeightedPoints | None:
        with self.store.postcodes(read_only=True) as places:
            return households(places.load(), wards, by)

    def add_postcodes(self, paths: Sequence[Path]) -> PostcodeRows:
        """Add where postcodes are, from Code-Point Open or ONS directories."""
        rows = read_postcodes(paths, self.settings.crs)
        with self.store.postcodes() as places:
            places.add(rows.frame, ", ".join(path.name for path in paths))
        return rows

    def add_streets(
        self,
        path: Path,
        *,
        crs: str | None = None,
        attribution: str | None = None,
        replace: bool = False,
        **columns: str | None,
    ) -> Streets:
        """Add the streets near the wards from a file of lines, as ``read_streets`` reads it.

        They take the place of those of a file of the same name; of all others too if ``replace``.
        """
        boxes = np.array([self.wards(name).study_area.bounds for name in self.vintages()])
        if not len(boxes):
            self.wards()  # says what to do first
        west, south = boxes[:, :2].min(axis=0).tolist()
        east, north = boxes[:, 2:].max(axis=0).tolist()
        streets = read_streets(
            path,
            (west, south, east, north),
            self.settings.crs,
            file_crs=crs,
            attribution=attribution,
            **columns,
        )
        with self.store.write() as connection:
            kept = Quality(connection).find(findings_key(state_of(connection)))
            StreetFiles(connection).add(streets, replace=replace)
            if kept is not None:  # streets change nothing about the incidents
                Quality(connection).keep(findings_key(state_of(connection)), kept)
        return streets

    def add_incidents(
        self,
        paths: Sequence[Path],
        source: str | None = None,
        mapping: Path | None = None,
        replace: bool = False,
        progress: Progress | None = None,
    ) -> ImportReport:
        """Import files, all of them or none; a content imported before changes nothing.

        Raises
        ------
        DataError
            If a file cannot be read, no incident is near the wards, or a file is another version
            of one already imported and ``replace`` is not set.
        """
        wards = self.stored.wards_or_none()
        loaded = read_mapping(mapping) if mapping else None
        with self.store.write() as connection:
            batches = Batches(connection)
            postcodes = PostcodeTable(PostcodeFiles(connection).load)
            context = Context(self.settings.crs, bounds_of(wards), loaded, postcodes)
            report = import_files(
                IncidentFiles(connection),
                batches,
                paths,
                source,
                context,
                wards,
                replace=replace,
                progress=progress,
            )
            if report.batch is None:
                return report
            findings = self._examine(connection)
            batches.end(report.batch, report.as_dict(), [f.as_dict() for f in findings])
        return dataclasses.replace(report, findings=findings)

    def undo(self, number: int | None = None) -> Batch:
        """Take back an import, the last one if None."""
        with self.store.write() as connection:
            batches = Batches(connection)
            batch = batches.find(number)
            batches.undo(batch.id)
            self._examine(connection)
            return next(entry for entry in batches.all() if entry.id == batch.id)

    def findings(self, anew: bool = False) -> tuple[Finding, ...]:
        """Return what is wrong with the data; look once more if ``anew``."""
        if not anew:
            return self.stored.findings()
        with self.store.read() as connection:
            return examine_store(connection, self.settings.crs)

    def _examine(self, connection: Connection) -> tuple[Finding, ...]:
        """Look for what is wrong, and keep what was found with the state of the inputs."""
        findings = examine_store(connection, self.settings.crs)
        Quality(connection).keep(findings_key(state_of(connection)), findings)
        return findings

    # -- what comes out -----------------------------------------------------------------------

    def run(
        self,
        period: str,
        category: str,
        profile: Profile | None = None,
        vintage: str | None = None,
    ) -> Result:
        """Analyse one period and category and keep the result in the store."""
        state = self.stored.state()
        result = self._analyse(period, category, profile, vintage)
        findings = self.findings()
        with self.store.write() as connection:
            Runs(connection).add(result)
            # looked for anew on a later day: the next command need not
            if state_of(connection) == state:
                Quality(connection).keep(findings_key(state), findings)
        return result

    def last_run(self, period: str | None = None, category: str | None = None) -> Result:
        """Return the last kept result, of a period and category if these are given."""
        asked = Period.parse(period).id if period else None
        code = category_of(category).code if category else None
        with self.store.runs(read_only=True) as runs:
            return runs.find(asked, code)

    def state(self) -> str:
        """Return a text that changes whenever the incidents, the wards or the streets do."""
        return self.stored.state()

    def hold(self) -> AbstractContextManager[None]:
        """Hold the state of the data for one answer, which then asks for it once."""
        return self.stored.hold()

    def result(self, period: str, category: str, area: str = "") -> Result:
        """Return the result of a period, category and area, without keeping it."""
        return self._analyse(period, category, None, None, area)

    def track(
        self, last: Period, category: str, area: str = "", progress: TrackProgress | None = None
    ) -> Track:
        """Return the hot spots of every period to ``last``, each place with its identity."""
        return track_to(
            self.stored.incidents(category),
            # without the residents of each day, so that one vintage is one set of polygons
            lambda period: self.wards(self.stored.vintage_on(_last_day(period)), area),
            Profile(),
            last,
            category,
            self.findings(),
            progress,
        )

    def meeting(self, result: Result, track: Track, area: str = "") -> Meeting:
        """Return what a meeting is told of a result."""
        incidents = self.stored.incidents(result.category)
        wards = self._wards_in(result.period, area)
        return make_meeting(result, track, incidents, wards, self.findings())

    def incidents(self, category: str) -> Incidents:
        """Return the incidents that count towards a category or total."""
        return self.stored.incidents(category)

    def wards(
        self, vintage: str | None = None, area: str = "", *, day: date | None = None
    ) -> Wards:
        """Return the wards of a vintage; those of the day, or those added last, if None."""
        return part_of(self.stored.wards(vintage, day), area)

    def categories(self) -> list[tuple[Category, int]]:
        """Return the categories and totals that have incidents in the wards, with their number."""
        counts = self.stored.counts()
        found = [(entry, counts.get(entry.code, 0)) for entry in categories().values()]
        return [(entry, count) for entry, count in found if count]

    def period_kinds(self, category: str) -> tuple[PeriodKind, ...]:
        """Return the lengths of period a category can be shown by: weeks need days."""
        rows = self.stored.summary()
        codes = {code for code, _ in category_of(category).parts}
        mine = rows[rows["category"].isin(codes)]
        return ("month",) if (mine["precision"] == "month").any() else ("month", "week")

    def periods(self, category: str, kind: PeriodKind = "month") -> list[Period]:
        """Return every period that lies whole within the data, the oldest first.

        Where none does, the one that holds the end of the data.
        """
        incidents = self.stored.incidents(category)
        span, known = incidents.span, incidents.months or frozenset()
        if span is None:
            return []
        first, last = span[0].date(), span[1].date()
        latest = period = _period_of(last, kind)
        found: list[Period] = []
        while period.end > first:
            slack = slack_days(period)
            whole = (first - period.start).days <= slack and (period.end - last).days <= slack
            if whole and period.months & known:
                found.append(period)
            period = period.back(1)
        return found[::-1] or [latest]

    def notices(self) -> tuple[str, ...]:
        """Return what must be said on every page, such as "Synthetic data"."""
        return self.stored.notices()

    def data_to(self) -> dict[str, str]:
        """Return to which day each agency is known."""
        return self.stored.data_to()

    def streets(self) -> gpd.GeoDataFrame | None:
        """Return the streets to find one's way by, None where no file of them was added.

        Columns ``name``, ``kind`` and ``geometry`` in the workspace's CRS;
        ``attrs["attribution"]`` must be shown with them. Kept between calls: do not change it.
        """
        return self._streets_of(self.stored.state())

    @lru_cache(maxsize=1)  # noqa: B019 - it lives as long as its process
    def _streets_of(self, _state: str) -> gpd.GeoDataFrame | None:
        with self.store.streets(read_only=True) as files:
            return files.load(self.settings.crs)

    def tiles(self) -> Tiles | None:
        """Return the picture tiles that the settings name, opened; None where they name none.

        Raises
        ------
        WorkspaceError
            If they cannot be opened.
        """
        return open_tiles(self.settings, self.folder)

    # -- what the data are ----------------------------------------------------------------------

    def imports(self) -> tuple[Batch, ...]:
        """Return every import, undone ones too, in order."""
        with self.store.read() as connection:
            return Batches(connection).all()

    def compare_imports(self, first: int, second: int) -> ImportComparison:
        """Return how two imports differ."""
        with self.store.read() as connection:
            batches = Batches(connection)
            frames = [batches.incidents(batches.find(number).id) for number in (first, second)]
        return compare_imports(*frames)

    def overlap(self, old: str, new: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
        """Return how the wards of one vintage became those of another, and what to mind."""
        return overlap(self.wards(old), self.wards(new))

    def vintages(self) -> list[str]:
        """Return the vintages of the wards, the one added last at the end."""
        with self.store.boundaries(read_only=True) as sets:
            return sets.vintages()

    def coverage(self) -> pd.DataFrame:
        """Return agency, category, year, month and count of the incidents of every month."""
        return self.stored.coverage()

    # -- inside -------------------------------------------------------------------------------

    def _analyse(
        self,
        period: str,
        category: str,
        profile: Profile | None,
        vintage: str | None,
        area: str = "",
    ) -> Result:
        span = Period.parse(period)
        return find_hotspots(
            self.stored.incidents(category),
            self._wards_in(span, area, vintage),
            profile,
            period=span,
            category=category,
            findings=self.findings(),
        )

    def _wards_in(self, period: Period, area: str, vintage: str | None = None) -> Wards:
        """Return the wards of an area as they were on the last day of a period."""
        return self.wards(vintage, area, day=_last_day(period))


def inspect_file(folder: Path, file: Path) -> Inspection:
    """Return what a file of incidents is, proved by the wards of ``folder`` where it has any."""
    wards, crs = None, DEFAULT_CRS
    if (folder / FILE_NAME).is_file():
        workspace = Workspace(folder)
        wards, crs = workspace.stored.wards_or_none(), workspace.settings.crs
    return inspect_table(file, wards=wards, crs=crs)


def _store_url(text: str, folder: Path) -> URL:
    """Return the store's URL with an SQLite file taken relative to the workspace."""
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise WorkspaceError(
            f"The store must be a database URL such as sqlite:///hotspots.sqlite; got {text!r}: "
            "mend `store` in hotspots.toml."
        ) from error
    if not url.drivername.startswith("sqlite") or not url.database:
        return url
    return url.set(database=str((folder / url.database).resolve()))


def _last_day(period: Period) -> date:
    return period.end - timedelta(days=1)


def _with_both_sources(wards: Wards, known: Wards) -> Wards:
    """Name the earlier source too where the new file leaves some of its wards without residents."""
    kept = wards.frame["population"].isna() & known.frame["population"].notna()
    sources = [known.population_source] if kept.any() else []
    return dataclasses.replace(
        wards, population_source="; ".join(filter(None, [*sources, wards.population_source]))
    )


def _period_of(day: Any, kind: PeriodKind) -> Period:
    if kind == "month":
        return Period.month(day.year, day.month)
    year, week, _ = day.isocalendar()
    return Period.parse(f"{year}-W{week:02d}")
