"""One place of a briefing pack: what its page or its line in the short list says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from markupsafe import Markup

from hotspots.briefing import drawings, withholding
from hotspots.briefing import words as said
from hotspots.briefing.content import Bars, PlaceSheet, Row
from hotspots.drawing import Mark, Shade, week_grid
from hotspots.drawing.paints import paint
from hotspots.meeting.drawn import cell_shades, dots_in
from hotspots.meeting.meeting import Card, Meeting
from hotspots.meeting.place import Place, find_place
from hotspots.meeting.rhythm import Rhythm
from hotspots.model import Wards
from hotspots.plain_text import tidy
from hotspots.profile import Profile, Tier
from hotspots.results import words
from hotspots.results.headlines import capital, short_period, unit
from hotspots.sharing.outlines import by_ward, on_squares, ward_alone
from hotspots.sharing.restricting import refused_kinds
from hotspots.sharing.rounding import is_small, rounded, told
from hotspots.taxonomy import Category


@dataclass(frozen=True, eq=False)
class Shown:
    """What all places of one pack share."""

    meeting: Meeting
    category: Category
    profile: Profile
    tier: Tier
    streets: Any | None
    #: Whether the area's total may be told, and so its even share at any place.
    total_told: bool = True

    @property
    def wards(self) -> Wards:
        """The wards of the area."""
        return self.meeting.evidence.wards

    @property
    def below(self) -> int:
        """Counts of places from 1 to below this are withheld, and others rounded to it."""
        return self.tier.small_counts_below


def make_place(card: Card, shown: Shown) -> PlaceSheet:
    """Return what is shown of one listed place."""
    row, below = card.place, shown.below
    question, hot = str(row.question), bool(row.hot)
    place = find_place(shown.meeting, card.place_id)
    count = int(row.peak_incidents)
    small = is_small(count, below)
    claim = said.claim(row, shown.profile.baseline, below, shown.total_told)
    strength, chance = said.strength_words(row, int(shown.meeting.result.totals["cells"]), small)
    key = f"{question[0]}{row.marker}"
    name = place_name(row, shown)
    bars = trend_of(card, below)
    outline = outline_of(row.geometry, shown)
    kinds, kinds_note = kinds_of(place, shown)
    locations, locations_note = locations_of(place, shown)
    return PlaceSheet(
        marker=str(row.marker),
        question=question,
        hot=hot,
        name=name,
        where=_district(row, shown),
        status=status_words(card, shown),
        claim=claim,
        count="" if small else capital(told(count, below)),
        other=tuple(filter(None, [_other(place, question, shown)])),
        strength=strength,
        chance=chance,
        firmness=firm_words(card),
        when=when_words(card.rhythm, below),
        week=week_of(card.rhythm, below, key) if hot else None,
        trend=bars,
        trend_svg=drawings.trend_bars(
            bars, question, name=f"line-{key}", title=f"{name}: the last year"
        ),
        kinds=kinds,
        kinds_note=kinds_note,
        locations=locations,
        locations_note=locations_note,
        map_svg=_map(card, outline, name, key, shown) if hot else Markup(""),
        outline=outline,
        peak_xy=None if shown.tier.generalise_m else (float(row.peak_x), float(row.peak_y)),
        short=" ".join(filter(None, [claim, strength, chance])),
    )


# -- who and where --------------------------------------------------------------------------------


def place_name(row: Any, shown: Shown) -> str:
    """Return "Ward: location"; the ward alone where that is all the tier may have.

    That is where outlines are generalised, and where a count of the place is small.
    """
    if not by_ward((row.incidents, row.peak_incidents), shown.tier):
        return tidy(row.name)
    return tidy(ward_alone(row.ward_code, shown.wards, row.ward_name))


def _district(row: Any, shown: Shown) -> str:
    frame = shown.wards.frame
    names = frame.loc[frame["ward_code"].astype("str") == str(row.ward_code), "district_name"]
    return tidy(names.iloc[0]) if len(names) else ""


def outline_of(polygon: Any, shown: Shown) -> Any:
    """Return an outline as the tier may have it."""
    if not shown.tier.generalise_m:
        return polygon
    squares = on_squares(polygon, shown.tier.generalise_m)
    return shapely.intersection(squares, shown.wards.study_area)


def mark_of(row: Any, outline: Any, name: str, *, exact: bool, current: bool = False) -> Mark:
    """Return the numbered mark of a place; its line leads to the peak only where that is exact."""
    inside = shapely.point_on_surface(outline)
    peak = (float(row.peak_x), float(row.peak_y)) if exact else (inside.x, inside.y)
    return Mark(
        marker=str(row.marker),
        question=str(row.question),
        polygon=outline,
        peak_xy=peak,
        hot=bool(row.hot),
        current=current,
        label=name,
    )


def shades_of(rows: Sequence[tuple[Any, Any]], question: str) -> list[Shade]:
    """Return outlines hatched by the strength of their places: rows and their outlines."""
    found = []
    for row, outline in rows:
        filled = paint(question, str(row.strength))
        if filled and str(row.question) == question:
            found.append(Shade(outline, filled))
    return found


def _map(card: Card, outline: Any, name: str, key: str, shown: Shown) -> Markup:
    row, tier = card.place, shown.tier
    question = str(row.question)
    reach = drawings.WIDE_REACH_M if tier.generalise_m else drawings.REACH_M
    shades = (
        cell_shades(shown.meeting, question)
        if tier.points
        else shades_of([(row, outline)], question)
    )
    view = drawings.view_round(outline, reach)
    return drawings.place_map(
        shown.wards,
        mark_of(row, outline, name, exact=not tier.generalise_m),
        shades,
        name=f"map-{key}",
        dots=dots_in(shown.meeting, view) if tier.points else (),
        streets=shown.streets,
        reach_m=reach,
    )


# -- what is said ---------------------------------------------------------------------------------


def status_words(card: Card, shown: Shown) -> str:
    """Return "Persisting: hot in 12 of 13 months"."""
    hot, known = sum(was_hot for _, was_hot in card.held), len(card.held)
    status = capital(card.status or "Not a hot spot now")
    if not hot or known < 2:
        return status if hot else "Not a hot spot"
    return f"{status}: hot in {hot:,} of {known:,} {unit(shown.meeting.result.period, known)}"


def firm_words(card: Card) -> str:
    """Return in how many settings the place stays hot, or why it is listed."""
    if card.firmness is not None:
        return " ".join(filter(None, [card.firmness.sentence, card.firmness.changes]))
    return "Listed for what is expected next." if str(card.place.strength) == words.CHANCE else ""


def _other(place: Place, question: str, shown: Shown) -> str:
    period = shown.meeting.result.period
    return said.other_claim(
        question, place.tested, period, shown.tier, shown.profile, shown.total_told
    )


def trend_of(card: Card, below: int) -> Bars:
    """Return the last year of a place as it may be shown."""
    trend = card.trend
    last = trend.counts[-1] if trend.counts else None
    return Bars(
        values=tuple(_height(count, below) for count in trend.counts),
        small=tuple(is_small(count, below) for count in trend.counts),
        labels=tuple(short_period(period) for period in trend.periods),
        usual=_usual(card, below),
        sentence=withholding.line_words(trend, below),
        note=withholding.bars_note(trend, below),
        last="no data" if last is None else told(last, below),
    )


def _height(count: int | None, below: int) -> int | None:
    """Return how high a bar is drawn: rounded; one in outline at the most it may be."""
    if count is None or not below:
        return count
    return below - 1 if is_small(count, below) else rounded(count, below)


def _usual(card: Card, below: int) -> float | None:
    """Return where the dashed line is: rounded, and nowhere below what may be told."""
    if not below:
        return card.trend.usual
    usual = withholding.usual_of(card.trend, below)
    return None if usual is None or 0 < usual < below else float(rounded(usual, below))


def when_words(found: Rhythm | None, below: int) -> str | None:
    """Return the sentence of days and hours; None where the data have none."""
    if found is None:
        return None
    return withholding.week_words(found, below) if below else found.sentence


def week_of(found: Rhythm | None, below: int, key: str) -> Markup | None:
    """Return the week drawn: by the hour, or in bands where small counts are withheld."""
    if found is None or not found.known:
        return None
    name, title = f"week-{key}", "Days and hours"
    if not below:
        return week_grid(
            found.weights,
            peak=found.peak,
            width=1000,
            height=240,
            id=name,
            title=title,
            describe=found.sentence,
        )
    bands = withholding.week_bands(found, below)
    if bands is None:
        return None
    describe = withholding.week_words(found, below)
    return drawings.band_grid(bands, name=name, title=title, describe=describe)


# -- what is inside -------------------------------------------------------------------------------


def kinds_of(place: Place, shown: Shown) -> tuple[tuple[Row, ...], str]:
    """Return the kinds of incidents over the year, and what they are counted over."""
    if not place.kinds:
        return (), "The data do not split this."
    if not may_split(shown.category, shown.profile, shown.tier):
        return (), "This tier is not given the kinds of this category."
    if not shown.below:
        rows = [Row(tidy(one.label), f"{one.count:,}") for one in place.kinds]
        return tuple(rows), f"Of {words.incidents(place.in_year)} in the outline, a year."
    folded = withholding.folded(place.kinds, shown.below)
    if not folded:
        return (), f"No kind has {shown.below} or more."
    rows = [Row(tidy(one.label), withholding.about_share(one.share)) for one in folded]
    return tuple(rows), "Of the incidents in the outline, a year."


def may_split(category: Category, profile: Profile, tier: Tier) -> bool:
    """Return whether a tier may be given the kinds of a category.

    Not where one of them is restricted: what the others leave would tell it.
    """
    kinds = [f"{category.code}.{one.code}" for one in category.subcategories]
    return not refused_kinds([category.code, *kinds], tier, profile.restricted_kinds)


def locations_of(place: Place, shown: Shown) -> tuple[tuple[Row, ...], str]:
    """Return the repeat locations over the year: only for a tier with points."""
    if not shown.tier.points:
        return (), ""
    rows = tuple(Row(tidy(one.label), f"{one.count:,}") for one in place.locations)
    if not rows:
        return (), "No location is named twice."
    if shown.meeting.result.totals["moved"]:
        return rows, "Points were moved by their publisher: areas, not addresses."
    return rows, ""
