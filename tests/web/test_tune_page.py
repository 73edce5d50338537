"""The page to tune a profile: what it shows, refuses, keeps and approves."""

from __future__ import annotations

import json
import math
import re
import time
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from threading import Event
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

import hotspots.web.tune_desk as desk
from hotspots.model import Wards
from hotspots.profile import ForecastMap, Profile
from hotspots.profile_words import difference
from hotspots.validation.intervals import Interval
from hotspots.versions import settings_sha256
from hotspots.web.tune_form import CONTROLS, query_of, read_draft, shown
from hotspots.web.tune_words import Compared, detail, headline
from tests.web.conftest import ClientOf
from tests.web.made_up import MadeUp, made_up
from tests.web.page import Page, read

SAME = {"Sec-Fetch-Site": "same-origin"}
WHO = {"author": "A. Nalyst", "reason": "Smaller squares find the same places."}


@pytest.fixture
def own() -> MadeUp:
    """A source of the test's own: it may keep versions in it."""
    return made_up()


@pytest.fixture
def mine(own: MadeUp, client_of: ClientOf) -> FlaskClient:
    return client_of(own)


def page_of(client: FlaskClient, query: str = "") -> Page:
    answer = client.get(f"/tune?category=asb{query}")
    assert answer.status_code == 200
    return read(answer)


def preview_of(client: FlaskClient, query: str, status: int = 200) -> dict[str, Any]:
    answer = client.get(f"/tune/preview?category=asb{query}")
    assert answer.status_code == status
    found: dict[str, Any] = json.loads(answer.data)
    return found


# -- the page ------------------------------------------------------------------------------------


def test_the_page_shows_every_setting_and_what_it_costs(client: FlaskClient) -> None:
    page = page_of(client)
    for control in CONTROLS:
        field = page.one("input", id=control.name)
        assert field.attributes["value"] == shown(Profile())[control.name]
        assert page.one("p", id=f"says-{control.name}").text.strip()
    assert "1,296 squares" in page.one("p", id="says-cell_size_m").text
    assert (
        page.one("p", id="agreement").text
        == "The two maps agree on all 26 squares of the candidate."
    )
    assert len([e for e in page.all("svg") if "map" in (e.attributes.get("class") or "")]) == 2
    assert "No setting differs" in page.one("ul", id="changes").text


def test_without_a_script_the_form_shows_other_settings(client: FlaskClient) -> None:
    page = page_of(client, "&cell_size_m=500&null=randomization&alpha=20")
    assert page.one("input", id="cell_size_m").attributes["value"] == "500"
    assert "324 squares" in page.one("p", id="says-cell_size_m").text
    assert "500 m" in page.one("ul", id="changes").text
    hidden = [e for e in page.all("input", name="cell_size_m") if e.attributes["type"] == "hidden"]
    assert [e.attributes["value"] for e in hidden] == ["500"]  # what is shown is what is saved


def test_the_ranking_and_the_test_are_told_apart(client: FlaskClient) -> None:
    page = page_of(client)
    titles = [e.text.strip() for e in page.all("legend")]
    assert titles[0].startswith("What is expected next")
    assert titles[1].startswith("What is hot: the test (Gi*)")
    order = [e.attributes["id"] for e in page.all("input", type="number")]
    ranking = ["reach_m", "prior_incidents", "half_life_weeks"]
    assert order[:6] == ["cell_size_m", *ranking, "distance_m", "alpha"]


def test_previews_and_scores_are_of_the_wards_of_the_day(
    monkeypatch: pytest.MonkeyPatch, own: MadeUp, mine: FlaskClient
) -> None:
    asked: list[date | None] = []
    wards = MadeUp.wards

    def told(
        self: MadeUp, vintage: str | None = None, area: str = "", *, day: date | None = None
    ) -> Wards:
        asked.append(day)
        return wards(self, vintage, area, day=day)

    monkeypatch.setattr(MadeUp, "wards", told)
    page_of(mine, "&period=2023-08")
    assert date(2023, 8, 31) in asked
    scores_of(mine, "&period=2023-08")
    span = own.incidents("asb").span
    assert span is not None
    assert span[1].date() in asked


def test_the_help_is_of_the_profile_in_use(own: MadeUp, mine: FlaskClient) -> None:
    own.save_profile("asb", Profile(cell_size_m=123), "A", "B")
    own.approve_profile("asb", 1, "C", "D")
    assert "squares of 123 m" in read(mine.get("/help?category=asb")).said
    assert "squares of 250 m" in read(mine.get("/help?category=deliberate_fire")).said


