"""Kinds of incident that only some recipients may be given."""

from __future__ import annotations

from collections.abc import Sequence

from hotspots.errors import UsageError
from hotspots.profile import Tier
from hotspots.sharing.asked import Kind, kind_label, kind_of
from hotspots.taxonomy import category


def refused_kinds(
    whats: Sequence[str], tier: Tier, restricted_kinds: Sequence[str]
) -> tuple[str, ...]:
    """Return the kinds that a tier may not be given, in the order given.

    These are the restricted kinds, and what would give them away: where a subcategory is
    restricted, every other one of its category (the category less its other subcategories would
    be it) and every total that counts single subcategories of that category; where a whole
    category is, every total that counts it.

    Parameters
    ----------
    whats : sequence of str
        As in ``Asked.what``.
    restricted_kinds : sequence of str
        As in ``Profile.restricted_kinds``.

    Raises
    ------
    UsageError
        If a kind is none.
    """
    if tier.restricted_kinds:
        return ()
    flags, whole, broken = _restricted(restricted_kinds)
    return tuple(
        what for what in dict.fromkeys(whats) if _gives_away(kind_of(what), flags, whole, broken)
    )


def check_kinds(whats: Sequence[str], tier: Tier, restricted_kinds: Sequence[str]) -> None:
    """Raise a UsageError if a tier may not be given one of some kinds."""
    refused = refused_kinds(whats, tier, restricted_kinds)
    if refused:
        named = "; ".join(kind_label(what) for what in refused)
        raise UsageError(
            "This recipient tier must not be given restricted kinds, nor what would give them "
            f"away; asked for: {named}: leave them out, or export for a tier that may have them."
        )


def _restricted(names: Sequence[str]) -> tuple[set[str], set[str], set[str]]:
    """Return restricted flags, restricted categories, and categories with a restricted part."""
    flags: set[str] = set()
    whole: set[str] = set()
    broken: set[str] = set()
    for name in names:
        kind = _kind(name)
        if kind.flag is not None:
            # of one category or any: the flag is what must not be known
            flags.add(kind.flag)
        elif kind.category is not None and kind.subcategory is not None:
            broken.add(kind.category.code)
        elif kind.category is not None:
            whole.update(kind.category.members)
    return flags, whole, broken


def _kind(name: str) -> Kind:
    try:
        return kind_of(name)
    except UsageError as error:
        raise UsageError(
            f"restricted_kinds of the profile must name kinds of incident; {name!r} is none: "
            f"{error}"
        ) from error


def _gives_away(kind: Kind, flags: set[str], whole: set[str], broken: set[str]) -> bool:
    if kind.flag in flags:
        return True
    if kind.category is None:
        return False
    if kind.subcategory is not None:
        return kind.category.code in broken | whole
    return any(
        code in whole or (code in broken and subcategory is not None)
        for code, subcategory in category(kind.category.code).parts
    )
