"""What the functions of points share: checked coordinates and weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.numbers import floats
from hotspots.errors import UsageError

Array = NDArray[np.float64]


def checked_xy(xy: ArrayLike) -> Array:
    """Return coordinates, shape (n, 2), all finite.

    Raises
    ------
    UsageError
        If the shape does not fit, a value is no number, or a number is NaN or infinite.
    """
    points = floats("Coordinates", xy)
    if points.size == 0:
        return points.reshape(0, 2)
    if points.ndim != 2 or points.shape[1] != 2:
        raise UsageError(
            f"xy must have two columns, x and y, shape (n, 2); got shape {points.shape}."
        )
    if not _finite(points):
        raise UsageError(
            "Coordinates must be finite numbers; got NaN or infinity: leave out the incidents "
            "without a place."
        )
    return points


def checked_points(xy: ArrayLike, weights: ArrayLike | None) -> tuple[Array, Array | None]:
    """Return coordinates, shape (n, 2), and weights, shape (n,) or None, all finite.

    Raises
    ------
    UsageError
        If shapes do not fit, a value is no number, or a number is NaN or infinite.
    """
    points = checked_xy(xy)
    if weights is None:
        return points, None
    w = np.ascontiguousarray(floats("weights", weights))
    if w.shape != (len(points),):
        raise UsageError(
            f"weights must have one value a point ({len(points)}); got shape {w.shape}."
        )
    if not _finite(w):
        raise UsageError("weights must be finite numbers; got NaN or infinity.")
    return points, w


def _finite(values: Array) -> bool:
    # the sum is finite only if all are, and needs no array of its own; one that overflows is
    # looked at more closely
    with np.errstate(over="ignore", invalid="ignore"):
        total = values.sum()
    return bool(np.isfinite(total) or np.isfinite(values).all())
