"""Where to go from the API's root."""

from __future__ import annotations

from collections.abc import Sequence

from hotspots.web.api import answers, problems
from hotspots.web.api.arguments import Arguments
from hotspots.web.api.common import said
from hotspots.web.api.resource import Made, Resource
from hotspots.web.context import Context


def index_of(resources: Sequence[Resource]) -> Resource:
    """Return the resource that lists others."""
    links = [
        answers.Link(rel="service-desc", href=f"{problems.PREFIX}/openapi.json", title="OpenAPI"),
        *(
            answers.Link(
                rel="item", href=problems.PREFIX + resource.template, title=resource.summary
            )
            for resource in resources
        ),
    ]

    def make(context: Context, _: Arguments) -> Made:
        return Made(answers.Index(about=said(context), links=links))

    return Resource("index", "/", "Where to go from here.", Arguments, answers.Index, make)
