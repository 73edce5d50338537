"""What a tier is shown, given what it was shown before; and that nothing can be worked out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.optimize import Bounds, LinearConstraint, milp

import hotspots.disclosure
from hotspots.disclosure import Atoms, Cell, Protection, Status
from hotspots.errors import ResultError, UsageError
from hotspots.model import Incidents, Period, Wards
from hotspots.profile import Profile, Tier, Tiers
from hotspots.sharing.asked import Asked, district, everywhere, ward
from hotspots.sharing.deciding import Decision, Released, decide
from hotspots.sharing.tally import Tally
from tests.support import incidents_at, nine_wards, scattered
from tests.unit.test_sharing_tally import made_up, other_wards, some_asked

PARTNER, RESTRICTED = Tiers().partner, Tiers().restricted
KINDS = Profile().restricted_kinds
JUNE, JULY = Period.parse("2021-06"), Period.parse("2021-07")
WARDS = [ward("2021", f"T{i:03d}") for i in range(9)]


def some(n: int, seed: int = 0) -> Incidents:
    """Incidents of June and July, anywhere in the nine wards."""
    rng = np.random.default_rng(seed)
    xy, when = scattered(rng, n, datetime(2021, 6, 1), 61)
    return incidents_at(xy, when)


class Engine:
    """Stands in for the engine: withholds small counts alone, and keeps what it was given."""

    def __init__(self, exposed: tuple[int, ...] = ()) -> None:
        self.exposed = exposed
        self.cells: Sequence[Cell] = ()
        self.status: list[Status] = []
        self.calls = 0

    def __call__(
        self, cells: Sequence[Cell], status: Sequence[Status], atoms: Atoms, below: int
    ) -> Protection:
        self.cells, self.status, self.calls = cells, list(status), self.calls + 1
        rows = list(zip(atoms.where, atoms.what, atoms.when, atoms.count, strict=True))
        counts = np.array(
            [sum(n for a, b, c, n in rows if a in x.where and b in x.what and c in x.when)
             for x in cells]
        )  # fmt: skip
        small = (counts > 0) & (counts < below) & (np.array(status) == Status.OPEN)
        return Protection(small | (np.array(status) == Status.WITHHELD), small, self.exposed)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    found = Engine()
    monkeypatch.setattr(hotspots.disclosure, "protect", found)
    return found


def asked_of(period: Period, wheres: Sequence[str] = WARDS, what: str = "asb") -> list[Asked]:
    return [Asked.of(where, what, period) for where in wheres]


# -- what is handed to the engine -----------------------------------------------------------------


def test_where_nothing_is_small_nothing_is_withheld(engine: Engine) -> None:
    tally = Tally(some(40), [nine_wards()])
    decision = decide(asked_of(JUNE), tally, RESTRICTED, (), KINDS)
    assert decision.withheld == frozenset()
    assert list(decision.counts.values()) == tally.count(asked_of(JUNE)).tolist()
    assert engine.calls == 0


def test_small_counts_are_withheld_and_told_to_no_one_but_the_ledger(engine: Engine) -> None:
    asked = asked_of(JUNE)
    counts = dict(zip(asked, Tally(some(80), [nine_wards()]).count(asked).tolist(), strict=True))
    decision = decide([*asked, asked[0]], Tally(some(80), [nine_wards()]), PARTNER, (), KINDS)
    assert decision.withheld == {each for each in asked if 0 < counts[each] < 5} != frozenset()
    for each in asked:
        assert decision.shown(each) == (None if each in decision.withheld else counts[each])
    assert decision.released() == tuple(
        Released(each, counts[each], each in decision.withheld) for each in asked
    )
    with pytest.raises(KeyError):
        decision.shown(asked_of(JULY)[0])


def test_restricted_kinds_are_refused_before_anything_is_counted(engine: Engine) -> None:
    tally = Tally(some(40), [nine_wards()])
    with pytest.raises(UsageError, match="restricted kinds"):
        decide(asked_of(JUNE, what="!domestic_abuse"), tally, PARTNER, (), KINDS)
    found = decide(asked_of(JUNE, what="!domestic_abuse"), tally, RESTRICTED, (), KINDS)
    assert set(found.counts.values()) == {0}


def test_a_repeated_export_is_decided_as_before(engine: Engine) -> None:
    tally = Tally(some(80), [nine_wards()])
    first = decide(asked_of(JUNE), tally, PARTNER, (), KINDS)
    again = decide(asked_of(JUNE)[:4], tally, PARTNER, first.released(), KINDS)
    assert again.withheld == first.withheld & set(asked_of(JUNE)[:4])
    assert engine.calls == 1


def test_earlier_decisions_are_kept_and_what_was_ever_shown_is_shown(engine: Engine) -> None:
    tally = Tally(some(80), [nine_wards()])
    asked = asked_of(JUNE)
    first = decide(asked, tally, PARTNER, (), KINDS)
    both = [*first.released(), *(replace(e, withheld=False) for e in first.released()[:2])]
    later = [*asked, Asked.of(everywhere("2021"), "asb", JUNE)]
    decide(later, tally, PARTNER, both, KINDS)
    wanted = [
        Status.WITHHELD if each in first.withheld and i >= 2 else Status.SHOWN
        for i, each in enumerate(asked)
    ]
    assert engine.status == [*wanted, Status.OPEN]


def test_counts_of_unknown_wards_and_kinds_are_left_out(engine: Engine) -> None:
    tally = Tally(some(80), [nine_wards()])
    total = [Asked.of(everywhere("2021"), "asb", JUNE)]
    first = decide(asked_of(JUNE), tally, PARTNER, (), KINDS).released()
    strange = [Released(Asked.of("ward:1999:X", "asb", JUNE), 7, False)]
    strange += [Released(Asked("all:2021", "no_such", date(2021, 6, 1), date(2021, 7, 1)), 7, True)]
    decide(total, tally, PARTNER, [*strange, *first], KINDS)
    assert len(engine.cells) == 1 + 9


def test_a_count_that_has_changed_stays_withheld_and_hides_nothing_where_it_was_shown(
    engine: Engine,
) -> None:
    tally, asked = Tally(some(80), [nine_wards()]), asked_of(JUNE)
    counts = tally.count(asked).tolist()
    small = [n < 5 for n in counts]
    assert all(counts)
    assert 1 < sum(small) < 8
    before = [
        # one fewer then; of the last two the large one was withheld, the small one shown
        *(Released(a, n - 1, s) for a, n, s in zip(asked[2:], counts[2:], small[2:], strict=True)),
        *(Released(a, n - 1, True) for a, n in zip(asked[:1], counts[:1], strict=True)),
        Released(asked[1], counts[1] - 1, False),
    ]
    decision = decide(asked, tally, PARTNER, before, KINDS)
    known = [Status.WITHHELD if s else Status.SHOWN for s in small[2:]]
    second = Status.WITHHELD if small[1] else Status.SHOWN
    assert engine.status == [Status.WITHHELD, second, *known]
    assert asked[0] in decision.withheld


def test_only_what_can_tell_something_is_passed_on(engine: Engine) -> None:
    tally = Tally(some(300), [nine_wards(), other_wards()])
    earlier = [
        *decide(asked_of(JULY), tally, PARTNER, (), KINDS).released(),
        *decide(asked_of(JUNE, [WARDS[7]]), tally, PARTNER, (), KINDS).released(),
        *decide(asked_of(JUNE, WARDS[:2]), tally, PARTNER, (), KINDS).released(),
    ]
    # the later ward is made of the first two of before; July, and the eighth ward, say nothing
    decide(asked_of(JUNE, [ward("2024", "N000")]), tally, PARTNER, earlier, KINDS)
    assert len(engine.cells) == 3
    # a total of both months links all
    whole = Asked.of(everywhere("2021"), "asb", Period.parse("2021-06..2021-07"))
    decide([whole], tally, PARTNER, earlier, KINDS)
    assert len(engine.cells) == 1 + len(earlier)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_not_passed_on_shares_nothing_with_what_is(engine: Engine, seed: int) -> None:
    tally = Tally(made_up(300), [nine_wards(), other_wards()])
    narrow = [a for a in some_asked(seed, 400) if a.where[0] == "w" and (a.end - a.start).days < 20]
    counts = tally.count(narrow).tolist()
    earlier = [Released(a, n, 0 < n < 5) for a, n in zip(narrow[1:], counts[1:], strict=True)]
    decide(narrow[:1], tally, PARTNER, earlier, KINDS)
    pieces = tally.overlay(narrow)
    sets = list(zip(pieces.where, pieces.what, pieces.when, strict=True))

    def meet(one: int, other: int) -> bool:
        return all(a & b for a, b in zip(sets[one], sets[other], strict=True))

    near, new = {0}, {0}
    while new:
        new = {j for j in range(len(sets)) if j not in near and any(meet(i, j) for i in new)}
        near |= new
    # the engine is also told where none can be: of all pieces of ground
    passed = [cell for cell in engine.cells if len(cell.where) < pieces.pieces[0]]
    assert len(passed) == len(near) < len(narrow)


def test_what_can_be_known_to_be_none_is_told_as_0(engine: Engine) -> None:
    incidents = made_up(300)
    late = (incidents.frame["category"] != "burglary") | (incidents.frame["starts_at"] >= "2021-04")
    tally = Tally(replace(incidents, frame=incidents.frame[late].reset_index()), [nine_wards()])
    months = [Period.month(2021, month) for month in range(1, 7)]
    asked = [
        Asked.of(where, what, month)
        for where, what, month in product(WARDS, ("crime", "burglary"), months)
    ]
    decide(asked, tally, PARTNER, (), KINDS)
    (never,) = engine.cells[len(engine.cells) - 1 :]
    assert engine.status[-1] is Status.SHOWN
    assert (
        never.what
        == tally.overlay(asked).what[asked.index(asked_of(months[0], what="burglary")[0])]
    )
    assert len(never.when) == 3
    assert len(never.where) == 9


def test_what_no_choice_protects_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hotspots.disclosure, "protect", Engine(exposed=(1,)))
    with pytest.raises(ResultError, match=r"Ward 1 ward, June 2021.*restricted tier"):
        decide(asked_of(JUNE), Tally(some(80), [nine_wards()]), PARTNER, (), KINDS)


def test_nothing_asked_is_nothing_decided() -> None:
    decision = decide([], Tally(some(9), [nine_wards()]), PARTNER, (), KINDS)
    assert (decision.counts, decision.withheld) == ({}, frozenset())


# -- the whole, attacked --------------------------------------------------------------------------


def test_a_small_count_beside_a_total_takes_another_with_it() -> None:
    tally = Tally(some(160, seed=2), [nine_wards()])
    total = Asked.of(everywhere("2021"), "asb", JUNE)
    counts = tally.count(asked_of(JUNE))
    tier = Tier(small_counts_below=int(np.sort(counts)[0]) + 1)
    assert np.sort(counts)[1] > np.sort(counts)[0] > 0  # one small count alone
    decision = decide([*asked_of(JUNE), total], tally, tier, (), KINDS)
    assert len(decision.withheld) == 2


def test_a_total_that_would_give_a_count_away_is_withheld_later() -> None:
    tally = Tally(some(160, seed=2), [nine_wards()])
    counts = tally.count(asked_of(JUNE))
    tier = Tier(small_counts_below=int(counts.min()) + 1)
    first = decide(asked_of(JUNE), tally, tier, (), KINDS)
    assert len(first.withheld) == 1
    total = Asked.of(everywhere("2021"), "asb", JUNE)
    assert decide([total], tally, tier, first.released(), KINDS).withheld == {total}


class Attacker:
    """Knows the polygons, kinds and days, and all that was shown; searches for whole tables."""

    def __init__(self, vintages: Sequence[Wards], kinds: Sequence[str], months: int) -> None:
        shapes = [wards.frame.geometry.to_numpy() for wards in vintages]
        pairs = [
            (i, j)
            for i, j in product(range(len(shapes[0])), range(len(shapes[1])))
            if shapely.intersection(shapes[0][i], shapes[1][j]).area > 0
        ]
        self.atoms = [(*pair, k, m) for pair in pairs for k in kinds for m in range(1, months + 1)]
        self.wards = vintages
        self.rows: list[np.ndarray[Any, Any]] = []
        self.low: list[float] = []
        self.high: list[float] = []

    def row(self, asked: Asked) -> np.ndarray[Any, Any]:
        sort, vintage, *code = asked.where.split(":")
        side = [wards.vintage for wards in self.wards].index(vintage)
        frame = self.wards[side].frame
        column = "district_code" if sort == "district" else "ward_code"
        inside = {i for i, c in enumerate(frame[column]) if sort == "all" or c == code[0]}
        return np.array(
            [
                atom[side] in inside
                and asked.what in (atom[2], "crime")
                and asked.start.month <= atom[3] < asked.end.month
                for atom in self.atoms
            ],
            dtype=float,
        )

    def learns(self, decision: Decision) -> None:
        for asked in decision.counts:
            shown = decision.shown(asked)
            self.rows.append(self.row(asked))
            # a file says "withheld", and 0 never is
            self.low.append(1 if shown is None else shown)
            self.high.append(np.inf if shown is None else shown)

    def range_of(self, asked: Asked) -> tuple[int, int]:
        return self.ends_of(self.row(asked))

    def ends_of(self, row: np.ndarray[Any, Any]) -> tuple[int, int]:
        known = LinearConstraint(np.array(self.rows), np.array(self.low), np.array(self.high))
        ends = []
        for sign in (1, -1):
            found = milp(
                sign * row, integrality=np.ones(len(row)), bounds=Bounds(0, 200), constraints=known
            )
            assert found.status == 0, found.message
            ends.append(round(sign * found.fun))
        return ends[0], ends[1]


def _crimes(seed: int) -> Incidents:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(60, 260))
    xy, when = scattered(rng, n, datetime(2021, 1, 1), 89)
    frame = incidents_at(xy, when).frame
    return Incidents(frame.assign(category=rng.choice(["burglary", "robbery"], n, p=[0.7, 0.3])))


def _exports(seed: int) -> list[list[Asked]]:
    """Wards, districts and totals of months, then of quarters; the other vintage; kinds."""
    rng = np.random.default_rng(seed)
    spans = [
        Period.parse(p) for p in ("2021-01", "2021-02", "2021-01..2021-02", "2021-01..2021-03")
    ]
    both = {
        "2021": [*WARDS, district("2021", "D1"), district("2021", "D2"), everywhere("2021")],
        "2024": [*(ward("2024", f"N{i:03d}") for i in range(9)), everywhere("2024")],
    }
    found = [
        [Asked.of(where, what, span) for where in both[vintage] for what in whats]
        for vintage, whats, span in (
            ("2021", ("burglary", "crime"), spans[0]),
            ("2021", ("burglary",), spans[2]),
            ("2024", ("burglary", "robbery"), spans[0]),
            ("2021", ("crime", "robbery"), spans[3]),
            ("2021", ("burglary", "crime"), spans[0]),
        )
    ]
    order = rng.permutation(len(found)).tolist()
    return [found[i] for i in order]


def _attack(seed: int, *, secondary: bool) -> tuple[int, int]:
    """Return how many small counts were withheld, and how many of them are found out."""
    vintages = [nine_wards(), other_wards()]
    tally, tier = Tally(_crimes(seed), vintages), Tier()
    attacker = Attacker(vintages, ("burglary", "robbery"), 3)
    ledger: list[Released] = []
    small: dict[Asked, None] = {}
    for asked in _exports(seed):
        try:
            decision = decide(asked, tally, tier, ledger, KINDS)
        except ResultError:
            continue  # refused: nothing is learned
        if not secondary:
            alone = frozenset(a for a, n in decision.counts.items() if 0 < n < 5)
            decision = Decision(decision.counts, alone)
        ledger += decision.released()
        attacker.learns(decision)
        small |= {a: None for a in decision.withheld if decision.counts[a] < 5}
    ranges = [attacker.range_of(asked) for asked in small]
    return len(ranges), sum(low == high for low, high in ranges)


@pytest.mark.parametrize("seed", range(4))
def test_no_withheld_count_can_be_worked_out_from_all_exports(seed: int) -> None:
    small, found_out = _attack(seed, secondary=True)
    assert small > 10
    assert found_out == 0


def test_the_attacker_succeeds_where_small_counts_alone_are_withheld(engine: Engine) -> None:
    _, found_out = _attack(0, secondary=False)
    assert found_out > 0


# -- data that come late --------------------------------------------------------------------------


def _grown(incidents: Incidents, seed: int) -> Incidents:
    """Return the incidents with some more, as late records bring them."""
    rng = np.random.default_rng(1000 + seed)
    frame = incidents.frame
    xy, when = scattered(rng, max(2, len(frame) // 12), datetime(2021, 1, 1), 89)
    more = incidents_at(xy, when).frame
    more = more.assign(category=rng.choice(["burglary", "robbery"], len(more)))
    return Incidents(pd.concat([frame, more], ignore_index=True))


def _attack_late(seed: int, *, remembering: bool) -> tuple[int, int, int]:
    """Return small withheld counts, those found out, and refused exports; data only ever grow."""
    vintages, tier = [nine_wards(), other_wards()], Tier()
    early = _crimes(seed)
    states = [Tally(each, vintages) for each in (early, _grown(early, seed))]
    attacker = LateAttacker(vintages, ("burglary", "robbery"), 3)
    ledger: list[Released] = []
    small: dict[tuple[Asked, bool], None] = {}
    refused = 0
    wanted = _exports(seed)[:3]
    for late, asked in [(False, a) for a in wanted] + [(True, a) for a in wanted]:
        now = states[late].count([e.asked for e in ledger]).tolist()
        same = [e for e, n in zip(ledger, now, strict=True) if remembering or e.count == n]
        try:
            decision = decide(asked, states[late], tier, same, KINDS)
        except ResultError:
            refused += 1
            continue
        ledger += decision.released()
        attacker.learns_when(decision, late)
        small |= {(a, late): None for a in decision.withheld if decision.counts[a] < 5}
    ranges = [attacker.range_when(asked, late) for asked, late in small]
    return len(ranges), sum(low == high for low, high in ranges), refused


class LateAttacker(Attacker):
    """Knows too that data only grow: each atom was this many, and so many came in later."""

    def learns_when(self, decision: Decision, late: bool) -> None:
        before = len(self.rows)
        self.learns(decision)
        for i in range(before, len(self.rows)):
            row = self.rows[i]
            self.rows[i] = np.concatenate([row, row if late else np.zeros_like(row)])

    def range_when(self, asked: Asked, late: bool) -> tuple[int, int]:
        row = super().row(asked)
        wide = np.concatenate([row, row if late else np.zeros_like(row)])
        return self.ends_of(wide)


@pytest.mark.parametrize("seed", range(8))
def test_nor_from_exports_before_and_after_late_data(seed: int) -> None:
    small, found_out, _ = _attack_late(seed, remembering=True)
    assert small > 0
    assert found_out == 0


def test_the_attacker_succeeds_where_old_exports_are_forgotten() -> None:
    assert sum(_attack_late(seed, remembering=False)[1] for seed in (2, 7)) > 0
