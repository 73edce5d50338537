"""What a file of incidents is, and a mapping proposed for it with the proof of each decision."""

from hotspots.ingest.inspection.inspecting import inspect_table
from hotspots.ingest.inspection.result import Inspection

__all__ = ["Inspection", "inspect_table"]
