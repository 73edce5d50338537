"""What the two registries of formats share: the look-up by name, and media types of both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from hotspots.errors import UsageError

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP = "application/zip"


class Entry(Protocol):
    """What a registry's entry is found by."""

    @property
    def name(self) -> str:
        """What it is asked for by."""

    @property
    def suffix(self) -> str:
        """What its files end with, the dot included."""


E = TypeVar("E", bound=Entry)


def named(entries: Sequence[E], name: str, what: str) -> E:
    """Return the entry of a name or file suffix.

    Parameters
    ----------
    what : str
        What the entries are, to begin the error with: "An export format".

    Raises
    ------
    UsageError
        If there is none; the message lists those there are.
    """
    for entry in entries:
        if name in (entry.name, entry.suffix):
            return entry
    known = ", ".join(entry.name for entry in entries)
    raise UsageError(f"{what} must be one of {known}; got {name!r}.")
