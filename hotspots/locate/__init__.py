"""Points to polygons: which polygon holds each point, exactly."""

from hotspots.locate.index import PolygonIndex

__all__ = ["PolygonIndex"]
