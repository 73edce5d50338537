"""Imports, findings, coverage by month and category, vintages in use."""

from __future__ import annotations

import json

from flask import Blueprint, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from hotspots.web.context import Context, revalidated
from hotspots.web.data_page import data_json, data_view


def blueprint(context: Context) -> Blueprint:
    """Return the data page's blueprint."""
    pages = Blueprint("data", __name__)

    def as_json() -> Response:
        found = data_json(context.source)
        return revalidated(json.dumps(found, separators=(",", ":"), ensure_ascii=False))

    def page() -> ResponseReturnValue:
        kinds = request.accept_mimetypes
        if kinds["application/json"] > kinds["text/html"]:
            response = as_json()
        else:
            response = make_response(render_template("data.html", view=data_view(context.source)))
        response.vary.add("Accept")
        return response

    pages.add_url_rule("/data", "page", page)
    pages.add_url_rule("/data.json", "json", as_json)
    return pages
