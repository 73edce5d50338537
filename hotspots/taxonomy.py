"""Incident categories, priorities and themes; the data are in ``taxonomy.toml``."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from hotspots.errors import UsageError

UNMAPPED = "unmapped"

#: A category, or one subcategory of it; None is all of the category.
Part = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class Subcategory:
    """A finer kind of a category, in use from ``since`` until the day before ``until``."""

    code: str
    label: str
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Priority:
    """One of the partnership's priorities; ``theme`` is the main one of its ``themes``.

    Before ``since`` what belongs to it belonged to the priority ``before``.
    """

    code: str
    label: str
    theme: str
    themes: tuple[str, ...]
    since: date | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Category:
    """What an incident is, or a total over several categories.

    Parameters
    ----------
    code, label, short : str
        The code, and its name at length and for tight places.
    group : str
        "crime", "asb", "fire", "road", "other" or "unmapped"; only "crime" is in crime totals.
    priority, theme : str or None
        Codes of the partnership's priority and its main theme; None for a total.
    density : tuple of float
        Locked class breaks of the density map, incidents per km2 in 30 days.
    members : tuple of str
        The categories that are counted whole; a plain category counts itself alone.
    counted_as : str or None
        "victim" (victim-based crime) or "society" (other crimes against society); None for what
        is no crime, and for a total that is not one of the two.
    themes : tuple of str
        All themes its priority is named under, the main one first.
    subcategories : tuple of Subcategory
        Its finer kinds; a total has none.
    parts : tuple of (str, str or None)
        All that is counted: ``members``, with None, and single subcategories of others.
    links_arson : bool
        Whether an incident known to both police and fire service is to be counted once.
    """

    code: str
    label: str
    short: str
    group: str
    priority: str | None
    theme: str | None
    density: tuple[float, ...]
    members: tuple[str, ...]
    counted_as: str | None = None
    themes: tuple[str, ...] = ()
    subcategories: tuple[Subcategory, ...] = ()
    parts: tuple[Part, ...] = ()
    links_arson: bool = False

    @property
    def is_total(self) -> bool:
        """Whether it is a total, which no single incident can be."""
        return self.parts != ((self.code, None),)

    def counts(self, category: str, subcategory: str | None = None) -> bool:
        """Return whether an incident of a category and subcategory is counted here."""
        return (category, None) in self.parts or (category, subcategory) in self.parts


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


@dataclass(frozen=True, slots=True)
class _Text:
    """What a text of a source means, and when the source used it."""

    text: str
    part: Part
    since: date | None
    until: date | None

    def used_on(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (
            self.until is None or day < self.until
        )


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(files("hotspots").joinpath("taxonomy.toml").read_text("utf-8"))


def _part(name: str) -> Part:
    category_code, _, subcategory = name.partition(".")
    return category_code, subcategory or None


@cache
def themes() -> dict[str, str]:
    """Return the label of every theme by code, in the order of the strategy."""
    return dict(_data()["themes"])


@cache
def flags() -> dict[str, str]:
    """Return the label of every flag, a mark that an incident carries besides its category."""
    return dict(_data()["flags"])


@cache
def priorities() -> dict[str, Priority]:
    """Return every priority by code, in the order of the strategy."""
    return {
        code: Priority(
            code,
            entry["label"],
            entry["theme"],
            tuple(entry["themes"]),
            entry.get("from"),
            entry.get("before"),
        )
        for code, entry in _data()["priorities"].items()
    }


@cache
def categories() -> dict[str, Category]:
    """Return every category by code, in the order of the file, totals last."""
    data = _data()
    single = {code: _category(code, entry) for code, entry in data["categories"].items()}
    totals = {code: _total(code, entry, single) for code, entry in data["totals"].items()}
    return single | totals


def _category(code: str, entry: dict[str, Any]) -> Category:
    priority = priorities()[entry["priority"]] if "priority" in entry else None
    return Category(
        code=code,
        label=entry["label"],
        short=entry["short"],
        group=entry["group"],
        priority=priority.code if priority else None,
        theme=priority.theme if priority else None,
        density=tuple(float(b) for b in entry["density"]),
        members=(code,),
        counted_as=entry.get("counted_as"),
        themes=priority.themes if priority else (),
        subcategories=tuple(
            _subcategory(name, told) for name, told in entry.get("subcategories", {}).items()
        ),
        parts=((code, None),),
    )


def _subcategory(code: str, told: str | dict[str, Any]) -> Subcategory:
    if isinstance(told, str):
        return Subcategory(code, told)
    return Subcategory(code, told["label"], told.get("from"), told.get("to"))


def _total(code: str, entry: dict[str, Any], single: dict[str, Category]) -> Category:
    if "parts" in entry:
        parts = tuple(_part(name) for name in entry["parts"])
    elif "of_group" in entry:
        parts = tuple((c.code, None) for c in single.values() if c.group == entry["of_group"])
    else:
        kind = entry["of_counted_as"]
        parts = tuple((c.code, None) for c in single.values() if c.counted_as == kind)
    return Category(
        code=code,
        label=entry["label"],
        short=entry["short"],
        group=entry["group"],
        priority=None,
        theme=None,
        density=tuple(float(b) for b in entry["density"]),
        # what takes members alone must not count all of a category for one subcategory of it
        members=tuple(name for name, subcategory in parts if subcategory is None),
        counted_as=entry.get("of_counted_as"),
        parts=parts,
        links_arson=entry.get("links_arson", False),
    )


def category(code: str) -> Category:
    """Return one category.

    Raises
    ------
    UsageError
        If there is none of that code; the message lists those there are.
    """
    return _known(code)


def _known(code: str) -> Category:
    known = categories()
    if code not in known:
        raise UsageError(f"A category must be one of {', '.join(known)}; got {code!r}.")
    return known[code]


def priority_on(code: str, day: date) -> str | None:
    """Return the code of the priority a category belonged to on a day; None if to none.

    Raises
    ------
    UsageError
        If there is no such category.
    """
    known = priorities()
    found = category(code).priority
    while found is not None and (since := known[found].since) is not None and day < since:
        found = known[found].before
    return found


def plain(text: str) -> str:
    """Return a text of a source as it is compared: case, blanks and sorts of dash do not matter.

    "&" and "and" are one, and blanks around a stroke are left out; an empty text stays empty.
    """
    for dash in "\u2010\u2011\u2012\u2013\u2014\u2212":
        text = text.replace(dash, "-")
    words = text.replace("&", " and ").casefold().split()
    return re.sub(" ?/ ?", "/", " ".join(words))


def sources() -> tuple[str, ...]:
    """Return the names of the sources whose texts are known."""
    return tuple(_texts())


@cache
def _texts() -> dict[str, tuple[_Text, ...]]:
    tables = {k: v for k, v in _data()["sources"].items() if isinstance(v, dict)}
    return {
        source: tuple(_text(text, told) for text, told in table.items())
        for source, table in tables.items()
    }


def _text(text: str, told: str | dict[str, Any]) -> _Text:
    if isinstance(told, str):
        return _Text(text, _part(told), None, None)
    return _Text(text, _part(told["is"]), told.get("from"), told.get("to"))


def source_texts(source: str, day: date | None = None) -> dict[str, Part]:
    """Return what the texts of a source mean: ``plain`` text to (category, subcategory or None).

    Parameters
    ----------
    source : str
        One of ``sources()``.
    day : datetime.date, optional
        Only the texts in use on that day; all of them if None, which no two dates make ambiguous.

    Raises
    ------
    UsageError
        If the source is not known.
    """
    known = _texts()
    if source not in known:
        raise UsageError(f"A source must be one of {', '.join(known)}; got {source!r}.")
    used = [entry for entry in known[source] if day is None or entry.used_on(day)]
    return {plain(entry.text): entry.part for entry in used}


@cache
def _all_texts() -> dict[str, Part | None]:
    """Every text of every source; None where sources disagree or it says too little."""
    found: dict[str, set[Part]] = {}
    for source in sources():
        for text, part in source_texts(source).items():
            found.setdefault(text, set()).add(part)
    general = {plain(text) for text in _data()["sources"]["too_general"]}
    agreed = {text: _agreed(parts) for text, parts in found.items()}
    return {text: None if text in general else part for text, part in agreed.items()}


def _agreed(parts: set[Part]) -> Part | None:
    if len(parts) == 1:
        return next(iter(parts))
    # of one category but different subcategories, the category is still safe to propose
    codes = {code for code, _ in parts}
    return (codes.pop(), None) if len(codes) == 1 else None


def match(text: str) -> Part | None:
    """Return the (category, subcategory or None) a text of any source means, to propose it.

    A category's own label or code matches too. None where nothing matches, where sources use the
    text for different categories, and where it says too little by itself, such as "not known".
    """
    wanted = plain(text)
    found = _all_texts()
    if wanted in found:
        return found[wanted]
    for entry in categories().values():
        if not entry.is_total and wanted in (plain(entry.label), entry.code):
            return (entry.code, None)
    return None


@cache
def police_uk_categories() -> dict[str, str]:
    """Return the data.police.uk "Crime type" text to category code table."""
    return {entry.text: entry.part[0] for entry in _texts()["police_uk"]}


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
        for entry in _data()["series_breaks"]
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
    entry = _known(category)
    return tuple(
        b
        for b in all_series_breaks()
        if start < (b.until or b.day) and b.day < end and _breaks(b, entry)
    )


def _breaks(b: SeriesBreak, entry: Category) -> bool:
    touched = {code for code, _ in entry.parts} & set(b.categories)
    whole_move = b.moves and entry.is_total and set(b.categories) <= set(entry.members)
    return bool(touched) and not whole_move
