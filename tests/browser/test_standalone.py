"""The briefing in one file, opened from disk with networking off."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from playwright.sync_api import Browser, Page, expect

from hotspots.briefing.standalone import to_html
from hotspots.plain_text import tidy
from tests.browser.conftest import box_of, once, press
from tests.browser.test_access import violations
from tests.unit.test_standalone import HOSTILE, a_briefing
from tests.web.made_up import some_streets

Open = Callable[..., Page]
#: Tells of what the policy refused, before any other script runs.
WATCH = """
window.refused = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.refused.push(event.violatedDirective);
});
"""


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Open a page from a file, offline; afterwards nothing may have been asked, said or refused."""
    faults: list[str] = []
    contexts: list[tuple[Any, bool]] = []

    def open_page(
        content: bytes,
        *,
        width: int = 1920,
        height: int = 1080,
        watched: bool = True,
        **given: Any,
    ) -> Page:
        path = tmp_path / "briefing.html"
        path.write_bytes(content)
        context = browser.new_context(
            viewport={"width": width, "height": height}, reduced_motion="reduce", **given
        )
        contexts.append((context, watched))
        context.set_offline(True)
        context.add_init_script(WATCH)
        page = context.new_page()
        if not watched:
            page.goto(path.as_uri())
            return page
        page.on("console", lambda message: faults.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: faults.append(f"a name ran: {dialog.message}"))
        # of every scheme, data: too, of which the page shows no picture
        page.on("request", lambda request: faults.append(f"asked {request.url[:300]}"))
        page.goto(path.as_uri())
        assert faults == [f"asked {path.as_uri()}"]
        faults.remove(f"asked {path.as_uri()}")
        return page

    yield open_page
    for context, watched in contexts:
        for page in context.pages if watched else ():
            faults += page.evaluate("window.refused ?? []")
        context.close()
    assert faults == []


def state(page: Page) -> dict[str, str]:
    found: dict[str, str] = page.evaluate("({...document.getElementById('map').dataset})")
    return found


def middle(page: Page) -> tuple[float, float]:
    box = box_of(page.locator("#live"))
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def centre(page: Page) -> tuple[float, ...]:
    return tuple(float(part) for part in state(page)["center"].split(","))


def until(page: Page, holds: Callable[[dict[str, str]], bool]) -> None:
    """Wait until the map shows what it should."""
    once(page, lambda: state(page), holds)


# -- it works with no network ----------------------------------------------------------------------


def test_the_map_stands_with_its_places_and_asks_for_nothing(opened: Open) -> None:
    page = opened(to_html(a_briefing(), streets=some_streets()))
    assert state(page)["ready"] == "true"
    assert page.locator(".place-marker").all_inner_texts() == ["1", "2"]
    assert "Ward 4" in page.locator(".ward-name").all_inner_texts()
    assert re.fullmatch(r"\d+ k?m", page.locator(".leaflet-control-scale-line").inner_text())
    # the hot one is hatched, the one that could be chance is not
    fills = page.locator(".leaflet-shade-pane path").evaluate_all(
        "all => all.map((path) => path.getAttribute('fill'))"
    )
    assert sorted(fills) == ["#FFFFFF", "url(#c3)"]


def test_the_policy_is_in_force(opened: Open) -> None:
    """A request is refused by the page itself, whatever the network would do."""
    page = opened(to_html(a_briefing()), watched=False)
    said: list[str] = page.evaluate(
        """async () => {
          const tried = [];
          await fetch("http://127.0.0.1:9/").catch(() => tried.push("fetch"));
          for (const [tag, name] of [["img", "src"], ["script", "src"], ["iframe", "src"]]) {
            const part = document.createElement(tag);
            part[name] = "http://127.0.0.1:9/x";
            document.body.append(part);
          }
          const inline = document.createElement("script");
          inline.textContent = "window.ran = true";
          document.body.append(inline);
          const kinds = () => new Set(window.refused).size;
          for (let i = 0; kinds() < 4 && i < 300; i += 1) {
            await new Promise((done) => setTimeout(done, 50));
          }
          const refused = [...window.refused];
          window.refused = [];
          return [...tried, window.ran ? "ran" : "did not run", ...new Set(refused)];
        }"""
    )
    assert said[:2] == ["fetch", "did not run"]
    assert {"connect-src", "img-src", "script-src-elem", "frame-src"} <= set(said)


@pytest.mark.parametrize("size", [(1920, 1080), (390, 844)])
def test_dragging_moves_the_map(opened: Open, size: tuple[int, int]) -> None:
    page = opened(to_html(a_briefing()), width=size[0], height=size[1])
    x, y = middle(page)
    before = centre(page)
    page.mouse.move(x + 60, y + 60)
    page.mouse.down()
    page.mouse.move(x - 60, y + 20, steps=6)
    page.mouse.up()
    after = once(page, lambda: centre(page), lambda now: now != before)
    # drawn to the left and up, one looks further east and south
    assert after[1] > before[1] + 1e-3
    assert after[0] < before[0] - 1e-4


