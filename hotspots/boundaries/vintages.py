"""Which vintage of the wards was in force on a day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from hotspots.errors import UsageError

_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_DAY = re.compile(r"(?<!\d)(\d{4})-(\d{2})(?:-(\d{2}))?(?!\d)")


@dataclass(frozen=True, slots=True)
class Vintage:
    """The name of a boundary set and when it was in force.

    Parameters
    ----------
    name : str
        For example "2021".
    valid_from, valid_to : date or None
        The first day in force, and the first day no longer; None where not known.
    """

    name: str
    valid_from: date | None = None
    valid_to: date | None = None

    @property
    def start(self) -> date | None:
        """The first day in force: as stated, else as the name says, None if neither does.

        A day or month in the name ("2019-05-02", "2019-05") is that day or the first of the
        month; a year alone ("2021", "December 2021") is 1 January, because the wards of a year
        are those of its elections in May and the year's figures are made for them.
        """
        return self.valid_from or _named_day(self.name)


@dataclass(frozen=True, slots=True)
class Choice:
    """The vintage chosen for a day, why in one sentence, and whether it was in force then.

    ``in_force`` is False where no vintage at hand was and the nearest stands in for it.
    """

    name: str
    reason: str
    in_force: bool


def choose_vintage(vintages: Sequence[Vintage], day: date) -> Choice:
    """Return the vintage that was in force on a day.

    A vintage is in force from its start until its ``valid_to``, or until the next newer one
    starts. Of several in force the one that started last is taken, of equals the one given last.
    A day before the oldest gets the oldest; a day after the end of all, the one that started
    last; vintages without any date are taken, the last given, only where none has a date.

    Parameters
    ----------
    vintages : sequence of Vintage
        In the order in which they were added.
    day : date
        The day asked about.

    Raises
    ------
    UsageError
        If there is no vintage.
    """
    if not vintages:
        raise UsageError("Vintages to choose from must be given; got none: add ward boundaries.")
    dated = [
        (start, v) for v in vintages if (start := v.start or (date.min if v.valid_to else None))
    ]
    if not dated:
        name = vintages[-1].name
        return Choice(name, f"Wards of vintage {name} are used: no vintage states its dates.", True)
    # sorting is stable, so of equal starts the one given last stays last
    dated.sort(key=lambda pair: pair[0])
    begun = [pair for pair in dated if pair[0] <= day]
    if not begun:
        start, oldest = dated[0]
        reason = (
            f"Wards of vintage {oldest.name} stand in for those of {_words(day)}: they are the "
            f"oldest at hand and in force from {_words(start)}."
        )
        return Choice(oldest.name, reason, False)
    current = [(s, v) for s, v in begun if v.valid_to is None or day < v.valid_to]
    if not current:
        _, last = begun[-1]
        until = f" until {_words(last.valid_to)}" if last.valid_to else ""
        reason = (
            f"Wards of vintage {last.name} stand in for those of {_words(day)}: they were in "
            f"force{until}, and no vintage at hand was on that day."
        )
        return Choice(last.name, reason, False)
    start, chosen = current[-1]
    since = "" if start == date.min else f" from {_words(start)}"
    until = f" until {_words(chosen.valid_to)}" if chosen.valid_to else ""
    reason = (
        f"Wards of vintage {chosen.name} are used for {_words(day)}: in force{since}{until}"
        f"{'' if chosen.valid_from or not since else ', as its name says'}."
    )
    return Choice(chosen.name, reason, True)


def check_dates(valid_from: date | None, valid_to: date | None) -> None:
    """Refuse a vintage that ends before it begins.

    Raises
    ------
    UsageError
        If so.
    """
    if valid_from is not None and valid_to is not None and valid_to <= valid_from:
        raise UsageError(
            "A vintage must end after it begins; got from "
            f"{valid_from.isoformat()} to {valid_to.isoformat()}: correct one of the dates."
        )


def _named_day(name: str) -> date | None:
    if match := _DAY.search(name):
        try:
            return date(int(match[1]), int(match[2]), int(match[3] or 1))
        except ValueError:
            pass  # such as 2013-21: two years and not a month
    years = _YEAR.findall(name)
    return date(int(min(years)), 1, 1) if years else None


def _words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
