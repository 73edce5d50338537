"""Every page can be used by everyone: axe finds nothing, and colour is never the only sign."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.conftest import settled, watched
from tests.web.page import EVERY_PAGE

#: WCAG 2.2 AA and all before it, and what axe counts as good practice.
OPTIONS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
OTHER = ("/?period=soon", "/nowhere", "/places/asb-c-1-2", "/?category=asb&period=2023-01")


def violations(page: Page) -> list[str]:
    found: list[dict[str, Any]] = Axe().run(page, options=OPTIONS).response["violations"]
    return [f"{v['id']}: {n['html'][:160]}" for v in found for n in v["nodes"]]


@pytest.mark.parametrize("path", [*EVERY_PAGE, *OTHER])
def test_axe_finds_nothing_wrong(browser: Browser, server_url: str, path: str) -> None:
    for width, height, dark in ((1920, 1080, False), (390, 844, True)):
        for page in watched(browser, width, height, refused=path in OTHER):
            if dark:
                page.add_init_script("localStorage.setItem('room', 'dark')")
            page.goto(server_url + path)
            settled(page).wait_for_load_state("networkidle")  # the streets are drawn, too
            assert violations(page) == []


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_nothing_is_wider_than_a_phone(browser: Browser, server_url: str, path: str) -> None:
    for page in watched(browser, 390, 844):
        page.goto(server_url + path)
        wide = settled(page).evaluate("document.documentElement.scrollWidth")
        assert wide <= 390
