"""The page of the map, as a browser without JavaScript gets it, and what its module draws."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from flask.testing import FlaskClient

from hotspots.errors import WorkspaceError
from hotspots.model import Incidents
from hotspots.tiles import WORLD, LocalTiles, RemoteTiles
from hotspots.web import create_app
from hotspots.web.choices import LAYERS
from tests.support import SIDE, X0, Y0
from tests.web.conftest import ClientOf
from tests.web.made_up import MadeUp, made_up, two_categories
from tests.web.page import CheckedClient, Page, read
from tests.web.test_hostile import HOSTILE


@pytest.fixture(scope="module")
def page(client: FlaskClient) -> Page:
    return read(client.get("/map?period=2024-01"))


# -- what is said ---------------------------------------------------------------------------------


def test_a_month_of_the_first_category_is_shown(page: Page) -> None:
    said = page.one("h1").text
    assert "incidents in January 2024" in said
    assert "12-month average" in said
    assert "One place stands out; one is worse than usual." in said


def test_category_and_period_are_selects_of_a_get_form(page: Page) -> None:
    form = page.one("form")
    assert (form.attributes["method"], form.attributes["action"]) == ("get", "/map")
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


def test_the_latest_week_is_shown_where_days_are_known(client: FlaskClient) -> None:
    page = read(client.get("/map"))
    assert "in the week of 22 January 2024" in page.one("h1").text


def test_weeks_are_shown_by_week(client: FlaskClient) -> None:
    page = read(client.get("/map?category=asb&period=2024-W02&layer=density"))
    assert "in the week of 8 January 2024" in page.one("h1").text
    assert "52-week average" in page.one("h1").text
    assert page.one("option", value="2024-W02").text == "Week 8 Jan 2024"
    assert "checked" in page.one("input", id="layer-density").attributes


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.code)
def test_every_layer_has_its_page_legend_and_list(client: FlaskClient, layer) -> None:  # type: ignore[no-untyped-def]
    page = read(client.get(f"/map?layer={layer.code}"))
    (legend,) = [e for e in page.with_class("legend") if "on" in str(e.attributes["class"]).split()]
    assert legend.attributes["data-layers"] == layer.code
    (listed,) = [e for e in page.with_class("list") if "on" in str(e.attributes["class"]).split()]
    assert layer.question in str(listed.attributes["class"]).split()


def test_the_lists_are_the_ranked_places_of_the_result(page: Page, source: MadeUp) -> None:
    places = source.result("2024-01", "asb").places
    cards = page.with_class("place")
    for question in ("concentrated", "worse"):
        listed = [
            c.attributes["data-marker"] for c in cards if c.attributes["data-question"] == question
        ]
        assert listed == places.loc[places["question"] == question, "marker"].tolist()
    faint = [e.attributes["data-marker"] for e in page.with_class("faint")]
    assert faint == places.loc[~places["hot"], "marker"].tolist()
    assert len(faint) < len(cards)


def test_a_card_says_its_claim_and_how_real_it_is(page: Page) -> None:
    first = page.with_class("place")[0]
    assert "Test Lane" in first.text
    assert "if spread evenly." in first.text
    assert "Fewer than 1 in 10,000 at this spot by chance." in first.text
    worse = [p for p in page.with_class("place") if p.attributes["data-question"] == "worse"]
    assert "is usual." in worse[0].text
    for card in page.with_class("faint"):
        assert "Could be chance" in card.text or "Possible" in card.text


def test_a_card_leads_to_its_place_and_the_page_to_its_neighbours(
    client: FlaskClient, page: Page
) -> None:
    first = page.with_class("more")[0]
    assert str(first.attributes["href"]).startswith("/places/asb-c-")
    there = client.get(str(first.attributes["href"]))
    assert there.status_code == 200
    assert "Test Lane" in read(there).one("h1").text
    hrefs = [str(a.attributes.get("href")) for a in page.all("a")]
    assert "/wards?category=asb&period=2024-01" in hrefs
    assert page.one("a", id="present").attributes["href"] == "/present?category=asb&period=2024-01"


def test_the_foot_says_where_the_numbers_come_from(page: Page) -> None:
    foot = page.one("footer").text
    for said in ("Hotspots 0", "250 m squares", "wards of 2021", "31 January 2024", "OFFICIAL"):
        assert said in foot


def test_unknown_residents_are_said_in_the_legend(client_of: ClientOf, source: MadeUp) -> None:
    wards = source.wards()
    frame = wards.frame.assign(population=float("nan"))
    blind = MadeUp(type(wards)(frame, wards.vintage), source.all_incidents)
    page = read(client_of(blind).get("/map?layer=wards"))
    assert "Incidents in 30 days" in page.said
    assert "per 1,000 residents" not in page.said


# -- areas ----------------------------------------------------------------------------------------


def test_an_area_is_a_link_and_the_button_keeps_it(client: FlaskClient, page: Page) -> None:
    links = {a.text: str(a.attributes["href"]) for a in page.with_class("keep")}
    assert "area=D1" in links["South"]
    assert "area=D2" in links["North"]
    south = read(client.get("/map?area=D1"))
    assert south.one("button", id="show").attributes["value"] == "D1"
    assert south.one("button", id="show").attributes["name"] == "area"
    assert "area=D1" in str(south.one("a", id="before").attributes["href"])
    assert "name" not in page.one("button", id="show").attributes


def test_the_map_of_an_area_has_its_wards_only(client: FlaskClient, source: MadeUp) -> None:
    both, south = (client.get(f"/map/view.json{query}").json for query in ("", "?area=D1"))
    assert both is not None
    assert south is not None
    assert [w["name"] for w in south["wards"]] == [f"Ward {i}" for i in range(6)]
    assert both["base"] != south["base"]
    assert south["bounds"][1][0] < both["bounds"][1][0]
    assert south["bounds"][0] == both["bounds"][0]


# -- the slider -----------------------------------------------------------------------------------


def test_the_bars_are_the_incidents_of_every_period(page: Page, source: MadeUp) -> None:
    frame = source.all_incidents.frame
    asb = frame[frame["category"] == "asb"]
    inside = asb[source.wards().assign(asb[["x", "y"]].to_numpy()) >= 0]
    months = inside["starts_at"].dt.strftime("%Y-%m").value_counts()
    bars = page.with_class("step-bar")
    assert [b.attributes["data-period"] for b in bars] == [
        str(p) for p in pd.period_range("2023-01", "2024-01", freq="M")
    ]
    for bar in bars:
        count = months[bar.attributes["data-period"]]
        assert str(bar.attributes["data-says"]).endswith(f": {count:,} incidents")
    slider = page.one("input", id="slider")
    assert (slider.attributes["max"], slider.attributes["value"]) == ("12", "12")
    label = page.one("label", id="slider-says").text
    assert slider.attributes["aria-valuetext"] == label == bars[-1].attributes["data-says"]
    assert label.split(": ")[1].split()[0] in page.one("h1").text


def test_a_year_of_weeks_is_on_the_slider_and_an_older_one_is_among_its_neighbours(
    client: FlaskClient,
) -> None:
    latest = read(client.get("/map?category=asb&period=2024-W04"))
    assert len(latest.with_class("step-bar")) == 53
    older = read(client.get("/map?category=asb&period=2023-W02"))
    (current,) = [
        b for b in older.with_class("step-bar") if "current" in str(b.attributes["class"])
    ]
    assert current.attributes["data-period"] == "2023-W02"
    assert len(older.with_class("step-bar")) <= 53


def test_an_area_counts_its_own(client: FlaskClient) -> None:
    def bars(query: str) -> list[int]:
        said = [
            str(b.attributes["data-says"])
            for b in read(client.get(f"/map{query}")).with_class("step-bar")
        ]
        return [int(text.split(": ")[1].split()[0].replace(",", "")) for text in said]

    both, south, north = (bars(f"?period=2024-01{area}") for area in ("", "&area=D1", "&area=D2"))
    assert [a + b for a, b in zip(south, north, strict=True)] == both
    assert all(south)


# -- what the module draws ------------------------------------------------------------------------


def test_the_map_gets_only_shaded_cells_in_degrees(client: FlaskClient, source: MadeUp) -> None:
    data = client.get("/map/view.json?period=2024-01").json
    assert data is not None
    cells = source.result("2024-01", "asb").cells
    shaded = cells["concentrated"].isin(["very clear", "clear", "possible"]).sum()
    assert len(data["cells"]["concentrated"]) == shaded < len(cells) / 10
    level, corners = data["cells"]["concentrated"][0]
    assert level in (1, 2, 3)
    assert len(corners) == 4
    assert all(49 < lat < 61 and -8 < lng < 3 for lat, lng in corners)
    assert [w["name"] for w in data["wards"]] == [f"Ward {i}" for i in range(9)]
    assert len(data["boroughs"]) == 2
    hot = source.result("2024-01", "asb").hotspots["marker"]
    assert {p["marker"] for p in data["places"] if p["hot"]} == set(hot)


def test_the_page_itself_holds_no_data_of_the_map(client: FlaskClient, page: Page) -> None:
    assert not page.all("script", type="application/json")
    assert str(page.one("section", id="map").attributes["data-view"]) == (
        "/map/view.json?category=asb&period=2024-01"
    )


@pytest.mark.parametrize("path", ["/map/view.json?", "/map/dots.json?", "/map/dots.json?area=D2&"])
def test_what_is_there_already_is_not_sent_again(client: FlaskClient, path: str) -> None:
    answer = client.get(f"{path}period=2024-01")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    again = client.get(f"{path}period=2024-01", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    other = client.get(f"{path}period=2023-12")
    assert other.headers["ETag"] != answer.headers["ETag"]


def test_a_tag_is_known_without_computing(source: MadeUp) -> None:
    class Counting(MadeUp):
        asked = 0

        def result(self, *args: str, **kwargs: str):  # type: ignore[no-untyped-def, override]
            type(self).asked += 1
            return super().result(*args, **kwargs)

    counting = Counting(source.ward_set, source.all_incidents)
    first = create_app(counting, patience_s=60).test_client().get("/map/view.json")
    before = Counting.asked
    again = create_app(counting, patience_s=60).test_client()
    tag = {"If-None-Match": first.headers["ETag"]}
    assert again.get("/map/view.json", headers=tag).status_code == 304
    assert Counting.asked == before == 1


def test_dots_are_the_incidents_of_the_period(client: FlaskClient, source: MadeUp) -> None:
    answer = client.get("/map/dots.json?category=asb&period=2023-11")
    assert answer.json is not None
    points = answer.json["points"]
    result = source.result("2023-11", "asb")
    assert sum(n for _, _, n in points) == result.totals["incidents"]
    assert [n for _, _, n in points] == sorted((n for _, _, n in points), reverse=True)
    assert answer.json["square_m"] == 0
    assert all(len(point) == 3 for point in points)
    assert "R1" not in answer.get_data(as_text=True)
    assert "Lane" not in answer.get_data(as_text=True)


def test_shared_points_are_one_dot_with_a_count(client_of: ClientOf, source: MadeUp) -> None:
    frame = source.all_incidents.frame.copy()
    asb = frame.index[frame["category"] == "asb"]
    frame.loc[asb, ["x", "y"]] = [X0 + SIDE / 2, Y0 + SIDE / 2]
    moved = MadeUp(source.ward_set, replace(source.all_incidents, frame=frame))
    client = client_of(moved)
    dots = client.get("/map/dots.json?period=2024-01").json
    data = client.get("/map/view.json?period=2024-01").json
    assert dots is not None
    assert data is not None
    assert len(dots["points"]) == 1
    assert dots["points"][0][2] == moved.result("2024-01", "asb").totals["incidents"]
    assert data["moved"] is True
    assert "shared map points, not addresses" in read(client.get("/map")).said


def test_the_base_map_is_folium_and_the_same_every_time(client: FlaskClient) -> None:
    scripts = [
        next(s.text for s in read(client.get("/map")).all("script") if "map_main" in s.text)
        for _ in range(2)
    ]
    assert scripts[0] == scripts[1]
    assert "geo_json_wards" in scripts[0]
    assert "Ward 1" not in scripts[0]


# -- what stands beside ---------------------------------------------------------------------------


def test_a_nonce_is_for_one_answer(client: FlaskClient) -> None:
    policies = {client.get("/map").headers["Content-Security-Policy"] for _ in range(3)}
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


def test_main_roads_are_sent_once_and_others_by_square(client_of: ClientOf) -> None:
    street = shapely.LineString([(X0 + 100, Y0 + 100), (X0 + 900, Y0 + 100)])
    river = shapely.LineString([(X0, Y0), (X0 + 9000, Y0 + 9000)])
    lines = gpd.GeoDataFrame(
        {"name": ["Small Lane", "River Made"], "kind": ["street", "river"]},
        geometry=[street, river],
        crs="EPSG:27700",
    )
    lines.attrs["attribution"] = "Made-up roads"
    source = made_up()
    source.lines = lines
    client = client_of(source)
    answer = client.get("/streets.json")
    assert answer.json is not None
    assert [line["name"] for line in answer.json["major"]] == ["River Made"]
    assert answer.json["attribution"] == "Made-up roads"
    again = client.get("/streets.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    (square,) = answer.json["squares"]
    minor = client.get(f"/streets/{square}.json").json
    assert [line["name"] for line in minor] == ["Small Lane"]
    assert client.get("/streets/0_0.json").status_code == 404


def test_no_streets_are_an_empty_base(client_of: ClientOf, source: MadeUp) -> None:
    bare = MadeUp(source.ward_set, source.all_incidents)
    found = client_of(bare).get("/streets.json").json
    assert found == {"major": [], "squares": {}, "attribution": ""}


def test_tiles_of_another_host_are_allowed_as_images_and_named(source: MadeUp) -> None:
    tiles = RemoteTiles(
        "https://tiles.example/{z}/{x}/{y}.png",
        'Tiles <b onclick=x> "of" someone',
        "https://tiles.example",
    )
    app = create_app(MadeUp(source.ward_set, source.all_incidents, pictures=tiles), patience_s=60)
    app.test_client_class = CheckedClient
    answer = app.test_client().get("/map")
    page = read(answer)
    directives = answer.headers["Content-Security-Policy"].split("; ")
    assert [d for d in directives if "tiles.example" in d] == [
        d for d in directives if d.startswith("img-src")
    ]
    assert page.one("p", id="credit").text == tiles.attribution
    sent = json.loads(str(page.one("section", id="map").attributes["data-tiles"]))
    assert sent["url"] == tiles.url


def test_tiles_of_a_file_come_from_here(source: MadeUp) -> None:
    # the smallest that is a PNG: one pixel
    png = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
    )
    tiles = LocalTiles(
        "Made up", 10, 12, WORLD, "image/png", lambda z, x, y: png if x == 5 else None
    )
    app = create_app(MadeUp(source.ward_set, source.all_incidents, pictures=tiles), patience_s=60)
    app.test_client_class = CheckedClient
    client = app.test_client()
    tile = client.get("/tiles/11/5/7")
    assert (tile.status_code, tile.data, tile.mimetype) == (200, png, "image/png")
    assert "max-age=86400" in tile.headers["Cache-Control"]
    again = client.get("/tiles/11/5/7", headers={"If-None-Match": tile.headers["ETag"]})
    assert again.status_code == 304
    assert (client.get("/tiles/11/6/7").status_code, client.get("/tiles/11/6/7").data) == (204, b"")
    assert client.get("/tiles/11/x/7").status_code == 404
    sent = json.loads(
        str(read(client.get("/map")).one("section", id="map").attributes["data-tiles"])
    )
    assert (sent["url"], sent["least"], sent["most"]) == ("/tiles/{z}/{x}/{y}", 10, 12)


def test_without_tiles_no_other_host_is_allowed(client: FlaskClient, page: Page) -> None:
    assert "https:" not in client.get("/map").headers["Content-Security-Policy"]
    assert "data-tiles" not in page.one("section", id="map").attributes
    assert page.one("p", id="credit").text == ""


# -- hostile and empty ----------------------------------------------------------------------------


def test_hostile_names_travel_as_json(client_of: ClientOf) -> None:
    source = made_up(names=HOSTILE)
    usual = two_categories()
    hostile = usual.frame.assign(location="On or near </script><script>alert(6)</script>")
    source.all_incidents = Incidents(hostile, files=usual.files, span=usual.span)
    source.lines.loc[:, "name"] = "</script><script>alert(7)</script>"  # type: ignore[union-attr]
    client = client_of(source)
    for path in ("/map/view.json", "/map/dots.json", "/streets.json"):
        answer = client.get(path)
        assert answer.mimetype == "application/json"
        assert answer.json
    data = client.get("/map/view.json").json
    assert data is not None
    assert "<img src=x onerror=alert(1)>" in [w["name"] for w in data["wards"]]
    assert all("\u202e" not in w["name"] for w in data["wards"])
    body = client.get("/map").get_data(as_text=True)
    assert "<script>alert" not in body


@pytest.mark.parametrize("path", ["/map/view.json", "/map/dots.json"])
@pytest.mark.parametrize(
    ("query", "status"), [("period=soon", 400), ("category=burglary", 404), ("area=x", 400)]
)
def test_what_cannot_be_drawn_is_refused(
    client: FlaskClient, path: str, query: str, status: int
) -> None:
    assert client.get(f"{path}?{query}").status_code == status


def test_without_incidents_there_is_nothing_to_draw(client_of: ClientOf, source: MadeUp) -> None:
    nothing = client_of(MadeUp(source.ward_set, Incidents(source.all_incidents.frame.iloc[:0])))
    assert nothing.get("/map").status_code == 200
    assert nothing.get("/map/view.json").status_code == 404


def test_tiles_that_cannot_be_opened_stop_the_start(source: MadeUp) -> None:
    class Broken(MadeUp):
        def tiles(self):  # type: ignore[no-untyped-def, override]
            raise WorkspaceError("The tiles must be a file; it is not there: mend `tiles`.")

    with pytest.raises(WorkspaceError):
        create_app(Broken(source.ward_set, source.all_incidents))


def test_coordinates_have_five_decimals(client: FlaskClient) -> None:
    points = client.get("/map/dots.json?period=2024-01").json
    assert points is not None
    values = np.array([point[:2] for point in points["points"]])
    assert np.allclose(values, np.round(values, 5), atol=1e-9)


def test_the_legend_says_in_words_what_the_map_shades(client: FlaskClient, source: MadeUp) -> None:
    page = read(client.get("/map?category=asb&period=2024-01"))
    cells = source.result("2024-01", "asb").cells
    very, shaded = (cells["concentrated"] == "very clear").sum(), cells["concentrated"]
    notes = [e.text for e in page.all("p") if "Squares" in e.text]
    assert any(f"{very} very clear" in note or not very for note in notes)
    assert any(f"of {len(shaded):,}." in note for note in notes)
    bands = source.result("2024-01", "asb").density
    for lower, km2 in zip(bands["lower"], bands.area / 1e6, strict=True):
        assert f"{km2:.1f}\u00a0km²" in page.one("section", aria_labelledby="legend-title").text, (
            lower
        )
