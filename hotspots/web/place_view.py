"""One place's page: where, how sure, when, what kind, what to minute."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
from markupsafe import Markup

from hotspots.drawing import Mark, draw_map, line_chart, week_grid
from hotspots.meeting.contents import Count
from hotspots.meeting.drawn import cell_shades, dots_in
from hotspots.meeting.held import status_of
from hotspots.meeting.meeting import Meeting
from hotspots.meeting.place import Place, Tested
from hotspots.model import Period, Wards
from hotspots.profile import CLASSES
from hotspots.results import words
from hotspots.results.headlines import short_period, unit
from hotspots.taxonomy import Category
from hotspots.web import sentences
from hotspots.web.cards import districts, evidence_words, firm_words
from hotspots.web.facts import about
from hotspots.web.text import capital, plain, tidy, whole

#: Half the side of the map round a place, metres.
REACH_M = 900.0
_MAP = (600, 470)
#: The same on a phone, where the large one's letters would shrink with it.
_SMALL = (360, 320)


class PlaceView:
    """A place, ready to be written into a page; texts and drawings."""

    def __init__(
        self,
        place: Place,
        meeting: Meeting,
        wards: Wards,
        category: Category,
        streets: gpd.GeoDataFrame | None,
    ) -> None:
        result = meeting.result
        self.place = place
        self.name = tidy(place.name)
        self.question = place.address.question
        self.marker = str(place.card.place.marker) if place.card else ""
        self.hot = place.spot is not None
        self.where = _where(place, meeting, category)
        self.status = _status(place, meeting)
        self.claims = claims(place, meeting)
        self.count, _, self.claim = self.claims[0].partition(" ")
        self.strength, self.chance = _strength(place, meeting)
        self.firm = firm_words(place.card) if place.card else ""
        self.map = place_map(place, meeting, wards, streets, *_MAP, "place-map")
        self.small_map = place_map(place, meeting, wards, streets, *_SMALL, "small-place-map")
        self.credit = credit(streets)
        self.moved = bool(result.totals["moved"])
        self.rhythm = place.rhythm
        self.week = _week(place)
        self.line = _line(place, meeting)
        self.trend = place.trend.describe
        self.kinds = _counts(place.kinds)
        self.locations = _counts(place.locations)
        self.agencies = _counts(place.agencies)
        self.in_year = place.in_year
        self.year = _year(place)
        self.neighbours = [
            {"id": one.id, "name": tidy(one.name), "words": one.words} for one in place.neighbours
        ]
        self.minutes = minutes(place, meeting, category)
        self.notes = [tidy(note) for note in result.notes]
        self.about = about(result)


def credit(streets: gpd.GeoDataFrame | None) -> str:
    """Return whose streets are drawn: their licence may ask for it."""
    return "" if streets is None else tidy(streets.attrs.get("attribution"))


def _where(place: Place, meeting: Meeting, category: Category) -> str:
    row = place.card.place if place.card else None
    borough = districts(meeting).get(str(row.ward_code), "") if row else ""
    parts = [borough, tidy(category.label), capital(meeting.result.period.label)]
    return " · ".join(part for part in parts if part)


def _status(place: Place, meeting: Meeting) -> str:
    hot = sum(was_hot for _, was_hot in place.held)
    known = len(place.held)
    held = f"hot in {hot:,} of {known:,} {unit(meeting.result.period, known)}" if hot else ""
    if place.spot is not None:
        status = capital(status_of(place.spot, place.held))
        return f"{status}: {held}" if known > 1 else status
    return f"Not a hot spot now; {held}" if held else "Not a hot spot"


def claims(place: Place, meeting: Meeting) -> list[str]:
    """Return what can be claimed of the block: its own question first, then the other one."""
    tested = place.tested
    if place.card is not None:
        first = str(place.card.place.claim)
    elif tested is None:
        first = "0 squares of the grid lie here: this spot is outside the area."
    else:
        first = _claim(place.address.question, tested, meeting)
    other = _other(place, tested, meeting)
    return [first, *other]


def _claim(question: str, tested: Tested, meeting: Meeting) -> str:
    baseline = str(meeting.result.provenance["profile"]["baseline"])
    expected = tested.usual if question == "worse" else tested.even
    if expected is None:
        return words.incidents(tested.count) + " here."
    return words.claim(question, tested.count, expected, baseline)


def _other(place: Place, tested: Tested | None, meeting: Meeting) -> list[str]:
    """Return what the other question's test says of the same block."""
    if tested is None:
        return []
    limits = meeting.result.provenance["profile"]["class_limits"]
    per = unit(meeting.result.period)
    if place.address.question == "concentrated":
        if tested.p_worse is None or tested.usual is None:
            return [f"There is no earlier {per} to say what is usual here."]
        usual = f"{words.about(tested.usual)} a {per} is usual here"
        if words.strength(tested.p_worse[1], limits) in CLASSES[:-1]:
            return [f"Worse than usual too: {usual}."]
        return [f"Not worse than usual: {usual}."]
    if tested.p_concentrated is None or tested.even is None:
        return []
    even = f"{words.about(tested.even)} if spread evenly"
    if words.strength(tested.p_concentrated[1], limits) in CLASSES[:-1]:
        return [f"Concentrated here too: {even}."]
    return [f"Not clearly more than elsewhere: {even}."]


