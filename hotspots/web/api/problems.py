"""What went wrong, as RFC 9457 has it: application/problem+json."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, current_app, request
from werkzeug.exceptions import HTTPException

from hotspots.errors import HotspotsError, ResultError, UsageError
from hotspots.web.api import answers
from hotspots.web.api.writing import as_json
from hotspots.web.jobs import Working

#: Where the API is; errors of routing below it are problems too.
PREFIX = "/api/v1"
MIMETYPE = "application/problem+json"
#: Name and title of each kind of problem, by its status.
KINDS = {
    400: ("bad-argument", "An argument cannot be used"),
    404: ("not-found", "There is nothing here"),
    405: ("read-only", "The API can be read only"),
    406: ("not-acceptable", "There is no answer of that type"),
    500: ("fault", "Hotspots met a fault"),
}
_SENTENCES = {
    400: "A request must be one that HTTP knows; this one is not.",
    404: f"An address must be one that {PREFIX}/ lists; this one is not: start there.",
    405: "A request must be GET, HEAD or OPTIONS; the API can be read only.",
    500: "Hotspots met a fault of its own; nothing was changed.",
}


def problem(status: int, detail: str) -> Response:
    """Return a problem; ``detail`` is one sentence for a person."""
    name, title = KINDS.get(status, ("", HTTPStatus(status).phrase))
    body = answers.Problem(
        type=f"{PREFIX}/problems#{name}" if name else "about:blank",
        title=title,
        status=status,
        detail=detail,
        instance=request.full_path.rstrip("?"),
    )
    response = Response(as_json(body), status, mimetype=MIMETYPE)
    response.headers["Cache-Control"] = "no-store"
    return response


def refused(error: HotspotsError) -> Response:
    """Answer what the data or the arguments do not allow."""
    kinds = ((UsageError, 400), (ResultError, 404), (HotspotsError, 500))
    status = next(code for kind, code in kinds if isinstance(error, kind))
    return problem(status, str(error))


def not_served(error: HTTPException) -> Response:
    """Answer what HTTP does not allow."""
    code = error.code or 500
    response = problem(code, _SENTENCES.get(code, error.description or "This cannot be answered."))
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after"):
            response.headers[name] = value
    return response


def failed(error: Exception) -> Response:
    """Answer a fault of our own, which is logged and not shown."""
    current_app.logger.error("An answer of the API failed", exc_info=error)
    return problem(500, _SENTENCES[500])


def working(state: Working) -> Response:
    """Answer that the answer is being computed."""
    body = answers.Working(what=state.what, done=state.done)
    response = Response(as_json(body), 202, {"Retry-After": "1"}, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def routing_problem(error: Exception) -> Response | None:
    """Return the answer to an address or method that does not exist below the API; else None."""
    below = request.path == PREFIX or request.path.startswith(f"{PREFIX}/")
    if not below or not isinstance(error, HTTPException) or (error.code or 500) < 400:
        return None
    return not_served(error)
