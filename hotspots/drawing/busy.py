"""How much of what must stay visible a box would cover."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Array = NDArray[np.float64]
STEP = 4


class Busy:
    """A coarse grid of weights over the drawing, summed so that any box is looked up at once.

    Parameters
    ----------
    width, height : float
        The drawing, pixels.
    """

    def __init__(self, width: float, height: float) -> None:
        self._shape = (int(np.ceil(height / STEP)), int(np.ceil(width / STEP)))
        self._weights = np.zeros(self._shape)
        self._sums: Array | None = None

    def copy(self) -> Busy:
        """Return a grid of its own with the same weights."""
        twin = Busy(self._shape[1] * STEP, self._shape[0] * STEP)
        twin._weights = self._weights.copy()
        return twin

    def cover(self, shape: Any, weight: float) -> None:
        """Say that an area in pixels should stay visible."""
        if shape is None or shapely.is_empty(shape):
            return
        left, top, right, bottom = shapely.bounds(shape)
        rows = self._span(top, bottom, 0)
        columns = self._span(left, right, 1)
        if not (len(rows) and len(columns)):
            return
        x, y = np.meshgrid((columns + 0.5) * STEP, (rows + 0.5) * STEP)
        shapely.prepare(shape)
        inside = shapely.contains_xy(shape, x.ravel(), y.ravel()).reshape(x.shape)
        part = self._weights[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        np.maximum(part, weight * inside, out=part)
        self._sums = None

    def _span(self, low: float, high: float, axis: int) -> NDArray[np.intp]:
        first = max(int(low // STEP), 0)
        last = min(int(high // STEP), self._shape[axis] - 1)
        return np.arange(first, last + 1)

    def under(self, middles: Array, width: float, height: float) -> Array:
        """Return the mean weight under boxes of one size round many middles, shape (n, 2)."""
        if self._sums is None:
            self._sums = np.pad(self._weights.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
        limits = np.array(self._shape[::-1])
        half = np.array([width, height]) / 2
        low = np.clip(np.round((middles - half) / STEP).astype(int), 0, limits)
        high = np.clip(np.round((middles + half) / STEP).astype(int), 0, limits)
        total = (
            self._sums[high[:, 1], high[:, 0]]
            - self._sums[low[:, 1], high[:, 0]]
            - self._sums[high[:, 1], low[:, 0]]
            + self._sums[low[:, 1], low[:, 0]]
        )
        return np.asarray(total * STEP**2 / (width * height))
