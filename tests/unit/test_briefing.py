"""The briefing pack of a made-up meeting: what each tier is told, and what it is not."""

from __future__ import annotations

import dataclasses
import re
import sys
from datetime import datetime, timedelta
from functools import cache
from html.parser import HTMLParser

import numpy as np
import pytest
import shapely
from markupsafe import Markup, escape

from hotspots.analysis import find_hotspots
from hotspots.briefing import Briefing, body, make_briefing, pdf, to_pdf
from hotspots.briefing.pages import long_columns
from hotspots.briefing.places import may_split
from hotspots.briefing.standalone import to_html
from hotspots.briefing.words import score_words
from hotspots.errors import WorkspaceError
from hotspots.meeting.meeting import Faded, Meeting, make_meeting, track_to
from hotspots.meeting.scoring import MapScore
from hotspots.model import Incidents, Period
from hotspots.plain_text import tidy
from hotspots.profile import Profile, Tier, Tiers
from hotspots.quality import Finding
from hotspots.results import Result
from hotspots.sheets import Blank, Column, Sheet
from hotspots.taxonomy import category
from tests.support import X0, Y0, all_kinds, incidents_at, nine_wards, scattered
from tests.web.made_up import some_streets

HOSTILE = "<script>alert(1)</script>{{ 7 * 7 }}\u202eevil"
#: Words that may stand after a count of incidents.
_COUNTED = r"(?:incidents?\b|here\b|now\b|so far\b|in (?:January|the)\b)"


def some_incidents(location: str = "On or near Test Lane") -> Incidents:
    """A year of scattered incidents, one place with many of late and one with a few."""
    rng = np.random.default_rng(3)
    xy, when = scattered(rng, 13 * 60, datetime(2023, 1, 1), 395)
    many = np.array([X0 + 4_600.0, Y0 + 1_400.0]) + rng.normal(0, 60, (30, 2))
    few = np.array([X0 + 7_600.0, Y0 + 7_400.0]) + rng.normal(0, 20, (4, 2))
    late = [datetime(2024, 1, 1, 20) + timedelta(hours=20 * i) for i in range(34)]
    found = incidents_at(np.vstack([xy, many, few]), [*when, *late], location=location)
    kinds = np.where(np.arange(len(found.frame)) % 3 == 0, "youth", "nuisance")
    return dataclasses.replace(found, frame=found.frame.assign(subcategory=kinds))


def two_places() -> Incidents:
    """A year of scattered incidents, with a place of December and another of January."""
    rng = np.random.default_rng(3)
    xy, when = scattered(rng, 13 * 60, datetime(2023, 1, 1), 395)
    before = np.array([X0 + 4_600.0, Y0 + 1_400.0]) + rng.normal(0, 60, (40, 2))
    after = np.array([X0 + 7_600.0, Y0 + 7_400.0]) + rng.normal(0, 60, (40, 2))
    times = [datetime(2023, 12, 1, 20) + timedelta(hours=18 * i) for i in range(40)]
    return incidents_at(
        np.vstack([xy, before, after]), [*when, *times, *(t + timedelta(days=31) for t in times)]
    )


def meeting_of(incidents: Incidents, names: tuple[str, ...] | None = None) -> Meeting:
    wards, period = nine_wards(names=names), Period.parse("2024-01")
    profile = Profile()
    result = find_hotspots(incidents, wards, profile, period=period, category="asb")
    track = track_to(incidents, lambda _: wards, profile, period, "asb")
    return make_meeting(result, track, incidents, wards)


@cache
def made_up() -> Meeting:
    return meeting_of(some_incidents())


def shortlist() -> Sheet:
    why = "Its rate lies above the funnel's upper limit of 95% and it has a tenth of the total."
    columns = (
        Column("ward", "Ward"),
        Column("n", "Incidents", "count"),
        Column("rate", "Rate per 1,000 residents", "rate", note="Residents of mid-2024."),
        Column("why", "Why listed"),
    )
    rows = (
        {"ward": "Ward 1", "n": 1234, "rate": 12.34, "why": why},
        {"ward": "All", "n": Blank.WITHHELD, "rate": Blank.NO_DATA, "why": "–"},
    )
    return Sheet("shortlist", "Key wards", columns, rows, ("A rule.",), frozenset({1}))


