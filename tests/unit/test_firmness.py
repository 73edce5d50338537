from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from hotspots.analysis import find_hotspots
from hotspots.clustering.weights import band_half_widths
from hotspots.errors import ResultError, UsageError
from hotspots.meeting.firm_settings import Setting, settings_grid, what_fails
from hotspots.meeting.firmness import Look, firmness, setting_grid
from hotspots.meeting.looks import Looked, looks_at
from hotspots.model import Incidents, Period, Wards
from hotspots.profile import Profile
from hotspots.results import Result
from hotspots.selection import Selection, select
from hotspots.taxonomy import category
from tests.support import a_year_with_a_flare_up, nine_wards


def selected(incidents: Incidents, wards: Wards, result: Result) -> Selection:
    return select(incidents, wards, Profile(), result.period, category("asb"))


def places_of(result: Result) -> list[tuple[str, tuple[float, float]]]:
    table = result.places
    peaks = zip(table["peak_x"], table["peak_y"], strict=True)
    return list(zip(table["question"], peaks, strict=True))


def moved_by(incidents: Incidents, wards: Wards, metres: float) -> tuple[Incidents, Wards]:
    """The same world somewhere else; the grid stays where it is."""
    frame = incidents.frame
    here = frame.assign(x=frame["x"] + metres, y=frame["y"] + metres)
    ground = wards.frame.copy()
    ground.geometry = ground.geometry.translate(metres, metres)
    return Incidents(here, files=incidents.files), Wards(ground, wards.vintage)


def test_each_setting_is_what_a_whole_analysis_with_it_finds() -> None:
    # a moved grid over the world is the grid as it is over a world moved the other way
    incidents, wards, asked = a_year_with_a_flare_up(), nine_wards(), Profile()
    result = find_hotspots(incidents, wards, asked, period="2024-01", category="asb")
    chosen = selected(incidents, wards, result)
    now, history = (f[["x", "y"]].to_numpy() for f in (chosen.area, chosen.history))
    # beside the listed places, spots near the flare-up where settings disagree
    near = [
        (q, (604_625.0 + 250 * i, 201_375.0 + 250 * i))
        for q in ("concentrated", "worse")
        for i in (1, 2, 3)
    ]
    listed = [*places_of(result), *near]
    firm = firmness(listed, [Look(wards, now, history)], asked)
    disagree = 0
    for setting in settings_grid(asked, [("", wards.vintage)]):
        half = setting.cell_size_m / 2 if setting.moved else 0.0
        there, ground = moved_by(incidents, wards, -half)
        profile = Profile(cell_size_m=setting.cell_size_m, distance_m=setting.distance_m)
        hot = find_hotspots(there, ground, profile, period="2024-01", category="asb").hotspots
        for (question, (x, y)), found in zip(listed, firm, strict=True):
            square = shapely.box(x - 125 - half, y - 125 - half, x + 125 - half, y + 125 - half)
            outlines = hot.geometry[hot["question"] == question]
            holds = bool((outlines.intersection(square).area > 1.0).any())
            assert (setting not in found.fails) == holds, (setting, question, x, y)
            disagree += not holds
    assert 0 < disagree < 12 * len(listed)


def test_a_moved_grid_has_the_squares_whose_centre_is_in_the_area() -> None:
    wards = nine_wards()
    frame = wards.frame.copy()
    # edges that are no multiple of any square
    frame.geometry = frame.geometry.rotate(20, origin=(604_500, 204_500))
    turned = Wards(frame, "2021")
    for size in (200.0, 300.0):
        still, moved = (setting_grid(turned, size, moved) for moved in (False, True))
        assert (moved.x0 - still.x0) % size == (moved.y0 - still.y0) % size == size / 2
        inside = shapely.contains_xy(turned.study_area, *np.moveaxis(moved.centres, -1, 0))
        np.testing.assert_array_equal(moved.mask, inside)
        # and no square is left out beyond the grid's edge
        assert moved.mask.sum() * size**2 == pytest.approx(81e6, rel=0.01)


def test_a_flare_up_is_firm_and_chance_is_not() -> None:
    incidents, wards = a_year_with_a_flare_up(), nine_wards()
    result = find_hotspots(incidents, wards, period="2024-01", category="asb")
    chosen = selected(incidents, wards, result)
    now, history = (f[["x", "y"]].to_numpy() for f in (chosen.area, chosen.history))
    firm = firmness(places_of(result), [Look(wards, now, history)], Profile())
    for hot, found in zip(result.places["hot"], firm, strict=True):
        assert found.of == 12
        assert found.holds == (12 if hot else 0)
        assert found.holds + len(found.fails) == found.of
    said = dict(zip(result.places["marker"], firm, strict=True))
    assert said["1"].sentence == said["A"].sentence == "Holds in 12 of 12 settings."
    assert said["1"].changes == ""
    assert said["5"].sentence == "Holds in 0 of 12 settings."


