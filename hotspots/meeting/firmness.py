"""How firm a place is: in how many other settings of the squares it is still a hot spot.

Squares are a choice: their size, where the grid begins, how far a neighbourhood reaches. A place
that only one choice makes hot is worth less than one that all of them do. This is no test and
makes no probability: every setting looks at the same incidents.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray

from hotspots.clustering import Grid
from hotspots.clustering.weights import Band, band_half_widths
from hotspots.errors import UsageError
from hotspots.model import Wards
from hotspots.profile import Profile
from hotspots.questions import ask
from hotspots.results.further import regions_at

Array = NDArray[np.float64]
#: Sides of the squares, and the wider neighbourhood, as multiples of the profile's own.
CELL_FACTORS = (0.8, 1.0, 1.2)
WIDER = 1.25
_QUESTIONS = ("concentrated", "worse")
#: What overlaps by less than this is the rounding of an edge, metres.
_SLIVER_M = 1e-3


@dataclass(frozen=True)
class Setting:
    """One way to lay the squares.

    Attributes
    ----------
    label : str
        For example "squares of 300 m, grid moved by half a square, wider neighbourhoods".
    cell_size_m : float
        Side of a square.
    moved : bool
        Whether the grid is moved by half a square, to the east and to the north.
    distance_m : float
        The distance band of the tests.
    wider : bool
        Whether that band is the wider one of its squares.
    """

    label: str
    cell_size_m: float
    moved: bool
    distance_m: float
    wider: bool = False


@dataclass(frozen=True)
class Firmness:
    """In how many settings a place is a hot spot.

    Attributes
    ----------
    holds, of : int
        Settings in which it is, and all that were tried.
    fails : tuple of Setting
        Those in which it is not, in the order of ``settings_grid``.
    changes : str
        What they have in common, as a sentence; "" where none fails.
    """

    holds: int
    of: int
    fails: tuple[Setting, ...]
    changes: str = ""

    @property
    def sentence(self) -> str:
        """For example "Holds in 11 of 12 settings."."""
        return f"Holds in {self.holds} of {self.of} settings."


def firmness(
    places: Sequence[tuple[str, tuple[float, float]]],
    now_xy: Array,
    history_xy: Array | None,
    wards: Wards,
    profile: Profile,
) -> tuple[Firmness, ...]:
    """Return for each place in which settings it is a hot spot.

    It is one where a hot region of its question, found with that setting and everything else as
    the profile has it, shares area with the square of the profile's size round the place's peak.
    All places share the runs, one a setting.

    Parameters
    ----------
    places : sequence of (question, (x, y))
        "concentrated" or "worse", and the peak in metres of the wards' CRS. None gives none.
    now_xy : ndarray, shape (n, 2)
        The period's incidents inside the wards.
    history_xy : ndarray, shape (m, 2), or None
        Those of the history; None where there is none to compare with.
    wards, profile
        As for ``find_hotspots``. With the population baseline each setting spreads the residents
        over its own squares.

    Raises
    ------
    UsageError
        If a question is unknown, or "worse" is asked without history.
    ResultError
        If the population baseline is asked for and a ward has no residents.
    """
    asked = {question for question, _ in places}
    _check(asked, history_xy)
    if not places:
        return ()
    before = history_xy if "worse" in asked else None
    settings = settings_grid(profile)
    hot = [_holding(places, now_xy, before, wards, profile, one) for one in settings]
    return tuple(_firm(settings, [held[i] for held in hot]) for i in range(len(places)))


def settings_grid(profile: Profile) -> tuple[Setting, ...]:
    """Return the settings: three sizes of square, two places of the grid, two neighbourhoods.

    The profile's own is one of them. The band grows and shrinks with the square, so that a
    neighbourhood has the same number of squares at each size: at a fixed 400 m, squares of 300 m
    would reach four neighbours where those of 250 m reach eight, which is another test. The
    wider band is 1.25 times the other, or the next that reaches a further square.
    """
    size, distance = profile.cell_size_m, profile.distance_m
    wider = _wider(distance / size, profile.band) * size
    return tuple(
        Setting(
            label=_label(factor * size, moved, wide),
            cell_size_m=factor * size,
            moved=moved,
            distance_m=factor * (wider if wide else distance),
            wider=wide,
        )
        for factor, moved, wide in itertools.product(CELL_FACTORS, (False, True), (False, True))
    )


# -- one setting ----------------------------------------------------------------------------------


def _check(asked: set[str], history_xy: Array | None) -> None:
    if unknown := sorted(asked.difference(_QUESTIONS)):
        raise UsageError(
            f"A place's question must be one of {', '.join(_QUESTIONS)}; got {unknown[0]!r}."
        )
    if "worse" in asked and history_xy is None:
        raise UsageError(
            'A place of "worse" must have a history to compare with; got None: give the earlier '
            "incidents."
        )


def _holding(
    places: Sequence[tuple[str, tuple[float, float]]],
    now_xy: Array,
    history_xy: Array | None,
    wards: Wards,
    profile: Profile,
    setting: Setting,
) -> list[bool]:
    """Return which places are hot in one setting."""
    grid = setting_grid(wards, setting.cell_size_m, setting.moved)
    counts = grid.counts(now_xy)
    before = None if history_xy is None else grid.counts(history_xy)
    asked = profile.model_copy(
        update={"cell_size_m": setting.cell_size_m, "distance_m": setting.distance_m}
    )
    tests, _ = ask(counts, before, grid, wards, asked)
    hot = {
        test.question: regions_at(asked.alpha, test.p_adjusted, counts, grid, asked) > 0
        for test in tests
    }
    return [_reaches(hot[q], peak, profile.cell_size_m, grid) for q, peak in places]


def _reaches(hot: NDArray[np.bool_], peak: tuple[float, float], side_m: float, grid: Grid) -> bool:
    """Return whether a hot cell shares area with the square of this side round a peak."""
    first_col, last_col = _cells_under(peak[0] - grid.x0, side_m, grid.cell_size_m)
    first_row, last_row = _cells_under(peak[1] - grid.y0, side_m, grid.cell_size_m)
    return bool(hot[first_row:last_row, first_col:last_col].any())


def _cells_under(middle_m: float, side_m: float, cell_size_m: float) -> tuple[int, int]:
    """Return the first cell along one axis that a stretch shares length with, and the one after
    the last.
    """
    first = math.floor((middle_m - side_m / 2 + _SLIVER_M) / cell_size_m)
    last = math.ceil((middle_m + side_m / 2 - _SLIVER_M) / cell_size_m)
    return max(first, 0), max(last, 0)


@lru_cache(maxsize=48)
def setting_grid(wards: Wards, cell_size_m: float, moved: bool) -> Grid:
    """Return the grid over the study area; a moved one has its corner half a cell off."""
    if not moved:
        return Grid.cover(wards.study_area, cell_size_m)
    half = cell_size_m / 2
    still = Grid.cover(shapely.transform(wards.study_area, lambda xy: xy - half), cell_size_m)
    return Grid(still.x0 + half, still.y0 + half, cell_size_m, still.mask)


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


# -- what the settings say ------------------------------------------------------------------------


def _firm(settings: tuple[Setting, ...], held: Sequence[bool]) -> Firmness:
    fails = tuple(one for one, holds in zip(settings, held, strict=True) if not holds)
    return Firmness(len(settings) - len(fails), len(settings), fails, what_fails(settings, fails))


def what_fails(settings: tuple[Setting, ...], fails: tuple[Setting, ...]) -> str:
    """Return in which settings a place is no hot spot, said by what they have in common.

    "Not with squares of 300 m." where those are the ones in which it is none; "Only with ..."
    where that is shorter to say of those in which it is one; "Not always with ..." where it is
    none in some of those, and one in all others. "" where none fails.
    """
    if not fails:
        return ""
    if len(fails) == len(settings):
        return "Not in any setting."
    holds = tuple(one for one in settings if one not in fails)
    for word, some in (("Not", fails), ("Only", holds)):
        if len(_alike(settings, some)) == len(some):
            return f"{word} with {_traits(settings, some)}."
    if common := _traits(settings, fails):
        return f"Not always with {common}."
    return "No one change of setting explains it."


def _alike(settings: Iterable[Setting], some: tuple[Setting, ...]) -> list[Setting]:
    """Return all settings whose every trait is one of some settings' traits."""
    sizes, moved, wider = _values(some)
    return [
        one
        for one in settings
        if one.cell_size_m in sizes and one.moved in moved and one.wider in wider
    ]


def _traits(settings: tuple[Setting, ...], some: tuple[Setting, ...]) -> str:
    """Return in words what some settings share and the others do not; "" where nothing."""
    sizes, moved, wider = _values(some)
    said = []
    if len(sizes) < len(_values(settings)[0]):
        said.append(_squares(sorted(sizes)))
    if len(moved) == 1:
        said.append(_grid_words(moved == {True}))
    if len(wider) == 1:
        said.append(f"{'wider' if wider == {True} else 'the usual'} neighbourhoods")
    return " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)


def _values(some: Iterable[Setting]) -> tuple[set[float], set[bool], set[bool]]:
    listed = tuple(some)
    return (
        {one.cell_size_m for one in listed},
        {one.moved for one in listed},
        {one.wider for one in listed},
    )


def _label(cell_size_m: float, moved: bool, wider: bool) -> str:
    reach = "wider neighbourhoods" if wider else "the usual neighbourhoods"
    return f"{_squares([cell_size_m])}, {_grid_words(moved)}, {reach}"


def _squares(sizes: Sequence[float]) -> str:
    return f"squares of {' or '.join(f'{size:g}' for size in sizes)} m"


def _grid_words(moved: bool) -> str:
    return "the grid moved by half a square" if moved else "the grid as it is"
