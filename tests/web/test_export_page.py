"""The form of an export: what it refuses, what it sends, and the log."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from threading import Event
from typing import Any
from urllib.parse import unquote

import pandas as pd
import pytest
from flask.testing import FlaskClient

from hotspots.errors import ResultError
from hotspots.profile import TIERS, Profile, Tier, Tiers
from hotspots.releasing.request import KINDS, Exported, ExportRequest
from hotspots.web import create_app
from hotspots.web.download import download
from hotspots.web.export_view import export_view, quarter_ends, tier_sentence
from tests.web.made_up import MadeUp, made_up
from tests.web.page import KIND_OF_SCREEN, CheckedClient, read
from tests.web.test_hostile import HOSTILE, RAW

HERE = {"Sec-Fetch-Site": "same-origin"}
ASKED = {
    "category": "asb",
    "period": "2024-01",
    "kind": "briefing",
    "tier": "partner",
    "who": "A Sergeant",
}
LONG = 60.0


@pytest.fixture(autouse=True)
def nothing_exported_yet(source: MadeUp) -> Iterator[None]:
    """Let each test begin with an empty log; the maps are computed once for all."""
    source.made.clear()
    yield
    source.made.clear()


def send(client: FlaskClient, headers: dict[str, str] | None = None, **changed: str) -> Any:
    given = HERE if headers is None else headers
    return client.post("/export", data=ASKED | changed, headers=given)


# -- the form -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "kind"), [*KIND_OF_SCREEN.items(), ("/nowhere", "briefing")])
def test_every_screen_leads_to_the_form_with_a_fitting_kind(
    client: FlaskClient, path: str, kind: str
) -> None:
    page = read(client.get(path))
    link = page.one("a", id="export")
    form = read(client.get(str(link.attributes["href"])))
    checked = [r.attributes["value"] for r in form.all("input", name="kind") if _on(r)]
    assert checked == [kind]
    # whom it is for is never chosen for anybody
    assert not [r for r in form.all("input", name="tier") if _on(r)]


def _on(element: Any) -> bool:
    return "checked" in element.attributes


def test_the_link_carries_what_is_shown(client: FlaskClient) -> None:
    page = read(client.get("/?category=asb&period=2023-12&area=D2"))
    form = read(client.get(str(page.one("a", id="export").attributes["href"])))
    sent = {i.attributes["name"]: i.attributes["value"] for i in form.all("input", type="hidden")}
    assert sent == {"category": "asb", "period": "2023-12", "area": "D2", "from": "meeting"}
    assert form.one("a", id="back").attributes["href"] == "/?category=asb&period=2023-12&area=D2"


def test_every_kind_and_format_and_tier_can_be_chosen(client: FlaskClient) -> None:
    page = read(client.get("/export"))
    kinds = [r.attributes["value"] for r in page.all("input", name="kind")]
    assert kinds == list(KINDS)
    for code, kind in KINDS.items():
        options = [
            o.attributes["value"]
            for o in page.elements
            if o.tag == "option" and o.attributes.get("value") in kind.formats
        ]
        assert set(options) == set(kind.formats)
        assert page.one("select", id=f"format-{code}")
    assert [r.attributes["value"] for r in page.all("input", name="tier")] == list(TIERS)
    points = [r.attributes["value"] for r in page.all("input") if "data-points" in r.attributes]
    assert points == [code for code, kind in KINDS.items() if kind.points] + ["restricted"]


def test_what_a_tier_may_hold_follows_the_profile() -> None:
    kinds = Profile().restricted_kinds
    said = tier_sentence("public", Tier(small_counts_below=5, generalise_m=1000), kinds)
    assert "counts of 1 to 4 are withheld" in said
    assert "squares of 1,000 m" in said
    assert "sexual offences" in said
    assert "domestic abuse" in said
    assert said.endswith("stay out.")
    assert said.count(". ") == 0
    assert "counts of 1 are withheld" in tier_sentence("partner", Tier(small_counts_below=2), ())
    all_of_it = Tier(small_counts_below=0, points=True, restricted_kinds=True)
    assert "every count is shown" in tier_sentence("restricted", all_of_it, kinds)
    assert "single incidents may be shown" in tier_sentence("restricted", all_of_it, kinds)


def test_the_form_names_every_form_of_a_restricted_kind(client_of) -> None:  # type: ignore[no-untyped-def]
    usual = made_up()
    kinds = ("burglary", "criminal_damage.arson", "violence!domestic_abuse", "!hate_crime")
    profile = Profile(restricted_kinds=(*kinds, "violence.sexual_offences!domestic_abuse"))
    page = read(
        client_of(MadeUp(usual.ward_set, usual.all_incidents, profile=profile)).get("/export")
    )
    assert page.one("p", id="says-public").text.endswith(
        "burglary, arson, violence and sexual offences (domestic abuse), hate crimes or incidents "
        "and sexual offences (domestic abuse) stay out."
    )


def test_the_usual_restricted_kinds_read_well() -> None:
    said = tier_sentence("public", Tier(), Profile().restricted_kinds)
    assert said.endswith("; sexual offences, domestic abuse and hate crimes or incidents stay out.")


def test_the_tiers_are_those_of_the_workspaces_profile(client_of) -> None:  # type: ignore[no-untyped-def]
    usual = made_up()
    tiers = Tiers(
        public=Tier(small_counts_below=3), partner=Tier(small_counts_below=0, points=True)
    )
    profile = Profile(tiers=tiers, history_months=7)
    source = MadeUp(usual.ward_set, usual.all_incidents, profile=profile)
    client = client_of(source)
    page = read(client.get("/export"))
    assert "counts of 1 to 2 are withheld" in page.one("p", id="says-public").text
    assert "data-points" in page.one("input", id="tier-partner").attributes
    assert "only for partner or restricted" in page.one("p", id="needs-cells").text
    assert send(client, kind="cells").status_code == 200
    assert send(client, kind="cells", tier="public").status_code == 400
    assert "the last 7 months" in read(client.get("/help")).said


@pytest.mark.parametrize(
    ("first", "last", "ends"),
    [
        ((2023, 1, 1), (2024, 1, 31), ["2023-12-31"]),
        ((2015, 10, 1), (2016, 12, 31), ["2016-09-30", "2016-12-31"]),
        # less than a year: a year in part is better offered than none
        ((2024, 1, 1), (2024, 7, 1), ["2024-03-31", "2024-06-30"]),
        ((2024, 1, 1), (2024, 3, 30), []),
    ],
)
def test_years_end_with_a_quarter_that_is_known(
    first: tuple[int, int, int], last: tuple[int, int, int], ends: list[str]
) -> None:
    assert [d.isoformat() for d in quarter_ends(date(*first), date(*last))] == ends


def test_an_agency_that_stopped_long_ago_does_not_hold_back_the_year(source: MadeUp) -> None:
    from hotspots.web.choices import choose
    from hotspots.web.export_form import Wanted

    choice = choose(source, {})
    assert choice
    coverage = pd.DataFrame({"year": [2013], "month": [4]})
    to = {"Police": "2016-10-31", "Council": "2016-07-31", "Old": "2014-01-31"}
    years = export_view(choice, Wanted(), source.profile, coverage, to).years
    assert years[0] == ("2016-06-30", "30 June 2016")
    assert years[-1] == ("2014-03-31", "31 March 2014")


# -- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"kind": "everything"}, "An export must be one of briefing, "),
        ({"kind": ""}, "An export must be one of briefing, "),
        ({"tier": "everybody"}, "A recipient tier must be one of public, "),
        ({"tier": ""}, "choose for whom it is"),
        ({"format-briefing": "docx"}, "must be exported as one of pdf, html"),
        ({"who": "   "}, "who exports it must be said"),
        ({"who": "x" * 201}, "at most 200 characters; who has 201"),
        ({"kind": "incidents"}, "must not go to partner"),
        ({"kind": "cells", "tier": "public"}, "must not go to public"),
        ({"kind": "cells"}, "choose one of the tiers with points (restricted)"),
        ({"kind": "assessment", "year_ending": "soon"}, "must end on a day like 2016-09-30"),
    ],
)
def test_a_wrong_field_is_refused_in_one_sentence_on_the_form(
    client: FlaskClient, source: MadeUp, changed: dict[str, str], said: str
) -> None:
    answer = send(client, **changed)
    assert answer.status_code == 400
    page = read(answer)
    error = page.one("p", id="export-error")
    assert said in error.text
    assert "hidden" not in error.attributes
    assert source.made == []


def test_a_refusal_keeps_what_was_filled_in(client: FlaskClient) -> None:
    page = read(
        send(
            client, kind="incidents", tier="public", who="B Analyst", **{"format-incidents": "csv"}
        )
    )
    assert page.one("input", id="who").attributes["value"] == "B Analyst"
    assert _on(page.one("input", id="kind-incidents"))
    assert _on(page.one("input", id="tier-public"))
    chosen = [o.attributes["value"] for o in page.all("option") if "selected" in o.attributes]
    assert chosen == ["csv"]
    assert page.one("input", type="hidden", name="period").attributes["value"] == "2024-01"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:81"},
    ],
)
def test_a_form_of_another_site_is_refused(
    client: FlaskClient, source: MadeUp, headers: dict[str, str]
) -> None:
    answer = send(client, headers)
    assert answer.status_code == 403
    assert "An export must be asked for on its own page" in read(answer).said
    assert source.made == []


def test_the_origin_is_enough_where_the_browser_says_no_more(client: FlaskClient) -> None:
    assert send(client, {"Origin": "http://localhost"}).status_code == 200


def test_the_form_says_where_it_comes_from_without_a_script(client: FlaskClient) -> None:
    # with no referrer at all a browser would send "Origin: null"
    metas = [m.attributes for m in read(client.get("/export")).all("meta")]
    assert {"name": "referrer", "content": "same-origin"} in metas


def test_a_choice_that_is_none_is_refused(client: FlaskClient) -> None:
    assert send(client, area="D9").status_code == 400
    assert send(client, period="soon").status_code == 400
    assert client.get("/export?kind=everything").status_code == 400


def test_a_refusal_of_the_data_is_told_on_the_form(client_of) -> None:  # type: ignore[no-untyped-def]
    class Pinned(MadeUp):
        def export(self, request: ExportRequest) -> Exported:
            raise ResultError("This export must not let <b>ASB</b> be worked out.")

    usual = made_up()
    answer = send(client_of(Pinned(usual.ward_set, usual.all_incidents)))
    assert answer.status_code == 409
    assert read(answer).one("p", id="export-error").text == (
        "This export must not let <b>ASB</b> be worked out."
    )


def test_a_fault_shows_no_traceback_and_frees_its_place(client_of) -> None:  # type: ignore[no-untyped-def]
    class Broken(MadeUp):
        broken = True

        def export(self, request: ExportRequest) -> Exported:
            if self.broken:
                raise ZeroDivisionError("secret detail")
            return super().export(request)

    usual = made_up()
    source = Broken(usual.ward_set, usual.all_incidents)
    client = client_of(source)
    for _ in range(3):
        answer = send(client)
        assert answer.status_code == 500
        assert "secret" not in answer.get_data(as_text=True)
    source.broken = False
    assert send(client).status_code == 200


# -- what is sent ---------------------------------------------------------------------------------


def test_the_file_is_what_was_asked_for(client: FlaskClient) -> None:
    answer = send(client, area="D2", **{"format-briefing": "html"})
    assert answer.status_code == 200
    expected = ExportRequest(
        "briefing", "partner", "A Sergeant", "html", "2024-01", "asb", "D2", as_one=True
    )
    assert answer.get_data(as_text=True) == str(expected)
    assert answer.headers["Content-Disposition"] == ('attachment; filename="briefing-partner.html"')
    assert answer.headers["Cache-Control"] == "no-store"
    assert unquote(answer.headers["Hotspots-Said"]) == "3 counts are withheld."


def test_an_assessment_has_years_in_place_of_the_period(client: FlaskClient) -> None:
    answer = send(client, kind="assessment", year_ending="2023-12-31", quarterly="yes")
    expected = ExportRequest(
        "assessment",
        "partner",
        "A Sergeant",
        "xlsx",
        year_ending=date(2023, 12, 31),
        quarterly=True,
        as_one=True,
    )
    assert answer.get_data(as_text=True) == str(expected)


def test_points_go_to_a_tier_that_may_have_them(client: FlaskClient) -> None:
    assert send(client, kind="incidents", tier="restricted").status_code == 200


def exported(*files: tuple[str, bytes], said: tuple[str, ...] = ()) -> Exported:
    return Exported(files, "text/csv", "0" * 64, said)


@pytest.mark.parametrize(
    "name", [*HOSTILE, "", "..", "a\r\nSet-Cookie: x=1", '"; x="', "../../é.csv"]
)
def test_a_hostile_name_is_a_plain_file_name(name: str) -> None:
    answer = download(exported((f"{name}.csv", b"a")))
    sent = answer.headers["Content-Disposition"]
    assert sent.isascii()
    held = sent.removeprefix('attachment; filename="').removesuffix('"')
    assert 0 < len(held) <= 140
    assert set(held) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    assert not held.startswith(".")


def test_what_must_be_known_fits_a_header() -> None:
    answer = download(exported(("a.csv", b"a"), said=tuple(h * 3 for h in HOSTILE)))
    sent = answer.headers["Hotspots-Said"]
    assert sent.isascii()
    assert "\n" not in sent
    assert len(sent) < 6_000
    assert unquote(sent).startswith(HOSTILE[0])


# -- at the desk ----------------------------------------------------------------------------------


class Slow(MadeUp):
    """A source whose exports wait until they are let go."""

    began: list[str]
    go: Event

    def export(self, request: ExportRequest) -> Exported:
        self.began.append(request.who)
        assert self.go.wait(LONG)
        return super().export(request)


@pytest.fixture
def slow() -> Iterator[Slow]:
    usual = made_up()
    source = Slow(usual.ward_set, usual.all_incidents)
    source.began, source.go = [], Event()
    yield source
    source.go.set()


def until(true: Any) -> None:
    for _ in range(600):
        if true():
            return
        Event().wait(0.01)
    raise AssertionError("it never came to be")


def test_two_at_a_time_and_a_third_is_asked_to_wait(slow: Slow) -> None:
    app = create_app(slow, patience_s=LONG)
    app.test_client_class = CheckedClient
    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(lambda who=who: send(app.test_client(), who=who)) for who in "ab"]
        until(lambda: len(slow.began) == 2)
        answer = send(app.test_client(), who="c")
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        page = read(answer)
        assert "ask again in a few seconds" in page.one("p", id="export-error").text
        assert page.one("input", id="who").attributes["value"] == "c"
        slow.go.set()
        assert [one.result(LONG).status_code for one in sent] == [200, 200]
    assert sorted(slow.began) == ["a", "b"]
    assert send(app.test_client(), who="c").status_code == 200


def test_the_same_asked_twice_at_once_is_made_and_logged_once(slow: Slow) -> None:
    app = create_app(slow, patience_s=LONG)
    app.test_client_class = CheckedClient
    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(lambda: send(app.test_client())) for _ in range(3)]
        until(lambda: slow.began)
        Event().wait(0.3)
        slow.go.set()
        bodies = {one.result(LONG).get_data() for one in sent}
    assert len(bodies) == 1
    assert len(slow.made) == len(slow.began) == 1
    # asked again later it is made and logged again
    assert send(app.test_client()).status_code == 200
    assert len(slow.made) == 2


# -- the log --------------------------------------------------------------------------------------


def test_the_last_ten_are_under_the_form_and_all_on_a_page_of_their_own(
    client: FlaskClient, source: MadeUp
) -> None:
    assert "Nothing was exported yet" in read(client.get("/export")).said
    assert "Nothing was exported yet" in read(client.get("/export/log")).said
    for number in range(12):
        send(client, who=f"Person {number:02}")
    form, log = (read(client.get(path)) for path in ("/export", "/export/log"))
    rows, all_rows = ([r for r in page.all("tr") if "tbody" in r.parents] for page in (form, log))
    assert len(rows) == 10
    assert len(all_rows) == 12
    assert "Person 11" in rows[0].text
    assert "Person 00" in all_rows[-1].text
    for text in ("1 February 2024, 09:11 UTC", "Briefing pack", "Partner", "briefing-partner.pdf"):
        assert text in rows[0].text
    entry = source.made[-1]
    assert entry.sha256[:12] in rows[0].text
    assert entry.sha256 not in rows[0].text
    assert entry.sha256 in all_rows[0].text


def test_the_log_is_there_without_data(client_of) -> None:  # type: ignore[no-untyped-def]
    usual = made_up()
    empty = replace(
        usual, all_incidents=replace(usual.all_incidents, frame=usual.all_incidents.frame.iloc[:0])
    )
    assert client_of(empty).get("/export/log?period=soon").status_code == 200
    answer = send(client_of(empty))
    assert answer.status_code == 404
    assert "add a file" in read(answer).said


@pytest.mark.parametrize("who", HOSTILE[:-1])
def test_a_hostile_name_is_read_and_never_runs(
    client: FlaskClient, source: MadeUp, who: str
) -> None:
    refused = send(client, who=who, kind="cells")
    send(client, who=who)
    shown = who.replace("\u202e", "\ufffd").replace("\u202c", "\ufffd")
    assert source.made[-1].who == shown
    assert read(refused).one("input", id="who").attributes["value"] == shown
    for answer in (refused, client.get("/export"), client.get("/export/log")):
        body = answer.get_data(as_text=True)
        assert [raw for raw in RAW if raw in body and raw != "${alert(3)}"] == []
    assert shown in read(client.get("/export/log")).one("table").text


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({k: v for k, v in ASKED.items() if k != "category"}, "must say its category; got none"),
        (ASKED | {"period": ""}, "must say its period; got none"),
        (ASKED | {"tier": ["restricted", "public"]}, "must say its tier once; got 2 of it"),
        (ASKED | {"who": ["A", "B"]}, "must say its who once"),
    ],
)
def test_nothing_that_a_form_leaves_out_or_says_twice_is_guessed(
    client: FlaskClient, source: MadeUp, form: dict[str, Any], expected: str
) -> None:
    answer = client.post("/export", data=form, headers=HERE)
    assert answer.status_code == 400
    assert expected in answer.get_data(as_text=True)
    assert not source.made
