"""Series breaks in the tables: letters beside rows, their sentences below."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from hotspots.evidence.measures import Measure
from hotspots.sharing.asked import kind_of
from hotspots.sheets import Blank, Value
from hotspots.taxonomy import SeriesBreak, series_breaks


def crossed(
    measure: Measure, start: date, end: date, whose: Collection[str]
) -> tuple[SeriesBreak, ...]:
    """Return the breaks that a measure crosses from one day to another, the oldest first.

    Parameters
    ----------
    whose : collection of str
        The agencies, and "data.police.uk", as ``hotspots.taxonomy.breaks_said`` takes them.
    """
    found: dict[SeriesBreak, None] = {}
    for what in measure.whats:
        entry = kind_of(what).category
        # a flag of any category is counted over all of them
        code = entry.code if entry is not None else "crime"
        found.update(dict.fromkeys(series_breaks(code, start, end)))
    mine = [b for b in found if b.only is None or b.only in whose]
    counted = _whole_categories(measure)
    # what only moves between categories that are all counted is no break of their sum
    kept = [b for b in mine if not (len(counted) > 1 and b.moves and set(b.categories) <= counted)]
    return tuple(sorted(kept, key=lambda b: b.day))


def forbids_change(measure: Measure, start: date, end: date, whose: Collection[str]) -> bool:
    """Return whether two periods cannot be compared: incidents moved in or out between them.

    A change in how many are recorded is marked and does not forbid it; nor does one that only
    moves incidents between kinds of a category, for the category as a whole.
    """
    counted = _whole_categories(measure)
    return any(
        b.moves and not set(b.categories) <= counted for b in crossed(measure, start, end, whose)
    )


def _whole_categories(measure: Measure) -> set[str]:
    found: set[str] = set()
    for what in measure.whats:
        kind = kind_of(what)
        if kind.category is not None and kind.subcategory is None:
            found.update(kind.category.members)
    return found


class Marks:
    """The letters of one sheet, given in the order in which breaks first appear."""

    def __init__(self, whose: Collection[str]) -> None:
        self.whose = whose
        self._letters: dict[SeriesBreak, str] = {}

    def of(self, measure: Measure, start: date, end: date) -> Value:
        """Return the letters of the breaks that a row crosses: "a, c"; a dash for none."""
        found = crossed(measure, start, end, self.whose)
        for b in found:
            self._letters.setdefault(b, _letter(len(self._letters)))
        return ", ".join(self._letters[b] for b in found) or Blank.NOT_APPLICABLE

    @property
    def notes(self) -> tuple[str, ...]:
        """One sentence a letter."""
        return tuple(f"Series break {mark}: {b.sentence}" for b, mark in self._letters.items())


def _letter(number: int) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return letters[number] if number < 26 else _letter(number // 26 - 1) + letters[number % 26]
