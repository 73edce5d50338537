"""One place, at an address that stays the same from week to week; and the list of all places."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from hotspots.meeting.meeting import Meeting
from hotspots.meeting.place import find_place, read_address
from hotspots.taxonomy import category as category_of
from hotspots.web.context import Context
from hotspots.web.facts import data_to
from hotspots.web.place_view import PlaceView


def blueprint(context: Context) -> Blueprint:
    """Return the blueprint of a place's page."""
    pages = Blueprint("place", __name__)

    def page(place_id: str) -> ResponseReturnValue:
        choice = context.choice(category=category_of(read_address(place_id).category).code)
        if choice is None:
            return render_template("nothing.html")
        area = choice.area.code
        meeting = context.views.meeting(choice.period.id, choice.category.code, area)
        wards = context.views.wards(meeting.result, area)
        place = find_place(meeting, place_id)
        before, after = _beside(meeting, place.address.place_id)
        return render_template(
            "place.html",
            choice=choice,
            place_id=place_id,
            view=PlaceView(place, meeting, wards, choice.category, context.source.streets()),
            previous=before,
            next=after,
            data_to=data_to(context.source.data_to()),
        )

    pages.add_url_rule("/places/<place_id>", "page", page)
    return pages


def _beside(meeting: Meeting, place_id: str) -> tuple[str | None, str | None]:
    """Return the places before and after one on the lists; the first and last for one on none."""
    ids = [card.place_id for cards in meeting.cards.values() for card in cards]
    if place_id not in ids:
        return (ids[-1], ids[0]) if ids else (None, None)
    at = ids.index(place_id)
    return ids[at - 1] if at else None, ids[at + 1] if at + 1 < len(ids) else None