def _strength(place: Place, meeting: Meeting) -> tuple[str, str]:
    if place.card is not None:
        row = place.card.place
        return evidence_words(str(row.strength), float(row.p_value), meeting)
    tested = place.tested
    worse = place.address.question == "worse"
    pair = tested and (tested.p_worse if worse else tested.p_concentrated)
    if not pair:
        return "", ""
    strength = words.strength(pair[1], meeting.result.provenance["profile"]["class_limits"])
    listed = strength if strength in CLASSES else words.CHANCE
    return evidence_words(listed, pair[0], meeting)


def place_map(
    place: Place,
    meeting: Meeting,
    wards: Wards,
    streets: gpd.GeoDataFrame | None,
    width: int,
    height: int,
    name: str,
    **options: Any,
) -> Markup:
    """Return the map round a place: shaded squares, its outline, dots, streets."""
    west, south, east, north = place.outline.bounds
    x, y = (west + east) / 2, (south + north) / 2
    reach = max(REACH_M, 0.75 * max(east - west, north - south))
    view = (x - reach, y - reach, x + reach, y + reach)
    marks = [
        Mark(
            marker=str(place.card.place.marker) if place.card else "•",
            question=place.address.question,
            polygon=place.outline,
            peak_xy=_peak(place),
            hot=place.spot is not None,
            current=True,
            label=tidy(place.name),
        )
    ]
    return draw_map(
        wards,
        width=width,
        height=height,
        id=name,
        title=f"Map round {tidy(place.name)}",
        describe="The outline of the place, the squares that are hot and the incidents as dots.",
        shades=cell_shades(meeting, place.address.question),
        marks=marks,
        dots=dots_in(meeting, view),
        streets=streets,
        view=view,
        ward_labels="all",
        **options,
    )


def _peak(place: Place) -> tuple[float, float]:
    if place.card is not None:
        return float(place.card.place.peak_x), float(place.card.place.peak_y)
    if place.spot is not None:
        return place.spot.peak_xy
    at = place.block.polygon.centroid
    return float(at.x), float(at.y)


def _week(place: Place) -> Markup | None:
    found = place.rhythm
    if found is None or not found.known:
        return None
    return week_grid(
        found.weights,
        peak=found.peak,
        width=1240,
        height=350,
        id="week-chart",
        title="Days and hours",
        describe=found.sentence,
    )


def _line(place: Place, meeting: Meeting) -> Markup:
    trend = place.trend
    return line_chart(
        trend.counts,
        [short_period(period) for period in trend.periods],
        width=1240,
        height=250,
        usual=trend.usual,
        question=place.address.question,
        id="line-chart",
        title="The last year",
        describe=trend.describe,
        hot=trend.hot,
    )


def _counts(counts: tuple[Count, ...]) -> list[dict[str, str]]:
    return [
        {"label": tidy(one.label), "count": whole(one.count), "share": f"{100 * one.share:.0f}%"}
        for one in counts
    ]


def _year(place: Place) -> str:
    first, last = place.trend.periods[0], place.trend.periods[-1]
    return f"{_start(first)} to {capital(last.label) if last.kind == 'month' else _end(last)}"


def _start(period: Period) -> str:
    return capital(period.label) if period.kind == "month" else words.day(period.start)


def _end(period: Period) -> str:
    return words.day((pd.Timestamp(period.end) - pd.Timedelta(days=1)).date())


def minutes(place: Place, meeting: Meeting, category: Category) -> list[str]:
    """Return the sentences that a meeting can minute; each stands by itself."""
    when = sentences.when(meeting.result.period)
    tested = claims(place, meeting)
    noun = plain(tidy(category.label))
    strength, chance = _strength(place, meeting)
    said = [
        f"{tidy(place.name)}, {noun} {when}: {plain(tested[0])}",
        f"{strength} {chance}".strip(),
        *tested[1:],
        f"{_status(place, meeting)}.",
        place.trend.describe,
    ]
    if place.card is not None and place.card.firmness is not None:
        said.append(firm_words(place.card))
    if place.rhythm is not None:
        said.append(place.rhythm.sentence)
    if meeting.result.totals["moved"]:
        said.append("The points were moved by their publisher: read areas, not addresses.")
    return [sentence for sentence in said if sentence]
