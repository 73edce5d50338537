"""The sentences of a page: its headline, and what an empty list says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hotspots.model import Period
from hotspots.results import Result, words
from hotspots.taxonomy import Category
from hotspots.web.text import capital, counted, plain, tidy, whole

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
#: Below this usual count a percentage would make much of little.
_FEW_USUAL = 10


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


def when(period: Period) -> str:
    """Return the period as it goes after a count: "in March 2022"."""
    return f"in the {period.label}" if period.kind == "week" else f"in {period.label}"


def _against_usual(totals: Mapping[str, Any], period: Period) -> str:
    usual, periods = totals["usual"], int(totals["history_periods"])
    if not totals["complete"]:
        return " so far"
    if usual is None or not periods:
        return ""
    if usual < _FEW_USUAL:
        return f"; {words.about(usual)} {'are' if usual >= 1.5 else 'is'} usual"
    return f", {_compared(int(totals['incidents']) / usual)} the {_span(totals, period)}"


def _compared(ratio: float) -> str:
    percent = round(100 * (ratio - 1))
    if percent == 0:
        return "the same as"
    if ratio >= 2:
        return f"{ratio:.1f} times"
    return f"{abs(percent)}% {'above' if percent > 0 else 'below'}"


def _span(totals: Mapping[str, Any], period: Period) -> str:
    if totals.get("history") == "season":
        return "average of the same season in earlier years"
    return f"{int(totals['history_periods'])}-{_unit(period)} average"


def _places(result: Result) -> str:
    question = result.hotspots["question"]
    concentrated, worse = int((question == "concentrated").sum()), int((question == "worse").sum())
    if concentrated == 1:
        first = "One place stands out"
    else:
        first = f"{capital(counted(concentrated))} place{'s' * (concentrated != 1)} stand out"
    if concentrated == 0:
        first = "No place stands out"
    return f"{first}{_worse(worse, result)}."


def _worse(count: int, result: Result) -> str:
    if not result.totals["history_periods"]:
        return f"; there is no complete earlier {_unit(result.period)} to compare with"
    if count == 0:
        return "; none is worse than usual"
    return f"; {counted(count)} {'is' if count == 1 else 'are'} worse than usual"


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
    unit = _unit(period)
    periods = int(totals["history_periods"])
    if not periods:
        return [
            f"There is no complete earlier {unit} to compare with.",
            f"Choose a later {unit}, or add files of earlier ones.",
        ]
    length = f"its own last {periods:,} {unit}s" if periods > 1 else f"its own {unit} before"
    if totals.get("history") == "season":
        length = "in the same season of earlier years"
    said = [f"Nowhere is worse than {length}.", squares]
    if needed := totals.get("needed_worse"):
        said.append(f"A place that usually has 2 a {unit} would have needed {whole(needed)}.")
    return [*said, "Look at Concentrated for where incidents always gather."]


def _unit(period: Period) -> str:
    return {"week": "week", "month": "month", "year": "year"}.get(period.kind, "period")
