"""What a place is made of: kinds of incidents, repeat locations, agencies, and what is near."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from hotspots.errors import UsageError
from hotspots.results.places import tidy_location
from hotspots.taxonomy import Category, categories
from hotspots.taxonomy import category as category_of

NOT_STATED = "Not stated"
#: Nearer than this is "at the same spot": a map of squares knows no better.
_SAME_M = 50.0
_WINDS = (
    "north",
    "north-east",
    "east",
    "south-east",
    "south",
    "south-west",
    "west",
    "north-west",
)


@dataclass(frozen=True, slots=True)
class Count:
    """How many incidents have one label; ``share`` is of all incidents given, 0 to 1.

    The label may be text from data: show it as text only.
    """

    label: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another place: how far (metres), in which direction (None at the same spot), in words."""

    id: str
    name: str
    distance_m: float
    direction: str | None
    words: str


def kinds(frame: pd.DataFrame, category: str) -> tuple[Count, ...]:
    """Return the kinds of incidents, the commonest first, "Not stated" last.

    Of a plain category these are its subcategories; of a total, its categories (with the
    subcategory where only that one is counted).

    Parameters
    ----------
    frame : pandas.DataFrame
        Incidents that the category counts; ``category`` and ``subcategory`` are read.
    category : str
        A category or total.

    Returns
    -------
    tuple of Count
        The counts add up to the incidents. Empty where no incident has a kind ("The data do not
        split this") and where there are no incidents.

    Raises
    ------
    UsageError
        If there is no such category.
    """
    kind = category_of(category)
    pairs = zip(_texts(frame["category"]), _texts(frame["subcategory"]), strict=True)
    if kind.is_total:
        labels = [_category_label(kind, code, sub) for code, sub in pairs]
    else:
        named = {sub.code: sub.label for sub in kind.subcategories}
        labels = [named.get(sub, sub) for _, sub in pairs]
    return _counted(labels)


def locations(frame: pd.DataFrame, most: int = 5) -> tuple[Count, ...]:
    """Return the locations with at least two incidents, the commonest first.

    They are the sources' labels, without "On or near"; of moved points a label names the point
    they were moved to. Labels that differ in capitals alone are one, in the commonest spelling.

    Parameters
    ----------
    frame : pandas.DataFrame
        Incidents; only ``location`` is read, never coordinates.
    most : int
        How many at the most, from 0.
    """
    if most < 0:
        raise UsageError(f"most must be at least 0; got {most}: take 5.")
    spellings: dict[str, Counter[str]] = {}
    for label in map(tidy_location, frame["location"]):
        if label:
            spellings.setdefault(label.casefold(), Counter())[label] += 1
    found = [
        Count(min(seen, key=lambda text: (-seen[text], text)), seen.total(), 0.0)
        for seen in spellings.values()
        if seen.total() >= 2
    ]
    found.sort(key=lambda one: (-one.count, one.label))
    return tuple(Count(one.label, one.count, one.count / len(frame)) for one in found[:most])


def agencies(frame: pd.DataFrame) -> tuple[Count, ...]:
    """Return who recorded the incidents, the most frequent first, "Not stated" last.

    Empty where no agency is stated at all.
    """
    return _counted(_texts(frame["agency"]))


def neighbours(
    places: Iterable[tuple[str, str, Sequence[float]]],
    xy: Sequence[float],
    reach_m: float = 3_000.0,
) -> tuple[Neighbour, ...]:
    """Return the other places within reach of a point, the nearest first.

    Parameters
    ----------
    places : iterable of (id, name, (x, y))
        The others, without the place itself: two places of different questions may share a peak.
    xy : (x, y)
        From where; metres, in the places' CRS. Directions are those of its axes.
    reach_m : float
        The farthest, included.

    Raises
    ------
    UsageError
        If the reach is negative or NaN.
    """
    if not reach_m >= 0:
        raise UsageError(f"reach_m must be a number from 0 on; got {reach_m}: take 3000.")
    found = [_neighbour(id_, name, there, xy) for id_, name, there in places]
    near = [one for one in found if one.distance_m <= reach_m]
    return tuple(sorted(near, key=lambda one: (one.distance_m, one.name, one.id)))


def _neighbour(id_: str, name: str, there: Sequence[float], here: Sequence[float]) -> Neighbour:
    east, north = there[0] - here[0], there[1] - here[1]
    distance = math.hypot(east, north)
    if distance < _SAME_M:
        return Neighbour(id_, name, distance, None, "at the same spot")
    wind = _WINDS[round(math.degrees(math.atan2(east, north)) / 45) % 8]
    return Neighbour(id_, name, distance, wind, f"{distance / 1000:.1f} km {wind}")


def _texts(values: pd.Series[str]) -> list[str]:
    """Return texts without surrounding blanks, "" where there is none."""
    return ["" if pd.isna(value) else str(value).strip() for value in values]


def _category_label(total: Category, code: str, subcategory: str) -> str:
    known = categories().get(code)
    if known is None:
        return code
    if (code, None) in total.parts:
        return known.label
    named = {sub.code: sub.label for sub in known.subcategories}
    return f"{known.label}: {named.get(subcategory, subcategory)}"


def _counted(labels: list[str]) -> tuple[Count, ...]:
    found = Counter(labels)
    unstated = found.pop("", 0)
    if not found:
        return ()
    order = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    if unstated:
        order.append((NOT_STATED, unstated))
    return tuple(Count(label, count, count / len(labels)) for label, count in order)