def test_the_settings_go_along_to_another_period_but_not_to_another_category(
    client: FlaskClient,
) -> None:
    page = page_of(client, "&cell_size_m=500&period=2023-08")
    before = page.one("a", id="before").attributes["href"] or ""
    assert "cell_size_m=500" in before
    tabs = [e.attributes["href"] or "" for e in page.all("a", **{"class": "keep"})]
    assert not [url for url in tabs if "deliberate_fire" in url and "cell_size_m" in url]


def test_marks_that_are_hot_are_shown_by_class(client: FlaskClient) -> None:
    page = page_of(client, "&marked=hot&period=2024-01")
    assert "hot squares" in page.one("p", id="agreement").text
    fills = {e.attributes.get("fill") for e in page.all("path")}
    assert "url(#c2)" in fills


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("&cell_size_m=5", "Square size must be from 25 to 2,000 m; got 5: choose one between."),
        ("&cell_size_m=", "got nothing"),
        ("&cell_size_m=%3Cb%3E", "got <b>"),
        ("&alpha=2", "Strength rule must be from 1 in 10 to 10,000; got 2"),
        ("&half_life_weeks=12,5", "Memory (half-life) must be from 1 to 2,000 weeks; got 12,5"),
        ("&reach_m=2_5_0", "Reach of an incident must be from"),
        ("&history_months=2.5", "a whole number from 1 to 240 months; got 2.5"),
        ("&distance_m=nan", "Distance band must be from"),
        ("&half_life_weeks=1e400", "Memory (half-life) must be from"),
    ],
)
def test_a_setting_out_of_range_is_said_beside_its_field(
    client: FlaskClient, query: str, sentence: str
) -> None:
    name = query.split("=")[0].lstrip("&")
    page = page_of(client, query)
    assert sentence in page.one("p", id=f"says-{name}").text
    assert page.one("input", id=name).attributes["aria-invalid"] == "true"
    assert sentence in preview_of(client, query)["errors"][name]
    assert not preview_of(client, query)["changes"]


def test_what_is_wrong_between_settings_is_a_sentence_too(own: MadeUp, client_of: ClientOf) -> None:
    crowded = replace(own.ward_set, frame=own.ward_set.frame.assign(population=math.nan))
    own.ward_set, own.profile = crowded, Profile(null="binomial", baseline="population")
    page = page_of(client_of(own))
    assert "needs the residents of every ward" in page.one("p", id="preview-error").text


@pytest.mark.parametrize(
    "query", ["&start=9", "&start=x", "&start=-1", "&marked=3", "&period=soon"]
)
def test_an_address_that_no_page_makes_is_refused(client: FlaskClient, query: str) -> None:
    assert client.get(f"/tune?category=asb{query}").status_code == 400
    assert client.get(f"/tune/preview?category=asb{query}").status_code == 400


# -- the form ------------------------------------------------------------------------------------


def test_what_is_not_changed_keeps_its_very_value() -> None:
    maps = (ForecastMap(bandwidth_m=0, weight=2), ForecastMap(bandwidth_m=750))
    odd = Profile(alpha=0.033, cell_size_m=333.3333333, forecast=maps)
    assert read_draft(shown(odd), odd).profile == odd
    changed = read_draft({**shown(odd), "distance_m": "700"}, odd).profile
    assert changed == odd.model_copy(update={"distance_m": 700.0})


def test_reach_and_memory_make_the_forecast() -> None:
    base = Profile()
    near = read_draft({**shown(base), "reach_m": "150"}, base).profile
    assert near is not None
    assert [m.bandwidth_m for m in near.forecast] == [150, 300, 600, 1200, 2400]
    assert near.prior_incidents == 1.5
    assert {m.half_life_weeks for m in near.forecast} == {104}
    all_of_it = read_draft({**shown(base), "all_history": "yes"}, base).profile
    assert all_of_it is not None
    assert {m.half_life_weeks for m in all_of_it.forecast} == {None}
    assert [m.bandwidth_m for m in all_of_it.forecast] == [300, 600, 1200, 2400, 4800]
    back = read_draft({**shown(all_of_it), "all_history": "", "half_life_weeks": "52"}, all_of_it)
    assert back.profile is not None
    assert {m.half_life_weeks for m in back.profile.forecast} == {52}
    unsaid = {name: text for name, text in shown(all_of_it).items() if name != "all_history"}
    assert "half_life_weeks" in read_draft(unsaid, all_of_it).errors


