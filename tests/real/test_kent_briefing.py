"""The pack of the Kent months against counts made with pandas alone, in every tier."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from pyproj import Transformer

from benchmarks.screens import kent
from hotspots.briefing import Briefing, PlaceSheet, body, make_briefing, to_pdf
from hotspots.meeting.meeting import Meeting
from hotspots.profile import TIERS, Tiers
from hotspots.workspace import Workspace

MONTH = "2022-03"


@pytest.fixture(scope="module")
def meeting(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Meeting:
    workspace: Workspace = kent(tmp_path_factory.mktemp("kent") / "w", real_data, "2021")
    result = workspace.result(MONTH, "asb")
    return workspace.meeting(result, workspace.track(result.period, "asb"))


@pytest.fixture(scope="module")
def packs(meeting: Meeting) -> dict[str, Briefing]:
    total = int(meeting.result.totals["incidents"])
    return {
        tier: make_briefing(
            meeting,
            Tiers().of(tier),
            tier_name=tier,
            marking="OFFICIAL",
            area_name="Dartford and Gravesham",
            total_shown=total,
        )
        for tier in TIERS
    }


def asb_of(real_data: Path, month: str) -> NDArray[np.float64]:
    """Return the ASB of a month in British grid metres, read with pandas alone."""
    (path,) = (real_data / "police-uk-kent" / month).glob("*-kent-street.csv*")
    rows = pd.read_csv(path)
    rows = rows[(rows["Crime type"] == "Anti-social behaviour") & rows["Longitude"].notna()]
    to_grid = Transformer.from_crs("EPSG:4326", "EPSG:27700", always_xy=True)
    return np.column_stack(to_grid.transform(rows["Longitude"], rows["Latitude"]))


def places(pack: Briefing) -> list[PlaceSheet]:
    return [one for section in pack.sections for one in (*section.hot, *section.further)]


def block_count(xy: NDArray[np.float64], peak: tuple[float, float]) -> int:
    return int((np.abs(xy - np.array(peak)) < 375).all(axis=1).sum())


def test_counts_and_lines_are_what_the_files_hold(
    packs: dict[str, Briefing], meeting: Meeting, real_data: Path
) -> None:
    """Whole 750 m squares round each peak, in March 2022 and a year before."""
    now, before = asb_of(real_data, MONTH), asb_of(real_data, "2021-03")
    whole = {
        (str(card.place.question), str(card.place.marker))
        for cards in meeting.cards.values()
        for card in cards
        if len(card.block.cells) == 9
    }
    checked = [one for one in places(packs["restricted"]) if (one.question, one.marker) in whole]
    assert len(checked) >= 4
    for one in checked:
        assert one.peak_xy is not None
        assert one.count == f"{block_count(now, one.peak_xy):,}"
        assert one.trend.values[-1] == block_count(now, one.peak_xy)
        assert one.trend.values[0] == block_count(before, one.peak_xy)


def test_lower_tiers_have_every_count_rounded(packs: dict[str, Briefing]) -> None:
    exact = {(one.question, one.marker): one for one in places(packs["restricted"])}
    for tier in ("public", "partner"):
        hidden = 0
        for one in places(packs[tier]):
            true = exact[one.question, one.marker]
            for count, shown, small in zip(
                true.trend.values, one.trend.values, one.trend.small, strict=True
            ):
                hidden += small
                assert (shown is None) is (count is None)
                if count is not None and shown is not None:
                    assert small is (1 <= count < 5)
                    assert shown == (4 if small else 5 * round(count / 5))
            now = int(true.count)
            assert one.count == ("" if 1 <= now < 5 else f"About {5 * round(now / 5)}")
            assert one.trend.usual is None or one.trend.usual % 5 == 0
        assert hidden


def test_no_small_count_is_in_the_text(packs: dict[str, Briefing]) -> None:
    for tier in ("public", "partner"):
        said = re.sub(r"<[^>]+>", " ", str(body(packs[tier])))
        assert not re.search(r"(?<![\d.,:-])[1-4] (?:incidents?|here|now|in March)\b", said)


def test_the_headline_is_the_count_of_the_wards(
    packs: dict[str, Briefing], meeting: Meeting, real_data: Path
) -> None:
    inside = meeting.evidence.wards.assign(asb_of(real_data, MONTH)) >= 0
    for pack in packs.values():
        assert pack.headline[0].startswith(f"{int(inside.sum())} incidents in March 2022, ")


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not installed")
def test_a_page_for_each_hot_spot(packs: dict[str, Briefing], tmp_path: Path) -> None:
    pack = packs["partner"]
    file = tmp_path / "briefing.pdf"
    file.write_bytes(to_pdf(pack))
    read = subprocess.run(["pdftotext", file, "-"], check=True, capture_output=True, text=True)
    found = read.stdout.split("\f")[:-1]
    hot = [one for section in pack.sections for one in section.hot]
    pages = [page for page in found if "By when" in page]
    assert len(pages) == len(hot)
    for page, one in zip(pages, hot, strict=True):
        assert one.name in page
        assert one.claim.partition(";")[0].partition(" ")[2] in re.sub(r"\s+", " ", page)
