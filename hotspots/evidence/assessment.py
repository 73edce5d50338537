"""The tables of the Strategic Assessment: what must be counted for them, and the tables.

Pure: counts in, sheets out. Every number is worked out from the counts given, so that where a
tier withholds a count nothing that is worked out from it is shown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from hotspots.evidence.areas_named import boroughs, wards_named
from hotspots.evidence.assessment_sheets import (
    headline_sheet,
    key_wards_sheet,
    priorities_sheet,
    wards_sheet,
)
from hotspots.evidence.comparators import Comparators, comparators_sheet
from hotspots.evidence.entered import Entered, EnteredCounts
from hotspots.evidence.figures import Cells, Figure, check_entered
from hotspots.evidence.measures import Measure, measures_for
from hotspots.evidence.method import Method
from hotspots.evidence.quarterly import quarterly_sheets
from hotspots.evidence.years import quarter_periods, three_years
from hotspots.model import Period, Wards
from hotspots.sharing.asked import Asked
from hotspots.sheets import Sheet

YEAR_KEYS = ("two_years_before", "year_before", "year")


@dataclass(frozen=True, eq=False)
class Source:
    """Where the counts come from and who the tables are for.

    Attributes
    ----------
    whose : collection of str
        The agencies whose incidents are counted, and "data.police.uk" where its files are among
        the sources: whose series breaks are told.
    small_counts_below : int
        The tier's; 0 withholds nothing.
    refused : collection of str
        The kinds that the tier may not be given; their measures are left out, and named.
    """

    whose: Collection[str] = ()
    small_counts_below: int = 0
    refused: Collection[str] = ()


def assessment_asked(
    wards: Wards, year_ending: date, refused: Collection[str] = ()
) -> tuple[Asked, ...]:
    """Return the counts that the annual tables need, each once.

    Parameters
    ----------
    year_ending : date
        The last day of the last of three years: the last day of a month.
    refused : collection of str
        Kinds that are not to be counted.

    Raises
    ------
    UsageError
        If the day is not the last of a month.
    """
    periods = three_years(year_ending)
    kept, _ = measures_for(frozenset(refused))
    asked = _asked([area.where for area in boroughs(wards)], kept, periods)
    asked |= _asked(
        [ward.where for ward in wards_named(wards)], [m for m in kept if m.by_ward], periods
    )
    return tuple(asked)


def quarterly_asked(
    wards: Wards, quarter_ending: date, refused: Collection[str] = ()
) -> tuple[Asked, ...]:
    """Return the counts that the quarterly tables need, each once; as ``assessment_asked``."""
    periods = tuple(quarter_periods(quarter_ending).values())
    kept, _ = measures_for(frozenset(refused))
    return tuple(_asked([area.where for area in boroughs(wards)], kept, periods))


def _asked(
    wheres: Sequence[str], chosen: Sequence[Measure], periods: Sequence[Period]
) -> dict[Asked, None]:
    return {
        Asked.of(where, what, period): None
        for measure in chosen
        for period in periods
        for what in measure.whats_in(period)
        for where in wheres
    }


def make_assessment(
    wards: Wards,
    year_ending: date,
    figures: Mapping[Asked, Figure],
    source: Source,
    entered: Entered | None = None,
    comparators: Comparators | None = None,
    key_wards: Mapping[str, Sequence[str]] | None = None,
) -> tuple[Sheet, ...]:
    """Return the annual tables.

    Parameters
    ----------
    wards : Wards
        Whose counts these are; their residents are those of the rates.
    year_ending : date
        The last day of the last of three years.
    figures : mapping of Asked to Figure
        The counts of ``assessment_asked``; what is not in it is not known.
    source : Source
    entered : Entered, optional
        Counts that take the place of counted ones.
    comparators : Comparators, optional
        Rates of other areas; without, there is no such table.
    key_wards : mapping of str to sequence of str, optional
        Ward codes by measure code. Where a measure has none, the wards with the highest rates.

    Returns
    -------
    tuple of Sheet
        "Headline", "Priorities", "Wards", "Key wards", and "Comparators" where there are any.

    Raises
    ------
    UsageError
        If the day is not the last of a month, or a key ward is no ward or its measure is none.
    DataError
        If an entered count would give away what the tier withholds.
    """
    periods = dict(zip(YEAR_KEYS, three_years(year_ending), strict=True))
    cells = _cells(wards, figures, source, entered)
    single = wards_named(wards)
    check_entered(cells, [*cells.areas, *single], periods.values(), source.small_counts_below)
    kept, left_out = measures_for(frozenset(source.refused))
    method = Method(wards, source.small_counts_below, left_out, entered)
    sheets = [
        headline_sheet(cells, periods, kept, source.whose, method),
        priorities_sheet(cells, periods, kept, source.whose, method),
        wards_sheet(cells, periods, kept, source.whose, method, single),
        key_wards_sheet(cells, periods, kept, source.whose, method, single, key_wards or {}),
    ]
    if comparators is not None:
        sheets.append(comparators_sheet(cells, periods["year"], kept, comparators, method))
    return tuple(sheets)


def make_quarterly(
    wards: Wards,
    quarter_ending: date,
    figures: Mapping[Asked, Figure],
    source: Source,
    entered: Entered | None = None,
) -> tuple[Sheet, ...]:
    """Return the quarterly tables for the main Partnership, by theme and priority.

    Parameters are as of ``make_assessment``; ``figures`` are the counts of ``quarterly_asked``.
    Entered counts are of years, so that they stand in the 12 months alone.

    Returns
    -------
    tuple of Sheet
        "Quarter", with the boroughs side by side, and one of each borough and of all together.

    Raises
    ------
    UsageError, DataError
        As ``make_assessment``.
    """
    periods = quarter_periods(quarter_ending)
    cells = _cells(wards, figures, source, entered)
    check_entered(cells, cells.areas, periods.values(), source.small_counts_below)
    kept, left_out = measures_for(frozenset(source.refused))
    method = Method(wards, source.small_counts_below, left_out, entered)
    return quarterly_sheets(cells, periods, kept, source.whose, method)


def _cells(
    wards: Wards, figures: Mapping[Asked, Figure], source: Source, entered: Entered | None
) -> Cells:
    return Cells(figures, EnteredCounts.of(entered), boroughs(wards))