def test_the_profile_itself_is_a_setting_and_agrees_with_its_result() -> None:
    rng = np.random.default_rng(21)
    incidents, wards = a_year_with_a_flare_up(), nine_wards()
    frame = incidents.frame
    # fewer and fewer of the flare-up, so that it goes from very clear to chance
    late = np.flatnonzero((frame["starts_at"] >= "2024-01-01").to_numpy())
    hot_ones = 0
    for kept in (24, 16, 12, 9, 7, 5):
        out = rng.permutation(late[-30:])[: 30 - kept]
        thinned = Incidents(frame.drop(index=frame.index[out]), files=incidents.files)
        result = find_hotspots(thinned, wards, period="2024-01", category="asb")
        chosen = selected(thinned, wards, result)
        now, history = (f[["x", "y"]].to_numpy() for f in (chosen.area, chosen.history))
        firm = firmness(places_of(result), [Look(wards, now, history)], Profile())
        own = [
            not any(s.cell_size_m == 250 and s.distance_m == 400 and not s.moved for s in f.fails)
            for f in firm
        ]
        assert own == result.places["hot"].tolist()
        hot_ones += sum(own)
    assert hot_ones >= 2


def test_there_are_twelve_settings_and_the_profile_is_one() -> None:
    settings = settings_grid(Profile())
    assert len(settings) == len({(s.cell_size_m, s.moved, s.distance_m) for s in settings}) == 12
    assert len({s.label for s in settings}) == 12
    assert {s.cell_size_m for s in settings} == {200, 250, 300}
    own = [s for s in settings if s.cell_size_m == 250 and not s.moved and s.distance_m == 400]
    assert len(own) == 1
    assert own[0].label == "squares of 250 m, the grid as it is, the usual neighbourhoods"
    assert {s.distance_m for s in settings if s.cell_size_m == 300} == {480, 600}


@given(
    st.floats(20, 2_000),
    st.floats(0.2, 6),
    st.sampled_from(["disc", "square"]),
)
def test_a_wider_neighbourhood_holds_more_squares_and_size_changes_none(
    cell: float, ratio: float, band: str
) -> None:
    profile = Profile(cell_size_m=cell, distance_m=cell * ratio, band=band)
    squares: dict[bool, set[int]] = {False: set(), True: set()}
    for setting in settings_grid(profile):
        half = band_half_widths(setting.distance_m, setting.cell_size_m, profile.band)
        squares[setting.wider].add(int((2 * half + 1).sum()))
    assert len(squares[False]) == len(squares[True]) == 1
    assert squares[True].pop() > squares[False].pop()


SETTINGS = settings_grid(Profile())


def where(**traits: object) -> tuple[Setting, ...]:
    return tuple(s for s in SETTINGS if all(getattr(s, k) == v for k, v in traits.items()))


def without(some: tuple[Setting, ...]) -> tuple[Setting, ...]:
    return tuple(s for s in SETTINGS if s not in some)


@pytest.mark.parametrize(
    ("fails", "said"),
    [
        ((), ""),
        (SETTINGS, "Not in any setting."),
        (where(cell_size_m=300), "Not with squares of 300 m."),
        (without(where(cell_size_m=250)), "Not with squares of 200 or 300 m."),
        (where(moved=True), "Not with the grid moved by half a square."),
        (where(wider=True), "Not with wider neighbourhoods."),
        (
            where(cell_size_m=300, moved=True),
            "Not with squares of 300 m and the grid moved by half a square.",
        ),
        (
            without(where(cell_size_m=250, wider=False)),
            "Only with squares of 250 m and the usual neighbourhoods.",
        ),
        (
            (
                *where(cell_size_m=300, moved=True, wider=True),
                *where(cell_size_m=300, moved=False, wider=False),
            ),
            "Not always with squares of 300 m.",
        ),
        (
            where(cell_size_m=200, moved=True, wider=True),
            "",
        ),
        (
            (
                *where(cell_size_m=200, moved=True, wider=True),
                *where(cell_size_m=250, moved=True, wider=False),
                *where(cell_size_m=300, moved=False, wider=False),
            ),
            "No one change of setting explains it.",
        ),
    ],
)
def test_what_the_failing_settings_have_in_common_is_said(
    fails: tuple[Setting, ...], said: str
) -> None:
    assert what_fails(SETTINGS, fails) == said


