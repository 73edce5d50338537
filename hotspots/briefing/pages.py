"""A briefing as HTML: every text through a template that escapes it."""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from hotspots.briefing.content import Briefing
from hotspots.briefing.drawings import spark
from hotspots.drawing.paints import hatches
from hotspots.plain_text import tidy
from hotspots.sheets import Column, Sheet, Value, shown

if TYPE_CHECKING:
    from jinja2 import Environment

#: A text column with a value longer than this stands below its row.
_LONG = 48
_TIGHT = 24
#: Columns that a page has room for, and those of a shortlist that it leaves out.
_MOST, _LISTED = 12, "Yes"
#: Columns that stay however many come before them.
_KEPT = frozenset({"cluster", "hotspots", "why"})
_APART = frozenset(
    {"ward_code", "rank_from", "rank_to", "listed", "steadied_from", "steadied_to"}
    | {"borough_rate", "funnel_poisson", "gi_z"}
)


def body(briefing: Briefing) -> Markup:
    """Return the pages of a briefing as HTML: headlines, places, wards, data, method.

    The hatches that its drawings are filled with come first. It has no style and no script.
    """
    written = environment().get_template("body.html").render(briefing=briefing, spark=spark)
    return Markup(written)  # noqa: S704 - the template escapes


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return the templates, which escape what is put into them."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("hotspots.briefing"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        cell=cell,
        hatches=hatches,
        paper_sheet=paper_sheet,
        long_columns=long_columns,
        tight_columns=tight_columns,
    )
    return made


def paper_sheet(sheet: Sheet) -> Sheet:
    """Return the part of a wide table of wards that a page has room for.

    The wards that are listed, where the table says which are, and not what only an analyst reads
    (codes, ends of intervals, p-values): the whole table is an export of its own.
    """
    columns = [c for c in sheet.columns if c.key not in _APART and c.kind != "p"]
    if len(columns) == len(sheet.columns) and len(columns) <= _MOST:
        return sheet
    says_which = any(column.key == "listed" for column in sheet.columns)
    rows = tuple(row for row in sheet.rows if not says_which or row["listed"] == _LISTED)
    notes = () if rows else ("No ward is listed.",)
    return dataclasses.replace(
        sheet,
        columns=tuple(columns[:_MOST] + [c for c in columns[_MOST:] if _stays(c)]),
        rows=rows,
        notes=(*notes, *sheet.notes, "All wards and columns: export the shortlist itself."),
        total_rows=frozenset(),
    )


def _stays(column: Column) -> bool:
    # a change without what its test says would be read as one
    return column.key in _KEPT or column.key.endswith("_says")


def cell(value: Value, column: Column) -> str:
    """Return a value of a table as people read it."""
    return tidy(shown(value, column))


def tight_columns(sheet: Sheet) -> list[str]:
    """Return the keys of the text columns so short that their lines are not broken."""
    return [
        column.key
        for column in sheet.columns
        if column.kind == "text" and all(_length(row[column.key]) <= _TIGHT for row in sheet.rows)
    ]


def long_columns(sheet: Sheet) -> list[str]:
    """Return the keys of the text columns that are too long to stand beside others."""
    return [
        column.key
        for column in sheet.columns
        if column.kind == "text" and any(_length(row[column.key]) > _LONG for row in sheet.rows)
    ]


def _length(value: Any) -> int:
    return len(value) if isinstance(value, str) else 0
