"""A real server and a real browser, which may reach this machine and nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TypeVar
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    FloatRect,
    Locator,
    Page,
    Request,
    expect,
)
from werkzeug.serving import make_server

from hotspots.web import create_app
from tests.web.made_up import made_up

#: A browser shares its processors with the rest of the suite: it can be slower than people see it.
PATIENCE_S = 15
#: The servers of these tests are told to wait for a view: a page may be that long in coming.
NAVIGATION_S = 60
expect.set_options(timeout=PATIENCE_S * 1000)

T = TypeVar("T")


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The address of a server of its own thread, with made-up data."""
    app = create_app(made_up(), patience_s=NAVIGATION_S)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(timeout=10)
    server.server_close()


@pytest.fixture(scope="session")
def example_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address that `hotspots demo` prints, a process of its own with the whole example."""
    folder = tmp_path_factory.mktemp("served") / "example"
    command = [sys.executable, "-u", "-m", "hotspots", "-C", str(folder), "demo", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                break
        else:
            raise AssertionError(f"no address was printed: {said}")
        # the first page of a new process reads the store: at no test's expense
        urllib.request.urlopen(found[0], timeout=120).close()  # noqa: S310
        yield found[0]
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of 1920 by 1080; fails on an error, a broken policy or a request to elsewhere."""
    yield from watched(browser, 1920, 1080)


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """The same on a phone."""
    yield from watched(browser, 390, 844)


def watched(browser: Browser, width: int, height: int, refused: bool = False) -> Iterator[Page]:
    """Yield a page; ``refused`` says that the address itself is answered with an error."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, reduced_motion="reduce"
    )
    context.set_default_navigation_timeout(NAVIGATION_S * 1000)
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.extend(said(message, refused)))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: faults.extend(elsewhere(request.url)))
    page.on("requestfailed", lambda request: faults.extend(failed(request)))
    yield page
    context.close()
    assert faults == []


def press(page: Page, key: str) -> None:
    """Press a key once the page's scripts run: its words stand before they listen."""
    page.wait_for_load_state("domcontentloaded")
    page.keyboard.press(key)


@contextmanager
def leaving(page: Page) -> Iterator[None]:
    """Do what leads to another page, and go on when that one is loaded.

    Until then every question is answered by the page that is left.
    """
    with page.expect_navigation():
        yield


def settled(page: Page) -> Page:
    """Return a page that is loaded once its live map, where it has one, stands."""
    live = page.locator("#map, #halves")
    if live.count():
        expect(live).to_have_attribute("data-ready", "true")
    return page


def once(page: Page, read: Callable[[], T], holds: Callable[[T], bool]) -> T:
    """Read until what is read holds, and return it.

    The pages' policy forbids Playwright's own way of waiting for an expression.
    """
    end = time.monotonic() + PATIENCE_S
    while not holds(found := read()):
        if time.monotonic() > end:
            raise AssertionError(f"it never came to hold: {found}")
        page.wait_for_timeout(50)
    return found


def box_of(locator: Locator) -> FloatRect:
    """Return the box of what is shown: what is just being replaced has none."""
    expect(locator).to_be_visible()
    box = once(locator.page, locator.bounding_box, lambda found: found is not None)
    assert box is not None
    return box


def said(message: ConsoleMessage, refused: bool) -> list[str]:
    if message.type not in ("error", "warning"):
        return []
    return (
        []
        if refused and "the server responded with a status of 4" in message.text
        else [message.text]
    )


def failed(request: Request) -> list[str]:
    # a page that is left gives up what it was still loading
    given_up = "ERR_ABORTED" in (request.failure or "")
    return [] if given_up else [f"{request.failure}: {request.url}"]


def elsewhere(url: str) -> list[str]:
    parts = urlsplit(url)
    local = parts.scheme in ("data", "blob", "about") or parts.hostname == "127.0.0.1"
    return [] if local else [f"asked {url}"]