def test_wheel_buttons_and_keys_zoom_and_move(opened: Open) -> None:
    page = opened(to_html(a_briefing()))
    whole = float(state(page)["zoom"])
    page.mouse.move(*middle(page))
    page.mouse.wheel(0, -300)
    until(page, lambda now: float(now["zoom"]) > whole)
    page.click("#whole")
    until(page, lambda now: float(now["zoom"]) == whole)
    page.click("#zoom-in")
    until(page, lambda now: float(now["zoom"]) == whole + 1)
    page.focus("#live")
    press(page, "-")
    until(page, lambda now: float(now["zoom"]) < whole + 1)
    before = centre(page)
    press(page, "ArrowRight")
    once(page, lambda: centre(page), lambda now: now[1] > before[1])


# -- places ----------------------------------------------------------------------------------------


def test_a_place_of_the_list_opens_its_card_and_moves_the_map(opened: Open) -> None:
    page = opened(to_html(a_briefing()))
    card = page.locator(".spot:visible").first
    expect(card.locator(".more")).to_be_hidden()
    before = centre(page)
    card.locator("h3 button").click()
    expect(card.locator(".more")).to_be_visible()
    expect(card).to_contain_text("Mostly Friday, 18:00 to 22:00.", use_inner_text=True)
    expect(card.locator("h3 button")).to_have_attribute("aria-expanded", "true")
    once(page, lambda: centre(page), lambda now: now != before)
    assert state(page)["place"] == "1"
    expect(page.locator("#said")).to_contain_text("Ward 1: Test Lane")
    press(page, "Escape")
    expect(card.locator(".more")).to_be_hidden()
    once(page, lambda: centre(page), lambda now: now == before)


def test_a_marker_and_an_outline_open_the_card(opened: Open) -> None:
    page = opened(to_html(a_briefing()))
    page.get_by_role("button", name="Place 2: Ward 5: Old Street", exact=True).nth(0).click()
    until(page, lambda now: now["place"] == "2")
    press(page, "Escape")
    until(page, lambda now: now["place"] == "")
    box = box_of(page.locator(".leaflet-shade-pane path[fill='url(#c3)']"))
    page.mouse.click(box["x"] + box["width"] / 4, box["y"] + box["height"] / 4)
    until(page, lambda now: now["place"] == "1")
    expect(page.locator(".spot.current .more")).to_be_visible()


def test_the_keyboard_reaches_map_markers_and_places(opened: Open) -> None:
    page = opened(to_html(a_briefing()))
    reached = set()
    for _ in range(16):
        press(page, "Tab")
        name = page.evaluate(
            "(({ id, ariaLabel, textContent }) => id || ariaLabel || textContent)"
            "(document.activeElement)"
        )
        reached.add(name)
        if name.startswith("Place 2"):
            press(page, "Enter")
            until(page, lambda now: now["place"] == "2")
            press(page, "Escape")
    places = {"Place 1: Ward 1: Test Lane", "Place 2: Ward 5: Old Street"}
    assert {"live", "zoom-in", "zoom-out", "whole", *places} <= reached


def test_the_other_question_has_its_own_places(opened: Open) -> None:
    page = opened(to_html(a_briefing()))
    page.get_by_role("radio", name="Worse than usual").check()
    expect(page.locator(".place-marker")).to_have_text(["A"])
    expect(page.locator(".leaflet-shade-pane path")).to_have_attribute("fill", "url(#w1)")
    edge = page.locator(".leaflet-outlines-pane path[stroke='#7A2F00']")
    expect(edge).to_have_attribute("stroke-dasharray", re.compile("."))
    expect(page.locator(".list h2:visible")).to_have_text(["Where is it worse than usual?"])


def test_a_link_of_a_card_opens_all_about_the_place(opened: Open) -> None:
    page = opened(to_html(a_briefing()))
    expect(page.locator("#place-concentrated-1")).to_be_hidden()
    page.locator(".spot:visible h3 button").first.click()
    page.get_by_role("link", name="All about place 1").click()
    expect(page.locator("#place-concentrated-1")).to_be_in_viewport()
    expect(page.locator("#place-concentrated-1")).to_contain_text("Noise", use_inner_text=True)


def test_names_of_streets_come_when_one_looks_closely(opened: Open) -> None:
    page = opened(to_html(a_briefing(), streets=some_streets()))
    expect(page.locator(".street-name")).to_have_count(0)
    page.locator(".spot:visible h3 button").first.click()
    once(page, page.locator(".street-name").all_inner_texts, lambda names: "Test Lane" in names)


