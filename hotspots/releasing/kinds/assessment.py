"""The tables of the Strategic Assessment as a file."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from hotspots.areas import part_of
from hotspots.errors import UsageError
from hotspots.evidence.assessment import (
    Source,
    assessment_asked,
    make_assessment,
    make_quarterly,
    quarterly_asked,
)
from hotspots.evidence.comparators import read_comparators
from hotspots.evidence.entered import read_entered
from hotspots.evidence.figures import figures_from
from hotspots.evidence.measures import find_measure, measures
from hotspots.evidence.typed_tables import Typed
from hotspots.evidence.years import states_of
from hotspots.model import Period
from hotspots.profile import Tier
from hotspots.quality.faulty import faulty_months
from hotspots.releasing.about import file_stem, provenance_of_years
from hotspots.releasing.inputs import Inputs
from hotspots.releasing.prepared import Made, Prepared
from hotspots.releasing.request import ExportRequest
from hotspots.releasing.sheets import write_sheets
from hotspots.sharing.deciding import Decision
from hotspots.sharing.restricting import refused_kinds


def prepare(inputs: Inputs, request: ExportRequest, tier: Tier) -> Prepared:
    """Ask for the counts of three years, or of the last quarters, by ward and borough."""
    day = request.year_ending
    if day is None:
        raise UsageError("An assessment must end on a day: give the last day of its last year.")
    _check_of_year(request)
    last = Period(day, day + timedelta(days=1), "range")
    wards = part_of(inputs.wards(inputs.vintage_on(last)), request.area)
    entered = read_entered(request.entered, wards) if request.entered else None
    comparators = read_comparators(request.comparators) if request.comparators else None
    refused = _refused(inputs, tier)
    asked = (quarterly_asked if request.quarterly else assessment_asked)(wards, day, refused)
    # what is known of each kind is worked out from all that is loaded: reading each kind of the
    # store by itself tells the same and takes ten times as long
    every = replace(inputs.all_incidents(), span=None, months=None)
    states = states_of(asked, every, partial(_faulty, inputs))
    source = Source(_whose(inputs), tier.small_counts_below, refused)
    named = _key_wards(request.key_wards)
    tables = [table for table in (entered, comparators) if table]
    said = [line for table in tables for line in (*table.said, *_kept_back(table, refused))]

    def build(decision: Decision) -> Made:
        figures = figures_from(decision.counts, decision.withheld, states)
        if request.quarterly:
            sheets = make_quarterly(wards, day, figures, source, entered)
        else:
            sheets = make_assessment(wards, day, figures, source, entered, comparators, named)
        about = provenance_of_years(inputs, request, wards)
        name = file_stem(request, "quarter" if request.quarterly else "year", day.isoformat())
        files = write_sheets(sheets, about, request.format, name)
        return Made(files, (str(about["run"]),), tuple(said))

    return Prepared(asked, build)


def _check_of_year(request: ExportRequest) -> None:
    """Raise a UsageError where the quarterly tables are asked for what only the annual ones have.

    What was given and is nowhere to be found would be taken to be in the numbers.
    """
    if request.quarterly and (request.comparators or request.key_wards):
        what = "Comparators" if request.comparators else "Key wards"
        raise UsageError(
            f"{what} must be asked of the annual tables; the quarterly ones have none: leave one "
            "of the two out."
        )


def _key_wards(codes: Sequence[str]) -> dict[str, Sequence[str]] | None:
    """Return the wards that are named, for every measure that has a table of key wards."""
    if not codes:
        return None
    return {code: codes for code, measure in measures().items() if measure.key_wards}


def _kept_back(table: Typed[Any], refused: Collection[str]) -> tuple[str, ...]:
    """Say how many rows of a file are of kinds that the recipients may not have."""
    kinds = [find_measure(row.measure).whats for row in table.rows]
    back = sum(not frozenset(refused).isdisjoint(whats) for whats in kinds)
    if not back:
        return ()
    rows = "row is of a kind" if back == 1 else "rows are of kinds"
    return (f"{back} kept {rows} that this tier may not have, and not in the tables.",)


def _refused(inputs: Inputs, tier: Tier) -> tuple[str, ...]:
    """Return the kinds that the tier may not have, of all that the measures count."""
    whats = [what for measure in measures().values() for what in measure.whats]
    return refused_kinds(whats, tier, inputs.profile.restricted_kinds)


def _faulty(inputs: Inputs, category: str) -> Collection[tuple[int, int]]:
    return faulty_months(inputs.findings(), category)


def _whose(inputs: Inputs) -> frozenset[str]:
    """Return whose series breaks are told: the agencies', and the published files'."""
    incidents = inputs.all_incidents()
    whose = {str(agency) for agency in incidents.frame["agency"].dropna().unique()}
    if any(file.source == "police-uk" for file in incidents.files):
        whose.add("data.police.uk")
    return frozenset(whose)
