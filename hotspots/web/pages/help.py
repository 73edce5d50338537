"""What each map means and does not mean, in plain English."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from hotspots.errors import HotspotsError
from hotspots.web.context import Context


def blueprint(context: Context) -> Blueprint:
    """Return the help page's blueprint."""
    pages = Blueprint("help", __name__)

    def page() -> ResponseReturnValue:
        try:
            choice = context.choice()
        except HotspotsError:  # help is there whatever the address says
            choice = None
        source = context.source
        profile = source.profile_of(choice.category.code) if choice else source.profile
        return render_template("help.html", choice=choice, profile=profile)

    pages.add_url_rule("/help", "page", page)
    return pages
