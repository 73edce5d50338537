"""Texts that a spreadsheet would run, made harmless; and names that files and tabs can bear."""

from __future__ import annotations

import re
from collections.abc import Collection

from hotspots.plain_text import tidy

#: A cell that begins with one of these is, or in some settings becomes, a formula. The wide forms
#: count as the plain ones where spreadsheets are set to an East Asian language.
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
#: What a worksheet's tab may not contain.
_NOT_IN_TABS = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_TAB_LENGTH = 31


def harmless(value: object) -> object:
    """Return a text that no spreadsheet runs: an apostrophe before what would be a formula.

    The text stays whole and readable. In CSV the apostrophe keeps it from being run when the file
    is opened; in a workbook, whose cells say that they are texts, from being run when the sheet is
    saved as CSV later. Anything but a text is returned as it is.
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(RISKY) else value


def harmless_text(text: str) -> str:
    """Return a text as ``harmless`` does, for callers who have texts only."""
    return f"'{text}" if text.startswith(RISKY) else text


def tab_name(name: str, taken: Collection[str]) -> str:
    """Return a name that a worksheet's tab can bear and that none of the others has.

    Names are compared without regard to case, as spreadsheets do; "History" is Excel's own.
    """
    clean = _NOT_IN_TABS.sub(" ", tidy(name)).strip(" '")
    clean = _cut(clean, _TAB_LENGTH).rstrip(" '") or "Table"
    used = {other.casefold() for other in taken} | {"history"}
    chosen, number = clean, 2
    while chosen.casefold() in used:
        ending = f" {number}"
        chosen = _cut(clean, _TAB_LENGTH - len(ending)) + ending
        number += 1
    return chosen


def _cut(text: str, length: int) -> str:
    """Return the first of a text, as long as spreadsheets count: in UTF-16."""
    return text.encode("utf-16-le")[: 2 * length].decode("utf-16-le", "ignore")


def file_name(name: str) -> str:
    """Return a name that every file system can bear: letters, digits, ``-`` and ``_``."""
    return re.sub(r"[^\w-]+", "-", name).strip("-").lower() or "table"
