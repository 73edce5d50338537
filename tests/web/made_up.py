"""A made-up source for the pages: nine square wards, two categories, thirteen months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from hotspots import find_hotspots
from hotspots.areas import part_of
from hotspots.errors import UsageError
from hotspots.evidence.shortlist import WardFigures, WardShortlist, make_shortlist
from hotspots.meeting.counts import Counts, count_in_wards
from hotspots.meeting.meeting import Meeting, Progress, make_meeting, track_to
from hotspots.meeting.track import Track
from hotspots.model import Incidents, Period, Wards
from hotspots.profile import Profile
from hotspots.quality import Finding
from hotspots.quality.faulty import faulty_months
from hotspots.releasing.request import Exported, ExportRequest
from hotspots.results import Result
from hotspots.results.inside import markers_by_ward
from hotspots.settings import Settings
from hotspots.store.batches import Batch
from hotspots.store.exports import LoggedExport
from hotspots.taxonomy import Category, category
from hotspots.tiles import Tiles
from hotspots.versions import Approval, ProfileVersion, said_by
from hotspots.web.source import PeriodKind
from tests.support import SIDE, X0, Y0, a_year_with_a_flare_up, incidents_at, nine_wards, scattered

NOTICE = "Synthetic data"
COVERAGE = ("agency", "category", "year", "month", "count")


@dataclass
class MadeUp:
    """A source of made-up data; what a test wants otherwise, it sets."""

    ward_set: Wards
    all_incidents: Incidents
    labels: dict[str, Category] = field(default_factory=dict)
    said: tuple[str, ...] = (NOTICE,)
    by_month_only: frozenset[str] = frozenset()
    lines: gpd.GeoDataFrame | None = None
    pictures: Tiles | None = None
    found: tuple[Finding, ...] = ()
    batches: tuple[Batch, ...] = ()
    counts: pd.DataFrame | None = None
    settings: Settings = field(default_factory=lambda: Settings(name="Made-up area"))
    profile: Profile = field(default_factory=Profile)
    made: list[LoggedExport] = field(default_factory=list)
    versions: list[ProfileVersion] = field(default_factory=list)
    approved: list[Approval] = field(default_factory=list)
    _results: dict[tuple[str, str, str, int], Result] = field(default_factory=dict)

    def categories(self) -> list[tuple[Category, int]]:
        counts = self.all_incidents.frame["category"].value_counts()
        return [(self.labels.get(code, category(code)), int(n)) for code, n in counts.items()]

    def period_kinds(self, category: str) -> Sequence[PeriodKind]:
        return ("month",) if category in self.by_month_only else ("month", "week")

    def periods(self, category: str, kind: PeriodKind = "month") -> list[Period]:
        if kind == "month":
            return [Period.month(2023, 1).back(-n) for n in range(13)]
        return [Period.parse("2023-W01").back(-n) for n in range(56)]

    def state(self) -> str:
        data = (id(self.all_incidents), id(self.ward_set), id(self.found), id(self.lines))
        return str((*data, len(self.approved)))

    def hold(self) -> AbstractContextManager[None]:
        return nullcontext()

    def result(self, period: str, category: str, area: str = "") -> Result:
        key = (period, category, area, self.approved_version(category))
        if key not in self._results:
            self._results[key] = find_hotspots(
                self.all_incidents,
                self.wards(area=area),
                self.profile_of(category),
                period=period,
                category=category,
                findings=self.found,
            )
        return self._results[key]

    def track(
        self, last: Period, category: str, area: str = "", progress: Progress | None = None
    ) -> Track:
        wards = self.wards(area=area)
        return track_to(
            self.all_incidents,
            lambda _: wards,
            self.profile_of(category),
            last,
            category,
            self.found,
            progress,
        )

    def meeting(self, result: Result, track: Track, area: str = "") -> Meeting:
        return make_meeting(result, track, self.all_incidents, self.wards(area=area), self.found)

    def shortlist(self, result: Result, area: str = "") -> WardShortlist:
        wards = self.wards(area=area)
        kind = self.labels.get(result.category, category(result.category))
        faulty = faulty_months(self.found, result.category)
        now, before, year_before = (
            figures(count_in_wards(self.all_incidents, wards, period, kind, faulty))
            for period in (result.period, result.period.back(1), result.period.years_back(1))
        )
        inside = {
            code: [marker for marker, _ in found]
            for code, found in markers_by_ward(result, wards).items()
        }
        profile = self.profile_of(result.category)
        return make_shortlist(wards, now, before, year_before, kind, profile, inside, False)

    def export(self, request: ExportRequest) -> Exported:
        content = f"{request}".encode()
        name = f"{request.kind}-{request.tier}.{request.format}"
        hashed = sha256(content).hexdigest()
        when = datetime(2024, 2, 1, 9, len(self.made) % 60)
        self.made.append(
            LoggedExport(
                request.who, request.kind, request.tier, request.format, name, hashed,
                len(content), withheld=3, exported_at=when, id=len(self.made) + 1,
            )
        )  # fmt: skip
        said = ("3 counts are withheld.",)
        return Exported(((name, content),), "application/octet-stream", hashed, said)

    def exports(self) -> Sequence[LoggedExport]:
        return tuple(self.made)

    def profile_of(self, category: str, version: int | None = None) -> Profile:
        number = self.approved_version(category) if version is None else version
        return self.profile_version(category, number).profile if number else self.profile

    def approved_version(self, category: str) -> int:
        return next((a.version for a in reversed(self.approved) if a.category == category), 0)

    def profile_versions(self, category: str) -> Sequence[ProfileVersion]:
        return [each for each in self.versions if each.category == category]

    def profile_version(self, category: str, version: int) -> ProfileVersion:
        for each in self.profile_versions(category):
            if each.version == version:
                return each
        raise UsageError(f"A version must be kept; got {version}: choose another.")

    def approvals(self, category: str) -> Sequence[Approval]:
        return [each for each in self.approved if each.category == category]

    def save_profile(
        self,
        category: str,
        profile: Profile,
        author: str,
        reason: str,
        based_on: int | None = None,
        evidence: Mapping[str, Any] | None = None,
    ) -> ProfileVersion:
        who, why = said_by(author, reason)
        number = len(self.profile_versions(category)) + 1
        named = profile.model_copy(update={"version": str(number)})
        base = self.approved_version(category) if based_on is None else based_on
        when = datetime(2024, 2, 1, 9)
        made = ProfileVersion(category, number, named, who, why, when, base, evidence or {})
        self.versions.append(made)
        return made

    def approve_profile(self, category: str, version: int, author: str, reason: str) -> Approval:
        if version:
            self.profile_version(category, version)
        made = Approval(category, version, *said_by(author, reason), datetime(2024, 2, 2, 9))
        self.approved.append(made)
        return made

    def incidents(self, category: str) -> Incidents:
        return self.all_incidents

    def wards(
        self, vintage: str | None = None, area: str = "", *, day: date | None = None
    ) -> Wards:
        return part_of(self.ward_set, area)

    def streets(self) -> gpd.GeoDataFrame | None:
        return self.lines

    def tiles(self) -> Tiles | None:
        return self.pictures

    def notices(self) -> tuple[str, ...]:
        return self.said

    def vintages(self) -> list[str]:
        return [self.ward_set.vintage]

    def findings(self) -> tuple[Finding, ...]:
        return self.found

    def imports(self) -> tuple[Batch, ...]:
        return self.batches

    def coverage(self) -> pd.DataFrame:
        return coverage_of(self.all_incidents.frame) if self.counts is None else self.counts

    def data_to(self) -> dict[str, str]:
        return {"Test agency": "2024-01-31"}


def figures(counts: Counts) -> WardFigures:
    """Return counts none of which is withheld."""
    nothing = np.zeros(len(counts.by_ward), dtype=bool)
    return WardFigures(counts.period, counts.by_ward, nothing, counts.state, {})


def coverage_of(frame: pd.DataFrame) -> pd.DataFrame:
    """Return agency, category, year, month and count, as a store has them."""
    starts = frame["starts_at"].dt
    keys = [frame["agency"], frame["category"], starts.year, starts.month]
    counts = frame.groupby([key.rename(n) for key, n in zip(keys, COVERAGE, strict=False)])
    return counts.size().rename("count").reset_index()


@cache
def two_categories() -> Incidents:
    """A flare-up of ASB, and a few fires scattered over the same months."""
    asb = a_year_with_a_flare_up()
    rng = np.random.default_rng(11)
    fires = incidents_at(*scattered(rng, 40, datetime(2023, 1, 1), 395), category="deliberate_fire")
    both = pd.concat([asb.frame, fires.frame], ignore_index=True)
    return Incidents(both, files=asb.files, span=known_to(2024, 1, 31))


def known_to(*day: int) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the span of sources that are known from 2023 to the end of a day."""
    last = pd.Timestamp(*day) + pd.Timedelta(hours=23)
    return pd.Timestamp(2023, 1, 1), last


def made_up(names: Sequence[str] | None = None) -> MadeUp:
    """The usual source; ``names`` are the wards' names."""
    return MadeUp(nine_wards(names=names), two_categories(), lines=some_streets())


def some_streets() -> gpd.GeoDataFrame:
    """Return a street and a river across the nine wards."""
    middle = Y0 + 1.4e3
    street = shapely.LineString([(X0, middle), (X0 + 3 * SIDE, middle)])
    river = shapely.LineString([(X0, Y0 + SIDE), (X0 + 3 * SIDE, Y0 + 2 * SIDE)])
    return gpd.GeoDataFrame(
        {"name": ["Test Lane", "River Made"], "kind": ["main_road", "river"]},
        geometry=[street, river],
        crs="EPSG:27700",
    )
