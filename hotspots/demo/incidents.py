"""Seeded incidents on the made-up streets.

Each category is a Poisson process whose intensity is a function of place times a function of
day: independent draws, no near-repeats, no drift from place to place. Only the planted changes
break that, so without them a test for "worse than usual" has nothing to find.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from hotspots.demo import geography, habits, places, streets
from hotspots.demo.geography import Floats
from hotspots.demo.places import Place

#: Farthest that an incident lies off its street, metres.
OFF_STREET_M = 8.0
COLUMNS = (
    "reference", "category", "starts_at", "ends_at", "x", "y", "location", "agency"
)  # fmt: skip
AGENCIES = ("Police", "Borough council", "Fire and rescue service")
_COUNCIL_SHARE_OF_ASB = 0.3
_MINUTE = np.timedelta64(1, "m")


@dataclass(frozen=True)
class _Pieces:
    """Straight pieces of street: ends, the street's position in ``streets()``, and a weight."""

    ends: Floats  # (n, 4): x0, y0, x1, y1
    street: NDArray[np.intp]
    place: NDArray[np.intp]  # position in STANDING, or -1 for the background

    @property
    def length(self) -> Floats:
        return np.hypot(self.ends[:, 2] - self.ends[:, 0], self.ends[:, 3] - self.ends[:, 1])

    @property
    def middle(self) -> Floats:
        return (self.ends[:, :2] + self.ends[:, 2:]) / 2


@dataclass(frozen=True)
class _Spread:
    """Where a category happens: pieces with their cumulative probability."""

    pieces: _Pieces
    cumulative: Floats

    def draw(self, n: int, rng: np.random.Generator) -> tuple[NDArray[np.intp], Floats]:
        """Return the chosen pieces and a point by each, shape (n, 2), whole metres."""
        chosen = np.searchsorted(self.cumulative, rng.random(n), side="right")
        chosen = np.minimum(chosen, len(self.cumulative) - 1)
        ends = self.pieces.ends[chosen]
        run = ends[:, 2:] - ends[:, :2]
        across = np.column_stack([-run[:, 1], run[:, 0]])
        across /= np.maximum(np.hypot(*run.T), 1e-9)[:, None]
        off = rng.uniform(-OFF_STREET_M, OFF_STREET_M, (n, 1))
        return chosen, np.round(ends[:, :2] + rng.random((n, 1)) * run + off * across)


def draw(seed: int, *, changes: bool) -> pd.DataFrame:
    """Return three years of incidents, ordered by ``starts_at``.

    Parameters
    ----------
    seed : int
        Same seed, same incidents.
    changes : bool
        Whether the planted changes are added. The other incidents are the same either way.

    Returns
    -------
    pandas.DataFrame
        Columns ``COLUMNS``: starts_at and ends_at local time to the minute, x and y whole metres
        of EPSG:27700, category a taxonomy code.
    """
    background, planted = np.random.default_rng(seed).spawn(2)
    parts = [_category(code, rng) for code, rng in _each(list(habits.HABITS), background)]
    if changes:
        parts += [_change(place, rng) for place, rng in _each(places.CHANGES, planted)]
    together = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    order = np.argsort(together["starts_at"], kind="stable")
    return _frame({key: values[order] for key, values in together.items()})


def _each(items: Sequence[Any], rng: np.random.Generator) -> zip[tuple[Any, np.random.Generator]]:
    """Pair each item with a generator of its own, so that one cannot disturb another."""
    return zip(items, rng.spawn(len(items)), strict=True)


def _category(code: str, rng: np.random.Generator) -> dict[str, NDArray[Any]]:
    habit = habits.HABITS[code]
    n = int(rng.poisson(2 * habits.YEARS * habit.per_year))
    spread = _spread(code)
    chosen, xy = spread.draw(n, rng)
    weight = np.cumsum(habits.day_weights(habit))
    day = habits.days()[np.minimum(np.searchsorted(weight, rng.random(n)), len(weight) - 1)]
    place = spread.pieces.place[chosen]
    hour = _hours(habit, place, rng)
    return _columns(code, xy, spread.pieces.street[chosen], day, hour, rng)


