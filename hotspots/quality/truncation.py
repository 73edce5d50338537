"""The distribution of delays of which the longest are not seen yet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def recorded_by(delay: NDArray[np.int64], room: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return what share of incidents is recorded within so many days, from those recorded by now.

    An incident that began ``room`` days before the newest record is seen only if its delay is at
    most that: the delays are truncated on the right. Their distribution is estimated without a
    model, in reverse time (Lagakos, Barraj and De Gruttola 1988, "Nonparametric analysis of
    truncated survival data, with application to AIDS", Biometrika 75, 515-523; for reporting
    delays Lawless 1994, "Adjustments for reporting delays and the prediction of occurred but not
    reported events", Canadian Journal of Statistics 22, 15-31):
    F(t) = product over u > t of (1 - d_u / n_u), with d_u the delays of u days, and n_u those
    with delay <= u <= room. It is the share among delays of at most the largest room: nothing is
    known of longer ones.

    Parameters
    ----------
    delay, room : ndarray of int, shape (n,)
        Whole days, 0 <= delay <= room.

    Returns
    -------
    ndarray, shape (max room + 1,)
        F(0), F(1), ..., which rises to 1; empty for no incidents.
    """
    if not len(delay):
        return np.empty(0)
    days = int(room.max()) + 1
    recorded = np.bincount(delay, minlength=days)
    # n_u: delays up to u, less the incidents whose room is below u
    at_risk = (
        np.cumsum(recorded)
        - np.cumsum(np.bincount(room, minlength=days))
        + np.bincount(room, minlength=days)
    )
    kept = 1 - np.divide(recorded, at_risk, out=np.zeros(days), where=at_risk > 0)
    # a day at which all at risk are recorded would make everything before it impossible: known
    # only where very few are at risk, and there taken as not known
    kept[(kept <= 0) & (np.arange(days) > delay.min())] = 1.0
    return np.append(np.cumprod(kept[::-1])[::-1][1:], 1.0)
