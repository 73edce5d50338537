"""Counts of named areas, kinds and spans; and the pieces of which these counts are sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from pyproj import CRS
from scipy.sparse import csr_array

from hotspots.errors import UsageError
from hotspots.model import Incidents, Wards
from hotspots.sharing.asked import Asked, check_asked, kind_label, span_label
from hotspots.sharing.classes import Class, classes_of, links_arson, of_kind
from hotspots.sharing.grouping import (
    Bools,
    Ints,
    distinct,
    merged,
    pieces_in,
    rows_in,
    summed,
    unique_rows,
)
from hotspots.sharing.places import Pieces, members, overlay, place_label


@dataclass(frozen=True, eq=False)
class Overlay:
    """Some counts as sums over pieces: where x what x when.

    Attributes
    ----------
    where, what, when : tuple of frozenset of int
        Piece numbers, one set for each count in the order asked. A set is empty where nothing
        could be counted: no incident is of that kind, or none is loaded for those days.
    atoms : ndarray of int, shape (n, 4)
        Where piece, what piece, when piece and incidents of each occupied combination that some
        count has.
    never : tuple of (int, frozenset of int)
        A what piece, and the when pieces outside of its first and last incident anywhere: there it
        is taken as known that there are none.
    pieces : tuple of int
        How many pieces there are: where, what and when.
    """

    where: tuple[frozenset[int], ...]
    what: tuple[frozenset[int], ...]
    when: tuple[frozenset[int], ...]
    atoms: Ints
    never: tuple[tuple[int, frozenset[int]], ...]
    pieces: tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class _Spans:
    """The days between all starts and ends asked for; ``edges`` are days since 1970."""

    edges: Ints
    first: Ints
    last: Ints


@dataclass(frozen=True, eq=False)
class _Occupied:
    """Occupied combinations: ``places`` (n, vintages) are the where pieces, ``classes`` the what
    pieces; ``where``, ``what``, ``when`` and ``count`` have one row each combination."""

    places: Pieces
    classes: tuple[Class, ...]
    where: Ints
    what: Ints
    when: Ints
    count: Ints


class Tally:
    """Counts exactly as the tables of the tool do.

    An incident belongs to the ward that ``Wards.assign`` gives, to the kinds of
    ``hotspots.selection.of_category``, and to the day on which it starts. A total that links arson
    counts a linked pair once (``hotspots.quality.arson``).

    Parameters
    ----------
    incidents : Incidents
        Of all categories: a link of arson depends on all incidents of its kinds.
    wards : sequence of Wards
        Whole vintages, all that are asked for, in the CRS of the incidents.

    Raises
    ------
    UsageError
        If a vintage is given twice, or a CRS is another.
    """

    def __init__(self, incidents: Incidents, wards: Sequence[Wards]) -> None:
        self.incidents = incidents
        self.wards: Mapping[str, Wards] = {each.vintage: each for each in wards}
        if len(self.wards) < len(wards):
            raise UsageError(
                "Each vintage of wards must be given once; got "
                f"{', '.join(each.vintage for each in wards)}: leave the second out."
            )
        for each in wards:
            if CRS.from_user_input(incidents.crs) != CRS.from_user_input(each.crs):
                raise UsageError(
                    f"Incidents and wards must be in one CRS; got {incidents.crs} and {each.crs}: "
                    "read both with the same."
                )
        self._areas: dict[str, tuple[str, Bools]] = {}
        self._assigned: dict[str, Ints] = {}
        self._overlays: dict[tuple[str, ...], Pieces] = {}
        self._classed: dict[bool, tuple[Ints, tuple[Class, ...]]] = {}

    def knows(self, asked: Asked) -> bool:
        """Return whether there are such wards, such a kind and such days."""
        try:
            check_asked([asked])
            self._members(asked.where)
        except UsageError:
            return False
        return True

    def label(self, asked: Asked) -> str:
        """Return a count in words: "Anti-social behaviour, Stone House ward, June 2021"."""
        place = place_label(asked.where, self.wards)
        return f"{kind_label(asked.what)}, {place}, {span_label(asked)}"

    def count(self, asked: Sequence[Asked]) -> Ints:
        """Return the incidents of each count.

        Parameters
        ----------
        asked : sequence of Asked
            Any number; repeated ones are counted again.

        Returns
        -------
        ndarray of int, shape (asked,)
            0 too where nothing is known: whether a period is known at all is not asked here (see
            ``hotspots.meeting.counts.count_in_wards``).

        Raises
        ------
        UsageError
            If an area, a kind or a span is none.
        """
        check_asked(asked)
        if not asked:
            return np.empty(0, dtype=np.int64)
        wheres, at_where = distinct([a.where for a in asked])
        whats, at_what = distinct([a.what for a in asked])
        spans = _spans(asked)
        vintages = self._vintages(wheres)
        found = self._occupied(vintages, whats, spans)
        belongs = csr_array(self._belongs(wheres, vintages, found.places).astype(np.int64))
        counts = np.empty(len(asked), dtype=np.int64)
        shape = (len(found.places), len(spans.edges) - 1)
        for number, what in enumerate(whats):
            here = np.flatnonzero(at_what == number)
            mine = of_kind(what, found.classes)[found.what]
            cell = found.where[mine] * shape[1] + found.when[mine]
            table = np.bincount(cell, found.count[mine], shape[0] * shape[1]).reshape(shape)
            until = np.cumsum(belongs @ table.astype(np.int64), axis=1)
            until = np.pad(until, ((0, 0), (1, 0)))
            row = at_where[here]
            counts[here] = until[row, spans.last[here]] - until[row, spans.first[here]]
        return counts

    def overlay(self, asked: Sequence[Asked]) -> Overlay:
        """Return the counts as sums over the fewest pieces that tell them apart.

        What pieces are those that some incident has, anywhere and at any time, and when pieces
        those in which some incident lies: no one is misled by what never occurs. Where pieces are
        those of ``hotspots.sharing.places.overlay`` and all that hold an incident.

        Raises
        ------
        UsageError
            If an area, a kind or a span is none.
        """
        check_asked(asked)
        wheres, at_where = distinct([a.where for a in asked])
        whats, at_what = distinct([a.what for a in asked])
        spans = _spans(asked)
        vintages = self._vintages(wheres)
        found = self._occupied(vintages, whats, spans)
        places = np.unique(np.vstack([found.places, self._overlay(vintages)]), axis=0)
        moved = rows_in(found.places, places)
        where, of_place = merged(self._belongs(wheres, vintages, places))
        what, of_class = merged(np.array([of_kind(each, found.classes) for each in whats]))
        when, of_span = self._when(asked, spans)
        atoms = np.column_stack(
            [
                of_place[moved[found.where]],
                of_class[found.what],
                of_span[found.when],
                found.count,
            ]
        )
        return Overlay(
            tuple(where[i] for i in at_where.tolist()),
            tuple(what[i] for i in at_what.tolist()),
            when,
            summed(atoms[(atoms[:, :3] >= 0).all(axis=1)]),
            self._never(found.classes, of_class, spans, of_span),
            (pieces_in(of_place), pieces_in(of_class), pieces_in(of_span)),
        )

    # -- when -------------------------------------------------------------------------------------

    @cached_property
    def _days(self) -> Ints:
        """The day of each incident, days since 1970."""
        starts = self.incidents.frame["starts_at"].to_numpy(dtype="datetime64[D]")
        return starts.astype(np.int64)

    def _when(
        self, asked: Sequence[Asked], spans: _Spans
    ) -> tuple[tuple[frozenset[int], ...], Ints]:
        """Return the when pieces of each count, and the piece of each span: -1 if it has none."""
        number = np.arange(len(spans.edges) - 1)
        pairs, at = np.unique(
            np.column_stack([spans.first, spans.last]), axis=0, return_inverse=True
        )
        within = (pairs[:, :1] <= number) & (number < pairs[:, 1:])
        span = np.searchsorted(spans.edges, self._days, "right") - 1
        known = np.isin(number, span)
        sets, of_span = merged(within & known)
        return tuple(sets[i] for i in at.ravel().tolist()), of_span

    def _never(
        self, classes: tuple[Class, ...], of_class: Ints, spans: _Spans, of_span: Ints
    ) -> tuple[tuple[int, frozenset[int]], ...]:
        links = any(each.left_out for each in classes)
        code, _ = self._classes(links)
        days = pd.Series(self._days).groupby(code).agg(["min", "max"]).to_numpy()
        found = []
        for piece in range(pieces_in(of_class)):
            mine = days[of_class == piece]
            first, last = mine[:, 0].min(), mine[:, 1].max()
            outside = (spans.edges[1:] <= first) | (spans.edges[:-1] > last)
            # a piece that several spans make is only left out where all of them are
            inside = set(of_span[~outside].tolist())
            never = frozenset(set(of_span[outside].tolist()) - inside - {-1})
            if never:
                found.append((piece, never))
        return tuple(found)

    # -- what -------------------------------------------------------------------------------------

    def _classes(self, links: bool) -> tuple[Ints, tuple[Class, ...]]:
        """Return the class of each incident, and the classes; ``links``: linked arson apart."""
        if links not in self._classed:
            self._classed[links] = classes_of(self.incidents.frame, links)
        return self._classed[links]

    # -- where ------------------------------------------------------------------------------------

    def _members(self, where: str) -> tuple[str, Bools]:
        if where not in self._areas:
            self._areas[where] = members(where, self.wards)
        return self._areas[where]

    def _vintages(self, wheres: Sequence[str]) -> tuple[str, ...]:
        """Return the vintages of some areas, in the order given."""
        used = {self._members(where)[0] for where in wheres}
        return tuple(vintage for vintage in self.wards if vintage in used)

    def _ward(self, vintage: str) -> Ints:
        if vintage not in self._assigned:
            found = self.wards[vintage].assign(self.incidents.xy)
            self._assigned[vintage] = found.astype(np.int64)
        return self._assigned[vintage]

    def _overlay(self, vintages: tuple[str, ...]) -> Pieces:
        if vintages not in self._overlays:
            self._overlays[vintages] = overlay([self.wards[vintage] for vintage in vintages])
        return self._overlays[vintages]

    def _belongs(self, wheres: Sequence[str], vintages: tuple[str, ...], places: Pieces) -> Bools:
        """Return which pieces each area has, shape (areas, pieces)."""
        rows = []
        for where in wheres:
            vintage, chosen = self._members(where)
            ward = places[:, vintages.index(vintage)]
            rows.append((ward >= 0) & chosen[ward])
        return np.array(rows, dtype=np.bool_)

    # -- together ---------------------------------------------------------------------------------

    def _occupied(
        self, vintages: tuple[str, ...], whats: Sequence[str], spans: _Spans
    ) -> _Occupied:
        code, classes = self._classes(any(links_arson(what) for what in whats))
        wards = np.column_stack([self._ward(vintage) for vintage in vintages])
        span = np.searchsorted(spans.edges, self._days, "right") - 1
        places, place = unique_rows(wards)
        inside = (span >= 0) & (span < len(spans.edges) - 1) & (wards >= 0).any(axis=1)
        found = summed(
            np.column_stack([place, code, span, np.ones(len(place), dtype=np.int64)])[inside]
        )
        return _Occupied(places, classes, *found.T)


def _spans(asked: Sequence[Asked]) -> _Spans:
    starts = np.array([a.start for a in asked], dtype="datetime64[D]").astype(np.int64)
    ends = np.array([a.end for a in asked], dtype="datetime64[D]").astype(np.int64)
    edges = np.unique(np.concatenate([starts, ends]))
    return _Spans(edges, np.searchsorted(edges, starts), np.searchsorted(edges, ends))
