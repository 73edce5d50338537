"""How figures, shares and months are written."""

from __future__ import annotations

import calendar


def month_text(month: int) -> str:
    """Return a month, given as months since 1970-01, as "YYYY-MM"."""
    return f"{1970 + month // 12:04d}-{month % 12 + 1:02d}"


def month_words(month: int) -> str:
    """Return a month in words, such as "May 2017"."""
    return f"{calendar.month_name[month % 12 + 1]} {1970 + month // 12}"


def listed(words: list[str] | tuple[str, ...], most: int = 4) -> str:
    """Return words as a list in a sentence, the first few of many."""
    if len(words) > most:
        return f"{', '.join(words[:most])} and {len(words) - most} more"
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def percent(share: float) -> str:
    """Return a share as per cent: whole from 10 % on, "below 0.1 %" where it is tiny."""
    value = 100 * share
    if 0 < value < 0.1:
        return "below 0.1 %"
    return f"{value:.0f} %" if value >= 10 else f"{value:.1f} %"


def incidents(count: int) -> str:
    """Return a number of incidents in words."""
    return f"{count:,} incident{'' if count == 1 else 's'}"


def rows(count: int) -> str:
    """Return a number of rows in words."""
    return f"{count:,} row{'' if count == 1 else 's'}"
