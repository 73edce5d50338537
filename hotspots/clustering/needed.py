"""How many incidents a place would have needed to be listed: what an empty map has to say."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from hotspots.clustering.discrete import hypergeometric_tail
from hotspots.clustering.tails import sum_tail
from hotspots.errors import UsageError


def needed_to_concentrate(counts: ArrayLike, neighbours: int, alpha: float) -> int | None:
    """Return the smallest neighbourhood sum that a test of the given counts would list.

    That is, with a tail of at most alpha over the number of cells, which is enough for
    Benjamini-Hochberg whatever the other cells hold. None where no sum can be that unlikely, or
    it would take too large a table to know.

    Parameters
    ----------
    counts : array_like of whole numbers, shape (n,)
        The counts of all cells.
    neighbours : int
        Cells in a full neighbourhood.
    alpha : float
        False discovery rate.
    """
    values = np.asarray(counts).ravel()
    highest = int(np.sort(values)[::-1][:neighbours].sum())
    # the answer is far below the highest sum possible, and the cost follows the highest asked for
    top = max(8, int(4 * values.mean() * neighbours))
    while highest > 0:
        sums = np.arange(1, min(top, highest) + 1)
        try:
            upper, _ = sum_tail(values, sums, np.full(sums.size, min(neighbours, values.size)))
        except UsageError:  # a table too large for what is only an explanation
            return None
        enough = np.nonzero(upper <= alpha / values.size)[0]
        if enough.size:
            return int(sums[enough[0]])
        if top >= highest:
            break
        top *= 2
    return None


def needed_to_change(
    usual: float, now: int, history: int, periods: int, cells: int, alpha: float
) -> int | None:
    """Return the smallest count now that the change test would list at a place.

    Parameters
    ----------
    usual : float
        Incidents the place has in a usual period.
    now, history : int
        Incidents of the whole area in the period, and in all periods of the history.
    periods, cells : int
        Periods in the history; cells tested.
    alpha : float
        False discovery rate.

    Returns
    -------
    int or None
        None where not even all the incidents of the period would be enough.
    """
    before = min(round(usual * periods), history)
    counts = np.arange(1, now + 1)
    p, _ = hypergeometric_tail(counts, now + history, before + counts, now)
    enough = np.nonzero(p <= alpha / cells)[0]
    return int(counts[enough[0]]) if enough.size else None
