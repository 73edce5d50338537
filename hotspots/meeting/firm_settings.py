"""The settings in which a place is looked for again, and what some of them have in common."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from hotspots.clustering.weights import Band, band_half_widths
from hotspots.profile import Profile

#: Sides of the squares, and the wider neighbourhood, as multiples of the profile's own.
CELL_FACTORS = (0.8, 1.0, 1.2)
WIDER = 1.25


@dataclass(frozen=True)
class Setting:
    """One way to look for a place.

    Attributes
    ----------
    cell_size_m : float
        Side of a square.
    moved : bool
        Whether the grid is moved by half a square, to the east and to the north.
    distance_m : float
        The distance band of the tests.
    wider : bool
        Whether that band is the wider one of its squares.
    window : str
        Which incidents: "the month alone", or "the month before taken in".
    vintage : str
        Of the wards whose ground is looked at.
    """

    cell_size_m: float
    moved: bool
    distance_m: float
    wider: bool = False
    window: str = ""
    vintage: str = ""

    @property
    def label(self) -> str:
        """For example "squares of 300 m, the grid moved by half a square, wider neighbourhoods"."""
        return ", ".join(words for axis in _AXES if (words := axis.words([axis.of(self)])))


@dataclass(frozen=True)
class _Axis:
    """One thing that settings differ in, and how some of its values are said."""

    of: Callable[[Setting], float | bool | str]
    words: Callable[[Sequence[float | bool | str]], str]


def settings_grid(
    profile: Profile, looks: Sequence[tuple[str, str]] = (("", ""),)
) -> tuple[Setting, ...]:
    """Return the settings: three sizes of square, two places of the grid, two neighbourhoods, each
    with every look (its window and the vintage of its wards).

    The profile's own is one of them. The band grows and shrinks with the square, so that a
    neighbourhood has the same number of squares at each size: at a fixed 400 m, squares of 300 m
    would reach four neighbours where those of 250 m reach eight, which is another test. The
    wider band is 1.25 times the other, or the next that reaches a further square.
    """
    size, distance = profile.cell_size_m, profile.distance_m
    wider = _wider(distance / size, profile.band) * size
    return tuple(
        Setting(
            cell_size_m=factor * size,
            moved=moved,
            distance_m=factor * (wider if wide else distance),
            wider=wide,
            window=window,
            vintage=vintage,
        )
        for (window, vintage), factor, moved, wide in itertools.product(
            looks, CELL_FACTORS, (False, True), (False, True)
        )
    )


def _wider(ratio: float, band: Band) -> float:
    """Return the wider band in sides of a square: one that holds more squares than ``ratio``."""
    narrow = band_half_widths(ratio, 1.0, band)
    if band_half_widths(WIDER * ratio, 1.0, band).sum() > narrow.sum():
        return WIDER * ratio
    reach = math.floor(ratio) + 1
    if band == "square":
        return float(reach)
    distances = {math.hypot(i, j) for i in range(reach + 1) for j in range(i + 1)}
    return min(d for d in distances if d > ratio * (1 + 1e-6))


# -- what they have in common ---------------------------------------------------------------------


def what_fails(settings: tuple[Setting, ...], fails: tuple[Setting, ...]) -> str:
    """Return in which settings a place is no hot spot, said by what they have in common.

    A few settings with three traits or more in common are a corner, which no sentence is worth: "".

    "Not with squares of 300 m." where those are the ones in which it is none; "Only with ..."
    where that is shorter to say of those in which it is one; "Not always with ..." where it is
    none in some of those, and one in all others; "Seldom with ..." where it is none in at least
    three quarters of those, and in at most a quarter of the others. "" where none fails.
    """
    if not fails:
        return ""
    if len(fails) == len(settings):
        return "Not in any setting."
    holds = tuple(one for one in settings if one not in fails)
    for word, some in (("Not", fails), ("Only", holds)):
        if len(_alike(settings, some)) == len(some):
            corner = 6 * len(fails) <= len(settings) and _count(settings, some) > 2
            return "" if corner else f"{word} with {_traits(settings, some)}."
    if common := _traits(settings, fails):
        return f"Not always with {common}."
    if one := _seldom(settings, set(fails)):
        return f"Seldom with {one}."
    return "No one change of setting explains it."


def _seldom(settings: tuple[Setting, ...], fails: set[Setting]) -> str:
    """Return in words the one value that most parts the settings that fail from the others."""
    found: list[tuple[float, str]] = []
    for axis in _AXES:
        for value in sorted(_values(axis, settings)):
            mine = [one in fails for one in settings if axis.of(one) == value]
            others = [one in fails for one in settings if axis.of(one) != value]
            if others and 4 * sum(mine) >= 3 * len(mine) and 4 * sum(others) <= len(others):
                parted = sum(mine) / len(mine) - sum(others) / len(others)
                found.append((parted, axis.words([value])))
    return max(found, key=lambda one: one[0])[1] if found else ""


def _alike(settings: Iterable[Setting], some: tuple[Setting, ...]) -> list[Setting]:
    """Return all settings whose every trait is one of some settings' traits."""
    values = [_values(axis, some) for axis in _AXES]
    return [
        one
        for one in settings
        if all(axis.of(one) in mine for axis, mine in zip(_AXES, values, strict=True))
    ]


def _traits(settings: tuple[Setting, ...], some: tuple[Setting, ...]) -> str:
    """Return in words what some settings share and the others do not; "" where nothing."""
    said = [
        axis.words(sorted(mine))
        for axis in _AXES
        if len(mine := _values(axis, some)) < len(_values(axis, settings))
    ]
    return " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)


def _count(settings: tuple[Setting, ...], some: tuple[Setting, ...]) -> int:
    """Return how many traits some settings share that not all have."""
    return sum(len(_values(axis, some)) < len(_values(axis, settings)) for axis in _AXES)


def _values(axis: _Axis, some: Iterable[Setting]) -> set[float | bool | str]:
    return {axis.of(one) for one in some}


def _squares(sizes: Sequence[float | bool | str]) -> str:
    return f"squares of {' or '.join(f'{size:g}' for size in sizes)} m"


def _grids(moved: Sequence[float | bool | str]) -> str:
    return "the grid moved by half a square" if moved[0] else "the grid as it is"


def _neighbourhoods(wider: Sequence[float | bool | str]) -> str:
    return f"{'wider' if wider[0] else 'the usual'} neighbourhoods"


def _windows(windows: Sequence[float | bool | str]) -> str:
    return " or ".join(map(str, windows))


def _wards(vintages: Sequence[float | bool | str]) -> str:
    named = [str(name) for name in vintages if name]
    return f"the wards of {' or '.join(named)}" if named else ""


_AXES = (
    _Axis(lambda one: one.cell_size_m, _squares),
    _Axis(lambda one: one.moved, _grids),
    _Axis(lambda one: one.wider, _neighbourhoods),
    _Axis(lambda one: one.window, _windows),
    _Axis(lambda one: one.vintage, _wards),
)
