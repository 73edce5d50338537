"""Settings are scored on the past in the background, one after the other, while somebody asks."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any

from hotspots.clustering import Grid
from hotspots.profile import Profile
from hotspots.versions import settings_sha256
from hotspots.web.jobs import Jobs, Progress, Working
from hotspots.web.source import Source
from hotspots.web.tune_scores import BASELINES, Scores, percent_of, scores_of, step_of

if TYPE_CHECKING:
    from hotspots.backtesting import Known
    from hotspots.validation.backtest import Judged, Plan
    from hotspots.validation.method import MethodKind
    from hotspots.web.tune_view import Tuning

#: Scores that nobody has asked for again in this time are given up, seconds.
GIVEN_UP_S = 8.0
#: The back-tests whose rows are kept.
_KEPT = 48


class GivenUp(Exception):  # noqa: N818 - no error: whoever asked has left
    """Nobody waits for these scores any more."""


@dataclass(frozen=True, eq=False)
class _Past:
    """A category's history, what is judged of it, and what must be said."""

    known: Known
    plan: Plan
    skipped: frozenset[int]


class Scorer:
    """Back-tests of one source, one at a time; each profile in squares of its own size."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._jobs = Jobs(keep=64, workers=1)
        self._asked: dict[Any, float] = {}
        self._rows: OrderedDict[Any, dict[int, list[Judged]]] = OrderedDict()
        self._lock = Lock()

    def scores(self, tuning: Tuning, wait_s: float) -> Scores:
        """Return the scores of the candidate, which must have a profile.

        Raises
        ------
        Working
            If they are not there in time: they go on being computed while they are asked for.
        UsageError, ResultError
            If the history is too short.
        """
        key = self._key(tuning)
        with self._lock:
            self._asked[key] = monotonic()
            for old in list(self._asked)[:-_KEPT]:  # whoever asked for these has left long ago
                if monotonic() - self._asked[old] > GIVEN_UP_S:
                    del self._asked[old]
        what = "The settings are being scored on the past."

        def ask() -> Scores:
            found: Scores = self._jobs.get(
                key, what, lambda progress: self._scored(tuning, key, progress), wait_s
            )
            return found

        try:
            return ask()
        except GivenUp:  # whoever asked before left; what was judged until then is kept
            return ask()

    def known(self, tuning: Tuning) -> Scores | None:
        """Return the scores of a candidate if they are there already."""
        key = self._key(tuning)
        if tuning.draft.profile is None or key not in self._asked:
            return None
        try:
            return self.scores(tuning, 0.0)
        except (Working, GivenUp):
            return None

    def _key(self, tuning: Tuning) -> tuple[object, ...]:
        choice, profile = tuning.choice, tuning.draft.profile or tuning.base
        return (
            self._source.state(),
            choice.category.code,
            choice.area.code,
            step_of(tuning),
            percent_of(tuning),
            tuning.approved_number,
            settings_sha256(tuning.approved),
            settings_sha256(profile),
        )

    def _scored(self, tuning: Tuning, key: Any, progress: Progress) -> Scores:
        from hotspots.validation.report import report_of

        candidate = tuning.draft.profile or tuning.base
        past = self._past(tuning)
        wanted = _methods(tuning, candidate)
        whole = len(wanted) * len(past.plan.origins)
        done, rows = 0, []
        for kind, size, settings in wanted:

            def tell(origins: int, before: int = done) -> None:
                progress(before + origins, whole)
                if monotonic() - self._asked.get(key, 0.0) > GIVEN_UP_S:
                    raise GivenUp

            rows += self._judged(past, kind, size, (*key[:4], kind.name, settings), tell)
            done += len(past.plan.origins)
        kinds = [kind for kind, *_ in wanted]
        report = report_of(past.known.history, kinds, past.plan, rows, skipped=past.skipped)
        return scores_of(tuning, past.known, report)

    def _past(self, tuning: Tuning) -> _Past:
        from hotspots.backtesting import known_of, planned

        choice, source = tuning.choice, self._source
        code, area = choice.category.code, choice.area.code

        def make(_: Progress) -> _Past:
            incidents = source.incidents(code)
            # the wards of the day the last map is judged, as of the command: one area throughout
            last = incidents.span[1].date() if incidents.span else None
            known = known_of(
                incidents,
                source.wards(area=area, day=last),
                code,
                step_of(tuning),
                findings=source.findings(),
            )
            plan, skipped = planned(known)
            return _Past(known, plan, skipped)

        key = ("past", source.state(), code, area, step_of(tuning))
        past: _Past = self._jobs.now(key, "The history is being read.", make)
        return past

    def _judged(
        self,
        past: _Past,
        kind: MethodKind,
        cell_size_m: float,
        key: tuple[object, ...],
        tell: Callable[[int], None],
    ) -> list[Judged]:
        """Return one method's rows; those judged before it was given up are not judged again."""
        from hotspots.validation.backtest import run

        kept = self._kept((*key, cell_size_m))
        grid = Grid.cover(past.known.wards.study_area, cell_size_m, touching=True)
        return run(
            past.known.history,
            grid,
            [kind],
            past.plan,
            done={**kept, **dict.fromkeys(past.skipped, ())},
            keep=lambda origin, rows: kept.__setitem__(origin, list(rows)),
            progress=lambda now: tell(now.done),
        )

    def _kept(self, key: object) -> dict[int, list[Judged]]:
        with self._lock:
            kept = self._rows.setdefault(key, {})
            self._rows.move_to_end(key)
            while len(self._rows) > _KEPT:
                self._rows.popitem(last=False)
            return kept


def _methods(tuning: Tuning, candidate: Profile) -> list[tuple[MethodKind, float, str]]:
    """Return what is judged, the side of its squares, and a digest of its settings.

    Counts are in the candidate's squares.
    """
    from hotspots.validation.methods import method_of, of_profile

    approved, shipped, size = tuning.approved, Profile(), candidate.cell_size_m
    own, standing, default = (settings_sha256(each) for each in (candidate, approved, shipped))
    chosen = [(of_profile(candidate, "candidate", "Candidate"), size, own)]
    if standing != own:
        number = tuning.approved_number
        label = f"Approved, version {number}" if number else "In use now"
        kind = of_profile(approved, "approved", label)
        chosen.append((kind, approved.cell_size_m, standing))
    if default not in (own, standing):
        chosen.append((method_of("default"), shipped.cell_size_m, default))
    return [*chosen, *((method_of(one), size, "") for one in BASELINES)]
