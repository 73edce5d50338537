"""What a place is called: the ward of most of its incidents, and their commonest location."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hotspots.model import Wards
from hotspots.results.places import tidy_location


def place_name(inside: pd.DataFrame, wards: Wards, xy: tuple[float, float]) -> str:
    """Return "Ward: location", or the ward alone where no location is stated.

    Parameters
    ----------
    inside : pandas.DataFrame
        Its incidents, with ``ward`` (positions in ``wards``) and ``location``; may be empty.
    xy : tuple of two floats
        Its peak, which names the ward where there is no incident.
    """
    ward = wards.labels[ward_of(inside, wards, xy)]
    known = inside["location"].map(tidy_location)
    counts = known[known != ""].value_counts()
    if counts.empty:
        return ward
    return f"{ward}: {sorted(counts[counts == counts.iloc[0]].index)[0]}"


def ward_of(inside: pd.DataFrame, wards: Wards, xy: tuple[float, float]) -> int:
    """Return the position of the ward that a place is named by; parameters as ``place_name``."""
    if inside.empty:
        return max(int(wards.assign(np.array([xy]))[0]), 0)
    return int(np.bincount(inside["ward"]).argmax())
