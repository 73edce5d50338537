"""Table formats: files -> records."""

from hotspots.ingest.tables.registry import TABLES, Format, open_table, peek

__all__ = ["TABLES", "Format", "open_table", "peek"]