def test_how_far_the_maps_are_trusted_can_be_set() -> None:
    base = Profile()
    assert shown(base)["prior_incidents"] == "1.5"
    drawn = read_draft({**shown(base), "prior_incidents": "2.5"}, base).profile
    assert drawn == base.model_copy(update={"prior_incidents": 2.5})
    alone = Profile(prior_incidents=None)
    assert shown(alone)["prior_incidents"] == ""
    assert read_draft(shown(alone), alone).profile == alone
    # maps of another reach are meant to be weighed
    wider = read_draft({**shown(alone), "reach_m": "600"}, alone).profile
    assert wider is not None
    assert wider.prior_incidents == 1.5
    assert "prior_incidents" in read_draft({**shown(base), "prior_incidents": "0"}, base).errors


def test_a_memory_set_for_maps_of_several_keeps_their_reaches() -> None:
    fresh = ForecastMap(bandwidth_m=0, half_life_weeks=8)
    base = Profile(forecast=(fresh, ForecastMap(bandwidth_m=400, weight=3)))
    draft = read_draft({**shown(base), "half_life_weeks": "26"}, base)
    assert draft.profile is not None
    assert [(m.bandwidth_m, m.half_life_weeks, m.weight) for m in draft.profile.forecast] == [
        (0, 26, 1),
        (400, 26, 3),
    ]


@given(
    cell=st.floats(25, 2000),
    reach=st.floats(10, 3_000),
    one_in=st.integers(10, 10_000),
    months=st.integers(1, 240),
    everything=st.booleans(),
)
def test_an_address_leads_back_to_the_same_settings(
    cell: float, reach: float, one_in: int, months: int, everything: bool
) -> None:
    base = Profile()
    asked = {
        **shown(base), "cell_size_m": f"{cell:.4f}", "reach_m": f"{reach:.3f}",
        "alpha": str(one_in), "history_months": str(months),
    }  # fmt: skip
    if everything:
        asked["all_history"] = "yes"
    else:
        del asked["all_history"]  # as a browser sends it
    draft = read_draft(asked, base)
    assert draft.profile is not None
    again = read_draft(query_of(draft, base), base)
    assert again.profile == draft.profile
    assert math.isclose(draft.profile.alpha, 1 / one_in)


@given(st.dictionaries(st.sampled_from([c.name for c in CONTROLS]), st.text(max_size=30)))
def test_whatever_is_typed_is_a_profile_or_a_sentence(typed: dict[str, str]) -> None:
    draft = read_draft(typed, Profile())
    assert (draft.profile is None) == bool(draft.errors)
    assert all(text.endswith(".") and "\n" not in text for text in draft.errors.values())


# -- keeping -------------------------------------------------------------------------------------


def form_of(**changed: str) -> dict[str, str]:
    return {"category": "asb", "period": "2024-01", **WHO, **changed}


def test_a_version_is_kept_and_not_approved(own: MadeUp, mine: FlaskClient) -> None:
    answer = mine.post("/tune", data=form_of(cell_size_m="200", name="Fine"), headers=SAME)
    assert answer.status_code == 303
    (kept,) = own.versions
    assert (kept.profile.cell_size_m, kept.author, kept.based_on) == (200, "A. Nalyst", 0)
    assert kept.profile.name == "Fine"
    page = read(mine.get(answer.headers["Location"]))
    assert page.one("p", id="decided").text == "Saved as version 1; not approved."
    assert own.approved == []
    table = page.one("section", id="versions").text
    for words in ("Version 1", "Smaller squares find the same places.", "200 m", "Not approved"):
        assert words in table
    assert page.one("input", id="cell_size_m").attributes["value"] == "200"


def test_an_approved_version_is_what_maps_are_made_with(own: MadeUp, mine: FlaskClient) -> None:
    mine.post("/tune", data=form_of(cell_size_m="200"), headers=SAME)
    answer = mine.post("/tune/approve", data=form_of(version="1"), headers=SAME)
    assert answer.status_code == 303
    page = read(mine.get(answer.headers["Location"]))
    assert "Version 1 is approved" in page.one("p", id="decided").text
    assert own.profile_of("asb").cell_size_m == 200
    assert "Approved, version 1: 2% where most is expected next" in page.said
    assert "No setting differs" in page.one("ul", id="changes").text
    other = read(mine.get("/tune?category=deliberate_fire"))
    assert "None yet" in other.one("section", id="versions").text


