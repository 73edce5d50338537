"""Categories, their priorities and themes; totals."""

from __future__ import annotations

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

    def rate_breaks(self, days: float) -> tuple[float, ...]:
        """Return the locked class breaks of a ward map: incidents per 1,000 residents in ``days``.

        A tenth of those of the density: residents and incidents both crowd in towns, and at this
        share an average ward falls in the middle classes.
        """
        return tuple(round(bound * 0.1 * days / 30, 6) for bound in self.density)

    def counts(self, category: str, subcategory: str | None = None) -> bool:
        """Return whether an incident of a category and subcategory is counted here."""
        return (category, None) in self.parts or (category, subcategory) in self.parts


@cache
def content() -> dict[str, Any]:
    """Return the content of ``taxonomy.toml``."""
    return tomllib.loads(files("hotspots").joinpath("taxonomy.toml").read_text("utf-8"))


def part_of(name: str) -> Part:
    """Return the part that "category" or "category.subcategory" names."""
    category_code, _, subcategory = name.partition(".")
    return category_code, subcategory or None


@cache
def themes() -> dict[str, str]:
    """Return the label of every theme by code, in the order of the strategy."""
    return dict(content()["themes"])


@cache
def flags() -> dict[str, str]:
    """Return the label of every flag, a mark that an incident carries besides its category."""
    return dict(content()["flags"])


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
        for code, entry in content()["priorities"].items()
    }


@cache
def categories() -> dict[str, Category]:
    """Return every category by code, in the order of the file, totals last."""
    data = content()
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
        parts = tuple(part_of(name) for name in entry["parts"])
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
