"""The page of the map, as a browser without JavaScript gets it."""

from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient

from hotspots.web.choices import LAYERS
from tests.web.made_up import MadeUp
from tests.web.page import Page, read


@pytest.fixture(scope="module")
def page(client: FlaskClient) -> Page:
    return read(client.get("/"))


def test_the_latest_month_of_the_first_category_is_shown(page: Page) -> None:
    said = page.one("h1").text
    assert "anti-social behaviour incidents in January 2024" in said
    assert "12-month average" in said
    assert "One place stands out; one is worse than usual." in said


def test_category_and_period_are_selects_of_a_get_form(page: Page) -> None:
    form = page.one("form")
    assert (form.attributes["method"], form.attributes["action"]) == ("get", "/")
    options = {o.attributes["value"]: o for o in page.all("option")}
    assert "selected" in options["asb"].attributes
    assert "selected" in options["2024-01"].attributes
    assert "2,630" in options["asb"].text
    assert {r.attributes["value"] for r in page.all("input", type="radio")} == {
        layer.code for layer in LAYERS
    }


def test_the_period_before_and_the_weeks_are_one_click_away(page: Page) -> None:
    assert "period=2023-12" in str(page.one("a", id="before").attributes["href"])
    assert not page.all("a", id="after")
    kinds = {a.text: a.attributes["href"] for a in page.with_class("keep")}
    assert "period=2024-W04" in str(kinds["Weeks"])


def test_weeks_are_shown_by_week(client: FlaskClient) -> None:
    page = read(client.get("/?category=asb&period=2024-W02&layer=density"))
    assert "in the week of 8 January 2024" in page.one("h1").text
    assert "52-week average" in page.one("h1").text
    assert page.one("option", value="2024-W02").text == "Week 8 Jan 2024"
    assert "checked" in page.one("input", id="layer-density").attributes


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.code)
def test_every_layer_has_its_page_legend_and_list(client: FlaskClient, layer) -> None:  # type: ignore[no-untyped-def]
    page = read(client.get(f"/?layer={layer.code}"))
    (legend,) = [e for e in page.with_class("legend") if "on" in str(e.attributes["class"]).split()]
    assert legend.attributes["data-layers"] == layer.code
    (listed,) = [e for e in page.with_class("list") if "on" in str(e.attributes["class"]).split()]
    assert layer.question in str(listed.attributes["class"]).split()


def test_both_lists_are_in_the_page(page: Page) -> None:
    concentrated, worse = page.with_class("place")
    assert "Test Lane" in concentrated.text
    assert "if spread evenly." in concentrated.text
    assert concentrated.attributes["data-marker"] == "1"
    assert worse.attributes["data-marker"] == "A"
    assert "is usual." in worse.text
    assert "Fewer than 1 in 10,000 at this spot by chance." in worse.text


def test_the_ward_table_ranks_every_ward(page: Page) -> None:
    rows = [e for e in page.all("tr") if "tbody" in e.parents]
    assert len(rows) == 9
    first = " ".join(rows[0].text.split())
    assert first.startswith("1 Ward 1 South")
    assert "2,000" in first


def test_unknown_residents_are_no_data_never_nought(client_of, source: MadeUp) -> None:  # type: ignore[no-untyped-def]
    wards = source.wards()
    frame = wards.frame.assign(population=float("nan"))
    blind = MadeUp(type(wards)(frame, wards.vintage), source.incidents)
    page = read(client_of(blind).get("/?layer=wards"))
    row = next(e for e in page.all("tr") if "tbody" in e.parents)
    assert " ".join(row.text.split()).count("No data") == 2
    assert "Residents are not known" in page.said
    assert "Incidents in 30 days" in page.said


def test_the_foot_says_where_the_numbers_come_from(page: Page) -> None:
    foot = page.one("footer").text
    for said in (
        "Hotspots 0",
        "profile default: 250 m squares",
        "wards of 2021",
        "31 January 2024",
    ):
        assert said in foot
    assert "OFFICIAL" in foot


def test_the_map_gets_only_shaded_cells_in_degrees(page: Page, source: MadeUp) -> None:
    data = json.loads(page.one("script", id="view-data").text)
    cells = source.result("2024-01", "asb").cells
    shaded = cells["concentrated"].isin(["very clear", "clear", "possible"]).sum()
    assert len(data["cells"]["concentrated"]) == shaded < len(cells) / 10
    level, corners = data["cells"]["concentrated"][0]
    assert level in (1, 2, 3)
    assert len(corners) == 4
    assert all(49 < lat < 61 and -8 < lng < 3 for lat, lng in corners)
    assert [w["name"] for w in data["wards"]] == [f"Ward {i}" for i in range(9)]
    assert len(data["boroughs"]) == 2
    assert {p["marker"] for p in data["places"]} == {"1", "A"}


def test_the_base_map_is_folium_and_the_same_every_time(client: FlaskClient) -> None:
    scripts = [
        next(s.text for s in read(client.get("/")).all("script") if "map_main" in s.text)
        for _ in range(2)
    ]
    assert scripts[0] == scripts[1]
    assert "geo_json_wards" in scripts[0]
    assert "Ward 1" not in scripts[0]


def test_a_nonce_is_for_one_answer(client: FlaskClient) -> None:
    policies = {client.get("/").headers["Content-Security-Policy"] for _ in range(3)}
    assert len(policies) == 3


def test_the_program_is_healthy(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["status"] == "ok"
    assert answer.json["version"]


def test_leaflet_comes_from_here(client: FlaskClient) -> None:
    script = client.get("/static/leaflet/leaflet.js")
    assert script.status_code == 200
    assert b"Leaflet" in script.data
    assert client.get("/static/leaflet/../../x").status_code == 404
    assert client.get("/static/map.js").mimetype == "text/javascript"


def test_streets_are_sent_once(client: FlaskClient) -> None:
    answer = client.get("/streets.json")
    assert answer.json is not None
    assert [s["kind"] for s in answer.json] == ["main_road", "river"]
    again = client.get("/streets.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
