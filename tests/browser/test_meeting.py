"""A meeting from start to end: by mouse, then by keyboard alone, on three screens."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import leaving, press, settled, watched

SCREENS = ((1920, 1080), (1280, 720), (390, 844))
JANUARY = "/?category=asb&period=2024-01"


@pytest.fixture(params=SCREENS, ids=lambda size: f"{size[0]}x{size[1]}")
def screen(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    yield from watched(browser, *request.param)


def test_a_meeting_by_mouse(screen: Page, server_url: str) -> None:
    screen.goto(server_url + JANUARY)
    heading = screen.locator("h1")
    expect(heading).to_contain_text("January 2024")
    both = heading.inner_text()
    follow(screen, "nav[aria-label='Community Safety Unit'] >> text=North")
    expect(heading).not_to_have_text(both)
    follow(screen, "nav[aria-label='Community Safety Unit'] >> text=Both")
    follow(screen, "#before")
    expect(heading).to_contain_text("December 2023")
    follow(screen, "#after")
    expect(heading).to_have_text(both)
    card = screen.locator(".place-card").first
    name = card.locator("h3 bdi").inner_text()
    claim = card.locator(".claim").inner_text()
    with leaving(screen):
        card.click()
    expect(heading).to_contain_text(name.split(":")[-1].strip())
    expect(screen.locator("main")).to_contain_text(claim.splitlines()[0])
    follow(screen, "#present")
    expect(screen.locator(".slide")).to_be_visible()
    expect(heading).to_contain_text(name)
    follow(screen, "#next")
    expect(heading).not_to_contain_text("Place 1,")
    follow(screen, "#back")
    follow(screen, "#back")
    expect(heading).to_have_text(both)
    follow(screen, "nav[aria-label='Pages'] >> text=Map")
    settled(screen)
    for page, said in (("Compare", "2024"), ("Places", "hot spot"), ("Wards", "2024")):
        follow(screen, f"nav[aria-label='Pages'] >> text={page}")
        expect(heading).to_contain_text(re.compile(said))
    follow(screen, "nav[aria-label='Pages'] >> text=Help")
    expect(heading).to_have_text("What the maps mean, and what they do not")
    follow(screen, "nav[aria-label='Pages'] >> text=Data")
    follow(screen, "nav[aria-label='Pages'] >> text=Meeting")
    expect(screen.locator(".place-card").first).to_be_visible()


def follow(screen: Page, link: str) -> None:
    with leaving(screen):
        screen.click(link)


def turn(screen: Page, key: str) -> None:
    """Press a key that leads to another page."""
    with leaving(screen):
        press(screen, key)


def test_a_meeting_by_keyboard_alone(screen: Page, server_url: str) -> None:
    screen.goto(server_url + JANUARY)
    heading = screen.locator("h1")
    before = heading.inner_text()
    turn(screen, "[")
    expect(heading).to_contain_text("December 2023")
    turn(screen, "]")
    expect(heading).to_have_text(before)
    turn(screen, "p")
    expect(screen.locator(".slide")).to_be_visible()
    expect(heading).to_have_text(before)
    turn(screen, "ArrowRight")
    expect(heading).to_contain_text("Place 1,")
    slides = int(screen.locator(".slide-nav").inner_text().split(" of ")[1].split()[0])
    for number in range(3, slides + 1):
        turn(screen, "ArrowRight")
        expect(screen.locator(".slide-nav")).to_contain_text(f"{number} of {slides}")
    expect(heading).to_have_text("Did the last map work?")
    press(screen, "ArrowRight")  # there is no further one
    expect(heading).to_have_text("Did the last map work?")
    turn(screen, "Escape")
    expect(heading).to_have_text(before)
    focus_first_card(screen)
    turn(screen, "Enter")
    expect(screen.locator("#minutes")).to_be_visible()
    name = heading.inner_text()
    turn(screen, "ArrowRight")
    expect(heading).not_to_have_text(name)
    press(screen, "d")
    expect(screen.locator("html")).to_have_class(re.compile("room"))
    turn(screen, "Escape")
    expect(heading).to_have_text(before)


def focus_first_card(screen: Page) -> None:
    for _ in range(60):
        press(screen, "Tab")
        if screen.evaluate("Boolean(document.activeElement.closest('.place-card'))"):
            return
    raise AssertionError("no card is reached with the tab key")


def test_single_keys_can_be_switched_off(page: Page, server_url: str) -> None:
    page.goto(server_url + JANUARY)
    before = page.locator("h1").inner_text()
    assert takes(page, "d")
    page.click(".keys summary")
    page.uncheck("#keys-on")
    press(page, "Escape")
    page.locator("h1").click()
    assert not takes(page, "d")
    assert not takes(page, "[")
    expect(page.locator("h1")).to_have_text(before)
    page.reload()
    assert not takes(page, "d")
    assert not takes(page, "[")
    expect(page.locator("h1")).to_have_text(before)


def takes(page: Page, key: str) -> bool:
    """Return whether the page keeps a key from the browser: then it acts on it, sooner or later."""
    page.evaluate(
        "window.addEventListener('keydown', (event) => { window.taken = event.defaultPrevented; },"
        " { once: true })"
    )
    press(page, key)
    return bool(page.evaluate("window.taken"))


def test_no_letter_on_the_projector_is_below_sixteen_pixels(page: Page, server_url: str) -> None:
    page.goto(server_url + JANUARY)
    small = page.evaluate(
        """() => [...document.querySelectorAll("main *, svg text")]
        .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()))
        .filter((e) => e.getClientRects().length && !e.closest(".unseen"))
        .map((e) => {
          const svg = e.closest("svg");
          const scale = svg && svg.viewBox.baseVal.width
            ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
          const size = parseFloat(getComputedStyle(e).fontSize) * scale;
          return [size, e.textContent.trim().slice(0, 40)];
        }).filter(([size]) => size < 15.5)"""
    )
    assert small == []


def test_the_minutes_can_be_copied(browser: Browser, server_url: str) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(server_url + JANUARY)
    page.locator(".place-card h3 a").first.click()
    page.click("#copy")
    expect(page.locator("#copied")).to_have_text("The sentences are copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    shown = [" ".join(text.split()) for text in page.locator("#minutes li").all_inner_texts()]
    assert copied.splitlines() == shown
    context.close()


def test_without_a_script_everything_is_there(browser: Browser, server_url: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(server_url + JANUARY)
    expect(page.locator(".place-card").nth(1)).to_be_visible()
    page.locator(".place-card h3 a").first.click()
    expect(page.locator("#minutes li").nth(3)).to_be_visible()
    page.locator("#present").click()
    page.locator("#next").click()
    expect(page).to_have_url(re.compile("slide=2"))
    expect(page.locator("h1")).to_be_visible()
    context.close()


def test_every_page_prints_with_marking_and_date(page: Page, server_url: str) -> None:
    page.emulate_media(media="print")
    for path in ("/", "/map", "/compare", "/places", "/wards", "/help"):
        page.goto(server_url + path)
        body = page.locator("body").inner_text()
        assert "OFFICIAL" in body
        if path != "/help":
            assert re.search(r"20\d\d", body)
        for hidden in (".choice-bar", ".keys", "#room"):
            if page.locator(hidden).count():
                expect(page.locator(hidden).first).to_be_hidden()
