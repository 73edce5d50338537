"""Text from data is text: it never becomes markup, script or a turn of direction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hotspots.model import Incidents
from hotspots.taxonomy import category
from tests.support import nine_wards
from tests.web.made_up import MadeUp, some_streets, two_categories
from tests.web.page import EVERY_PAGE, read

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(2)</script>",
    "${alert(3)}",
    "{{7*7}}",
    "`+alert(4)+`",
    "\u202eevil\u202c",
    "'\"><b onclick=alert(5)>",
    "<!--<script>",
    "Ward & Co " + "x" * 9_990,
)
#: What may appear in the bytes of a page only where it was escaped.
RAW = ("<img src=x", "</script><script>", "<b onclick", "<!--<script>", "\u202e", "${alert(3)}")


@pytest.fixture(scope="module")
def hostile(client_of) -> FlaskClient:  # type: ignore[no-untyped-def]
    wards = nine_wards(names=HOSTILE)
    wards.frame["district_name"] = ["<u>South</u>"] * 6 + ["</script>"] * 3
    usual = two_categories()
    location = "On or near <img src=x onerror=alert(6)>" + "long " * 2_000
    incidents = Incidents(usual.frame.assign(location=location), files=usual.files)
    streets = some_streets().assign(name="</script><script>alert(7)</script>")
    label = replace(category("asb"), label="</option></select><img src=x>", short="${alert(8)}")
    return client_of(
        MadeUp(wards, incidents, {"asb": label}, said=("<b onclick=alert(9)>",), lines=streets)
    )


@pytest.fixture(scope="module")
def answered(hostile: FlaskClient) -> Callable[[str], TestResponse]:
    """Each page is asked for once, and looked at by several tests."""
    return cache(hostile.get)


@pytest.mark.parametrize("path", [*EVERY_PAGE, "/?period=soon", "/x", "/places/<b onclick=x>"])
def test_hostile_text_is_never_markup(answered: Callable[[str], TestResponse], path: str) -> None:
    answer = answered(path)
    assert answer.status_code in (200, 400, 404)
    body = answer.get_data(as_text=True)
    found = [raw for raw in RAW if raw in body and raw != "${alert(3)}"]
    assert found == []


def test_hostile_text_is_shown_as_it_is(hostile: FlaskClient) -> None:
    page = read(hostile.get("/wards"))
    for name in HOSTILE:
        if "\u202e" not in name:
            assert name in page.one("table").text
    assert "\ufffdevil\ufffd" in page.one("table").text
    assert "49" not in [e.text for e in page.all("bdi")]
    meeting = read(hostile.get("/"))
    assert "<img src=x onerror=alert(6)>" in meeting.with_class("place-card")[0].text
    assert page.with_class("notice")[0].text == "<b onclick=alert(9)>"


@pytest.mark.parametrize("path", EVERY_PAGE)
def test_no_script_holds_text_of_the_data(
    answered: Callable[[str], TestResponse], path: str
) -> None:
    scripts = read(answered(path)).all("script")
    code = "".join(s.text for s in scripts if s.attributes.get("type") != "application/json")
    assert "alert" not in code
    assert "${" not in code


def test_a_query_is_shown_as_it_is(hostile: FlaskClient) -> None:
    page = read(hostile.get("/?category=%3Cimg%20src=x%20onerror=alert(1)%3E"))
    assert "<img src=x onerror=alert(1)>" in page.said
    assert not page.all("img")


def test_street_names_travel_as_json(hostile: FlaskClient) -> None:
    answer = hostile.get("/streets.json")
    assert answer.mimetype == "application/json"
    assert answer.json is not None
    assert answer.json["major"][0]["name"] == "</script><script>alert(7)</script>"
