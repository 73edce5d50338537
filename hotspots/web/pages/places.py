"""Every place that was a hot spot, with its address."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from hotspots.web.choices import Choice
from hotspots.web.context import Context
from hotspots.web.facts import about, data_to
from hotspots.web.places_view import places_view


def blueprint(context: Context) -> Blueprint:
    """Return the blueprint of the list of places."""
    pages = Blueprint("places", __name__)

    @context.chosen
    def page(choice: Choice) -> ResponseReturnValue:
        area = choice.area.code
        meeting = context.views.meeting(choice.period.id, choice.category.code, area)
        return render_template(
            "places.html",
            choice=choice,
            view=places_view(meeting),
            about=about(meeting.result),
            data_to=data_to(context.source.data_to()),
        )

    pages.add_url_rule("/places", "page", page)
    return pages
