"""What an export needs of a workspace, and nothing more."""

from __future__ import annotations

from typing import Protocol

import geopandas as gpd

from hotspots.meeting.meeting import Meeting
from hotspots.meeting.track import Track
from hotspots.model import Incidents, Period, Wards
from hotspots.profile import Profile
from hotspots.quality import Finding
from hotspots.results import Result
from hotspots.settings import Settings
from hotspots.store import Store


class Inputs(Protocol):
    """Where exports get what they hold; ``hotspots.workspace.Workspace`` is one."""

    settings: Settings
    store: Store
    profile: Profile

    def result(self, period: str, category: str, area: str = "") -> Result:
        """Return the result of one period, category and area."""
        ...

    def last_run(self, period: str | None = None, category: str | None = None) -> Result:
        """Return the last kept result, of a period and category if these are given."""
        ...

    def track(self, last: Period, category: str, area: str = "") -> Track:
        """Return the hot spots of every period to ``last``."""
        ...

    def meeting(self, result: Result, track: Track, area: str = "") -> Meeting:
        """Return what a meeting is told of a result."""
        ...

    def incidents(self, category: str) -> Incidents:
        """Return the incidents that count towards a category or total."""
        ...

    def all_incidents(self) -> Incidents:
        """Return every incident, of whatever category."""
        ...

    def wards(self, vintage: str | None = None, area: str = "") -> Wards:
        """Return the wards of a vintage and area, those added last if None."""
        ...

    def vintages(self) -> list[str]:
        """Return the vintages of the wards."""
        ...

    def vintage_on(self, period: Period) -> str:
        """Return the name of the vintage that is taken for a period."""
        ...

    def findings(self) -> tuple[Finding, ...]:
        """Return what is wrong with the data."""
        ...

    def notices(self) -> tuple[str, ...]:
        """Return what must be said of the data, such as "Synthetic data"."""
        ...

    def streets(self) -> gpd.GeoDataFrame | None:
        """Return lines to find one's way by, None if there are none."""
        ...
