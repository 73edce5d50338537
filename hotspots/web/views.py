"""What the pages show of a source: each view computed once for a state of the data."""

from __future__ import annotations

from hashlib import sha256

from hotspots.areas import Area, areas_of
from hotspots.errors import HotspotsError
from hotspots.evidence.shortlist import WardShortlist
from hotspots.meeting.meeting import Meeting
from hotspots.meeting.track import Track
from hotspots.model import Period, Wards
from hotspots.results import Result
from hotspots.web.jobs import Jobs, Progress
from hotspots.web.source import PeriodKind, Source

#: How long a page waits for a view before it says that the view is being computed, seconds.
PATIENCE_S = 1.5


class Views:
    """Cached views of one source; a change to the data changes ``state`` and so every key.

    Parameters
    ----------
    source : Source
        The workspace.
    patience_s : float
        How long to wait for a view that is not there.
    """

    def __init__(self, source: Source, patience_s: float = PATIENCE_S) -> None:
        self.source = source
        self.jobs = Jobs()
        self._patience_s = patience_s

    def result(self, period: str, category: str, area: str = "") -> Result:
        """Return the result of a period, category and area.

        Raises
        ------
        Working
            If it is still being computed.
        """
        state = self.source.state()
        return self.jobs.get(
            ("result", state, period, category, area),
            "The map is being computed.",
            lambda _: self.source.result(period, category, area),
            self._patience_s,
        )

    def meeting(self, period: str, category: str, area: str = "") -> Meeting:
        """Return everything that is said of a period; errors as ``result``."""
        state = self.source.state()
        return self.jobs.get(
            ("meeting", state, period, category, area),
            "The places are being followed through time.",
            lambda progress: self._meeting(state, period, category, area, progress),
            self._patience_s,
        )

    def shortlist(self, result: Result, area: str = "") -> WardShortlist:
        """Return the key wards of a result; errors as ``result``."""
        period, category = result.period.id, result.category
        return self.jobs.get(
            ("shortlist", self.source.state(), period, category, area),
            "The wards are being compared.",
            lambda _: self.source.shortlist(result, area),
            self._patience_s,
        )

    def etag(self, *parts: object) -> str:
        """Return what changes when the data, the version or what was asked for does."""
        text = repr((self.source.state(), self.source.settings.model_dump(), *parts))
        return sha256(text.encode("utf-8")).hexdigest()[:16]

    def warm(self) -> None:
        """Make the first view ready while the browser is still being opened."""
        try:
            category = self.source.categories()[0][0].code
            kind = self.source.period_kinds(category)[-1]
            period = self.source.periods(category, kind)[-1].id
            self.jobs.now(
                ("meeting", self.source.state(), period, category, ""),
                "The places are being followed through time.",
                lambda progress: self._meeting(self.source.state(), period, category, "", progress),
            )
        except (HotspotsError, IndexError):
            return  # an empty workspace: the page itself says what to add

    def areas(self) -> tuple[Area, ...]:
        """Return the areas of the wards added last."""
        return areas_of(self.source.wards())

    def wards(self, result: Result, area: str = "") -> Wards:
        """Return the wards that a result was made with."""
        return self.source.wards(str(result.provenance["wards"]["vintage"]), area)

    def _meeting(
        self, state: str, period: str, category: str, area: str, progress: Progress
    ) -> Meeting:
        result = self.jobs.now(
            ("result", state, period, category, area),
            "The map is being computed.",
            lambda _: self.source.result(period, category, area),
        )
        track = self._track(state, result.period, category, area, progress)
        return self.source.meeting(result, track, area)

    def _track(
        self, state: str, period: Period, category: str, area: str, progress: Progress
    ) -> Track:
        """Return the track that leads to a period: one for all periods of the usual lengths."""
        kind: PeriodKind = "week" if period.kind == "week" else "month"
        usual = self.source.periods(category, kind) if period.kind in ("week", "month") else []
        last = usual[-1] if period in usual else period
        return self.jobs.now(
            ("track", state, last.id, category, area),
            "The places are being followed through time.",
            lambda inner: self.source.track(last, category, area, _both(progress, inner)),
        )


def _both(first: Progress, second: Progress) -> Progress:
    def tell(done: int, total: int) -> None:
        first(done, total)
        second(done, total)

    return tell
