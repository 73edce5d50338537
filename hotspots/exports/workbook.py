"""XLSX: sheets as a workbook that is ready to be read, printed and filtered."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

from hotspots.errors import UsageError
from hotspots.exports.about import marking_line, notice_line, source_line
from hotspots.exports.cells import (
    FONT,
    GREY,
    HEAD,
    LINE,
    NOTICE,
    ROW,
    WIDEST,
    WIDEST_OF_FEW,
    as_shown,
    known,
    lines,
    longest_of,
    number_format,
    time_format,
    width,
)
from hotspots.exports.explained import LONGEST, notes_sheet, provenance_sheet
from hotspots.exports.stable import MOMENT
from hotspots.exports.text import harmless_text, tab_name
from hotspots.plain_text import tidy
from hotspots.sheets import Blank, Column, Sheet

#: Pixels that titles and notes may run over, where a table is narrower.
_READABLE = 640
#: Rows that a worksheet can hold, less those above and below a table.
_MOST_ROWS = 1_048_000
_LONG_TEXT = 250
#: Rows from which a table's headings get filter buttons, and pixels of columns kept in sight.
_LONG_TABLE, _IN_SIGHT = 60, 460
#: Tabs of every workbook, after the tables' own.
_EXPLAINING = ("Notes", "Provenance")
_A4 = 9
_FOOTER_LENGTH = 210
_PLAIN: dict[str, Any] = {"valign": "top"}
#: Columns of a table that may have wider ones; pixels of an indent, of the tallest row that
#: spreadsheets take, and of a page that is still legible.
_FEW, _INDENT, _TALLEST, _PAGE = 4, 9, 540, 1700
_TEXT = Column("", "")


def sheets_to_xlsx(
    sheets: Sequence[Sheet], provenance: Mapping[str, Any], *, filters: bool = False
) -> bytes:
    """Return sheets as one workbook: a tab each, then "Notes" and "Provenance".

    Parameters
    ----------
    sheets : sequence of Sheet
        At least one.
    provenance : mapping
        JSON values; ``marking``, ``tier`` and ``notices`` also stand at the top of each tab and,
        with the run, at the foot of each printed page.
    filters : bool
        Whether the tables are data: headers get filter buttons, and texts keep to one line. Long
        tables get the buttons anyway.

    Returns
    -------
    bytes
        Numbers are numbers (shares and changes true percentages, 0.115 shown as 11.5%), blanks are
        their words in grey italics, texts are texts: nothing in it is a formula or a link.

    Raises
    ------
    UsageError
        If there is no sheet.
    """
    from xlsxwriter import Workbook

    if not sheets:
        raise UsageError("An export must have at least one table; got none.")
    out = io.BytesIO()
    book = Workbook(
        out,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
            "remove_timezone": True,
            "default_format_properties": {"font_name": "Arial", "font_size": 10},
            "default_row_height": 17,
        },
    )
    book.set_properties(
        {
            "title": tidy(sheets[0].title),
            "author": tidy(source_line(provenance)),
            "comments": tidy("; ".join(_said(provenance))),
            "created": MOMENT,
        }
    )
    writer = _Writer(book, provenance)
    for sheet in sheets:
        writer.add(sheet, filters)
    for tab, sheet in zip(
        _EXPLAINING, (notes_sheet(sheets), provenance_sheet(provenance)), strict=True
    ):
        writer.add(sheet, tab=tab)
    book.close()
    return out.getvalue()


def _said(provenance: Mapping[str, Any]) -> list[str]:
    return [line for line in (marking_line(provenance), notice_line(provenance)) if line]


class _Writer:
    """One workbook while it is written: its tabs and the formats made so far."""

    def __init__(self, book: Any, provenance: Mapping[str, Any]) -> None:
        self._book = book
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}
        self._looks: dict[tuple[str, bool, bool, bool], Any] = {}
        self._taken: list[str] = list(_EXPLAINING)
        self._marking, self._notice = marking_line(provenance), notice_line(provenance)
        foot = [self._marking, self._notice, source_line(provenance)]
        self._foot = tidy(" · ".join(part for part in foot if part))

    def add(self, sheet: Sheet, filters: bool = False, tab: str = "") -> None:
        if len(sheet.rows) > _MOST_ROWS:
            raise UsageError(
                f"A workbook's table must have at most {_MOST_ROWS:,} rows; {sheet.name} has "
                f"{len(sheet.rows):,}: take csv or parquet."
            )
        page = self._book.add_worksheet(tab or self._free(sheet.name))
        # data keep one line a row; a table that is read runs over several
        buttons = filters or (not tab and len(sheet.rows) > _LONG_TABLE)
        wrapped = not filters and not _few(sheet)
        texts = [_measured(sheet, column) for column in sheet.columns]
        widths = [
            width(column, mine, buttons, _widest(sheet), wrapped=wrapped)
            for column, mine in zip(sheet.columns, texts, strict=True)
        ]
        full = [longest_of(mine) > wide for mine, wide in zip(texts, widths, strict=True)]
        for position, pixels in enumerate(widths):
            page.set_column_pixels(position, position, pixels)
        span = _span(widths)
        head = self._top(page, sheet, span)
        self._header(page, sheet, head, widths)
        self._rows(page, sheet, head + 1, widths, full)
        last = head + len(sheet.rows)
        if buttons and sheet.rows:
            page.autofilter(head, 0, last, len(sheet.columns) - 1)
        end = self._foot_notes(page, sheet, last + 2, span)
        frozen = _frozen(sheet, widths)
        page.freeze_panes(head + 1, frozen)
        self._print(page, (head, end, max(len(sheet.columns), span[0])), sum(widths), frozen)

    def _free(self, name: str) -> str:
        self._taken.append(tab_name(name, self._taken))
        return self._taken[-1]

    def _format(self, **properties: Any) -> Any:
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format({**FONT, **_PLAIN, **properties})
        return self._formats[key]

    def _top(self, page: Any, sheet: Sheet, span: tuple[int, int]) -> int:
        """Write marking, tier, notices and title; return the row of the headings."""
        row = 0
        if self._marking:
            self._wide(page, row, span, self._marking, bold=True, text_wrap=True)
            row += 1
        if self._notice:
            look = {"bold": True, "text_wrap": True, "bg_color": NOTICE}
            self._wide(page, row, span, self._notice, **look)
            row += 1
        self._wide(page, row, span, sheet.title, bold=True, font_size=14, text_wrap=True)
        return row + 2

    def _wide(self, page: Any, row: int, span: tuple[int, int], text: str, **look: Any) -> None:
        """Write a text over the table's width, in a row that is high enough for all of it."""
        columns, pixels = span
        size = look.get("font_size", 10) / 10
        count = lines(text, pixels / size, bool(look.get("bold")))
        page.set_row_pixels(row, round((count * ROW + 2) * size))
        made = self._format(**look)
        if columns > 1:
            page.merge_range(row, 0, row, columns - 1, "", made)
        page.write_string(row, 0, harmless_text(text), made)

    def _header(self, page: Any, sheet: Sheet, row: int, widths: Sequence[int]) -> None:
        most = 1
        for position, (column, pixels) in enumerate(zip(sheet.columns, widths, strict=True)):
            made = self._format(
                bold=True,
                bg_color=HEAD,
                text_wrap=True,
                valign="bottom",
                bottom=2,
                bottom_color=GREY,
                **_side(column, position),
            )
            page.write_string(row, position, harmless_text(column.label), made)
            most = max(most, lines(column.label, pixels, bold=True))
        page.set_row_pixels(row, most * ROW + 6)

    def _rows(
        self, page: Any, sheet: Sheet, first: int, widths: Sequence[int], full: Sequence[bool]
    ) -> None:
        """Write the rows; only the columns that are ``full`` hold texts of several lines."""
        for offset, values in enumerate(sheet.rows):
            total, most = offset in sheet.total_rows, 1
            for position, column in enumerate(sheet.columns):
                value = known(values[column.key])
                self._cell(page, (first + offset, position), value, column, total)
                if isinstance(value, str) and (full[position] or "\n" in value):
                    most = max(most, lines(value, widths[position] - _INDENT, total))
            if most > 1:
                page.set_row_pixels(first + offset, min(most * ROW, _TALLEST))
        if sheet.rows and sheet.columns:
            # digits that are names, such as a rank among words, are no mistakes
            area = (first, 0, first + len(sheet.rows) - 1, len(sheet.columns) - 1)
            page.ignore_errors({"number_stored_as_text": _range(*area)})

    def _cell(
        self, page: Any, at: tuple[int, int], value: Any, column: Column, total: bool
    ) -> None:
        if isinstance(value, Blank):
            side = at[1] if column.kind == "text" else None
            page.write_string(*at, value.value, self._look("blank", total, side))
        elif isinstance(value, bool | str):
            text = value if isinstance(value, str) else ("yes" if value else "no")
            # some spreadsheets show a long text of the text format as #####
            form = "@" if len(text) <= _LONG_TEXT else "General"
            page.write_string(*at, _short(harmless_text(text)), self._look(form, total, at[1]))
        elif form := time_format(value) or "":
            page.write_datetime(*at, value, self._look(form, total, at[1]))
        else:
            page.write_number(*at, float(value), self._look(number_format(column), total))

    def _look(self, form: str, total: bool, position: int | None = None) -> Any:
        """Return a cell's format; a position is given for what stands on the left."""
        key = (form, total, position is not None and position > 0, position is None)
        if key not in self._looks:
            look: dict[str, Any] = {"bottom": 1, "bottom_color": LINE}
            if total:
                look |= {"bold": True, "top": 1, "top_color": GREY, "bg_color": HEAD}
            if form == "blank":
                look |= {"italic": True, "font_color": GREY}
            else:
                look["num_format"] = form
            if position is None:
                look["align"] = "right"
            else:
                look |= {"text_wrap": True, **_side(_TEXT, position)}
            self._looks[key] = self._format(**look)
        return self._looks[key]

    def _foot_notes(self, page: Any, sheet: Sheet, row: int, span: tuple[int, int]) -> int:
        """Write the table's notes; return the last row written."""
        if not sheet.notes:
            return row - 2
        page.write_string(row, 0, "Notes", self._format(bold=True))
        for offset, note in enumerate(sheet.notes, start=1):
            self._wide(page, row + offset, span, note, text_wrap=True, font_color=GREY)
        return row + len(sheet.notes)

    def _print(self, page: Any, area: tuple[int, int, int], pixels: int, frozen: int) -> None:
        head, end, columns = area
        page.set_landscape()
        page.set_paper(_A4)
        page.set_margins(left=0.55, right=0.55, top=0.55, bottom=0.75)
        # one page wide as long as it can be read; then the names are repeated on each
        pages = max(1, math.ceil(pixels / _PAGE))
        page.fit_to_pages(pages, 0)
        page.repeat_rows(0, head)
        if pages > 1 and frozen:
            page.repeat_columns(0, frozen - 1)
        page.print_area(0, 0, max(end, head), columns - 1)
        page.hide_gridlines(2)
        # a space keeps digits of the text off the code of its size
        page.set_footer(f"&L&8 {_foot(self._foot)}&R&8 Page &P of &N")


