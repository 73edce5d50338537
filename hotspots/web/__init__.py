"""The pages: a Flask application over anything that is a ``Source``."""

from hotspots.web.app import create_app
from hotspots.web.source import Source

__all__ = ["Source", "create_app"]
