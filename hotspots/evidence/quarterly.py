"""The quarterly tables for the main Partnership, by theme and priority."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from hotspots.evidence.areas_named import Named
from hotspots.evidence.assessment_sheets import label_of
from hotspots.evidence.figures import Cells
from hotspots.evidence.lines import (
    Context,
    Line,
    breaks,
    change,
    is_blank,
    is_used,
    line_of,
    not_whole,
    rate,
    sources,
    tested,
)
from hotspots.evidence.marks import Marks
from hotspots.evidence.measures import Measure, in_order, priority_label, theme_label
from hotspots.evidence.method import Method
from hotspots.model import Period
from hotspots.results.headlines import plain
from hotspots.sheets import Blank, Column, Sheet, Value

#: What is compared: key of the column, the two counts, and what it is called.
_CHANGES = (
    ("on_before", "before", "quarter", "Change on the quarter before"),
    ("on_year_ago", "year_ago", "quarter", "Change on the same quarter last year"),
    ("rolling_change", "rolling_before", "rolling", "Change, 12 months on the 12 before"),
)
_MEASURE, _PRIORITY = Column("measure", "Measure"), Column("priority", "Priority")
_THEME = Column("theme", "Theme")
Row = dict[str, Value]


def quarterly_sheets(
    cells: Cells,
    periods: Mapping[str, Period],
    kept: Sequence[Measure],
    whose: Collection[str],
    method: Method,
) -> tuple[Sheet, ...]:
    """Return the table with the boroughs side by side, and one of each area with all columns."""
    single = [_area_sheet(cells, periods, kept, whose, method, area) for area in cells.areas]
    return (_side_by_side(cells, periods, kept, whose, method), *single)


def _chosen(context: Context, kept: Sequence[Measure]) -> list[Measure]:
    headline = [measure for measure in kept if measure.headline]
    rest = in_order(tuple(m for m in kept if not m.headline), context.day)
    return [*headline, *rest]


def _placed(context: Context, measure: Measure) -> Row:
    return {
        "theme": theme_label(measure, context.day) or Blank.NOT_APPLICABLE,
        "priority": priority_label(measure, context.day) or Blank.NOT_APPLICABLE,
        "measure": measure.label,
    }


def _labels(periods: Mapping[str, Period]) -> dict[str, str]:
    return {key: label_of(period) for key, period in periods.items()}


def _span(periods: Mapping[str, Period]) -> str:
    return f"quarter {label_of(periods['quarter'])}"


# -- one area -------------------------------------------------------------------------------------


def _area_sheet(
    cells: Cells,
    periods: Mapping[str, Period],
    kept: Sequence[Measure],
    whose: Collection[str],
    method: Method,
    area: Named,
) -> Sheet:
    context = Context(cells, periods, Marks(whose))
    lines = [line_of(context, area, measure) for measure in _chosen(context, kept)]
    # the measures of which nothing is known stand at the end
    lines = sorted((line for line in lines if is_used(line)), key=is_blank)
    tests = {
        key: tested(context, lines, first, second, lambda line: None)
        for key, first, second, _ in _CHANGES
    }
    rows = [
        _placed(context, line.measure)
        | _full(context, line)
        | {f"{key}_tested": found[i] for key, found in tests.items()}
        for i, line in enumerate(lines)
    ]
    return Sheet(
        name=area.name,
        title=f"{area.name}, {_span(periods)}",
        columns=tuple(_area_columns(periods)),
        rows=tuple(rows),
        notes=(*method.notes(lines, "all rows of this table"), *context.marks.notes),
        total_rows=frozenset(i for i, line in enumerate(lines) if line.measure.sum_of),
    )


def _area_columns(periods: Mapping[str, Period]) -> list[Column]:
    counts = [Column(key, label_of(period), "count") for key, period in periods.items()]
    changes = [
        column
        for key, _, _, label in _CHANGES
        for column in (Column(key, label, "change"), Column(f"{key}_tested", f"{label}, tested"))
    ]
    return [
        _MEASURE,
        _PRIORITY,
        *counts,
        *changes,
        Column("rate", f"Per 1,000 residents, {plain(label_of(periods['rolling']))}", "rate"),
        Column("breaks", "Series breaks", note="The letters are explained in the notes."),
        Column("not_whole", "Not whole"),
        Column("residents", "Residents the rate is of", "count"),
        Column("source", "Source"),
        _THEME,
    ]


def _full(context: Context, line: Line) -> Row:
    rolling = line.cells["rolling"]
    labels = _labels(context.periods)
    row: Row = {key: cell.value for key, cell in line.cells.items()}
    row |= {key: change(context, line, first, second) for key, first, second, _ in _CHANGES}
    return row | {
        "rate": rate(rolling),
        "residents": rolling.residents if rolling.residents else Blank.NO_DATA,
        "not_whole": not_whole(context, line, labels),
        "breaks": breaks(context, line),
        "source": sources(line),
    }


# -- boroughs side by side ------------------------------------------------------------------------


def _side_by_side(
    cells: Cells,
    periods: Mapping[str, Period],
    kept: Sequence[Measure],
    whose: Collection[str],
    method: Method,
) -> Sheet:
    context = Context(cells, periods, Marks(whose))
    rows, shown = [], []
    by_measure = [
        [line_of(context, area, measure) for area in cells.areas]
        for measure in _chosen(context, kept)
    ]
    for lines in sorted(by_measure, key=lambda lines: all(map(is_blank, lines))):
        if not any(is_used(line) for line in lines):
            continue
        shown += lines
        row = _placed(context, lines[0].measure)
        for i, line in enumerate(lines):
            row |= {f"{key}_{i + 1}": value for key, value in _short(context, line).items()}
        known = [line for line in lines if not is_blank(line)]
        # the breaks are of the measure, and so the same of every area
        row["breaks"] = breaks(context, (known or lines)[0])
        row["not_whole"] = _not_whole(context, known)
        rows.append(row)
    return Sheet(
        name="Quarter",
        title=f"By theme and priority, {_span(periods)}",
        columns=(
            _MEASURE,
            _PRIORITY,
            *(
                column
                for i, area in enumerate(cells.areas)
                for column in _short_columns(periods, area, i)
            ),
            Column("breaks", "Series breaks", note="The letters are explained in the notes."),
            Column("not_whole", "Not whole"),
            _THEME,
        ),
        rows=tuple(rows),
        notes=(
            *method.notes(shown, "all rows of an area's own table"),
            "The quarter before, the tests and the rates are in the tables of the areas.",
            *context.marks.notes,
        ),
        total_rows=frozenset(i for i, row in enumerate(rows) if row["measure"] in _totals(kept)),
    )


def _not_whole(context: Context, known: Sequence[Line]) -> Value:
    """Return which counts are of a part of their period, by area where the areas differ."""
    labels = _labels(context.periods)
    parts = [(line.area.name, not_whole(context, line, labels)) for line in known]
    if len({told for _, told in parts}) > 1:
        return "; ".join(f"{area}: {told}" for area, told in parts if not isinstance(told, Blank))
    return parts[0][1] if parts else Blank.NOT_APPLICABLE


def _totals(kept: Sequence[Measure]) -> set[str]:
    return {measure.label for measure in kept if measure.sum_of}


def _short(context: Context, line: Line) -> Row:
    return {
        "quarter": line.cells["quarter"].value,
        "on_year_ago": change(context, line, "year_ago", "quarter"),
        "rolling": line.cells["rolling"].value,
        "rolling_change": change(context, line, "rolling_before", "rolling"),
    }


def _short_columns(periods: Mapping[str, Period], area: Named, number: int) -> list[Column]:
    labels = _labels(periods)
    told: tuple[tuple[str, str, bool], ...] = (
        ("quarter", labels["quarter"], False),
        ("on_year_ago", "change on the same quarter last year", True),
        ("rolling", labels["rolling"], False),
        ("rolling_change", "change on the 12 months before", True),
    )
    return [
        Column(f"{key}_{number + 1}", f"{area.name}: {label}", "change" if is_change else "count")
        for key, label, is_change in told
    ]
