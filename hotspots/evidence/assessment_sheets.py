"""The annual tables: crime as a whole, the priorities' measures, wards, key wards."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from hotspots.errors import UsageError
from hotspots.evidence.areas_named import Named
from hotspots.evidence.figures import Cell, Cells
from hotspots.evidence.lines import (
    Context,
    Line,
    breaks,
    change,
    is_used,
    line_of,
    not_whole,
    rate,
    share_of_crime,
    share_of_own,
    sources,
    tested,
)
from hotspots.evidence.marks import Marks
from hotspots.evidence.measures import (
    Measure,
    in_order,
    measures,
    priority_label,
    theme_label,
)
from hotspots.evidence.method import Method, nothing_known
from hotspots.model import Period, Wards
from hotspots.results.headlines import plain
from hotspots.sheets import Blank, Column, Sheet, Value

BEFORE, NOW = "year_before", "year"
#: So many wards of a borough are key wards where none are named.
KEY_WARDS = 5
#: The area of a measure of which nothing is known in any.
EVERY_AREA = "All areas"
Row = dict[str, Value]
_AREA, _MEASURE = Column("area", "Area"), Column("measure", "Measure")
_THEME, _PRIORITY = Column("theme", "Theme"), Column("priority", "Priority")
_WARD, _CODE = Column("ward", "Ward"), Column("ward_code", "Ward code")
_BOROUGH = Column("borough", "Borough")


def label_of(period: Period) -> str:
    """Return a year or quarter in few words: "Year to Sep 2016", "Jul to Sep 2016"."""
    last = period.end - timedelta(days=1)
    if period.end.year * 12 + period.end.month - period.start.year * 12 - period.start.month == 12:
        return f"Year to {last:%b %Y}"
    return f"{period.start:%b} to {last:%b %Y}"


# -- columns and rows -----------------------------------------------------------------------------


def _columns(
    periods: Mapping[str, Period],
    first: Sequence[Column],
    last: Sequence[Column] = (),
    *,
    own_share: bool = True,
) -> tuple[Column, ...]:
    """Return what names a row, its numbers, and at the right what is looked up."""
    labels = {key: label_of(period) for key, period in periods.items()}
    now = plain(labels[NOW])
    columns = [
        *first,
        *(Column(key, label, "count") for key, label in labels.items()),
        Column("change", "Change on the year before", "change"),
        Column("change_tested", "Change, tested"),
        Column("rate", f"Per 1,000 residents, {now}", "rate"),
    ]
    columns.append(Column("share_of_crime", f"Share of total crime, {now}", "percent"))
    if own_share:
        columns += [
            Column("share", f"Share of the total named beside, {now}", "percent"),
            Column("share_of", "Total that the share is of"),
        ]
    return (
        *columns,
        Column("breaks", "Series breaks", note="The letters are explained in the notes."),
        Column("not_whole", "Not whole"),
        Column("residents", "Residents the rate is of", "count"),
        Column("source", "Source"),
        *last,
    )


def _row(context: Context, line: Line, test: Value, own_share: bool = True) -> Row:
    now: Cell = line.cells[NOW]
    labels = {key: label_of(period) for key, period in context.periods.items()}
    row: Row = {key: cell.value for key, cell in line.cells.items()}
    row |= {
        "measure": line.measure.label,
        "change": change(context, line, BEFORE, NOW),
        "change_tested": test,
        "rate": rate(now),
        "residents": now.residents if now.residents else Blank.NO_DATA,
        "not_whole": not_whole(context, line, labels),
        "breaks": breaks(context, line),
        "source": sources(line),
        "share_of_crime": share_of_crime(context, line, NOW),
    }
    if own_share:
        row |= {
            "share": share_of_own(context, line, NOW),
            "share_of": line.measure.of_label or Blank.NOT_APPLICABLE,
        }
    return row


def _tests(context: Context, lines: Sequence[Line]) -> list[Value]:
    return tested(context, lines, BEFORE, NOW, lambda line: line.measure.code)


# -- boroughs -------------------------------------------------------------------------------------


def headline_sheet(
    cells: Cells,
    periods: Mapping[str, Period],
    kept: Sequence[Measure],
    whose: Collection[str],
    method: Method,
) -> Sheet:
    """Return crime as a whole, by borough: victim-based, against society, total."""
    context = Context(cells, periods, Marks(whose))
    chosen = [measure for measure in kept if measure.headline]
    lines = [line_of(context, area, m) for area in cells.areas for m in chosen]
    tests = tested(context, lines, BEFORE, NOW, lambda line: None)
    rows = [
        {"area": line.area.name} | _row(context, line, test, own_share=False)
        for line, test in zip(lines, tests, strict=True)
    ]
    return Sheet(
        name="Headline",
        title=f"Crime recorded, {_where(cells)}, {_span(periods)}",
        columns=_columns(periods, (_AREA, _MEASURE), own_share=False),
        rows=tuple(rows),
        notes=(*method.notes(lines, "all rows of this table"), *context.marks.notes),
        total_rows=frozenset(i for i, line in enumerate(lines) if line.measure.sum_of),
    )


def priorities_sheet(
    cells: Cells,
    periods: Mapping[str, Period],
    kept: Sequence[Measure],
    whose: Collection[str],
    method: Method,
) -> Sheet:
    """Return the measures of the priorities, by borough; at the end those nothing is known of.

    Of these there is one row each, not one a borough.
    """
    context = Context(cells, periods, Marks(whose))
    chosen = in_order(tuple(m for m in kept if not m.headline), context.day)
    lines = [line_of(context, area, m) for area in cells.areas for m in chosen]
    used = [line for line in lines if is_used(line)]
    known, _ = nothing_known(used)
    unknown = [line for line in used if line not in known and line.area is cells.areas[-1]]
    lines = [*known, *unknown]
    tests = tested(context, lines, BEFORE, NOW, lambda line: None)
    rows = [
        {"area": line.area.name} | _placed(context, line) | _row(context, line, test)
        for line, test in zip(lines, tests, strict=True)
    ]
    if len(cells.areas) > 1:
        for row in rows[len(known) :]:
            row["area"] = EVERY_AREA
    return Sheet(
        name="Priorities",
        title=f"The priorities and their measures, {_where(cells)}, {_span(periods)}",
        columns=_columns(periods, (_AREA, _MEASURE, _PRIORITY), (_THEME,)),
        rows=tuple(rows),
        notes=(*method.notes(lines, "all rows of this table"), *context.marks.notes),
    )


def _placed(context: Context, line: Line) -> Row:
    return {
        "theme": theme_label(line.measure, context.day) or Blank.NOT_APPLICABLE,
        "priority": priority_label(line.measure, context.day) or Blank.NOT_APPLICABLE,
    }


def _where(cells: Cells) -> str:
    """Return the name of all that the tables are of."""
    return cells.areas[-1].name


def _span(periods: Mapping[str, Period]) -> str:
    ends = [f"{period.end - timedelta(days=1):%b %Y}" for period in periods.values()]
    return f"years to {', '.join(ends[:-1])} and {ends[-1]}"


# -- wards ----------------------------------------------------------------------------------------


def _ward(line: Line) -> Row:
    return {
        "borough": line.area.borough or Blank.NOT_APPLICABLE,
        "ward": line.area.name,
        "ward_code": line.area.code or Blank.NOT_APPLICABLE,
    }


def wards_sheet(
    cells: Cells,
    periods: Mapping[str, Period],
    kept: Sequence[Measure],
    whose: Collection[str],
    method: Method,
    single: Sequence[Named],
) -> Sheet:
    """Return every measure by ward, one row each; measures of which nothing is known are named."""
    context = Context(cells, periods, Marks(whose))
    headline = [measure for measure in kept if measure.headline]
    rest = in_order(tuple(m for m in kept if not m.headline), context.day)
    chosen = [measure for measure in (*headline, *rest) if measure.by_ward]
    lines = [line_of(context, ward, measure) for measure in chosen for ward in single]
    lines, unknown = nothing_known(line for line in lines if is_used(line))
    rows = [
        _placed(context, line) | _ward(line) | _row(context, line, test)
        for line, test in zip(lines, _tests(context, lines), strict=True)
    ]
    notes = [*method.notes(lines, "the wards of a measure")]
    notes.append("A share is of the total of the same ward.")
    if unknown:
        notes.append(f"No data by ward: {', '.join(unknown)}.")
    return Sheet(
        name="Wards",
        title=f"Measures by ward, {_where(cells)}, {_span(periods)}",
        columns=_columns(periods, (_WARD, _MEASURE, _BOROUGH), (_PRIORITY, _THEME, _CODE)),
        rows=tuple(rows),
        notes=(*notes, *context.marks.notes),
    )


def key_wards_sheet(
    cells: Cells,
    periods: Mapping[str, Period],
    kept: Sequence[Measure],
    whose: Collection[str],
    method: Method,
    single: Sequence[Named],
    named: Mapping[str, Sequence[str]],
) -> Sheet:
    """Return the key wards of the measures that have them, each borough's own rate below."""
    _check_named(named, single, method.wards)
    context = Context(cells, periods, Marks(whose))
    chosen = [measure for measure in kept if measure.key_wards or measure.code in named]
    lines: list[Line] = []
    totals: set[int] = set()
    for measure in chosen:
        for area in [each for each in cells.areas if each.code] or list(cells.areas):
            mine = [w for w in single if not area.code or w.borough == area.name]
            lines += _key_lines(context, measure, mine, named.get(measure.code))
            totals.add(len(lines))
            lines.append(line_of(context, area, measure))
    rows = [
        _ward(line) | ({"ward": "Whole borough"} if i in totals else {}) | _row(context, line, test)
        for i, (line, test) in enumerate(zip(lines, _tests(context, lines), strict=True))
    ]
    return Sheet(
        name="Key wards",
        title=f"Key wards, {_where(cells)}, {_span(periods)}",
        columns=_columns(periods, (_WARD, _MEASURE, _BOROUGH), (_CODE,)),
        rows=tuple(rows),
        notes=(
            *_rules(chosen, named),
            *method.notes(lines, "the rows of a measure"),
            *context.marks.notes,
        ),
        total_rows=frozenset(totals),
    )


