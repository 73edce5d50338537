"""A briefing as HTML: every text through a template that escapes it."""

from __future__ import annotations

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

#: A text column with a value longer than this stands below its row; one whose values are all at
#: most that long is not broken into lines.
_LONG, _TIGHT = 48, 24


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
        long_columns=long_columns,
        tight_columns=tight_columns,
    )
    return made


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
