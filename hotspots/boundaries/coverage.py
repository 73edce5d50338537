"""Do the wards of a set fit together? Gaps and overlaps between them, with their size."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from hotspots.model import Wards

#: A gap is a hole between wards whose mean width (twice its area by its perimeter) is below
#: this; a wider one is taken for a place that belongs to no ward, such as another district.
GAP_WIDTH_M = 25.0
#: A gap that is open at an end is found where two borders run within this distance.
OPEN_GAP_WIDTH_M = 1.0
#: Below this an overlap or a gap is the rounding of coordinates, square metres.
ROUNDING_M2 = 1.0
#: Wards and pairs of wards named in one sentence.
_NAMED = 3


def coverage_report(wards: Wards) -> tuple[str, ...]:
    """Say where wards overlap, leave gaps, or stand alone; nothing where they fit together.

    Parameters
    ----------
    wards : Wards
        In a projected CRS in metres.

    Returns
    -------
    tuple of str
        One sentence for each sort of fault, with its area and the wards concerned, the largest
        first. Empty for fewer than two wards.

    Notes
    -----
    Two passes of GEOS: the intersections of neighbours and the holes of the union. Borders that
    run close to each other without a common vertex are found by its coverage check.
    """
    shapes = wards.frame.geometry.to_numpy()
    if len(shapes) < 2:
        return ()
    codes = wards.frame["ward_code"].to_numpy(dtype=object)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = np.column_stack([first, second])[first < second]
    holes = _holes(shapes)
    sentences = [
        *_overlaps(shapes, codes, pairs),
        *_gaps(holes, shapes, codes),
        *_open_gaps(shapes, codes, pairs, holes),
        *_alone(codes, pairs),
    ]
    return tuple(sentences)


def overlaps(shapes: NDArray[Any], pairs: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the area that the two wards of each pair share, square metres, shape (len(pairs),)."""
    common = shapely.intersection(shapes[pairs[:, 0]], shapes[pairs[:, 1]])
    return np.asarray(shapely.area(common), dtype=np.float64)


def _overlaps(shapes: NDArray[Any], codes: NDArray[Any], pairs: NDArray[np.intp]) -> list[str]:
    area = overlaps(shapes, pairs)
    found = np.flatnonzero(area > ROUNDING_M2)
    if not len(found):
        return []
    largest = found[np.argsort(-area[found], kind="stable")]
    named = [f"{' and '.join(codes[pairs[i]])} ({_size(area[i])})" for i in largest[:_NAMED]]
    return [
        f"{_count(len(found), 'pair')} of wards overlap, {_size(area[found].sum())} in all: "
        f"{_listed(named, len(found))}; a point in two wards is counted in the one of the lower "
        "code."
    ]


def _holes(shapes: NDArray[Any]) -> NDArray[Any]:
    """Return what the wards enclose and none of them covers, shape (k,)."""
    union = shapely.union_all(shapes)
    rings = [ring for part in shapely.get_parts(union) for ring in part.interiors]
    holes = np.asarray(shapely.polygons(np.array(rings, dtype=object)), dtype=object)
    real: NDArray[Any] = holes[shapely.area(holes) > ROUNDING_M2]
    return real


def _gaps(holes: NDArray[Any], shapes: NDArray[Any], codes: NDArray[Any]) -> list[str]:
    area = shapely.area(holes)
    narrow = 2 * area < GAP_WIDTH_M * shapely.length(holes)
    sentences = []
    if narrow.any():
        sentences.append(
            f"There {'is 1 gap' if narrow.sum() == 1 else f'are {narrow.sum()} gaps'} between "
            f"wards, {_size(area[narrow].sum())} in all: "
            f"{_around(holes[narrow], area[narrow], shapes, codes)}; a point in a gap is in no "
            "ward."
        )
    wide = ~narrow
    if wide.any():
        sentences.append(
            f"The wards enclose {_count(int(wide.sum()), 'place')} of no ward, "
            f"{_size(area[wide].sum())} in all: "
            f"{_around(holes[wide], area[wide], shapes, codes)}; points there are in no ward."
        )
    return sentences


def _around(
    holes: NDArray[Any], area: NDArray[np.float64], shapes: NDArray[Any], codes: NDArray[Any]
) -> str:
    """Name the wards around the largest holes."""
    largest = np.argsort(-area, kind="stable")[:_NAMED]
    tree = shapely.STRtree(shapes)
    named = []
    for i in largest:
        beside = sorted(codes[tree.query(holes[i], predicate="intersects")])
        named.append(f"between {_few(beside)} ({_size(area[i])})")
    return _listed(named, len(holes))


def _open_gaps(
    shapes: NDArray[Any], codes: NDArray[Any], pairs: NDArray[np.intp], holes: NDArray[Any]
) -> list[str]:
    """Name wards with a border that nearly meets another and is in no overlap and no hole."""
    edges = shapely.coverage_invalid_edges(shapes, gap_width=OPEN_GAP_WIDTH_M)
    lines, owner = shapely.get_parts(edges, return_index=True)
    # a ward without fault has an empty line
    lines, owner = lines[~shapely.is_empty(lines)], owner[~shapely.is_empty(lines)]
    told = np.isin(owner, pairs[overlaps(shapes, pairs) > 0])
    told[shapely.STRtree(holes).query(lines, predicate="intersects")[0]] = True
    found = codes[np.unique(owner[~told])]
    if not len(found):
        return []
    return [
        f"The borders of {_count(len(found), 'ward')} come within {OPEN_GAP_WIDTH_M:g} m of a "
        f"border without meeting it: {_few(list(found))}; a point in between is in no ward."
    ]


def _alone(codes: NDArray[Any], pairs: NDArray[np.intp]) -> list[str]:
    alone = codes[~np.isin(np.arange(len(codes)), pairs)]
    if not len(alone):
        return []
    one = len(alone) == 1
    return [
        f"{_count(len(alone), 'ward')} {'touches' if one else 'touch'} no other: "
        f"{_few(list(alone))}; {'it has' if one else 'they have'} no neighbouring ward."
    ]


def _size(square_metres: float) -> str:
    if square_metres < 10_000:
        return f"{square_metres:,.0f} m2"
    return f"{square_metres / 1e6:,.2f} km2"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _few(codes: list[Any]) -> str:
    shown = [str(code) for code in codes[:5]]
    return f"{', '.join(shown)} and {len(codes) - 5} more" if len(codes) > 5 else ", ".join(shown)


def _listed(named: list[str], total: int) -> str:
    more = total - len(named)
    return "; ".join(named) + (f"; and {more} more" if more else "")
