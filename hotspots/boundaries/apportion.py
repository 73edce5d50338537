"""Ward totals of one vintage -> ward totals of another, where the points are not at hand.

The total of an old ward is shared out among the new wards that share its ground, in proportion
to the common area (areal weighting: Goodchild and Lam 1980) or to weighted points in it, such as
postcodes for households (dasymetric weighting). No total is lost or made: the pycnophylactic
property of Tobler (1979), held here for the sum over all wards and for each old ward.

References
----------
M. F. Goodchild and N. S.-N. Lam (1980), Areal interpolation: a variant of the traditional spatial
problem, Geo-Processing 1, 297-312. W. R. Tobler (1979), Smooth pycnophylactic interpolation for
geographical regions, Journal of the American Statistical Association 74(367), 519-530,
doi:10.1080/01621459.1979.10481647.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspots.boundaries.overlap import all_pairs, check_crs, is_sliver
from hotspots.errors import DataError, UsageError
from hotspots.model import Wards

#: Least part of an old ward that the new wards must cover, if it has anything to share out.
LEAST_COVERED = 0.5
#: A code of both vintages is one ward if its two drawings have so much in common.
SAME_WARD = 0.75
_NAMED = 10


@dataclass(frozen=True, eq=False)
class WeightedPoints:
    """Where households, addresses or residents are.

    Parameters
    ----------
    xy : ndarray, shape (n, 2)
        Metres, in the CRS of the wards. Rows that are not finite are in no ward.
    weight : ndarray, shape (n,), optional
        How much each point stands for, not negative; one each if None.
    name : str
        What they are, for the sentences: "postcodes", "census blocks".
    """

    xy: NDArray[np.float64]
    weight: NDArray[np.float64] | None = None
    name: str = "points"

    def weights(self) -> NDArray[np.float64]:
        """Return the weight of every point.

        Raises
        ------
        UsageError
            If there is not one for each point, or one is negative or not finite.
        """
        if self.weight is None:
            return np.ones(len(self.xy))
        given = np.asarray(self.weight, dtype=np.float64)
        if given.shape != (len(self.xy),) or not (np.isfinite(given) & (given >= 0)).all():
            raise UsageError(
                f"Each of the {len(self.xy)} {self.name} must have one weight, finite and not "
                f"negative; got {given.size} of them: correct the weights."
            )
        return given


@dataclass(frozen=True, eq=False)
class Apportioned:
    """Totals by new ward, and how far they can be trusted.

    Parameters
    ----------
    frame : DataFrame
        One row for each new ward, by code: ``ward_code``; ``total``, the estimate; ``low`` and
        ``high``, between which the true total lies if every old total lies in the new wards that
        share its ground (old wards that went over whole, and these with all that are split);
        ``standard_error``, the spread if each incident chose its new ward by itself with the
        shares as chances. Incidents cluster, so it is the least that must be expected.
    shares : DataFrame
        ``old_code``, ``new_code`` and ``share``, above 0 to 1, summing to 1 for each old ward.
    split_share : float
        The part of all totals that is in old wards with more than one new ward: only this part
        is an estimate. NaN where the totals sum to 0.
    uncovered_km2 : float
        Area of old wards that no new ward covers. Its totals go with the rest of its ward.
    sentences : tuple of str
        All this in words.
    """

    frame: pd.DataFrame
    shares: pd.DataFrame
    split_share: float
    uncovered_km2: float
    sentences: tuple[str, ...]

    @property
    def totals(self) -> pd.Series[float]:
        """The estimates, indexed by ward code."""
        return pd.Series(
            self.frame["total"].to_numpy(), index=pd.Index(self.frame["ward_code"]), name="total"
        )


def apportion(
    totals: pd.Series[Any],
    old: Wards,
    new: Wards,
    weights: WeightedPoints | None = None,
    *,
    least_covered: float = LEAST_COVERED,
) -> Apportioned:
    """Share out the totals of old wards among new ones, by area or by weighted points.

    A code that both vintages have, drawn with 0.75 or more in common, is one ward: its total goes
    over whole and nothing else goes there. Slivers (less than 1 % of both wards) get nothing.
    What lies outside every new ward goes with the rest of its old ward, in the same proportion.
    An old ward without any of the points is shared out by area.

    Parameters
    ----------
    totals : Series of float, indexed by old ward code
        One for each old ward: counts, finite and not negative. Changed in nothing.
    old, new : Wards
        Two vintages, in one projected CRS in metres.
    weights : WeightedPoints, optional
        By area if None.
    least_covered : float
        Least part of the area of an old ward, with a total above 0, that new wards must cover.
        With 0, an old ward that none covers goes whole to the nearest (of equals, the lower
        code).

    Returns
    -------
    Apportioned
        The sum is that of ``totals``, to the rounding of floats.

    Raises
    ------
    DataError
        If a total is missing, of no old ward, repeated, negative or not finite, or the new wards
        cover too little of an old ward.
    UsageError
        If there are no new wards, the CRS differ, or the weights are not usable.
    """
    check_crs(old, new)
    if not len(new):
        raise UsageError("Wards to apportion to must be given; got none: give another vintage.")
    values = _checked(totals, old)
    pairs = all_pairs(old, new)
    covered = _covered(pairs, old)
    _refuse_uncovered(values, covered, old, new, least_covered)
    amounts, by_area = _amounts(pairs, old, new, weights)
    shares = _shares(amounts, old, new)
    frame = _totals(values, shares, new)
    split = np.count_nonzero(shares, axis=1) > 1
    whole = float(values.sum())
    split_share = float(values[split].sum() / whole) if whole else float("nan")
    uncovered = float((shapely.area(old.frame.geometry.to_numpy()) * (1 - covered)).sum() / 1e6)
    said = _sentences(split, split_share, uncovered, by_area, old, new, weights)
    return Apportioned(frame, _long(shares, old, new), split_share, uncovered, said)


def _checked(totals: pd.Series[Any], old: Wards) -> NDArray[np.float64]:
    """Return the totals in the order of the old wards."""
    codes = pd.Index(old.frame["ward_code"].to_numpy(dtype=object))
    given = pd.Index(totals.index.to_numpy(dtype=object))
    if given.has_duplicates or set(given) != set(codes):
        odd = sorted(map(str, set(given) ^ set(codes))) or sorted(
            map(str, given[given.duplicated()])
        )
        raise DataError(
            f"Every ward of {old.vintage} must have one total, and nothing else one; wrong are "
            f"{_some(odd)}: give 0 for a ward without any, and sum repeated ones."
        )
    values = pd.Series(totals.to_numpy(), index=given).reindex(codes).to_numpy(dtype=np.float64)
    wrong = ~(np.isfinite(values) & (values >= 0))
    if wrong.any():
        raise DataError(
            "A total must be a finite number and not negative; it is not for "
            f"{_some(list(codes[wrong]))}: correct it."
        )
    return values


def _covered(pairs: pd.DataFrame, old: Wards) -> NDArray[np.float64]:
    """Return the part of each old ward that new wards cover, at most 1 where these overlap."""
    by_code = pairs.groupby("old_code")["share_of_old"].sum()
    whole = by_code.reindex(old.frame["ward_code"]).fillna(0.0).to_numpy(dtype=np.float64)
    return np.asarray(np.minimum(whole, 1.0))


def _refuse_uncovered(
    values: NDArray[np.float64],
    covered: NDArray[np.float64],
    old: Wards,
    new: Wards,
    least: float,
) -> None:
    bare = (covered < least) & (values > 0)
    if bare.any():
        raise DataError(
            f"The wards of {new.vintage} must cover {least:.0%} of each ward that has a total; "
            f"they do not for {_some(list(old.frame['ward_code'][bare]))} of {old.vintage}: add "
            "the boundaries that are missing, or leave these wards out."
        )


# -- the shares -----------------------------------------------------------------------------------


def _amounts(
    pairs: pd.DataFrame, old: Wards, new: Wards, weights: WeightedPoints | None
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return what decides, shape (old, new), and which old wards it is area for."""
    i = pd.Index(old.frame["ward_code"]).get_indexer(pairs["old_code"])
    j = pd.Index(new.frame["ward_code"]).get_indexer(pairs["new_code"])
    every = np.zeros((len(old), len(new)))
    every[i, j] = pairs["area_km2"]
    kept = ~is_sliver(pairs).to_numpy()
    area = np.zeros_like(every)
    area[i[kept], j[kept]] = every[i[kept], j[kept]]
    # an old ward that is in slivers only, or would lose all, keeps them
    bare = area.sum(axis=1) == 0
    area[bare] = every[bare]
    area = _unchanged(area, pairs, i, j)
    if weights is None:
        return area, np.ones(len(old), dtype=np.bool_)
    points = np.where(area > 0, _weight_of_pairs(old, new, weights), 0.0)
    none = points.sum(axis=1) == 0
    return np.where(none[:, np.newaxis], area, points), none


