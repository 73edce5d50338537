"""The sentences of a page: its headline, and what an empty list says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hotspots.model import Period
from hotspots.results import Result, words
from hotspots.results.headlines import (
    FEW_USUAL,
    average,
    compared,
    standing_out,
    unit,
    when,
)
from hotspots.taxonomy import Category
from hotspots.web.text import plain, tidy, whole

__all__ = ["empty", "headline", "noun", "when"]

#: Nouns of categories whose label does not go before "incidents".
_NOUNS = {
    "asb": ("ASB incident", "ASB incidents"),
    "deliberate_fire": ("deliberate fire", "deliberate fires"),
    "violence": ("violent or sexual offence", "violent and sexual offences"),
    "weapons": ("weapon possession", "weapon possessions"),
    "robbery": ("robbery", "robberies"),
    "burglary": ("burglary", "burglaries"),
    "vehicle_crime": ("vehicle crime", "vehicle crimes"),
    "bicycle_theft": ("bicycle theft", "bicycle thefts"),
    "theft_from_person": ("theft from the person", "thefts from the person"),
    "other_theft": ("other theft", "other thefts"),
    "drugs": ("drug incident", "drug incidents"),
    "other_crime": ("other crime", "other crimes"),
    "crime": ("crime", "crimes"),
    "unmapped": ("incident not yet mapped", "incidents not yet mapped"),
}


def noun(category: Category, count: int) -> str:
    """Return what is counted, in the number that goes with ``count``."""
    label = plain(tidy(category.label))
    one, many = _NOUNS.get(category.code, (f"{label} incident", f"{label} incidents"))
    return one if count == 1 else many


def headline(result: Result, category: Category) -> str:
    """Return the one sentence or two that answer the page."""
    count = int(result.totals["incidents"])
    counts = f"{whole(count)} {noun(category, count)} {when(result.period)}"
    against = _against_usual(result.totals, result.period)
    return f"{counts}{against}. {_places(result)}"


def _against_usual(totals: Mapping[str, Any], period: Period) -> str:
    usual, periods = totals["usual"], int(totals["history_periods"])
    if not totals["complete"]:
        return " so far"
    if usual is None or not periods:
        return ""
    if usual < FEW_USUAL:
        return f"; {words.about(usual)} {'are' if usual >= 1.5 else 'is'} usual"
    return f", {compared(int(totals['incidents']) / usual)} the {average(totals, period)}"


def _places(result: Result) -> str:
    question = result.hotspots["question"]
    concentrated, worse = (int((question == name).sum()) for name in ("concentrated", "worse"))
    return standing_out(
        concentrated,
        worse,
        result.period,
        compared_with=bool(result.totals["history_periods"]),
    )


def empty(question: str, result: Result) -> list[str]:
    """Return what the list of a question says when no place is on it; the last says what to do."""
    totals = result.totals
    squares = f"{totals['cells']:,} squares were checked."
    if not totals["incidents"]:
        return ["There are no incidents in this period.", "Choose another period or category."]
    if question == "worse":
        return _empty_worse(totals, result.period, squares)
    said = ["No place stands out from the rest.", squares]
    if needed := totals.get("needed_concentrated"):
        said.append(f"A block of squares would have needed {words.incidents(int(needed))}.")
    return [*said, "Choose a longer period, or look at Density."]


def _empty_worse(totals: Mapping[str, Any], period: Period, squares: str) -> list[str]:
    one = unit(period)
    periods = int(totals["history_periods"])
    if not periods:
        return [
            f"There is no complete earlier {one} to compare with.",
            f"Choose a later {one}, or add files of earlier ones.",
        ]
    length = f"its own last {periods:,} {one}s" if periods > 1 else f"its own {one} before"
    if totals.get("history") == "season":
        length = "in the same season of earlier years"
    said = [f"Nowhere is worse than {length}.", squares]
    if needed := totals.get("needed_worse"):
        said.append(f"A place that usually has 2 a {one} would have needed {whole(needed)}.")
    return [*said, "Look at Concentrated for where incidents always gather."]
