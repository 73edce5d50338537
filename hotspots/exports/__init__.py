"""Tables and their provenance out to files: one format a file, one line each in the registry."""

from hotspots.exports.registry import EXPORTS, Format, export_format, write_file

__all__ = ["EXPORTS", "Format", "export_format", "write_file"]
