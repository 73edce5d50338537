"""One place on one map: what its card says."""

from __future__ import annotations

from typing import Any

import geopandas as gpd

from hotspots.errors import HotspotsError, ResultError
from hotspots.meeting.firmness import Firmness
from hotspots.meeting.meeting import Meeting
from hotspots.meeting.place import Address, Place, Tested, find_place, read_address
from hotspots.meeting.rhythm import Rhythm
from hotspots.meeting.trend import Trend
from hotspots.profile import NO_EVIDENCE, Profile
from hotspots.results import words
from hotspots.taxonomy import category as category_of
from hotspots.web.api import answers
from hotspots.web.api.arguments import OfPlace
from hotspots.web.api.common import about, choice
from hotspots.web.api.resource import Made, Resource
from hotspots.web.api.resources.places import maps_asked
from hotspots.web.api.writing import geometries
from hotspots.web.context import Context

#: What means nothing where the period's incidents are missing from the files.
_COUNTED = (
    "strength",
    "incidents",
    "expected",
    "claim",
    "chance",
    "evidence",
    "p_value",
    "p_adjusted",
)


def _place(context: Context, asked: OfPlace, place_id: str) -> Made:
    named = _read(place_id)
    chosen = choice(context, named.category, asked.period, asked.area)
    area = chosen.area.code
    meeting = context.views.meeting(chosen.period.id, chosen.category.code, area)
    place = find_place(meeting, place_id)
    if not len(place.block.cells):
        raise _unknown(place_id)
    stated = about(context, meeting.result, area)
    said = _said(place, meeting)
    return Made(
        answers.Place(
            about=stated,
            id=place.address.place_id,
            asked=place_id,
            **(said if stated.known else said | dict.fromkeys(_COUNTED)),
        )
    )


def _read(place_id: str) -> Address:
    try:
        named = read_address(place_id)
        category_of(named.category)
    except HotspotsError as error:
        raise _unknown(place_id) from error
    return named


def _unknown(place_id: str) -> ResultError:
    return ResultError(
        f"A place must be one that /api/v1/places or /api/v1/hotspots names; got {place_id!r:.80}: "
        "take its id or href from there."
    )


def _said(place: Place, meeting: Meeting) -> dict[str, Any]:
    result, card = meeting.result, place.card
    question, period = place.address.question, result.period.id
    outline = gpd.GeoSeries([place.outline], crs=result.wards.crs)
    return {
        "question": question,
        "name": place.name,
        "marker": card.place.marker if card else None,
        "hot": place.spot is not None,
        "status": place.spot.status if place.spot else _status(meeting, place),
        "expected_next": card.place.expected_next if card else None,
        "hot_on": sum(hot for _, hot in place.held),
        "maps": maps_asked(meeting.track, question, period),
        "trend": _trend(place.trend),
        "peak": _peak(place.rhythm),
        "firmness": _firmness(card.firmness if card else None),
        "geometry": geometries(outline)[0],
        **_tested(place, meeting),
    }


def _tested(place: Place, meeting: Meeting) -> dict[str, Any]:
    """Return what the map's test of the place's question says of its block."""
    tested, question = place.tested, place.address.question
    expected, p_values = _own(tested, question)
    found: dict[str, Any] = dict.fromkeys(_COUNTED)
    found["incidents"] = tested.count if tested else None
    if expected is None or p_values is None or tested is None:
        return found
    profile = Profile(**meeting.result.provenance["profile"])
    p_value, p_adjusted = p_values
    strength = words.strength(p_adjusted, profile.class_limits)
    strength = words.CHANCE if strength == NO_EVIDENCE else strength
    return found | {
        "strength": strength,
        "expected": expected,
        "claim": words.claim(question, tested.count, expected, profile.baseline),
        "chance": words.chance(p_value),
        "evidence": words.evidence(strength, p_value, int(meeting.result.totals["cells"])),
        "p_value": p_value,
        "p_adjusted": p_adjusted,
    }


def _own(tested: Tested | None, question: str) -> tuple[float | None, tuple[float, float] | None]:
    if tested is None:
        return None, None
    if question == "worse":
        return tested.usual, tested.p_worse
    return tested.even, tested.p_concentrated


def _status(meeting: Meeting, place: Place) -> str:
    faded = meeting.faded[place.address.question]
    gone = any(one.place_id == place.address.place_id for one in faded)
    return "fading" if gone else "not hot"


def _peak(rhythm: Rhythm | None) -> answers.Peak | None:
    if rhythm is None:
        return None
    return answers.Peak(known=rhythm.known, short=rhythm.short, sentence=rhythm.sentence)


def _firmness(firm: Firmness | None) -> answers.Firmness | None:
    if firm is None:
        return None
    return answers.Firmness(
        holds=firm.holds, of=firm.of, sentence=firm.sentence, changes=firm.changes
    )


def _trend(trend: Trend) -> answers.Trend:
    return answers.Trend(
        periods=[period.id for period in trend.periods],
        counts=list(trend.counts),
        usual=trend.usual,
        direction=trend.direction,
        sentence=trend.describe,
    )


RESOURCE = Resource(
    "place",
    "/places/<place_id>",
    "One place on one map: what its card says.",
    OfPlace,
    answers.Place,
    _place,
    parts={"place_id": "An id of /places or /hotspots, or one that is near to a place there."},
    computed=True,
)
