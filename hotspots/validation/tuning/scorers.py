"""Measures of rolling forecasts, as scikit-learn's scorers: one each, higher is better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.checks import one_of
from hotspots.validation.backtest import Judged
from hotspots.validation.sums import EQUAL_AREA, columns, parts_of

Array = NDArray[np.float64]
_KINDS = {
    "hit_rate": "share of incidents in the best {} % of the area",
    "pai": "PAI at {} % of the area",
    "pei_star": "PEI* at {} % of the area",
}


@dataclass(frozen=True)
class Measure:
    """One measure of maps that were judged at several origins.

    Attributes
    ----------
    name, label : str
        As in reports (``hotspots.validation.sums.MEASURES``), and as in sentences.
    own_hot_spots : bool
        Whether it needs the map's own hot spots.
    """

    name: str
    label: str
    own_hot_spots: bool = False

    def rows(self, judged: Sequence[Judged]) -> Array:
        """Return what is summed over the origins, above the line and below, (2, origins)."""
        return np.stack(columns(judged, *parts_of(self.name)))

    def pooled(self, judged: Sequence[Judged]) -> float:
        """Return the measure over all origins together; NaN where it has no value."""
        return float(ratio(self.rows(judged).sum(axis=1)))

    def __call__(self, estimator: Any, X: ArrayLike, y: object = None) -> float:
        """Score a fitted ``ForecastMaps``: scikit-learn's scorer; NaN where it has no value."""
        return self.pooled(estimator.judged(X, own_hot_spots=self.own_hot_spots))


def measure_named(name: str) -> Measure:
    """Return a measure by its name.

    Raises
    ------
    UsageError
        If there is none.
    """
    one_of("measure", name, MEASURES)
    return MEASURES[name]


def ratio(sums: Array) -> Array:
    """Return the first row over the second, shape (...); NaN where the second is 0."""
    unknown = np.full(np.shape(sums[0]), np.nan)
    found: Array = np.divide(sums[0], sums[1], out=unknown, where=sums[1] > 0)
    return found


def _label(name: str) -> str:
    if name == "area":
        return "area under the hit-rate curve to 20 % of the area"
    kind, percent = name.rsplit("_", 1)
    return _KINDS[kind].format(percent)


#: Measures by name, the default first.
MEASURES: MappingProxyType[str, Measure] = MappingProxyType(
    {
        measure.name: measure
        for measure in (
            Measure("area", _label("area")),
            *(Measure(name, _label(name)) for name in EQUAL_AREA if name != "area"),
            Measure("hot_hit_rate", "share of incidents in the own hot spots", True),
            Measure("hot_pai", "PAI at the own hot spots", True),
        )
    }
)
