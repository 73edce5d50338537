"""Tables and their provenance out to files: one format a file, one line each in a registry.

``EXPORTS`` has the formats of tables with geometry, ``SHEETS`` those of sheets. The same tables
and provenance give the same bytes in every format.
"""

from hotspots.exports.raster import Band, Raster, rasters_of
from hotspots.exports.registry import EXPORTS, Format, check_output, export_format, write_file
from hotspots.exports.sheets import SHEETS, SheetFormat, sheet_format
from hotspots.exports.tables import Tables
from hotspots.exports.text import harmless, harmless_text

__all__ = [
    "EXPORTS",
    "SHEETS",
    "Band",
    "Format",
    "Raster",
    "SheetFormat",
    "Tables",
    "check_output",
    "export_format",
    "harmless",
    "harmless_text",
    "rasters_of",
    "sheet_format",
    "write_file",
]
