"""What the page says of how good settings were on the past: verdict, table, curves and notes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from markupsafe import Markup

from hotspots.web.text import plain, tidy
from hotspots.web.tune_words import Compared, detail, headline

if TYPE_CHECKING:
    from hotspots.backtesting import Known, Step
    from hotspots.validation.report import Report
    from hotspots.web.tune_view import Tuning

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


class Line(NamedTuple):
    """One method in the table: hit rates as text, and what its own hot squares caught."""

    name: str
    label: str
    rates: tuple[str, ...]
    hot: str
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


def step_of(tuning: Tuning) -> Step:
    """Return what a map is of, and what judges it: as is shown."""
    return "week" if tuning.choice.period.kind == "week" else "month"


def percent_of(tuning: Tuning) -> str:
    """Return the share of the area, in per cent, that decides."""
    return tuning.marked if tuning.marked in PERCENTS else USUAL


def scores_of(tuning: Tuning, known: Known, report: Report) -> Scores:
    """Return what is said of a back-test of "candidate", "approved" and the rest.

    Parameters
    ----------
    tuning : Tuning
    known : Known
        What was judged.
    report : Report
        "approved" is missing where the candidate is what is in use.
    """
    compared = _compared(tuning, report)
    names = [entry.name for entry in report.entries]
    labels = {entry.name: tidy(entry.label) for entry in report.entries}
    measure = f"hit_rate_{compared.percent}"
    rates = {name: {p: _value(report, name, f"hit_rate_{p}") for p in PERCENTS} for name in names}
    return Scores(
        headline=headline(compared),
        detail=detail(compared),
        chart=_chart(report, labels, compared),
        lines=[
            Line(
                name,
                labels[name],
                tuple(_share(rates[name][p]) for p in PERCENTS),
                _hot(report, name),
                name in ("candidate", "approved"),
            )
            for name in sorted(names, key=lambda name: -_known(rates[name][compared.percent]))
        ],
        percents=PERCENTS,
        percent=compared.percent,
        notes=_notes(known, report, names),
        figures={
            "measure": measure,
            "periods": report.origins,
            "incidents": report.incidents,
            "hit_rates": rates,
            "difference": _ends(compared.against_approved),
            "difference_from_counting": _ends(compared.against_counting),
        },
    )


def _compared(tuning: Tuning, report: Report) -> Compared:
    percent = percent_of(tuning)
    measure = f"hit_rate_{percent}"
    counting = max(COUNTS, key=lambda name: _known(_value(report, name, measure)))
    other = any(entry.name == "approved" for entry in report.entries)
    return Compared(
        percent=percent,
        step=step_of(tuning),
        what=plain(tuning.choice.category.label),
        approved_name=tuning.approved_name,
        in_use="approved" if tuning.approved_number else "what is in use",
        candidate=report.value("candidate", measure),
        approved=report.value("approved", measure) if other else None,
        against_approved=report.difference("candidate", "approved", measure) if other else None,
        counting=report.value(counting, measure),
        counting_label=COUNTS[counting],
        against_counting=report.difference("candidate", counting, measure),
        periods=report.origins,
        incidents=report.incidents,
        same_ranking=tuning.same_ranking,
    )


def _notes(known: Known, report: Report, names: Sequence[str]) -> tuple[str, ...]:
    from hotspots.backtesting.notes import careful, judged_maps

    (series,) = report.series
    judged = series.origins
    said = (
        judged_maps(known.periods, judged, report.horizon),
        *known.notes,
        *careful(known.periods, judged, names),
        CAUTION,
    )
    return tuple(tidy(note) for note in said)


def _hot(report: Report, name: str) -> str:
    """Return what a method's own hot squares caught, and of how much of the area."""
    share = _value(report, name, "hot_area_share")
    if not math.isfinite(share):
        return "no test"
    return f"{_share(_value(report, name, 'hot_hit_rate'))} in {share:.1%}"


def _value(report: Report, name: str, measure: str) -> float:
    return report.value(name, measure).value


def _known(value: float) -> float:
    return value if math.isfinite(value) else -1.0


def _ends(interval: Any) -> list[float] | None:
    return None if interval is None else [interval.value, interval.low, interval.high]


def _share(value: float) -> str:
    return f"{value:.0%}" if math.isfinite(value) else "No data"


def _chart(report: Report, labels: dict[str, str], compared: Compared) -> Markup:
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
        mark=int(compared.percent) / 100,
        text_px=18,
    )
