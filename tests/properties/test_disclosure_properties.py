"""What must hold of every decision, whatever the table and the history."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hotspots.disclosure import Atoms, Cell, Status, protect

K = 5
WHERE = [{0}, {1}, {2}, {0, 1}, {1, 2}, {0, 1, 2}]
WHAT = [{0}, {1}, {0, 1}]
WHEN = [{0}, {1}, {0, 1}]

tables = st.lists(st.integers(0, 9), min_size=12, max_size=12)
cells = st.builds(
    lambda a, b, c: Cell(frozenset(a), frozenset(b), frozenset(c)),
    st.sampled_from(WHERE),
    st.sampled_from(WHAT),
    st.sampled_from(WHEN),
)


def atoms(counts: list[int]) -> tuple[np.ndarray, Atoms]:
    table = np.array(counts).reshape(3, 2, 2)
    at = np.nonzero(table)
    return table, Atoms(at[0], at[1], at[2], table[at])


def count(table: np.ndarray, cell: Cell) -> int:
    return int(table[np.ix_(sorted(cell.where), sorted(cell.what), sorted(cell.when))].sum())


@settings(max_examples=60)
@given(tables, st.lists(cells, min_size=1, max_size=14), st.lists(cells, max_size=6))
def test_every_decision(counts: list[int], asked: list[Cell], later: list[Cell]) -> None:
    table, given_atoms = atoms(counts)
    first = protect(asked, [Status.OPEN] * len(asked), given_atoms, K)
    values = np.array([count(table, one) for one in asked])
    small = (values > 0) & (values < K)
    assert (first.withheld >= small).all() and (first.primary == small).all()
    assert not first.withheld[values == 0].any()
    assert first.exposed == ()  # with nothing shown before, all can be kept safe
    by_cell: dict[Cell, set[bool]] = {}
    for one, held in zip(asked, first.withheld.tolist(), strict=True):
        by_cell.setdefault(one, set()).add(held)
    assert all(len(decisions) == 1 for decisions in by_cell.values())

    status = [Status.WITHHELD if held else Status.SHOWN for held in first.withheld]
    known = dict(zip(asked, status, strict=True))
    more = [known.get(one, Status.OPEN) for one in later]
    second = protect(asked + later, status + more, given_atoms, K)
    assert (second.withheld[: len(asked)] == first.withheld).all()
    again = protect(asked + later, status + more, given_atoms, K)
    assert (again.withheld == second.withheld).all() and again.exposed == second.exposed


@settings(max_examples=30)
@given(tables, st.lists(cells, min_size=1, max_size=10, unique=True), st.integers(0, 1_000))
def test_pieces_are_names(counts: list[int], asked: list[Cell], shift: int) -> None:
    """Other numbers for the pieces change nothing."""
    _, plain = atoms(counts)
    moved = Atoms(plain.where + shift, plain.what + 2 * shift, plain.when + shift, plain.count)
    renamed = [
        Cell(
            frozenset(i + shift for i in one.where),
            frozenset(i + 2 * shift for i in one.what),
            frozenset(i + shift for i in one.when),
        )
        for one in asked
    ]
    status = [Status.OPEN] * len(asked)
    a, b = protect(asked, status, plain, K), protect(renamed, status, moved, K)
    assert a.withheld.tolist() == b.withheld.tolist()
