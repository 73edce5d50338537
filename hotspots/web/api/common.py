"""What resources share: the result that arguments ask for, and what must be said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import hotspots
from hotspots.errors import ResultError
from hotspots.model import Period
from hotspots.results import Result
from hotspots.versions import called
from hotspots.web.api import answers
from hotspots.web.api.arguments import OfView, Paged
from hotspots.web.choices import Choice, choose
from hotspots.web.context import Context
from hotspots.web.facts import is_missing

T = TypeVar("T")


@dataclass(frozen=True)
class Shown:
    """A result and how it was asked for."""

    result: Result
    area: str
    about: answers.About

    @property
    def known(self) -> bool:
        """Whether the counts mean anything."""
        return self.about.known

    @property
    def pinned(self) -> dict[str, str]:
        """The arguments that lead to this result, also when newer data have come."""
        chosen = {"category": self.result.category, "period": self.result.period.id}
        return chosen | ({"area": self.area} if self.area else {})


def said(context: Context) -> answers.Said:
    """Return what must be said with any answer."""
    return answers.Said(**_said(context))


def choice(context: Context, category: str, period: str, area: str) -> Choice:
    """Return what is asked for.

    Raises
    ------
    UsageError, ResultError
        If there is none of that name, or no data of it.
    """
    query = {"category": category, "period": period, "area": area}
    chosen = choose(context.source, query)
    if chosen is None:
        raise ResultError(
            "There must be incidents and wards to answer from; there are none: add files first."
        )
    if period and chosen.period.id != Period.parse(period).id:
        # a page shows the nearest there is instead and says so; a program must not be misled
        raise ResultError(
            f"A period must be one that the category is known by; {category or 'it'} is known by "
            f"month only, got {period!r:.40}: ask for {chosen.period.id}."
        )
    return chosen


def shown(context: Context, asked: OfView) -> Shown:
    """Return the result that arguments ask for; raises ``Working`` while it is computed."""
    chosen = choice(context, asked.category, asked.period, asked.area)
    area = chosen.area.code
    result = context.views.result(chosen.period.id, chosen.category.code, area)
    return Shown(result, area, about(context, result, area))


def about(context: Context, result: Result, area: str) -> answers.About:
    """Return where a result comes from."""
    usual = _said(context)
    usual["notices"] = sorted({*usual["notices"], *result.notices})
    return answers.About(
        **usual,
        run=result.provenance["run"],
        profile=called(result.provenance["profile"]),
        period=period_of(result.period),
        category=result.category,
        area=area,
        ward_vintage=str(result.provenance["wards"]["vintage"]),
        known=not is_missing(result),
        complete=bool(result.totals["complete"]),
        snapped=bool(result.totals["moved"]),
        notes=list(result.notes),
        findings=[finding.code for finding in result.findings],
    )


def period_of(period: Period) -> answers.PeriodOf:
    """Return a period as answers have it."""
    return answers.PeriodOf(
        id=period.id,
        label=period.label,
        kind=period.kind,
        start=period.start.isoformat(),
        end=period.end.isoformat(),
    )


def part(items: Sequence[T], asked: Paged) -> Sequence[T]:
    """Return the part of a list (or of a frame) that is asked for."""
    return items[asked.offset : asked.offset + asked.limit]


def counts(matched: int, returned: Sequence[Any]) -> dict[str, Any]:
    """Return the two numbers that a collection begins with."""
    return {"numberMatched": matched, "numberReturned": len(returned)}


def _said(context: Context) -> dict[str, Any]:
    settings = context.source.settings
    return {
        "workspace": settings.name,
        "version": hotspots.__version__,
        "marking": settings.marking,
        "notices": list(context.source.notices()),
    }
