"""Static drawings for pages, print and documents: maps and charts as SVG text.

They need no script, are themed by CSS classes, named and described for those who cannot see
them, and the same input gives the same bytes.
"""

from hotspots.drawing.bars import bar_chart
from hotspots.drawing.dots import Dot
from hotspots.drawing.lines import line_chart
from hotspots.drawing.maps import draw_map
from hotspots.drawing.marks import Mark
from hotspots.drawing.scene import Placed, Scene, Shade, layout_map
from hotspots.drawing.week import week_grid

__all__ = [
    "Dot",
    "Mark",
    "Placed",
    "Scene",
    "Shade",
    "bar_chart",
    "draw_map",
    "layout_map",
    "line_chart",
    "week_grid",
]
