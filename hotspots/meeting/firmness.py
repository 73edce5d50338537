"""How firm a place is: in how many other settings it is still a hot spot.

Squares are a choice: their size, where the grid begins, how far a neighbourhood reaches; so are
the window of time and the vintage of the wards. A place that only one choice makes hot is worth
less than one that all of them do. This is no test and makes no probability: the settings look at
much the same incidents.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray

from hotspots.clustering import Grid
from hotspots.errors import UsageError
from hotspots.meeting.firm_settings import Setting, settings_grid, what_fails
from hotspots.model import Wards
from hotspots.profile import Profile
from hotspots.questions import ask
from hotspots.results.further import regions_at

Array = NDArray[np.float64]
Place = tuple[str, tuple[float, float]]
#: What overlaps by less than this is the rounding of an edge, metres.
_SLIVER_M = 1e-3
_QUESTIONS = ("concentrated", "worse")


@dataclass(frozen=True, eq=False)
class Look:
    """The incidents and the ground that some settings look at.

    Attributes
    ----------
    wards : Wards
    now_xy : ndarray, shape (n, 2)
        The window's incidents inside the wards, metres.
    history_xy : ndarray, shape (m, 2), or None
        Those of the history; None where there is none to compare with.
    window : str
        In words: "the month alone".
    """

    wards: Wards
    now_xy: Array
    history_xy: Array | None
    window: str = ""

    @property
    def name(self) -> tuple[str, str]:
        """Its window and the vintage of its wards."""
        return self.window, self.wards.vintage


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
        """For example "Holds in 22 of 24 settings."."""
        return f"Holds in {self.holds} of {self.of} settings."


def firmness(
    places: Sequence[Place], looks: Sequence[Look], profile: Profile
) -> tuple[Firmness, ...]:
    """Return for each place in which settings it is a hot spot.

    It is one where a hot region of its question, found with that setting and everything else as
    the profile has it, shares area with the square of the profile's size round the place's peak.
    All places share the runs, one a setting.

    Parameters
    ----------
    places : sequence of (question, (x, y))
        "concentrated" or "worse", and the peak in metres of the wards' CRS. None gives none.
    looks : sequence of Look
        The period's own first. A later one without history is not tried for places of "worse".
    profile : Profile
        As for ``find_hotspots``. With the population baseline each setting spreads the residents
        over its own squares.

    Raises
    ------
    UsageError
        If a question is unknown, no look is given, two have one name, or "worse" is asked where
        the first has no history.
    ResultError
        If the population baseline is asked for and a ward has no residents.
    """
    _check({question for question, _ in places}, looks)
    if not places:
        return ()
    settings = settings_grid(profile, [look.name for look in looks])
    by_name = {look.name: look for look in looks}
    held = [_holding(places, by_name[one.window, one.vintage], profile, one) for one in settings]
    return tuple(_firm(settings, [found[i] for found in held]) for i in range(len(places)))


def _check(asked: set[str], looks: Sequence[Look]) -> None:
    if unknown := sorted(asked.difference(_QUESTIONS)):
        raise UsageError(
            f"A place's question must be one of {', '.join(_QUESTIONS)}; got {unknown[0]!r}."
        )
    names = [look.name for look in looks]
    if not names or len(set(names)) != len(names):
        raise UsageError(f"There must be looks, each with a name of its own; got {names}.")
    if "worse" in asked and looks[0].history_xy is None:
        raise UsageError(
            'A place of "worse" must have a history to compare with; got None: give the earlier '
            "incidents."
        )


# -- one setting ----------------------------------------------------------------------------------


def _holding(
    places: Sequence[Place], look: Look, profile: Profile, setting: Setting
) -> list[bool | None]:
    """Return which places are hot in one setting; None for those that it cannot be asked of."""
    grid = setting_grid(look.wards, setting.cell_size_m, setting.moved)
    counts = grid.counts(look.now_xy)
    history = look.history_xy if any(question == "worse" for question, _ in places) else None
    before = None if history is None else grid.counts(history)
    asked = profile.model_copy(
        update={"cell_size_m": setting.cell_size_m, "distance_m": setting.distance_m}
    )
    tests, _ = ask(counts, before, grid, look.wards, asked)
    hot = {
        test.question: regions_at(asked.alpha, test.p_adjusted, counts, grid, asked) > 0
        for test in tests
    }
    return [
        _reaches(hot[question], peak, profile.cell_size_m, grid) if question in hot else None
        for question, peak in places
    ]


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


@lru_cache(maxsize=96)
def setting_grid(wards: Wards, cell_size_m: float, moved: bool) -> Grid:
    """Return the grid over the study area; a moved one has its corner half a cell off."""
    if not moved:
        return Grid.cover(wards.study_area, cell_size_m)
    half = cell_size_m / 2
    still = Grid.cover(shapely.transform(wards.study_area, lambda xy: xy - half), cell_size_m)
    return Grid(still.x0 + half, still.y0 + half, cell_size_m, still.mask)


def _firm(settings: tuple[Setting, ...], held: Sequence[bool | None]) -> Firmness:
    asked = [(one, holds) for one, holds in zip(settings, held, strict=True) if holds is not None]
    tried = tuple(one for one, _ in asked)
    fails = tuple(one for one, holds in asked if not holds)
    return Firmness(len(tried) - len(fails), len(tried), fails, what_fails(tried, fails))
