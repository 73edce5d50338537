"""The meeting of the 13 Kent months, on both ward vintages, against a count by hand."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from flask.testing import FlaskClient
from numpy.typing import NDArray
from pyproj import Transformer

from benchmarks.screens import kent
from hotspots.web import create_app
from hotspots.workspace import Workspace
from tests.web.page import CheckedClient, read


@pytest.fixture(scope="module", params=["2021", "2013"])
def workspace(
    request: pytest.FixtureRequest, real_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Workspace:
    return kent(tmp_path_factory.mktemp("kent") / request.param, real_data, request.param)


@pytest.fixture(scope="module")
def client(workspace: Workspace) -> FlaskClient:
    app = create_app(workspace, patience_s=120)
    app.test_client_class = CheckedClient
    return app.test_client()


def asb_of(real_data: Path, month: str) -> NDArray[np.float64]:
    """Return the ASB of a month in British grid metres, read with pandas alone."""
    (path,) = (real_data / "police-uk-kent" / month).glob("*-kent-street.csv*")
    rows = pd.read_csv(path)
    rows = rows[(rows["Crime type"] == "Anti-social behaviour") & rows["Longitude"].notna()]
    to_grid = Transformer.from_crs("EPSG:4326", "EPSG:27700", always_xy=True)
    return np.column_stack(to_grid.transform(rows["Longitude"], rows["Latitude"]))


def test_every_card_counts_what_the_files_hold(workspace: Workspace, real_data: Path) -> None:
    """Each claim is of the 750 m square round the peak: 3 x 3 squares of 250 m."""
    result = workspace.result("2022-03", "asb")
    meeting = workspace.meeting(result, workspace.track(result.period, "asb"))
    now, before = asb_of(real_data, "2022-03"), asb_of(real_data, "2021-03")
    assert len(meeting.cards["concentrated"]) >= 5
    for cards in meeting.cards.values():
        for card in cards:
            # whole squares inside the area; a border square's incidents are on no map
            if len(card.block.cells) < 9:
                continue
            here = np.array([card.place.peak_x, card.place.peak_y])
            inside = (np.abs(now - here) < 375).all(axis=1).sum()
            assert card.place.peak_incidents == inside
            assert card.trend.counts[-1] == inside
            year_ago = (np.abs(before - here) < 375).all(axis=1).sum()
            assert card.trend.counts[0] == year_ago


def test_the_screen_makes_sense(client: FlaskClient) -> None:
    page = read(client.get("/?category=asb&period=2022-03"))
    assert re.match(r"32\d ASB incidents in March 2022, 1\d% below", page.one("h1").text)
    said = [" ".join(e.text.split()) for e in page.with_class("place-card")]
    assert any("27 incidents here; about 1 if spread evenly." in card for card in said)
    assert all(re.search(r"\d incidents? here; ", card) for card in said)
    assert "known by month only" in page.said
    assert "Moved points" in page.said


def test_how_the_last_map_did_is_counted_anew(workspace: Workspace, real_data: Path) -> None:
    result = workspace.result("2022-03", "asb")
    meeting = workspace.meeting(result, workspace.track(result.period, "asb"))
    february = workspace.result("2022-02", "asb")
    hot = february.hotspots[february.hotspots["question"] == "concentrated"]
    assert meeting.score is not None
    # squares are half-open, outlines are closed: count by the centres of the points' squares
    now = asb_of(real_data, "2022-03")
    centres = np.floor(now / 250) * 250 + 125
    area = hot.union_all()
    inside = int(shapely.contains_xy(area, centres[:, 0], centres[:, 1]).sum())
    assert meeting.score.hits == inside
    assert meeting.score.share == pytest.approx(inside / result.totals["incidents"])
    assert meeting.score.area_share == pytest.approx(area.area / 1e6 / result.totals["area_km2"])


def test_every_page_answers(client: FlaskClient) -> None:
    found = re.findall(r'/places/[^"?]+', client.get("/").get_data(as_text=True))
    for path in ("/map", "/compare", "/places", "/wards", "/present", "/data", "/help", found[0]):
        assert client.get(path).status_code == 200


def test_a_borough_alone_has_its_own_squares(workspace: Workspace) -> None:
    parts = [workspace.result("2022-03", "asb", code) for code in ("E07000107", "E07000109")]
    both = workspace.result("2022-03", "asb")
    assert sum(part.totals["incidents"] for part in parts) == both.totals["incidents"]
    assert all(part.totals["cells"] < both.totals["cells"] for part in parts)
