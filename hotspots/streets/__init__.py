"""Line files -> the streets that people find their way by, and what a map draws of them."""

from hotspots.streets.drawing import main_lines, minor_squares, street_lines, streets_json
from hotspots.streets.kinds import KINDS, kind_of
from hotspots.streets.reading import MARGIN_M, STREET_COLUMNS, Streets, read_streets

__all__ = [
    "KINDS",
    "MARGIN_M",
    "STREET_COLUMNS",
    "Streets",
    "kind_of",
    "main_lines",
    "minor_squares",
    "read_streets",
    "street_lines",
    "streets_json",
]
