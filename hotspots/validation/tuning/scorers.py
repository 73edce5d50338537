"""Measures of rolling forecasts, as scikit-learn's scorers: one each, higher is better."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.checks import one_of
from hotspots.validation.backtest import Judged
from hotspots.validation.measures import SHARES, cells_of

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """One measure of maps that were judged at several origins.

    Attributes
    ----------
    name, label : str
        As in commands, and as in sentences.
    parts : callable
        One judged map and the number of cells to the numbers that are summed over origins.
    of : callable
        Sums, shape (parts, ...), to values of the measure, shape (...); NaN where it has none.
    own_hot_spots : bool
        Whether it needs the map's own hot spots.
    """

    name: str
    label: str
    parts: Callable[[Judged, int], tuple[float, ...]]
    of: Callable[[Array], Array]
    own_hot_spots: bool = False

    def rows(self, judged: Sequence[Judged], cells: int) -> Array:
        """Return the parts of each origin, shape (parts, origins)."""
        return np.array([self.parts(row, cells) for row in judged], dtype=np.float64).T

    def pooled(self, judged: Sequence[Judged], cells: int) -> float:
        """Return the measure over all origins together; NaN where it has no value."""
        return float(self.of(self.rows(judged, cells).sum(axis=1)))

    def __call__(self, estimator: Any, X: ArrayLike, y: object = None) -> float:
        """Score a fitted ``ForecastMaps``: scikit-learn's scorer.

        0 in place of NaN: a map that marks nothing has found nothing, and a search must be able to
        rank it.
        """
        judged = estimator.judged(X, own_hot_spots=self.own_hot_spots)
        return float(np.nan_to_num(self.pooled(judged, int(estimator.grid_.mask.sum()))))


def measure_named(name: str) -> Measure:
    """Return a measure by its name.

    Raises
    ------
    UsageError
        If there is none.
    """
    one_of("measure", name, MEASURES)
    return MEASURES[name]


def _ratio(above: Array, below: Array) -> Array:
    found: Array = np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0)
    return found


def _first_over_second(sums: Array) -> Array:
    return _ratio(sums[0], sums[1])


def _own_pai(sums: Array) -> Array:
    """(hits / incidents) / (hot cells / cells), each summed over the origins."""
    return _ratio(sums[0] * sums[3], sums[1] * sums[2])


def _hits_at(i: int) -> Callable[[Judged, int], tuple[float, ...]]:
    return lambda row, cells: (row.hits[i], row.incidents)


_TWO = SHARES.index(0.02)
#: Measures by name, the default first.
MEASURES: MappingProxyType[str, Measure] = MappingProxyType(
    {
        measure.name: measure
        for measure in (
            Measure(
                "area",
                "area under the hit-rate curve to 20 % of the area",
                lambda row, cells: (row.area, row.incidents),
                _first_over_second,
            ),
            *(
                Measure(
                    f"hits-{share * 100:g}",
                    f"share of incidents in the best {share * 100:g} % of the area",
                    _hits_at(i),
                    _first_over_second,
                )
                for i, share in enumerate(SHARES)
            ),
            Measure(
                "pai-2",
                "PAI at 2 % of the area",
                # the best 2 % are a whole number of cells, so their true share is a little other
                lambda row, cells: (
                    row.hits[_TWO] * cells / cells_of(SHARES[_TWO], cells),
                    row.incidents,
                ),
                _first_over_second,
            ),
            Measure(
                "pei-2",
                "PEI* at 2 % of the area",
                lambda row, cells: (row.hits[_TWO], row.best[_TWO]),
                _first_over_second,
            ),
            Measure(
                "own-hits",
                "share of incidents in the own hot spots",
                lambda row, cells: (row.hot_hits, row.incidents),
                _first_over_second,
                own_hot_spots=True,
            ),
            Measure(
                "own-pai",
                "PAI at the own hot spots",
                lambda row, cells: (row.hot_hits, row.incidents, max(row.hot_cells, 0), cells),
                _own_pai,
                own_hot_spots=True,
            ),
        )
    }
)
