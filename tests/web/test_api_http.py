"""The API over HTTP: revalidation, problems, methods, hostile text; and compression everywhere."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from threading import Event
from typing import Any

import pytest
from flask.testing import FlaskClient

from hotspots.areas import areas_of
from hotspots.errors import WorkspaceError
from hotspots.model import Incidents
from hotspots.results import Result
from hotspots.taxonomy import category
from hotspots.web import create_app
from tests.support import nine_wards
from tests.web.made_up import MadeUp, made_up, two_categories
from tests.web.page import CheckedClient
from tests.web.test_api import EXAMPLES, GEOJSON, PLACE


def client_of(source: MadeUp, patience_s: float = 60) -> FlaskClient:
    app = create_app(source, patience_s)
    app.test_client_class = CheckedClient
    return app.test_client()


@pytest.fixture(scope="module")
def plain(source: MadeUp) -> FlaskClient:
    """A client that does not read what it gets, which may be compressed or nothing."""
    return create_app(source, 60).test_client()


@pytest.fixture(scope="module")
def api(source: MadeUp) -> FlaskClient:
    return client_of(source)


def problem(answer: Any, status: int) -> dict[str, Any]:
    """Return a problem's members, after checking what RFC 9457 asks of them."""
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    found: dict[str, Any] = json.loads(answer.get_data(as_text=True))
    assert set(found) == {"type", "title", "status", "detail", "instance"}
    assert found["status"] == status
    assert found["detail"].endswith(".")
    assert "Traceback" not in found["detail"]
    return found


# -- asking again ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", EXAMPLES)
def test_what_a_client_has_is_not_sent_again(api: FlaskClient, path: str) -> None:
    first = api.get(f"/api/v1{EXAMPLES[path]}")
    tag = first.headers["ETag"]
    again = api.get(f"/api/v1{EXAMPLES[path]}", headers={"If-None-Match": tag})
    assert again.status_code == 304
    assert again.get_data() == b""
    for name in ("ETag", "Cache-Control", "Vary"):
        assert again.headers[name] == first.headers[name]
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert {"Accept", "Accept-Encoding"} <= set(first.vary)
    assert api.get(f"/api/v1{EXAMPLES[path]}", headers={"If-None-Match": '"x"'}).status_code == 200


def test_that_is_known_before_anything_is_computed() -> None:
    class Counted(MadeUp):
        made = 0

        def result(self, period: str, category: str, area: str = "") -> Result:
            type(self).made += 1
            return super().result(period, category, area)

    usual = made_up()
    source = Counted(usual.ward_set, usual.all_incidents)
    address = f"/api/v1{EXAMPLES['/hotspots']}"
    tag = client_of(source).get(address).headers["ETag"]
    assert Counted.made == 1
    # another process over the same data
    other = client_of(source)
    assert other.get(address, headers={"If-None-Match": tag}).status_code == 304
    assert Counted.made == 1
    # "any" is no promise that there is one
    star = {"If-None-Match": "*"}
    assert other.get(address.replace("2024-01", "1999-01"), headers=star).status_code == 404
    assert Counted.made == 2


def test_new_data_make_a_new_tag() -> None:
    source = made_up()
    api = client_of(source)
    address = f"/api/v1{EXAMPLES['/wards']}"
    first = api.get(address)
    frame = source.all_incidents.frame
    source.all_incidents = Incidents(
        frame.iloc[10:], files=source.all_incidents.files, span=source.all_incidents.span
    )
    again = api.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 200
    assert again.headers["ETag"] != first.headers["ETag"]


def test_other_arguments_have_another_tag(api: FlaskClient) -> None:
    queries = ("", "?limit=5", "?limit=5&offset=5", "?area=D1", "?category=deliberate_fire")
    tags = [api.get(f"/api/v1/wards{query}").headers["ETag"] for query in queries]
    assert len(set(tags)) == len(queries)
    # the same arguments, said otherwise
    assert api.get("/api/v1/wards?offset=5&limit=5").headers["ETag"] == tags[2]
    assert api.get("/api/v1/wards?offset=0&area=").headers["ETag"] == tags[0]


def test_a_view_that_is_not_there_says_so_and_comes(source: MadeUp) -> None:
    class Slow(MadeUp):
        go = Event()

        def result(self, period: str, category: str, area: str = "") -> Result:
            assert self.go.wait(30)
            return super().result(period, category, area)

    slow = Slow(source.ward_set, source.all_incidents)
    api = client_of(slow, patience_s=0)
    address = f"/api/v1{EXAMPLES['/hotspots']}"
    answer = api.get(address)
    assert answer.status_code == 202
    assert answer.headers["Retry-After"] == "1"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "ETag" not in answer.headers
    assert answer.json == {"status": "working", "what": "The map is being computed.", "done": None}
    # others are answered meanwhile
    assert api.get("/api/v1/areas").status_code == 200
    slow.go.set()
    api.application.extensions["views"].jobs._pool.shutdown(wait=True)
    assert api.get(address).status_code == 200


