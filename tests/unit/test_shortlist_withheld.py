"""No number or word of a shortlist depends on a count that is withheld."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.evidence.shortlist import WardFigures, WardShortlist, make_shortlist
from hotspots.evidence.shortlist_figures import places_of, public_counts
from hotspots.model import WARD_COLUMNS, Period, Wards
from hotspots.profile import Profile, Shortlist
from hotspots.sheets import Blank
from hotspots.taxonomy import category
from tests.support import nine_wards

JUNE = Period.parse("2021-06")
PERIODS = (JUNE, JUNE.back(1), JUNE.years_back(1))
EVERY = ("rate", "share", "rise", "cluster", "hotspot")
DISTRICTS = {"D1": range(6), "D2": range(6, 9)}

counts = st.lists(st.integers(0, 60), min_size=9, max_size=9)
flags = st.lists(st.booleans(), min_size=9, max_size=9)


def figures(
    period: Period, values: list[int], hidden: list[bool], totals: dict[str, int | None]
) -> WardFigures:
    withheld = np.array(hidden)
    return WardFigures(period, np.array(values, dtype=np.int64), withheld, "known", totals)


def made(given_figures: list[WardFigures], wards: Wards) -> WardShortlist:
    profile = Profile(shortlist=Shortlist(criteria=EVERY, least=1))
    inside = {"T000": ("1",), "T007": ("2", "A")}
    return make_shortlist(wards, *given_figures, category("asb"), profile, inside, True)


def told(found: WardShortlist) -> tuple[Any, ...]:
    """Return everything that a shortlist tells."""
    plots = {
        code: (
            plot.name,
            plot.dots,
            plot.target,
            plot.phi,
            plot.left_out,
            plot.lower.tolist(),
            plot.upper.tolist(),
            plot.describe,
        )
        for code, plot in found.funnels.items()
    }
    sheet = found.sheet()
    cells = [tuple(row.items()) for row in sheet.rows]
    return found.rows, found.rule, found.headline, found.notes, plots, sheet.columns, cells


@st.composite
def twins(draw: st.DrawFn) -> tuple[list[WardFigures], list[WardFigures], Wards]:
    """Two tables that tell the same: only withheld counts differ, and totals are kept."""
    one, other = [], []
    for period in PERIODS:
        values, hidden = draw(counts), draw(flags)
        values = [max(v, 1) if h else v for v, h in zip(values, hidden, strict=True)]
        moved = list(values)
        totals: dict[str, int | None] = {}
        for code, inside in DISTRICTS.items():
            secret = [i for i in inside if hidden[i]]
            if draw(st.booleans()) and secret:
                totals[code] = None  # not even the total is told: anything could be there
                for i in secret:
                    moved[i] = draw(st.integers(1, 500))
                continue
            totals[code] = sum(values[i] for i in inside)
            if len(secret) > 1:  # the same sum, shared out anew
                rest = sum(values[i] for i in secret) - len(secret)
                cuts = sorted(draw(st.integers(0, rest)) for _ in secret[1:])
                parts = np.diff([0, *cuts, rest])
                for i, part in zip(secret, parts.tolist(), strict=True):
                    moved[i] = part + 1
        one.append(figures(period, values, hidden, totals))
        other.append(figures(period, moved, hidden, totals))
    wards = nine_wards()
    if draw(st.booleans()):
        people = wards.frame["population"].where(np.array(draw(flags)))
        frame = wards.frame.assign(population=people)
        wards = Wards(frame[list(WARD_COLUMNS)], wards.vintage)
    return one, other, wards


@settings(max_examples=60)
@given(twins())
def test_nothing_told_depends_on_what_is_withheld(
    pair: tuple[list[WardFigures], list[WardFigures], Wards],
) -> None:
    one, other, wards = pair
    assert told(made(one, wards)) == told(made(other, wards))


@settings(max_examples=60)
@given(twins())
def test_a_withheld_ward_has_no_number_of_its_own(
    pair: tuple[list[WardFigures], list[WardFigures], Wards],
) -> None:
    one, _, wards = pair
    found = made(one, wards)
    for row in found.rows:
        hidden = bool(one[0].withheld[row.position])
        assert row.withheld == hidden
        if not hidden:
            assert row.incidents == one[0].counts[row.position]
            continue
        cells = [row.incidents, row.rank, row.rank_lower, row.rank_upper, row.funnel, row.share]
        cells += [row.funnel_poisson, row.gi_z, row.gi_p_adjusted, row.rate, row.steadied]
        assert set(cells) == {Blank.WITHHELD}
        assert not row.listed
        assert row.why == ""
        assert row.year_before.change is row.before.p_adjusted is Blank.WITHHELD
    drawn = {dot.name for plot in found.funnels.values() for dot in plot.dots}
    assert drawn.isdisjoint(row.label for row in found.rows if row.withheld)


@given(counts, flags)
def test_estimates_keep_every_total_and_are_at_least_one(
    values: list[int], hidden: list[bool]
) -> None:
    values = [max(v, 1) if h else v for v, h in zip(values, hidden, strict=True)]
    totals: dict[str, int | None] = {
        code: sum(values[i] for i in inside) for code, inside in DISTRICTS.items()
    }
    given_figures = figures(JUNE, values, hidden, totals)
    found = public_counts(given_figures, places_of(nine_wards()))
    for code, inside in DISTRICTS.items():
        assert found[list(inside)].sum() == totals[code]
    for value, estimate, secret in zip(values, found.tolist(), hidden, strict=True):
        assert estimate >= 1 if secret else estimate == value


def test_nothing_withheld_is_the_plain_shortlist() -> None:
    values = [30, 20, 31, 40, 50, 60, 70, 80, 90]
    plain = [figures(p, values, [False] * 9, {}) for p in PERIODS]
    named = [figures(p, values, [False] * 9, {"D1": 231, "D2": 240}) for p in PERIODS]
    assert told(made(plain, nine_wards())) == told(made(named, nine_wards()))
    assert not any("withheld" in note for note in made(plain, nine_wards()).notes)


def test_an_untold_total_withholds_what_needs_it() -> None:
    values = [30, 20, 31, 40, 50, 60, 70, 2, 3]
    hidden = [False] * 7 + [True, True]
    now = figures(JUNE, values, hidden, {"D1": 231, "D2": None})
    past = [figures(p, values, [False] * 9, {}) for p in PERIODS[1:]]
    found = made([now, *past], nine_wards())
    row = next(row for row in found.rows if row.ward_code == "T006")
    assert (row.incidents, row.rate) == (70, 10.0)
    for cell in (row.share, row.borough_rate, row.rate_ratio, row.funnel, row.steadied):
        assert cell is Blank.WITHHELD
    assert set(found.funnels) == {"D1"}
    assert any("Ward counts withheld: two of June 2021" in note for note in found.notes)
    assert any("estimates in place" in note for note in found.notes)
    assert [row.ward_code for row in found.rows[-2:]] == ["T007", "T008"]
