"""Exports in a real browser: by mouse, by keyboard, on a phone, and without a script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from threading import Event, Thread

import openpyxl
import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from hotspots.errors import ResultError
from hotspots.releasing.request import Exported, ExportRequest
from hotspots.web import create_app
from tests.browser.conftest import box_of, leaving, press, settled, watched
from tests.web.made_up import MadeUp, made_up
from tests.web.page import KIND_OF_SCREEN

FORM = "/export?category=asb&period=2024-01"


class Held(MadeUp):
    """A source that waits before it exports, if told to, and refuses whoever is called Nobody."""

    go: Event

    def export(self, request: ExportRequest) -> Exported:
        assert self.go.wait(30)
        if request.who == "Nobody":
            raise ResultError("This export must not let <b>ASB</b> be worked out.")
        return super().export(request)


@pytest.fixture(scope="module")
def held() -> Iterator[tuple[str, Held]]:
    usual = made_up()
    source = Held(usual.ward_set, usual.all_incidents)
    source.go = Event()
    source.go.set()
    server = make_server("127.0.0.1", 0, create_app(source, patience_s=60), threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", source
    server.shutdown()
    thread.join(timeout=10)
    server.server_close()


def fill(page: Page, who: str = "A Sergeant") -> None:
    page.check("#tier-partner")
    page.fill("#who", who)


def test_by_keyboard_from_the_meeting_to_the_file(
    page: Page, held: tuple[str, Held], tmp_path: Path
) -> None:
    page.goto(held[0] + "/?category=asb&period=2024-01")
    press(page, "e")
    expect(page.locator("h1")).to_have_text("Make a file to give away")
    expect(page.locator("#kind-briefing")).to_be_checked()
    page.locator("#kind-briefing").focus()
    press(page, "ArrowDown")
    expect(page.locator("#kind-shortlist")).to_be_checked()
    expect(page.locator("#format-shortlist")).to_be_visible()
    expect(page.locator("#format-briefing")).to_be_hidden()
    press(page, "Tab")  # its format
    press(page, "Tab")  # for whom: the first of the group
    press(page, "Space")
    expect(page.locator("#tier-public")).to_be_checked()
    press(page, "Tab")
    page.keyboard.type("e, a Sergeant")  # no key acts in a field
    with page.expect_download() as info:
        press(page, "Enter")
    assert info.value.suggested_filename == "shortlist-public.xlsx"
    info.value.save_as(tmp_path / "file")
    assert "who='e, a Sergeant'" in (tmp_path / "file").read_text("utf-8")
    expect(page.locator("#made")).to_contain_text("Made: shortlist-public.xlsx")
    expect(page.locator("#made")).to_contain_text("3 counts are withheld.")
    expect(page.locator("#log tbody tr").first).to_contain_text("e, a Sergeant")
    expect(page.locator("#export-form")).to_have_attribute("aria-busy", "false")
    page.locator("h1").click()
    press(page, "Escape")
    expect(page.locator("h1")).to_contain_text("January 2024")


@pytest.mark.parametrize(("path", "kind"), KIND_OF_SCREEN.items())
def test_the_key_leads_there_from_every_screen(
    page: Page, held: tuple[str, Held], path: str, kind: str
) -> None:
    page.goto(held[0] + path)
    expect(settled(page).locator("#export")).to_be_visible()
    with leaving(page):
        press(page, "e")
    expect(page.locator("h1")).to_have_text("Make a file to give away")
    expect(page.locator(f"#kind-{kind}")).to_be_checked()


def test_on_the_map_the_link_follows_what_is_shown(page: Page, held: tuple[str, Held]) -> None:
    page.goto(held[0] + "/map?category=asb&period=2024-01")
    settled(page)
    press(page, "[")
    expect(page.locator("h1")).to_contain_text("December 2023")
    there = "/export?category=asb&period=2023-12&from=map"
    expect(page.locator("#export")).to_have_attribute("href", there)


def test_while_it_is_made_the_button_says_so_and_asks_once(
    page: Page, held: tuple[str, Held]
) -> None:
    url, source = held
    made = len(source.made)
    page.goto(url + FORM)
    fill(page)
    source.go.clear()
    try:
        page.click("#make")
        expect(page.locator("#make")).to_have_text("Being made…")
        expect(page.locator("#make")).to_have_attribute("aria-disabled", "true")
        expect(page.locator("#made")).to_contain_text("Keep this page open")
        # it is seen to be at work, though a second may pass unseen
        expect(page.locator("#elapsed")).to_have_text(re.compile(r"^[1-9]\d* s$"))
        page.click("#make", force=True)
        press(page, "Enter")
        with page.expect_download():
            source.go.set()
    finally:
        source.go.set()
    expect(page.locator("#make")).to_have_text("Make the file")
    expect(page.locator("#elapsed")).to_have_text("")
    assert len(source.made) == made + 1


def test_what_shows_single_incidents_is_offered_only_where_it_may_go(
    page: Page, held: tuple[str, Held]
) -> None:
    page.goto(held[0] + FORM)
    page.check("#kind-incidents")
    page.check("#tier-public")
    expect(page.locator("#kind-incidents")).to_be_disabled()
    expect(page.locator("#kind-incidents")).not_to_be_checked()
    expect(page.locator("#export-error")).to_contain_text("Choose what to make")
    expect(page.locator("#needs-incidents")).to_be_visible()
    page.check("#tier-restricted")
    expect(page.locator("#kind-incidents")).to_be_enabled()


def test_a_refusal_is_text_beside_the_form(browser: Browser, held: tuple[str, Held]) -> None:
    for page in watched(browser, 1920, 1080, refused=True):
        page.goto(held[0] + FORM)
        fill(page, "Nobody")
        page.click("#make")
        expect(page.locator("#export-error")).to_have_text(
            "This export must not let <b>ASB</b> be worked out."
        )
        expect(page.locator("#who")).to_have_value("Nobody")
        expect(page.locator("#make")).to_have_text("Make the file")


def test_without_a_script_the_file_comes_and_refusals_too(
    browser: Browser, held: tuple[str, Held]
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(held[0] + FORM)
    fill(page)
    with page.expect_download() as info:
        page.click("#make")
    assert info.value.suggested_filename == "briefing-partner.pdf"
    page.check("#kind-cells")
    page.click("#make")
    expect(page.locator("#export-error")).to_contain_text("must not go to partner")
    expect(page.locator("#who")).to_have_value("A Sergeant")
    context.close()


OTHER_SITE = """<!doctype html><form method="post" action="{url}/export">
<input name="kind" value="briefing"><input name="tier" value="public"><input name="who" value="x">
<button>Win a prize</button></form>"""


def test_a_form_on_another_site_makes_nothing(browser: Browser, held: tuple[str, Held]) -> None:
    url, source = held
    made = len(source.made)
    context = browser.new_context()
    page = context.new_page()
    # the same machine by another name is another site
    elsewhere = url.replace("127.0.0.1", "localhost") + "/prize"
    body = OTHER_SITE.format(url=url)
    page.route("**/prize", lambda route: route.fulfill(content_type="text/html", body=body))
    page.goto(elsewhere)
    with page.expect_navigation() as info:
        page.click("button")
    assert info.value.status == 403
    expect(page.locator("main")).to_contain_text("this came from elsewhere")
    assert len(source.made) == made
    context.close()


def test_a_phone_has_the_whole_form_in_its_width(phone: Page, held: tuple[str, Held]) -> None:
    phone.goto(held[0] + FORM)
    fill(phone)
    with phone.expect_download():
        phone.click("#make")
    expect(phone.locator("#export-form")).to_have_attribute("aria-busy", "false")
    expect(phone.locator("#log tbody tr").first).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert phone.locator("#log .scroll").evaluate("e => e.scrollWidth <= e.clientWidth")
    for name in ("#make", "#who", "#format-briefing"):
        assert box_of(phone.locator(name))["height"] >= 44


# -- the whole way, from the form to the file -----------------------------------------------------


def ask(page: Page, kind: str, tier: str, form: str, tmp_path: Path) -> bytes:
    """Make a file with the form, by its own controls; return what the browser kept."""
    page.check(f"#tier-{tier}")  # first, as what it may not have cannot be chosen
    page.check(f"#kind-{kind}")
    page.select_option(f"#format-{kind}", form)
    page.fill("#who", "B Analyst")
    with page.expect_download(timeout=120_000) as info:
        # the form is at rest before it is sent as well as after its answer
        with page.expect_response(lambda one: one.request.method == "POST", timeout=120_000):
            press(page, "Enter")
        form_at_rest = page.locator("#export-form[aria-busy=false]")
        expect(form_at_rest).to_be_attached(timeout=120_000)
        expect(page.locator("#export-error")).to_be_hidden()  # else it says why
    assert info.value.suggested_filename.startswith(f"{kind}-")
    assert f"-{tier}." in info.value.suggested_filename
    kept = tmp_path / "kept"
    info.value.save_as(kept)
    expect(page.locator("#made")).to_contain_text(f"Made: {info.value.suggested_filename}")
    return kept.read_bytes()


def test_every_kind_of_file_is_made_from_the_form_and_logged(
    page: Page, example_url: str, tmp_path: Path
) -> None:
    page.goto(f"{example_url}/wards/shortlist?category=asb&period=2026-09")
    expect(page.locator("#listed-title")).to_be_attached(timeout=60_000)
    press(page, "e")
    expect(page.locator("#kind-shortlist")).to_be_checked()
    made = {
        (kind, tier, form): ask(page, kind, tier, form, tmp_path)
        for kind, tier, form in (
            ("briefing", "public", "pdf"),
            ("shortlist", "partner", "xlsx"),
            ("assessment", "restricted", "xlsx"),
            ("hotspots", "public", "gpkg"),
            ("wards", "partner", "geojson"),
            ("cells", "restricted", "tif"),
            ("density", "restricted", "parquet"),
            ("incidents", "restricted", "csv"),
            ("all", "restricted", "gpkg"),
        )
    }
    begins = {"pdf": b"%PDF-", "xlsx": b"PK", "gpkg": b"SQLite format 3", "parquet": b"PAR1"}
    begins |= {"geojson": b"{", "tif": b"II*\0", "csv": b"PK"}
    for (kind, _, form), content in made.items():
        assert content.startswith(begins[form]), (kind, form)
    page.goto(f"{example_url}/export/log")
    hashes = page.locator("#log code").all_inner_texts()[: len(made)]
    logged = [sha256(content).hexdigest() for content in reversed(made.values())]
    assert hashes == logged
    first = page.locator("#log tbody tr").first
    expect(first).to_contain_text("All tables in one GeoPackage")
    expect(first).to_contain_text("Restricted")
    expect(first).to_contain_text("B Analyst")


def test_a_made_workbook_withholds_small_counts_and_says_so(
    page: Page, example_url: str, tmp_path: Path
) -> None:
    page.goto(f"{example_url}/export?category=deliberate_fire&period=2026-09&kind=wards")
    shown = ask(page, "wards", "restricted", "xlsx", tmp_path)
    expect(page.locator("#made")).not_to_contain_text("withheld")
    held = ask(page, "wards", "public", "xlsx", tmp_path)
    expect(page.locator("#made")).to_contain_text(
        re.compile(r"\d+ counts are withheld, so that none below 5 can be worked out")
    )
    true, safe = (counts_of(content) for content in (shown, held))
    assert true.keys() == safe.keys()
    small = {name for name, count in true.items() if 0 < int(count) < 5}
    assert small
    assert all(safe[name] == "withheld" for name in small)
    # what is shown is true
    assert all(safe[name] in (true[name], "withheld") for name in true)
    assert any(safe[name] == true[name] for name in true)


def counts_of(workbook: bytes) -> dict[str, str]:
    """Return the incidents of each ward, "withheld" where its row says so and has no number."""
    book = openpyxl.load_workbook(BytesIO(workbook), data_only=True)
    for sheet in book:
        rows = [[str(cell).strip() for cell in row] for row in sheet.iter_rows(values_only=True)]
        head = next((i for i, row in enumerate(rows) if {"Ward code", "Incidents"} <= set(row)), -1)
        if head >= 0:
            table = [dict(zip(rows[head], row, strict=True)) for row in rows[head + 1 :]]
            return {row["Ward code"]: count_in(row) for row in table if row["Ward code"] != "None"}
    raise AssertionError(f"no sheet of wards in {book.sheetnames}")


def count_in(row: dict[str, str]) -> str:
    said = row["Incidents"].lower()
    return "withheld" if row.get("Withheld") == "yes" and not said.isdigit() else said


def test_the_standalone_file_opens_without_a_network(
    browser: Browser, page: Page, example_url: str, tmp_path: Path
) -> None:
    page.goto(f"{example_url}/export?category=asb&period=2026-09")
    file = tmp_path / "pack.html"
    file.write_bytes(ask(page, "briefing", "public", "html", tmp_path))
    context = browser.new_context(offline=True)
    opened = context.new_page()
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(file.as_uri())
    expect(opened.locator("h1").first).to_be_visible()
    assert asked == [file.as_uri()]
    context.close()
