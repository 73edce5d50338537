"""What every page's module is given: the source, its views and how to read an address."""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from hashlib import sha256
from typing import TYPE_CHECKING

from flask import Response, make_response, render_template, request

from hotspots.web.choices import Choice, choose
from hotspots.web.source import Source
from hotspots.web.views import Views

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue

_QUERY = ("area", "category", "period", "layer")


@dataclass(frozen=True)
class Context:
    """A source and its views."""

    source: Source
    views: Views

    def choice(self, **fixed: str) -> Choice | None:
        """Return what the address asks for, some of it given; None without any data."""
        asked = {name: request.args.get(name, "") for name in _QUERY}
        return choose(self.source, asked | fixed)

    def chosen(
        self, page: Callable[[Choice], ResponseReturnValue]
    ) -> Callable[[], ResponseReturnValue]:
        """Return the view of a page about a choice; without any data it says what to add."""

        @wraps(page)
        def view() -> ResponseReturnValue:
            choice = self.choice()
            return render_template("nothing.html") if choice is None else page(choice)

        return view


def revalidated(body: str, mimetype: str = "application/json") -> Response:
    """Return text that is kept by the browser and asked for again, sent anew only if changed."""
    response = make_response(body)
    response.mimetype = mimetype
    response.set_etag(sha256(body.encode("utf-8")).hexdigest()[:16])
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(request)
    return response
