"""What leaves the tool: asked for, made safe for its recipients, written, and logged."""

from hotspots.releasing.request import KINDS, Exported, ExportKind, ExportRequest

__all__ = ["KINDS", "ExportKind", "ExportRequest", "Exported"]
