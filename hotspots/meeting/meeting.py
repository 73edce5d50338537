"""Everything that a meeting is told of one period, category and area."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.analysis import study_grid
from hotspots.clustering import Grid
from hotspots.meeting.block import Block, block_at
from hotspots.meeting.firmness import Firmness, firmness
from hotspots.meeting.held import Held, held_on, status_of
from hotspots.meeting.looks import Looked, looks_at
from hotspots.meeting.maps import QUESTIONS, Question
from hotspots.meeting.naming import place_name, ward_of
from hotspots.meeting.rhythm import Rhythm, rhythm
from hotspots.meeting.scoring import MapScore, score_last_map
from hotspots.meeting.track import Status, Track, TrackedMap, TrackedSpot, make_track
from hotspots.meeting.trend import Trend, line_periods, make_trend
from hotspots.model import Incidents, Period, Wards
from hotspots.profile import Profile
from hotspots.quality import Finding
from hotspots.quality.faulty import faulty_months
from hotspots.results import Result
from hotspots.selection import of_category
from hotspots.taxonomy import category as category_of

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Card:
    """One listed place and all that its card says.

    Attributes
    ----------
    place_id : str
        Its address, the same on every map.
    place : named tuple
        Its row of ``Result.places``.
    status : {"new", "persisting", "returning"} or None
        None for a place that is no hot spot on this map.
    held : tuple of (Period, bool)
        Each map up to this one, and whether the place was hot on it.
    block : Block
        What count, chance, line and hours are about.
    trend : Trend
        Incidents of the block in the periods of the last year.
    rhythm : Rhythm or None
        When the year's incidents of the block happened; None where the data have no hours.
    firmness : Firmness or None
        In how many other settings it stays a hot spot; None for a place that is none.
    """

    place_id: str
    place: Any
    status: Status | None
    held: Held
    block: Block
    trend: Trend
    rhythm: Rhythm | None
    firmness: Firmness | None


@dataclass(frozen=True, eq=False)
class Faded:
    """A hot spot of the map before that is none on this one; its ward is that of its name."""

    place_id: str
    name: str
    ward_code: str
    spot: TrackedSpot
    incidents: int


@dataclass(frozen=True, eq=False)
class Evidence:
    """The incidents that a meeting speaks of: those of the category inside the study area.

    Attributes
    ----------
    frame : pandas.DataFrame
        Columns of ``Incidents.frame`` and ``ward``, the position of each one's ward.
    xy : ndarray, shape (n, 2)
        Metres.
    span : tuple of two Timestamps or None
        From when to when the sources are known.
    known, faulty : collection of (year, month)
        Months in which anything is loaded; those of them that miss incidents.
    """

    frame: pd.DataFrame
    xy: NDArray[np.float64]
    grid: Grid
    wards: Wards
    profile: Profile
    span: tuple[pd.Timestamp, pd.Timestamp] | None
    known: frozenset[tuple[int, int]]
    faulty: frozenset[tuple[int, int]]

    def between(self, start: date, end: date) -> NDArray[np.bool_]:
        """Return which incidents began from one day to before another."""
        starts = self.frame["starts_at"]
        within = (starts >= pd.Timestamp(start)) & (starts < pd.Timestamp(end))
        return within.to_numpy(dtype=bool)


@dataclass(frozen=True, eq=False)
class Meeting:
    """One period, category and area as a meeting sees it.

    Attributes
    ----------
    result : Result
        The maps and tables.
    track : Track
        Every map that leads to this one.
    evidence : Evidence
        The incidents that it speaks of.
    cards : dict of question to tuple of Card
        The ranked places.
    faded : dict of question to tuple of Faded
        Hot spots of the map before that are none now.
    before : TrackedMap or None
        The last known map before this one.
    score : MapScore or None
        How many of this period's incidents fell in the hot spots of the map before.
    """

    result: Result
    track: Track
    evidence: Evidence
    cards: dict[Question, tuple[Card, ...]]
    faded: dict[Question, tuple[Faded, ...]]
    before: TrackedMap | None
    score: MapScore | None


def track_to(
    incidents: Incidents,
    wards_of: Callable[[Period], Wards],
    profile: Profile,
    last: Period,
    category: str,
    findings: Sequence[Finding] = (),
    progress: Progress | None = None,
) -> Track:
    """Return the track of every period from the beginning of the data to ``last``."""
    frame = incidents.frame
    first = incidents.span[0] if incidents.span else frame["starts_at"].min()
    periods = [last]
    while pd.notna(first) and pd.Timestamp(periods[-1].start) > first:
        periods.append(periods[-1].back(1))
    return make_track(incidents, wards_of, profile, periods[::-1], category, findings, progress)


def make_meeting(
    result: Result,
    track: Track,
    incidents: Incidents,
    wards: Wards,
    findings: Sequence[Finding] = (),
    other_vintages: Sequence[Wards] = (),
) -> Meeting:
    """Put together what a meeting is told.

    Parameters
    ----------
    result : Result
        Of the period.
    track : Track
        Its maps lead to the period, or beyond.
    incidents, wards, findings
        Those that the result was made of.
    other_vintages : sequence of Wards
        Wards of the same ground, in which the hot spots are looked for again.
    """
    evidence = gather(incidents, wards, result, findings)
    period = result.period
    now = evidence.xy[evidence.between(period.start, period.end)]
    return Meeting(
        result=result,
        track=track,
        evidence=evidence,
        cards=_cards(result, track, incidents, evidence, other_vintages),
        faded={q: _faded(track, q, period, evidence) for q in QUESTIONS},
        before=track.before(period.id),
        score=score_last_map(track, period.id, now),
    )


def gather(
    incidents: Incidents, wards: Wards, result: Result, findings: Sequence[Finding]
) -> Evidence:
    """Return the incidents that a result's meeting speaks of."""
    kind = category_of(result.category)
    profile = Profile(**result.provenance["profile"])
    frame = incidents.frame[of_category(incidents.frame, kind)]
    ward = wards.assign(frame[["x", "y"]].to_numpy())
    inside = frame.assign(ward=ward)[ward >= 0].reset_index(drop=True)
    starts = incidents.frame["starts_at"].dt
    known = incidents.months
    if known is None:
        known = frozenset(zip(starts.year.tolist(), starts.month.tolist(), strict=True))
    return Evidence(
        frame=inside,
        xy=inside[["x", "y"]].to_numpy(dtype=np.float64),
        grid=study_grid(wards, profile.cell_size_m),
        wards=wards,
        profile=profile,
        span=incidents.span,
        known=known,
        faulty=faulty_months(findings, kind.code),
    )


