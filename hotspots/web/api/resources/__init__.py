"""The ordered list of resources; a new one is one file here and one line in ``RESOURCES``."""

from hotspots.web.api.resource import Resource
from hotspots.web.api.resources import index, lists, place, places, tables

_LISTED = (*lists.RESOURCES, *tables.RESOURCES, places.RESOURCE, place.RESOURCE)
RESOURCES: tuple[Resource, ...] = (index.index_of(_LISTED), *_LISTED)
