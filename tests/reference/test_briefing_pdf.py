"""The PDF as poppler reads it: text, marking, fonts, tags; and the same bytes every time."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest

from hotspots.briefing import to_pdf
from tests.unit.test_briefing import pack, shortlist

pytestmark = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="poppler-utils is not installed"
)
ROOT = Path(__file__).parents[2]
#: Makes the same pack in another process, and tells the digest of its bytes.
_ELSEWHERE = """
import hashlib
from hotspots.briefing import to_pdf
from tests.unit.test_briefing import pack, shortlist
print(hashlib.sha256(to_pdf(pack("partner", shortlist=shortlist()))).hexdigest())
"""


@pytest.fixture(scope="module")
def written() -> bytes:
    return to_pdf(pack("partner", shortlist=shortlist()))


@pytest.fixture(scope="module")
def file(written: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("briefing") / "briefing.pdf"
    path.write_bytes(written)
    return path


def run(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def pages(file: Path) -> list[str]:
    return run("pdftotext", "-layout", file, "-").split("\f")[:-1]


def test_every_page_has_marking_tier_provenance_and_its_number(file: Path) -> None:
    found = pages(file)
    assert len(found) >= 4
    for number, page in enumerate(found, start=1):
        first = page.strip().splitlines()[0]
        assert "OFFICIAL · Partner tier" in first
        assert "Handle as OFFICIAL, partner tier." in re.sub(r"\s+", " ", page)
        assert re.search(rf"Page {number} of {len(found)}\b", page)
        assert re.search(r"run [0-9a-f]{12}", page)


def test_each_part_begins_its_own_page(file: Path) -> None:
    found = pages(file)
    assert "Anti-social behaviour, January 2024: South and North" in found[0]
    assert "Where is it worse than usual?" in found[1]
    assert "By when" in found[1]
    assert "Key wards" in found[-2]
    assert "Where the numbers come from" in found[-1]
    assert "1" * 64 in re.sub(r"\s+", "", found[-1])


def test_names_on_a_map_are_text(file: Path) -> None:
    """A halo must not hide the letters that it is for, nor take them out of the text."""
    assert "SOUTH" in pages(file)[0]
    assert "Ward 1" in pages(file)[1]


def test_every_font_is_embedded_as_a_subset(file: Path) -> None:
    rows = run("pdffonts", file).splitlines()[2:]
    assert rows
    for row in rows:
        embedded, subset, unicode = row.split()[-5:-2]
        assert (embedded, subset, unicode) == ("yes", "yes", "yes")
        assert re.match(r"[A-Z]{6}\+", row)


def test_it_is_tagged_a4_and_has_no_clock(file: Path) -> None:
    said = dict(re.findall(r"^([^:\n]+):\s*(.*)$", run("pdfinfo", file), re.MULTILINE))
    assert said["Title"] == "Anti-social behaviour, January 2024: South and North"
    assert said["Tagged"] == "yes"
    assert said["Encrypted"] == "no"
    assert "A4" in said["Page size"]
    assert "CreationDate" not in said
    assert "ModDate" not in said


def test_its_language_is_british(written: bytes) -> None:
    streams = re.findall(rb"stream\n(.*?)\nendstream", written, re.DOTALL)
    objects = b"".join(zlib.decompress(one) for one in streams if one[:1] == b"\x78")
    assert b"/Lang (en-GB)" in written + objects


def test_the_same_pack_is_the_same_bytes(written: bytes) -> None:
    time.sleep(1.1)  # a clock in the file would have moved on
    assert to_pdf(pack("partner", shortlist=shortlist())) == written


def test_another_process_writes_the_same_bytes(written: bytes) -> None:
    said = run(sys.executable, "-c", _ELSEWHERE).split()[-1]
    assert said == hashlib.sha256(written).hexdigest()


def test_another_tier_is_another_file(written: bytes) -> None:
    assert to_pdf(pack("public", shortlist=shortlist())) != written


def test_black_and_white_tells_classes_apart(file: Path, tmp_path: Path) -> None:
    """In grey the legend's classes differ by their hatches: each has light and dark."""
    import numpy as np
    import pypdfium2
    from PIL import Image

    document = pypdfium2.PdfDocument(file)
    try:
        page: Image.Image = document[0].render(scale=4).to_pil().convert("L")
    finally:
        document.close()
    grey = np.asarray(page, dtype=np.float64)
    swatches = _legend_boxes(file, page)
    assert len(swatches) == 3
    means = []
    for left, top, right, bottom in swatches:
        part = grey[top:bottom, left:right]
        assert part.max() - part.min() > 80
        means.append(part.mean())
    # the stronger the darker
    assert means == sorted(means)


def _legend_boxes(file: Path, page: object) -> list[tuple[int, int, int, int]]:
    """Return where the swatches are: left of the legend's words, by poppler's boxes."""
    html = run("pdftotext", "-bbox", "-l", "1", file, "-")
    words = re.findall(
        r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">([^<]*)</word>',
        html,
    )
    found = []
    for i, (x, y0, _, y1, word) in enumerate(words):
        follows = [w[4] for w in words[i + 1 : i + 4]]
        starts = word in ("Very", "Clear:", "Possible:") and "most" in " ".join(follows) + "most"
        if starts and "at" in [w[4] for w in words[i + 1 : i + 3]]:
            middle = (float(y0) + float(y1)) / 2
            left, right = float(x) - 25, float(x) - 5
            found.append(
                (int(4 * left), int(4 * (middle - 4)), int(4 * right), int(4 * (middle + 4)))
            )
    return found
