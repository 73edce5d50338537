"""The table of the wards and its map."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask.testing import FlaskClient
from scipy.stats import binomtest, false_discovery_control

from hotspots.quality import Finding
from tests.support import nine_wards
from tests.web.made_up import MadeUp, made_up
from tests.web.page import Page, read

JANUARY = "/wards?category=asb&period=2024-01"


@pytest.fixture(scope="module")
def page(client: FlaskClient) -> Page:
    return read(client.get(JANUARY))


def rows_of(page: Page) -> list[str]:
    return [" ".join(r.text.split()) for r in page.all("tr") if "tbody" in r.parents]


def missing(month: str) -> Finding:
    return Finding(
        code="missing-category",
        severity="serious",
        title="ASB is missing",
        count=1,
        share=None,
        example=None,
        effect="It looks quiet.",
        advice="Add the file.",
        categories=("asb",),
        months=(month,),
    )


def without(source: MadeUp, month: str) -> MadeUp:
    """The same source whose ASB of one month is not in the files."""
    frame = source.all_incidents.frame
    lost = (frame["category"] == "asb") & (frame["starts_at"].dt.strftime("%Y-%m") == month)
    incidents = replace(source.all_incidents, frame=frame[~lost].reset_index(drop=True))
    return replace(source, all_incidents=incidents, found=(missing(month),), _results={})


def test_the_headline_answers_which_ward_has_the_most(page: Page, source: MadeUp) -> None:
    table = source.result("2024-01", "asb").wards
    most, total = table["incidents"].max(), table["incidents"].sum()
    said = page.one("h1").text
    assert said == (
        f"Ward 1 has the most in January 2024: {most} of {total} ASB incidents "
        f"({100 * most / total:.0f}%)."
    )


def test_every_ward_has_its_numbers(page: Page, source: MadeUp) -> None:
    rows = rows_of(page)
    assert len(rows) == 9
    first = source.result("2024-01", "asb").wards.iloc[0]
    assert rows[0].startswith(f"1 Ward 1 South {first.incidents} 2,000 {first.rate_per_1000:.1f} ")
    assert " 1A " in f"{rows[0]} "


def test_the_change_is_the_exact_test_allowing_for_all_wards(page: Page, source: MadeUp) -> None:
    counts = [
        source.result(p, "asb").wards.set_index("ward_name")["incidents"].sort_index()
        for p in ("2023-12", "2024-01")
    ]
    p = [binomtest(int(b), int(a + b), 0.5).pvalue for a, b in zip(*counts, strict=True)]
    adjusted = dict(zip(counts[0].index, false_discovery_control(p), strict=True))
    found = {name: row for row in rows_of(page) for name in counts[0].index if f" {name} " in row}
    assert len(found) == 9
    for name, row in found.items():
        was, now = (str(side[name]) for side in counts)
        assert f"{was} →then, now {now}" in row
        change = row.split(f"{was} →then, now {now}", 1)[1]
        clear = adjusted[name] <= 0.05
        assert change.strip().startswith(("▲ A rise", "▼ A fall")) == clear
    assert "A rise" in found["Ward 1"]


def test_the_map_draws_every_ward_in_its_locked_class(client: FlaskClient, source: MadeUp) -> None:
    body = client.get(JANUARY).get_data(as_text=True)
    shades = re.findall(r'fill="([^"]+)"', body.split('class="shades"')[1].split("</g>")[0])
    table = source.result("2024-01", "asb").wards.set_index("ward_code").sort_index()
    # ASB's classes a 1,000 residents in 30 days are 0.5, 1, 2, 4 and 8
    bounds = [0.5, 1, 2, 4, 8]
    colours = ["#FFFFFF", "#D3E3F3", "#9FC3E6", "#5F9BD1", "#2768AC", "#0B3C6F"]
    levels = [sum(rate * 30 / 31 >= b for b in bounds) for rate in table["rate_per_1000"]]
    assert shades == [colours[level] for level in levels]
    assert len(set(shades)) > 1


def test_ranks_and_rates_can_be_sorted_by_number(page: Page) -> None:
    keys = [c.attributes.get("data-sort") for c in page.all("td") if "number" in str(c.attributes)]
    assert keys
    assert all(key == "" or float(str(key)) is not None for key in keys)


def test_an_area_has_its_own_wards(client: FlaskClient) -> None:
    page = read(client.get(f"{JANUARY}&area=D2"))
    assert len(rows_of(page)) == 3
    assert "Ward 1" not in page.one("h1").text


def test_a_missing_month_is_no_data_never_nought(client_of) -> None:  # type: ignore[no-untyped-def]
    page = read(client_of(without(made_up(), "2024-01")).get(JANUARY))
    assert "missing from the data: this is no fall." in page.one("h1").text
    for row in rows_of(page):
        assert row.count("No data") == 7
        assert "fall" not in row
    assert "url(#nodata)" in client_of(without(made_up(), "2024-01")).get(JANUARY).text
    assert "Fewer than" not in page.one("section", id="ward-map").text


def test_a_missing_month_before_gives_no_rise(client_of) -> None:  # type: ignore[no-untyped-def]
    page = read(client_of(without(made_up(), "2023-12")).get(JANUARY))
    assert "Nothing is known of December 2023: no change is claimed." in page.said
    for row in rows_of(page):
        # one of the two changes only
        assert row.count("No data") == 1


def test_unknown_residents_are_no_data(client_of) -> None:  # type: ignore[no-untyped-def]
    usual = made_up()
    wards = replace(usual.ward_set, frame=usual.ward_set.frame.assign(population=float("nan")))
    client = client_of(replace(usual, ward_set=wards, _results={}))
    page = read(client.get(JANUARY))
    assert all(row.count("No data") == 2 for row in rows_of(page))
    assert "Residents are not known" in page.said
    assert "Incidents in 30 days" in page.said


def test_the_table_leaves_as_an_export_that_is_logged(client: FlaskClient, page: Page) -> None:
    (link,) = [a for a in page.all("a") if a.text == "Table as a file"]
    form = read(client.get(str(link.attributes["href"])))
    assert "checked" in form.one("input", value="wards", name="kind").attributes
    assert form.one("input", type="hidden", name="period").attributes["value"] == "2024-01"
    assert client.get("/wards.csv").status_code == 404


def test_two_wards_of_one_name_are_told_apart(client_of) -> None:  # type: ignore[no-untyped-def]
    names = ["a", "Town", "b", "c", "d", "e", "Town", "f", "g"]
    page = read(client_of(MadeUp(nine_wards(names=names), made_up().all_incidents)).get(JANUARY))
    assert page.one("h1").text.startswith("Town (South) has the most")


def test_a_category_without_any_incident_in_the_period(client_of) -> None:  # type: ignore[no-untyped-def]
    usual = made_up()
    frame = usual.all_incidents.frame
    quiet = (frame["category"] == "deliberate_fire") & (frame["starts_at"] >= "2024-01-01")
    incidents = replace(usual.all_incidents, frame=frame[~quiet].reset_index(drop=True))
    client = client_of(replace(usual, all_incidents=incidents, _results={}))
    page = read(client.get("/wards?category=deliberate_fire&period=2024-01"))
    assert page.one("h1").text == "No ward has any deliberate fires in January 2024."


def test_wards_that_share_the_first_place_are_all_named(client: FlaskClient) -> None:
    page = read(client.get("/wards?category=deliberate_fire&period=2023-06"))
    said = page.one("h1").text
    assert "most" in said
    ranks = [row.split()[0] for row in rows_of(page)]
    if ranks.count("1") > 3:
        assert said.startswith(f"{ranks.count('1')} wards share the most")
    else:
        assert said.split(" ha")[0].count("Ward") == ranks.count("1")


@pytest.mark.parametrize("query", ["period=soon", "category=x", "area=D9"])
def test_what_is_none_is_refused(client: FlaskClient, query: str) -> None:
    for path in ("/wards", "/wards/shortlist"):
        assert client.get(f"{path}?{query}").status_code in (400, 404)
