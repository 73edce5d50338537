"""The source formats, in the order they are tried; a new one is a new file and a line here."""

from __future__ import annotations

from hotspots.errors import UsageError
from hotspots.ingest import csv_mapping, police_uk
from hotspots.ingest.readers import Reader

#: A file is read by the first whose ``sniff`` says that it is of its format.
READERS: tuple[Reader, ...] = (
    police_uk.READER,
    csv_mapping.READER,
)


def candidates(source: str | None) -> tuple[Reader, ...]:
    """Return the readers that may read: all of them, or the one that ``source`` names.

    Raises
    ------
    UsageError
        If there is none of that name.
    """
    if source is None:
        return READERS
    found = tuple(reader for reader in READERS if reader.name == source)
    if not found:
        names = ", ".join(reader.name for reader in READERS)
        raise UsageError(
            f"A source must be one of {names}; got {source!r}: give one, or none to have each "
            "file recognised."
        )
    return found
