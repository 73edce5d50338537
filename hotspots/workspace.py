"""A workspace: a folder with its settings and store, and the use cases of commands and pages."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager, suppress
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import pandas as pd
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from hotspots.analysis import find_hotspots
from hotspots.boundaries.overlap import overlap
from hotspots.comparison import ImportComparison, compare_imports
from hotspots.errors import ResultError, WorkspaceError
from hotspots.ingest.inspection import Inspection, inspect_table
from hotspots.meeting.meeting import Meeting, make_meeting, track_to
from hotspots.meeting.meeting import Progress as TrackProgress
from hotspots.meeting.track import Track
from hotspots.model import DEFAULT_CRS, Incidents, Period, Wards
from hotspots.profile import Profile, read_profile
from hotspots.profile_keeping import ProfileKeeping
from hotspots.results import Result
from hotspots.selection import slack_days
from hotspots.settings import FILE_NAME, TEMPLATE, Settings, read_settings
from hotspots.store import Store
from hotspots.store.batches import Batch, Batches
from hotspots.store.quality import Quality
from hotspots.store.runs import Runs
from hotspots.store.state import state_of
from hotspots.stored import findings_key
from hotspots.taxonomy import Category, categories
from hotspots.taxonomy import category as category_of
from hotspots.tiles import Tiles, open_tiles

if TYPE_CHECKING:
    from hotspots.evidence.shortlist import WardShortlist
    from hotspots.releasing.request import Exported, ExportRequest
    from hotspots.store.exports import LoggedExport

PeriodKind = Literal["month", "week"]


class Workspace(ProfileKeeping):
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
        settings = read_settings(self.folder)
        own = _profile_of(settings, self.folder)
        store = Store(_store_url(settings.store, self.folder))
        #: What to tell of an upgrade of the store, None where there was none.
        self.upgraded = store.migrate()
        super().__init__(settings, store, own)

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

    # -- what comes out -----------------------------------------------------------------------

    def run(
        self,
        period: str,
        category: str,
        profile: Profile | None = None,
        vintage: str | None = None,
    ) -> Result:
        """Analyse one period and category and keep the result in the store.

        Parameters
        ----------
        profile : Profile, optional
            In the place of the one that is approved for the category.
        vintage : str, optional
            Boundaries to use; by default those in force in the period.
        """
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
        """Return a text that changes whenever what the pages show does.

        That is with the incidents, the wards, the streets, and which profiles are approved.
        """
        return self.stored.state_of_maps()

    def hold(self) -> AbstractContextManager[None]:
        """Hold the state of the data for one answer, which then asks for it once."""
        return self.stored.hold()

    def result(
        self, period: str, category: str, area: str = "", profile: Profile | None = None
    ) -> Result:
        """Return the result of a period, category and area, without keeping it.

        With the profile that is approved for the category if no other is given.
        """
        return self._analyse(period, category, profile, None, area)

    def track(
        self, last: Period, category: str, area: str = "", progress: TrackProgress | None = None
    ) -> Track:
        """Return the hot spots of every period to ``last``, each place with its identity."""
        return track_to(
            self.stored.incidents(category),
            # without the residents of each day, so that one vintage is one set of polygons
            lambda period: self.wards(self.stored.vintage_on(_last_day(period)), area),
            self.profile_of(category),
            last,
            category,
            self.findings(),
            progress,
        )

    def meeting(self, result: Result, track: Track, area: str = "") -> Meeting:
        """Return what a meeting is told of a result."""
        incidents = self.stored.incidents(result.category)
        wards = self._wards_in(result.period, area)
        others = self._other_vintages(wards, area)
        return make_meeting(result, track, incidents, wards, self.findings(), others)

    def incidents(self, category: str) -> Incidents:
        """Return the incidents that count towards a category or total."""
        return self.stored.incidents(category)

    def all_incidents(self) -> Incidents:
        """Return every incident, of whatever category."""
        return self.stored.all_incidents()

    def vintage_on(self, period: Period) -> str:
        """Return the name of the vintage of the wards that is taken for a period."""
        return self.stored.vintage_on(_last_day(period))

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

    # -- what leaves ----------------------------------------------------------------------------

    def shortlist(self, result: Result, area: str = "") -> WardShortlist:
        """Return the ward shortlist of a result, with nothing withheld."""
        from hotspots.releasing.kinds.shortlist import whole_shortlist

        return whole_shortlist(self, result, area)

    def export(self, request: ExportRequest) -> Exported:
        """Make an export, safe for its recipients, and log it.

        Raises
        ------
        UsageError
            If what is asked for is unknown, or its recipients may not have it.
        ResultError
            If there is nothing to export, or a withheld count could be worked out from it.
        """
        from hotspots.releasing.release import release

        with self.hold():
            return release(self, request)

    def exports(self) -> tuple[LoggedExport, ...]:
        """Return every export that was made, the oldest first."""
        with self.store.exports(read_only=True) as log:
            return log.all()

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
        with self.hold():  # an approval in between would name another version than was used
            used = self._as_named(category, profile) if profile else self.profile_of(category)
            result = find_hotspots(
                self.stored.incidents(category),
                self._wards_in(span, area, vintage),
                used,
                period=span,
                category=category,
                findings=self.findings(),
            )
            return result if profile else self._with_approval(result)

    def _other_vintages(self, wards: Wards, area: str) -> tuple[Wards, ...]:
        """Return the wards of an area in the other vintages, where there are any of it."""
        found: list[Wards] = []
        for vintage in self.vintages():
            if vintage != wards.vintage:
                with suppress(ResultError):  # a district that was not there then
                    found.append(self.wards(vintage, area))
        return tuple(found)

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


def _profile_of(settings: Settings, folder: Path) -> Profile:
    own = read_profile(folder / settings.profile) if settings.profile else Profile()
    # versions are numbered by the store: a file that says one would be taken for a kept one
    return own.model_copy(update={"version": ""})


def _period_of(day: Any, kind: PeriodKind) -> Period:
    if kind == "month":
        return Period.month(day.year, day.month)
    year, week, _ = day.isocalendar()
    return Period.parse(f"{year}-W{week:02d}")