def pack(tier: str, meeting: Meeting | None = None, **given: object) -> Briefing:
    about = {
        "tier_name": tier,
        "marking": "OFFICIAL",
        "area_name": "South and North",
        "total_shown": 95,
        **given,
    }
    return make_briefing(meeting or made_up(), Tiers().of(tier), **about)  # type: ignore[arg-type]


class _Text(HTMLParser):
    """All text of a page, and the names of its elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: set[str] = set()
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def text_of(briefing: Briefing) -> str:
    return re.sub(r"\s+", " ", " ".join(_Text(str(body(briefing))).texts))


# -- what is in it --------------------------------------------------------------------------------


def test_a_hot_spot_has_a_page_and_a_place_that_could_be_chance_a_line() -> None:
    briefing = pack("restricted")
    html = str(body(briefing))
    hot = [one for section in briefing.sections for one in section.hot]
    further = [one for section in briefing.sections for one in section.further]
    assert hot
    assert further
    assert html.count('<section class="place ') == len(hot)
    for one in hot:
        assert f'id="place-{one.question[0]}{one.marker}"' in html
    assert {section.question for section in briefing.sections} == {"concentrated", "worse"}


def test_the_headline_counts_what_the_result_counts() -> None:
    briefing, result = pack("restricted"), made_up().result
    count, usual = result.totals["incidents"], result.totals["usual"]
    percent = round(100 * (count / usual - 1))
    assert briefing.headline[0] == (
        f"{count} incidents in January 2024, {percent}% above the 12-month average "
        f"(about {usual:.0f} a month)."
    )
    hot = {section.question: len(section.hot) for section in briefing.sections}
    assert hot["worse"] == 1
    assert briefing.headline[1].endswith("; one is worse than usual.")


def test_everything_that_the_pack_must_say_is_said() -> None:
    briefing = pack("partner", shortlist=shortlist())
    said = text_of(briefing)
    for part in ("Where is it concentrated?", "Where is it worse than usual?", "Owner", "Action",
                 "Key wards", "Data quality", "How it was made", "1,234", "withheld"):  # fmt: skip
        assert part in said
    assert len(briefing.method) == 5
    provenance = {row.label: row.says for row in briefing.provenance}
    assert provenance["Run"] == made_up().result.provenance["run"]
    assert "1" * 64 in provenance["Incidents (csv)"]
    assert "0" * 64 in provenance["Boundaries"]
    assert "cell_size_m 250" in provenance["Profile"]


def test_a_long_text_of_the_shortlist_stands_below_its_row() -> None:
    table = shortlist()
    assert long_columns(table) == ["why"]
    html = str(body(pack("partner", shortlist=table)))
    assert '<td colspan="3">Why listed: Its rate lies' in html
    assert '<tbody class="total">' in html


def test_no_data_is_not_a_bar() -> None:
    # the line goes back 12 months: the data begin with the first of them, and then five later
    assert None not in pack("restricted").sections[1].hot[0].trend.values
    later = pack("restricted", meeting_of(cut_of(some_incidents())))
    trend = later.sections[1].hot[0].trend
    assert trend.values[:5] == (None,) * 5
    assert None not in trend.values[5:]
    assert "no data" in later.sections[1].hot[0].trend_svg


def cut_of(incidents: Incidents) -> Incidents:
    rows = incidents.frame[incidents.frame["starts_at"] >= "2023-06-01"].reset_index(drop=True)
    files = tuple(dataclasses.replace(f, read=len(rows), kept=len(rows)) for f in incidents.files)
    return dataclasses.replace(incidents, frame=rows, files=files)


@pytest.mark.parametrize("tier", ["public", "restricted"])
def test_a_quiet_month_has_no_place_and_says_so(tier: str) -> None:
    busy = some_incidents()
    early = busy.frame[busy.frame["starts_at"] < "2024-01-01"].reset_index(drop=True)
    known = busy.months or frozenset((2023, month) for month in range(1, 13))
    quiet = dataclasses.replace(
        busy,
        frame=early,
        span=(datetime(2023, 1, 1), datetime(2024, 1, 31)),
        months=known | {(2024, 1)},
    )
    briefing = pack(tier, meeting_of(quiet), total_shown=0)
    assert briefing.headline[0].startswith("0 incidents in January 2024")
    assert briefing.headline[1] == "No place stands out; none is worse than usual."
    said = text_of(briefing)
    assert "There are no incidents in this period." in said
    assert "By when" not in said
    assert briefing.map.outlines.empty


# -- tiers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("tier", ["public", "partner"])
def test_no_small_count_is_told(tier: str) -> None:
    briefing = pack(tier)
    said = text_of(briefing)
    assert not re.search(rf"(?<![\d.,:-])[1-4] {_COUNTED}", said)
    assert re.search(r"Fewer than 5 incidents here", said)
    for section in briefing.sections:
        for place in (*section.hot, *section.further):
            for value, small in zip(place.trend.values, place.trend.small, strict=True):
                assert value is None or (value == 4 if small else value % 5 == 0)
            assert place.count == "" or place.count.startswith("About ")
            assert any(place.trend.small)
            assert place.trend.note
            assert not re.search(r">[1-4]<", str(place.trend_svg).partition("</desc>")[0])


def test_the_restricted_tier_is_told_every_count() -> None:
    briefing = pack("restricted")
    places = [one for section in briefing.sections for one in (*section.hot, *section.further)]
    assert any(one.count == "4" for one in places)
    assert not any(any(one.trend.small) for one in places)
    assert any(one.locations for one in places)
    assert all("dots" in one.map_svg for section in briefing.sections for one in section.hot)
    assert briefing.said == ()


@pytest.mark.parametrize("tier", ["public", "partner"])
def test_single_incidents_squares_and_locations_are_for_points_alone(tier: str) -> None:
    briefing = pack(tier)
    for section in briefing.sections:
        for place in section.hot:
            assert "dots" not in place.map_svg
            assert not place.locations
    assert "Repeat locations" not in text_of(briefing)


def test_the_public_has_squares_of_a_kilometre_and_the_ward_alone() -> None:
    briefing = pack("public")
    assert "Test Lane" not in str(body(briefing))
    exact = {(one.question, one.marker): one.outline
             for section in pack("partner").sections
             for one in (*section.hot, *section.further)}  # fmt: skip
    for row in briefing.map.outlines.itertuples():
        assert (shapely.get_coordinates(row.geometry) % 1000 == 0).all()
        assert shapely.covers(row.geometry, exact[row.question, row.marker])
    assert all(one.peak_xy is None for section in briefing.sections for one in section.hot)


def test_a_total_is_told_as_it_is_given_and_never_where_it_is_small() -> None:
    assert pack("partner", total_shown=95).headline[0].startswith("95 incidents")
    withheld = pack("partner", total_shown=None)
    assert withheld.headline[0] == "The number of incidents in January 2024 is withheld."
    assert "The number of incidents of the whole area is withheld." in withheld.said
    assert pack("partner", total_shown=3).headline[0] == withheld.headline[0]


def test_a_total_that_is_withheld_is_in_no_note() -> None:
    """Nor is what lies outside of the squares told but rounded."""
    totals = {**made_up().result.totals, "incidents": 12, "border": 12, "usual": 1.7}
    meeting = _with(made_up(), totals=totals)
    data = " ".join(pack("partner", meeting, total_shown=None).data)
    assert "About 10 incidents lie in squares whose centre is outside" in data
    assert "12" not in data
    shown = " ".join(pack("partner", meeting, total_shown=12).data)
    assert "12 incidents in this period: few to map." in shown
    assert "would hold" not in shown


def test_what_is_usual_of_the_area_is_rounded() -> None:
    """No ledger knows of the sum of the months before."""
    said = {
        pack(
            "partner", _with(made_up(), totals={**made_up().result.totals, "usual": usual})
        ).headline[0]
        for usual in (58.0, 60.3, 62.4)
    }
    assert said == {"95 incidents in January 2024, 58% above the 12-month average (about 60 a "
                    "month)."}  # fmt: skip


@pytest.mark.parametrize("tier", ["public", "partner"])
def test_a_place_that_fades_is_rounded(tier: str) -> None:
    meeting = made_up()
    card = meeting.cards["concentrated"][0]
    before = meeting.before or meeting.track.at(meeting.result.period.id)
    spot = meeting.track.at(meeting.result.period.id).spots[0]
    spot = dataclasses.replace(spot, peak_incidents=13)
    gone = Faded(card.place_id, "Ward 5: Test Lane", "T005", spot, 2)
    faded = dataclasses.replace(
        meeting, before=before, faded={"concentrated": (gone,), "worse": ()}
    )
    (row,) = pack(tier, faded).sections[0].faded
    assert (row.label, row.says[:29]) == ("Ward 5", "fewer than 5 now, about 15 in")
    (row,) = pack("restricted", faded).sections[0].faded
    assert (row.label, row.says[:13]) == ("Ward 5: Test Lane"[:17], "2 now, 13 in ")


@pytest.mark.parametrize("tier", ["public", "restricted"])
def test_a_ward_whose_own_name_holds_a_colon_keeps_all_of_it(tier: str) -> None:
    """Cards and what fades are named alike: by the whole ward, with the street where it is told."""
    names = tuple(f"St Mary: {i}" for i in range(9))
    meeting = meeting_of(two_places(), names)
    street = ": Test Lane" if tier == "restricted" else ""
    section = pack(tier, meeting).sections[0]
    assert {one.name for one in section.hot} == {f"St Mary: 8{street}"}
    assert [row.label for row in section.faded] == [f"St Mary: 1{street}"]


def test_kinds_of_a_tier_that_withholds_are_rounded_shares() -> None:
    place = pack("partner").sections[1].hot[0]
    assert {row.label for row in place.kinds} == {"Nuisance", "Youth-related"}
    assert all(re.fullmatch(r"about \d+[05]%|about [05]%", row.says) for row in place.kinds)
    exact = pack("restricted").sections[1].hot[0]
    assert sum(int(row.says) for row in exact.kinds) > 30


@pytest.mark.parametrize(
    ("code", "tier", "splits"),
    [("asb", "public", True), ("violence", "partner", False), ("violence", "restricted", True),
     ("crime", "public", True), ("burglary", "public", True)],
)  # fmt: skip
def test_a_category_with_a_restricted_kind_is_not_broken_down(
    code: str, tier: str, splits: bool
) -> None:
    assert may_split(category(code), Profile(), Tiers().of(tier)) is splits


def test_a_total_of_single_kinds_is_not_broken_down_where_one_is_restricted() -> None:
    profile = Profile(restricted_kinds=("criminal_damage.arson",))
    assert not may_split(category("deliberate_fires_and_arson"), profile, Tier())
    assert may_split(category("deliberate_fires_and_arson"), Profile(), Tier())


def test_a_category_is_broken_down_just_where_its_kinds_may_be_given() -> None:
    """A flag tells nothing of kinds, whichever of them it is restricted with."""
    given = Profile(restricted_kinds=("!domestic_abuse", "violence.with_injury!alcohol"))
    closed = Profile(restricted_kinds=("violence.with_injury",))
    for kind in (category(name) for name in all_kinds() if "." not in name):
        assert may_split(kind, given, Tier())
        assert may_split(kind, closed, Tier()) is (kind.code != "violence")
        assert may_split(kind, closed, Tier(restricted_kinds=True))


def test_the_score_is_in_steps_where_small_counts_are_withheld() -> None:
    score = MapScore(Period.parse("2023-12"), 44, 324, 44 / 324, 0.007, 19.4, 4)
    assert score_words(score, 0) == (
        "44 of 324 incidents (14%) fell in the hot spots of December 2023: 0.7% of the area, so "
        "19 times an even share."
    )
    assert score_words(score, 5) == (
        "About 15% of the incidents fell in the hot spots of December 2023: 0.7% of the area."
    )
    assert score_words(dataclasses.replace(score, incidents=199), 5) == ""
    assert score_words(None, 0) == ""


# -- what is wrong with the data ------------------------------------------------------------------


def _with(meeting: Meeting, **changes: object) -> Meeting:
    result: Result = dataclasses.replace(meeting.result, **changes)  # type: ignore[arg-type]
    return dataclasses.replace(meeting, result=result)


def test_findings_are_told_without_their_small_figures() -> None:
    findings = (
        Finding("a", "note", "3 rows were not kept.", 3, None, "at 1", "They are on no map.", ""),
        Finding("b", "careful", "1,203 rows of 2.5 km (4.1 %).", 1203, None, None, "So.", ""),
        Finding("c", "note", "Of fires alone.", 9, None, None, "No.", "", ("deliberate_fire",)),
    )  # fmt: skip
    meeting = _with(made_up(), findings=findings)
    assert [(row.label, row.says) for row in pack("partner", meeting).quality] == [
        ("Take care", "1,203 rows of 2.5 km (4.1 %). So."),
        ("Note", "They are on no map."),
    ]
    assert pack("restricted", meeting).quality[1].says.startswith("3 rows were not kept.")


def test_notes_have_no_small_count() -> None:
    totals = {**made_up().result.totals, "border": 3, "outside": 2}
    meeting = _with(made_up(), totals=totals, notes=("3 incidents of 95 lie in squares.",))
    assert "3 incidents" in " ".join(pack("restricted", meeting).data)
    assert "3 incidents" not in " ".join(pack("partner", meeting).data)


def test_a_missing_month_is_no_fall() -> None:
    finding = Finding("missing-month", "serious", "June is missing.", 1, None, None, "", "", (),
                      ("2024-01",))  # fmt: skip
    totals = {**made_up().result.totals, "incidents": 0}
    briefing = pack("restricted", _with(made_up(), totals=totals, findings=(finding,)))
    assert briefing.headline == (
        "The incidents of January 2024 are missing from the data: this is no fall.",
    )


# -- text from data -------------------------------------------------------------------------------


@pytest.mark.parametrize("tier", ["public", "partner", "restricted"])
def test_hostile_names_stay_text(tier: str) -> None:
    names = tuple(f"{HOSTILE} {i}" for i in range(9))
    briefing = pack(tier, meeting_of(some_incidents(HOSTILE), names), area_name=HOSTILE)
    html = str(body(briefing))
    assert "script" not in _Text(html).tags
    assert "&lt;script&gt;" in html
    assert "49" not in re.sub(r"[\d.]+", lambda m: "" if "." in m[0] else m[0], briefing.title)
    assert "\u202e" not in html
    assert "<script" not in pdf.paper(briefing)


def test_a_pack_says_whose_streets_it_draws() -> None:
    streets = some_streets()
    streets.attrs["attribution"] = f"Nobody {HOSTILE}"
    for one in ("public", "restricted"):
        briefing = pack(one, streets=streets)
        assert briefing.credits == (f"Streets: Nobody {tidy(HOSTILE)}",)
        assert briefing.credits[0] in text_of(briefing)
        assert escape(briefing.credits[0]) in to_html(briefing, streets=streets).decode()
    assert pack("public").credits == ()


def test_a_template_never_trusts_a_text() -> None:
    row = dataclasses.replace(pack("partner"), title=HOSTILE, footer=HOSTILE, credits=(HOSTILE,))
    assert "<script" not in pdf.paper(row)
    assert isinstance(body(row), Markup)


# -- paper ----------------------------------------------------------------------------------------


def test_a_haloed_text_is_written_twice_for_paper() -> None:
    """First its halo, then itself; with the patterns that the drawing uses under its own names."""
    pattern = '<pattern id="c1"><rect/></pattern>'
    drawn = (
        f'<svg class="hatches"><defs>{pattern}<pattern id="c2"></pattern></defs></svg>'
        '<svg class="drawing map"><rect fill="url(#c1)"/>'
        '<g stroke="#FFF" stroke-width="4" paint-order="stroke" fill="#000"><text>A</text></g>'
        "</svg>"
    )
    assert pdf.for_paper(drawn) == (
        '<svg class="drawing map"><defs><pattern id="c1-0"><rect/></pattern></defs>'
        '<rect fill="url(#c1-0)"/>'
        '<g stroke="#FFF" stroke-width="4" fill="#000"><text>A</text></g>'
        '<g fill="#000"><text>A</text></g></svg>'
    )


def test_without_its_library_the_pdf_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(WorkspaceError, match="libpango"):
        to_pdf(pack("partner"))
