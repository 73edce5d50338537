"""What the functions of points share: checked coordinates and weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.errors import UsageError

Array = NDArray[np.float64]


def checked_points(xy: ArrayLike, weights: ArrayLike | None) -> tuple[Array, Array | None]:
    """Return coordinates, shape (n, 2), and weights, shape (n,) or None, all finite.

    Raises
    ------
    UsageError
        If shapes do not fit, or a number is NaN or infinite.
    """
    points = np.asarray(xy, dtype=np.float64)
    if points.size == 0:
        points = points.reshape(0, 2)
    if points.ndim != 2 or points.shape[1] != 2:
        raise UsageError(f"xy must have two columns, x and y; got shape {points.shape}.")
    w = None if weights is None else np.ascontiguousarray(weights, dtype=np.float64)
    if w is not None and w.shape != (len(points),):
        raise UsageError(
            f"weights must have one value a point ({len(points)}); got shape {w.shape}."
        )
    # the sum is finite only if all are, and needs no array of its own; a sum that overflows is
    # looked at more closely
    for values in (points, w):
        if values is not None and not _finite(values):
            raise UsageError(
                "Coordinates and weights must be finite numbers; got NaN or infinity: leave out "
                "the incidents without a place."
            )
    return points, w


def _finite(values: Array) -> bool:
    with np.errstate(over="ignore", invalid="ignore"):
        total = values.sum()
    return bool(np.isfinite(total) or np.isfinite(values).all())
