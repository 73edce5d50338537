"""Numbers as the sentences a room can read; the wording is the style guide's."""

from __future__ import annotations

import calendar
import math
from collections.abc import Sequence
from datetime import date

from hotspots.profile import CLASSES, NO_EVIDENCE

#: What a listed place is called that no class of strength holds.
CHANCE = "could be chance"
#: Steps of "fewer than 1 in ...": no finer claim is made.
_CHANCE_STEPS = (10_000, 1_000, 100, 20)


def strength(p_adjusted: float, limits: Sequence[float]) -> str:
    """Return the class of an adjusted p-value: "very clear", "clear", "possible" or none."""
    for name, limit in zip(CLASSES, limits, strict=True):
        if p_adjusted <= limit:
            return name
    return NO_EVIDENCE


def chance(p_value: float) -> str:
    """Return a raw p-value as words, rounded towards caution."""
    for step in _CHANCE_STEPS:
        if p_value < 1 / step:
            return f"Fewer than 1 in {step:,} at this spot by chance"
    return "Could be chance at this spot"


def evidence(strength: str, p_value: float, squares: int) -> str:
    """Return how real a listed place is, in a sentence or three, rounded towards caution.

    Parameters
    ----------
    strength : str
        Its class, which has allowed for all squares, or ``CHANCE``.
    p_value : float
        The raw p-value of its own block, which has not.
    squares : int
        How many squares were checked: said wherever the class is weak, for among so many some
        are rare by chance.
    """
    checked = f"{squares:,} {'square was' if squares == 1 else 'squares were'} checked."
    step = next((step for step in _CHANCE_STEPS if p_value < 1 / step), None)
    if strength == CHANCE:
        if step is None:
            return f"Could be chance: at least 1 in {_CHANCE_STEPS[-1]} at this spot."
        return f"Could be chance: fewer than 1 in {step:,} at this spot, but {checked}"
    said = f"{strength[:1].upper()}{strength[1:]}. {chance(p_value)}."
    return f"{said} But {checked}" if strength == CLASSES[-1] else said


def about(number: float) -> str:
    """Return an expected count in words: whole numbers, and "fewer than 1" below one half."""
    return "fewer than 1" if number < 0.5 else f"about {math.floor(number + 0.5):,}"


def incidents(count: int) -> str:
    """Return "1 incident", "27 incidents"."""
    return f"{count:,} incident" if count == 1 else f"{count:,} incidents"


def claim(question: str, count: int, expected: float, baseline: str = "area") -> str:
    """Return the one sentence that a hot spot claims."""
    if question == "worse":
        return f"{incidents(count)} here; {about(expected)} is usual."
    spread = "by its residents" if baseline == "population" else "if spread evenly"
    return f"{incidents(count)} here; {about(expected)} {spread}."


def marker(question: str, rank: int) -> str:
    """Return the number (concentrated: 1, 2, 3) or letter (worse: A, B, ..., AA) of a place."""
    if question != "worse":
        return str(rank)
    letters = ""
    while rank:
        rank, rest = divmod(rank - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def day(when: date) -> str:
    """Return a date as "7 April 2022"."""
    return f"{when.day} {calendar.month_name[when.month]} {when.year}"
