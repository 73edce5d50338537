"""All that is known of one place, whether or not it is a hot spot just now."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hotspots.errors import ResultError
from hotspots.meeting.block import Block, block_at
from hotspots.meeting.contents import Count, Neighbour, agencies, kinds, locations, neighbours
from hotspots.meeting.held import Held, held_on
from hotspots.meeting.maps import Question
from hotspots.meeting.meeting import Card, Evidence, Meeting, line_of, year_to
from hotspots.meeting.naming import place_name
from hotspots.meeting.rhythm import Rhythm, rhythm
from hotspots.meeting.scoring import in_spots
from hotspots.meeting.track import TrackedSpot
from hotspots.meeting.trend import Trend

#: Category, question and the peak where the place first was a hot spot; a number tells two apart.
_ADDRESS = re.compile(r"([a-z_]+)-([cw])-(-?\d{1,9})-(-?\d{1,9})(?:-(\d{1,4}))?")
_QUESTIONS: dict[str, Question] = {"c": "concentrated", "w": "worse"}


@dataclass(frozen=True)
class Address:
    """What a place's identity says."""

    place_id: str
    category: str
    question: Question
    xy: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Tested:
    """The tests of the block on this map; ``None`` where a question cannot be asked.

    ``count`` is of the block; ``even`` and ``usual`` are what it would hold if spread evenly, and
    usually. ``p_value`` and ``p_adjusted`` are those of the place's own question.
    """

    count: int
    even: float | None
    usual: float | None
    p_concentrated: tuple[float, float] | None
    p_worse: tuple[float, float] | None


@dataclass(frozen=True, eq=False)
class Place:
    """One place on the map of one period.

    Attributes
    ----------
    address : Address
        Its identity, as the track knows it.
    name : str
        Ward and commonest location: of text from data.
    card : Card or None
        Where it is on the list of this map.
    spot : TrackedSpot or None
        Where it is a hot spot of this map.
    last : TrackedSpot or None
        How it last was a hot spot, on this map or an earlier one.
    held : tuple of (Period, bool)
        Every map up to this one, and whether the place was hot on it.
    block : Block
        What count, chance, line and hours are about.
    outline : shapely geometry
        The outline of the hot spot; the block where it is none.
    tested : Tested or None
        None where its peak lies outside the cells of the area.
    trend, rhythm
        Of the block, over the year that ends with the period.
    kinds, locations, agencies : tuple of Count
        Of the incidents inside the outline, over that year.
    in_year : int
        How many these are.
    neighbours : tuple of Neighbour
        Other listed places near it.
    """

    address: Address
    name: str
    card: Card | None
    spot: TrackedSpot | None
    last: TrackedSpot | None
    held: Held
    block: Block
    outline: Any
    tested: Tested | None
    trend: Trend
    rhythm: Rhythm | None
    kinds: tuple[Count, ...]
    locations: tuple[Count, ...]
    agencies: tuple[Count, ...]
    in_year: int
    neighbours: tuple[Neighbour, ...]


def read_address(place_id: str) -> Address:
    """Return what an identity says.

    Raises
    ------
    ResultError
        If it is not one that Hotspots makes.
    """
    found = _ADDRESS.fullmatch(place_id)
    if found is None:
        raise ResultError(
            "A place's address must be one that a page makes, such as asb-c-554125-174375; got "
            "another: choose the place from the list of places."
        )
    category, letter, x, y, _ = found.groups()
    return Address(place_id, category, _QUESTIONS[letter], (float(x), float(y)))


def find_place(meeting: Meeting, place_id: str) -> Place:
    """Return a place of a meeting's category.

    An identity that this map's track does not know (another area's, or from before older data
    were added) is taken as the known place nearest to it, within 400 m; without one as the spot
    itself. So an address never goes stale.

    Raises
    ------
    ResultError
        If the address is none, or of another category than the meeting.
    """
    asked = read_address(place_id)
    if asked.category != meeting.result.category:
        raise ResultError(
            f"A place must be of the category shown, {meeting.result.category}; got one of "
            f"{asked.category}: open it from its own list."
        )
    cards = {card.place_id: card for card in meeting.cards[asked.question]}
    identity = place_id if place_id in cards else _known(meeting, asked) or place_id
    card = cards.get(identity)
    period = meeting.result.period.id
    now = meeting.track.at(period).of(asked.question)
    spot = next((one for one in now if one.place_id == identity), None)
    last = meeting.track.last_seen(identity, period)
    address = Address(identity, asked.category, asked.question, asked.xy)
    return _told(meeting, address, card, spot, last)


