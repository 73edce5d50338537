"""What a row says of what happened -> category, subcategory and flags."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hotspots.ingest.mapping import Mapping
from hotspots.ingest.readers import look_up, or_missing, text_of
from hotspots.ingest.records import Records
from hotspots.taxonomy import UNMAPPED, categories, plain


class Kinds:
    """What incidents are, by the rules, categories and subcategories of a mapping."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._conditions = [
            (rule, {column: _pattern(texts) for column, texts in rule.when.items()})
            for rule in mapping.rules
        ]
        # as written goes before alike but for case, blanks and sorts of dash
        self._listed = {text.strip(): code for text, code in mapping.categories.items()}
        self._alike = {plain(text): code for text, code in mapping.categories.items()}
        self._subs = {plain(text): code for text, code in mapping.subcategories.items()}

    def of(self, records: Records) -> tuple[pd.Series[str], pd.Series[str], pd.Series[str]]:
        """Return category and subcategory of each record, and the texts that decided."""
        index = records.frame.index
        columns = self._mapping.columns
        default = self._mapping.defaults.category or UNMAPPED
        given = text_of(records, columns.category).fillna("")
        table = {text: self._code(text) for text in given.unique()}
        codes = look_up(given, table, UNMAPPED).mask(given == "", default)
        left = pd.Series(True, index=index)
        for rule, patterns in self._conditions:
            fits = left & _all_fit(records, patterns)
            codes = codes.mask(fits, rule.code)
            given = given.mask(fits, _trail(records, patterns))
            left &= ~fits
        parts = {code: code.partition(".") for code in codes.unique()}
        category = look_up(codes, {code: part[0] for code, part in parts.items()}, UNMAPPED)
        subcategory = or_missing(look_up(codes, {c: part[2] for c, part in parts.items()}, ""))
        if columns.subcategory is not None:
            said = text_of(records, columns.subcategory).fillna("")
            subcategory = subcategory.fillna(self._named(category, said))
        return category, subcategory, given

    def _code(self, text: str) -> str:
        return self._listed.get(text) or self._alike.get(plain(text), UNMAPPED)

    def _named(self, category: pd.Series[str], said: pd.Series[str]) -> pd.Series[str]:
        """Return the subcategory that a text names within its category, missing if none."""
        pairs = category + "\t" + said
        table = {}
        for pair in pairs.unique():
            code, _, text = pair.partition("\t")
            table[pair] = _sub_of(code, self._subs.get(plain(text), text))
        return or_missing(look_up(pairs, table, ""))


def _sub_of(code: str, text: str) -> str:
    """Return the subcategory of a category by its code or label, "" if it has none such."""
    for sub in categories()[code].subcategories:
        if plain(text) in (sub.code, plain(sub.label)):
            return sub.code
    return ""


def _pattern(texts: Iterable[str]) -> re.Pattern[str]:
    """Return what fits any of some patterns with * and ?, in text made ``plain``."""
    return re.compile("|".join(fnmatch.translate(plain(text)) for text in texts))


def _trail(records: Records, columns: Iterable[str]) -> pd.Series[str]:
    """Return the texts of some columns one after another, as "Fire > Deliberate"."""
    trail = pd.Series("", index=records.frame.index, dtype="str")
    for column in columns:
        said = records.stripped(column)
        between = pd.Series(np.where((trail != "") & (said != ""), " > ", ""), trail.index, "str")
        trail = trail + between + said
    return trail


def _all_fit(records: Records, patterns: dict[str, re.Pattern[str]]) -> pd.Series[bool]:
    fits = pd.Series(True, index=records.frame.index)
    for column, pattern in patterns.items():
        fits &= _fit(records, column, pattern)
    return fits


def _fit(records: Records, column: str, pattern: re.Pattern[str]) -> NDArray[np.bool_]:
    """Return where a column's text fits, case, blanks and sorts of dash ignored."""
    codes, distinct = pd.factorize(records.column(column))
    fits = np.array([pattern.fullmatch(plain(text)) is not None for text in distinct], dtype=bool)
    return fits[codes]


def flags_of(records: Records, mapping: Mapping) -> pd.Series[str]:
    """Return the codes of the flags that are set, separated by blanks, missing where none is."""
    found = pd.Series("", index=records.frame.index, dtype="str")
    for flag, condition in mapping.flags.items():
        is_set = np.zeros(len(found), dtype=bool)
        for column, texts in condition.items():
            is_set |= _fit(records, column, _pattern(texts))
        found = found.mask(is_set, found + " " + flag)
    return or_missing(found.str.strip())
