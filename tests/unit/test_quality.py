"""The quality report: findings, the figures behind them, and what touches a result."""

from __future__ import annotations

import json
import re
from datetime import date
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.errors import DataError, UsageError
from hotspots.model import INCIDENT_COLUMNS, Period, SourceFile, Wards
from hotspots.quality import CHECKS, SEVERITIES, Duplicates, Finding, Inputs, examine, touching
from hotspots.quality.words import incidents, listed, month_text, percent
from tests.support import nine_wards

DOCS = Path(__file__).parents[2] / "docs" / "quality.md"


def frame(rows: int, **columns: object) -> pd.DataFrame:
    """So many incidents, all alike but for the columns given."""
    start = pd.Timestamp("2021-06-01")
    values: dict[str, object] = {
        **dict.fromkeys(INCIDENT_COLUMNS),
        "category": "asb",
        "starts_at": start,
        "ends_at": start,
        "precision": "day",
        "recorded_at": pd.NaT,
        "x": 601_234.5,
        "y": 201_234.5,
        "placed": "given",
        "agency": "Test",
        "file": "test.csv",
        **columns,
    }
    made = pd.DataFrame(values, index=range(rows))
    made["row"] = np.arange(2, rows + 2)
    times = ("starts_at", "ends_at", "recorded_at")
    made = made.astype(dict.fromkeys(times, "datetime64[us]"))
    texts = [n for n in INCIDENT_COLUMNS if n not in (*times, "x", "y", "row")]
    return made.astype(dict.fromkeys(texts, "str"))[list(INCIDENT_COLUMNS)]


def found(data: Inputs, check: str) -> list[Finding]:
    return list(CHECKS[check](data))


texts = st.text(max_size=20)
lists = st.lists(texts, max_size=3).map(tuple)
findings = st.builds(
    Finding,
    code=texts,
    severity=st.sampled_from(SEVERITIES),
    title=texts,
    count=st.integers(0, 10**9),
    share=st.none() | st.floats(0, 1),
    example=st.none() | texts,
    effect=texts,
    advice=texts,
    categories=lists,
    months=lists,
    agencies=lists,
)


@given(findings)
def test_a_finding_survives_json(finding: Finding) -> None:
    assert Finding.from_dict(json.loads(json.dumps(finding.as_dict()))) == finding


@pytest.mark.parametrize("change", [{"severity": "bad"}, {"colour": "red"}, {"title": ...}])
def test_what_is_no_finding_is_refused(change: dict[str, object]) -> None:
    values = Finding("a", "note", "t", 1, None, None, "e", "d").as_dict() | change
    if change == {"title": ...}:
        del values["title"]
    with pytest.raises(DataError, match="finding"):
        Finding.from_dict(values)


def test_nothing_is_found_in_nothing() -> None:
    empty = Inputs(frame(0), wards=nine_wards(), today=date(2021, 7, 1))
    assert examine(empty) == ()


def test_the_serious_come_first_and_each_says_all() -> None:
    file = SourceFile("test.csv", "mapping", "", "", None, 110, 60, 50)
    data = Inputs(
        frame(60, x=0.0, starts_at=pd.Timestamp("2022-01-01")),
        (file,),
        {"date is blank": 50},
        nine_wards(),
        date(2021, 7, 1),
        Duplicates(3, "test.csv, row 4"),
    )
    report = examine(data)
    ranks = [SEVERITIES.index(f.severity) for f in report]
    assert ranks == sorted(ranks) and len(set(ranks)) > 1
    assert {"rejected", "outside-wards", "future-date", "superseded"} <= {f.code for f in report}
    for finding in report:
        assert finding.count > 0
        for sentence in (finding.title, finding.effect, finding.advice):
            assert re.fullmatch(r"[A-Z0-9].*\.", sentence)


def test_every_code_and_check_is_documented() -> None:
    code = re.compile(r'code="([a-z-]+)"|"((?:mended-|placed-by-|future-|recorded-)[a-z]+)"')
    sources = Path(DOCS.parents[1] / "hotspots" / "quality" / "checks").glob("*.py")
    text = DOCS.read_text("utf-8")
    codes = {a or b for p in sources for a, b in code.findall(p.read_text("utf-8"))}
    codes |= {"alike-to-the-minute", "alike-anonymous"}
    assert len(codes) > 20
    assert [c for c in sorted(codes) if f"`{c}`" not in text] == []


# -- what touches a result ------------------------------------------------------------------------


def _about(categories: tuple[str, ...] = (), months: tuple[str, ...] = ()) -> Finding:
    return Finding("a", "note", "t", 1, None, None, "e", "d", categories, months)


