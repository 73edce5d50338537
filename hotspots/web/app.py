"""The application factory: the pages, the headers of every answer, and pages for errors."""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from typing import Any

from flask import Flask, Response, abort, current_app, g, render_template, request, url_for
from markupsafe import Markup, escape
from werkzeug.exceptions import HTTPException

from hotspots.drawing.paints import hatches
from hotspots.errors import HotspotsError, ResultError, UsageError
from hotspots.taxonomy import categories
from hotspots.web.api.problems import routing_problem
from hotspots.web.choices import Choice
from hotspots.web.compression import send_small
from hotspots.web.context import Context
from hotspots.web.jobs import Working
from hotspots.web.origin import is_for_us
from hotspots.web.pages import NAVIGATION, PAGES
from hotspots.web.source import Source
from hotspots.web.text import capital, plain, tidy, whole
from hotspots.web.views import PATIENCE_S, Views

_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}' 'self'; style-src 'self' 'nonce-{nonce}'; "
    "img-src 'self' data:{images}; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'self'"
)
_LENGTH = re.compile(r"(\d+-(?:week|month|year|period))")
#: Ids of links of the navigation that keys follow.
_KEY_IDS = {"map.page": "to-map", "help.page": "to-help"}
#: Pages that have such a link of their own.
_OWN_IDS = {("wards", "to-map"), ("shortlist", "to-map")}
#: What is the same whatever the data are.
_STATELESS = (None, "static", "assets.leaflet", "assets.health")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_SENTENCES = {
    400: "An address must be one that the pages make; this one is not.",
    403: "An export must be asked for on its own page; this came from elsewhere: open Export here.",
    404: "There is no page at this address.",
    405: "This page can be read only.",
    413: "A form must be short; this one is too long: fill it in on its page.",
    421: "This server answers to its own names only; add the one you used to `names` in "
    "hotspots.toml.",
    500: "Hotspots met a fault of its own; nothing was changed.",
}
_TITLES = {
    400: "This cannot be shown",
    403: "This was not sent from here",
    404: "There is nothing here",
    405: "Not possible here",
    421: "This is not for this server",
}


def create_app(source: Source, patience_s: float = PATIENCE_S) -> Flask:
    """Return the application that shows one workspace; its views are ``app.extensions["views"]``.

    Parameters
    ----------
    source : Source
        The workspace.
    patience_s : float
        How long a page waits for a view that is not computed yet before it says so.
    """
    app = Flask("hotspots.web", static_folder="static", template_folder="templates")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["hatches"] = hatches
    app.jinja_env.filters["tidy"] = tidy
    app.jinja_env.filters["unbroken"] = unbroken
    app.extensions["img_hosts"] = []
    views = app.extensions["views"] = Views(source, patience_s)
    for make in PAGES:
        app.register_blueprint(make(Context(source, views)))
    send_small(app)
    names = frozenset(source.settings.names)
    app.before_request(_make_nonce)
    app.before_request(lambda: None if is_for_us(request, names) else abort(421, _SENTENCES[421]))
    app.before_request(lambda: _hold(source))
    app.teardown_request(_let_go)
    app.after_request(_secure)
    app.jinja_env.filters |= {"capital": capital, "plain": plain, "whole": whole}
    app.jinja_env.filters["at_place"] = _at_place
    app.context_processor(lambda: _frame(app, source))
    app.register_error_handler(Working, _working)
    app.register_error_handler(HotspotsError, _refused)
    app.register_error_handler(HTTPException, _not_served)
    app.register_error_handler(Exception, lambda error: _failed(app, error))
    return app


def unbroken(text: str) -> Markup:
    """Return text as HTML in which a line does not end within "12-month"."""
    return Markup(_LENGTH.sub(r'<span class="unbroken">\1</span>', str(escape(text))))  # noqa: S704


def _at_place(choice: Choice, place_id: str) -> Choice:
    return replace(choice, path=(("place_id", place_id),))


def _make_nonce() -> None:
    g.nonce = secrets.token_urlsafe(16)


def _secure(response: Response) -> Response:
    # tiles of another host, where the workspace names one
    images = "".join(f" {host}" for host in current_app.extensions["img_hosts"])
    response.headers["Content-Security-Policy"] = _POLICY.format(
        nonce=g.get("nonce", ""), images=images
    )
    for name, value in _HEADERS.items():
        response.headers[name] = value
    if response.mimetype == "text/html":
        # a nonce is for one answer, and the incidents are not for a shared cache
        response.headers["Cache-Control"] = "no-store"
    return response


def _hold(source: Source) -> None:
    """Let one answer speak of one state of the data; files beside the pages have none."""
    if request.endpoint not in _STATELESS:
        held = source.hold()
        held.__enter__()
        g.held = held  # only what was entered is left


def _let_go(_error: BaseException | None) -> None:
    held = g.pop("held", None)
    if held is not None:
        held.__exit__(None, None, None)


def _frame(app: Flask, source: Source) -> dict[str, Any]:
    """Return what every page shows round its content, an error's too."""
    try:
        notices = source.notices()
    except Exception:
        notices = ()
    return {
        "workspace": tidy(source.settings.name),
        "marking": tidy(source.settings.marking),
        "notices": [tidy(notice) for notice in notices],
        "nonce": g.get("nonce", ""),
        "pages": [page for page in NAVIGATION if page[0] in app.view_functions],
        "key_ids": {e: i for e, i in _KEY_IDS.items() if (request.blueprint, i) not in _OWN_IDS},
        "export_address": _export_address,
    }


def _export_address(choice: Choice | None) -> str:
    """Return where what a page shows can be exported; a page without a choice has ``None``."""
    shown = choice.query if choice else {}  # an error's page has an undefined one
    query: dict[str, Any] = {**shown, "from": request.blueprint}
    return url_for("export.page", **query)


def _working(state: Working) -> Response:
    """Answer that a view is being computed; the page asks again by itself."""
    page = render_template("working.html", what=state.what, done=state.done)
    return Response(page, 202, {"Retry-After": "1"}, mimetype="text/html")


def _refused(error: HotspotsError) -> tuple[str, int]:
    kinds = ((UsageError, 400), (ResultError, 404), (HotspotsError, 500))
    status = next(code for kind, code in kinds if isinstance(error, kind))
    return _error_page(str(error), status), status


def _not_served(error: Exception) -> Response | tuple[str, int]:
    if (problem := routing_problem(error)) is not None:
        return problem
    code = error.code if isinstance(error, HTTPException) and error.code else 500
    if isinstance(error, HTTPException) and code < 400:
        return Response(error.get_response().get_data(), code, error.get_response().headers)
    return _error_page(_SENTENCES.get(code, "This cannot be shown."), code), code


def _failed(app: Flask, error: Exception) -> tuple[str, int]:
    app.logger.error("A page failed", exc_info=error)
    return _error_page(_SENTENCES[500], 500), 500


def _error_page(sentence: str, status: int) -> str:
    title = _TITLES.get(status, "Something went wrong")
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
