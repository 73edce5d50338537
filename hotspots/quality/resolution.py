"""To how many metres coordinates are rounded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Of fewer points nothing is said.
LEAST = 30
#: So many of an agency's points must be on the grid.
SHARE = 0.95
#: Steps looked for, metres; the coarsest that fits is said.
STEPS_M = (1000, 500, 100, 50, 10)
#: Decimals of longitude and latitude looked for, and metres of latitude in a degree.
DECIMALS, DEGREE_M = (1, 2, 3, 4), 111_320.0
#: Points taken to look at decimals: more say no more.
SAMPLE = 2_000


def first_of_each(points: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the position of the first incident of each point."""
    return np.asarray(np.unique(points, return_index=True)[1], dtype=np.intp)


def resolution(xy: NDArray[np.float64], crs: str) -> float | None:
    """Return to how many metres points are rounded, None if they are not.

    Parameters
    ----------
    xy : ndarray, shape (n, 2)
        Distinct points, metres of ``crs``.
    crs : str
        Needed to see longitudes and latitudes that were rounded before they were projected.

    Returns
    -------
    float or None
        One of ``STEPS_M``, or the metres of the last decimal of the latitude.
    """
    if len(xy) < LEAST:
        return None
    for step in STEPS_M:
        if _on_grid(xy / step, 0.001 / step):
            return float(step)
    return _decimals(xy[:: max(1, len(xy) // SAMPLE)], crs)


def _decimals(xy: NDArray[np.float64], crs: str) -> float | None:
    from pyproj import Transformer

    back = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    degrees = np.column_stack(back.transform(xy[:, 0], xy[:, 1]))
    for decimals in DECIMALS:
        if _on_grid(degrees * 10**decimals, 1e-7 * 10**decimals):
            return float(DEGREE_M * 10.0**-decimals)
    return None


def _on_grid(units: NDArray[np.float64], tolerance: float) -> bool:
    near = np.abs(units - np.round(units)) <= tolerance
    return bool(near.all(axis=1).mean() >= SHARE)
