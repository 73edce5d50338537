"""The map: one main layer at a time, hot spots numbered as in the list, a slider through time."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue

import hotspots
from hotspots.errors import ResultError
from hotspots.model import Wards
from hotspots.results import Result
from hotspots.tiles import LocalTiles, Tiles
from hotspots.web.basemap import base_map
from hotspots.web.choices import LAYERS, Choice
from hotspots.web.context import Context
from hotspots.web.data_page import bar
from hotspots.web.dots import dots_of
from hotspots.web.facts import data_to
from hotspots.web.text import tidy
from hotspots.web.timeline import Timeline, starts_of, timeline
from hotspots.web.view import view_of


def blueprint(context: Context) -> Blueprint:
    """Return the map's blueprint."""
    pages = Blueprint("map", __name__)
    screen = _Screen(context)
    pages.add_url_rule("/map", "page", context.chosen(screen.page))
    pages.add_url_rule("/map/view.json", "view", screen.view)
    pages.add_url_rule("/map/dots.json", "dots", screen.dots)
    return pages


class _Screen:
    """The page, and the data that its module draws."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._source, self._views = context.source, context.views

    def page(self, choice: Choice) -> ResponseReturnValue:
        result, wards = self._result(choice)
        return render_template(
            "map.html",
            choice=choice,
            layers=LAYERS,
            view=view_of(result, wards, choice.category),
            timeline=self._timeline(choice, wards),
            bar=bar(result.findings),
            base=base_map(wards),
            base_key=_base_key(wards, choice),
            tiles=_tiles(current_app.extensions.get("tiles")),
            data_to=data_to(self._source.data_to()),
        )

    def view(self) -> Response:
        choice = self._asked()

        def make() -> dict[str, Any]:
            result, wards = self._result(choice)
            data = view_of(result, wards, choice.category).data
            return {**data, "base": _base_key(wards, choice)}

        return self._tagged("map", choice, make)

    def dots(self) -> Response:
        choice = self._asked()

        def make() -> dict[str, Any]:
            _, wards = self._result(choice)
            incidents = self._source.incidents(choice.category.code)
            return dots_of(incidents, wards, choice.period, choice.category)

        return self._tagged("dots", choice, make)

    def _asked(self) -> Choice:
        choice = self._context.choice()
        if choice is None:
            raise ResultError("There must be incidents to map; none are loaded: add a file.")
        return choice

    def _result(self, choice: Choice) -> tuple[Result, Wards]:
        area = choice.area.code
        result = self._views.result(choice.period.id, choice.category.code, area)
        return result, self._views.wards(result, area)

    def _timeline(self, choice: Choice, wards: Wards) -> Timeline | None:
        code = choice.category.code
        starts = self._views.jobs.now(
            ("starts", self._source.state(), code, choice.area.code, wards.vintage),
            "The incidents are being counted.",
            lambda _: starts_of(self._source.incidents(code), wards, choice.category),
        )
        return timeline(choice.period, choice.offered, starts, code, self._source.findings())

    def _tagged(self, what: str, choice: Choice, make: Callable[[], dict[str, Any]]) -> Response:
        """Answer with JSON, made only for who does not have it: its tag is known beforehand."""
        response = Response(mimetype="application/json")
        response.set_etag(
            self._views.etag(what, hotspots.__version__, sorted(choice.query.items()))
        )
        response.headers["Cache-Control"] = "private, no-cache"
        response.make_conditional(request)
        if response.status_code != 304:
            response.set_data(json.dumps(make(), separators=(",", ":"), ensure_ascii=False))
        return response


def _tiles(tiles: Tiles | None) -> dict[str, Any] | None:
    """Return where the map's module finds the tiles, and at which zooms."""
    if isinstance(tiles, LocalTiles):
        zooms = {"least": tiles.min_zoom, "most": tiles.max_zoom}
        return {"url": "/tiles/{z}/{x}/{y}", "attribution": tidy(tiles.attribution), **zooms}
    if tiles is None:
        return None
    return {"url": tiles.url, "attribution": tidy(tiles.attribution), "least": 0, "most": 19}


def _base_key(wards: Wards, choice: Choice) -> str:
    """Return what the map in the page was made of: another needs a page of its own."""
    return f"{wards.vintage}/{choice.area.code}"