def _rules(chosen: Sequence[Measure], named: Mapping[str, Sequence[str]]) -> list[str]:
    """Return how the key wards of each measure were chosen."""
    highest = (
        f"the {KEY_WARDS} wards of a borough with the highest rates that are shown, per 1,000 "
        "residents in the last year"
    )
    return [
        f"Key wards for {measure.label}: "
        f"{'those the partnership names' if measure.code in named else highest}."
        for measure in chosen
    ]


def _key_lines(
    context: Context, measure: Measure, mine: Sequence[Named], codes: Sequence[str] | None
) -> list[Line]:
    lines = [line_of(context, ward, measure) for ward in mine]
    if codes is not None:
        return [line for line in lines if line.area.code in codes]
    rates = [rate(line.cells[NOW]) for line in lines]
    known = [
        (-float(found), line.area.code, line)
        for found, line in zip(rates, lines, strict=True)
        if isinstance(found, int | float) and math.isfinite(found) and found > 0
    ]
    return [line for _, _, line in sorted(known, key=lambda each: each[:2])[:KEY_WARDS]]


def _check_named(named: Mapping[str, Sequence[str]], single: Sequence[Named], wards: Wards) -> None:
    known = {ward.code for ward in single}
    for code, chosen in named.items():
        if code not in measures():
            raise UsageError(
                f"Key wards must be of a measure: {', '.join(measures())}; got {code!r}."
            )
        strangers = [ward for ward in chosen if ward not in known]
        if strangers:
            raise UsageError(
                f"A key ward must be the code of one of the {wards.vintage} wards; got "
                f"{strangers[0]!r}: give its code in that vintage."
            )