@given(st.sets(st.sampled_from(SETTINGS)))
def test_no_sentence_blames_a_setting_that_holds(fails: set[Setting]) -> None:
    said = what_fails(SETTINGS, tuple(s for s in SETTINGS if s in fails))
    if said.startswith("Not with squares of 300 m."):
        assert fails == set(where(cell_size_m=300))
    for size in (200, 250, 300):
        if said.startswith(("Not with", "Not always with")) and "squares" in said:
            blamed = str(size) in said
            assert blamed == any(s.cell_size_m == size for s in fails)


def test_the_population_baseline_has_its_settings_too() -> None:
    incidents, wards = a_year_with_a_flare_up(), nine_wards()
    profile = Profile(null="binomial", baseline="population")
    result = find_hotspots(incidents, wards, profile, period="2024-01", category="asb")
    chosen = selected(incidents, wards, result)
    now, history = (f[["x", "y"]].to_numpy() for f in (chosen.area, chosen.history))
    firm = firmness(places_of(result), [Look(wards, now, history)], profile)
    hot = [f.holds for f, is_hot in zip(firm, result.places["hot"], strict=True) if is_hot]
    assert hot
    assert max(hot) == 12
    wards.frame.loc[2, "population"] = np.nan
    with pytest.raises(ResultError, match="needs the residents of every ward"):
        firmness(places_of(result), [Look(wards, now, history)], profile)


def test_wrong_questions_are_refused_and_no_place_asks_nothing() -> None:
    wards, xy = nine_wards(), np.array([[604_625.0, 201_375.0]])
    here = (604_625.0, 201_375.0)
    assert firmness([], [Look(wards, xy, None)], Profile()) == ()
    with pytest.raises(UsageError, match="must be one of concentrated, worse; got 'hot'"):
        firmness([("hot", here)], [Look(wards, xy, None)], Profile())
    with pytest.raises(UsageError, match="must have a history"):
        firmness([("worse", here)], [Look(wards, xy, None)], Profile())
    nowhere = firmness([("concentrated", (0.0, 0.0))], [Look(wards, xy, None)], Profile())
    assert nowhere[0].holds == 0
    assert dataclasses.replace(nowhere[0], holds=1).sentence == "Holds in 1 of 12 settings."


# -- the window, and the vintage of the wards -----------------------------------------------------


def looked(incidents: Incidents, period: str = "2024-01", faulty: tuple = ()) -> Looked:
    return Looked(incidents, Profile(), Period.parse(period), category("asb"), faulty)


def redrawn(wards: Wards, vintage: str, keep: int | None = None) -> Wards:
    """The wards under another vintage; only the first ``keep`` of them."""
    return Wards(wards.frame.iloc[:keep].reset_index(drop=True), vintage)


def test_the_longer_window_is_what_a_whole_analysis_of_both_months_finds() -> None:
    incidents, wards, profile = a_year_with_a_flare_up(), nine_wards(), Profile()
    result = find_hotspots(incidents, wards, profile, period="2024-01", category="asb")
    near = [
        (q, (604_625.0 + 250 * i, 201_375.0)) for q in ("concentrated", "worse") for i in (1, 2)
    ]
    places = [*places_of(result), *near]
    looks = looks_at(looked(incidents), wards)
    assert [look.window for look in looks] == ["the month alone", "the month before taken in"]
    firm = firmness(places, looks, profile)
    assert {found.of for found in firm} == {24}
    both = find_hotspots(incidents, wards, profile, period="2023-12..2024-01", category="asb")
    seen = set()
    for (question, (x, y)), found in zip(places, firm, strict=True):
        square = shapely.box(x - 125, y - 125, x + 125, y + 125)
        outlines = both.hotspots.geometry[both.hotspots["question"] == question]
        hot = bool((outlines.intersection(square).area > 1.0).any())
        own = [
            s
            for s in found.fails
            if (s.cell_size_m, s.moved, s.wider, s.window)
            == (250, False, False, "the month before taken in")
        ]
        assert (not own) == hot
        seen.add(hot)
    assert seen == {False, True}


