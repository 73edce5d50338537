"""Months as text, "2024-01", and as numbers."""

from __future__ import annotations

import re

from hotspots.errors import UsageError

MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


def months_between(first: str, last: str) -> list[str]:
    """Return the months from the first to the last, both included.

    Raises
    ------
    UsageError
        If one is no month or the first is after the last.
    """
    for month in (first, last):
        if not MONTH.fullmatch(month):
            raise UsageError(f"A month must be like 2024-01; got {month!r}: correct it.")
    if first > last:
        raise UsageError(
            f"The first month must not be after the last; got {first} and {last}: swap them."
        )
    return [month_of(number) for number in range(number_of(first), number_of(last) + 1)]


def number_of(month: str) -> int:
    """Return a month as a number that grows by one a month."""
    return int(month[:4]) * 12 + int(month[5:]) - 1


def month_of(number: int) -> str:
    """Return the month of a number; see `number_of`."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"
