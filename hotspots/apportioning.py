"""Figures of one vintage's wards on another's: a file of totals, or residents."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from hotspots.boundaries import Apportioned, WeightedPoints, apportion, read_population
from hotspots.errors import DataError, UsageError
from hotspots.model import Wards

#: How totals are shared out: by common area, or by the postcodes in it, which stand for homes.
By = Literal["area", "postcodes"]


def households(postcodes: pd.DataFrame, wards: Wards, by: By | None) -> WeightedPoints | None:
    """Return the postcodes within some wards as weights, None to go by area.

    Parameters
    ----------
    postcodes : DataFrame
        x and y of every postcode loaded, in the CRS of the wards; maybe no row.
    by : "area", "postcodes" or None
        None: by postcodes where there are any, else by area.

    Raises
    ------
    UsageError
        If postcodes are asked for and none is in the wards.
    """
    if by == "area":
        return None
    xy = postcodes[["x", "y"]].to_numpy(dtype=np.float64)
    inside = xy[wards.assign(xy) >= 0]
    if len(inside):
        return WeightedPoints(inside, name="postcodes")
    if by == "postcodes":
        raise UsageError(
            "Postcodes to go by must be loaded; none is in these wards: run `hotspots add "
            "postcodes FILE`, or go by area."
        )
    return None


def apportion_file(
    path: Path, old: Wards, new: Wards, weights: WeightedPoints | None, column: str | None
) -> Apportioned:
    """Read totals by ward of one vintage, and share them out among the wards of another.

    Parameters
    ----------
    path : Path
        A CSV or Excel file with the codes of the old wards and one number for each.
    column : str, optional
        The column of the numbers; recognised by its name if None.

    Raises
    ------
    DataError
        If the file cannot be read, or a ward has no number.
    UsageError
        As ``hotspots.boundaries.apportion``.
    """
    known, _ = read_population(path, old, column=column)
    totals = known.frame.set_index("ward_code")["population"]
    without = totals.index[totals.isna()]
    if len(without):
        raise DataError(
            f"Every ward of {old.vintage} must have a total; {path.name} has none for "
            f"{len(without)}, such as {without[0]}: write 0 where there were none."
        )
    return apportion(totals, old, new, weights)
