"""The ward shortlist: which wards need attention, by a stated rule, and why each is listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hotspots.drawing.funnel import FunnelDot, FunnelPlot
from hotspots.errors import UsageError
from hotspots.evidence import shortlist_words as words
from hotspots.evidence.shortlist_building import build_rows
from hotspots.evidence.shortlist_figures import funnel_plots, places_of, statistics
from hotspots.evidence.shortlist_rows import Past, ShortlistRow, WardFigures
from hotspots.evidence.shortlist_sheet import in_two, on_paper, sheet_of
from hotspots.meeting.counts import State
from hotspots.model import Period, Wards
from hotspots.profile import Profile
from hotspots.results.headlines import joined
from hotspots.sheets import Sheet
from hotspots.taxonomy import Category

__all__ = ["Past", "ShortlistRow", "WardFigures", "WardShortlist", "make_shortlist"]


@dataclass(frozen=True, eq=False)
class WardShortlist:
    """The wards of an area by rank, those that the rule lists, and why.

    Attributes
    ----------
    category : Category
    area : str
        The districts by name, "Dartford and Gravesham".
    period, before, year_before : Period
    states : tuple of three states
        Of these periods: "known", "part" (some of its incidents are missing) or "missing".
    rows : tuple of ShortlistRow
        All wards by rank; those whose counts are withheld last, in the order of their codes.
    rule : str
        The rule that lists wards, one or two sentences.
    headline : str
        The sentence that answers "which wards?".
    notes : tuple of str
        What must be known to read the table, one sentence each.
    funnels : mapping of str to FunnelPlot
        By district code ("" for wards without one), for ``hotspots.drawing.funnel.funnel_plot``;
        districts without residents or incidents have none.
    """

    category: Category
    area: str
    period: Period
    before: Period
    year_before: Period
    states: tuple[State, State, State]
    rows: tuple[ShortlistRow, ...]
    rule: str
    headline: str
    notes: tuple[str, ...]
    funnels: Mapping[str, FunnelPlot]

    @property
    def listed(self) -> tuple[ShortlistRow, ...]:
        """The wards that the rule lists, by rank."""
        return tuple(row for row in self.rows if row.listed)

    def sheet(self) -> Sheet:
        """Return all columns and rows as a table; the headline and the rule are its first notes."""
        return sheet_of(
            self.rows,
            f"Ward shortlist: {self.category.label} in {self.area}, {self.period.label}",
            (
                (self.period, self.states[0]),
                (self.before, self.states[1]),
                (self.year_before, self.states[2]),
            ),
            (self.headline, self.rule, *self.notes),
        )

    def tabs(self) -> tuple[Sheet, Sheet]:
        """Return the same in two, as a workbook has it: "Ward shortlist" and "Details"."""
        return in_two(self.sheet())

    def paper(self) -> Sheet:
        """Return the listed wards with the columns that a page of a briefing has room for."""
        return on_paper(self.sheet())


def make_shortlist(
    wards: Wards,
    now: WardFigures,
    before: WardFigures,
    year_before: WardFigures,
    category: Category,
    profile: Profile,
    hotspots: Mapping[str, Sequence[str]],
    moved_points: bool,
) -> WardShortlist:
    """Return the ward shortlist of a category and period.

    Parameters
    ----------
    wards : Wards
        Of the area.
    now, before, year_before : WardFigures
        The period, the one before it, and the same period of last year.
    hotspots : mapping of str to sequence of str
        Ward code to the markers of the hot spots in it.
    moved_points : bool
        Whether the publisher moved incidents to shared points.

    Returns
    -------
    WardShortlist
        Where nothing is known of the period, every number of it is ``Blank.NO_DATA`` and no ward
        is listed. A withheld ward has ``Blank.WITHHELD`` for its count and all that follows from
        it, and is not listed. Nothing returned depends on a withheld count: what is computed over
        several wards uses estimates that anyone could make from the shown counts and totals.

    Raises
    ------
    UsageError
        If there is no ward, or figures are not one number a ward.
    """
    for figures in (now, before, year_before):
        _check(figures, len(wards))
    places, rule = places_of(wards), profile.shortlist
    found = statistics(wards, places, now, profile)
    rows = build_rows(wards, places, now, before, year_before, found, profile, hotspots)
    by_position = {row.position: row for row in rows}

    def dot(i: int) -> FunnelDot:
        row = by_position[i]
        return FunnelDot(row.label, found_residents[i], found.rate[i].item(), row.listed)

    found_residents = places.residents.tolist()
    told = ~now.withheld & (now.state != "missing")
    names = list(places.names.values())
    return WardShortlist(
        category=category,
        area=joined(sorted(names)),
        period=now.period,
        before=before.period,
        year_before=year_before.period,
        states=(now.state, before.state, year_before.state),
        rows=rows,
        rule=words.rule_sentence(
            rule, names[0] if len(names) == 1 else "its borough", year_before.period
        ),
        headline=words.headline(rows, now, category),
        notes=words.notes(
            rows, found, places, now, (year_before, before), category, rule, moved_points
        ),
        funnels=funnel_plots(found, places, rule, told, dot),
    )


def _check(figures: WardFigures, wards: int) -> None:
    if not wards:
        raise UsageError("A shortlist must have at least one ward; got none: choose another area.")
    counts = np.asarray(figures.counts)
    if counts.shape != (wards,) or np.shape(figures.withheld) != (wards,):
        raise UsageError(
            f"A shortlist's figures must have one number a ward ({wards}); got shape "
            f"{counts.shape} for {figures.period.label}."
        )
