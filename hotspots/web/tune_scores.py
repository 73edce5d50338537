"""How good settings were on the past: computed in the background, said with its uncertainty."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from markupsafe import Markup

from hotspots.clustering import Grid
from hotspots.profile import Profile
from hotspots.versions import settings_sha256
from hotspots.web.jobs import Jobs, Progress
from hotspots.web.source import Source
from hotspots.web.text import plain, tidy
from hotspots.web.tune_words import Compared, detail, headline

if TYPE_CHECKING:
    from hotspots.backtesting import Known
    from hotspots.validation.backtest import Judged, Plan
    from hotspots.validation.method import MethodKind
    from hotspots.validation.report import Report
    from hotspots.web.tune_view import Tuning

#: Scores that nobody has asked for again in this time are given up, seconds.
GIVEN_UP_S = 8.0
#: What the candidate is held against, beside the approved profile and the shipped default.
BASELINES = ("counts-52", "counts-all", "random")
COUNTS = {"counts-52": "counts of the last 52 weeks", "counts-all": "counts of all history"}
#: Whoever picks settings by these scores is flattered by them.
CAUTION = (
    "Settings picked by these scores look better than they are: hotspots tune keeps the last part "
    "back to score them on."
)
#: Share of the area, in per cent, at which hits decide where the maps show no share.
USUAL = "2"
PERCENTS = ("1", "2", "5", "10")
CHART_PX = (760, 320)
_ROLES: dict[str, Literal["candidate", "approved"]] = {
    "candidate": "candidate",
    "approved": "approved",
}
#: The back-tests whose rows are kept.
_KEPT = 48


class GivenUp(Exception):  # noqa: N818 - no error: whoever asked has left
    """Nobody waits for these scores any more."""


class Line(NamedTuple):
    """One method in the table: hit rates as text, and how it differs from what is approved."""

    name: str
    label: str
    rates: tuple[str, ...]
    strong: bool


@dataclass(frozen=True)
class Scores:
    """What the page says of a candidate's past.

    Attributes
    ----------
    headline, detail : str
        The verdict, and the figures behind it.
    chart : Markup
    lines : list of Line
        By hit rate at ``percent``, the best first.
    percents : tuple of str
    percent : str
        The share of the area that decides.
    notes : tuple of str
        What must be known of the periods.
    figures : dict
        Plain values, kept with a version as its evidence.
    """

    headline: str
    detail: str
    chart: Markup
    lines: list[Line]
    percents: tuple[str, ...]
    percent: str
    notes: tuple[str, ...]
    figures: dict[str, Any]

    def plain(self) -> dict[str, Any]:
        """Return what is kept with a version that is saved."""
        return {"headline": self.headline, "detail": self.detail, **self.figures}


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
        from hotspots.web.jobs import Working

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
            _step(tuning),
            _percent(tuning),
            tuning.approved_number,
            settings_sha256(tuning.approved),
            settings_sha256(profile),
        )

    def _scored(self, tuning: Tuning, key: Any, progress: Progress) -> Scores:
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
        return _said(tuning, past, [kind for kind, *_ in wanted], rows)

    def _past(self, tuning: Tuning) -> _Past:
        from hotspots.backtesting import known_of, planned

        choice, source = tuning.choice, self._source
        code, area = choice.category.code, choice.area.code

        def make(_: Progress) -> _Past:
            known = known_of(
                source.incidents(code),
                source.wards(area=area),
                code,
                _step(tuning),
                findings=source.findings(),
            )
            plan, skipped = planned(known)
            return _Past(known, plan, skipped)

        key = ("past", source.state(), code, area, _step(tuning))
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


def _step(tuning: Tuning) -> Any:
    return "week" if tuning.choice.period.kind == "week" else "month"


def _percent(tuning: Tuning) -> str:
    return tuning.marked if tuning.marked in PERCENTS else USUAL


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


def _report(past: _Past, kinds: Sequence[MethodKind], rows: Sequence[Judged]) -> Report:
    from hotspots.validation.report import BLOCK_WEEKS, Report
    from hotspots.validation.series import Entry, Series

    history = past.known.history
    entries = tuple(Entry(k.name, k.label, k.kind, k.family, k.variant) for k in kinds)
    place = {kind.name: i for i, kind in enumerate(kinds)}
    ordered = tuple(sorted(rows, key=lambda row: (row.origin, place[row.method])))
    starts = tuple(history.edges.astype("datetime64[D]").tolist())
    block = max(1, round(BLOCK_WEEKS / history.weeks_per_period))
    return Report(entries, (Series(history.name, starts, ordered),), past.plan.horizon, block)


def _said(
    tuning: Tuning, past: _Past, kinds: Sequence[MethodKind], rows: Sequence[Judged]
) -> Scores:
    report = _report(past, kinds, rows)
    percent = _percent(tuning)
    measure = f"hit_rate_{percent}"
    names = [kind.name for kind in kinds]
    counting = max(COUNTS, key=lambda name: _rate(report, name, measure))
    compared = Compared(
        percent=percent,
        step=_step(tuning),
        what=plain(tuning.choice.category.label),
        approved_name=tuning.approved_name,
        in_use="approved" if tuning.approved_number else "what is in use",
        candidate=report.value("candidate", measure),
        approved=report.value("approved", measure) if "approved" in names else None,
        against_approved=report.difference("candidate", "approved", measure)
        if "approved" in names
        else None,
        counting=report.value(counting, measure),
        counting_label=COUNTS[counting],
        against_counting=report.difference("candidate", counting, measure),
        periods=report.origins,
        incidents=report.incidents,
    )
    order = sorted(names, key=lambda name: -_rate(report, name, measure))
    labels = {kind.name: tidy(kind.label) for kind in kinds}
    lines = [
        Line(
            name,
            labels[name],
            tuple(_share(report.value(name, f"hit_rate_{p}").value) for p in PERCENTS),
            name in ("candidate", "approved"),
        )
        for name in order
    ]
    return Scores(
        headline=headline(compared),
        detail=detail(compared),
        chart=_chart(report, labels, percent, compared),
        lines=lines,
        percents=PERCENTS,
        percent=percent,
        notes=(*(tidy(note) for note in past.known.notes), CAUTION),
        figures={
            "measure": measure,
            "periods": report.origins,
            "incidents": report.incidents,
            "hit_rates": {
                name: {p: report.value(name, f"hit_rate_{p}").value for p in PERCENTS}
                for name in names
            },
            "difference": _ends(compared.against_approved),
            "difference_from_counting": _ends(compared.against_counting),
        },
    )


def _rate(report: Report, name: str, measure: str) -> float:
    value = report.value(name, measure).value
    return value if math.isfinite(value) else -1.0


def _ends(interval: Any) -> list[float] | None:
    return None if interval is None else [interval.value, interval.low, interval.high]


def _share(value: float) -> str:
    return f"{value:.0%}" if math.isfinite(value) else "No data"


def _chart(report: Report, labels: dict[str, str], percent: str, compared: Compared) -> Markup:
    from hotspots.drawing.curves import Curve, curve_chart

    # the chart has a line of its own for an even spread, which is what a random order catches
    names = [entry.name for entry in report.entries if entry.name != "random"]
    found = report.curve()
    curves = [
        Curve(labels[name], *found[name], _ROLES.get(name, "other"))
        for name in names
        if all(math.isfinite(rate) for rate in found[name][1])
    ]
    if not curves:
        return Markup("")
    return curve_chart(
        curves,
        width=CHART_PX[0],
        height=CHART_PX[1],
        id="caught-curves",
        title="Share of the following incidents caught, by share of the area marked",
        describe=detail(compared),
        mark=int(percent) / 100,
        text_px=18,
    )
