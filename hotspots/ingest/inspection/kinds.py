"""Which columns say what: reference, category, place name, agency, state, flags."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from hotspots.ingest.inspection.columns import Column, named, quoted
from hotspots.taxonomy import flags, match

# fmt: off
_REFERENCE = frozenset((
    "ref", "reference", "id", "number", "no", "urn", "uid", "key", "num", "incident", "crime",
    "crn", "identifier", "cad",
))
# fmt: on
#: Names that software gives to counters of its own: a row's place in an export names nothing.
_COUNTERS = frozenset({"objectid", "fid", "ogc_fid", "index", "rowid", "row", "unnamed"})
# fmt: off
_KINDS = frozenset((
    "category", "type", "crime", "offence", "offense", "classification", "class", "kind",
    "cause", "stop", "code", "description", "subject", "group", "incident", "nature", "call",
    "sort",
))
_PLACES = frozenset((
    "location", "address", "street", "road", "place", "block", "site",
))
_NO_PLACE = frozenset(("code", "type", "traffic", "qualifier", "id"))
#: Wider than an address, for files that have none.
_AREAS = frozenset(("area", "ward", "neighbourhood", "beat", "parish"))
_AGENCIES = frozenset((
    "agency", "force", "source", "organisation", "organization", "service", "team", "frs",
    "authority", "reported", "owner",
))
# fmt: on
_STATES = frozenset(["status", "state", "outcome", "disposition", "result", "stage", "progress"])
_WITHDRAWN = re.compile(
    r"cancel|draft|duplicat|\bvoid|withdrawn|\bno.?crime|\berror\b|\btest\b|delet|rejected|abandon",
    re.I,
)
_FLAG_WORDS = {
    "domestic": "domestic_abuse",
    "hate": "hate_crime",
    "alcohol": "alcohol",
    "drug": "drugs",
    "drugs": "drugs",
    "knife": "knife",
    "youth": "young_people",
    "juvenile": "young_people",
    "young": "young_people",
}
_YES = frozenset({"yes", "y", "true", "1", "t"})
_NO = frozenset({"no", "n", "false", "0", "f", "none", "unknown", "not known", "n/a"})
#: A category column has at most so many texts, and an agency column so many.
_MANY, _FEW = 400, 40
_UNIQUE = 0.99
_DELIBERATE = "deliberate_fire"


@dataclass(frozen=True)
class Kinds:
    """What the columns say of the incidents themselves.

    Parameters
    ----------
    columns : dict
        Keys of ``[columns]``.
    categories : dict of str to str
        ``[categories]``: texts whose category is known.
    unmapped : tuple of (str, int)
        Texts of the category column whose category is not, with their rows.
    exclude : dict of str to tuple of str
        Column and values that look withdrawn, to propose.
    flags : dict
        ``[flags]``.
    rules : tuple of dict
        ``[[rules]]``.
    counts : dict of str to int
        Rows of each text in ``categories``.
    sentences, questions : tuple of str
        What was decided and why; what the analyst must check.
    """

    columns: dict[str, Any] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)
    unmapped: tuple[tuple[str, int], ...] = ()
    exclude: dict[str, tuple[str, ...]] = field(default_factory=dict)
    flags: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    rules: tuple[dict[str, Any], ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    sentences: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()


def kinds_of(columns: Sequence[Column], taken: frozenset[str], rows: int) -> Kinds:
    """Return what the columns of a sample say of the incidents themselves.

    Parameters
    ----------
    columns : sequence of Column
        All columns.
    taken : frozenset of str
        Those that are dates or places.
    rows : int
        How many rows were looked at.
    """
    free = [c for c in columns if c.name not in taken and c.texts]
    found = _Finding()
    reference = found.reference(free, rows)
    category = found.category([c for c in free if c is not reference], rows)
    rest = [c for c in free if c not in (reference, category)]
    found.flags(rest)
    found.excluded(rest)
    rest = [c for c in rest if c.name not in found.told]
    found.place([c for c in rest if c not in (reference, category)])
    found.agency([c for c in rest if c.name != found.columns.get("location")])
    return Kinds(
        found.columns,
        found.categories,
        tuple(found.unmapped),
        found.exclude,
        found.flagged,
        tuple(found.rules),
        found.counts,
        tuple(found.sentences),
        tuple(found.questions),
    )


class _Finding:
    """What is found, one role after another."""

    def __init__(self) -> None:
        self.columns: dict[str, Any] = {}
        self.categories: dict[str, str] = {}
        self.counts: dict[str, int] = {}
        self.unmapped: list[tuple[str, int]] = []
        self.exclude: dict[str, tuple[str, ...]] = {}
        self.rules: list[dict[str, Any]] = []
        self.flagged: dict[str, dict[str, tuple[str, ...]]] = {}
        self.told: set[str] = set()
        self.sentences: list[str] = []
        self.questions: list[str] = []

    # -- reference --------------------------------------------------------------------------------

    def reference(self, columns: Sequence[Column], rows: int) -> Column | None:
        fit = [c for c in columns if _is_reference(c, rows)]
        counters = [c.name for c in fit if _is_counter(c)]
        if counters:
            self.sentences.append(
                f"Column {named(counters)} only counts rows, so it is no reference: in the next "
                "export it would name other incidents."
            )
        fit = [c for c in fit if c.name not in counters]
        if not fit:
            self.sentences.append(
                "No column of references was found (unique and named as one): alike rows are kept "
                "as separate incidents, and a newer version of an incident is not recognised."
            )
            return None
        best = max(fit, key=lambda c: (len(c.words & _REFERENCE), c.filled))
        repeats = best.filled - len(best.texts)
        self.columns["reference"] = best.name
        again = f"{repeats:,} repeats, which are rejected" if repeats else "none repeats"
        self.sentences.append(
            f"Column {quoted(best.name)} is the reference: {best.filled:,} rows have one, {again}."
        )
        if repeats:
            self.questions.append(
                f"Why does {quoted(best.name)} repeat? If it names something else than one "
                "incident (a victim, an offence within it), leave reference out."
            )
        return best

    # -- category ---------------------------------------------------------------------------------

    def category(self, columns: Sequence[Column], rows: int) -> Column | None:
        ranked = [(score, c) for c in columns if (score := _kind_score(c, rows)) > 0]
        if not ranked:
            self.sentences.append(
                "No column of categories was found: every incident is kept as unmapped until "
                "[columns] names one or [defaults] says what all are."
            )
            self.questions.append("What are these incidents? Set category under [defaults].")
            return None
        _, best = max(ranked, key=lambda entry: entry[0])
        self.columns["category"] = best.name
        for text, count in best.by_count:
            part = match(text)
            if part is None:
                self.unmapped.append((text, count))
                continue
            self.categories[text] = part[0] if part[1] is None else f"{part[0]}.{part[1]}"
            self.counts[text] = count
        known = sum(self.counts.values())
        self.sentences.append(
            f"Column {quoted(best.name)} is the category: {len(best.texts):,} texts, of which "
            f"{len(self.categories):,} are known ({known / best.filled:.0%} of the rows that have "
            "one)."
        )
        others = [c for score, c in ranked if c is not best and score > 0.3]
        self._deliberate(others)
        left = [c.name for c in others if c.name not in self.told]
        if left:
            self.sentences.append(
                f"Also like categories, not used: {named(left)}; [[rules]] can tell incidents "
                "apart by them."
            )
        self._ask_unmapped()
        return best

    def _deliberate(self, columns: Sequence[Column]) -> None:
        """Propose rules by which a column of causes tells deliberate fires from others."""
        if any(code.startswith(_DELIBERATE) for code in self.categories.values()):
            return
        for column in columns:
            known = [(text, n, match(text)) for text, n in column.by_count]
            # * ? [ would be taken for patterns
            fires = [
                (text, n)
                for text, n, part in known
                if part and part[0] == _DELIBERATE and not re.search(r"[*?\[]", text)
            ]
            if not fires:
                continue
            texts = tuple(text for text, _ in fires)
            self.rules.append({"category": _DELIBERATE, "when": {column.name: texts}})
            self.told.add(column.name)
            self.sentences.append(
                f"Column {quoted(column.name)} says which fires are deliberate, in "
                f"{sum(n for _, n in fires):,} rows: {named(texts)}; a rule makes them so."
            )

    def _ask_unmapped(self) -> None:
        if not self.unmapped:
            return
        shown = ", ".join(f"{quoted(text)} ({count:,})" for text, count in self.unmapped[:10])
        more = f" and {len(self.unmapped) - 10} more" if len(self.unmapped) > 10 else ""
        self.questions.append(
            f"What are {shown}{more}? They are kept as unmapped until [categories] says."
        )

    # -- the others -------------------------------------------------------------------------------

    def flags(self, columns: Sequence[Column]) -> None:
        for column in columns:
            flag = next((_FLAG_WORDS[w] for w in sorted(column.words) if w in _FLAG_WORDS), None)
            if {"repeat", "victim"} <= column.words:
                flag = "repeat_victim"
            lower = {text.casefold() for text in column.texts[:20]}
            if flag not in flags() or len(column.texts) > 8 or not lower <= _YES | _NO:
                continue
            yes = tuple(text for text in column.texts if text.casefold() in _YES)
            self.told.add(column.name)
            if not yes:
                continue
            self.flagged.setdefault(str(flag), {})[column.name] = yes
            rows = sum(count for text, count in column.by_count if text in yes)
            self.sentences.append(
                f"Column {quoted(column.name)} marks {flag} in {rows:,} rows, by {named(yes)}."
            )

    def excluded(self, columns: Sequence[Column]) -> None:
        for column in columns:
            if len(column.texts) > _FEW or not column.words & _STATES:
                continue
            self.told.add(column.name)
            gone = [(text, n) for text, n in column.by_count if _WITHDRAWN.search(text)]
            if not gone:
                continue
            self.exclude[column.name] = tuple(text for text, _ in gone)
            shown = ", ".join(f"{quoted(text)} ({count:,} rows)" for text, count in gone)
            self.questions.append(
                f"Should rows be left out where {quoted(column.name)} is {shown}? Then take the "
                "comment signs from [exclude]."
            )

    def place(self, columns: Sequence[Column]) -> None:
        names = _PLACES | _AREAS
        fit = [c for c in columns if c.words & names and not c.words & _NO_PLACE and _is_words(c)]
        fit = [c for c in fit if len(c.texts) > 2 or c.filled < 3]
        if not fit:
            return
        # the one that says most: an address before an area
        best = max(fit, key=lambda c: (bool(c.words & _PLACES), len(c.texts)))
        self.columns["location"] = best.name
        self.sentences.append(
            f"Column {quoted(best.name)} is the location, such as {quoted(best.texts[0])}."
        )

    def agency(self, columns: Sequence[Column]) -> None:
        fit = [c for c in columns if c.words & _AGENCIES and _is_words(c) and len(c.texts) <= _FEW]
        if not fit:
            return
        best = max(fit, key=lambda c: (len(c.words & _AGENCIES), c.filled))
        self.columns["agency"] = best.name
        self.sentences.append(f"Column {quoted(best.name)} is the agency: {named(best.texts)}.")


def _is_reference(column: Column, rows: int) -> bool:
    if not column.words & _REFERENCE and column.name.lower() not in _COUNTERS:
        return False
    enough = column.filled >= 0.5 * rows and column.filled >= 2
    return enough and len(column.texts) >= _UNIQUE * column.filled


def _is_counter(column: Column) -> bool:
    """Whether a column counts rows: 0, 1, 2 ... or a name that only software gives."""
    if column.name.lower() in _COUNTERS or column.words <= {"unnamed", "index", "row", "0"}:
        return True
    values = np.array(pd.to_numeric(column.series, errors="coerce"), dtype=np.float64)
    head = values[:1_000]
    return len(head) > 1 and head[0] in (0, 1) and bool((np.diff(head) == 1).all())


def _kind_score(column: Column, rows: int) -> float:
    """Return how much a column is like one of categories, 0 where it is none.

    Mostly the share of all rows whose category it tells.
    """
    if not _is_words(column) or len(column.texts) > _MANY:
        return 0.0
    if len(column.texts) > max(12, 0.6 * column.filled):
        return 0.0
    known = sum(count for text, count in column.by_count if match(text) is not None)
    share = known / max(1, rows)
    named_so = bool(column.words & _KINDS)
    if column.words & (_PLACES | _AREAS | _STATES | _AGENCIES) - _KINDS and not named_so:
        share = share if share > 0.5 else 0.0
    return 0.0 if not (named_so or share > 0.5) else share + (0.3 if named_so else 0.0)


def _is_words(column: Column) -> bool:
    """Whether most of a column's texts have letters."""
    first = column.texts[:200]
    return sum(any(map(str.isalpha, text)) for text in first) > 0.8 * len(first)


def guess(text: str) -> str | None:
    """Return a category that some words of a text name, to be checked; None without one."""
    words = text.split()[:12]
    for length in range(len(words) - 1, 0, -1):
        for start in range(len(words) - length, -1, -1):
            part = match(" ".join(words[start : start + length]))
            if part is not None:
                return part[0] if part[1] is None else f"{part[0]}.{part[1]}"
    return None
