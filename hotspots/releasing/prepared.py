"""An export before it is decided what of it may be shown, and after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hotspots.sharing.asked import Asked
from hotspots.sharing.deciding import Decision

#: A file's name and content.
File = tuple[str, bytes]


@dataclass(frozen=True, eq=False)
class Made:
    """What was written.

    Attributes
    ----------
    files : tuple of File
        The first is what was asked for; provenance that it cannot carry lies beside it.
    runs : tuple of str
        Ids of the runs it tells of.
    said : tuple of str
        What who exports must know.
    """

    files: tuple[File, ...]
    runs: tuple[str, ...]
    said: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Prepared:
    """What an export would count, and how it is written once the counts are decided.

    Attributes
    ----------
    asked : tuple of Asked
        Every count that it shows or makes a number of.
    build : callable
        Takes the decision and gives the files. It may tell nothing but what was decided.
    """

    asked: tuple[Asked, ...]
    build: Callable[[Decision], Made]