def test_who_approved_stands_at_the_top_and_with_the_version(
    own: MadeUp, mine: FlaskClient
) -> None:
    assert "nothing was ever approved" in page_of(mine).one("p", id="in-use").text
    for size in (100, 300):
        own.save_profile("asb", Profile(cell_size_m=size), "A. Nalyst", "Other squares")
    own.approve_profile("asb", 1, "C. Hair", "Agreed in May")
    own.approve_profile("asb", 2, "D. Eputy", "Agreed in June")
    page = page_of(mine)
    assert page.one("p", id="in-use").text == (
        "In use: version 2, approved by D. Eputy, 2 February 2024."
    )
    table = page.one("section", id="versions").text
    assert "Approved by D. Eputy, 2 February 2024: Agreed in June" in table
    assert "Was approved by C. Hair, 2 February 2024: Agreed in May" in table


def test_an_address_leads_to_the_same_settings_whatever_is_approved_since(
    own: MadeUp, mine: FlaskClient
) -> None:
    page = page_of(mine, "&distance_m=700")
    (start,) = {e.attributes["value"] for e in page.all("input", name="start")}
    own.save_profile("asb", Profile(cell_size_m=100, kernel="gaussian"), "A", "B")
    own.approve_profile("asb", 1, "C", "D")
    assert "own profile" in page_of(mine, f"&start={start}").one("form", id="settings").text
    changes = page_of(mine, f"&start={start}").one("ul", id="changes").text
    assert "kernel" in changes


@pytest.mark.parametrize("lacking", ["author", "reason"])
def test_who_and_why_must_be_said_and_nothing_typed_is_lost(
    own: MadeUp, mine: FlaskClient, lacking: str
) -> None:
    form = form_of(cell_size_m="200", name="Fine squares") | {lacking: " "}
    answer = mine.post("/tune", data=form, headers=SAME)
    assert answer.status_code == 400
    page = read(answer)
    assert lacking in page.one("p", id="tune-error").text
    assert own.versions == []
    assert page.one("input", id="cell_size_m").attributes["value"] == "200"
    assert page.one("input", id="name").attributes["value"] == "Fine squares"
    if lacking == "author":
        assert page.one("textarea", id="reason").text == WHO["reason"]


def test_a_name_that_could_not_be_read_again_is_not_kept(own: MadeUp, mine: FlaskClient) -> None:
    answer = mine.post("/tune", data=form_of(cell_size_m="200", name="n" * 81), headers=SAME)
    assert answer.status_code == 400
    assert "at most 80 characters" in read(answer).one("p", id="tune-error").text
    assert own.versions == []


def test_what_is_in_use_already_is_no_new_version(own: MadeUp, mine: FlaskClient) -> None:
    answer = mine.post("/tune", data=form_of(), headers=SAME)
    assert answer.status_code == 400
    error = read(answer).one("p", id="tune-error").text
    assert "these settings are those of the workspace’s own profile" in error
    own.save_profile("asb", Profile(cell_size_m=100), "A", "B")
    own.approve_profile("asb", 1, "C", "D")
    back = form_of(start="1", **{**shown(Profile()), "all_history": ""})
    del back["all_history"]
    assert mine.post("/tune", data=back, headers=SAME).status_code == 400
    assert len(own.versions) == 1


def test_settings_that_are_wrong_are_not_kept(own: MadeUp, mine: FlaskClient) -> None:
    answer = mine.post("/tune", data=form_of(cell_size_m="1"), headers=SAME)
    assert answer.status_code == 400
    assert "must be from 25 to 2,000 m" in read(answer).one("p", id="says-cell_size_m").text
    assert own.versions == []


@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil"}]
)
@pytest.mark.parametrize("path", ["/tune", "/tune/approve"])
def test_only_this_page_decides(
    own: MadeUp, mine: FlaskClient, path: str, headers: dict[str, str]
) -> None:
    own.save_profile("asb", Profile(cell_size_m=100), "A", "B")
    form = form_of(cell_size_m="200", version="1")
    assert mine.post(path, data=form, headers=headers).status_code == 403
    assert len(own.versions) == 1
    assert own.approved == []


@pytest.mark.parametrize("version", ["", "7", "x", "1e3", "-1"])
def test_a_version_that_is_not_there_is_not_approved(
    own: MadeUp, mine: FlaskClient, version: str
) -> None:
    own.save_profile("asb", Profile(cell_size_m=100), "A", "B")
    answer = mine.post("/tune/approve", data=form_of(version=version), headers=SAME)
    assert answer.status_code == 400
    page = read(answer)
    assert page.one("p", id="tune-error").text
    assert page.one("input", id="approve-reason").attributes["value"] == WHO["reason"]
    assert own.approved == []


