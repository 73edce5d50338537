"""An attacker of its own making tries to work out withheld counts from all that was exported.

He knows the pieces of every cell, every shown count, that a withheld one is at least 1, and which
of them are small. He asks an integer program for the least and the most that each withheld small
count can be; on tiny tables he tries every table there is. Of the engine's code nothing is used
here but `protect` itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations, product

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from hotspots.disclosure import Atoms, Cell, Status, protect

K = 5
#: Questions that an attacker asks of all counts together before he asks of each.
TOGETHER = 4


@dataclass
class World:
    """A true table, and what has been exported of it."""

    table: np.ndarray
    exported: dict[Cell, bool] = field(default_factory=dict)  # cell -> withheld
    refused: int = 0
    #: Of all exported, as the last export that was not refused names them.
    crowded: set[Cell] = field(default_factory=set)

    def count(self, cell: Cell) -> int:
        return int(
            self.table[np.ix_(sorted(cell.where), sorted(cell.what), sorted(cell.when))].sum()
        )

    def atoms(self) -> Atoms:
        at = np.nonzero(self.table)
        return Atoms(*at, self.table[at])

    def export(self, cells: list[Cell], primary_only: bool = False) -> None:
        if primary_only:
            self.exported |= {c: 0 < self.count(c) < K for c in cells}
            return
        earlier = list(self.exported)
        status = [Status.WITHHELD if self.exported[c] else Status.SHOWN for c in earlier]
        fresh = [
            (Status.WITHHELD if self.exported[c] else Status.SHOWN)
            if c in self.exported
            else Status.OPEN
            for c in cells
        ]
        found = protect(earlier + cells, status + fresh, self.atoms(), K)
        if found.exposed:
            self.refused += 1
            return
        new = dict(zip(cells, found.withheld[len(earlier) :].tolist(), strict=True))
        assert all(self.exported[c] == new[c] for c in cells if c in self.exported)
        self.exported |= new
        every = earlier + cells
        self.crowded = {every[i] for i in found.crowded}


class Attacker:
    """Who has every export, and an integer-programming solver."""

    def __init__(self, world: World, tells_small: bool) -> None:
        self.shape = world.table.shape
        rows, low, high = [], [], []
        for cell, withheld in world.exported.items():
            count = world.count(cell)
            limits: tuple[float, float] = (count, count)
            if withheld and tells_small:
                limits = (1, K - 1) if count < K else (K, np.inf)
            elif withheld:
                limits = (1, np.inf)
            rows.append(self.row(cell))
            low.append(limits[0])
            high.append(limits[1])
        self.known = LinearConstraint(csr_array(np.array(rows)), low, high)

    def row(self, cell: Cell) -> np.ndarray:
        inside = np.zeros(self.shape)
        inside[np.ix_(sorted(cell.where), sorted(cell.what), sorted(cell.when))] = 1
        return inside.ravel()

    def extreme(self, row: np.ndarray, sign: int) -> np.ndarray:
        """Return the table, of those that agree, with the least (sign 1) or most (-1) in a row."""
        found = milp(
            sign * row,
            integrality=np.ones(row.size),
            bounds=Bounds(0, 1_000),
            constraints=self.known,
        )
        assert found.status == 0, found.message
        table = np.rint(found.x)
        change = self.known.A @ table
        assert (change >= self.known.lb).all() and (change <= self.known.ub).all()
        return table

    def works_out(self, cells: list[Cell]) -> list[Cell]:
        """Return the cells for which one value alone is possible."""
        rows = {cell: self.row(cell) for cell in cells}
        seen: dict[Cell, set[int]] = {cell: set() for cell in cells}
        # tables that are extreme in all together spare most of the single questions
        rng = np.random.default_rng(1)
        for _ in range(TOGETHER):
            signs = rng.choice([-1, 1], len(cells))
            table = self.extreme(signs @ np.array([rows[cell] for cell in cells]), 1)
            for cell, row in rows.items():
                seen[cell].add(round(row @ table))
        for cell, sign in product(cells, (-1, 1)):
            if len(seen[cell]) < 2:
                table = self.extreme(rows[cell], sign)
                for other, row in rows.items():
                    seen[other].add(round(row @ table))
        return [cell for cell in cells if len(seen[cell]) == 1]


def recovered(world: World, tells_small: bool, cells: set[Cell] | None = None) -> list[Cell]:
    """Return the withheld small cells (or those of ``cells``) that the attacker works out."""
    small = [c for c, held in world.exported.items() if held and world.count(c) < K]
    if cells is not None:
        small = [c for c in small if c in cells]
    return Attacker(world, tells_small).works_out(small) if small else []


def subtracted(world: World) -> list[tuple[Cell, Cell]]:
    """Return pairs of shown cells, one in the other along one dimension, that differ by 1 to 4."""
    shown = {c: world.count(c) for c, held in world.exported.items() if not held}
    return [
        (outer, inner)
        for outer, more in shown.items()
        for inner, less in shown.items()
        if 0 < more - less < K and nested(outer, inner)
    ]


def nested(outer: Cell, inner: Cell) -> bool:
    pairs = [
        (outer.where, inner.where),
        (outer.what, inner.what),
        (outer.when, inner.when),
    ]
    return all(a >= b for a, b in pairs) and sum(a != b for a, b in pairs) == 1


def box(wheres, whats, whens) -> list[Cell]:
    return [
        Cell(frozenset(a), frozenset(b), frozenset(c)) for a, b, c in product(wheres, whats, whens)
    ]


@dataclass(frozen=True)
class Sets:
    """What exports ask of: pieces of place, kind, time, and the sets of them."""

    size: tuple[int, int, int]
    #: Two vintages: the second merges two wards, splits one and shifts a border.
    old: list[set[int]]
    new: list[set[int]]
    halves: list[set[int]]
    groups: list[set[int]]
    #: As years ending in neighbouring months.
    years: list[set[int]]

    def places(self, rng: np.random.Generator) -> list[set[int]]:
        whole = [set(range(self.size[0]))]
        totals = [self.halves, whole, self.halves + whole, []]
        return (self.old, self.new)[rng.integers(2)] + totals[rng.integers(4)]

    def kinds(self, rng: np.random.Generator) -> list[set[int]]:
        each = [{i} for i in range(self.size[1])]
        whole = self.groups[-1:]
        choices = [each, self.groups, each + self.groups, each[:-1] + whole, whole]
        return choices[rng.integers(5)]

    def periods(self, rng: np.random.Generator) -> list[set[int]]:
        months = [{i} for i in range(self.size[2])]
        years = self.years
        choices = [months[1:3], years[:1], years[:2], years[1:], months[2:4] + years[1:2]]
        return choices[rng.integers(5)]


SMALL = Sets(
    (6, 3, 4),
    old=[{0}, {1}, {2, 3}, {4, 5}],
    new=[{0, 1}, {2}, {3, 4}, {5}],
    halves=[{0, 1, 2, 3}, {4, 5}],
    groups=[{0, 1}, {0, 1, 2}],
    years=[{0, 1}, {1, 2}, {2, 3}],
)
LARGE = Sets(
    (8, 4, 5),
    old=[{0}, {1}, {2, 3}, {4, 5}, {6, 7}],
    new=[{0, 1}, {2}, {3, 4}, {5}, {6, 7}],
    halves=[{0, 1, 2, 3}, {4, 5, 6, 7}],
    groups=[{0, 1}, {0, 1, 2}, {0, 1, 2, 3}],
    years=[{0, 1, 2}, {1, 2, 3}, {2, 3, 4}],
)


def histories(rng: np.random.Generator, sets: Sets) -> Iterator[list[Cell]]:
    """Give a random sequence of exports: totals, periods, kinds, vintages, repeats."""
    done: list[list[Cell]] = []
    for _ in range(rng.integers(2, 4)):
        if done and rng.random() < 0.15:
            yield done[rng.integers(len(done))]
            continue
        done.append(box(sets.places(rng), sets.kinds(rng), sets.periods(rng)))
        yield done[-1]


def random_table(rng: np.random.Generator, sets: Sets) -> np.ndarray:
    level = rng.choice([0.3, 1.0, 3.0])
    lam = level * rng.gamma(0.7, 1 / 0.7, (*sets.size[:2], 1)) * np.ones(sets.size[2])
    return rng.poisson(lam)


def told(seed: int, sets: Sets) -> World:
    rng = np.random.default_rng(seed)
    world = World(random_table(rng, sets))
    for cells in histories(rng, sets):
        world.export(cells)
    return world


def check(seeds: range, sets: Sets) -> list[World]:
    worlds = []
    for seed in seeds:
        world = told(seed, sets)
        crowded = world.crowded
        found = [c for c in recovered(world, tells_small=True) if c not in crowded]
        assert found == [], f"table {seed}"
        assert recovered(world, tells_small=False, cells=crowded) == [], f"table {seed}"
        assert subtracted(world) == [], f"table {seed}"
        worlds.append(world)
    return worlds


@pytest.mark.parametrize("first", range(0, 200, 20))
def test_from_200_random_histories_of_exports_no_small_count_is_recovered(first: int) -> None:
    worlds = check(range(first, first + 20), SMALL)
    # and the histories had something to hide, and were hardly ever refused
    assert sum(held for w in worlds for held in w.exported.values()) > 200
    assert sum(w.refused for w in worlds) <= 4


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1_000, 1_060, 20))
def test_nor_from_60_larger_ones(first: int) -> None:
    check(range(first, first + 20), LARGE)


def test_the_attacker_recovers_where_only_small_counts_are_withheld() -> None:
    found = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        world = World(random_table(rng, SMALL))
        for cells in histories(rng, SMALL):
            world.export(cells, primary_only=True)
        found += len(recovered(world, tells_small=False))
    assert found > 20


def every_table(world: World, highest: int) -> Iterator[np.ndarray]:
    """Give every table up to ``highest`` that agrees with what is exported."""
    cells = [(c, world.count(c), held) for c, held in world.exported.items()]
    for values in product(range(highest + 1), repeat=world.table.size):
        other = World(np.array(values).reshape(world.table.shape))
        counts = [(other.count(c), count, held) for c, count, held in cells]
        if all(
            (1 <= n < K if count < K else n >= K) if held else n == count
            for n, count, held in counts
        ):
            yield other.table


@pytest.mark.parametrize("table", [[[1, 5], [6, 2]], [[3, 7], [7, 4]], [[0, 6], [2, 7]]])
def test_exhaustive_search_finds_two_values_of_every_small_count(table: list[list[int]]) -> None:
    world = World(np.array(table).reshape(2, 2, 1))
    world.export(box([{0}, {1}, {0, 1}], [{0}, {1}, {0, 1}], [{0}]))
    tables = list(every_table(world, 9))
    assert tables
    crowded = world.crowded
    for cell, held in world.exported.items():
        if held and world.count(cell) < K and cell not in crowded:
            assert len({World(t).count(cell) for t in tables}) >= 2


def test_secondary_suppression_stays_near_the_least_that_is_safe() -> None:
    """Of 4 x 3 tables with totals, against every choice of cells in order of number."""
    chosen = best = 0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        table = rng.poisson(rng.gamma(1.2, 6, (4, 3, 1)))
        cells = box([{0}, {1}, {2}, {3}, {0, 1, 2, 3}], [{0}, {1}, {2}, {0, 1, 2}], [{0}])
        world = World(table)
        world.export(cells)
        small = [c for c in cells if 0 < world.count(c) < K]
        large = [c for c in cells if world.count(c) >= K]
        extra = sum(world.exported.values()) - len(small)
        chosen += extra
        best += next(
            n
            for n in range(extra + 1)
            for more in combinations(large, n)
            if safe(World(table, {c: c in small or c in more for c in cells}))
        )
    assert best <= chosen <= 1.3 * best


def safe(world: World) -> bool:
    return not subtracted(world) and not recovered(world, tells_small=True)
