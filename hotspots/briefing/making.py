"""A briefing pack put together: what a tier of recipients is given of one meeting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
from markupsafe import Markup

from hotspots.briefing import drawings
from hotspots.briefing import words as said
from hotspots.briefing.content import Briefing, MapData, PlaceSheet, QuestionSection, Row
from hotspots.briefing.places import Shown, make_place, mark_of, outline_of, place_name, shades_of
from hotspots.briefing.provenance import footer, provenance
from hotspots.drawing import Shade
from hotspots.drawing.paints import HATCHES
from hotspots.meeting.drawn import cell_shades
from hotspots.meeting.maps import QUESTIONS, Question
from hotspots.meeting.meeting import Card, Meeting
from hotspots.plain_text import tidy
from hotspots.profile import Profile, Tier
from hotspots.quality import Finding
from hotspots.results.headlines import capital, counted, when
from hotspots.sharing.outlines import by_ward, ward_alone
from hotspots.sharing.provenance import finding_words, provenance_for_tier
from hotspots.sharing.rounding import is_small, rounding_words, told
from hotspots.sheets import Sheet
from hotspots.taxonomy import category as category_of

_SEVERITY = {"serious": "Serious", "careful": "Take care", "note": "Note"}


def make_briefing(
    meeting: Meeting,
    tier: Tier,
    *,
    tier_name: str,
    marking: str,
    area_name: str,
    shortlist: Sheet | None = None,
    streets: gpd.GeoDataFrame | None = None,
    total_shown: int | None = None,
) -> Briefing:
    """Put together what a tier of recipients is given of a meeting.

    Parameters
    ----------
    meeting : Meeting
        The period, category and area.
    tier : Tier
        What may be given.
    tier_name, marking, area_name : str
        "partner", "OFFICIAL", "Dartford and Gravesham": at the top of every page and in the title.
    shortlist : Sheet, optional
        Key wards, as the tier may have them, with the columns that a page has room for.
    streets : GeoDataFrame, optional
        ``name``, ``kind`` and lines, as of ``Workspace.streets``.
    total_shown : int, optional
        The period's incidents in the area where the tier may be told; None withholds it. Not
        asked of a tier that withholds nothing.

    Returns
    -------
    Briefing
        The same for the same meeting and arguments: it has no clock.
    """
    result = meeting.result
    category = category_of(result.category)
    profile = Profile(**provenance_for_tier(result.provenance, tier)["profile"])
    total = _total(int(result.totals["incidents"]), total_shown, tier)
    shown = Shown(meeting, category, profile, tier, streets, total is not None)
    sheets = {question: _sheets(question, shown) for question in QUESTIONS}
    sections = tuple(_section(question, sheets[question], shown) for question in QUESTIONS)
    hot = {one.question: len(one.hot) for one in sections}
    label, period = tidy(category.label), result.period.label
    return Briefing(
        title=f"{label}, {result.period.label}: {tidy(area_name)}",
        headline=said.headline(meeting, tier, total, hot),
        marking=tidy(marking),
        tier=f"{capital(tidy(tier_name))} tier",
        tier_says=said.tier_words(tier),
        notices=tuple(tidy(notice) for notice in result.notices),
        area=tidy(area_name),
        period=period,
        category=label,
        sections=sections,
        map=_map_data(sheets, shown),
        map_svg=_overview(shown),
        legend=_legend(profile, tier),
        shortlist=shortlist,
        data=said.notes(result, category, profile, tier, total),
        quality=_quality(result.findings, category.parts, tier),
        method=said.method(profile, result),
        provenance=provenance(result, profile, tidy(area_name), label),
        footer=footer(result, profile),
        credits=_credits(streets),
        said=_told(total, tier),
    )


def _total(count: int, shown: int | None, tier: Tier) -> int | None:
    """Return the total as it may be shown: a small one is withheld whoever gave it."""
    if not tier.small_counts_below:
        return count
    return None if is_small(shown, tier.small_counts_below) else shown


# -- the places -----------------------------------------------------------------------------------


def _sheets(question: Question, shown: Shown) -> list[PlaceSheet]:
    return [make_place(card, shown) for card in shown.meeting.cards[question]]


def _section(question: Question, sheets: Sequence[PlaceSheet], shown: Shown) -> QuestionSection:
    hot = tuple(one for one in sheets if one.hot)
    return QuestionSection(
        question=question,
        title=said.TITLES[question],
        hot=hot,
        further=tuple(one for one in sheets if not one.hot),
        says=said.list_words(question, shown.meeting, shown.tier, len(hot)),
        faded=tuple(_faded(question, shown)),
    )


def _faded(question: Question, shown: Shown) -> list[Row]:
    meeting = shown.meeting
    if meeting.before is None:
        return []
    then = when(meeting.before.period)
    rows = []
    for one in meeting.faded[question]:
        name, now, earlier = one.name, one.incidents, one.spot.peak_incidents
        if by_ward((now, earlier), shown.tier):
            name = ward_alone(one.ward_code, shown.wards)
        says = f"{told(now, shown.below)} now, {told(earlier, shown.below)} {then}"
        rows.append(Row(tidy(name), says))
    return rows


# -- the maps -------------------------------------------------------------------------------------


def _rows(shown: Shown) -> list[tuple[Any, Any]]:
    cards: list[Card] = [card for q in QUESTIONS for card in shown.meeting.cards[q]]
    return [(card.place, outline_of(card.place.geometry, shown)) for card in cards]


def _overview(shown: Shown) -> Markup:
    rows, exact = _rows(shown), not shown.tier.generalise_m
    shades: list[Shade] = (
        cell_shades(shown.meeting, "concentrated")
        if shown.tier.points
        else shades_of(rows, "concentrated")
    )
    marks = [mark_of(row, outline, place_name(row, shown), exact=exact) for row, outline in rows]
    hot = sum(mark.hot for mark in marks)
    return drawings.overview_map(
        shown.wards,
        marks,
        shades,
        f"Map of {shown.meeting.result.period.label}",
        f"{capital(counted(hot))} hot spot{'s' * (hot != 1)}; each is in the list.",
    )


def _map_data(sheets: dict[Question, list[PlaceSheet]], shown: Shown) -> MapData:
    frame = shown.wards.frame
    wards = gpd.GeoDataFrame(
        {
            "ward_code": [tidy(code) for code in frame["ward_code"]],
            "name": [tidy(label) for label in shown.wards.labels],
            "district": [tidy(name) for name in frame["district_name"]],
        },
        geometry=list(frame.geometry),
        crs=shown.wards.crs,
    )
    # what is drawn first lies below: hot ones are seen whole, in their order
    placed = sorted((one for listed in sheets.values() for one in listed), key=lambda one: one.hot)
    strength = {
        (str(card.place.question), str(card.place.marker)): str(card.place.strength)
        for cards in shown.meeting.cards.values()
        for card in cards
    }
    table = pd.DataFrame(
        {
            "question": [one.question for one in placed],
            "marker": [one.marker for one in placed],
            "name": [one.name for one in placed],
            "hot": [one.hot for one in placed],
            "strength": [strength[one.question, one.marker] for one in placed],
            "says": [one.short for one in placed],
        }
    )
    outlines = gpd.GeoDataFrame(
        table, geometry=[one.outline for one in placed], crs=shown.wards.crs
    )
    west, south, east, north = (float(edge) for edge in shown.wards.study_area.bounds)
    return MapData(wards, outlines, shown.wards.crs, (west, south, east, north))


def _legend(profile: Profile, tier: Tier) -> tuple[tuple[str, str, str], ...]:
    # an outline is hatched as its peak, a square as itself
    what = "shaded squares is chance" if tier.points else "is chance, at a place's peak"
    return tuple(
        (
            hatch.paint,
            name.capitalize(),
            f"at most 1 in {1 / limit:,.0f}" + (f" {what}" if i == 0 else ""),
        )
        for i, ((name, hatch), limit) in enumerate(
            zip(HATCHES["concentrated"].items(), profile.class_limits, strict=True)
        )
    )


# -- the data -------------------------------------------------------------------------------------


def _quality(
    findings: Sequence[Finding], parts: Sequence[tuple[str, str | None]], tier: Tier
) -> tuple[Row, ...]:
    codes = {code for code, _ in parts}
    order = list(_SEVERITY)
    mine = [one for one in findings if not one.categories or codes & set(one.categories)]
    mine.sort(key=lambda one: order.index(one.severity))
    return tuple(
        Row(
            _SEVERITY[one.severity],
            finding_words(one.title, one.effect, one.count, one.months, tier),
        )
        for one in mine
    )


def _credits(streets: gpd.GeoDataFrame | None) -> tuple[str, ...]:
    whose = "" if streets is None else tidy(streets.attrs.get("attribution"))
    return (f"Streets: {whose}",) if whose else ()


def _told(total: int | None, tier: Tier) -> tuple[str, ...]:
    """Return what the person who exports must know."""
    withheld = "" if total is not None else "The number of incidents of the whole area is withheld."
    return tuple(filter(None, [withheld, rounding_words(tier.small_counts_below)]))
