"""Rows that are wrong on purpose, as every real export has some.

Each fault is a row of its own beside the clean ones, so that a reader that rejects exactly the
faults keeps exactly the clean incidents.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspots.demo import geography
from hotspots.demo.incidents import references

#: Share of a month's clean rows that each fault adds.
SHARES = {
    "missing_coordinates": 0.008,
    "zero_coordinates": 0.004,
    "swapped_coordinates": 0.003,
    "out_of_area": 0.004,
    "duplicate": 0.004,
    "cancelled": 0.006,
}
#: How far outside the wards an ``out_of_area`` row may lie, metres.
NEAR_M, FAR_M = 3_000.0, 30_000.0


def counts(rows: int) -> dict[str, int]:
    """Return how many rows of each fault a month of ``rows`` clean rows gets, at least one."""
    return {fault: max(1, round(share * rows)) for fault, share in SHARES.items()}


def add(clean: pd.DataFrame, month: np.datetime64, rng: np.random.Generator) -> pd.DataFrame:
    """Return the rows of one month's file: the clean rows and the faults among them.

    Parameters
    ----------
    clean : pandas.DataFrame
        The month's incidents as ``incidents.draw`` returns them.
    month : numpy.datetime64
        The month, for the references of the added rows.
    rng : numpy.random.Generator
        Chooses which rows are copied and where they go wrong.

    Returns
    -------
    pandas.DataFrame
        The columns of ``clean`` and ``status``; x and y are NaN where missing. A duplicate
        comes right after the row it repeats.
    """
    wanted = counts(len(clean))
    fault = np.repeat(np.array(list(wanted)), list(wanted.values()))
    copied = rng.integers(len(clean), size=len(fault))
    wrong = clean.iloc[copied].copy()
    number = len(clean) + 1 + rng.permutation(len(fault))
    own = references(np.full(len(fault), month), number).to_numpy()
    repeated = fault == "duplicate"
    wrong["reference"] = np.where(repeated, wrong["reference"].to_numpy(), own)
    xy = wrong[["x", "y"]].to_numpy()
    wrong[["x", "y"]] = _misplace(xy, fault, rng)
    wrong["status"] = np.where(fault == "cancelled", "Cancelled", "Recorded")
    together = pd.concat([clean.assign(status="Recorded"), wrong], ignore_index=True)
    return together.sort_values(["starts_at", "reference"], kind="stable", ignore_index=True)


def _misplace(
    xy: NDArray[np.float64], fault: NDArray[np.str_], rng: np.random.Generator
) -> NDArray[np.float64]:
    out = xy.copy()
    missing = np.flatnonzero(fault == "missing_coordinates")
    out[missing] = np.nan
    # one in five lacks only the one of the two
    half = missing[: len(missing) // 5]
    out[half, 0] = xy[half, 0]
    out[fault == "zero_coordinates"] = 0.0
    swapped = fault == "swapped_coordinates"
    out[swapped] = xy[swapped][:, ::-1]
    outside = fault == "out_of_area"
    out[outside] = _outside(int(outside.sum()), rng)
    return out


def _outside(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return ``n`` whole-metre points near the wards but not in them, EPSG:27700."""
    area = geography.outline()
    west, south, east, north = area.bounds
    low, high = (west - FAR_M, south - FAR_M), (east + FAR_M, north + FAR_M)
    thrown = np.round(rng.uniform(low, high, size=(12 * n + 20, 2)))
    away = shapely.distance(shapely.points(thrown), area)
    return np.asarray(thrown[(away > NEAR_M) & (away < FAR_M)][:n])
