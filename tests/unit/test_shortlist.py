"""The ward shortlist: what it lists and says, and what it does where something is not known."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pytest
import shapely

from hotspots.errors import UsageError
from hotspots.evidence.shortlist import ShortlistRow, WardFigures, WardShortlist, make_shortlist
from hotspots.model import WARD_COLUMNS, Period, Wards
from hotspots.profile import Profile, Shortlist
from hotspots.sheets import Blank, shown
from hotspots.taxonomy import category
from tests.support import nine_wards

JUNE = Period.parse("2021-06")
State = Literal["known", "part", "missing"]
#: D1 has wards 0 to 5, of 1,000 to 6,000 residents; D2 wards 6 to 8, of 7,000 to 9,000.
NOW = (30, 20, 30, 40, 50, 60, 70, 80, 90)


def figures(
    counts: Sequence[int],
    period: Period = JUNE,
    state: State = "known",
    withheld: Sequence[int] = (),
    totals: Mapping[str, int | None] | None = None,
) -> WardFigures:
    hidden = np.zeros(len(counts), dtype=bool)
    hidden[list(withheld)] = True
    return WardFigures(period, np.array(counts, dtype=np.int64), hidden, state, totals or {})


def shortlist(
    now: Sequence[int] = NOW,
    year_before: Sequence[int] | None = None,
    before: Sequence[int] | None = None,
    *,
    wards: Wards | None = None,
    hotspots: Mapping[str, Sequence[str]] | None = None,
    state: State = "known",
    past_state: State = "known",
    **rule: Any,
) -> WardShortlist:
    area = nine_wards() if wards is None else wards
    return make_shortlist(
        area,
        figures(now, state=state),
        figures(now if before is None else before, JUNE.back(1), past_state),
        figures(now if year_before is None else year_before, JUNE.years_back(1), past_state),
        category("asb"),
        Profile(shortlist=Shortlist(**rule)),
        hotspots or {},
        False,
    )


def of(found: WardShortlist, code: str) -> ShortlistRow:
    (row,) = [row for row in found.rows if row.ward_code == code]
    return row


def changed_wards(**columns: Any) -> Wards:
    wards = nine_wards()
    frame = wards.frame.assign(**columns)
    return Wards(frame[list(WARD_COLUMNS)], wards.vintage)


# -- numbers ---------------------------------------------------------------------------------------


def test_rates_shares_and_ranks_by_hand() -> None:
    found = shortlist()
    first = of(found, "T000")
    assert (first.incidents, first.residents, first.rate) == (30, 1000, 30.0)
    assert first.borough_rate == pytest.approx(1000 * 230 / 21_000)
    assert first.rate_ratio == pytest.approx(30 / (1000 * 230 / 21_000))
    assert first.share == pytest.approx(30 / 230)
    # 90, 80, 70, 60, 50, 40, then two of 30
    assert [row.rank for row in found.rows] == [1, 2, 3, 4, 5, 6, 7, 7, 9]
    assert [row.ward_code for row in found.rows[6:]] == ["T000", "T002", "T001"]
    assert of(found, "T008").share == pytest.approx(90 / 240)
    for row in found.rows:
        assert row.rank_lower <= row.rank <= row.rank_upper  # type: ignore[operator]
        assert row.steadied_lower <= row.steadied <= row.steadied_upper  # type: ignore[operator]


def test_each_borough_has_its_own_target() -> None:
    # 10 per 1,000 everywhere in D1, 50 in D2: nobody differs from their own borough
    found = shortlist([10, 20, 30, 40, 50, 60, 350, 400, 450])
    assert {row.funnel for row in found.rows} == {0}
    assert {row.rate_ratio for row in found.rows} == {1.0}
    assert {code: plot.target for code, plot in found.funnels.items()} == {"D1": 10, "D2": 50}


def test_over_dispersion_widens_the_flag_and_is_said() -> None:
    counts = (60, 2, 80, 5, 90, 8, 70, 80, 90)
    plain, wide = shortlist(counts, overdispersion="none"), shortlist(counts)
    assert of(plain, "T000").funnel == of(plain, "T000").funnel_poisson == 2
    assert of(wide, "T000").funnel_poisson == 2
    assert of(wide, "T000").funnel == 0
    assert any("which the limits do not allow for" in note for note in plain.notes)
    assert any("South: 11.7 per 1,000 residents" in note for note in wide.notes)
    assert any("times as wide" in note for note in wide.notes)


def test_changes_are_of_counts_and_tested() -> None:
    now, past = list(NOW), list(NOW)
    now[0], past[0] = 58, 31
    now[1], past[1] = 20, 0
    row = of(shortlist(now, past), "T000")
    assert row.year_before.count == 31
    assert row.year_before.change == pytest.approx(27 / 31)
    found = shortlist(now, past)
    assert of(found, "T001").year_before.change is Blank.NOT_APPLICABLE
    assert of(found, "T001").year_before.rise
    assert of(found, "T005").year_before.change == 0
    assert of(found, "T005").year_before.says == "Could be chance"
    assert not of(found, "T005").before.clear


# -- the rule --------------------------------------------------------------------------------------


def test_each_criterion_lists_for_its_own_reason() -> None:
    rate = shortlist((60, 20, 30, 40, 50, 60, 70, 80, 90), criteria=["rate"])
    assert [row.ward_code for row in rate.listed] == ["T000"]
    assert rate.listed[0].why == (
        "4.8 times South’s rate, more than chance and the usual differences between wards explain."
    )
    share = shortlist(criteria=["share"], share=0.3)
    assert [row.ward_code for row in share.listed] == ["T008", "T007"]
    assert share.listed[0].why == "38% of North’s total."
    past = list(NOW)
    past[4] = 10
    rise = shortlist(NOW, past, criteria=["rise"])
    assert [row.why for row in rise.listed] == ["Up on June 2020 (10 to 50)."]
    hot = shortlist(criteria=["hotspot"], hotspots={"T003": ("1", "2", "A"), "T002": ("3",)})
    assert [row.why for row in hot.listed] == ["Holds hot spots 1, 2 and A.", "Holds hot spot 3."]


def test_wards_that_stand_out_together_are_listed() -> None:
    boxes = [shapely.box(c, r, c + 1, r + 1) for r in range(6) for c in range(6)]
    frame = gpd.GeoDataFrame(
        {
            "ward_code": [f"W{i:02d}" for i in range(36)],
            "ward_name": [f"Ward {i}" for i in range(36)],
            "district_code": "D1",
            "district_name": "South",
            "vintage": "2021",
            "population": 5000.0,
        },
        geometry=boxes,
        crs="EPSG:27700",
    )
    counts = [10] * 36
    counts[0] = counts[1] = counts[6] = counts[7] = 50
    counts[35] = 60  # high, but alone
    found = shortlist(counts, wards=Wards(frame, "2021"), criteria=["cluster"])
    listed = {row.ward_code for row in found.listed}
    assert {"W00", "W01", "W06"} <= listed
    assert "W35" not in listed
    assert found.listed[0].why == (
        "With the wards around it more than chance would bring together."
    )


def test_reasons_are_put_together_in_the_rules_order() -> None:
    past = (25, 20, 30, 40, 50, 60, 70, 80, 90)
    found = shortlist(
        (58, 20, 30, 40, 50, 60, 70, 80, 90),
        past,
        criteria=["rise", "share", "rate"],
        overdispersion="none",
    )
    assert of(found, "T000").met == ("rise", "share", "rate")
    assert of(found, "T000").why == (
        "Up on June 2020 (25 to 58); 22% of South’s total; 4.7 times South’s rate, more than "
        "chance explains."
    )


def test_twice_and_a_little_above_are_said_so() -> None:
    # D2: 7,000 + 8,000 + 9,000 residents; ward 6 has twice the rate of all
    found = shortlist(
        (10, 20, 30, 40, 50, 60, 1400, 500, 500), criteria=["rate"], overdispersion="none"
    )
    assert of(found, "T006").why.startswith("Twice North’s rate")
    found = shortlist(
        (1, 2, 3, 4, 5, 6, 77_000, 80_000, 90_000), criteria=["rate"], overdispersion="none"
    )
    assert of(found, "T006").why.startswith("6.9% above North’s rate")


def test_least_and_at_most_hold_and_are_said() -> None:
    found = shortlist(criteria=["share"], share=0.01, at_most=4, least=40)
    assert [row.ward_code for row in found.listed] == ["T008", "T007", "T006", "T005"]
    assert of(found, "T004").why == "Not listed: 4 wards with more incidents are."
    assert of(found, "T000").why == "Not listed: fewer than 40 incidents."
    assert found.rule == (
        "A ward is listed if it has at least 40 incidents and this: at least 1% of its borough’s "
        "total. At most 4 are listed, those with most incidents first."
    )


def test_the_rule_names_every_criterion() -> None:
    every = ["rate", "share", "rise", "cluster", "hotspot"]
    said = shortlist(criteria=every, funnel_level=0.998, overdispersion="none").rule
    assert "a rate above the 99.8% limit of its borough’s funnel;" in said
    assert "at least 10% of its borough’s total;" in said
    assert "a clear rise on June 2020;" in said
    assert "than chance would bring together;" in said
    assert "a hot spot in it." in said
    assert "widened" in shortlist().rule
    one = shortlist(criteria=())
    assert one.listed == ()
    assert one.rule == "No ward is listed: the profile’s rule names no criterion."


def test_a_higher_level_lists_no_more() -> None:
    counts = (30, 20, 30, 40, 50, 60, 70, 80, 90)
    listed = [
        {row.ward_code for row in shortlist(counts, criteria=["rate"], funnel_level=level).listed}
        for level in (0.6, 0.95, 0.9999999)
    ]
    assert listed[0] >= listed[1] >= listed[2]
    assert listed[0] > listed[2]


def test_the_headline_counts_and_names() -> None:
    assert shortlist(criteria=["share"], share=0.3).headline == (
        "Two of 9 wards are on the shortlist for anti-social behaviour in June 2021: Ward 8 and "
        "Ward 7."
    )
    assert shortlist(criteria=["share"], share=0.13).headline.endswith("Ward 6 and five more.")
    assert shortlist(criteria=["hotspot"]).headline == (
        "None of 9 wards is on the shortlist for anti-social behaviour in June 2021."
    )
    assert " in June 2021 so far" in shortlist(state="part").headline


# -- what is not known -----------------------------------------------------------------------------


def test_a_missing_period_has_no_number_and_lists_nobody() -> None:
    found = shortlist(state="missing", hotspots={"T000": ("1",)})
    assert found.listed == ()
    assert found.funnels == {}
    assert found.headline.startswith("No data on anti-social behaviour in June 2021")
    for row in found.rows:
        assert row.incidents is row.rank is row.share is row.funnel is Blank.NO_DATA
        assert row.rate is row.steadied is row.gi_z is row.borough_rate is Blank.NO_DATA
        assert row.residents == 1000 * (row.position + 1)
        assert row.year_before.change is Blank.NOT_COMPARED
        assert row.year_before.count == NOW[row.position]
        assert row.why == ""


@pytest.mark.parametrize("state", ["part", "missing"])
def test_a_past_that_is_not_whole_is_no_rise(state: State) -> None:
    found = shortlist(NOW, [1] * 9, past_state=state, criteria=["rise"])
    assert found.listed == ()
    row = found.rows[0]
    assert row.year_before.change is row.year_before.p_adjusted is Blank.NOT_COMPARED
    assert row.year_before.count == (Blank.NO_DATA if state == "missing" else 1)
    assert sum("no change is claimed" in note for note in found.notes) == 2
    labels = [column.label for column in found.sheet().columns]
    assert ("Incidents, June 2020 (part)" in labels) == (state == "part")


def test_unknown_residents_leave_counts_ranks_and_shares() -> None:
    some = changed_wards(population=[np.nan, 0.0, *range(3000, 10_000, 1000)])
    found = shortlist(wards=some)
    row = of(found, "T000")
    assert (row.incidents, row.rank) == (30, 7)
    assert row.residents is row.rate is row.steadied is row.funnel is Blank.NO_DATA
    assert of(found, "T001").residents == 0
    assert of(found, "T001").rate is Blank.NO_DATA
    assert of(found, "T002").borough_rate == pytest.approx(1000 * 180 / 18_000)
    assert found.funnels["D1"].left_out == 2
    assert any("The residents of 1 ward are not known" in note for note in found.notes)
    none = shortlist(wards=changed_wards(population=np.nan), criteria=["share", "rate"])
    assert none.funnels == {}
    assert "Residents are not known: there are counts, but no rates." in none.notes
    assert [row.incidents for row in none.rows] == sorted(NOW, reverse=True)
    assert none.listed


def test_no_incident_lists_nobody_and_divides_by_nothing() -> None:
    found = shortlist([0] * 9, [0] * 9, [0] * 9, least=1)
    assert found.listed == ()
    assert found.funnels == {}
    for row in found.rows:
        assert (row.incidents, row.rate, row.steadied) == (0, 0.0, 0.0)
        assert row.share is row.funnel is row.rate_ratio is Blank.NOT_APPLICABLE
        assert (row.rank, row.rank_lower, row.rank_upper) == (1, 1, 9)
        assert row.year_before.change is Blank.NOT_APPLICABLE


def test_wards_without_districts_are_one_area() -> None:
    found = shortlist(wards=changed_wards(district_code=None, district_name=None))
    assert set(found.funnels) == {""}
    assert "of the area’s total" in of(found, "T008").why
    labels = [column.label for column in found.sheet().columns]
    assert "Share of the area’s total" in labels
    assert "Borough" not in labels
    assert "the area’s funnel" in found.rule


def test_one_ward_alone() -> None:
    wards = nine_wards()
    one = Wards(wards.frame.iloc[:1], wards.vintage)
    found = shortlist([12], wards=one)
    (row,) = found.rows
    assert (row.rank, row.rank_lower, row.rank_upper, row.share) == (1, 1, 1, 1.0)
    assert (row.funnel, row.rate_ratio) == (0, 1.0)
    assert row.why == "100% of South’s total."


def test_bad_input_is_refused_in_a_sentence() -> None:
    wards = nine_wards()
    with pytest.raises(UsageError, match="one number a ward"):
        shortlist([1, 2, 3])
    with pytest.raises(UsageError, match="at least one ward"):
        shortlist([], wards=Wards(wards.frame.iloc[:0], wards.vintage))


# -- the sheet -------------------------------------------------------------------------------------


def test_the_sheet_has_every_cell_and_names_its_denominators() -> None:
    found = shortlist(hotspots={"T000": ("1", "A")})
    sheet = found.sheet()
    keys = [column.key for column in sheet.columns]
    assert len(keys) == len(set(keys))
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", key) for key in keys)
    assert all(list(row) == keys for row in sheet.rows)
    assert len(sheet.name) <= 31
    assert sheet.notes[:2] == (found.headline, found.rule)
    assert sheet.title == "Ward shortlist: Anti-social behaviour in North and South, June 2021"
    labels = {column.key: column.label for column in sheet.columns}
    assert labels["rate"] == "Per 1,000 residents"
    assert labels["share"] == "Share of its borough’s total"
    assert labels["year_incidents"] == "Incidents, June 2020"
    by_code = {row["ward_code"]: row for row in sheet.rows}
    assert by_code["T000"]["hotspots"] == "1, A"
    assert by_code["T001"]["hotspots"] is Blank.NOT_APPLICABLE
    column = next(column for column in sheet.columns if column.key == "share")
    assert shown(by_code["T008"]["share"], column) == "37.5%"
    for row in sheet.rows:
        assert not [value for value in row.values() if isinstance(value, float) and value != value]


def test_a_workbook_has_what_a_manager_reads_first_and_loses_nothing() -> None:
    found = shortlist(hotspots={"T000": ("1", "A")}, at_most=3, criteria=["share", "rise"])
    whole, (main, details) = found.sheet(), found.tabs()
    keys = [column.key for column in main.columns]
    assert keys[:5] == ["rank", "ward", "district", "listed", "why"]
    assert len(keys) < 16
    assert set(keys) | {column.key for column in details.columns} == set(whole.rows[0])
    # no change stands without what its test says
    for tab in (main, details):
        names = {column.key for column in tab.columns}
        assert ("year_change" in names) <= ("year_says" in names)
        assert ("before_change" in names) <= ("before_says" in names)
    listed = [row["listed"] for row in main.rows]
    assert listed == ["Yes"] * 3 + ["No"] * 6
    assert [row["ward"] for row in main.rows] == [row["ward"] for row in details.rows]
    # the same cells: each row of a tab is a part of a row of the whole
    by_code = {row["ward_code"]: row for row in whole.rows}
    for top, below in zip(main.rows, details.rows, strict=True):
        row = by_code[below["ward_code"]]
        assert {**top, **below} == {key: row[key] for key in {**top, **below}}


def test_paper_has_the_listed_wards_and_the_columns_that_fit() -> None:
    found = shortlist(hotspots={"T000": ("1", "A")}, at_most=3, criteria=["share", "rise"])
    whole, paper = found.sheet(), found.paper()
    assert [row["ward"] for row in paper.rows] == [row.ward_name for row in found.listed]
    keys = [column.key for column in paper.columns]
    assert keys == [column.key for column in whole.columns if column.key in keys]
    assert keys[:4] == ["rank", "ward", "district", "why"]
    assert {"cluster", "hotspots", "year_says", "before_says"} < set(keys)
    assert len(keys) == 15
    # nothing that only an analyst reads, and no change without what its test says
    assert not {"listed", "ward_code", "gi_z", "rank_from", "steadied_to"} & set(keys)
    assert not [column for column in paper.columns if column.kind == "p"]
    assert "before_change" not in keys
    last = "All wards and columns: export the shortlist itself."
    assert paper.notes == (*whole.notes, last)
    assert (paper.title, paper.name) == (whole.title, whole.name)


def test_paper_without_boroughs_has_room_for_one_count_more() -> None:
    with_names, without = (
        {column.key for column in shortlist(wards=wards).paper().columns}
        for wards in (None, changed_wards(district_code="", district_name=""))
    )
    assert with_names - without == {"district"}
    assert without - with_names == {"before_incidents"}


def test_paper_on_which_nobody_is_listed_says_so() -> None:
    paper = shortlist(criteria=[]).paper()
    assert paper.rows == ()
    assert paper.notes[0] == "No ward is listed."


def test_one_borough_is_named_in_the_labels() -> None:
    wards = nine_wards()
    south = Wards(wards.frame.iloc[:6], wards.vintage)
    sheet = shortlist(NOW[:6], wards=south).sheet()
    labels = [column.label for column in sheet.columns]
    assert "Share of South’s total" in labels
    assert "Times South’s rate" in labels


def test_names_from_data_are_tidied() -> None:
    hostile = "a\u202eb\x00c"
    found = shortlist(wards=nine_wards(names=[hostile] * 9), criteria=["share"])
    assert found.rows[0].ward_name == "a\ufffdb\ufffdc"
    assert "\u202e" not in found.headline
    texts = [
        value for row in found.sheet().rows for value in row.values() if isinstance(value, str)
    ]
    assert not any("\x00" in text or "\u202e" in text for text in texts)


def test_the_same_input_gives_the_same_rows() -> None:
    first, second = shortlist(), shortlist()
    assert first.rows == second.rows
    assert {field.name for field in fields(ShortlistRow)} >= {"why", "rank_lower", "hotspots"}


def test_a_series_break_between_the_periods_is_said() -> None:
    """From April 2018 more is recorded as violence: a rise on the year before is not all real."""
    periods = [Period.parse(text) for text in ("2018-06", "2018-05", "2017-06")]
    made = [
        make_shortlist(
            nine_wards(),
            *(figures(NOW, period) for period in periods),
            category(code),
            Profile(),
            {},
            False,
        )
        for code in ("violence", "asb")
    ]
    said = ["April 2018" in " ".join(found.notes) for found in made]
    assert said == [True, False]
