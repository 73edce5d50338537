"""Where previews and scores are made: one at a time, so that other pages stay quick."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from threading import BoundedSemaphore
from typing import Any, NamedTuple

from hotspots.consequences import Consequences
from hotspots.model import Incidents, Wards
from hotspots.preview import Preview, consequences, preview
from hotspots.profile import Profile
from hotspots.versions import settings_sha256
from hotspots.web.jobs import Jobs
from hotspots.web.source import Source
from hotspots.web.tune_maps import Maps, tune_maps
from hotspots.web.tune_scorer import Scorer
from hotspots.web.tune_scores import Scores
from hotspots.web.tune_view import Tuning

#: So many may wait for a preview at a time; others are asked to come again.
WAITING = 4
#: So long a preview is waited for: of who drags a slider, and of who opened the page, seconds.
QUICK_S, PATIENT_S = 3.0, 20.0
#: So long scores are waited for before it is said that they are being computed, seconds.
SCORES_S = 1.0


class Crowded(Exception):  # noqa: N818 - no error: there is only no room just now
    """As many wait for previews as may."""


class Made(NamedTuple):
    """What a preview shows, and what the settings do."""

    maps: Maps
    does: Consequences


class TuneDesk:
    """Previews and scores of one source.

    Previews are computed by one thread, whoever asks, and kept while there is room; so are
    scores, by another.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._previews = Jobs(keep=64, workers=1)
        self._room = BoundedSemaphore(WAITING)
        self._scorer = Scorer(source)

    def preview(self, tuning: Tuning, patient: bool = False) -> Made:
        """Return both maps and what the candidate's settings do.

        Raises
        ------
        Crowded
            If too many wait already.
        Working
            If it is not there in time.
        UsageError, ResultError
            If the settings are wrong, or there is nothing to show.
        """
        candidate = tuning.draft.profile
        if candidate is None:
            candidate = tuning.base  # the page still shows a map beside what must be mended
        key = (
            self._source.state(),
            tuning.choice.category.code,
            tuning.choice.area.code,
            tuning.choice.period.id,
            tuning.marked,
            settings_sha256(tuning.approved),
            settings_sha256(candidate),
            tuning.names,
        )
        with self._place(patient):
            return self._previews.get(
                key,
                "The preview is being computed.",
                lambda _: self._make(tuning, candidate),
                PATIENT_S if patient else QUICK_S,
            )

    def scores(self, tuning: Tuning) -> Scores:
        """Return how good the settings were on the past; errors as ``preview``."""
        return self._scorer.scores(tuning, SCORES_S)

    def evidence(self, tuning: Tuning) -> dict[str, Any]:
        """Return what is kept with a version: its scores as plain values, if they are there."""
        scores = self._scorer.known(tuning)
        return scores.plain() if scores else {}

    @contextmanager
    def _place(self, patient: bool) -> Iterator[None]:
        if patient:
            yield
            return
        if not self._room.acquire(blocking=False):
            raise Crowded
        try:
            yield
        finally:
            self._room.release()

    def _make(self, tuning: Tuning, candidate: Profile) -> Made:
        choice = tuning.choice
        code = choice.category.code
        # the wards of the period's last day, as of a run
        incidents, wards = self._read(code, choice.area.code, choice.period.end - timedelta(days=1))

        def of(profile: Profile) -> Preview:
            return preview(incidents, wards, profile, choice.period, code, tuning.share)

        maps = tune_maps(of(tuning.approved), of(candidate), wards, tuning.mode, tuning.names)
        return Made(maps, consequences(incidents, wards, candidate, choice.period, code))

    def _read(self, category: str, area: str, day: date) -> tuple[Incidents, Wards]:
        """Return the same objects while the data are the same: what is read of them is kept."""
        return self._previews.now(
            ("data", self._source.state(), category, area, day),
            "The incidents are being read.",
            lambda _: (self._source.incidents(category), self._source.wards(area=area, day=day)),
        )
