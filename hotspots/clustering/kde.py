"""Kernel density estimation, exact at the cell centres."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.checks import one_of
from hotspots.clustering.edges import edge_mass
from hotspots.clustering.gaussian import gaussian_sum
from hotspots.clustering.grid import Grid
from hotspots.clustering.kernels import COMPACT, GAUSSIAN, check_kernel, checked_bandwidths
from hotspots.clustering.outlines import cell_outlines
from hotspots.clustering.points import checked_points
from hotspots.clustering.scatter import kernel_sum
from hotspots.errors import UsageError

Array = NDArray[np.float64]
Edge = Literal["none", "uniform", "diggle"]
EDGES = ("none", "uniform", "diggle")
_M2_PER_KM2 = 1e6
#: A kernel is not blown up more than this: the share of it inside the area is held above.
LEAST_MASS = 0.01


def kde(
    xy: ArrayLike,
    grid: Grid,
    bandwidth_m: ArrayLike,
    kernel: str = "quartic",
    weights: ArrayLike | None = None,
    *,
    edge: Edge = "none",
    study_area: Any = None,
) -> Array:
    """Return the kernel-smoothed intensity of incidents at the centre of every cell.

    Exact: each incident is used where it is (no binning), at every size.

    Parameters
    ----------
    xy : array_like, shape (n, 2)
        Incidents, metres. Empty input gives zeros. Without edge correction incidents outside
        the study area count where they reach into it, so give them when they are known.
    grid : Grid
        Where the intensity is wanted.
    bandwidth_m : float or array_like, shape (n,)
        Radius of a compact kernel; sigma of the Gaussian. One for all, or one an incident
        (see ``adaptive_bandwidths``).
    kernel : {"quartic", "triweight", "epanechnikov", "triangular", "uniform", "gaussian"}
        All integrate to 1 over the plane.
    weights : array_like, shape (n,), optional
        Incidents per point; 1 each by default.
    edge : {"none", "uniform", "diggle"}
        What is done about incidents beyond the study area that are not known. "uniform" divides
        each cell's sum by the share of a kernel round the cell that lies in the area: right where
        the intensity does not change across the edge. "diggle" divides each incident's kernel by
        the share of it that lies in the area, so that every incident counts in full: the surface
        adds up to the incidents. With either, incidents outside the area are not used, and the
        share is taken as at least ``LEAST_MASS``. "uniform" needs one bandwidth for all.
    study_area : shapely Polygon or MultiPolygon, optional
        The area of the edge correction; the masked cells by default.

    Returns
    -------
    ndarray, shape (rows, cols)
        Incidents per km2; NaN outside the mask.

    Raises
    ------
    UsageError
        If the kernel or the edge correction is unknown, a bandwidth is not above 0, or a
        coordinate or weight is not finite.

    References
    ----------
    Silverman, B. W. (1986), Density Estimation for Statistics and Data Analysis, sections 4.2
    and 4.3. Diggle, P. J. (1985), doi:10.2307/2347366 (intensity, edge correction). Jones, M. C.
    (1993), doi:10.1007/BF00147776 (both corrections).
    """
    check_kernel(kernel)
    one_of("edge", edge, EDGES)
    points, w = checked_points(xy, weights)
    h = checked_bandwidths(bandwidth_m, len(points))
    if edge == "none":
        return _masked(_sum(points, w, h, grid, kernel), grid)
    if edge == "uniform" and np.ndim(bandwidth_m) > 0:
        raise UsageError(
            'edge="uniform" needs one bandwidth for all incidents; got one each: take "diggle".'
        )
    area = _checked_area(study_area, grid)
    points, w, h = _inside(area, points, w, h)
    if edge == "diggle":
        share = np.maximum(edge_mass(points, area, h, kernel), LEAST_MASS)
        return _masked(_sum(points, (1.0 if w is None else w) / share, h, grid, kernel), grid)
    surface = _masked(_sum(points, w, h, grid, kernel), grid)
    centres = grid.centres[grid.mask]
    surface[grid.mask] /= np.maximum(edge_mass(centres, area, h, kernel), LEAST_MASS)
    return surface


def _checked_area(study_area: Any, grid: Grid) -> Any:
    if study_area is None:
        return cell_outlines(grid.mask.astype(np.int64), grid)[1]
    if getattr(study_area, "geom_type", None) not in ("Polygon", "MultiPolygon") or (
        study_area.is_empty
    ):
        raise UsageError(
            "study_area must be a polygon with an area; got another: give the wards' union."
        )
    return study_area


def _sum(points: Array, w: Array | None, h: Array, grid: Grid, kernel: str) -> Array:
    """Return the kernel sum per km2."""
    if len(points) == 0:
        return np.zeros(grid.shape)
    if kernel == GAUSSIAN:
        total = gaussian_sum(points, w, h, grid)
        total *= _M2_PER_KM2
        return total
    total = kernel_sum(points, w, h, grid, COMPACT[kernel])
    total *= _M2_PER_KM2 * COMPACT[kernel].constant
    return total


def _masked(surface: Array, grid: Grid) -> Array:
    """Set NaN outside the mask, in place: a national grid is not copied."""
    surface[~grid.mask] = np.nan
    return surface


def _inside(
    area: Any, points: Array, w: Array | None, h: Array
) -> tuple[Array, Array | None, Array]:
    import shapely

    shapely.prepare(area)
    inside = shapely.intersects_xy(area, points[:, 0], points[:, 1])
    return (
        points[inside],
        None if w is None else w[inside],
        h[inside] if h.size > 1 else h,
    )
