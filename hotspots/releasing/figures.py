"""Counts by ward as they may be shown, and whether all of each period is known."""

from __future__ import annotations

import numpy as np

from hotspots.evidence.shortlist import WardFigures
from hotspots.meeting.counts import Counts, State, count_in_wards, state_in_wards
from hotspots.model import Period, Wards
from hotspots.quality.faulty import faulty_months
from hotspots.releasing.inputs import Inputs
from hotspots.sharing.asked import Asked, district, everywhere, ward
from hotspots.sharing.deciding import Decision
from hotspots.taxonomy import Category


def counted(inputs: Inputs, wards: Wards, category: Category, period: Period) -> Counts:
    """Return the incidents by ward of a period, none of them withheld."""
    faulty = faulty_months(inputs.findings(), category.code)
    return count_in_wards(inputs.incidents(category.code), wards, period, category, faulty)


def state_of(inputs: Inputs, wards: Wards, category: Category, period: Period) -> State:
    """Return whether the counts by ward of a period are all there is; none is counted for it."""
    faulty = faulty_months(inputs.findings(), category.code)
    return state_in_wards(inputs.incidents(category.code), wards, period, category, faulty)


def ward_figures(counts: Counts, wards: Wards) -> WardFigures:
    """Return counts none of which is withheld."""
    return WardFigures(
        counts.period, counts.by_ward, np.zeros(len(wards), dtype=bool), counts.state, {}
    )


def asked_of(wards: Wards, what: str, period: Period) -> tuple[Asked, ...]:
    """Return the counts of a period in every ward, in every district, and in all of the wards."""
    places = [ward(wards.vintage, code) for code in _codes(wards)]
    places += [district(wards.vintage, code) for code in districts_of(wards)]
    if len(districts_of(wards)) > 1:
        places.append(everywhere(wards.vintage))
    return tuple(Asked.of(place, what, period) for place in places)


def decided_figures(
    decision: Decision, wards: Wards, what: str, period: Period, state: State
) -> WardFigures:
    """Return the counts of a period as they were decided, and whether they are all there is."""
    vintage = wards.vintage
    asked = [Asked.of(ward(vintage, code), what, period) for code in _codes(wards)]
    withheld = np.array([each in decision.withheld for each in asked], dtype=bool)
    shown = [
        0 if hide else decision.counts[each] for each, hide in zip(asked, withheld, strict=True)
    ]
    totals = {
        code: decision.shown(Asked.of(district(vintage, code), what, period))
        for code in districts_of(wards)
    }
    return WardFigures(period, np.array(shown, dtype=np.int64), withheld, state, totals)


def districts_of(wards: Wards) -> tuple[str, ...]:
    """Return the codes of the districts, in order; wards without one are in none."""
    return tuple(sorted({str(code) for code in wards.frame["district_code"].dropna() if str(code)}))


def _codes(wards: Wards) -> list[str]:
    return [str(code) for code in wards.frame["ward_code"]]