# -- problems -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/nowhere", 404, "An address must be one that"),
        ("/places/", 404, "An address must be one that"),
        ("/hotspots?limit=0", 400, "limit must be at least 1; got '0'"),
        ("/hotspots?limit=1001", 400, "limit must be at most 1000"),
        ("/hotspots?limit=many", 400, "limit must be a whole number"),
        ("/hotspots?offset=-1", 400, "offset must be at least 0"),
        ("/hotspots?question=why", 400, "question must be one of 'concentrated' or 'worse'"),
        ("/hotspots?further=perhaps", 400, "further must be true or false"),
        ("/cells?min_class=weak", 400, "min_class must be one of 'very-clear'"),
        ("/hotspots?colour=red", 400, "An argument must be one of limit, offset, category"),
        ("/hotspots?area=D1&area=D2", 400, "given once; got area more than once"),
        ("/problems?limit=5", 400, "takes none; got 'limit'"),
        ("/openapi.json?limit=5", 400, "takes none; got 'limit'"),
        ("/hotspots?area=X9", 400, "An area must be one of"),
        ("/hotspots?period=soon", 400, "A period must look like"),
        ("/hotspots?period=1999-01", 404, "A period must lie within the data"),
        ("/hotspots?category=nonsense", 400, "A category must be one of"),
        ("/hotspots?category=burglary", 404, "none are loaded for burglary"),
        (f"/places/{PLACE}?category=asb", 400, "one of period, area; got 'category'"),
        ("/places/burglary-c-604625-201625", 404, "none are loaded for burglary"),
    ],
)
def test_what_cannot_be_answered_is_a_problem(
    api: FlaskClient, address: str, status: int, said: str
) -> None:
    found = problem(api.get(f"/api/v1{address}"), status)
    assert said in found["detail"]
    assert found["instance"] == f"/api/v1{address}"
    kinds = {f"/api/v1/problems#{kind['id']}" for kind in api.get("/api/v1/problems").json["items"]}
    assert found["type"] in kinds


def test_a_week_of_what_is_known_by_month_is_not_another_period() -> None:
    usual = made_up()
    monthly = MadeUp(
        usual.ward_set, usual.all_incidents, by_month_only=frozenset({"deliberate_fire"})
    )
    api = client_of(monthly)
    address = "/api/v1/hotspots?category=deliberate_fire&period=2024-W02"
    assert "known by month only" in problem(api.get(address), 404)["detail"]
    assert (
        "kind of period"
        in problem(api.get("/api/v1/places?category=deliberate_fire&kind=week"), 404)["detail"]
    )


