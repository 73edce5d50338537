"""What a store holds, read once for each state of its inputs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import date
from functools import lru_cache

import numpy as np
import pandas as pd
from sqlalchemy import Connection

import hotspots
from hotspots.model import Incidents, Wards
from hotspots.quality import Duplicates, Finding, Inputs, examine
from hotspots.quality.arson import without_linked_arson
from hotspots.selection import of_category
from hotspots.store import Store
from hotspots.store.batches import Batches
from hotspots.store.boundaries import BoundarySets
from hotspots.store.incidents import IncidentFiles
from hotspots.store.profiles import Profiles
from hotspots.store.quality import Quality
from hotspots.store.state import approvals_of, state_of
from hotspots.taxonomy import categories
from hotspots.taxonomy import category as category_of
from hotspots.versions import Approved


class Stored:
    """Cached reads of one store; a change to its inputs changes ``state`` and so every key."""

    def __init__(self, store: Store, crs: str) -> None:
        self.store = store
        self.crs = crs
        self._held: ContextVar[tuple[str, str] | None] = ContextVar("state", default=None)

    def state(self) -> str:
        """Return a text that changes whenever an import or a boundary set does."""
        return self._states()[0]

    def approvals(self) -> str:
        """Return a text that changes whenever a profile is approved; "" before the first."""
        return self._states()[1]

    def state_of_maps(self) -> str:
        """Return a text that changes whenever a map would: with the inputs, or an approval."""
        return "-".join(filter(None, self._states()))

    def _states(self) -> tuple[str, str]:
        held = self._held.get()
        if held is not None:
            return held
        with self.store.read() as connection:
            return state_of(connection), approvals_of(connection)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Take the state of now for all that is read meanwhile, in this thread or request.

        One answer then speaks of one state, and asks for it once.
        """
        token = self._held.set(self._states())
        try:
            yield
        finally:
            self._held.reset(token)

    def approved(self, category: str) -> Approved | None:
        """Return a category's approved version; None where it is the workspace's own profile."""
        return self._approved_of(self.approvals(), category)

    def incidents(self, category: str) -> Incidents:
        """Return the incidents that count towards a category or total."""
        return self._incidents_of(self.state(), category)

    def all_incidents(self) -> Incidents:
        """Return every incident, of whatever category."""
        return self._all_incidents_of(self.state())

    def wards(self, vintage: str | None = None, day: date | None = None) -> Wards:
        """Return the wards of a vintage; of the day, or those added last, if None."""
        return self._wards_of(self.state(), vintage, day)

    def vintage_on(self, day: date) -> str:
        """Return the name of the vintage that is taken for a day."""
        return self._vintage_on(self.state(), day)

    def wards_or_none(self) -> Wards | None:
        """Return the wards added last, None where there are none."""
        with self.store.boundaries(read_only=True) as sets:
            return sets.wards() if sets.vintages() else None

    def summary(self) -> pd.DataFrame:
        """Return, for each category and precision: count, first start, last end."""
        return self._summary_of(self.state())

    def counts(self) -> dict[str, int]:
        """Return how many incidents of each category or total lie in the wards."""
        return self._counts_of(self.state())

    def data_to(self) -> dict[str, str]:
        """Return to which day each agency is known."""
        return self._data_to_of(self.state())

    def coverage(self) -> pd.DataFrame:
        """Return agency, category, year, month and count of the incidents of every month."""
        return self._coverage_of(self.state())

    def notices(self) -> tuple[str, ...]:
        """Return what must be said of the files and wards."""
        return self._notices_of(self.state())

    def findings(self) -> tuple[Finding, ...]:
        """Return what is wrong with the data."""
        return self._findings_of(findings_key(self.state()))

    # -- by state -------------------------------------------------------------------------------

    @lru_cache(maxsize=64)  # noqa: B019 - it lives as long as its process
    def _approved_of(self, approvals: str, category: str) -> Approved | None:
        if not approvals:
            return None
        with self.store.read() as connection:
            return Profiles(connection).approved(category, int(approvals))

    @lru_cache(maxsize=8)  # noqa: B019 - as above
    def _incidents_of(self, _state: str, category: str) -> Incidents:
        kind = category_of(category)
        with self.store.incidents(read_only=True) as files:
            incidents = files.incidents(tuple({code for code, _ in kind.parts}), self.crs)
        if kind.links_arson:
            incidents = without_linked_arson(incidents)
        frame = incidents.frame[of_category(incidents.frame, kind)]
        return replace(incidents, frame=frame.reset_index(drop=True))

    @lru_cache(maxsize=1)  # noqa: B019 - as above
    def _all_incidents_of(self, _state: str) -> Incidents:
        with self.store.incidents(read_only=True) as files:
            return files.incidents(None, self.crs)

    @lru_cache(maxsize=8)  # noqa: B019 - as above
    def _wards_of(self, _state: str, vintage: str | None, day: date | None) -> Wards:
        with self.store.boundaries(read_only=True) as sets:
            return sets.wards(vintage, day)

    @lru_cache(maxsize=2048)  # noqa: B019 - as above
    def _vintage_on(self, _state: str, day: date) -> str:
        with self.store.boundaries(read_only=True) as sets:
            return sets.choose(day).name

    @lru_cache(maxsize=2)  # noqa: B019 - as above
    def _summary_of(self, _state: str) -> pd.DataFrame:
        with self.store.incidents(read_only=True) as files:
            return files.categories()

    @lru_cache(maxsize=2)  # noqa: B019 - as above
    def _counts_of(self, _state: str) -> dict[str, int]:
        with self.store.incidents(read_only=True) as files:
            places = files.places()
        wards = self.wards_or_none()
        if wards is None or places.empty:
            return {}
        inside = wards.assign(places[["x", "y"]].to_numpy(dtype=np.float64)) >= 0
        return {
            code: int(of_category(places[inside], kind).sum())
            for code, kind in categories().items()
        }

    @lru_cache(maxsize=2)  # noqa: B019 - as above
    def _data_to_of(self, _state: str) -> dict[str, str]:
        with self.store.incidents(read_only=True) as files:
            return files.data_to()

    @lru_cache(maxsize=2)  # noqa: B019 - as above
    def _coverage_of(self, _state: str) -> pd.DataFrame:
        with self.store.incidents(read_only=True) as files:
            return files.coverage()

    @lru_cache(maxsize=2)  # noqa: B019 - as above
    def _notices_of(self, _state: str) -> tuple[str, ...]:
        with self.store.incidents(read_only=True) as files:
            found = {f.notice for f in files.files() if f.notice}
        wards = self.wards_or_none()
        if wards is not None and wards.notice:
            found.add(wards.notice)
        return tuple(sorted(found))

    @lru_cache(maxsize=2)  # noqa: B019 - as above
    def _findings_of(self, key: str) -> tuple[Finding, ...]:
        with self.store.read() as connection:
            kept = Quality(connection).find(key)
            return kept if kept is not None else examine_store(connection, self.crs)


def findings_key(state: str) -> str:
    """Return the key of what is found in a state: on a day, by a version of Hotspots.

    An incident of tomorrow is one in the future today alone.
    """
    return f"{state}-{date.today().isoformat()}-{hotspots.__version__}"


def examine_store(connection: Connection, crs: str) -> tuple[Finding, ...]:
    """Look for everything that is wrong with the data of a store."""
    files, sets = IncidentFiles(connection), BoundarySets(connection)
    versions = Batches(connection).versions()
    inputs = Inputs(
        incidents=files.frame(None),
        files=files.files(),
        rejections=files.rejections_by_reason(),
        wards=sets.wards() if sets.vintages() else None,
        today=date.today(),
        duplicates=Duplicates(versions.count, versions.example),
        crs=crs,
    )
    return examine(inputs)


def bounds_of(wards: Wards | None) -> tuple[float, float, float, float] | None:
    """Return min x, min y, max x and max y of some wards."""
    if wards is None:
        return None
    west, south, east, north = wards.study_area.bounds
    return float(west), float(south), float(east), float(north)
