"""Two periods, or two categories, side by side."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from hotspots.errors import ResultError
from hotspots.meeting.comparing import Side
from hotspots.meeting.counts import count_in_wards
from hotspots.model import Period, Wards
from hotspots.quality.faulty import faulty_months
from hotspots.results import Result
from hotspots.taxonomy import Category
from hotspots.web.against import Against, against_of
from hotspots.web.choices import LAYERS, Choice
from hotspots.web.compare_view import CompareView
from hotspots.web.compare_words import Half
from hotspots.web.context import Context
from hotspots.web.facts import data_to
from hotspots.web.text import tidy


def blueprint(context: Context) -> Blueprint:
    """Return the blueprint of the comparison."""
    pages = Blueprint("compare", __name__)

    @context.chosen
    def page(choice: Choice) -> ResponseReturnValue:
        against = against_of(choice, context.source, request.args)
        return render_template(
            "compare.html",
            choice=choice,
            against=against,
            layers=LAYERS,
            view=_view(context, choice, against),
            data_to=data_to(context.source.data_to()),
        )

    pages.add_url_rule("/compare", "page", page)
    return pages


def _view(context: Context, choice: Choice, against: Against) -> CompareView:
    results = [_result(context, choice, *asked) for asked in against.sides]
    if all(result is None for result, _ in results):
        raise ResultError(
            f"One of the two sides must have data; {results[0][1]} Choose other periods."
        )
    shared = _shared(context, choice, [result for result, _ in results])
    first, second = (
        _half(context, choice, shared, asked, *found)
        for asked, found in zip(against.sides, results, strict=True)
    )
    incidents = context.source.incidents(second.category.code)
    return CompareView(first, second, incidents, shared, against.question, choice.layer.code)


def _result(
    context: Context, choice: Choice, period: Period, category: Category
) -> tuple[Result | None, str]:
    """Return a side's result, or none and why there is none."""
    try:
        return context.views.result(period.id, category.code, choice.area.code), ""
    except ResultError as error:
        return None, tidy(str(error))


def _shared(context: Context, choice: Choice, results: list[Result | None]) -> Wards:
    """Return the wards that both sides are counted in: those of the later that has data."""
    known = next(result for result in reversed(results) if result is not None)
    return context.views.wards(known, choice.area.code)


def _half(
    context: Context,
    choice: Choice,
    shared: Wards,
    asked: tuple[Period, Category],
    result: Result | None,
    why: str,
) -> Half:
    period, category = asked
    source = context.source
    counts = count_in_wards(
        source.incidents(category.code),
        shared,
        period,
        category,
        faulty_months(source.findings(), category.code),
    )
    own: Any = shared if result is None else context.views.wards(result, choice.area.code)
    return Half(Side(result, counts), own, period, category, why)
