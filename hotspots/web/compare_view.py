"""Two maps side by side: what is compared, what the lists and tables say, what the maps draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

import folium
import numpy as np

from hotspots.meeting.comparing import (
    Change,
    Counts,
    Event,
    PlaceChange,
    Side,
    by_chance,
    place_changes,
    say_change,
    total_change,
    ward_changes,
    ward_mixes,
)
from hotspots.meeting.maps import Question
from hotspots.model import Incidents, Period, Wards
from hotspots.profile import Profile
from hotspots.results import Result
from hotspots.results.density import density_bands
from hotspots.selection import of_category
from hotspots.taxonomy import Category
from hotspots.web import geo, sentences
from hotspots.web.basemap import BaseMap, LocalMap, outlines
from hotspots.web.facts import about
from hotspots.web.text import capital, counted, tidy, whole
from hotspots.web.view import view_of

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


@dataclass(frozen=True, eq=False)
class Half:
    """One of the two: what it shows, of which wards, and why it may show nothing."""

    side: Side
    wards: Wards
    period: Period
    category: Category
    why: str = ""


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
    areas, wards : list of dict
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
        self._halves, self._question, self._shared = (first, second), question, shared
        self.of_categories = first.category != second.category
        self.heads = tuple(_head(half, self.of_categories) for half in self._halves)
        self.titles = tuple(_title(half) for half in self._halves)
        self.whys = tuple(half.why for half in self._halves)
        rows = place_changes(first.side, second.side, question, categories=self.of_categories)
        self.headline = f"{self._counts_sentence()} {self._places_sentence(rows)}".strip()
        self.groups = self._groups(rows)
        self.empty = [] if rows else self._empty()
        test = ward_mixes if self.of_categories else ward_changes
        counts = (first.side.counts, second.side.counts)
        self.ward_rows = self._ward_rows(test(*counts))
        self.area_rows = self._area_rows(counts)
        drawn = self._drawn(incidents)
        self.legend = next(view.legends[layer] for view in drawn if view is not None)
        self.data = {
            side: _data(half, view, question)
            for side, half, view in zip(SIDES, self._halves, drawn, strict=True)
        }
        self.maps = {
            side: side_map(half.wards, side) for side, half in zip(SIDES, self._halves, strict=True)
        }
        self.notes = self._notes(layer)
        self.about = about(next(h.side.result for h in reversed(self._halves) if h.side.result))

    # -- sentences ------------------------------------------------------------------------------

    def _counts_sentence(self) -> str:
        first, second = self._halves
        one, other = first.side.counts, second.side.counts
        if self.of_categories:
            return f"{capital(_count(first))} and {_count(second)} {sentences.when(first.period)}."
        now, then = sentences.when(second.period), sentences.when(first.period)
        if one.total is None and other.total is None:
            return f"No data {now}, nor {then}."
        if other.total is None:
            return f"{_count(first)} {then}. No data {now}: this is no fall."
        if one.total is None:
            return f"{_count(second)} {now}. No data {then}: there is nothing to compare with."
        change = total_change(one, other)
        if not change.tested:
            part = [sentences.when(h.period) for h in self._halves if _part(h)]
            which = " and ".join(part)
            return (
                f"{_count(second)} {now}, {whole(one.total)} {then}; incidents are missing "
                f"{which}, so no change is claimed."
            )
        return f"{_count(second)} {now}{_after(change, then)}."

    def _places_sentence(self, rows: Sequence[PlaceChange]) -> str:
        if not rows:
            return ""
        number = {group.events: sum(row.event in group.events for row in rows) for group in _GROUPS}
        if self.of_categories:
            both = number[("same",)]
            return f"{capital(_hot(both))} in both, {counted(len(rows) - both)} in one only."
        persisting = sum(
            n for events, n in number.items() if not {"new", "gone", "unknown"} & set(events)
        )
        said = [
            f"{_hot(persisting)} {'persists' if persisting == 1 else 'persist'}",
            f"{counted(number[('new',)])} {'is' if number[('new',)] == 1 else 'are'} new",
            f"{counted(number[('gone',)])} {'is' if number[('gone',)] == 1 else 'are'} gone",
        ]
        if unknown := number[("unknown",)]:
            said = [said[0], f"of {counted(unknown)} it cannot be told"]
        return f"{capital(', '.join(said))}."

    def _row_sentence(self, change: Change) -> str:
        first, second = self._halves
        if change.first is None and change.second is None:
            return "No data on either side."
        if self.of_categories:
            names = [tidy(half.category.short) for half in self._halves]
            counts = f"{whole(change.first)} {names[0]}, {whole(change.second)} {names[1]}"
            return f"{counts}: {say_mix(change, names)}."
        now, then = sentences.when(second.period), sentences.when(first.period)
        if change.first is None or change.second is None:
            known = f"{whole(change.second)} {now}" if change.first is None else ""
            return f"{known or f'{whole(change.first)} {then}'}; no data on the other side."
        return f"{whole(change.second)} {now}{_after(change, then)}."

    def _empty(self) -> list[str]:
        for half in self._halves:
            if half.side.result is None or half.side.counts.state != "known":
                return [
                    "No hot spot is known on either side, and data are missing.",
                    "Choose another period, or see what Data says.",
                ]
        squares = max(int(h.side.result.totals["cells"]) for h in self._halves if h.side.result)
        return [
            "There is no hot spot on either side.",
            f"{squares:,} squares were checked.",
            "Compare longer periods, or look at Density.",
        ]

    # -- lists and tables -----------------------------------------------------------------------

    def _groups(self, rows: Sequence[PlaceChange]) -> list[dict[str, Any]]:
        names = {"first": self.heads[0], "second": self.heads[1]}
        found = []
        for group in _GROUPS:
            mine = [self._place(row) for row in rows if row.event in group.events]
            title = group.categories if self.of_categories else group.periods
            if mine:
                found.append({"title": title.format(**names), "places": mine})
        return found

    def _place(self, row: PlaceChange) -> dict[str, Any]:
        (lat, lng), *_ = geo.lat_lng(np.array([row.peak_xy]), self._shared.crs)
        return {
            "name": tidy(row.name),
            "event": row.event,
            "first": row.first,
            "second": row.second,
            "says": self._row_sentence(row.change),
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
        names = [tidy(half.category.short) for half in self._halves]
        said = say_mix(change, names) if self.of_categories else say_change(change)
        return {
            "name": name,
            "district": district,
            "first": whole(change.first),
            "second": whole(change.second),
            "difference": _plus(difference) if change.tested else "No data",
            "says": capital(said),
            "sure": change.clear,
            "rise": change.ratio > 1,
            "sort": {
                "first": "" if change.first is None else change.first,
                "second": "" if change.second is None else change.second,
                "difference": difference if change.tested else "",
                "says": f"{change.p_adjusted:.6g}" if change.tested else "",
            },
        }

    def _notes(self, layer: str) -> list[str]:
        wards = len(self._shared)
        if self.of_categories:
            said = [
                f"A ward or place has more of one where its mix differs from that of all the "
                f"others by more than chance would make (Fisher’s exact test; the table allows "
                f"for all {wards} wards)."
            ]
            if layer in ("density", "wards"):
                label = tidy(self._halves[0].category.short)
                said.append(f"Both maps are in the classes of {label}, so colours compare.")
        else:
            said = [
                f"Counts are compared by an exact test. The table allows for all {wards} wards: "
                "about 1 in 20 of the changes it names may still be chance.",
                "A place is on the list because its count was high, so some fall later is to be "
                "expected. The list allows for every block that could have been on it.",
            ]
            if len({half.period.days for half in self._halves}) > 1:
                said.append("The periods differ in length: changes are by day.")
        said.append("A change says that counts differ, not why.")
        vintages = [half.wards.vintage for half in self._halves]
        if vintages[0] != vintages[1]:
            said.append(f"Both are counted in the wards of {tidy(self._shared.vintage)}.")
        return said

    # -- maps -----------------------------------------------------------------------------------

    def _drawn(self, incidents: Incidents) -> list[Any]:
        """Return the map's view of each side, both in the first's classes."""
        first, second = self._halves
        scale = first.category
        found = []
        for half in self._halves:
            result = half.side.result
            if result is not None and half is second and scale.density != half.category.density:
                result = in_classes_of(result, incidents, half.wards, half.category, scale)
            found.append(None if result is None else view_of(result, half.wards, scale))
        return found


def say_mix(change: Change, names: Sequence[str]) -> str:
    """Return how a place's mix of two categories differs from the rest's, in words."""
    if not change.tested:
        return "not compared"
    if not change.clear:
        return "no clear difference from the area’s mix (could be chance)"
    more = names[1] if change.ratio > 1 else names[0]
    return f"more {more} than the area’s mix, {by_chance(change.p_value)}"


@lru_cache(maxsize=16)
def in_classes_of(
    result: Result, incidents: Incidents, wards: Wards, own: Category, scale: Category
) -> Result:
    """Return a result whose density map is in the classes of another category."""
    frame = incidents.frame[of_category(incidents.frame, own)]
    start, end = (np.datetime64(day) for day in (result.period.start, result.period.end))
    now = frame[((frame["starts_at"] >= start) & (frame["starts_at"] < end)).to_numpy()]
    profile = Profile(**result.provenance["profile"])
    xy = now[["x", "y"]].to_numpy(dtype=np.float64)
    bands = density_bands(xy, wards, profile, scale.density, result.period.days)
    return replace(result, density=bands)


@lru_cache(maxsize=8)
def side_map(wards: Wards, name: str) -> BaseMap:
    """Return the base map of one side, ``map_<name>`` with its wards ``geo_json_<name>``."""
    drawn = outlines(wards)
    chart = LocalMap(
        tiles=None, zoom_snap=0.25, keyboard=False, zoom_control=False, attribution_control=False
    )
    features = [
        {"type": "Feature", "properties": {"i": i}, "geometry": shape}
        for i, shape in enumerate(drawn.wards)
    ]
    layer = folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        style_function=lambda _: {"stroke": False, "fillColor": "#fff", "fillOpacity": 1},
        interactive=False,
    )
    chart._id, chart.get_root()._id, layer._id = name, f"figure-{name}", name
    layer.add_to(chart)
    chart.fit_bounds(drawn.bounds)
    root: Any = chart.get_root()
    root.render()
    return BaseMap(element=root.html.render(), script=root.script.render())


def _data(half: Half, view: Any, question: Question) -> dict[str, Any]:
    """Return what one map draws; of a side without data the boundaries alone."""
    if view is None:
        drawn = outlines(half.wards)
        nothing: Mapping[str, Any] = {"bounds": drawn.bounds, "boroughs": drawn.boroughs}
        return {**nothing, "shaded": False, "places": []}
    places = [
        place
        for place in view.data["places"]
        if place["question"] == question and place.get("hot", True)
    ]
    return {**view.data, "shaded": True, "places": places}


def _title(half: Half) -> str:
    return f"{tidy(half.category.short)}, {half.period.label}"


def _head(half: Half, of_categories: bool) -> str:
    if of_categories:
        return tidy(half.category.short)
    return sentences.when(half.period).removeprefix("in ")


def _count(half: Half) -> str:
    total = half.side.counts.total
    what = sentences.noun(half.category, 0 if total is None else total)
    return f"no data of {what}" if total is None else f"{whole(total)} {what}"


def _part(half: Half) -> bool:
    return half.side.counts.state == "part"


def _after(change: Change, then: str) -> str:
    """Return what follows the later count: "after 23 in February 2022: a rise of 78%"."""
    if not change.tested:
        return f", {whole(change.first)} {then}"
    joint = " after" if change.clear else ","
    return f"{joint} {whole(change.first)} {then}: {say_change(change)}"


def _hot(count: int) -> str:
    return f"{counted(count)} hot spot{'s' * (count != 1)}"


def _difference(change: Change) -> int:
    return (change.second or 0) - (change.first or 0)


def _size(change: Change) -> int:
    return abs(_difference(change)) if change.tested else -1


def _plus(number: int) -> str:
    return f"+{whole(number)}" if number > 0 else whole(number)
