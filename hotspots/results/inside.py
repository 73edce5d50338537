"""Which hot spots lie in which ward."""

from __future__ import annotations

import shapely

from hotspots.model import Wards
from hotspots.results.result import Result

#: A hot spot is named in every ward that holds at least this share of its outline.
_SHARE = 0.1


def markers_by_ward(result: Result, wards: Wards) -> dict[str, list[tuple[str, str]]]:
    """Return (marker, question) of the hot spots of each ward, the numbers before the letters.

    A hot spot is in the ward of its peak and in every other that holds a tenth of its outline;
    wards without one are left out.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    shapes = wards.frame.geometry.to_numpy()
    codes = wards.frame["ward_code"].astype(str).to_numpy()
    for spot in result.hotspots.sort_values(["question", "rank"]).itertuples():
        shared = shapely.area(shapely.intersection(shapes, spot.geometry))
        mine = set(codes[shared >= _SHARE * spot.geometry.area]) | {str(spot.ward_code)}
        for code in sorted(mine):
            found.setdefault(code, []).append((str(spot.marker), str(spot.question)))
    return found
