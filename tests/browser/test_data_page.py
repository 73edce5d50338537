"""The page of the data as a person reads it: wide, on a phone, in a dark room, on paper."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from threading import Thread

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from hotspots.taxonomy import categories
from hotspots.web import create_app
from tests.browser.conftest import box_of, once, press, settled
from tests.web.made_up import COVERAGE, MadeUp, made_up
from tests.web.test_data_page import EDGE, MISSING, batch_of, file_of


def long() -> MadeUp:
    """Twenty categories over three years, with findings, imports and files."""
    source = made_up()
    codes = [c.code for c in categories().values() if not c.is_total][:20]
    cells = [("Test agency", c, 2021 + m // 12, m % 12 + 1) for c in codes for m in range(36)]
    rows = [(*cell, 40 + 7 * i % 900) for i, cell in enumerate(cells)]
    counts = pd.DataFrame(rows, columns=list(COVERAGE))
    absent = (counts["category"] == "asb") & (counts["year"] == 2023) & (counts["month"] == 6)
    source.counts = counts[~absent]
    wordy = replace(MISSING, title=MISSING.title + " It must be asked for." * 12)
    source.found = (wordy, EDGE, replace(EDGE, code="other", title="x" * 300))
    files = [file_of(f"{'long-name-' * 8}{i}.csv", f"{i:x}") for i in range(40)]
    source.batches = (batch_of(1, *files, reasons={"no coordinates": 40, "w" * 200: 2}),)
    return source


@pytest.fixture(scope="module")
def long_url() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app(long(), patience_s=60), threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(timeout=10)
    server.server_close()


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    over: int = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return over


def head(page: Page) -> tuple[float, float]:
    """Where the head of the months is, and where its box begins."""
    top, box = page.evaluate(
        "[...['.coverage .years th', '.coverage']].map(s => "
        "document.querySelector(s).getBoundingClientRect().top)"
    )
    return top, box


@pytest.mark.parametrize("path", ["/", "/data"])
def test_nothing_is_wider_than_the_window(
    page: Page, phone: Page, long_url: str, path: str
) -> None:
    for each in (page, phone):
        each.goto(long_url + path)
        assert sideways(settled(each)) <= 0


def test_the_head_and_the_category_stay_while_the_months_scroll(page: Page, long_url: str) -> None:
    page.goto(long_url + "/data")
    box = page.locator(".coverage.on-screen")
    box.evaluate("box => box.scrollTo(10000, 10000)")
    assert box.evaluate("box => box.scrollLeft") > 500
    top, of_box = head(page)
    assert top == pytest.approx(of_box, abs=2)
    left, around = box_of(page.locator(".coverage.on-screen tbody .what").last), box_of(box)
    assert left["x"] == pytest.approx(around["x"], abs=2)


def test_the_months_scroll_by_key(page: Page, long_url: str) -> None:
    page.goto(long_url + "/data")
    box = page.locator(".coverage.on-screen")
    box.focus()
    for _ in range(5):
        press(page, "ArrowRight")
    once(page, lambda: int(box.evaluate("box => box.scrollLeft")), lambda left: left > 50)


def test_a_missing_month_is_said_in_words(phone: Page, long_url: str) -> None:
    phone.goto(long_url + "/data#coverage")
    cell = phone.locator(".coverage.on-screen td.missing")
    expect(cell).to_have_text("missing")
    assert "gradient" in cell.evaluate("cell => getComputedStyle(cell).backgroundImage")


def test_a_column_is_as_high_as_its_count(page: Page, long_url: str) -> None:
    page.goto(long_url + "/data")
    sizes = page.evaluate(
        "[...document.querySelectorAll('.coverage.on-screen td.count')].map(td => "
        "[td.className, parseFloat(getComputedStyle(td).backgroundSize.split(' ')[1])])"
    )
    highest = max(height for _, height in sizes)
    assert highest > 20
    for name, height in sizes:
        assert height == pytest.approx(highest * int(name.split()[1][1:]) / 16, rel=0.02)


def test_the_bar_is_one_line_on_a_wide_screen_and_whole_on_a_phone(
    page: Page, phone: Page, long_url: str
) -> None:
    page.goto(long_url + "/map")
    assert box_of(settled(page).locator(".finding-bar"))["height"] < 45
    expect(page.locator(".finding-bar a")).to_be_visible()
    page.click(".finding-bar a")
    page.wait_for_url("**/data#findings")
    phone.goto(long_url + "/map")
    shown = settled(phone).locator(".finding-bar")
    assert shown.evaluate("bar => bar.scrollWidth <= bar.clientWidth")
    assert box_of(shown)["height"] > 100


def test_all_months_are_on_paper(page: Page, long_url: str) -> None:
    page.set_viewport_size({"width": 688, "height": 1000})  # A4 less its margins
    page.emulate_media(media="print")
    page.goto(long_url + "/data")
    expect(page.locator(".on-screen")).to_be_hidden()
    expect(page.locator(".on-paper")).to_have_count(3)
    for i in range(3):
        part = box_of(page.locator(".on-paper table").nth(i))
        assert part["x"] + part["width"] <= 688
    assert sideways(page) <= 0
    page.goto(long_url + "/map")
    expect(settled(page).locator(".finding-bar")).to_be_visible()
    assert page.locator(".finding-bar").evaluate("bar => bar.scrollWidth <= bar.clientWidth")


def test_a_dark_room_stays_dark(page: Page, long_url: str) -> None:
    page.goto(long_url + "/data")
    page.click("#room")
    expect(page.locator("html")).to_have_class("js room")
    page.reload()
    expect(page.locator("html")).to_have_class("js room")
    ink, card = page.evaluate(
        "['.finding', '.card'].map((s, i) => "
        "getComputedStyle(document.querySelector(s))[i ? 'backgroundColor' : 'color'])"
    )
    assert (ink, card) == ("rgb(242, 245, 248)", "rgb(26, 36, 45)")


def test_the_page_needs_no_script(browser: Browser, long_url: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(long_url + "/data")
    expect(page.locator("h1")).to_have_text(
        "One serious finding: the maps it touches are wrong until it is dealt with"
    )
    expect(page.locator("#files tbody tr")).to_have_count(40)
    page.click("nav >> text=Map")
    expect(page.locator("h1")).to_contain_text("ASB incidents")
    context.close()
