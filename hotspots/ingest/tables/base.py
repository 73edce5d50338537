"""What every table format gives: a header, and its rows in blocks of bounded size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from hotspots.ingest.records import Records

#: Columns that hold a point's coordinates where a format has geometry and not columns for it.
GEOMETRY_X, GEOMETRY_Y = "geometry_x", "geometry_y"


@dataclass(frozen=True)
class Dialect:
    """How the text of a file is written; formats that say so themselves pass it over."""

    encoding: str = "utf-8"
    delimiter: str = ","
    sheet: str | None = None


class Table(Protocol):
    """One file as a table, opened; every value is text as written.

    Attributes
    ----------
    header : tuple of str
        Column names without surrounding blanks.
    crs : str or None
        The CRS that the file itself states for its points, None where it states none.
    """

    header: tuple[str, ...]
    crs: str | None

    def blocks(self) -> Iterator[Records]:
        """Yield the rows in order, some tens of thousands at a time.

        ``Records.rows`` goes on from block to block.
        """
        ...

    @property
    def progress(self) -> float:
        """How much of the file has been read, 0 to 1."""
        ...
