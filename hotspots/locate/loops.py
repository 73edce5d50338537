"""The lookup grid's arrays, and the compiled loops that make and read them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hotspots.jit import compiled

#: Relative rounding error of the sign of the area of a triangle, (3 + 16 u) u with u = 2^-53,
#: rounded up; the absolute term covers underflow of the two products.
ROUNDING, UNDERFLOW = 3.4e-16, 1e-300
#: Answers of a point or a cell, and of a point in one part.
NOWHERE, UNDECIDED = -1, -2
OUTSIDE, INSIDE, UNSURE = 0, 1, 2


class Edges(NamedTuple):
    """Boundaries as arrays. An edge goes from vertex e to vertex e + 1 of the same ring."""

    vertices: NDArray[np.float64]  # (vertices, 2)
    ring: NDArray[np.int32]  # (vertices,)
    hole: NDArray[np.int32]  # (vertices,): 0 in a shell, else the number of the hole in its part
    ends: NDArray[np.int64]  # (parts + 1,): a part's vertices are ends[p]:ends[p + 1]
    owner: NDArray[np.int32]  # (parts,): position of the polygon a part belongs to, ascending
    bounds: NDArray[np.float64]  # (parts, 4): x and y of the south-west, of the north-east


class Frame(NamedTuple):
    """Where the grid lies. A column is the whole part of ``(x - x0) * per_x``.

    Each step of that is monotone in x, rounding included: so what lies between two points lies
    in the columns between theirs. Rows are alike.
    """

    x0: float
    y0: float
    x1: float
    y1: float
    per_x: float  # columns per metre
    per_y: float
    cols: int
    rows: int
    slack: float  # metres


class Lookup(NamedTuple):
    """The grid and what its cells hold."""

    frame: Frame
    edges: Edges
    answer: NDArray[np.int32]  # (cells,): a position, -1, or -2 - k for boundary cell k
    start: NDArray[np.int64]  # (boundary cells + 1,): where its candidates start
    candidates: NDArray[np.int32]  # parts whose boundary touches the cell, ascending
    behind: NDArray[np.int32]  # (boundary cells,): the lowest polygon that covers it whole, or -1
    bands: Bands


class Bands(NamedTuple):
    """The edges of each part by grid row, in the order of its rings."""

    first_row: NDArray[np.int64]  # (parts,)
    first_band: NDArray[np.int64]  # (parts + 1,): number of its band in its first row
    start: NDArray[np.int64]  # (bands + 1,)
    edge: NDArray[np.int32]


@compiled
def _row(y: float, frame: Frame) -> int:
    return max(min(int((y - frame.y0) * frame.per_y), frame.rows - 1), 0)


@compiled
def _col(x: float, frame: Frame) -> int:
    return max(min(int((x - frame.x0) * frame.per_x), frame.cols - 1), 0)


@compiled
def band_edges(
    edges: Edges,
    frame: Frame,
    first_row: NDArray[np.int64],
    first_band: NDArray[np.int64],
    at: NDArray[np.int64],
    edge: NDArray[np.int32],
) -> None:
    """Count each band's edges in ``at``; or, where ``edge`` has room, write them there."""
    y = edges.vertices[:, 1]
    for p in range(len(edges.owner)):
        for e in range(edges.ends[p], edges.ends[p + 1] - 1):
            if edges.ring[e] != edges.ring[e + 1]:
                continue
            low, high = _row(min(y[e], y[e + 1]), frame), _row(max(y[e], y[e + 1]), frame)
            base = first_band[p] - first_row[p]
            for band in range(base + low, base + high + 1):
                if len(edge):
                    edge[at[band]] = e
                at[band] += 1


