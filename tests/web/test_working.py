"""A view that was never computed says so, is computed in the background, and holds up nobody."""

from __future__ import annotations

import time
from threading import Event
from typing import Any

import pytest
from flask.testing import FlaskClient

from hotspots.meeting.meeting import Progress
from hotspots.meeting.track import Track
from hotspots.model import Period
from hotspots.web import create_app
from tests.web.made_up import MadeUp, made_up
from tests.web.page import CheckedClient, read

LONG = 60.0


class Slow(MadeUp):
    """A source whose track waits half way until it is let go."""

    half_way: Event
    go: Event

    def track(
        self, last: Period, category: str, area: str = "", progress: Progress | None = None
    ) -> Track:
        if progress is not None:
            progress(1, 2)
        self.half_way.set()
        assert self.go.wait(LONG)
        return super().track(last, category, area, progress)


@pytest.fixture
def slow() -> Slow:
    usual = made_up()
    source = Slow(usual.ward_set, usual.all_incidents)
    source.half_way, source.go = Event(), Event()
    return source


@pytest.fixture
def client(slow: Slow) -> FlaskClient:
    app = create_app(slow, patience_s=0.02)
    app.test_client_class = CheckedClient
    return app.test_client()


def ready(client: FlaskClient, path: str) -> Any:
    """Ask until the answer is there."""
    until = time.monotonic() + LONG
    while time.monotonic() < until:
        answer = client.get(path)
        if answer.status_code != 202:
            return answer
        time.sleep(0.02)
    raise AssertionError("the view was never ready")


def test_a_view_that_is_computed_says_so_with_progress(client: FlaskClient, slow: Slow) -> None:
    answer = client.get("/?category=asb&period=2024-01")
    assert answer.status_code == 202
    assert answer.headers["Retry-After"] == "1"
    assert slow.half_way.wait(LONG)
    page = read(client.get("/?category=asb&period=2024-01"))
    assert page.one("h1").text == "This view is being computed"
    assert page.one("progress").attributes["value"] == "50"
    assert page.with_class("button")[0].text == "Look again"
    slow.go.set()
    assert ready(client, "/?category=asb&period=2024-01").status_code == 200


def test_others_are_not_held_up(client: FlaskClient, slow: Slow) -> None:
    assert client.get("/?category=asb&period=2024-01").status_code == 202
    assert slow.half_way.wait(LONG)
    assert client.get("/data").status_code == 200
    assert client.get("/help").status_code == 200
    # a map needs no track: it is made beside the one that waits
    assert ready(client, "/map?category=asb&period=2024-01").status_code == 200
    assert client.get("/?category=asb&period=2024-01").status_code == 202
    slow.go.set()
    ready(client, "/?category=asb&period=2024-01")


def test_many_who_ask_make_one_computation(client: FlaskClient, slow: Slow) -> None:
    made = 0
    whole = slow.meeting

    def counted(*given: Any) -> Any:
        nonlocal made
        made += 1
        return whole(*given)

    slow.meeting = counted  # type: ignore[method-assign]
    for _ in range(5):
        assert client.get("/?category=asb&period=2024-01").status_code == 202
    slow.go.set()
    ready(client, "/?category=asb&period=2024-01")
    assert made == 1
