"""Cell suppression: which counts are withheld, by hand-made tables whose answer is known."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array

from hotspots.disclosure import Atoms, Cell, Protection, Status, protect
from hotspots.disclosure.moving import Kind, System
from hotspots.disclosure.searching import stuck
from hotspots.errors import UsageError

OPEN, SHOWN, WITHHELD = Status.OPEN, Status.SHOWN, Status.WITHHELD


def atoms(table: np.ndarray) -> Atoms:
    at = np.nonzero(table)
    return Atoms(at[0], at[1], at[2], table[at])


def cell(where: object, what: object = 0, when: object = 0) -> Cell:
    return Cell(
        *(
            frozenset(x) if isinstance(x, (set, range)) else frozenset([x])
            for x in (where, what, when)
        )
    )


def row(counts: list[int]) -> np.ndarray:
    return np.array(counts).reshape(-1, 1, 1)


def of_row(counts: list[int], below: int = 5) -> Protection:
    cells = [cell(i) for i in range(len(counts))] + [cell(set(range(len(counts))))]
    return protect(cells, [OPEN] * len(cells), atoms(row(counts)), below)


def test_a_table_without_small_counts_loses_nothing() -> None:
    found = of_row([5, 9, 0, 12])
    assert not found.withheld.any() and not found.primary.any()
    assert found.exposed == () and found.crowded == ()


def test_one_small_count_beside_its_total_takes_the_cheapest_other_along() -> None:
    found = of_row([3, 40, 9, 0])
    assert found.withheld.tolist() == [True, False, True, False, False]
    assert found.primary.tolist() == [True, False, False, False, False]


def test_two_small_counts_protect_each_other() -> None:
    assert of_row([3, 2, 40]).withheld.tolist() == [True, True, False, False]


def test_two_counts_of_one_that_sum_to_a_shown_two_would_be_known() -> None:
    """Their total of 2, small itself, is withheld, and with it something of the total above."""
    cells = [cell(0), cell(1), cell({0, 1}), cell(2), cell({0, 1, 2})]
    found = protect(cells, [OPEN] * 5, atoms(row([1, 1, 30])), 5)
    assert found.primary.tolist() == [True, True, True, False, False]
    # 32 - 30 = 2 = 1 + 1
    assert found.withheld[3] or found.withheld[4]


def test_a_table_of_two_dimensions_needs_a_rectangle() -> None:
    """The textbook case: one small cell needs another in its row and its column, and a fourth."""
    table = np.array([[20, 50, 10], [8, 19, 22], [17, 32, 3]]).reshape(3, 3, 1)
    whole = {0, 1, 2}
    places, kinds = [0, 1, 2, whole], [0, 1, 2, whole]
    cells = [cell(a, b) for a, b in product(places, kinds)]
    found = protect(cells, [OPEN] * 16, atoms(table), 5)
    held = found.withheld.reshape(4, 4)
    assert held.sum() == 4 and held[2, 2]
    assert sorted(held.sum(axis=0).tolist()) == [0, 0, 2, 2]
    assert sorted(held.sum(axis=1).tolist()) == [0, 0, 2, 2]


def test_zero_is_shown_and_never_withheld() -> None:
    found = of_row([0, 0, 3, 8])
    assert not found.withheld[:2].any()


@pytest.mark.parametrize("below", [0, 1])
def test_without_a_threshold_nothing_is_withheld(below: int) -> None:
    assert not of_row([1, 2, 3], below).withheld.any()


def test_the_one_category_left_out_of_a_total_is_guarded() -> None:
    """Total 22, a category of 20: the other is 2, in no table and one subtraction away."""
    cells = [cell(0, 0), cell(0, {0, 1})]
    table = np.array([[[20], [2]]])
    found = protect(cells, [OPEN, OPEN], atoms(table), 5)
    assert found.withheld.sum() == 1 and not found.primary.any()


def test_what_several_parts_leave_over_together_is_guarded() -> None:
    cells = [cell(0), cell(1), cell({0, 1, 2})]
    assert protect(cells, [OPEN] * 3, atoms(row([20, 30, 2])), 5).withheld.sum() == 1
    assert not protect(cells, [OPEN] * 3, atoms(row([20, 30, 6])), 5).withheld.any()


def test_years_ending_in_neighbouring_months_do_not_give_a_month_away() -> None:
    table = np.array([[[2, *[9] * 11, 9]]])
    first, second = cell(0, 0, range(12)), cell(0, 0, range(1, 13))
    both = cell(0, 0, range(13))
    found = protect([first, second, both], [SHOWN, OPEN, OPEN], atoms(table), 5)
    assert found.withheld.tolist() in ([False, True, False], [False, False, True])
    assert found.exposed == ()


def test_a_sliver_between_two_vintages_is_guarded() -> None:
    """The new ward is the old one and a strip with one incident."""
    cells = [cell({0, 1}), cell({0, 1, 2})]
    assert protect(cells, [SHOWN, OPEN], atoms(row([9, 9, 1])), 5).withheld.tolist() == [
        False,
        True,
    ]
    # 18 and 19 are out: nothing can be done about it
    found = protect(cells, [SHOWN, SHOWN], atoms(row([9, 9, 1])), 5)
    assert not found.withheld.any() and found.exposed == ()


def test_a_small_count_that_earlier_exports_give_away_is_exposed() -> None:
    cells = [cell(0), cell({0, 1}), cell(1)]
    found = protect(cells, [SHOWN, SHOWN, OPEN], atoms(row([30, 3])), 5)
    assert found.exposed == (2,) and found.withheld.tolist() == [False, False, True]


def test_a_small_count_that_was_shown_before_is_exposed() -> None:
    """As when the threshold of a tier has been raised."""
    found = protect([cell(0), cell(0)], [SHOWN, OPEN], atoms(row([7])), 10)
    assert found.exposed == (1,) and found.withheld.tolist() == [False, True]


def test_an_earlier_withheld_count_is_kept_safe_from_what_is_asked_now() -> None:
    cells = [cell(0), cell(1), cell({0, 1})]
    found = protect(cells, [WITHHELD, WITHHELD, OPEN], atoms(row([3, 9])), 5)
    assert found.withheld.tolist() == [True, True, False]
    found = protect(cells, [WITHHELD, SHOWN, OPEN], atoms(row([3, 9])), 5)
    assert found.withheld.tolist() == [True, False, True]


def test_equal_cells_get_one_decision_and_repeats_change_nothing() -> None:
    cells = [cell(0), cell(1), cell(2), cell({0, 1, 2})]
    table = atoms(row([3, 40, 9]))
    first = protect(cells, [OPEN] * 4, table, 5)
    twice = protect(cells + cells, [OPEN] * 8, table, 5)
    assert twice.withheld.tolist() == first.withheld.tolist() * 2
    status = [WITHHELD if held else SHOWN for held in first.withheld]
    again = protect(cells + cells, status + [OPEN] * 4, table, 5)
    assert again.withheld.tolist() == first.withheld.tolist() * 2 and again.exposed == ()
    assert again.primary.tolist() == first.primary.tolist() * 2


def test_wards_of_one_that_crowd_a_withheld_total_are_named() -> None:
    """Four of at least 1 in at most 4: only not knowing that the total is small protects them."""
    found = of_row([1, 1, 1, 1])
    assert found.withheld.all() and found.exposed == ()
    assert found.crowded == (0, 1, 2, 3, 4)
    assert of_row([2, 1, 1]).crowded == ()


@pytest.mark.parametrize("seed", range(12))
def test_counts_that_nothing_can_change_are_found_together(seed: int) -> None:
    """Against the least and the most that each can be: two linear programs each."""
    rng = np.random.default_rng(seed)
    matrix = np.vstack([rng.integers(0, 2, (6, 8)), np.ones((1, 8), dtype=int)])
    matrix[:, 0] |= matrix.sum(axis=1) == 0
    count = rng.integers(1, 4, 8)
    value = matrix @ count
    kind = np.where(value < 5, Kind.PRIMARY, rng.choice([Kind.FIXED, Kind.OPEN], 7, p=[0.8, 0.2]))
    low = np.where(kind == Kind.PRIMARY, 1 - value, np.where(kind == Kind.OPEN, 5 - value, 0))
    high = np.where(kind == Kind.PRIMARY, 4 - value, np.where(kind == Kind.OPEN, 1_000, 0))
    known = {"A_ub": np.vstack([matrix, -matrix]), "b_ub": np.concatenate([high, -low])}
    expected = [
        row
        for row in range(7)
        if all(
            abs(linprog(sign * matrix[row], **known, bounds=[(-1, 1)] * 8).fun) < 1e-7
            for sign in (1, -1)
        )
    ]
    system = System(csr_array(matrix), count, value, kind, np.ones(7), 5)
    assert stuck(system, np.arange(7), np.random.default_rng(1)).tolist() == expected


def test_no_cells_give_empty_arrays() -> None:
    none = np.zeros(0, dtype=int)
    found = protect([], [], Atoms(none, none, none, none), 5)
    assert found.withheld.shape == found.primary.shape == (0,) and found.exposed == ()


def test_incidents_outside_all_cells_count_nowhere() -> None:
    assert not protect([cell(0)], [OPEN], atoms(row([9, 2])), 5).withheld.any()


FINE = atoms(row([3]))


@pytest.mark.parametrize(
    ("cells", "status", "table", "below", "says"),
    [
        ([cell(0)], [], FINE, 5, "one status"),
        ([cell(0)], [OPEN], FINE, -1, "below"),
        ([cell(0)], [OPEN], FINE, True, "below"),
        ([cell(set())], [OPEN], FINE, 5, "empty"),
        ([cell(0)], [7], FINE, 5, "OPEN, SHOWN or WITHHELD"),
        ([cell(0)], [OPEN], Atoms(*[np.zeros(1, int)] * 3, np.array([-1])), 5, "0 to 1e9"),
        ([cell(0)], [OPEN], Atoms(*[np.zeros(1, int)] * 3, np.array([0.5])), 5, "whole numbers"),
        ([cell(0)], [OPEN], Atoms(*[np.zeros(1, int)] * 3, np.array([1, 2])), 5, "one length"),
    ],
)
def test_refusals_are_one_sentence(cells, status, table, below, says) -> None:
    with pytest.raises(UsageError, match=says):
        protect(cells, status, table, below)
