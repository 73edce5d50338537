"""Routes: negotiation, arguments, revalidation without computing, pages of lists, errors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException, NotAcceptable

import hotspots
from hotspots.errors import HotspotsError
from hotspots.web.api import problems
from hotspots.web.api.arguments import Arguments, Paged, parse
from hotspots.web.api.openapi import document
from hotspots.web.api.resource import JSON, Made, Resource
from hotspots.web.api.resources import RESOURCES
from hotspots.web.api.writing import as_json, dumped
from hotspots.web.context import Context
from hotspots.web.jobs import Working


def blueprint(context: Context) -> Blueprint:
    """Return the blueprint of the API."""
    api = Blueprint("api", __name__, url_prefix=problems.PREFIX)
    for resource in RESOURCES:
        api.add_url_rule(resource.path, resource.name, _view(context, resource))
    api.add_url_rule("/openapi.json", "openapi", _described)
    api.register_error_handler(Working, problems.working)
    api.register_error_handler(HotspotsError, problems.refused)
    api.register_error_handler(HTTPException, problems.not_served)
    api.register_error_handler(Exception, problems.failed)
    return api


def _view(context: Context, resource: Resource) -> Callable[..., Response]:
    def view(**parts: str) -> Response:
        mimetype = _acceptable(resource.mimetype)
        asked = parse(resource.arguments, request.args)
        tag = _tag(context, asked)
        if not _has(tag):
            made = resource.make(context, asked, **parts)
            response = Response(as_json(made.answer), mimetype=mimetype)
            _add_links(response, asked, made)
        else:
            response = Response(status=304, mimetype=mimetype)
        return _kept(response, tag)

    return view


def _described() -> Response:
    parse(Arguments, request.args)
    response = Response(dumped(document()), mimetype=_acceptable(JSON))
    response.add_etag(weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.add("Accept")
    response.make_conditional(request)
    return response


def _acceptable(mimetype: str) -> str:
    """Return the type of the answer: its own, or plain JSON to a client that takes only that."""
    if not request.headers.get("Accept", "").strip():
        return mimetype
    found = request.accept_mimetypes.best_match([mimetype, JSON])
    if found is None:
        raise NotAcceptable(f"An Accept header must allow {mimetype}; this one does not.")
    return found


def _tag(context: Context, asked: Arguments) -> str:
    """Return what changes when the answer may: known before anything is computed.

    Findings are of a day: an incident of tomorrow is one in the future today alone.
    """
    about = ("api", hotspots.__version__, date.today().isoformat(), request.path)
    return context.views.etag(*about, asked.model_dump())


def _has(tag: str) -> bool:
    """Return whether the client has this answer; "*" is any, which must be found first."""
    known = request.if_none_match
    return not known.star_tag and known.contains_weak(tag)


def _kept(response: Response, tag: str) -> Response:
    response.set_etag(tag, weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.add("Accept")
    return response


def _add_links(response: Response, asked: Arguments, made: Made) -> None:
    """Say where the parts of a list before and after this one are (RFC 8288)."""
    if not isinstance(asked, Paged) or made.matched is None:
        return
    after, before = asked.offset + asked.limit, asked.offset - asked.limit
    if after < made.matched:
        response.headers.add("Link", _link("next", asked, made, after))
    if asked.offset > 0:
        response.headers.add("Link", _link("prev", asked, made, max(before, 0)))


def _link(rel: str, asked: Paged, made: Made, offset: int) -> str:
    given = asked.model_dump(exclude_defaults=True) | dict(made.pinned)
    query: dict[str, Any] = {**given, "limit": asked.limit, "offset": offset}
    text = urlencode({k: str(v).lower() if isinstance(v, bool) else v for k, v in query.items()})
    return f'<{request.path}?{text}>; rel="{rel}"'