def _hours(
    habit: habits.Habit, place: NDArray[np.intp], rng: np.random.Generator
) -> NDArray[np.int64]:
    cumulative = np.cumsum(habit.hours) / np.sum(habit.hours)
    usual = np.searchsorted(cumulative, rng.random(len(place)), side="right")
    # a planted place has hours of its own; its days of the week are those of the category,
    # because a place with its own days would change its share from month to month
    first = np.array([p.hours[0] for p in places.STANDING])[place]
    span = np.array([(p.hours[1] - p.hours[0]) % 24 for p in places.STANDING])[place]
    own = (first + np.floor(rng.random(len(place)) * span).astype(np.int64)) % 24
    return np.where(place < 0, np.minimum(usual, 23), own)


def _change(place: Place, rng: np.random.Generator) -> dict[str, NDArray[Any]]:
    n = int(rng.poisson(place.incidents_per_month * place.months))
    pieces = _pieces_in(place, -1)
    spread = _Spread(pieces, np.cumsum(_within(place, pieces)))
    chosen, xy = spread.draw(n, rng)
    span = np.arange(np.datetime64(place.start, "D"), np.datetime64(place.end, "D") + 1)
    day = span[rng.integers(len(span), size=n)]
    hour = place.hours[0] + rng.integers((place.hours[1] - place.hours[0]) % 24, size=n)
    return _columns(place.category, xy, pieces.street[chosen], day, hour % 24, rng)


def _columns(
    code: str,
    xy: Floats,
    street: NDArray[np.intp],
    day: NDArray[np.datetime64],
    hour: NDArray[np.int64],
    rng: np.random.Generator,
) -> dict[str, NDArray[Any]]:
    n = len(xy)
    # people report on the hour, the half hour and the five minutes
    minute = np.where(
        rng.random(n) < 0.4, 30 * rng.integers(2, size=n), 5 * rng.integers(12, size=n)
    )
    starts = day.astype("datetime64[m]") + (60 * hour + minute) * _MINUTE
    unseen = rng.random(n) < habits.HABITS[code].unseen
    gap = np.where(rng.random(n) < 0.6, rng.uniform(6, 13, n), rng.uniform(0.5, 4, n))
    gap_minutes = 5 * np.round(12 * gap).astype(np.int64) * unseen
    return {
        "category": np.full(n, list(habits.HABITS).index(code)),
        "starts_at": starts,
        "ends_at": starts + gap_minutes * _MINUTE,
        "x": xy[:, 0],
        "y": xy[:, 1],
        "street": street,
        "agency": _agency(code, rng.random(n)),
    }


def _agency(code: str, draw: Floats) -> NDArray[np.int64]:
    if code == "deliberate_fire":
        return np.full(len(draw), 2)
    share = _COUNCIL_SHARE_OF_ASB if code == "asb" else 0.0
    return (draw < share).astype(np.int64)


def _frame(columns: dict[str, NDArray[Any]]) -> pd.DataFrame:
    month = columns["starts_at"].astype("datetime64[M]")
    first = np.searchsorted(month, month)  # position of each month's first incident
    number = np.arange(len(month)) - first + 1
    return pd.DataFrame(
        {
            "reference": references(month, number),
            "category": _labels(tuple(habits.HABITS), columns["category"]),
            "starts_at": columns["starts_at"].astype("datetime64[s]"),
            "ends_at": columns["ends_at"].astype("datetime64[s]"),
            "x": columns["x"],
            "y": columns["y"],
            "location": _labels(_locations(), columns["street"]),
            "agency": _labels(AGENCIES, columns["agency"]),
        },
        columns=list(COLUMNS),
    )


