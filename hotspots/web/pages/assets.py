"""What stands beside the pages: Leaflet, streets, tiles, the health of the server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, request, send_from_directory
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from xstatic.pkg import leaflet

import hotspots
from hotspots.tiles import LocalTiles, RemoteTiles, Tiles
from hotspots.web.context import Context, revalidated

#: How long a browser may keep a tile without asking again, seconds.
TILE_AGE_S = 24 * 3600


def blueprint(context: Context) -> Blueprint:
    """Return the blueprint of what is no page."""
    assets = Blueprint("assets", __name__)
    streets = _Streets(context)
    assets.add_url_rule("/healthz", "health", _health)
    assets.add_url_rule("/streets.json", "streets", streets.main)
    assets.add_url_rule("/streets/<square>.json", "streets_of", streets.of_square)
    assets.add_url_rule("/static/leaflet/<path:name>", "leaflet", _leaflet)
    tiles = context.source.tiles()
    if isinstance(tiles, LocalTiles):
        assets.add_url_rule(
            "/tiles/<int:z>/<int:x>/<int:y>", "tile", lambda z, x, y: _tile(tiles, z, x, y)
        )
    assets.record_once(lambda state: _keep(state, tiles))
    return assets


def _health() -> ResponseReturnValue:
    return {"status": "ok", "version": hotspots.__version__}


class _Streets:
    """The base of streets, apart from the page: main roads at once, others by squares."""

    def __init__(self, context: Context) -> None:
        self._source, self._jobs = context.source, context.views.jobs

    def main(self) -> Response:
        return revalidated(self._bodies()[""])

    def of_square(self, square: str) -> Response:
        body = self._bodies().get(square)
        return revalidated(body) if body else abort(404)

    def _bodies(self) -> dict[str, str]:
        """Return the text of every answer by its square, that of the main roads by ``""``."""
        return self._jobs.now(
            ("streets", self._source.state()),
            "The streets are being drawn.",
            lambda _: self._make(),
        )

    def _make(self) -> dict[str, str]:
        from hotspots.streets import minor_squares, streets_json

        frame = self._source.streets()
        if frame is None:
            return {"": _json({"major": [], "squares": {}, "attribution": ""})}
        squares = {key: _json(lines) for key, lines in minor_squares(frame).items()}
        return {**squares, "": _json(streets_json(frame))}


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _tile(tiles: LocalTiles, z: int, x: int, y: int) -> Response:
    image = tiles.tile(z, x, y)
    # without a body where nothing is drawn, which is no fault
    response = Response(image, 204 if image is None else 200, mimetype=tiles.mimetype)
    response.add_etag()
    response.headers["Cache-Control"] = f"private, max-age={TILE_AGE_S}"
    response.make_conditional(request)
    return response


def _keep(state: BlueprintSetupState, tiles: Tiles | None) -> None:
    """Tell the pages which tiles there are, and the policy of the host they come from."""
    state.app.extensions["tiles"] = tiles
    if isinstance(tiles, RemoteTiles):
        state.app.extensions["img_hosts"].append(tiles.host)


def _leaflet(name: str) -> Response:
    return send_from_directory(Path(leaflet.BASE_DIR), name)
