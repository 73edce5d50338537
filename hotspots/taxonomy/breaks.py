"""Days from which the same events are counted in another way."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cache

from hotspots.errors import UsageError
from hotspots.taxonomy.categories import Category, content
from hotspots.taxonomy.categories import category as category_of


@dataclass(frozen=True, slots=True)
class SeriesBreak:
    """A day from which the same events are counted in another way.

    Parameters
    ----------
    day : datetime.date
        The first day of the new way.
    until : datetime.date or None
        The first day on which a change by degrees was over; None for one of a single day.
    moves : bool
        True where incidents only move between the categories named, or between kinds of one;
        False where more or fewer are recorded.
    categories : tuple of str
        The category codes it touches.
    only : str or None
        The source or police force it holds for; None for all police records.
    sentence, source : str
        What to show beside a trend, and where it is from.
    """

    day: date
    until: date | None
    moves: bool
    categories: tuple[str, ...]
    only: str | None
    sentence: str
    source: str


@cache
def all_series_breaks() -> tuple[SeriesBreak, ...]:
    """Return every known break, the oldest first."""
    found = (
        SeriesBreak(
            entry["date"],
            entry.get("until"),
            entry["kind"] == "moves",
            tuple(entry["categories"]),
            entry.get("only"),
            entry["sentence"],
            entry["source"],
        )
        for entry in content()["series_breaks"]
    )
    return tuple(sorted(found, key=lambda b: b.day))


def series_breaks(category: str, start: date, end: date) -> tuple[SeriesBreak, ...]:
    """Return the breaks that a trend crosses, the oldest first; empty if it crosses none.

    Parameters
    ----------
    category : str
        Code of a category or total. A total is not broken by incidents that only move between
        categories which it counts whole.
    start, end : datetime.date
        The first day of the trend and the first day after it. A break on ``start`` is not crossed,
        nor one on ``end``; one by degrees is wherever the trend touches it.

    Raises
    ------
    UsageError
        If there is no such category, or ``end`` is not after ``start``.
    """
    if end <= start:
        raise UsageError(f"A trend must end after it starts; got {start} to {end}.")
    entry = category_of(category)
    return tuple(
        b
        for b in all_series_breaks()
        if start < (b.until or b.day) and b.day < end and _breaks(b, entry)
    )


def breaks_said(category: str, start: date, end: date, whose: Collection[str]) -> tuple[str, ...]:
    """Return the sentences of the breaks that a trend of some agencies crosses.

    Parameters
    ----------
    category, start, end
        As ``series_breaks``.
    whose : collection of str
        The agencies, and "data.police.uk" where its files are among the sources: a break of one
        force says nothing of another.

    Raises
    ------
    UsageError
        As ``series_breaks``.
    """
    crossed = series_breaks(category, start, end)
    return tuple(b.sentence for b in crossed if b.only is None or b.only in whose)


def _breaks(b: SeriesBreak, entry: Category) -> bool:
    touched = {code for code, _ in entry.parts} & set(b.categories)
    whole_move = b.moves and entry.is_total and set(b.categories) <= set(entry.members)
    return bool(touched) and not whole_move
