"""The list of all places that were hot spots in the last year: one row an identity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hotspots.meeting.held import held_on
from hotspots.meeting.maps import QUESTIONS
from hotspots.meeting.meeting import Meeting
from hotspots.meeting.naming import place_name
from hotspots.meeting.scoring import in_spots
from hotspots.meeting.track import TrackedSpot
from hotspots.meeting.trend import line_periods
from hotspots.results.headlines import unit
from hotspots.web.text import capital, counted, tidy


@dataclass(frozen=True)
class PlacesView:
    """The list, ready to be written into a page."""

    headline: str
    rows: list[dict[str, Any]]


def places_view(meeting: Meeting) -> PlacesView:
    """Return every place that was a hot spot in the year up to a meeting's period."""
    rows = [row for question in QUESTIONS for row in _rows(meeting, question)]
    rows.sort(key=lambda row: (row["question"], not row["hot_now"], -row["hot_on"], row["name"]))
    hot = sum(row["hot_now"] for row in rows)
    were = "place was a hot spot" if len(rows) == 1 else "places were hot spots"
    year = f"{counted(len(rows))} {were} in the last year"
    now = f"{counted(hot)} {'is' if hot == 1 else 'are'} now"
    return PlacesView(f"{capital(year)}; {now}.", rows)


def _rows(meeting: Meeting, question: Any) -> list[dict[str, Any]]:
    period = meeting.result.period
    line = {one.id for one in line_periods(period)}
    seen: dict[str, TrackedSpot] = {}
    for drawn in meeting.track.maps:
        if drawn.period.id in line and drawn.period.start <= period.start:
            seen |= {spot.place_id: spot for spot in drawn.of(question)}
    return [_row(meeting, place_id, spot) for place_id, spot in seen.items()]


def _row(meeting: Meeting, place_id: str, spot: TrackedSpot) -> dict[str, Any]:
    period = meeting.result.period
    history = held_on(meeting.track, spot.question, place_id, spot.peak_xy, period.id)
    hot = [earlier for earlier, was_hot in history if was_hot]
    card = next((c for c in meeting.cards[spot.question] if c.place_id == place_id), None)
    evidence = meeting.evidence
    inside = in_spots(evidence.grid, (spot,), evidence.xy)
    known = card.place.name if card else None
    name = known or place_name(evidence.frame[inside], evidence.wards, spot.peak_xy)
    hot_now = card is not None and card.status is not None
    return {
        "id": place_id,
        "name": tidy(name),
        "question": spot.question,
        "asks": "Concentrated" if spot.question == "concentrated" else "Worse than usual",
        "marker": str(card.place.marker) if card else "",
        "hot_now": hot_now,
        "status": capital(card.status) if card and card.status else "Not a hot spot now",
        "hot_on": len(hot),
        "held": f"{len(hot):,} of {len(history):,} {unit(meeting.result.period, len(history))}",
        "first": capital(hot[0].label) if hot else "",
        "last": capital(hot[-1].label) if hot else "",
        "order": hot[-1].start.isoformat() if hot else "",
    }
