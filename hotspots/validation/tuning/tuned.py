"""What a tuning came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from hotspots.profile import Profile
from hotspots.validation.intervals import Interval


class Step(NamedTuple):
    """How far a tuning is.

    Attributes
    ----------
    done, of : int
        Settings scored on one part of the history, and all that will be.
    words : str
        What is being done.
    """

    done: int
    of: int
    words: str


@dataclass(frozen=True)
class Rung:
    """One round of a search, and what it cost.

    Attributes
    ----------
    settings : int
        Settings that took part.
    maps : int
        Maps made of each, over all parts of the history, at most.
    seconds : float
        Time it took, over all processors: it differs from run to run.
    """

    settings: int
    maps: int
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.settings} settings on at most {self.maps} maps each: {self.seconds:.1f} "
            "seconds of work."
        )


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """The second search: how wide a neighbourhood, and how strict a rule, for the own hot spots.

    Attributes
    ----------
    distance_m, alpha : float
        What the search chose.
    recommended : bool
        Whether they went into the recommended profile.
    why : tuple of str
    figure, base : Interval
        PAI at the own hot spots on the held-out part, with the chosen and the base's settings;
        NaN where the map marks nothing.
    difference : Interval
        The first less the second.
    candidates : DataFrame
        As ``Tuned.candidates``, with the columns distance_m and alpha.
    rungs : tuple of Rung
    """

    distance_m: float
    alpha: float
    recommended: bool
    why: tuple[str, ...]
    figure: Interval
    base: Interval
    difference: Interval
    candidates: pd.DataFrame
    rungs: tuple[Rung, ...]


@dataclass(frozen=True, eq=False)
class Tuned:
    """A recommended profile, and what speaks for it.

    Attributes
    ----------
    profile : Profile
        What is recommended: the base profile, unchanged, but for the maps where ``verdict`` is
        "better" and for the neighbourhood where that search recommends one; then named "tuned".
    chosen : Profile
        What the search chose, recommended or not; named "tuned".
    why : tuple of str
        Sentences: what was chosen among how many, by which measure, on how many maps, and what the
        held-out part said.
    measure : str
        A name in ``MEASURES``.
    verdict : str
        "better" where the whole interval of ``difference`` is above 0; else "no better than the
        default" or "no better than the approved one", and the base is recommended.
    figure, base, default : Interval
        The measure on the held-out part: of ``chosen``, of the base profile, and of the shipped
        default's maps, all on the same cells unless cell sizes were searched.
    difference, over_default : Interval
        ``figure`` less ``base`` and less ``default``, paired.
    table : DataFrame
        One row a setting: words, maps, cell_size_m, reach_m, half_life_weeks, rung (the last it
        reached), origins (at most so many of each part), score, spread (standard deviation over
        the parts), seconds, finalist, chosen.
    rungs : tuple of Rung
        What each round of the search cost.
    held_out : tuple of int
        The first and last origin of the held-out part.
    seed : int
    neighbourhood : Neighbourhood or None
        The second search, if asked for and possible.
    """

    profile: Profile
    chosen: Profile
    why: tuple[str, ...]
    measure: str
    verdict: str
    figure: Interval
    base: Interval
    default: Interval
    difference: Interval
    over_default: Interval
    table: pd.DataFrame
    rungs: tuple[Rung, ...]
    held_out: tuple[int, int]
    seed: int
    neighbourhood: Neighbourhood | None = None

    @property
    def is_better(self) -> bool:
        """Whether the recommendation differs from the base profile's maps."""
        return self.verdict == "better"
