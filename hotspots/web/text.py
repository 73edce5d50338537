"""Text and numbers as a page shows them."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

from hotspots.plain_text import tidy
from hotspots.results import words
from hotspots.results.headlines import capital, counted, plain

__all__ = ["NO_DATA", "capital", "counted", "decimal", "iso_day", "plain", "short", "tidy", "whole"]

NO_DATA = "No data"


def whole(number: Any) -> str:
    """Return ``1,234`` (or ``−5``), "No data" where it is not known."""
    return NO_DATA if _unknown(number) else _signed(f"{round(float(number)):,}")


def decimal(number: Any, places: int = 1) -> str:
    """Return a rate to one decimal, "No data" where it is not known."""
    return NO_DATA if _unknown(number) else _signed(f"{float(number):,.{places}f}")


def short(number: float) -> str:
    """Return a class bound as short as it can be: 5, 0.5, 1.6."""
    return f"{round(number, 6):,g}"


def iso_day(text: str) -> str:
    """Return an ISO date as ``7 April 2022``; anything else as it is."""
    try:
        return words.day(date.fromisoformat(text[:10]))
    except ValueError:
        return tidy(text)


def _unknown(number: Any) -> bool:
    try:
        return number is None or math.isnan(float(number))
    except (TypeError, ValueError):
        return True


def _signed(text: str) -> str:
    unsigned = text.lstrip("-")
    zero = not unsigned.strip("0.,")
    return unsigned if zero or unsigned == text else f"−{unsigned}"
