"""The assessment's tables where counts are withheld, key wards, quarters, hostile names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from hotspots.errors import UsageError
from hotspots.evidence.assessment import Source, make_assessment, make_quarterly, quarterly_asked
from hotspots.evidence.entered import read_entered
from hotspots.evidence.figures import Figure, figures_from
from hotspots.evidence.years import quarter_periods
from hotspots.exports import sheet_format
from hotspots.meeting.counts import State
from hotspots.sharing.asked import Asked, check_asked
from hotspots.sheets import Blank, Value, shown
from tests.support import nine_wards
from tests.unit.test_assessment import (
    ALL,
    DAY,
    KENT,
    NORTH,
    SOUTH,
    WARDS,
    YEARS,
    known,
    priorities,
    row,
    sheet,
)

# -- withheld -------------------------------------------------------------------------------------


def test_all_that_is_worked_out_from_a_withheld_count_is_withheld() -> None:
    figures = known(SOUTH, "robbery", (40, 50, 63)) | known(SOUTH, "crime", (900, 1000, 900))
    figures[Asked.of(SOUTH, "robbery", YEARS[2])] = Figure(None, "known", withheld=True)
    found = priorities(figures, "robbery", Source(small_counts_below=5))
    for key in ("year", "change", "change_tested", "rate", "share_of_crime"):
        assert found[key] is Blank.WITHHELD
    assert found["year_before"] == 50
    sheets = make_assessment(WARDS, DAY, figures, Source(small_counts_below=5))
    notes = sheet(sheets, "Priorities").notes
    assert any(note.startswith("Counts from 1 to 4 are withheld") for note in notes)


COUNTS = st.lists(st.integers(0, 60), min_size=9, max_size=9)


@settings(max_examples=15)
@given(before=COUNTS, now=COUNTS, other=COUNTS, hidden=st.sets(st.integers(0, 8)))
def test_no_published_value_depends_on_a_withheld_count(
    before: list[int], now: list[int], other: list[int], hidden: set[int]
) -> None:
    """Whatever the withheld counts are, the tables are the same, key wards and all."""

    def tables(counts: list[int]) -> list[list[str]]:
        asked: dict[Asked, int] = {}
        for i, (a, b) in enumerate(zip(before, counts, strict=True)):
            where = f"ward:2021:T00{i}"
            asked[Asked.of(where, "criminal_damage", YEARS[1])] = a
            asked[Asked.of(where, "criminal_damage", YEARS[2])] = b
            asked[Asked.of(where, "crime", YEARS[2])] = 100
        kept_back = [
            a
            for a in asked
            if a.end == YEARS[2].end and a.what != "crime" and int(a.where[-1]) in hidden
        ]
        states = dict.fromkeys(((a.what, a.start, a.end) for a in asked), "known")
        figures = figures_from(asked, kept_back, states)  # type: ignore[arg-type]
        made = make_assessment(WARDS, DAY, figures, Source(small_counts_below=5))
        return [[shown(r[c.key], c) for c in s.columns] for s in made for r in s.rows]

    changed = [other[i] if i in hidden else n for i, n in enumerate(now)]
    assert tables(now) == tables(changed)


def test_wards_with_nothing_known_are_named_once() -> None:
    figures = known("ward:2021:T003", "robbery", (1, 2, 3))
    found = sheet(make_assessment(WARDS, DAY, figures, KENT), "Wards")
    assert {r["measure"] for r in found.rows} == {"Robbery"}
    assert len(found.rows) == 9
    assert row(found, ward_code="T003")["year"] == 3
    assert row(found, ward_code="T004")["year"] is Blank.NO_DATA
    (note,) = [n for n in found.notes if n.startswith("No data by ward: ")]
    assert "Hate crime" in note
    assert "Robbery" not in note


# -- key wards ------------------------------------------------------------------------------------


def damage() -> dict[Asked, Figure]:
    """Rates that fall from T000 to T005: 60 each of 1,000 to 6,000 residents."""
    figures: dict[Asked, Figure] = known(SOUTH, "criminal_damage", (300, 330, 360))
    for i in range(9):
        figures |= known(f"ward:2021:T00{i}", "criminal_damage", (50, 55, 60))
    return figures


def test_key_wards_are_those_with_the_highest_rates() -> None:
    found = sheet(make_assessment(WARDS, DAY, damage(), KENT), "Key wards")
    south = [r for r in found.rows if r["borough"] == "South"]
    assert [r["ward"] for r in south] == [*(f"Ward {i}" for i in range(5)), "Whole borough"]
    assert [r["rate"] for r in south[:5]] == pytest.approx([60, 30, 20, 15, 12])
    assert south[5]["rate"] == pytest.approx(1000 * 360 / 21_000)
    assert {found.rows[i]["ward"] for i in found.total_rows} == {"Whole borough"}
    assert "highest rates" in found.notes[0]


def test_key_wards_that_are_named_are_taken() -> None:
    named = {"criminal_damage": ["T005", "T008"], "robbery": ["T001"]}
    sheets = make_assessment(WARDS, DAY, damage(), KENT, key_wards=named)
    found = sheet(sheets, "Key wards")
    chosen = [(r["measure"], r["ward"]) for r in found.rows if r["ward"] != "Whole borough"]
    assert chosen == [
        ("Robbery", "Ward 1"),
        ("Criminal damage and arson", "Ward 8"),
        ("Criminal damage and arson", "Ward 5"),
    ]
    assert all("those the partnership names" in note for note in found.notes[:2])


@pytest.mark.parametrize(
    ("named", "said"),
    [({"criminal_damage": ["X1"]}, "got 'X1'"), ({"piracy": ["T001"]}, "got 'piracy'")],
)
def test_key_wards_that_are_none_are_refused(named: dict[str, list[str]], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        make_assessment(WARDS, DAY, {}, KENT, key_wards=named)


# -- quarters -------------------------------------------------------------------------------------


def test_the_quarterly_tables() -> None:
    periods = quarter_periods(DAY)
    counts = {"quarter": 30, "before": 20, "year_ago": 24, "rolling": 105, "rolling_before": 84}
    figures = {
        Asked.of(SOUTH, "robbery", periods[key]): Figure(n, "known") for key, n in counts.items()
    }
    sheets = make_quarterly(WARDS, DAY, figures, KENT)
    assert [each.name for each in sheets] == ["Quarter", "North", "South", "North and South"]
    found = row(sheet(sheets, "South"), measure="Robbery")
    assert {key: found[key] for key in counts} == counts
    assert found["on_before"] == pytest.approx(0.5)
    assert found["on_year_ago"] == found["rolling_change"] == pytest.approx(0.25)
    assert found["rate"] == pytest.approx(5.0)
    assert found["theme"] == "Protecting vulnerable people from harm"
    beside = row(sheet(sheets, "Quarter"), measure="Robbery")
    labels = {c.label: c.key for c in sheet(sheets, "Quarter").columns}
    assert beside[labels["South: Jul to Sep 2016"]] == 30
    assert beside[labels["South: Year to Sep 2016"]] == 105
    assert beside[labels["North: Jul to Sep 2016"]] is Blank.NO_DATA


def rolling_year(where: str, state: State) -> dict[Asked, Figure]:
    """What is counted of robbery in the 12 months of the quarterly tables."""
    return {Asked.of(where, "robbery", quarter_periods(DAY)["rolling"]): Figure(100, state)}


def beside(figures: Mapping[Asked, Figure], entered: str = "", folder: Path | None = None) -> Value:
    """What the table with the areas side by side says is not whole of robbery."""
    typed = None
    if folder is not None:
        path = folder / "entered.csv"
        path.write_text(f"area,measure,year_ending,count,population\n{entered},2016-09-30,120,\n")
        typed = read_entered(path, WARDS)
    sheets = make_quarterly(WARDS, DAY, figures, KENT, typed)
    return row(sheet(sheets, "Quarter"), measure="Robbery")["not_whole"]


def test_what_is_not_whole_is_said_of_each_area_whose_counts_differ(tmp_path: Path) -> None:
    counted = {area: rolling_year(area, "part") for area in (SOUTH, NORTH, ALL)}
    everywhere = counted[SOUTH] | counted[NORTH] | counted[ALL]
    assert beside(everywhere) == "Year to Sep 2016"
    # an entered count is whole, whichever area comes first; the others' are not
    assert beside(everywhere, "North,robbery", tmp_path) == (
        "South: Year to Sep 2016; North and South: Year to Sep 2016"
    )
    assert beside(everywhere, "South,robbery", tmp_path) == (
        "North: Year to Sep 2016; North and South: Year to Sep 2016"
    )
    # what nothing is known of is neither whole nor in part
    assert beside(counted[SOUTH]) == "Year to Sep 2016"
    assert beside(rolling_year(NORTH, "known") | counted[SOUTH]) == "South: Year to Sep 2016"
    assert beside(rolling_year(NORTH, "known")) is Blank.NOT_APPLICABLE


def test_what_is_asked_of_quarters_is_of_boroughs_alone() -> None:
    asked = quarterly_asked(WARDS, DAY)
    check_asked(asked)
    assert {a.where for a in asked} == {SOUTH, NORTH, ALL}
    assert len({(a.start, a.end) for a in asked}) == 5


# -- hostile text ---------------------------------------------------------------------------------


def test_names_from_data_are_made_safe_to_read() -> None:
    wards = nine_wards(names=["=1+1\u202egpj.exe", *(f"Ward {i}" for i in range(1, 9))])
    frame = wards.frame.assign(district_name=["South\n[x]:*?/'"] * 6 + ["North"] * 3)
    wards = replace(wards, frame=frame)
    figures = known("ward:2021:T000", "robbery", (1, 2, 3))
    sheets = make_assessment(wards, DAY, figures, KENT)
    names = {str(r["ward"]) for r in sheet(sheets, "Wards").rows}
    assert not any("\u202e" in name for name in names)
    quarterly = make_quarterly(wards, DAY, {}, KENT)
    assert not any(set(each.name) & set("\n\u202e") for each in quarterly)
    written = sheet_format("xlsx").write(quarterly, {})
    tabs = load_workbook(BytesIO(written), read_only=True).sheetnames
    assert tabs[:2] == ["Quarter", "North"]
    assert tabs[2].startswith("South")
    for tab in tabs:
        assert not set(tab) & set("[]:*?/\\\n")
        assert not tab.startswith("'")
        assert not tab.endswith("'")
