"""What became of each hot spot from one map to the next."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import shapely

from hotspots.clustering.checks import real
from hotspots.clustering.outlines import Outlined, check_outlines
from hotspots.errors import UsageError

Event = Literal["same", "moved", "merged", "split", "new", "gone"]
#: Areas are compared in square centimetres and distances in millimetres: what differs by less is
#: rounding of the coordinates, and must not decide which of two equals comes first.
_AREA_DIGITS, _DISTANCE_DIGITS = 4, 3


@dataclass(frozen=True)
class Match:
    """What became of one region. Regions are named by their position in the maps given.

    Attributes
    ----------
    event : str
        ``same``: overlaps the earlier region by at least ``same_share``. ``moved``: by less, or
        not at all with the peaks within ``reach_m``. ``merged``: carries on one earlier region
        and takes in others. ``split``: one of the parts of an earlier region; the part that
        carries it on has ``before``, the others have ``came_from``. A region that does both is
        ``merged``, its ``parts`` are still named. ``new``: overlaps none and carries on none.
        ``gone``: an earlier region that none carries on or takes in.
    before : int or None
        The earlier region whose identity this one carries; for ``gone``, the one that ended.
    after : int or None
        The later region; None for ``gone``.
    overlap_share : float
        Area shared by the two over the area of the smaller; 0 where there are not two.
    distance_m : float or None
        Between the two peaks; None where there are not two.
    came_from : int or None
        For a split-off part: the earlier region it was the part of (the one it overlaps most).
    merged : tuple of int
        Earlier regions taken in beside ``before``.
    parts : tuple of int
        Later regions split off from ``before``.
    """

    event: Event
    before: int | None
    after: int | None
    overlap_share: float = 0.0
    distance_m: float | None = None
    came_from: int | None = None
    merged: tuple[int, ...] = ()
    parts: tuple[int, ...] = ()


class _Pair(NamedTuple):
    """An earlier and a later region that overlap; they sort in order of who carries on whom."""

    minus_area_m2: float
    before: int
    after: int
    share: float


def match_regions(
    before: Sequence[Outlined],
    after: Sequence[Outlined],
    reach_m: float = 400.0,
    same_share: float = 0.5,
) -> list[Match]:
    """Match the hot spots of two maps, so that a place keeps its identity.

    1. All pairs that share area are taken in order of the area shared (ties: the earlier region's
       position, then the later's). A pair is one identity when neither of the two has one yet.
       So a region carries on the earlier one it overlaps most, the largest part of a region that
       split keeps its identity, and regions that merge keep that of the largest overlap.
    2. A later region left over is a split-off part of the earlier one it overlaps most; an
       earlier one left over is merged into the later one it overlaps most.
    3. Of those that overlap nothing, pairs whose peaks lie within ``reach_m`` are one identity
       that moved, nearest first.
    4. What is left is new, or gone.

    Touching is not overlapping. Swapping the two maps gives the same identities, with ``new`` and
    ``gone``, and split-off parts and regions merged, exchanged.

    Parameters
    ----------
    before, after : sequence of Outlined
        Polygons in one CRS in metres, with their peaks; either may be empty.
    reach_m : float
        Farthest that a peak may move between two maps without any overlap, metres; 0 for none.
        By default the default distance band.
    same_share : float
        Least overlap of the smaller region, 0 to 1, that is called the same place.

    Returns
    -------
    list of Match
        One for each later region in order, then one for each earlier region that is gone. An
        earlier region is in exactly one of them, as ``before`` or in ``merged``.

    Raises
    ------
    UsageError
        If an outline is empty or not a valid polygon, a coordinate is not finite, or a parameter
        is out of range.

    Notes
    -----
    Candidates come from an R-tree of the earlier outlines' bounds, areas from the outlines
    themselves. R-tree: Guttman, A. (1984), doi:10.1145/602259.602266.
    """
    _check(before, after, reach_m, same_share)
    pairs = _overlapping(before, after)
    one_to_one = _first_come([(p.before, p.after) for p in pairs])
    came_from, merged_into = _left_over(pairs, one_to_one)
    meets_before, meets_after = {p.before for p in pairs}, {p.after for p in pairs}
    near = _within_reach(before, after, reach_m, meets_before, meets_after)
    one_to_one |= _first_come(near)
    share = {(p.before, p.after): p.share for p in pairs}
    found = []
    for j in range(len(after)):
        i = one_to_one.get(j)
        if i is None:
            origin = came_from.get(j)
            found.append(Match("new" if origin is None else "split", None, j, came_from=origin))
            continue
        taken = tuple(k for k, into in sorted(merged_into.items()) if into == j)
        parts = tuple(k for k, origin in sorted(came_from.items()) if origin == i)
        overlap = share.get((i, j), 0.0)
        event = _event(taken, parts, overlap, same_share)
        apart = math.dist(before[i].peak_xy, after[j].peak_xy)
        found.append(Match(event, i, j, overlap, apart, merged=taken, parts=parts))
    ended = set(range(len(before))) - set(one_to_one.values()) - set(merged_into)
    return found + [Match("gone", i, None) for i in sorted(ended)]


def _event(
    taken: tuple[int, ...], parts: tuple[int, ...], overlap: float, same_share: float
) -> Event:
    if taken:
        return "merged"
    if parts:
        return "split"
    return "same" if overlap > 0 and overlap >= same_share else "moved"


def _overlapping(before: Sequence[Outlined], after: Sequence[Outlined]) -> list[_Pair]:
    """Return the pairs that share area, the largest area first."""
    candidates = _tree_pairs([b.polygon.bounds for b in before], [a.polygon.bounds for a in after])
    if not candidates:
        return []
    left, right = np.array(candidates).T
    one = np.array([b.polygon for b in before], dtype=object)[left]
    two = np.array([a.polygon for a in after], dtype=object)[right]
    area = np.round(shapely.area(shapely.intersection(one, two)), _AREA_DIGITS)
    share = np.minimum(area / np.minimum(shapely.area(one), shapely.area(two)), 1.0)
    values = zip((-area).tolist(), left.tolist(), right.tolist(), share.tolist(), strict=True)
    return sorted(pair for pair in map(_Pair._make, values) if pair.minus_area_m2 < 0)


def _tree_pairs(
    indexed: Sequence[tuple[float, ...]], asked: Sequence[tuple[float, ...]]
) -> list[tuple[int, int]]:
    """Return (indexed, asked) positions whose boxes (west, south, east, north) meet."""
    if not indexed or not asked:
        return []  # rtree builds no empty tree
    from rtree.index import Index

    tree = Index((i, box, None) for i, box in enumerate(indexed))
    return [(i, j) for j, box in enumerate(asked) for i in tree.intersection(box)]


def _first_come(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Return later -> earlier: each pair in order, when neither of the two is taken."""
    carries: dict[int, int] = {}
    taken: set[int] = set()
    for i, j in pairs:
        if i not in taken and j not in carries:
            taken.add(i)
            carries[j] = i
    return carries


def _left_over(
    pairs: list[_Pair], one_to_one: dict[int, int]
) -> tuple[dict[int, int], dict[int, int]]:
    """Return split-off later -> earlier, and merged earlier -> later: the first pair of each.

    The other of such a pair is always taken, or the two would be one identity.
    """
    kept = set(one_to_one.values())
    came_from: dict[int, int] = {}
    merged_into: dict[int, int] = {}
    for pair in pairs:
        if pair.after not in one_to_one:
            came_from.setdefault(pair.after, pair.before)
        elif pair.before not in kept:
            merged_into.setdefault(pair.before, pair.after)
    return came_from, merged_into


def _within_reach(
    before: Sequence[Outlined],
    after: Sequence[Outlined],
    reach_m: float,
    meets_before: set[int],
    meets_after: set[int],
) -> list[tuple[int, int]]:
    """Return the pairs of lone regions whose peaks are within reach, the nearest first."""
    left = [i for i in range(len(before)) if i not in meets_before]
    right = [j for j in range(len(after)) if j not in meets_after]
    if reach_m == 0:
        return []
    boxes = [(*before[i].peak_xy, *before[i].peak_xy) for i in left]
    squares = [
        (x - reach_m, y - reach_m, x + reach_m, y + reach_m)
        for x, y in (after[j].peak_xy for j in right)
    ]
    near = []
    for a, b in _tree_pairs(boxes, squares):
        i, j = left[a], right[b]
        apart = round(math.dist(before[i].peak_xy, after[j].peak_xy), _DISTANCE_DIGITS)
        if apart <= reach_m:
            near.append((apart, i, j))
    return [(i, j) for _, i, j in sorted(near)]


def _check(
    before: Sequence[Outlined], after: Sequence[Outlined], reach_m: float, same_share: float
) -> None:
    if not 0 <= real(reach_m) < math.inf:
        raise UsageError(f"reach_m must be a finite number of at least 0; got {reach_m!r}.")
    if not 0 <= real(same_share) <= 1:
        raise UsageError(f"same_share must be between 0 and 1; got {same_share!r}.")
    check_outlines("before", before)
    check_outlines("after", after)
