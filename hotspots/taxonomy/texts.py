"""What the texts of a source mean: data.police.uk, the Home Office, fire services, councils."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from hotspots.errors import UsageError
from hotspots.taxonomy.categories import Part, categories, content, part_of


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
    tables = {k: v for k, v in content()["sources"].items() if isinstance(v, dict)}
    return {
        source: tuple(_text(text, told) for text, told in table.items())
        for source, table in tables.items()
    }


def _text(text: str, told: str | dict[str, Any]) -> _Text:
    if isinstance(told, str):
        return _Text(text, part_of(told), None, None)
    return _Text(text, part_of(told["is"]), told.get("from"), told.get("to"))


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
    general = {plain(text) for text in content()["sources"]["too_general"]}
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
