"""The density map as filled bands of locked classes, contoured in the workspace's CRS.

Bands are vectors, so every vertex is projected on its own: an image fitted to the corners of a
British-grid raster would be turned by the angle between the grids.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import contourpy
import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from hotspots.clustering import Grid, kde
from hotspots.model import Wards
from hotspots.profile import Profile

_DAYS = 30.0


def density_bands(
    xy: np.ndarray[Any, Any],
    wards: Wards,
    profile: Profile,
    breaks: tuple[float, ...],
    days: int,
) -> gpd.GeoDataFrame:
    """Return one outline a class of intensity, clipped to the study area.

    Parameters
    ----------
    xy : ndarray, shape (n, 2)
        The period's incidents, those outside the study area included: they reach into it.
    breaks : tuple of float
        Lower bounds of the classes, incidents per km2 in 30 days.
    days : int
        Length of the period, by which the intensity is brought to 30 days.

    Returns
    -------
    geopandas.GeoDataFrame
        Columns ``lower``, ``upper`` (NaN for the highest class), geometry; classes without any
        area are left out.
    """
    area = wards.study_area
    grid = Grid.cover(area, profile.density_cell_size_m, margin_m=2 * profile.density_cell_size_m)
    # bands are contoured over the edge and clipped
    everywhere = Grid(grid.x0, grid.y0, grid.cell_size_m, np.ones(grid.shape, dtype=bool))
    surface = intensity_in_30_days(xy, everywhere, wards, profile, days)
    contours = contourpy.contour_generator(
        grid.x_centres, grid.y_centres, surface, fill_type=contourpy.FillType.OuterOffset
    )
    bounds = [*breaks, np.inf]
    shapes = [_band(contours, lo, hi) for lo, hi in pairwise(bounds)]
    frame = gpd.GeoDataFrame(
        {"lower": list(breaks), "upper": [*breaks[1:], np.nan]},
        geometry=[shapely.intersection(shape, area) for shape in shapes],
        crs=wards.crs,
    )
    return frame[~frame.geometry.is_empty].reset_index(drop=True)


def intensity_in_30_days(
    xy: np.ndarray[Any, Any], grid: Grid, wards: Wards, profile: Profile, days: int
) -> NDArray[np.float64]:
    """Return incidents per km2 in 30 days at the centres of a grid, NaN outside its mask.

    Parameters are as of ``density_bands``.
    """
    surface = kde(
        xy,
        grid,
        profile.bandwidth_m,
        profile.kernel,
        edge=profile.edge,
        study_area=wards.study_area,
    )
    return surface * (_DAYS / days)


def _band(contours: Any, lower: float, upper: float) -> Any:
    points, offsets = contours.filled(lower, upper)
    polygons = [
        shapely.Polygon(ring[at[0] : at[1]], [ring[a:b] for a, b in pairwise(at[1:])])
        for ring, at in zip(points, offsets, strict=True)
    ]
    return shapely.union_all(shapely.make_valid(polygons)) if polygons else shapely.Polygon()
