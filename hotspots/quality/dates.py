"""Months as numbers, and which of them are far from the others."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

#: The bulk of the dates is between these quantiles; the rest, 2 % at each end, may be mistyped.
BULK = (0.02, 0.98)
#: Nearer to the bulk than this many months, or than its own length, no month is far.
NEAR_MONTHS = 24


def month_numbers(times: pd.Series[pd.Timestamp]) -> NDArray[np.int64]:
    """Return months since 1970-01 of times, none of them missing."""
    return times.to_numpy(dtype="datetime64[us]").astype("datetime64[M]").astype(np.int64)


def far_months(
    months: NDArray[np.int64], agency: NDArray[np.intp], file: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Return which months are far from those of the agency's other incidents.

    The bulk of an agency's months runs from their 2 % to their 98 % quantile. A month is far
    when it lies outside by more than two years and by more than the bulk is long, so that five
    years of data must be left by five years. A file whose own middle month is far is an older
    file, not a mistyped date.

    Parameters
    ----------
    months, agency, file : ndarray of int, shape (n,)
        Month, and the numbers of the agency and the file, from 0.
    """
    far = np.zeros(len(months), dtype=bool)
    if not len(months):
        return far
    bulk = {int(a): _bulk(months[agency == a]) for a in np.unique(agency)}
    low = np.array([bulk.get(a, (0, 0))[0] for a in range(int(agency.max()) + 1)])
    high = np.array([bulk.get(a, (0, 0))[1] for a in range(int(agency.max()) + 1)])
    far = (months < low[agency]) | (months > high[agency])
    for number in np.unique(file[far]):
        own = file == number
        if far[own].mean() >= 0.5:
            far[own] = False
    return far


def _bulk(months: NDArray[np.int64]) -> tuple[int, int]:
    """Return the first and last month that are not far; ends are never interpolated outwards."""
    first = int(np.quantile(months, BULK[0], method="higher"))
    last = int(np.quantile(months, BULK[1], method="lower"))
    reach = max(NEAR_MONTHS, last - first)
    return first - reach, last + reach
