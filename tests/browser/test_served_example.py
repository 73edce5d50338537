"""The first-light meeting: `hotspots demo` in a process of its own, looked at in a browser."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from playwright.sync_api import Page, expect

from hotspots import __version__
from tests.browser.test_map import is_over, places, until


def test_healthz_answers_with_the_version(example_url: str) -> None:
    with urllib.request.urlopen(f"{example_url}/healthz") as answer:  # noqa: S310
        assert answer.status == 200
        assert json.load(answer)["version"] == __version__


def opened(page: Page, url: str) -> dict[str, Any]:
    """Open a map that may say first that it is being computed, and then loads itself again."""
    page.goto(url)
    expect(page.locator("#map")).to_be_attached(timeout=60_000)
    return until(page, lambda shown: shown.get("ready") == "true")


def test_a_meeting_on_the_example(page: Page, example_url: str) -> None:
    before = opened(page, f"{example_url}/map?period=2026-09")
    expect(page.locator("body")).to_contain_text("Synthetic data")
    expect(page.locator("h1")).to_contain_text("September 2026")

    page.select_option("#category", "vehicle_crime")
    page.wait_for_url("**category=vehicle_crime**")
    expect(page.locator("h1")).to_contain_text("vehicle crime")
    page.select_option("#period", "2026-06")
    page.wait_for_url("**period=2026-06**")
    expect(page.locator("h1")).to_contain_text("June 2026")

    opened(page, f"{example_url}/map?category=asb&period=2026-09&layer=worse")
    spot = next(place for place in places(page) if place["question"] == "worse")
    page.locator(".place:visible").first.click()
    shown = until(page, lambda now: now["center"] != before["center"] and is_over(now, spot))
    assert float(shown["zoom"]) > float(before["zoom"])


def test_the_planted_flare_up_is_the_place_that_is_worse(page: Page, example_url: str) -> None:
    opened(page, f"{example_url}/map?category=asb&period=2026-09&layer=worse")
    expect(page.locator("h1")).to_contain_text("one is worse than usual")


def test_the_example_on_a_phone(phone: Page, example_url: str) -> None:
    opened(phone, f"{example_url}/map")
    wide = phone.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
    expect(phone.locator("#map")).to_be_visible()
