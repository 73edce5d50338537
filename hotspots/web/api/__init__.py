"""The API of version 1: what the pages show, as JSON and GeoJSON for other programs.

Read-only. ``resources.RESOURCES`` is the one list of what there is: the routes, the checks of
their arguments and the OpenAPI document are all made from it.
"""

from hotspots.web.api.routes import blueprint

__all__ = ["blueprint"]
