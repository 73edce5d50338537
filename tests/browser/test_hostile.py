"""Hostile names in the browser: they are read, they never run."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from hotspots.web import create_app
from tests.browser.conftest import once, press, settled
from tests.browser.test_map import opened
from tests.web.made_up import made_up, some_streets
from tests.web.page import EVERY_PAGE
from tests.web.test_hostile import HOSTILE


@pytest.fixture
def hostile_url() -> Iterator[str]:
    source = made_up(names=HOSTILE)
    source.lines = some_streets().assign(name=HOSTILE[0])
    source.lines.attrs["attribution"] = HOSTILE[1]
    server = make_server("127.0.0.1", 0, create_app(source, patience_s=60), threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(timeout=10)
    server.server_close()


@pytest.mark.parametrize("layer", ["concentrated", "wards"])
def test_hostile_ward_names_are_text_on_the_map(hostile_url: str, page: Page, layer: str) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"a name ran: {dialog.message}"))
    opened(page, f"{hostile_url}/map?period=2024-01&layer={layer}")
    names = page.locator(".ward-name").all_inner_texts()
    assert any("<img" in name or "<script>" in name for name in names)
    expect(page.locator("main img")).to_have_count(0)
    page.click(".list.concentrated .place >> nth=0")
    street, credit = page.locator(".street-name").first, page.locator("#credit")
    once(page, street.inner_text, lambda text: text == HOSTILE[0])
    once(page, credit.inner_text, lambda text: text == HOSTILE[1])
    press(page, "[")
    page.wait_for_url("**period=2023-12**")
    expect(page.locator("main img")).to_have_count(0)


def test_no_page_runs_a_name_or_grows_with_it(hostile_url: str, phone: Page) -> None:
    phone.on("dialog", lambda dialog: pytest.fail(f"a name ran: {dialog.message}"))
    for path in EVERY_PAGE:
        phone.goto(hostile_url + path)
        expect(settled(phone).locator("main img")).to_have_count(0)
        wide = phone.evaluate("document.documentElement.scrollWidth")
        assert (path, wide) == (path, 390)
