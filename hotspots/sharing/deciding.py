"""Which counts an export may show to a tier, given all that the tier was shown before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hotspots.errors import ResultError
from hotspots.profile import Tier
from hotspots.sharing.asked import Asked, Released
from hotspots.sharing.restricting import check_kinds
from hotspots.sharing.tally import Overlay, Tally

__all__ = ["Decision", "Released", "decide"]

if TYPE_CHECKING:
    from hotspots.disclosure import Cell, Status

#: Named in an error; the others are counted.
_NAMED = 3


@dataclass(frozen=True, eq=False)
class Decision:
    """Counts, and which of them are withheld.

    Attributes
    ----------
    counts : mapping of Asked to int
        All of them, the withheld ones too: for the ledger, never for a reader.
    withheld : frozenset of Asked
    """

    counts: Mapping[Asked, int]
    withheld: frozenset[Asked]

    def shown(self, asked: Asked) -> int | None:
        """Return a count, None where it is withheld.

        Raises
        ------
        KeyError
            If it was not asked for.
        """
        count = self.counts[asked]
        return None if asked in self.withheld else count

    def released(self) -> tuple[Released, ...]:
        """Return the entries for the ledger."""
        return tuple(
            Released(asked, count, asked in self.withheld) for asked, count in self.counts.items()
        )


def decide(
    asked: Sequence[Asked],
    tally: Tally,
    tier: Tier,
    earlier: Sequence[Released],
    restricted_kinds: Sequence[str],
) -> Decision:
    """Return counts and which to withhold, so that no small one can be worked out.

    Parameters
    ----------
    asked : sequence of Asked
        All that one export shows; repeated ones are decided once.
    tally : Tally
        Of every vintage asked for. Earlier counts of other vintages are left out.
    tier : Tier
        Who it is for. Where it withholds no small counts, nothing is withheld.
    earlier : sequence of Released
        The ledger of the tier. A count that is asked again and has not changed keeps its decision
        (shown, if it ever was). One that is another now, because data came in or were taken back,
        stays withheld where it was, and can hide nothing where it was shown.
    restricted_kinds : sequence of str
        As in ``Profile.restricted_kinds``.

    Returns
    -------
    Decision
        In the order asked.

    Raises
    ------
    UsageError
        If an area, kind or span is none, or the tier may not have a kind.
    ResultError
        If earlier exports would, with this one, give a small count away whatever is withheld.
    """
    asked = list(dict.fromkeys(asked))
    check_kinds([each.what for each in asked], tier, restricted_kinds)
    counts = dict(zip(asked, tally.count(asked).tolist(), strict=True))
    if not tier.small_counts_below:
        return Decision(counts, frozenset())
    ledger = _ledger(earlier, tally, tier.small_counts_below)
    if all(each in ledger.known and each not in ledger.changed for each in asked):
        # decided before, with all that was exported by then; later exports had to keep it safe
        return Decision(counts, frozenset(each for each in asked if ledger.known[each].withheld))
    withheld = _protected(asked, ledger, tally, tier.small_counts_below)
    return Decision(counts, withheld)


@dataclass(frozen=True, eq=False)
class _Ledger:
    """What a tier knows of counts as they are now.

    Attributes
    ----------
    known : mapping of Asked to Released
        Counts that are as they were, and those that have changed but are still known well enough.
    changed : frozenset of Asked
        Which of them are another number now.
    fallen : frozenset of Asked
        Counts that were shown, and are small now.
    """

    known: Mapping[Asked, Released]
    changed: frozenset[Asked]
    fallen: frozenset[Asked]


def _ledger(earlier: Sequence[Released], tally: Tally, below: int) -> _Ledger:
    """Return what the tier knows; what was ever shown as it is now is shown.

    A count is another now because data came in or were taken back. Withheld before, it stays so:
    the difference between the two exports would tell what was withheld in the first. Shown before,
    it is nearly known, so it can hide nothing and is shown again; unless it is small now, and has
    to be decided anew.
    """
    told = [entry for entry in dict.fromkeys(earlier) if tally.knows(entry.asked)]
    now = tally.count([entry.asked for entry in told]).tolist()
    same: dict[Asked, Released] = {}
    other: dict[Asked, Released] = {}
    fallen = set()
    for entry, count in zip(told, now, strict=True):
        asked = entry.asked
        if entry.count == count:
            if asked not in same or not entry.withheld:
                same[asked] = entry
            continue
        if 0 < count < below and not entry.withheld:
            fallen.add(asked)
        elif count:
            hidden = entry.withheld or (asked in other and other[asked].withheld)
            other[asked] = Released(asked, count, hidden)
    changed = {asked: entry for asked, entry in other.items() if asked not in same}
    return _Ledger(same | changed, frozenset(changed), frozenset(fallen))


def _protected(
    asked: Sequence[Asked], ledger: _Ledger, tally: Tally, below: int
) -> frozenset[Asked]:
    # loads the solver
    from hotspots.disclosure import Atoms, Cell, Status, protect

    others = [each for each in ledger.known if each not in set(asked)]
    fallen = list(ledger.fallen)
    every = [*asked, *others]
    pieces = tally.overlay([*every, *fallen])
    concerned = [i for i in _concerned(pieces, len(asked)) if i < len(every)]
    every_cell = [
        Cell(*parts) for parts in zip(pieces.where, pieces.what, pieces.when, strict=True)
    ]
    cells = [every_cell[i] for i in concerned]
    telling = _telling(asked, every_cell, ledger)
    status = [
        Status.WITHHELD if i in telling else _status(ledger.known.get(every[i])) for i in concerned
    ]
    everywhere = frozenset(range(pieces.pieces[0]))
    for what, when in pieces.never:
        cells.append(Cell(everywhere, frozenset({what}), when))
        status.append(Status.SHOWN)
    found = protect(cells, status, Atoms(*pieces.atoms.T), below)
    exposed = [every[concerned[i]] for i in found.exposed if i < len(concerned)]
    if found.exposed:
        raise ResultError(_sentence(exposed or list(asked), tally))
    chosen = np.flatnonzero(found.withheld[: len(concerned)]).tolist()
    mine = set(asked)
    return frozenset(each for i in chosen if (each := every[concerned[i]]) in mine)


def _telling(asked: Sequence[Asked], cells: Sequence[Cell], ledger: _Ledger) -> frozenset[int]:
    """Return the positions of new counts that overlap one which was shown and is small now.

    Its old value is known, and that something came in; how much came in wherever it is counted
    too would tell how much of that was its own. ``cells`` begin with those asked and end with the
    fallen.
    """
    fallen = cells[len(cells) - len(ledger.fallen) :]
    return frozenset(
        at
        for at, (each, cell) in enumerate(zip(asked, cells, strict=False))
        if (each not in ledger.known or each in ledger.changed)
        and any(cell.where & f.where and cell.what & f.what and cell.when & f.when for f in fallen)
    )


def _status(entry: Released | None) -> Status:
    from hotspots.disclosure import Status

    if entry is None:
        return Status.OPEN
    return Status.WITHHELD if entry.withheld else Status.SHOWN


def _sentence(exposed: Sequence[Asked], tally: Tally) -> str:
    named = "; ".join(tally.label(each) for each in exposed[:_NAMED])
    more = len(exposed) - _NAMED
    others = f" and {more} more" if more > 0 else ""
    return (
        "An export must not let small counts be worked out; with what was exported to this tier "
        f"before, it would for {named}{others}: leave these areas, kinds or periods out, or "
        "export for the restricted tier."
    )


# -- which earlier counts matter ------------------------------------------------------------------


def _concerned(pieces: Overlay, asked: int) -> list[int]:
    """Return the positions of counts that can tell anything of the first ``asked``, in order.

    Those that share a piece of ground, kind and time with one of these, or with one that does, and
    so on; counts that could be nothing but 0 tell nothing.
    """
    wheres, at_where = _numbered(pieces.where, pieces.pieces[0])
    whats, at_what = _numbered(pieces.what, pieces.pieces[1])
    whens, at_when = _numbered(pieces.when, pieces.pieces[2])
    some = np.array(
        [
            bool(a and b and c)
            for a, b, c in zip(pieces.where, pieces.what, pieces.when, strict=True)
        ]
    )
    meet = [_meeting(sets) for sets in (wheres, whats, whens)]
    left = np.flatnonzero(some)
    front = left[left < asked]
    found = [front]
    left = left[left >= asked]
    while len(front) and len(left):
        near = np.zeros(len(left), dtype=np.bool_)
        keys = np.column_stack([at_where[front], at_what[front], at_when[front]])
        for where, what, when in np.unique(keys, axis=0).tolist():
            near |= (
                meet[0][where, at_where[left]]
                & meet[1][what, at_what[left]]
                & meet[2][when, at_when[left]]
            )
        front, left = left[near], left[~near]
        found.append(front)
    every: list[int] = np.sort(np.concatenate(found)).tolist()
    return every


def _numbered(
    sets: Sequence[frozenset[int]], pieces: int
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return the distinct sets as rows of booleans, and the row of each."""
    rows: dict[frozenset[int], int] = {}
    at = np.array([rows.setdefault(each, len(rows)) for each in sets], dtype=np.int64)
    table = np.zeros((len(rows), pieces), dtype=np.bool_)
    for each, row in rows.items():
        table[row, list(each)] = True
    return table, at


def _meeting(sets: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which sets have a piece in common, shape (sets, sets)."""
    whole = sets.astype(np.float64)
    meets: NDArray[np.bool_] = whole @ whole.T > 0
    return meets
