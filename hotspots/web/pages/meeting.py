"""The meeting's first screen."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from hotspots.web.choices import Choice
from hotspots.web.context import Context
from hotspots.web.data_page import bar
from hotspots.web.facts import data_to
from hotspots.web.meeting_view import meeting_view


def blueprint(context: Context) -> Blueprint:
    """Return the meeting's blueprint."""
    pages = Blueprint("meeting", __name__)

    @context.chosen
    def page(choice: Choice) -> ResponseReturnValue:
        area = choice.area.code
        meeting = context.views.meeting(choice.period.id, choice.category.code, area)
        wards = context.views.wards(meeting.result, area)
        return render_template(
            "meeting.html",
            choice=choice,
            view=meeting_view(meeting, wards, choice.category),
            bar=bar(meeting.result.findings),
            data_to=data_to(context.source.data_to()),
        )

    pages.add_url_rule("/", "page", page)
    return pages
