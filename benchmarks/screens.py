"""The pictures of the docs: each screen, as a room sees it and as others see it, and a pack.

    python -m benchmarks.screens --write

The example's pictures are of made-up data. Where real data are there (``HOTSPOTS_REAL_DATA`` or
``../shared/data``), the meeting of the 13 Kent months is shown on both ward vintages, and the
sentences of its cards are printed.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from pypdfium2 import PdfDocument
from werkzeug.serving import make_server

from hotspots.example import make_demo
from hotspots.releasing import ExportRequest
from hotspots.web import create_app
from hotspots.workspace import Workspace

IMAGES = Path(__file__).parent.parent / "docs" / "images"
CHROMIUM = os.environ.get("HOTSPOTS_CHROMIUM", "/usr/bin/chromium")
WIDE, PHONE = (1920, 1080), (390, 844)
#: Name, address, size, simulated sight.
EXAMPLE = (
    ("meeting", "/", WIDE, None),
    ("meeting-phone", "/", PHONE, None),
    ("map", "/map", WIDE, None),
    ("map-deuteranopia", "/map?layer=worse", WIDE, "deuteranopia"),
    ("map-greyscale", "/map", WIDE, "achromatopsia"),
    ("compare", "/compare", WIDE, None),
    ("wards", "/wards", WIDE, None),
    ("shortlist", "/wards/shortlist?category=vehicle_crime&period=2026-09", WIDE, None),
    ("present", "/present?slide=1", WIDE, None),
    ("tune", "/tune?category=asb&cell_size_m=200", WIDE, None),
)
#: Of the briefing pack: the headlines, and the first place.
PAGES = (0, 1)


@contextmanager
def served(workspace: Workspace) -> Iterator[str]:
    """Serve a workspace on a free port."""
    server = make_server("127.0.0.1", 0, create_app(workspace, patience_s=300), threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def shoot(
    browser: Browser, url: str, path: Path, size: tuple[int, int], sight: str | None = None
) -> Page:
    """Take a picture of an address, and return the page."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(300_000)
    if sight:
        session = context.new_cdp_session(page)
        session.send("Emulation.setEmulatedVisionDeficiency", {"type": sight})
    page.goto(url)
    page.wait_for_load_state("networkidle")
    if page.locator("#scores").count():
        page.locator("#scores table").wait_for()
    page.wait_for_timeout(800)
    page.screenshot(path=path)
    return page


def sentences(page: Page) -> list[str]:
    """Return the headline and what each card claims, as text."""
    said = [page.locator("h1").inner_text()]
    for card in page.locator(".place-card").all():
        marker = card.locator(".marker").inner_text()
        name = card.locator("h3 bdi").inner_text()
        status = card.locator(".badge").inner_text()
        claim = card.locator(".claim").inner_text()
        strength = card.locator(".strength").inner_text()
        said.append(f"| {marker} | {name} | {status} | {' '.join(claim.split())} {strength} |")
    return said


def briefing(workspace: Workspace, path: Path) -> None:
    """Draw the first pages of the partner tier's pack of the last week, side by side."""
    period = workspace.periods("asb", "week")[-1].id
    asked = ExportRequest("briefing", "partner", "docs", "pdf", period=period, category="asb")
    document = PdfDocument(workspace.export(asked).files[0][1])
    drawn = [document[number].render(scale=1.3).to_pil() for number in PAGES]
    both = Image.new("RGB", (sum(one.width for one in drawn), drawn[0].height), "white")
    for number, one in enumerate(drawn):
        both.paste(one, (number * one.width, 0))
    both.quantize(64).save(path)


def kent(folder: Path, data: Path, vintage: str) -> Workspace:
    """Make a workspace of the 13 Kent months on one vintage of the wards."""
    workspace = Workspace.init(folder)
    wards = data / "uk-geojson" / "wards"
    files = {
        "2013": [wards / "E07000107.json", wards / "E07000109.json"],
        "2021": [data / "geographr" / "wards21_dartford_gravesham.geojson"],
    }[vintage]
    workspace.add_boundaries(files, vintage)
    workspace.add_incidents([data / "police-uk-kent"])
    return workspace


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="Write docs/images.")
    options = parser.parse_args()
    data = Path(os.environ.get("HOTSPOTS_REAL_DATA", "../shared/data"))
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        target = IMAGES if options.write else Path(temporary)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        example, _ = make_demo(Path(temporary) / "example", 2026)
        briefing(example, target / "briefing.png")
        with served(example) as url:
            for name, address, size, sight in EXAMPLE:
                shoot(browser, url + address, target / f"{name}.png", size, sight)
        for vintage in ("2021", "2013") if data.is_dir() else ():
            workspace = kent(Path(temporary) / vintage, data, vintage)
            with served(workspace) as url:
                page = shoot(browser, url + "/", target / f"kent-{vintage}.png", WIDE)
                print(f"\nWards of {vintage}\n", *sentences(page), sep="\n")
        browser.close()


if __name__ == "__main__":
    main()
