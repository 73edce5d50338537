"""The API against its own description, and against the result it shows."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import numpy as np
import pytest
import shapely
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from pyproj import Transformer
from werkzeug.test import TestResponse

from hotspots.quality import Finding
from hotspots.web import create_app
from hotspots.web.api.resources import RESOURCES
from hotspots.web.views import Views
from tests.conftest import ROOT
from tests.web.made_up import MadeUp, made_up
from tests.web.page import CheckedClient

MONTH = "category=asb&period=2024-01"
PLACE = "asb-c-604625-201625"
#: An example of every resource, by its path in the description.
EXAMPLES = {
    "/": "/",
    "/categories": "/categories",
    "/areas": "/areas?limit=2",
    "/periods": "/periods?category=asb&kind=month",
    "/problems": "/problems",
    "/hotspots": f"/hotspots?{MONTH}&further=true",
    "/cells": f"/cells?{MONTH}&limit=300",
    "/wards": f"/wards?{MONTH}",
    "/density": f"/density?{MONTH}",
    "/places": "/places?category=asb&kind=month",
    "/places/{place_id}": f"/places/{PLACE}?period=2024-01",
}


GEOJSON = ("/hotspots", "/cells", "/wards", "/density")


@pytest.fixture(scope="module")
def api(source: MadeUp) -> FlaskClient:
    app = create_app(source, patience_s=60)
    app.test_client_class = CheckedClient
    return app.test_client()


@pytest.fixture(scope="module")
def described(api: FlaskClient) -> dict[str, Any]:
    return got(api, "/openapi.json")


def got(api: FlaskClient, address: str, **headers: str) -> Any:
    answer = api.get(f"/api/v1{address}", headers=headers)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return strict(answer)


def strict(answer: TestResponse) -> Any:
    """Return JSON, which has no NaN."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(answer.get_data(as_text=True), parse_constant=refuse)


def check(described: dict[str, Any], path: str, status: int, answer: TestResponse) -> None:
    """Hold an answer against the schema that its path is described with."""
    content = described["paths"][path]["get"]["responses"][str(status)]["content"]
    assert answer.mimetype in content
    schema = {**content[answer.mimetype]["schema"], "components": described["components"]}
    Draft202012Validator(schema).validate(strict(answer))


# -- the description ------------------------------------------------------------------------------


def test_the_description_is_valid(described: dict[str, Any]) -> None:
    OpenAPIV31SpecValidator(described).validate()


def test_it_describes_every_route_there_is(source: MadeUp, described: dict[str, Any]) -> None:
    rules = [r for r in create_app(source).url_map.iter_rules() if r.endpoint.startswith("api.")]
    paths = {r.rule.removeprefix("/api/v1").replace("<", "{").replace(">", "}") for r in rules}
    assert paths - {"/openapi.json"} == set(described["paths"]) == set(EXAMPLES)


@pytest.mark.parametrize("path", EXAMPLES)
def test_an_answer_is_as_described(api: FlaskClient, described: dict[str, Any], path: str) -> None:
    check(described, path, 200, api.get(f"/api/v1{EXAMPLES[path]}"))


@pytest.mark.parametrize("path", EXAMPLES)
def test_every_argument_described_is_taken(
    api: FlaskClient, described: dict[str, Any], path: str
) -> None:
    for entry in described["paths"][path]["get"]["parameters"]:
        if entry["in"] == "query":
            schema = entry["schema"]
            value = schema.get("enum", [schema.get("default", "")])[0]
            address = EXAMPLES[path].partition("?")[0].replace("{place_id}", PLACE)
            answer = api.get(f"/api/v1{address}?{entry['name']}={str(value).lower()}")
            assert answer.status_code == 200, (entry["name"], answer.get_data(as_text=True))


@pytest.mark.parametrize("path", EXAMPLES)
@pytest.mark.parametrize(
    ("change", "status"), [("?wrong=1", 400), ("?limit=1&limit=2", 400), ("accept", 406)]
)
def test_a_refusal_is_as_described(
    api: FlaskClient, described: dict[str, Any], path: str, change: str, status: int
) -> None:
    address = f"/api/v1{EXAMPLES[path].partition('?')[0]}"
    if change == "accept":
        answer = api.get(address, headers={"Accept": "text/html"})
    else:
        answer = api.get(address + change)
    assert answer.status_code == status
    check(described, path, status, answer)


