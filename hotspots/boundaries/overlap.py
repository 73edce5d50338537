"""How the wards of one vintage became those of another: the overlap of every pair."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely

from hotspots.errors import UsageError
from hotspots.model import Wards

#: A pair that is less than this part of both its wards is a sliver: the borders of two files
#: are never drawn alike. A small ward inside a large one is all of itself, so no sliver.
SLIVER_SHARE = 0.01
#: Below this continuity a ward is said to have changed.
CONTINUITY = 0.9
OVERLAP_COLUMNS = (
    "old_code",
    "old_name",
    "new_code",
    "new_name",
    "share_of_old",
    "share_of_new",
    "area_km2",
)
_NAMED = 10


def overlap(old: Wards, new: Wards) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the pairs of old and new wards that share ground, and what to mind.

    Parameters
    ----------
    old, new : Wards
        Two vintages, in one projected CRS in metres.

    Returns
    -------
    pairs : DataFrame
        Columns ``OVERLAP_COLUMNS``, ordered by old code and falling share of the old ward; the
        shares are of the area of the old and of the new ward, 0 to 1. Slivers are left out.
        Empty where the vintages share no ground.
    sentences : tuple of str
        What the slivers left out sum to, which wards have no match above 0.9, and which of these
        have the same code in both vintages.

    Raises
    ------
    UsageError
        If the two are in different CRS.
    """
    pairs = all_pairs(old, new)
    kept = pairs[~is_sliver(pairs)]
    slivers = float(pairs.loc[is_sliver(pairs), "area_km2"].sum())
    ordered = kept.sort_values(
        ["old_code", "share_of_old"], ascending=[True, False], kind="stable", ignore_index=True
    )
    return ordered, (*_left_out(slivers, len(pairs) - len(kept)), *_changes(pairs, old, new))


def best_match(old: Wards, new: Wards) -> pd.DataFrame:
    """Return, for each old ward, the new one it became most of all, and how much of it.

    Parameters
    ----------
    old, new : Wards
        Two vintages, in one projected CRS in metres.

    Returns
    -------
    DataFrame
        One row for each old ward, by code: ``old_code``, ``new_code`` (missing where no new ward
        shares its ground) and ``continuity``, the lesser of the two shares, 0 to 1: at least so
        much of either ward is common to both. 1 is the same ward; a ward wholly merged into one
        twice its size has 0.5. Of equals the lower new code.

    Raises
    ------
    UsageError
        If the two are in different CRS.
    """
    return _best(all_pairs(old, new), old)


def all_pairs(old: Wards, new: Wards) -> pd.DataFrame:
    """Return ``OVERLAP_COLUMNS`` for every pair with a common area, slivers too.

    Raises
    ------
    UsageError
        If the two are in different CRS.
    """
    check_crs(old, new)
    before, after = old.frame.geometry.to_numpy(), new.frame.geometry.to_numpy()
    i, j = shapely.STRtree(after).query(before, predicate="intersects")
    area = shapely.area(shapely.intersection(before[i], after[j]))
    pairs = pd.DataFrame(
        {
            "old_code": old.frame["ward_code"].to_numpy(dtype=object)[i],
            "old_name": np.array(old.labels, dtype=object)[i],
            "new_code": new.frame["ward_code"].to_numpy(dtype=object)[j],
            "new_name": np.array(new.labels, dtype=object)[j],
            # GEOS may round the common area above the whole
            "share_of_old": np.minimum(area / shapely.area(before)[i], 1.0),
            "share_of_new": np.minimum(area / shapely.area(after)[j], 1.0),
            "area_km2": area / 1e6,
        },
        columns=list(OVERLAP_COLUMNS),
    )
    found: pd.DataFrame = pairs[area > 0]
    return found.sort_values(["old_code", "new_code"], ignore_index=True)


def is_sliver(pairs: pd.DataFrame) -> pd.Series[bool]:
    """Whether each pair is less than ``SLIVER_SHARE`` of both its wards."""
    return pairs[["share_of_old", "share_of_new"]].max(axis="columns") < SLIVER_SHARE


def check_crs(old: Wards, new: Wards) -> None:
    """Refuse vintages in different CRS.

    Raises
    ------
    UsageError
        If so.
    """
    if old.frame.crs != new.frame.crs:
        raise UsageError(
            f"Two vintages must be in one CRS; {old.vintage} is in {old.crs} and {new.vintage} "
            f"in {new.crs}: read one of them with the other's target_crs."
        )


def _best(pairs: pd.DataFrame, old: Wards) -> pd.DataFrame:
    continuity = pairs[["share_of_old", "share_of_new"]].min(axis="columns")
    ranked = pairs.assign(continuity=continuity).sort_values(
        ["old_code", "continuity", "new_code"], ascending=[True, False, True]
    )
    best = ranked.drop_duplicates("old_code").set_index("old_code")[["new_code", "continuity"]]
    codes = pd.Index(old.frame["ward_code"].to_numpy(dtype=object), name="old_code")
    rows = best.reindex(codes).reset_index()
    return rows.assign(continuity=rows["continuity"].fillna(0.0).astype("float64"))


def _left_out(slivers_km2: float, number: int) -> list[str]:
    if not number:
        return []
    return [
        f"Left out: {number} sliver{'' if number == 1 else 's'}, each less than "
        f"{SLIVER_SHARE:.0%} of both wards, {slivers_km2:.3f} km2 in all."
    ]


def _changes(pairs: pd.DataFrame, old: Wards, new: Wards) -> list[str]:
    best = _best(pairs, old)
    low = best[best["continuity"] < CONTINUITY]
    both = set(old.frame["ward_code"]) & set(new.frame["ward_code"])
    same = low["old_code"].isin(both) & (low["old_code"] == low["new_code"])
    sentences = []
    if (~same).any():
        sentences.append(
            f"{_wards((~same).sum())} of {old.vintage} overlap{_s((~same).sum())} no ward of "
            f"{new.vintage} by {CONTINUITY:g} or more: {_listed(low[~same])}; their figures "
            "before and after must not be compared ward by ward."
        )
    if same.any():
        sentences.append(
            f"{_wards(same.sum())} of {old.vintage} {'has' if same.sum() == 1 else 'have'} the "
            f"same code in {new.vintage} and overlap by less than {CONTINUITY:g}: "
            f"{_listed(low[same])}; a code stays while its ward does, so the two files draw one "
            "ward differently, unless the code was used again."
        )
    return sentences


def _wards(number: Any) -> str:
    return f"{number} ward{'' if number == 1 else 's'}"


def _s(number: Any) -> str:
    return "s" if number == 1 else ""


def _listed(rows: pd.DataFrame) -> str:
    lowest = rows.sort_values(["continuity", "old_code"]).head(_NAMED)
    named = [f"{row.old_code} ({row.continuity:.2f})" for row in lowest.itertuples()]
    more = len(rows) - len(lowest)
    return ", ".join(named) + (f" and {more} more" if more else "")
