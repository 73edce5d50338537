"""The map as a person in a meeting uses it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import box_of, leaving, once, press, settled

LAYERS = ("concentrated", "worse", "density", "wards")


def state(page: Page) -> dict[str, Any]:
    """What the map shows, from its data attributes."""
    shown: dict[str, Any] = page.evaluate("({...document.getElementById('map').dataset})")
    return shown


def until(page: Page, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Wait until the map shows what it should, and return what it shows."""
    return once(page, lambda: state(page), holds)


def opened(page: Page, url: str) -> dict[str, Any]:
    page.goto(url)
    return state(settled(page))


def expect_no_part_in_address(page: Page) -> None:
    """The whole area is what an address without a part of the map names."""
    expect(page).to_have_url(re.compile("^[^#]*$"))


@pytest.fixture(scope="session")
def map_url(server_url: str) -> str:
    """The map of the month in which one place is concentrated and one is worse than usual."""
    return f"{server_url}/map?period=2024-01"


def drawn(page: Page) -> dict[str, Any]:
    """Return what the map's module was given to draw."""
    found: dict[str, Any] = page.evaluate(
        "fetch(document.getElementById('map').dataset.view).then((answer) => answer.json())"
    )
    return found


def places(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = drawn(page)["places"]
    return found


def leave_a_mark(page: Page) -> None:
    """Put something on the window that a reload would take away."""
    page.evaluate("window.markOfTheTest = 'kept'")


def is_the_same_page(page: Page) -> bool:
    return bool(page.evaluate("window.markOfTheTest === 'kept'"))


def is_over(shown: dict[str, Any], place: dict[str, Any]) -> bool:
    lat, lng = (float(part) for part in shown["center"].split(","))
    corners = [corner for part in place["outline"] for ring in part for corner in ring]
    lats, lngs = [c[0] for c in corners], [c[1] for c in corners]
    return min(lats) <= lat <= max(lats) and min(lngs) <= lng <= max(lngs)


def legend(page: Page) -> str:
    return page.locator(".legend.on .unit").inner_text()


def test_the_page_opens_on_the_whole_area(page: Page, map_url: str) -> None:
    shown = opened(page, map_url)
    assert shown["layer"] == "concentrated"
    expect(page.locator("#map .place-marker:not(.faint)")).to_have_count(1)
    # wards, boroughs, outlines and cells are drawn
    assert page.locator("#map path").count() > 9
    expect(page.locator(".ward-name").first).to_be_visible()
    expect_no_part_in_address(page)


def test_choosing_a_category_and_a_period_shows_them(page: Page, map_url: str) -> None:
    opened(page, map_url)
    page.select_option("#category", "deliberate_fire")
    page.wait_for_url("**category=deliberate_fire**")
    expect(page.locator("h1")).to_contain_text("deliberate fire")
    page.select_option("#period", "2023-11")
    page.wait_for_url("**period=2023-11**")
    expect(page.locator("h1")).to_contain_text("in November 2023")
    expect(page.locator("#period")).to_have_value("2023-11")
    page.click("#after")
    expect(page.locator("h1")).to_contain_text("in December 2023")
    page.click("text=Weeks")
    expect(page.locator("h1")).to_contain_text("in the week of")


def test_a_click_on_a_hot_spot_takes_the_map_there(page: Page, map_url: str) -> None:
    before = opened(page, map_url)
    place = places(page)[0]
    page.click(".list.concentrated .place >> nth=0")
    shown = until(page, lambda now: now["center"] != before["center"])
    assert is_over(shown, place)
    assert float(shown["zoom"]) > float(before["zoom"]) + 1
    assert shown["place"] == "1"
    expect(page.locator(".place.current")).to_have_count(1)
    expect(page.locator(".place.current button")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#said")).to_contain_text(place["name"])


def test_the_place_stays_in_view_when_the_period_changes(page: Page, map_url: str) -> None:
    before = opened(page, map_url)
    page.click(".list.concentrated .place >> nth=0")
    there = until(page, lambda now: now["center"] != before["center"])
    page.click("#before")
    expect(page.locator("h1")).to_contain_text("in December 2023")
    then = state(page)
    assert then["zoom"] == there["zoom"]
    assert then["center"] == there["center"]
    page.click("#whole")
    until(page, lambda now: now["zoom"] == before["zoom"])
    expect_no_part_in_address(page)


def test_the_keyboard_alone_is_enough(page: Page, map_url: str) -> None:
    before = opened(page, map_url)
    press(page, "2")
    until(page, lambda now: now["layer"] == "worse")
    press(page, "ArrowRight")
    shown = until(page, lambda now: now["place"] == "A" and now["center"] != before["center"])
    assert is_over(shown, next(p for p in places(page) if p["marker"] == "A"))
    expect(page.locator("#said")).to_contain_text("1 of 1")
    press(page, "Escape")
    until(page, lambda now: now["center"] == before["center"])
    press(page, "d")
    expect(page.locator("html")).to_have_class("js room")
    page.locator(".list.worse .place button").first.focus()
    press(page, "Enter")
    until(page, lambda now: now["place"] == "A")
    press(page, "[")
    expect(page.locator("h1")).to_contain_text("in December 2023")
    expect(page).to_have_url(re.compile("period=2023-12.*layer=worse"))
    assert state(page)["layer"] == "worse"


def test_the_first_tab_stop_skips_to_the_content(page: Page, map_url: str) -> None:
    opened(page, map_url)
    press(page, "Tab")
    expect(page.locator("a.skip")).to_be_focused()


def test_single_keys_do_nothing_in_fields_or_when_switched_off(page: Page, map_url: str) -> None:
    opened(page, map_url)
    page.locator("#category").focus()
    press(page, "2")
    assert state(page)["layer"] == "concentrated"
    page.click("summary")
    page.uncheck("#keys-on")
    page.locator("h1").click()
    press(page, "2")
    assert state(page)["layer"] == "concentrated"


def test_each_layer_has_its_legend_and_its_list(page: Page, map_url: str) -> None:
    opened(page, map_url)
    units = []
    for layer in LAYERS:
        page.check(f"#layer-{layer}")
        until(page, lambda now, layer=layer: now["layer"] == layer)
        expect(page.locator(".legend.on")).to_have_count(1)
        expect(page.locator(".list.on")).to_have_count(1)
        expect(page.locator(".legend.on")).to_be_visible()
        units.append(legend(page))
    assert len(set(units)) == len(LAYERS)
    expect(page).to_have_url(re.compile("layer=wards$"))


def test_back_and_forward_go_through_the_layers(page: Page, map_url: str) -> None:
    opened(page, map_url)
    press(page, "3")
    until(page, lambda now: now["layer"] == "density")
    press(page, "2")
    until(page, lambda now: now["layer"] == "worse")
    page.go_back()
    until(page, lambda now: now["layer"] == "density")
    expect(page.locator("#layer-density")).to_be_checked()
    page.go_back()
    until(page, lambda now: now["layer"] == "concentrated")
    page.go_forward()
    until(page, lambda now: now["layer"] == "density")


def test_the_concentrated_layer_is_hatched(page: Page, map_url: str) -> None:
    opened(page, map_url)
    fills = page.eval_on_selector_all(
        "#map .leaflet-shade-pane path", "all => all.map(path => path.getAttribute('fill'))"
    )
    assert fills
    assert set(fills) <= {"url(#c1)", "url(#c2)", "url(#c3)"}


def test_street_names_show_close_by(page: Page, map_url: str) -> None:
    before = opened(page, map_url)
    page.click(".list.concentrated .place >> nth=0")
    until(page, lambda now: now["center"] != before["center"])
    expect(page.locator(".street-name").first).to_have_text("Test Lane")


def test_the_phone_shows_all_in_one_column(phone: Page, map_url: str) -> None:
    opened(phone, map_url)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    box = box_of(phone.locator("#map"))
    assert box["width"] > 340
    assert 400 < box["height"] < 520
    for control in phone.locator(".controls select, .controls .step, .kinds a").all():
        assert box_of(control)["height"] >= 44
    phone.locator(".list.concentrated .place button").first.click()
    until(phone, lambda now: now["place"] == "1")


@pytest.mark.parametrize("size", [(1280, 720), (1024, 768), (1366, 768)])
def test_nothing_is_clipped_on_other_screens(
    page: Page, map_url: str, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    opened(page, map_url)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    box = box_of(page.locator("#map"))
    assert box["width"] > 450
    assert box["height"] > 400


def test_without_javascript_the_page_still_reads(browser: Any, map_url: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    bare = context.new_page()
    bare.goto(f"{map_url}&layer=worse")
    expect(bare.locator(".list.worse .place").first).to_be_visible()
    expect(bare.locator(".list.concentrated .place").first).to_be_visible()
    bare.select_option("#period", "2023-11")
    bare.click("#show")
    expect(bare.locator("h1")).to_contain_text("in November 2023")
    context.close()


# -- through time without a reload ----------------------------------------------------------------


def test_a_step_keeps_the_page_the_place_and_the_layer(page: Page, map_url: str) -> None:
    opened(page, f"{map_url}&layer=density#13/51.66/1.0")
    there = state(page)
    leave_a_mark(page)
    page.locator("#slider").focus()
    press(page, "ArrowLeft")
    press(page, "ArrowLeft")
    expect(page.locator("#slider-says")).to_contain_text("November 2023:")
    expect(page.locator("h1")).to_contain_text("in November 2023")
    expect(page).to_have_url(re.compile("period=2023-11.*layer=density#"))
    now = state(page)
    assert is_the_same_page(page)
    assert (now["center"], now["zoom"], now["layer"]) == (there["center"], there["zoom"], "density")
    expect(page.locator("#slider")).to_be_focused()
    assert page.url.endswith("#13/" + there["center"].replace(",", "/"))
    expect(page.locator("#period")).to_have_value("2023-11")
    expect(page).to_have_title(re.compile("November 2023"))
    expect(page.locator("header nav a", has_text="Data")).to_have_attribute(
        "href", re.compile("2023-11")
    )
    press(page, "]")
    expect(page.locator("h1")).to_contain_text("in December 2023")
    assert is_the_same_page(page)
    expect(page.locator("#slider")).to_be_focused()


def test_the_layers_are_those_of_the_period_stepped_to(page: Page, map_url: str) -> None:
    opened(page, f"{map_url}&layer=worse")
    shaded = page.locator("#map .leaflet-shade-pane path")
    cells = len(drawn(page)["cells"]["worse"])
    assert cells > 0
    expect(shaded).to_have_count(cells)
    press(page, "[")
    expect(page.locator("h1")).to_contain_text("in December 2023")
    expect(shaded).to_have_count(len(drawn(page)["cells"]["worse"]))
    markers = page.locator("#map .place-marker")
    expect(markers).to_have_count(sum(p["question"] == "worse" for p in places(page)))


def test_back_goes_to_the_period_before(page: Page, map_url: str) -> None:
    opened(page, map_url)
    leave_a_mark(page)
    page.click("#before")
    expect(page.locator("h1")).to_contain_text("in December 2023")
    press(page, "3")
    until(page, lambda now: now["layer"] == "density")
    page.go_back()
    until(page, lambda now: now["layer"] == "concentrated")
    expect(page.locator("h1")).to_contain_text("in December 2023")
    page.go_back()
    expect(page.locator("h1")).to_contain_text("in January 2024")
    expect(page.locator("#slider-says")).to_contain_text("January 2024:")
    page.go_forward()
    expect(page.locator("h1")).to_contain_text("in December 2023")
    assert is_the_same_page(page)


def test_a_bar_and_a_category_are_chosen_without_a_reload(page: Page, map_url: str) -> None:
    opened(page, map_url)
    leave_a_mark(page)
    page.locator(".step-bar[data-period='2023-06'] .hit").click(force=True)
    expect(page.locator("h1")).to_contain_text("in June 2023")
    page.select_option("#category", "deliberate_fire")
    expect(page.locator("h1")).to_contain_text("deliberate fire")
    expect(page.locator("h1")).to_contain_text("in June 2023")
    expect(page.locator("#slider-says")).to_have_text(
        str(page.locator(".step-bar.current").get_attribute("data-says"))
    )
    assert is_the_same_page(page)


def test_the_thumb_stands_below_its_bar(page: Page, map_url: str) -> None:
    opened(page, map_url)
    for key, month in (("Home", "January 2023"), ("End", "January 2024")):
        page.locator("#slider").focus()
        press(page, key)
        expect(page.locator("h1")).to_contain_text(f"in {month}")
        expect(page.locator("#slider-state")).to_have_text("")
        bar = box_of(page.locator(".step-bar.current .hit"))
        middle = page.evaluate(
            """() => { const slider = document.getElementById("slider");
            const box = slider.getBoundingClientRect();
            const thumb = parseFloat(getComputedStyle(slider).getPropertyValue("--thumb")) *
              parseFloat(getComputedStyle(document.documentElement).fontSize);
            return box.left + thumb / 2 + (box.width - thumb) * slider.value / slider.max; }"""
        )
        assert abs(bar["x"] + bar["width"] / 2 - middle) < 2


def test_a_period_that_is_being_computed_says_so_and_comes(page: Page, map_url: str) -> None:
    opened(page, map_url)
    computed = False
    answered: list[bool] = []

    def answer(route: Route) -> None:
        answered.append(computed)
        if computed:
            route.continue_()
            return
        bar = '<progress max="100" value="40"></progress>'
        route.fulfill(
            status=202, body=f"<!doctype html><title>x</title>{bar}", content_type="text/html"
        )

    page.route("**/map?*period=2023-05*", answer)
    page.select_option("#period", "2023-05")
    expect(page.locator("#slider-state")).to_have_text("Being computed: 40%")
    once(page, lambda: len(answered), lambda times: times > 1)
    computed = True
    expect(page.locator("h1")).to_contain_text("in May 2023")
    expect(page.locator("#slider-state")).to_have_text("")
    assert answered.count(True) == 1


def test_a_server_that_is_gone_is_said(browser: Any, map_url: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    opened(page, map_url)
    page.route("**/map?*period=2023-05*", lambda route: route.abort())
    page.select_option("#period", "2023-05")
    expect(page.locator("#slider-state")).to_have_text("No answer from the server: try again.")
    context.close()


# -- the address ----------------------------------------------------------------------------------


def test_a_link_reopens_the_same_view(page: Page, map_url: str, browser: Any) -> None:
    opened(page, map_url)
    with leaving(page):
        page.click(".which-area >> text=South")
    whole = state(settled(page))
    page.select_option("#period", "2023-10")
    expect(page.locator("h1")).to_contain_text("in October 2023")
    press(page, "3")
    press(page, "+")
    near = until(page, lambda now: float(now["zoom"]) == float(whole["zoom"]) + 1)
    press(page, "Shift+ArrowRight")
    first = until(page, lambda now: now["center"] != near["center"])
    expect(page).to_have_url(re.compile("/".join(first["center"].split(",")) + "$"))
    assert {"area=D1", "period=2023-10", "category=asb", "layer=density"} <= set(
        page.url.partition("?")[2].partition("#")[0].split("&")
    )
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, reduced_motion="reduce")
    other = context.new_page()
    again = opened(other, page.url)
    for name in ("layer", "center", "zoom", "address"):
        assert again[name] == first[name]
    expect(other.locator("h1")).to_have_text(page.locator("h1").inner_text())
    context.close()


def test_an_area_is_fitted(page: Page, map_url: str) -> None:
    both = opened(page, map_url)
    with leaving(page):
        page.click(".which-area >> text=North")
    expect(page).to_have_url(re.compile("area=D2"))
    north = state(settled(page))
    assert float(north["center"].split(",")[0]) > float(both["center"].split(",")[0])
    expect_no_part_in_address(page)
    expect(page.locator("h1")).to_contain_text("in January 2024")
    names = page.locator(".ward-name").all_inner_texts()
    assert set(names) <= {"Ward 6", "Ward 7", "Ward 8"}


# -- dots and close up ----------------------------------------------------------------------------


def test_dots_are_shown_close_up_only(page: Page, map_url: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    spot = opened(page, map_url)["center"].replace(",", "/")
    circles = page.locator("#map .leaflet-dots-pane path")
    expect(circles).to_have_count(0)
    assert not [url for url in asked if "dots.json" in url]
    far = opened(page, f"{map_url}&layer=wards#13.75/{spot}")
    assert far["dots"] == "0"  # it was asked whether they are near enough
    expect(circles).to_have_count(0)
    expect(page.locator(".legend-dots")).to_be_hidden()
    page.click("#zoom-in")
    shown = until(page, lambda now: int(now.get("dots", 0)) > 0)
    assert float(shown["zoom"]) >= 14
    expect(circles).to_have_count(int(shown["dots"]))
    expect(page.locator(".legend-dots")).to_be_visible()
    page.click("#zoom-out")
    expect(circles).to_have_count(0)


def test_dots_are_those_of_the_period(page: Page, map_url: str) -> None:
    opened(page, map_url)
    press(page, "ArrowRight")
    first = until(page, lambda now: int(now.get("dots", 0)) > 0)
    press(page, "[")
    expect(page.locator("h1")).to_contain_text("in December 2023")
    now = until(page, lambda now: int(now.get("dots", 0)) not in (0, int(first["dots"])))
    expect(page.locator("#map .leaflet-dots-pane path")).to_have_count(int(now["dots"]))


def test_a_place_that_is_no_hot_spot_is_hollow(page: Page, map_url: str) -> None:
    opened(page, map_url)
    faint = [p for p in places(page) if p["question"] == "concentrated" and not p["hot"]]
    assert faint
    markers = page.locator("#map .place-marker.faint")
    expect(markers).to_have_count(len(faint))
    fill = markers.first.evaluate("(e) => getComputedStyle(e, '::before').backgroundColor")
    assert fill == "rgb(255, 255, 255)"
    expect(page.locator(".list.on .place.faint")).to_have_count(len(faint))


def test_the_map_alone_is_larger_and_keeps_its_legend(page: Page, map_url: str) -> None:
    opened(page, map_url)
    before = box_of(page.locator("#map"))
    press(page, "f")
    expect(page.locator("#places")).to_be_hidden()
    after = box_of(page.locator("#map"))
    assert after["width"] > before["width"] + 300
    expect(page.locator(".legend.on")).to_be_visible()
    press(page, "f")
    expect(page.locator("#places")).to_be_visible()


def test_the_slider_on_a_phone(phone: Page, map_url: str) -> None:
    opened(phone, map_url.replace("2024-01", "2024-W03"))
    leave_a_mark(phone)
    assert box_of(phone.locator("#slider"))["height"] >= 44
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.locator("#slider").focus()
    press(phone, "ArrowLeft")
    expect(phone.locator("h1")).to_contain_text("week of 8 January 2024")
    assert is_the_same_page(phone)
    phone.set_viewport_size({"width": 844, "height": 390})
    once(phone, lambda: phone.evaluate("window.innerWidth"), lambda width: width == 844)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 844