def test_the_index_leads_to_every_resource(api: FlaskClient) -> None:
    hrefs = [link["href"] for link in got(api, "/")["links"]]
    assert [h for h in hrefs if "{" not in h and api.get(h).status_code != 200] == []
    assert {h.removeprefix("/api/v1") for h in hrefs} == {*EXAMPLES, "/openapi.json"} - {"/"}


def test_the_documentation_names_every_resource_and_argument() -> None:
    text = (ROOT / "docs" / "api.md").read_text("utf-8")
    for resource in RESOURCES:
        assert f"`{resource.template}`" in text
        for name in resource.arguments.model_fields:
            assert f"`{name}`" in text, (resource.name, name)
    assert "127.0.0.1" in text


# -- the tables -----------------------------------------------------------------------------------


def test_hotspots_are_those_of_the_result(api: FlaskClient, source: MadeUp) -> None:
    found = got(api, f"/hotspots?{MONTH}")
    spots = source.result("2024-01", "asb").hotspots
    assert [f["properties"]["marker"] for f in found["features"]] == list(spots["marker"])
    assert [f["properties"]["p_value"] for f in found["features"]] == list(spots["p_value"])
    assert all(f["properties"]["hot"] for f in found["features"])
    assert found["numberMatched"] == found["numberReturned"] == len(spots) > 0


def test_further_places_come_with_them_only_when_asked_for(
    api: FlaskClient, source: MadeUp
) -> None:
    found = got(api, f"/hotspots?{MONTH}&further=true&question=concentrated")["features"]
    places = source.result("2024-01", "asb").places
    mine = places[places["question"] == "concentrated"]
    assert [f["properties"]["rank"] for f in found] == list(mine["rank"])
    assert [f["properties"]["hot"] for f in found] == list(mine["hot"])
    assert not all(mine["hot"])


@pytest.mark.parametrize("name", ["hotspots", "cells", "wards", "density"])
def test_geometries_are_those_of_the_result_as_rfc_7946_has_them(
    api: FlaskClient, source: MadeUp, name: str
) -> None:
    answer = api.get(f"/api/v1/{name}?{MONTH}&limit=1000")
    assert answer.mimetype == "application/geo+json"
    found = strict(answer)
    assert found["type"] == "FeatureCollection"
    assert "crs" not in found
    back = Transformer.from_crs("EPSG:4326", "EPSG:27700", always_xy=True)
    table = source.result("2024-01", "asb").table(name)
    assert found["numberReturned"] == min(len(table), 1000) > 0
    for feature, there in zip(found["features"], table.geometry, strict=False):
        shape = shapely.geometry.shape(feature["geometry"])
        for part in shapely.get_parts(shape):
            assert shapely.is_ccw(part.exterior)
            assert not any(shapely.is_ccw(hole) for hole in part.interiors)
        metres = shapely.transform(shape, lambda xy: np.column_stack(back.transform(*xy.T)))
        # 6 decimals are 0.1 m
        assert metres.hausdorff_distance(there) < 0.2
        assert decimals(feature["geometry"]["coordinates"]) <= 6


def decimals(value: Any) -> int:
    if isinstance(value, list):
        return max(decimals(entry) for entry in value)
    return len(repr(value).partition(".")[2])


def test_cells_and_wards_add_up_to_the_incidents(api: FlaskClient, source: MadeUp) -> None:
    wards = got(api, f"/wards?{MONTH}")["features"]
    total = source.result("2024-01", "asb").totals["incidents"]
    assert sum(f["properties"]["incidents"] for f in wards) == total
    assert sum(f["properties"]["incidents"] for f in whole_list(api, f"/cells?{MONTH}")) == total


def whole_list(api: FlaskClient, address: str) -> list[Any]:
    """Follow the links to the end, and back to the beginning."""
    pages, last, after = [], None, f"/api/v1{address}"
    while after:
        answer = api.get(after)
        assert answer.status_code == 200
        pages.append(strict(answer))
        last, after = after, linked(answer, "next")
    features = [f for page in pages for f in page["features"]]
    assert {page["numberMatched"] for page in pages} == {len(features)}
    back = 1
    while before := linked(api.get(last), "prev"):
        last, back = before, back + 1
    assert back == len(pages)
    return features


