"""Incident categories, priorities and themes; the data are in ``taxonomy.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from hotspots.errors import UsageError

UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True)
class Category:
    """What an incident is, or a total over several categories.

    ``members`` are the category codes counted; a plain category counts itself alone.
    ``density`` are the locked class breaks of its density map, incidents per km2 in 30 days.
    """

    code: str
    label: str
    short: str
    group: str
    priority: str | None
    theme: str | None
    density: tuple[float, ...]
    members: tuple[str, ...]
    police_uk: tuple[str, ...] = ()


@cache
def categories() -> dict[str, Category]:
    """Return every category by code, in the order of the file, totals last."""
    data = tomllib.loads(files("hotspots").joinpath("taxonomy.toml").read_text("utf-8"))
    found: dict[str, Category] = {}
    for code, entry in data["categories"].items():
        priority = entry.get("priority")
        theme = data["priorities"][priority]["theme"] if priority else None
        found[code] = Category(
            code=code,
            label=entry["label"],
            short=entry["short"],
            group=entry["group"],
            priority=priority,
            theme=theme,
            density=tuple(float(b) for b in entry["density"]),
            members=(code,),
            police_uk=tuple(entry["police_uk"]),
        )
    for code, entry in data["totals"].items():
        found[code] = Category(
            code=code,
            label=entry["label"],
            short=entry["short"],
            group=entry["group"],
            priority=None,
            theme=None,
            density=tuple(float(b) for b in entry["density"]),
            members=tuple(c.code for c in found.values() if c.group == entry["group"]),
        )
    return found


def category(code: str) -> Category:
    """Return one category.

    Raises
    ------
    UsageError
        If there is none of that code; the message lists those there are.
    """
    known = categories()
    if code not in known:
        raise UsageError(f"A category must be one of {', '.join(known)}; got {code!r}.")
    return known[code]


@cache
def police_uk_categories() -> dict[str, str]:
    """Return the data.police.uk "Crime type" text to category code table."""
    return {text: c.code for c in categories().values() for text in c.police_uk}
