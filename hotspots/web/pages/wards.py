"""The table of the wards, the map's twin."""

from __future__ import annotations

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from hotspots.meeting.counts import Counts, count_in_wards
from hotspots.model import Period
from hotspots.quality.faulty import faulty_months
from hotspots.results import Result
from hotspots.web.choices import Choice
from hotspots.web.context import Context, revalidated
from hotspots.web.facts import data_to
from hotspots.web.ward_csv import as_csv
from hotspots.web.ward_view import WardCounts, WardView


def blueprint(context: Context) -> Blueprint:
    """Return the blueprint of the wards' page and of its table as a file."""
    pages = Blueprint("wards", __name__)

    def view_of(choice: Choice) -> tuple[Result, WardView]:
        area = choice.area.code
        result = context.views.result(choice.period.id, choice.category.code, area)
        wards = context.views.wards(result, area)
        return result, WardView(result, wards, choice.category, _counts(context, choice, result))

    @context.chosen
    def page(choice: Choice) -> ResponseReturnValue:
        result, view = view_of(choice)
        return render_template(
            "wards.html",
            choice=choice,
            view=view,
            result=result,
            data_to=data_to(context.source.data_to()),
        )

    @context.chosen
    def as_file(choice: Choice) -> Response:
        _, view = view_of(choice)
        response = revalidated(as_csv(view, context.source.notices()), "text/csv")
        name = f"wards-{choice.category.code}-{choice.period.id}.csv".replace("..", "-to-")
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    pages.add_url_rule("/wards", "page", page)
    pages.add_url_rule("/wards.csv", "csv", as_file)
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