def linked(answer: TestResponse, rel: str) -> str | None:
    for link in answer.headers.getlist("Link"):
        address, _, words = link.partition(">; ")
        if words == f'rel="{rel}"':
            return address.removeprefix("<")
    return None


def test_pages_of_a_list_hold_each_item_once(api: FlaskClient) -> None:
    cells = whole_list(api, f"/cells?{MONTH}&limit=500")
    assert len({f["id"] for f in cells}) == len(cells) == 1296


def test_links_to_other_parts_stay_at_the_result(api: FlaskClient) -> None:
    address = linked(api.get("/api/v1/wards?limit=2"), "next")
    assert address is not None
    assert "category=asb" in address
    assert "period=" in address


def test_a_page_beyond_the_end_is_empty(api: FlaskClient) -> None:
    found = got(api, f"/wards?{MONTH}&offset=500")
    assert found["features"] == []
    assert found["numberMatched"] == 9


@pytest.mark.parametrize(("least", "classes"), [("very-clear", 1), ("clear", 2), ("possible", 3)])
@pytest.mark.parametrize("question", ["concentrated", "worse"])
def test_cells_of_a_class_or_stronger(
    api: FlaskClient, source: MadeUp, question: str, least: str, classes: int
) -> None:
    limits = (0.01, 0.05, 0.1)
    column = "gi_star_p_adjusted" if question == "concentrated" else "change_p_adjusted"
    table = source.result("2024-01", "asb").cells
    expected = set(table["cell_id"][table[column] <= limits[classes - 1]])
    found = got(api, f"/cells?{MONTH}&question={question}&min_class={least}")["features"]
    assert {f["id"] for f in found} == expected
    if least == "possible":
        assert expected


def test_an_area_has_only_its_own(api: FlaskClient, source: MadeUp) -> None:
    found = got(api, f"/wards?{MONTH}&area=D2")
    assert found["about"]["area"] == "D2"
    assert {f["properties"]["district_code"] for f in found["features"]} == {"D2"}
    assert found["numberMatched"] == 3


# -- places ---------------------------------------------------------------------------------------


def test_every_place_is_followed_as_the_track_has_it(api: FlaskClient, source: MadeUp) -> None:
    found = {f["id"]: f["properties"] for f in got(api, EXAMPLES["/places"])["features"]}
    track = source.track(source.periods("asb", "month")[-1], "asb")
    hot: dict[str, list[str]] = {}
    for drawn in track.maps:
        for spot in drawn.spots:
            hot.setdefault(spot.place_id, []).append(drawn.period.id)
    assert set(found) == set(hot)
    for place, periods in hot.items():
        assert found[place]["first"] == periods[0]
        assert found[place]["last"] == periods[-1]
        assert found[place]["hot_on"] == len(periods)
        assert found[place]["hot_now"] == (periods[-1] == "2024-01")


def test_an_address_of_a_list_leads_to_its_place(api: FlaskClient) -> None:
    for listed in (EXAMPLES["/hotspots"], EXAMPLES["/places"]):
        for feature in got(api, listed)["features"]:
            answer = api.get(feature["properties"]["href"])
            place = strict(answer)
            assert answer.status_code == 200
            assert place["question"] == feature["properties"]["question"]
            if "claim" in feature["properties"]:
                for name in ("claim", "chance", "strength", "p_value", "marker", "name", "hot"):
                    assert place[name] == feature["properties"][name], name


def test_a_place_says_what_its_card_does(api: FlaskClient, source: MadeUp) -> None:
    place = got(api, EXAMPLES["/places/{place_id}"])
    views: Views = api.application.extensions["views"]
    card = views.meeting("2024-01", "asb").cards["concentrated"][0]
    assert place["id"] == card.place_id == PLACE
    assert place["status"] == card.status == "new"
    assert place["trend"]["counts"] == list(card.trend.counts)
    assert place["trend"]["sentence"] == card.trend.describe
    assert place["incidents"] == card.trend.counts[-1] == card.place.peak_incidents
    assert place["expected"] == pytest.approx(card.place.peak_expected)
    assert card.firmness is not None
    assert place["firmness"]["holds"] == card.firmness.holds
    history = views.meeting("2024-01", "asb").track.history_of(PLACE, "2024-01")
    assert place["hot_on"] == sum(spot is not None for _, spot in history) > 0
    assert place["maps"] == len(history)


