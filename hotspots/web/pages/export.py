"""The form that makes a file to be given away, and the log of what was made."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from hotspots.errors import HotspotsError, ResultError, UsageError
from hotspots.plain_text import tidy
from hotspots.releasing.request import KINDS
from hotspots.web.choices import Choice, choose
from hotspots.web.context import Context
from hotspots.web.desk import Busy, Desk
from hotspots.web.download import download
from hotspots.web.export_form import ROOM, Wanted, read_form, request_of, usual_kind
from hotspots.web.export_view import LISTED, export_view, log_rows
from hotspots.web.facts import data_to
from hotspots.web.origin import is_same_origin

#: After so many seconds there may be room for another export.
AGAIN_S = 10
_BUSY = (
    "As many exports are being made as this machine can make at a time; nothing of yours was made: "
    "ask again in a few seconds."
)
#: Pages that the form leads back to, by the name that their links give.
_BACK = {
    "meeting": "Meeting",
    "map": "Map",
    "compare": "Compare",
    "places": "Places",
    "wards": "Wards",
    "shortlist": "Shortlist",
    "data": "Data",
}


def blueprint(context: Context) -> Blueprint:
    """Return the blueprint of the form, of what it sends, and of the log."""
    pages = Blueprint("export", __name__)
    screen = _Screen(context)
    pages.add_url_rule("/export", "page", context.chosen(screen.page), methods=["GET"])
    pages.add_url_rule("/export", "make", screen.make, methods=["POST"])
    pages.add_url_rule("/export/log", "log", screen.log)
    return pages


class _Screen:
    """The form, and the desk at which its files are made."""

    def __init__(self, context: Context) -> None:
        self._context, self._source = context, context.source
        self._desk = Desk()

    def page(self, choice: Choice) -> ResponseReturnValue:
        wanted = read_form(request.args)
        kind = wanted.kind or usual_kind(request.args.get("from", ""))
        if kind not in KINDS:
            raise UsageError(f"An export must be one of {', '.join(KINDS)}; got {kind!r}.")
        return self._form(choice, replace(wanted, kind=kind))

    def make(self) -> ResponseReturnValue:
        if not is_same_origin(request):
            abort(403)
        asked = {name: request.form.get(name, "") for name in ("area", "category", "period")}
        choice = choose(self._source, asked)
        if choice is None:
            raise ResultError("There must be incidents to export; none are loaded: add a file.")
        wanted = Wanted()
        try:
            wanted = read_form(request.form)
            _check_whole(request.form)
            export = request_of(wanted, choice, self._source.profile)
            key = (self._source.state(), export)
            return download(self._desk.make(key, lambda: self._source.export(export)))
        except Busy:
            page = self._form(choice, wanted, _BUSY)
            return Response(page, 503, {"Retry-After": str(AGAIN_S)}, mimetype="text/html")
        except HotspotsError as error:
            return self._form(choice, wanted, str(error)), _status(error)

    def log(self) -> ResponseReturnValue:
        try:
            choice = self._context.choice()
        except HotspotsError:  # the log is there whatever the address says
            choice = None
        rows = log_rows(self._source.exports())
        return render_template("export_log.html", rows=rows, choice=choice)

    def _form(self, choice: Choice, wanted: Wanted, error: str = "") -> str:
        source = self._source
        page = request.values.get("from", "")
        page = page if page in _BACK else "meeting"
        view = export_view(
            choice, wanted, source.profile, source.coverage(), source.data_to(), error
        )
        return render_template(
            "export.html",
            choice=replace(choice, path=(("kind", wanted.kind), ("from", page))),
            view=view,
            rows=log_rows(source.exports(), LISTED),
            room=ROOM,
            page=page,
            back=_BACK[page],
            data_to=data_to(source.data_to()),
        )


def _check_whole(form: MultiDict[str, str]) -> None:
    """Raise an error if a form lacks what it is about, or says it twice: nothing is guessed here.

    A page may show what is usual where an address leaves something out; what leaves is logged.
    """
    for name, values in form.lists():
        if len(values) > 1:
            raise UsageError(
                f"A form of an export must say its {tidy(name)} once; got {len(values)} of it: "
                "fill it in on its page."
            )
    for name in ("category", "period"):
        if not form.get(name):
            raise UsageError(
                f"A form of an export must say its {name}; got none: fill it in on its page."
            )


def _status(error: HotspotsError) -> int:
    if isinstance(error, UsageError):
        return 400
    # what is asked for is right, and the data or an earlier export do not let it be made
    return 409 if isinstance(error, ResultError) else 500
