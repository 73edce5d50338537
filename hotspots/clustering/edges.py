"""Edge correction: how much of a kernel lies in the study area, exactly.

The mass of a radial kernel in a polygon is an integral along its boundary. With G(r) the mass of
the kernel beyond the distance r, and phi the angle at which the boundary is seen from the
kernel's centre, it is

    [centre in polygon] - 1 / (2 pi) * integral of G(r) d phi,

and G is 0 beyond the bandwidth, so only the edges in reach count. Along one straight edge every
kernel here has an antiderivative in closed form (the Gaussian's is Owen's T function), so no pixel
size enters.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from hotspots.clustering.kernels import COMPACT, EPANECHNIKOV, GAUSSIAN, QUARTIC, TRIWEIGHT, UNIFORM
from hotspots.jit import compiled, in_parts

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
_GAUSSIAN_CODE = 5
#: Beyond this many sigmas a Gaussian holds less than a float can tell.
_GAUSSIAN_REACH = 8.6
_MOST_BUCKETS = 512
_POINTS_PER_PART = 4_096
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)


def edge_mass(xy: ArrayLike, area: Any, bandwidth_m: ArrayLike, kernel: str) -> Array:
    """Return the share of a kernel round each point that lies in an area; exact.

    Parameters
    ----------
    xy : array_like, shape (n, 2)
        Metres, finite.
    area : shapely Polygon or MultiPolygon
        In the same CRS; holes and several parts are allowed.
    bandwidth_m : array_like, shape (1,) or (n,)
        Radius of a compact kernel; sigma of the Gaussian.
    kernel : str
        A name of ``kernels.NAMES``.

    Returns
    -------
    ndarray, shape (n,)
        0 to 1, to about 1e-9.

    References
    ----------
    Green's theorem in polar coordinates. Owen, D. B. (1956), Tables for computing bivariate
    normal probabilities, doi:10.1214/aoms/1177728074. The corrections that use it: Diggle, P. J.
    (1985), doi:10.2307/2347366.
    """
    points = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    h = np.broadcast_to(np.atleast_1d(np.asarray(bandwidth_m, dtype=np.float64)), (len(points),))
    if len(points) == 0:
        return np.zeros(0)
    # the mass is continuous, but the angle at which a boundary is seen from itself is not: no
    # point may stand on it (this changes a share by about 1e-9)
    points = points + (1e-9 * h[:, None] + 1e-8) * np.array([1.0, 0.618])
    shapely.prepare(area)
    share = shapely.intersects_xy(area, points[:, 0], points[:, 1]).astype(np.float64)
    code = _GAUSSIAN_CODE if kernel == GAUSSIAN else COMPACT[kernel].code
    reach = float(h.max()) * (_GAUSSIAN_REACH if kernel == GAUSSIAN else 1.0)
    edges = _edges(area)
    low, side, shape = _buckets(edges, reach)
    start, listed = _listed(edges, reach, low, side, shape)
    in_parts(
        lambda a, b: _take_off(
            points, h, code, edges, start, listed, low, side, shape, a, b, share
        ),
        len(points),
        _POINTS_PER_PART,
    )
    clipped: Array = np.clip(share, 0.0, 1.0)
    return clipped


def _edges(area: Any) -> Array:
    """Return the directed edges, shape (m, 4), the area on their left."""
    parts = shapely.orient_polygons(shapely.get_parts(area), exterior_cw=False)
    coordinates, ring = shapely.get_coordinates(shapely.get_rings(parts), return_index=True)
    same = ring[1:] == ring[:-1]
    return np.hstack([coordinates[:-1][same], coordinates[1:][same]])


def _buckets(edges: Array, reach: float) -> tuple[Array, float, tuple[int, int]]:
    """Return the corner, side and number of the squares in which edges are looked up."""
    x, y = edges[:, ::2], edges[:, 1::2]
    low = np.array([x.min(), y.min()]) - reach
    high = np.array([x.max(), y.max()]) + reach
    side = max(reach, float((high - low).max()) / _MOST_BUCKETS)
    cols, rows = (int(n) + 1 for n in (high - low) / side)
    return low, side, (rows, cols)


def _listed(
    edges: Array, reach: float, low: Array, side: float, shape: tuple[int, int]
) -> tuple[Whole, Whole]:
    """Return which edges may be in reach of each square's points: starts, and edge numbers."""
    number = np.zeros(shape[0] * shape[1] + 1, dtype=np.int64)
    _list(edges, reach, low, side, shape, number[1:], np.empty(0, dtype=np.int64))
    start = np.cumsum(number)
    listed = np.empty(start[-1], dtype=np.int64)
    _list(edges, reach, low, side, shape, start[:-1].copy(), listed)
    return start, listed