@pytest.mark.parametrize(
    ("period", "month", "touches"),
    [
        ("2021-06", "2021-06", True),
        ("2021-06", "2020-06", True),
        ("2021-06", "2020-05", False),
        ("2021-06", "2021-07", False),
        ("2021", "2020-01", True),
        ("2021", "2021-12", True),
        ("2021-W23", "2021-06", True),
        ("2021-W26", "2021-07", True),  # 28 June to 4 July
        ("2021-W26", "2021-08", False),
    ],
)
def test_months_of_the_period_and_a_year_before(period: str, month: str, touches: bool) -> None:
    assert bool(touching([_about(months=(month,))], Period.parse(period), "asb")) is touches


def test_categories_that_a_total_counts() -> None:
    period = Period.parse("2021-06")
    burglary, all_of_them = _about(("burglary",)), _about()
    assert touching([burglary, all_of_them], period, "crime") == (burglary, all_of_them)
    assert touching([burglary, all_of_them], period, "asb") == (all_of_them,)
    damage = _about(("criminal_damage",))
    assert touching([damage], period, "deliberate_fires_and_arson") == (damage,)
    with pytest.raises(UsageError, match="category"):
        touching([], period, "no such")


# -- checks on made-up rows -----------------------------------------------------------------------


def test_unmapped_categories_are_told_with_their_texts() -> None:
    rows = frame(200, category=["unmapped"] * 3 + ["asb"] * 197, source_category="Littering")
    (finding,) = found(Inputs(rows), "unmapped")
    assert (finding.count, finding.severity) == (3, "careful")
    assert "'Littering'" in finding.title and finding.example == "test.csv, row 2"
    assert found(Inputs(rows[3:]), "unmapped") == []


def test_superseded_versions_are_counted() -> None:
    data = Inputs(frame(1), duplicates=Duplicates(7, "old.csv, row 9"))
    (finding,) = found(data, "duplicates")
    assert (finding.code, finding.count, finding.example) == ("superseded", 7, "old.csv, row 9")


def test_alike_to_the_minute_is_careful_and_by_day_a_note() -> None:
    for precision, severity in (("minute", "careful"), ("day", "note"), ("month", "note")):
        (finding,) = found(Inputs(frame(3, precision=precision)), "duplicates")
        assert (finding.count, finding.severity) == (2, severity)
    assert found(Inputs(frame(3, reference=["a", "b", "c"])), "duplicates") == []


def test_recorded_before_it_began_is_said() -> None:
    starts = pd.to_datetime(["2021-06-03", "2021-06-03", "2021-06-03"])
    recorded = pd.to_datetime(["2021-06-01 00:00", "2021-06-02 12:00", None])
    rows = frame(3, starts_at=starts, recorded_at=recorded)
    (finding,) = found(Inputs(rows), "future")
    assert (finding.code, finding.count) == ("recorded-before", 1)
    assert found(Inputs(rows.assign(precision="month")), "future") == []


def test_an_agency_of_few_incidents_may_have_a_quiet_month() -> None:
    months = pd.to_datetime(["2021-01-05", "2021-02-05", "2021-04-05", "2021-05-05"])
    (finding,) = found(Inputs(frame(4, starts_at=months)), "gaps")
    assert (finding.code, finding.severity, finding.months) == ("quiet-month", "note", ("2021-03",))


def test_far_away_is_measured_from_the_wards() -> None:
    rows = frame(3, x=[601_000.0, 601_000.0, 601_000.0], y=[201_000.0, 360_000.0, 358_000.0])
    (finding,) = [f for f in found(Inputs(rows, wards=nine_wards()), "area") if f.code[0] == "f"]
    assert finding.count == 1 and finding.example == "test.csv, row 3"  # 151 km; the other 149


