"""Parts of sentences, the same on a page, in a pack and in a table.

Numbers in words, periods and names as they stand within a sentence, and what is usual.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hotspots.model import Period

#: Below this usual count a percentage would make much of little.
FEW_USUAL = 10
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def capital(text: str) -> str:
    """Return the text with its first letter as a capital, the others untouched."""
    return text[:1].upper() + text[1:]


def plain(text: str) -> str:
    """Return a label as it stands within a sentence: its first letter small."""
    return text[:1].lower() + text[1:]


def joined(names: Sequence[str]) -> str:
    """Return "A", "A and B", "A, B and C"; "" of none."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def counted(number: int) -> str:
    """Return a count in words below ten, in figures above: "three", "12"."""
    return _NUMBERS[number] if 0 <= number < len(_NUMBERS) else f"{number:,}"


def the(period: Period) -> str:
    """Return a period as it stands within a sentence: "June 2021", "the week of 7 June 2021"."""
    return f"the {period.label}" if period.kind == "week" else period.label


def when(period: Period) -> str:
    """Return the period as it goes after a count: "in March 2022"."""
    return f"in {the(period)}"


def short_period(period: Period) -> str:
    """Return a period for a chart's axis: "Mar 22", "7 Mar"."""
    if period.kind == "week":
        return f"{period.start.day} {period.start:%b}"
    return f"{period.start:%b %y}" if period.kind == "month" else capital(period.label)


def unit(period: Period, count: int = 1) -> str:
    """Return what a map is of: "week", "months"."""
    kind = period.kind if period.kind in ("week", "month", "year") else "period"
    return kind + "s" * (count != 1)


def compared(ratio: float) -> str:
    """Return a count against the usual one: "15% below", "2.4 times", "the same as"."""
    percent = round(100 * (ratio - 1))
    if percent == 0:
        return "the same as"
    if ratio >= 2:
        return f"{ratio:.1f} times"
    return f"{abs(percent)}% {'above' if percent > 0 else 'below'}"


def average(totals: Mapping[str, Any], period: Period) -> str:
    """Return which average the usual count is: "12-month average"."""
    if totals.get("history") == "season":
        return "average of the same season in earlier years"
    return f"{int(totals['history_periods'])}-{unit(period)} average"


def standing_out(concentrated: int, worse: int, period: Period, *, compared_with: bool) -> str:
    """Return how many places stand out, and how many are worse than usual.

    Parameters
    ----------
    compared_with : bool
        Whether there is any earlier period to compare with.
    """
    if concentrated == 0:
        first = "No place stands out"
    elif concentrated == 1:
        first = "One place stands out"
    else:
        first = f"{capital(counted(concentrated))} places stand out"
    if not compared_with:
        return f"{first}; there is no complete earlier {unit(period)} to compare with."
    if worse == 0:
        return f"{first}; none is worse than usual."
    return f"{first}; {counted(worse)} {'is' if worse == 1 else 'are'} worse than usual."
