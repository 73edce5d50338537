"""What a briefing pack holds: plain values that a PDF and a page are written from.

Everything is a text to be shown, a number that may be shown, or a shape that may be shown: what a
tier of recipients may not have is left out before it comes here (``hotspots.briefing.making``).
Texts are tidied but not escaped: write them through a template that escapes, or as text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from hotspots.sheets import Sheet

if TYPE_CHECKING:
    import geopandas as gpd


@dataclass(frozen=True, slots=True)
class Row:
    """A label and what is said of it, such as a kind of incident and "12", or "fewer than 5"."""

    label: str
    says: str


@dataclass(frozen=True, slots=True)
class Bars:
    """A line of counts by period as it may be shown.

    Attributes
    ----------
    values : tuple of int or None
        One a period, the oldest first; None where it is not known. Rounded where small counts are
        withheld; where ``small`` says so, the height at which a bar is drawn in outline, which is
        no count.
    small : tuple of bool
        Which are counts of 1 to below ``below``.
    labels : tuple of str
        One a period.
    usual : float or None
        Where the dashed line is; None where it may not be told.
    sentence : str
        What it shows in words.
    note : str
        How to read bars in outline; "" where there are none.
    last : str
        The last value in words: "27", "about 25", "fewer than 5", "no data".
    """

    values: tuple[int | None, ...]
    small: tuple[bool, ...]
    labels: tuple[str, ...]
    usual: float | None
    sentence: str
    note: str = ""
    last: str = ""


@dataclass(frozen=True, eq=False)
class PlaceSheet:
    """One place: a hot spot with a page of its own, or a further place of the short list.

    Attributes
    ----------
    marker : str
        A number (concentrated) or letter (worse).
    question : {"concentrated", "worse"}
        Which question it answers.
    hot : bool
        False for a place of the short list, whose marker is hollow.
    name : str
        "Ward: location", or the ward alone in a tier with generalised outlines.
    where : str
        District, category and period.
    status : str
        "Persisting: hot in 12 of 13 months".
    claim : str
        "27 incidents here; about 1 if spread evenly.", or "Fewer than 5 incidents here.".
    count : str
        How the claim begins, "27" or "About 25", to be set large; "" where withheld.
    other : tuple of str
        What the other question says of the same block.
    strength, chance : str
        "Very clear." and "Fewer than 1 in 10,000 at this spot by chance."
    firmness : str
        "Holds in 22 of 24 settings."; "" where unknown.
    when : str or None
        The sentence about days and hours; None where the data have no hours or it is withheld.
    week : Markup or None
        The hours of the week, drawn; None where they may not be shown.
    trend : Bars
        The last year.
    trend_svg : Markup
        The same, drawn.
    kinds, locations : tuple of Row
        What is inside over the year; empty where not split or not for this tier.
    kinds_note, locations_note : str
        What they are counted over, or why there are none.
    map_svg : Markup
        The place with streets, drawn with the hatches of the page.
    outline : shapely geometry
        Its outline as the tier may have it, in the CRS of ``MapData``.
    peak_xy : tuple of two floats or None
        Where it is strongest, metres; None where outlines are generalised.
    short : str
        One line of it for a list or a tooltip.
    """

    marker: str
    question: str
    hot: bool
    name: str
    where: str
    status: str
    claim: str
    count: str
    other: tuple[str, ...]
    strength: str
    chance: str
    firmness: str
    when: str | None
    week: Markup | None
    trend: Bars
    trend_svg: Markup
    kinds: tuple[Row, ...]
    kinds_note: str
    locations: tuple[Row, ...]
    locations_note: str
    map_svg: Markup
    outline: Any
    peak_xy: tuple[float, float] | None
    short: str


@dataclass(frozen=True, eq=False)
class QuestionSection:
    """One question's places.

    Attributes
    ----------
    question : {"concentrated", "worse"}
        Which one.
    title : str
        "Where is it concentrated?"
    hot, further : tuple of PlaceSheet
        Hot spots, each with a page; and places that could be chance, a short list.
    says : tuple of str
        What is said of the list: how much it holds, or why it is empty.
    faded : tuple of Row
        Hot spots of the map before that are none now.
    """

    question: str
    title: str
    hot: tuple[PlaceSheet, ...]
    further: tuple[PlaceSheet, ...]
    says: tuple[str, ...]
    faded: tuple[Row, ...] = ()


@dataclass(frozen=True, eq=False)
class MapData:
    """What an interactive map shows.

    Attributes
    ----------
    wards : GeoDataFrame
        Columns ``ward_code``, ``name`` and ``district``; polygons.
    outlines : GeoDataFrame
        Columns ``question``, ``marker``, ``name``, ``hot`` (bool), ``strength`` ("very clear",
        "clear", "possible" or "could be chance") and ``says``; outlines as the tier may have
        them, the hot ones first drawn.
    crs : str
        Of both, in metres.
    bounds : tuple of four floats
        West, south, east, north of the wards.
    """

    wards: gpd.GeoDataFrame
    outlines: gpd.GeoDataFrame
    crs: str
    bounds: tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Briefing:
    """A briefing pack.

    Attributes
    ----------
    title : str
        "Anti-social behaviour, June 2021: Dartford and Gravesham".
    headline : tuple of str
        The answer, the first sentence to be set bold.
    marking, tier : str
        Protective marking and tier, at the top of every page: "OFFICIAL", "Partner tier".
    tier_says : str
        What has been done to what this tier is given, a sentence or more.
    notices : tuple of str
        Such as "Synthetic data", on every page.
    area, period, category : str
        Names, as labels.
    sections : tuple of QuestionSection
        One a question.
    map : MapData
        For an interactive map.
    map_svg : Markup
        The overview, drawn.
    legend : tuple of (str, str, str)
        Paint, name and meaning of each class of the map, the strongest first.
    shortlist : Sheet or None
        Key wards.
    data : tuple of str
        What must be known before one relies on this: the notes of the result.
    quality : tuple of Row
        What is wrong with the data, in words: severity and finding.
    method : tuple of str
        Five sentences.
    provenance : tuple of Row
        Files with sha256, profile, version, run.
    footer : str
        One line of it for the foot of every page.
    credits : tuple of str
        Whose streets are drawn; empty where none are.
    said : tuple of str
        What the person who exports must know, such as how many counts are withheld.
    """

    title: str
    headline: tuple[str, ...]
    marking: str
    tier: str
    tier_says: str
    notices: tuple[str, ...]
    area: str
    period: str
    category: str
    sections: tuple[QuestionSection, ...]
    map: MapData
    map_svg: Markup
    legend: tuple[tuple[str, str, str], ...]
    shortlist: Sheet | None
    data: tuple[str, ...]
    quality: tuple[Row, ...]
    method: tuple[str, ...]
    provenance: tuple[Row, ...]
    footer: str
    credits: tuple[str, ...]
    said: tuple[str, ...]