def test_many_labels_at_a_postcode_or_on_a_coarse_grid_are_no_default_place() -> None:
    streets = [f"{'abcdefghij'[i]}street" for i in range(10)] * 6
    point = frame(60, location=streets)
    elsewhere = frame(60, location=streets, x=601_000.3 + np.arange(60) * 7.1)
    both = pd.concat([point, elsewhere], ignore_index=True)
    (finding,) = found(Inputs(both), "default-places")
    assert (finding.code, finding.count) == ("default-place", 60)
    for placed in ("postcode", "masked"):
        assert (
            found(Inputs(both.assign(placed=[placed] * 60 + ["given"] * 60)), "default-places")
            == []
        )
    coarse = both.assign(x=601_000 + 1_000.0 * (both.index // 2), y=201_000.0)
    coarse.loc[:59, "x"] = 600_000.0
    assert found(Inputs(coarse), "default-places") == []


def test_inputs_are_not_changed() -> None:
    rows = frame(50, location=["High Street", None] * 25)
    before = rows.copy(deep=True)
    examine(Inputs(rows, wards=nine_wards(), today=date(2021, 7, 1)))
    pd.testing.assert_frame_equal(rows, before)


@cache
def _wards() -> Wards:
    return nine_wards()  # their index is made once


_times = st.datetimes(pd.Timestamp("1900-01-01"), pd.Timestamp("2150-01-01"))
_row = st.fixed_dictionaries(
    {
        "reference": st.sampled_from([None, "r1", "r2"]),
        "category": st.sampled_from(["asb", "criminal_damage", "deliberate_fire", "unmapped"]),
        "subcategory": st.sampled_from([None, "arson"]),
        "starts_at": _times,
        "recorded_at": st.none() | _times,
        "precision": st.sampled_from(["minute", "day", "month"]),
        "x": st.sampled_from([0.0, 600_500.0, 604_500.0, 604_500.25]),
        "y": st.sampled_from([0.0, 200_500.0, 1e6]),
        "placed": st.sampled_from(["given", "postcode", "masked", "mended"]),
        "location": st.sampled_from([None, "", "High Street", "Low Street"]),
        "agency": st.sampled_from([None, "A", "B"]),
    }
)


@settings(max_examples=25)
@given(st.lists(_row, max_size=30), st.integers(1, 40), st.randoms(use_true_random=False))
def test_any_rows_give_the_same_report_in_any_order(
    rows: list[dict[str, object]], times: int, random: Random
) -> None:
    many = [row for row in rows for _ in range(times)]
    order = random.sample(range(len(many)), len(many))

    def report(chosen: list[dict[str, object]]) -> list[tuple[object, ...]]:
        columns = {name: [row[name] for row in chosen] for name in (chosen[0] if chosen else {})}
        made = frame(len(chosen), **columns)
        made["ends_at"] = made["starts_at"]
        data = Inputs(made, wards=_wards(), today=date(2021, 7, 1))
        told = examine(data)
        for finding in told:
            assert finding.count > 0 and (finding.share is None or 0 <= finding.share <= 1)
            assert Finding.from_dict(json.loads(json.dumps(finding.as_dict()))) == finding
        return [(f.code, f.severity, f.count, f.months, f.categories) for f in told]

    assert report(many) == report([many[i] for i in order])


def test_equal_corners_are_told_in_one_order() -> None:
    west = frame(6, x=600_000.0, y=200_000.0, category="asb")
    east = frame(6, x=610_000.0, y=200_000.0, category="burglary")
    rest = frame(20, x=604_500.25, y=200_500.0)
    told = [
        [
            (f.count, f.categories)
            for f in examine(Inputs(pd.concat(parts, ignore_index=True)))
            if f.code == "corner-place"
        ]
        for parts in ([west, east, rest], [rest, east, west])
    ]
    assert told[0] == told[1] == [(6, ("asb",)), (6, ("burglary",))]


def test_words() -> None:
    assert [month_text(m) for m in (0, 569, 616)] == ["1970-01", "2017-06", "2021-05"]
    assert listed(["a"]) == "a" and listed(["a", "b", "c"]) == "a, b and c"
    assert listed(list("abcdef")) == "a, b, c, d and 2 more"
    assert [percent(s) for s in (0.0, 0.0004, 0.051, 0.5)] == [
        "0.0 %",
        "below 0.1 %",
        "5.1 %",
        "50 %",
    ]
    assert (incidents(1), incidents(1234)) == ("1 incident", "1,234 incidents")


@pytest.mark.parametrize(
    ("reason", "severity", "advice"),
    [
        ('status is "Cancelled"', "note", "leaves them out"),
        ("reference repeated", "serious", "a row for each person or offence"),
        ("no coordinates", "serious", "import the file again"),
    ],
)
def test_rows_left_out_by_choice_are_no_fault(reason: str, severity: str, advice: str) -> None:
    file = SourceFile("f.csv", "mapping", "1" * 64, "2" * 64, None, 100, 60, 40)
    nothing = pd.DataFrame(columns=list(INCIDENT_COLUMNS))
    found = list(CHECKS["rejected"](Inputs(nothing, (file,), {reason: 40})))
    assert [f.severity for f in found] == [severity]
    assert advice in found[0].advice
