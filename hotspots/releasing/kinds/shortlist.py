"""The ward shortlist as a file."""

from __future__ import annotations

from hotspots.evidence.shortlist import WardFigures, WardShortlist, make_shortlist
from hotspots.model import Period, Wards
from hotspots.profile import Profile, Tier
from hotspots.releasing.about import file_stem, provenance_of
from hotspots.releasing.figures import (
    asked_of,
    counted,
    decided_figures,
    state_of,
    ward_figures,
)
from hotspots.releasing.inputs import Inputs
from hotspots.releasing.prepared import Made, Prepared
from hotspots.releasing.request import ExportRequest
from hotspots.releasing.sheets import write_sheets
from hotspots.results import Result
from hotspots.results.inside import markers_by_ward
from hotspots.sharing.asked import Asked
from hotspots.sharing.deciding import Decision
from hotspots.taxonomy import category as category_of


def prepare(inputs: Inputs, request: ExportRequest, tier: Tier) -> Prepared:
    """Ask for the counts of the period, the one before and a year before, by ward and district."""
    result = inputs.result(request.period, request.category, request.area)
    wards = wards_of(inputs, result, request.area)

    def build(decision: Decision) -> Made:
        found = decided_shortlist(inputs, result, wards, decision)
        name = file_stem(request, result.category, result.period.id)
        # one table for programs; for people what they read first, and the rest on a second tab
        sheets = (found.sheet(),) if request.format == "csv" else found.tabs()
        about = provenance_of(inputs, request, result)
        files = write_sheets(sheets, about, request.format, name)
        return Made(files, (str(result.provenance["run"]),))

    return Prepared(asked_for(wards, result), build)


def whole_shortlist(inputs: Inputs, result: Result, area: str) -> WardShortlist:
    """Return the shortlist of a result with nothing withheld, as the screens show it."""
    wards = wards_of(inputs, result, area)
    kind = category_of(result.category)
    figures = (
        ward_figures(counted(inputs, wards, kind, period), wards)
        for period in periods_of(result.period)
    )
    return _make(inputs, result, wards, *figures)


def decided_shortlist(
    inputs: Inputs, result: Result, wards: Wards, decision: Decision
) -> WardShortlist:
    """Return the shortlist of what was decided to be shown."""
    kind = category_of(result.category)
    figures = (
        decided_figures(decision, wards, kind.code, period, state_of(inputs, wards, kind, period))
        for period in periods_of(result.period)
    )
    return _make(inputs, result, wards, *figures)


def asked_for(wards: Wards, result: Result) -> tuple[Asked, ...]:
    """Return every count that the shortlist of a result shows."""
    return tuple(
        each
        for period in periods_of(result.period)
        for each in asked_of(wards, result.category, period)
    )


def periods_of(period: Period) -> tuple[Period, Period, Period]:
    """Return a period, the one before it, and the same one of last year."""
    return period, period.back(1), period.years_back(1)


def wards_of(inputs: Inputs, result: Result, area: str) -> Wards:
    """Return the wards that a result was made with."""
    return inputs.wards(str(result.provenance["wards"]["vintage"]), area)


def _make(
    inputs: Inputs,
    result: Result,
    wards: Wards,
    now: WardFigures,
    before: WardFigures,
    year_before: WardFigures,
) -> WardShortlist:
    inside = markers_by_ward(result, wards)
    return make_shortlist(
        wards,
        now,
        before,
        year_before,
        category_of(result.category),
        # the rule is that of the profile which the result was made with
        Profile(**result.provenance["profile"]),
        {code: [marker for marker, _ in found] for code, found in inside.items()},
        bool(result.totals.get("moved")),
    )
