"""Results: hot spots, wards, cells and density bands of one period, with their provenance."""

from hotspots.results.result import TABLES, Result

__all__ = ["TABLES", "Result"]
