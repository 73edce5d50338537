"""Points to polygons."""
