"""A workspace: a folder with its settings and store, and the use cases of commands and pages."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from threading import RLock
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from hotspots.analysis import find_hotspots
from hotspots.boundaries import PopulationReport, read_population, read_wards
from hotspots.errors import WorkspaceError
from hotspots.imports import ImportReport, import_files
from hotspots.ingest import read_incidents
from hotspots.model import Incidents, Period, Wards
from hotspots.profile import Profile
from hotspots.results import Result
from hotspots.selection import slack_days
from hotspots.settings import FILE_NAME, TEMPLATE, Settings, read_settings
from hotspots.store import Store
from hotspots.store.state import state_of
from hotspots.taxonomy import Category, categories
from hotspots.taxonomy import category as category_of

Progress = Callable[[int, int, str], None]
PeriodKind = Literal["month", "week"]

#: Runs kept in memory for the pages.
_CACHED_RESULTS = 64


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
        self.store.migrate()
        self._results: dict[tuple[Any, ...], Result] = {}
        self._lock = RLock()

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
        self, paths: Sequence[Path], vintage: str, **columns: str | None
    ) -> tuple[Wards, bool]:
        """Add ward files; return the wards read, and False if these files were there already."""
        wards = read_wards(paths, vintage, target_crs=self.settings.crs, **columns)
        with self.store.boundaries() as sets:
            return wards, sets.add(wards)

    def add_population(
        self, path: Path, vintage: str | None = None, **columns: str | None
    ) -> PopulationReport:
        """Join residents to the wards of a vintage (of the one added last if None)."""
        with self.store.boundaries() as sets:
            known = sets.wards(vintage)
            wards, report = read_population(path, known, **columns)
            sets.set_population(_with_both_sources(wards, known))
        return report

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
        wards = self._wards_or_none()
        incidents, rejections = read_incidents(
            paths,
            source,
            crs=self.settings.crs,
            mapping=mapping,
            area=_bounds(wards),
            progress=progress,
        )
        return import_files(self.store, incidents, rejections, wards, replace)

    # -- what comes out -----------------------------------------------------------------------

    def run(
        self,
        period: str,
        category: str,
        profile: Profile | None = None,
        vintage: str | None = None,
    ) -> Result:
        """Analyse one period and category and keep the result in the store."""
        result = self._analyse(period, category, profile, vintage)
        with self.store.runs() as runs:
            runs.add(result)
        return result

    def last_run(self, period: str | None = None, category: str | None = None) -> Result:
        """Return the last kept result, of a period and category if these are given."""
        asked = Period.parse(period).id if period else None
        code = category_of(category).code if category else None
        with self.store.runs() as runs:
            return runs.find(asked, code)

    def result(self, period: str, category: str) -> Result:
        """Return the result that a page shows, from memory where nothing has changed since."""
        with self._lock:
            key = (self._state(), Period.parse(period).id, category)
            if key not in self._results:
                while len(self._results) >= _CACHED_RESULTS:
                    self._results.pop(next(iter(self._results)))
                self._results[key] = self._analyse(period, category, None, None)
            return self._results[key]

    def wards(self, vintage: str | None = None) -> Wards:
        """Return the wards of a vintage, of the one added last if None."""
        return self._wards_of(self._state(), vintage)

    def categories(self) -> list[tuple[Category, int]]:
        """Return the categories and totals that have incidents in the wards, with their number."""
        counts = self._counts_of(self._state())
        found = [
            (entry, int(sum(counts.get(code, 0) for code in entry.members)))
            for entry in categories().values()
        ]
        return [(entry, count) for entry, count in found if count]

    def period_kinds(self, category: str) -> tuple[PeriodKind, ...]:
        """Return the lengths of period a category can be shown by: weeks need days."""
        rows = self._summary()
        mine = rows[rows["category"].isin(category_of(category).members)]
        return ("month",) if (mine["precision"] == "month").any() else ("month", "week")

    def periods(self, category: str, kind: PeriodKind = "month") -> list[Period]:
        """Return every period that lies whole within the data, the oldest first.

        Where none does, the one that holds the end of the data.
        """
        incidents = self._incidents(category)
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
        with self.store.incidents() as files:
            found = {f.notice for f in files.files() if f.notice}
        wards = self._wards_or_none()
        if wards is not None and wards.notice:
            found.add(wards.notice)
        return tuple(sorted(found))

    def data_to(self) -> dict[str, str]:
        """Return to which day each agency is known."""
        return self._data_to_of(self._state())

    def streets(self) -> gpd.GeoDataFrame | None:
        """Return the lines of ``boundaries/streets.geojson`` as a base, None if there are none."""
        path = self.folder / "boundaries" / "streets.geojson"
        return gpd.read_file(path).to_crs(self.settings.crs) if path.is_file() else None

    # -- inside -------------------------------------------------------------------------------

    def _analyse(
        self, period: str, category: str, profile: Profile | None, vintage: str | None
    ) -> Result:
        span = Period.parse(period)
        return find_hotspots(
            self._incidents(category),
            self.wards(vintage),
            profile,
            period=span,
            category=category,
        )

    def _incidents(self, category: str) -> Incidents:
        members = category_of(category).members
        return self._incidents_of(self._state(), members)

    @lru_cache(maxsize=8)  # noqa: B019 - a workspace lives as long as its process
    def _incidents_of(self, _state: str, members: tuple[str, ...]) -> Incidents:
        with self.store.incidents() as files:
            return files.incidents(members, self.settings.crs)

    @lru_cache(maxsize=4)  # noqa: B019 - as above
    def _wards_of(self, _state: str, vintage: str | None) -> Wards:
        with self.store.boundaries() as sets:
            return sets.wards(vintage)

    def _summary(self) -> pd.DataFrame:
        return self._summary_of(self._state())

    @lru_cache(maxsize=2)  # noqa: B019 - as above
    def _summary_of(self, _state: str) -> pd.DataFrame:
        with self.store.incidents() as files:
            return files.categories()

    @lru_cache(maxsize=2)  # noqa: B019 - as above
    def _counts_of(self, _state: str) -> dict[str, int]:
        with self.store.incidents() as files:
            places = files.places()
        wards = self._wards_or_none()
        if wards is None or places.empty:
            return {}
        inside = wards.assign(places[["x", "y"]].to_numpy(dtype=np.float64)) >= 0
        counts = places.loc[inside, "category"].value_counts()
        return {str(code): int(count) for code, count in counts.items()}

    @lru_cache(maxsize=2)  # noqa: B019 - as above
    def _data_to_of(self, _state: str) -> dict[str, str]:
        with self.store.incidents() as files:
            return files.data_to()

    def _state(self) -> str:
        """Return a text that changes whenever an import or a boundary set does."""
        with self.store.transaction() as connection:
            return state_of(connection)

    def _wards_or_none(self) -> Wards | None:
        with self.store.boundaries() as sets:
            return sets.wards() if sets.vintages() else None


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


def _bounds(wards: Wards | None) -> tuple[float, float, float, float] | None:
    if wards is None:
        return None
    west, south, east, north = wards.study_area.bounds
    return west, south, east, north


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
