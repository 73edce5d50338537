"""The pieces of ground that named areas are made of: where wards of several vintages overlap.

A count of a ward of one vintage less a count of a ward of another is the count of a piece, so
pieces are what must be thought of when counts of both are shared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from hotspots.errors import UsageError
from hotspots.model import Wards
from hotspots.sharing.asked import Place, place_of

#: Pieces without an incident are left out below this area, m2, or this share of a ward's: two
#: files draw one border a little differently, and no one would believe that incidents lie between.
LEAST_M2, LEAST_SHARE = 1.0, 0.01

Pieces = NDArray[np.int64]


def overlay(vintages: Sequence[Wards]) -> Pieces:
    """Return the pieces that wards of several vintages make, slivers left out.

    Parameters
    ----------
    vintages : sequence of Wards
        In one CRS, in metres.

    Returns
    -------
    ndarray of int, shape (pieces, vintages)
        The position of the piece's ward in each vintage, -1 where it lies outside of all of them.
        No row is outside of all vintages.
    """
    first = vintages[0].frame.geometry.to_numpy()
    keys: list[tuple[int, ...]] = [(i,) for i in range(len(first))]
    shapes = first
    for wards in vintages[1:]:
        keys, shapes = _crossed(keys, shapes, wards.frame.geometry.to_numpy())
    areas = [shapely.area(wards.frame.geometry.to_numpy()) for wards in vintages]
    kept = [
        key
        for key, area in zip(keys, shapely.area(shapes).tolist(), strict=True)
        if area > max(LEAST_M2, LEAST_SHARE * _smallest(key, areas))
    ]
    return np.array(kept, dtype=np.int64).reshape(-1, len(vintages))


def _smallest(key: tuple[int, ...], areas: Sequence[NDArray[np.float64]]) -> float:
    return float(min(area[at] for at, area in zip(key, areas, strict=True) if at >= 0))


def _crossed(
    keys: list[tuple[int, ...]], shapes: NDArray[Any], wards: NDArray[Any]
) -> tuple[list[tuple[int, ...]], NDArray[Any]]:
    """Return the pieces cut by the wards of one more vintage, and what either leaves over."""
    at, ward = shapely.STRtree(wards).query(shapes, predicate="intersects")
    both = shapely.intersection(shapes[at], wards[ward])
    found = [(*keys[i], j) for i, j in zip(at.tolist(), ward.tolist(), strict=True)]
    only_old = shapely.difference(shapes, shapely.union_all(wards))
    only_new = shapely.difference(wards, shapely.union_all(shapes))
    outside = (-1,) * len(keys[0]) if keys else ()
    found += [(*key, -1) for key in keys]
    found += [(*outside, j) for j in range(len(wards))]
    every = np.concatenate([both, only_old, only_new])
    some = shapely.area(every) > 0
    return [key for key, is_some in zip(found, some, strict=True) if is_some], every[some]


def members(where: str, wards: Mapping[str, Wards]) -> tuple[str, NDArray[np.bool_]]:
    """Return the vintage of a named area and which of its wards belong to it, shape (wards,).

    Raises
    ------
    UsageError
        If there are no wards of the vintage, or none of that code or district.
    """
    place = place_of(where)
    if place.vintage not in wards:
        raise UsageError(
            f"An area must be of wards at hand, of {', '.join(wards)}; got {where!r}: add its "
            "boundaries, or ask for another."
        )
    chosen = _chosen(place, wards[place.vintage])
    if not chosen.any():
        raise UsageError(
            f"An area must be a ward or district of the {place.vintage} wards; got {where!r}: "
            "give a code that they have."
        )
    return place.vintage, chosen


def _chosen(place: Place, wards: Wards) -> NDArray[np.bool_]:
    if place.sort == "all":
        return np.ones(len(wards), dtype=np.bool_)
    column = "ward_code" if place.sort == "ward" else "district_code"
    same = wards.frame[column].astype("str") == place.code
    chosen: NDArray[np.bool_] = same.fillna(False).to_numpy(dtype=np.bool_)
    return chosen


def place_label(where: str, wards: Mapping[str, Wards]) -> str:
    """Return a named area in words, such as "Stone House ward"; its codes where nothing is known.

    Where there are several vintages, the one meant is said.
    """
    place = place_of(where)
    said = f" (wards of {place.vintage})" if len(wards) > 1 else ""
    if place.sort == "all":
        return f"all wards{said}"
    try:
        _, chosen = members(where, wards)
    except UsageError:
        return f"{place.sort} {place.code} (wards of {place.vintage})"
    known = wards[place.vintage]
    at = int(np.flatnonzero(chosen)[0])
    if place.sort == "ward":
        return f"{known.labels[at]} ward{said}"
    name = known.frame["district_name"].iloc[at]
    return f"{name if isinstance(name, str) and name else place.code}{said}"
