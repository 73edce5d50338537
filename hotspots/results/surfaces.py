"""The density map as a raster: what its bands are contoured from, for GIS."""

from __future__ import annotations

from typing import Any

import numpy as np

from hotspots.clustering import Grid
from hotspots.errors import UsageError
from hotspots.exports import Band, Raster
from hotspots.model import Wards
from hotspots.profile import Profile
from hotspots.results.density import intensity_in_30_days


def density_surface(xy: np.ndarray[Any, Any], wards: Wards, profile: Profile, days: int) -> Raster:
    """Return the intensity at every point of the density map's grid in the study area.

    Parameters
    ----------
    xy : ndarray, shape (n, 2)
        The period's incidents, metres in the wards' CRS, those outside the study area included:
        they reach into it. None give zeros.
    wards : Wards
        Their union is the study area.
    profile : Profile
        Its ``density_cell_size_m``, ``bandwidth_m``, ``kernel`` and ``edge``.
    days : int
        Length of the period, by which the intensity is brought to 30 days.

    Returns
    -------
    Raster
        One band, incidents per km2 in 30 days at the centre of each square, the same numbers as
        ``density_bands`` contours; NaN where the centre lies outside the study area.

    Raises
    ------
    UsageError
        If the period has no days.
    """
    if days < 1:
        raise UsageError(f"A period must be of at least one day; got {days}: check its ends.")
    grid = Grid.cover(wards.study_area, profile.density_cell_size_m)
    surface = intensity_in_30_days(xy, grid, wards, profile, days)
    northern_first = np.where(grid.mask, surface, np.nan)[::-1].astype("float32")
    said = f"Kernel intensity, {profile.kernel}, bandwidth {profile.bandwidth_m:g} m"
    return Raster(
        "density",
        northern_first[np.newaxis],
        grid.x0,
        grid.y0 + grid.shape[0] * grid.cell_size_m,
        grid.cell_size_m,
        wards.crs,
        (Band("intensity", "incidents per km2 in 30 days", said),),
        overviews="average",
    )
