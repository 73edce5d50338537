"""The meeting's first screen: the answer in one sentence, the places, how the last map did."""

from __future__ import annotations

from functools import lru_cache

from markupsafe import Markup

from hotspots.drawing import Mark, draw_map
from hotspots.meeting.drawn import cell_shades
from hotspots.meeting.maps import QUESTIONS, Question
from hotspots.meeting.meeting import Faded, Meeting
from hotspots.model import Wards
from hotspots.profile import Profile
from hotspots.results.headlines import unit
from hotspots.taxonomy import Category
from hotspots.web import scales, sentences
from hotspots.web.cards import card_view
from hotspots.web.facts import NOT_KNOWN, about, is_missing, missing_sentence, place_title
from hotspots.web.text import capital, counted, decimal, tidy, whole

#: The map beside the cards, in pixels of the projector.
_MAP = (640, 500)
#: The same on a phone, where the large one's letters would shrink with it.
_SMALL = (360, 360)


class MeetingView:
    """A meeting, ready to be written into a page.

    Attributes
    ----------
    headline : str
        The answer in one sentence or two.
    cards : dict of question to list of dict
        See ``cards.card_view``.
    empty, faded, held : dict of question to list of str or dict
        What an empty list says; hot spots of the map before; how much the outlines hold.
    score : dict or None
        How the last map did.
    legend : list of Swatch
        Classes of the map.
    map, small_map : Markup
        The map, and the one for a phone.
    notes, about : list of str
        What to know about the data; where the numbers come from.
    first : bool
        Whether there is no earlier map.
    """

    def __init__(self, meeting: Meeting, wards: Wards, category: Category) -> None:
        result = meeting.result
        profile = Profile(**result.provenance["profile"])
        missing = is_missing(result)
        self.headline = (missing_sentence if missing else sentences.headline)(result, category)
        self.cards = {
            question: [
                card_view(card, meeting, f"line-{question}-{i}")
                for i, card in enumerate(meeting.cards[question])
            ]
            for question in QUESTIONS
        }
        self.empty = {
            question: list(NOT_KNOWN) if missing else sentences.empty(question, result)
            for question in QUESTIONS
        }
        self.held = {question: _held(meeting, question) for question in QUESTIONS}
        self.faded = {question: _faded(meeting, question) for question in QUESTIONS}
        self.not_faded = {question: faded_words(meeting, question) for question in QUESTIONS}
        self.first = meeting.before is None
        self.score = _score(meeting, category)
        self.legend = scales.strength_legend("concentrated", profile)
        self.square = f"hot, by {whole(profile.cell_size_m)} m square"
        self.map = meeting_map(meeting, wards, *fitting(wards, *_MAP), "area")
        self.small_map = meeting_map(meeting, wards, *fitting(wards, *_SMALL), "small-area")
        self.notes = [tidy(note) for note in result.notes]
        self.about = about(result)


@lru_cache(maxsize=64)
def meeting_view(meeting: Meeting, wards: Wards, category: Category) -> MeetingView:
    """Return the view of a meeting, made once; meetings are kept in memory by their source."""
    return MeetingView(meeting, wards, category)


def meeting_map(
    meeting: Meeting,
    wards: Wards,
    width: int,
    height: int,
    name: str,
    text_px: float = 17,
) -> Markup:
    """Return the map of a meeting: shaded squares, outlines, numbers and letters."""
    places = meeting.result.places
    hot = int(places["hot"].sum())
    return draw_map(
        wards,
        width=width,
        height=height,
        id=name,
        title=f"Map of {capital(meeting.result.period.label)}",
        describe=f"{capital(counted(hot))} hot spot{'s' * (hot != 1)}; each is on the list.",
        shades=cell_shades(meeting, "concentrated"),
        marks=[
            Mark(
                marker=str(row.marker),
                question=row.question,
                polygon=row.geometry,
                peak_xy=(row.peak_x, row.peak_y),
                hot=bool(row.hot),
                label=place_title(row),
            )
            for row in places.itertuples()
        ],
        ward_labels="none",
        borough_labels=True,
        text_px=text_px,
    )


def fitting(wards: Wards, width: int, highest: int) -> tuple[int, int]:
    """Return a drawing's size that fits the area's shape."""
    west, south, east, north = wards.study_area.bounds
    return width, min(highest, round(width * (north - south) / (east - west)) + 60)


def _held(meeting: Meeting, question: Question) -> str:
    hot = [card.place for card in meeting.cards[question] if card.place.hot]
    if not hot:
        return ""
    inside, of = sum(int(row.incidents) for row in hot), int(meeting.result.totals["incidents"])
    outlines = "The outline holds" if len(hot) == 1 else f"The {len(hot)} outlines hold"
    return f"{outlines} {whole(inside)} of {whole(of)}"


def _faded(meeting: Meeting, question: Question) -> list[dict[str, str]]:
    return [_faded_view(one, meeting) for one in meeting.faded[question]]


def _faded_view(one: Faded, meeting: Meeting) -> dict[str, str]:
    then = meeting.before.period.label if meeting.before else ""
    when = f"in the {then}" if meeting.result.period.kind == "week" else f"in {then}"
    says = f"{whole(one.incidents)} now, {whole(one.spot.peak_incidents)} {when}"
    return {"id": one.place_id, "name": tidy(one.name), "says": says}


def _score(meeting: Meeting, category: Category) -> dict[str, str] | None:
    score = meeting.score
    if score is None:
        return None
    noun = sentences.noun(category, score.incidents)
    week = "the " * (score.period.kind == "week")
    where = f"the hot spots of {week}{score.period.label}"
    return {
        "hits": whole(score.hits),
        "of": f"of {whole(score.incidents)} {noun} ({100 * score.share:.0f}%) fell in {where}",
        "area": f"{100 * score.area_share:.1f}% of the area",
        "times": f"{_times(score.pai)} an even share",
        "short": f"PAI {decimal(score.pai)}",
    }


def _times(pai: float) -> str:
    return f"{pai:.0f} times" if pai >= 10 else f"{decimal(pai)} times"


def faded_words(meeting: Meeting, question: Question) -> str:
    """Return what is said where nothing has faded."""
    count = len(meeting.before.of(question)) if meeting.before else 0
    if not count:
        return ""
    last = f"the {unit(meeting.result.period)} before"
    if count == 1:
        return f"Nothing is fading: the hot spot of {last} still is one."
    every = "both" if count == 2 else f"all {counted(count)}"
    return f"Nothing is fading: {every} hot spots of {last} still are."