def test_a_place_that_is_not_hot_yet_says_so(api: FlaskClient) -> None:
    place = got(api, f"/places/{PLACE}?period=2023-06")
    assert not place["hot"]
    assert place["status"] == "not hot"
    assert place["firmness"] is None
    assert place["hot_on"] == 0


@pytest.mark.parametrize(
    "name",
    ["zzz", "asb-c-1-1", "asb-x-604625-201625", "nothing-c-604625-201625", "%00", "a" * 3000],
)
def test_what_is_no_place_is_not_found(api: FlaskClient, name: str) -> None:
    answer = api.get(f"/api/v1/places/{name}")
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"
    assert len(strict(answer)["detail"]) < 400


# -- what must be said ----------------------------------------------------------------------------


@pytest.mark.parametrize("path", [p for p in EXAMPLES if p != "/problems"])
def test_every_answer_says_what_must_be_said(api: FlaskClient, path: str) -> None:
    about = got(api, EXAMPLES[path])["about"]
    assert about["notices"] == ["Synthetic data"]
    assert about["marking"] == "OFFICIAL"


@pytest.mark.parametrize(
    "path", ["/hotspots", "/cells", "/wards", "/density", "/places/{place_id}"]
)
def test_a_result_says_where_it_comes_from(api: FlaskClient, source: MadeUp, path: str) -> None:
    about = got(api, EXAMPLES[path])["about"]
    result = source.result("2024-01", "asb")
    assert about["run"] == result.provenance["run"]
    assert about["period"]["id"] == "2024-01"
    assert about["notes"] == list(result.notes)
    assert about["snapped"] is result.totals["moved"]


def test_missing_data_are_no_zeros() -> None:
    usual = made_up()
    frame = usual.all_incidents.frame
    month = (frame["starts_at"].dt.year == 2023) & (frame["starts_at"].dt.month == 6)
    fires = frame["category"] == "deliberate_fire"
    gap = Finding(
        code="missing-category",
        severity="serious",
        title="No fires in June 2023",
        count=1,
        share=None,
        example=None,
        effect="The map is empty.",
        advice="Add the file.",
        categories=("deliberate_fire",),
        months=("2023-06",),
    )
    usual.all_incidents = type(usual.all_incidents)(
        frame[~(month & fires)].reset_index(drop=True),
        files=usual.all_incidents.files,
        span=usual.all_incidents.span,
    )
    usual.found = (gap,)
    api = create_app(usual, patience_s=60).test_client()
    view = "category=deliberate_fire&period=2023-06"
    for name in ("wards", "cells"):
        found = got(api, f"/{name}?{view}&limit=1000")
        assert found["about"]["known"] is False
        assert found["about"]["findings"] == ["missing-category"]
        assert {f["properties"]["incidents"] for f in found["features"]} == {None}
    place = got(api, "/places/deliberate_fire-c-604625-201625?period=2023-06")
    assert (place["incidents"], place["claim"], place["chance"]) == (None, None, None)
    # and where they are known, nought is nought
    quiet = got(api, "/wards?category=asb&period=2023-06")
    assert None not in {f["properties"]["incidents"] for f in quiet["features"]}


def test_no_answer_holds_an_incident(api: FlaskClient, source: MadeUp) -> None:
    references = set(source.all_incidents.frame["reference"])
    for address in EXAMPLES.values():
        words = set(words_of(got(api, address)))
        assert not references & words
        assert not {"reference", "starts_at", "file"} & words


def words_of(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(word for entry in value.values() for word in words_of(entry))]
    if isinstance(value, list):
        return [word for entry in value for word in words_of(entry)]
    return [value] if isinstance(value, str) else []


def test_today_is_part_of_what_an_answer_is_known_by(
    api: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Tomorrow(date):
        @classmethod
        def today(cls) -> date:
            return date(2999, 1, 1)

    tag = api.get("/api/v1/areas").headers["ETag"]
    monkeypatch.setattr("hotspots.web.api.routes.date", Tomorrow)
    assert api.get("/api/v1/areas").headers["ETag"] != tag