@compiled
def _list(
    edges: Array,
    reach: float,
    low: Array,
    side: float,
    shape: tuple[int, int],
    at: Whole,
    listed: Whole,
) -> None:
    rows, cols = shape
    for e in range(len(edges)):
        west, east = min(edges[e, 0], edges[e, 2]), max(edges[e, 0], edges[e, 2])
        south, north = min(edges[e, 1], edges[e, 3]), max(edges[e, 1], edges[e, 3])
        i0 = max(int((west - reach - low[0]) / side), 0)
        i1 = min(int((east + reach - low[0]) / side), cols - 1)
        j0 = max(int((south - reach - low[1]) / side), 0)
        j1 = min(int((north + reach - low[1]) / side), rows - 1)
        for j in range(j0, j1 + 1):
            for i in range(i0, i1 + 1):
                if listed.size:
                    listed[at[j * cols + i]] = e
                at[j * cols + i] += 1


@compiled
def _take_off(
    points: Array,
    h: Array,
    code: int,
    edges: Array,
    start: Whole,
    listed: Whole,
    low: Array,
    side: float,
    shape: tuple[int, int],
    first: int,
    stop: int,
    share: Array,
) -> None:
    """Take the kernel's mass beyond the boundary off each point's share."""
    rows, cols = shape
    for p in range(first, stop):
        gx, gy = (points[p, 0] - low[0]) / side, (points[p, 1] - low[1]) / side
        if not (0 <= gx < cols and 0 <= gy < rows):
            continue
        bucket = int(gy) * cols + int(gx)
        total = 0.0
        for k in range(start[bucket], start[bucket + 1]):
            e = listed[k]
            total += _seen(
                (edges[e, 0] - points[p, 0]) / h[p],
                (edges[e, 1] - points[p, 1]) / h[p],
                (edges[e, 2] - points[p, 0]) / h[p],
                (edges[e, 3] - points[p, 1]) / h[p],
                code,
            )
        share[p] -= total / (2 * math.pi)


@compiled
def _seen(ax: float, ay: float, bx: float, by: float, code: int) -> float:
    """Return the integral of G over the angle of one edge, seen from the origin; in bandwidths."""
    dx, dy = bx - ax, by - ay
    length = math.hypot(dx, dy)
    if length == 0.0:
        return 0.0
    cross = ax * dy - ay * dx
    distance = abs(cross) / length
    reach = _GAUSSIAN_REACH if code == _GAUSSIAN_CODE else 1.0
    if distance >= reach:
        return 0.0
    limit = math.sqrt(reach * reach - distance * distance)
    x1 = min(max((ax * dx + ay * dy) / length, -limit), limit)
    x2 = min(max((bx * dx + by * dy) / length, -limit), limit)
    seen = _antiderivative(distance, x2, code) - _antiderivative(distance, x1, code)
    return seen if cross >= 0 else -seen


@compiled
def _antiderivative(p: float, x: float, code: int) -> float:
    """Return the integral of G from the foot of the perpendicular (length p) to x along the edge.

    With t = x / p: the integral of (1 - p^2 (1 + t^2))^k / (1 + t^2) dt, multiplied out.
    """
    if code == _GAUSSIAN_CODE:
        return 2 * math.pi * _owens_t(p, x)
    angle = math.atan2(x, p)
    if code == UNIFORM:
        return angle - p * x
    first = p * x
    second = p**3 * x + p * x**3 / 3
    if code == EPANECHNIKOV:
        return angle - 2 * first + second
    third = p**5 * x + 2 * p**3 * x**3 / 3 + p * x**5 / 5
    if code == QUARTIC:
        return angle - 3 * first + 3 * second - third
    if code == TRIWEIGHT:
        fourth = p**7 * x + p**5 * x**3 + 3 * p**3 * x**5 / 5 + p * x**7 / 7
        return angle - 4 * first + 6 * second - 4 * third + fourth
    # triangular: G = 1 - 3 r^2 + 2 r^3
    cubic = first * math.hypot(p, x) + (p**3 * math.asinh(x / p) if p > 0 else 0.0)
    return angle - 3 * first + cubic


@compiled
def _owens_t(p: float, x: float) -> float:
    """Return Owen's T(p, x / p), for p at least 0."""
    if p == 0.0:
        return math.atan2(x, p) / (2 * math.pi)
    if abs(x) <= p:
        return _owens_integral(p, x / p)
    # T(p, a) = (Phi(p) + Phi(a p)) / 2 - Phi(p) Phi(a p) - T(a p, 1 / a) for a > 0
    far = abs(x)
    one, two = 0.5 * math.erfc(-p / math.sqrt(2.0)), 0.5 * math.erfc(-far / math.sqrt(2.0))
    value = 0.5 * (one + two) - one * two - _owens_integral(far, p / far)
    return value if x > 0 else -value


@compiled
def _owens_integral(h: float, a: float) -> float:
    """Return T(h, a) by Gauss and Legendre's rule, for a of at most 1."""
    total = 0.0
    for k in range(_NODES.size):
        x = 0.5 * a * (_NODES[k] + 1.0)
        total += _WEIGHTS[k] * math.exp(-0.5 * h * h * (1.0 + x * x)) / (1.0 + x * x)
    return 0.5 * a * total / (2 * math.pi)
