"""The pages, one module each; a new page is one file here and one line in ``PAGES``."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint

from hotspots.web import api
from hotspots.web.context import Context
from hotspots.web.pages import (
    assets,
    compare,
    data,
    export,
    help,
    map,
    meeting,
    place,
    places,
    present,
    shortlist,
    tune,
    wards,
)

#: What makes each page's blueprint, in the order of the navigation.
PAGES: tuple[Callable[[Context], Blueprint], ...] = (
    meeting.blueprint,
    map.blueprint,
    places.blueprint,
    place.blueprint,
    present.blueprint,
    wards.blueprint,
    shortlist.blueprint,
    compare.blueprint,
    data.blueprint,
    export.blueprint,
    tune.blueprint,
    help.blueprint,
    assets.blueprint,
    api.blueprint,
)
#: Endpoint and label of the pages in the navigation.
NAVIGATION = (
    ("meeting.page", "Meeting"),
    ("map.page", "Map"),
    ("compare.page", "Compare"),
    ("places.page", "Places"),
    ("wards.page", "Wards"),
    ("data.page", "Data"),
    ("help.page", "Help"),
    ("tune.page", "Tune"),
)
