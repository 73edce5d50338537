"""The table of the wards in a real browser: sorted, and paired with its map."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

ADDRESS = "/wards?category=asb&period=2024-01"


@pytest.fixture
def opened(page: Page, server_url: str) -> Page:
    page.goto(f"{server_url}{ADDRESS}")
    page.wait_for_selector("#ward-table .sort")
    return page


def column(page: Page, number: int) -> list[str]:
    return page.locator(f"#ward-table tbody tr td:nth-child({number})").all_text_contents()


def test_a_click_on_a_header_sorts_and_another_turns_it(opened: Page) -> None:
    header = opened.get_by_role("button", name="Per 1,000")
    header.click()
    rates = [float(text) for text in column(opened, 5)]
    assert rates == sorted(rates, reverse=True)
    assert len(set(rates)) > 3
    header.click()
    assert [float(text) for text in column(opened, 5)] == sorted(rates)
    expect(opened.locator("#ward-table th[aria-sort=ascending]")).to_have_count(1)


def test_sorting_by_keyboard(opened: Page) -> None:
    opened.get_by_role("button", name="Residents").focus()
    opened.keyboard.press("Enter")
    residents = [int(text.replace(",", "")) for text in column(opened, 4)]
    assert residents == sorted(residents, reverse=True)


def test_a_row_pointed_at_is_marked_on_the_map(opened: Page) -> None:
    row = opened.locator("#ward-table tbody tr").first
    position = int(str(row.get_attribute("data-position")))
    row.hover()
    marked = opened.locator("#ward-map .shades > .pointed")
    expect(marked).to_have_count(1)
    shades = opened.locator("#ward-map .shades > *")
    assert "pointed" in str(shades.nth(position).get_attribute("class"))
    opened.locator("h1").hover()
    expect(marked).to_have_count(0)


def test_a_ward_pointed_at_on_the_map_is_marked_in_the_table(opened: Page) -> None:
    shade = opened.locator("#ward-map .shades > *").nth(8)
    box = shade.bounding_box()
    assert box
    opened.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.1)
    row = opened.locator("#ward-table tr.pointed")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Ward 8")


def test_every_ward_is_named_on_the_map(opened: Page) -> None:
    names = " ".join(opened.locator("#ward-map svg text").all_text_contents())
    assert sum(f"Ward {i}" in names for i in range(9)) >= 8


def test_the_table_is_downloaded(opened: Page) -> None:
    with opened.expect_download() as info:
        opened.get_by_role("link", name="Table as CSV").click()
    assert info.value.suggested_filename == "wards-asb-2024-01.csv"


def test_the_period_before_is_a_key_away(opened: Page) -> None:
    with opened.expect_navigation():
        opened.keyboard.press("[")
    assert "in December 2023" in str(opened.locator("h1").text_content())


def test_on_a_phone_only_the_table_scrolls_sideways(phone: Page, server_url: str) -> None:
    phone.goto(f"{server_url}{ADDRESS}")
    phone.wait_for_selector("#ward-table .sort")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert phone.locator(".ward-table .scroll").evaluate("e => e.scrollWidth > e.clientWidth")
    name = phone.locator("#ward-table tbody th").first
    phone.locator(".ward-table .scroll").evaluate("e => e.scrollTo(400, 0)")
    box = name.bounding_box()
    assert box
    assert 0 <= box["x"] < 60
