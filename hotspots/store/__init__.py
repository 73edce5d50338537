"""The store: boundary sets, imports, incidents, rejections and runs."""

from hotspots.store.store import Store

__all__ = ["Store"]
