"""What a method of a back-test is: past in, a score of every cell out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hotspots.validation.past import Past

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scored:
    """A map made at one origin.

    Attributes
    ----------
    score : ndarray, shape (cells,)
        Higher is better; any scale.
    hot : ndarray of bool, shape (cells,), optional
        The cells of the map's own hot spots; None where the method has none.
    """

    score: Array
    hot: NDArray[np.bool_] | None = None


class Method(Protocol):
    """A way to make a map of what was known.

    One object serves one back-test: it is asked once an origin, in order, and may keep what it
    learnt. After a back-test was stopped and taken up again it may be asked first at a later
    origin, and must then answer as if it had been asked at all before: all it keeps must follow
    from ``past``.
    """

    def score(self, past: Past) -> Scored:
        """Return the map of what is known at ``past.origin``."""


@dataclass(frozen=True)
class MethodKind:
    """One entry of the registry of methods.

    Attributes
    ----------
    name : str
        As in commands and files, such as "counts-52".
    label : str
        As in tables, such as "Counts, last 52 weeks".
    says : str
        What it does, in one sentence.
    source : str
        Paper or manual that it follows, with DOI where there is one; "" for our own.
    make : callable
        A new method, for one back-test.
    kind : {"baseline", "method", "oracle"}
        An oracle sees what follows: the best possible, no forecast.
    family : str
        Variants of one family differ in their settings only, and a report takes the one that did
        best before the origins it reports on; the name by default: a family of one.
    variant : str
        What tells it from others of its family, such as "300 m, 52 weeks".
    settings : str
        What a map depends on that the name does not say, such as a digest of a profile: results
        kept under one name are not taken up under other settings.
    """

    name: str
    label: str
    says: str
    source: str
    make: Callable[[], Method]
    kind: str = "method"
    family: str = ""
    variant: str = ""
    settings: str = ""

    def __post_init__(self) -> None:
        if not self.family:
            object.__setattr__(self, "family", self.name)