def test_words_of_others_are_only_words(own: MadeUp, mine: FlaskClient) -> None:
    nasty = "<script>alert(1)</script>\u202e"
    own.save_profile("asb", Profile(name=nasty, cell_size_m=100), nasty, nasty,
                     evidence={"headline": nasty})  # fmt: skip
    text = mine.get("/tune?category=asb&start=1").get_data(as_text=True)
    assert "<script>alert" not in text
    assert "\u202e" not in text


# -- previews ------------------------------------------------------------------------------------


def test_a_preview_has_both_maps_and_what_changes(client: FlaskClient) -> None:
    said = preview_of(client, "&cell_size_m=500&marked=5")
    assert [svg[:4] for svg in said["maps"]] == ["<svg", "<svg"]
    assert said["names"][1] == "Candidate: 5% where most is expected next"
    assert "The squares differ in size" in said["agreement"]
    assert said["settings"]["cell_size_m"] == "500"
    assert any("500 m" in change for change in said["changes"])


def test_who_must_wait_too_long_is_asked_to_come_again(
    monkeypatch: pytest.MonkeyPatch, mine: FlaskClient
) -> None:
    go = Event()
    made = desk.TuneDesk._make

    def slow(self: desk.TuneDesk, *asked: Any) -> Any:
        assert go.wait(30)
        return made(self, *asked)

    monkeypatch.setattr(desk.TuneDesk, "_make", slow)
    monkeypatch.setattr(desk, "QUICK_S", 0.05)
    for _ in range(desk.WAITING + 1):  # who was sent away holds no place
        answer = mine.get("/tune/preview?category=asb&cell_size_m=300")
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "1"
    assert mine.get("/help").status_code == 200  # other pages are not in the queue
    go.set()
    monkeypatch.setattr(desk, "QUICK_S", 30)
    assert preview_of(mine, "&cell_size_m=300")["maps"]


def test_only_so_many_wait_for_a_preview(own: MadeUp) -> None:
    waiting = desk.TuneDesk(own)
    with ExitStack() as places:
        for _ in range(desk.WAITING):
            places.enter_context(waiting._place(patient=False))
        with pytest.raises(desk.Crowded), waiting._place(patient=False):
            pass
        with waiting._place(patient=True):  # who opens the page is not sent away
            pass
    with waiting._place(patient=False):
        pass


# -- scores --------------------------------------------------------------------------------------


def scores_of(client: FlaskClient, query: str) -> Page:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        answer = client.get(f"/tune?category=asb&score=yes{query}")
        if answer.status_code != 202:
            assert answer.status_code == 200
            return read(answer)
        time.sleep(0.05)
    raise AssertionError("the scores never came")


def test_scores_are_shown_with_counts_and_chance(client: FlaskClient) -> None:
    page = scores_of(client, "&cell_size_m=500&period=2024-01")
    rows = [e.text for e in page.all("th", scope="row")]
    for name in ("Candidate", "In use now", "Random", "Counts, all history"):
        assert name in rows
    assert "months scored" in page.one("section", id="verdict").text
    assert page.one("section", id="verdict").text.strip().endswith(".")


def test_scores_are_kept_with_the_version(own: MadeUp, mine: FlaskClient) -> None:
    scores_of(mine, "&cell_size_m=500&period=2024-01")
    mine.post("/tune", data=form_of(cell_size_m="500"), headers=SAME)
    (kept,) = own.versions
    assert kept.evidence["headline"].endswith(".")
    assert set(kept.evidence["hit_rates"]) >= {"candidate", "approved", "random"}
    mine.post("/tune", data=form_of(cell_size_m="600"), headers=SAME)
    assert own.versions[1].evidence == {}  # of other settings nothing is claimed


def compared(against_approved: Interval | None, against_counting: Interval) -> Compared:
    approved = None if against_approved is None else Interval(0.39, 0.35, 0.42)
    return Compared(
        "2", "month", "ASB", "approved version 3", "approved", Interval(0.43, 0.4, 0.46),
        approved, against_approved, Interval(0.46, 0.4, 0.5), "counts of all history",
        against_counting, 10, 3_000,
    )  # fmt: skip


