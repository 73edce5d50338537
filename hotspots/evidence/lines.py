"""Lines of the assessment's tables: counts of some periods, their changes, rates and shares."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from hotspots.clustering import benjamini_hochberg
from hotspots.clustering.two_counts import two_counts
from hotspots.evidence.areas_named import Named
from hotspots.evidence.figures import Cell, Cells
from hotspots.evidence.marks import Marks, forbids_change
from hotspots.evidence.measures import TOTAL_CRIME, Measure, measures
from hotspots.meeting.counts import CLEAR, by_chance
from hotspots.model import Period
from hotspots.sheets import Blank, Value

#: Said where a change is no larger than chance would make.
BY_CHANCE = "could be chance"


@dataclass(frozen=True, eq=False)
class Context:
    """What all lines of an assessment share.

    Attributes
    ----------
    cells : Cells
    periods : mapping of str to Period
        By the key of their column, in the order of the columns.
    marks : Marks
        Of the sheet.
    """

    cells: Cells
    periods: Mapping[str, Period]
    marks: Marks

    @property
    def start(self) -> date:
        """The first day of all periods."""
        return min(period.start for period in self.periods.values())

    @property
    def end(self) -> date:
        """The first day after all periods."""
        return max(period.end for period in self.periods.values())

    @property
    def day(self) -> date:
        """The last day of all periods, whose themes and priorities are taken."""
        return self.end - timedelta(days=1)


@dataclass(frozen=True, eq=False)
class Line:
    """An area and measure with their counts by column key."""

    area: Named
    measure: Measure
    cells: Mapping[str, Cell]


def line_of(context: Context, area: Named, measure: Measure) -> Line:
    """Return the counts of an area and measure."""
    found = {
        key: context.cells.cell(area, measure, period) for key, period in context.periods.items()
    }
    return Line(area, measure, found)


def is_used(line: Line) -> bool:
    """Return whether its kind was in use in any of the periods."""
    return any(cell.state != "unused" for cell in line.cells.values())


def is_blank(line: Line) -> bool:
    """Return whether nothing is known of any of its periods."""
    return all(cell.state in ("unused", "missing") for cell in line.cells.values())


# -- what is worked out ---------------------------------------------------------------------------


def change(context: Context, line: Line, first: str, second: str) -> Value:
    """Return the change from one count to the other as a fraction, or why there is none."""
    before, now = line.cells[first], line.cells[second]
    blank = _why_not_compared(context, line, first, second)
    if blank is not None:
        return blank
    if now.count is None or not before.count:
        return Blank.NOT_APPLICABLE
    return now.count / before.count - 1


def _why_not_compared(context: Context, line: Line, first: str, second: str) -> Blank | None:
    before, now = line.cells[first], line.cells[second]
    if before.withheld or now.withheld:
        return Blank.WITHHELD
    if "missing" in (before.state, now.state):
        return Blank.NO_DATA
    if not (before.whole and now.whole) or before.source != now.source:
        return Blank.NOT_COMPARED
    start, end = context.periods[first].start, context.periods[second].end
    broken = forbids_change(line.measure, start, end, context.marks.whose)
    return Blank.NOT_COMPARED if broken else None


def tested(
    context: Context,
    lines: Sequence[Line],
    first: str,
    second: str,
    together: Callable[[Line], object],
) -> list[Value]:
    """Return of each line in words whether its two counts differ by more than chance.

    The exact test of two Poisson counts, by the day, so that a leap year is no rise; adjusted
    (Benjamini-Hochberg) over the lines that ``together`` gives the same key.
    """
    blanks = [_why_not_compared(context, line, first, second) for line in lines]
    one = [_number(line.cells[first], blank) for line, blank in zip(lines, blanks, strict=True)]
    two = [_number(line.cells[second], blank) for line, blank in zip(lines, blanks, strict=True)]
    days = [float(context.periods[key].days) for key in (first, second)]
    test = two_counts(np.array(one), np.array(two), days[0], days[1])
    adjusted = np.full(len(lines), np.nan)
    keys = [together(line) for line in lines]
    for key in dict.fromkeys(keys):
        at = [i for i, mine in enumerate(keys) if mine == key]
        adjusted[at] = benjamini_hochberg(test.p_value[at])
    return [
        blank if blank is not None else _in_words(ratio, p, q)
        for blank, ratio, p, q in zip(
            blanks, test.ratio.tolist(), test.p_value.tolist(), adjusted.tolist(), strict=True
        )
    ]


def _number(cell: Cell, blank: Blank | None) -> float:
    return math.nan if blank is not None or cell.count is None else float(cell.count)


def _in_words(ratio: float, p_value: float, p_adjusted: float) -> str:
    if not p_adjusted <= CLEAR:
        return BY_CHANCE
    return f"{'rise' if ratio > 1 else 'fall'}, {by_chance(p_value)}"


def rate(cell: Cell) -> Value:
    """Return the count per 1,000 residents, or why there is none."""
    if not cell.whole or cell.count is None:
        return Blank.NO_DATA if cell.state == "part" and not cell.withheld else _blank_of(cell)
    return 1000 * cell.count / cell.residents if cell.residents else Blank.NO_DATA


def share(cell: Cell, total: Cell) -> Value:
    """Return a count's share of a total as a fraction, or why there is none."""
    for each in (cell, total):
        if not each.whole:
            return Blank.NOT_COMPARED if each.state == "part" else _blank_of(each)
    if cell.source != total.source:
        return Blank.NOT_COMPARED
    if cell.count is None or not total.count:
        return Blank.NOT_APPLICABLE
    return cell.count / total.count


def _blank_of(cell: Cell) -> Blank:
    value = cell.value
    return value if isinstance(value, Blank) else Blank.NO_DATA


def share_of_crime(context: Context, line: Line, key: str) -> Value:
    """Return its share of total crime in a period; a dash for what is no crime."""
    if not line.measure.is_crime:
        return Blank.NOT_APPLICABLE
    total = total_of(TOTAL_CRIME)
    return share(line.cells[key], context.cells.cell(line.area, total, context.periods[key]))


def share_of_own(context: Context, line: Line, key: str) -> Value:
    """Return its share of the total that the measure names; a dash where it names none."""
    if not line.measure.of:
        return Blank.NOT_APPLICABLE
    total = total_of(line.measure.of)
    return share(line.cells[key], context.cells.cell(line.area, total, context.periods[key]))


def total_of(what: str) -> Measure:
    """Return the measure that counts one kind, or a nameless one."""
    for measure in measures().values():
        if measure.whats == (what,):
            return measure
    return Measure(what, what, (what,))


def not_whole(context: Context, line: Line, labels: Mapping[str, str]) -> Value:
    """Return which of its counts are of a part of their period only; a dash for none."""
    found = [labels[key] for key, cell in line.cells.items() if cell.state == "part"]
    return ", ".join(found) or Blank.NOT_APPLICABLE


def breaks(context: Context, line: Line) -> Value:
    """Return the letters of the series breaks it crosses; a dash where nothing is known of it."""
    if is_blank(line):
        return Blank.NOT_APPLICABLE
    return context.marks.of(line.measure, context.start, context.end)


def sources(line: Line) -> Value:
    """Return where its counts come from; a dash where nothing is known of it."""
    known = [cell.source for cell in line.cells.values() if cell.state in ("known", "part")]
    return " / ".join(dict.fromkeys(known)) or Blank.NOT_APPLICABLE
