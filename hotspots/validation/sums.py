"""What each measure adds up over the origins: the sums above the line, and those below it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from hotspots.validation.backtest import Judged
from hotspots.validation.measures import SHARES, cells_of

Array = NDArray[np.float64]
#: How the shares are written in names: "hit_rate_2" is the hit rate in 2 % of the area.
PERCENTS = tuple(f"{100 * share:g}" for share in SHARES)
#: Measures of one ranking at equal shares of the area: methods can be compared by these.
EQUAL_AREA = (
    *(f"{kind}_{p}" for kind in ("hit_rate", "pai", "pei_star") for p in PERCENTS),
    "area",
)
#: Measures of a map's own hot spots, which take up different areas.
OWN_HOT_SPOTS = ("hot_area_share", "hot_hit_rate", "hot_pai", "hot_pei_star", "hot_rri")
MEASURES = (*EQUAL_AREA, *OWN_HOT_SPOTS)

#: What is taken of one judged map.
Of = Callable[[Judged], float]
#: Above, below, and both for the period before: the recapture rate index.
RECAPTURE: tuple[Of, ...] = (
    lambda row: row.hot_hits,
    lambda row: row.incidents,
    lambda row: row.hot_before,
    lambda row: row.before,
)
_WHOLE: dict[str, tuple[Of, Of]] = {
    "area": (lambda row: row.area, lambda row: row.incidents),
    "hot_area_share": (lambda row: row.hot_cells, lambda row: row.cells),
    "hot_hit_rate": (lambda row: row.hot_hits, lambda row: row.incidents),
    # what as many cells picked blindly would have held: over all origins the ratio is the PAI
    "hot_pai": (
        lambda row: row.hot_hits,
        lambda row: row.incidents * row.hot_cells / row.cells,
    ),
    "hot_pei_star": (lambda row: row.hot_hits, lambda row: row.hot_best),
}


def parts_of(measure: str) -> tuple[Of, Of]:
    """Return what is summed over the origins above the line, and below it."""
    if measure in _WHOLE:
        return _WHOLE[measure]
    kind, percent = measure.rsplit("_", 1)
    i = PERCENTS.index(percent)
    below: dict[str, Of] = {
        "hit_rate": lambda row: row.incidents,
        # the share of the area that the cells really are, as small areas have few
        "pai": lambda row: row.incidents * cells_of(SHARES[i], row.cells) / row.cells,
        "pei_star": lambda row: row.best[i],
    }
    return (lambda row: row.hits[i]), below[kind]


def columns(rows: Sequence[Judged], *of: Of) -> list[Array]:
    """Return each of several things of every row, shape (rows,) each."""
    return [np.array([one(row) for row in rows], dtype=np.float64) for one in of]
