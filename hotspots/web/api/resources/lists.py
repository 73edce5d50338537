"""What can be asked for: categories, areas, periods, and the kinds of problem."""

from __future__ import annotations

from hotspots.areas import areas_of
from hotspots.web.api import answers, problems
from hotspots.web.api.arguments import Arguments, OfPeriods, Paged
from hotspots.web.api.common import choice, counts, part, period_of, said
from hotspots.web.api.resource import Made, Resource
from hotspots.web.context import Context


def _categories(context: Context, asked: Paged) -> Made:
    known = context.source.categories()
    items = [
        answers.CategoryOf(
            code=category.code,
            label=category.label,
            short=category.short,
            incidents=count,
            kinds=list(context.source.period_kinds(category.code)),
        )
        for category, count in part(known, asked)
    ]
    answer = answers.Categories(about=said(context), items=items, **counts(len(known), items))
    return Made(answer, len(known))


def _areas(context: Context, asked: Paged) -> Made:
    # without any wards there is no area
    known = areas_of(context.source.wards()) if context.source.vintages() else ()
    items = [answers.AreaOf(code=area.code, name=area.name) for area in part(known, asked)]
    answer = answers.Areas(about=said(context), items=items, **counts(len(known), items))
    return Made(answer, len(known))


def _periods(context: Context, asked: OfPeriods) -> Made:
    category = choice(context, asked.category, "", "").category.code
    known = [
        period
        for kind in context.source.period_kinds(category)
        if asked.kind in (None, kind)
        for period in context.source.periods(category, kind)
    ]
    items = [period_of(period) for period in part(known, asked)]
    answer = answers.Periods(
        about=said(context), category=category, items=items, **counts(len(known), items)
    )
    return Made(answer, len(known), {"category": category})


def _problems(_: Context, __: Arguments) -> Made:
    items = [
        answers.ProblemType(id=name, status=status, title=title)
        for status, (name, title) in problems.KINDS.items()
    ]
    return Made(answers.Problems(items=items))


RESOURCES = (
    Resource(
        "categories",
        "/categories",
        "The categories and totals that have incidents.",
        Paged,
        answers.Categories,
        _categories,
    ),
    Resource(
        "areas",
        "/areas",
        "The parts of the wards that can be looked at.",
        Paged,
        answers.Areas,
        _areas,
    ),
    Resource(
        "periods",
        "/periods",
        "The periods of a category, the oldest first.",
        OfPeriods,
        answers.Periods,
        _periods,
    ),
    Resource(
        "problems",
        "/problems",
        "The kinds of problem that an answer may be.",
        Arguments,
        answers.Problems,
        _problems,
    ),
)
