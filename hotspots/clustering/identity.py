"""Identities that last: numbers that hot spots keep from map to map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import shapely

from hotspots.clustering.checks import whole
from hotspots.clustering.matching import Match, match_regions
from hotspots.clustering.outlines import Outlined
from hotspots.errors import UsageError


@dataclass(frozen=True)
class Followed:
    """One map of a sequence: each region's identity, and what became of the map before.

    Attributes
    ----------
    ids : tuple of int
        One identity a region, from 1 in order of first appearance; never of two places.
    matches : tuple of Match
        As ``match_regions`` gives them, against the map before (nothing, for the first).
    returned : tuple of int
        Positions of the regions that are new, or split off, against the map before, but known
        from one earlier.
    """

    ids: tuple[int, ...]
    matches: tuple[Match, ...]
    returned: tuple[int, ...] = ()


def returned_ids(
    gone: Mapping[int, Outlined],
    after: Sequence[Outlined],
    matches: Iterable[Match],
    reach_m: float = 400.0,
    same_share: float = 0.5,
) -> dict[int, int]:
    """Return the new and split-off regions that are places known from before the earlier map.

    A place whose peak lies in a region that carries another identity is not back: that region
    holds it.

    Parameters
    ----------
    gone : mapping of int to Outlined
        Identities that the earlier map did not have, as they had gone or merged into another, and
        where they last were by themselves.
    after : sequence of Outlined
        The later map.
    matches : iterable of Match
        As ``match_regions`` gives them for the later map.
    reach_m, same_share : float
        See ``match_regions``, by whose rules the regions are matched with the places known.

    Returns
    -------
    dict of int to int
        Position in the later map -> identity, for ``carry_ids``.
    """
    given = list(matches)
    free = [m.after for m in given if m.after is not None and m.before is None]
    held = [after[m.after].polygon for m in given if m.after is not None and m.before is not None]
    known = [i for i, place in gone.items() if not shapely.contains_xy(held, *place.peak_xy).any()]
    found = match_regions([gone[i] for i in known], [after[j] for j in free], reach_m, same_share)
    return {
        free[m.after]: known[m.before]
        for m in found
        if m.after is not None and m.before is not None
    }


def carry_ids(
    ids: Sequence[int],
    matches: Iterable[Match],
    next_id: int | None = None,
    returned: Mapping[int, int] | None = None,
) -> tuple[int, ...]:
    """Return the later map's identities from the earlier map's.

    Parameters
    ----------
    ids : sequence of int
        One identity for each earlier region, in order.
    matches : iterable of Match
        As ``match_regions`` gives them.
    next_id : int, optional
        The first number never given yet; one above the largest of ``ids`` by default. A store
        must give it, or the number of a place that has gone is given again.
    returned : mapping of int to int, optional
        As ``returned_ids`` gives it.

    Raises
    ------
    UsageError
        If ``ids`` repeat, are not one a region, or are not all below ``next_id``.
    """
    known = [int(i) for i in ids]
    free = max(known, default=0) + 1 if next_id is None else int(next_id)
    back = dict(returned or {})
    given = list(matches)
    earlier = sum((m.before is not None) + len(m.merged) for m in given)
    used = known + list(back.values())
    if len(set(used)) != len(used) or len(known) != earlier or free <= max(used, default=0):
        raise UsageError(
            f"ids must be one a region ({earlier}), all different and below next_id; got "
            f"{len(known)} with next_id {free}: give the ids of the earlier map."
        )
    carried = []
    for match in given:
        if match.after is None:
            continue
        if match.before is not None:
            carried.append(known[match.before])
        elif match.after in back:
            carried.append(back[match.after])
        else:
            carried.append(free)
            free += 1
    return tuple(carried)


def follow(
    maps: Iterable[Sequence[Outlined]],
    reach_m: float = 400.0,
    same_share: float = 0.5,
    memory: int = 12,
) -> list[Followed]:
    """Carry identities through a sequence of maps, earliest first.

    Parameters
    ----------
    maps : iterable of sequences of Outlined
        Each map's regions; a map may be empty.
    reach_m, same_share : float
        See ``match_regions``.
    memory : int
        A place that is back after at most this many maps without it takes up its old identity; 0
        for none. A place near the limit of significance comes and goes by chance alone. A place
        that merged into another is remembered in the same way, with its outline before that: when
        the two part again within so many maps, both have their old identities.

    Returns
    -------
    list of Followed
        One a map; empty for no maps.

    Raises
    ------
    UsageError
        As ``match_regions``, or if ``memory`` is not a whole number of at least 0.
    """
    whole("memory", memory, 0)
    found: list[Followed] = []
    last: Sequence[Outlined] = ()
    ids: tuple[int, ...] = ()
    next_id = 1
    away: dict[int, tuple[int, Outlined]] = {}
    for number, regions in enumerate(maps):
        matches = match_regions(last, regions, reach_m, same_share)
        known = {i: place for i, (seen, place) in away.items() if number - seen - 1 <= memory}
        returned = returned_ids(known, regions, matches, reach_m, same_share)
        away |= {i: (number - 1, place) for i, place in zip(ids, last, strict=True)}
        ids = carry_ids(ids, matches, next_id, returned)
        next_id = max([next_id - 1, *ids]) + 1
        away = {i: place for i, place in away.items() if i not in ids}
        found.append(Followed(ids, tuple(matches), tuple(sorted(returned))))
        last = regions
    return found
