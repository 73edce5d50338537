"""The two maps of the page to tune a profile: what is approved beside the candidate."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import shapely
from markupsafe import Markup
from numpy.typing import NDArray

from hotspots.clustering import Grid
from hotspots.clustering.outlines import cell_outlines
from hotspots.drawing import Shade, draw_map
from hotspots.drawing.paints import HATCHES
from hotspots.drawing.svg import INK, WHITE
from hotspots.model import Wards
from hotspots.preview import Agreement, Preview, agreement, centres_marked
from hotspots.web.scales import Swatch

Cells = NDArray[np.bool_]
WIDTH, HEIGHT, TEXT_PX = 640, 420, 20
#: Marked on both maps, and on one only: told apart by lightness, and by the edge.
BOTH, ONE = "#5F9BD1", "#0B3C6F"
LINE = "#0B3C6F"
#: More squares than this are drawn as one outline: their edges would hide them.
MOST_SQUARES = 400


class Maps(NamedTuple):
    """Both maps, how far they agree in words, and what their paints mean."""

    approved: Markup
    candidate: Markup
    agreement: str
    legend: list[Swatch]


def tune_maps(
    approved: Preview, candidate: Preview, wards: Wards, marked: str, names: tuple[str, str]
) -> Maps:
    """Draw what two profiles mark.

    Parameters
    ----------
    approved, candidate : Preview
        Of one period, category and area.
    wards : Wards
    marked : {"best", "hot"}
        The squares where most is expected, or those that Gi* shades.
    names : tuple of two str
        What the maps are called, for those who cannot see them.
    """
    drawn = [
        _draw(here, other, wards, marked, name, id_)
        for here, other, name, id_ in (
            (approved, candidate, names[0], "approved-map"),
            (candidate, approved, names[1], "candidate-map"),
        )
    ]
    said = agreement_said(agreement(approved, candidate, marked), marked)
    return Maps(drawn[0], drawn[1], said, _LEGENDS[marked])


def agreement_said(found: Agreement, marked: str) -> str:
    """Return how far two maps agree, as a sentence."""
    what = "squares" if marked == "best" else "hot squares"
    if math.isnan(found.share):
        return f"The candidate marks no {what}."
    if found.of is None:
        return (
            f"The squares differ in size: {found.share:.0%} of the ground that the candidate marks "
            "is marked by both."
        )
    if found.both == found.of:
        return f"The two maps agree on all {found.of:,} {what} of the candidate."
    return f"The two maps agree on {found.both:,} of the candidate’s {found.of:,} {what}."


def _draw(here: Preview, other: Preview, wards: Wards, marked: str, name: str, id_: str) -> Markup:
    mine: Cells = getattr(here, marked) & here.grid.mask
    shared = mine & centres_marked(here, other, marked)
    alone = int((mine & ~shared).sum())
    shades = (
        [*_shades(shared, here.grid, BOTH, WHITE), *_shades(mine & ~shared, here.grid, ONE, INK)]
        if marked == "best"
        else list(_by_class(here))
    )
    return draw_map(
        wards,
        width=WIDTH,
        height=HEIGHT,
        title=name,
        describe=f"{int(mine.sum()):,} of {int(here.grid.mask.sum()):,} squares are marked, "
        f"{alone:,} of them on this map only.",
        shades=shades,
        ward_labels="none",
        id=id_,
        text_px=TEXT_PX,
    )


def _by_class(here: Preview) -> Iterator[Shade]:
    for name, cells in here.classes().items():
        yield from _shades(cells & here.grid.mask, here.grid, HATCHES["concentrated"][name].paint)
    # the page's stylesheet gives these lines their widths: a casing, then the line
    for colour in (WHITE, LINE):
        yield from (Shade(outline, "none", colour) for outline in here.outlines)


def _shades(cells: Cells, grid: Grid, fill: str, stroke: str | None = None) -> Iterator[Shade]:
    if int(cells.sum()) > MOST_SQUARES:
        yield Shade(cell_outlines(cells.astype(np.int64), grid)[1], fill, stroke)
        return
    rows, cols = np.nonzero(cells)
    size = grid.cell_size_m
    west, south = grid.x0 + cols * size, grid.y0 + rows * size
    for box in shapely.box(west, south, west + size, south + size):
        yield Shade(box, fill, stroke)


_LEGENDS = {
    "best": [
        Swatch(BOTH, "Marked on both maps"),
        Swatch(ONE, "Marked on this map only"),
    ],
    "hot": [
        *(
            Swatch(hatch.paint, name.capitalize())
            for name, hatch in HATCHES["concentrated"].items()
        ),
        Swatch("none", "Outlined: hot by the strength rule"),
    ],
}
