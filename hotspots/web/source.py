"""What the pages need of a workspace, and nothing more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from typing import Any, Literal, Protocol

import geopandas as gpd
import pandas as pd

from hotspots.evidence.shortlist import WardShortlist
from hotspots.meeting.meeting import Meeting, Progress
from hotspots.meeting.track import Track
from hotspots.model import Incidents, Period, Wards
from hotspots.profile import Profile
from hotspots.quality import Finding
from hotspots.releasing.request import Exported, ExportRequest
from hotspots.results import Result
from hotspots.settings import Settings
from hotspots.store.batches import Batch
from hotspots.store.exports import LoggedExport
from hotspots.taxonomy import Category
from hotspots.tiles import Tiles
from hotspots.versions import Approval, ProfileVersion

PeriodKind = Literal["month", "week"]


class Source(Protocol):
    """Where the pages get their data; ``hotspots.workspace.Workspace`` is one."""

    @property
    def settings(self) -> Settings:
        """Return the name and the marking, among others."""
        ...

    @property
    def profile(self) -> Profile:
        """Return the workspace's own parameters, tiers and their rules among them."""
        ...

    def profile_of(self, category: str, version: int | None = None) -> Profile:
        """Return the profile that a category's maps are made with, or one of its versions."""
        ...

    def approved_version(self, category: str) -> int:
        """Return the number of the approved version, 0 for the workspace's own profile."""
        ...

    def profile_version(self, category: str, version: int) -> ProfileVersion:
        """Return one kept version of a category's profile."""
        ...

    def profile_versions(self, category: str) -> Sequence[ProfileVersion]:
        """Return every kept version of a category's profile, the oldest first."""
        ...

    def approvals(self, category: str) -> Sequence[Approval]:
        """Return every approval of a category, the one that stands at the end."""
        ...

    def save_profile(
        self,
        category: str,
        profile: Profile,
        author: str,
        reason: str,
        based_on: int | None = None,
        evidence: Mapping[str, Any] | None = None,
    ) -> ProfileVersion:
        """Keep a profile as the next version of a category; it is not used yet."""
        ...

    def approve_profile(self, category: str, version: int, author: str, reason: str) -> Approval:
        """Let a category's maps be made with a version from now on."""
        ...

    def categories(self) -> list[tuple[Category, int]]:
        """Return the categories and totals that have incidents, with their number."""
        ...

    def period_kinds(self, category: str) -> Sequence[PeriodKind]:
        """Return the lengths of period that a category can be shown by."""
        ...

    def periods(self, category: str, kind: PeriodKind = "month") -> list[Period]:
        """Return the periods that can be shown, the oldest first."""
        ...

    def state(self) -> str:
        """Return a text that changes whenever data, wards, streets or approved profiles do."""
        ...

    def hold(self) -> AbstractContextManager[None]:
        """Hold the state of the data for one answer."""
        ...

    def result(self, period: str, category: str, area: str = "") -> Result:
        """Return the result of one period, category and area ("" is all of the wards)."""
        ...

    def track(
        self, last: Period, category: str, area: str = "", progress: Progress | None = None
    ) -> Track:
        """Return the hot spots of every period to ``last``, each place with its identity."""
        ...

    def meeting(self, result: Result, track: Track, area: str = "") -> Meeting:
        """Return what a meeting is told of a result."""
        ...

    def shortlist(self, result: Result, area: str = "") -> WardShortlist:
        """Return the key wards of a result, nothing withheld: the pages are for the partnership."""
        ...

    def export(self, request: ExportRequest) -> Exported:
        """Decide what may be shown, make the file and log it."""
        ...

    def exports(self) -> Sequence[LoggedExport]:
        """Return the log of what was exported."""
        ...

    def incidents(self, category: str) -> Incidents:
        """Return the incidents that count towards a category or total."""
        ...

    def wards(
        self, vintage: str | None = None, area: str = "", *, day: date | None = None
    ) -> Wards:
        """Return the wards of a vintage and area; those of the day, or added last, if None."""
        ...

    def streets(self) -> gpd.GeoDataFrame | None:
        """Return lines to find one's way by (name, kind, geometry), None if there are none."""
        ...

    def tiles(self) -> Tiles | None:
        """Return the picture tiles under the map, opened; None where there are none."""
        ...

    def notices(self) -> tuple[str, ...]:
        """Return what must be said on every page, such as "Synthetic data"."""
        ...

    def vintages(self) -> list[str]:
        """Return the vintages of the wards, the one added last at the end."""
        ...

    def findings(self) -> tuple[Finding, ...]:
        """Return what is wrong with the data."""
        ...

    def imports(self) -> tuple[Batch, ...]:
        """Return every import, undone ones too, in order."""
        ...

    def coverage(self) -> pd.DataFrame:
        """Return agency, category, year, month and count of the incidents of every month."""
        ...

    def data_to(self) -> dict[str, str]:
        """Return the last day known of each agency, as ISO dates."""
        ...
