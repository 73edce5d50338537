"""How the partnership's rates rank among other areas: its Most Similar Group, the county."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hotspots.evidence.areas_named import Named, is_named, plain_area
from hotspots.evidence.figures import Cells
from hotspots.evidence.lines import rate
from hotspots.evidence.measures import Measure, find_measure
from hotspots.evidence.method import Method
from hotspots.evidence.typed_tables import (
    RowError,
    Typed,
    day_in,
    decimal_in,
    read_typed,
    text_in,
    whole_in,
)
from hotspots.evidence.years import year_ending
from hotspots.model import Period
from hotspots.sheets import Blank, Column, Sheet, Value

COLUMNS = ("area", "group", "measure")
_ENDINGS = {1: "st", 2: "nd", 3: "rd"}


@dataclass(frozen=True, slots=True)
class Comparator:
    """The rate of another area.

    Attributes
    ----------
    area, group : str
    measure : str
        Code of the measure.
    rate : float
        Per 1,000 residents.
    decimals : int or None
        Those it is given with; None where it was worked out from a count.
    period : Period or None
        The year it is of, None where the file does not say.
    """

    area: str
    group: str
    measure: str
    rate: float
    decimals: int | None
    period: Period | None


Comparators = Typed[Comparator]


def read_comparators(path: Path) -> Comparators:
    """Read rates of other areas: columns area, group, measure, and rate, or count and population.

    A column ``year_ending`` (or ``period``) is optional: the last day of the year. The
    partnership's own areas may be among the rows.

    Raises
    ------
    DataError
        If the file cannot be read or no row can be used; single rows are rejected with a reason.
    """
    return read_typed(path, COLUMNS, _parse, _key)


def _key(row: Comparator) -> object:
    return plain_area(row.area), row.group.casefold(), row.measure, row.period


def _parse(fields: Mapping[str, str]) -> Comparator:
    found, decimals = _rate_in(fields)
    dated = next((name for name in ("year_ending", "period") if fields.get(name)), None)
    return Comparator(
        area=text_in(fields, "area"),
        group=text_in(fields, "group"),
        measure=find_measure(text_in(fields, "measure")).code,
        rate=found,
        decimals=decimals,
        period=year_ending(day_in(fields, dated)) if dated else None,
    )


def _rate_in(fields: Mapping[str, str]) -> tuple[float, int | None]:
    if fields.get("rate"):
        return decimal_in(fields, "rate")
    if not fields.get("count") or not fields.get("population"):
        raise RowError("it has neither a rate nor a count and a population")
    people = whole_in(fields, "population")
    if people == 0:
        raise RowError("population must be above 0")
    return 1000 * whole_in(fields, "count") / people, None


# -- the table ------------------------------------------------------------------------------------


def comparators_sheet(
    cells: Cells,
    period: Period,
    kept: Sequence[Measure],
    comparators: Comparators,
    method: Method,
) -> Sheet:
    """Return our rates beside those of each group: rank, median, lowest and highest.

    A group that names one of our areas is compared with that area, one that names none with all
    of them. Our own row is left out of the others, and so are the boroughs where both together
    are compared, and both together where a borough is. It gives our rate only where nothing is
    known here.
    """
    dated = [row for row in comparators.rows if row.period in (None, period)]
    rows: list[dict[str, Value]] = []
    for measure in kept:
        of_measure = [row for row in dated if row.measure == measure.code]
        for group in sorted({row.group for row in of_measure}):
            mine = [row for row in of_measure if row.group == group]
            compared = _compared(cells.areas, mine)
            rows += [_row(cells, period, measure, area, group, mine) for area in compared]
    others = len(comparators.rows) - len(dated)
    notes = [
        "Rates are per 1,000 residents of the year. Rank 1 is the lowest rate; areas of one rate "
        "share a rank. Rates are compared to the decimals that the others are given with.",
        "The others' rates are as the file gives them; ours are counted by place here, which may "
        "differ from what the force publishes.",
        *comparators.said,
    ]
    if others:
        notes.append(f"Rows of {comparators.name} of other years, not used: {others}.")
    if any(row.period is None for row in dated):
        notes.append(f"{comparators.name} does not say of every rate which year it is of.")
    return Sheet(
        name="Comparators",
        title=f"Our rates among others, {period.label}",
        columns=_TABLE,
        rows=tuple(rows),
        notes=tuple(notes),
    )


_TABLE = (
    Column("measure", "Measure"),
    Column("group", "Group"),
    Column("area", "Our area"),
    Column("ours", "Ours, per 1,000 residents", "rate"),
    Column("rank", "Rank (1 = lowest rate)"),
    Column("median", "Median of the others, per 1,000 residents", "rate"),
    Column("lowest", "Lowest of the others, per 1,000 residents", "rate"),
    Column("highest", "Highest of the others, per 1,000 residents", "rate"),
    Column("others", "Others", "count"),
    Column("source", "Our rate is"),
)


def _compared(areas: Sequence[Named], rows: Sequence[Comparator]) -> list[Named]:
    named = [area for area in areas if _own(area, tuple(areas), rows)]
    return named or list(areas)


def _own(area: Named, areas: tuple[Named, ...], rows: Sequence[Comparator]) -> list[Comparator]:
    return [row for row in rows if is_named(area, areas, row.area)]


def _others(area: Named, areas: tuple[Named, ...], rows: Sequence[Comparator]) -> list[Comparator]:
    """Return the rows of other areas: not ours, nor what it is part of or made of."""
    related = [each for each in areas if not area.code or not each.code or each is area]
    left_out = [row for each in related for row in _own(each, areas, rows)]
    return [row for row in rows if row not in left_out]


def _row(
    cells: Cells,
    period: Period,
    measure: Measure,
    area: Named,
    group: str,
    rows: Sequence[Comparator],
) -> dict[str, Value]:
    areas = tuple(cells.areas)
    others, own = _others(area, areas, rows), _own(area, areas, rows)
    cell = cells.cell(area, measure, period)
    ours, source = rate(cell), cell.source
    if ours is Blank.NO_DATA and own and not cell.withheld:
        ours, source = own[0].rate, "from the file"
    rates = [row.rate for row in others]
    none = Blank.NO_DATA
    return {
        "measure": measure.label,
        "group": group,
        "area": area.name,
        "ours": ours,
        "rank": ours if isinstance(ours, Blank) else _rank(float(ours), others),
        "median": statistics.median(rates) if rates else none,
        "lowest": min(rates) if rates else none,
        "highest": max(rates) if rates else none,
        "others": len(others),
        "source": source,
    }


def _rank(ours: float, others: Sequence[Comparator]) -> Value:
    """Return "10th of 15", "joint 3rd of 15" where another area has the same rate."""
    if not others:
        return Blank.NO_DATA
    below = sum(row.rate < _as_given(ours, row) for row in others)
    level = any(row.rate == _as_given(ours, row) for row in others)
    return f"{'joint ' if level else ''}{_ordinal(below + 1)} of {len(others) + 1}"


def _as_given(ours: float, row: Comparator) -> float:
    return ours if row.decimals is None else round(ours, row.decimals)


def _ordinal(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{_ENDINGS.get(number % 10, 'th')}"
