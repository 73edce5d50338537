"""How good a ranking of cells was, by where the incidents of the following periods fell.

One rule for ties and edges, the same for all methods:

* A cell is a whole cell: those on the area's edge count as one, like any other, and shares of the
  area are shares of the cells. Cells are those that share ground with the study area.
* Where cells tie, each measure is its mean over all orders of the tied cells. Scores that differ by
  less than 1e-12 of the largest tie: rounding is no evidence.

So a map that says the same of every cell scores what chance would, and no random number decides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.numbers import floats
from hotspots.errors import UsageError

Array = NDArray[np.float64]
#: Shares of the area at which hits are counted.
SHARES = (0.01, 0.02, 0.05, 0.10)
#: The area under the hit-rate curve is taken up to this share.
CURVE_TO = 0.20
#: Shares at which the curve is kept, for its drawing.
CURVE = tuple(i / 200 for i in range(41))
_TIE = 1e-12


@dataclass(frozen=True, eq=False)
class Ranked:
    """The expected hits of the best k cells, k from 0 to all.

    Attributes
    ----------
    hits : ndarray, shape (cells + 1,)
        Incidents in the best k cells, averaged over the orders of tied cells.
    """

    hits: Array

    @property
    def cells(self) -> int:
        """How many cells there are."""
        return len(self.hits) - 1

    @property
    def incidents(self) -> float:
        """Incidents judged."""
        return float(self.hits[-1])

    def at(self, share: float) -> float:
        """Return the hits in the nearest whole number of cells to a share of the area."""
        return float(self.hits[cells_of(share, self.cells)])

    def area(self, to: float = CURVE_TO) -> float:
        """Return the mean over k = 1 to ``to * cells`` of the hits in the best k cells.

        Divided by the incidents: the area under the hit-rate curve up to ``to``, over its width;
        0.10 for a random order up to 0.20, 1 where the first cell holds everything.
        """
        return float(self.hits[1 : cells_of(to, self.cells) + 1].mean())


def cells_of(share: float, cells: int) -> int:
    """Return how many cells a share of the area is: the nearest whole number, at least 1."""
    return min(cells, max(1, round(share * cells)))


def ranked(score: ArrayLike, hits: ArrayLike) -> Ranked:
    """Rank the cells by a score, and count what fell in the best of them.

    Parameters
    ----------
    score : array_like, shape (cells,)
        Higher is better; -inf ranks last. NaN is refused.
    hits : array_like, shape (cells,)
        Incidents that fell in each cell in the judged periods.

    Raises
    ------
    UsageError
        If shapes differ, a score is NaN or +inf, or hits are negative or not finite.
    """
    values, counts = floats("score", score), floats("hits", hits)
    if values.ndim != 1 or values.shape != counts.shape or not len(values):
        raise UsageError(
            f"score and hits must have one value a cell; got shapes {values.shape} and "
            f"{counts.shape}."
        )
    if np.isnan(values).any() or np.isposinf(values).any():
        raise UsageError("score must be numbers or -inf; got NaN or infinity.")
    if not (np.isfinite(counts).all() and (counts >= 0).all()):
        raise UsageError("hits must be finite numbers of at least 0; got others.")
    order = np.argsort(-values, kind="stable")
    in_order, found = values[order], counts[order]
    with np.errstate(invalid="ignore", over="ignore"):  # -inf less -inf, numbers far apart
        gap = in_order[:-1] - in_order[1:]
    apart = np.nan_to_num(gap, nan=0.0, posinf=np.inf) > _TIE * _largest(in_order)
    first = np.concatenate([[0], np.flatnonzero(apart) + 1])
    cells = len(in_order)
    total = np.cumsum(np.add.reduceat(found, first))
    # within tied cells the mean over their orders rises by the same from cell to cell
    mean = np.interp(np.arange(cells + 1), np.append(first, cells), np.append(0.0, total))
    return Ranked(mean)


def best_possible(hits: ArrayLike) -> Ranked:
    """Return the ranking of one who knew where the incidents would fall."""
    return ranked(hits, hits)


def hit_rate(hits: float, incidents: float) -> float:
    """Return n / N: the share of the incidents that fell where the map said; NaN without any.

    References
    ----------
    Bowers, K. J., Johnson, S. D. and Pease, K. (2004), Prospective hot-spotting,
    doi:10.1093/bjc/azh036.
    """
    return hits / incidents if incidents else float("nan")


def pai(hits: float, incidents: float, area: float, whole: float) -> float:
    """Return the prediction accuracy index, (n / N) / (a / A).

    How many times as many incidents fell where the map said as in as much of the area picked
    blindly: 1 is no better than that. NaN without incidents or without area.

    References
    ----------
    Chainey, S., Tompson, L. and Uhlig, S. (2008), doi:10.1057/palgrave.sj.8350066.
    """
    return hit_rate(hits, incidents) / (area / whole) if incidents and area else float("nan")


def pei_star(hits: float, most: float) -> float:
    """Return PEI*: the hits over the most that as many cells could have held, n / n*.

    The prediction efficiency index is PAI over the best PAI that could have been had; PEI* takes
    that best choice at the very number of cells of the map, where the areas cancel: it is the share
    of what was possible, 0 to 1. NaN where nothing could be hit.

    References
    ----------
    Hunt, J. M. (2016), Do crime hot spots move?, dissertation, American University (PEI). White,
    V. M., Hunt, J. and Green, B. (2023), A discussion of current crime forecasting indices and an
    improvement to the Prediction Efficiency Index for applications, Security Journal (PEI*).
    """
    return hits / most if most else float("nan")


def rri(hits: float, incidents: float, hits_before: float, incidents_before: float) -> float:
    """Return the recapture rate index, (n2 / n1) / (N2 / N1).

    How well the cells held their share of the incidents: n1 of N1 fell in them in the period
    before the map, n2 of N2 in the one that followed. 1 is as before; NaN where there was nothing
    before, or nothing follows.

    References
    ----------
    Levine, N. (2008), The "Hottest" Part of a Hotspot, doi:10.1057/sj.2008.5.
    """
    if not (hits_before and incidents_before and incidents):
        return float("nan")
    return (hits / incidents) / (hits_before / incidents_before)


def _largest(values: Array) -> float:
    finite = values[np.isfinite(values)]
    return float(np.abs(finite).max(initial=0.0))
