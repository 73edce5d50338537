"""Two maps side by side: what the page of a comparison shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from hotspots import degrees
from hotspots.meeting.comparing import Event, PlaceChange, place_changes
from hotspots.meeting.counts import (
    Change,
    Counts,
    say_change,
    total_change,
    ward_changes,
    ward_mixes,
)
from hotspots.meeting.maps import Question
from hotspots.model import Incidents, Wards
from hotspots.web.basemap import base_map
from hotspots.web.compare_maps import drawn_views, map_data
from hotspots.web.compare_words import Half, Words, say_mix
from hotspots.web.facts import about
from hotspots.web.text import capital, tidy, whole

SIDES = ("left", "right")


class _Group(NamedTuple):
    """A part of the list: its events, and its title for two periods and for two categories."""

    events: tuple[Event, ...]
    periods: str
    categories: str


#: In the order of the list.
_GROUPS = (
    _Group(("new",), "New in {second}", "Only {second}"),
    _Group(("same",), "Still a hot spot", "Both"),
    _Group(("moved",), "Moved", ""),
    _Group(("merged", "split"), "Merged or split", ""),
    _Group(("gone",), "No longer a hot spot", "Only {first}"),
    _Group(("unknown",), "Cannot be told: data are missing", "Cannot be told: data are missing"),
)


class CompareView:
    """A comparison, ready to be written into a page.

    Parameters
    ----------
    first, second : Half
        The earlier and the later period; or two categories of one period.
    incidents : Incidents
        Of the second's category, for a density map in the first's classes.
    shared : Wards
        The wards that both are counted in.
    question : str
        Which hot spots are listed.
    layer : str
        How the maps are shaded.

    Attributes
    ----------
    headline : str
    titles : tuple of str
        What each map shows.
    whys : tuple of str
        Why a map shows nothing, empty where it does.
    groups : list of dict
        The places by what became of them; ``empty`` says what to do where there are none.
    area_rows, ward_rows : list of dict
        The rows of the tables; ``heads`` are the two columns of counts.
    legend : dict
        Title, rows and note of the layer: the same for both maps.
    notes, about : list of str
    data : dict of str to dict
        What each map draws.
    maps : dict of str to BaseMap
    """

    def __init__(
        self,
        first: Half,
        second: Half,
        incidents: Incidents,
        shared: Wards,
        question: Question,
        layer: str,
    ) -> None:
        self._shared = shared
        self._words = words = Words(first, second)
        halves = (first, second)
        counts = (first.side.counts, second.side.counts)
        self.of_categories = words.of_categories
        self.heads = words.heads
        self.titles = tuple(_title(half) for half in halves)
        self.whys = tuple(half.why for half in halves)
        rows = place_changes(first.side, second.side, question, categories=self.of_categories)
        self.headline = f"{words.counts()} {words.places(rows)}".strip()
        self.groups = self._groups(rows)
        self.empty = [] if rows else words.empty()
        self.ward_rows = self._ward_rows(
            (ward_mixes if self.of_categories else ward_changes)(*counts)
        )
        self.area_rows = self._area_rows(counts)
        views = drawn_views(first, second, incidents)
        self.legend = next(view.legends[layer] for view in views if view is not None)
        parts = list(zip(SIDES, halves, views, strict=True))
        self.data = {side: map_data(half, view, question) for side, half, view in parts}
        self.maps = {side: base_map(half.wards, side, side) for side, half, _ in parts}
        self.notes = words.notes(layer, shared)
        self.about = about(next(h.side.result for h in reversed(halves) if h.side.result))

    # -- lists and tables -----------------------------------------------------------------------

    def _groups(self, rows: Sequence[PlaceChange]) -> list[dict[str, Any]]:
        names = {"first": self.heads[0], "second": self.heads[1]}
        found = []
        # of two categories what they share comes first; of two periods what is new
        first = "same" if self.of_categories else "new"
        for group in sorted(_GROUPS, key=lambda group: first not in group.events):
            mine = [self._place(row) for row in rows if row.event in group.events]
            title = group.categories if self.of_categories else group.periods
            if mine:
                found.append({"title": title.format(**names), "places": mine})
        return found

    def _place(self, row: PlaceChange) -> dict[str, Any]:
        (lat, lng), *_ = degrees.lat_lng(np.array([row.peak_xy]), self._shared.crs)
        return {
            "name": tidy(row.name),
            "event": row.event,
            "first": row.first,
            "second": row.second,
            "says": self._words.row(row.change),
            "sure": row.change.clear,
            "lat": lat,
            "lng": lng,
        }

    def _area_rows(self, counts: tuple[Counts, Counts]) -> list[dict[str, Any]]:
        """Return a row a district and one for all, where there are several."""
        frame = self._shared.frame
        codes = frame["district_code"].fillna("").astype(str).to_numpy()
        known = sorted(set(codes) - {""})
        names = dict(zip(codes, frame["district_name"], strict=True))
        if len(known) < 2 or self.of_categories:
            return []
        sums = [
            replace(side, by_ward=np.array([side.by_ward[codes == c].sum() for c in known]))
            for side in counts
        ]
        rows = [
            self._table_row(tidy(names[code]), "", change)
            for code, change in zip(known, ward_changes(*sums), strict=True)
        ]
        return [*rows, self._table_row("All", "", total_change(*counts))]

    def _ward_rows(self, changes: Sequence[Change]) -> list[dict[str, Any]]:
        frame = self._shared.frame
        found = [
            (change, self._table_row(tidy(name), tidy(district), change))
            for change, name, district in zip(
                changes, frame["ward_name"], frame["district_name"], strict=True
            )
        ]
        found.sort(key=lambda pair: (not pair[0].clear, -_size(pair[0])))
        return [row for _, row in found]

    def _table_row(self, name: str, district: str, change: Change) -> dict[str, Any]:
        difference = _difference(change)
        said = say_mix(change, self._words.names) if self.of_categories else say_change(change)
        return {
            "name": name,
            "district": district,
            "first": whole(change.first),
            "second": whole(change.second),
            "difference": _plus(difference) if change.tested else "No data",
            "says": capital(said) if change.clear or not change.tested else "Could be chance",
            "sure": change.clear,
            "rise": change.ratio > 1,
            "sort": {
                "first": "" if change.first is None else change.first,
                "second": "" if change.second is None else change.second,
                "difference": difference if change.tested else "",
                "says": f"{change.p_adjusted:.6g}" if change.tested else "",
            },
        }


def _title(half: Half) -> str:
    return f"{tidy(half.category.short)}, {half.period.label}"


def _difference(change: Change) -> int:
    return (change.second or 0) - (change.first or 0)


def _size(change: Change) -> int:
    return abs(_difference(change)) if change.tested else -1


def _plus(number: int) -> str:
    return f"+{whole(number)}" if number > 0 else whole(number)
