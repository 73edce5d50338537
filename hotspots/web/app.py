"""The application factory: the pages, the headers of every answer, and pages for errors."""

from __future__ import annotations

import re
import secrets
from typing import Any

from flask import Flask, Response, g, render_template, request
from markupsafe import Markup, escape
from werkzeug.exceptions import HTTPException

from hotspots.errors import HotspotsError, ResultError, UsageError
from hotspots.taxonomy import categories
from hotspots.web.pages import make_pages
from hotspots.web.source import Source
from hotspots.web.text import tidy

_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}' 'self'; style-src 'self' 'nonce-{nonce}'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'self'"
)
_LENGTH = re.compile(r"(\d+-(?:week|month|year|period))")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_SENTENCES = {
    400: "An address must be one that the pages make; this one is not.",
    404: "There is no page at this address.",
    405: "This page can be read only.",
    500: "Hotspots met a fault of its own; nothing was changed.",
}


def create_app(source: Source) -> Flask:
    """Return the application that shows one workspace.

    Parameters
    ----------
    source : Source
        The workspace.
    """
    app = Flask("hotspots.web", static_folder="static", template_folder="templates")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["tidy"] = tidy
    app.jinja_env.filters["unbroken"] = unbroken
    app.register_blueprint(make_pages(source))
    app.before_request(_make_nonce)
    app.after_request(_secure)
    app.context_processor(lambda: _frame(source))
    app.register_error_handler(HotspotsError, _refused)
    app.register_error_handler(HTTPException, _not_served)
    app.register_error_handler(Exception, lambda error: _failed(app, error))
    return app


def unbroken(text: str) -> Markup:
    """Return text as HTML in which a line does not end within "12-month"."""
    return Markup(_LENGTH.sub(r'<span class="unbroken">\1</span>', str(escape(text))))  # noqa: S704


def _make_nonce() -> None:
    g.nonce = secrets.token_urlsafe(16)


def _secure(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _POLICY.format(nonce=g.get("nonce", ""))
    for name, value in _HEADERS.items():
        response.headers[name] = value
    if response.mimetype == "text/html":
        # a nonce is for one answer, and the incidents are not for a shared cache
        response.headers["Cache-Control"] = "no-store"
    return response


def _frame(source: Source) -> dict[str, Any]:
    """Return what every page shows round its content, an error's too."""
    try:
        notices = source.notices()
    except HotspotsError:
        notices = ()
    return {
        "workspace": tidy(source.settings.name),
        "marking": tidy(source.settings.marking),
        "notices": [tidy(notice) for notice in notices],
        "nonce": g.get("nonce", ""),
    }


def _refused(error: HotspotsError) -> tuple[str, int]:
    kinds = ((UsageError, 400), (ResultError, 404), (HotspotsError, 500))
    status = next(code for kind, code in kinds if isinstance(error, kind))
    return _error_page(str(error), status), status


def _not_served(error: Exception) -> Response | tuple[str, int]:
    code = error.code if isinstance(error, HTTPException) and error.code else 500
    if isinstance(error, HTTPException) and code < 400:
        return Response(error.get_response().get_data(), code, error.get_response().headers)
    return _error_page(_SENTENCES.get(code, "This cannot be shown."), code), code


def _failed(app: Flask, error: Exception) -> tuple[str, int]:
    app.logger.error("A page failed", exc_info=error)
    return _error_page(_SENTENCES[500], 500), 500


def _error_page(sentence: str, status: int) -> str:
    titles = {400: "This cannot be shown", 404: "There is nothing here", 405: "Not possible here"}
    title = titles.get(status, "Something went wrong")
    return render_template(
        "error.html",
        title=title,
        sentence=tidy(sentence),
        status=status,
        category=_category_to_retry(status),
    )


def _category_to_retry(status: int) -> str | None:
    """Return the category asked for, where only the period can have been amiss."""
    asked = request.args.get("category", "")
    return asked if status == 404 and request.args.get("period") and asked in categories() else None