# -- the cards ----------------------------------------------------------------------------------


def _cards(
    result: Result,
    track: Track,
    incidents: Incidents,
    evidence: Evidence,
    others: Sequence[Wards],
) -> dict[Question, tuple[Card, ...]]:
    rows = list(result.places.itertuples(index=False))
    firm = _firmness(result, rows, incidents, evidence, others)
    cards: dict[Question, tuple[Card, ...]] = {}
    for question in QUESTIONS:
        cards[question] = tuple(
            _card(row, result, track, evidence, held)
            for row, held in zip(rows, firm, strict=True)
            if row.question == question
        )
    return cards


def _firmness(
    result: Result,
    rows: list[Any],
    incidents: Incidents,
    evidence: Evidence,
    others: Sequence[Wards],
) -> list[Firmness | None]:
    """Return the firmness of the hot spots, None for the other places."""
    hot = [row for row in rows if row.hot]
    if not hot:
        return [None] * len(rows)
    asked = Looked(
        incidents, evidence.profile, result.period, category_of(result.category), evidence.faulty
    )
    places = [(row.question, (row.peak_x, row.peak_y)) for row in hot]
    looks = looks_at(asked, evidence.wards, others)
    found = iter(firmness(places, looks, evidence.profile))
    return [next(found) if row.hot else None for row in rows]


def _card(
    row: Any, result: Result, track: Track, evidence: Evidence, firm: Firmness | None
) -> Card:
    peak = (float(row.peak_x), float(row.peak_y))
    spot = _spot_of(track.at(result.period.id), row)
    place_id = spot.place_id if spot else spot_id(result.category, row.question, peak)
    past = held_on(track, row.question, spot.place_id if spot else None, peak, result.period.id)
    block = block_at(peak, evidence.grid, evidence.profile)
    inside = block.holds(evidence.xy)
    return Card(
        place_id=place_id,
        place=row,
        status=status_of(spot, past) if spot else None,
        held=past,
        block=block,
        trend=line_of(evidence, inside, result.period, past),
        rhythm=rhythm(evidence.frame[inside & year_to(evidence, result.period)]),
        firmness=firm,
    )


def line_of(
    evidence: Evidence,
    inside: NDArray[np.bool_],
    period: Period,
    held: Held = (),
) -> Trend:
    """Return how many incidents of a place fell in each period of the last year.

    Parameters
    ----------
    inside : ndarray of bool, shape (n,)
        Which of the evidence's incidents are the place's.
    held : tuple of (Period, bool)
        On which maps the place was hot.
    """
    periods = line_periods(period)
    was_hot = {earlier.id: hot for earlier, hot in held}
    return make_trend(
        evidence.frame.loc[inside, "starts_at"],
        periods,
        evidence.known,
        evidence.faulty,
        span=evidence.span,
        hot=[was_hot.get(earlier.id) for earlier in periods],
    )


def year_to(evidence: Evidence, period: Period) -> NDArray[np.bool_]:
    """Return which incidents are of the year that ends with a period."""
    return evidence.between(line_periods(period)[0].start, period.end)


def _spot_of(drawn: TrackedMap, row: Any) -> TrackedSpot | None:
    """Return the tracked hot spot of a listed place: they have one peak."""
    for spot in drawn.spots:
        same = np.allclose(spot.peak_xy, (row.peak_x, row.peak_y), atol=1e-6, rtol=0)
        if row.hot and spot.question == row.question and same:
            return spot
    return None


def spot_id(category: str, question: str, xy: tuple[float, float]) -> str:
    """Return the address of a place that was never a hot spot: where it is."""
    return f"{category}-{question[0]}-{xy[0]:.0f}-{xy[1]:.0f}"


def _faded(
    track: Track, question: Question, period: Period, evidence: Evidence
) -> tuple[Faded, ...]:
    before = track.before(period.id)
    if before is None or not track.at(period.id).known:
        return ()
    now = evidence.between(period.start, period.end)
    then = evidence.between(before.period.start, before.period.end)
    found = []
    for spot in track.gone(period.id, question):
        inside = block_at(spot.peak_xy, evidence.grid, evidence.profile).holds(evidence.xy)
        named_by = (evidence.frame[inside & then], evidence.wards, spot.peak_xy)
        code = str(evidence.wards.frame["ward_code"].iloc[ward_of(*named_by)])
        count = int((inside & now).sum())
        found.append(Faded(spot.place_id, place_name(*named_by), code, spot, count))
    return tuple(found)
