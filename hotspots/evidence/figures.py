"""One figure of an assessment: counted, entered, or added up; known, in part, or kept back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date

from hotspots.errors import DataError
from hotspots.evidence.areas_named import Named
from hotspots.evidence.entered import EnteredCounts, Entry
from hotspots.evidence.measures import Measure, measures
from hotspots.meeting.counts import State
from hotspots.model import Period
from hotspots.sharing.asked import Asked
from hotspots.sheets import Blank, Value

COUNTED, ENTERED, MIXED = "counted", "entered", "entered and counted"


@dataclass(frozen=True, slots=True)
class Figure:
    """A count as the caller knows it.

    Attributes
    ----------
    count : int or None
        None where nothing is known, or it is withheld.
    state : {"known", "part", "missing"}
    withheld : bool
        Whether it is kept back in this tier.
    """

    count: int | None
    state: State
    withheld: bool = False


_MISSING = Figure(None, "missing")


def figures_from(
    counts: Mapping[Asked, int],
    withheld: Collection[Asked],
    states: Mapping[tuple[str, date, date], State],
) -> dict[Asked, Figure]:
    """Return the figures of counts, those withheld without their count.

    ``states`` is by kind, first day and the first day after (``years.states_of``); what it does
    not have is not known.
    """
    kept_back = frozenset(withheld)
    found: dict[Asked, Figure] = {}
    for asked, count in counts.items():
        state = states.get((asked.what, asked.start, asked.end), "missing")
        hidden = asked in kept_back and state != "missing"
        found[asked] = Figure(None if hidden or state == "missing" else count, state, hidden)
    return found


@dataclass(frozen=True, slots=True)
class Cell:
    """A count of an area, measure and period as the tables show it.

    Attributes
    ----------
    count : int or None
        None where missing or withheld.
    state : {"known", "part", "missing", "unused"}
        "unused": the kind was not in use in the period.
    withheld : bool
    source : str
        "counted", "entered" or "entered and counted".
    residents : float or None
        Those its rate is of.
    """

    count: int | None
    state: str
    withheld: bool
    source: str
    residents: float | None

    @property
    def whole(self) -> bool:
        """Whether the count is known whole and may be shown."""
        return self.state == "known" and not self.withheld and self.count is not None

    @property
    def value(self) -> Value:
        """What a table shows of it."""
        if self.withheld:
            return Blank.WITHHELD
        if self.state == "unused":
            return Blank.NOT_APPLICABLE
        return Blank.NO_DATA if self.count is None or self.state == "missing" else self.count


@dataclass(frozen=True, eq=False)
class Cells:
    """The figures of an assessment, to look up by area, measure and period.

    Attributes
    ----------
    figures : mapping of Asked to Figure
        What is not in it is not known.
    entered : EnteredCounts
    areas : tuple of Named
        Boroughs, and all together.
    """

    figures: Mapping[Asked, Figure]
    entered: EnteredCounts
    areas: tuple[Named, ...]

    def cell(self, area: Named, measure: Measure, period: Period) -> Cell:
        """Return what is known of an area, measure and period; entered before counted."""
        entry = self.entry(area, measure, period)
        if entry is not None:
            return Cell(entry.count, "known", False, ENTERED, entry.population or area.residents)
        parts = [self.cell(part, measure, period) for part in self._parts(area)]
        if any(part.source != COUNTED for part in parts):
            return _together(parts)
        return self.counted(area, measure, period)

    def entry(self, area: Named, measure: Measure, period: Period) -> Entry | None:
        """Return what is entered of it, or the sum of its parts if all of them are."""
        found = self.entered.find(area, measure, period)
        return found or self.entered.sum_of(area, measure, period)

    def counted(self, area: Named, measure: Measure, period: Period) -> Cell:
        """Return what the tool counted."""
        whats = measure.whats_in(period)
        found = [self._figure(area.where, what, period) for what in whats]
        told = [figure for figure in found if figure.state != "missing" or figure.withheld]
        if measure.one_of_several and told:
            found = told
        blank = Cell(None, "missing", False, COUNTED, area.residents)
        if not whats:
            return replace(blank, state="unused")
        if any(figure.withheld for figure in found):
            return replace(blank, state="known", withheld=True)
        counts = [figure.count for figure in found if figure.count is not None]
        if len(counts) < len(found) or any(figure.state == "missing" for figure in found):
            return blank
        whole = measure.whole_in(period) and all(figure.state == "known" for figure in found)
        return replace(blank, count=sum(counts), state="known" if whole else "part")

    def _figure(self, where: str, what: str, period: Period) -> Figure:
        return self.figures.get(Asked.of(where, what, period), _MISSING)

    def _parts(self, area: Named) -> list[Named]:
        return [each for each in self.areas if each.where in area.parts]


def _together(parts: list[Cell]) -> Cell:
    """Return the sum of the boroughs' cells: whole only where each is."""
    source = ENTERED if all(part.source == ENTERED for part in parts) else MIXED
    people = [part.residents for part in parts]
    residents = None if None in people else sum(p for p in people if p is not None)
    if any(part.withheld for part in parts):
        return Cell(None, "known", True, source, residents)
    counts = [part.count for part in parts if part.count is not None]
    if len(counts) < len(parts):
        return Cell(None, "missing", False, source, residents)
    state = "known" if all(part.state == "known" for part in parts) else "part"
    return Cell(sum(counts), state, False, source, residents)


# -- entered counts and small ones ----------------------------------------------------------------


def check_entered(
    cells: Cells, areas: Collection[Named], periods: Collection[Period], below: int
) -> None:
    """Raise a DataError where an entered count would give away what the tier keeps back.

    An entered count cannot be set against the other tables that the tier has seen. So in a tier
    that withholds counts from 1 to below ``below`` none of that size may be entered, nor be the
    difference of entered ones, nor stand where the counted one is withheld.

    Raises
    ------
    DataError
        Naming the first such count.
    """
    if below < 2:
        return
    for area in areas:
        for measure in measures().values():
            for period in periods:
                _check_entry(cells, area, measure, period, below)
                _check_rest(cells, area, measure, period, below)


def _check_entry(cells: Cells, area: Named, measure: Measure, period: Period, below: int) -> None:
    entry = cells.entered.find(area, measure, period)
    if entry is None:
        return
    if 0 < entry.count < below:
        raise DataError(
            f"An entered count must be 0 or at least {below} in this tier; got {entry.count} for "
            f"{_named(area, measure, period)}: leave it out, or export to the restricted tier."
        )
    if cells.counted(area, measure, period).withheld:
        raise DataError(
            "An entered count must not stand where the counted one is withheld, as for "
            f"{_named(area, measure, period)}: leave it out, or export to the restricted tier."
        )


def _check_rest(cells: Cells, area: Named, measure: Measure, period: Period, below: int) -> None:
    """Check what is left of an entered total when all of its parts but one are entered."""
    total = cells.entry(area, measure, period)
    if total is None:
        return
    by_kind = [cells.entered.find(area, measures()[code], period) for code in measure.sum_of]
    named = [each for each in cells.areas if each.where in area.parts]
    by_area = [cells.entry(part, measure, period) for part in named]
    for parts in (by_kind, by_area):
        known = [part.count for part in parts if part is not None]
        if len(known) == len(parts) - 1 and 0 < total.count - sum(known) < below:
            raise DataError(
                f"Entered counts must not leave a rest below {below} in this tier, as "
                f"{_named(area, measure, period)} does less its other parts: leave it out, or "
                "export to the restricted tier."
            )


def _named(area: Named, measure: Measure, period: Period) -> str:
    return f"{measure.label}, {area.name}, {period.label}"
