"""The places that were hot spots, followed through time."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

import numpy as np

from hotspots.errors import ResultError
from hotspots.meeting.track import Question, Track, TrackedSpot
from hotspots.model import Wards
from hotspots.web.api import answers
from hotspots.web.api.arguments import Kind, OfPlaces
from hotspots.web.api.common import about, choice, counts, part
from hotspots.web.api.resource import GEOJSON, Made, Resource
from hotspots.web.api.writing import points
from hotspots.web.context import Context


@dataclass
class _Life:
    """When a place was hot; ``spot`` is it on the last map that had it."""

    first: str
    last: str
    spot: TrackedSpot
    hot_on: int = 1


def _places(context: Context, asked: OfPlaces) -> Made:
    chosen = choice(context, asked.category, "", asked.area)
    code, area = chosen.category.code, chosen.area.code
    kinds = context.source.period_kinds(code)
    kind: Kind = asked.kind or ("week" if chosen.period.kind == "week" else "month")
    if kind not in kinds:
        raise ResultError(
            f"A kind of period must be one that the category is known by ({', '.join(kinds)}); got "
            f"{kind!r}: ask for one of these."
        )
    last = context.source.periods(code, kind)[-1]
    meeting = context.views.meeting(last.id, code, area)
    wards = context.views.wards(meeting.result, area)
    lives = [
        life
        for life in _lives(meeting.track, last.id).values()
        if asked.question in (None, life.spot.question)
    ]
    features = _features(list(part(lives, asked)), meeting.track, last.id, wards, area)
    answer = answers.Places(
        about=about(context, meeting.result, area),
        kind=kind,
        features=features,
        **counts(len(lives), features),
    )
    return Made(answer, len(lives), {"category": code, "kind": kind})


def _lives(track: Track, upto: str) -> dict[str, _Life]:
    """Return every place by its id, in the order in which they first were hot."""
    lives: dict[str, _Life] = {}
    for drawn in track.maps:
        for spot in drawn.spots:
            life = lives.get(spot.place_id)
            if life is None:
                lives[spot.place_id] = _Life(drawn.period.id, drawn.period.id, spot)
                continue
            life.last, life.spot, life.hot_on = drawn.period.id, spot, life.hot_on + 1
        if drawn.period.id == upto:
            break
    return lives


def maps_asked(track: Track, question: Question, upto: str) -> int:
    """Return on how many maps up to and including one a question could be asked."""
    until = next(i for i, m in enumerate(track.maps) if m.period.id == upto)
    return sum(m.asked(question) for m in track.maps[: until + 1])


def _features(
    lives: list[_Life], track: Track, upto: str, wards: Wards, area: str
) -> list[answers.TrackedPlaceFeature]:
    if not lives:
        return []
    peaks = np.array([life.spot.peak_xy for life in lives])
    ward = wards.assign(peaks)
    codes, names = wards.frame["ward_code"].to_numpy(), wards.frame["ward_name"].to_numpy()
    maps = {q: maps_asked(track, q, upto) for q in {life.spot.question for life in lives}}
    return [
        answers.TrackedPlaceFeature(
            id=life.spot.place_id,
            geometry=answers.Geometry(type="Point", coordinates=at),
            properties=answers.TrackedPlace(
                question=life.spot.question,
                ward_code=codes[i] if i >= 0 else None,
                ward_name=names[i] if i >= 0 else None,
                first=life.first,
                last=life.last,
                hot_on=life.hot_on,
                maps=maps[life.spot.question],
                hot_now=life.last == upto,
                incidents=life.spot.incidents,
                href=_address(life.spot.place_id, life.last, area),
            ),
        )
        for life, i, at in zip(lives, ward.tolist(), points(peaks, wards.crs), strict=True)
    ]


def _address(place_id: str, period: str, area: str) -> str:
    on_map = {"period": period} | ({"area": area} if area else {})
    return f"/api/v1/places/{place_id}?{urlencode(on_map)}"


RESOURCE = Resource(
    "places",
    "/places",
    "Every place that was a hot spot, followed through time.",
    OfPlaces,
    answers.Places,
    _places,
    GEOJSON,
    computed=True,
)