# -- text from data --------------------------------------------------------------------------------


def test_hostile_names_are_read_and_never_run(opened: Open) -> None:
    wards = [*HOSTILE, "Ward 6", "Ward 7", "Ward 8"]
    streets = some_streets().assign(name=HOSTILE[0])
    for names in (HOSTILE[:3], HOSTILE[3:]):
        briefing = replace(a_briefing(names, wards), credits=(HOSTILE[1],))
        page = opened(to_html(briefing, streets=streets))
        assert page.locator("img, main script, main a[href^=javascript]").count() == 0
        shown = page.locator(".spot:visible h3 bdi").all_inner_texts()
        assert [one.strip() for one in shown] == [
            " ".join(tidy(name).split()) for name in names[:2]
        ]
        assert tidy(HOSTILE[0]) in page.locator(".ward-name").all_inner_texts()
        assert page.locator("#provenance p").all_text_contents() == [HOSTILE[1]]
        page.locator(".spot:visible h3 button").first.click()
        streets_named = page.locator(".street-name").all_inner_texts
        once(page, streets_named, lambda found: tidy(HOSTILE[0]) in found)
        assert " ".join(tidy(names[0]).split()) in page.locator("#said").inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= 1920


# -- everyone can use it, and paper shows it -------------------------------------------------------


@pytest.mark.parametrize(("size", "scheme"), [((1920, 1080), "light"), ((390, 844), "dark")])
def test_axe_finds_nothing_and_nothing_is_too_wide(
    opened: Open, size: tuple[int, int], scheme: str
) -> None:
    page = opened(
        # axe is put into the page, which the policy would refuse
        _without_policy(to_html(a_briefing(), streets=some_streets())),
        width=size[0],
        height=size[1],
        color_scheme=scheme,
    )
    page.locator(".spot:visible h3 button").first.click()
    expect(page.locator(".spot.current .more")).to_be_visible()
    for part in page.locator("details").all():
        part.evaluate("part => { part.open = true; }")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def _without_policy(content: bytes) -> bytes:
    cut, n = re.subn(rb'<meta http-equiv="Content-Security-Policy"[^>]*>', b"", content)
    assert n == 1
    return cut


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_bar_in_outline_stays_hollow(opened: Open, scheme: str) -> None:
    """Its height is no count: painted like the others it would claim one."""
    page = opened(to_html(a_briefing()), color_scheme=scheme)
    page.locator(".spot:visible h3 button").first.click()
    expect(page.locator(".spot.current .more")).to_be_visible()
    bars = page.locator("#line-concentrated-1 .bar").evaluate_all(
        "all => all.map((bar) => [getComputedStyle(bar).fill, getComputedStyle(bar).stroke])"
    )
    card = page.locator(".card").first.evaluate("card => getComputedStyle(card).backgroundColor")
    assert bars[0][0] == card
    assert bars[0][1] == bars[1][0]
    assert bars[1] == bars[2] == [bars[1][0], "none"]


def test_dark_is_dark_and_symbols_stay(opened: Open) -> None:
    light = opened(to_html(a_briefing()), color_scheme="light")
    dark = opened(to_html(a_briefing()), color_scheme="dark")
    looks = [
        page.evaluate(
            "[getComputedStyle(document.body).backgroundColor, getComputedStyle("
            "document.querySelector('.spot .marker'), '::before').backgroundColor]"
        )
        for page in (light, dark)
    ]
    assert looks[0][0] != looks[1][0]
    assert looks[0][1] == looks[1][1] == "rgb(11, 60, 111)"


def test_paper_has_everything_and_the_map_as_a_drawing(opened: Open) -> None:
    page = opened(to_html(a_briefing()))
    document = pypdfium2.PdfDocument(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    sizes = {tuple(round(side) for side in document.get_page_size(i)) for i in range(len(document))}
    text = " ".join(one.get_textpage().get_text_range() for one in document)
    assert sizes == {(595, 842)}
    for said in ("OFFICIAL", "Where is it worse than usual?", "Noise", "Squares of 250 m", "Owner"):
        assert said in text, said
    assert "withheld" in text
    # a name of the margins, and the header and the foot of the page itself
    assert text.count("OFFICIAL · Partner tier") >= 2 * len(document)
    assert f"Page {len(document)} of {len(document)}" in text
    assert "Zoom in" not in text
    # afterwards it is folded as before
    expect(page.locator("details[open]")).to_have_count(0)


def test_without_scripts_the_drawing_and_every_card_are_there(opened: Open) -> None:
    page = opened(to_html(a_briefing()), java_script_enabled=False)
    expect(page.locator("#overview, #map-overview")).to_be_visible()
    expect(page.locator("#map")).to_be_hidden()
    expect(page.get_by_text("Holds in 11 of 12 settings.").first).to_be_visible()