def _foot(text: str) -> str:
    """Return a text that a footer can hold: an ampersand in it begins a code, so is doubled."""
    while len(text.replace("&", "&&")) > _FOOTER_LENGTH:
        text = text[:-1]
    return text.replace("&", "&&")


def _side(column: Column, position: int) -> dict[str, Any]:
    """Return on which side a column's cells stand; texts keep off the numbers before them."""
    if column.kind != "text":
        return {"align": "right"}
    return {"align": "left", "indent": 1} if position else {"align": "left"}


def _widest(sheet: Sheet) -> int:
    return WIDEST_OF_FEW if _few(sheet) else WIDEST


def _few(sheet: Sheet) -> bool:
    """Return whether a table has so few columns that they may be wide."""
    return len(sheet.columns) <= _FEW


def _measured(sheet: Sheet, column: Column) -> list[str]:
    """Return the texts that a column must hold; those in bold take a letter more."""
    return [
        as_shown(row[column.key], column) + "0" * (offset in sheet.total_rows)
        for offset, row in enumerate(sheet.rows)
    ]


def _span(widths: Sequence[int]) -> tuple[int, int]:
    """Return over how many columns titles run, and their pixels together."""
    count, pixels = 0, 0
    while pixels < _READABLE:
        pixels += widths[count] if count < len(widths) else 64
        count += 1
    while count < len(widths) and pixels + widths[count] <= 2 * _READABLE:
        pixels += widths[count]
        count += 1
    return count, pixels


def _frozen(sheet: Sheet, widths: Sequence[int]) -> int:
    """Return how many columns stay in sight: up to the names, unless these fill the window."""
    kept = 0
    for position, column in enumerate(sheet.columns[:3]):
        if sum(widths[: position + 1]) > _IN_SIGHT:
            break
        if column.kind == "text":
            kept = position + 1
        elif kept:
            break
    return kept


def _range(row: int, column: int, last_row: int, last_column: int) -> str:
    from xlsxwriter.utility import xl_range

    return str(xl_range(row, column, last_row, last_column))


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
