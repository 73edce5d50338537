"""Which columns say where: coordinates in one CRS, grid references, postcodes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hotspots.ingest.grid_references import national_grid
from hotspots.ingest.inspection.columns import Column, quoted
from hotspots.ingest.inspection.crs import Fit, Home, agreement, fit_of, others
from hotspots.ingest.inspection.pairs import Pair, pairs_of
from hotspots.ingest.placing import crs_named
from hotspots.ingest.tables.base import GEOMETRY_X, GEOMETRY_Y

_POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2}", re.I)
_ENOUGH = 0.8
#: Two pairs are of the same place if they are no further apart than this, metres.
_SAME_M = 200.0


@dataclass(frozen=True)
class Where:
    """What the columns say of the place.

    Parameters
    ----------
    columns : dict
        Keys of ``[columns]`` that are about place.
    keys : dict
        Keys of the mapping itself: crs, masked, decimal.
    used : frozenset of str
        Columns that are places, whether used or not.
    sentences, questions : tuple of str
        What was decided and why; what the analyst must check.
    unknown_crs : bool
        Whether there are coordinates of which the CRS is not known.
    """

    columns: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, Any] = field(default_factory=dict)
    used: frozenset[str] = frozenset()
    sentences: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    unknown_crs: bool = False


def where_of(
    columns: Sequence[Column], taken: frozenset[str], home: Home, stated: str | None
) -> Where:
    """Return what the columns of a sample say of the place.

    Parameters
    ----------
    columns : sequence of Column
        All columns.
    taken : frozenset of str
        Those that are dates.
    home : Home
        Where incidents are expected.
    stated : str or None
        The CRS that the file itself states.
    """
    names = {c.name for c in columns}
    if {GEOMETRY_X, GEOMETRY_Y} <= names:
        return _own_geometry(columns, home, stated)
    pairs = pairs_of(columns, taken)
    fits = [(pair, fit) for pair in pairs if (fit := fit_of(pair, home)) is not None]
    found = _coordinates(fits, home) if fits else _unknown(pairs, home)
    return _with_texts(found, columns, taken)


def _own_geometry(columns: Sequence[Column], home: Home, stated: str | None) -> Where:
    own = [c for c in columns if c.name in (GEOMETRY_X, GEOMETRY_Y)]
    pair = Pair(own[0], own[1], None, ".", by_name=True)
    fit = fit_of(pair, home)
    used = frozenset({GEOMETRY_X, GEOMETRY_Y})
    if stated is not None:
        told = f"The file has points of its own and states their CRS, {stated}"
        same = fit is not None and crs_named(fit.crs).equals(crs_named(stated))
        doubt: tuple[str, ...] = ()
        if fit is not None and fit.proved and not same:
            doubt = (f"The file states {stated}, but its points fit {fit.crs}: {fit.proof}.",)
        proof = f"; {fit.proof}" if fit is not None and same and fit.proved else ""
        return Where(used=used, sentences=(f"{told}{proof}.",), questions=doubt)
    if fit is None:
        return _unknown((pair,), home)
    told = f"The file has points of its own and states no CRS; {fit.crs}: {fit.proof}."
    questions = () if fit.proved else (_check_crs(fit.crs),)
    return Where({}, {"crs": fit.crs}, used, (told,), questions)


def _check_crs(crs: str) -> str:
    return f"Is {crs} the CRS? Look up one incident whose place you know."


# -- coordinates ----------------------------------------------------------------------------------


def _coordinates(fits: list[tuple[Pair, Fit]], home: Home) -> Where:
    """Choose a pair: proved before guessed, the most rows, then the finest."""
    ranked = sorted(fits, key=lambda entry: _rank(entry[0], entry[1], fits, home), reverse=True)
    pair, fit = ranked[0]
    chosen, sentences = _with_fallbacks(pair, fit, ranked[1:], home)
    x = tuple((p.y if f.swapped else p.x).name for p, f in chosen)
    y = tuple((p.x if f.swapped else p.y).name for p, f in chosen)
    proof = fit.proof if fit.proved else _confirmed(pair, fit, ranked, home)
    first = f"Coordinates are in {pair.names}, {fit.crs}: {proof or fit.proof}."
    questions = [] if proof else [_check_crs(fit.crs)]
    if fit.swapped:
        first += f" The columns are swapped against their names or order: x is {quoted(x[0])}."
    keys: dict[str, Any] = {"crs": fit.crs}
    if pair.masked:
        keys["masked"] = pair.masked
        sentences.append(
            f"Digits are hidden by {quoted(pair.masked)}: such points are placed at the centre of "
            "what they may be, and maps finer than that square mean nothing."
        )
    if pair.decimal != ".":
        keys["decimal"] = pair.decimal
        sentences.append(f"Numbers have a decimal comma, such as {quoted(pair.x.texts[0])}.")
    used = frozenset(c.name for p, _ in fits for c in (p.x, p.y))
    return Where(
        {"x": x if len(x) > 1 else x[0], "y": y if len(y) > 1 else y[0]},
        keys,
        used,
        (first, *sentences),
        tuple(questions),
    )


def _rank(
    pair: Pair, fit: Fit, fits: list[tuple[Pair, Fit]], home: Home
) -> tuple[bool, bool, int, bool, float]:
    # rows that a coarser pair of the same CRS fills as well count for the finer
    covered = pair.filled.copy()
    for other, its in fits:
        if its.crs == fit.crs and its.swapped == fit.swapped and other.step >= pair.step:
            covered |= other.filled
    metres = pair.step * (111_000.0 if crs_named(fit.crs).is_geographic else 1.0)
    return (
        fit.proved,
        pair.by_name,
        int(covered.sum()),
        metres < 10 or metres == min(p.step for p, _ in fits),
        -pair.step if fit.crs != home.crs else 1e9 - pair.step,
    )


def _with_fallbacks(
    pair: Pair, fit: Fit, ranked: list[tuple[Pair, Fit]], home: Home
) -> tuple[list[tuple[Pair, Fit]], list[str]]:
    """Return the pairs to use, in order, and what is said of each of the others."""
    chosen = [(pair, fit)]
    told: list[str] = []
    covered = pair.filled.copy()
    for other, its in ranked:
        if not other.by_name:
            continue
        rows, gap = agreement(pair, fit, other, its, home)
        more = int((other.filled & ~covered).sum())
        same = rows == 0 or gap <= max(_SAME_M, 2 * other.step)
        where = f"{gap:,.0f} m away in the median of {rows:,} rows" if rows else "never both filled"
        alike = (other.masked, other.decimal) == (pair.masked, pair.decimal)
        fits_in = its.crs == fit.crs and alike
        if same and more and fits_in and other.step >= pair.step:
            chosen.append((other, its))
            covered |= other.filled
            told.append(
                f"{other.names} are coarser (steps of {other.step:g}) and taken for {more:,} rows "
                f"without the first ({where})."
            )
        else:
            reason = "add no row" if not more else "are of another CRS or place"
            told.append(f"{other.names} ({its.crs}) {reason}, not used ({where}).")
    return chosen, told


def _confirmed(pair: Pair, fit: Fit, ranked: list[tuple[Pair, Fit]], home: Home) -> str | None:
    """Return the proof by a pair of another CRS that says the same places, which chance cannot."""
    for other, its in ranked[1:]:
        rows, gap = agreement(pair, fit, other, its, home)
        if its.crs != fit.crs and rows >= 3 and gap < _SAME_M:
            return (
                f"proved by {other.names} ({its.crs}), which say the same places, {gap:,.0f} m "
                f"away in the median of {rows:,} rows"
            )
    return None


def _unknown(pairs: Sequence[Pair], home: Home) -> Where:
    named = [pair for pair in pairs if pair.by_name and pair.filled.any()]
    if not named:
        return Where()
    pair = named[0]
    x, y = (values[pair.filled] for values in pair.xy)
    told = (
        f"Coordinates are in {pair.names} (x {np.min(x):,.10g} to {np.max(x):,.10g}, y "
        f"{np.min(y):,.10g} to {np.max(y):,.10g}), but their CRS is unknown: none of those tried "
        "fits; give it as `crs` in the mapping."
    )
    near = others(pair, home)
    if near:
        told += f" The wards would allow {', '.join(near)}; ask whose export it is which."
    keys: dict[str, Any] = {"masked": pair.masked} if pair.masked else {}
    if pair.decimal != ".":
        keys["decimal"] = pair.decimal
    used = frozenset(c.name for p in named for c in (p.x, p.y))
    columns = {} if pair.x.name == GEOMETRY_X else {"x": pair.x.name, "y": pair.y.name}
    question = f"Which CRS are {pair.names} of?"
    return Where(columns, keys, used, (told,), (question,), unknown_crs=True)


# -- grid references and postcodes ----------------------------------------------------------------


def _with_texts(found: Where, columns: Sequence[Column], taken: frozenset[str]) -> Where:
    keys = dict(found.columns)
    sentences, used = list(found.sentences), set(found.used)
    free = [c for c in columns if c.name not in taken | found.used and c.texts]
    reference = next((c for c in free if _is(c, _is_grid)), None)
    if reference is not None:
        keys["grid_reference"] = reference.name
        used.add(reference.name)
        sentences.append(
            f"Column {quoted(reference.name)} has letter references of the National Grid, such as "
            f"{quoted(reference.texts[0])}."
        )
    postcode = next((c for c in free if c is not reference and _is(c, _is_postcode)), None)
    if postcode is not None:
        keys["postcode"] = postcode.name
        used.add(postcode.name)
        sentences.append(
            f"Column {quoted(postcode.name)} has postcodes, which place {postcode.filled:,} rows "
            "where nothing better is given and postcodes are loaded."
        )
    if not keys and not found.used:
        sentences.append(
            "No column of places was found: no coordinates that the wards or ranges show to be "
            "such, no grid reference, no postcode; a mapping needs one."
        )
    return Where(
        keys, found.keys, frozenset(used), tuple(sentences), found.questions, found.unknown_crs
    )


def _is_grid(text: str) -> bool:
    return bool(re.search(r"\d", text)) and national_grid(text) is not None


def _is_postcode(text: str) -> bool:
    return _POSTCODE.fullmatch(text) is not None


def _is(column: Column, check: object) -> bool:
    first = column.texts[:500]
    fits = sum(map(check, first))  # type: ignore[call-overload]
    return bool(fits >= _ENOUGH * len(first))
