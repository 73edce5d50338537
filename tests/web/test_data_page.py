"""The page of the data: what is wrong with them, which months there are, what was imported."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from hotspots.model import Wards
from hotspots.quality import Finding
from hotspots.quality.inputs import NO_AGENCY
from hotspots.store.batches import Batch
from hotspots.taxonomy import category
from hotspots.web.coverage import Coverage
from hotspots.web.data_page import bar, counting_files, data_json, data_view
from hotspots.workspace import Workspace
from tests.support import nine_wards
from tests.web.made_up import COVERAGE, MadeUp, made_up, two_categories
from tests.web.page import Page, read
from tests.web.test_hostile import HOSTILE, RAW

MISSING = Finding(
    code="missing-category",
    severity="serious",
    title="Test agency has no Anti-social behaviour in June 2023: missing, not a fall.",
    count=1,
    share=None,
    example="2023-06, Anti-social behaviour",
    effect="The month looks like a fall to nothing.",
    advice="Ask Test agency for this month.",
    categories=("asb",),
    months=("2023-06",),
    agencies=("Test agency",),
)
EDGE = replace(
    MISSING,
    code="no-buffer",
    severity="careful",
    title="Data end at the edge.",
    months=(),
    categories=(),
    agencies=(),
    example=None,
)
NOTE = replace(EDGE, code="rejected", severity="note", title="3 rows were not kept.")


def file_of(name: str, content: str, key: str | None = None, read: int = 10) -> dict[str, object]:
    fields = {"name": name, "source": "mapping", "sha256": content * 64, "content_sha256": content}
    return {**fields, "key": key, "read": read, "kept": read - 1, "rejected": 1, "notice": None}


def batch_of(number: int, *files: dict[str, object], undone: bool = False, **more: object) -> Batch:
    totals = {k: sum(int(str(f[k])) for f in files) for k in ("read", "kept", "rejected")}
    report = {**totals, "imported": list(files), "reasons": {"no coordinates": 1}, **more}
    when = datetime(2024, 2, number, 9, 30)
    return Batch(number, when, when if undone else None, report)


def months(*rows: tuple[str | None, str, int, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(COVERAGE))


@pytest.fixture(scope="module")
def full(client_of) -> FlaskClient:  # type: ignore[no-untyped-def]
    source = made_up()
    source.found = (NOTE, EDGE, MISSING)
    source.batches = (
        batch_of(1, file_of("a.csv", "1"), file_of("b.csv", "2")),
        batch_of(2, file_of("gone.csv", "3"), undone=True),
        batch_of(3, file_of("a2.csv", "4"), replaced=["a.csv"], superseded=7, outside=5),
    )
    return client_of(source)


@pytest.fixture(scope="module")
def page(full: FlaskClient) -> Page:
    return read(full.get("/data"))


# -- findings --------------------------------------------------------------------------------------


def test_the_headline_answers_whether_to_trust_the_data() -> None:
    source = made_up()
    said = []
    for found in ((), (NOTE,), (NOTE, EDGE), (NOTE, EDGE, MISSING), (MISSING, MISSING)):
        source.found = found
        said.append(data_view(source).headline)
    assert said == [
        "Nothing wrong was found",
        "Nothing was found that misleads; one thing to know",
        "Nothing serious was found; one finding may mislead",
        "One serious finding: the maps it touches are wrong until it is dealt with",
        "Two serious findings: the maps they touch are wrong until they are dealt with",
    ]


def test_findings_are_told_the_serious_first_and_whole(page: Page) -> None:
    titles = [e.text for e in page.all("h4")]
    assert titles == [MISSING.title, EDGE.title, NOTE.title]
    assert [e.text for e in page.with_class("badge")] == ["Serious", "Careful", "To know"]
    first = page.with_class("finding")[0].text
    for said in (MISSING.example, MISSING.effect, MISSING.advice, "June 2023", "Test agency"):
        assert str(said) in first


def test_nothing_wrong_is_said_as_such(client: FlaskClient) -> None:
    page = read(client.get("/data"))
    assert "Nothing wrong was found." in page.one("section", id="findings").text
    assert page.one("h1").text == "Nothing wrong was found"


def test_an_empty_workspace_has_its_page(client_of, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    client = client_of(Workspace.init(tmp_path / "area"))
    page = read(client.get("/data"))
    assert page.one("h1").text == "No incidents are loaded yet"
    for said in ("There are no wards yet", "Nothing was imported yet", "No file counts"):
        assert said in page.said
    assert client.get("/data.json").json["findings"] == []
    assert read(client.get("/")).one("a", href="/data").text == "Data"


# -- the bar of the map ----------------------------------------------------------------------------


def test_the_bar_counts_what_is_serious_or_careful() -> None:
    assert bar((NOTE,)) is None
    assert bar(()) is None
    only = bar((NOTE, EDGE))
    assert only is not None
    assert (only.lead, only.title) == ("One finding in the data touches this map", EDGE.title)
    both = bar((EDGE, MISSING, NOTE))
    assert both is not None
    assert both.lead == "Two findings in the data touch this map, one of them serious"
    assert both.title == MISSING.title
    serious = bar((MISSING, MISSING))
    assert serious is not None
    assert serious.lead == "Two serious findings in the data touch this map"


def test_the_map_shows_the_bar_only_where_a_finding_touches_it(full: FlaskClient) -> None:
    touched = read(full.get("/map?category=asb&period=2023-08")).with_class("finding-bar")
    assert [MISSING.title in e.text for e in touched] == [True]
    link = read(full.get("/map?period=2023-08")).one("a", href="/data#findings")
    assert link.text.endswith("touch this map, one of them serious")
    (other,) = read(full.get("/map?category=deliberate_fire")).with_class("finding-bar")
    assert EDGE.title in other.text
    assert "serious" not in other.text


def test_no_fall_is_claimed_where_the_data_are_missing(client_of) -> None:  # type: ignore[no-untyped-def]
    source = made_up()
    frame = source.all_incidents.frame
    starts = frame["starts_at"]
    june = (frame["category"] == "asb") & (starts.dt.year == 2023) & (starts.dt.month == 6)
    source.all_incidents = replace(source.all_incidents, frame=frame[~june].reset_index(drop=True))
    known = read(client_of(source).get("/map?category=asb&period=2023-06"))
    assert "100% below" in known.one("h1").text
    source = replace(source, found=(MISSING,), _results={})
    page = read(client_of(source).get("/map?category=asb&period=2023-06"))
    said = "The ASB incidents in June 2023 are missing from the data: this is no"
    assert page.one("h1").text == f"{said} fall."
    assert "Nothing is known of this period." in page.said
    assert "There are no incidents" not in page.said
    for touching_only in (replace(MISSING, months=("2023-05",)), replace(MISSING, code="delay")):
        source = replace(source, found=(touching_only,), _results={})
        other = read(client_of(source).get("/map?category=asb&period=2023-06"))
        assert other.with_class("finding-bar")
        assert "missing from" not in other.one("h1").text
    source = replace(source, found=(MISSING,), _results={})
    before = read(client_of(source).get("/map?category=asb&period=2023-05"))
    assert "missing from" not in before.one("h1").text


def test_a_map_that_nothing_touches_has_no_bar(client: FlaskClient) -> None:
    assert read(client.get("/map")).with_class("finding-bar") == []


@pytest.mark.parametrize("path", ["/", "/map", "/data", "/nowhere"])
def test_every_page_leads_to_the_data_and_the_map(full: FlaskClient, path: str) -> None:
    page = read(full.get(path))
    links = {a.text: a.attributes for a in page.all("a") if {"nav", "header"} <= set(a.parents)}
    wanted = ["Meeting", "Map", "Compare", "Places", "Wards", "Data", "Help", "Tune"]
    assert [text for text in links if text != "Hotspots"] == wanted
    assert (links["Data"]["href"] or "").startswith("/data")
    assert (links["Map"]["href"] or "").startswith("/map")
    current = [text for text, attributes in links.items() if "aria-current" in attributes]
    assert current == {"/": ["Meeting"], "/map": ["Map"], "/data": ["Data"], "/nowhere": []}[path]


# -- months ----------------------------------------------------------------------------------------


def test_every_month_of_a_category_is_in_the_table(page: Page, full: FlaskClient) -> None:
    frame = two_categories().frame
    asb = frame[frame["category"] == "asb"]
    expected = asb["starts_at"].dt.strftime("%Y-%m").value_counts().sort_index()
    (row,) = [
        e
        for e in page.all("tr")
        if e.text.startswith("Anti-social behaviour") and "tbody" in e.parents
    ]
    figures = row.text.removeprefix("Anti-social behaviour")
    assert figures == "".join(f"{n:,}" for n in expected) + f"{len(asb):,}"
    heads = [e.text for e in page.with_class("unseen") if "th" in e.parents]
    assert heads == [f"{pd.Period(m):%B %Y}" for m in expected.index]


def test_nought_missing_and_no_data_are_three_things() -> None:
    counts = months(
        ("Test agency", "asb", 2023, 5, 40),
        ("Test agency", "asb", 2023, 7, 10),
        ("Test agency", "drugs", 2023, 6, 3),
        ("Other", "drugs", 2023, 8, 1),
    )
    low = replace(MISSING, code="incomplete-month", months=("2023-07",))
    coverage = Coverage(counts, [MISSING, low])
    (other, rows_other), (_, rows) = coverage.whole.agencies
    assert other == "Other"
    asb, drugs = rows
    assert [(c.kind, c.text) for c in asb.cells] == [
        ("count", "40"),
        ("missing", "missing"),
        ("low", "10"),
        ("none", "No data"),
    ]
    assert [c.kind for c in drugs.cells] == ["nought", "count", "nought", "none"]
    assert [c.kind for c in rows_other[0].cells] == ["none"] * 3 + ["count"]
    assert [c.level for c in asb.cells] == [16, 0, 4, 0]
    assert coverage.kinds == {"missing", "low", "none", "nought"}


def test_the_missing_months_of_a_real_force_are_marked(
    client_of,
    real_data: Path,
    tmp_path: Path,  # type: ignore[no-untyped-def]
) -> None:
    workspace = Workspace.init(tmp_path / "city")
    workspace.add_boundaries([real_data / "uk-geojson/wards/E09000001.json"], "2013")
    folder = real_data / "police-uk-city-of-london"
    paths = sorted(folder.glob("2017-0[3-9]-*street.csv.gz"))
    workspace.add_incidents(paths)
    rows = pd.concat([pd.read_csv(path) for path in paths])
    asb = rows[(rows["Crime type"] == "Anti-social behaviour") & rows["Longitude"].notna()]
    page = read(client_of(workspace).get("/data"))
    row = next(e for e in page.all("tr") if e.text.startswith("Anti-social behaviour"))
    counts = asb["Month"].value_counts()
    wanted = [str(counts.get(f"2017-{month:02d}", "missing")) for month in range(3, 10)]
    assert wanted.count("missing") == 2
    assert row.text == "Anti-social behaviour" + "".join(wanted) + str(len(asb))
    assert len(page.with_class("missing")) == 2 + 1  # and what it means


def test_what_one_agency_misses_is_not_said_of_another() -> None:
    rows = [("Other", code, 2023, month, 5) for code, month in (("asb", 5), ("drugs", 6))]
    ((_, (asb, _)),) = Coverage(months(*rows), [MISSING]).whole.agencies
    assert [c.kind for c in asb.cells] == ["count", "nought"]


def test_an_agency_not_stated_is_found_too() -> None:
    finding = replace(MISSING, agencies=(NO_AGENCY,))
    counts = months(
        (None, "asb", 2023, 5, 4), (None, "asb", 2023, 7, 4), (None, "drugs", 2023, 6, 1)
    )
    ((name, rows),) = Coverage(counts, [finding]).whole.agencies
    assert name == "Agency not stated"
    assert [c.kind for c in rows[0].cells] == ["count", "missing", "count"]


def test_a_wrong_date_does_not_make_a_table_of_centuries() -> None:
    counts = months(("A", "asb", 1900, 1, 1), ("A", "asb", 2023, 5, 4), ("A", "asb", 2023, 6, 4))
    columns = Coverage(counts, []).whole.columns
    assert [c.label for c in columns] == ["Jan", "…", "May", "Jun"]
    assert columns[1].skipped == (2023 - 1900) * 12 + 3
    assert columns[1].name == "1,479 months from February 1900"


@given(
    st.dictionaries(
        st.tuples(
            st.sampled_from(["A", "B", None]),
            st.sampled_from(["asb", "drugs", "odd"]),
            st.integers(2000, 2004),
            st.integers(1, 12),
        ),
        st.integers(1, 10_000),
        min_size=1,
        max_size=40,
    )
)
def test_the_table_holds_every_incident_once(counts: dict[tuple[str, str, int, int], int]) -> None:
    coverage = Coverage(months(*((*key, n) for key, n in counts.items())), [])
    blocks = coverage.paper or [coverage.whole]
    for parts in ([coverage.whole], blocks):
        texts = [
            cell.text.replace(",", "")
            for block in parts
            for _, rows in block.agencies
            for row in rows
            for cell in row.cells
            if cell.kind == "count"
        ]
        assert sorted(map(int, texts)) == sorted(counts.values())
    assert all(len(block.columns) <= 13 for block in blocks)
    assert sum(span for _, span in coverage.whole.years) == len(coverage.whole.columns)
    order = [c.year for c in coverage.whole.columns]
    assert order == sorted(order)


def test_too_many_agencies_are_counted_not_shown() -> None:
    rows = [(f"Agency {i:03d}", "asb", 2023, 5, i + 1) for i in range(60)]
    coverage = Coverage(months(*rows), [])
    assert (len(coverage.whole.agencies), coverage.left_out) == (25, 35)
    assert coverage.whole.agencies[0][0] == "Agency 035"


# -- imports, files and wards ----------------------------------------------------------------------


def test_imports_are_told_the_last_one_first(page: Page) -> None:
    rows = [e.text for e in page.all("tr") if "tbody" in e.parents and " UTC" in e.text]
    assert [row.strip()[0] for row in rows] == ["3", "2", "1"]
    assert "20 rows read = 18 kept + 2 rejected" in rows[2]
    assert "1 no coordinates" in rows[2]
    assert "1 February 2024, 09:30 UTC" in rows[2]
    assert "Undone 2 February 2024" in rows[1]
    for said in ("Took the place of a.csv.", "Newer versions of 7 earlier", "5 outside the wards."):
        assert said in rows[0]


def test_a_file_counts_until_it_is_replaced_or_undone() -> None:
    march, both = "police-uk:2021-03-kent-street", "police-uk:2021-03..2021-05-kent-street"
    imports = (
        batch_of(1, file_of("a", "1"), file_of("march", "2", march), file_of("c", "3")),
        batch_of(2, file_of("a again", "1"), undone=True),
        batch_of(3, file_of("whole", "5", both)),
        batch_of(4, file_of("c again", "3")),
        Batch(5, datetime(2024, 1, 1), None, {}),
    )
    names = [(number, file["name"]) for number, file in counting_files(imports)]
    assert names == [(1, "a"), (3, "whole"), (4, "c again")]


def test_files_that_count_are_those_of_the_store(tmp_path: Path) -> None:
    workspace = Workspace.init(tmp_path / "area")
    head = "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,"
    head += "LSOA name,Crime type,Last outcome category,Context\n"
    line = "{},{},Test,Test,0.21,51.44,On or near A Road,E0,Area,Burglary,,\n"
    for month, crime in (("2021-03", "a"), ("2021-04", "b"), ("2021-05", "c")):
        path = tmp_path / f"{month}-test-street.csv"
        path.write_text(head + line.format(crime * 64, month), "utf-8")
        workspace.add_incidents([path])
    again = tmp_path / "again" / "2021-04-test-street.csv"
    again.parent.mkdir()
    again.write_text(head + line.format("d" * 64, "2021-04"), "utf-8")
    workspace.add_incidents([again], replace=True)
    _agrees(workspace)
    workspace.undo(4)
    _agrees(workspace)
    workspace.add_incidents([again], replace=True)
    workspace.undo(1)
    _agrees(workspace)


def _agrees(workspace: Workspace) -> None:
    with workspace.store.incidents() as files:
        stored = sorted((f.name, f.content_sha256) for f in files.files())
    listed = counting_files(workspace.imports())
    assert sorted((f["name"], f["content_sha256"]) for _, f in listed) == stored
    assert len(stored) >= 2


def test_wards_say_their_days_residents_and_repairs(client_of) -> None:  # type: ignore[no-untyped-def]
    source = made_up()
    frame = source.ward_set.frame.copy()
    frame.loc[0, "population"] = float("nan")
    source.ward_set = Wards(
        frame,
        "2021",
        report=("Ward 3 was repaired.",),
        sha256={"wards.json": "ab" * 32},
        population_source="mid-2020 estimates",
        valid_from=date(2019, 5, 2),
        valid_to=date(2023, 5, 4),
    )
    said = " ".join(read(client_of(source).get("/data")).one("section", id="vintages").text.split())
    for text in (
        "Wards of 2021",
        "From 2 May 2019 until 3 May 2023",
        "9 in North, South",
        "44,000, of 8 wards only, from mid-2020 estimates",
        "wards.json (abababababab)",
        "Ward 3 was repaired.",
    ):
        assert text in said


def test_wards_without_residents_are_no_data(client_of) -> None:  # type: ignore[no-untyped-def]
    source = made_up()
    source.ward_set = Wards(source.ward_set.frame.assign(population=float("nan")), "2021")
    page = read(client_of(source).get("/data"))
    assert "No data: add them with hotspots add population FILE" in page.said
    assert "Not stated" in page.said


# -- for machines ----------------------------------------------------------------------------------


def test_machines_get_json(full: FlaskClient) -> None:
    answer = full.get("/data.json")
    assert answer.mimetype == "application/json"
    found = answer.json
    assert found is not None
    assert [Finding.from_dict(f) for f in found["findings"]] == [MISSING, EDGE, NOTE]
    assert sum(row["count"] for row in found["coverage"]) == len(two_categories())
    assert found["imports"][1]["undone_at"] == "2024-02-02T09:30:00+00:00"
    assert [f["name"] for f in found["files"]] == ["a.csv", "b.csv", "a2.csv"]
    assert found["vintages"][0]["residents"] == 45_000


def test_the_page_is_json_where_that_is_asked_for(full: FlaskClient) -> None:
    asked = full.get("/data", headers={"Accept": "application/json"})
    assert asked.get_data() == full.get("/data.json").get_data()
    for accept in ("text/html,application/xhtml+xml,*/*;q=0.8", "*/*", ""):
        answer = full.get("/data", headers={"Accept": accept})
        assert answer.mimetype == "text/html"
        assert "Accept" in answer.headers["Vary"]
        assert answer.headers["Cache-Control"] == "no-store"


def test_unchanged_json_is_not_sent_again(full: FlaskClient) -> None:
    answer = full.get("/data.json")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    again = full.get("/data.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")


def test_json_has_null_where_nothing_is_known() -> None:
    source = made_up()
    source.counts = months((None, "asb", 2023, 5, 4), ("A", "asb", 2023, 5, 4))
    source.ward_set = Wards(source.ward_set.frame.assign(population=float("nan")), "2021")
    text = json.dumps(data_json(source), allow_nan=False)
    assert json.loads(text)["coverage"][0]["agency"] is None
    assert json.loads(text)["vintages"][0]["residents"] is None


# -- hostile text ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hostile(client_of) -> FlaskClient:  # type: ignore[no-untyped-def]
    source = MadeUp(nine_wards(names=HOSTILE), two_categories())
    source.counts = months(*((text, text, 2023, 1 + i, 5) for i, text in enumerate(HOSTILE)))
    source.found = tuple(
        Finding(text, "serious", text, 1, None, text, text, text, (), (text,), (text,))
        for text in HOSTILE
    )
    files = [file_of(text, str(i)) for i, text in enumerate(HOSTILE)]
    source.batches = tuple(
        batch_of(
            i + 1, {**file, "source": text, "notice": text}, reasons={text: 1}, replaced=[text]
        )
        for i, (file, text) in enumerate(zip(files, HOSTILE, strict=True))
    )
    source.ward_set = replace(source.ward_set, report=HOSTILE, population_source=HOSTILE[0])
    source.ward_set.frame["district_name"] = list(HOSTILE)
    return client_of(source)


def test_hostile_text_is_never_markup(hostile: FlaskClient) -> None:
    body = hostile.get("/data").get_data(as_text=True)
    assert [raw for raw in RAW if raw in body and raw != "${alert(3)}"] == []
    page = read(hostile.get("/data"))
    assert not page.all("img")
    for section in ("findings", "coverage", "imports", "files", "vintages"):
        assert "'\"><b onclick=alert(5)>" in page.one("section", id=section).text


def test_hostile_text_in_the_bar_is_text(client_of) -> None:  # type: ignore[no-untyped-def]
    source = made_up()
    source.found = (replace(EDGE, title="</p><b onclick=alert(9)>\u202egnorw"),)
    answer = client_of(source).get("/map")
    (shown,) = read(answer).with_class("finding-bar")
    assert "</p><b onclick=alert(9)>\ufffdgnorw" in shown.text
    assert b"<b onclick" not in answer.get_data()


def test_a_category_of_no_taxonomy_is_shown_by_its_code() -> None:
    ((_, rows),) = Coverage(
        months(("A", "odd", 2023, 5, 1), ("A", "asb", 2023, 5, 1)), []
    ).whole.agencies
    assert [row.label for row in rows] == [category("asb").label, "odd"]
