"""The ward shortlist: which wards need attention, and why."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from hotspots.web.choices import Choice
from hotspots.web.context import Context
from hotspots.web.facts import data_to
from hotspots.web.shortlist_view import ShortlistView


def blueprint(context: Context) -> Blueprint:
    """Return the shortlist's blueprint."""
    pages = Blueprint("shortlist", __name__)

    @context.chosen
    def page(choice: Choice) -> ResponseReturnValue:
        area = choice.area.code
        result = context.views.result(choice.period.id, choice.category.code, area)
        shortlist = context.views.shortlist(result, area)
        return render_template(
            "shortlist.html",
            choice=choice,
            view=ShortlistView(shortlist, result, context.views.wards(result, area)),
            data_to=data_to(context.source.data_to()),
        )

    pages.add_url_rule("/wards/shortlist", "page", page)
    return pages
