"""The table of the wards, the map's twin."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from hotspots.meeting.counts import Counts, count_in_wards
from hotspots.model import Period
from hotspots.quality.faulty import faulty_months
from hotspots.results import Result
from hotspots.web.choices import Choice
from hotspots.web.context import Context
from hotspots.web.facts import data_to
from hotspots.web.ward_view import WardCounts, WardView


def blueprint(context: Context) -> Blueprint:
    """Return the blueprint of the wards' page."""
    pages = Blueprint("wards", __name__)

    @context.chosen
    def page(choice: Choice) -> ResponseReturnValue:
        area = choice.area.code
        result = context.views.result(choice.period.id, choice.category.code, area)
        wards = context.views.wards(result, area)
        return render_template(
            "wards.html",
            choice=choice,
            view=WardView(result, wards, choice.category, _counts(context, choice, result)),
            result=result,
            data_to=data_to(context.source.data_to()),
        )

    pages.add_url_rule("/wards", "page", page)
    return pages


def _counts(context: Context, choice: Choice, result: Result) -> WardCounts:
    """Return the counts of the three periods in the wards that the result was made with."""
    source, code = context.source, choice.category.code
    wards = context.views.wards(result, choice.area.code)
    incidents = source.incidents(code)
    faulty = faulty_months(source.findings(), code)

    def count(period: Period) -> Counts:
        return count_in_wards(incidents, wards, period, choice.category, faulty)

    now = choice.period
    return WardCounts(count(now), count(now.back(1)), count(now.years_back(1)))
