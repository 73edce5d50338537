"""One count that an export asks for: of a named area, a kind of incident and a span of days.

A text names the area: ``ward:2021:E05000001``, ``district:2021:E07000107`` or ``all:2021``, each
with the vintage of its wards, because a ward's key is code and vintage. Another names the kind: a
category or total (``asb``, ``crime``), a subcategory (``criminal_damage.arson``), each with a flag
or without (``violence!domestic_abuse``), or a flag alone (``!hate_crime``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from urllib.parse import unquote

from hotspots.errors import UsageError
from hotspots.model import Period
from hotspots.taxonomy import Category, category, flags

#: Sorts of named areas.
AREAS = ("ward", "district", "all")


@dataclass(frozen=True, slots=True, order=True)
class Asked:
    """One count.

    Attributes
    ----------
    where, what : str
        The area and the kind of incident, as the module says.
    start, end : date
        The first day, and the first day after.
    """

    where: str
    what: str
    start: date
    end: date

    @classmethod
    def of(cls, where: str, what: str, period: Period) -> Asked:
        """Return the count of a period."""
        return cls(where, what, period.start, period.end)


@dataclass(frozen=True, slots=True)
class Released:
    """A count that was exported to a tier, shown or withheld: an entry of its ledger."""

    asked: Asked
    count: int
    withheld: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A named area: "ward", "district" or "all" of a vintage; ``code`` is "" for all."""

    sort: str
    vintage: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of incident: of a category or total or any (None), a subcategory of it, a flag."""

    category: Category | None
    subcategory: str | None = None
    flag: str | None = None


# -- areas ----------------------------------------------------------------------------------------


def ward(vintage: str, code: str) -> str:
    """Return the name of a ward of a vintage."""
    return f"ward:{_quoted(vintage)}:{_quoted(code)}"


def district(vintage: str, code: str) -> str:
    """Return the name of a district: of all the wards of a vintage that lie in it."""
    return f"district:{_quoted(vintage)}:{_quoted(code)}"


def everywhere(vintage: str) -> str:
    """Return the name of all the wards of a vintage together."""
    return f"all:{_quoted(vintage)}"


def area(vintage: str, code: str) -> str:
    """Return the name of a district, or of all the wards where its code is ""."""
    return district(vintage, code) if code else everywhere(vintage)


@lru_cache(maxsize=4096)
def place_of(where: str) -> Place:
    """Return the area that a text names.

    Raises
    ------
    UsageError
        If it names none.
    """
    sort, *rest = where.split(":")
    if sort not in AREAS or len(rest) != (1 if sort == "all" else 2) or not all(rest):
        raise UsageError(
            "An area must be ward:VINTAGE:CODE, district:VINTAGE:CODE or all:VINTAGE; got "
            f"{where!r}: give one of these."
        )
    return Place(sort, *(unquote(part) for part in rest))


def _quoted(text: str) -> str:
    # a vintage is any text, and the parts are told apart by colons
    return str(text).replace("%", "%25").replace(":", "%3A")


# -- kinds ----------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def kind_of(what: str) -> Kind:
    """Return the kind of incident that a text names.

    Raises
    ------
    UsageError
        If it names none that the taxonomy has.
    """
    name, mark, flag = what.partition("!")
    if mark and flag not in flags():
        raise UsageError(f"A flag must be one of {', '.join(flags())}; got {flag!r} in {what!r}.")
    if mark and not name:
        return Kind(None, None, flag)
    code, dot, subcategory = name.partition(".")
    found = category(code)
    known = [each.code for each in found.subcategories]
    if dot and subcategory not in known:
        raise UsageError(
            f"A subcategory of {code} must be one of {', '.join(known) or 'none, it has none'}; "
            f"got {subcategory!r}."
        )
    return Kind(found, subcategory or None, flag or None)


def kind_label(what: str) -> str:
    """Return a kind of incident in words: "Criminal damage and arson: arson".

    Raises
    ------
    UsageError
        If there is no such kind.
    """
    kind = kind_of(what)
    mark = flags()[kind.flag] if kind.flag else ""
    if kind.category is None:
        return f"{mark} (of any category)"
    label, part = kind.category.label, _part_label(kind)
    label = f"{label}: {_lowered(part)}" if part else label
    return f"{label} ({_lowered(mark)})" if mark else label


def short_kind_label(what: str) -> str:
    """Return a kind of incident in few words, within a sentence: "arson", "domestic abuse".

    A subcategory is named without its category, a flag of any category without saying so.

    Raises
    ------
    UsageError
        If there is no such kind.
    """
    kind = kind_of(what)
    mark = _lowered(flags()[kind.flag]) if kind.flag else ""
    if kind.category is None:
        return mark
    label = _lowered(_part_label(kind) or kind.category.label)
    return f"{label} ({mark})" if mark else label


def _part_label(kind: Kind) -> str:
    parts = kind.category.subcategories if kind.category is not None else ()
    return next((each.label for each in parts if each.code == kind.subcategory), "")


def check_asked(asked: Iterable[Asked]) -> None:
    """Raise a UsageError unless each names an area and a kind, and its span has a day."""
    for each in asked:
        place_of(each.where)
        kind_of(each.what)
        if each.end <= each.start:
            raise UsageError(
                f"A count must be of at least one day; got {each.start} to {each.end}: end is "
                "the first day after."
            )


def span_label(asked: Asked) -> str:
    """Return the days in words: "June 2021", "1 October 2015 to 30 September 2016"."""
    start, end = asked.start, asked.end
    whole = start.day == 1 and end.day == 1
    months = (end.year - start.year) * 12 + end.month - start.month
    if whole and months == 1:
        return Period(start, end, "month").label
    if whole and months == 12 and start.month == 1:
        return Period(start, end, "year").label
    return Period(start, end, "range").label


def _lowered(text: str) -> str:
    """Return a label as it stands inside a sentence; what is all capitals at first stays."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