@compiled
def lay(
    edges: Edges, frame: Frame, bands: Bands, answer: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Fill ``answer`` with the lowest polygon that covers each cell whole.

    Returns the cells that boundaries touch, and the part whose boundary it is. Parts come in the
    order of their polygons, so what is already covered need not be kept.
    """
    touched = np.full(frame.cols, -1, dtype=np.int64)
    cells, parts = np.empty(4096, dtype=np.int32), np.empty(4096, dtype=np.int32)
    used = 0
    for p in range(len(edges.owner)):
        for band in range(bands.first_band[p], bands.first_band[p + 1]):
            row = bands.first_row[p] + band - bands.first_band[p]
            west, east = _touch(edges, frame, bands, row, band, touched)
            if used + east - west + 1 > len(cells):
                cells, parts = _longer(cells, frame.cols), _longer(parts, frame.cols)
            used = _sweep(
                edges, frame, bands, p, row, band, west, east, touched, answer, cells, parts, used
            )
    return cells[:used].copy(), parts[:used].copy()


@compiled
def _longer(array: NDArray[np.int32], more: int) -> NDArray[np.int32]:
    longer = np.empty(2 * len(array) + more, dtype=array.dtype)
    longer[: len(array)] = array
    return longer


@compiled
def _touch(
    edges: Edges,
    frame: Frame,
    bands: Bands,
    row: int,
    band: int,
    touched: NDArray[np.int64],
) -> tuple[int, int]:
    """Mark with ``band`` the columns that the band's edges may touch; return the outermost two."""
    south, north = -np.inf, np.inf
    if row > 0:
        south = frame.y0 + row / frame.per_y - frame.slack
    if row < frame.rows - 1:
        north = frame.y0 + (row + 1) / frame.per_y + frame.slack
    outer_west, outer_east = frame.cols, -1
    for k in range(bands.start[band], bands.start[band + 1]):
        low, high = _clip(edges.vertices, bands.edge[k], south, north)
        west, east = _col(low - frame.slack, frame), _col(high + frame.slack, frame)
        touched[west : east + 1] = band
        outer_west, outer_east = min(outer_west, west), max(outer_east, east)
    return outer_west, outer_east


@compiled
def _clip(vertices: NDArray[np.float64], e: int, south: float, north: float) -> tuple[float, float]:
    """Return the least and the greatest x of an edge between two northings."""
    ax, ay, bx, by = vertices[e, 0], vertices[e, 1], vertices[e + 1, 0], vertices[e + 1, 1]
    if ay > by:
        ax, ay, bx, by = bx, by, ax, ay
    start, end = ax, bx
    if ay < south:
        start = ax + min((south - ay) / (by - ay), 1.0) * (bx - ax)
    if by > north:
        end = ax + max((north - ay) / (by - ay), 0.0) * (bx - ax)
    return min(start, end), max(start, end)


@compiled
def _sweep(
    edges: Edges,
    frame: Frame,
    bands: Bands,
    p: int,
    row: int,
    band: int,
    west: int,
    east: int,
    touched: NDArray[np.int64],
    answer: NDArray[np.int32],
    cells: NDArray[np.int32],
    parts: NDArray[np.int32],
    used: int,
) -> int:
    """Go along one row of a part: note the touched cells, fill the others that lie in it.

    Between two touched cells nothing changes, so one cell's centre tells for all of the run.
    """
    state = UNSURE
    fresh = True
    for col in range(west, east + 1):
        cell = row * frame.cols + col
        at_boundary = touched[col] == band
        if not at_boundary and fresh:
            x = _middle(frame.x0, frame.x1, frame.per_x, col)
            y = _middle(frame.y0, frame.y1, frame.per_y, row)
            first, stop = bands.start[band], bands.start[band + 1]
            state = _in_part(x, y, first, stop, bands.edge, edges.hole, edges.vertices)
        fresh = at_boundary
        if answer[cell] >= 0:
            continue
        if at_boundary or state == UNSURE:
            cells[used], parts[used] = cell, p
            used += 1
        elif state == INSIDE:
            answer[cell] = edges.owner[p]
    return used


@compiled
def _middle(low: float, high: float, per: float, number: int) -> float:
    return low + (number + 0.5) / per if per > 0 else low + (high - low) / 2


@compiled
def _in_part(
    x: float,
    y: float,
    first: int,
    stop: int,
    edge: NDArray[np.int32],
    hole: NDArray[np.int32],
    vertices: NDArray[np.float64],
) -> int:
    """Tell whether a point lies in one part: in its shell and in none of its holes."""
    current, odd = 0, False
    for i in range(first, stop):
        e = edge[i]
        if hole[e] != current:
            # the shell must hold the point, the hole before must not
            if odd != (current == 0):
                return OUTSIDE
            current, odd = hole[e], False
        crossing = _crosses(x, y, vertices, e)
        if crossing == UNSURE:
            return UNSURE
        odd = odd != (crossing == INSIDE)
    return INSIDE if odd == (current == 0) else OUTSIDE


@compiled
def _crosses(x: float, y: float, vertices: NDArray[np.float64], e: int) -> int:
    """Tell whether the ray from a point to the east crosses an edge; unsure near the edge."""
    ax, ay, bx, by = vertices[e, 0], vertices[e, 1], vertices[e + 1, 0], vertices[e + 1, 1]
    if (ay > y) == (by > y):
        # no crossing, but the point may lie on a level edge or on a vertex
        on_level = ay == y and by == y and min(ax, bx) <= x <= max(ax, bx)
        on_vertex = (ay == y and ax == x) or (by == y and bx == x)
        return UNSURE if on_level or on_vertex else OUTSIDE
    left, right = (ax - x) * (by - y), (bx - x) * (ay - y)
    if not abs(left - right) > ROUNDING * (abs(left) + abs(right)) + UNDERFLOW:
        return UNSURE
    return INSIDE if (left > right) == (by > ay) else OUTSIDE


@compiled
def look_up(
    xy: NDArray[np.float64], frame: Frame, answer: NDArray[np.int32], out: NDArray[np.intp]
) -> int:
    """Write each point's answer, or -2 - k in boundary cell k; return how many are such."""
    open_ones = 0
    for i in range(len(xy)):
        x, y = xy[i, 0], xy[i, 1]
        if frame.x0 <= x <= frame.x1 and frame.y0 <= y <= frame.y1:  # not so for NaN
            found = answer[_row(y, frame) * frame.cols + _col(x, frame)]
            out[i] = found
            open_ones += found < NOWHERE
        else:
            out[i] = NOWHERE
    return open_ones


@compiled
def settle(xy: NDArray[np.float64], lookup: Lookup, out: NDArray[np.intp]) -> None:
    """Test the points of boundary cells against the polygons whose boundaries touch the cell.

    The arrays are taken out of their tuples before the loop: taking them out is not free.
    """
    frame, start, candidates, behind = lookup.frame, lookup.start, lookup.candidates, lookup.behind
    first_row, first_band = lookup.bands.first_row, lookup.bands.first_band
    band_start, edge = lookup.bands.start, lookup.bands.edge
    vertices, hole = lookup.edges.vertices, lookup.edges.hole
    owner = lookup.edges.owner
    for i in range(len(xy)):
        if out[i] >= NOWHERE:
            continue
        x, y, k = xy[i, 0], xy[i, 1], -2 - out[i]
        row, answer = _row(y, frame), int(behind[k])
        for c in range(start[k], start[k + 1]):
            p = candidates[c]
            band = first_band[p] + row - first_row[p]
            state = _in_part(x, y, band_start[band], band_start[band + 1], edge, hole, vertices)
            if state != OUTSIDE:
                answer = UNDECIDED if state == UNSURE else int(owner[p])
                break
        out[i] = answer
