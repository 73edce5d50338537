"""The page of the ward shortlist: what it says is what the shortlist and the ward table say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from hotspots.evidence.shortlist import WardShortlist
from hotspots.model import Incidents
from tests.web.made_up import MadeUp, made_up
from tests.web.page import Page, read
from tests.web.test_wards_page import without

JANUARY = "/wards/shortlist?category=asb&period=2024-01"


@pytest.fixture(scope="module")
def page(client: FlaskClient) -> Page:
    return read(client.get(JANUARY))


@pytest.fixture(scope="module")
def shortlist(source: MadeUp) -> WardShortlist:
    return source.shortlist(source.result("2024-01", "asb"))


def wards_of(page: Page) -> list[str]:
    return [" ".join(row.text.split()) for row in page.with_class("ward") if row.tag == "tr"]


def test_each_listed_ward_says_why(page: Page, shortlist: WardShortlist) -> None:
    whys = [" ".join(row.text.split()) for row in page.with_class("why")]
    assert len(shortlist.listed) >= 1
    assert whys == [f"Why {row.ward_name} is listed: {row.why}" for row in shortlist.listed]
    assert shortlist.headline in page.one("h1").text
    assert shortlist.rule in page.said
    for note in shortlist.notes:
        assert note in page.said


def test_every_ward_is_there_once_the_listed_first(
    page: Page, client: FlaskClient, shortlist: WardShortlist
) -> None:
    rows = wards_of(page)
    names = [row.split("Ward ")[1].split()[0] for row in rows]
    assert sorted(names) == [str(i) for i in range(9)]
    listed = {row.ward_name.split()[1] for row in shortlist.listed}
    assert set(names[: len(listed)]) == listed
    (summary,) = [e for e in page.all("summary") if "main" in e.parents]
    assert summary.text == "One other ward"
    assert len(listed) == 8
    quiet = read(client.get("/wards/shortlist?category=deliberate_fire&period=2024-01"))
    (summary,) = [e for e in quiet.all("summary") if "main" in e.parents]
    assert summary.text == "Nine wards"
    assert not quiet.with_class("why")


def test_the_numbers_are_those_of_the_ward_table(page: Page, source: MadeUp) -> None:
    table = source.result("2024-01", "asb").wards
    before = source.result("2023-12", "asb").wards.set_index("ward_name")["incidents"]
    rows = {row.split("Ward ")[1].split()[0]: row for row in wards_of(page)}
    by_district = table.groupby("district_code")["incidents"].sum()
    for ward in table.itertuples():
        row = rows[ward.ward_name.split()[1]]
        residents = f"{ward.population:,.0f}"
        share = 100 * ward.incidents / by_district[ward.district_code]
        assert f" {ward.incidents} {residents} {ward.rate_per_1000:.1f} " in row
        assert f" {share:.0f}% " in row
        assert f"{before[ward.ward_name]} →then, now {ward.incidents}" in row


def test_each_borough_has_its_funnel_for_both_widths(page: Page, client: FlaskClient) -> None:
    drawn = [e for e in page.with_class("funnel") if e.tag == "svg"]
    assert len(drawn) == 4  # two boroughs, each drawn twice
    one = read(client.get(f"{JANUARY}&area=D2"))
    assert len([e for e in one.with_class("funnel") if e.tag == "div"]) == 1
    assert len(wards_of(one)) == 3


def test_the_wards_and_the_shortlist_lead_to_each_other(page: Page, client: FlaskClient) -> None:
    def hrefs(found: Page) -> list[str | None]:
        return [a.attributes.get("href") for a in found.all("a")]

    query = "category=asb&period=2024-01"
    assert f"/wards?{query}" in hrefs(page)
    assert f"/wards/shortlist?{query}" in hrefs(read(client.get(f"/wards?{query}")))


def test_a_missing_month_is_no_data_and_lists_nobody(client_of) -> None:  # type: ignore[no-untyped-def]
    page = read(client_of(without(made_up(), "2024-01")).get(JANUARY))
    assert not page.with_class("why")
    assert len(wards_of(page)) == 9
    for row in wards_of(page):
        assert row.count("No data") >= 5
        assert "→" not in row
    assert "Choose a longer period" in page.said
    assert "open" in page.with_class("others")[0].attributes


def test_unknown_residents_leave_the_counts(client_of) -> None:  # type: ignore[no-untyped-def]
    usual = made_up()
    wards = replace(usual.ward_set, frame=usual.ward_set.frame.assign(population=float("nan")))
    page = read(client_of(replace(usual, ward_set=wards, _results={})).get(JANUARY))
    rows = wards_of(page)
    assert len(rows) == 9
    assert all(row.count("No data") >= 3 and "→" in row for row in rows)
    assert not page.with_class("funnel")


def test_without_incidents_it_says_what_to_do(client_of) -> None:  # type: ignore[no-untyped-def]
    usual = made_up()
    nothing = MadeUp(usual.ward_set, Incidents(usual.all_incidents.frame.iloc[:0]))
    for path in ("/wards/shortlist", "/export"):
        assert "hotspots add incidents" in read(client_of(nothing).get(path)).said
