"""Counts that the partnership enters: its own published figures in place of counted ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from hotspots.evidence.areas_named import Named, find_area
from hotspots.evidence.measures import Measure, find_measure
from hotspots.evidence.typed_tables import (
    RowError,
    Typed,
    day_in,
    read_typed,
    text_in,
    whole_in,
)
from hotspots.evidence.years import year_ending
from hotspots.model import Period, Wards

COLUMNS = ("area", "measure", "year_ending", "count", "population")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entered count: of an area (``where``), a measure (its code) and a year.

    ``population`` is that of the count's rate, None where not given.
    """

    where: str
    measure: str
    period: Period
    count: int
    population: int | None


Entered = Typed[Entry]


def read_entered(path: Path, wards: Wards) -> Entered:
    """Read entered counts: columns area, measure, year_ending, count, population.

    An area is a borough or ward, by name or code, or "all"; a measure its code or label;
    ``population`` may be empty.

    Raises
    ------
    DataError
        If the file cannot be read or no row can be used; single rows are rejected with a reason.
    """

    def parse(fields: Mapping[str, str]) -> Entry:
        people = whole_in(fields, "population") if fields.get("population") else None
        if people == 0:
            raise RowError("population must be above 0")
        return Entry(
            find_area(wards, text_in(fields, "area")).where,
            find_measure(text_in(fields, "measure")).code,
            year_ending(day_in(fields, "year_ending")),
            whole_in(fields, "count"),
            people,
        )

    return read_typed(path, COLUMNS, parse, lambda e: (e.where, e.measure, e.period))


@dataclass(frozen=True, eq=False)
class EnteredCounts:
    """Entered counts to look up."""

    entries: Mapping[tuple[str, str, date], Entry]

    @classmethod
    def of(cls, entered: Entered | None) -> EnteredCounts:
        """Return those of a file; none of None."""
        rows = entered.rows if entered else ()
        return cls({(e.where, e.measure, e.period.end): e for e in rows})

    def find(self, area: Named, measure: Measure, period: Period) -> Entry | None:
        """Return what is entered of an area, measure and year, None for nothing."""
        found = self.entries.get((area.where, measure.code, period.end))
        # a quarter ends on the same day as a year
        return found if found and found.period.start == period.start else None

    def sum_of(self, area: Named, measure: Measure, period: Period) -> Entry | None:
        """Return the sum of what a measure is made of, if all of that is entered."""
        parts = [self.entries.get((area.where, code, period.end)) for code in measure.sum_of]
        known = [part for part in parts if part and part.period.start == period.start]
        if not parts or len(known) < len(parts):
            return None
        people = {part.population for part in known}
        return Entry(
            area.where,
            measure.code,
            period,
            sum(part.count for part in known),
            people.pop() if len(people) == 1 else None,
        )
