"""The pages and the files beside them."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

from flask import Blueprint, Response, make_response, render_template, request, send_from_directory
from flask.typing import ResponseReturnValue
from xstatic.pkg import leaflet

import hotspots
from hotspots.web.basemap import base_map, streets
from hotspots.web.choices import LAYERS, choose
from hotspots.web.data_page import bar, data_json, data_view
from hotspots.web.source import Source
from hotspots.web.view import data_to, view_of

_QUERY = ("category", "period", "layer")


def make_pages(source: Source) -> Blueprint:
    """Return the blueprint of a workspace's pages."""
    pages = Blueprint("pages", __name__)
    pages.add_url_rule("/", "map", lambda: _map_page(source))
    pages.add_url_rule("/data", "data", lambda: _data_page(source))
    pages.add_url_rule("/data.json", "data_json", lambda: _data_json(source))
    pages.add_url_rule("/healthz", "health", _health)
    pages.add_url_rule("/streets.json", "streets", _Streets(source))
    pages.add_url_rule("/static/leaflet/<path:name>", "leaflet", _leaflet)
    return pages


def _map_page(source: Source) -> ResponseReturnValue:
    query = {name: request.args.get(name, "") for name in _QUERY}
    choice = choose(source, query)
    if choice is None:
        return render_template("nothing.html")
    result = source.result(choice.period.id, choice.category.code)
    wards = source.wards(result.provenance["wards"]["vintage"])
    return render_template(
        "map.html",
        choice=choice,
        layers=LAYERS,
        view=view_of(result, wards, choice.category),
        bar=bar(result.findings),
        base=base_map(wards),
        data_to=data_to(source.data_to()),
    )


def _data_page(source: Source) -> ResponseReturnValue:
    kinds = request.accept_mimetypes
    if kinds["application/json"] > kinds["text/html"]:
        response = _data_json(source)
    else:
        response = make_response(render_template("data.html", view=data_view(source)))
    response.vary.add("Accept")
    return response


def _data_json(source: Source) -> Response:
    return _revalidated(json.dumps(data_json(source), separators=(",", ":"), ensure_ascii=False))


def _health() -> ResponseReturnValue:
    return {"status": "ok", "version": hotspots.__version__}


class _Streets:
    """The base of streets, apart from the page: it never changes, the page does."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._known: str | None = None

    def __call__(self) -> Response:
        return _revalidated(self._body())

    def _body(self) -> str:
        if self._known is None:
            frame = self._source.streets()
            if frame is None:
                return "[]"  # not kept: a file of streets may yet be added
            self._known = json.dumps(streets(frame), separators=(",", ":"), ensure_ascii=False)
        return self._known


def _revalidated(body: str) -> Response:
    """Return JSON that is kept by the browser and asked for again, sent anew only if changed."""
    response = make_response(body)
    response.mimetype = "application/json"
    response.set_etag(sha256(body.encode("utf-8")).hexdigest()[:16])
    response.headers["Cache-Control"] = "private, no-cache"
    response.make_conditional(request)
    return response


def _leaflet(name: str) -> Response:
    return send_from_directory(Path(leaflet.BASE_DIR), name)
