"""The map as a person in a meeting uses it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

LAYERS = ("concentrated", "worse", "density", "wards")


def state(page: Page) -> dict[str, Any]:
    """What the map shows, from its data attributes."""
    shown: dict[str, Any] = page.evaluate("({...document.getElementById('map').dataset})")
    return shown


def until(
    page: Page, holds: Callable[[dict[str, Any]], bool], seconds: float = 8
) -> dict[str, Any]:
    """Poll the map: the policy forbids Playwright's own way of waiting for an expression."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        shown = state(page)
        if holds(shown):
            return shown
        page.wait_for_timeout(50)
    raise AssertionError(f"the map never got there: {state(page)}")


def opened(page: Page, url: str) -> dict[str, Any]:
    page.goto(url)
    return until(page, lambda shown: shown.get("ready") == "true" and "center" in shown)


def places(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(
        "JSON.parse(document.getElementById('view-data').textContent).places"
    )
    return found


def is_over(shown: dict[str, Any], place: dict[str, Any]) -> bool:
    lat, lng = (float(part) for part in shown["center"].split(","))
    corners = [corner for part in place["outline"] for ring in part for corner in ring]
    lats, lngs = [c[0] for c in corners], [c[1] for c in corners]
    return min(lats) <= lat <= max(lats) and min(lngs) <= lng <= max(lngs)


def legend(page: Page) -> str:
    return page.locator(".legend.on .unit").inner_text()


def test_the_page_opens_on_the_whole_area(page: Page, server_url: str) -> None:
    shown = opened(page, server_url)
    assert shown["layer"] == "concentrated"
    expect(page.locator("#map .place-marker")).to_have_count(1)
    # wards, boroughs, outlines and cells are drawn
    assert page.locator("#map path").count() > 9
    expect(page.locator(".ward-name").first).to_be_visible()
    assert "#" not in page.url


def test_choosing_a_category_and_a_period_shows_them(page: Page, server_url: str) -> None:
    opened(page, server_url)
    page.select_option("#category", "deliberate_fire")
    page.wait_for_url("**category=deliberate_fire**")
    expect(page.locator("h1")).to_contain_text("deliberate fire")
    page.select_option("#period", "2023-11")
    page.wait_for_url("**period=2023-11**")
    expect(page.locator("h1")).to_contain_text("in November 2023")
    page.click("#after")
    expect(page.locator("h1")).to_contain_text("in December 2023")
    page.click("text=Weeks")
    expect(page.locator("h1")).to_contain_text("in the week of")


def test_a_click_on_a_hot_spot_takes_the_map_there(page: Page, server_url: str) -> None:
    before = opened(page, server_url)
    place = places(page)[0]
    page.click(".list.concentrated .place")
    shown = until(page, lambda now: now["center"] != before["center"])
    assert is_over(shown, place)
    assert float(shown["zoom"]) > float(before["zoom"]) + 1
    assert shown["place"] == "1"
    expect(page.locator(".place.current")).to_have_count(1)
    expect(page.locator(".place.current button")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#said")).to_contain_text(place["name"])


def test_the_place_stays_in_view_when_the_period_changes(page: Page, server_url: str) -> None:
    before = opened(page, server_url)
    page.click(".list.concentrated .place")
    there = until(page, lambda now: now["center"] != before["center"])
    page.click("#before")
    expect(page.locator("h1")).to_contain_text("in December 2023")
    then = until(page, lambda now: now.get("ready") == "true" and "center" in now)
    assert then["zoom"] == there["zoom"]
    assert then["center"] == there["center"]
    page.click("#whole")
    until(page, lambda now: now["zoom"] == before["zoom"])
    assert "#" not in page.url


def test_the_keyboard_alone_is_enough(page: Page, server_url: str) -> None:
    before = opened(page, server_url)
    page.keyboard.press("2")
    until(page, lambda now: now["layer"] == "worse")
    page.keyboard.press("ArrowRight")
    shown = until(page, lambda now: now["place"] == "A" and now["center"] != before["center"])
    assert is_over(shown, next(p for p in places(page) if p["marker"] == "A"))
    expect(page.locator("#said")).to_contain_text("1 of 1")
    page.keyboard.press("Escape")
    until(page, lambda now: now["center"] == before["center"])
    page.keyboard.press("d")
    expect(page.locator("html")).to_have_class("js room")
    page.locator(".list.worse .place button").focus()
    page.keyboard.press("Enter")
    until(page, lambda now: now["place"] == "A")
    page.keyboard.press("[")
    expect(page.locator("h1")).to_contain_text("in December 2023")
    assert "layer=worse" in page.url
    until(page, lambda now: now.get("layer") == "worse")


def test_the_first_tab_stop_skips_to_the_content(page: Page, server_url: str) -> None:
    opened(page, server_url)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"


def test_single_keys_do_nothing_in_fields_or_when_switched_off(page: Page, server_url: str) -> None:
    opened(page, server_url)
    page.locator("#category").focus()
    page.keyboard.press("2")
    assert state(page)["layer"] == "concentrated"
    page.click("summary")
    page.uncheck("#keys-on")
    page.locator("h1").click()
    page.keyboard.press("2")
    assert state(page)["layer"] == "concentrated"


def test_each_layer_has_its_legend_and_its_list(page: Page, server_url: str) -> None:
    opened(page, server_url)
    units = []
    for layer in LAYERS:
        page.check(f"#layer-{layer}")
        until(page, lambda now, layer=layer: now["layer"] == layer)
        expect(page.locator(".legend.on")).to_have_count(1)
        expect(page.locator(".list.on")).to_have_count(1)
        assert page.locator(".legend.on").is_visible()
        units.append(legend(page))
    assert len(set(units)) == len(LAYERS)
    assert page.url.endswith("layer=wards")


def test_back_and_forward_go_through_the_layers(page: Page, server_url: str) -> None:
    opened(page, server_url)
    page.keyboard.press("3")
    until(page, lambda now: now["layer"] == "density")
    page.keyboard.press("2")
    until(page, lambda now: now["layer"] == "worse")
    page.go_back()
    until(page, lambda now: now["layer"] == "density")
    assert page.is_checked("#layer-density")
    page.go_back()
    until(page, lambda now: now["layer"] == "concentrated")
    page.go_forward()
    until(page, lambda now: now["layer"] == "density")


def test_the_concentrated_layer_is_hatched(page: Page, server_url: str) -> None:
    opened(page, server_url)
    fills = page.eval_on_selector_all(
        "#map .leaflet-shade-pane path", "all => all.map(path => path.getAttribute('fill'))"
    )
    assert fills
    assert set(fills) <= {"url(#c1)", "url(#c2)", "url(#c3)"}


def test_the_ward_table_sorts(page: Page, server_url: str) -> None:
    opened(page, server_url)
    page.click("th[data-key=population] button")
    expect(page.locator("tbody tr").first).to_contain_text("9,000")
    expect(page.locator("th[data-key=population]")).to_have_attribute("aria-sort", "descending")
    page.click("th[data-key=population] button")
    expect(page.locator("tbody tr").first).to_contain_text("1,000")


def test_street_names_show_close_by(page: Page, server_url: str) -> None:
    before = opened(page, server_url)
    page.click(".list.concentrated .place")
    until(page, lambda now: now["center"] != before["center"])
    expect(page.locator(".street-name").first).to_have_text("Test Lane")


def test_the_phone_shows_all_in_one_column(phone: Page, server_url: str) -> None:
    opened(phone, server_url)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    box = phone.locator("#map").bounding_box()
    assert box is not None
    assert box["width"] > 340
    assert 400 < box["height"] < 520
    for control in phone.locator(".controls select, .controls .step, .kinds a").all():
        size = control.bounding_box()
        assert size is not None
        assert size["height"] >= 44
    phone.locator(".list.concentrated .place button").click()
    until(phone, lambda now: now["place"] == "1")


@pytest.mark.parametrize("size", [(1280, 720), (1024, 768), (1366, 768)])
def test_nothing_is_clipped_on_other_screens(
    page: Page, server_url: str, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    opened(page, server_url)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    box = page.locator("#map").bounding_box()
    assert box is not None
    assert box["width"] > 450
    assert box["height"] > 400


def test_without_javascript_the_page_still_reads(browser: Any, server_url: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    bare = context.new_page()
    bare.goto(f"{server_url}/?layer=worse")
    expect(bare.locator(".list.worse .place")).to_be_visible()
    expect(bare.locator(".list.concentrated .place")).to_be_visible()
    bare.select_option("#period", "2023-11")
    bare.click("#show")
    expect(bare.locator("h1")).to_contain_text("in November 2023")
    context.close()
