"""The store: boundary sets, imports, incidents, rejections and runs, in SQLite or PostgreSQL."""

from hotspots.store.store import Store

__all__ = ["Store"]