def _unchanged(
    area: NDArray[np.float64], pairs: pd.DataFrame, i: NDArray[np.intp], j: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Give a ward that is in both vintages to itself alone, and nothing else to it."""
    common = pairs[["share_of_old", "share_of_new"]].min(axis="columns").to_numpy()
    same = (pairs["old_code"] == pairs["new_code"]).to_numpy() & (common >= SAME_WARD)
    alone = area.copy()
    alone[:, j[same]] = 0.0
    alone[i[same]] = 0.0
    alone[i[same], j[same]] = 1.0
    # a ward with nowhere else to go keeps what it had: totals come before tidiness
    lost = (alone.sum(axis=1) == 0) & (area.sum(axis=1) > 0)
    alone[lost] = area[lost]
    return alone


def _weight_of_pairs(old: Wards, new: Wards, weights: WeightedPoints) -> NDArray[np.float64]:
    xy = np.asarray(weights.xy, dtype=np.float64)
    i, j = old.assign(xy), new.assign(xy)
    inside = (i >= 0) & (j >= 0)
    found = np.zeros((len(old), len(new)))
    np.add.at(found, (i[inside], j[inside]), weights.weights()[inside])
    return found


def _shares(amounts: NDArray[np.float64], old: Wards, new: Wards) -> NDArray[np.float64]:
    """Return shares that sum to 1 in every row; a row of nothing goes to the nearest ward."""
    filled = amounts.copy()
    shapes = new.frame.geometry.to_numpy()
    for row in np.flatnonzero(filled.sum(axis=1) == 0):
        away = shapely.distance(shapes, old.frame.geometry.iloc[row])
        filled[row, int(np.argmin(away))] = 1.0
    shares: NDArray[np.float64] = filled / filled.sum(axis=1, keepdims=True)
    return shares


def _totals(values: NDArray[np.float64], shares: NDArray[np.float64], new: Wards) -> pd.DataFrame:
    touched = shares > 0
    sole = touched & (touched.sum(axis=1, keepdims=True) == 1)
    variance = values @ (shares * (1 - shares))
    return pd.DataFrame(
        {
            "ward_code": new.frame["ward_code"].to_numpy(dtype=object),
            "total": values @ shares,
            "low": values @ sole,
            "high": values @ touched,
            "standard_error": np.sqrt(np.maximum(variance, 0.0)),
        }
    )


def _long(shares: NDArray[np.float64], old: Wards, new: Wards) -> pd.DataFrame:
    i, j = np.nonzero(shares)
    return pd.DataFrame(
        {
            "old_code": old.frame["ward_code"].to_numpy(dtype=object)[i],
            "new_code": new.frame["ward_code"].to_numpy(dtype=object)[j],
            "share": shares[i, j],
        }
    )


# -- the words ------------------------------------------------------------------------------------


def _sentences(
    split: NDArray[np.bool_],
    split_share: float,
    uncovered_km2: float,
    by_area: NDArray[np.bool_],
    old: Wards,
    new: Wards,
    weights: WeightedPoints | None,
) -> tuple[str, ...]:
    means = "area" if weights is None else weights.name
    sentences = [
        f"Totals of the wards of {old.vintage} were apportioned to {new.vintage} by {means}."
    ]
    number = int(split.sum())
    if number and np.isfinite(split_share):
        wards = "ward, which holds" if number == 1 else "wards, which hold"
        sentences.append(
            f"They are estimates as far as they come from {number} split {wards} "
            f"{split_share:.0%} of the total."
        )
    if weights is not None and by_area.any():
        codes = list(old.frame["ward_code"][by_area])
        sentences.append(f"Without {weights.name}, so by area: {_some(codes)}.")
    if uncovered_km2 >= 0.005:
        sentences.append(
            f"{uncovered_km2:.2f} km2 of the wards of {old.vintage} are in none of "
            f"{new.vintage}; what lies there went with the rest of its ward."
        )
    return tuple(sentences)


def _some(codes: list[Any]) -> str:
    first = ", ".join(str(code) for code in codes[:_NAMED])
    return f"{first} and {len(codes) - _NAMED} more" if len(codes) > _NAMED else first
