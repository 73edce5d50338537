"""A place's card in words: what the meeting, the slides and the place's page say of it."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup

from hotspots.drawing import bar_chart
from hotspots.meeting.meeting import Card, Meeting
from hotspots.meeting.trend import Trend
from hotspots.results import words
from hotspots.results.headlines import short_period, unit
from hotspots.web.facts import place_title
from hotspots.web.text import capital, decimal, tidy, whole

#: What a place is on the list for that this period alone would not put there.
_WHY_LISTED = "Listed for what is expected next."
#: What a badge says of a place that is no hot spot on this map.
_NOT_HOT = "Not a hot spot"


def districts(meeting: Meeting) -> dict[str, str]:
    """Return the name of each ward's district."""
    wards = meeting.result.wards
    return {
        str(code): tidy(name)
        for code, name in zip(wards["ward_code"], wards["district_name"], strict=True)
    }


def card_view(card: Card, meeting: Meeting, chart_id: str) -> dict[str, Any]:
    """Return what a card says; texts only, and its line as a drawing."""
    row = card.place
    count, _, rest = str(row.claim).partition(" ")
    strength, chance = evidence_words(str(row.strength), float(row.p_value), meeting)
    return {
        "id": card.place_id,
        "marker": str(row.marker),
        "question": str(row.question),
        "hot": bool(row.hot),
        "name": place_title(row),
        "borough": districts(meeting).get(str(row.ward_code), ""),
        "status": capital(card.status or _NOT_HOT),
        "held": held(card, meeting),
        "peak": card.rhythm.short.replace("Daily", "daily") if card.rhythm else "",
        "count": count,
        "claim": rest,
        "strength": strength,
        "chance": chance,
        "firm": firm_words(card),
        "trend": card.trend.describe,
        "chart": trend_chart(card.trend, str(row.question), chart_id, place_title(row)),
        "whole": f"{whole(row.incidents)} in the outline, {decimal(row.area_km2)}\u00a0km²",
    }


def evidence_words(strength: str, p_value: float, meeting: Meeting) -> tuple[str, str]:
    """Return how real a place is: the strength, which a page may set off, and the rest."""
    said = words.evidence(strength, p_value, int(meeting.result.totals["cells"]))
    lead, mark, rest = re.split(r"([.:]) ", said, maxsplit=1)
    return lead + mark, rest


def firm_words(card: Card) -> str:
    """Return in how many settings the place stays hot, and what changes that."""
    if card.firmness is None:
        return _WHY_LISTED if str(card.place.strength) == words.CHANCE else ""
    return " ".join(filter(None, [card.firmness.sentence, card.firmness.changes]))


def held(card: Card, meeting: Meeting) -> str:
    """Return on how many maps the place was hot: "Hot in 13 of 13 months"."""
    hot = sum(was_hot for _, was_hot in card.held)
    if not hot or len(card.held) < 2:
        return ""
    return f"Hot in {hot:,} of {len(card.held):,} {unit(meeting.result.period, len(card.held))}"


def trend_chart(trend: Trend, question: str, chart_id: str, title: str) -> Markup:
    """Return the line of the last year as bars."""
    last = trend.counts[-1] if trend.counts else None
    names = [short_period(period) for period in trend.periods]
    return bar_chart(
        trend.counts,
        names,
        width=232,
        height=78,
        usual=trend.usual,
        question=question,
        id=chart_id,
        title=f"{title}: the last year",
        describe=trend.describe,
        first_label=names[0] if names else "",
        last_label=f"{names[-1]}: {'no data' if last is None else last}" if names else "",
    )
