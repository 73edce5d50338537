"""The table of the wards in a real browser: sorted, and paired with its map."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import box_of, leaving, press

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
    expect(opened.locator("#ward-table th[aria-sort=descending]")).to_contain_text("Per 1,000")
    rates = [float(text) for text in column(opened, 5)]
    assert rates == sorted(rates, reverse=True)
    assert len(set(rates)) > 3
    header.click()
    expect(opened.locator("#ward-table th[aria-sort=ascending]")).to_have_count(1)
    assert [float(text) for text in column(opened, 5)] == sorted(rates)


def test_sorting_by_keyboard(opened: Page) -> None:
    opened.get_by_role("button", name="Residents").focus()
    press(opened, "Enter")
    expect(opened.locator("#ward-table th[aria-sort=descending]")).to_contain_text("Residents")
    residents = [int(text.replace(",", "")) for text in column(opened, 4)]
    assert residents == sorted(residents, reverse=True)


def test_a_row_pointed_at_is_marked_on_the_map(opened: Page) -> None:
    row = opened.locator("#ward-table tbody tr").first
    position = int(str(row.get_attribute("data-position")))
    row.hover()
    marked = opened.locator("#ward-map .shades > .pointed")
    expect(marked).to_have_count(1)
    shade = opened.locator("#ward-map .shades > *").nth(position)
    expect(shade).to_have_class(re.compile("pointed"))
    opened.locator("h1").hover()
    expect(marked).to_have_count(0)


def test_a_ward_pointed_at_on_the_map_is_marked_in_the_table(opened: Page) -> None:
    shade = opened.locator("#ward-map .shades > *").nth(8)
    box = box_of(shade)
    opened.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.1)
    row = opened.locator("#ward-table tr.pointed")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Ward 8")


def test_every_ward_is_named_on_the_map(opened: Page) -> None:
    names = " ".join(opened.locator("#ward-map svg text").all_text_contents())
    assert sum(f"Ward {i}" in names for i in range(9)) >= 8


def test_the_period_before_is_a_key_away(opened: Page) -> None:
    with leaving(opened):
        press(opened, "[")
    expect(opened.locator("h1")).to_contain_text("in December 2023")


def test_on_a_phone_only_the_table_scrolls_sideways(phone: Page, server_url: str) -> None:
    phone.goto(f"{server_url}{ADDRESS}")
    phone.wait_for_selector("#ward-table .sort")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert phone.locator(".ward-table .scroll").evaluate("e => e.scrollWidth > e.clientWidth")
    name = phone.locator("#ward-table tbody th").first
    phone.locator(".ward-table .scroll").evaluate("e => e.scrollTo(400, 0)")
    assert 0 <= box_of(name)["x"] < 60


# -- the shortlist --------------------------------------------------------------------------------

SHORTLIST = "/wards/shortlist?category=asb&period=2024-01"


def test_the_shortlist_is_a_tab_away_and_back(opened: Page) -> None:
    opened.get_by_role("link", name="Shortlist").click()
    expect(opened.locator("h1")).to_contain_text("on the shortlist")
    expect(opened.locator("nav[aria-label=Pages] [aria-current]")).to_have_text("Wards")
    opened.get_by_role("link", name="All wards").click()
    expect(opened.locator("h1")).to_contain_text("has the most")


def test_nothing_of_the_shortlist_is_off_the_projector(page: Page, server_url: str) -> None:
    for size in ((1920, 1080), (1280, 720)):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.goto(server_url + SHORTLIST)
        page.locator("details.others summary").click()
        expect(page.locator("#others")).to_be_visible()
        for box in page.locator(".shortlists .scroll").all():
            assert box.evaluate("e => e.scrollWidth <= e.clientWidth")
        # no number runs into the next one
        over = page.locator(".shortlist td, .shortlist th").evaluate_all(
            "cells => cells.filter((c) => c.scrollWidth > c.clientWidth + 1).length"
        )
        assert over == 0


def test_a_listed_ward_is_paired_with_its_map(page: Page, server_url: str) -> None:
    page.goto(server_url + SHORTLIST)
    page.wait_for_selector("#others .sort", state="attached")
    row = page.locator("#listed tr.ward").first
    position = int(str(row.get_attribute("data-position")))
    row.hover()
    marked = page.locator("#ward-map .shades > .pointed")
    expect(marked).to_have_count(1)
    expect(page.locator("#ward-map .shades > *").nth(position)).to_have_class("pointed")


def test_the_other_wards_are_folded_and_can_be_sorted(page: Page, server_url: str) -> None:
    page.goto(server_url + SHORTLIST)
    table = page.locator("#others")
    expect(table).to_be_hidden()
    page.locator("details.others summary").focus()
    press(page, "Enter")
    expect(table).to_be_visible()
    # with nobody listed there is nothing but the others, and they are not folded
    page.goto(server_url + SHORTLIST.replace("asb", "deliberate_fire"))
    expect(table).to_be_visible()
    page.get_by_role("button", name="Residents").click()
    expect(page.locator("#others th[aria-sort=descending]")).to_contain_text("Residents")
    residents = [
        int(t.replace(",", "")) for t in table.locator("td:nth-child(4)").all_inner_texts()
    ]
    assert residents == sorted(residents, reverse=True)
    assert len(residents) > 3


def test_on_a_phone_each_ward_is_a_card(phone: Page, server_url: str) -> None:
    phone.goto(server_url + SHORTLIST)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    card = phone.locator("#listed tbody").first
    cells = [box_of(cell) for cell in card.locator("td:visible").all()]
    assert len(cells) >= 9
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in cells)
    tops = [box["y"] for box in cells]
    assert len(set(tops)) == len(tops)
    # the name, then why, then the numbers
    name, why = box_of(card.locator("th")), box_of(card.locator(".why"))
    assert name["y"] < why["y"] < max(tops)


def test_what_is_folded_is_on_paper(page: Page, server_url: str) -> None:
    page.goto(server_url + SHORTLIST)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator("#others")).to_be_visible()
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(page.locator("#others")).to_be_hidden()
