"""The briefing pack as a file."""

from __future__ import annotations

import geopandas as gpd

from hotspots.areas import areas_of
from hotspots.briefing import Briefing, make_briefing, to_pdf
from hotspots.briefing.standalone import to_html
from hotspots.model import Wards
from hotspots.profile import Tier
from hotspots.releasing.about import file_stem
from hotspots.releasing.inputs import Inputs
from hotspots.releasing.kinds import shortlist
from hotspots.releasing.prepared import Made, Prepared
from hotspots.releasing.request import ExportRequest
from hotspots.sharing.asked import Asked, area
from hotspots.sharing.deciding import Decision


def prepare(inputs: Inputs, request: ExportRequest, tier: Tier) -> Prepared:
    """Put the meeting together, and ask for the counts of its shortlist and its total."""
    result = inputs.result(request.period, request.category, request.area)
    meeting = inputs.meeting(
        result, inputs.track(result.period, result.category, request.area), request.area
    )
    wards = shortlist.wards_of(inputs, result, request.area)
    total = Asked.of(area(wards.vintage, request.area), result.category, result.period)
    streets = inputs.streets()

    def build(decision: Decision) -> Made:
        pack = make_briefing(
            meeting,
            tier,
            tier_name=request.tier,
            marking=inputs.settings.marking,
            area_name=_area_name(inputs, wards, request.area),
            shortlist=shortlist.decided_shortlist(inputs, result, wards, decision).paper(),
            streets=streets,
            total_shown=decision.shown(total),
        )
        stem = file_stem(request, result.category, result.period.id)
        file = (f"{stem}.{request.format}", _written(pack, request, streets))
        return Made((file,), (str(result.provenance["run"]),), pack.said)

    return Prepared((total, *shortlist.asked_for(wards, result)), build)


def _area_name(inputs: Inputs, wards: Wards, code: str) -> str:
    """Return the district's name, or those of all of them."""
    named = [each for each in areas_of(inputs.wards(wards.vintage)) if each.code]
    if code or not named:
        return next((each.name for each in named if each.code == code), wards.vintage)
    return " and ".join(each.name for each in named)


def _written(pack: Briefing, request: ExportRequest, streets: gpd.GeoDataFrame | None) -> bytes:
    return to_pdf(pack) if request.format == "pdf" else to_html(pack, streets=streets)
