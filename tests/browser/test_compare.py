"""Two maps in a real browser: what moves one moves the other."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import box_of, leaving, once, press, settled

ADDRESS = "/compare?category=asb&period=2024-01"


@pytest.fixture
def opened(page: Page, server_url: str) -> Page:
    return ready(page, f"{server_url}{ADDRESS}")


def ready(page: Page, url: str) -> Page:
    page.goto(url)
    return settled(page)


View = tuple[float, float, float]


def views(page: Page) -> dict[str, View]:
    """Where both maps look, at one moment."""
    found = page.evaluate(
        "['left', 'right'].map((side) => document.getElementById(`frame-${side}`).dataset)"
        ".map(({ center, zoom }) => [...center.split(','), zoom].map(Number))"
    )
    return dict(zip(("left", "right"), map(tuple, found), strict=True))


def view(page: Page, side: str) -> View:
    return views(page)[side]


def moved(page: Page, holds: Callable[[View], bool]) -> View:
    """Wait until the left map looks where it should; a map that was thrown glides on."""
    return once(page, lambda: view(page, "left"), holds)


def same(page: Page) -> bool:
    left, right = views(page).values()
    return math.dist(left[:2], right[:2]) < 3e-5 and left[2] == right[2]


def test_both_maps_show_the_whole_area_at_one_size(opened: Page) -> None:
    boxes = [box_of(opened.locator(f"#frame-{side}")) for side in ("left", "right")]
    assert (boxes[0]["width"], boxes[0]["height"]) == (boxes[1]["width"], boxes[1]["height"])
    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[0]["width"] > 500
    assert same(opened)


def test_the_flare_up_is_on_the_right_map_alone(opened: Page) -> None:
    shaded = {
        side: opened.locator(f"#frame-{side} .leaflet-shade-pane path").count()
        for side in ("left", "right")
    }
    assert shaded["right"] > shaded["left"]
    expect(opened.locator("#frame-right .place-marker").first).to_be_visible()


@pytest.mark.parametrize("side", ["left", "right"])
def test_dragging_one_map_moves_the_other(opened: Page, side: str) -> None:
    before = view(opened, "left")
    box = box_of(opened.locator(f"#frame-{side}"))
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.8
    opened.mouse.move(x, y)
    opened.mouse.down()
    opened.mouse.move(x + 90, y - 60, steps=4)
    opened.mouse.up()
    moved(opened, lambda now: now[1] < before[1] - 0.001)
    assert same(opened)


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_wheel_zooms_both(opened: Page, side: str) -> None:
    before = view(opened, "left")[2]
    opened.locator(f"#frame-{side}").hover()
    opened.mouse.wheel(0, -240)
    moved(opened, lambda now: now[2] > before)
    assert same(opened)


def test_keys_zoom_move_and_go_back(opened: Page) -> None:
    whole = view(opened, "left")
    press(opened, "+")
    near = moved(opened, lambda now: now[2] == whole[2] + 1)
    press(opened, "Shift+ArrowRight")
    there = moved(opened, lambda now: now[1] > max(whole[1], near[1]) + 1e-3)
    assert there[2] == near[2]
    assert same(opened)
    press(opened, "Escape")
    moved(opened, lambda now: now == pytest.approx(whole, abs=1e-4))
    assert view(opened, "right") == pytest.approx(whole, abs=1e-4)


def test_arrows_step_through_the_list_and_say_so(opened: Page) -> None:
    press(opened, "ArrowRight")
    row = opened.locator(".became-place").first
    expect(row.locator("button")).to_have_attribute("aria-pressed", "true")
    lat, lng, zoom = view(opened, "right")
    assert lat == pytest.approx(float(str(row.get_attribute("data-lat"))), abs=1e-3)
    assert lng == pytest.approx(float(str(row.get_attribute("data-lng"))), abs=1e-3)
    assert zoom >= 14
    assert same(opened)
    expect(opened.locator("#said")).to_have_text(re.compile("^1 of "))


def test_a_row_is_a_button_that_leads_to_the_place(opened: Page) -> None:
    assert view(opened, "left")[2] < 14
    opened.locator(".became-place button").last.click()
    moved(opened, lambda now: now[2] >= 14)
    assert same(opened)


def test_a_link_reopens_the_same_part_of_the_map(opened: Page, server_url: str) -> None:
    press(opened, "ArrowRight")
    expect(opened).to_have_url(re.compile("#"))
    there, url = view(opened, "left"), opened.url
    opened.goto("about:blank")
    ready(opened, url)
    assert view(opened, "right") == pytest.approx(there, abs=1e-4)
    assert same(opened)


def test_another_layer_keeps_the_part_of_the_map(opened: Page) -> None:
    press(opened, "ArrowRight")
    there = moved(opened, lambda now: now[2] >= 14)
    with leaving(opened):
        press(opened, "4")
    expect(opened).to_have_url(re.compile("layer=wards"))
    assert view(settled(opened), "left") == pytest.approx(there, abs=1e-4)
    fills = opened.locator("#frame-right .leaflet-overlay-pane path").evaluate_all(
        "paths => [...new Set(paths.map((path) => path.getAttribute('fill')))]"
    )
    assert len(fills) > 1


def test_the_period_before_is_a_key_away(opened: Page) -> None:
    with leaving(opened):
        press(opened, "[")
    expect(opened.locator("#left-title")).to_have_text("ASB, November 2023")


def test_another_category_is_two_clicks_away(opened: Page) -> None:
    opened.locator(".others summary").click()
    with leaving(opened):
        opened.get_by_role("link", name="Deliberate fires (40)").click()
    expect(opened.locator("#right-title")).to_have_text("Deliberate fires, January 2024")
    expect(opened.locator(".others summary")).to_have_text("with Deliberate fires")


def test_the_ward_table_can_be_sorted(opened: Page) -> None:
    opened.locator("#ward-table").get_by_role("button", name="January 2024").click()
    expect(opened.locator("#ward-table th[aria-sort=descending]")).to_contain_text("January 2024")
    cells = opened.locator("#ward-table tbody tr td:nth-child(3)").all_text_contents()
    assert [int(c) for c in cells] == sorted((int(c) for c in cells), reverse=True)


def test_a_side_without_data_says_so(page: Page, server_url: str) -> None:
    ready(page, f"{server_url}/compare?category=asb&period=2023-01")
    expect(page.locator("#frame-left .no-map")).to_contain_text("No data")
    expect(page.locator("#frame-left .leaflet-shade-pane path")).to_have_count(0)
    before = view(page, "left")[2]
    press(page, "+")
    moved(page, lambda now: now[2] == before + 1)
    assert same(page)


def test_on_a_phone_the_maps_are_stacked(phone: Page, server_url: str) -> None:
    ready(phone, f"{server_url}{ADDRESS}")
    boxes = [box_of(phone.locator(f"#frame-{side}")) for side in ("left", "right")]
    assert boxes[1]["y"] > boxes[0]["y"] + boxes[0]["height"]
    assert boxes[0]["width"] == boxes[1]["width"] > 300
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert same(phone)
