"""How the cells of a workbook look: number formats, colours, widths and heights."""

from __future__ import annotations

import math
from typing import Any, Final

from hotspots.sheets import Blank, Column, Value, shown

INK = "#14202B"
GREY = "#5B6975"
LINE = "#C5CED6"
HEAD = "#E9EDF1"
NOTICE = "#FFF6D6"
#: Metric-compatible with Liberation Sans, so that widths hold in every program.
FONT: Final = {"font_name": "Arial", "font_size": 10, "font_color": INK}
#: Pixels of a row of that font, and of a column's narrowest and widest.
ROW = 18
NARROWEST = 52
WIDEST = 380
#: Texts of a table that is read run over several lines where they are longer than this.
WRAPPED = 190
#: A table of few columns may have wider ones.
WIDEST_OF_FEW = 560
#: Arial's widths against those XlsxWriter knows, bold ones, and room for the filter's button.
_WIDER = 1.06
_BOLD = 1.1
_BUTTON = 18
_PADDING = 10
#: Eastings and northings are written as one reads them to a radio: without a comma.
_COORDINATES = ("x", "y", "peak_x", "peak_y")
_TIMES = {"datetime": "yyyy-mm-dd hh:mm", "date": "yyyy-mm-dd"}


def number_format(column: Column) -> str:
    """Return the spreadsheet's format of a column: 1,234; 80.7; 11.5%; +11.5%; −3.0%."""
    places = "." + "0" * column.decimals if column.decimals else ""
    if column.key in _COORDINATES:
        return "0"
    if column.kind == "count":
        return '#,##0;"−"#,##0'
    if column.kind == "percent":
        return f'0{places}%;"−"0{places}%'
    if column.kind == "change":
        return f'+0{places}%;"−"0{places}%;0{places}%'
    if column.kind == "p":
        return '[<0.0001]"below 0.0001";[<0.01]0.0000;0.000'
    if column.kind == "text":
        return "@"
    return f'#,##0{places};"−"#,##0{places}'


def time_format(value: Any) -> str | None:
    """Return the format of a date or time, None for anything else."""
    if not hasattr(value, "isoformat"):
        return None
    return _TIMES["datetime" if hasattr(value, "hour") else "date"]


def known(value: Any) -> Any:
    """Return a value that a cell can hold: numbers that are none are "no data"."""
    if value is None or (not isinstance(value, str) and value != value):
        return Blank.NO_DATA
    if isinstance(value, float) and math.isinf(value):
        return Blank.NO_DATA
    return value


def as_shown(value: Value, column: Column) -> str:
    """Return a cell's text as people see it, dates too."""
    value = known(value)
    if time_format(value):
        return "0000-00-00 00:00"
    return shown(value, column)


def width(
    column: Column, texts: list[str], filtered: bool, widest: int = WIDEST, *, wrapped: bool = False
) -> int:
    """Return a column's pixels: its longest cell whole, up to the widest, and each word above.

    Headings run over up to three lines, and so do the longest fifth of the texts where ``wrapped``
    says so: a table that is read has room for its numbers then.
    """
    longest = longest_of(texts)
    if wrapped and column.kind == "text" and longest > WRAPPED:
        usual = sorted(map(_pixels, texts))[4 * len(texts) // 5]
        longest = max(WRAPPED, longest / 2.5, usual)
    words = max((_pixels(word) for word in column.label.split()), default=0.0)
    heading = max(words, _pixels(column.label) / 2.5) * _BOLD + (_BUTTON if filtered else 0)
    needed = max(longest, heading) + _PADDING * (2 if column.kind == "text" else 1)
    return int(min(max(needed, NARROWEST), widest)) + 1


def longest_of(texts: list[str]) -> float:
    """Return the pixels of the longest of some texts on one line."""
    return max((_pixels(text) for text in set(texts)), default=0.0)


def lines(text: str, pixels: float, bold: bool = False) -> int:
    """Return how many lines a text takes when it is wrapped at a width."""
    factor, room = (_BOLD if bold else 1.0), max(pixels - _PADDING, 20.0)
    return sum(_lines(paragraph, room / factor) for paragraph in text.split("\n"))


def _lines(paragraph: str, room: float) -> int:
    used, count = 0.0, 1
    for word in paragraph.split():
        long = _pixels(word)
        if used and used + long > room:
            count, used = count + 1, 0.0
        # a word that is longer than the line is broken
        count += int(long // room)
        used += long % room + _pixels(" ")
    return count


def _pixels(text: str) -> float:
    from xlsxwriter.utility import xl_pixel_width

    return float(xl_pixel_width(text)) * _WIDER
