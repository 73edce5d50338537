"""The page to tune a profile in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from hotspots.web import create_app
from tests.browser.conftest import NAVIGATION_S, leaving, once, press, watched
from tests.browser.test_access import violations
from tests.web.made_up import made_up


@pytest.fixture
def own_url() -> Iterator[str]:
    """A server of the test's own: versions are kept in it."""
    server = make_server("127.0.0.1", 0, create_app(made_up(), NAVIGATION_S), threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(timeout=10)
    server.server_close()


def slide(page: Page, name: str, value: str) -> None:
    """Move a slider as a hand would: what it says last is its value."""
    page.locator(f"#slide-{name}").evaluate(
        "(slide, value) => { slide.value = value;"
        " slide.dispatchEvent(new Event('input', { bubbles: true })); }",
        value,
    )


def test_a_slider_moves_the_map_and_says_what_it_costs(page: Page, server_url: str) -> None:
    page.goto(f"{server_url}/tune?category=asb&period=2024-01")
    expect(page.locator("#says-cell_size_m")).to_contain_text("1,296 squares")
    slide(page, "cell_size_m", "500")
    expect(page.locator("#cell_size_m")).to_have_value("500")
    expect(page.locator("#says-cell_size_m")).to_contain_text("324 squares")
    expect(page.locator("#changes")).to_contain_text("500 m")
    expect(page.locator("#agreement")).to_contain_text("The squares differ in size")
    once(page, lambda: page.url, lambda url: "cell_size_m=500" in url)
    page.reload()  # the address is of what is shown
    expect(page.locator("#says-cell_size_m")).to_contain_text("324 squares")


def test_the_last_answer_wins(page: Page, server_url: str) -> None:
    page.goto(f"{server_url}/tune?category=asb&period=2024-01")
    held: list[str] = []
    let_go: list[str] = []

    def late(route: object) -> None:
        held.append(route.request.url)  # type: ignore[attr-defined]
        if len(held) == 1:
            page.wait_for_timeout(800)  # the first answer comes after the second was asked for
        let_go.append(route.request.url)  # type: ignore[attr-defined]
        route.continue_()  # type: ignore[attr-defined]

    page.route(re.compile(r"/tune/preview"), late)
    slide(page, "cell_size_m", "450")
    once(page, lambda: len(held), lambda found: found >= 1)
    slide(page, "cell_size_m", "300")
    expect(page.locator("#says-cell_size_m")).to_contain_text("900 squares")
    once(page, lambda: len(let_go), lambda found: found >= 2)  # the late one too
    page.unroute_all(behavior="wait")
    expect(page.locator("#says-cell_size_m")).to_contain_text("900 squares")
    assert "cell_size_m=300" in page.url


def test_the_end_of_the_memory_is_all_history(page: Page, server_url: str) -> None:
    page.goto(f"{server_url}/tune?category=asb&period=2024-01")
    page.locator("#slide-half_life_weeks").focus()
    page.keyboard.press("End")
    expect(page.locator("#all_history")).to_be_checked()
    expect(page.locator("#slide-half_life_weeks")).to_have_attribute(
        "aria-valuetext", "all history"
    )
    expect(page.locator("#says-half_life_weeks")).to_contain_text("count alike")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#all_history")).not_to_be_checked()
    expect(page.locator("#says-half_life_weeks")).to_contain_text("fresh ones")


def test_a_wrong_setting_is_said_beside_it_and_nothing_is_lost(page: Page, own_url: str) -> None:
    page.goto(f"{own_url}/tune?category=asb&period=2024-01")
    page.fill("#reason", "A reason")
    page.fill("#cell_size_m", "3")
    expect(page.locator("#says-cell_size_m")).to_contain_text("must be from 25 to 2,000 m; got 3")
    expect(page.locator("#keep")).to_be_disabled()
    page.fill("#cell_size_m", "500")
    expect(page.locator("#says-cell_size_m")).to_contain_text("324 squares")
    expect(page.locator("#keep")).to_be_enabled()
    expect(page.locator("#reason")).to_have_value("A reason")


def test_settings_are_scored_by_themselves(page: Page, server_url: str) -> None:
    page.goto(f"{server_url}/tune?category=asb&period=2024-01")
    expect(page.locator("#verdict h2")).to_contain_text("These settings are in use")
    slide(page, "cell_size_m", "500")
    expect(page.locator("#scores tbody")).to_contain_text("In use now")
    expect(page.locator("#verdict h2")).to_contain_text("what is in use,")
    expect(page.locator("#scores")).to_have_attribute("aria-busy", "false")
    label = page.locator(".curve .label.concentrated")
    lit = label.evaluate("text => getComputedStyle(text).fill")
    press(page, "d")
    expect(page.locator("html")).to_have_class(re.compile(r"\broom\b"))
    assert label.evaluate("text => getComputedStyle(text).fill") != lit


def test_an_old_verdict_is_not_shown_for_new_settings(page: Page, server_url: str) -> None:
    page.goto(f"{server_url}/tune?category=asb&period=2024-01")
    expect(page.locator("#verdict h2")).to_contain_text("These settings are in use")
    page.fill("#cell_size_m", "460")
    assert page.locator("#verdict").get_attribute("aria-busy") == "true"
    page.fill("#cell_size_m", "3")
    expect(page.locator("#verdict h2")).to_have_text("Not scored")
    page.fill("#cell_size_m", "460")
    expect(page.locator("#verdict h2")).to_contain_text("what is in use,")
    expect(page.locator("#verdict")).to_have_attribute("aria-busy", "false")


def test_a_version_is_saved_and_approved(page: Page, own_url: str) -> None:
    page.goto(f"{own_url}/tune?category=asb&period=2024-01")
    slide(page, "cell_size_m", "500")
    expect(page.locator("#changes")).to_contain_text("500 m")
    page.fill("#reason", "Fewer, larger squares")
    page.fill("#author", "A. Nalyst")
    with leaving(page):
        page.click("#keep")
    expect(page.locator("#decided")).to_have_text("Saved as version 1; not approved.")
    expect(page.locator("#cell_size_m")).to_have_value("500")
    page.fill("#approve-author", "C. Hair")
    page.fill("#approve-reason", "Agreed at the meeting")
    with leaving(page):
        page.click("#approve-send")
    expect(page.locator("#decided")).to_contain_text("Version 1 is approved")
    expect(page.locator("#map-title-0")).to_have_text(
        "Approved, version 1: 2% where most is expected next"
    )
    expect(page.locator(".scored")).to_be_visible()
    assert violations(page) == []


def test_without_a_script_the_form_shows_and_saves(browser: Browser, own_url: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{own_url}/tune?category=asb&period=2024-01")
    page.fill("#cell_size_m", "500")
    with leaving(page):
        page.click("#show")
    expect(page.locator("#says-cell_size_m")).to_contain_text("324 squares")
    expect(page.locator("#map-1 svg")).to_be_visible()
    page.fill("#reason", "Fewer, larger squares")
    page.fill("#author", "A. Nalyst")
    with leaving(page):
        page.click("#keep")
    expect(page.locator("#decided")).to_have_text("Saved as version 1; not approved.")
    context.close()


def test_keys_act_outside_fields_only(page: Page, server_url: str) -> None:
    page.goto(f"{server_url}/tune?category=asb&period=2024-01")
    page.locator("#reason").press_sequentially("Ed?m")
    expect(page.locator("#reason")).to_have_value("Ed?m")
    assert "/tune" in page.url
    page.locator("#reason").evaluate("field => field.blur()")
    press(page, "d")
    expect(page.locator("html")).to_have_class(re.compile(r"\broom\b"))
    with leaving(page):
        press(page, "e")
    assert "/export" in page.url


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1280, 720), (390, 844)])
def test_all_of_it_fits_the_screen(
    browser: Browser, server_url: str, width: int, height: int
) -> None:
    for page in watched(browser, width, height):
        page.goto(f"{server_url}/tune?category=asb&period=2024-01&marked=hot")
        expect(page.locator(".scored")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if width > 1000:  # the verdict and both maps without scrolling
            assert page.locator("#map-1 svg").evaluate(
                "map => map.getBoundingClientRect().top < innerHeight / 2"
            )
