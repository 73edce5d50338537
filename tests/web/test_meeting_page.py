"""The meeting page, the places and the slides, through the test client."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from hotspots import find_hotspots
from hotspots.meeting.meeting import make_meeting, track_to
from hotspots.profile import Profile
from tests.web.made_up import MadeUp, made_up
from tests.web.page import Page, read

JUNE = "/?category=asb&period=2024-01"


def cards(page: Page) -> list[str]:
    return [e.text for e in page.with_class("place-card")]


def place_addresses(page: Page) -> list[str]:
    links = [a.attributes["href"] or "" for a in page.all("a") if "article" in a.parents]
    return [href for href in links if href.startswith("/places/")]


def test_the_first_screen_answers_in_one_sentence(client: FlaskClient) -> None:
    page = read(client.get(JUNE))
    assert re.match(r"\d+ ASB incidents in January 2024", page.one("h1").text)
    assert [e.text for e in page.all("h2")][:2] == [
        "Where is it concentrated?",
        "Where is it worse than usual?",
    ]


def test_the_cards_say_what_the_result_says(client: FlaskClient, source: MadeUp) -> None:
    page = read(client.get(JUNE))
    result = source.result("2024-01", "asb")
    said = cards(page)
    assert len(said) == len(result.places) >= 2
    for row, card in zip(result.places.itertuples(), said, strict=True):
        flat = " ".join(card.split())
        assert f"Place {row.marker}, " in flat
        assert str(row.claim) in flat
        assert str(row.strength).capitalize() in flat


def test_places_are_ranked_by_what_is_expected_next(source: MadeUp) -> None:
    places = source.result("2024-01", "asb").places
    for _, mine in places.groupby("question"):
        assert mine["expected_next"].is_monotonic_decreasing


def test_the_week_is_the_usual_period(client: FlaskClient) -> None:
    assert "in the week of" in read(client.get("/?category=asb")).one("h1").text


def test_a_category_without_data_has_its_tab_and_says_so(client: FlaskClient) -> None:
    page = read(client.get("/"))
    tabs = page.one("nav", aria_label="Priority").text
    assert "Burglary: no data" in tabs
    assert "ASB" in tabs


def test_each_borough_has_its_own_meeting(client: FlaskClient, source: MadeUp) -> None:
    page = read(client.get(f"{JUNE}&area=D2"))
    north = source.result("2024-01", "asb", "D2")
    whole = source.result("2024-01", "asb")
    assert north.totals["incidents"] < whole.totals["incidents"]
    assert page.one("h1").text.startswith(f"{north.totals['incidents']} ASB")
    wards = {str(name) for name in north.wards["ward_name"]}
    for card in cards(page):
        assert any(name in card for name in wards)


def test_an_area_that_is_none_is_refused_in_a_sentence(client: FlaskClient) -> None:
    answer = client.get("/?area=E99")
    assert answer.status_code == 400
    assert "An area must be one of the districts: D2 (North), D1 (South)" in read(answer).said


def test_a_place_keeps_its_address_from_month_to_month(client: FlaskClient) -> None:
    before = place_addresses(read(client.get("/?category=asb&period=2023-12")))
    now = place_addresses(read(client.get(JUNE)))
    ids = [re.match(r"/places/([^?]+)", href) for href in (before[0], now[0])]
    assert ids[0] and ids[1]
    page = read(client.get(now[0]))
    assert page.one("h1").text
    assert "hot in" in page.with_class("badge")[0].text


def test_each_listed_place_has_a_page_with_its_claim(client: FlaskClient, source: MadeUp) -> None:
    result = source.result("2024-01", "asb")
    found = place_addresses(read(client.get(JUNE)))
    assert len(found) == len(result.places)
    for row, href in zip(result.places.itertuples(), found, strict=True):
        page = read(client.get(href))
        assert str(row.claim) in " ".join(page.said.split())
        for title in ("When it happens", "The last year", "For the minutes", "Neighbours"):
            assert title in [e.text for e in page.all("h2")]


def test_the_minutes_stand_by_themselves(client: FlaskClient) -> None:
    page = read(client.get(place_addresses(read(client.get(JUNE)))[0]))
    start = page.elements.index(page.one("ul", id="minutes"))
    items = [e for e in page.elements[start:] if e.tag == "li"]
    sentences = [" ".join(e.text.split()) for e in items]
    assert len(sentences) >= 4
    assert "in January 2024: " in sentences[0]
    assert all(text.endswith(".") for text in sentences)


def test_any_spot_of_the_area_has_a_page(client: FlaskClient) -> None:
    page = read(client.get("/places/asb-c-600125-200125?period=2024-01"))
    assert "Not a hot spot" in page.with_class("badge")[0].text
    assert "incident" in page.said


@pytest.mark.parametrize("name", ["x", "asb-c-1", "asb-q-1-2", "nonsense-c-1-2", "asb-c-1e9-2"])
def test_an_address_of_no_place_is_refused(client: FlaskClient, name: str) -> None:
    answer = client.get(f"/places/{name}")
    assert answer.status_code in (400, 404)
    assert "must be" in read(answer).said


def test_a_place_far_from_the_area_claims_nothing(client: FlaskClient) -> None:
    page = read(client.get("/places/asb-c-1-2"))
    assert "outside the area" in page.said


def test_the_list_of_places_names_each_hot_spot_of_the_year(
    client: FlaskClient, source: MadeUp
) -> None:
    page = read(client.get("/places?category=asb&period=2024-01"))
    hot = source.result("2024-01", "asb").hotspots
    rows = [e.text for e in page.all("tr") if "tbody" in e.parents]
    assert len(rows) >= len(hot)
    for row in hot.itertuples():
        assert any(row.ward_name in text and row.marker in text for text in rows)


def test_slides_show_each_place_once_and_end_with_the_score(
    client: FlaskClient, source: MadeUp
) -> None:
    places = source.result("2024-01", "asb").places
    headings = []
    for number in range(len(places) + 2):
        page = read(client.get(f"/present?category=asb&period=2024-01&slide={number}"))
        headings.append(page.one("h1").text)
        ids = {e.attributes.get("id") for e in page.all("a")}
        assert ("next" in ids) == (number <= len(places))
        assert ("previous" in ids) == (number > 0)
    for row, heading in zip(places.itertuples(), headings[1:-1], strict=True):
        assert f"Place {row.marker}, " in heading
    assert headings[-1] == "Did the last map work?"


def test_the_first_period_has_nothing_to_compare_with(client: FlaskClient) -> None:
    page = read(client.get("/?category=asb&period=2023-01"))
    assert "This is the first map" in page.said
    assert "no complete earlier month" in page.said


def test_a_period_without_incidents_says_what_to_do(client_of) -> None:  # type: ignore[no-untyped-def]
    source = made_up()
    frame = source.all_incidents.frame
    starts = frame["starts_at"]
    june = (frame["category"] == "asb") & (starts.dt.year == 2023) & (starts.dt.month == 6)
    kept = frame[~june].reset_index(drop=True)
    source.all_incidents = replace(source.all_incidents, frame=kept)
    page = read(client_of(source).get("/?category=asb&period=2023-06"))
    assert "There are no incidents in this period." in page.said
    assert "Choose another period or category." in page.said


def test_three_incidents_make_a_list_that_claims_nothing(client_of) -> None:  # type: ignore[no-untyped-def]
    source = made_up()
    frame = source.all_incidents.frame
    mine = (frame["category"] == "deliberate_fire") & (frame["starts_at"] < "2023-02-01")
    few = frame[(frame["category"] == "asb") | mine].reset_index(drop=True)
    source.all_incidents = replace(source.all_incidents, frame=few)
    page = read(client_of(source).get("/?category=deliberate_fire&period=2023-01"))
    assert "No place stands out" in page.one("h1").text
    for card in cards(page):
        assert "Could be chance:" in card
        assert "Not a hot spot" in card


def test_a_meeting_is_one_of_its_parts(source: MadeUp) -> None:
    """The meeting's figures are those of a result and a track made for themselves."""
    result = find_hotspots(source.all_incidents, source.ward_set, period="2024-01", category="asb")
    track = track_to(
        source.all_incidents, lambda _: source.ward_set, Profile(), result.period, "asb"
    )
    meeting = make_meeting(result, track, source.all_incidents, source.ward_set)
    for card in meeting.cards["concentrated"]:
        assert card.trend.counts[-1] == card.place.peak_incidents
        assert card.held[-1] == (result.period, card.place.hot)
        assert (card.status is not None) == card.place.hot
    assert meeting.before is not None
    assert meeting.before.period.id == "2023-12"


@pytest.mark.parametrize("path", ["/", "/map", "/places", "/places/asb-c-604125-204125", "/wards"])
def test_the_foot_says_where_the_numbers_come_from(client: FlaskClient, path: str) -> None:
    foot = read(client.get(f"{path}?category=asb&period=2024-01")).one("footer").text
    assert re.search(r"run [0-9a-f]{12}", foot)
    assert "wards of 2021" in foot
    assert "31 January 2024" in foot