@pytest.mark.parametrize("path", ["/hotspots", f"/places/{PLACE}", "/", "/openapi.json"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_the_api_can_be_read_only(api: FlaskClient, path: str, method: str) -> None:
    answer = api.open(f"/api/v1{path}", method=method)
    problem(answer, 405)
    assert answer.allow == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize("path", EXAMPLES)
def test_head_and_options(api: FlaskClient, plain: FlaskClient, path: str) -> None:
    address = f"/api/v1{EXAMPLES[path]}"
    head, full = api.head(address), api.get(address)
    assert head.status_code == 200
    assert head.get_data() == b""
    for name in ("Content-Type", "Content-Length", "ETag", "Vary"):
        assert head.headers[name] == full.headers[name]
    options = plain.options(address)
    assert options.status_code == 200
    assert options.allow == {"GET", "HEAD", "OPTIONS"}


def test_the_root_is_found_without_its_slash(api: FlaskClient) -> None:
    assert api.get("/api/v1", follow_redirects=True).status_code == 200


@pytest.mark.parametrize("path", GEOJSON)
@pytest.mark.parametrize(
    ("accept", "mimetype"),
    [
        ("application/geo+json", "application/geo+json"),
        ("application/json", "application/json"),
        ("application/*", "application/geo+json"),
        ("text/html, */*;q=0.1", "application/geo+json"),
        ("", "application/geo+json"),
    ],
)
def test_geojson_is_plain_json_too(api: FlaskClient, path: str, accept: str, mimetype: str) -> None:
    answer = api.get(f"/api/v1{EXAMPLES[path]}", headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.mimetype == mimetype


def test_a_type_that_there_is_not_is_a_problem(api: FlaskClient) -> None:
    answer = api.get("/api/v1/hotspots", headers={"Accept": "text/csv, application/json;q=0"})
    assert "Accept header must allow application/geo+json" in problem(answer, 406)["detail"]


def test_a_fault_is_a_problem_without_its_details() -> None:
    class Broken(MadeUp):
        def result(self, period: str, category: str, area: str = "") -> Result:
            raise ZeroDivisionError("secret detail")

    usual = made_up()
    api = client_of(Broken(usual.ward_set, usual.all_incidents))
    assert "secret" not in str(problem(api.get("/api/v1/hotspots"), 500))


def test_a_workspace_that_cannot_be_read_says_why() -> None:
    class Closed(MadeUp):
        def categories(self) -> Any:
            raise WorkspaceError("A store must be of this version; this one is newer.")

    usual = made_up()
    api = client_of(Closed(usual.ward_set, usual.all_incidents))
    assert "this one is newer" in problem(api.get("/api/v1/categories"), 500)["detail"]


def test_without_incidents_lists_are_empty_and_results_a_problem() -> None:
    usual = made_up()
    api = client_of(MadeUp(usual.ward_set, Incidents(usual.all_incidents.frame.iloc[:0])))
    assert api.get("/api/v1/categories").json["items"] == []
    assert len(api.get("/api/v1/areas").json["items"]) == len(areas_of(usual.ward_set))
    for path in ("/periods", "/hotspots", "/places", f"/places/{PLACE}"):
        assert "add files first" in problem(api.get(f"/api/v1{path}"), 404)["detail"]


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v2/", "/apis", "/nowhere"])
def test_pages_keep_their_own_errors(api: FlaskClient, path: str) -> None:
    answer = api.get(path)
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"


# -- text of the data -----------------------------------------------------------------------------

NASTY = ("</script><script>alert(1)</script>", "\u202eevil\u202c", "Ward & <b>Co</b>")


def test_text_of_the_data_is_text() -> None:
    wards = nine_wards(names=NASTY * 3)
    usual = two_categories()
    incidents = Incidents(
        usual.frame.assign(location="<img src=x onerror=alert(6)>"), files=usual.files
    )
    label = replace(category("asb"), label="</option><img src=x>")
    api = client_of(MadeUp(wards, incidents, {"asb": label}, said=("<b onclick=alert(9)>",)))
    for address in EXAMPLES.values():
        answer = api.get(f"/api/v1{address}")
        body = answer.get_data()
        assert answer.status_code == 200
        assert not set(b"<>&") & set(body)
        assert body.isascii()
    names = {
        f["properties"]["ward_name"]
        for f in api.get(f"/api/v1{EXAMPLES['/wards']}").json["features"]
    }
    assert names == set(NASTY)
    for address in ("/x%3Cscript%3E", "/hotspots?%3Cimg%20src=x%3E=1", "/places/%3Cscript%3E"):
        body = api.get(f"/api/v1{address}").get_data()
        assert not set(b"<>&") & set(body)


# -- compression ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        f"/api/v1{EXAMPLES['/cells']}",
        "/api/v1/openapi.json",
        "/map",
        "/static/style.css",
        "/static/map.js",
        "/static/leaflet/leaflet.js",
        "/streets.json",
    ],
)
def test_answers_are_sent_small(plain: FlaskClient, address: str) -> None:
    whole = plain.get(address, buffered=True, headers={"Accept-Encoding": "identity"})
    assert whole.status_code == 200
    assert "Content-Encoding" not in whole.headers
    assert "Accept-Encoding" in whole.vary
    small = plain.get(address, buffered=True, headers={"Accept-Encoding": "gzip"})
    if len(whole.get_data()) < 1000:
        assert "Content-Encoding" not in small.headers
        return
    assert small.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in small.vary
    assert len(small.get_data()) < 0.5 * len(whole.get_data())
    if "text/html" not in small.content_type:  # which has a nonce
        assert gzip.decompress(small.get_data()) == whole.get_data()


@pytest.mark.parametrize("encoding", ["zstd", "br", "gzip"])
def test_every_encoding_offered_is_given(api: FlaskClient, encoding: str) -> None:
    for address in ("/api/v1/openapi.json", "/static/leaflet/leaflet.js"):
        answer = api.get(address, headers={"Accept-Encoding": encoding})
        assert answer.headers["Content-Encoding"] == encoding


@pytest.mark.parametrize(
    "address",
    [
        f"/api/v1{EXAMPLES['/wards']}",
        "/api/v1/openapi.json",
        "/static/style.css",
        "/static/leaflet/leaflet.js",
        "/streets.json",
        "/data.json",
    ],
)
def test_a_tag_holds_whatever_the_compression(api: FlaskClient, address: str) -> None:
    encodings = ("gzip", "br", "identity")
    tags = {api.get(address, headers={"Accept-Encoding": e}).headers["ETag"] for e in encodings}
    assert len(tags) == 1
    (tag,) = tags
    assert tag.startswith('W/"')
    for encoding in encodings:
        again = api.get(address, headers={"Accept-Encoding": encoding, "If-None-Match": tag})
        assert again.status_code == 304
        assert again.get_data() == b""
        assert again.headers["ETag"] == tag


def test_a_part_of_a_file_is_of_its_own_bytes(api: FlaskClient) -> None:
    whole = api.get("/static/leaflet/leaflet.js", headers={"Accept-Encoding": "identity"})
    headers = {"Accept-Encoding": "gzip", "Range": "bytes=0-4999"}
    part = api.get("/static/leaflet/leaflet.js", headers=headers)
    assert part.status_code == 206
    assert "Content-Encoding" not in part.headers
    assert part.get_data() == whole.get_data()[:5000]


def test_scripts_are_asked_for_again_after_minutes(api: FlaskClient) -> None:
    answer = api.get("/static/leaflet/leaflet.js")
    assert 60 <= answer.cache_control.max_age <= 600