def _tracked(meeting: Meeting, identity: str) -> bool:
    return any(spot.place_id == identity for drawn in meeting.track.maps for spot in drawn.spots)


def _known(meeting: Meeting, asked: Address) -> str | None:
    """Return the identity asked for, or the tracked one nearest to where it says it is."""
    if _tracked(meeting, asked.place_id):
        return asked.place_id
    return meeting.track.nearest(asked.question, asked.xy)


def _told(
    meeting: Meeting,
    address: Address,
    card: Card | None,
    spot: TrackedSpot | None,
    last: TrackedSpot | None,
) -> Place:
    evidence, period = meeting.evidence, meeting.result.period
    xy = _where(address, card, spot, last)
    block = card.block if card else block_at(xy, evidence.grid, evidence.profile)
    inside = block.holds(evidence.xy)
    held = held_on(meeting.track, address.question, address.place_id, xy, period.id)
    year = year_to(evidence, period)
    within = inside if spot is None else _inside(evidence, spot)
    contents = evidence.frame[within & year]
    now = inside & evidence.between(period.start, period.end)
    name = str(card.place.name) if card else place_name(contents, evidence.wards, xy)
    return Place(
        address=address,
        name=name,
        card=card,
        spot=spot,
        last=last,
        held=held,
        block=block,
        outline=block.polygon if spot is None else spot.polygon,
        tested=_tested(meeting, xy, int(now.sum())),
        trend=card.trend if card else line_of(evidence, inside, period, held),
        rhythm=card.rhythm if card else rhythm(evidence.frame[inside & year]),
        kinds=kinds(contents, address.category),
        locations=locations(contents),
        agencies=agencies(contents),
        in_year=len(contents),
        neighbours=_neighbours(meeting, address, card, xy),
    )


def _where(
    address: Address, card: Card | None, spot: TrackedSpot | None, last: TrackedSpot | None
) -> tuple[float, float]:
    if card is not None:
        return float(card.place.peak_x), float(card.place.peak_y)
    known = spot or last
    return address.xy if known is None else known.peak_xy


def _inside(evidence: Evidence, spot: TrackedSpot) -> Any:
    return in_spots(evidence.grid, (spot,), evidence.xy)


def _tested(meeting: Meeting, xy: tuple[float, float], count: int) -> Tested | None:
    """Return the tests of the peak's cell, from the table of cells."""
    size = meeting.evidence.profile.cell_size_m
    corner = [math.floor(value / size) * size for value in xy]
    cells = meeting.result.cells
    rows = cells[cells["cell_id"] == f"{corner[0]:.0f}_{corner[1]:.0f}"]
    if rows.empty:
        return None
    row = rows.iloc[0]
    asked = bool(meeting.result.totals["history_periods"])
    return Tested(
        count=count,
        even=_number(row["local_expected"]),
        usual=_number(row["usual"]) if asked else None,
        p_concentrated=_pair(row["gi_star_p"], row["gi_star_p_adjusted"]),
        p_worse=_pair(row["change_p"], row["change_p_adjusted"]) if asked else None,
    )


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _pair(raw: Any, adjusted: Any) -> tuple[float, float] | None:
    pair = _number(raw), _number(adjusted)
    return None if pair[0] is None or pair[1] is None else (pair[0], pair[1])


def _neighbours(
    meeting: Meeting, address: Address, card: Card | None, xy: tuple[float, float]
) -> tuple[Neighbour, ...]:
    others = [
        (one.place_id, f"{one.place.marker} {one.place.name}", (one.place.peak_x, one.place.peak_y))
        for cards in meeting.cards.values()
        for one in cards
        if one is not card and one.place_id != address.place_id
    ]
    return neighbours(others, np.asarray(xy).tolist())
