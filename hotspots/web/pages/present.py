"""Present mode: larger type, one place at a time, arrow keys; nothing that needs a mouse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from hotspots.meeting.maps import QUESTIONS, Question
from hotspots.meeting.meeting import Card, Meeting
from hotspots.meeting.place import find_place
from hotspots.model import Wards
from hotspots.web.choices import Choice
from hotspots.web.context import Context
from hotspots.web.facts import data_to
from hotspots.web.meeting_view import fitting, meeting_map, meeting_view
from hotspots.web.place_view import credit, place_map

_WIDE = (1180, 800)


@dataclass(frozen=True)
class Slide:
    """One slide: the overview, a place, or how the last map did."""

    kind: str
    card: Card | None = None
    position: int = 0


def blueprint(context: Context) -> Blueprint:
    """Return present mode's blueprint."""
    pages = Blueprint("present", __name__)

    @context.chosen
    def page(choice: Choice) -> ResponseReturnValue:
        area = choice.area.code
        meeting = context.views.meeting(choice.period.id, choice.category.code, area)
        wards = context.views.wards(meeting.result, area)
        slides = slides_of(meeting)
        at = _asked(slides)
        slide = slides[at]
        view = meeting_view(meeting, wards, choice.category)
        if slide.card is None:
            drawn = meeting_map(meeting, wards, *_WIDE, "slide", text_px=24)
        else:
            place = find_place(meeting, slide.card.place_id)
            streets = context.source.streets()
            drawn = place_map(
                place, meeting, wards, streets, *_WIDE, "slide", text_px=24, locator=True
            )
        return render_template(
            "present.html",
            choice=choice,
            view=view,
            slide=slide,
            credit=credit(context.source.streets()) if slide.card else "",
            small_map=_small(slide, meeting, wards),
            card=_card_of(view.cards, slide),
            map=drawn,
            at=at,
            of=len(slides),
            data_to=data_to(context.source.data_to()),
        )

    pages.add_url_rule("/present", "page", page)
    return pages


def slides_of(meeting: Meeting) -> list[Slide]:
    """Return the slides of a meeting: the overview, each listed place, how the last map did."""
    places = [
        Slide("place", card, i)
        for question in QUESTIONS
        for i, card in enumerate(meeting.cards[question])
    ]
    return [Slide("overview"), *places, Slide("score")]


def _asked(slides: list[Slide]) -> int:
    """Return the slide of ``?slide=``, or that of ``?place=``; the nearest there is."""
    wanted = request.args.get("place")
    for i, slide in enumerate(slides):
        if wanted and slide.card is not None and slide.card.place_id == wanted:
            return i
    text = request.args.get("slide", "0")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    return min(number, len(slides) - 1)


def _small(slide: Slide, meeting: Meeting, wards: Wards) -> Markup:
    """Return the slide's map for a phone."""
    if slide.card is None:
        return meeting_map(meeting, wards, *fitting(wards, 360, 360), "small-slide")
    place = find_place(meeting, slide.card.place_id)
    return place_map(place, meeting, wards, None, 360, 320, "small-slide")


def _card_of(cards: dict[Question, list[dict[str, Any]]], slide: Slide) -> dict[str, Any] | None:
    if slide.card is None:
        return None
    found: dict[str, Any] = cards[slide.card.place.question][slide.position]
    return found
