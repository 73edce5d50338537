"""What the Strategic Assessment measures; the data are in ``measures.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from hotspots.errors import UsageError
from hotspots.model import Period
from hotspots.sharing.asked import kind_of
from hotspots.taxonomy import Subcategory, priorities, priority_on, themes

#: The kind that "total crime" is.
TOTAL_CRIME = "crime"


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of the assessment: a kind of incident, or several that are added up.

    Attributes
    ----------
    code, label : str
    whats : tuple of str
        The kinds that are added up, each as ``hotspots.sharing.asked`` writes it.
    of, of_label : str
        The kind whose share it is, besides its share of total crime, and its name; "" for none.
    headline : bool
        Whether it stands in the first table, of crime as a whole.
    theme, priority : str or None
        Where the strategy measures it; None where its category says.
    by_ward : bool
        Whether wards are counted too.
    key_wards : bool
        Whether it has a table of key wards.
    sum_of : tuple of str
        Codes of the measures that add up to it exactly; empty for none.
    note : str
        What must be known of it, or "".
    also : tuple of str
        Other labels by which a file of counts may name it.
    """

    code: str
    label: str
    whats: tuple[str, ...]
    of: str = ""
    of_label: str = ""
    headline: bool = False
    theme: str | None = None
    priority: str | None = None
    by_ward: bool = True
    key_wards: bool = False
    sum_of: tuple[str, ...] = ()
    note: str = ""
    also: tuple[str, ...] = ()

    @property
    def is_crime(self) -> bool:
        """Whether all of it is counted in total crime."""
        kinds = [kind_of(what).category for what in self.whats]
        return all(kind is not None and kind.group == "crime" for kind in kinds)

    @property
    def one_of_several(self) -> bool:
        """Whether its kinds are subcategories of one category, of which a file may use any."""
        kinds = [kind_of(what) for what in self.whats]
        return len({kind.category for kind in kinds}) == 1 and all(k.subcategory for k in kinds)

    def whats_in(self, period: Period) -> tuple[str, ...]:
        """Return its kinds that were in use on a day of a period at least."""
        return tuple(what for what in self.whats if _use_of(what, period) != "none")

    def whole_in(self, period: Period) -> bool:
        """Return whether one of its kinds was in use throughout a period."""
        return any(_use_of(what, period) == "all" for what in self.whats)

    def priority_on(self, day: date) -> str | None:
        """Return the code of the priority that it measured on a day."""
        if self.priority is not None:
            return self.priority
        found = kind_of(self.whats[0]).category
        return priority_on(found.code, day) if found is not None else None

    def theme_on(self, day: date) -> str | None:
        """Return the code of the theme that it measured on a day."""
        if self.theme is not None:
            return self.theme
        priority = self.priority_on(day)
        return priorities()[priority].theme if priority else None


def _subcategory_of(what: str) -> Subcategory | None:
    kind = kind_of(what)
    if kind.category is None or kind.subcategory is None:
        return None
    return next(each for each in kind.category.subcategories if each.code == kind.subcategory)


def _use_of(what: str, period: Period) -> str:
    """Return whether a kind was in use "all", "some" or "none" of a period."""
    found = _subcategory_of(what)
    since, until = (found.since, found.until) if found else (None, None)
    if (since and period.end <= since) or (until and period.start >= until):
        return "none"
    begun, not_over = not since or since <= period.start, not until or period.end <= until
    return "all" if begun and not_over else "some"


@cache
def measures() -> dict[str, Measure]:
    """Return every measure by code, in the order of the tables."""
    told = tomllib.loads(files("hotspots").joinpath("measures.toml").read_text("utf-8"))
    return {code: _measure(code, entry) for code, entry in told["measures"].items()}


def _measure(code: str, entry: dict[str, object]) -> Measure:
    rest = {name: value for name, value in entry.items() if name not in ("what", "label")}
    for name in rest.keys() & {"sum_of", "also"}:
        rest[name] = tuple(rest[name])  # type: ignore[arg-type]
    whats = tuple(str(entry["what"]).split(" + "))
    return Measure(code, str(entry["label"]), whats, **rest)  # type: ignore[arg-type]


def measures_for(refused: frozenset[str]) -> tuple[tuple[Measure, ...], tuple[Measure, ...]]:
    """Return the measures that may be shown, and those of which a kind is refused."""
    all_of_them = measures().values()
    kept = tuple(m for m in all_of_them if refused.isdisjoint(m.whats))
    return kept, tuple(m for m in all_of_them if m not in kept)


def find_measure(text: str) -> Measure:
    """Return a measure by its code or a label; case and blanks do not matter.

    Raises
    ------
    UsageError
        If there is none.
    """
    wanted = " ".join(text.split()).casefold()
    for measure in measures().values():
        if wanted in (measure.code, *(each.casefold() for each in (measure.label, *measure.also))):
            return measure
    known = ", ".join(measures())
    raise UsageError(f"A measure must be one of {known}, or its label; got {text!r}.")


def in_order(chosen: tuple[Measure, ...], day: date) -> list[Measure]:
    """Return measures by the strategy's themes and priorities, those of none last."""
    themes_at = {code: i for i, code in enumerate(themes())}
    priorities_at = {code: i for i, code in enumerate(priorities())}

    def place(measure: Measure) -> tuple[int, int]:
        theme, priority = measure.theme_on(day), measure.priority_on(day)
        return (
            themes_at[theme] if theme else len(themes_at),
            priorities_at[priority] if priority else len(priorities_at),
        )

    return sorted(chosen, key=place)


def theme_label(measure: Measure, day: date) -> str:
    """Return the name of its theme on a day, "" for none."""
    theme = measure.theme_on(day)
    return themes()[theme] if theme else ""


def priority_label(measure: Measure, day: date) -> str:
    """Return the name of its priority on a day, "" for none."""
    priority = measure.priority_on(day)
    return priorities()[priority].label if priority else ""
