"""Tune: which settings, what do they cost, are they better, who says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from time import perf_counter
from typing import Any

from flask import Blueprint, Response, abort, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hotspots.errors import HotspotsError, ResultError, UsageError
from hotspots.web.choices import Choice, choose
from hotspots.web.context import Context
from hotspots.web.facts import data_to
from hotspots.web.jobs import Working
from hotspots.web.origin import is_same_origin
from hotspots.web.tune_desk import Crowded, TuneDesk
from hotspots.web.tune_form import FIELDS
from hotspots.web.tune_view import MARKED, ROOM, Decision, TuneView, Tuning, tuning_of, view_of

#: After so many seconds there may be room for another preview.
AGAIN_S = 1


def blueprint(context: Context) -> Blueprint:
    """Return the blueprint of the page, its previews and scores, and what is kept."""
    pages = Blueprint("tune", __name__)
    screen = _Screen(context)
    pages.add_url_rule("/tune", "page", context.chosen(screen.page), methods=["GET"])
    pages.add_url_rule("/tune", "save", screen.save, methods=["POST"])
    pages.add_url_rule("/tune/approve", "approve", screen.approve, methods=["POST"])
    pages.add_url_rule("/tune/preview", "preview", screen.preview)
    pages.add_url_rule("/tune/scores", "scores", screen.scores)
    return pages


class _Screen:
    """The page, and the desk at which its previews and scores are made."""

    def __init__(self, context: Context) -> None:
        self._context, self._source = context, context.source
        self._desk = TuneDesk(context.source)

    def page(self, choice: Choice) -> ResponseReturnValue:
        return self._form(choice, request.args)

    def preview(self) -> ResponseReturnValue:
        """Answer with what the settings show and cost, as JSON."""
        began = perf_counter()
        tuning = self._tuning(self._asked(request.args), request.args)
        try:
            made = self._desk.preview(tuning)
        except (Crowded, Working):
            busy = jsonify(error="Other previews are being made: this one is asked for again.")
            busy.status_code = 503
            busy.headers["Retry-After"] = str(AGAIN_S)
            return busy
        except (ResultError, UsageError) as error:
            return jsonify(error=str(error), errors=tuning.draft.errors), 400
        response = jsonify(view_of(tuning, made).answer())
        response.headers["Server-Timing"] = f"preview;dur={1000 * (perf_counter() - began):.1f}"
        response.headers["Cache-Control"] = "no-store"
        return response

    def scores(self) -> ResponseReturnValue:
        """Answer with a part of the page: how good the settings were on the past."""
        tuning = self._tuning(self._asked(request.args), request.args)
        if tuning.draft.profile is None:
            raise UsageError("Settings must be mended before they can be scored.")
        scored = self._desk.scores(tuning)  # raises Working until it is there
        return render_template("_tune_scores.html", scores=scored)

    def save(self) -> ResponseReturnValue:
        """Keep the settings as a new version."""
        if not is_same_origin(request):
            abort(403)
        form = request.form
        choice = self._asked(form)
        tuning = self._tuning(choice, form)
        decision = Decision.read(form)
        try:
            kept = self._source.save_profile(
                choice.category.code,
                tuning.to_keep(decision.name),
                decision.author,
                decision.reason,
                based_on=tuning.start,
                evidence=self._desk.evidence(tuning),
            )
        except (UsageError, ResultError) as error:
            return self._form(choice, form, decision.refused(str(error))), 400
        return _back(choice, start=kept.version, saved=kept.version)

    def approve(self) -> ResponseReturnValue:
        """Let the category's runs use a version."""
        if not is_same_origin(request):
            abort(403)
        form = request.form
        choice = self._asked(form)
        decision = Decision.read(form)
        try:
            version = _version(form.get("version", ""))
            self._source.approve_profile(
                choice.category.code, version, decision.author, decision.reason
            )
        except (UsageError, ResultError) as error:
            refused = decision.refused(str(error), approving=form.get("version") or "none")
            return self._form(choice, form, refused), 400
        return _back(choice, approved=version)

    def _form(
        self, choice: Choice, given: Mapping[str, str], decision: Decision | None = None
    ) -> str:
        tuning = self._tuning(choice, given)
        view = self._view(tuning)
        scores, unscored = None, ""
        if given.get("score") and tuning.draft.profile is not None:
            try:
                scores = self._desk.scores(tuning)
            except (ResultError, UsageError) as error:  # the page is there all the same
                unscored = str(error)
        return render_template(
            "tune.html",
            choice=replace(choice, path=tuning.path),
            plain_choice=choice,
            view=view,
            scores=scores,
            unscored=unscored,
            marked=MARKED,
            room=ROOM,
            decision=(told := decision or Decision.said(given, tuning)),
            approving=told.approving or str(tuning.start),
            data_to=data_to(self._source.data_to()),
        )

    def _view(self, tuning: Tuning) -> TuneView:
        try:
            return view_of(tuning, self._desk.preview(tuning, patient=True))
        except HotspotsError as error:
            return view_of(tuning, None, str(error))

    def _asked(self, given: Mapping[str, str]) -> Choice:
        choice = choose(
            self._source, {name: given.get(name, "") for name in ("area", "category", "period")}
        )
        if choice is None:
            raise ResultError("There must be incidents to tune by; none are loaded: add a file.")
        return choice

    def _tuning(self, choice: Choice, given: Mapping[str, str]) -> Tuning:
        settings = {name: given[name] for name in FIELDS if name in given}
        start = given.get("start", "")
        number = _version(start) if start else None
        return tuning_of(self._source, choice, settings, number, given.get("marked", ""))


def _back(choice: Choice, **told: int) -> ResponseReturnValue:
    """Lead to the page by GET, so that loading it again decides nothing again."""
    query: dict[str, Any] = {**choice.query, **told}
    there = {"Location": url_for("tune.page", **query)}
    return Response(status=303, headers=there, mimetype="text/plain")


def _version(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 7):
        raise UsageError(f"A version must be a whole number such as 3; got {text[:20]!r}.")
    return int(text)