def test_a_window_that_is_not_known_whole_is_not_looked_at() -> None:
    incidents, wards = a_year_with_a_flare_up(), nine_wards()
    first = f"{incidents.frame['starts_at'].min():%Y-%m}"
    assert [look.window for look in looks_at(looked(incidents, first), wards)] == [
        "the month alone"
    ]
    assert len(looks_at(looked(incidents, faulty=((2023, 12),)), wards)) == 1
    assert len(looks_at(looked(incidents, faulty=((2023, 11),)), wards)) == 2


def test_the_second_month_of_all_is_not_asked_what_only_the_longer_window_cannot_say() -> None:
    incidents, wards = a_year_with_a_flare_up(), nine_wards()
    recent = incidents.frame[incidents.frame["starts_at"] >= "2023-12-01"].reset_index(drop=True)
    looks = looks_at(looked(Incidents(recent, files=incidents.files)), wards)
    assert [look.history_xy is None for look in looks] == [False, True]
    here = (604_625.0, 201_375.0)
    concentrated, worse = firmness([("concentrated", here), ("worse", here)], looks, Profile())
    assert (concentrated.of, worse.of) == (24, 12)


def test_wards_of_another_vintage_are_looked_at_where_the_ground_is_the_same() -> None:
    incidents, wards = a_year_with_a_flare_up(), nine_wards()
    other, elsewhere = redrawn(wards, "2013"), redrawn(wards, "1999", keep=3)
    looks = looks_at(looked(incidents), wards, [other, elsewhere, redrawn(wards, wards.vintage)])
    assert [look.name[1] for look in looks] == [wards.vintage] * 2 + ["2013"] * 2
    result = find_hotspots(incidents, wards, period="2024-01", category="asb")
    for found in firmness(places_of(result), looks, Profile()):
        assert found.of == 48
        # the same ground by another name gives the same answers
        by_vintage = [
            {dataclasses.replace(s, vintage="") for s in found.fails if s.vintage == vintage}
            for vintage in (wards.vintage, "2013")
        ]
        assert by_vintage[0] == by_vintage[1]


def test_older_wards_without_residents_are_no_ground_for_the_population_baseline() -> None:
    incidents, wards = a_year_with_a_flare_up(), nine_wards()
    frame = wards.frame.copy()
    frame["population"] = np.nan
    asked = dataclasses.replace(
        looked(incidents), profile=Profile(null="binomial", baseline="population")
    )
    looks = looks_at(asked, wards, [Wards(frame, "2013"), redrawn(wards, "2017")])
    assert {look.name[1] for look in looks} == {wards.vintage, "2017"}


LOOKS = (("the month alone", "2021"), ("the month before taken in", "2021"))
WIDE = settings_grid(Profile(), [*LOOKS, ("the month alone", "2013"), (LOOKS[1][0], "2013")])


@pytest.mark.parametrize(
    ("trait", "said"),
    [
        (("window", "the month alone"), "Not with the month alone."),
        (("window", "the month before taken in"), "Not with the month before taken in."),
        (("vintage", "2013"), "Not with the wards of 2013."),
    ],
)
def test_a_window_or_a_vintage_can_be_what_changes_it(trait: tuple[str, str], said: str) -> None:
    name, value = trait
    fails = tuple(s for s in WIDE if getattr(s, name) == value)
    assert len(fails) == 24
    assert what_fails(WIDE, fails) == said


def test_what_seldom_holds_is_said_where_no_rule_is_whole() -> None:
    longer = [s for s in WIDE if s.window == "the month before taken in"]
    alone = [s for s in WIDE if s.window == "the month alone"]
    kinds = [alone[0], alone[-1], alone[7]]  # every size, both grids, bands and vintages
    assert what_fails(WIDE, (*longer[1:], *kinds)) == "Seldom with the month before taken in."
    few = longer[:17]  # 17 of 24 are not three quarters
    assert "Seldom" not in what_fails(WIDE, (*few, *kinds))


def test_a_label_says_every_choice_of_a_setting() -> None:
    assert len({s.label for s in WIDE}) == len(WIDE) == 48
    assert WIDE[0].label == (
        "squares of 200 m, the grid as it is, the usual neighbourhoods, the month alone, "
        "the wards of 2021"
    )


def test_looks_need_names_of_their_own() -> None:
    wards, xy = nine_wards(), np.array([[604_625.0, 201_375.0]])
    with pytest.raises(UsageError, match="each with a name of its own"):
        firmness([], [], Profile())
    with pytest.raises(UsageError, match="each with a name of its own"):
        firmness([], [Look(wards, xy, None)] * 2, Profile())