@given(st.floats(-1, 1), st.floats(0, 1), st.floats(-1, 1), st.floats(0, 1))
def test_better_is_never_said_where_the_interval_holds_zero(
    value: float, half: float, other: float, wide: float
) -> None:
    first = Interval(value, value - half, value + half)
    second = Interval(other, other - wide, other + wide)
    said = headline(compared(first, second))
    assert ("Better than approved" in said) == (first.low > 0)
    assert (", better than counting" in said) == (second.low > 0)
    assert ("Worse than approved" in said) == (first.high < 0)
    unknown = Interval(value, math.nan, math.nan)
    assert "Better" not in headline(compared(unknown, unknown))


def test_the_figures_are_said_as_they_are() -> None:
    c = compared(Interval(0.037, 0.026, 0.045), Interval(-0.03, -0.07, 0.01))
    assert headline(c) == "Better than approved, no better than counting."
    assert detail(c) == (
        "In 2% of the area, the candidate caught 43% of the next month’s ASB; approved version 3 "
        "caught 39% (difference +3.7 points, 95% range +2.6 to +4.5). Ranking squares by counts of "
        "all history caught 46% (difference −3.0 points, 95% range −7.0 to +1.0). 10 months "
        "scored, 3,000 incidents: few months, so the ranges are rough."
    )
    assert detail(replace(c, periods=20)).endswith("20 months scored, 3,000 incidents.")
    assert headline(compared(None, Interval(0.1, 0.05, 0.2))) == (
        "These settings are in use: better than counting."
    )
    nothing = replace(c, incidents=0)
    assert headline(nothing) == "Nothing to score by: no incidents followed."


def test_where_nothing_can_be_scored_the_page_is_there_all_the_same(
    own: MadeUp, mine: FlaskClient
) -> None:
    frame = own.all_incidents.frame
    last = frame[frame["starts_at"] >= "2024-01-01"].reset_index(drop=True)
    own.all_incidents = replace(own.all_incidents, frame=last)
    page = scores_of(mine, "&period=2024-01")
    assert "Not scored" in page.one("section", id="verdict").text
    assert "that is loaded whole" in page.one("section", id="verdict").text
    assert "1,296 squares" in page.one("p", id="says-cell_size_m").text


def test_of_too_few_periods_nothing_is_told() -> None:
    """Without an interval "no better" would be as much of a claim as "better"."""
    unknown = Interval(0.1, math.nan, math.nan)
    c = replace(compared(unknown, unknown), periods=3)
    assert headline(c) == "Too few months to tell."
    assert detail(c).endswith("3 months scored, 3,000 incidents: too few to tell which is better.")


def test_settings_of_the_test_alone_leave_the_ranking_as_it_was(client: FlaskClient) -> None:
    page = scores_of(client, "&distance_m=700&alpha=10&period=2024-01")
    verdict = page.one("section", id="verdict").text
    assert "The same ranking as what is in use, " in verdict
    assert "see hot squares in the table" in verdict
    in_use = scores_of(client, "&period=2024-01").one("section", id="verdict").text
    assert "these settings caught" in in_use
    assert "hot squares in the table" not in in_use
    other = scores_of(client, "&reach_m=150&period=2024-01")
    assert "same ranking" not in other.one("section", id="verdict").text


def test_each_profile_says_what_its_hot_squares_caught(client: FlaskClient) -> None:
    page = scores_of(client, "&distance_m=700&period=2024-01")
    table = page.one("div", id="scores").text
    found = re.findall(r"(\d+)% in (\d+\.\d)%", table)
    assert len(found) == 2  # the candidate and what is in use
    assert table.count("no test") == 3  # counts twice, and chance


def test_another_reach_is_said_as_one_number() -> None:
    base = Profile()
    draft = read_draft({**shown(base), "reach_m": "150", "half_life_weeks": "52"}, base)
    assert draft.profile is not None
    assert difference(draft.profile, base) == [
        "An incident reaches 150 m, not 300 m. An incident counts half after 52 weeks, not 104.",
    ]
    odd = Profile(forecast=(ForecastMap(bandwidth_m=900),))
    assert "1 map (" in " ".join(difference(odd, base))  # no reach to speak of
    assert difference(base, base) == ["No setting differs."]


def test_the_digest_of_a_draft_is_that_of_its_settings() -> None:
    draft = read_draft({**shown(Profile()), "cell_size_m": "250.0"}, Profile())
    assert draft.profile is not None
    assert settings_sha256(draft.profile) == settings_sha256(Profile())