def references(month: NDArray[np.datetime64], number: NDArray[np.int64]) -> pd.Series[str]:
    """Return references such as ``SYN-2609-00042``: month, then the number within it."""
    index = month.astype("datetime64[M]").astype(np.int64)
    year, of_year = (1970 + index // 12) % 100, index % 12 + 1
    code = (year * 100 + of_year) * 100_000 + number
    text = pd.Series(code).astype(str).str
    return "SYN-" + text[:4] + "-" + text[4:]


def _labels(words: Sequence[str], codes: NDArray[Any]) -> Any:
    return pd.array(list(words), dtype="str").take(codes)


@cache
def _locations() -> tuple[str, ...]:
    return tuple(f"On or near {name}" for name in streets.streets()["name"])


@cache
def _background() -> _Pieces:
    found = streets.streets()
    usable = np.flatnonzero(found["kind"].isin(["street", "main_road"]))
    return _cut(found.geometry.to_numpy()[usable], usable, -1)


def _pieces_in(place: Place, position: int) -> _Pieces:
    """Return the pieces of street inside a place, so far in that no incident falls outside."""
    found = streets.streets()
    disc = shapely.Point(place.xy).buffer(place.radius_m - OFF_STREET_M - 2)
    near = np.flatnonzero(found["kind"].isin(["street", "main_road"]) & found.intersects(disc))
    inside = shapely.intersection(found.geometry.to_numpy()[near], disc)
    lines, index = shapely.get_parts(inside, return_index=True)
    return _cut(lines, near[index], position)


def _cut(lines: NDArray[np.object_], street: NDArray[np.intp], position: int) -> _Pieces:
    xy, line = shapely.get_coordinates(lines, return_index=True)
    same = line[:-1] == line[1:]
    ends = np.hstack([xy[:-1], xy[1:]])[same]
    owner = street[line[:-1][same]]
    return _Pieces(ends, owner, np.full(len(owner), position, dtype=np.intp))


@cache
def _spread(code: str) -> _Spread:
    """Return where a category happens: background and standing hot spots of both boroughs."""
    habit = habits.HABITS[code]
    own = [(i, p) for i, p in enumerate(places.STANDING) if p.category == code]
    parts = [_background(), *(_pieces_in(place, i) for i, place in own)]
    pieces = _Pieces(
        np.concatenate([p.ends for p in parts]),
        np.concatenate([p.street for p in parts]),
        np.concatenate([p.place for p in parts]),
    )
    share = np.zeros(len(pieces.ends))
    yearly = 2 * habit.per_year
    back = pieces.place < 0
    district = _district_of(pieces.middle)
    weight = _pull(code, pieces)
    for borough in (0, 1):
        planted = sum(12 * p.incidents_per_month for _, p in own if _borough_of(p) == borough)
        here = back & (district == borough)
        share[here] = weight[here] / weight[here].sum() * (habit.per_year - planted) / yearly
    for i, place in own:
        share[pieces.place == i] = (
            _within(place, _pieces_in(place, i)) * 12 * place.incidents_per_month / yearly
        )
    cumulative = np.cumsum(share)
    return _Spread(pieces, cumulative / cumulative[-1])


def _within(place: Place, pieces: _Pieces) -> Floats:
    """Return the share of each piece of a place: its four quarters alike, then by length."""
    east, north = (pieces.middle > place.xy).T
    quarter = 2 * east.astype(np.intp) + north
    total = np.bincount(quarter, pieces.length, 4)
    share = pieces.length / total[quarter]
    return np.asarray(share / share.sum())


def _pull(code: str, pieces: _Pieces) -> Floats:
    """Return the weight of each background piece: land use times the street's own character."""
    centre, built, country = habits.HABITS[code].place
    urban = geography.urbanity(pieces.middle)
    per_metre = centre * geography.centrality(pieces.middle) + built * urban + country
    number = list(habits.HABITS).index(code)
    # heavy-tailed: a few streets have much; partly the same streets for every category
    count = len(streets.streets())
    common = np.random.default_rng([geography.GEOGRAPHY_SEED, 0]).normal(0, 0.6, count)
    own = np.random.default_rng([geography.GEOGRAPHY_SEED, 1 + number]).normal(0, 0.55, count)
    return np.asarray(pieces.length * per_metre * np.exp(common + own)[pieces.street])


def _district_of(xy: Floats) -> NDArray[np.intp]:
    ground = geography.ground()
    nearest = shapely.STRtree(shapely.points(ground.seeds)).nearest(shapely.points(xy))
    return np.asarray(ground.district[nearest])


def _borough_of(place: Place) -> int:
    return int(_district_of(np.array([place.xy]))[0])
