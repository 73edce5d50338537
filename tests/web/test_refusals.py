"""What cannot be shown: a clear sentence with a next step, never a traceback."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from hotspots.errors import WorkspaceError
from hotspots.model import Incidents
from tests.web.made_up import MadeUp, made_up
from tests.web.page import EVERY_PAGE, read


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("period=soon", 400, "A period must look like"),
        ("period=2024-W99", 400, "A period must look like"),
        ("period=1999-01", 404, "A period must lie within the data"),
        ("category=nonsense", 400, "A category must be one of"),
        ("category=burglary", 404, "none are loaded for burglary"),
        ("layer=x", 400, "A layer must be one of"),
        ("category=%3Cscript%3E", 400, "<script>"),
    ],
)
def test_a_bad_value_is_refused_in_a_sentence(
    client: FlaskClient, query: str, status: int, said: str
) -> None:
    answer = client.get(f"/?{query}")
    page = read(answer)
    assert answer.status_code == status
    assert said in page.said
    assert "Traceback" not in page.said
    assert page.with_class("button")


def test_a_period_without_data_offers_the_latest_of_its_category(client: FlaskClient) -> None:
    page = read(client.get("/?category=deliberate_fire&period=1999-01"))
    assert "/?category=deliberate_fire" in [a.attributes["href"] for a in page.all("a")]


@pytest.mark.parametrize(
    ("path", "status"), [("/nowhere", 404), ("/static/none.css", 404), ("/healthz/x", 404)]
)
def test_an_unknown_address_is_a_page_of_the_product(
    client: FlaskClient, path: str, status: int
) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert "There is no page at this address." in read(answer).said


def test_pages_can_only_be_read(client: FlaskClient) -> None:
    assert client.post("/").status_code == 405


def test_a_fault_shows_no_traceback(client_of) -> None:  # type: ignore[no-untyped-def]
    class Broken(MadeUp):
        def wards(self):  # type: ignore[no-untyped-def]
            raise ZeroDivisionError("secret detail")

    usual = made_up()
    answer = client_of(Broken(usual.ward_set, usual.all_incidents)).get("/")
    assert answer.status_code == 500
    assert "secret" not in answer.get_data(as_text=True)
    assert "Hotspots met a fault of its own" in read(answer).said


def test_a_workspace_that_cannot_be_read_says_why(client_of) -> None:  # type: ignore[no-untyped-def]
    class Closed(MadeUp):
        def categories(self):  # type: ignore[no-untyped-def]
            raise WorkspaceError("A store must be of this version; this one is newer.")

        def notices(self):  # type: ignore[no-untyped-def]
            raise WorkspaceError("A store must be of this version; this one is newer.")

    usual = made_up()
    answer = client_of(Closed(usual.ward_set, usual.all_incidents)).get("/")
    assert answer.status_code == 500
    assert "A store must be of this version" in read(answer).said


def test_without_incidents_the_page_says_what_to_do(client_of) -> None:  # type: ignore[no-untyped-def]
    usual = made_up()
    nothing = MadeUp(usual.ward_set, Incidents(usual.all_incidents.frame.iloc[:0]))
    page = read(client_of(nothing).get("/"))
    assert "No incidents are loaded yet" in page.one("h1").text
    assert "hotspots add incidents" in page.said


def test_weeks_of_a_category_known_by_month_become_its_month(client_of) -> None:  # type: ignore[no-untyped-def]
    usual = made_up()
    monthly = MadeUp(
        usual.ward_set, usual.all_incidents, by_month_only=frozenset({"deliberate_fire"})
    )
    page = read(client_of(monthly).get("/?category=deliberate_fire&period=2024-W02"))
    assert "known by month only: this is January 2024" in page.said


@pytest.mark.parametrize("path", [*EVERY_PAGE, "/?period=soon", "/nowhere", "/?category=burglary"])
def test_what_must_be_said_is_on_every_page(client: FlaskClient, path: str) -> None:
    page = read(client.get(path))
    assert "Synthetic data" in page.one("body").text
    assert "OFFICIAL" in page.one("body").text
