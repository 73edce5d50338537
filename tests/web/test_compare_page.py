"""The comparison, as a browser without JavaScript gets it."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from flask.testing import FlaskClient

from hotspots.model import Incidents
from hotspots.quality import Finding
from tests.support import nine_wards
from tests.web.made_up import MadeUp, made_up, two_categories
from tests.web.page import Page, read


@pytest.fixture(scope="module")
def page(client: FlaskClient) -> Page:
    return read(client.get("/compare?category=asb&period=2024-01"))


def missing_december() -> Finding:
    return Finding(
        code="incomplete-month",
        severity="serious",
        title="December 2023 is incomplete",
        count=1,
        share=None,
        example=None,
        effect="It looks low.",
        advice="Add the file again.",
        categories=("asb",),
        months=("2023-12",),
    )


def links(page: Page) -> dict[str, dict[str, list[str]]]:
    return {
        " ".join(a.text.split()): parse_qs(urlsplit(str(a.attributes["href"])).query)
        for a in page.all("a")
        if str(a.attributes["href"]).startswith("/compare")
    }


def test_the_month_is_compared_with_the_one_before(page: Page) -> None:
    said = page.one("h1").text
    assert " in January 2024" in said
    assert " in December 2023" in said
    assert "new" in said
    assert [h.text for h in page.all("h2")][:2] == ["ASB, December 2023", "ASB, January 2024"]


def test_the_flare_up_is_new_with_its_counts(page: Page) -> None:
    rows = [" ".join(row.text.split()) for row in page.with_class("became-place")]
    (flare_up,) = [row for row in rows if "30" in row or "31" in row or "32" in row]
    assert "Test Lane" in flare_up
    assert "in January 2024 after" in flare_up
    assert "a rise, fewer than 1 in 10,000 by chance." in flare_up
    assert "New in January 2024" in page.said


def test_both_maps_are_folium_with_ids_of_their_own(page: Page) -> None:
    scripts = [s.text for s in page.all("script") if "L.map" in s.text]
    assert ["map_left" in s for s in scripts] == [True, False]
    assert ["map_right" in s for s in scripts] == [False, True]
    data = json.loads(page.one("script", id="compare-data").text)
    assert data["layer"] == "concentrated"
    assert [data[side]["shaded"] for side in ("left", "right")] == [True, True]
    assert {p["marker"] for p in data["right"]["places"]} >= {"1"}
    assert all(p["question"] == "concentrated" for p in data["right"]["places"])


def test_wards_and_areas_are_in_tables(page: Page, source: MadeUp) -> None:
    rows = [" ".join(r.text.split()) for r in page.all("tr") if "tbody" in r.parents]
    assert len(rows) == 2 + 1 + 9
    both = [source.result(f"{p}", "asb").totals["incidents"] for p in ("2023-12", "2024-01")]
    assert any(row.startswith(f"All {both[0]} {both[1]} ") for row in rows)
    assert any(row.startswith("Ward 1 South") and "▲ A rise" in row for row in rows)


def test_an_address_with_everything_reopens_it(client: FlaskClient) -> None:
    path = "/compare?area=D1&category=asb&period=2024-01&with_period=2023-06&layer=density"
    page = read(client.get(f"{path}&question=worse"))
    assert "June 2023" in page.one("h1").text
    assert "worse than usual" in page.one("section", aria_labelledby="list-title").text
    current = [a.text for a in page.all("a") if a.attributes.get("aria-current") == "true"]
    assert {"South", "Density", "Places worse than usual", "June 2023"} <= set(current)


def test_the_earlier_period_is_on_the_left_whichever_is_asked_for(client: FlaskClient) -> None:
    page = read(client.get("/compare?category=asb&period=2023-06&with_period=2024-01"))
    assert [h.text for h in page.all("h2")][:2] == ["ASB, June 2023", "ASB, January 2024"]


def test_links_keep_what_is_compared(client: FlaskClient) -> None:
    year = links(read(client.get("/compare?category=asb&period=2024-01&with_period=2023-01")))
    assert year["Density"]["with_period"] == ["2023-01"]
    assert year["South"]["with_period"] == ["2023-01"]
    assert "with_period" not in year["with the month before"]
    assert year["‹ ["]["with_period"] == ["2022-12"]
    fixed = links(read(client.get("/compare?category=asb&period=2024-01&with_period=2023-12")))
    assert "with_period" not in fixed["‹ ["]
    other = links(
        read(client.get("/compare?category=asb&period=2024-01&with_category=deliberate_fire"))
    )
    assert other["‹ ["]["with_category"] == ["deliberate_fire"]
    assert "with_category" not in other["Deliberate fires"]


def test_two_categories_share_one_scale(client: FlaskClient) -> None:
    path = "/compare?category=asb&period=2024-01&with_category=deliberate_fire&layer=density"
    page = read(client.get(path))
    assert "ASB incidents and" in page.one("h1").text
    assert "deliberate fires in January 2024." in page.one("h1").text
    assert "Only ASB incidents" in page.said
    assert "5 to 10" in page.one("section", aria_labelledby="legend-title").text
    assert "the classes of ASB incidents" in page.said
    data = json.loads(page.one("script", id="compare-data").text)
    # three fires in 30 days over 81 km2 are below the lowest of ASB's classes
    assert data["left"]["density"]
    assert data["right"]["density"] == []
    assert "no clear difference from the area’s mix (could be chance)" in page.said


@pytest.mark.parametrize("layer", ["concentrated", "worse", "density", "wards"])
@pytest.mark.parametrize("other", ["", "&with_period=2022-12", "&with_category=deliberate_fire"])
def test_every_layer_of_every_comparison_is_a_good_page(
    client: FlaskClient, layer: str, other: str
) -> None:
    answer = client.get(f"/compare?category=asb&period=2024-01&layer={layer}{other}")
    assert answer.status_code == 200


def test_weeks_are_compared_with_weeks(client: FlaskClient) -> None:
    page = read(client.get("/compare?category=asb&period=2024-W03"))
    assert "in the week of 8 January 2024" in page.one("h1").text
    assert "with the week before" in page.said


def test_before_the_data_there_is_nothing_and_no_change(client: FlaskClient) -> None:
    page = read(client.get("/compare?category=asb&period=2023-01"))
    assert "No data in December 2022: there is nothing to compare with." in page.one("h1").text
    assert "No data" in page.with_class("no-map")[0].text
    cells = [" ".join(c.text.split()) for c in page.all("td")]
    assert "0" not in cells[::4]
    assert "No data" in cells
    assert "a fall" not in page.said
    assert "a rise" not in page.said.replace("is called a rise", "")


def test_where_incidents_are_missing_no_change_is_claimed(client_of) -> None:  # type: ignore[no-untyped-def]
    source = replace(made_up(), found=(missing_december(),))
    page = read(client_of(source).get("/compare?category=asb&period=2024-01"))
    said = page.one("h1").text
    assert "incidents are missing in December 2023, so no change is claimed." in said
    for word in ("a rise", "A rise", "a fall", "A fall", "New in"):
        assert word not in page.said


def test_two_empty_maps_say_what_to_do(client: FlaskClient) -> None:
    page = read(client.get("/compare?category=deliberate_fire&period=2023-06"))
    listed = page.one("section", aria_labelledby="list-title").text
    assert "There is no hot spot on either side." in listed
    assert "Compare longer periods" in listed


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("with_period=soon", 400, "A period must look like"),
        ("with_period=2024-01", 400, "must not overlap"),
        ("with_period=2024", 400, "must not overlap"),
        ("with_category=asb", 400, "must not count the same incidents"),
        ("with_category=drugs", 404, "There must be data of a category"),
        ("with_category=x", 404, "There must be data of a category"),
        ("question=why", 400, "A question must be one of"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_a_sentence(
    client: FlaskClient, query: str, status: int, said: str
) -> None:
    answer = client.get(f"/compare?category=asb&period=2024-01&{query}")
    assert answer.status_code == status
    assert said in read(answer).said


def test_without_any_data_it_says_what_to_add(client_of) -> None:  # type: ignore[no-untyped-def]
    usual = two_categories()
    nothing = MadeUp(nine_wards(), Incidents(usual.frame.iloc[:0], files=usual.files))
    assert "No incidents are loaded yet" in read(client_of(nothing).get("/compare")).said


def test_hostile_names_are_text(client_of) -> None:  # type: ignore[no-untyped-def]
    names = ["<img src=x onerror=alert(1)>", "</script><script>alert(2)</script>", *"abcdefg"]
    usual = two_categories()
    lane = np.full(len(usual.frame), "On or near </script><b onclick=alert(3)>")
    incidents = Incidents(usual.frame.assign(location=lane), files=usual.files, span=usual.span)
    answer = client_of(MadeUp(nine_wards(names=names), incidents)).get("/compare?category=asb")
    body = answer.get_data(as_text=True)
    for raw in ("<img src=x", "</script><script>alert", "<b onclick"):
        assert raw not in body
    assert names[0] in read(answer).said
